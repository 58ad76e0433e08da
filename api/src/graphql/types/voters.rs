//! How voters fared: who has none of their projects among the winners, and how many winners a ballot
//! names.

use super::enums::Channel;
use async_graphql::{Enum, SimpleObject};
use domain::count::AreaCount;
use tally::Satisfaction;

/// Groups with fewer ballots aren't shown: their voters could be guessed.
const FEWEST: u64 = 10;

/// What is known of a group of voters.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum VoterGroupState {
    /// The figures are there.
    Told,
    /// Fewer than 10 ballots, or the rest of a group would be: not shown.
    TooFew,
    /// Papers of this group were counted as totals: there are no single ballots to tell from.
    NoSingleBallots,
}

/// How the voters of a group fared. Blank and invalid ballots aren't part of it.
#[derive(SimpleObject, Clone, Copy, Debug)]
pub struct VoterGroup {
    /// Online or on paper; null for all single ballots together.
    pub channel: Option<Channel>,
    /// Whether figures are there, and why not.
    pub state: VoterGroupState,
    /// Ballots that support at least one project.
    pub ballots: Option<u64>,
    /// Those of them, out of 1,000, that support no winner; rounded down.
    pub without_winner_per_mille: Option<u64>,
    /// How many winners a ballot supports on average, in thousandths; rounded down.
    pub winners_per_mille: Option<u64>,
}

impl VoterGroup {
    fn hidden(channel: Option<tally::Channel>, state: VoterGroupState) -> Self {
        let channel = channel.map(Into::into);
        Self { channel, state, ballots: None, without_winner_per_mille: None, winners_per_mille: None }
    }

    fn told(channel: Option<tally::Channel>, fared: Satisfaction) -> Self {
        Self {
            channel: channel.map(Into::into),
            state: VoterGroupState::Told,
            ballots: Some(fared.ballots),
            without_winner_per_mille: fared.without_per_mille(),
            winners_per_mille: fared.winners_per_mille(),
        }
    }

    /// All together, then each channel that has ballots. All together isn't told beside a group that is
    /// too small, which could be found by subtraction.
    pub(crate) fn all(count: &AreaCount) -> Vec<Self> {
        let voters = count.election.satisfaction(&count.outcome);
        let together = voters.values().fold(Satisfaction::default(), |sum, fared| sum.and(*fared));
        let shown = voters.values().all(|fared| fared.ballots >= FEWEST);
        let mut groups = Vec::new();
        if !voters.is_empty() {
            groups.push(if shown { Self::told(None, together) } else { Self::hidden(None, VoterGroupState::TooFew) });
        }
        for channel in [tally::Channel::Digital, tally::Channel::Paper] {
            let on_sheets = channel == tally::Channel::Paper && !count.election.sheets.is_empty();
            groups.extend(match voters.get(&channel) {
                // Some places read card by card: their ballots alone wouldn't stand for the channel.
                _ if on_sheets => Some(Self::hidden(Some(channel), VoterGroupState::NoSingleBallots)),
                Some(fared) if fared.ballots >= FEWEST => Some(Self::told(Some(channel), *fared)),
                Some(_) => Some(Self::hidden(Some(channel), VoterGroupState::TooFew)),
                None => None,
            });
        }
        groups
    }
}
