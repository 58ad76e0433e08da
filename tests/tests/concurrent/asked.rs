//! Owns what a client of the crowd asks for: anything, sensible or not, on few streams so that they meet.
//!
//! Merging is asked for as one request that tells both sides, project and proposals, as the server does;
//! one half alone is asked for as well, and has to be refused.

use crate::support::kept::moderator;
use crate::support::lively::{about, end, other_referent};
use crate::support::people::*;
use crate::support::sample::*;
use commands::{Entropy, Executor};
use domain::comment;
use domain::participant::Content;
use domain::phase::Phase;
use domain::project::{self, Assignment, Commitment, Ending, Opinion, Project, ScopeChange};
use domain::proposal::{Link, MergeKind};
use domain::workshop::{self, Mode, Standing};
use domain::{Actor, Command, ProjectId, ProposalId, Record, Timestamp, World, proposal};
use transparency::Leaf;

/// Who asks for what: all of it or nothing.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) actor: Actor,
    pub(crate) commands: Vec<Command>,
}

impl Asked {
    fn by(actor: Actor, commands: Vec<Command>) -> Self {
        Self { actor, commands }
    }

    /// Whether it would tell one side of a merge and not the other.
    pub(crate) fn leaves_half(&self) -> bool {
        use proposal::Command::{Merge, Unmerge};
        matches!(self.commands[..], [Command::Proposal(_, Merge(_) | Unmerge { .. })])
    }
}

/// One of the crowd: what it has seen of the log, and its chances.
pub(crate) struct Client {
    number: usize,
    chances: Entropy,
    world: World,
    seen: u64,
}

impl Client {
    pub(crate) fn new(number: usize, chances: Entropy) -> Self {
        Self { number, chances, world: World::default(), seen: 0 }
    }

    /// The node that it asks.
    pub(crate) fn node(&self) -> usize {
        self.number % 2
    }

    /// Reads what was written since it looked last; while it thinks, others go on.
    pub(crate) async fn look(&mut self, node: &Executor) {
        let log = node.log(CODE).await.unwrap();
        for stored in node.store().read(log, self.seen, u64::MAX).await.unwrap() {
            let record = Record::read(&Leaf::parse(&stored.leaf).unwrap(), &stored.leaf, &stored.disclosed).unwrap();
            self.world.evolve(&record.id, &record.event).unwrap();
            self.seen = record.position + 1;
        }
    }

    fn below(&self, bound: usize) -> usize {
        usize::try_from(self.chances.below(u64::try_from(bound).unwrap())).unwrap()
    }

    fn one_of(&self, prefix: &str, bound: usize) -> String {
        format!("{prefix}-{}", self.below(bound))
    }

    /// A few of those that there are.
    fn some<T: Clone>(&self, all: impl Iterator<Item = T>, most: usize) -> Vec<T> {
        let mut all: Vec<T> = all.collect();
        let mut some = Vec::new();
        while !all.is_empty() && some.len() < most {
            some.push(all.swap_remove(self.below(all.len())));
        }
        some
    }

    fn person(&self) -> Actor {
        citizen(&self.one_of("c", 8))
    }

    /// A project that goes on, or one that doesn't: rarely.
    fn project(&self) -> Option<(&ProjectId, &Project)> {
        let all: Vec<_> = self.world.projects.iter().collect();
        let living: Vec<_> =
            all.iter().copied().filter(|(_, one)| one.ending.is_none() && one.decision.is_none()).collect();
        let from = if living.is_empty() || self.below(12) == 0 { &all } else { &living };
        if from.is_empty() { None } else { Some(from[self.below(from.len())]) }
    }

    /// Anything, with what is in season first.
    pub(crate) fn anything(&self, now: Timestamp) -> Asked {
        let [people, workshops, merging] = match self.world.campaign.progress.latest {
            Some(Phase::Ideation) => [90, 93, 97],
            Some(Phase::PostIdeation) => [15, 50, 90],
            Some(Phase::CoConstruction) => [5, 10, 45],
            _ => [4, 8, 12],
        };
        match self.below(100) {
            chance if chance < people => self.in_public(),
            chance if chance < workshops => self.in_workshops(),
            chance if chance < merging => self.merging(),
            _ => self.instruction(now),
        }
    }

