//! The demo's weeks of deposits: proposals with their changes and co-authors, comments, supports,
//! reports, and what moderators do about them.
//!
//! Next: `demo_workshops.rs`, where depositors meet.

use crate::demo::{COORDINATOR, MODERATOR, Play, agent};
use crate::demo_city::{City, SCHOOL, id};
use crate::demo_school::TITLES;
use crate::demo_words::{self as words, pick};
use crate::failure::Failure;
use crate::steps::{Diary, Step};
use domain::comment::{self, Subject};
use domain::participant::{self, Content};
use domain::phase::Phase;
use domain::proposal::{self, Address, Consents, Deposit, DepositorKind, Point};
use domain::{Actor, ActorId, Cents, Command, CommentId, Hidden, ProposalId, Role, ThemeId, Timestamp};
use std::collections::BTreeMap;
use transparency::Hash;

/// Days of IDEATION on which people deposit; what they do about a deposit takes a week more.
const DAYS: u64 = 24;

/// A proposal as the play knows it.
pub(crate) struct Idea {
    pub(crate) id: ProposalId,
    pub(crate) title: String,
    pub(crate) theme: ThemeId,
    pub(crate) point: Option<Point>,
    /// Pseudonyms; who deposited it comes first.
    pub(crate) authors: Vec<String>,
}

/// What came out of the weeks of deposits.
pub(crate) struct Ideas {
    /// The proposals that still stand, by the index of their place.
    pub(crate) by_place: BTreeMap<usize, Vec<Idea>>,
    /// People who take part without depositing.
    pub(crate) crowd: Vec<ActorId>,
}

/// What becomes of a proposal before anybody merges it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fate {
    Stands,
    Withdrawn,
    Removed,
    Restored,
}

impl Ideas {
    /// So many different people of the crowd.
    pub(crate) fn some(&self, play: &Play<'_>, count: u64) -> Vec<&ActorId> {
        let all = self.crowd.len().max(1);
        let at = |n: u64| usize::try_from(n).unwrap_or(0);
        let (first, stride) = (at(play.below(u64::MAX)) % all, 1 + at(play.below(97)) % (all / 32).max(1));
        (0..at(count).min(all / stride)).filter_map(|nth| self.crowd.get((first + nth * stride) % all)).collect()
    }
}

pub(crate) fn citizen(pseudonym: &str) -> Actor {
    Actor::new(pseudonym, Role::Citizen)
}

