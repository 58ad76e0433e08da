//! The log itself: events, the tree over them, and proofs that anyone can check (RFC 6962).
//!
//! What stands on ballots is held back until the result is proclaimed, what was chosen in a workshop until
//! its final text, and what isn't in public view as long as it isn't; their hashes are shown at once.

use super::checkpoint::{AttestedTable, Checkpoint, TlogProof};
use super::enums::Role;
use super::history::Sentence;
use super::proof::{ConsistencyProof, InclusionProof};
use super::removal::RemovalAct;
use super::scalars::{DateTime, Position, Sha256};
use crate::error::Fault;
use crate::event_words;
use crate::graphql::node::{Kind, global};
use crate::graphql::page::{self, Args, List, PositionPage};
use crate::graphql::request::{View, services};
use async_graphql::types::Json;
use async_graphql::{Context, ID, Object, SimpleObject};
use domain::polling_place::{self, Sheet};
use domain::rejection::Language;
use domain::{CommentId, ProposalId, Record, Timestamp, WorkshopId, comment, participant, proposal, workshop};
use event_store::{StoredEvent, StreamId};
use serde_json::Value;
use std::ops::Range;
use std::sync::Arc;
use transparency::Leaf;

/// The log of a campaign, up to the version that the request reads.
pub struct Log {
    pub(crate) view: View,
}

/// The log of a campaign (`journal`): every event in one gap-free order, hashed into a Merkle tree. All
/// else in this API follows from it.
#[Object]
impl Log {
    /// Its name in checkpoints and in every event.
    async fn origin(&self) -> &str {
        &self.view.origin
    }

    /// How many events it has, as this request sees it.
    async fn size(&self) -> Position {
        Position(self.view.model.size())
    }

    /// The root of the Merkle tree over them (RFC 6962, §2.1).
    async fn root(&self) -> Sha256 {
        Sha256(self.view.model.tree.root())
    }

    /// When the last of them was written.
    async fn at(&self) -> Option<DateTime> {
        self.view.model.applied.map(|applied| DateTime(applied.at))
    }

    /// The last checkpoint that was published; null before the first, and for a version of the past that is
    /// older.
    async fn checkpoint(&self, ctx: &Context<'_>) -> Result<Option<Checkpoint>, Fault> {
        Checkpoint::of(ctx, &self.view).await
    }

    /// The receipt of an event, to keep; null while no published checkpoint holds it.
    async fn proof(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The event's position.")] position: Position,
    ) -> Result<Option<TlogProof>, Fault> {
        TlogProof::of(ctx, &self.view, position.0).await
    }

    /// The digests of the tables that follow from the events (`projections attestées`); null between the freeze of
    /// the rule and the proclamation, when they would tell of ballots.
    #[graphql(complexity = "200 + child_complexity")]
    async fn attested_tables(&self, ctx: &Context<'_>) -> Result<Option<Vec<AttestedTable>>, Fault> {
        AttestedTable::all(ctx, &self.view).await
    }

