//! What people ask for beside depositing: co-authors, comments, supports, workshops, moderation.

use super::sample::*;
use domain::comment::{self, Subject};
use domain::configuration::{Configuration, DepositorRule, Moderation, Named, Participation};
use domain::participant::{self, Content};
use domain::proposal::{self, Deposit, DepositorKind, Link};
use domain::workshop::{self, Alternative, Announcement, Mode, Span, Standing, Steps};
use domain::{Command, Timestamp};
use transparency::Hash;

/// Of a proposal.
pub(crate) fn of(proposal: &str, command: proposal::Command) -> Command {
    Command::Proposal(id(proposal), command)
}

/// Of a comment.
pub(crate) fn on(comment: &str, command: comment::Command) -> Command {
    Command::Comment(id(comment), command)
}

/// Of a workshop.
pub(crate) fn at(workshop: &str, command: workshop::Command) -> Command {
    Command::Workshop(id(workshop), command)
}

/// An edit of this version of somebody's deposit.
pub(crate) fn edit(proposal: &str, author: &str, version: u64, change: impl FnOnce(&mut Deposit)) -> Command {
    let mut deposit = deposit_of(author);
    change(&mut deposit);
    of(proposal, proposal::Command::Edit { version, deposit: Box::new(deposit) })
}

/// The SHA-256 of an invitation's secret.
pub(crate) fn secret(text: &str) -> Hash {
    Hash::of(&[text.as_bytes()])
}

pub(crate) fn invite(proposal: &str, text: &str) -> Command {
    of(proposal, proposal::Command::Invite { invitation: secret(text) })
}

pub(crate) fn join(proposal: &str, text: &str) -> Command {
    of(proposal, proposal::Command::Join { invitation: secret(text), name: "Dominique".into() })
}

pub(crate) fn leave(proposal: &str) -> Command {
    of(proposal, proposal::Command::Leave)
}

pub(crate) fn approve(proposal: &str) -> Command {
    of(proposal, proposal::Command::Approve)
}

pub(crate) fn remove(proposal: &str) -> Command {
    of(proposal, proposal::Command::Remove { reason: "Publicité".into() })
}

pub(crate) fn restore(proposal: &str) -> Command {
    of(proposal, proposal::Command::Restore { reason: "Vérifié".into() })
}

/// A merge of which everything is said.
pub(crate) fn link(proposal: &str, link: Link) -> Command {
    of(proposal, proposal::Command::Merge(link))
}

pub(crate) fn unmerge(proposal: &str, project: &str) -> Command {
    of(proposal, proposal::Command::Unmerge { project: id(project), reason: "Un autre lieu".into() })
}

/// A comment on a proposal.
pub(crate) fn post(comment: &str, proposal: &str) -> Command {
    write(comment, Subject::Proposal(id(proposal)), None, false, "Près de l’école ?")
}

/// The city's answer to a comment on a proposal.
pub(crate) fn answer(comment: &str, proposal: &str, to: Option<&str>) -> Command {
    write(comment, Subject::Proposal(id(proposal)), to, true, "La ville y pense.")
}

/// Any comment.
pub(crate) fn write(comment: &str, subject: Subject, to: Option<&str>, official: bool, text: &str) -> Command {
    let (answers, author_name, text) = (to.map(id), "Camille".into(), text.into());
    on(comment, comment::Command::Post { on: subject, answers, official, author_name, text })
}

pub(crate) fn support(who: &str, proposal: &str) -> Command {
    Command::Participant(id(who), participant::Command::Support { proposal: id(proposal) })
}

pub(crate) fn support_no_more(who: &str, proposal: &str) -> Command {
    Command::Participant(id(who), participant::Command::WithdrawSupport { proposal: id(proposal) })
}

pub(crate) fn report(who: &str, content: Content) -> Command {
    Command::Participant(id(who), participant::Command::Report { content, reason: "Injures".into() })
}

