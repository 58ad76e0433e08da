//! Comments (`commentaires`) in threads, official answers, and what is read where.

use crate::overview::{Moment, Reasoned};
use crate::{Model, Table};
use domain::comment::{Event, Subject};
use domain::{CommentId, Hidden, Record, Role};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// A comment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommentRow {
    /// Its id.
    pub id: CommentId,
    /// What it is on.
    pub on: Subject,
    /// The comment that it answers.
    pub answers: Option<CommentId>,
    /// Whether the city speaks.
    pub official: bool,
    /// Whether it stands first.
    pub pinned: bool,
    /// Who wrote it, by pseudonym.
    pub author: String,
    /// The public name of who wrote it.
    pub author_name: Hidden<String>,
    /// What it says.
    pub text: Hidden<String>,
    /// When it was written.
    pub posted: Moment,
    /// The role in which it was written.
    pub by: Role,
    /// Whether a moderator has to approve it before it is shown.
    pub awaits_approval: bool,
    /// When a moderator approved it, the last time.
    pub approved: Option<Moment>,
    /// When its author took it back.
    pub withdrawn: Option<Moment>,
    /// That a moderator took it out of public view.
    pub removed: Option<Reasoned>,
    /// That it came back into public view, when it did and is there now.
    pub restored: Option<Reasoned>,
    /// How often it was reported.
    pub reports: u32,
}

impl CommentRow {
    /// Whether everybody may read it.
    pub fn is_public(&self) -> bool {
        !self.awaits_approval && self.withdrawn.is_none() && self.removed.is_none()
    }

    /// The position up to which reports of it are settled.
    pub(crate) fn settled(&self) -> Option<u64> {
        let acts = [&self.removed, &self.restored].into_iter().flatten().map(|act| act.moment);
        acts.chain(self.approved).chain(self.withdrawn).map(|moment| moment.position).max()
    }
}

/// Comments by what they are on, oldest first: an index that follows from the table.
pub(crate) type Threads = Table<Subject, Vec<CommentId>>;

pub(crate) fn threads(comments: &Table<CommentId, CommentRow>) -> Threads {
    let mut posted: Vec<&Arc<CommentRow>> = comments.rows().collect();
    posted.sort_unstable_by_key(|row| row.posted.position);
    let mut threads = Threads::default();
    for row in posted {
        threads.change_or_default(row.on.clone(), |all| all.push(row.id.clone()));
    }
    threads
}

impl Model {
    /// The comments on something: pinned ones first, then as they were written. Also those that not
    /// everybody may read.
    pub fn comments_on(&self, subject: &Subject) -> impl Iterator<Item = &Arc<CommentRow>> {
        let ids = self.threads.get(subject).map(|ids| ids.iter()).into_iter().flatten();
        let mut rows: Vec<_> = ids.filter_map(|id| self.comments.get(id)).collect();
        // Stable: what isn't pinned stays in its order.
        rows.sort_by_key(|row| !row.pinned);
        rows.into_iter()
    }
}

pub(crate) fn apply(model: &mut Model, record: &Record, event: &Event) {
    let Ok(id) = record.id.parse::<CommentId>() else { return };
    let was = model.comments.get(&id).is_some_and(|row| row.is_public());
    change(model, &id, record, event);
    let Some(row) = model.comments.get(&id) else { return };
    let (is, on) = (row.is_public(), row.on.clone());
    if let Subject::Proposal(proposal) = on
        && was != is
    {
        model.proposals.change(&proposal, |row| {
            row.comments = if is { row.comments.saturating_add(1) } else { row.comments.saturating_sub(1) };
        });
    }
}

fn change(model: &mut Model, id: &CommentId, record: &Record, event: &Event) {
    let moment = Moment::from(record);
    let comments = &mut model.comments;
    match event {
        Event::CommentPosted { on, answers, official, author, author_name, text, awaits_approval } => {
            let row = CommentRow {
                id: id.clone(),
                on: on.clone(),
                answers: answers.clone(),
                official: *official,
                pinned: false,
                author: author.clone(),
                author_name: author_name.clone(),
                text: text.clone(),
                posted: moment,
                by: record.actor.role,
                awaits_approval: *awaits_approval,
                approved: None,
                withdrawn: None,
                removed: None,
                restored: None,
                reports: 0,
            };
            comments.put(id.clone(), row);
            model.threads.change_or_default(on.clone(), |all| all.push(id.clone()));
        }
        Event::CommentApproved {} => comments.change(id, |row| {
            row.awaits_approval = false;
            row.approved = Some(moment);
        }),
        Event::CommentPinned {} => comments.change(id, |row| row.pinned = true),
        Event::CommentUnpinned {} => comments.change(id, |row| row.pinned = false),
        Event::CommentWithdrawn {} => comments.change(id, |row| row.withdrawn = Some(moment)),
        Event::CommentRemoved { reason } => comments.change(id, |row| {
            row.removed = Some(Reasoned::new(record, reason));
            row.restored = None;
        }),
        Event::CommentRestored { reason } => comments.change(id, |row| {
            row.removed = None;
            row.restored = Some(Reasoned::new(record, reason));
        }),
    }
}