impl Play<'_> {
    /// Proposals by the place they are for; one in eight is for the whole city.
    pub(crate) fn ideas(&self, diary: &mut Diary, count: u64) -> Result<Ideas, Failure> {
        let mut ideas = Ideas { by_place: BTreeMap::new(), crowd: Vec::new() };
        for _ in 0..count.saturating_mul(3) / 2 + 40 {
            ideas.crowd.push(id(&self.pseudonym())?);
        }
        for number in 1..=count {
            let place = match self.below(100) {
                // The school's own come at a steady pace, so that there are enough of them.
                _ if number % 50 == 25 => SCHOOL,
                0..12 => 0,
                // Small districts have ideas too: a part comes evenly from all of them.
                12..47 => usize::try_from(1 + self.below(20)).unwrap_or(1),
                _ => self.city.district(&self.entropy),
            };
            // References follow each other in time.
            let thirds = (number - 1) * DAYS * 3 / count;
            let at = self.slot(Phase::Ideation, thirds / 3, thirds % 3)?;
            let fate = match self.below(1_000) {
                0..30 => Fate::Withdrawn,
                30..38 => Fate::Removed,
                38..46 => Fate::Restored,
                _ => Fate::Stands,
            };
            let idea = self.idea(diary, number, place, at)?;
            self.talk(diary, &ideas, &idea, at, fate)?;
            self.end(diary, &ideas, &idea, at, fate)?;
            if matches!(fate, Fate::Stands | Fate::Restored) {
                ideas.by_place.entry(place).or_default().push(idea);
            }
        }
        Ok(ideas)
    }

    fn idea(&self, diary: &mut Diary, number: u64, place: usize, at: Timestamp) -> Result<Idea, Failure> {
        let (proposal, author): (ProposalId, String) = (self.fresh()?, self.pseudonym());
        let deposit = self.deposit(number, place, author.clone())?;
        let title = deposit.title.get().cloned().unwrap_or_default();
        let mut idea = Idea {
            id: proposal,
            title,
            theme: deposit.theme.clone(),
            point: deposit.point,
            authors: vec![author.clone()],
        };
        // Some bring their proposal on paper, and an agent types it.
        let typed = self.chance(3);
        let actor = if typed { agent(COORDINATOR, Role::Coordinator) } else { citizen(&author) };
        let command = proposal::Command::Deposit(Box::new(deposit.clone()));
        diary.note(at, of(&idea.id, &format!("deposit {number}"), actor, command));
        let mut deposit = Box::new(deposit);
        for version in 1..=u64::from(self.chance(15)) + u64::from(self.chance(2)) {
            let more = "Après en avoir parlé autour de nous, nous avons précisé le lieu et réduit les travaux.";
            let text = deposit.description.get().map_or_else(String::new, |text| format!("{text} {more}"));
            deposit.description = Hidden::Disclosed(text);
            let edit = proposal::Command::Edit { version, deposit: deposit.clone() };
            let name = format!("edit {number} {version}");
            diary.note(self.later(at, version), of(&idea.id, &name, citizen(&author), edit));
        }
        if self.chance(8) {
            self.co_author(diary, &mut idea, number, at)?;
        }
        Ok(idea)
    }

    /// What somebody fills in.
    fn deposit(&self, number: u64, place: usize, author: String) -> Result<Deposit, Failure> {
        let title = match place {
            SCHOOL => pick(&self.entropy, &TITLES).map_or_else(String::new, |title| (*title).to_owned()),
            _ => words::title(&self.entropy),
        };
        let district = self.city.lies_in(&self.entropy, place);
        let (depositor, complement) = self.depositor();
        let accessible = self.chance(60);
        // Addresses are the districts'; what is for the school has none.
        let named = place != SCHOOL && self.chance(50);
        let address = self.city.place(district)?.postcode.clone().filter(|_| named);
        let said = |text: String| Hidden::Disclosed(text);
        let theme = pick(&self.entropy, &self.city.themes).cloned();
        Ok(Deposit {
            reference: format!("D-{number:06}"),
            author,
            title: said(title.clone()),
            description: said(words::description(&self.entropy, &title)),
            author_name: said(words::name(&self.entropy)),
            depositor,
            complement: complement.map(|name| said(name.to_owned())),
            theme: theme.ok_or_else(|| Failure::fault("DEMO", "no theme"))?,
            area: self.area(place)?,
            point: City::point(&self.entropy, district),
            address: address.map(|postcode| Address { text: said(words::address(&self.entropy)), postcode }),
            // Looked up when it is deposited.
            neighbourhood: None,
            accessible,
            accessibility: accessible.then(|| said("Accès de plain-pied et repères au sol.".to_owned())),
            estimate_cents: self.chance(40).then(|| self.euros(10_000, 400_000)),
            running_cents: self.chance(25).then(|| Cents::new(self.euros(10_000, 200_000).get() / 50)).flatten(),
            earlier: self.chance(10).then(|| said("Budget participatif 2024, non retenu".to_owned())),
            attachments: Vec::new(),
            consents: Consents { images: self.chance(90), contact: self.chance(70) },
        })
    }

    fn depositor(&self) -> (DepositorKind, Option<&'static str>) {
        let one = |names: &[&'static str]| pick(&self.entropy, names).copied();
        match self.below(20) {
            0..=13 => (DepositorKind::Individual, None),
            14..=16 => (DepositorKind::Association, one(&words::ASSOCIATIONS)),
            17 | 18 => (DepositorKind::NeighbourhoodCouncil, one(&words::COUNCILS)),
            _ => (DepositorKind::Collective, one(&words::COLLECTIVES)),
        }
    }

    /// The author invites a neighbour, who joins; some leave again.
    fn co_author(&self, diary: &mut Diary, idea: &mut Idea, number: u64, at: Timestamp) -> Result<(), Failure> {
        let other: ActorId = id(&self.pseudonym())?;
        let invitation = Hash::of(&[&self.entropy.bytes()]);
        let invite = proposal::Command::Invite { invitation };
        let author = idea.authors.first().map_or_else(|| citizen(other.as_str()), |author| citizen(author));
        diary.note(self.later(at, 1), of(&idea.id, &format!("invite {number}"), author, invite));
        let join = proposal::Command::Join { invitation, name: words::name(&self.entropy) };
        diary.note(self.later(at, 2), of(&idea.id, &format!("join {number}"), citizen(other.as_str()), join));
        if self.chance(15) {
            let leave = of(&idea.id, &format!("leave {number}"), citizen(other.as_str()), proposal::Command::Leave);
            diary.note(self.later(at, 3), leave);
        } else {
            idea.authors.push(other.into());
        }
        Ok(())
    }

    /// Supports and comments; what is going to disappear has only a few days for them.
    fn talk(&self, diary: &mut Diary, ideas: &Ideas, idea: &Idea, at: Timestamp, fate: Fate) -> Result<(), Failure> {
        let days = if fate == Fate::Stands { 20 } else { 2 };
        for person in ideas.some(self, self.below(7)) {
            let support = participant::Command::Support { proposal: idea.id.clone() };
            let name = format!("support {} {person}", idea.id);
            let when = self.later(at, 1 + self.below(days));
            diary.note(when, by(person, name.clone(), support));
            if fate == Fate::Stands && self.chance(2) {
                let no_more = participant::Command::WithdrawSupport { proposal: idea.id.clone() };
                diary.note(self.later(when, 2), by(person, format!("not {name}"), no_more));
            }
        }
        for person in ideas.some(self, self.below(4)) {
            let when = self.later(at, 1 + self.below(2));
            let first = self.post(diary, when, idea, None, person)?;
            let others = ideas.some(self, 2);
            let mut others = others.into_iter().filter(|other| *other != person);
            if self.chance(25)
                && let Some(other) = others.next()
            {
                self.post(diary, self.later(when, 1), idea, Some(&first), other)?;
            }
            if self.chance(3)
                && let Some(other) = others.next()
            {
                self.report(diary, when, other, &first);
            }
        }
        if self.chance(12) {
            self.answer(diary, self.later(at, 2), idea)?;
        }
        Ok(())
    }

    fn post(
        &self,
        diary: &mut Diary,
        at: Timestamp,
        idea: &Idea,
        answers: Option<&CommentId>,
        person: &ActorId,
    ) -> Result<CommentId, Failure> {
        let comment: CommentId = self.fresh()?;
        let said = answers.map_or_else(|| words::comment(&self.entropy), |_| words::reply(&self.entropy));
        let post = comment::Command::Post {
            on: Subject::Proposal(idea.id.clone()),
            answers: answers.cloned(),
            official: false,
            author_name: words::name(&self.entropy),
            text: said,
        };
        diary.note(at, on(&comment, "comment", citizen(person.as_str()), vec![post]));
        Ok(comment)
    }

    /// The city answers under the proposal, above all others.
    fn answer(&self, diary: &mut Diary, at: Timestamp, idea: &Idea) -> Result<(), Failure> {
        let comment: CommentId = self.fresh()?;
        let post = comment::Command::Post {
            on: Subject::Proposal(idea.id.clone()),
            answers: None,
            official: true,
            author_name: "Mission budget participatif".to_owned(),
            text: words::official(&self.entropy),
        };
        let moderator = agent(MODERATOR, Role::Moderator);
        diary.note(at, on(&comment, "answer", moderator, vec![post, comment::Command::Pin]));
        Ok(())
    }

    /// Somebody reports a comment; a moderator may remove it, and put it back when it was a mistake.
    fn report(&self, diary: &mut Diary, at: Timestamp, person: &ActorId, comment: &CommentId) {
        let content = Content::Comment(comment.clone());
        let report = participant::Command::Report { content, reason: words::report(&self.entropy) };
        diary.note(self.later(at, 1), by(person, format!("report {comment}"), report));
        let moderator = || agent(MODERATOR, Role::Moderator);
        if self.chance(60) {
            let remove = comment::Command::Remove { reason: words::removal(&self.entropy) };
            diary.note(self.later(at, 2), on(comment, "remove", moderator(), vec![remove]));
            if self.chance(20) {
                let reason = "Après relecture, ce commentaire respecte la charte.".to_owned();
                let restore = comment::Command::Restore { reason };
                diary.note(self.later(at, 3), on(comment, "restore", moderator(), vec![restore]));
            }
        }
    }

    /// Withdrawals by authors, removals by a moderator after reports.
    fn end(&self, diary: &mut Diary, ideas: &Ideas, idea: &Idea, at: Timestamp, fate: Fate) -> Result<(), Failure> {
        let moderator = || agent(MODERATOR, Role::Moderator);
        match fate {
            Fate::Stands => {}
            Fate::Withdrawn => {
                let withdraw = proposal::Command::Withdraw { reason: Some("Je rejoins un autre projet.".to_owned()) };
                let author = idea.authors.first().map_or_else(moderator, |author| citizen(author));
                diary.note(self.later(at, 5), of(&idea.id, &format!("withdraw {}", idea.id), author, withdraw));
            }
            Fate::Removed | Fate::Restored => {
                for person in ideas.some(self, 2 + self.below(3)) {
                    let content = Content::Proposal(idea.id.clone());
                    let report = participant::Command::Report { content, reason: words::report(&self.entropy) };
                    diary.note(self.later(at, 3), by(person, format!("report {} {person}", idea.id), report));
                }
                let remove = proposal::Command::Remove { reason: words::removal(&self.entropy) };
                diary.note(self.later(at, 5), of(&idea.id, &format!("remove {}", idea.id), moderator(), remove));
                if fate == Fate::Restored {
                    let reason = "Après échange avec l’auteur·e, le texte respecte la charte.".to_owned();
                    let restore = proposal::Command::Restore { reason };
                    diary.note(self.later(at, 6), of(&idea.id, &format!("restore {}", idea.id), moderator(), restore));
                }
            }
        }
        Ok(())
    }
}

fn of(proposal: &ProposalId, name: &str, actor: Actor, command: proposal::Command) -> Step {
    Step { name: name.to_owned(), actor, commands: vec![Command::Proposal(proposal.clone(), command)] }
}

fn by(person: &ActorId, name: String, command: participant::Command) -> Step {
    let commands = vec![Command::Participant(person.clone(), command)];
    Step { name, actor: citizen(person.as_str()), commands }
}

fn on(comment: &CommentId, name: &str, actor: Actor, commands: Vec<comment::Command>) -> Step {
    let commands = commands.into_iter().map(|command| Command::Comment(comment.clone(), command)).collect();
    Step { name: format!("{name} {comment}"), actor, commands }
}
