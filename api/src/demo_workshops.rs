//! The demo's workshops: in a room, online, or both; who comes, what is said, what comes out.
//!
//! Next: `demo_merging.rs`, where projects come out of them.

use crate::demo::{COORDINATOR, Play, agent};
use crate::demo_ideas::{Idea, Ideas, citizen};
use crate::demo_words as words;
use crate::failure::Failure;
use crate::steps::{Diary, Step};
use domain::comment::{self, Subject};
use domain::phase::Phase;
use domain::workshop::{Alternative, Announcement, Command as Act, Mode, Span, Standing, Steps};
use domain::{Actor, ActorId, Command, CommentId, Hidden, ProposalId, Role, Timestamp, WorkshopId};
use std::collections::BTreeSet;
use transparency::Hash;

/// A workshop as the play knows it.
pub(crate) struct Meeting {
    pub(crate) id: WorkshopId,
    /// The proposals that it brought together.
    pub(crate) proposals: BTreeSet<ProposalId>,
    /// When all was said.
    pub(crate) ended: Timestamp,
}

/// Who registered, and when the first step begins.
struct Room {
    id: WorkshopId,
    people: Vec<ActorId>,
    starts: Timestamp,
    online: bool,
}

impl Play<'_> {
    /// Fifty-two workshops that are held, and one that isn't.
    pub(crate) fn workshops(&self, diary: &mut Diary, ideas: &Ideas) -> Result<Vec<Meeting>, Failure> {
        let mut meetings = Vec::new();
        for (place, of_place) in self.city.places.iter().enumerate() {
            let own = ideas.by_place.get(&place).map(Vec::as_slice).unwrap_or_default();
            let bound = |nth: usize| nth * own.len() / of_place.workshops.max(1);
            for nth in 0..of_place.workshops {
                let part = own.get(bound(nth)..bound(nth + 1)).unwrap_or_default();
                if part.is_empty() {
                    continue;
                }
                let mode = match meetings.len() % 3 {
                    0 => Mode::InPerson,
                    1 => Mode::Online,
                    _ => Mode::Hybrid,
                };
                let title = format!("Atelier {} — {}", nth + 1, of_place.name);
                meetings.push(self.workshop(diary, ideas, part, title, mode)?);
            }
        }
        let first = ideas.by_place.values().flatten().next();
        if let Some(idea) = first {
            let id: WorkshopId = self.fresh()?;
            let title = "Atelier de rattrapage".to_owned();
            let starts = self.slot(Phase::CoConstruction, 20, 2)?;
            let announcement = self.announcement(title, Mode::InPerson, starts, std::slice::from_ref(idea));
            let announce = Act::Announce(Box::new(announcement));
            diary.note(self.slot(Phase::PostIdeation, 3, 0)?, held(&id, "announce", vec![announce]));
            let reason = "Les inscrits rejoignent un atelier déjà prévu.".to_owned();
            diary.note(self.slot(Phase::CoConstruction, 5, 0)?, held(&id, "cancel", vec![Act::Cancel { reason }]));
        }
        Ok(meetings)
    }

    fn workshop(
        &self,
        diary: &mut Diary,
        ideas: &Ideas,
        part: &[Idea],
        title: String,
        mode: Mode,
    ) -> Result<Meeting, Failure> {
        let id: WorkshopId = self.fresh()?;
        let announced = self.slot(Phase::PostIdeation, 1 + self.below(8), self.below(3))?;
        let starts = self.slot(Phase::CoConstruction, 2 + self.below(23), 2)?;
        let mut announcement = self.announcement(title, mode, starts, part);
        let announce = Act::Announce(Box::new(announcement.clone()));
        diary.note(announced, held(&id, "announce", vec![announce]));
        if self.chance(15) && mode != Mode::Online {
            announcement.place = Some(Hidden::Disclosed("Maison des associations, 3, rue Neuve".to_owned()));
            let change = Act::Change { version: 1, announcement: Box::new(announcement.clone()) };
            diary.note(self.later(announced, 2), held(&id, "change", vec![change]));
        }
        let people = self.registrations(diary, ideas, &id, part, announced, announcement.capacity)?;
        let room = Room { id, people, starts, online: mode != Mode::InPerson };
        let mut ended = self.later(starts, 3);
        if mode != Mode::Online {
            self.attendance(diary, &room);
        }
        if room.online {
            self.three_steps(diary, &room)?;
            ended = self.later(starts, 14);
        }
        let minutes = Act::PublishMinutes {
            minutes: "Les dépositaires ont présenté leurs propositions, puis les participants ont cherché par tables ce qui les rapproche. Les directions ont rappelé les contraintes du terrain.".to_owned(),
            conclusions: "Les propositions qui portent sur un même lieu sont réunies ; les autres suivent leur chemin seules.".to_owned(),
        };
        diary.note(ended, held(&room.id, "minutes", vec![minutes]));
        Ok(Meeting { id: room.id, proposals: part.iter().map(|idea| idea.id.clone()).collect(), ended })
    }

    fn announcement(&self, title: String, mode: Mode, starts: Timestamp, part: &[Idea]) -> Announcement {
        let said = |text: &str| Hidden::Disclosed(text.to_owned());
        let (room, online) = (mode != Mode::Online, mode != Mode::InPerson);
        let on = |day: u16| starts.plus_days(day).unwrap_or(starts);
        let steps = Steps {
            comment: Span { start: starts, end: on(5) },
            choice: Span { start: on(7), end: on(12) },
            finish: on(13),
        };
        let evening = Timestamp::from_unix(starts.unix() + 9_000).unwrap_or(starts);
        Announcement {
            title: Hidden::Disclosed(title),
            mode,
            agenda: said("Accueil, présentation des propositions, travail par tables, restitution."),
            place: room.then(|| Hidden::Disclosed(format!("Mairie, {}", words::address(&self.entropy)))),
            link: online.then(|| said("https://ateliers.valmont.example/salle")),
            starts,
            ends: if online { on(15) } else { evening },
            capacity: u32::try_from(25 + self.below(36)).unwrap_or(25),
            proposals: part.iter().map(|idea| idea.id.clone()).collect(),
            steps: online.then_some(steps),
        }
    }

    /// Depositors, followers and some who are invited, in the days before it begins.
    fn registrations(
        &self,
        diary: &mut Diary,
        ideas: &Ideas,
        id: &WorkshopId,
        part: &[Idea],
        announced: Timestamp,
        capacity: u32,
    ) -> Result<Vec<ActorId>, Failure> {
        let mut coming: Vec<(ActorId, Standing)> = Vec::new();
        for author in part.iter().flat_map(|idea| &idea.authors) {
            if self.chance(30) {
                coming.push((crate::demo_city::id(author)?, Standing::Depositor));
            }
        }
        let others = ideas.some(self, 6 + self.below(8)).into_iter().cloned();
        coming.extend(others.zip((0..5_u8).cycle()).map(|(person, nth)| {
            let standing = if nth == 0 { Standing::Invited } else { Standing::Follower };
            (person, standing)
        }));
        coming.truncate(usize::try_from(capacity).unwrap_or(0));
        let mut people = Vec::new();
        for (person, standing) in coming {
            let invitation = (standing == Standing::Invited).then(|| Hash::of(&[&self.entropy.bytes()]));
            if let Some(invitation) = invitation {
                let invite = held(id, &format!("invite {person}"), vec![Act::Invite { invitation }]);
                diary.note(self.later(announced, 1), invite);
            }
            let register = vec![Act::Register { standing, invitation }];
            let at = self.later(announced, 3 + self.below(3));
            diary.note(at, by(id, &format!("register {person}"), citizen(person.as_str()), register));
            if self.chance(4) {
                let cancel =
                    by(id, &format!("cancel {person}"), citizen(person.as_str()), vec![Act::CancelRegistration]);
                diary.note(self.later(at, 1), cancel);
            } else {
                people.push(person);
            }
        }
        Ok(people)
    }

    fn attendance(&self, diary: &mut Diary, room: &Room) {
        let present = room.people.iter().filter(|_| self.chance(75)).map(|person| person.to_string()).collect();
        let others = u32::try_from(self.below(7)).unwrap_or(0);
        let attendance = Act::RecordAttendance { present, others };
        diary.note(self.later(room.starts, 1), held(&room.id, "attendance", vec![attendance]));
    }

    /// Online: comments, a choice between alternatives, the final text.
    fn three_steps(&self, diary: &mut Diary, room: &Room) -> Result<(), Failure> {
        let post = |official, author_name: String, text| comment::Command::Post {
            on: Subject::Workshop(room.id.clone()),
            answers: None,
            official,
            author_name,
            text,
        };
        for person in room.people.iter().filter(|_| self.chance(35)) {
            let comment: CommentId = self.fresh()?;
            let said = post(false, words::name(&self.entropy), words::comment(&self.entropy));
            diary.note(self.later(room.starts, 1 + self.below(3)), wrote(&comment, citizen(person.as_str()), said));
        }
        let comment: CommentId = self.fresh()?;
        let text =
            "Voici les contraintes du terrain : réseaux enterrés au nord, passage des secours au sud.".to_owned();
        let said = post(true, "Mission budget participatif".to_owned(), text);
        let coordinator = agent(COORDINATOR, Role::Coordinator);
        diary.note(self.later(room.starts, 2), wrote(&comment, coordinator, said));
        let texts = [
            ("Un lieu ouvert", "Tout est de plain-pied ; les plantations entourent une place libre au milieu."),
            ("Un lieu calme", "Des bancs à l’ombre, un sol qui laisse passer l’eau, pas de circulation."),
            ("Un lieu pour jouer", "Une aire de jeux accessible et un point d’eau ; les arbres sont plantés au bord."),
        ];
        let count = 2 + self.below(2);
        let alternatives = texts.iter().zip(0..count).map(|((title, text), _)| Alternative {
            title: Hidden::Disclosed((*title).to_owned()),
            text: Hidden::Disclosed((*text).to_owned()),
        });
        let propose = Act::ProposeAlternatives(alternatives.collect());
        diary.note(self.later(room.starts, 6), held(&room.id, "alternatives", vec![propose]));
        for person in &room.people {
            // Some choose again; the later choice counts.
            for nth in 0..u64::from(self.chance(60)) + u64::from(self.chance(5)) {
                let choose = Act::Choose { alternative: u8::try_from(1 + self.below(count)).unwrap_or(1) };
                let name = format!("choose {nth} {person}");
                let choice = by(&room.id, &name, citizen(person.as_str()), vec![choose]);
                diary.note(self.later(room.starts, 8 + 2 * nth), choice);
            }
        }
        let text = "Le lieu est de plain-pied, planté sur ses bords et ombragé ; une association du quartier participe à son entretien.";
        let last = Act::PublishFinalText { text: text.to_owned() };
        let at = room.starts.plus_days(13).unwrap_or(room.starts);
        diary.note(at, held(&room.id, "final text", vec![last]));
        Ok(())
    }
}

fn held(id: &WorkshopId, name: &str, commands: Vec<Act>) -> Step {
    by(id, name, agent(COORDINATOR, Role::Coordinator), commands)
}

fn by(id: &WorkshopId, name: &str, actor: Actor, commands: Vec<Act>) -> Step {
    let commands = commands.into_iter().map(|command| Command::Workshop(id.clone(), command)).collect();
    Step { name: format!("{name} {id}"), actor, commands }
}

fn wrote(id: &CommentId, actor: Actor, command: comment::Command) -> Step {
    Step { name: format!("comment {id}"), actor, commands: vec![Command::Comment(id.clone(), command)] }
}
