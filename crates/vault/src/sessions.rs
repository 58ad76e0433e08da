//! Sessions of browsers and bearer tokens: opened, found again, ended.
//!
//! Only the SHA-256 of a secret is kept, and it is what a row is found by and bound to. What a session
//! is good for and when it ends is sealed; the columns beside it only serve to sweep out.

use std::collections::BTreeSet;

use domain::Timestamp;
use serde::{Deserialize, Serialize};

use crate::engine::{Hold, Row, Tx};
use crate::owner::{Owner, Spot, moment};
use crate::secret::hash_of;
use crate::{Error, Level, PersonId, Scope, Secret, Session, SessionDraft, TokenDraft, TokenInfo, Vault, sql};

/// Sessions of browsers that a person can have at once: beyond it the oldest end.
const SESSIONS: i64 = 20;
/// Bearer tokens that a person can have at once.
const TOKENS: u32 = 20;
/// Seconds between two notes that a session was used.
const TOUCH: i64 = 60;

/// The prefix of a session's secret, and of a token's.
const SESSION: &str = "pvs_";
const TOKEN: &str = "pvt_";

/// What a row holds, sealed.
#[derive(Serialize, Deserialize)]
struct Content {
    issuer: String,
    agent: bool,
    level: Level,
    created: Timestamp,
    ends: Timestamp,
    idle: u32,
    /// Of a session: the ID token.
    hint: Option<String>,
    /// Of a token: what its owner calls it, and what it is good for.
    name: String,
    scopes: Option<BTreeSet<Scope>>,
}

impl Vault {
    /// Opens a session of a browser. A person has at most 20; the oldest end.
    ///
    /// # Errors
    /// `PERSON_UNKNOWN`, `PERSON_ERASED`; else as [`Vault::person`].
    pub async fn open_session(&self, person: &PersonId, draft: SessionDraft) -> Result<Secret, Error> {
        let now = self.now()?;
        let SessionDraft { issuer, agent, level, lifetime_s, idle_s: idle, hint } = draft;
        let ends = later(now, i64::from(lifetime_s))?;
        let content =
            Content { issuer, agent, level, created: now, ends, idle, hint, name: String::new(), scopes: None };
        let mut tx = self.begin(Hold::Person(person)).await?;
        let owner = self.owner(&mut tx, person).await?;
        let (_, secret) = self.add_session(&mut tx, &owner, &content).await?;
        tx.execute(sql::TRIM_SESSIONS, vec![person.into(), SESSIONS.into()]).await?;
        tx.commit().await?;
        Ok(secret)
    }

    /// Who has that secret, of a session or a bearer token. `None` when it is unknown, ended, was idle
    /// too long, or its person was erased. Notes its use at most once a minute.
    ///
    /// # Errors
    /// As [`Vault::person`].
    pub async fn session(&self, secret: &str) -> Result<Option<Session>, Error> {
        let bearer = secret.starts_with(TOKEN);
        if !(bearer || secret.starts_with(SESSION)) || secret.len() > 64 {
            return Ok(None);
        }
        let now = self.now()?;
        let hash = hash_of(secret);
        let mut tx = self.begin(Hold::Read).await?;
        let Some(row) = tx.row(sql::SESSION, vec![hash.clone().into()]).await? else { return Ok(None) };
        tx.commit().await?;
        let (id, seen) = (row.text(0)?.to_owned(), row.int(2)?);
        let owner = Owner::read(&row, 4, &self.ring())?;
        let content: Content = owner.open(&spot(kind(bearer), &hash), row.bytes(3)?)?;
        if !content.lasts(now, seen) {
            return Ok(None);
        }
        if now.unix() - seen >= TOUCH
            && let Err(error) = self.touch(&hash, owner.id(), now).await
        {
            // Whoever is signed in stays so on a full disk.
            tracing::warn!(code = error.code(), "the use of a session could not be noted");
        }
        let names = owner.pseudonyms();
        let Content { issuer, agent, level, ends, hint, scopes, .. } = content;
        let crate::Person { id: person, agent_id, .. } = owner.person;
        Ok(Some(Session { id, person, agent_id, agent, level, issuer, scopes, expires: ends, hint, names }))
    }

    /// Ends the session or token with that secret; one that isn't there has ended.
    ///
    /// # Errors
    /// As [`Vault::person`].
    pub async fn close_session(&self, secret: &str) -> Result<(), Error> {
        let mut tx = self.begin(Hold::Write).await?;
        tx.execute(sql::DELETE_SESSION, vec![hash_of(secret).into()]).await?;
        tx.commit().await
    }

    /// Ends all sessions and tokens of a person; how many there were.
    ///
    /// # Errors
    /// As [`Vault::person`].
    pub async fn close_all(&self, person: &PersonId) -> Result<u64, Error> {
        let mut tx = self.begin(Hold::Person(person)).await?;
        let closed = tx.execute(sql::DELETE_SESSIONS_OF, vec![person.into()]).await?;
        tx.commit().await?;
        Ok(closed)
    }

