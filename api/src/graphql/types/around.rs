//! What stands around a tally rule, in answers and in inputs. What fits together is for
//! `tally::TallyRule::check` to say.

use super::enums::Leftovers;
use super::scalars::Amount;
use async_graphql::{InputObject, OneofObject, SimpleObject};

/// What stands around a rule (`règles d’encadrement`).
#[derive(SimpleObject, Clone, Debug)]
pub struct Around {
    /// At most so many winners in an area.
    pub winners: Option<u32>,
    /// Areas that have a number of winners of their own, by code.
    pub winners_in: Vec<AreaWinners>,
    /// Whether the number of winners stands instead of the envelope.
    pub any_cost: bool,
    /// The share of its cost, in hundredths of a percent, that must be left for the first project that
    /// doesn't fit to be funded all the same.
    pub fund_next_at_basis_points: Option<u32>,
    /// What a vote of each channel weighs, where they don't weigh the same.
    pub weights: Option<Weights>,
    /// The floor for projects in priority neighbourhoods (`fléchage vers les quartiers populaires`).
    pub earmark: Option<Earmark>,
    /// Limits for the projects of one district on the list of the whole city.
    pub groups: Option<GroupLimits>,
    /// Where the money goes that districts leave (`reliquats`).
    pub leftovers: Leftovers,
}

/// At most so many winners in one area.
#[derive(SimpleObject, InputObject, Clone, Debug)]
#[graphql(input_name = "AreaWinnersInput")]
pub struct AreaWinners {
    /// The code of the area.
    pub area: String,
    /// The number, from 1.
    pub winners: u32,
}

/// What a vote or a point of each channel weighs in the score.
#[derive(SimpleObject, InputObject, Clone, Copy, Debug)]
#[graphql(input_name = "WeightsInput")]
pub struct Weights {
    /// Online, 0 to 100.
    pub digital: u32,
    /// On paper, 0 to 100.
    pub paper: u32,
}

/// The least that projects in priority neighbourhoods receive while one of them fits: an amount, or a
/// share of the envelope.
#[derive(SimpleObject, Clone, Copy, Debug)]
pub struct Earmark {
    /// As an amount.
    pub amount: Option<Amount>,
    /// As a share of the envelope, in hundredths of a percent.
    pub basis_points: Option<u32>,
}

/// Limits for each district on the list of the whole city.
#[derive(SimpleObject, InputObject, Clone, Copy, Debug)]
#[graphql(input_name = "GroupLimitsInput")]
pub struct GroupLimits {
    /// At most so many winners.
    pub at_most: Option<u32>,
    /// The winners cost at most so much together.
    pub at_most_cost: Option<Amount>,
    /// At least so many winners, while there are some that fit: they are taken before all others.
    pub at_least: Option<u32>,
}

/// What stands around a rule. All of it can be left out.
#[derive(InputObject, Clone, Debug)]
pub struct AroundInput {
    /// At most so many winners in an area, from 1.
    pub winners: Option<u32>,
    /// Areas that have a number of winners of their own.
    #[graphql(default)]
    pub winners_in: Vec<AreaWinners>,
    /// The number of winners stands instead of the envelope: what projects cost doesn't matter.
    #[graphql(default)]
    pub any_cost: bool,
    /// The first project that doesn't fit in what is left is funded all the same when so much of its cost
    /// is left, in hundredths of a percent (1 to 10,000); once, and the envelope is then exceeded by what
    /// lacks.
    pub fund_next_at_basis_points: Option<u32>,
    /// What a vote of each channel weighs.
    pub weights: Option<Weights>,
    /// A floor for projects in priority neighbourhoods.
    pub earmark: Option<EarmarkInput>,
    /// Limits for the projects of one district on the list of the whole city.
    pub groups: Option<GroupLimits>,
    /// Where the money goes that districts leave; nowhere unless said.
    pub leftovers: Option<Leftovers>,
}

/// The least that projects in priority neighbourhoods receive while one of them fits.
#[derive(OneofObject, Clone, Copy, Debug)]
pub enum EarmarkInput {
    /// An amount.
    Amount(Amount),
    /// A share of the envelope, in hundredths of a percent (1 to 10,000).
    BasisPoints(u32),
}

impl From<&tally::Around> for Around {
    fn from(around: &tally::Around) -> Self {
        let tally::Around { winners, any_cost, fund_next_at_basis_points, weights, earmark, groups, leftovers, .. } =
            *around;
        let own = |(area, winners): (&String, &u32)| AreaWinners { area: area.clone(), winners: *winners };
        let limits = |groups: tally::GroupLimits| GroupLimits {
            at_most: groups.at_most,
            at_most_cost: groups.at_most_cents.map(Amount),
            at_least: groups.at_least,
        };
        Self {
            winners,
            winners_in: around.winners_in.iter().map(own).collect(),
            any_cost,
            fund_next_at_basis_points,
            weights: weights.map(|weights| Weights { digital: weights.digital, paper: weights.paper }),
            earmark: earmark.map(|floor| match floor {
                tally::Floor::Cents(cents) => Earmark { amount: Some(Amount(cents)), basis_points: None },
                tally::Floor::BasisPoints(share) => Earmark { amount: None, basis_points: Some(share) },
            }),
            groups: groups.map(limits),
            leftovers: leftovers.into(),
        }
    }
}

impl From<AroundInput> for tally::Around {
    fn from(input: AroundInput) -> Self {
        let limits = |groups: GroupLimits| tally::GroupLimits {
            at_most: groups.at_most,
            at_most_cents: groups.at_most_cost.map(|amount| amount.0),
            at_least: groups.at_least,
        };
        Self {
            winners: input.winners,
            winners_in: input.winners_in.into_iter().map(|own| (own.area, own.winners)).collect(),
            any_cost: input.any_cost,
            fund_next_at_basis_points: input.fund_next_at_basis_points,
            weights: input.weights.map(|weights| tally::Weights { digital: weights.digital, paper: weights.paper }),
            earmark: input.earmark.map(|floor| match floor {
                EarmarkInput::Amount(amount) => tally::Floor::Cents(amount.0),
                EarmarkInput::BasisPoints(share) => tally::Floor::BasisPoints(share),
            }),
            groups: input.groups.map(limits),
            leftovers: input.leftovers.map(Into::into).unwrap_or_default(),
        }
    }
}
