//! Who sees what isn't public: what awaits approval or was removed from view; and the moderators' lists.
//!
//! Owns that one question, for proposals and comments. What everybody may see follows from the rows
//! (`is_public`). Texts that were deleted for ever: `removal.rs`.

use super::area::{is_removed, removed};
use super::comment::Comment;
use super::enums::Role;
use super::place::Moment;
use super::proposal::Proposal;
use crate::error::Fault;
use crate::graphql::acting;
use crate::graphql::page::{self, Args, List, Rank, Row};
use crate::graphql::request::View;
use async_graphql::{Context, Object, SimpleObject, Union};
use domain::Hidden;
use domain::participant::Content as Named;
use domain::permission::Permission;
use projections::comments::CommentRow;
use projections::overview::Reasoned as ReasonedRow;
use projections::participants::ReportRow;
use projections::proposals::ProposalRow;
use std::sync::Arc;

/// What whoever asks may see beyond what is public.
pub(crate) struct Sight {
    pseudonym: Option<String>,
    moderates: bool,
}

impl Sight {
    /// Of whoever asks, in a campaign.
    pub(crate) fn of(ctx: &Context<'_>, view: &View) -> Self {
        let moderates = acting::holds(ctx, view, Permission::Moderate).is_ok();
        Self { pseudonym: acting::pseudonym(ctx, &view.code), moderates }
    }

    /// Whether it is public, one's own, or one is a moderator.
    pub(crate) fn sees(&self, row: &ProposalRow) -> bool {
        row.is_public() || self.moderates || self.pseudonym.as_ref().is_some_and(|name| row.is_by(name))
    }

    /// As [`sees`](Self::sees), for a comment; where its proposal isn't seen, no comment on it is.
    pub(crate) fn sees_comment(&self, view: &View, row: &CommentRow) -> bool {
        let own = self.pseudonym.as_ref().is_some_and(|name| *name == row.author);
        let subject = match &row.on {
            domain::comment::Subject::Proposal(id) => view.model.proposals.get(id).is_some_and(|row| self.sees(row)),
            domain::comment::Subject::Workshop(_) => true,
        };
        self.moderates || own || (row.is_public() && subject)
    }
}

/// The text of a field that is there and may be seen.
pub(crate) fn seen(may: bool, text: Option<&Hidden<String>>) -> Option<&str> {
    text.filter(|_| may).and_then(Hidden::get).map(String::as_str)
}

/// That something was ended, taken back or taken out, in which role and why; the reason is published.
#[derive(SimpleObject, Clone, Debug)]
pub struct Reasoned {
    /// When.
    pub moment: Moment,
    /// In which role.
    pub role: Role,
    /// Why; null when removed.
    pub reason: Option<String>,
}

impl From<&ReasonedRow> for Reasoned {
    fn from(row: &ReasonedRow) -> Self {
        Self { moment: row.moment.into(), role: row.by.into(), reason: row.reason.get().cloned() }
    }
}

/// What moderators look after (`contenu`).
#[derive(Union)]
pub enum Content {
    /// A proposal.
    Proposal(Proposal),
    /// A comment.
    Comment(Comment),
}

impl Content {
    /// The proposal or comment.
    pub(crate) fn of(view: &View, named: &Named) -> Option<Self> {
        match named {
            Named::Proposal(id) => Proposal::of(view, id).map(Self::Proposal),
            Named::Comment(id) => Comment::of(view, id).map(Self::Comment),
        }
    }
}

/// The moderators' lists of a campaign.
pub struct Moderation {
    view: View,
}

impl Moderation {
    /// For whoever holds MODERATE.
    pub(crate) fn of(ctx: &Context<'_>, view: &View) -> Result<Self, Fault> {
        acting::holds(ctx, view, Permission::Moderate)?;
        Ok(Self { view: Arc::clone(view) })
    }
}

