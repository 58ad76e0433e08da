//! Owns: the envelope: HPKE in base mode (RFC 9180), deterministic in its seed, padded with spaces.
//! Must not: know what a ballot says; `ballot.rs` does.
//! Next: `ballot.rs`.

use crate::key::Mechanism;
use crate::{Context, Error, Unopened, UrnKey, UrnSecret};
use base64::{Engine, engine::general_purpose::STANDARD};
use hpke::aead::ChaCha20Poly1305;
use hpke::kdf::HkdfSha256;
use hpke::rand_core::{TryCryptoRng, TryRng};
use hpke::{Deserializable, Kem, OpModeR, OpModeS, Serializable};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::{borrow::Cow, convert::Infallible, fmt, str::FromStr};
use transparency::Hash;
use zeroize::Zeroizing;

/// The encapsulated key (RFC 9180 §7.1, `Nenc`).
const ENCAPSULATED: usize = 32;
/// The tag of ChaCha20-Poly1305 (RFC 8439 §2.8).
const TAG: usize = 16;
/// The `info` of a polling place's counts opens with this.
const SHEET: &str = "parvis.count/v1\n";
/// Sheets are padded to a multiple of this, so that their length says little of the numbers in them.
const SHEET_STEP: usize = 1024;

/// Bytes of an envelope whose padded content has this many.
pub const fn sealed_length(padded: usize) -> usize {
    padded.saturating_add(ENCAPSULATED + TAG)
}

/// An envelope: encapsulated key (32 bytes), ciphertext, tag (16 bytes). Written as base64.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Sealed(Vec<u8>);

impl Sealed {
    /// An envelope from its bytes, whoever made it. Whether it opens is known when the urn does.
    ///
    /// # Errors
    /// [`Error::BadText`] when there are fewer bytes than any envelope has.
    pub fn new(bytes: Vec<u8>) -> Result<Self, Error> {
        if bytes.len() < sealed_length(0) {
            return Err(Error::BadText { what: "the sealed ballot" });
        }
        Ok(Self(bytes))
    }

    /// Its bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// By what a receipt names it and batches are sorted:
    /// SHA-256(`parvis.sealed/v1\n` || context || `\n` || bytes).
    pub fn digest(&self, context: &Context) -> Hash {
        Hash::of(&[b"parvis.sealed/v1\n", context.as_str().as_bytes(), b"\n", &self.0])
    }
}

impl fmt::Display for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&STANDARD.encode(&self.0))
    }
}

impl fmt::Debug for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sealed({} bytes)", self.0.len())
    }
}

impl FromStr for Sealed {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        Self::new(STANDARD.decode(text).map_err(|_| Error::BadText { what: "the sealed ballot" })?)
    }
}

impl Serialize for Sealed {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Sealed {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Cow::<'de, str>::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

/// Hands the seed out once, as the `ikm` that `Encap` draws (RFC 9180 §4.1, §7.1.3).
struct Seed {
    bytes: Zeroizing<[u8; 32]>,
    served: usize,
}

impl TryRng for Seed {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let mut bytes = [0; 4];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u32::from_le_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let mut bytes = [0; 8];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u64::from_le_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, into: &mut [u8]) -> Result<(), Infallible> {
        self.served = self.served.saturating_add(into.len());
        into.iter_mut().zip(self.bytes.iter()).for_each(|(into, byte)| *into = *byte);
        Ok(())
    }
}

impl TryCryptoRng for Seed {}

/// Seals a text padded with spaces to `length` bytes; the same seed gives the same envelope.
pub(crate) fn wrap(
    key: &UrnKey,
    context: &Context,
    kind: &str,
    text: &str,
    length: usize,
    seed: &[u8; 32],
) -> Result<Sealed, Error> {
    let given = key.id();
    if given != *context.key() {
        return Err(Error::OtherUrn { expected: context.key().clone(), given });
    }
    if text.len() > length {
        return Err(Error::TooLong { bytes: text.len(), length });
    }
    let mut padded = Zeroizing::new(text.as_bytes().to_vec());
    padded.resize(length, b' ');
    let mut seed = Seed { bytes: Zeroizing::new(*seed), served: 0 };
    let (encapsulated, ciphertext) = hpke::single_shot_seal_with_rng::<ChaCha20Poly1305, HkdfSha256, Mechanism>(
        &OpModeS::Base,
        &key.to_hpke()?,
        context.info(kind).as_bytes(),
        &padded,
        b"",
        &mut seed,
    )
    .map_err(|_| Error::BadUrnKey)?;
    // Drawing more or less than the seed would make an envelope that nobody can make again.
    if seed.served != seed.bytes.len() {
        return Err(Error::BadUrnKey);
    }
    Sealed::new([encapsulated.to_bytes().as_slice(), &ciphertext].concat())
}

/// Opens what [`wrap`] has sealed, without the padding.
pub(crate) fn unwrap(
    secret: &UrnSecret,
    context: &Context,
    kind: &str,
    sealed: &Sealed,
) -> Result<Zeroizing<Vec<u8>>, Unopened> {
    let (encapsulated, ciphertext) = sealed.0.split_at_checked(ENCAPSULATED).ok_or(Unopened::WrongLength)?;
    if ciphertext.len() < TAG {
        return Err(Unopened::WrongLength);
    }
    let secret = secret.to_hpke().map_err(|_| Unopened::NotForThisUrn)?;
    let encapsulated =
        <Mechanism as Kem>::EncappedKey::from_bytes(encapsulated).map_err(|_| Unopened::NotForThisUrn)?;
    let mut text = hpke::single_shot_open::<ChaCha20Poly1305, HkdfSha256, Mechanism>(
        &OpModeR::Base,
        &secret,
        &encapsulated,
        context.info(kind).as_bytes(),
        ciphertext,
        b"",
    )
    .map(Zeroizing::new)
    .map_err(|_| Unopened::NotForThisUrn)?;
    let length = text.iter().rposition(|byte| *byte != b' ').map_or(0, |last| last.saturating_add(1));
    text.truncate(length);
    Ok(text)
}

/// Seals a polling place's counts, any JSON text, in the same envelope. `longest` is how many bytes the
/// longest text has that could stand in its place: all of these get one length.
///
/// # Errors
/// [`Error::OtherUrn`] when the context names another key, [`Error::BadUrnKey`] for a key that
/// nothing can be sealed to.
pub fn seal_sheet(
    key: &UrnKey,
    context: &Context,
    json: &str,
    longest: usize,
    seed: &[u8; 32],
) -> Result<Sealed, Error> {
    wrap(key, context, SHEET, json, longest.max(json.len()).next_multiple_of(SHEET_STEP), seed)
}

/// Opens a polling place's counts: the JSON text that was sealed, without trailing spaces.
///
/// # Errors
/// [`Unopened`]: why it can't be read.
pub fn open_sheet(secret: &UrnSecret, context: &Context, sealed: &Sealed) -> Result<String, Unopened> {
    let text = unwrap(secret, context, SHEET, sealed)?;
    String::from_utf8(text.to_vec()).map_err(|_| Unopened::NotABallot)
}
