//! The demo's vote: who comes, what they choose, the count and the result.

use crate::demo::{Play, polling_officer, returning_officers};
use crate::demo_city::{id, moment, start_of};
use crate::demo_merging::Plan;
use crate::failure::Failure;
use crate::steps::{Step, TOGETHER};
use commands::Entropy;
use domain::ballot::{self, Paper};
use domain::campaign::Command as CampaignCommand;
use domain::phase::Phase;
use domain::{Actor, AreaId, Command, ProjectId, Role, Timestamp, VoterId};
use tally::Channel;

impl Play<'_> {
    /// Voters come evenly over the days: a third online, the others on paper.
    pub(crate) fn vote(&self, plans: &[Plan], voters: u64) -> Result<(), Failure> {
        let ballots = Lists::new(plans, self.city.places.len());
        let polling = polling_officer();
        let (from, to) = (start_of(Phase::Vote)?.unix(), start_of(Phase::PostVote)?.unix());
        let all = i64::try_from(voters.max(1)).unwrap_or(i64::MAX);
        let together = u64::try_from(TOGETHER * 8).unwrap_or(u64::MAX);
        let mut again = Vec::new();
        for first in (0..voters).step_by(TOGETHER * 8) {
            let mut steps = Vec::new();
            for number in first..voters.min(first.saturating_add(together)) {
                let voter: VoterId = id(&self.entropy.uuid().simple().to_string())?;
                let digital = self.below(3) == 0;
                let actor = if digital { Actor::new(voter.as_str(), Role::Citizen) } else { polling.clone() };
                let district = self.city.district(&self.entropy);
                let papers = self.papers(&ballots, digital, district)?;
                let step = |name: String, command| Step {
                    name,
                    actor: actor.clone(),
                    commands: vec![Command::Ballot(voter.clone(), command)],
                };
                if digital && self.chance(2) {
                    let papers = self.papers(&ballots, digital, district)?;
                    again.push(step(format!("vote again {number}"), ballot::Command::Cast(papers)));
                } else if digital && self.below(300) == 0 {
                    let area = papers.first().map(|(area, _)| area.clone());
                    again.extend(area.map(|area| step(format!("cancel {number}"), ballot::Command::Cancel { area })));
                }
                steps.push(step(format!("vote {number}"), ballot::Command::Cast(papers)));
            }
            let range = usize::try_from(first).unwrap_or(0)..usize::try_from(voters).unwrap_or(usize::MAX);
            self.steps.part("voters", &steps, range, |done| {
                let done = i64::try_from(done).unwrap_or(0);
                if let Some(at) = Timestamp::from_unix(from + (to - from - 86_400) * done / all) {
                    self.at(at);
                }
            })?;
        }
        self.at(Timestamp::from_unix(to - 3_600).unwrap_or(moment("2025-09-21")?));
        self.steps.many("voters who change their ballot", &again, |_| {})
    }

    /// A paper for the whole city, one for the district; some voters fill in only one.
    fn papers(&self, lists: &Lists, digital: bool, district: usize) -> Result<Vec<(AreaId, Paper)>, Failure> {
        let channel = if digital { Channel::Digital } else { Channel::Paper };
        let only = self.below(100);
        let mut papers = Vec::new();
        for (place, left_out) in [(0, only < 8), (district, (8..18).contains(&only))] {
            let choices = lists.choose(&self.entropy, place);
            if !left_out && !choices.is_empty() {
                papers.push((self.area(place)?, Paper { channel, choices, points: None, unknown: Vec::new() }));
            }
        }
        Ok(papers)
    }

    pub(crate) fn count(&self) -> Result<(), Failure> {
        let officers = returning_officers();
        self.by_two("close the box", 1, &officers, CampaignCommand::CloseBallotBox)?;
        let head =
            tokio::runtime::Handle::current().block_on(self.steps.executor.head_at_close(&self.steps.campaign))?;
        let (size, root) = head.ok_or_else(|| Failure::fault("DEMO", "the box isn't closed"))?;
        let public_value = "04 11 19 23 38 42".to_owned();
        let draw = CampaignCommand::DrawLot { size, root, public_value };
        self.steps.one("lot", &officers.0, vec![Command::Campaign(draw)])?;
        Ok(())
    }

    pub(crate) fn proclaim(&self) -> Result<Vec<ProjectId>, Failure> {
        self.by_two("result", 2, &returning_officers(), CampaignCommand::ProclaimResult)?;
        let reader = self.steps.executor.store().reader();
        let head = crate::fold::log(&reader, &self.steps.campaign)?;
        let model = crate::fold::model(&reader, &head, |_| Ok(()))?;
        Ok(projections::results::winners(&model.area_results).cloned().collect())
    }
}

/// The ballot lists with how much people like each project, summed up, to draw choices from.
struct Lists(Vec<Vec<(u64, u32)>>);

impl Lists {
    /// Numbers projects as the catalogue does: by area in the city's order, then by id.
    fn new(plans: &[Plan], places: usize) -> Self {
        let mut lists = vec![Vec::new(); places];
        let mut sorted: Vec<&Plan> = plans.iter().collect();
        sorted.sort_by(|a, b| (a.place, &a.id).cmp(&(b.place, &b.id)));
        for (number, plan) in (1_u32..).zip(sorted) {
            if let Some(list) = lists.get_mut(plan.place) {
                let before = list.last().map_or(0, |(sum, _): &(u64, u32)| *sum);
                list.push((before + plan.liked, number));
            }
        }
        Self(lists)
    }

    /// One to four different projects of a place, the liked ones more often.
    fn choose(&self, entropy: &Entropy, place: usize) -> Vec<u32> {
        let list = self.0.get(place).map(Vec::as_slice).unwrap_or_default();
        let wanted = usize::try_from(4 - entropy.below(8).min(3)).unwrap_or(1).min(list.len());
        let all = list.last().map_or(0, |(sum, _)| *sum);
        let mut choices: Vec<u32> = Vec::with_capacity(wanted);
        while choices.len() < wanted {
            let drawn = entropy.below(all);
            let hit = list.partition_point(|(sum, _)| *sum <= drawn);
            if let Some((_, number)) = list.get(hit).filter(|(_, number)| !choices.contains(number)) {
                choices.push(*number);
            }
        }
        choices
    }
}
