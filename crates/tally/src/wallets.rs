//! The voters' money under equal shares: what is left of each share, and the price of a project.
//!
//! Owns the arithmetic, twice over: [`Bounded`] holds each share between two whole numbers, which is
//! quick and says when it can't tell; [`Exact`] holds fractions over one common denominator. Both are
//! asked the same questions by `equal_shares.rs`, and where the first answers at all it answers as
//! the second would.

use crate::profile::{Profile, Supporter};
use num_bigint::BigUint;
use num_integer::Integer;
use std::cmp::Ordering;

/// The voters' money, in n-th parts of a cent where n is the number of voters, so that each one's
/// share of the envelope is a whole number.
pub(crate) trait Wallets {
    /// What each pays per point, as a fraction.
    type Price: Clone;

    /// No price below this one is paid for the project; none when its supporters surely can't pay
    /// it. `known` is an earlier answer for it: prices never fall.
    fn at_least(&mut self, project: usize, known: Option<&Self::Price>) -> Option<Self::Price>;

    /// The project is surely paid at this price; none when that isn't sure.
    fn at_most(&mut self, project: usize, at_least: &Self::Price) -> Option<Self::Price>;

    /// Compares what two projects cost their supporters per unit of utility.
    fn compare(&self, one: (usize, &Self::Price), other: (usize, &Self::Price)) -> Ordering;

    /// Takes the payment from each supporter, as far as the money goes.
    fn pay(&mut self, project: usize, at_least: &Self::Price, at_most: &Self::Price);

    /// What a voter of each group of supporters is about to pay, between two bounds, over a denominator.
    fn payments(
        &self,
        project: usize,
        at_least: &Self::Price,
        at_most: &Self::Price,
    ) -> (Vec<(BigUint, BigUint)>, BigUint);

    /// What each group has left, for one of its voters.
    fn left(&self) -> Vec<(BigUint, BigUint)>;

    /// The common denominator of what is left, on top of the n.
    fn denominator(&self) -> BigUint;
}

/// What doesn't change while projects are bought.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Market<'a> {
    pub(crate) profile: &'a Profile,
    /// Per project, cents.
    pub(crate) costs: &'a [u64],
    /// Per project, the utility of one point: its cost in cents (at least 1), or 1.
    pub(crate) worth: &'a [u64],
}

impl Market<'_> {
    fn cost(&self, project: usize) -> u128 {
        u128::from(self.costs.get(project).copied().unwrap_or_default())
    }

    fn worth(&self, project: usize) -> u128 {
        u128::from(self.worth.get(project).copied().unwrap_or(1))
    }

    fn voters(&self) -> u128 {
        u128::from(self.profile.voters)
    }
}

/// A fraction of whole numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ratio {
    num: u128,
    den: u128,
}

/// Money between two bounds, in binary fractions of the n-th part of a cent.
#[derive(Debug)]
pub(crate) struct Bounded<'a> {
    market: Market<'a>,
    /// Binary digits after the point.
    digits: u32,
    /// Per group.
    least: Vec<u64>,
    most: Vec<u64>,
    /// Supporters who could still pay in full; kept only to spare allocations.
    rich: Vec<Supporter>,
}

/// So few binary digits aren't worth trying.
const FEWEST_DIGITS: u32 = 12;

/// So many are enough for any election, and leave room.
const MOST_DIGITS: u32 = 34;

impl<'a> Bounded<'a> {
    /// Everybody starts with `share`; none when the numbers are too large for this arithmetic.
    pub(crate) fn new(market: Market<'a>, share: u128) -> Option<Self> {
        let most = |numbers: &[u64]| numbers.iter().copied().max().unwrap_or(0).max(1);
        let log = |number: u64| 64 - number.leading_zeros();
        let share = u64::try_from(share).ok()?;
        // The largest product is that of two prices compared: numerator (cost × voters), denominator, worth.
        let product = log(most(market.costs))
            + log(market.profile.voters)
            + log(most(&market.profile.points))
            + log(most(market.worth));
        let room = 126u32.checked_sub(product)?.min(62u32.checked_sub(log(share))?);
        let digits = room.min(MOST_DIGITS);
        let share = share.checked_shl(digits).filter(|_| digits >= FEWEST_DIGITS)?;
        let groups = market.profile.groups.len();
        Some(Self { market, digits, least: vec![share; groups], most: vec![share; groups], rich: Vec::new() })
    }

