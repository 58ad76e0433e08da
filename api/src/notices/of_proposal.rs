//! Who is told what of proposals and of what is written about them.
//!
//! Whoever did something isn't told of it: `notices.rs` leaves them out.

use super::of::{Notice, Reader, Told};
use domain::comment::{self, Subject};
use domain::proposal::Event;
use domain::{CommentId, ProjectId, ProposalId, Record};
use messages::{Kind, Topic};
use projections::proposals::ProposalRow;

/// The authors of a proposal at that position.
pub(super) fn authors(row: &ProposalRow, then: u64) -> Vec<Reader> {
    let joined = row.co_authors.iter().filter(|one| one.joined.position <= then).map(|one| one.pseudonym.clone());
    [row.deposit.author.clone()].into_iter().chain(joined).map(Reader::Participant).collect()
}

pub(super) fn proposal(told: &Told<'_>, record: &Record, event: &Event) -> Vec<Notice> {
    let row = record.id.parse().ok().and_then(|id: ProposalId| told.model.proposals.get(&id));
    let Some(row) = row else { return Vec::new() };
    let object = || format!("proposal/{}", row.id);
    let to_authors = |kind| told.notice(Topic::MyProposals, kind, object(), authors(row, record.position));
    let to_followers = |kind| told.notice(Topic::Followed, kind, object(), vec![Reader::Follower(object())]);
    let both = |kind| vec![to_authors(kind), to_followers(kind)];
    let merged = |kind, project: &ProjectId| -> Vec<Notice> {
        both(kind).into_iter().map(|notice| notice.with(format!("project/{project}"))).collect()
    };
    match event {
        Event::ProposalDeposited { .. } => Vec::new(),
        Event::ProposalEdited { .. } => vec![to_authors(Kind::ProposalEdited)],
        Event::CoAuthorInvited { .. } => vec![to_authors(Kind::CoAuthorInvited)],
        Event::CoAuthorJoined { .. } => vec![to_authors(Kind::CoAuthorJoined)],
        Event::CoAuthorLeft { .. } => vec![to_authors(Kind::CoAuthorLeft)],
        Event::ProposalApproved {} => vec![to_authors(Kind::ProposalApproved)],
        Event::ProposalRemoved { .. } => both(Kind::ProposalRemoved),
        Event::ProposalRestored { .. } => both(Kind::ProposalRestored),
        Event::ProposalWithdrawn { .. } => both(Kind::ProposalWithdrawn),
        Event::ProposalMerged { project, .. } => merged(Kind::ProposalMerged, project),
        // Where the whole project ended, that is told.
        Event::MergeUndone { project, .. } => {
            let ending = told.model.projects.get(project).and_then(|row| row.ending.as_ref());
            let ended = ending.is_some_and(|ending| ending.moment.position <= record.position);
            if ended { Vec::new() } else { merged(Kind::MergeUndone, project) }
        }
    }
}

pub(super) fn comment(told: &Told<'_>, record: &Record, event: &comment::Event) -> Vec<Notice> {
    let row = record.id.parse().ok().and_then(|id: CommentId| told.model.comments.get(&id));
    let Some(row) = row else { return Vec::new() };
    let object = match &row.on {
        Subject::Proposal(id) => format!("proposal/{id}"),
        Subject::Workshop(id) => format!("workshop/{id}"),
    };
    let notice = |topic, kind, to| told.notice(topic, kind, object.clone(), to).with(format!("comment/{}", row.id));
    match event {
        comment::Event::CommentPosted { awaits_approval: true, .. } => Vec::new(),
        comment::Event::CommentPosted { .. } | comment::Event::CommentApproved {} => {
            let answered = row.answers.as_ref().and_then(|id| told.model.comments.get(id));
            let answered = answered.map(|answered| Reader::Participant(answered.author.clone()));
            let mut all: Vec<Notice> = answered
                .map(|reader| notice(Topic::Answers, Kind::CommentAnswered, vec![reader]))
                .into_iter()
                .collect();
            if let Subject::Proposal(id) = &row.on
                && let Some(proposal) = told.model.proposals.get(id)
            {
                let kind = if row.official { Kind::OfficiallyAnswered } else { Kind::Commented };
                all.push(notice(Topic::Answers, kind, authors(proposal, record.position)));
                all.push(notice(Topic::Followed, kind, vec![Reader::Follower(object.clone())]));
            }
            all
        }
        comment::Event::CommentRemoved { .. } => {
            vec![notice(Topic::Answers, Kind::CommentRemoved, vec![Reader::Participant(row.author.clone())])]
        }
        comment::Event::CommentPinned {}
        | comment::Event::CommentUnpinned {}
        | comment::Event::CommentWithdrawn {}
        | comment::Event::CommentRestored { .. } => Vec::new(),
    }
}
