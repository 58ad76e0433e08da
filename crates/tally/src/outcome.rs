//! The outcome of a count: winners in order, and for each project the reason.
//!
//! Owns the shape that programs and people read. Computes nothing: look at
//! `greedy.rs` for how it comes about.

use crate::tie_break::{Merit, Standing};
use crate::{Around, Candidate, Cents, Count, Invalid, MinScore, TallyRule, TieBreak, judgment};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Why a project was elected or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Reason {
    /// Its turn came and it fitted in what was left.
    Elected,
    /// Its turn came, it cost more than what was left, and what was left was enough of its cost that it
    /// is funded all the same.
    ElectedBeyondEnvelope,
    /// It lies in a priority neighbourhood, and these had not reached their floor.
    ElectedByEarmark,
    /// Its group had fewer winners than it needs.
    ElectedForItsGroup,
    /// The rule itself had ended, and it fitted when what was left was spent by score.
    ElectedInCompletion,
    /// Its turn came and it cost more than what was left.
    CostExceedsWhatIsLeft,
    /// The rule stops at the first project that doesn't fit, and one ranked above didn't.
    StoppedBefore,
    /// It didn't reach the threshold.
    BelowMinScore,
    /// It was withdrawn.
    Withdrawn,
    /// A winner can't be carried out beside it.
    ExcludedByWinner,
    /// As many winners as there may be had been taken.
    EnoughWinners,
    /// Its group had as many winners as it may have, or with it would cost more than it may.
    GroupCapReached,
    /// Its supporters together have less money left of their shares than it costs.
    SupportersCannotPay,
    /// It isn't in the set of projects with the greatest sum of utilities.
    NotInBestSet,
}

impl Reason {
    /// The stable code, as in JSON.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Elected => "ELECTED",
            Self::ElectedBeyondEnvelope => "ELECTED_BEYOND_ENVELOPE",
            Self::ElectedByEarmark => "ELECTED_BY_EARMARK",
            Self::ElectedForItsGroup => "ELECTED_FOR_ITS_GROUP",
            Self::CostExceedsWhatIsLeft => "COST_EXCEEDS_WHAT_IS_LEFT",
            Self::StoppedBefore => "STOPPED_BEFORE",
            Self::BelowMinScore => "BELOW_MIN_SCORE",
            Self::Withdrawn => "WITHDRAWN",
            Self::ExcludedByWinner => "EXCLUDED_BY_WINNER",
            Self::EnoughWinners => "ENOUGH_WINNERS",
            Self::GroupCapReached => "GROUP_CAP_REACHED",
            Self::ElectedInCompletion => "ELECTED_IN_COMPLETION",
            Self::SupportersCannotPay => "SUPPORTERS_CANNOT_PAY",
            Self::NotInBestSet => "NOT_IN_BEST_SET",
        }
    }

    /// Whether a project with this reason is elected.
    pub const fn is_elected(self) -> bool {
        match self {
            Self::Elected
            | Self::ElectedBeyondEnvelope
            | Self::ElectedByEarmark
            | Self::ElectedForItsGroup
            | Self::ElectedInCompletion => true,
            Self::CostExceedsWhatIsLeft
            | Self::StoppedBefore
            | Self::BelowMinScore
            | Self::Withdrawn
            | Self::ExcludedByWinner
            | Self::EnoughWinners
            | Self::GroupCapReached
            | Self::SupportersCannotPay
            | Self::NotInBestSet => false,
        }
    }
}

/// What became of one project, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// Place by score and tie-breaks, from 1, over all projects.
    pub rank: usize,
    /// Points or votes, all channels.
    pub score: i64,
    /// Points or votes online.
    pub digital: i64,
    /// Points or votes on paper.
    pub paper: i64,
    /// Ballots that support it.
    pub supporters: u64,
    /// Whether it is elected.
    pub elected: bool,
    /// Why.
    pub reason: Reason,
    /// Its cost.
    pub cost: Cents,
    /// Money left when its turn came; for a project passed over, when it was passed over.
    pub left: Cents,
    /// The tie-break that put it below the project ranked just above, if both have the same score.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub tied_by: Option<TieBreak>,
    /// The least gain that would have elected it, all else unchanged.
    ///
    /// Where a ballot gives one vote: that many more of the counted ballots
    /// naming it, whatever their most choices; `None` if not even all would do. Where it gives
    /// points: that many more points from those who support it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub extra_score_needed: Option<u64>,
    /// The highest cost, below its own, at which it would have been elected, all else unchanged.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub highest_cost_elected: Option<Cents>,
    /// For a loser under equal shares: what its supporters have left of their shares together, in
    /// whole cents rounded down, when nothing can be paid any more.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub supporters_left: Option<Cents>,
    /// For a loser under equal shares: what its supporters paid together for each winner, in order of
    /// selection, in whole cents rounded down.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub spent_on: Vec<Spending>,
    /// How it was graded, where ballots give grades.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub judgment: Option<Judgment>,
}

