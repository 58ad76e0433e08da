//! What a person asks about themselves: tokens, sign-out everywhere, erasure.
//!
//! Signing in and out of a browser isn't here: that is HTTP (`doors`). The order in which a person is
//! erased stands in `crate::erasure`.

use crate::erasure;
use crate::error::Fault;
use crate::graphql::acting::{person, session};
use crate::graphql::request::{language, services, vault};
use crate::graphql::types::rejection::Rejection;
use crate::graphql::types::viewer::{Token, TokenScope};
use async_graphql::{Context, InputObject, Object, SimpleObject};
use domain::Code;
use vault::{PersonId, TokenDraft};

/// What has to be typed to be erased, in either language.
const WORDS: [&str; 2] = ["EFFACER", "ERASE"];

/// A bearer token for a script.
#[derive(InputObject, Debug)]
pub struct IssueTokenInput {
    /// What it is for, 1 to 60 characters; shown in the list of tokens.
    pub name: String,
    /// What it may be used for; at least one.
    pub scopes: Vec<TokenScope>,
    /// How many days it lasts, 1 to 366.
    pub days: u16,
}

/// What `issueToken` came to.
#[derive(SimpleObject)]
pub struct IssueTokenPayload {
    /// The token.
    pub token: Option<Token>,
    /// Its secret, to be sent as `Authorization: Bearer …`. Shown this once: only its digest is kept.
    pub secret: Option<String>,
    /// Why it was refused; empty when carried out.
    pub rejections: Vec<Rejection>,
}

/// What `revokeToken` came to.
#[derive(SimpleObject)]
pub struct RevokeTokenPayload {
    /// Whether there was one.
    pub revoked: bool,
    /// Why it was refused; empty when carried out.
    pub rejections: Vec<Rejection>,
}

/// What `signOutEverywhere` came to.
#[derive(SimpleObject)]
pub struct SignOutEverywherePayload {
    /// How many sessions and tokens were ended.
    pub ended: i32,
    /// Why it was refused; empty when carried out.
    pub rejections: Vec<Rejection>,
}

/// What `eraseMe` came to.
#[derive(SimpleObject)]
pub struct EraseMePayload {
    /// How many texts in public logs were removed.
    pub texts: i32,
    /// How many records of the vault were destroyed.
    pub records: i32,
    /// Why it was refused; empty when carried out.
    pub rejections: Vec<Rejection>,
}

/// Mutations on oneself.
#[derive(Default)]
pub struct PersonMutations;

#[Object]
impl PersonMutations {
    /// Issues a bearer token for a script (`créer un jeton`). Only a browser's session may: a token that
    /// was stolen can't make itself more.
    async fn issue_token(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The token.")] input: IssueTokenInput,
    ) -> Result<Option<IssueTokenPayload>, Fault> {
        let session = session(ctx)?;
        if session.scopes.is_some() {
            return Err(Fault::BrowserNeeded);
        }
        let refused = |no: domain::Rejection| {
            let rejections = vec![Rejection { rejection: no, language: language(ctx) }];
            Ok(Some(IssueTokenPayload { token: None, secret: None, rejections }))
        };
        let length = input.name.trim().chars().count();
        if length == 0 {
            return refused(Code::TextTooShort.on("name").with(1));
        }
        if length > 60 {
            return refused(Code::TextTooLong.on("name").with(60));
        }
        if input.scopes.is_empty() {
            return refused(Code::EmptyList.on("scopes"));
        }
        if !(1..=366).contains(&input.days) {
            return refused(Code::OutOfRange.on("days").with("1–366"));
        }
        let scopes = input.scopes.into_iter().map(Into::into).collect();
        let (agent, level) = (session.agent, session.level);
        let draft = TokenDraft { name: input.name.trim().to_owned(), scopes, days: input.days, agent, level };
        let (info, secret) = vault(ctx)?.issue_token(&session.person, draft).await?;
        let secret = Some(secret.expose().to_owned());
        Ok(Some(IssueTokenPayload { token: Some(Token { info }), secret, rejections: Vec::new() }))
    }

    /// Ends a token at once (`révoquer un jeton`).
    async fn revoke_token(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The id of the token.")] token: String,
    ) -> Result<Option<RevokeTokenPayload>, Fault> {
        let person = person(ctx)?;
        let revoked = vault(ctx)?.revoke_token(person, &token).await?;
        forget(ctx, person)?;
        Ok(Some(RevokeTokenPayload { revoked, rejections: Vec::new() }))
    }

    /// Ends every session and token of this person (`se déconnecter partout`), within ten seconds on
    /// every node.
    async fn sign_out_everywhere(&self, ctx: &Context<'_>) -> Result<Option<SignOutEverywherePayload>, Fault> {
        let person = &session(ctx)?.person;
        let ended = vault(ctx)?.close_all(person).await?;
        forget(ctx, person)?;
        Ok(Some(SignOutEverywherePayload { ended: short(ended), rejections: Vec::new() }))
    }

    /// Erases this person (`droit à l’effacement`, GDPR article 17): the texts they put into public logs
    /// are removed by an event, their keys and all records of the vault are destroyed, every session and
    /// token ends. Ballots that were cast stay counted: nobody can tell any more whose they were. It
    /// can't be undone.
    async fn erase_me(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "`EFFACER` or `ERASE`, typed by the person.")] confirm: String,
    ) -> Result<Option<EraseMePayload>, Fault> {
        let session = session(ctx)?;
        if session.scopes.is_some() {
            return Err(Fault::BrowserNeeded);
        }
        if !WORDS.contains(&confirm.trim()) {
            let rejection = Code::ConfirmationMissing.on("confirm").with(WORDS.join(" / "));
            let rejections = vec![Rejection { rejection, language: language(ctx) }];
            return Ok(Some(EraseMePayload { texts: 0, records: 0, rejections }));
        }
        let executor = super::carry::executor(ctx)?;
        let erased = erasure::erase(executor, vault(ctx)?, services(ctx)?.files.as_ref(), &session.person).await?;
        forget(ctx, &session.person)?;
        Ok(Some(EraseMePayload { texts: short(erased.texts), records: short(erased.records), rejections: Vec::new() }))
    }
}

/// Has this node forget the sessions that it remembers of somebody.
fn forget(ctx: &Context<'_>, person: &PersonId) -> Result<(), Fault> {
    if let Some(doors) = &services(ctx)?.doors {
        doors.forget(person);
    }
    Ok(())
}

/// A count as GraphQL's `Int` has it.
fn short(count: u64) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}
