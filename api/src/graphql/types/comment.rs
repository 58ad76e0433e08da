//! Comments in threads of two levels, and official answers.

use super::area::removed;
use super::enums::Role;
use super::moderation::{Reasoned, Sight, seen};
use super::place::Moment;
use super::proposal::Proposal;
use super::removal::Removal;
use super::workshop::Workshop;
use crate::error::Fault;
use crate::graphql::node::{Kind, global};
use crate::graphql::page::{self, Args, List, Rank, Row};
use crate::graphql::request::View;
use async_graphql::{Context, ID, Object, Union};
use domain::comment::Subject;
use domain::permission::Permission;
use domain::{CommentId, StreamKind};
use projections::comments::CommentRow;
use std::sync::Arc;

/// A comment of a campaign.
pub struct Comment {
    pub(crate) view: View,
    pub(crate) row: Arc<CommentRow>,
}

/// What a comment is about.
#[derive(Union)]
pub enum CommentSubject {
    /// A proposal.
    Proposal(Proposal),
    /// An online workshop.
    Workshop(Workshop),
}

impl Comment {
    /// The comment with this key.
    pub(crate) fn of(view: &View, id: &CommentId) -> Option<Self> {
        let row = view.model.comments.get(id)?;
        Some(Self { view: Arc::clone(view), row: Arc::clone(row) })
    }

    /// The threads on something that whoever asks may see: pinned ones first, then oldest first. A first
    /// comment that may not be seen stands there without its text while somebody's answer to it may.
    pub(crate) fn threads(
        ctx: &Context<'_>,
        view: &View,
        on: &Subject,
        args: &Args,
    ) -> Result<Option<List<Self>>, Fault> {
        let sight = Sight::of(ctx, view);
        let all: Vec<&Arc<CommentRow>> = view.model.comments_on(on).collect();
        let sees = |row: &CommentRow| sight.sees_comment(view, row);
        let answered =
            |row: &CommentRow| all.iter().any(|other| other.answers.as_ref() == Some(&row.id) && sees(other));
        let first = all.iter().filter(|row| row.answers.is_none());
        let rows = first.filter(|row| sees(row) || answered(row)).map(|row| Arc::clone(row));
        let find = |key: &str| view.model.comments.get(&key.parse::<CommentId>().ok()?).cloned();
        page::of_rows(view.model.size(), args, rows, place, find, |row| Self { view: Arc::clone(view), row })
    }

    fn is_seen(&self, ctx: &Context<'_>) -> bool {
        Sight::of(ctx, &self.view).sees_comment(&self.view, &self.row)
    }
}

/// Its place in a thread.
fn place(row: &CommentRow) -> Rank {
    let position = i64::try_from(row.posted.position).unwrap_or(i64::MAX);
    Rank::Number(if row.pinned { position.saturating_sub(i64::MAX) } else { position })
}

impl Row for CommentRow {
    fn key(&self) -> &str {
        self.id.as_str()
    }
    fn born(&self) -> u64 {
        self.posted.position
    }
}

/// A comment (`commentaire`) on a proposal or in an online workshop.
#[Object]
impl Comment {
    /// Its global id.
    pub(crate) async fn id(&self) -> ID {
        global(Kind::Comment, &self.view.code, self.row.id.as_str())
    }

    /// Its key in the log: the stream `comment/<key>`.
    async fn key(&self) -> &str {
        self.row.id.as_str()
    }

    /// What it is about.
    async fn on(&self) -> Option<CommentSubject> {
        match &self.row.on {
            Subject::Proposal(id) => Proposal::of(&self.view, id).map(CommentSubject::Proposal),
            Subject::Workshop(id) => Workshop::of(&self.view, id).map(CommentSubject::Workshop),
        }
    }

    /// The comment that it answers; null when it begins a thread.
    async fn answer_to(&self) -> Option<Comment> {
        Comment::of(&self.view, self.row.answers.as_ref()?)
    }

    /// The answers to it, oldest first.
    #[graphql(complexity = "page::cost(first, last, child_complexity)")]
    async fn answers(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "So many from the start, or after the cursor; at most 100.")] first: Option<i32>,
        #[graphql(desc = "Begin after the item with this cursor.")] after: Option<String>,
        #[graphql(desc = "So many from the end, or before the cursor; at most 100.")] last: Option<i32>,
        #[graphql(desc = "End before the item with this cursor.")] before: Option<String>,
    ) -> Result<Option<List<Comment>>, Fault> {
        let (view, sight) = (&self.view, Sight::of(ctx, &self.view));
        let rows = view.model.comments_on(&self.row.on);
        let rows = rows.filter(|row| row.answers.as_ref() == Some(&self.row.id) && sight.sees_comment(view, row));
        let find = |key: &str| view.model.comments.get(&key.parse::<CommentId>().ok()?).cloned();
        let args = Args { first, after, last, before };
        page::of_rows(view.model.size(), &args, rows.cloned(), place, find, |row| Self { view: Arc::clone(view), row })
    }

    /// Whether the city speaks (`réponse officielle`).
    async fn official(&self) -> bool {
        self.row.official
    }

    /// Whether an agent put it first (`épinglé`).
    async fn pinned(&self) -> bool {
        self.row.pinned
    }

    /// The pseudonym of whoever wrote it.
    async fn author(&self) -> &str {
        &self.row.author
    }

    /// The public name of whoever wrote it; null when removed, and while the comment isn't public.
    async fn author_name(&self, ctx: &Context<'_>) -> Option<&str> {
        seen(self.is_seen(ctx), Some(&self.row.author_name))
    }

    /// The role in which it was written.
    async fn role(&self) -> Role {
        self.row.by.into()
    }

    /// What it says; null when removed, and while the comment isn't public.
    async fn text(&self, ctx: &Context<'_>) -> Option<&str> {
        seen(self.is_seen(ctx), Some(&self.row.text))
    }

    /// When it was written.
    async fn posted(&self) -> Moment {
        self.row.posted.into()
    }

    /// Whether everybody may read it: it doesn't await approval, and neither its author nor a moderator
    /// took it away.
    async fn public(&self) -> bool {
        self.row.is_public()
    }

    /// Whether a moderator has to approve it before it is shown.
    async fn awaits_approval(&self) -> bool {
        self.row.awaits_approval
    }

    /// When its author took it back.
    async fn withdrawn(&self) -> Option<Moment> {
        self.row.withdrawn.map(Into::into)
    }

    /// That a moderator took it out of public view, and why.
    async fn removed(&self) -> Option<Reasoned> {
        self.row.removed.as_ref().map(Into::into)
    }

    /// How often it was reported; for moderators, null for others.
    async fn reports(&self, ctx: &Context<'_>) -> Option<u32> {
        crate::graphql::acting::holds(ctx, &self.view, Permission::Moderate).ok().map(|_| self.row.reports)
    }

    /// The texts of it that were removed for ever, each with its ground and date.
    async fn removals(&self) -> Vec<Removal> {
        Removal::of(&self.view, StreamKind::Comment, self.row.id.as_str())
    }

    /// Fields whose text was removed for ever and which are therefore null.
    async fn redacted(&self) -> Vec<&'static str> {
        removed([("text", self.row.text.is_redacted()), ("authorName", self.row.author_name.is_redacted())])
    }
}