    /// What was removed from the log, on which ground and when (`retraits`): texts alone, whose commitments
    /// stay. Oldest first.
    #[graphql(complexity = "page::cost(first, last, child_complexity)")]
    async fn removals(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "So many from the start, or after the cursor; at most 100.")] first: Option<i32>,
        #[graphql(desc = "Begin after the item with this cursor.")] after: Option<String>,
        #[graphql(desc = "So many from the end, or before the cursor; at most 100.")] last: Option<i32>,
        #[graphql(desc = "End before the item with this cursor.")] before: Option<String>,
    ) -> Result<Option<List<RemovalAct>>, Fault> {
        let args = Args { first, after, last, before };
        let page = self.page_of_type(&args, 0..self.view.size(), "ValuesRedacted")?;
        let events = self.load(ctx, page.positions).await?;
        let item = |event: Event| (page::position_cursor(page.size, event.position), RemovalAct { event });
        Ok(Some(List::new(events.into_iter().map(item), page.stand)))
    }

    /// Its events in order. Filters narrow it down; with several, all hold.
    #[graphql(complexity = "page::cost(first, last, child_complexity)")]
    #[allow(clippy::too_many_arguments, reason = "arguments of a GraphQL field")]
    async fn events(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only this stream, such as `proposal/0f3c…`.")] stream: Option<String>,
        #[graphql(desc = "Only this type, such as `ProposalDeposited`.", name = "type")] event_type: Option<String>,
        #[graphql(desc = "Only from this position on.")] from: Option<Position>,
        #[graphql(desc = "Only those written in this minute or later.")] since: Option<DateTime>,
        #[graphql(desc = "Only those written in this minute or before.")] until: Option<DateTime>,
        #[graphql(desc = "So many from the start, or after the cursor; at most 100.")] first: Option<i32>,
        #[graphql(desc = "Begin after the item with this cursor.")] after: Option<String>,
        #[graphql(desc = "So many from the end, or before the cursor; at most 100.")] last: Option<i32>,
        #[graphql(desc = "End before the item with this cursor.")] before: Option<String>,
    ) -> Result<Option<List<Event>>, Fault> {
        let args = Args { first, after, last, before };
        let range = self.range(ctx, from, since, until).await?;
        let page = match (&stream, &event_type) {
            (None, None) => self.page_of_all(&args, range)?,
            (None, Some(event_type)) => self.page_of_type(&args, range, event_type)?,
            (Some(stream), _) => self.page_of_stream(ctx, &args, range, stream, event_type.as_deref()).await?,
        };
        let events = self.load(ctx, page.positions).await?;
        let item = |event: Event| (page::position_cursor(page.size, event.position), event);
        Ok(Some(List::new(events.into_iter().map(item), page.stand)))
    }

    /// The event at a position; null beyond the end.
    async fn event(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Its position, from 0.")] position: Position,
    ) -> Result<Option<Event>, Fault> {
        Event::find(ctx, &self.view, position.0).await
    }

    /// The proof that an event is in the tree (RFC 6962, §2.1.1).
    async fn inclusion_proof(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The event's position.")] position: Position,
        #[graphql(desc = "The size of the tree; without it, the size this request sees.")] size: Option<Position>,
    ) -> Result<Option<InclusionProof>, Fault> {
        InclusionProof::of(ctx, &self.view, position.0, size.map(|size| size.0)).await.map(Some)
    }

    /// The proof that the tree of one size is the beginning of the tree of another (RFC 6962, §2.1.2).
    async fn consistency_proof(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The size of the smaller tree.")] from: Position,
        #[graphql(desc = "The size of the larger tree; without it, the size this request sees.")] to: Option<Position>,
    ) -> Result<Option<ConsistencyProof>, Fault> {
        ConsistencyProof::of(ctx, &self.view, from.0, to.map(|to| to.0)).await.map(Some)
    }
}

impl Log {
    /// The positions that a filter leaves.
    async fn range(
        &self,
        ctx: &Context<'_>,
        from: Option<Position>,
        since: Option<DateTime>,
        until: Option<DateTime>,
    ) -> Result<Range<u64>, Fault> {
        let read_model = &services(ctx)?.read_model;
        let mut range = from.map_or(0, |from| from.0)..self.view.size();
        if let Some(before) = since.and_then(|since| Timestamp::from_unix(since.0.unix().saturating_sub(60))) {
            range.start = range.start.max(read_model.size_at(&self.view, before).await?);
        }
        if let Some(until) = until {
            range.end = read_model.size_at(&self.view, until.0).await?;
        }
        range.start = range.start.min(range.end);
        Ok(range)
    }

    fn page_of_all(&self, args: &Args, range: Range<u64>) -> Result<PositionPage, Fault> {
        let below = |position: u64| position.clamp(range.start, range.end).saturating_sub(range.start);
        page::of_positions(args, self.view.size(), below, |n| Some(n.saturating_add(range.start)))
    }

    fn page_of_type(&self, args: &Args, range: Range<u64>, event_type: &str) -> Result<PositionPage, Fault> {
        let none = imbl::Vector::new();
        let positions = self.view.positions.get(event_type).unwrap_or(&none);
        let count = |position: u64| positions.binary_search(&position).unwrap_or_else(|place| place);
        let skipped = count(range.start);
        let below =
            |position: u64| u64::try_from(count(position.min(range.end)).saturating_sub(skipped)).unwrap_or(u64::MAX);
        let get = |n: u64| positions.get(usize::try_from(n).ok()?.checked_add(skipped)?).copied();
        page::of_positions(args, self.view.size(), below, get)
    }

    async fn page_of_stream(
        &self,
        ctx: &Context<'_>,
        args: &Args,
        range: Range<u64>,
        stream: &str,
        event_type: Option<&str>,
    ) -> Result<PositionPage, Fault> {
        let written = "write kind/id, for example proposal/0f3c";
        let stream: StreamId =
            stream.parse().map_err(|_| Fault::Input { field: "stream", message: written.to_owned() })?;
        let size = self.view.model.size();
        let events = services(ctx)?.read_model.store().read_stream(self.view.log, &stream, 0).await?;
        let wanted = |event: &&StoredEvent| {
            range.contains(&event.position) && event_type.is_none_or(|wanted| event.event_type == wanted)
        };
        let positions: Vec<u64> = events.iter().filter(wanted).map(|event| event.position).collect();
        let below =
            |position: u64| u64::try_from(positions.partition_point(|known| *known < position)).unwrap_or(u64::MAX);
        let get = |n: u64| positions.get(usize::try_from(n).ok()?).copied();
        page::of_positions(args, size, below, get)
    }

