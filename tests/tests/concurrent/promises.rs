//! Owns what a log of merging and instruction promises, whoever wrote it and in whatever order:
//!
//! * a proposal names exactly the projects that go on and name it, and its shares stay within the whole;
//! * every euro of an admitted project is a cost line of its departments, or of the commission's change;
//! * no verdict comes after a consolidation without a reopening or an appeal;
//! * nothing happens to a project that ended or was decided, and no project becomes a part of itself;
//! * a workshop holds no more people than it has room for; the list is the admitted projects.
//!
//! Read from the events themselves where the domain keeps sums, so that a sum gone wrong is found.
//! Must not: check whether an event was lawful: `domain::World::check` does.

use domain::project::{CostLine, Ending};
use domain::{Cents, DepartmentId, Event, ProjectId, Record, World, campaign, project};
use std::collections::{BTreeMap, BTreeSet};

/// What events tell of a project's instruction.
#[derive(Default)]
struct Told {
    /// The lines of each department's latest verdict.
    lines: BTreeMap<DepartmentId, Vec<CostLine>>,
    /// The commission's lines in their place, until the departments are heard again.
    scope: Option<Vec<CostLine>>,
    assigned: bool,
    consolidated: bool,
    over: bool,
}

impl Told {
    fn hear(&mut self, event: &project::Event) -> Result<(), String> {
        if self.over {
            return Err(format!("a project that is over goes on: {event:?}"));
        }
        match event {
            project::Event::DepartmentAssigned { .. } => {
                // What was said before anybody was asked doesn't count.
                if !self.assigned {
                    self.lines.clear();
                }
                self.assigned = true;
            }
            project::Event::AssignmentHandedBack { department, .. } => {
                self.lines.remove(department);
            }
            project::Event::VerdictGiven { verdict, .. } => {
                if self.consolidated {
                    return Err(format!("a verdict after the consolidation: {verdict:?}"));
                }
                self.lines.insert(verdict.department.clone(), verdict.lines.clone());
                self.scope = None;
            }
            project::Event::InstructionConsolidated { cost_cents, .. } => {
                self.consolidated = true;
                self.check_cost(self.lines.values().flatten(), *cost_cents)?;
            }
            project::Event::InstructionReopened { .. } | project::Event::AppealLodged { .. } => {
                self.consolidated = false;
                self.scope = None;
            }
            project::Event::ScopeChanged { change } => self.scope = Some(change.lines.clone()),
            project::Event::ProjectAdmitted { cost_cents, .. } => {
                self.over = true;
                match &self.scope {
                    Some(lines) => self.check_cost(lines.iter(), *cost_cents)?,
                    None => self.check_cost(self.lines.values().flatten(), *cost_cents)?,
                }
            }
            project::Event::ProjectRefused { .. } | project::Event::ProjectEnded { .. } => self.over = true,
            project::Event::ProjectFormed { .. }
            | project::Event::ProposalAdded { .. }
            | project::Event::ProposalTakenOut { .. }
            | project::Event::ProjectEdited { .. }
            | project::Event::InstructorNamed { .. }
            | project::Event::CommitmentRecorded { .. } => {}
        }
        Ok(())
    }

    fn check_cost<'a>(&self, lines: impl Iterator<Item = &'a CostLine>, cost: Cents) -> Result<(), String> {
        let sum = Cents::sum(lines.map(|line| line.cents)).unwrap();
        if sum == cost { Ok(()) } else { Err(format!("it costs {cost}, and its lines are {sum}")) }
    }
}

/// The first broken promise, in words.
pub(crate) fn check(log: &[Record]) -> Result<(), String> {
    let mut world = World::default();
    let mut told: BTreeMap<&str, Told> = BTreeMap::new();
    for (at, record) in log.iter().enumerate() {
        let place = |why: String| format!("position {} ({}): {why}", record.position, record.id);
        if let Event::Project(event) = &record.event {
            told.entry(&record.id).or_default().hear(event).map_err(place)?;
        }
        world.evolve(&record.id, &record.event).unwrap();
        // Nobody sees a state between two events of one request.
        if log.get(at + 1).is_none_or(|next| next.command_id != record.command_id) {
            check_links(&world).and_then(|()| check_ways(&world)).and_then(|()| check_rooms(&world)).map_err(place)?;
        }
    }
    check_list(&world)
}

fn check_links(world: &World) -> Result<(), String> {
    for (id, proposal) in &world.proposals {
        let names =
            |(_, project): &(&ProjectId, &project::Project)| project.ending.is_none() && project.proposals.contains(id);
        let named: BTreeSet<&ProjectId> = world.projects.iter().filter(names).map(|(project, _)| project).collect();
        let says: BTreeSet<&ProjectId> = proposal.projects.iter().collect();
        if named != says {
            return Err(format!("{id} says {says:?}, and these name it: {named:?}"));
        }
        let shares: u32 = proposal.shares.values().copied().map(u32::from).sum();
        if shares > 100 || !proposal.shares.keys().all(|project| proposal.projects.contains(project)) {
            return Err(format!("{id} is shared out as {:?}", proposal.shares));
        }
    }
    Ok(())
}

/// Where projects went: to whom they were split or by whom they were taken in.
fn heirs(project: &project::Project) -> Vec<&ProjectId> {
    match &project.ending {
        Some(Ending::Split(parts)) => parts.iter().collect(),
        Some(Ending::Absorbed(into)) => vec![into],
        Some(Ending::Undone) | None => Vec::new(),
    }
}

fn check_ways(world: &World) -> Result<(), String> {
    for id in world.projects.keys() {
        let mut reached = BTreeSet::new();
        let mut next = vec![id];
        while let Some(here) = next.pop() {
            for heir in world.projects.get(here).map_or_else(Vec::new, heirs) {
                if heir == id {
                    return Err(format!("{id} became a part of itself"));
                }
                if reached.insert(heir) {
                    next.push(heir);
                }
            }
        }
    }
    for (id, project) in &world.projects {
        let whole = project.formation.as_ref().and_then(|formation| formation.part_of.as_ref());
        let known = whole.is_none_or(|whole| heirs(&world.projects[whole]).contains(&id));
        if !known {
            return Err(format!("{id} is a part of {whole:?}, which went elsewhere"));
        }
    }
    Ok(())
}

fn check_rooms(world: &World) -> Result<(), String> {
    for (id, workshop) in &world.workshops {
        let room = workshop.announcement.as_ref().map_or(0, |announcement| announcement.capacity);
        if workshop.registered.len() > usize::try_from(room).unwrap() {
            return Err(format!("{id} has {room} places for {}", workshop.registered.len()));
        }
    }
    Ok(())
}

fn check_list(world: &World) -> Result<(), String> {
    if !world.campaign.catalogue_published {
        return Ok(());
    }
    let listed = world.campaign.catalogue.values().flatten().map(|entry| (&entry.project, entry.cost_cents));
    let admitted = world.projects.iter().filter_map(|(id, project)| Some((id, project.admission()?.cost_cents)));
    let (listed, admitted): (BTreeMap<_, _>, BTreeMap<_, _>) = (listed.collect(), admitted.collect());
    if listed == admitted { Ok(()) } else { Err(format!("the list is {listed:?}, admitted are {admitted:?}")) }
}

/// Whether it puts a project on the ballot.
pub(crate) fn admits(record: &Record) -> bool {
    matches!(record.event, Event::Project(project::Event::ProjectAdmitted { .. }))
}

/// Whether it publishes the list.
pub(crate) fn publishes(record: &Record) -> bool {
    matches!(record.event, Event::Campaign(campaign::Event::CataloguePublished { .. }))
}
