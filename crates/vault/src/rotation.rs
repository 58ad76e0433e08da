//! A new key-encryption key: every person's key is wrapped anew, every lookup made anew.
//!
//! People first, some hundreds at a time, while everything goes on; then the lookups in one
//! transaction, during which arrivals wait. Interrupted, it is called again. Afterwards the old key
//! opens copies of the past only, and those die with it. Next: `keys.rs`, `arrivals.rs`.

use crate::arrivals::{Identity, Invite, Lookups, id_of, identity_spot, invite_spot};
use crate::engine::{Hold, Tx};
use crate::owner::{Owner, unwrap, wrap};
use crate::{Error, KeyRing, Vault, sql};

impl Vault {
    /// Wraps every person's key under the current key of a new ring, which also has the keys used until
    /// now ([`KeyRing::rotated`]), and uses it from then on; how many keys were wrapped anew. Every other
    /// node needs the new ring before.
    ///
    /// # Errors
    /// `VAULT_KEY_MISSING` when the new ring lacks a key that is in use: nothing was changed then. Else
    /// as [`Vault::person`]; call it again.
    pub async fn rotate_key(&self, new: KeyRing) -> Result<u64, Error> {
        let mut tx = self.begin(Hold::Read).await?;
        for row in tx.rows(sql::KEYS_USED, Vec::new()).await? {
            let id = row.text(0)?;
            if new.key(id).is_none() {
                return Err(Error::KeyMissing(format!("the new ring has no key {id}, which is in use")));
            }
        }
        drop(tx);
        // From here on whoever arrives is wrapped under the new key.
        self.use_ring(new.clone());
        let mut count = 0;
        loop {
            let mut tx = self.begin(Hold::Write).await?;
            let wrapped = self.rewrap(&mut tx, &new).await?;
            tx.commit().await?;
            if wrapped == 0 {
                break;
            }
            count += wrapped;
        }
        let mut tx = self.begin(Hold::Arrivals).await?;
        // Whoever arrived on a node that had not heard of the new key; none can any more.
        loop {
            let wrapped = self.rewrap(&mut tx, &new).await?;
            if wrapped == 0 {
                break;
            }
            count += wrapped;
        }
        self.renew_lookups(&mut tx, &new).await?;
        tx.commit().await?;
        self.sweep().await;
        Ok(count)
    }

    /// Wraps some keys anew; how many are done now that weren't.
    async fn rewrap(&self, tx: &mut Tx, new: &KeyRing) -> Result<u64, Error> {
        let rows = tx.rows(sql::WRAPPED_OTHERWISE, vec![new.current().into()]).await?;
        for row in &rows {
            let (id, old) = (id_of(row.text(0)?)?, row.text(1)?);
            let (key_id, wrapped) = wrap(new, &id, &unwrap(new, &id, old, row.bytes(2)?)?, self.entropy())?;
            let row = vec![(&id).into(), old.into(), key_id.as_str().into(), wrapped.into()];
            tx.execute(sql::REWRAP, row).await?;
        }
        self.rewrap_urn_keys(tx, new).await?;
        Ok(u64::try_from(rows.len()).unwrap_or(u64::MAX))
    }

    /// Draws a new secret of lookups and replaces every lookup, unless that was done under this key.
    async fn renew_lookups(&self, tx: &mut Tx, new: &KeyRing) -> Result<(), Error> {
        self.lookups(tx).await?;
        let row = tx.row(sql::ROOT, Vec::new()).await?.ok_or_else(|| Error::Damaged("the lookups are gone".into()))?;
        if row.text(0)? == new.current() {
            return Ok(());
        }
        let (lookups, key_id, wrapped) = Lookups::draw(self, new)?;
        tx.execute(sql::SET_ROOT, vec![key_id.as_str().into(), wrapped.into()]).await?;
        let mut after = String::new();
        loop {
            let people = tx.rows(sql::PEOPLE_AFTER, vec![after.as_str().into()]).await?;
            let Some(last) = people.last() else { return Ok(()) };
            last.text(0)?.clone_into(&mut after);
            for row in &people {
                let owner = Owner::read(row, 0, new)?;
                self.renew_identities(tx, &owner, &lookups).await?;
                self.renew_invites(tx, &owner, &lookups).await?;
                self.renew_listeners(tx, &owner, &lookups).await?;
            }
        }
    }

    async fn renew_identities(&self, tx: &mut Tx, owner: &Owner, lookups: &Lookups) -> Result<(), Error> {
        for row in tx.rows(sql::IDENTITIES_OF, vec![owner.id().into()]).await? {
            let old = row.bytes(0)?;
            let identity: Identity = owner.open(&identity_spot(old), row.bytes(1)?)?;
            let lookup = lookups.identity(&identity.issuer, &identity.subject);
            let holds_mail = row.maybe_bytes(2).is_some();
            let mail = identity.mail.as_deref().filter(|_| holds_mail);
            let mail = mail.map(|mail| lookups.mail(&identity.issuer, mail));
            let sealed = owner.seal(&identity_spot(&lookup), &identity, self.entropy())?;
            tx.execute(sql::DELETE_IDENTITY, vec![old.into()]).await?;
            let row = vec![lookup.into(), owner.id().into(), mail.into(), sealed.into()];
            tx.execute(sql::ADD_IDENTITY, row).await?;
        }
        Ok(())
    }

    async fn renew_invites(&self, tx: &mut Tx, owner: &Owner, lookups: &Lookups) -> Result<(), Error> {
        for row in tx.rows(sql::INVITES_OF, vec![owner.id().into()]).await? {
            let old = row.bytes(0)?;
            let invite: Invite = owner.open(&invite_spot(old), row.bytes(1)?)?;
            let mail = lookups.mail(&invite.issuer, &invite.mail);
            let sealed = owner.seal(&invite_spot(&mail), &invite, self.entropy())?;
            tx.execute(sql::DELETE_INVITE, vec![old.into()]).await?;
            tx.execute(sql::ADD_INVITE, vec![mail.into(), owner.id().into(), sealed.into()]).await?;
        }
        Ok(())
    }
}
