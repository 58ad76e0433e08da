//! Equal shares: each voter has the same money, and supporters buy projects together.
//!
//! Owns EQUAL_SHARES: the order of purchases, the raising of shares, and what is told to those who
//! lost. The money itself is in `wallets.rs`.
//! Source: Peters, Pierczyński, Skowron, "Proportional Participatory Budgeting with Additive
//! Utilities", NeurIPS 2021, and <https://equalshares.net/implementation/computation> for the
//! completions.

use crate::election::Terms;
use crate::profile::Profile;
use crate::purse::Purse;
use crate::settle::Choice;
use crate::tie_break::{Standing, by_chain, rank};
use crate::wallets::{Bounded, Exact, Market, Wallets};
use crate::{AddOne, Cents, Count, Election, Error, Outcome, Patience, Reason, Spending, TallyRule, Utility};
use num_bigint::BigUint;
use std::cmp::Ordering;

/// Cents in a unit of the currency, by which shares are raised.
const CENTS_PER_UNIT: u128 = 100;

/// What is told of sums beyond the range of amounts, which only shares raised over and over can reach.
const MOST: Cents = Cents::MAX;

/// The rule's own settings, as in [`crate::Rule::EqualShares`].
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shares {
    pub(crate) utility: Utility,
    pub(crate) add_one: Option<AddOne>,
    pub(crate) greedy: bool,
}

/// Chooses the winners of a counted election.
///
/// # Errors
/// `LOT_SEED_MISSING`, `SPENT_TOO_LARGE`, `TOO_MUCH_WORK`.
pub(crate) fn choose(
    election: &Election,
    count: Count,
    profile: &Profile,
    terms: &Terms<'_>,
    Shares { utility, add_one, greedy }: Shares,
    patience: &mut Patience,
) -> Result<Outcome, Error> {
    let Terms { rule, lot, tell } = *terms;
    let ranking = rank(&election.candidates, &count, rule, lot)?;
    let shop = Shop::new(election, rule, &count, profile, &ranking, utility);
    let share = match add_one {
        None => shop.equal_share(),
        Some(add_one) => shop.raised_share(add_one, patience)?,
    };
    patience.take(profile.entries())?;
    let bought = shop.buy(share, tell);
    let mut choice = Choice::new(election, rule, &count, &bought.winners);
    let mut otherwise = Reason::SupportersCannotPay;
    if greedy {
        choice.complete(&ranking);
        otherwise = Reason::CostExceedsWhatIsLeft;
    }
    let mut outcome = choice.outcome(election, rule, &count, &ranking, otherwise)?;
    for (decision, told) in outcome.projects.iter_mut().zip(bought.told) {
        if !decision.elected {
            decision.supporters_left = Some(told.left);
            decision.spent_on = told.spent_on;
        }
    }
    Ok(outcome)
}

/// What doesn't change from one run to the next.
struct Shop<'a> {
    election: &'a Election,
    rule: &'a TallyRule,
    count: &'a Count,
    profile: &'a Profile,
    /// Per project, its place by the chain of tie-breaks alone.
    by_chain: Vec<usize>,
    costs: Vec<u64>,
    worth: Vec<u64>,
}

/// What came out of one run.
struct Bought {
    /// In order of selection.
    winners: Vec<usize>,
    /// Per project, if asked for.
    told: Vec<Told>,
}

/// What the supporters of a project did with their money, in whole cents rounded down.
#[derive(Clone, Default)]
struct Told {
    left: Cents,
    spent_on: Vec<Spending>,
}

/// The quick arithmetic can't tell; the exact one can.
struct Unsure;

impl<'a> Shop<'a> {
    fn new(
        election: &'a Election,
        rule: &'a TallyRule,
        count: &'a Count,
        profile: &'a Profile,
        ranking: &[Standing<'_>],
        utility: Utility,
    ) -> Self {
        let mut places = vec![0; ranking.len()];
        for (place, standing) in by_chain(ranking, &rule.tie_break).into_iter().enumerate() {
            if let Some(of_project) = places.get_mut(standing.project) {
                *of_project = place;
            }
        }
        // Costs are at least zero: the election was checked.
        let costs: Vec<u64> =
            election.candidates.iter().map(|c| u64::try_from(c.cost.get()).unwrap_or_default()).collect();
        let worth = match utility {
            Utility::Cost => costs.iter().map(|cost| (*cost).max(1)).collect(),
            Utility::Cardinality => vec![1; costs.len()],
        };
        Self { election, rule, count, profile, by_chain: places, costs, worth }
    }

    fn market(&self) -> Market<'_> {
        Market { profile: self.profile, costs: &self.costs, worth: &self.worth }
    }

    /// The envelope divided by the voters, in n-th parts of a cent.
    fn equal_share(&self) -> u128 {
        u128::try_from(self.election.budget.get()).unwrap_or_default()
    }