    fn in_public(&self) -> Asked {
        let number = self.below(16);
        let (proposal, owner) = (format!("p-{number}"), format!("c-{}", number % 8));
        let (author, person) = (citizen(&owner), self.person());
        let comment = self.one_of("k", 30);
        let version = self.world.proposals.get(&id(&proposal)).map_or(1, domain::proposal::Proposal::version);
        let (actor, command) = match self.below(24) {
            0..6 => (author, deposit(&proposal, &owner)),
            6 => (author, edit(&proposal, &owner, version, |new| new.estimate_cents = self.cents())),
            7 => (person, edit(&proposal, &owner, version, |new| new.title = hidden("Un banc"))),
            8 => (coordinator(), edit(&proposal, &owner, version, |new| new.point = None)),
            9 => (author, invite(&proposal, &self.one_of("secret", 3))),
            10..12 => (person, join(&proposal, &self.one_of("secret", 3))),
            12 => (person, leave(&proposal)),
            13 if self.below(3) == 0 => (author, withdraw(&proposal)),
            14 => (moderator(), if self.below(3) == 0 { remove(&proposal) } else { restore(&proposal) }),
            15..17 => (person, post(&comment, &proposal)),
            17 => (coordinator(), answer(&comment, &proposal, Some(&self.one_of("k", 30)))),
            18 => (moderator(), on(&comment, comment::Command::Pin)),
            19 => (moderator(), on(&comment, comment::Command::Remove { reason: "Injures".into() })),
            20 => (person, on(&comment, comment::Command::Withdraw)),
            21 => (person.clone(), report(&person.id, Content::Proposal(id(&proposal)))),
            22 => (person.clone(), support_no_more(&person.id, &proposal)),
            _ => (person.clone(), support(&person.id, &proposal)),
        };
        Asked::by(actor, vec![command])
    }

    fn cents(&self) -> Option<domain::Cents> {
        Some(euros(i64::try_from(self.below(3)).unwrap()))
    }

    fn in_workshops(&self) -> Asked {
        let (workshop, person, agent) = (self.one_of("w", 3), self.person(), coordinator());
        let proposals: Vec<String> =
            self.some(self.world.proposals.keys(), 3).into_iter().map(ToString::to_string).collect();
        let proposals: Vec<&str> = proposals.iter().map(String::as_str).collect();
        let version = self.world.workshops.get(&id(&workshop)).map_or(1, workshop::Workshop::version);
        let subject = comment::Subject::Workshop(id(&workshop));
        let (actor, command) = match self.below(16) {
            0..3 => (agent, announce(&workshop, Mode::Hybrid, &proposals)),
            3 => {
                let capacity = 2 + u32::try_from(self.below(4)).unwrap();
                (agent, change(&workshop, Mode::Hybrid, &proposals, version, |new| new.capacity = capacity))
            }
            4 => (agent, at(&workshop, workshop::Command::Invite { invitation: secret(&self.one_of("secret", 3)) })),
            5 => (person, register(&workshop, Standing::Depositor)),
            6..8 => (person, register(&workshop, Standing::Follower)),
            8 => (person, register_with(&workshop, &self.one_of("secret", 3))),
            9 => (person, at(&workshop, workshop::Command::CancelRegistration)),
            10 => (agent, attendance(&workshop, &[&person.id])),
            11 => (agent, alternatives(&workshop, &["Un", "Deux"])),
            12 => (person, choose(&workshop, u8::try_from(self.below(4)).unwrap())),
            13 => (agent, final_text(&workshop)),
            14 => (agent, minutes(&workshop)),
            _ => (person, write(&self.one_of("k", 30), subject, None, false, "Un banc ?")),
        };
        Asked::by(actor, vec![command])
    }

    /// Merges each of them into the project, some with a share.
    fn merges(&self, project: &str, proposals: &[ProposalId]) -> Vec<Command> {
        let share = |_: &ProposalId| (self.below(3) == 0).then(|| u8::try_from(20 + self.below(60)).unwrap());
        let link =
            |one: &ProposalId| Link { share_percent: share(one), ..Link::plain(id(project), MergeKind::Grouping) };
        proposals.iter().map(|one| crate::support::people::link(one.as_str(), link(one))).collect()
    }

    fn forms(&self, project: &str, part_of: Option<&ProjectId>, proposals: &[ProposalId]) -> Command {
        let mut formation = formation(&format!("R-{project}"), "D1", &[]);
        formation.proposals = proposals.to_vec();
        formation.part_of = part_of.cloned();
        if self.below(20) == 0 {
            formation.area = id("D2");
        }
        form_as(project, formation)
    }

