//! An older version, without what may no longer be read.
//!
//! Owns what the present takes from the past: values that were removed from the log since, and proposals
//! and comments that are no longer in public view. Nothing else of an older version changes, and nothing
//! is added: what wasn't public then isn't public in it now. How a value is taken out of each table:
//! `texts.rs`.

use crate::Model;
use crate::comments::CommentRow;
use crate::texts::{self, Removal};
use domain::comment::Subject;
use domain::redaction::Target;
use std::sync::Arc;

impl Model {
    /// Takes out of this version what was removed from the same log up to `now`.
    pub fn forget_removed(&mut self, now: &Self) {
        let mut removed: Vec<(Target, Removal)> = Vec::new();
        for (position, paths) in now.campaign.redacted.range(..self.size()) {
            let Some(row) = now.texts.get(position) else { continue };
            for path in paths.iter().filter(|path| !self.campaign.is_redacted(*position, path)) {
                let target = Target { position: *position, path: path.clone() };
                removed.extend(row.redacted.get(path).map(|removal| (target, *removal)));
            }
        }
        if removed.is_empty() {
            return;
        }
        let redacted = &mut Arc::make_mut(&mut self.campaign).redacted;
        for (target, _) in &removed {
            redacted.entry(target.position).or_default().insert(target.path.clone());
        }
        for (target, removal) in &removed {
            texts::take(self, target, *removal);
        }
    }

    /// Leaves in this version only what everybody may still read `now`, of the same log: removed values are
    /// gone, and a proposal or comment that is out of view now is out of view here, for the same reason.
    pub fn veil(&mut self, now: &Self) {
        self.forget_removed(now);
        for row in now.proposals.rows() {
            let Some(then) = self.proposals.get(&row.id) else { continue };
            if then.is_public() && !row.is_public() {
                self.proposals.change(&row.id, |then| {
                    then.awaits_approval = row.awaits_approval;
                    then.removed.clone_from(&row.removed);
                });
            }
            // Its author doesn't want its pictures to be shown any more.
            if !row.deposit.consents.images
                && self.proposals.get(&row.id).is_some_and(|then| then.deposit.consents.images)
            {
                self.proposals.change(&row.id, |then| Arc::make_mut(&mut then.deposit).consents.images = false);
            }
        }
        for row in now.comments.rows().filter(|row| !row.is_public()) {
            if self.comments.get(&row.id).is_some_and(|then| then.is_public()) {
                self.hide_comment(row);
            }
        }
    }

    fn hide_comment(&mut self, row: &CommentRow) {
        self.comments.change(&row.id, |then| {
            then.awaits_approval = row.awaits_approval;
            then.withdrawn = row.withdrawn;
            then.removed.clone_from(&row.removed);
        });
        if let Subject::Proposal(proposal) = &row.on {
            self.proposals.change(proposal, |then| then.comments = then.comments.saturating_sub(1));
        }
    }
}
