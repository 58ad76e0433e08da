//! The vault as its callers hold it: engine, keys, clock and chance, and what every part needs of them.
//!
//! What it does is told by the files beside it: `arrivals.rs`, `sessions.rs`, `sign_ins.rs`,
//! `records.rs`, `readings.rs`, `rights.rs`, `expiry.rs`, `rotation.rs`.

use std::fmt;
use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};

use commands::{Clock, Entropy};
use domain::Timestamp;

use crate::engine::{Engine, Hold, Tx};
use crate::owner::Owner;
use crate::{Error, KeyRing, Person, PersonId, sql};

/// Personal data. Clones share one database.
#[derive(Clone)]
pub struct Vault(Arc<Inner>);

struct Inner {
    engine: Engine,
    ring: RwLock<KeyRing>,
    clock: Clock,
    entropy: Entropy,
}

impl Vault {
    /// Opens the vault that belongs to a store, and makes its tables where they are missing: beside
    /// `sqlite:PATH` the file of [`Vault::url_beside`], in a Postgres database the schema `vault`, which
    /// the store's own migrations create.
    ///
    /// # Errors
    /// `VAULT_KEY_MISSING` when the ring lacks a key that the vault uses, `VAULT_KEY_WRONG` when a key
    /// of that name is another one; `VAULT_SCHEMA_NEWER`, `VAULT_SCHEMA_CHANGED`, `VAULT_SCHEMA_OLD`,
    /// `VAULT_OF_ANOTHER_PROGRAM`, `VAULT_URL`, `VAULT_UNAVAILABLE`, `VAULT_DAMAGED`.
    pub async fn open(url: &str, keys: KeyRing, clock: Clock, entropy: Entropy) -> Result<Self, Error> {
        let known = ["sqlite:", "postgres://", "postgresql://"].iter().any(|scheme| url.starts_with(scheme));
        if !known || matches!(url, "sqlite:" | "sqlite://" | "sqlite::memory:") || url.contains('\0') {
            return Err(Error::Url(url.split(':').next().unwrap_or_default().chars().take(20).collect()));
        }
        let engine = Engine::open(&Self::url_beside(url)).await?;
        let vault = Self(Arc::new(Inner { engine, ring: RwLock::new(keys), clock, entropy }));
        vault.check_keys().await?;
        Ok(vault)
    }

    /// Where the vault of a store is: `sqlite:parvis.db` has it in `sqlite:parvis.vault.db`; a Postgres
    /// database has it inside. The address of a vault is its own.
    #[must_use]
    pub fn url_beside(store_url: &str) -> String {
        match store_url.strip_prefix("sqlite:") {
            Some(path) if !path.ends_with(".vault.db") => {
                format!("sqlite:{}", Path::new(path).with_extension("vault.db").display())
            }
            _ => store_url.to_owned(),
        }
    }

    /// Ends the connections. Every later call on this vault or a clone answers `VAULT_UNAVAILABLE`.
    pub async fn close(&self) {
        self.0.engine.close().await;
    }

    /// Somebody by id; `None` for ids that the vault doesn't know (any more).
    ///
    /// # Errors
    /// `VAULT_UNAVAILABLE`, `VAULT_DAMAGED`, `VAULT_KEY_MISSING`, as every method here.
    pub async fn person(&self, id: &PersonId) -> Result<Option<Person>, Error> {
        let mut tx = self.begin(Hold::Read).await?;
        Ok(self.find(&mut tx, id).await?.map(|owner| owner.person))
    }

    /// Somebody by the public pseudonym of agents.
    ///
    /// # Errors
    /// As [`Vault::person`].
    pub async fn person_of_agent(&self, agent_id: &str) -> Result<Option<PersonId>, Error> {
        let mut tx = self.begin(Hold::Read).await?;
        let row = tx.row(sql::PERSON_OF_AGENT, vec![agent_id.into()]).await?;
        row.map(|row| row.text(0)?.parse().map_err(|_| Error::Damaged("a person has no id".into()))).transpose()
    }

    pub(crate) fn now(&self) -> Result<Timestamp, Error> {
        self.0.clock.now().ok_or(Error::Clock)
    }

    pub(crate) fn entropy(&self) -> &Entropy {
        &self.0.entropy
    }

    pub(crate) fn ring(&self) -> KeyRing {
        self.0.ring.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn use_ring(&self, ring: KeyRing) {
        *self.0.ring.write().unwrap_or_else(PoisonError::into_inner) = ring;
    }

    pub(crate) async fn begin(&self, hold: Hold<'_>) -> Result<Tx, Error> {
        self.0.engine.begin(hold).await
    }

    pub(crate) async fn sweep(&self) {
        self.0.engine.sweep().await;
    }

    /// A person with the key open.
    pub(crate) async fn find(&self, tx: &mut Tx, id: &PersonId) -> Result<Option<Owner>, Error> {
        let row = tx.row(sql::PERSON, vec![id.into()]).await?;
        row.map(|row| Owner::read(&row, 0, &self.ring())).transpose()
    }

    /// The same, of somebody who has to be there.
    pub(crate) async fn owner(&self, tx: &mut Tx, id: &PersonId) -> Result<Owner, Error> {
        if let Some(owner) = self.find(tx, id).await? {
            return Ok(owner);
        }
        Err(match tx.row(sql::IS_ERASED, vec![id.into()]).await? {
            Some(_) => Error::PersonErased(id.clone()),
            None => Error::PersonUnknown(id.clone()),
        })
    }

    /// Whether the ring has every key that the vault uses, and whether the one of the lookups opens.
    async fn check_keys(&self) -> Result<(), Error> {
        let mut tx = self.begin(Hold::Arrivals).await?;
        let ring = self.ring();
        for row in tx.rows(sql::KEYS_USED, Vec::new()).await? {
            let id = row.text(0)?;
            if ring.key(id).is_none() {
                return Err(Error::KeyMissing(format!("the ring has no key {id}")));
            }
        }
        self.lookups(&mut tx).await?;
        tx.commit().await
    }
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Vault").finish_non_exhaustive()
    }
}
