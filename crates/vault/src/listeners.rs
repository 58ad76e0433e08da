//! Who wants to hear of what, and how somebody stops it with one click.
//!
//! What a person wants is a record of theirs; beside it stands a keyed digest of what it is about, by
//! which all who want to hear of that are found (the key is the one of the lookups: a rotation makes the
//! digests anew). Must not know what can be followed. Next: `records.rs`, `arrivals.rs` (the lookups).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value as Json;

use crate::arrivals::{Lookups, id_of};
use crate::engine::{Hold, Tx};
use crate::owner::{Owner, Spot};
use crate::secret::hash_of;
use crate::{Error, Kind, PersonId, Vault, sql};

impl Vault {
    /// Keeps a record, as [`Vault::put`], and that the person wants to hear of what it is about, for as
    /// long as the record is there.
    ///
    /// # Errors
    /// As [`Vault::put`].
    pub async fn put_listening(
        &self,
        person: &PersonId,
        kind: Kind,
        id: &str,
        value: &Json,
        about: &str,
    ) -> Result<(), Error> {
        // No rotation makes lookups anew meanwhile.
        let mut tx = self.begin(Hold::Arrivals).await?;
        tx.also_hold(person).await?;
        let owner = self.owner(&mut tx, person).await?;
        self.put_in(&mut tx, &owner, kind, id, value).await?;
        let lookups = self.lookups(&mut tx).await?;
        let name = owner.name(kind.code(), id);
        self.listen(&mut tx, &owner, &lookups, (kind.code(), &name, about)).await?;
        tx.commit().await
    }

    /// Some of those who want to hear of something, ordered by id: at most 500 after this one. An empty
    /// answer is the end.
    ///
    /// # Errors
    /// As [`Vault::person`].
    pub async fn listeners(&self, about: &str, after: Option<&PersonId>) -> Result<Vec<PersonId>, Error> {
        let mut tx = self.begin(Hold::Read).await?;
        let digest = self.lookups(&mut tx).await?.about(about);
        let after = after.map_or("", PersonId::as_str);
        let rows = tx.rows(sql::LISTENERS, vec![digest.into(), after.into()]).await?;
        rows.iter().map(|row| id_of(row.text(0)?)).collect()
    }

    /// What stops something for a person without signing in: the same text each time, which tells
    /// nothing. Only its SHA-256 is kept.
    ///
    /// # Errors
    /// `PERSON_UNKNOWN`, `PERSON_ERASED`; else as [`Vault::person`].
    pub async fn stop_token(&self, person: &PersonId, what: &str) -> Result<String, Error> {
        let mut tx = self.begin(Hold::Write).await?;
        let owner = self.owner(&mut tx, person).await?;
        let token = URL_SAFE_NO_PAD.encode(owner.name("STOP", what));
        let hash = hash_of(&token);
        let sealed = owner.seal(&stop_spot(&hash), &what, self.entropy())?;
        tx.execute(sql::ADD_STOP, vec![hash.into(), person.into(), sealed.into()]).await?;
        tx.commit().await?;
        Ok(token)
    }

    /// Whose token this is, and what it stops; `None` for one that isn't, or isn't any more.
    ///
    /// # Errors
    /// As [`Vault::person`].
    pub async fn whose_stop(&self, token: &str) -> Result<Option<(PersonId, String)>, Error> {
        let mut tx = self.begin(Hold::Read).await?;
        let hash = hash_of(token);
        let Some(row) = tx.row(sql::STOP, vec![hash.as_slice().into()]).await? else { return Ok(None) };
        let Some(owner) = self.find(&mut tx, &id_of(row.text(0)?)?).await? else { return Ok(None) };
        let what = owner.open(&stop_spot(&hash), row.bytes(1)?)?;
        Ok(Some((owner.person.id.clone(), what)))
    }

    /// Makes the digests of what a person listens to anew, with another secret of lookups.
    pub(crate) async fn renew_listeners(&self, tx: &mut Tx, owner: &Owner, lookups: &Lookups) -> Result<(), Error> {
        for row in tx.rows(sql::LISTENERS_OF, vec![owner.id().into()]).await? {
            let (old, kind, name) = (row.bytes(0)?, row.text(1)?, row.bytes(2)?);
            let about: String = owner.open(&listener_spot(kind, name), row.bytes(3)?)?;
            tx.execute(sql::DELETE_LISTENER, vec![old.into(), owner.id().into()]).await?;
            self.listen(tx, owner, lookups, (kind, name, &about)).await?;
        }
        Ok(())
    }

    async fn listen(
        &self,
        tx: &mut Tx,
        owner: &Owner,
        lookups: &Lookups,
        (kind, name, about): (&str, &[u8], &str),
    ) -> Result<(), Error> {
        let sealed = owner.seal(&listener_spot(kind, name), &about, self.entropy())?;
        let digest = lookups.about(about);
        let row = vec![digest.into(), owner.id().into(), kind.into(), name.into(), sealed.into()];
        tx.execute(sql::ADD_LISTENER, row).await.map(drop)
    }
}

fn listener_spot<'a>(kind: &'a str, name: &'a [u8]) -> Spot<'a> {
    Spot { table: "listeners", kind, name }
}

fn stop_spot(hash: &[u8]) -> Spot<'_> {
    Spot { table: "stops", kind: "", name: hash }
}