    /// The last share, raised by whole units, that keeps within the envelope.
    fn raised_share(&self, add_one: AddOne, patience: &mut Patience) -> Result<u128, Error> {
        let unit = CENTS_PER_UNIT * u128::from(self.profile.voters);
        let Some(units) = self.equal_share().checked_div(unit) else { return Ok(0) };
        let mut share = match add_one {
            AddOne::Pabutools => self.equal_share(),
            AddOne::Official | AddOne::Exhaustive => units * unit,
        };
        loop {
            patience.take(self.profile.entries())?;
            let run = self.buy(share, false);
            if self.exceeds(&run.winners) {
                // The first share never does: all shares together are at most the envelope.
                return Ok(share - unit);
            }
            if self.is_final(add_one, &run.winners) {
                return Ok(share);
            }
            share += unit;
        }
    }

    fn exceeds(&self, winners: &[usize]) -> bool {
        let costs = winners.iter().filter_map(|winner| self.costs.get(*winner)).map(|cost| u128::from(*cost));
        costs.sum::<u128>() > self.equal_share()
    }

    /// Whether raising the shares further must or can change nothing.
    fn is_final(&self, add_one: AddOne, winners: &[usize]) -> bool {
        let mut purse = Purse::new(self.election, self.rule, self.count);
        for winner in winners {
            purse.take(*winner);
        }
        let open = (0..self.costs.len()).filter(|project| !winners.contains(project));
        let mut open = open.filter(|project| purse.bars(*project).is_none());
        let supported = |project: &usize| self.profile.points(*project) > 0;
        match add_one {
            AddOne::Pabutools => !open.any(|project| supported(&project) && purse.refuses(project).is_none()),
            AddOne::Official => !open.any(|project| supported(&project)),
            AddOne::Exhaustive => {
                let open: Vec<usize> = open.collect();
                !open.iter().any(supported) || !open.iter().any(|project| purse.refuses(*project).is_none())
            }
        }
    }

    fn buy(&self, share: u128, tell: bool) -> Bought {
        let quick = Bounded::new(self.market(), share).ok_or(Unsure).and_then(|wallets| self.run(wallets, tell));
        match quick.or_else(|Unsure| self.run(Exact::new(self.market(), share), tell)) {
            Ok(bought) => bought,
            // Fractions always tell.
            Err(Unsure) => Bought { winners: Vec::new(), told: Vec::new() },
        }
    }

    /// Buys one project after the other, each time the one with the least price per unit of utility.
    fn run<W: Wallets>(&self, mut wallets: W, tell: bool) -> Result<Bought, Unsure> {
        let mut purse = Purse::new(self.election, self.rule, self.count);
        let mut ledger = Ledger::new(if tell { self.costs.len() } else { 0 });
        let mut waiting: Vec<(usize, Option<W::Price>)> =
            (0..self.costs.len()).filter(|project| self.profile.points(*project) > 0).map(|p| (p, None)).collect();
        while let Some(next) = self.next(&mut wallets, &purse, &mut waiting)? {
            let Offer { project, at_least, at_most } = next;
            if tell {
                ledger.note(self, &wallets, project, &at_least, &at_most);
            }
            wallets.pay(project, &at_least, &at_most);
            purse.take(project);
            waiting.retain(|(waiting, _)| *waiting != project);
        }
        let winners = purse.taken().to_vec();
        let told = if tell { ledger.told(self, &wallets, &winners)? } else { Vec::new() };
        Ok(Bought { winners, told })
    }

