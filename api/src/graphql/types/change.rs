//! The smallest change that would have elected a project, in answers.

use super::scalars::Amount;
use crate::change_words;
use async_graphql::{Enum, Object, SimpleObject};
use domain::Cents;
use domain::rejection::Language;
use tally::{Change, Changes};

/// What is known of a change.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChangeState {
    /// The project is elected: it needs none.
    Elected,
    /// It was withdrawn: none would have elected it.
    Withdrawn,
    /// `value` would have elected it, and the next smaller change wouldn't.
    Found,
    /// No change of this kind was found.
    None,
    /// There is no number for it under this rule: votes of both channels weigh differently, or what a
    /// project is worth falls with its cost.
    Undefined,
    /// Finding it takes more work than is done here; `parvis-replay tally --explain` finds it.
    TooLarge,
}

impl<T> From<Change<T>> for ChangeState {
    fn from(change: Change<T>) -> Self {
        match change {
            Change::Elected => Self::Elected,
            Change::Withdrawn => Self::Withdrawn,
            Change::Found { .. } => Self::Found,
            Change::None { .. } => Self::None,
            Change::Undefined => Self::Undefined,
            Change::TooLarge => Self::TooLarge,
        }
    }
}

/// What a number of further votes counts.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "tally::Gain")]
pub enum Gain {
    /// Counted ballots that would have named it too, whatever their most choices.
    Votes,
    /// Points that those who support it would have given it on top.
    Points,
    /// Further ballots that name it alone, each with the most that it may give one project.
    BallotsAlone,
    /// Counted ballots that would have given it the best grade instead of their own, worst first.
    BestGrades,
}

/// A number of further votes.
#[derive(SimpleObject, Clone, Copy, Debug)]
pub struct VotesChange {
    /// What is known of it.
    pub state: ChangeState,
    /// What the number counts.
    pub gain: Gain,
    /// How many; null unless found.
    pub value: Option<u64>,
    /// Whether nothing less would have elected it (or, with `NONE`, nothing at all). If not, the rule lets
    /// a smaller change elect where a larger one doesn't, and not every one was tried. Null where there
    /// is nothing to say it of.
    pub exact: Option<bool>,
}

/// A lower cost.
#[derive(SimpleObject, Clone, Copy, Debug)]
pub struct CostChange {
    /// What is known of it.
    pub state: ChangeState,
    /// The highest cost, below its own, at which it would have been elected; null unless found.
    pub value: Option<Amount>,
    /// As for votes.
    pub exact: Option<bool>,
}

/// The smallest changes that would have elected a project.
pub struct SmallestChanges {
    pub(crate) changes: Changes,
    pub(crate) currency: String,
    pub(crate) language: Language,
}

fn value<T>(change: Change<T>) -> (Option<T>, Option<bool>) {
    match change {
        Change::Found { value, exact } => (Some(value), Some(exact)),
        Change::None { exact } => (None, Some(exact)),
        Change::Elected | Change::Withdrawn | Change::Undefined | Change::TooLarge => (None, None),
    }
}

/// The smallest changes that would have elected a project (`ce qui lui a manqué`), each all else
/// unchanged.
#[Object]
impl SmallestChanges {
    /// Further votes.
    async fn votes(&self) -> VotesChange {
        let (found, exact) = value::<u64>(self.changes.votes);
        VotesChange { state: self.changes.votes.into(), gain: self.changes.gain.into(), value: found, exact }
    }

    /// A lower cost.
    async fn cost(&self) -> CostChange {
        let (found, exact) = value::<Cents>(self.changes.cost);
        CostChange { state: self.changes.cost.into(), value: found.map(Amount), exact }
    }

    /// Both in words, in the client's language.
    async fn in_words(&self) -> String {
        change_words::changes(&self.changes, &self.currency, self.language)
    }
}