    /// The least price at which the supporters pay the project out of this money; none if they can't.
    ///
    /// The price at which all would pay alike can only be too low for those who have less: they give
    /// all they have, and the price for the others rises, until nobody is short.
    fn price(&mut self, project: usize, upper: bool, known: Option<&Ratio>) -> Option<Ratio> {
        let Self { market, digits, least, most, rich } = self;
        let money = if upper { most } else { least };
        let supporters = market.profile.supporters(project);
        let has = |supporter: &Supporter| money.get(supporter.group).copied().unwrap_or_default();
        let cost = (market.cost(project) * market.voters()) << *digits;
        let start = known.copied().unwrap_or(Ratio { num: 0, den: 1 });
        let (mut poor, mut points) = (0u128, 0u128);
        rich.clear();
        for supporter in supporters {
            if start.is_more_than(has(supporter), supporter.points) {
                poor += u128::from(has(supporter)) * u128::from(supporter.voters);
            } else {
                points += u128::from(supporter.points) * u128::from(supporter.voters);
                rich.push(*supporter);
            }
        }
        loop {
            let num = cost.saturating_sub(poor);
            if points == 0 {
                return None;
            }
            let price = Ratio { num, den: points };
            let whole = price.whole_or_next();
            let before = rich.len();
            rich.retain(|supporter| {
                let has = has(supporter);
                let short = if supporter.points == 1 {
                    u128::from(has) < whole
                } else {
                    price.is_more_than(has, supporter.points)
                };
                if short {
                    poor += u128::from(has) * u128::from(supporter.voters);
                    points -= u128::from(supporter.points) * u128::from(supporter.voters);
                }
                !short
            });
            if rich.len() == before {
                return Some(price);
            }
        }
    }
}

impl Ratio {
    /// Whether so many points cost more than this money.
    fn is_more_than(self, money: u64, points: u64) -> bool {
        self.num * u128::from(points) > u128::from(money) * self.den
    }

    fn whole_or_next(self) -> u128 {
        self.num.div_ceil(self.den)
    }
}

impl Wallets for Bounded<'_> {
    type Price = Ratio;

    fn at_least(&mut self, project: usize, known: Option<&Ratio>) -> Option<Ratio> {
        self.price(project, true, known)
    }

    fn at_most(&mut self, project: usize, at_least: &Ratio) -> Option<Ratio> {
        self.price(project, false, Some(at_least))
    }

    fn compare(&self, (one, a): (usize, &Ratio), (other, b): (usize, &Ratio)) -> Ordering {
        // In range: the digits were chosen for it.
        let left = a.num * b.den * self.market.worth(other);
        left.cmp(&(b.num * a.den * self.market.worth(one)))
    }

    fn pay(&mut self, project: usize, at_least: &Ratio, at_most: &Ratio) {
        let u64_or_all = |amount: u128| u64::try_from(amount).unwrap_or(u64::MAX);
        for supporter in self.market.profile.supporters(project) {
            let points = u128::from(supporter.points);
            let paid_least = u64_or_all(at_least.num * points / at_least.den);
            let paid_most = u64_or_all((at_most.num * points).div_ceil(at_most.den));
            if let (Some(least), Some(most)) = (self.least.get_mut(supporter.group), self.most.get_mut(supporter.group))
            {
                *least = least.saturating_sub(paid_most);
                *most = most.saturating_sub(paid_least);
            }
        }
    }

    fn payments(&self, project: usize, at_least: &Ratio, at_most: &Ratio) -> (Vec<(BigUint, BigUint)>, BigUint) {
        let has =
            |money: &[u64], supporter: &Supporter| u128::from(money.get(supporter.group).copied().unwrap_or_default());
        let payment = |supporter: &Supporter| {
            let points = u128::from(supporter.points);
            let least = (at_least.num * points / at_least.den).min(has(&self.least, supporter));
            let most = (at_most.num * points).div_ceil(at_most.den).min(has(&self.most, supporter));
            (least.into(), most.into())
        };
        (self.market.profile.supporters(project).iter().map(payment).collect(), self.denominator())
    }

    fn left(&self) -> Vec<(BigUint, BigUint)> {
        self.least.iter().zip(&self.most).map(|(least, most)| ((*least).into(), (*most).into())).collect()
    }

    fn denominator(&self) -> BigUint {
        BigUint::from(1u8) << self.digits
    }
}