/// A day and an hour of 2026, such as `04-10T18:00`.
pub(crate) fn hour(text: &str) -> Timestamp {
    format!("2026-{text}:00Z").parse().unwrap()
}

/// An evening in April: in a room for two hours, with a fortnight of three steps online when it is hybrid
/// or online.
pub(crate) fn announcement(mode: Mode, proposals: &[&str]) -> Announcement {
    let steps = Steps {
        comment: Span { start: hour("04-10T18:00"), end: hour("04-14T00:00") },
        choice: Span { start: hour("04-14T00:00"), end: hour("04-20T00:00") },
        finish: hour("04-20T00:00"),
    };
    let (room, online) = (mode != Mode::Online, mode != Mode::InPerson);
    Announcement {
        title: hidden("L’eau dans la rue"),
        mode,
        agenda: hidden("18 h accueil, 19 h plan"),
        place: room.then(|| hidden("Mairie, salle 2")),
        link: online.then(|| hidden("https://ateliers.example/eau")),
        starts: hour("04-10T18:00"),
        ends: if online { hour("04-24T00:00") } else { hour("04-10T20:00") },
        capacity: 3,
        proposals: proposals.iter().map(|one| id(one)).collect(),
        steps: online.then_some(steps),
    }
}

pub(crate) fn announce(workshop: &str, mode: Mode, proposals: &[&str]) -> Command {
    at(workshop, workshop::Command::Announce(Box::new(announcement(mode, proposals))))
}

/// A change of this version of an announcement.
pub(crate) fn change(
    workshop: &str,
    mode: Mode,
    proposals: &[&str],
    version: u64,
    change: impl FnOnce(&mut Announcement),
) -> Command {
    let mut announcement = Box::new(announcement(mode, proposals));
    change(&mut announcement);
    at(workshop, workshop::Command::Change { version, announcement })
}

pub(crate) fn register(workshop: &str, standing: Standing) -> Command {
    at(workshop, workshop::Command::Register { standing, invitation: None })
}

pub(crate) fn register_with(workshop: &str, text: &str) -> Command {
    at(workshop, workshop::Command::Register { standing: Standing::Invited, invitation: Some(secret(text)) })
}

pub(crate) fn attendance(workshop: &str, present: &[&str]) -> Command {
    let present = present.iter().map(|one| (*one).to_owned()).collect();
    at(workshop, workshop::Command::RecordAttendance { present, others: 4 })
}

pub(crate) fn minutes(workshop: &str) -> Command {
    let (minutes, conclusions) = ("Trois fontaines, une place.".into(), "Une fontaine.".into());
    at(workshop, workshop::Command::PublishMinutes { minutes, conclusions })
}

pub(crate) fn alternatives(workshop: &str, titles: &[&str]) -> Command {
    let one = |title: &&str| Alternative { title: hidden(title), text: hidden("Une fontaine.") };
    at(workshop, workshop::Command::ProposeAlternatives(titles.iter().map(one).collect()))
}

pub(crate) fn choose(workshop: &str, alternative: u8) -> Command {
    at(workshop, workshop::Command::Choose { alternative })
}

pub(crate) fn final_text(workshop: &str) -> Command {
    at(workshop, workshop::Command::PublishFinalText { text: "Une fontaine devant l’école.".into() })
}

/// The same city, where moderators look first, and with a priority neighbourhood.
pub(crate) fn careful() -> Configuration {
    let rule = |kind, complement_needed| DepositorRule { kind, name: hidden("Nom"), complement_needed };
    let mut careful = configuration();
    careful.areas[1].postcodes = vec!["75001".into()];
    careful.participation = Participation {
        moderation: Moderation::Beforehand,
        depositors: vec![rule(DepositorKind::Individual, false), rule(DepositorKind::Association, true)],
        neighbourhoods: vec![Named { id: id("N1"), name: hidden("Les Berges") }],
        attachments_max: 3,
        comment_max: 500,
        ..Participation::default()
    };
    careful
}