    pub(crate) async fn load(&self, ctx: &Context<'_>, positions: Vec<u64>) -> Result<Vec<Event>, Fault> {
        let log = self.view.log;
        let read = services(ctx)?.read_model.store().read_with(move |reader| {
            let run = positions.windows(2).all(|pair| pair[1] == pair[0] + 1);
            match positions.first() {
                None => Ok(Vec::new()),
                Some(first) if run => reader.read(log, *first, u64::try_from(positions.len()).unwrap_or(u64::MAX)),
                Some(_) => {
                    let mut events = Vec::with_capacity(positions.len());
                    for position in positions {
                        events.extend(reader.read(log, position, 1)?);
                    }
                    Ok(events)
                }
            }
        });
        read.await?.into_iter().map(|stored| Event::new(&self.view, stored)).collect()
    }
}

/// An event of a log.
pub struct Event {
    view: View,
    stored: StoredEvent,
    position: u64,
    record: Box<Record>,
    version: u32,
    hidden: Vec<String>,
    data: Value,
}

impl Event {
    /// The event at a position, if this request sees it.
    pub(crate) async fn find(ctx: &Context<'_>, view: &View, position: u64) -> Result<Option<Self>, Fault> {
        if position >= view.model.size() {
            return Ok(None);
        }
        let stored = services(ctx)?.read_model.store().read(view.log, position, 1).await?;
        stored.into_iter().next().map(|stored| Self::new(view, stored)).transpose()
    }

    fn new(view: &View, stored: StoredEvent) -> Result<Self, Fault> {
        let leaf = Leaf::parse(&stored.leaf).map_err(domain::RecordError::from)?;
        let record = Box::new(Record::read(&leaf, &stored.leaf, &stored.disclosed)?);
        let data = shown(leaf.data_with(&stored.disclosed).map_err(domain::RecordError::from)?);
        let version = leaf.version;
        let hidden = leaf.hidden.keys().cloned().collect();
        Ok(Self { view: Arc::clone(view), position: stored.position, record, version, hidden, data, stored })
    }

    /// Its place in the log.
    pub(crate) fn position(&self) -> u64 {
        self.position
    }

    /// What it says, whoever may see it.
    pub(crate) fn record(&self) -> &Record {
        &self.record
    }

    /// What stands on a ballot, or was chosen in a workshop, isn't shown while it could be counted; nor is
    /// what moderators keep out of view, or what they were told.
    fn is_withheld(&self) -> bool {
        let (model, id) = (&self.view.model, self.record.id.as_str());
        match &self.record.event {
            domain::Event::Ballot(_) => !model.counts_are_public(),
            domain::Event::PollingPlace(
                polling_place::Event::CountAgreed { sheet: Sheet::Open { .. }, .. }
                | polling_place::Event::CountCorrected { sheet: Sheet::Open { .. }, .. },
            ) => !model.counts_are_public(),
            domain::Event::Proposal(
                proposal::Event::ProposalDeposited { .. } | proposal::Event::ProposalEdited { .. },
            ) => !id.parse::<ProposalId>().is_ok_and(|id| model.proposals.get(&id).is_none_or(|row| row.is_public())),
            domain::Event::Comment(comment::Event::CommentPosted { .. }) => {
                !id.parse::<CommentId>().is_ok_and(|id| model.comments.get(&id).is_none_or(|row| row.is_public()))
            }
            domain::Event::Workshop(workshop::Event::AlternativeChosen { .. }) => {
                let told = |id| model.workshops.get(&id).is_none_or(|row| row.final_text.is_some());
                !id.parse::<WorkshopId>().is_ok_and(told)
            }
            domain::Event::Participant(participant::Event::ContentReported { .. }) => true,
            domain::Event::Campaign(_)
            | domain::Event::Proposal(_)
            | domain::Event::Project(_)
            | domain::Event::Site(_)
            | domain::Event::Comment(_)
            | domain::Event::Participant(_)
            | domain::Event::Workshop(_)
            | domain::Event::PollingPlace(_)
            | domain::Event::Urn(_) => false,
        }
    }
}

