//! Whoever signed in: what the vault keeps about them, for themselves alone.
//!
//! Nothing here is part of a log or of a version of the read model, so an answer that holds any of it
//! is never cached. What agents may read of others, for a purpose and on record: `mutations/reading.rs`.

use super::draft::Draft;
use super::message::{Conversation, Message, TopicChoice};
use super::polling_work::PollingWork;
use super::proposal::Proposal;
use super::roles::Grant;
use super::scalars::DateTime;
use super::site_work::{self, SiteWorkItem, SiteWorkList};
use super::urn::{RegisterMatch, VoterRegistration};
use super::work::{self, WorkCounts, WorkItem, WorkList};
use crate::error::Fault;
use crate::graphql::acting;
use crate::graphql::node::{GlobalId, Kind as NodeKind, Node};
use crate::graphql::page::{self, Args, List};
use crate::graphql::request::{View, campaign, vault};
use async_graphql::{Context, Enum, ID, Object, SimpleObject};
use domain::permission::Permission as DomainPermission;
use serde_json::Value;
use std::sync::Arc;
use transparency::Hash;
use vault::{Hat, Kind, Purpose, Recorded, TokenInfo};

/// Messages that a person sees of themselves.
const MESSAGES: u32 = 1_000;

/// How sure the identity is (`niveau de garantie`), after the EU's eIDAS levels (2015/1502).
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "vault::Level")]
pub enum IdentityLevel {
    /// Low (`faible`).
    Low,
    /// Substantial (`substantiel`).
    Substantial,
    /// High (`élevé`).
    High,
}

/// What a bearer token may be used for.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[graphql(remote = "vault::Scope")]
pub enum TokenScope {
    /// Read and change one's own data in the vault.
    ReadOwn,
    /// Deposit and withdraw, as a participant.
    Participate,
    /// Cast and cancel one's own ballot.
    Vote,
    /// Act in the roles one holds.
    Agent,
}

/// The person who signed in.
pub struct Viewer;

/// The person who signed in (`moi`).
#[Object]
impl Viewer {
    /// The pseudonym under which an agent acts in a role; null for citizens.
    async fn agent_id(&self, ctx: &Context<'_>) -> Result<Option<String>, Fault> {
        let session = acting::session(ctx)?;
        Ok(session.agent.then(|| session.agent_id.clone()))
    }

    /// How sure the identity is.
    async fn level(&self, ctx: &Context<'_>) -> Result<Option<IdentityLevel>, Fault> {
        Ok(Some(acting::session(ctx)?.level.into()))
    }

    /// When this session or token ends.
    async fn until(&self, ctx: &Context<'_>) -> Result<Option<DateTime>, Fault> {
        Ok(Some(DateTime(acting::session(ctx)?.expires)))
    }

    /// The pseudonym under which this person deposits in a campaign; another one in each campaign.
    async fn participant(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The code of the campaign.")] campaign: String,
    ) -> Result<Option<String>, Fault> {
        Ok(Some(acting::session(ctx)?.pseudonym(&campaign, Hat::Participant)))
    }

    /// The roles held in a campaign now.
    async fn grants(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The code of the campaign.")] campaign: String,
    ) -> Result<Option<Vec<Grant>>, Fault> {
        let view = self::campaign(ctx, &campaign)?;
        let session = acting::session(ctx)?;
        Ok(Some(if session.agent { Grant::held(&view, &session.agent_id, acting::now(ctx)?) } else { Vec::new() }))
    }

