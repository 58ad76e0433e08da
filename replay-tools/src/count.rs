//! Owns counting again: a bundle's ballots or a bare Pabulib file, under the frozen or another rule.
//! Must not: choose winners itself (that is the crate `tally`) or print (see `run.rs`).
//! Next: `domain::count`, which turns a campaign's ballots into elections.

use crate::{
    error::Error,
    read::{at_path, open, replay},
    report::{Divergence, Stage},
};
use domain::{Code, campaign::Basis, count::AreaCount};
use projections::{Model, report::CountReport, results};
use std::{ops::ControlFlow, path::Path};
use tally::{
    Anomaly, Decision, Election, Judgment, Language, MinScore, Outcome, PabulibFile, Report, RuleName, TallyRule,
    TieBreak,
    words::{self, Unit},
};
use transparency::Policy;

/// What to count with, where it isn't what the campaign or file says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CountOptions {
    /// Another rule, for analysis.
    pub rule: Option<RuleName>,
    /// Another chain of tie-breaks.
    pub tie_break: Option<Vec<TieBreak>>,
}

impl CountOptions {
    fn applied_to(self, frozen: &TallyRule, min_score: Option<MinScore>) -> Result<TallyRule, Error> {
        let tie_break = self.tie_break.unwrap_or_else(|| frozen.tie_break.clone());
        match self.rule {
            Some(name) => Ok(name.with(min_score, tie_break)?),
            None => Ok(TallyRule { tie_break, ..frozen.clone() }),
        }
    }
}

/// A Pabulib file that was counted.
#[derive(Clone, Debug)]
pub struct PabulibTally {
    /// The election in the file.
    pub election: Election,
    /// What came out.
    pub outcome: Outcome,
    /// What is odd in the file.
    pub anomalies: Vec<Anomaly>,
}

impl PabulibTally {
    /// The outcome in the shape that is printed.
    pub fn report(&self) -> Report<'_> {
        self.outcome.report(&self.election.candidates)
    }
}

/// Counts a Pabulib file, its ballots as cast.
///
/// # Errors
/// [`Error::File`], [`Error::Tally`].
pub fn tally_pabulib(path: &Path, options: CountOptions) -> Result<PabulibTally, Error> {
    let bytes = std::fs::read(path).map_err(|source| Error::File { path: path.display().to_string(), source })?;
    let file = PabulibFile::parse(&bytes).map_err(tally::Error::from)?;
    let rule = options.applied_to(&file.rule_in_use(), file.threshold.map(MinScore::Score))?;
    let election = file.to_election();
    // A file has no lot, so a chain with one can't be followed: the error says so.
    let outcome = election.tally(&rule, None)?;
    Ok(PabulibTally { election, outcome, anomalies: file.anomalies })
}

/// A campaign that was counted, area by area.
#[derive(Clone, Debug)]
pub struct BundleTally {
    campaign: String,
    currency: String,
    rule: TallyRule,
    counts: Vec<AreaCount>,
}