impl Decision {
    /// What is told of a project alike under every rule.
    pub(crate) fn new(
        rank: usize,
        standing: &Standing<'_>,
        count: &Count,
        reason: Reason,
        left: Cents,
        tied_by: Option<TieBreak>,
    ) -> Self {
        let score = count.scores.get(standing.project).copied().unwrap_or_default();
        Self {
            rank,
            score: score.total,
            digital: score.digital,
            paper: score.paper,
            supporters: score.supporters,
            elected: reason.is_elected(),
            reason,
            cost: standing.cost,
            left,
            tied_by,
            extra_score_needed: None,
            highest_cost_elected: None,
            supporters_left: None,
            spent_on: Vec::new(),
            judgment: match standing.merit {
                Merit::Graded(rank) => judgment::of(count, standing.project, rank),
                Merit::Score | Merit::ScorePerCost => None,
            },
        }
    }
}

/// What some voters paid together for one project.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spending {
    /// The project's id.
    pub id: String,
    /// How much, in whole cents rounded down.
    pub cents: Cents,
}

/// How a project was graded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Judgment {
    /// Its place by grades alone, from 1; projects graded exactly alike share one.
    pub rank: usize,
    /// The median grade, as its place in the list of grades, worst first.
    pub median: usize,
    /// Ballots that grade it higher than its median grade.
    pub above: u64,
    /// Ballots that grade it lower.
    pub below: u64,
    /// Ballots per grade, worst first; a ballot that gives it none counts with the default grade.
    pub grades: Vec<u64>,
}

/// The outcome of an election under a rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    /// The rule it was counted under.
    pub rule: TallyRule,
    /// Indices of the winners among the candidates, in order of selection.
    pub winners: Vec<usize>,
    /// The winners' costs together; above the budget only where the rule says so.
    pub spent: Cents,
    /// The envelope.
    pub budget: Cents,
    /// Ballots that count.
    pub counted: u64,
    /// Ballots that don't, by reason.
    pub invalid: BTreeMap<Invalid, u64>,
    /// Ballots among the counted that break a rule and were kept as cast, by reason.
    pub kept_as_cast: BTreeMap<Invalid, u64>,
    /// Papers on count sheets that don't count, by the code of their reason.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
    pub void: BTreeMap<String, u64>,
    /// One decision per candidate, in the election's order.
    pub projects: Vec<Decision>,
}

impl Outcome {
    pub(crate) fn new(rule: &TallyRule, budget: Cents, count: Count) -> Self {
        Self {
            rule: rule.clone(),
            winners: Vec::new(),
            spent: Cents::ZERO,
            budget,
            counted: count.valid,
            invalid: count.invalid,
            kept_as_cast: count.kept_as_cast,
            void: count.void,
            projects: Vec::with_capacity(count.scores.len()),
        }
    }

    /// The outcome as published: ids for indices, projects by rank.
    ///
    /// `candidates` are those of the election that gave the outcome.
    pub fn report<'a>(&'a self, candidates: &'a [Candidate]) -> Report<'a> {
        let id_of = |index: usize| candidates.get(index).map(|c| c.id.as_str());
        let mut projects: Vec<ReportedProject<'a>> = candidates
            .iter()
            .zip(&self.projects)
            .map(|(candidate, decision)| ReportedProject { id: &candidate.id, decision })
            .collect();
        projects.sort_unstable_by_key(|p| p.decision.rank);
        Report {
            rule: self.rule.name().to_string(),
            min_score: self.rule.min_score,
            tie_break: TieBreak::chain_text(&self.rule.tie_break),
            around: &self.rule.around,
            winners: self.winners.iter().filter_map(|&w| id_of(w)).collect(),
            spent: self.spent,
            budget: self.budget,
            counted: self.counted,
            invalid: &self.invalid,
            kept_as_cast: &self.kept_as_cast,
            void: &self.void,
            projects,
        }
    }
}

/// What `tally --json` prints.
#[derive(Clone, Debug, Serialize)]
pub struct Report<'a> {
    /// The rule's name on a command line.
    pub rule: String,
    /// The threshold, if any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_score: Option<MinScore>,
    /// The chain of tie-breaks as a command line takes it, the silent last link included.
    pub tie_break: String,
    /// What stands around the rule, if anything.
    #[serde(skip_serializing_if = "Around::is_default")]
    pub around: &'a Around,
    /// Ids in order of selection.
    pub winners: Vec<&'a str>,
    /// Cents spent.
    pub spent: Cents,
    /// Cents there were.
    pub budget: Cents,
    /// Ballots that count.
    pub counted: u64,
    /// Ballots that don't, by reason.
    pub invalid: &'a BTreeMap<Invalid, u64>,
    /// Ballots among the counted that break a rule and were kept as cast, by reason.
    pub kept_as_cast: &'a BTreeMap<Invalid, u64>,
    /// Papers on count sheets that don't count, by the code of their reason.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub void: &'a BTreeMap<String, u64>,
    /// All projects, by rank.
    pub projects: Vec<ReportedProject<'a>>,
}

/// One project of a [`Report`].
#[derive(Clone, Debug, Serialize)]
pub struct ReportedProject<'a> {
    /// The project's id.
    pub id: &'a str,
    /// What became of it.
    #[serde(flatten)]
    pub decision: &'a Decision,
}