    /// The codes of what this person may do in a campaign now, by the roles held.
    async fn permissions(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The code of the campaign.")] campaign: String,
    ) -> Result<Option<Vec<&'static str>>, Fault> {
        let view = self::campaign(ctx, &campaign)?;
        let held = DomainPermission::ALL.iter().filter(|permission| acting::holds(ctx, &view, **permission).is_ok());
        Ok(Some(held.map(|permission| permission.code()).collect()))
    }

    /// What the register of voters says of this person in a campaign; null when they aren’t on it.
    async fn registration(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The code of the campaign.")] campaign: String,
    ) -> Result<Option<VoterRegistration>, Fault> {
        Ok(vault(ctx)?.registration(&campaign, acting::person(ctx)?).await?.map(Into::into))
    }

    /// The receipts of this person’s sealed ballots in a campaign, by area, the last one of each at the end;
    /// none once the link between voters and ballots was destroyed: the page of the voter has kept them.
    async fn ballot_receipts(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The code of the campaign.")] campaign: String,
    ) -> Result<Option<Vec<String>>, Fault> {
        let view = self::campaign(ctx, &campaign)?;
        let areas = view.model.campaign.configured().map(|c| c.areas.iter().map(|area| area.id.clone()).collect());
        let areas: Vec<domain::AreaId> = areas.unwrap_or_default();
        Ok(Some(vault(ctx)?.receipts(&campaign, acting::person(ctx)?, &areas).await?))
    }

    /// Entries of the register of voters that may be one voter, for agents who decide on them. That they
    /// were read is recorded, and whom they are about can see it.
    async fn register_matches(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The code of the campaign.")] campaign: String,
    ) -> Result<Option<Vec<RegisterMatch>>, Fault> {
        let view = self::campaign(ctx, &campaign)?;
        let role = acting::holds(ctx, &view, DomainPermission::DecideMatch)?;
        let reading = vault::Reading {
            agent_id: acting::session(ctx)?.agent_id.clone(),
            role: role.code().to_owned(),
            campaign: campaign.clone(),
            purpose: Purpose::Eligibility,
            note: "Inscriptions proches / close entries of the register".to_owned(),
            kinds: [Kind::Register].into(),
        };
        let found = vault(ctx)?.matches(&campaign, &reading).await?;
        Ok(Some(found.into_iter().map(Into::into).collect()))
    }

    /// What the identity provider said, as it is kept.
    async fn profile(&self, ctx: &Context<'_>) -> Result<Option<Profile>, Fault> {
        let kept = vault(ctx)?.list(acting::person(ctx)?, Kind::Profile).await?;
        Ok(kept.into_iter().next().map(|entry| Profile { value: entry.value }))
    }

    /// How this person wants to be reached, if said.
    async fn contact(&self, ctx: &Context<'_>) -> Result<Option<Contact>, Fault> {
        let kept = vault(ctx)?.get(acting::person(ctx)?, Kind::Contact, "contact").await?;
        Ok(kept.map(|entry| Contact::of(&entry.value)))
    }

    /// Proposals that are being written, by name.
    async fn drafts(&self, ctx: &Context<'_>) -> Result<Option<Vec<Draft>>, Fault> {
        let kept = vault(ctx)?.list(acting::person(ctx)?, Kind::Draft).await?;
        Ok(Some(kept.into_iter().map(|entry| Draft { entry }).collect()))
    }

    /// What this person deposited in a campaign under the participant's pseudonym, or writes with others,
    /// oldest first.
    async fn deposits(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The code of the campaign.")] campaign: String,
    ) -> Result<Option<Vec<Proposal>>, Fault> {
        acting::person(ctx)?;
        let view = self::campaign(ctx, &campaign)?;
        let author = acting::session(ctx)?.pseudonym(&campaign, Hat::Participant);
        let mut rows: Vec<_> = view.model.proposals.rows().filter(|row| row.is_by(&author)).cloned().collect();
        rows.sort_by_key(|row| row.deposited.position);
        Ok(Some(rows.into_iter().map(|row| Proposal { view: View::clone(&view), row }).collect()))
    }

    /// What waits in the polling places that this agent keeps in a campaign (`bureaux de vote`); for whoever
    /// holds KEEP_BOXES. It tells what is to be done, and never a number.
    async fn polling_work(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The code of the campaign.")] campaign: String,
    ) -> Result<Option<Vec<PollingWork>>, Fault> {
        PollingWork::of(ctx, &self::campaign(ctx, &campaign)?).map(Some)
    }

    /// What waits for this agent in a campaign (`corbeille`), first due first; for whoever holds
    /// GIVE_VERDICT in it. Referents see what concerns their departments, coordinators all of it.
    #[graphql(complexity = "page::cost(first, last, child_complexity)")]
    #[allow(clippy::too_many_arguments, reason = "arguments of a GraphQL field")]
    async fn work_list(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The code of the campaign.")] campaign: String,
        #[graphql(desc = "Which list.")] list: WorkList,
        #[graphql(desc = "Only of this department, by code.")] department: Option<String>,
        #[graphql(desc = "So many from the start, or after the cursor; at most 100.")] first: Option<i32>,
        #[graphql(desc = "Begin after the item with this cursor.")] after: Option<String>,
        #[graphql(desc = "So many from the end, or before the cursor; at most 100.")] last: Option<i32>,
        #[graphql(desc = "End before the item with this cursor.")] before: Option<String>,
    ) -> Result<Option<List<WorkItem>>, Fault> {
        let view = self::campaign(ctx, &campaign)?;
        work::list(ctx, &view, list, department.as_deref(), &Args { first, after, last, before })
    }

    /// How many projects stand on each work list; for whoever holds GIVE_VERDICT in the campaign.
    async fn work_counts(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The code of the campaign.")] campaign: String,
        #[graphql(desc = "Only of this department, by code.")] department: Option<String>,
    ) -> Result<Option<WorkCounts>, Fault> {
        let view = self::campaign(ctx, &campaign)?;
        Ok(Some(work::counts(ctx, &view, department.as_deref())?))
    }

    /// The sites that wait for this agent in a campaign (`chantiers à suivre`), the longest waiting first; for
    /// whoever holds PLAN_MILESTONE in it. Referents see those of their departments, coordinators all.
    #[graphql(complexity = "page::cost(first, last, child_complexity)")]
    #[allow(clippy::too_many_arguments, reason = "arguments of a GraphQL field")]
    async fn site_work_list(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The code of the campaign.")] campaign: String,
        #[graphql(desc = "Which list.")] list: SiteWorkList,
        #[graphql(desc = "Only of this department, by code.")] department: Option<String>,
        #[graphql(desc = "So many from the start, or after the cursor; at most 100.")] first: Option<i32>,
        #[graphql(desc = "Begin after the item with this cursor.")] after: Option<String>,
        #[graphql(desc = "So many from the end, or before the cursor; at most 100.")] last: Option<i32>,
        #[graphql(desc = "End before the item with this cursor.")] before: Option<String>,
    ) -> Result<Option<List<SiteWorkItem>>, Fault> {
        let view = self::campaign(ctx, &campaign)?;
        site_work::list(ctx, &view, list, department.as_deref(), &Args { first, after, last, before })
    }

    /// What this person follows.
    async fn subscriptions(&self, ctx: &Context<'_>) -> Result<Option<Vec<Subscription>>, Fault> {
        let kept = vault(ctx)?.list(acting::person(ctx)?, Kind::Subscription).await?;
        let objects = kept.iter().filter_map(|entry| text(&entry.value, "object"));
        Ok(Some(objects.map(|object| Subscription { object: ID(object) }).collect()))
    }

    /// What was or will be sent to this person, the latest 1,000, newest first.
    #[graphql(complexity = "page::cost(first, last, child_complexity)")]
    async fn messages(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "So many from the start, or after the cursor; at most 100.")] first: Option<i32>,
        #[graphql(desc = "Begin after the item with this cursor.")] after: Option<String>,
        #[graphql(desc = "So many from the end, or before the cursor; at most 100.")] last: Option<i32>,
        #[graphql(desc = "End before the item with this cursor.")] before: Option<String>,
    ) -> Result<Option<List<Message>>, Fault> {
        let kept = vault(ctx)?.messages_of(acting::person(ctx)?, MESSAGES).await?;
        let kept: Vec<_> = kept.into_iter().map(Arc::new).collect();
        let find = |key: &str| kept.iter().find(|message| message.id == key).cloned();
        let rank = |message: &vault::Message| page::newest(message.created);
        let args = Args { first, after, last, before };
        page::of_rows(1, &args, kept.iter().cloned(), rank, find, Message::of)
    }

    /// What this person wants to hear of.
    async fn topics(&self, ctx: &Context<'_>) -> Result<Option<Vec<TopicChoice>>, Fault> {
        let wishes = messages::wishes(vault(ctx)?, acting::person(ctx)?).await?;
        Ok(Some(wishes.into_iter().map(|(topic, on)| TopicChoice { topic, on }).collect()))
    }

    /// Letters with others who don't learn this person's address, the latest conversation last.
    async fn conversations(&self, ctx: &Context<'_>) -> Result<Option<Vec<Conversation>>, Fault> {
        let kept = vault(ctx)?.conversations(acting::person(ctx)?).await?;
        Ok(Some(kept.into_iter().map(|(id, kept)| Conversation { id, kept }).collect()))
    }

    /// Bearer tokens for scripts that haven't ended.
    async fn tokens(&self, ctx: &Context<'_>) -> Result<Option<Vec<Token>>, Fault> {
        let tokens = vault(ctx)?.tokens(acting::person(ctx)?).await?;
        Ok(Some(tokens.into_iter().map(|info| Token { info }).collect()))
    }

    /// Who read this person's data, when and for what purpose.
    async fn readings(&self, ctx: &Context<'_>) -> Result<Option<Vec<Reading>>, Fault> {
        let recorded = vault(ctx)?.readings_of(acting::person(ctx)?).await?;
        Ok(Some(recorded.into_iter().map(|recorded| Reading { recorded }).collect()))
    }
}

