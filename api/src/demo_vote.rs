//! The demo's vote: who comes, what they choose, the count and the result.
//!
//! A third vote online, where ballots are sealed (`demo_urn.rs`); the others at the town hall of their
//! district (`demo_papers.rs`). Pupils vote at their school (`demo_school.rs`).

use crate::demo::{Play, returning_officers};
use crate::demo_city::{moment, start_of};
use crate::demo_merging::Plan;
use crate::demo_papers::Papers;
use crate::demo_urn::{Holders, Urn};
use crate::failure::Failure;
use commands::Entropy;
use domain::campaign::Command as CampaignCommand;
use domain::phase::Phase;
use domain::{ProjectId, Timestamp};
use projections::Model;
use transparency::Hash;

/// What voters left behind: the urn, and the papers.
pub(crate) struct Cast {
    urn: Urn,
    papers: Papers,
    model: Model,
}

impl Play<'_> {
    /// Voters come evenly over the days: a third online, the others on paper.
    pub(crate) fn vote(&self, plans: &[Plan], holders: Holders, voters: u64) -> Result<Cast, Failure> {
        let lists = Lists::new(plans, self.city.places.len());
        let model = self.model()?;
        let (mut urn, mut papers) = (self.urn(holders, &model)?, Papers::default());
        let (from, to) = (start_of(Phase::Vote)?.unix(), start_of(Phase::PostVote)?.unix());
        let all = i64::try_from(voters.max(1)).unwrap_or(i64::MAX);
        self.pupils(&lists)?;
        // The school's morning is past when others begin.
        let from = from + 5 * 86_400;
        for number in 0..voters {
            let come = i64::try_from(number).unwrap_or(0);
            if let Some(at) = Timestamp::from_unix(from + (to - from - 86_400) * come / all) {
                self.at(at);
            }
            let digital = self.below(3) == 0;
            let district = self.city.district(&self.entropy);
            if digital {
                self.online(&mut urn, &mut papers, &lists, district)?;
                self.publish(&mut urn, false)?;
            } else {
                self.on_paper(&mut papers, &mut urn, &lists, district);
            }
        }
        self.at(Timestamp::from_unix(to - 3_600).unwrap_or(moment("2025-09-21")?));
        Ok(Cast { urn, papers, model })
    }

    /// What a voter fills in: a list for the whole city, one for the district; some leave one out.
    fn choices(&self, lists: &Lists, district: usize) -> Vec<(usize, Vec<u32>)> {
        let only = self.below(100);
        let papers = [(0, only < 8), (district, (8..18).contains(&only))];
        let filled = papers.into_iter().filter(|(_, left_out)| !left_out);
        filled.map(|(place, _)| (place, lists.choose(&self.entropy, place))).filter(|(_, c)| !c.is_empty()).collect()
    }

    /// Some vote again, take a ballot back, or go to the polling place all the same.
    fn online(&self, urn: &mut Urn, papers: &mut Papers, lists: &Lists, district: usize) -> Result<(), Failure> {
        let mut cast: Vec<(usize, Hash)> = Vec::new();
        for (place, choices) in self.choices(lists, district) {
            cast.push((place, self.cast(urn, place, choices)?));
        }
        match self.below(300) {
            0..6 => {
                for (place, choices) in self.choices(lists, district) {
                    if let Some((_, before)) = cast.iter().find(|(of, _)| *of == place) {
                        urn.set_aside(place, *before);
                    }
                    self.cast(urn, place, choices)?;
                }
            }
            6 => cast.first().into_iter().for_each(|(place, ballot)| urn.set_aside(*place, *ballot)),
            7..10 => {
                for (place, ballot) in cast {
                    urn.set_aside(place, ballot);
                    urn.count(place, |row| {
                        row.paper += 1;
                        row.both += 1;
                    });
                    papers.drop(district, place, &lists.choose(&self.entropy, place));
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// One in a hundred papers is blank, one in two hundred breaks the rules.
    fn on_paper(&self, papers: &mut Papers, urn: &mut Urn, lists: &Lists, district: usize) {
        for (place, choices) in self.choices(lists, district) {
            match self.below(200) {
                0 => papers.drop_void(district, place),
                1 | 2 => papers.drop(district, place, &[]),
                _ => papers.drop(district, place, &choices),
            }
            urn.count(place, |row| row.paper += 1);
        }
    }

    /// The box is closed, papers are read, the link is destroyed, the lot drawn, the urn opened.
    pub(crate) fn count(&self, cast: Cast) -> Result<(), Failure> {
        let Cast { mut urn, papers, model } = cast;
        self.publish(&mut urn, true)?;
        self.by_two("close the box", 1, &returning_officers(), CampaignCommand::CloseBallotBox)?;
        self.count_papers(&papers, &model)?;
        self.reconcile(&mut urn)?;
        let head =
            tokio::runtime::Handle::current().block_on(self.steps.executor.head_at_close(&self.steps.campaign))?;
        let (size, root) = head.ok_or_else(|| Failure::fault("DEMO", "the box isn't closed"))?;
        let public_value = "04 11 19 23 38 42".to_owned();
        self.audit(CampaignCommand::DrawLot { size, root, public_value })?;
        self.open_urn(urn)
    }

    /// The result.
    pub(crate) fn proclaim(&self) -> Result<(), Failure> {
        self.by_two("result", 3, &returning_officers(), CampaignCommand::ProclaimResult)
    }

    /// A winner that can't be carried out gives way to the first of the city's list that lost. Gives the
    /// projects that are carried out.
    pub(crate) fn deliberate(&self) -> Result<Vec<ProjectId>, Failure> {
        use domain::council::Ruling;
        let model = self.model()?;
        let mut carried: Vec<ProjectId> = projections::results::winners(&model.area_results).cloned().collect();
        let city = self.area(0)?;
        let of_city = |project: &&ProjectId| model.results.get(project).is_some_and(|row| row.area == city);
        let removed = carried.iter().rfind(of_city).cloned();
        let lost = model.results.rows().filter(|row| row.area == city && !row.elected);
        let best = lost.min_by_key(|row| row.decision.as_ref().map_or(usize::MAX, |decision| decision.rank));
        if let (Some(removed), Some(best)) = (removed, best) {
            let added = best.project.clone();
            self.council([
                (
                    &removed,
                    Ruling::Removed,
                    "Le terrain a été vendu depuis le vote : le projet ne peut plus s’y faire.",
                ),
                (
                    &added,
                    Ruling::Added,
                    "La place laissée sur la liste de la ville revient au premier des non lauréats.",
                ),
            ])?;
            carried.retain(|project| *project != removed);
            carried.push(added);
        }
        Ok(carried)
    }
}

/// The ballot lists with how much people like each project, summed up, to draw choices from.
pub(crate) struct Lists(Vec<Vec<(u64, u32)>>);

impl Lists {
    /// Numbers projects as the catalogue does: by area in the city's order, then by id.
    pub(crate) fn new(plans: &[Plan], places: usize) -> Self {
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
    pub(crate) fn choose(&self, entropy: &Entropy, place: usize) -> Vec<u32> {
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