    /// Issues a bearer token. Its secret is shown this once.
    ///
    /// # Errors
    /// `TOKEN_NAME` unless the name has 1 to 60 characters, `TOKEN_DAYS` unless it lasts 1 to 366 days,
    /// `TOKENS_FULL` when there are 20; `PERSON_UNKNOWN`, `PERSON_ERASED`; else as [`Vault::person`].
    pub async fn issue_token(&self, person: &PersonId, draft: TokenDraft) -> Result<(TokenInfo, Secret), Error> {
        let TokenDraft { name, scopes, days, agent, level } = draft;
        if name.trim().is_empty() || name.chars().count() > 60 {
            return Err(Error::TokenName);
        }
        if !(1..=366).contains(&days) {
            return Err(Error::TokenDays);
        }
        let now = self.now()?;
        let ends = later(now, i64::from(days) * 86_400)?;
        let scopes = Some(scopes);
        let issuer = String::new();
        let content = Content { issuer, agent, level, created: now, ends, idle: 0, hint: None, name, scopes };
        let mut tx = self.begin(Hold::Person(person)).await?;
        let owner = self.owner(&mut tx, person).await?;
        tx.execute(sql::DELETE_ENDED_OF, vec![person.into(), now.unix().into()]).await?;
        if tx.number(sql::SESSIONS_COUNT, vec![person.into(), 1.into()]).await? >= u64::from(TOKENS) {
            return Err(Error::TokensFull(TOKENS));
        }
        let (id, secret) = self.add_session(&mut tx, &owner, &content).await?;
        tx.commit().await?;
        Ok((content.info(id, now), secret))
    }

    /// The tokens of a person that haven't ended, the oldest first.
    ///
    /// # Errors
    /// `PERSON_UNKNOWN`, `PERSON_ERASED`; else as [`Vault::person`].
    pub async fn tokens(&self, person: &PersonId) -> Result<Vec<TokenInfo>, Error> {
        let mut tx = self.begin(Hold::Read).await?;
        let owner = self.owner(&mut tx, person).await?;
        self.tokens_in(&mut tx, &owner).await
    }

    /// Ends a token; whether the person had it.
    ///
    /// # Errors
    /// As [`Vault::person`].
    pub async fn revoke_token(&self, person: &PersonId, id: &str) -> Result<bool, Error> {
        let mut tx = self.begin(Hold::Person(person)).await?;
        let revoked = tx.execute(sql::DELETE_TOKEN, vec![person.into(), id.into()]).await?;
        tx.commit().await?;
        Ok(revoked > 0)
    }

    pub(crate) async fn tokens_in(&self, tx: &mut Tx, owner: &Owner) -> Result<Vec<TokenInfo>, Error> {
        let now = self.now()?;
        let mut tokens = Vec::new();
        for row in tx.rows(sql::SESSIONS_OF, vec![owner.id().into(), 1.into()]).await? {
            let (content, seen) = read(owner, true, &row)?;
            if content.lasts(now, seen.unix()) {
                tokens.push(content.info(row.text(1)?.to_owned(), seen));
            }
        }
        Ok(tokens)
    }

    /// The sessions of a person's browsers, for the person to see: who vouched, when, until when.
    pub(crate) async fn sessions_in(&self, tx: &mut Tx, owner: &Owner) -> Result<Vec<serde_json::Value>, Error> {
        let rows = tx.rows(sql::SESSIONS_OF, vec![owner.id().into(), 0.into()]).await?;
        let session = |row: &Row| {
            let (content, seen) = read(owner, false, row)?;
            let Content { issuer, agent, level, created, ends, .. } = content;
            Ok(serde_json::json!({
                "id": row.text(1)?, "issuer": issuer, "agent": agent, "level": level,
                "created": created, "last_seen": seen, "expires": ends,
            }))
        };
        rows.iter().map(session).collect()
    }

    async fn add_session(&self, tx: &mut Tx, owner: &Owner, content: &Content) -> Result<(String, Secret), Error> {
        let bearer = content.scopes.is_some();
        let secret = Secret::random(if bearer { TOKEN } else { SESSION }, self.entropy());
        let hash = hash_of(secret.expose());
        let id: String = self.entropy().uuid().simple().to_string().chars().take(16).collect();
        let sealed = owner.seal(&spot(kind(bearer), &hash), content, self.entropy())?;
        let (created, ends) = (content.created.unix().into(), content.ends.unix().into());
        let (bearer, idle) = (i64::from(bearer).into(), i64::from(content.idle).into());
        let row = vec![hash.into(), id.as_str().into(), owner.id().into(), bearer, created, idle, ends, sealed.into()];
        tx.execute(sql::ADD_SESSION, row).await?;
        tx.execute(sql::TOUCH_PERSON_DAILY, vec![owner.id().into(), content.created.unix().into()]).await?;
        Ok((id, secret))
    }

    async fn touch(&self, hash: &[u8], person: &PersonId, now: Timestamp) -> Result<(), Error> {
        let mut tx = self.begin(Hold::Write).await?;
        tx.execute(sql::TOUCH_SESSION, vec![hash.into(), now.unix().into()]).await?;
        tx.execute(sql::TOUCH_PERSON_DAILY, vec![person.into(), now.unix().into()]).await?;
        tx.commit().await
    }
}

impl Content {
    fn lasts(&self, now: Timestamp, seen: i64) -> bool {
        let idle = i64::from(self.idle);
        now < self.ends && (idle == 0 || now.unix() - seen < idle)
    }

    fn info(self, id: String, last_seen: Timestamp) -> TokenInfo {
        let scopes = self.scopes.unwrap_or_default();
        TokenInfo { id, name: self.name, scopes, created: self.created, last_seen, expires: self.ends }
    }
}

/// Reads a row of `SESSIONS_OF`: what it holds, and when it was last used.
fn read(owner: &Owner, bearer: bool, row: &Row) -> Result<(Content, Timestamp), Error> {
    let content = owner.open(&spot(kind(bearer), row.bytes(0)?), row.bytes(4)?)?;
    Ok((content, moment(row.int(3)?)?))
}

fn kind(bearer: bool) -> &'static str {
    if bearer { "token" } else { "session" }
}

fn spot<'a>(kind: &'a str, hash: &'a [u8]) -> Spot<'a> {
    Spot { table: "sessions", kind, name: hash }
}

fn later(now: Timestamp, seconds: i64) -> Result<Timestamp, Error> {
    Timestamp::from_unix(now.unix().saturating_add(seconds)).ok_or(Error::Clock)
}
