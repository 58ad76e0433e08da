//! A newer file of Paris's winning projects against a campaign that is there: only what changed.
//!
//! Owns the comparison. What a row should be is what a first import would write of it today; what stands
//! in the log is compared with that, and the difference becomes commands. Each row is carried out as far
//! as the rules allow and the rest is told by its line: nothing is dropped in silence, and a recorded
//! result stays as it was recorded. What a first import writes: `import_paris.rs`.

use crate::failure::Failure;
use crate::fold;
use crate::import_paris::{ABANDONED, SOURCE, id, site_step, system};
use crate::import_paris_rows::Winner;
use crate::steps::{Step, Steps};
use domain::site::{Change, Milestone, Site};
use domain::{Command, Event, ProjectId, Rejection, SiteId, StreamKind, Timestamp, World, site};
use std::collections::{BTreeMap, BTreeSet};
use tally::pabulib::Anomaly;

/// A campaign as it stands in the log.
pub(crate) struct Present {
    world: World,
    /// Events in the log.
    size: u64,
}

/// What a file changes in a campaign.
pub(crate) struct Changes {
    /// One step per site that changes.
    pub(crate) steps: Vec<Step>,
    /// What they write: events by type.
    pub(crate) events: BTreeMap<String, usize>,
    /// What can't be written, by line; 0 where the file has no line for it.
    pub(crate) anomalies: Vec<Anomaly>,
}

/// The campaign of these steps; none where nothing is written yet.
pub(crate) fn present(steps: &Steps) -> Result<Option<Present>, Failure> {
    let reader = steps.executor.store().reader();
    let Some(head) = reader.logs()?.into_iter().find(|head| head.campaign == steps.campaign) else {
        return Ok(None);
    };
    let mut world = World::default();
    reader.for_each(head.log_id, 0, |stored| {
        let record = fold::record(&stored)?;
        world.evolve(&record.id, &record.event).map_err(Failure::from)
    })?;
    Ok(Some(Present { world, size: head.size }))
}

impl Present {
    /// What the campaign was begun from; none where it isn't configured yet.
    pub(crate) fn source(&self) -> Option<&str> {
        let configuration = self.world.campaign.configured().ok()?;
        configuration.source.as_ref()?.get().map(String::as_str)
    }

    /// Refuses a campaign that isn't one of these imports, or whose first import was cut off before the
    /// result: what that file said of it stands nowhere yet.
    pub(crate) fn require_whole(&self, campaign: &str) -> Result<(), Failure> {
        let Some(begun) = self.source().filter(|source| source.starts_with(SOURCE)) else {
            let message = "a campaign with this code is there already, from another source: give another --store";
            return Err(Failure::refused("CAMPAIGN_EXISTS", message).at(campaign));
        };
        if self.world.campaign.winners.is_none() {
            let first = begun.trim_start_matches(SOURCE);
            let message = format!(
                "its first import was stopped before the result: run it to its end with the file it began with, \
                 whose SHA-256 is {first}, then import this one"
            );
            return Err(Failure::refused("IMPORT_UNFINISHED", message).at(campaign));
        }
        Ok(())
    }
}

/// What these rows change in the campaign.
pub(crate) fn changes(present: Present, steps: &Steps, winners: &[&Winner], source: &str) -> Result<Changes, Failure> {
    let now = steps.executor.clock().now().ok_or(commands::Error::Clock)?;
    let Present { world, size } = present;
    let reason = format!("Nouvelle publication de la {source}");
    // The same campaign without sites, on which every row is played as a first import would.
    let afresh = World { sites: BTreeMap::new(), ..world.clone() };
    let mut work = Work { campaign: &steps.campaign, now, world, afresh, reason, anomalies: Vec::new() };
    let (mut changed, mut events) = (Vec::new(), BTreeMap::new());
    let mut seen = BTreeSet::new();
    for winner in winners {
        let project: ProjectId = id(&winner.id)?;
        let commands = work.row(winner, &project, &mut events)?;
        seen.insert(project);
        if !commands.is_empty() {
            let name = format!("site {} at {size}", winner.id);
            changed.push(Step { name, actor: system(), commands });
        }
    }
    for (id, project) in work.world.projects.iter().filter(|(id, _)| !seen.contains(*id)) {
        let title = project.formation.as_ref().and_then(|formation| formation.title.get());
        let title = title.map(String::as_str).unwrap_or_default();
        let message =
            format!("{}: the project {id} ({title}) isn't in this file any more; kept as it was", steps.campaign);
        work.anomalies.push(Anomaly { line: 0, code: "ROW_VANISHED".to_owned(), message });
    }
    Ok(Changes { steps: changed, events, anomalies: work.anomalies })
}

