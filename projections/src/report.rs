//! A count as `tally --json` prints it: over all areas, and each area's own.
//!
//! Both binaries print this one shape. Projects are named by their public reference.

use domain::count::AreaCount;
use domain::leftovers::Flow;
use domain::{AreaId, Cents, ProjectId};
use serde::Serialize;
use std::collections::BTreeMap;
use tally::{Around, Invalid, MinScore, Outcome, ReportedProject, TallyRule, TieBreak};

/// What `tally --json` prints.
#[derive(Clone, Debug, Serialize)]
pub struct CountReport<'a> {
    /// The campaign's code.
    pub campaign: &'a str,
    /// The rule's name on a command line.
    pub rule: String,
    /// The threshold, if any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_score: Option<MinScore>,
    /// The chain of tie-breaks as a command line takes it.
    pub tie_break: String,
    /// What stands around the rule, if anything.
    #[serde(skip_serializing_if = "Around::is_default")]
    pub around: Around,
    /// References of the winners, area by area, in order of selection.
    pub winners: Vec<&'a str>,
    /// Cents spent; null when the sum is too large.
    pub spent: Option<Cents>,
    /// Cents there were; null when the sum is too large.
    pub budget: Option<Cents>,
    /// Ballots that count.
    pub counted: u64,
    /// Ballots that don't, by reason.
    pub invalid: BTreeMap<Invalid, u64>,
    /// Ballots among the counted that break a rule and were kept as cast, by reason.
    pub kept_as_cast: BTreeMap<Invalid, u64>,
    /// Papers that are no ballot to the rule, by the code of their reason.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub void: BTreeMap<&'a str, u64>,
    /// All projects, area by area, by rank.
    pub projects: Vec<AreaProject<'a>>,
    /// The areas in the city's own order.
    pub areas: Vec<AreaReport<'a>>,
}

/// A project in a [`CountReport`]; its `id` is the public reference.
#[derive(Clone, Debug, Serialize)]
pub struct AreaProject<'a> {
    /// Its area.
    pub area: &'a AreaId,
    /// Its stream's id.
    pub project: &'a ProjectId,
    /// The reference, and what became of it.
    #[serde(flatten)]
    pub reported: ReportedProject<'a>,
}

/// An area in a [`CountReport`].
#[derive(Clone, Debug, Serialize)]
pub struct AreaReport<'a> {
    /// The area.
    pub area: &'a AreaId,
    /// References of the winners in order of selection.
    pub winners: Vec<&'a str>,
    /// Cents spent.
    pub spent: Cents,
    /// Cents there were, with what the area received.
    pub budget: Cents,
    /// What it received of other areas' envelopes.
    #[serde(skip_serializing_if = "<[Flow]>::is_empty")]
    pub received: &'a [Flow],
    /// Ballots that count.
    pub counted: u64,
    /// Ballots that don't, by reason.
    pub invalid: &'a BTreeMap<Invalid, u64>,
    /// Ballots among the counted that break a rule and were kept as cast, by reason.
    pub kept_as_cast: &'a BTreeMap<Invalid, u64>,
    /// Papers that are no ballot to the rule, by the code of their reason.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub void: &'a BTreeMap<String, u64>,
}

impl<'a> CountReport<'a> {
    /// The report of these counts, which were made under this rule.
    pub fn new(campaign: &'a str, rule: &TallyRule, counts: &'a [AreaCount]) -> Self {
        let outcomes = || counts.iter().map(|count| &count.outcome);
        let sum = |of: fn(&Outcome) -> &BTreeMap<Invalid, u64>| {
            let mut all = BTreeMap::new();
            for (reason, count) in outcomes().flat_map(of) {
                *all.entry(*reason).or_default() += count;
            }
            all
        };
        // What one area hands on to another is there once.
        let received = counts.iter().flat_map(|count| count.received.iter().map(|flow| flow.cents));
        let budget = Cents::sum(outcomes().map(|outcome| outcome.budget));
        let own = budget.zip(Cents::sum(received)).and_then(|(all, received)| all.checked_sub(received));
        let mut void: BTreeMap<&str, u64> = BTreeMap::new();
        for (reason, papers) in counts.iter().flat_map(|count| &count.outcome.void) {
            *void.entry(reason).or_default() += papers;
        }
        let areas: Vec<AreaReport<'a>> = counts.iter().map(area).collect();
        Self {
            campaign,
            rule: rule.name().to_string(),
            min_score: rule.min_score,
            tie_break: TieBreak::chain_text(&rule.tie_break),
            around: rule.around.clone(),
            winners: areas.iter().flat_map(|area| area.winners.iter().copied()).collect(),
            spent: Cents::sum(outcomes().map(|outcome| outcome.spent)),
            budget: own,
            counted: outcomes().map(|outcome| outcome.counted).sum(),
            invalid: sum(|outcome| &outcome.invalid),
            kept_as_cast: sum(|outcome| &outcome.kept_as_cast),
            void,
            projects: counts.iter().flat_map(projects).collect(),
            areas,
        }
    }
}

fn area(count: &AreaCount) -> AreaReport<'_> {
    let outcome = &count.outcome;
    let references = outcome.winners.iter().filter_map(|place| count.entries.get(*place));
    AreaReport {
        area: &count.area,
        winners: references.map(|entry| entry.reference.as_str()).collect(),
        spent: outcome.spent,
        budget: outcome.budget,
        received: &count.received,
        counted: outcome.counted,
        invalid: &outcome.invalid,
        kept_as_cast: &outcome.kept_as_cast,
        void: &outcome.void,
    }
}

fn projects(count: &AreaCount) -> Vec<AreaProject<'_>> {
    let decided = count.entries.iter().zip(&count.outcome.projects);
    let mut projects: Vec<AreaProject<'_>> = decided
        .map(|(entry, decision)| AreaProject {
            area: &count.area,
            project: &entry.project,
            reported: ReportedProject { id: &entry.reference, decision },
        })
        .collect();
    projects.sort_unstable_by_key(|project| project.reported.decision.rank);
    projects
}
