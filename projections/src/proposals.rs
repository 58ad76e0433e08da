//! Proposals (`dépôts`): as they stand, as they stood before, and where they went.

use crate::overview::{Moment, Reasoned};
use crate::projects::ProjectState;
use crate::versions::{ChangeRow, VersionRow, versions};
use crate::{Model, search, similar, workshops};
use domain::proposal::{Deposit, Event, MergeKind};
use domain::{Hidden, ProjectId, ProposalId, Record, Role, WorkshopId};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// That a proposal became part of a project.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Merge {
    /// The project.
    pub project: ProjectId,
    /// How.
    pub kind: MergeKind,
    /// How much of it went into the project, in percent, where that was said.
    pub share_percent: Option<u8>,
    /// Why, if said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<Hidden<String>>,
    /// The workshop in which it was agreed, if it was one.
    pub workshop: Option<WorkshopId>,
    /// When.
    pub moment: Moment,
    /// In which role.
    pub by: Role,
    /// That it is no longer part of it.
    pub undone: Option<Reasoned>,
}

/// Somebody who joined the author.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CoAuthorRow {
    /// Their pseudonym.
    pub pseudonym: String,
    /// Their public name.
    pub name: Hidden<String>,
    /// Since when.
    pub joined: Moment,
}

/// Where a proposal stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ProposalState {
    /// Deposited, not yet part of a project.
    Deposited,
    /// Part of at least one project.
    Merged,
    /// Taken back by its author.
    Withdrawn,
    /// Taken out of public view by a moderator.
    Removed,
    /// Not shown before a moderator approves it.
    AwaitingApproval,
    /// Part of a project that departments instruct.
    UnderInstruction,
    /// Part of a project that is on the ballot.
    Retained,
    /// Part of projects of which none came on the ballot.
    NotRetained,
}

/// A proposal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProposalRow {
    /// Its id.
    pub id: ProposalId,
    /// As it is now.
    pub deposit: Arc<Deposit>,
    /// When it was deposited.
    pub deposited: Moment,
    /// The role in which it was deposited: an agent's for a deposit on paper.
    pub deposited_by: Role,
    /// Its changes, oldest first.
    pub changes: Vec<ChangeRow<Deposit>>,
    /// Those who joined the author and didn't leave.
    pub co_authors: Vec<CoAuthorRow>,
    /// Whether a moderator has to approve it before it is shown.
    pub awaits_approval: bool,
    /// When a moderator approved it, the last time.
    pub approved: Option<Moment>,
    /// That a moderator took it out of public view.
    pub removed: Option<Reasoned>,
    /// That it came back into public view, when it did and is there now.
    pub restored: Option<Reasoned>,
    /// When and why it was taken back.
    pub withdrawn: Option<(Moment, Option<Withdrawal>)>,
    /// The projects it became part of, oldest first; also those it is no longer part of.
    pub merges: Vec<Merge>,
    /// How many support it.
    pub supports: u32,
    /// How many comments everybody may read.
    pub comments: u32,
    /// How often it was reported.
    pub reports: u32,
    /// Its texts as people search them.
    #[serde(skip)]
    pub searchable: Arc<str>,
    /// The words of its texts that tell it from others, as numbers.
    #[serde(skip)]
    pub(crate) words: Arc<[u64]>,
}

/// Why a proposal was taken back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Withdrawal {
    /// The author's words.
    pub reason: Hidden<String>,
}

impl ProposalRow {
    /// Where it stands by itself; where its projects stand, [`proposal_state`] looks at.
    pub fn state(&self) -> ProposalState {
        if self.removed.is_some() {
            ProposalState::Removed
        } else if self.withdrawn.is_some() {
            ProposalState::Withdrawn
        } else if self.awaits_approval {
            ProposalState::AwaitingApproval
        } else if self.current_merges().next().is_some() {
            ProposalState::Merged
        } else {
            ProposalState::Deposited
        }
    }

    /// Whether everybody may read it.
    pub fn is_public(&self) -> bool {
        !self.awaits_approval && self.removed.is_none()
    }

    /// Whether this pseudonym is one of its authors.
    pub fn is_by(&self, pseudonym: &str) -> bool {
        self.deposit.author == pseudonym || self.co_authors.iter().any(|one| one.pseudonym == pseudonym)
    }

    /// The number of the version that stands: 1 as deposited.
    pub fn version(&self) -> u64 {
        self.changes.last().map_or(1, |change| change.number)
    }

    /// All versions, oldest first; the last one stands.
    pub fn versions(&self) -> Vec<VersionRow<Deposit>> {
        versions(self.deposited, self.deposited_by, &self.changes, &self.deposit)
    }

    /// The projects it is part of, oldest first.
    pub fn current_merges(&self) -> impl Iterator<Item = &Merge> {
        self.merges.iter().filter(|merge| merge.undone.is_none())
    }

