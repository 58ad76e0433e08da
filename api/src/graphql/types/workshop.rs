//! Workshops: announced, held, concluded, and what came out of them.
//!
//! How often each alternative was chosen is told with the final text and not before, as with every vote.

use super::area::{given, is_removed, removed};
use super::comment::Comment;
use super::enums::Role;
use super::history;
use super::log::Event;
use super::moderation::Reasoned;
use super::place::Moment;
use super::project::Project;
use super::proposal::Proposal;
use super::removal::Removal;
use super::scalars::{DateTime, Position};
use crate::error::Fault;
use crate::graphql::acting;
use crate::graphql::node::{GlobalId, Kind, global};
use crate::graphql::page::{self, Args, List, Rank, Row};
use crate::graphql::request::View;
use async_graphql::{Context, Enum, ID, InputObject, Object, SimpleObject};
use domain::comment::Subject;
use domain::permission::Permission;
use domain::workshop::{Announcement, Span};
use domain::{ProposalId, StreamKind, WorkshopId};
use projections::versions::VersionRow;
use projections::workshops::{AlternativeRow, WorkshopRow};
use std::collections::BTreeSet;
use std::sync::Arc;

/// How people come together in a workshop.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "domain::workshop::Mode")]
pub enum WorkshopMode {
    /// In a room (`en présence`).
    InPerson,
    /// Online (`en ligne`), in three dated steps.
    Online,
    /// In a room, with the three steps online.
    Hybrid,
}

/// Why somebody may register for a workshop.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "domain::workshop::Standing")]
pub enum WorkshopStanding {
    /// An author of one of its proposals (`déposant·e`).
    Depositor,
    /// Somebody who follows one of its proposals (`abonné·e`).
    Follower,
    /// Somebody who was invited (`invité·e`).
    Invited,
}

/// Where a workshop stands.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum WorkshopState {
    /// Announced (`annoncé`).
    Announced,
    /// Given up (`annulé`).
    Cancelled,
    /// Held in a room (`tenu`): it was said who was there.
    Held,
    /// Concluded (`conclu`): minutes or a final text are published.
    Concluded,
}

/// A workshop of a campaign.
pub struct Workshop {
    pub(crate) view: View,
    pub(crate) row: Arc<WorkshopRow>,
}

fn state(row: &WorkshopRow) -> WorkshopState {
    if row.cancelled.is_some() {
        WorkshopState::Cancelled
    } else if row.final_text.is_some() || row.minutes.is_some() {
        WorkshopState::Concluded
    } else if row.attendance.is_some() {
        WorkshopState::Held
    } else {
        WorkshopState::Announced
    }
}

impl Workshop {
    /// The workshop with this key.
    pub(crate) fn of(view: &View, id: &WorkshopId) -> Option<Self> {
        let row = view.model.workshops.get(id)?;
        Some(Self { view: Arc::clone(view), row: Arc::clone(row) })
    }

    /// The workshops that bring a proposal together with others, by their start.
    pub(crate) fn about(view: &View, proposal: &ProposalId) -> Vec<Self> {
        let mut rows: Vec<_> =
            view.model.workshops.rows().filter(|row| row.announcement.proposals.contains(proposal)).cloned().collect();
        rows.sort_by_key(|row| (row.announcement.starts, row.announced.position));
        rows.into_iter().map(|row| Self { view: Arc::clone(view), row }).collect()
    }

    /// A page of workshops, by their start.
    pub(crate) fn list(view: &View, filter: Option<WorkshopFilter>, args: &Args) -> Result<Option<List<Self>>, Fault> {
        let filter = filter.unwrap_or_default();
        let proposal =
            filter.proposal.as_ref().map(|id| GlobalId::within(id, Kind::Proposal, &view.code)).transpose()?;
        let rows = view.model.workshops.rows().filter(|row| filter.holds(row, proposal.as_ref())).cloned();
        let rank = |row: &WorkshopRow| Rank::Number(row.announcement.starts.unix());
        let find = |key: &str| view.model.workshops.get(&key.parse::<WorkshopId>().ok()?).cloned();
        page::of_rows(view.model.size(), args, rows, rank, find, |row| Self { view: Arc::clone(view), row })
    }

    fn announcement(&self) -> &Announcement {
        &self.row.announcement
    }