struct Work<'a> {
    campaign: &'a str,
    now: Timestamp,
    world: World,
    afresh: World,
    reason: String,
    anomalies: Vec<Anomaly>,
}

impl Work<'_> {
    fn tell(&mut self, winner: &Winner, code: &str, message: impl Into<String>) {
        self.anomalies.push(Anomaly { line: winner.line, code: code.to_owned(), message: message.into() });
    }

    /// The commands of a row; what it can't change is told.
    fn row(
        &mut self,
        winner: &Winner,
        project: &ProjectId,
        events: &mut BTreeMap<String, usize>,
    ) -> Result<Vec<Command>, Failure> {
        let Some(known) = self.world.projects.get(project) else {
            let message = format!(
                "the project {project} is new in {}, whose result is recorded, and a recorded result stands; not \
                 imported: import the file into a --store of its own to have it",
                self.campaign
            );
            self.tell(winner, "ROW_NEW", message);
            return Ok(Vec::new());
        };
        let sheet = known.formation.as_ref().map(|formation| formation.priority_neighbourhood);
        if sheet.is_some_and(|priority| priority != winner.priority_neighbourhood) {
            let message = "its priority neighbourhood isn't what it was when the result was recorded; kept as recorded";
            self.tell(winner, "PRIORITY_CHANGED", message);
        }
        let id: SiteId = id(&winner.id)?;
        let fresh = site_step(winner, &system())?;
        if !self.world.sites.contains_key(&id) {
            return self.carry_out(winner, vec![fresh.commands], events);
        }
        for command in fresh.commands {
            let done = self.afresh.execute(self.campaign, command, &system(), self.now);
            if let Err(rejection) = done {
                // Most of all a department or district that the campaign wasn't configured with: what the
                // site is stays, and how it goes on is still looked at.
                self.refused(winner, &rejection);
                let Some(opening) = self.world.sites.get(&id).and_then(|site| site.opening.clone()) else { break };
                let stays = Command::Site(id.clone(), site::Command::Open(opening));
                self.afresh.execute(self.campaign, stays, &system(), self.now)?;
            }
        }
        let (Some(stands), Some(wanted)) = (self.world.sites.get(&id).cloned(), self.afresh.sites.get(&id).cloned())
        else {
            return Ok(Vec::new());
        };
        let mut parts = vec![self.sheet(&stands, &wanted)];
        parts.push(self.course(winner, &stands, &wanted));
        let of_site = |command| Command::Site(id.clone(), command);
        let parts = parts.into_iter().map(|part| part.into_iter().map(of_site).collect()).collect();
        self.carry_out(winner, parts, events)
    }

    /// Tries each part on the world, all or nothing, and keeps those that the rules allow.
    fn carry_out(
        &mut self,
        winner: &Winner,
        parts: Vec<Vec<Command>>,
        events: &mut BTreeMap<String, usize>,
    ) -> Result<Vec<Command>, Failure> {
        let mut kept = Vec::new();
        for part in parts {
            let site: SiteId = id(&winner.id)?;
            let before = self.world.sites.get(&site).cloned();
            let mut written: Vec<(StreamKind, String, Event)> = Vec::new();
            let tried = part.iter().try_for_each(|command| {
                written.extend(self.world.execute(self.campaign, command.clone(), &system(), self.now)?);
                Ok::<_, Rejection>(())
            });
            if let Err(rejection) = tried {
                match before {
                    Some(before) => drop(self.world.sites.insert(site, before)),
                    None => drop(self.world.sites.remove(&site)),
                }
                self.refused(winner, &rejection);
                continue;
            }
            for (_, _, event) in &written {
                let (name, _) = event.encode().map_err(|error| Failure::fault(error.code(), error.to_string()))?;
                *events.entry(name).or_default() += 1;
            }
            kept.extend(part);
        }
        Ok(kept)
    }

    fn refused(&mut self, winner: &Winner, rejection: &Rejection) {
        let message = format!("not written: {}", Failure::from(rejection.clone()).message);
        self.tell(winner, rejection.code.as_str(), message);
    }

    /// What the site is: title, district, department, budget. A text that was removed stays removed.
    fn sheet(&self, stands: &Site, wanted: &Site) -> Vec<site::Command> {
        let (Some(stands), Some(wanted)) = (stands.opening.as_deref(), wanted.opening.as_deref()) else {
            return Vec::new();
        };
        let retitled = !stands.title.is_redacted() && stands.title != wanted.title;
        let change = Change {
            title: retitled.then(|| wanted.title.clone()),
            area: (stands.area != wanted.area).then(|| wanted.area.clone()),
            department: wanted.department.clone().filter(|one| stands.department.as_ref() != Some(one)),
            budget_cents: Some(wanted.budget_cents).filter(|cents| *cents != stands.budget_cents),
            ..Change::default()
        };
        if change == Change::default() {
            return Vec::new();
        }
        vec![site::Command::Change { change: Box::new(change), reason: self.reason.clone() }]
    }

    /// How it goes: planned, reached, corrected, given up, taken up again.
    fn course(&mut self, winner: &Winner, stands: &Site, wanted: &Site) -> Vec<site::Command> {
        let mut commands = Vec::new();
        let reason = self.reason.clone();
        let done = stands.reached.contains_key(&Milestone::Done);
        let again = stands.abandoned || (done && !wanted.reached.contains_key(&Milestone::Done));
        if again && !(stands.abandoned && wanted.abandoned) {
            commands.push(site::Command::Reopen { reason: reason.clone() });
        }
        for (milestone, on) in &wanted.planned {
            let known = stands.planned.get(milestone);
            if known == Some(on) {
                continue;
            }
            if stands.reached.contains_key(milestone) {
                let message =
                    format!("{on} is published as planned for {}, which was reached; not written", milestone.code());
                self.tell(winner, "PLAN_AFTER_REACHED", message);
                continue;
            }
            commands.push(site::Command::Plan { milestone: *milestone, on: *on, reason: Some(reason.clone()) });
        }
        for (milestone, on) in &stands.planned {
            let gone = !wanted.planned.contains_key(milestone) && !wanted.reached.contains_key(milestone);
            if gone && !wanted.abandoned && !stands.reached.contains_key(milestone) {
                let message =
                    format!("{}, planned for {on}, isn't published any more; kept as it was", milestone.code());
                self.tell(winner, "PLAN_VANISHED", message);
            }
        }
        let latest = stands.reached.keys().filter(|milestone| !again || **milestone != Milestone::Done).max();
        for (milestone, on) in &wanted.reached {
            match stands.reached.get(milestone) {
                Some(known) if known == on => {}
                Some(_) if !(again && *milestone == Milestone::Done) => {
                    let (milestone, on, reason) = (*milestone, *on, reason.clone());
                    commands.push(site::Command::Correct { milestone, on, reason });
                }
                _ if latest.is_some_and(|latest| latest > milestone) => {
                    let message = format!(
                        "{} is published as reached, but a later stage was told before it, and stages are told in \
                         order; not written",
                        milestone.code()
                    );
                    self.tell(winner, "STAGE_TOLD_LATE", message);
                }
                _ => commands.push(site::Command::Reach { milestone: *milestone, on: *on }),
            }
        }
        let back = stands.reached.keys().filter(|milestone| **milestone != Milestone::Done);
        let back: Vec<_> = back.filter(|milestone| wanted.reached.keys().max() < Some(*milestone)).collect();
        if let Some(milestone) = back.last().filter(|_| !wanted.abandoned) {
            let message = format!(
                "published as `{}`, but {} was reached, and what was reached isn't taken back; kept as it was",
                winner.stage,
                milestone.code()
            );
            self.tell(winner, "STAGE_WENT_BACK", message);
        }
        if wanted.abandoned && !stands.abandoned {
            commands.push(site::Command::Abandon { reason: ABANDONED.to_owned() });
        }
        commands
    }
}
