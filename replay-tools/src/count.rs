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
    Anomaly, Change, Changes, Decision, Election, Gain, Judgment, Language, LotSeed, MinScore, Outcome, PabulibFile,
    Patience, Report, RuleName, TallyRule, TieBreak, WhatIf,
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
    /// Whether the other rule is counted alone, without what stands around the frozen one.
    pub alone: bool,
}

impl CountOptions {
    fn applied_to(self, frozen: &TallyRule, min_score: Option<MinScore>) -> Result<TallyRule, Error> {
        let tie_break = self.tie_break.unwrap_or_else(|| frozen.tie_break.clone());
        match self.rule {
            Some(name) => {
                let rule = name.with(min_score, tie_break)?;
                let around = if self.alone { rule.around } else { frozen.around.clone() };
                Ok(TallyRule { around, ..rule })
            }
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

    /// What would have elected the project; none where there is no such project.
    ///
    /// # Errors
    /// [`Error::Tally`].
    pub fn changes(&self, id: &str) -> Result<Option<Changes>, Error> {
        let place = self.election.candidates.iter().position(|candidate| candidate.id == id);
        let mut what_if = WhatIf::new(&self.election, &self.outcome, None)?;
        Ok(place.map(|place| what_if.changes(place, &mut Patience::endless())).transpose()?.flatten())
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
    lot: Option<LotSeed>,
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
    let lot = domain::count::lot(&model.campaign);
    Ok(BundleTally { campaign, currency, rule, counts, lot })
}

pub(crate) fn model(path: &Path, trusted: Option<&Policy>, progress: &mut dyn FnMut(u64, u64)) -> Result<Model, Error> {
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

    /// What would have elected the project with this id; none where there is no such project.
    ///
    /// # Errors
    /// [`Error::Tally`].
    pub fn changes(&self, id: &str) -> Result<Option<Changes>, Error> {
        for count in &self.counts {
            if let Some(place) = count.entries.iter().position(|entry| entry.project.as_str() == id) {
                let mut what_if = WhatIf::new(&count.election, &count.outcome, self.lot.as_ref())?;
                return Ok(what_if.changes(place, &mut Patience::endless())?);
            }
        }
        Ok(None)
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
    text
}

/// What would have elected a project, in plain words.
pub fn lacked(Changes { gain, votes, cost }: Changes) -> String {
    let what = match gain {
        Gain::Votes => "more votes",
        Gain::Points => "more points",
        Gain::BallotsAlone => "more ballots for it alone",
        Gain::BestGrades => "more ballots with the best grade instead of their own, worst first,",
    };
    let next = |exact: bool| if exact { "nothing less would do" } else { "the next smaller change wouldn't do" };
    let mut text = String::new();
    match votes {
        Change::Elected | Change::Withdrawn => return text,
        Change::Found { value, exact } => {
            text.push_str(&format!("  with {value} {what} it would have been elected; {}\n", next(exact)));
        }
        Change::None { exact: true } => text.push_str(&format!("  no number of {what} would have elected it\n")),
        Change::None { exact: false } => text.push_str(&format!("  no number of {what} was found that would do\n")),
        Change::Undefined => text.push_str("  votes don't all weigh the same: no number says what it lacked\n"),
        Change::TooLarge => text.push_str("  how many votes it lacked takes too much work to find\n"),
    }
    match cost {
        Change::Found { value, exact } => {
            text.push_str(&format!("  at a cost of {value} it would have been elected; {}\n", next(exact)));
        }
        Change::None { exact: true } => text.push_str("  no lower cost would have elected it\n"),
        Change::None { exact: false } => text.push_str("  no lower cost was found that would do\n"),
        Change::TooLarge => text.push_str("  the cost that it would have taken is too much work to find\n"),
        Change::Undefined | Change::Elected | Change::Withdrawn => {
            text.push_str("  under this rule a cheaper project is worth less: no cost says what it would have taken\n");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use tally::{Around, Rule};

    #[test]
    fn another_rule_keeps_what_stands_around_the_frozen_one_unless_it_is_counted_alone() {
        let around = Around { winners: Some(3), ..Around::default() };
        let frozen =
            TallyRule { rule: Rule::Greedy, min_score: None, tie_break: vec![TieBreak::Id], around: around.clone() };
        let asked = |alone| {
            let options = CountOptions { rule: "greedy-stop".parse().ok(), tie_break: None, alone };
            options.applied_to(&frozen, None).map(|rule| (rule.rule, rule.around)).ok()
        };
        assert_eq!(asked(false), Some((Rule::GreedyStop, around)));
        assert_eq!(asked(true), Some((Rule::GreedyStop, Around::default())));
    }

    #[test]
    fn every_state_of_a_change_is_told() {
        let told = |votes, cost| lacked(Changes { gain: Gain::BallotsAlone, votes, cost });
        let found = told(Change::Found { value: 3, exact: false }, Change::None { exact: true });
        assert_eq!(
            found,
            "  with 3 more ballots for it alone it would have been elected; the next smaller change wouldn't do\n  no \
             lower cost would have elected it\n"
        );
        assert_eq!(told(Change::Elected, Change::Elected), "");
        assert!(told(Change::TooLarge, Change::Undefined).contains("too much work"));
    }
}
