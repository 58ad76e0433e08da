//! How people come in: by an issuer and the subject there, or invited by an e-mail that it will confirm.
//!
//! Owns the lookups: HMAC under a secret of the vault, which is wrapped by the ring and replaced at
//! every rotation (`rotation.rs`), so that old copies can't be asked whether they knew somebody.

use serde::{Deserialize, Serialize};

use crate::engine::{Hold, Tx};
use crate::owner::{Owner, Spot, unwrap_as, wrap_as};
use crate::record::Kind;
use crate::seal::{self, SecretKey, mac};
use crate::{Arrival, Error, KeyRing, Level, Person, PersonId, Profile, Vault, sql};

/// The secret under which issuers, subjects and e-mails are looked up.
pub(crate) struct Lookups(SecretKey);

/// What the row of an identity holds, sealed.
#[derive(Serialize, Deserialize)]
pub(crate) struct Identity {
    pub(crate) issuer: String,
    pub(crate) subject: String,
    /// The confirmed e-mail, in the form in which it is looked up.
    pub(crate) mail: Option<String>,
    pub(crate) agent: bool,
    pub(crate) level: Level,
}

/// What the row of an invitation holds, sealed.
#[derive(Serialize, Deserialize)]
pub(crate) struct Invite {
    pub(crate) issuer: String,
    pub(crate) mail: String,
}

impl Lookups {
    const USAGE: [&str; 1] = ["secret of lookups"];

    /// A new secret, and its row: the id of the wrapping key, and the secret wrapped.
    pub(crate) fn draw(vault: &Vault, ring: &KeyRing) -> Result<(Self, String, Vec<u8>), Error> {
        let secret = seal::draw(vault.entropy());
        let (key_id, wrapped) = wrap_as(ring, &Self::USAGE, &secret, vault.entropy())?;
        Ok((Self(secret), key_id, wrapped))
    }

    pub(crate) fn identity(&self, issuer: &str, subject: &str) -> Vec<u8> {
        self.lookup("identity", issuer, subject)
    }

    pub(crate) fn mail(&self, issuer: &str, mail: &str) -> Vec<u8> {
        self.lookup("mail", issuer, mail)
    }

    pub(crate) fn about(&self, what: &str) -> Vec<u8> {
        self.lookup("about", "", what)
    }

    fn lookup(&self, what: &str, issuer: &str, name: &str) -> Vec<u8> {
        // The length keeps apart what would read the same when joined.
        mac(&seal::derive(&self.0[..], what), &[&issuer.len().to_string(), "\n", issuer, "\n", name]).to_vec()
    }
}

pub(crate) fn identity_spot(lookup: &[u8]) -> Spot<'_> {
    Spot { table: "identities", kind: "", name: lookup }
}

pub(crate) fn invite_spot(mail: &[u8]) -> Spot<'_> {
    Spot { table: "invites", kind: "", name: mail }
}

/// The form in which an e-mail is looked up: what differs only in case or in blanks around it is one.
fn folded(email: &str) -> String {
    email.trim().to_lowercase()
}

fn check(what: &'static str, text: &str) -> Result<(), Error> {
    if text.trim().is_empty() || text.chars().count() > 500 { Err(Error::Identity(what)) } else { Ok(()) }
}

impl Vault {
    /// Finds whoever arrives by issuer and subject, or takes them in: as the person whom an invitation
    /// is waiting for when the issuer confirms that e-mail, else as somebody new. Writes the profile.
    ///
    /// # Errors
    /// `IDENTITY` for an empty or overlong issuer or subject, `RECORD_TOO_LARGE` for the profile; else as
    /// [`Vault::person`].
    pub async fn arrive(&self, arrival: Arrival) -> Result<Person, Error> {
        let Arrival { issuer, subject, agent, level, profile } = arrival;
        check("the issuer", &issuer)?;
        check("the subject", &subject)?;
        let now = self.now()?;
        let mail = profile.email.as_deref().filter(|_| profile.email_verified).map(folded).filter(|m| !m.is_empty());
        let mut tx = self.begin(Hold::Arrivals).await?;
        let lookups = self.lookups(&mut tx).await?;
        let lookup = lookups.identity(&issuer, &subject);
        let mail_lookup = mail.as_deref().map(|mail| lookups.mail(&issuer, mail));
        let owner = match tx.row(sql::IDENTITY, vec![lookup.clone().into()]).await? {
            Some(row) => {
                let owner = self.owner(&mut tx, &id_of(row.text(0)?)?).await?;
                let known: Identity = owner.open(&identity_spot(&lookup), row.bytes(1)?)?;
                if (known.issuer != issuer) || (known.subject != subject) {
                    return Err(Error::Damaged("a lookup leads to another identity".into()));
                }
                owner
            }
            None => match self.take_invite(&mut tx, mail_lookup.as_deref()).await? {
                Some(owner) => owner,
                None => self.add_person(&mut tx).await?,
            },
        };
        if let Some(mail) = &mail_lookup {
            // The issuer says that it is this one's now.
            tx.execute(sql::RELEASE_MAIL, vec![mail.clone().into(), lookup.clone().into()]).await?;
        }
        let identity = Identity { issuer, subject, mail, agent, level };
        let sealed = owner.seal(&identity_spot(&lookup), &identity, self.entropy())?;
        let row = vec![lookup.into(), owner.id().into(), mail_lookup.into(), sealed.into()];
        tx.execute(sql::ADD_IDENTITY, row).await?;
        tx.execute(sql::TOUCH_PERSON, vec![owner.id().into(), now.unix().into()]).await?;
        let value = serde_json::to_value(&profile).map_err(|_| Error::Damaged("a profile isn't JSON".into()))?;
        self.put_in(&mut tx, &owner, Kind::Profile, Profile::ID, &value).await?;
        tx.commit().await?;
        Ok(owner.person)
    }

