//! Who is told what of projects: the authors of what they are made of, those who follow either, and the
//! agents who instruct them.

use super::of::{Notice, Reader, Told};
use super::of_proposal::authors;
use domain::project::{Ending, Event, Opinion};
use domain::{DepartmentId, ProjectId, Record, Role};
use messages::{Kind, Topic};
use projections::instruction::AssignmentRow;
use projections::projects::ProjectRow;

pub(super) fn project(told: &Told<'_>, record: &Record, event: &Event) -> Vec<Notice> {
    let row = record.id.parse().ok().and_then(|id: ProjectId| told.model.projects.get(&id));
    let Some(row) = row else { return Vec::new() };
    let assigned = |department: &DepartmentId| row.current_assignments().find(|one| one.department == *department);
    match event {
        // The proposals that it is made of tell these.
        Event::ProjectFormed { .. } | Event::ProposalAdded { .. } | Event::ProposalTakenOut { .. } => Vec::new(),
        Event::CommitmentRecorded { .. } => Vec::new(),
        Event::ProjectEdited { .. } => everybody(told, row, Kind::ProjectEdited),
        Event::ProjectEnded { ending: Ending::Split(_), .. } => everybody(told, row, Kind::ProjectSplit),
        Event::ProjectEnded { ending: Ending::Absorbed(_), .. } => everybody(told, row, Kind::ProjectAbsorbed),
        Event::ProjectEnded { ending: Ending::Undone, .. } => everybody(told, row, Kind::ProjectUndone),
        Event::DepartmentAssigned { assignment } => {
            let department = &assignment.department;
            vec![agents(told, row, Kind::DepartmentAssigned, department, vec![referents(department)])]
        }
        Event::InstructorNamed { department, agent } => {
            vec![agents(told, row, Kind::InstructorNamed, department, vec![Reader::Agent(agent.clone())])]
        }
        Event::AssignmentHandedBack { department, .. } => {
            let to = vec![Reader::Holders(Role::Coordinator, None)];
            vec![agents(told, row, Kind::AssignmentHandedBack, department, to)]
        }
        Event::InstructionReopened { .. } => {
            let kind = Kind::InstructionReopened;
            let each = row.current_assignments();
            each.map(|one| agents(told, row, kind, &one.department, vec![instructing(one)])).collect()
        }
        Event::VerdictGiven { verdict, .. } => everybody(told, row, Kind::VerdictGiven(verdict.opinion)),
        Event::InstructionConsolidated { opinion, .. } => {
            let mut all = everybody(told, row, Kind::Consolidated(*opinion));
            let own = all.iter_mut().filter(|notice| notice.content.topic == Topic::MyProposals);
            if *opinion == Opinion::Unfavourable {
                own.for_each(|notice| notice.content.kind = Kind::AppealPossible);
            }
            all
        }
        Event::AppealLodged { .. } => {
            let mut all = everybody(told, row, Kind::AppealLodged);
            let verdicts = row.verdicts.iter().chain(&row.former_verdicts);
            let against = verdicts
                .filter(|one| one.verdict.opinion == Opinion::Unfavourable && one.moment.position < record.position);
            let departments: std::collections::BTreeSet<_> = against.map(|one| &one.verdict.department).collect();
            for department in departments {
                let mut to = vec![Reader::Holders(Role::Coordinator, None)];
                to.extend(assigned(department).map(|_| referents(department)));
                all.push(agents(told, row, Kind::AppealLodged, department, to));
            }
            all
        }
        Event::ScopeChanged { .. } => everybody(told, row, Kind::ScopeChanged),
        Event::ProjectAdmitted { .. } => everybody(told, row, Kind::ProjectAdmitted),
        Event::ProjectRefused { .. } => everybody(told, row, Kind::ProjectRefused),
    }
}

/// To the authors of the proposals that it was made of then, and to those who follow them or it.
pub(super) fn everybody(told: &Told<'_>, row: &ProjectRow, kind: Kind) -> Vec<Notice> {
    let then = told.position.unwrap_or(u64::MAX);
    let project = format!("project/{}", row.id);
    let mut all = Vec::new();
    let links = row.proposals.iter().filter(|link| link.added.position <= then);
    for link in links.filter(|link| link.taken_out.as_ref().is_none_or(|out| out.moment.position > then)) {
        let Some(proposal) = told.model.proposals.get(&link.proposal) else { continue };
        let object = format!("proposal/{}", link.proposal);
        all.push(told.notice(Topic::MyProposals, kind, object.clone(), authors(proposal, then)));
        all.push(told.notice(Topic::Followed, kind, object.clone(), vec![Reader::Follower(object)]));
    }
    all.push(told.notice(Topic::Followed, kind, project.clone(), vec![Reader::Follower(project.clone())]));
    all.into_iter().map(|notice| notice.with(project.clone())).collect()
}

/// To agents, about a department's part in it.
pub(super) fn agents(
    told: &Told<'_>,
    row: &ProjectRow,
    kind: Kind,
    department: &DepartmentId,
    to: Vec<Reader>,
) -> Notice {
    told.notice(Topic::Instruction, kind, format!("project/{}", row.id), to).with(format!("department/{department}"))
}

/// Who has to act on an assignment: whoever instructs it, or else the department's referents.
pub(super) fn instructing(assignment: &AssignmentRow) -> Reader {
    let named = assignment.instructor.as_ref().map(|(agent, _)| Reader::Agent(agent.clone()));
    named.unwrap_or_else(|| referents(&assignment.department))
}

fn referents(department: &DepartmentId) -> Reader {
    Reader::Holders(Role::DepartmentReferent, Some(department.clone()))
}
