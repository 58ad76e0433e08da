//! Down a ranking, taking what fits: the walk of every rule that ranks projects.
//!
//! Owns the order of passes (least numbers per group, then the floor for priority neighbourhoods, then
//! everybody) and where a choice stops. It keeps what held at each place, so that "what if" needs no
//! second walk. The ranking is the rule's; what can be taken is the purse's (`purse.rs`).

use crate::purse::{Asked, Purse};
use crate::{Cents, Election, Reason, TallyRule};

/// What became of the project at one place of the ranking.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Step {
    pub(crate) reason: Reason,
    /// Money left before it.
    pub(crate) left: Cents,
}

/// One walk down a ranking.
pub(crate) struct Walk<'a> {
    /// Per place of the ranking, what came out.
    pub(crate) steps: Vec<Step>,
    pub(crate) purse: Purse<'a>,
    election: &'a Election,
    rule: &'a TallyRule,
    /// Whether the first project that doesn't fit ends it.
    stops: bool,
    passes: Vec<(Pass, Vec<Moment>)>,
}

/// Who is considered in a pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Pass {
    /// Projects whose group has fewer winners than so many.
    LeastPerGroup(usize),
    /// Projects in priority neighbourhoods, while they cost less together than so many cents.
    Floor(i128),
    /// All.
    Everybody,
}

/// What held just before a place of the ranking, in one pass.
#[derive(Clone, Copy, Debug)]
struct Moment {
    /// How many had been taken.
    taken: usize,
    /// Whether this pass had met one that didn't fit in what was left.
    met_misfit: bool,
}

impl<'a> Walk<'a> {
    /// Takes projects in the order of `ranking`; where it `stops`, until the first that doesn't fit.
    pub(crate) fn down(
        election: &'a Election,
        rule: &'a TallyRule,
        purse: Purse<'a>,
        ranking: &[usize],
        stops: bool,
    ) -> Self {
        let around = &rule.around;
        let least = around.groups.and_then(|groups| groups.at_least).and_then(|least| usize::try_from(least).ok());
        let floor = around.earmark.map(|floor| Pass::Floor(floor.of(election.budget)));
        let mut walk = Self { steps: Vec::new(), purse, election, rule, stops, passes: Vec::new() };
        let mut steps: Vec<Option<Step>> = vec![None; ranking.len()];
        for pass in least.map(Pass::LeastPerGroup).into_iter().chain(floor).chain([Pass::Everybody]) {
            let mut moments = Vec::with_capacity(ranking.len());
            let mut met_misfit = false;
            for (project, step) in ranking.iter().zip(&mut steps) {
                let moment = Moment { taken: walk.purse.taken().len(), met_misfit };
                moments.push(moment);
                if step.is_some_and(|step| step.reason.is_elected()) {
                    continue;
                }
                let Some(reason) = walk.judge(pass, moment, &walk.purse.asked(*project)) else { continue };
                *step = Some(Step { reason, left: walk.purse.left() });
                met_misfit |= matches!(reason, Reason::CostExceedsWhatIsLeft | Reason::ElectedBeyondEnvelope);
                if reason.is_elected() {
                    walk.purse.take(*project);
                }
            }
            walk.passes.push((pass, moments));
        }
        walk.steps = steps.into_iter().flatten().collect();
        walk
    }

    /// Whether a project that wasn't taken would have been, had it been so and stood at that place.
    ///
    /// One that isn't taken changes nothing for the others, wherever it stands. So what held at a
    /// place still holds; and a higher place finds more money and fewer winners, so that what would
    /// be taken at a place would be at each above it.
    pub(crate) fn would_take(&self, place: usize, asked: &Asked) -> bool {
        let then = |moments: &[Moment]| moments.get(place).copied();
        let taken = |pass, moment| self.judge(pass, moment, asked).is_some_and(Reason::is_elected);
        self.passes.iter().any(|(pass, moments)| then(moments).is_some_and(|moment| taken(*pass, moment)))
    }

    /// What becomes of a project then; `None` where the pass doesn't consider it.
    fn judge(&self, pass: Pass, moment: Moment, asked: &Asked) -> Option<Reason> {
        let Moment { taken, met_misfit } = moment;
        let elected = match pass {
            Pass::LeastPerGroup(least) => {
                let has = self.purse.of_its_group(asked.project, taken)?;
                (has < least).then_some(Reason::ElectedForItsGroup)?
            }
            Pass::Floor(floor) => {
                let priority = self.election.candidates.get(asked.project)?.priority;
                let wanted = priority && self.purse.spent_on_priority(taken) < floor;
                wanted.then_some(Reason::ElectedByEarmark)?
            }
            Pass::Everybody => Reason::Elected,
        };
        if let Some(barred) = self.purse.bars_then(asked, taken) {
            return Some(barred);
        }
        let everybody = pass == Pass::Everybody;
        if everybody && self.stops && met_misfit {
            return Some(Reason::StoppedBefore);
        }
        if self.purse.affords_then(asked.cost, taken) {
            return Some(elected);
        }
        let next = everybody && !met_misfit && self.nearly_affords(asked.cost, taken);
        Some(if next { Reason::ElectedBeyondEnvelope } else { Reason::CostExceedsWhatIsLeft })
    }

    /// Whether so much of the cost is left that the first project that doesn't fit is funded too.
    fn nearly_affords(&self, cost: Cents, taken: usize) -> bool {
        let left = i128::from(self.purse.left_then(taken).get());
        let enough = |share: u32| left * 10_000 >= i128::from(cost.get()) * i128::from(share);
        self.rule.around.fund_next_at_basis_points.is_some_and(enough)
    }
}
