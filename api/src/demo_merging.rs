//! The demo's merging: projects out of proposals, with shares and reasons; splits, absorptions, merges
//! undone, proposals added and taken out.
//!
//! Next: `demo_instruction.rs`, which takes up the projects that are left.

use crate::demo::{COORDINATOR, Play, agent};
use crate::demo_city::SCHOOL;
use crate::demo_ideas::{Idea, Ideas};
use crate::demo_words as words;
use crate::demo_workshops::Meeting;
use crate::failure::Failure;
use crate::steps::{Diary, Step};
use domain::phase::Phase;
use domain::project::{self, Ending, Formation, Sheet};
use domain::proposal::{self, Link, MergeKind};
use domain::{Cents, Command, Hidden, ProjectId, ProposalId, Role, Timestamp};

/// A project as the play knows it.
pub(crate) struct Plan {
    pub(crate) id: ProjectId,
    pub(crate) place: usize,
    pub(crate) title: String,
    pub(crate) cost: Cents,
    /// How much people like it; only the proportion counts.
    pub(crate) liked: u64,
    /// Whether the commission will put it on the ballot.
    pub(crate) admitted: bool,
    /// The authors of its proposals.
    pub(crate) authors: Vec<String>,
    /// When it is ready to be instructed.
    pub(crate) ready: Timestamp,
}

/// A proposal that goes into a project, with how much of it when that is said.
#[derive(Clone, Copy)]
struct Part<'a> {
    idea: &'a Idea,
    share: Option<u8>,
}

/// A project that is about to be formed.
struct Draft<'a> {
    plan: Plan,
    kind: MergeKind,
    parts: Vec<Part<'a>>,
    formed: Timestamp,
}

impl Draft<'_> {
    fn proposals(&self) -> impl Iterator<Item = &ProposalId> {
        self.parts.iter().map(|part| &part.idea.id)
    }
}

const TOGETHER: [&str; 4] = [
    "Même lieu, mêmes attentes : les dépositaires ont préféré un seul projet.",
    "Les deux propositions se complètent : les travaux se feront en une fois.",
    "Réunies en atelier à la demande de leurs dépositaires.",
    "La partie qui concerne ce lieu rejoint le projet.",
];