pub(super) fn text(value: &Value, name: &str) -> Option<String> {
    value.get(name).and_then(Value::as_str).map(str::to_owned)
}

/// What the identity provider said at the last sign-in.
pub struct Profile {
    pub(crate) value: Value,
}

/// What the identity provider said at the last sign-in (`identité`).
#[Object]
impl Profile {
    /// Given names.
    async fn given_name(&self) -> Option<String> {
        text(&self.value, "given_name")
    }

    /// Family name.
    async fn family_name(&self) -> Option<String> {
        text(&self.value, "family_name")
    }

    /// E-mail address.
    async fn email(&self) -> Option<String> {
        text(&self.value, "email")
    }

    /// Date of birth, `1987-05-31`.
    async fn birth_date(&self) -> Option<String> {
        text(&self.value, "birth_date")
    }
}

/// How somebody wants to be reached (`coordonnées`).
#[derive(SimpleObject, Clone, Debug)]
pub struct Contact {
    /// An e-mail address.
    pub email: Option<String>,
    /// A telephone number.
    pub phone: Option<String>,
    /// A postal address.
    pub address: Option<String>,
}

impl Contact {
    pub(crate) fn of(value: &Value) -> Self {
        Self { email: text(value, "email"), phone: text(value, "phone"), address: text(value, "address") }
    }
}

