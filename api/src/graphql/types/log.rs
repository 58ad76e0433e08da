//! The log itself: events, the tree over them, and proofs that anyone can check (RFC 6962).
//!
//! What stands on ballots is held back until the result is proclaimed, what was chosen in a workshop until
//! its final text, and what isn't in public view as long as it isn't; their hashes are shown at once.

use super::enums::Role;
use super::scalars::{DateTime, Position, Sha256};
use crate::error::Fault;
use crate::graphql::node::{Kind, global};
use crate::graphql::page::{self, Args, List, PositionPage};
use crate::graphql::request::{View, services};
use async_graphql::types::Json;
use async_graphql::{Context, ID, Object, SimpleObject};
use domain::{CommentId, ProposalId, Record, WorkshopId, comment, participant, proposal, workshop};
use event_store::{StoredEvent, StreamId};
use serde_json::Value;
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

    /// Its events in order. Filters narrow it down; with both, both hold.
    #[graphql(complexity = "page::cost(first, last, child_complexity)")]
    #[allow(clippy::too_many_arguments, reason = "arguments of a GraphQL field")]
    async fn events(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only this stream, such as `proposal/0f3c…`.")] stream: Option<String>,
        #[graphql(desc = "Only this type, such as `ProposalDeposited`.", name = "type")] event_type: Option<String>,
        #[graphql(desc = "Only from this position on.")] from: Option<Position>,
        #[graphql(desc = "So many from the start, or after the cursor; at most 100.")] first: Option<i32>,
        #[graphql(desc = "Begin after the item with this cursor.")] after: Option<String>,
        #[graphql(desc = "So many from the end, or before the cursor; at most 100.")] last: Option<i32>,
        #[graphql(desc = "End before the item with this cursor.")] before: Option<String>,
    ) -> Result<Option<List<Event>>, Fault> {
        let args = Args { first, after, last, before };
        let from = from.map_or(0, |from| from.0);
        let page = match (&stream, &event_type) {
            (None, None) => self.page_of_all(&args, from)?,
            (None, Some(event_type)) => self.page_of_type(&args, from, event_type)?,
            (Some(stream), _) => self.page_of_stream(ctx, &args, from, stream, event_type.as_deref()).await?,
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
        let size = self.view.model.size();
        let (from, to) = (from.0, to.map_or(size, |to| to.0));
        let asked = from.max(to);
        if asked > size || from > to {
            return Err(Fault::BeyondLog { size: size.min(to), asked });
        }
        let log = self.view.log;
        let read = services(ctx)?.read_model.store().read_with(move |reader| {
            Ok((reader.root_at(log, from)?, reader.root_at(log, to)?, reader.consistency_proof(log, from, to)?))
        });
        let (from_root, to_root, hashes) = read.await?;
        Ok(Some(ConsistencyProof {
            from: Position(from),
            to: Position(to),
            from_root: Sha256(from_root),
            to_root: Sha256(to_root),
            hashes: hashes.into_iter().map(Sha256).collect(),
        }))
    }
}

impl Log {
    fn page_of_all(&self, args: &Args, from: u64) -> Result<PositionPage, Fault> {
        let below = |position: u64| position.saturating_sub(from);
        page::of_positions(args, self.view.model.size(), below, |n| Some(n.saturating_add(from)))
    }

    fn page_of_type(&self, args: &Args, from: u64, event_type: &str) -> Result<PositionPage, Fault> {
        let none = imbl::Vector::new();
        let positions = self.view.positions.get(event_type).unwrap_or(&none);
        let count = |position: u64| positions.binary_search(&position).unwrap_or_else(|place| place);
        let skipped = count(from);
        let below = |position| u64::try_from(count(position).saturating_sub(skipped)).unwrap_or(u64::MAX);
        let get = |n: u64| positions.get(usize::try_from(n).ok()?.checked_add(skipped)?).copied();
        page::of_positions(args, self.view.model.size(), below, get)
    }

    async fn page_of_stream(
        &self,
        ctx: &Context<'_>,
        args: &Args,
        from: u64,
        stream: &str,
        event_type: Option<&str>,
    ) -> Result<PositionPage, Fault> {
        let written = "write kind/id, for example proposal/0f3c";
        let stream: StreamId =
            stream.parse().map_err(|_| Fault::Input { field: "stream", message: written.to_owned() })?;
        let size = self.view.model.size();
        let events = services(ctx)?.read_model.store().read_stream(self.view.log, &stream, 0).await?;
        let wanted = |event: &&StoredEvent| {
            (from..size).contains(&event.position) && event_type.is_none_or(|wanted| event.event_type == wanted)
        };
        let positions: Vec<u64> = events.iter().filter(wanted).map(|event| event.position).collect();
        let below =
            |position: u64| u64::try_from(positions.partition_point(|known| *known < position)).unwrap_or(u64::MAX);
        let get = |n: u64| positions.get(usize::try_from(n).ok()?).copied();
        page::of_positions(args, size, below, get)
    }

    async fn load(&self, ctx: &Context<'_>, positions: Vec<u64>) -> Result<Vec<Event>, Fault> {
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

    /// What stands on a ballot, or was chosen in a workshop, isn't shown while it could be counted; nor is
    /// what moderators keep out of view, or what they were told.
    fn is_withheld(&self) -> bool {
        let (model, id) = (&self.view.model, self.record.id.as_str());
        match &self.record.event {
            domain::Event::Ballot(_) => !model.counts_are_public(),
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
    async fn position(&self) -> Position {
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

    /// True for a ballot before the proclamation, a choice in a workshop before its final text, what a
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

/// The proof that an event is in the tree (`preuve d’inclusion`), as RFC 6962 §2.1.1 has it.
#[derive(SimpleObject)]
pub struct InclusionProof {
    /// The event's position.
    pub position: Position,
    /// The size of the tree.
    pub size: Position,
    /// The hash of the event's leaf.
    pub leaf_hash: Sha256,
    /// The root of the tree at this size.
    pub root: Sha256,
    /// The audit path, from the leaf's sibling to the root's child.
    pub hashes: Vec<Sha256>,
}

impl InclusionProof {
    pub(crate) async fn of(ctx: &Context<'_>, view: &View, position: u64, size: Option<u64>) -> Result<Self, Fault> {
        let seen = view.model.size();
        let size = size.unwrap_or(seen);
        if size > seen || position >= size {
            return Err(Fault::BeyondLog { size: seen.min(size), asked: size.max(position.saturating_add(1)) });
        }
        let log = view.log;
        let read = services(ctx)?.read_model.store().read_with(move |reader| {
            let leaf = reader.node(log, 0, position)?;
            Ok((leaf, reader.root_at(log, size)?, reader.inclusion_proof(log, position, size)?))
        });
        let (leaf_hash, root, hashes) = read.await?;
        Ok(Self {
            position: Position(position),
            size: Position(size),
            leaf_hash: Sha256(leaf_hash),
            root: Sha256(root),
            hashes: hashes.into_iter().map(Sha256).collect(),
        })
    }
}

/// The proof that a tree is the beginning of a larger one (`preuve de cohérence`), as RFC 6962 §2.1.2
/// has it: nothing was changed, removed or inserted.
#[derive(SimpleObject)]
pub struct ConsistencyProof {
    /// The size of the smaller tree.
    pub from: Position,
    /// The size of the larger tree.
    pub to: Position,
    /// The root of the smaller tree.
    pub from_root: Sha256,
    /// The root of the larger tree.
    pub to_root: Sha256,
    /// The proof.
    pub hashes: Vec<Sha256>,
}