/// What waits for a moderator (`modération`).
#[Object]
impl Moderation {
    /// Proposals and comments that are shown once a moderator approves them, oldest first.
    #[graphql(complexity = "page::cost(first, last, child_complexity)")]
    async fn awaiting_approval(
        &self,
        #[graphql(desc = "So many from the start, or after the cursor; at most 100.")] first: Option<i32>,
        #[graphql(desc = "Begin after the item with this cursor.")] after: Option<String>,
        #[graphql(desc = "So many from the end, or before the cursor; at most 100.")] last: Option<i32>,
        #[graphql(desc = "End before the item with this cursor.")] before: Option<String>,
    ) -> Result<Option<List<Awaiting>>, Fault> {
        let model = &self.view.model;
        let proposals = model
            .proposals
            .rows()
            .filter(|row| row.awaits_approval && row.removed.is_none() && row.withdrawn.is_none());
        let comments =
            model.comments.rows().filter(|row| row.awaits_approval && row.removed.is_none() && row.withdrawn.is_none());
        let proposals = proposals.map(|row| Waiting::new(Named::Proposal(row.id.clone()), last_said(row)));
        let comments = comments.map(|row| Waiting::new(Named::Comment(row.id.clone()), row.posted));
        let rows: Vec<Arc<Waiting>> = proposals.chain(comments).map(Arc::new).collect();
        let find = |key: &str| rows.iter().find(|row| row.key == key).cloned();
        let node = |row: Arc<Waiting>| Awaiting { view: Arc::clone(&self.view), row };
        let rank = |row: &Waiting| oldest(row.since);
        page::of_rows(model.size(), &Args { first, after, last, before }, rows.iter().cloned(), rank, find, node)
    }

    /// Reports (`signalements`) since which no moderator acted on what was reported, oldest first.
    #[graphql(complexity = "page::cost(first, last, child_complexity)")]
    async fn reports(
        &self,
        #[graphql(desc = "So many from the start, or after the cursor; at most 100.")] first: Option<i32>,
        #[graphql(desc = "Begin after the item with this cursor.")] after: Option<String>,
        #[graphql(desc = "So many from the end, or before the cursor; at most 100.")] last: Option<i32>,
        #[graphql(desc = "End before the item with this cursor.")] before: Option<String>,
    ) -> Result<Option<List<Report>>, Fault> {
        let report =
            |row: &Arc<ReportRow>| Arc::new(Reported { key: row.moment.position.to_string(), row: Arc::clone(row) });
        let rows: Vec<Arc<Reported>> = self.view.model.open_reports().map(report).collect();
        let find = |key: &str| rows.iter().find(|row| row.key == key).cloned();
        let node = |row: Arc<Reported>| Report { view: Arc::clone(&self.view), row: Arc::clone(&row.row) };
        let rank = |row: &Reported| oldest(row.row.moment);
        page::of_rows(
            self.view.model.size(),
            &Args { first, after, last, before },
            rows.iter().cloned(),
            rank,
            find,
            node,
        )
    }
}

/// When what waits was written: at the last change.
fn last_said(row: &ProposalRow) -> projections::overview::Moment {
    row.changes.last().map_or(row.deposited, |change| change.moment)
}

fn oldest(moment: projections::overview::Moment) -> Rank {
    Rank::Number(i64::try_from(moment.position).unwrap_or(i64::MAX))
}

/// A proposal or comment among those that wait.
struct Waiting {
    key: String,
    named: Named,
    since: projections::overview::Moment,
}

impl Waiting {
    fn new(named: Named, since: projections::overview::Moment) -> Self {
        Self { key: since.position.to_string(), named, since }
    }
}

impl Row for Waiting {
    fn key(&self) -> &str {
        &self.key
    }
    fn born(&self) -> u64 {
        self.since.position
    }
}

/// Something that awaits approval.
pub struct Awaiting {
    view: View,
    row: Arc<Waiting>,
}

/// Something that is shown once a moderator approves it (`en attente de publication`).
#[Object]
impl Awaiting {
    /// The proposal or comment.
    async fn content(&self) -> Option<Content> {
        Content::of(&self.view, &self.row.named)
    }

    /// Since when it waits.
    async fn since(&self) -> Moment {
        self.row.since.into()
    }
}

struct Reported {
    key: String,
    row: Arc<ReportRow>,
}

impl Row for Reported {
    fn key(&self) -> &str {
        &self.key
    }
    fn born(&self) -> u64 {
        self.row.moment.position
    }
}

/// That somebody reported something.
pub struct Report {
    view: View,
    row: Arc<ReportRow>,
}

/// That somebody reported something (`signalement`).
#[Object]
impl Report {
    /// The proposal or comment.
    async fn content(&self) -> Option<Content> {
        Content::of(&self.view, &self.row.content)
    }

    /// The pseudonym of whoever reported it.
    async fn participant(&self) -> &str {
        &self.row.by
    }

    /// When.
    async fn reported(&self) -> Moment {
        self.row.moment.into()
    }

    /// Why; null when removed.
    async fn reason(&self) -> Option<&str> {
        self.row.reason.get().map(String::as_str)
    }

    /// Fields whose text was removed and which are therefore null.
    async fn redacted(&self) -> Vec<&'static str> {
        removed([("reason", is_removed(Some(&self.row.reason)))])
    }
}