/// Something that is followed.
pub struct Subscription {
    pub(crate) object: ID,
}

impl Subscription {
    /// Its place in the vault: an id has more letters than a key may.
    pub(crate) fn key(&self) -> String {
        Hash::of(&[b"parvis.follow/v1\n", self.object.as_bytes()]).to_string()
    }

    /// The object, if it is there.
    pub(crate) fn find(&self, view: &View) -> Option<Node> {
        let GlobalId { kind, key, .. } = GlobalId::read(&self.object).ok()?;
        matches!(kind, NodeKind::Proposal | NodeKind::Project | NodeKind::Site).then_some(())?;
        Node::of(view, kind, &key)
    }
}

/// Something that is followed (`suivi`).
#[Object]
impl Subscription {
    /// The object; null when it can't be read any more.
    async fn object(&self, ctx: &Context<'_>) -> Result<Option<Node>, Fault> {
        let id = GlobalId::read(&self.object)?;
        Ok(self.find(&campaign(ctx, &id.campaign)?))
    }
}

/// A bearer token, without its secret.
pub struct Token {
    pub(crate) info: TokenInfo,
}

/// A bearer token for a script (`jeton`). Its secret is shown once, when it is issued.
#[Object]
impl Token {
    /// Its id, to revoke it by.
    async fn id(&self) -> &str {
        &self.info.id
    }

    /// What its owner called it.
    async fn name(&self) -> &str {
        &self.info.name
    }

    /// What it may be used for.
    async fn scopes(&self) -> Vec<TokenScope> {
        self.info.scopes.iter().map(|scope| (*scope).into()).collect()
    }

    /// When it ends.
    async fn until(&self) -> DateTime {
        DateTime(self.info.expires)
    }

    /// When it was used last, to the minute; when it was issued, before that.
    async fn used(&self) -> DateTime {
        DateTime(self.info.last_seen)
    }
}

/// That an agent read personal data.
pub struct Reading {
    pub(crate) recorded: Recorded,
}

/// That an agent read somebody's personal data (`consultation`). Such records can't be changed or
/// removed; their digest is anchored in the public log (`ReadingsAnchored`).
#[Object]
impl Reading {
    /// Its number, from 1 without gaps.
    async fn number(&self) -> String {
        self.recorded.number.to_string()
    }

    /// When.
    async fn at(&self) -> DateTime {
        DateTime(self.recorded.at)
    }

    /// The agent's pseudonym.
    async fn agent(&self) -> &str {
        &self.recorded.agent_id
    }

    /// The role in which the agent read.
    async fn role(&self) -> &str {
        &self.recorded.role
    }

    /// The code of the campaign it was read for.
    async fn campaign(&self) -> &str {
        &self.recorded.campaign
    }

    /// What it was read for.
    async fn purpose(&self) -> ReadingPurpose {
        self.recorded.purpose.into()
    }

    /// What the agent gave as the reason; null once the person was erased.
    async fn note(&self) -> Option<&str> {
        self.recorded.note.as_deref()
    }

    /// Whose data it was: the vault's own pseudonym, which stands in no log.
    async fn person(&self) -> &str {
        self.recorded.person.as_str()
    }
}

/// What personal data is read for (`finalité`).
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "vault::Purpose")]
pub enum ReadingPurpose {
    /// To instruct a proposal.
    Instruction,
    /// To reach somebody.
    Contact,
    /// To check who may take part.
    Eligibility,
    /// To moderate.
    Moderation,
    /// To answer a court or another authority.
    LegalRequest,
    /// To help somebody who asked for it.
    Support,
}