    /// Whoever holds workshops knows who is to come.
    fn is_held_by_viewer(&self, ctx: &Context<'_>) -> bool {
        acting::holds(ctx, &self.view, Permission::HoldWorkshop).is_ok()
    }
}

impl Row for WorkshopRow {
    fn key(&self) -> &str {
        self.id.as_str()
    }
    fn born(&self) -> u64 {
        self.announced.position
    }
}

/// Which workshops; all that is given must hold. In a list, one of its values.
#[derive(InputObject, Clone, Debug, Default)]
pub struct WorkshopFilter {
    /// Where they stand.
    pub states: Option<Vec<WorkshopState>>,
    /// How people come together.
    pub modes: Option<Vec<WorkshopMode>>,
    /// About this proposal.
    pub proposal: Option<ID>,
    /// That end after this moment.
    pub after: Option<DateTime>,
}

impl WorkshopFilter {
    fn holds(&self, row: &WorkshopRow, proposal: Option<&ProposalId>) -> bool {
        let announced = &row.announcement;
        self.states.as_ref().is_none_or(|states| states.contains(&state(row)))
            && self.modes.as_ref().is_none_or(|modes| modes.contains(&announced.mode.into()))
            && proposal.is_none_or(|proposal| announced.proposals.contains(proposal))
            && self.after.is_none_or(|moment| announced.ends > moment.0)
    }
}

/// From a moment to another; the first belongs to it.
#[derive(SimpleObject, Clone, Copy, Debug)]
pub struct TimeSpan {
    /// Its first moment.
    pub start: DateTime,
    /// The moment after its last.
    pub end: DateTime,
}

impl From<Span> for TimeSpan {
    fn from(span: Span) -> Self {
        Self { start: DateTime(span.start), end: DateTime(span.end) }
    }
}

/// The dated steps of an online workshop.
#[derive(SimpleObject, Clone, Copy, Debug)]
pub struct WorkshopSteps {
    /// Commenting the initial description.
    pub comment: TimeSpan,
    /// Choosing between alternative descriptions.
    pub choice: TimeSpan,
    /// From when the final description may be published.
    pub finish: DateTime,
}

/// A workshop (`atelier`), where proposals are brought together: in a room, online, or both.
#[Object]
impl Workshop {
    /// Its global id.
    pub(crate) async fn id(&self) -> ID {
        global(Kind::Workshop, &self.view.code, self.row.id.as_str())
    }