impl Play<'_> {
    /// The projects that go to the departments. A few others end before.
    pub(crate) fn merging(&self, diary: &mut Diary, ideas: &Ideas, meetings: &[Meeting]) -> Result<Vec<Plan>, Failure> {
        let mut plans = Vec::new();
        for (place, of_place) in self.city.places.iter().enumerate() {
            let own = ideas.by_place.get(&place).map(Vec::as_slice).unwrap_or_default();
            let wanted = of_place.on_ballot + of_place.on_ballot / 3;
            // One in six is kept for what doesn't last.
            let (own, left) = own.split_at(own.len() - own.len() / 6);
            let drafts = self.drafts(place, of_place.on_ballot, wanted, own, meetings)?;
            let mut drafts = drafts.into_iter();
            let mut split = false;
            while let Some(draft) = drafts.next() {
                // Once a place, two projects are formed as one and split later.
                if !split
                    && draft.parts.len() > 1
                    && self.chance(20)
                    && let Some(other) = drafts.next()
                {
                    split = true;
                    plans.extend(self.formed_as_one(diary, meetings, draft, other)?);
                } else {
                    self.form(diary, meetings, &draft, draft.formed, None)?;
                    plans.push(self.changes(diary, draft));
                }
            }
            self.short_lives(diary, meetings, place, left, &mut plans)?;
        }
        Ok(plans)
    }

    /// Spreads proposals of a place over its projects; some stay alone.
    fn drafts<'a>(
        &self,
        place: usize,
        on_ballot: u64,
        wanted: u64,
        own: &'a [Idea],
        meetings: &[Meeting],
    ) -> Result<Vec<Draft<'a>>, Failure> {
        let (mut left, mut drafts, mut shared) = (own, Vec::new(), None::<Part<'a>>);
        for number in 0..wanted {
            // Leaves at least one proposal for each project that is still to come.
            let spare = u64::try_from(left.len()).unwrap_or(0).saturating_sub(wanted - number);
            let taken = usize::try_from(1 + self.below(spare.min(4) + 1)).unwrap_or(1).min(left.len());
            let (mine, rest) = left.split_at(taken);
            left = rest;
            let Some(first) = mine.first() else { break };
            let whole = (mine.len() > 1 && self.chance(70)).then_some(100);
            let mut parts: Vec<Part<'a>> = mine.iter().map(|idea| Part { idea, share: whole }).collect();
            // One proposal may feed two projects: the rest of it goes into the next one.
            parts.extend(shared.take());
            if self.chance(8)
                && number + 1 < wanted
                && !left.is_empty()
                && let Some(part) = parts.first_mut()
            {
                part.share = Some(60);
                shared = Some(Part { share: Some(40), ..*part });
            }
            let kind = match parts.len() {
                1 => MergeKind::Single,
                _ if self.chance(50) => MergeKind::CoConstruction,
                _ => MergeKind::Grouping,
            };
            let range = match place {
                0 => (300_000, 2_200_000),
                SCHOOL => (5_000, 15_000),
                _ => (70_000, 960_000),
            };
            let formed = self.formed(&parts, meetings)?;
            let plan = Plan {
                id: self.fresh()?,
                place,
                title: first.title.clone(),
                cost: self.euros(range.0, range.1),
                liked: 10 + self.below(40) * self.below(25),
                admitted: number < on_ballot,
                authors: parts.iter().flat_map(|part| part.idea.authors.iter().cloned()).collect(),
                ready: self.later(formed, 1),
            };
            drafts.push(Draft { plan, kind, parts, formed });
        }
        Ok(drafts)
    }

    /// A few days after the last workshop on its proposals.
    fn formed(&self, parts: &[Part<'_>], meetings: &[Meeting]) -> Result<Timestamp, Failure> {
        let of = |meeting: &&Meeting| parts.iter().any(|part| meeting.proposals.contains(&part.idea.id));
        let last = meetings.iter().filter(of).map(|meeting| meeting.ended).max();
        let last = last.map_or_else(|| self.slot(Phase::CoConstruction, 5, 0), Ok)?;
        Ok(self.later(last, 1 + self.below(4)))
    }

    fn formation(&self, draft: &Draft<'_>, meetings: &[Meeting], part_of: Option<ProjectId>) -> Option<Formation> {
        let first = draft.parts.first()?.idea;
        let workshops = meetings.iter().filter(|one| draft.proposals().any(|id| one.proposals.contains(id)));
        let place = self.city.places.get(draft.plan.place)?;
        Some(Formation {
            reference: format!("P-{}", draft.plan.id.as_str().get(..8).unwrap_or_default()),
            title: Hidden::Disclosed(draft.plan.title.clone()),
            description: Some(Hidden::Disclosed(words::description(&self.entropy, &draft.plan.title))),
            area: place.id.clone(),
            theme: Some(first.theme.clone()),
            point: first.point,
            priority_neighbourhood: self.city.is_priority(first.point),
            kind: draft.kind,
            proposals: draft.proposals().cloned().collect(),
            workshops: workshops.map(|one| one.id.clone()).collect(),
            part_of,
            selected: None,
        })
    }

    fn merge(&self, part: &Part<'_>, draft: &Draft<'_>, meetings: &[Meeting]) -> Command {
        let meeting = meetings.iter().find(|one| one.proposals.contains(&part.idea.id));
        let alone = draft.kind == MergeKind::Single;
        let reason = words::pick(&self.entropy, &TOGETHER).filter(|_| !alone).map(|reason| (*reason).to_owned());
        let workshop = meeting.map(|one| one.id.clone());
        let link =
            Link { project: draft.plan.id.clone(), kind: draft.kind, share_percent: part.share, reason, workshop };
        Command::Proposal(part.idea.id.clone(), proposal::Command::Merge(link))
    }

    fn forming(&self, draft: &Draft<'_>, meetings: &[Meeting], part_of: Option<ProjectId>) -> Vec<Command> {
        let formation = self.formation(draft, meetings, part_of);
        let form = formation.map(|one| Command::Project(draft.plan.id.clone(), project::Command::Form(Box::new(one))));
        form.into_iter().chain(draft.parts.iter().map(|part| self.merge(part, draft, meetings))).collect()
    }

    fn form(
        &self,
        diary: &mut Diary,
        meetings: &[Meeting],
        draft: &Draft<'_>,
        at: Timestamp,
        part_of: Option<ProjectId>,
    ) -> Result<(), Failure> {
        let commands = self.forming(draft, meetings, part_of);
        diary.note(at, done(format!("form {}", draft.plan.id), commands));
        Ok(())
    }

    /// What happens to a project before it is instructed: its sheet is written, a proposal leaves.
    fn changes(&self, diary: &mut Diary, draft: Draft<'_>) -> Plan {
        let Draft { mut plan, parts, formed, .. } = draft;
        if parts.len() > 1
            && self.chance(10)
            && let Some(part) = parts.last()
        {
            let reason = "Sa dépositaire préfère que sa proposition soit étudiée seule.".to_owned();
            let out = project::Command::TakeOut { proposal: part.idea.id.clone(), reason: reason.clone() };
            let commands = vec![Command::Project(plan.id.clone(), out), unmerge(&part.idea.id, &plan.id, &reason)];
            plan.ready = self.later(formed, 2);
            diary.note(plan.ready, done(format!("take out {}", plan.id), commands));
            plan.authors = parts.iter().rev().skip(1).flat_map(|part| part.idea.authors.iter().cloned()).collect();
        }
        if self.chance(25)
            && let Some(first) = parts.first().map(|part| part.idea)
        {
            let text = words::description(&self.entropy, &plan.title);
            let sheet = Sheet {
                title: Hidden::Disclosed(plan.title.clone()),
                description: Some(Hidden::Disclosed(format!("{text} Le périmètre a été arrêté en atelier."))),
                theme: Some(first.theme.clone()),
                point: first.point,
                priority_neighbourhood: self.city.is_priority(first.point),
            };
            plan.ready = self.later(plan.ready, 1);
            let edit = project::Command::Edit { version: 1, sheet: Box::new(sheet), workshop: None };
            diary.note(plan.ready, done(format!("sheet {}", plan.id), vec![Command::Project(plan.id.clone(), edit)]));
        }
        plan
    }

    /// Two projects that are one at first, until it shows that they are two.
    fn formed_as_one<'a>(
        &self,
        diary: &mut Diary,
        meetings: &[Meeting],
        one: Draft<'a>,
        other: Draft<'a>,
    ) -> Result<[Plan; 2], Failure> {
        let mut parts: Vec<Part<'a>> = Vec::new();
        for part in one.parts.iter().chain(&other.parts) {
            if !parts.iter().any(|known| known.idea.id == part.idea.id) {
                parts.push(Part { share: None, ..*part });
            }
        }
        let plan = Plan { id: self.fresh()?, authors: Vec::new(), title: one.plan.title.clone(), ..one.plan };
        let formed = one.formed.max(other.formed);
        let whole = Draft { plan, kind: MergeKind::Grouping, parts, formed };
        self.form(diary, meetings, &whole, formed, None)?;
        let reason = "Deux lieux, deux chantiers : le projet se fera en deux.".to_owned();
        let halves = [one.plan.id.clone(), other.plan.id.clone()];
        let end = project::Command::End { ending: Ending::Split(halves.to_vec()), reason: reason.clone() };
        let mut commands = vec![Command::Project(whole.plan.id.clone(), end)];
        commands.extend(whole.parts.iter().map(|part| unmerge(&part.idea.id, &whole.plan.id, &reason)));
        commands.extend(self.forming(&one, meetings, Some(whole.plan.id.clone())));
        commands.extend(self.forming(&other, meetings, Some(whole.plan.id.clone())));
        let at = self.later(formed, 2);
        diary.note(at, done(format!("split {}", whole.plan.id), commands));
        let ready = self.later(at, 1);
        Ok([Plan { ready, ..one.plan }, Plan { ready, ..other.plan }])
    }

    /// Of these proposals some come together and part again, some join a project later, and
    /// some stay alone.
    fn short_lives(
        &self,
        diary: &mut Diary,
        meetings: &[Meeting],
        place: usize,
        left: &[Idea],
        plans: &mut [Plan],
    ) -> Result<(), Failure> {
        let (pair, rest) = left.split_at(left.len().min(2));
        if let [_, _] = pair {
            let draft = self.short(place, pair, meetings)?;
            self.form(diary, meetings, &draft, draft.formed, None)?;
            let reason = "Les dépositaires ne se sont pas accordés.".to_owned();
            let end = project::Command::End { ending: Ending::Undone, reason: reason.clone() };
            let mut commands = vec![Command::Project(draft.plan.id.clone(), end)];
            commands.extend(draft.proposals().map(|id| unmerge(id, &draft.plan.id, &reason)));
            diary.note(self.later(draft.formed, 3), done(format!("undo {}", draft.plan.id), commands));
        }
        let mut of_place = plans.iter_mut().filter(|plan| plan.place == place);
        let (Some(host), Some(target)) = (of_place.next(), of_place.next()) else { return Ok(()) };
        if let Some((late, rest)) = rest.split_first() {
            // A latecomer joins a project.
            let at = self.later(host.ready, 1);
            let add = project::Command::AddProposal(late.id.clone());
            let link = Link::plain(host.id.clone(), MergeKind::Grouping);
            let merge = Command::Proposal(late.id.clone(), proposal::Command::Merge(link));
            let commands = vec![Command::Project(host.id.clone(), add), merge];
            diary.note(at, done(format!("add to {}", host.id), commands));
            host.ready = self.later(at, 1);
            host.authors.extend(late.authors.iter().cloned());
            if let Some(alone) = rest.first() {
                self.absorbed(diary, meetings, alone, target)?;
            }
        }
        Ok(())
    }

    fn short<'a>(&self, place: usize, own: &'a [Idea], meetings: &[Meeting]) -> Result<Draft<'a>, Failure> {
        let parts: Vec<Part<'a>> = own.iter().map(|idea| Part { idea, share: None }).collect();
        let formed = self.formed(&parts, meetings)?;
        let title = own.first().map(|idea| idea.title.clone()).unwrap_or_default();
        let kind = if own.len() > 1 { MergeKind::CoConstruction } else { MergeKind::Single };
        let plan = Plan {
            id: self.fresh()?,
            place,
            title,
            cost: Cents::ZERO,
            liked: 0,
            admitted: false,
            authors: Vec::new(),
            ready: formed,
        };
        Ok(Draft { plan, kind, parts, formed })
    }

    /// A project of one proposal becomes part of another one.
    fn absorbed(
        &self,
        diary: &mut Diary,
        meetings: &[Meeting],
        alone: &Idea,
        target: &mut Plan,
    ) -> Result<(), Failure> {
        let draft = self.short(target.place, std::slice::from_ref(alone), meetings)?;
        self.form(diary, meetings, &draft, draft.formed, None)?;
        let reason = "Même lieu et mêmes travaux : le projet rejoint celui qui l’entoure.".to_owned();
        let end = project::Command::End { ending: Ending::Absorbed(target.id.clone()), reason: reason.clone() };
        let link = Link {
            share_percent: Some(100),
            reason: Some(reason.clone()),
            ..Link::plain(target.id.clone(), MergeKind::CoConstruction)
        };
        let commands = vec![
            Command::Project(draft.plan.id.clone(), end),
            Command::Project(target.id.clone(), project::Command::AddProposal(alone.id.clone())),
            unmerge(&alone.id, &draft.plan.id, &reason),
            Command::Proposal(alone.id.clone(), proposal::Command::Merge(link)),
        ];
        let at = self.later(draft.formed.max(target.ready), 1);
        diary.note(at, done(format!("absorb {}", draft.plan.id), commands));
        target.ready = self.later(at, 1);
        target.authors.extend(alone.authors.iter().cloned());
        Ok(())
    }
}

fn done(name: String, commands: Vec<Command>) -> Step {
    Step { name, actor: agent(COORDINATOR, Role::Coordinator), commands }
}

fn unmerge(proposal: &ProposalId, project: &ProjectId, reason: &str) -> Command {
    let unmerge = proposal::Command::Unmerge { project: project.clone(), reason: reason.to_owned() };
    Command::Proposal(proposal.clone(), unmerge)
}