/// Counts the ballots in a bundle. Signatures, leaves and commitments are checked on the way;
/// whether every event was lawful is for [`crate::verify()`].
///
/// # Errors
/// [`Error::File`], [`Error::Broken`]; [`Error::Rejected`] when the result isn't proclaimed yet
/// (nobody gets a partial one) or there are no ballots to count; [`Error::Tally`].
pub fn tally_bundle(
    path: &Path,
    trusted: Option<&Policy>,
    options: CountOptions,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<BundleTally, Error> {
    let model = model(path, trusted, progress)?;
    let recorded = model.overview.proclaimed.is_some_and(|(_, basis)| basis == Basis::Recorded);
    if recorded {
        return Err(Code::TallyRefused.with("the result was recorded as published, without ballots").into());
    }
    if !model.counts_are_public() {
        return Err(Code::TooEarly.with("the proclamation of the result; until then nobody gets a count").into());
    }
    let frozen = &model.campaign.configured()?.rules.tally;
    let rule = options.applied_to(frozen, frozen.min_score)?;
    let counts = results::tally(&model, Some(&rule))?;
    let (campaign, currency) = (model.overview.code.clone(), model.overview.currency.clone());
    Ok(BundleTally { campaign, currency, rule, counts })
}

fn model(path: &Path, trusted: Option<&Policy>, progress: &mut dyn FnMut(u64, u64)) -> Result<Model, Error> {
    let mut bundle = open(path, trusted)?;
    let total = bundle.checkpoint().size;
    let mut model = Model::default();
    let mut divergence = None;
    let read = replay(&mut bundle, |leaf| {
        let refuse = |rejection, position| Divergence::of_rejection(Stage::Tally, position, &rejection);
        let applied = leaf.event.and_then(|event| {
            let position = event.record.position;
            model.apply(&event.record).map_err(|rejection| refuse(rejection, position))
        });
        progress(model.size(), total);
        match applied {
            Ok(()) => ControlFlow::Continue(()),
            Err(found) => {
                divergence = Some(found);
                ControlFlow::Break(())
            }
        }
    });
    at_path(path, read)?;
    divergence.map_or(Ok(model), |found| Err(found.into()))
}

impl BundleTally {
    /// The counts, in the city's own order of areas.
    pub fn counts(&self) -> &[AreaCount] {
        &self.counts
    }

    /// The rule as voters read it.
    pub fn rule_in_words(&self, language: Language) -> String {
        let unit = Unit::of(self.counts.iter().map(|count| &count.election.ballot_type));
        words::rule(&self.rule, unit, &self.currency, language)
    }

    /// The outcome in the shape that is printed.
    pub fn report(&self) -> CountReport<'_> {
        CountReport::new(&self.campaign, &self.rule, &self.counts)
    }
}

/// Why a project was elected or not, in plain words.
pub fn explanation(id: &str, decision: &Decision) -> String {
    use tally::Reason;
    let Decision { rank, score, digital, paper, supporters, cost, left, .. } = decision;
    let reason = match decision.reason {
        Reason::Elected => "its turn came and it fitted in what was left",
        Reason::ElectedBeyondEnvelope => "its turn came and enough of its cost was left that it is funded in full",
        Reason::ElectedByEarmark => "it lies in a priority neighbourhood, and these had not reached their floor",
        Reason::ElectedForItsGroup => "its group had fewer winners than it needs",
        Reason::ExcludedByWinner => "a winner can't be carried out beside it",
        Reason::EnoughWinners => "as many winners as there may be had been taken",
        Reason::GroupCapReached => "its group had reached its limit",
        Reason::CostExceedsWhatIsLeft => "its turn came and it cost more than what was left",
        Reason::StoppedBefore => "the rule stops at the first project that doesn't fit, and one ranked above didn't",
        Reason::ElectedInCompletion => "the rule had ended, and it fitted when what was left was spent by score",
        Reason::SupportersCannotPay => "its supporters together have less money left of their shares than it costs",
        Reason::NotInBestSet => "it isn't in the set with the greatest sum of utilities",
        Reason::BelowMinScore => "it didn't reach the threshold",
        Reason::Withdrawn => "it was withdrawn",
    };
    let verdict = if decision.elected { "ELECTED" } else { "NOT ELECTED" };
    let mut text = format!(
        "{id}: {verdict} ({}): {reason}.\n  rank {rank}, score {score} ({digital} digital, {paper} paper), \
         {supporters} ballots support it\n  cost {cost}, left when its turn came {left}\n",
        decision.reason.code()
    );
    if let Some(link) = decision.tied_by {
        text.push_str(&format!("  same score as the project ranked just above, told apart by {link}\n"));
    }
    if let Some(judgment) = &decision.judgment {
        let Judgment { rank, median, above, below, grades } = judgment;
        let grades: Vec<String> = grades.iter().map(u64::to_string).collect();
        text.push_str(&format!(
            "  by its grades in place {rank}: median grade number {median} (0 is the worst), {above} ballots above it, \
             {below} below\n  ballots per grade, worst first: {}\n",
            grades.join(" ")
        ));
    }
    if let Some(left) = decision.supporters_left {
        text.push_str(&format!("  its supporters have {left} left together\n"));
    }
    for spent in &decision.spent_on {
        text.push_str(&format!("  they paid {} for {}\n", spent.cents, spent.id));
    }
    if let Some(more) = decision.extra_score_needed {
        text.push_str(&format!("  with {more} more votes or points it would have been elected, all else unchanged\n"));
    }
    if let Some(cost) = decision.highest_cost_elected {
        text.push_str(&format!("  at a cost of {cost} or less it would have been elected, all else unchanged\n"));
    }
    text
}
