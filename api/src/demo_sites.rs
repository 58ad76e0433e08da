//! The demo's sites: what becomes of the winners in the year after the result.

use crate::demo::{COORDINATOR, Play, agent, referents};
use crate::demo_city::{id, start_of};
use crate::demo_merging::Plan;
use crate::demo_words::pick;
use crate::failure::Failure;
use crate::steps::Step;
use domain::phase::Phase;
use domain::site::{self, Milestone, Opening};
use domain::{CalendarDate, Cents, Command, Hidden, ProjectId, Role, SiteId, Timestamp};
use std::collections::BTreeMap;

impl Play<'_> {
    /// A site or two for each winner, and how far each has come a year later.
    pub(crate) fn sites(&self, plans: &[Plan], winners: &[ProjectId]) -> Result<(), Failure> {
        let plans: BTreeMap<&ProjectId, &Plan> = plans.iter().map(|plan| (&plan.id, plan)).collect();
        let (mut openings, mut months) = (Vec::new(), BTreeMap::<u64, Vec<Step>>::new());
        for plan in winners.iter().filter_map(|winner| plans.get(winner)) {
            let count = 1 + u64::from(self.chance(25));
            for nth in 0..count {
                let site: SiteId = id(&self.entropy.uuid().to_string())?;
                let share = plan.cost.get() / i64::try_from(count).unwrap_or(1);
                let department = pick(&self.entropy, &self.city.departments).cloned();
                let pilot = department.as_ref().map(referents).map(|[head, ..]| head);
                let pilot = pilot.unwrap_or_else(|| agent(COORDINATOR, Role::Coordinator));
                let title = if count == 1 { plan.title.clone() } else { format!("{} ({})", plan.title, nth + 1) };
                let (area, budget) = (self.area(plan.place)?, Cents::new(share).unwrap_or(Cents::ZERO));
                let opening = Opening::new(plan.id.clone(), Hidden::Disclosed(title), area, budget);
                let opening = Opening { department, ..opening };
                let step = |name: &str, command| Step {
                    name: format!("{name} {site}"),
                    actor: pilot.clone(),
                    commands: vec![Command::Site(site.clone(), command)],
                };
                openings.push(step("site", site::Command::Open(Box::new(opening))));
                for (month, name, command) in self.life() {
                    months.entry(month).or_default().push(step(name, command));
                }
            }
        }
        self.steps.many("sites", &openings, |_| {})?;
        for (month, steps) in months {
            self.at(Timestamp::from_unix(
                start_of(Phase::Result)?.unix() + i64::try_from(month).unwrap_or(0) * 30 * 86_400,
            )
            .unwrap_or(start_of(Phase::Result)?));
            self.steps.many("site news", &steps, |_| {})?;
        }
        Ok(())
    }

    /// What happens to a site, by months after the result.
    fn life(&self) -> Vec<(u64, &'static str, site::Command)> {
        let month = |n: u64| -> Option<CalendarDate> {
            format!("{}-{:02}", 2025 + (9 + n) / 12, (9 + n) % 12 + 1).parse().ok()
        };
        let mut life = Vec::new();
        let delivery = 8 + self.below(20);
        life.extend(
            month(delivery)
                .map(|on| (1, "plan", site::Command::Plan { milestone: Milestone::Delivery, on, reason: None })),
        );
        let mut at = 1;
        for (milestone, name) in [Milestone::Studies, Milestone::Procedures, Milestone::Works, Milestone::Delivery]
            .into_iter()
            .zip(["studies", "procedures", "works", "delivery"])
        {
            at += 1 + self.below(5);
            if at > 11 {
                break;
            }
            life.push((at, name, site::Command::Reach { milestone, on: month(at) }));
        }
        if self.chance(20) {
            let reason = Some("Le sous-sol est encombré de réseaux : les études prennent plus de temps.".to_owned());
            life.extend(
                month(delivery + 6)
                    .filter(|_| at > 11)
                    .map(|on| (11, "slip", site::Command::Plan { milestone: Milestone::Delivery, on, reason })),
            );
        } else if at > 11 && self.chance(3) {
            let reason = "Le bâtiment doit être démoli : le projet ne peut plus s’y faire.".to_owned();
            life.push((12, "abandon", site::Command::Abandon { reason }));
        }
        life
    }
}