    /// The next project to buy. Prices never fall, so that the last known one is a bound for each,
    /// and only those who could be the cheapest by it are asked again.
    fn next<W: Wallets>(
        &self,
        wallets: &mut W,
        purse: &Purse<'_>,
        waiting: &mut Vec<(usize, Option<W::Price>)>,
    ) -> Result<Option<Offer<W::Price>>, Unsure> {
        waiting.sort_by(|(one, a), (other, b)| match (a, b) {
            (Some(a), Some(b)) => wallets.compare((*one, a), (*other, b)),
            (None, Some(_)) => Ordering::Less,
            (Some(_), None) => Ordering::Greater,
            (None, None) => Ordering::Equal,
        });
        let mut best: Option<(usize, W::Price)> = None;
        let mut close: Vec<(usize, W::Price, Option<W::Price>)> = Vec::new();
        let mut out = Vec::new();
        for (project, known) in waiting.iter_mut() {
            let dearer = |wallets: &W, price: &W::Price, best: &Option<(usize, W::Price)>| {
                best.as_ref().is_some_and(|(other, best)| wallets.compare((*project, price), (*other, best)).is_gt())
            };
            if known.as_ref().is_some_and(|known| dearer(wallets, known, &best)) {
                break;
            }
            let price = if purse.bars(*project).is_some() { None } else { wallets.at_least(*project, known.as_ref()) };
            let Some(at_least) = price else {
                out.push(*project);
                continue;
            };
            *known = Some(at_least.clone());
            if dearer(wallets, &at_least, &best) {
                continue;
            }
            let at_most = wallets.at_most(*project, &at_least);
            if let Some(price) = &at_most
                && best.as_ref().is_none_or(|(other, best)| wallets.compare((*project, price), (*other, best)).is_lt())
            {
                best = Some((*project, price.clone()));
            }
            close.push((*project, at_least, at_most));
        }
        waiting.retain(|(project, _)| !out.contains(project));
        close.retain(|(project, price, _)| {
            best.as_ref().is_none_or(|(other, best)| wallets.compare((*project, price), (*other, best)).is_le())
        });
        let alone = close.len() == 1;
        let mut first: Option<Offer<W::Price>> = None;
        for (project, at_least, at_most) in close {
            let at_most = at_most.ok_or(Unsure)?;
            // Several are tied only if the price of each is known exactly.
            if !alone && wallets.compare((project, &at_least), (project, &at_most)).is_ne() {
                return Err(Unsure);
            }
            if first.as_ref().is_none_or(|first| self.by_chain.get(project) < self.by_chain.get(first.project)) {
                first = Some(Offer { project, at_least, at_most });
            }
        }
        Ok(first)
    }
}

/// A project that can be bought, and the bounds of its price.
struct Offer<P> {
    project: usize,
    at_least: P,
    at_most: P,
}

/// Money between two bounds, in n-th parts of a cent over some denominator.
type Bounds = (BigUint, BigUint);

/// What the supporters of each project paid for others.
struct Ledger {
    /// Per project and in order of selection: the winner, what they paid for it, the denominator.
    paid: Vec<Vec<(usize, Bounds, BigUint)>>,
}

impl Ledger {
    fn new(projects: usize) -> Self {
        Self { paid: vec![Vec::new(); projects] }
    }

    /// Notes what is about to be paid for a winner, by the supporters of each other project.
    fn note<W: Wallets>(
        &mut self,
        shop: &Shop<'_>,
        wallets: &W,
        winner: usize,
        at_least: &W::Price,
        at_most: &W::Price,
    ) {
        let mut sums: Vec<Option<Bounds>> = vec![None; self.paid.len()];
        let (payments, denominator) = wallets.payments(winner, at_least, at_most);
        for (supporter, (least, most)) in shop.profile.supporters(winner).iter().zip(payments) {
            let supports = shop.profile.groups.get(supporter.group).map_or(&[][..], |group| &group.supports);
            for (other, _) in supports.iter().filter(|(other, _)| *other != winner) {
                if let Some(sum) = sums.get_mut(*other) {
                    let (of_least, of_most) = sum.get_or_insert_default();
                    *of_least += &least * supporter.voters;
                    *of_most += &most * supporter.voters;
                }
            }
        }
        for (paid, sum) in self.paid.iter_mut().zip(sums) {
            paid.extend(sum.map(|sum| (winner, sum, denominator.clone())));
        }
    }

    /// What is told of each project that wasn't bought.
    fn told<W: Wallets>(self, shop: &Shop<'_>, wallets: &W, winners: &[usize]) -> Result<Vec<Told>, Unsure> {
        let (left, denominator) = (wallets.left(), wallets.denominator());
        let mut told = Vec::with_capacity(self.paid.len());
        for (project, paid) in self.paid.into_iter().enumerate() {
            if winners.contains(&project) {
                told.push(Told::default());
                continue;
            }
            let mut joint = (BigUint::default(), BigUint::default());
            for supporter in shop.profile.supporters(project) {
                if let Some((least, most)) = left.get(supporter.group) {
                    joint.0 += least * supporter.voters;
                    joint.1 += most * supporter.voters;
                }
            }
            let mut spent_on = Vec::new();
            for (winner, sum, denominator) in paid {
                let cents = shop.whole_cents(&sum, &denominator)?;
                if let Some(candidate) = shop.election.candidates.get(winner).filter(|_| cents > Cents::ZERO) {
                    spent_on.push(Spending { id: candidate.id.clone(), cents });
                }
            }
            told.push(Told { left: shop.whole_cents(&joint, &denominator)?, spent_on });
        }
        Ok(told)
    }
}

impl Shop<'_> {
    /// Rounds down to whole cents, if both bounds agree on them.
    fn whole_cents(&self, (least, most): &Bounds, denominator: &BigUint) -> Result<Cents, Unsure> {
        let per_cent = denominator * self.profile.voters.max(1);
        let (cents, agreed) = (least / &per_cent, most / &per_cent);
        if cents != agreed {
            return Err(Unsure);
        }
        Ok(i64::try_from(cents).ok().and_then(Cents::new).unwrap_or(MOST))
    }
}