    fn merging(&self) -> Asked {
        let (fresh, other) = (self.one_of("q", 60), self.one_of("q", 60));
        let some = self.some(self.world.proposals.keys().cloned(), 1 + self.below(3));
        let proposal = self.one_of("p", 16);
        let forming = || std::iter::once(self.forms(&fresh, None, &some)).chain(self.merges(&fresh, &some)).collect();
        let Some((project, known)) = self.project().filter(|_| self.below(4) > 0) else {
            return Asked::by(coordinator(), forming());
        };
        let own = self.some(known.proposals.iter().cloned(), 500);
        let outs = || own.iter().map(|one| unmerge(one.as_str(), project.as_str()));
        let name = project.as_str();
        let commands = match self.below(9) {
            0..2 => {
                let add = Command::Project(project.clone(), project::Command::AddProposal(id(&proposal)));
                std::iter::once(add).chain(self.merges(name, &[id(&proposal)])).collect()
            }
            2 => {
                let leaving = own.first().map_or(proposal, ToString::to_string);
                let reason = "Un autre lieu".into();
                let out = project::Command::TakeOut { proposal: id(&leaving), reason };
                vec![about(name, out), unmerge(&leaving, name)]
            }
            3 => {
                // Both parts hold them, or each its own.
                let (one, two) = own.split_at(own.len() / 2);
                let (one, two) = if one.is_empty() { (&own[..], &own[..]) } else { (one, two) };
                let mut commands = vec![end(name, Ending::Split(vec![id(&fresh), id(&other)]))];
                commands.extend(outs());
                for (part, of) in [(&fresh, one), (&other, two)] {
                    commands.push(self.forms(part, Some(project), of));
                    commands.extend(self.merges(part, of));
                }
                commands
            }
            4 => {
                let Some((into, taker)) = self.project() else { return Asked::by(coordinator(), forming()) };
                let mut commands = vec![end(name, Ending::Absorbed(into.clone()))];
                commands.extend(outs());
                for one in own.iter().filter(|one| !taker.proposals.contains(*one)) {
                    commands.push(about(into.as_str(), project::Command::AddProposal(one.clone())));
                    commands.extend(self.merges(into.as_str(), std::slice::from_ref(one)));
                }
                commands
            }
            5 if self.below(3) == 0 => std::iter::once(end(name, Ending::Undone)).chain(outs()).collect(),
            // One half of it: refused, whatever others do meanwhile.
            6 => vec![merge(&proposal, name)],
            7 => vec![unmerge(&proposal, name)],
            _ => {
                let mut sheet = known.sheet.clone().unwrap();
                sheet.title = hidden(&self.one_of("Titre", 3));
                vec![about(name, project::Command::Edit { version: known.version(), sheet, workshop: None })]
            }
        };
        Asked::by(coordinator(), commands)
    }

    fn verdict(&self) -> project::Verdict {
        let opinion = match self.below(5) {
            0..2 => Opinion::Unfavourable,
            2 => Opinion::FavourableWithConditions,
            _ => Opinion::Favourable,
        };
        let units: Vec<i64> = (0..self.below(4)).map(|_| i64::try_from(self.below(9_000)).unwrap()).collect();
        let mut verdict = verdict_of(["PARKS", "ROADS"][self.below(2)], opinion, &units);
        verdict.conditions = (opinion == Opinion::FavourableWithConditions).then(|| hidden("Si le sol le permet"));
        verdict.commitment_needed = self.below(4) == 0;
        verdict
    }

    fn instruction(&self, now: Timestamp) -> Asked {
        let Some((project, known)) = self.project() else { return self.merging() };
        let (department, agent) = (["PARKS", "ROADS"][self.below(2)], coordinator());
        let referent = if self.below(2) == 0 { referent() } else { other_referent() };
        let reason = String::from("La place");
        let due = now.plus_days(20).unwrap();
        let (actor, command) = match self.below(20) {
            0..3 => {
                let mandatory = self.below(3) > 0;
                let assignment = Assignment { department: id(department), mandatory, due };
                (agent, project::Command::Assign(assignment))
            }
            3 => {
                let named = id(&referent.id);
                (agent, project::Command::NameInstructor { department: id(department), agent: named })
            }
            4 => (referent, project::Command::HandBack { department: id(department), reason }),
            5..10 => (referent, project::Command::GiveVerdict(Box::new(self.verdict()))),
            10..13 => (agent, project::Command::Consolidate),
            13 => (agent, project::Command::Reopen { reason }),
            14..16 => {
                let proposals = known.proposals.iter().filter_map(|one| self.world.proposals.get(one));
                let authors: Vec<_> = proposals.filter_map(|one| one.author.clone()).collect();
                let author = authors.first().map_or_else(|| self.person(), |author| citizen(author));
                (author, project::Command::Appeal { grounds: reason })
            }
            16 => {
                let commitment = Commitment { association: hidden("Les Amis"), yearly_cents: euros(100), until: None };
                (agent, project::Command::RecordCommitment(commitment))
            }
            17 => {
                let lines =
                    verdict_of("PARKS", Opinion::Favourable, &[i64::try_from(self.below(9_000)).unwrap()]).lines;
                let change = ScopeChange { description: None, lines, reason: hidden(&reason) };
                (agent, project::Command::ChangeScope(Box::new(change)))
            }
            18 => (agent, project::Command::Admit { cost_cents: None, withdrawn: false, reason: Some(reason) }),
            _ if self.below(3) == 0 => (agent, project::Command::Refuse { reason }),
            _ => {
                // A cost that somebody made up.
                let cost_cents = Some(euros(i64::try_from(self.below(9_000)).unwrap()));
                (agent, project::Command::Admit { cost_cents, withdrawn: false, reason: Some(reason) })
            }
        };
        Asked::by(actor, vec![Command::Project(project.clone(), command)])
    }
}
