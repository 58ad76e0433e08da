//! Owns: splitting an urn's secret k of n among key holders, and joining it again (Shamir, 1979).
//! Must not: draw a number, write a file, or know who the holders are.
//! Next: `docs/decisions/0011-sealing-and-shares.md` for why these lines are our own.

use crate::gf256::{invert, multiply};
use crate::{Error, KeyId, UrnKey, UrnSecret};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::{fmt, str::FromStr};
use transparency::Hash;
use zeroize::Zeroizing;

/// One key holder's part of an urn's secret. Fewer than the threshold together say nothing of it.
#[derive(Clone, PartialEq, Eq)]
pub struct Share {
    key: KeyId,
    threshold: u8,
    number: u8,
    value: Zeroizing<[u8; 32]>,
}

impl Share {
    /// The urn whose secret it is a part of.
    pub const fn key(&self) -> &KeyId {
        &self.key
    }

    /// How many shares open the urn.
    pub const fn threshold(&self) -> u8 {
        self.threshold
    }

    /// Its number, from 1.
    pub const fn number(&self) -> u8 {
        self.number
    }

    /// What the ceremony publishes of it, so that a wrong one can be named later:
    /// SHA-256(`parvis.share/v1\n` || key id || `\n` || threshold || number || value). The value is
    /// 32 uniformly random bytes, so that its digest gives nothing away.
    pub fn check(&self) -> Hash {
        let numbers = [self.threshold, self.number];
        Hash::of(&[b"parvis.share/v1\n", self.key.as_str().as_bytes(), b"\n", &numbers, self.value.as_slice()])
    }

    /// As text: `share:<key id>:<threshold>:<number>:<value>:<first 8 digits of the check>`. The last
    /// part finds a slip of the pen.
    pub fn to_text(&self) -> Zeroizing<String> {
        let value = Zeroizing::new(hex::encode(*self.value));
        let check: String = self.check().to_string().chars().take(8).collect();
        Zeroizing::new(format!("share:{}:{}:{}:{}:{check}", self.key, self.threshold, self.number, *value))
    }
}

impl fmt::Debug for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Share({} of {}, not shown)", self.number, self.key)
    }
}

impl FromStr for Share {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let bad = || Error::BadText { what: "the share" };
        let parts: Vec<&str> = text.trim().split(':').collect();
        let ["share", key, threshold, number, value, _] = parts.as_slice() else { return Err(bad()) };
        let mut bytes = Zeroizing::new([0; 32]);
        hex::decode_to_slice(value, bytes.as_mut_slice()).map_err(|_| bad())?;
        let share = Self {
            key: key.parse()?,
            threshold: threshold.parse().map_err(|_| bad())?,
            number: number.parse().map_err(|_| bad())?,
            value: bytes,
        };
        // Written again, it has to be the same text: one spelling, and no slip of the pen.
        if share.number == 0 || share.to_text().as_str() != text.trim() {
            return Err(bad());
        }
        Ok(share)
    }
}

/// What a key ceremony publishes: the key, how many holders open the urn, and a check for each of
/// their shares, in the order of their numbers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ceremony {
    /// The urn's public key.
    pub key: UrnKey,
    /// [`Share::check`] of each holder's share, the first of share 1.
    pub shares: Vec<Hash>,
    /// How many shares open the urn.
    pub threshold: u8,
}

impl Ceremony {
    /// Refuses one that asks for too few holders, or for more than there are.
    ///
    /// # Errors
    /// [`Error::BadThreshold`].
    pub fn check(&self) -> Result<(), Error> {
        check_threshold(self.threshold, self.shares.len())
    }

    /// Whether a share is the one that was given out under its number.
    ///
    /// # Errors
    /// [`Error::ForeignShare`] or [`Error::WrongShare`].
    pub fn check_share(&self, share: &Share) -> Result<(), Error> {
        let (number, expected) = (share.number, self.key.id());
        if share.key != expected {
            return Err(Error::ForeignShare { number, given: share.key.clone(), expected });
        }
        let place = usize::from(number).checked_sub(1);
        match place.and_then(|place| self.shares.get(place)) {
            Some(check) if *check == share.check() => Ok(()),
            Some(_) | None => Err(Error::WrongShare { number }),
        }
    }
}

fn check_threshold(threshold: u8, holders: usize) -> Result<(), Error> {
    if threshold < 2 || usize::from(threshold) > holders || holders > usize::from(u8::MAX) {
        return Err(Error::BadThreshold { threshold, holders });
    }
    Ok(())
}

/// Splits a secret so that `threshold` of `holders` shares give it again. `draw` gives 32 random
/// bytes at a time; it is asked `threshold - 1` times.
///
/// # Errors
/// [`Error::BadThreshold`]; [`Error::BadUrnKey`] when the secret is no private key.
pub fn split(
    secret: &UrnSecret,
    threshold: u8,
    holders: u8,
    draw: &mut dyn FnMut() -> [u8; 32],
) -> Result<(Ceremony, Vec<Share>), Error> {
    check_threshold(threshold, usize::from(holders))?;
    let key = secret.public()?;
    let id = key.id();
    // One polynomial for each byte of the secret, which is its value at 0; all their coefficients
    // are uniform, the highest too, or fewer shares than the threshold would say something.
    let coefficients: Vec<Zeroizing<[u8; 32]>> = (1..threshold).map(|_| Zeroizing::new(draw())).collect();
    let share = |number| {
        let mut value = Zeroizing::new([0; 32]);
        // Horner, from the highest coefficient down to the secret.
        for coefficient in coefficients.iter().rev().map(|row| &**row).chain([secret.as_bytes()]) {
            for (byte, add) in value.iter_mut().zip(coefficient) {
                *byte = multiply(*byte, number) ^ add;
            }
        }
        Share { key: id.clone(), threshold, number, value }
    };
    let shares: Vec<Share> = (1..=holders).map(share).collect();
    Ok((Ceremony { key, threshold, shares: shares.iter().map(Share::check).collect() }, shares))
}

/// Joins shares to the secret that the ceremony has split. Every share given is checked, also those
/// beyond the threshold.
///
/// # Errors
/// [`Error::ForeignShare`], [`Error::WrongShare`] and [`Error::ShareTwice`] name the share;
/// [`Error::TooFewShares`]; [`Error::BadThreshold`] and [`Error::OtherSecret`] when the ceremony was
/// faulty.
pub fn join(shares: &[Share], ceremony: &Ceremony) -> Result<UrnSecret, Error> {
    ceremony.check()?;
    let mut numbers = BTreeSet::new();
    for share in shares {
        ceremony.check_share(share)?;
        if !numbers.insert(share.number) {
            return Err(Error::ShareTwice { number: share.number });
        }
    }
    if shares.len() < usize::from(ceremony.threshold) {
        return Err(Error::TooFewShares { given: shares.len(), needed: ceremony.threshold });
    }
    let mut secret = Zeroizing::new([0; 32]);
    // Lagrange at 0: the numbers are distinct and not 0, so that nothing is divided by 0.
    for share in shares {
        let others = numbers.iter().filter(|other| **other != share.number);
        let weight = others.fold(1, |weight, other| multiply(weight, multiply(*other, invert(*other ^ share.number))));
        for (byte, value) in secret.iter_mut().zip(share.value.iter()) {
            *byte ^= multiply(weight, *value);
        }
    }
    let secret = UrnSecret::new(*secret);
    if secret.public()? == ceremony.key { Ok(secret) } else { Err(Error::OtherSecret) }
}

#[cfg(test)]
#[path = "shares_tests.rs"]
mod tests;
