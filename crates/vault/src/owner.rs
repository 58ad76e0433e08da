//! A person and the key to everything of theirs.
//!
//! Every row of a person is sealed here, bound to its table, person, kind and name, so that rows can't
//! be exchanged behind the program's back. Next: `seal.rs` (how), `vault.rs` (where owners come from).

use commands::Entropy;
use domain::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;
use zeroize::Zeroizing;

use crate::engine::Row;
use crate::seal::{self, SecretKey, mac};
use crate::{Error, KeyRing, Person, PersonId, PseudonymKey};

/// Somebody whose key is open.
pub(crate) struct Owner {
    pub(crate) person: Person,
    key: SecretKey,
}

impl Owner {
    /// Somebody new.
    pub(crate) fn draw(created: Timestamp, entropy: &Entropy) -> Self {
        let digits: String = entropy.uuid().simple().to_string().chars().skip(16).collect();
        let person = Person { id: PersonId::random(entropy), agent_id: format!("agent-{digits}"), created };
        Self { person, key: seal::draw(entropy) }
    }

    /// From five columns of a row: id, agent id, created, id of the wrapping key, wrapped key.
    pub(crate) fn read(row: &Row, first: usize, ring: &KeyRing) -> Result<Self, Error> {
        let id: PersonId = row.text(first)?.parse().map_err(|_| Error::Damaged("a person has no id".into()))?;
        let created = moment(row.int(first + 2)?)?;
        let key = unwrap(ring, &id, row.text(first + 3)?, row.bytes(first + 4)?)?;
        Ok(Self { person: Person { id, agent_id: row.text(first + 1)?.to_owned(), created }, key })
    }

    pub(crate) fn id(&self) -> &PersonId {
        &self.person.id
    }

    /// The id of the ring's current key, and this person's key wrapped by it.
    pub(crate) fn wrapped(&self, ring: &KeyRing, entropy: &Entropy) -> Result<(String, Vec<u8>), Error> {
        wrap(ring, &self.person.id, &self.key, entropy)
    }

    /// Seals a value for one row.
    pub(crate) fn seal<T: Serialize>(&self, spot: &Spot<'_>, value: &T, entropy: &Entropy) -> Result<Vec<u8>, Error> {
        let plain = Zeroizing::new(serde_json::to_vec(value).map_err(|_| Error::Damaged("a value isn't JSON".into()))?);
        seal::seal(&self.key, &self.place(spot), &plain, entropy)
            .ok_or(Error::RecordTooLarge { bytes: plain.len(), limit: crate::records::LIMIT })
    }

    /// Opens what was sealed for that row.
    pub(crate) fn open<T: DeserializeOwned>(&self, spot: &Spot<'_>, sealed: &[u8]) -> Result<T, Error> {
        let damaged = || Error::Damaged(format!("a row of {} doesn't open with the key of its person", spot.table));
        let plain = seal::open(&self.key, &self.place(spot), sealed).ok_or_else(damaged)?;
        serde_json::from_slice(&plain).map_err(|_| damaged())
    }

    /// The name of a record in its table: what it is called, made unreadable.
    pub(crate) fn name(&self, kind: &str, id: &str) -> Vec<u8> {
        mac(&seal::derive(&self.key[..], "names of records"), &[kind, "\n", id]).to_vec()
    }

    pub(crate) fn pseudonyms(&self) -> PseudonymKey {
        PseudonymKey(seal::derive(&self.key[..], "pseudonyms"))
    }

    fn place(&self, spot: &Spot<'_>) -> Vec<u8> {
        seal::place(&[spot.table, self.person.id.as_str(), spot.kind, &hex::encode(spot.name)])
    }
}

/// The row for which a value is sealed, besides its person.
pub(crate) struct Spot<'a> {
    pub(crate) table: &'static str,
    pub(crate) kind: &'a str,
    pub(crate) name: &'a [u8],
}

/// Wraps a person's key under the current key of a ring.
pub(crate) fn wrap(
    ring: &KeyRing,
    id: &PersonId,
    key: &SecretKey,
    entropy: &Entropy,
) -> Result<(String, Vec<u8>), Error> {
    wrap_as(ring, &["key of a person", id.as_str()], key, entropy)
}

/// Opens a person's key.
pub(crate) fn unwrap(ring: &KeyRing, id: &PersonId, key_id: &str, wrapped: &[u8]) -> Result<SecretKey, Error> {
    unwrap_as(ring, &["key of a person", id.as_str()], key_id, wrapped)?
        .ok_or_else(|| Error::Damaged(format!("the key of person {id} doesn't open")))
}

/// Wraps a key for a use.
pub(crate) fn wrap_as(
    ring: &KeyRing,
    usage: &[&str],
    key: &SecretKey,
    entropy: &Entropy,
) -> Result<(String, Vec<u8>), Error> {
    let missing = || Error::KeyMissing(format!("the ring has no key {}", ring.current()));
    let outer = ring.key(ring.current()).ok_or_else(missing)?;
    let place = seal::place(&[usage, &[ring.current()]].concat());
    let wrapped = seal::seal(outer, &place, &key[..], entropy).ok_or_else(missing)?;
    Ok((ring.current().to_owned(), wrapped))
}

/// Opens a key that was wrapped for a use; `None` when it doesn't open.
pub(crate) fn unwrap_as(
    ring: &KeyRing,
    usage: &[&str],
    key_id: &str,
    wrapped: &[u8],
) -> Result<Option<SecretKey>, Error> {
    let outer = ring.key(key_id).ok_or_else(|| Error::KeyMissing(format!("the ring has no key {key_id}")))?;
    let place = seal::place(&[usage, &[key_id]].concat());
    let Some(plain) = seal::open(outer, &place, wrapped) else { return Ok(None) };
    let mut key = Zeroizing::new([0; 32]);
    if plain.len() != key.len() {
        return Ok(None);
    }
    key.copy_from_slice(&plain);
    Ok(Some(key))
}

/// Seconds of a row as a moment.
pub(crate) fn moment(seconds: i64) -> Result<Timestamp, Error> {
    Timestamp::from_unix(seconds).ok_or_else(|| Error::Damaged("a moment lies outside of the years 0 to 9999".into()))
}