    /// The agent id of somebody who may not have signed in yet: of whoever has that e-mail confirmed by
    /// that issuer, else of a new person, whom the first arrival with it will be. Asked again, it is the
    /// same id.
    ///
    /// # Errors
    /// `IDENTITY` for an empty or overlong issuer or e-mail; else as [`Vault::person`].
    pub async fn invite(&self, issuer: &str, email: &str) -> Result<String, Error> {
        check("the issuer", issuer)?;
        check("the e-mail", email)?;
        let mail = folded(email);
        let mut tx = self.begin(Hold::Arrivals).await?;
        let lookup = self.lookups(&mut tx).await?.mail(issuer, &mail);
        for known in [sql::PERSON_OF_MAIL, sql::INVITE] {
            if let Some(row) = tx.row(known, vec![lookup.clone().into()]).await? {
                return Ok(self.owner(&mut tx, &id_of(row.text(0)?)?).await?.person.agent_id);
            }
        }
        let owner = self.add_person(&mut tx).await?;
        let invite = Invite { issuer: issuer.to_owned(), mail };
        let sealed = owner.seal(&invite_spot(&lookup), &invite, self.entropy())?;
        tx.execute(sql::ADD_INVITE, vec![lookup.into(), owner.id().into(), sealed.into()]).await?;
        tx.commit().await?;
        Ok(owner.person.agent_id)
    }

    /// The person whom an invitation was waiting for; the invitation is used up.
    async fn take_invite(&self, tx: &mut Tx, mail: Option<&[u8]>) -> Result<Option<Owner>, Error> {
        let Some(mail) = mail else { return Ok(None) };
        let Some(row) = tx.row(sql::INVITE, vec![mail.into()]).await? else { return Ok(None) };
        let owner = self.owner(tx, &id_of(row.text(0)?)?).await?;
        let invites = tx.rows(sql::INVITES_OF, vec![owner.id().into()]).await?;
        let Some(row) = invites.iter().find(|row| row.maybe_bytes(0) == Some(mail)) else {
            return Err(Error::Damaged("an invitation is gone".into()));
        };
        // It has to open: a row that somebody gave another person's id does not.
        let _: Invite = owner.open(&invite_spot(mail), row.bytes(1)?)?;
        tx.execute(sql::DELETE_INVITE, vec![mail.into()]).await?;
        Ok(Some(owner))
    }

    async fn add_person(&self, tx: &mut Tx) -> Result<Owner, Error> {
        self.add_person_as(tx, None).await
    }

    /// Somebody new, under an agent id that is given or drawn.
    pub(crate) async fn add_person_as(&self, tx: &mut Tx, agent_id: Option<&str>) -> Result<Owner, Error> {
        let mut owner = Owner::draw(self.now()?, self.entropy());
        if let Some(agent_id) = agent_id {
            agent_id.clone_into(&mut owner.person.agent_id);
        }
        let (key_id, wrapped) = owner.wrapped(&self.ring(), self.entropy())?;
        let Person { id, agent_id, created } = &owner.person;
        let created = created.unix().into();
        let row = vec![id.into(), agent_id.as_str().into(), created, key_id.as_str().into(), wrapped.into()];
        tx.execute(sql::ADD_PERSON, row).await?;
        Ok(owner)
    }

    /// The secret of the lookups, drawn the first time. Only inside a transaction that holds arrivals.
    pub(crate) async fn lookups(&self, tx: &mut Tx) -> Result<Lookups, Error> {
        let ring = self.ring();
        let Some(row) = tx.row(sql::ROOT, Vec::new()).await? else {
            let (lookups, key_id, wrapped) = Lookups::draw(self, &ring)?;
            tx.execute(sql::ADD_ROOT, vec![key_id.as_str().into(), wrapped.into()]).await?;
            return Ok(lookups);
        };
        let key_id = row.text(0)?;
        let secret = unwrap_as(&ring, &Lookups::USAGE, key_id, row.bytes(1)?)?;
        secret.map(Lookups).ok_or_else(|| Error::KeyWrong(format!("key {key_id} doesn't open what it should")))
    }
}

pub(crate) fn id_of(text: &str) -> Result<PersonId, Error> {
    text.parse().map_err(|_| Error::Damaged("a row names no person".into()))
}
