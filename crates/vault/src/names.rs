//! The way back from a public pseudonym to a person, where somebody may have to be reached.
//!
//! A pseudonym under which somebody deposits is kept like an identity: looked up by a keyed digest, moved
//! at every rotation, gone with the person. Pseudonyms of voters are never kept: nobody has to reach a
//! voter, and nobody must be able to.

use crate::arrivals::{Identity, id_of, identity_spot};
use crate::engine::Hold;
use crate::{Error, Level, Person, PersonId, Vault, sql};

/// What stands for the issuer of a pseudonym; no real one is called so.
fn issuer(campaign: &str) -> String {
    format!("parvis.pseudonym/v1 {campaign}")
}

impl Vault {
    /// Keeps whose pseudonym this is in a campaign. Once kept, it stays as it is.
    ///
    /// # Errors
    /// As [`Vault::person`].
    pub async fn remember_pseudonym(&self, person: &PersonId, campaign: &str, pseudonym: &str) -> Result<(), Error> {
        if self.person_of_pseudonym(campaign, pseudonym).await?.is_some() {
            return Ok(());
        }
        self.keep_identity(person, issuer(campaign), pseudonym.to_owned()).await
    }

    /// Who deposits under this pseudonym in a campaign; `None` once they were erased.
    ///
    /// # Errors
    /// As [`Vault::person`].
    pub async fn person_of_pseudonym(&self, campaign: &str, pseudonym: &str) -> Result<Option<PersonId>, Error> {
        let mut tx = self.begin(Hold::Read).await?;
        let lookup = self.lookups(&mut tx).await?.identity(&issuer(campaign), pseudonym);
        let row = tx.row(sql::IDENTITY, vec![lookup.into()]).await?;
        row.map(|row| id_of(row.text(0)?)).transpose()
    }

    /// Takes in somebody whose agent id is given beforehand, known to an issuer by this subject: for
    /// campaigns that are made up, and for moving agents from another installation. Whoever is known
    /// there already stays who they are.
    ///
    /// # Errors
    /// As [`Vault::person`], and when the agent id belongs to somebody else.
    pub async fn appoint(&self, issuer: &str, subject: &str, agent_id: &str) -> Result<PersonId, Error> {
        if let Some(known) = self.person_of_agent(agent_id).await? {
            return Ok(known);
        }
        let mut tx = self.begin(Hold::Arrivals).await?;
        let lookup = self.lookups(&mut tx).await?.identity(issuer, subject);
        if let Some(row) = tx.row(sql::IDENTITY, vec![lookup.into()]).await? {
            return id_of(row.text(0)?);
        }
        let Person { id, .. } = self.add_person_as(&mut tx, Some(agent_id)).await?.person;
        tx.commit().await?;
        self.keep_identity(&id, issuer.to_owned(), subject.to_owned()).await?;
        Ok(id)
    }

    async fn keep_identity(&self, person: &PersonId, issuer: String, subject: String) -> Result<(), Error> {
        let mut tx = self.begin(Hold::Arrivals).await?;
        let owner = self.owner(&mut tx, person).await?;
        let lookup = self.lookups(&mut tx).await?.identity(&issuer, &subject);
        let identity = Identity { issuer, subject, mail: None, agent: false, level: Level::Low };
        let sealed = owner.seal(&identity_spot(&lookup), &identity, self.entropy())?;
        let row = vec![lookup.into(), owner.id().into(), None::<Vec<u8>>.into(), sealed.into()];
        tx.execute(sql::ADD_IDENTITY, row).await?;
        tx.commit().await
    }
}