    /// What happened to it (`historique`), oldest first, each event with a sentence in both languages.
    #[graphql(complexity = "page::cost(first, None, child_complexity)")]
    async fn history(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "So many; at most 100.")] first: Option<i32>,
        #[graphql(desc = "Begin after the item with this cursor.")] after: Option<String>,
    ) -> Result<Option<List<Event>>, Fault> {
        history::of(ctx, &self.view, StreamKind::Workshop, self.row.id.as_str(), BTreeSet::new(), (first, after)).await
    }

    /// Its key in the log: the stream `workshop/<key>`.
    async fn key(&self) -> &str {
        self.row.id.as_str()
    }

    /// Its title; null when removed.
    async fn title(&self) -> Option<&str> {
        given(Some(&self.announcement().title))
    }

    /// How people come together.
    async fn mode(&self) -> WorkshopMode {
        self.announcement().mode.into()
    }

    /// Where it stands.
    async fn state(&self) -> WorkshopState {
        state(&self.row)
    }

    /// What it is about (`ordre du jour`); null when removed.
    async fn agenda(&self) -> Option<&str> {
        given(Some(&self.announcement().agenda))
    }

    /// Where; null when it is online only, and when removed.
    async fn place(&self) -> Option<&str> {
        given(self.announcement().place.as_ref())
    }

    /// Where on the Web; null when it is in a room only, and when removed.
    async fn link(&self) -> Option<&str> {
        given(self.announcement().link.as_ref())
    }

    /// Its first moment.
    async fn starts(&self) -> DateTime {
        DateTime(self.announcement().starts)
    }

    /// The moment after its last.
    async fn ends(&self) -> DateTime {
        DateTime(self.announcement().ends)
    }

    /// Its dated steps; null when it is in a room only.
    async fn steps(&self) -> Option<WorkshopSteps> {
        let steps = self.announcement().steps?;
        let (comment, choice) = (steps.comment.into(), steps.choice.into());
        Some(WorkshopSteps { comment, choice, finish: DateTime(steps.finish) })
    }

    /// How many people can register.
    async fn capacity(&self) -> u32 {
        self.announcement().capacity
    }

    /// How many people are registered (`inscrits`).
    async fn registered(&self) -> usize {
        self.row.registrations.len()
    }

    /// How many invitations were made.
    async fn invited(&self) -> u32 {
        self.row.invited
    }

    /// Who is registered, in the order in which they did; for whoever holds HOLD_WORKSHOP, null for others.
    async fn registrations(&self, ctx: &Context<'_>) -> Option<Vec<Registration>> {
        let registration = |row: &projections::workshops::RegistrationRow| Registration {
            participant: row.participant.clone(),
            standing: row.standing.into(),
            registered: row.moment.into(),
        };
        self.is_held_by_viewer(ctx).then(|| self.row.registrations.iter().map(registration).collect())
    }

    /// Whether whoever asks is registered; null when nobody signed in.
    async fn viewer_is_registered(&self, ctx: &Context<'_>) -> Option<bool> {
        acting::pseudonym(ctx, &self.view.code).map(|name| self.row.is_registered(&name))
    }

    /// The number of the alternative that whoever asks chose.
    async fn viewer_choice(&self, ctx: &Context<'_>) -> Option<u8> {
        self.row.choices.get(&acting::pseudonym(ctx, &self.view.code)?).copied()
    }

    /// The proposals that it brings together.
    async fn proposals(&self) -> Vec<Proposal> {
        self.announcement().proposals.iter().filter_map(|id| Proposal::of(&self.view, id)).collect()
    }

    /// The projects that came out of it, or refer to it.
    async fn projects(&self) -> Vec<Project> {
        self.row.projects.iter().filter_map(|id| Project::of(&self.view, id)).collect()
    }

    /// When it was announced first.
    async fn announced(&self) -> Moment {
        self.row.announced.into()
    }

    /// The number of the version that stands: 1 as announced.
    async fn version(&self) -> Position {
        Position(self.row.version())
    }

    /// All versions of its announcement, oldest first; the last one stands.
    async fn versions(&self) -> Vec<WorkshopVersion> {
        self.row.versions().into_iter().map(WorkshopVersion::from).collect()
    }

    /// That it was given up, and why.
    async fn cancelled(&self) -> Option<Reasoned> {
        self.row.cancelled.as_ref().map(Into::into)
    }

    /// Who was there (`présence`), once said.
    async fn attendance(&self) -> Option<Attendance> {
        let row = self.row.attendance.as_ref()?;
        Some(Attendance { registered: row.present.len(), others: row.others, said: row.moment.into() })
    }

    /// The pseudonyms of those who had registered and came; for whoever holds HOLD_WORKSHOP, null for others.
    async fn present(&self, ctx: &Context<'_>) -> Option<Vec<String>> {
        let present = self.row.attendance.as_ref().map(|row| row.present.clone())?;
        self.is_held_by_viewer(ctx).then_some(present)
    }

    /// Its minutes (`compte rendu`); null before they are published, and when removed.
    async fn minutes(&self) -> Option<&str> {
        given(self.row.minutes.as_ref().map(|row| &row.minutes))
    }

    /// Its conclusions; null before they are published, and when removed.
    async fn conclusions(&self) -> Option<&str> {
        given(self.row.minutes.as_ref().map(|row| &row.conclusions))
    }

    /// When minutes and conclusions were published, the last time.
    async fn minutes_published(&self) -> Option<Moment> {
        self.row.minutes.as_ref().map(|row| row.moment.into())
    }

    /// The descriptions to choose from.
    async fn alternatives(&self) -> Vec<WorkshopAlternative> {
        let told = self.row.final_text.is_some();
        self.row.alternatives.iter().map(|row| WorkshopAlternative { row: row.clone(), told }).collect()
    }

    /// The description that it led to; null before it is published, and when removed.
    async fn final_text(&self) -> Option<&str> {
        given(self.row.final_text.as_ref().map(|row| &row.text))
    }

    /// When that was published.
    async fn final_text_published(&self) -> Option<Moment> {
        self.row.final_text.as_ref().map(|row| row.moment.into())
    }

    /// Its comments, in threads: pinned ones first, then oldest first.
    #[graphql(complexity = "page::cost(first, last, child_complexity)")]
    async fn comments(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "So many from the start, or after the cursor; at most 100.")] first: Option<i32>,
        #[graphql(desc = "Begin after the item with this cursor.")] after: Option<String>,
        #[graphql(desc = "So many from the end, or before the cursor; at most 100.")] last: Option<i32>,
        #[graphql(desc = "End before the item with this cursor.")] before: Option<String>,
    ) -> Result<Option<List<Comment>>, Fault> {
        let on = Subject::Workshop(self.row.id.clone());
        Comment::threads(ctx, &self.view, &on, &Args { first, after, last, before })
    }

    /// The texts of it that were removed for ever, each with its ground and date.
    async fn removals(&self) -> Vec<Removal> {
        Removal::of(&self.view, StreamKind::Workshop, self.row.id.as_str())
    }

    /// Fields whose text was removed for ever and which are therefore null.
    async fn redacted(&self) -> Vec<&'static str> {
        let (announced, minutes) = (self.announcement(), self.row.minutes.as_ref());
        removed([
            ("title", announced.title.is_redacted()),
            ("agenda", announced.agenda.is_redacted()),
            ("place", is_removed(announced.place.as_ref())),
            ("link", is_removed(announced.link.as_ref())),
            ("minutes", is_removed(minutes.map(|row| &row.minutes))),
            ("conclusions", is_removed(minutes.map(|row| &row.conclusions))),
            ("finalText", is_removed(self.row.final_text.as_ref().map(|row| &row.text))),
        ])
    }
}