    /// Works out again what follows from its texts.
    pub(crate) fn index(&mut self) {
        self.searchable = searchable(&self.deposit);
        self.words = similar::words_of(&self.deposit);
    }

    /// The position up to which reports of it are settled.
    pub(crate) fn settled(&self) -> Option<u64> {
        let acts = [&self.removed, &self.restored].into_iter().flatten().map(|act| act.moment);
        acts.chain(self.approved).map(|moment| moment.position).max()
    }
}

/// Where a proposal stands, with its projects: on the ballot if one of them is, else under instruction
/// if one of them is, else not retained if one was refused.
pub fn proposal_state(model: &Model, row: &ProposalRow) -> ProposalState {
    let own = row.state();
    if own != ProposalState::Merged {
        return own;
    }
    let projects = || row.current_merges().filter_map(|merge| model.projects.get(&merge.project));
    if projects().any(|project| project.state() == ProjectState::Admitted) {
        return ProposalState::Retained;
    }
    if projects().any(|project| project.is_instructed()) {
        return ProposalState::UnderInstruction;
    }
    let mut open = projects().filter(|project| project.state() != ProjectState::Ended).peekable();
    let refused = open.peek().is_some() && open.all(|project| project.state() == ProjectState::Refused);
    if refused { ProposalState::NotRetained } else { ProposalState::Merged }
}

pub(crate) fn apply(model: &mut Model, record: &Record, event: &Event) {
    let Ok(id) = record.id.parse::<ProposalId>() else { return };
    if let Event::ProposalDeposited { deposit, awaits_approval } = event {
        let row = ProposalRow {
            id: id.clone(),
            searchable: searchable(deposit),
            words: similar::words_of(deposit),
            deposit: Arc::new(Deposit::clone(deposit)),
            deposited: Moment::from(record),
            deposited_by: record.actor.role,
            changes: Vec::new(),
            co_authors: Vec::new(),
            awaits_approval: *awaits_approval,
            approved: None,
            removed: None,
            restored: None,
            withdrawn: None,
            merges: Vec::new(),
            supports: 0,
            comments: 0,
            reports: 0,
        };
        model.proposals.put(id.clone(), row);
    }
    if let Event::ProposalMerged { project, workshop: Some(workshop), .. } = event {
        workshops::refer(model, project, [workshop]);
    }
    model.proposals.change(&id, |row| change(row, record, event));
}

fn change(row: &mut ProposalRow, record: &Record, event: &Event) {
    let (moment, by) = (Moment::from(record), record.actor.role);
    match event {
        Event::ProposalDeposited { .. } | Event::CoAuthorInvited { .. } => {}
        Event::ProposalEdited { version, deposit, awaits_approval } => {
            row.awaits_approval |= *awaits_approval;
            let before = std::mem::replace(&mut row.deposit, Arc::new(Deposit::clone(deposit)));
            row.index();
            row.changes.push(ChangeRow { number: *version, moment, by, workshop: None, before });
        }
        Event::CoAuthorJoined { author, name, .. } => {
            row.co_authors.push(CoAuthorRow { pseudonym: author.clone(), name: name.clone(), joined: moment });
        }
        Event::CoAuthorLeft { author } => row.co_authors.retain(|one| one.pseudonym != *author),
        Event::ProposalApproved {} => {
            row.awaits_approval = false;
            row.approved = Some(moment);
        }
        Event::ProposalRemoved { reason } => {
            row.removed = Some(Reasoned::new(record, reason));
            row.restored = None;
        }
        Event::ProposalRestored { reason } => {
            row.removed = None;
            row.restored = Some(Reasoned::new(record, reason));
        }
        Event::ProposalWithdrawn { reason } => {
            row.withdrawn = Some((moment, reason.clone().map(|reason| Withdrawal { reason })));
        }
        Event::ProposalMerged { project, kind, share_percent, reason, workshop } => row.merges.push(Merge {
            project: project.clone(),
            kind: *kind,
            share_percent: *share_percent,
            reason: reason.clone(),
            workshop: workshop.clone(),
            moment,
            by,
            undone: None,
        }),
        Event::MergeUndone { project, reason } => {
            let mut standing = row.merges.iter_mut().filter(|merge| merge.undone.is_none());
            if let Some(merge) = standing.find(|merge| merge.project == *project) {
                merge.undone = Some(Reasoned::new(record, reason));
            }
        }
    }
}

/// The texts of a proposal as people search them.
fn searchable(deposit: &Deposit) -> Arc<str> {
    let texts = [&deposit.reference, text(&deposit.title), text(&deposit.description)];
    search::fold(&texts.map(String::as_str).join(" ")).into()
}

/// The text, empty when redacted.
pub(crate) fn text(value: &Hidden<String>) -> &String {
    static EMPTY: String = String::new();
    value.get().unwrap_or(&EMPTY)
}
