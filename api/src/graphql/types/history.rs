//! What happened to an object, and between two moments: its events, with a sentence each.
//!
//! Owns which events belong to an object. What an event may show, and what is held back: `log.rs`; the
//! sentences: `event_words.rs`.

use super::log::{Event, Log};
use super::scalars::Position;
use crate::error::Fault;
use crate::graphql::as_of::AsOf;
use crate::graphql::node::{Kind, Node};
use crate::graphql::page::{self, Args, List};
use crate::graphql::request::{View, services, snapshot};
use async_graphql::{Context, Enum, Object, SimpleObject};
use domain::StreamKind;
use event_store::{StoredEvent, StreamId};
use projections::projects::ProjectRow;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;

/// The most events that are read to find out what changed.
const MOST: u64 = 10_000;

/// Events that are nearer than this are read at once.
const GAP: u64 = 16;

/// Events that belong to voters and participants rather than to something that has a page; who votes and
/// who supports is counted elsewhere.
const OF_PEOPLE: [&str; 6] =
    ["BallotCast", "BallotReplaced", "BallotCancelled", "ProposalSupported", "SupportWithdrawn", "ContentReported"];

/// A sentence in both languages.
#[derive(SimpleObject, Clone, Debug)]
pub struct Sentence {
    /// In French.
    pub french: String,
    /// In English.
    pub english: String,
}

/// A page of the events of a stream, and of those of the campaign that concern it, oldest first.
pub(crate) async fn of(
    ctx: &Context<'_>,
    view: &View,
    kind: StreamKind,
    id: &str,
    beside: BTreeSet<u64>,
    (first, after): (Option<i32>, Option<String>),
) -> Result<Option<List<Event>>, Fault> {
    let stream = StreamId::new(kind.as_str(), id)?;
    let (log, size) = (view.log, view.size());
    let own = services(ctx)?.read_model.store().read_stream(log, &stream, 0).await?;
    let mut positions = beside;
    positions.extend(own.iter().map(|event| event.position));
    let positions: Vec<u64> = positions.into_iter().filter(|position| *position < size).collect();
    let args = Args { first, after, ..Args::default() };
    let below = |position: u64| wide(positions.partition_point(|known| *known < position));
    let get = |n: u64| positions.get(usize::try_from(n).ok()?).copied();
    let page = page::of_positions(&args, size, below, get)?;
    let events = Log { view: Arc::clone(view) }.load(ctx, page.positions).await?;
    let item = |event: Event| (page::position_cursor(page.size, event.position()), event);
    Ok(Some(List::new(events.into_iter().map(item), page.stand)))
}

/// The events of the campaign that concern a project: it was put to the vote, excludes others, was elected or
/// not, was decided on by the council.
pub(crate) fn beside(view: &View, row: &ProjectRow) -> BTreeSet<u64> {
    let mut positions: BTreeSet<u64> = row.council.iter().map(|one| one.moment.position).collect();
    positions.extend(row.exclusions.iter().map(|one| one.moment.position));
    if row.number.is_some() {
        let of_all = ["CataloguePublished", "ResultProclaimed"];
        positions.extend(of_all.iter().filter_map(|name| view.positions.get(*name)).flatten().copied());
    }
    positions
}

fn wide(n: usize) -> u64 {
    u64::try_from(n).unwrap_or(u64::MAX)
}

/// What something that has a history is.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum ObjectKind {
    /// The campaign.
    Campaign,
    /// A proposal.
    Proposal,
    /// A project.
    Project,
    /// A site.
    Site,
    /// A comment.
    Comment,
    /// A workshop.
    Workshop,
    /// The urn.
    Urn,
    /// A polling place.
    PollingPlace,
}

impl ObjectKind {
    /// None for what belongs to a voter or participant.
    fn of(kind: StreamKind) -> Option<Self> {
        match kind {
            StreamKind::Campaign => Some(Self::Campaign),
            StreamKind::Proposal => Some(Self::Proposal),
            StreamKind::Project => Some(Self::Project),
            StreamKind::Site => Some(Self::Site),
            StreamKind::Comment => Some(Self::Comment),
            StreamKind::Workshop => Some(Self::Workshop),
            StreamKind::Urn => Some(Self::Urn),
            StreamKind::PollingPlace => Some(Self::PollingPlace),
            StreamKind::Ballot | StreamKind::Participant => None,
        }
    }

    fn node(self) -> Option<Kind> {
        match self {
            Self::Campaign => Some(Kind::Campaign),
            Self::Proposal => Some(Kind::Proposal),
            Self::Project => Some(Kind::Project),
            Self::Site => Some(Kind::Site),
            Self::Comment => Some(Kind::Comment),
            Self::Workshop => Some(Kind::Workshop),
            Self::PollingPlace => Some(Kind::PollingPlace),
            Self::Urn => None,
        }
    }
}

/// Something that changed between two moments.
pub struct Changed {
    view: View,
    kind: ObjectKind,
    id: String,
    positions: Vec<u64>,
}

/// Something that changed between two moments (`ce qui a changé`), with the events that changed it.
#[Object]
impl Changed {
    /// What it is.
    async fn kind(&self) -> ObjectKind {
        self.kind
    }