/// Data with the disclosed values in place: the markers are for the log.
fn shown(data: Value) -> Value {
    match data {
        Value::Object(mut members) => match members.remove("$hidden") {
            Some(value) => value,
            None => Value::Object(members.into_iter().map(|(name, member)| (name, shown(member))).collect()),
        },
        Value::Array(items) => Value::Array(items.into_iter().map(shown).collect()),
        other @ (Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_)) => other,
    }
}

/// An event (`événement`): something that happened, for ever.
#[Object]
impl Event {
    /// Its global id.
    pub(crate) async fn id(&self) -> ID {
        global(Kind::Event, &self.view.code, &self.position.to_string())
    }

    /// Its place in the log, from 0 without gaps.
    #[graphql(name = "position")]
    async fn place(&self) -> Position {
        Position(self.position)
    }

    /// The stream it belongs to, `kind/key`.
    async fn stream(&self) -> String {
        self.stored.stream.to_string()
    }

    /// Its place in its stream, from 1 without gaps.
    async fn sequence(&self) -> Position {
        Position(self.stored.sequence)
    }

    /// Its type, such as `ProposalDeposited`.
    #[graphql(name = "type")]
    async fn event_type(&self) -> &str {
        &self.stored.event_type
    }

    /// The version of the form of its data.
    async fn version(&self) -> u32 {
        self.version
    }

    /// When it was written; to the minute for what citizens do.
    async fn at(&self) -> DateTime {
        DateTime(self.record.at)
    }

    /// The pseudonym of whoever caused it.
    async fn actor(&self) -> &str {
        &self.record.actor.id
    }

    /// The role in which they acted.
    async fn actor_role(&self) -> Role {
        self.record.actor.role.into()
    }

    /// The command that caused it.
    async fn command_id(&self) -> &str {
        &self.record.command_id
    }

    /// What happened, in a sentence. It repeats nothing that is withheld.
    async fn in_words(&self) -> Sentence {
        let say = |language| event_words::sentence(&self.record.event, &self.view.model, language);
        Sentence { french: say(Language::French), english: say(Language::English) }
    }

    /// True for a ballot or a readable count of papers before the proclamation, a choice in a workshop before its final text, what a
    /// moderator keeps out of public view, and reports: `data`, `leaf` and `disclosed` are then null.
    async fn withheld(&self) -> bool {
        self.is_withheld()
    }

    /// What happened, disclosed values in place.
    async fn data(&self) -> Option<Json<Value>> {
        (!self.is_withheld()).then(|| Json(self.data.clone()))
    }

    /// The exact bytes that were hashed (RFC 8785).
    async fn leaf(&self) -> Option<&str> {
        (!self.is_withheld()).then_some(self.stored.leaf.as_str())
    }

    /// The RFC 6962 hash of the leaf.
    async fn leaf_hash(&self) -> Sha256 {
        Sha256(self.record.leaf_hash)
    }

    /// The values that stand beside the leaf, with the nonces that open its commitments.
    async fn disclosed(&self) -> Option<Vec<DisclosedValue>> {
        let value = |value: &transparency::HiddenValue| DisclosedValue {
            path: value.path.clone(),
            value: Json(value.value.clone()),
            nonce: Sha256(transparency::Hash(value.nonce)),
        };
        (!self.is_withheld()).then(|| self.stored.disclosed.iter().map(value).collect())
    }

    /// The paths of values that were removed; their commitments stay in the leaf.
    async fn redacted(&self) -> Vec<&str> {
        let there = |path: &str| self.stored.disclosed.iter().any(|value| value.path == path);
        self.hidden.iter().map(String::as_str).filter(|path| !there(path)).collect()
    }

    /// The proof that it is in the tree.
    async fn proof(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The size of the tree; without it, the size this request sees.")] size: Option<Position>,
    ) -> Result<Option<InclusionProof>, Fault> {
        InclusionProof::of(ctx, &self.view, self.position, size.map(|size| size.0)).await.map(Some)
    }

    /// Its receipt, to keep; null while no published checkpoint holds it.
    async fn receipt(&self, ctx: &Context<'_>) -> Result<Option<TlogProof>, Fault> {
        TlogProof::of(ctx, &self.view, self.position).await
    }
}

/// A value beside the leaf: SHA-256("parvis.commit/v1\n" || nonce || canonical JSON of path, position
/// and value) stands in the leaf.
#[derive(SimpleObject)]
pub struct DisclosedValue {
    /// Where it belongs in the leaf (JSON pointer).
    pub path: String,
    /// The value.
    pub value: Json<Value>,
    /// The 32 random bytes of its commitment, in hexadecimal.
    pub nonce: Sha256,
}
