//! What a person keeps here: put, get, list, remove.
//!
//! Next: `owner.rs` (how a row is sealed), `expiry.rs` (when it goes).

use domain::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::engine::{Hold, Row, Tx};
use crate::owner::{Owner, Spot, moment};
use crate::{Entry, Error, Kind, PersonId, Vault, sql};

/// The largest value, in bytes of JSON.
pub(crate) const LIMIT: usize = 64 * 1024;

/// What a row holds, sealed, when it is written.
#[derive(Serialize)]
struct Draft<'a> {
    id: &'a str,
    value: &'a Json,
}

/// The same when it is read.
#[derive(Deserialize)]
struct Content {
    id: String,
    value: Json,
}

impl Vault {
    /// Keeps a value, in the place of what was kept under that kind and id.
    ///
    /// # Errors
    /// `PERSON_UNKNOWN`, `PERSON_ERASED`; `RECORD_ID` unless the id has 1 to 200 characters,
    /// `RECORD_TOO_LARGE` beyond 64 KiB, `RECORD_UNTIL` for a register entry without its end; else as
    /// [`Vault::person`].
    pub async fn put(&self, person: &PersonId, kind: Kind, id: &str, value: &Json) -> Result<(), Error> {
        let mut tx = self.begin(Hold::Person(person)).await?;
        let owner = self.owner(&mut tx, person).await?;
        self.put_in(&mut tx, &owner, kind, id, value).await?;
        tx.commit().await
    }

    /// What is kept under that kind and id.
    ///
    /// # Errors
    /// `PERSON_UNKNOWN`, `PERSON_ERASED`; else as [`Vault::person`].
    pub async fn get(&self, person: &PersonId, kind: Kind, id: &str) -> Result<Option<Entry>, Error> {
        let mut tx = self.begin(Hold::Read).await?;
        let owner = self.owner(&mut tx, person).await?;
        let key = vec![person.into(), kind.code().into(), owner.name(kind.code(), id).into()];
        tx.row(sql::GET, key).await?.map(|row| entry(&owner, kind, &row, 0)).transpose()
    }

    /// Everything of a kind, the longest unchanged first.
    ///
    /// # Errors
    /// `PERSON_UNKNOWN`, `PERSON_ERASED`; else as [`Vault::person`].
    pub async fn list(&self, person: &PersonId, kind: Kind) -> Result<Vec<Entry>, Error> {
        let mut tx = self.begin(Hold::Read).await?;
        let owner = self.owner(&mut tx, person).await?;
        self.list_in(&mut tx, &owner, kind).await
    }

    /// Takes a record away; whether there was one.
    ///
    /// # Errors
    /// `PERSON_UNKNOWN`, `PERSON_ERASED`; else as [`Vault::person`].
    pub async fn remove(&self, person: &PersonId, kind: Kind, id: &str) -> Result<bool, Error> {
        let mut tx = self.begin(Hold::Person(person)).await?;
        let owner = self.owner(&mut tx, person).await?;
        let key = vec![person.into(), kind.code().into(), owner.name(kind.code(), id).into()];
        let removed = tx.execute(sql::REMOVE, key).await?;
        tx.commit().await?;
        Ok(removed > 0)
    }

    /// How many records of a kind there are, of all people.
    ///
    /// # Errors
    /// As [`Vault::person`].
    pub async fn count(&self, kind: Kind) -> Result<u64, Error> {
        self.begin(Hold::Read).await?.number(sql::COUNT, vec![kind.code().into()]).await
    }

    pub(crate) async fn put_in(
        &self,
        tx: &mut Tx,
        owner: &Owner,
        kind: Kind,
        id: &str,
        value: &Json,
    ) -> Result<(), Error> {
        if id.is_empty() || id.chars().count() > 200 {
            return Err(Error::RecordId);
        }
        let bytes = value.to_string().len();
        if bytes > LIMIT {
            return Err(Error::RecordTooLarge { bytes, limit: LIMIT });
        }
        let until = match kind {
            Kind::Register => Some(until(value)?.unix()),
            Kind::Profile
            | Kind::Contact
            | Kind::Draft
            | Kind::Subscription
            | Kind::Upload
            | Kind::Choice
            | Kind::Conversation
            | Kind::PaperCount => None,
        };
        let name = owner.name(kind.code(), id);
        let sealed = owner.seal(&spot(kind, &name), &Draft { id, value }, self.entropy())?;
        let changed = self.now()?.unix().into();
        let row = vec![owner.id().into(), kind.code().into(), name.into(), changed, until.into(), sealed.into()];
        tx.execute(sql::PUT, row).await.map(drop)
    }

    pub(crate) async fn list_in(&self, tx: &mut Tx, owner: &Owner, kind: Kind) -> Result<Vec<Entry>, Error> {
        let rows = tx.rows(sql::LIST, vec![owner.id().into(), kind.code().into()]).await?;
        rows.iter().map(|row| entry(owner, kind, row, 0)).collect()
    }
}

/// Reads three columns of a row: name, moment of the change, sealed content.
pub(crate) fn entry(owner: &Owner, kind: Kind, row: &Row, first: usize) -> Result<Entry, Error> {
    let Content { id, value } = owner.open(&spot(kind, row.bytes(first)?), row.bytes(first + 2)?)?;
    Ok(Entry { kind, id, value, changed: moment(row.int(first + 1)?)? })
}

fn spot(kind: Kind, name: &[u8]) -> Spot<'_> {
    Spot { table: "records", kind: kind.code(), name }
}

fn until(value: &Json) -> Result<Timestamp, Error> {
    let text = value.get("until").and_then(Json::as_str).ok_or(Error::RecordUntil)?;
    text.parse().map_err(|_| Error::RecordUntil)
}