/// Money to the last fraction.
#[derive(Debug)]
pub(crate) struct Exact<'a> {
    market: Market<'a>,
    /// What all money is divided by.
    denominator: BigUint,
    /// Per group.
    money: Vec<BigUint>,
}

/// A fraction without bounds on its size.
#[derive(Clone, Debug)]
pub(crate) struct BigRatio {
    num: BigUint,
    /// Points, and the common denominator at the time.
    points: u128,
    den: BigUint,
}

impl<'a> Exact<'a> {
    /// Everybody starts with `share`.
    pub(crate) fn new(market: Market<'a>, share: u128) -> Self {
        let money = vec![BigUint::from(share); market.profile.groups.len()];
        Self { market, denominator: BigUint::from(1u8), money }
    }
}

impl Wallets for Exact<'_> {
    type Price = BigRatio;

    fn at_least(&mut self, project: usize, _known: Option<&BigRatio>) -> Option<BigRatio> {
        let mut num = &self.denominator * (self.market.cost(project) * self.market.voters());
        let mut rich: Vec<(&Supporter, &BigUint)> = Vec::new();
        let mut points = 0u128;
        for supporter in self.market.profile.supporters(project) {
            let Some(has) = self.money.get(supporter.group) else { continue };
            rich.push((supporter, has));
            points += u128::from(supporter.points) * u128::from(supporter.voters);
        }
        loop {
            if points == 0 {
                return None;
            }
            let (before, price, per) = (rich.len(), num.clone(), points);
            let mut poor = BigUint::from(0u8);
            rich.retain(|(supporter, has)| {
                let short = *has * per < &price * supporter.points;
                if short {
                    poor += *has * supporter.voters;
                    points -= u128::from(supporter.points) * u128::from(supporter.voters);
                }
                !short
            });
            if rich.len() == before {
                return Some(BigRatio { num, points, den: self.denominator.clone() });
            }
            if poor > num {
                num = BigUint::from(0u8);
            } else {
                num -= poor;
            }
        }
    }

    fn at_most(&mut self, _project: usize, at_least: &BigRatio) -> Option<BigRatio> {
        Some(at_least.clone())
    }

    fn compare(&self, (one, a): (usize, &BigRatio), (other, b): (usize, &BigRatio)) -> Ordering {
        let left = &a.num * b.points * self.market.worth(other) * &b.den;
        left.cmp(&(&b.num * a.points * self.market.worth(one) * &a.den))
    }

    fn pay(&mut self, project: usize, at_least: &BigRatio, _at_most: &BigRatio) {
        // The price is of now: its denominator is the common one.
        let points = BigUint::from(at_least.points);
        let common = at_least.num.gcd(&points);
        let (num, by) = (&at_least.num / &common, points / common);
        if by != BigUint::from(1u8) {
            self.denominator *= &by;
            for money in &mut self.money {
                *money *= &by;
            }
        }
        for supporter in self.market.profile.supporters(project) {
            let Some(money) = self.money.get_mut(supporter.group) else { continue };
            let price = &num * supporter.points;
            if *money > price {
                *money -= price;
            } else {
                *money = BigUint::from(0u8);
            }
        }
    }

    fn payments(&self, project: usize, at_least: &BigRatio, _: &BigRatio) -> (Vec<(BigUint, BigUint)>, BigUint) {
        let payment = |supporter: &Supporter| {
            let has = self.money.get(supporter.group).map(|money| money * at_least.points).unwrap_or_default();
            let paid = has.min(&at_least.num * supporter.points);
            (paid.clone(), paid)
        };
        let payments = self.market.profile.supporters(project).iter().map(payment).collect();
        (payments, &self.denominator * at_least.points)
    }

    fn left(&self) -> Vec<(BigUint, BigUint)> {
        self.money.iter().map(|money| (money.clone(), money.clone())).collect()
    }

    fn denominator(&self) -> BigUint {
        self.denominator.clone()
    }
}
