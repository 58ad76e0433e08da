//! The rights of the person: to see everything, and to be erased.
//!
//! Regulation (EU) 2016/679, articles 15, 17 and 20. An erasure is one transaction: it destroys the
//! person's key and every row; what remains is a random id in the readings and among the erased.

use serde_json::{Map, Value as Json, json};

use crate::arrivals::{Identity, Invite, identity_spot, invite_spot};
use crate::engine::{Hold, Tx};
use crate::{Entry, Erased, Error, Kind, PersonId, PseudonymKey, Vault, sql};

impl Vault {
    /// Everything the vault has of a person, as one JSON object: `person`, `identities`, `invitations`,
    /// `records` by kind, `sessions`, `tokens`, `messages`, `readings`.
    ///
    /// # Errors
    /// `PERSON_UNKNOWN`, `PERSON_ERASED`; else as [`Vault::person`].
    pub async fn everything(&self, person: &PersonId) -> Result<Json, Error> {
        let mut tx = self.begin(Hold::Read).await?;
        let owner = self.owner(&mut tx, person).await?;
        let mut identities = Vec::new();
        for row in tx.rows(sql::IDENTITIES_OF, vec![person.into()]).await? {
            identities.push(owner.open::<Identity>(&identity_spot(row.bytes(0)?), row.bytes(1)?)?);
        }
        let mut invitations = Vec::new();
        for row in tx.rows(sql::INVITES_OF, vec![person.into()]).await? {
            invitations.push(owner.open::<Invite>(&invite_spot(row.bytes(0)?), row.bytes(1)?)?);
        }
        let mut records = Map::new();
        for kind in Kind::ALL {
            let shown = |mut e: Entry| {
                // Whom somebody writes with stays unknown to them.
                if let Some(value) = e.value.as_object_mut().filter(|_| kind == Kind::Conversation) {
                    value.remove("with");
                }
                json!({"id": e.id, "changed": e.changed, "value": e.value})
            };
            let entries = self.list_in(&mut tx, &owner, kind).await?;
            records.insert(kind.code().into(), entries.into_iter().map(shown).collect());
        }
        let sessions = self.sessions_in(&mut tx, &owner).await?;
        let tokens = self.tokens_in(&mut tx, &owner).await?;
        let messages = self.messages_in(&mut tx, &owner, u32::MAX).await?;
        let readings = self.readings_in(&mut tx, person).await?;
        Ok(json!({
            "person": owner.person, "identities": identities, "invitations": invitations, "records": records,
            "sessions": sessions, "tokens": tokens, "messages": messages, "readings": readings,
        }))
    }

    /// The key from which a person's pseudonyms follow; `None` for somebody who isn't there (any more).
    ///
    /// # Errors
    /// As [`Vault::person`].
    pub async fn keys_of_pseudonyms(&self, person: &PersonId) -> Result<Option<PseudonymKey>, Error> {
        let mut tx = self.begin(Hold::Read).await?;
        Ok(self.find(&mut tx, person).await?.map(|owner| owner.pseudonyms()))
    }

    /// Erases a person: key, records, sessions, tokens and ways to sign in. Whoever signs in again with
    /// the same identity is somebody new, with other pseudonyms.
    ///
    /// # Errors
    /// `PERSON_UNKNOWN`, `PERSON_ERASED`; else as [`Vault::person`]. With an error nothing is gone.
    pub async fn erase(&self, person: &PersonId) -> Result<Erased, Error> {
        let mut tx = self.begin(Hold::Arrivals).await?;
        let erased = self.erase_in(&mut tx, person).await?;
        tx.commit().await?;
        self.sweep().await;
        Ok(erased)
    }

    pub(crate) async fn erase_in(&self, tx: &mut Tx, person: &PersonId) -> Result<Erased, Error> {
        // Keeps out whoever writes for this person right now.
        tx.also_hold(person).await?;
        let owner = self.owner(tx, person).await?;
        let uploads = self.list_in(tx, &owner, Kind::Upload).await?.into_iter().map(|entry| entry.id).collect();
        let erased = Erased {
            records: tx.number(sql::RECORDS_COUNT, vec![person.into()]).await?,
            sessions: tx.number(sql::SESSIONS_COUNT, vec![person.into(), 0.into()]).await?,
            tokens: tx.number(sql::SESSIONS_COUNT, vec![person.into(), 1.into()]).await?,
            identities: tx.number(sql::IDENTITIES_COUNT, vec![person.into()]).await?,
            messages: tx.number(sql::MESSAGES_COUNT, vec![person.into()]).await?,
            uploads,
        };
        self.forget_letters(tx, &owner).await?;
        // All other tables but the readings follow (ON DELETE CASCADE).
        // Who voted stays known by the register key until the row ends: nobody votes twice by erasure.
        tx.execute(sql::FORGET_REGISTERED_PERSON, vec![person.into()]).await?;
        tx.execute(sql::DELETE_PERSON, vec![person.into()]).await?;
        tx.execute(sql::ADD_ERASED, vec![person.into(), self.now()?.unix().into()]).await?;
        Ok(erased)
    }
}