/// That somebody registered for a workshop (`inscription`).
#[derive(SimpleObject, Clone, Debug)]
pub struct Registration {
    /// Their pseudonym.
    pub participant: String,
    /// Why they may come.
    pub standing: WorkshopStanding,
    /// When.
    pub registered: Moment,
}

/// How many were there (`présence`).
#[derive(SimpleObject, Clone, Copy, Debug)]
pub struct Attendance {
    /// Of those who had registered.
    pub registered: usize,
    /// Of others.
    pub others: u32,
    /// When that was said.
    pub said: Moment,
}

/// A version of the announcement of a workshop.
#[derive(SimpleObject, Clone, Debug)]
pub struct WorkshopVersion {
    /// Its number, from 1.
    pub number: Position,
    /// When it was announced.
    pub moment: Moment,
    /// In which role.
    pub role: Role,
    /// The fields that are others than in the version before.
    pub changed: Vec<String>,
    /// The title then; null when removed.
    pub title: Option<String>,
    /// The first moment then.
    pub starts: DateTime,
    /// The moment after the last then.
    pub ends: DateTime,
    /// The place then; null when there was none, and when removed.
    pub place: Option<String>,
    /// How many people could register then.
    pub capacity: u32,
}

impl From<VersionRow<Announcement>> for WorkshopVersion {
    fn from(row: VersionRow<Announcement>) -> Self {
        let announced = row.content;
        Self {
            number: Position(row.number),
            moment: row.moment.into(),
            role: row.by.into(),
            changed: row.changed,
            title: announced.title.get().cloned(),
            starts: DateTime(announced.starts),
            ends: DateTime(announced.ends),
            place: given(announced.place.as_ref()).map(str::to_owned),
            capacity: announced.capacity,
        }
    }
}

/// A description to choose from.
pub struct WorkshopAlternative {
    row: AlternativeRow,
    told: bool,
}

/// A description to choose from in an online workshop.
#[Object]
impl WorkshopAlternative {
    /// Its number, from 1.
    async fn number(&self) -> u8 {
        self.row.number
    }

    /// Its title; null when removed.
    async fn title(&self) -> Option<&str> {
        given(Some(&self.row.title))
    }

    /// Its text; null when removed.
    async fn text(&self) -> Option<&str> {
        given(Some(&self.row.text))
    }

    /// How many participants chose it; null before the final text is published.
    async fn choices(&self) -> Option<u32> {
        self.told.then_some(self.row.choices)
    }

    /// Fields whose text was removed and which are therefore null.
    async fn redacted(&self) -> Vec<&'static str> {
        removed([("title", self.row.title.is_redacted()), ("text", self.row.text.is_redacted())])
    }
}
