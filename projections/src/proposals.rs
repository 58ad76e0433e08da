//! Proposals (`dépôts`) and where they went.

use crate::overview::Moment;
use crate::{Table, search};
use domain::proposal::{Deposit, Event, MergeKind};
use domain::{Hidden, ProjectId, ProposalId, Record};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// That a proposal became part of a project.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Merge {
    /// The project.
    pub project: ProjectId,
    /// How.
    pub kind: MergeKind,
    /// When.
    pub moment: Moment,
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
}

/// A proposal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProposalRow {
    /// Its id.
    pub id: ProposalId,
    /// What its author filled in.
    pub deposit: Arc<Deposit>,
    /// When it was deposited.
    pub deposited: Moment,
    /// When and why it was taken back.
    pub withdrawn: Option<(Moment, Option<Withdrawal>)>,
    /// The projects it is part of, oldest first.
    pub merges: Vec<Merge>,
    /// Its texts as people search them.
    #[serde(skip)]
    pub searchable: Arc<str>,
}

/// Why a proposal was taken back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Withdrawal {
    /// The author's words.
    pub reason: Hidden<String>,
}

impl ProposalRow {
    /// Where it stands.
    pub fn state(&self) -> ProposalState {
        match (&self.withdrawn, self.merges.is_empty()) {
            (Some(_), _) => ProposalState::Withdrawn,
            (None, true) => ProposalState::Deposited,
            (None, false) => ProposalState::Merged,
        }
    }
}

pub(crate) fn apply(proposals: &mut Table<ProposalId, ProposalRow>, record: &Record, event: &Event) {
    let Ok(id) = record.id.parse::<ProposalId>() else { return };
    let moment = Moment::from(record);
    match event {
        Event::ProposalDeposited { deposit, .. } => {
            let row = ProposalRow {
                id: id.clone(),
                searchable: searchable(deposit),
                deposit: Arc::new(Deposit::clone(deposit)),
                deposited: moment,
                withdrawn: None,
                merges: Vec::new(),
            };
            proposals.put(id, row);
        }
        Event::ProposalWithdrawn { reason } => {
            let reason = reason.clone().map(|reason| Withdrawal { reason });
            proposals.change(&id, |row| row.withdrawn = Some((moment, reason)));
        }
        Event::ProposalMerged { project, kind, .. } => {
            let merge = Merge { project: project.clone(), kind: *kind, moment };
            proposals.change(&id, |row| row.merges.push(merge));
        }
        Event::ProposalEdited { .. }
        | Event::CoAuthorInvited { .. }
        | Event::CoAuthorJoined { .. }
        | Event::CoAuthorLeft { .. }
        | Event::ProposalApproved {}
        | Event::ProposalRemoved { .. }
        | Event::ProposalRestored { .. }
        | Event::MergeUndone { .. } => {}
    }
}

/// The texts of a proposal as people search them.
pub(crate) fn searchable(deposit: &Deposit) -> Arc<str> {
    let texts = [&deposit.reference, text(&deposit.title), text(&deposit.description)];
    search::fold(&texts.map(String::as_str).join(" ")).into()
}

/// The text, empty when redacted.
pub(crate) fn text(value: &Hidden<String>) -> &String {
    static EMPTY: String = String::new();
    value.get().unwrap_or(&EMPTY)
}
