//! What a count refuses, with stable codes.
//!
//! A ballot that breaks its rules is not an error: it is counted invalid
//! ([`crate::Invalid`]). A Pabulib file that can't be read has its own
//! [`PabulibError`], which knows the line.

use crate::PabulibError;
use thiserror::Error as ThisError;

/// Why an outcome can't be computed, or a rule's name not be read.
#[derive(Clone, Debug, PartialEq, Eq, ThisError)]
pub enum Error {
    /// The ballots give grades, not scores that add up.
    #[error("this rule adds up scores and the ballots give grades: choose a rule for grades")]
    RuleNeedsScores,
    /// The ballots give no grades.
    #[error("majority judgment needs a grade for each project: choose ballots with grades, or another rule")]
    RuleNeedsGrades,
    /// Points below zero under a rule in which supporters pay.
    #[error("this rule lets supporters pay and ballots give points below zero: let points begin at 0")]
    RuleNeedsSupport,
    /// Papers were counted on sheets, and the rule or the ballot type needs each ballot.
    #[error(
        "this rule needs each ballot and papers were counted on sheets: enter them card by card, or choose a rule that adds up scores"
    )]
    RuleNeedsBallots,
    /// A count sheet that doesn't fit the election or itself.
    #[error("a count sheet doesn't fit: {why}")]
    SheetDoesNotFit {
        /// What doesn't fit, and what to do.
        why: &'static str,
    },
    /// The greatest sum of utilities can't be found in reasonable time.
    #[error("there are too many projects to find the best set exactly: use another rule")]
    TooManySets,
    /// The work that somebody was ready to wait for is done, and the count isn't.
    #[error(
        "counting this takes more work than is done here: ask for a rule without raised shares, or count it at home with `parvis-replay tally`"
    )]
    TooMuchWork,
    /// The tie-break chain has a lot and none was drawn.
    #[error("the tie-break chain has a lot: give the seed (checkpoint root and public value) that draws it")]
    LotSeedMissing,
    /// Two candidates with one id, so that neither the lot nor the id tells them apart.
    #[error("two projects have the id `{id}`: give each project an id of its own")]
    DuplicateCandidate {
        /// The id.
        id: String,
    },
    /// The budget or a cost is below zero.
    #[error("{what} is below zero: correct the amount")]
    NegativeAmount {
        /// `the budget`, or which project's cost.
        what: String,
    },
    /// A project's points leave the range of ±(2^53 - 1).
    #[error("the points of project `{id}` add up to more than can be counted: check the ballots")]
    ScoreTooLarge {
        /// The project's id.
        id: String,
    },
    /// The winners' costs together leave the range of amounts.
    #[error("the winners cost more together than can be counted: check the costs")]
    SpentTooLarge,
    /// What stands around a rule doesn't fit it, or itself.
    #[error("this doesn't fit together: {why}")]
    RuleDoesNotFit {
        /// What doesn't, and what to do.
        why: &'static str,
    },
    /// No rule of that name.
    #[error("there is no rule `{name}`: use one of {known}; with a threshold, greedy-threshold or phragmen+threshold")]
    RuleUnknown {
        /// What was written.
        name: String,
        /// The names there are.
        known: String,
    },
    /// No tie-break of that name.
    #[error("there is no tie-break `{name}`: use a list of {known}, or cheap")]
    TieBreakUnknown {
        /// What was written.
        name: String,
        /// The names there are.
        known: String,
    },
    /// A Pabulib file that can't be read.
    #[error(transparent)]
    Pabulib(#[from] PabulibError),
    /// A rule with a threshold where none is set.
    #[error("the rule `{name}` needs a threshold and none is set: set one, or use the rule without")]
    ThresholdMissing {
        /// The rule's name.
        name: String,
    },
}

impl Error {
    /// The stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::RuleNeedsScores => "RULE_NEEDS_SCORES",
            Self::RuleNeedsGrades => "RULE_NEEDS_GRADES",
            Self::RuleNeedsSupport => "RULE_NEEDS_SUPPORT",
            Self::RuleNeedsBallots => "RULE_NEEDS_BALLOTS",
            Self::SheetDoesNotFit { .. } => "SHEET_DOES_NOT_FIT",
            Self::TooManySets => "TOO_MANY_SETS",
            Self::TooMuchWork => "TOO_MUCH_WORK",
            Self::LotSeedMissing => "LOT_SEED_MISSING",
            Self::DuplicateCandidate { .. } => "DUPLICATE_CANDIDATE",
            Self::NegativeAmount { .. } => "NEGATIVE_AMOUNT",
            Self::ScoreTooLarge { .. } => "SCORE_TOO_LARGE",
            Self::SpentTooLarge => "SPENT_TOO_LARGE",
            Self::RuleDoesNotFit { .. } => "RULE_DOES_NOT_FIT",
            Self::RuleUnknown { .. } => "RULE_UNKNOWN",
            Self::TieBreakUnknown { .. } => "TIE_BREAK_UNKNOWN",
            Self::Pabulib(error) => error.code,
            Self::ThresholdMissing { .. } => "THRESHOLD_MISSING",
        }
    }
}
