//! What participants say in public beside depositing and writing: supports (`soutiens`) and reports
//! (`signalements`).

use crate::Model;
use crate::overview::Moment;
use domain::participant::{Content, Event};
use domain::{ActorId, Hidden, ProposalId, Record};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What somebody supports.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SupportsRow {
    /// Who, by pseudonym.
    pub by: ActorId,
    /// The proposals, with the moment since when.
    pub proposals: BTreeMap<ProposalId, Moment>,
}

/// That somebody reported something to the moderators.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportRow {
    /// What.
    pub content: Content,
    /// Who, by pseudonym.
    pub by: String,
    /// When.
    pub moment: Moment,
    /// Why.
    pub reason: Hidden<String>,
}

impl Model {
    /// Whether somebody supports a proposal.
    pub fn supports(&self, by: &ActorId, proposal: &ProposalId) -> bool {
        self.supports.get(by).is_some_and(|row| row.proposals.contains_key(proposal))
    }

    /// The reports that wait for a moderator, oldest first: what was reported was neither removed, put
    /// back nor approved since, and its author didn't take it away.
    pub fn open_reports(&self) -> impl Iterator<Item = &Arc<ReportRow>> {
        self.reports.rows().filter(|report| {
            let settled = match &report.content {
                Content::Proposal(id) => self.proposals.get(id).and_then(|row| row.settled()),
                Content::Comment(id) => self.comments.get(id).and_then(|row| row.settled()),
            };
            settled.is_none_or(|position| position < report.moment.position)
        })
    }
}

pub(crate) fn apply(model: &mut Model, record: &Record, event: &Event) {
    let Ok(by) = record.id.parse::<ActorId>() else { return };
    let moment = Moment::from(record);
    match event {
        Event::ProposalSupported { proposal } => {
            if model.supports.get(&by).is_none() {
                model.supports.put(by.clone(), SupportsRow { by: by.clone(), proposals: BTreeMap::new() });
            }
            model.supports.change(&by, |row| {
                row.proposals.insert(proposal.clone(), moment);
            });
            model.proposals.change(proposal, |row| row.supports = row.supports.saturating_add(1));
        }
        Event::SupportWithdrawn { proposal } => {
            model.supports.change(&by, |row| {
                row.proposals.remove(proposal);
            });
            model.proposals.change(proposal, |row| row.supports = row.supports.saturating_sub(1));
        }
        Event::ContentReported { content, reason } => {
            let row = ReportRow { content: content.clone(), by: record.id.clone(), moment, reason: reason.clone() };
            model.reports.put(record.position, row);
            match content {
                Content::Proposal(id) => model.proposals.change(id, |row| row.reports = row.reports.saturating_add(1)),
                Content::Comment(id) => model.comments.change(id, |row| row.reports = row.reports.saturating_add(1)),
            }
        }
    }
}
