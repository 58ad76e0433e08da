//! What has been kept long enough goes.
//!
//! Each kind and each person in a transaction of its own: interrupted, it goes on the next time.
//! Next: `retention.rs` (how long), `rights.rs` (how a person is erased).

use crate::arrivals::id_of;
use crate::engine::Hold;
use crate::records::entry;
use crate::{Error, Expired, Kind, PersonId, Retention, Vault, sql};

const DAY: i64 = 86_400;

impl Vault {
    /// Deletes what is past its time, and erases people without activity, but nobody who still stands in
    /// a register. Meant to be called once a day, on one node.
    ///
    /// # Errors
    /// As [`Vault::person`]; what was deleted before it stays deleted.
    pub async fn expire(&self, rules: &Retention) -> Result<Expired, Error> {
        let now = self.now()?.unix();
        let before = |days: u16| now - i64::from(days) * DAY;
        let mut expired = Expired {
            drafts: self.expire_kind(sql::EXPIRE_RECORDS, Kind::Draft, before(rules.draft_days)).await?,
            subscriptions: self
                .expire_kind(sql::EXPIRE_RECORDS, Kind::Subscription, before(rules.subscription_days))
                .await?,
            registers: self.expire_kind(sql::EXPIRE_UNTIL, Kind::Register, before(rules.register_days)).await?,
            conversations: self
                .expire_kind(sql::EXPIRE_RECORDS, Kind::Conversation, before(rules.conversation_days))
                .await?,
            ..Expired::default()
        };
        let mut tx = self.begin(Hold::Write).await?;
        let grace = before(rules.session_grace_days);
        expired.sessions = tx.execute(sql::EXPIRE_SESSIONS, vec![grace.into()]).await?;
        expired.sign_ins = tx.execute(sql::EXPIRE_SIGN_INS, vec![Self::ended_sign_ins(now).into()]).await?;
        expired.messages = tx.execute(sql::EXPIRE_MESSAGES, vec![before(rules.message_days).into()]).await?;
        expired.registers += tx.execute(sql::EXPIRE_REGISTER, vec![before(rules.register_days).into()]).await?;
        tx.commit().await?;
        self.expire_people(before(rules.inactive_person_days), &mut expired).await?;
        if expired != Expired::default() {
            self.sweep().await;
        }
        Ok(expired)
    }

    /// People without activity whom [`Vault::expire`] would erase now, at most 100: whoever has more to
    /// remove of them than the vault holds does it first, while their pseudonyms can still be computed.
    ///
    /// # Errors
    /// As [`Vault::person`].
    pub async fn due(&self, rules: &Retention) -> Result<Vec<PersonId>, Error> {
        let before = self.now()?.unix() - i64::from(rules.inactive_person_days) * DAY;
        let mut tx = self.begin(Hold::Read).await?;
        let inactive = tx.rows(sql::INACTIVE, vec![before.into()]).await?;
        inactive.iter().map(|row| id_of(row.text(0)?)).collect()
    }

    async fn expire_kind(&self, sql: &'static str, kind: Kind, before: i64) -> Result<u64, Error> {
        let mut tx = self.begin(Hold::Write).await?;
        let gone = tx.execute(sql, vec![kind.code().into(), before.into()]).await?;
        tx.commit().await?;
        Ok(gone)
    }

    /// Uploads that were neither sent nor named for longer than they wait for it, and whose they are: the
    /// caller knows which of them something names. Their ids only the person's key can read.
    ///
    /// # Errors
    /// As [`Vault::person`].
    pub async fn old_uploads(&self, rules: &Retention) -> Result<Vec<(PersonId, String)>, Error> {
        let before = self.now()?.unix() - i64::from(rules.upload_days) * DAY;
        let mut tx = self.begin(Hold::Read).await?;
        let (mut uploads, mut read) = (Vec::new(), 0_i64);
        loop {
            let rows = tx.rows(sql::OLD_RECORDS, vec![Kind::Upload.code().into(), before.into(), read.into()]).await?;
            if rows.is_empty() {
                return Ok(uploads);
            }
            for row in &rows {
                read += 1;
                let id = id_of(row.text(0)?)?;
                // Whoever is erased at this moment has no row to open any more.
                let Some(owner) = self.find(&mut tx, &id).await? else { continue };
                uploads.push((id, entry(&owner, Kind::Upload, row, 1)?.id));
            }
        }
    }

    /// Forgets an upload, unless it was named or sent again meanwhile; whether it was forgotten. The file
    /// has to be removed by the caller.
    ///
    /// # Errors
    /// `PERSON_UNKNOWN`, `PERSON_ERASED`; else as [`Vault::person`].
    pub async fn forget_upload(&self, rules: &Retention, person: &PersonId, id: &str) -> Result<bool, Error> {
        let before = self.now()?.unix() - i64::from(rules.upload_days) * DAY;
        let mut tx = self.begin(Hold::Person(person)).await?;
        let owner = self.owner(&mut tx, person).await?;
        let kind = Kind::Upload.code();
        let key = vec![person.into(), kind.into(), owner.name(kind, id).into(), before.into()];
        let gone = tx.execute(sql::REMOVE_OLD, key).await?;
        tx.commit().await?;
        Ok(gone > 0)
    }

    async fn expire_people(&self, before: i64, expired: &mut Expired) -> Result<(), Error> {
        loop {
            let mut tx = self.begin(Hold::Read).await?;
            let inactive = tx.rows(sql::INACTIVE, vec![before.into()]).await?;
            drop(tx);
            if inactive.is_empty() {
                return Ok(());
            }
            for row in inactive {
                let id = id_of(row.text(0)?)?;
                let mut tx = self.begin(Hold::Arrivals).await?;
                // Somebody may have come back, or gone, since the list was made.
                if tx.number(sql::IS_INACTIVE, vec![(&id).into(), before.into()]).await? == 0 {
                    continue;
                }
                let erased = self.erase_in(&mut tx, &id).await?;
                tx.commit().await?;
                expired.uploads.extend(erased.uploads.into_iter().map(|upload| (id.clone(), upload)));
                expired.people.push(id);
            }
        }
    }
}