    /// The public reference of a proposal or project; null for what has none.
    async fn reference(&self) -> Option<String> {
        let model = &self.view.model;
        match self.kind {
            ObjectKind::Proposal => {
                Some(model.proposals.get(&self.id.parse::<domain::ProposalId>().ok()?)?.deposit.reference.clone())
            }
            ObjectKind::Project => {
                Some(model.projects.get(&self.id.parse::<domain::ProjectId>().ok()?)?.formation.reference.clone())
            }
            ObjectKind::Campaign => Some(self.view.code.clone()),
            ObjectKind::Site
            | ObjectKind::Comment
            | ObjectKind::Workshop
            | ObjectKind::Urn
            | ObjectKind::PollingPlace => None,
        }
    }

    /// The object as it stood at the later moment; null for the urn.
    async fn object(&self) -> Option<Node> {
        Node::of(&self.view, self.kind.node()?, &self.id)
    }

    /// How many events changed it.
    async fn count(&self) -> u64 {
        wide(self.positions.len())
    }

    /// What changed it, oldest first; at most 100.
    #[graphql(complexity = "first.clamp(0, 100) as usize * child_complexity + 1")]
    async fn events(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "So many; at most 100.", default = 5)] first: i32,
    ) -> Result<Option<Vec<Event>>, Fault> {
        let first = usize::try_from(first).ok().filter(|first| *first <= 100).ok_or(Fault::Page("first"))?;
        let positions = self.positions.iter().take(first).copied().collect();
        Log { view: Arc::clone(&self.view) }.load(ctx, positions).await.map(Some)
    }
}

impl Changed {
    /// A page of what changed after one moment and up to the version that is read, by the first change.
    pub(crate) async fn between(
        ctx: &Context<'_>,
        view: &View,
        from: AsOf,
        args: &Args,
    ) -> Result<Option<List<Self>>, Fault> {
        let size = view.size();
        let begin = Self::begin(ctx, view, from).await?;
        if begin > size {
            let message = "it lies behind `to`: give the earlier moment first".to_owned();
            return Err(Fault::Input { field: "from", message });
        }
        let found = positions(view, begin..size);
        let count = wide(found.len());
        if count > MOST {
            let message = format!(
                "{count} events lie between the two moments: at most {MOST} are looked through, so ask in parts"
            );
            return Err(Fault::Input { field: "from", message });
        }
        let log = view.log;
        let read = services(ctx)?.read_model.store().read_with(move |reader| {
            let mut objects: BTreeMap<(String, String), Vec<u64>> = BTreeMap::new();
            for range in runs(&found) {
                for StoredEvent { position, stream, .. } in reader.read(log, range.start, range.end - range.start)? {
                    if found.binary_search(&position).is_ok() {
                        let key = (stream.kind().to_owned(), stream.id().to_owned());
                        objects.entry(key).or_default().push(position);
                    }
                }
            }
            Ok(objects)
        });
        let object = |((kind, id), positions): ((String, String), Vec<u64>)| {
            let kind = ObjectKind::of(kind.parse().ok()?)?;
            Some(Self { view: Arc::clone(view), kind, id, positions })
        };
        let mut objects: Vec<Self> = read.await?.into_iter().filter_map(object).collect();
        objects.sort_by_key(|object| object.positions.first().copied());
        let firsts: Vec<u64> = objects.iter().filter_map(|object| object.positions.first().copied()).collect();
        let below = |position: u64| wide(firsts.partition_point(|known| *known < position));
        let get = |n: u64| firsts.get(usize::try_from(n).ok()?).copied();
        let page = page::of_positions(args, size, below, get)?;
        let shown: BTreeSet<u64> = page.positions.into_iter().collect();
        let item = |object: Self| {
            let first = object.positions.first().copied()?;
            shown.contains(&first).then(|| (page::position_cursor(page.size, first), object))
        };
        Ok(Some(List::new(objects.into_iter().filter_map(item), page.stand)))
    }

    /// The first position behind a moment.
    async fn begin(ctx: &Context<'_>, view: &View, from: AsOf) -> Result<u64, Fault> {
        match from {
            AsOf::Position(Position(position)) => Ok(position.saturating_add(1)),
            AsOf::At(moment) => {
                let now = snapshot(ctx)?.now(&view.code).cloned().unwrap_or_else(|| Arc::clone(view));
                Ok(services(ctx)?.read_model.size_at(&now, moment.0).await?)
            }
        }
    }
}

/// The positions in a range whose events changed something that has a page, ascending.
fn positions(view: &View, range: Range<u64>) -> Vec<u64> {
    let mut found = Vec::new();
    for (_, all) in view.positions.iter().filter(|(name, _)| !OF_PEOPLE.contains(&name.as_str())) {
        let place = |position: u64| all.binary_search(&position).unwrap_or_else(|place| place);
        found.extend(all.iter().skip(place(range.start)).take_while(|position| **position < range.end).copied());
    }
    found.sort_unstable();
    found
}

/// Ranges that together hold all these positions: what lies near is read at once.
fn runs(positions: &[u64]) -> Vec<Range<u64>> {
    let mut runs: Vec<Range<u64>> = Vec::new();
    for position in positions {
        match runs.last_mut() {
            Some(run) if *position < run.end.saturating_add(GAP) => run.end = position.saturating_add(1),
            _ => runs.push(*position..position.saturating_add(1)),
        }
    }
    runs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lies_near_is_read_at_once() {
        assert_eq!(runs(&[]), Vec::<Range<u64>>::new());
        assert_eq!(runs(&[3, 4, 10, 40, 41]), [3..11, 40..42]);
    }
}
