//! What stands around a tally rule, as a campaign file writes it: amounts in whole units.
//!
//! Owns the form alone. What fits together is for `tally::TallyRule::check` to say.

use crate::campaign_form::Amount;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use tally::{Around, Floor, GroupLimits, Leftovers, Weights};

/// `[rule.around]`: all of it can be left out.
#[derive(Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct AroundForm {
    winners: Option<u32>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    winners_in: BTreeMap<String, u32>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    any_cost: bool,
    fund_next_at_basis_points: Option<u32>,
    #[serde(skip_serializing_if = "Leftovers::is_nowhere")]
    leftovers: Leftovers,
    weights: Option<Weights>,
    earmark: Option<FloorForm>,
    groups: Option<GroupsForm>,
}

#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum FloorForm {
    Amount(Amount),
    BasisPoints(u32),
}

#[derive(Clone, Copy, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct GroupsForm {
    at_most: Option<u32>,
    at_most_cost: Option<Amount>,
    at_least: Option<u32>,
}

impl From<AroundForm> for Around {
    fn from(form: AroundForm) -> Self {
        let AroundForm {
            winners,
            winners_in,
            any_cost,
            fund_next_at_basis_points,
            leftovers,
            weights,
            earmark,
            groups,
        } = form;
        let earmark = earmark.map(|floor| match floor {
            FloorForm::Amount(amount) => Floor::Cents(amount.0),
            FloorForm::BasisPoints(share) => Floor::BasisPoints(share),
        });
        let groups = groups.map(|groups| GroupLimits {
            at_most: groups.at_most,
            at_most_cents: groups.at_most_cost.map(|amount| amount.0),
            at_least: groups.at_least,
        });
        Self { winners, winners_in, any_cost, fund_next_at_basis_points, weights, earmark, groups, leftovers }
    }
}

impl From<&Around> for AroundForm {
    fn from(around: &Around) -> Self {
        let Around { winners, any_cost, fund_next_at_basis_points, weights, earmark, groups, leftovers, .. } = *around;
        let winners_in = around.winners_in.clone();
        let earmark = earmark.map(|floor| match floor {
            Floor::Cents(cents) => FloorForm::Amount(Amount(cents)),
            Floor::BasisPoints(share) => FloorForm::BasisPoints(share),
        });
        let groups = groups.map(|groups| GroupsForm {
            at_most: groups.at_most,
            at_most_cost: groups.at_most_cents.map(Amount),
            at_least: groups.at_least,
        });
        Self { winners, winners_in, any_cost, fund_next_at_basis_points, leftovers, weights, earmark, groups }
    }
}
