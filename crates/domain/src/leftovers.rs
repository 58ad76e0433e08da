//! Where the money goes that the districts' winners leave of their envelopes (`reliquats`).
//!
//! Owns who receives it, and that the receiver is counted anew with it; nothing is handed on a second
//! time. What a rule says of it is [`tally::Leftovers`]; the counts themselves are made in
//! [`crate::count`].

use crate::configuration::{Area, AreaKind, Configuration};
use crate::count::AreaCount;
use crate::{AreaId, Cents, Code, Rejection};
use serde::{Deserialize, Serialize};
use tally::{Leftovers, LotSeed, Patience, TallyRule};

/// Money that an area received of another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flow {
    /// The area that left it.
    pub from: AreaId,
    /// How much, in cents; above zero.
    pub cents: Cents,
}

/// Hands on what districts leave, and counts the receiver anew.
///
/// # Errors
/// [`Code::TallyRefused`] when an envelope leaves the range of amounts.
pub(crate) fn hand_on(
    configuration: &Configuration,
    rule: &TallyRule,
    lot: Option<&LotSeed>,
    counts: &mut [AreaCount],
    patience: &mut Patience,
) -> Result<(), Rejection> {
    let receiver = match rule.around.leftovers {
        Leftovers::Nowhere => None,
        Leftovers::City => configuration.areas.iter().find(|area| area.kind == AreaKind::WholeCity),
        Leftovers::HighestTurnout => highest_turnout(configuration, counts),
    };
    let Some(receiver) = receiver else { return Ok(()) };
    let gives = |area: &&Area| area.kind == AreaKind::District && area.id != receiver.id;
    let left = |area: &Area| {
        let count = counts.iter().find(|count| count.area == area.id)?;
        let cents = count.outcome.budget.checked_sub(count.outcome.spent).filter(|left| *left > Cents::ZERO)?;
        Some(Flow { from: area.id.clone(), cents })
    };
    let flows: Vec<Flow> = configuration.areas.iter().filter(gives).filter_map(left).collect();
    let Some(count) = counts.iter_mut().find(|count| count.area == receiver.id).filter(|_| !flows.is_empty()) else {
        return Ok(());
    };
    let refused = || Code::TallyRefused.on(receiver.id.as_str());
    let sum = Cents::sum(flows.iter().map(|flow| flow.cents)).and_then(|sum| count.election.budget.checked_add(sum));
    count.election.budget = sum.ok_or_else(|| refused().with("an envelope too large to be counted in cents"))?;
    let own = rule.within(receiver.id.as_str());
    count.outcome = count.election.tally_within(&own, lot, patience).map_err(|error| refused().with(error))?;
    count.received = flows;
    Ok(())
}

/// The district with the most ballots per inhabitant, invalid ones included; of several, the one
/// configured first.
fn highest_turnout<'a>(configuration: &'a Configuration, counts: &[AreaCount]) -> Option<&'a Area> {
    let mut highest: Option<(&Area, u64, u32)> = None;
    for area in configuration.areas.iter().filter(|area| area.kind == AreaKind::District) {
        let count = counts.iter().find(|count| count.area == area.id)?;
        let cast = count.outcome.invalid.values().fold(count.outcome.counted, |sum, some| sum.saturating_add(*some));
        let inhabitants = area.population?;
        // Compared as fractions, so that nothing is rounded.
        let higher = highest.is_none_or(|(_, of_highest, among)| {
            u128::from(cast) * u128::from(among) > u128::from(of_highest) * u128::from(inhabitants)
        });
        if higher {
            highest = Some((area, cast, inhabitants));
        }
    }
    highest.map(|(area, ..)| area)
}
