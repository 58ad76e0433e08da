//! Refusals of workshops.

use super::Refusals;
use crate::support::kept::moderator;
use crate::support::people::*;
use crate::support::sample::*;
use crate::support::story::Story;
use domain::comment::Subject;
use domain::phase::Phase;
use domain::workshop::{self, Alternative, Announcement, Mode, Span, Standing};
use domain::{Code, Command, Event};

/// The campaign after the deposits, with a hybrid workshop, one in a room and one online.
fn announced() -> Story {
    let mut story = Story::at(Phase::PostIdeation);
    for (workshop, mode) in [("w-1", Mode::Hybrid), ("w-2", Mode::InPerson), ("w-3", Mode::Online)] {
        story.act(&coordinator(), announce(workshop, mode, &["p-1", "p-2"]));
    }
    story
}

/// The same at another hour.
fn at_hour(story: &Story, text: &str) -> Story {
    Story { clock: Some(hour(text)), ..story.clone() }
}

/// An announcement with one answer changed.
fn wrong(mode: Mode, change: impl FnOnce(&mut Announcement)) -> Command {
    let mut announcement = Box::new(announcement(mode, &["p-1"]));
    change(&mut announcement);
    at("w-9", workshop::Command::Announce(announcement))
}

pub(super) fn announcements() -> Refusals {
    let mut no = Refusals::default();
    let (agent, story) = (coordinator(), announced());
    let mut refused = |mode, change: fn(&mut Announcement), code, field| {
        no.command(&story, &coordinator(), wrong(mode, change), code, field);
    };
    refused(Mode::InPerson, |a| a.title = hidden("ab"), Code::TextTooShort, "title");
    refused(Mode::InPerson, |a| a.title = hidden(&"t".repeat(201)), Code::TextTooLong, "title");
    refused(Mode::InPerson, |a| a.agenda = hidden(" "), Code::TextTooShort, "agenda");
    refused(Mode::InPerson, |a| a.agenda = hidden(&"t".repeat(5_001)), Code::TextTooLong, "agenda");
    refused(Mode::InPerson, |a| a.place = None, Code::TextTooShort, "place");
    refused(Mode::Hybrid, |a| a.place = None, Code::TextTooShort, "place");
    refused(Mode::InPerson, |a| a.place = Some(hidden(&"t".repeat(501))), Code::TextTooLong, "place");
    refused(Mode::Online, |a| a.link = None, Code::TextTooShort, "link");
    refused(Mode::Hybrid, |a| a.link = None, Code::TextTooShort, "link");
    refused(Mode::Online, |a| a.link = Some(hidden("http://ateliers.example")), Code::OutOfRange, "link");
    refused(Mode::Online, |a| a.link = Some(hidden(&"h".repeat(501))), Code::TextTooLong, "link");
    refused(Mode::InPerson, |a| a.ends = a.starts, Code::OutOfRange, "ends");
    refused(Mode::InPerson, |a| a.starts = month(0), Code::OutOfRange, "starts");
    refused(Mode::InPerson, |a| a.capacity = 0, Code::OutOfRange, "capacity");
    refused(Mode::InPerson, |a| a.capacity = 10_001, Code::OutOfRange, "capacity");
    refused(Mode::Online, |a| a.steps = None, Code::OutOfRange, "steps");
    refused(Mode::InPerson, |a| a.steps = announcement(Mode::Online, &[]).steps, Code::OutOfRange, "steps");
    refused(Mode::InPerson, |a| a.proposals.clear(), Code::EmptyList, "proposals");
    refused(Mode::InPerson, |a| a.proposals.push(id("p-1")), Code::DuplicateEntry, "proposals");
    refused(Mode::InPerson, |a| a.proposals.push(id("p-99")), Code::NotFound, "proposals");
    refused(Mode::InPerson, |a| a.proposals.push(id("p-8")), Code::ProposalWithdrawn, "proposals");
    let many = |a: &mut Announcement| a.proposals = (0..201).map(|n| id(&format!("p-{n}"))).collect();
    refused(Mode::InPerson, many, Code::OutOfRange, "proposals");
    // Steps that overlap, are empty, begin too early or end too late.
    let empty = |span: &mut Span| span.end = span.start;
    refused(Mode::Online, |a| a.steps.as_mut().unwrap().comment.start = month(2), Code::OutOfRange, "steps");
    refused(Mode::Online, |a| a.steps.as_mut().unwrap().comment.end = hour("04-14T00:01"), Code::OutOfRange, "steps");
    no.command(
        &story,
        &agent,
        wrong(Mode::Online, |a| empty(&mut a.steps.as_mut().unwrap().comment)),
        Code::OutOfRange,
        "steps",
    );
    no.command(
        &story,
        &agent,
        wrong(Mode::Online, |a| empty(&mut a.steps.as_mut().unwrap().choice)),
        Code::OutOfRange,
        "steps",
    );
    let finish = |to: &'static str| wrong(Mode::Online, move |a| a.steps.as_mut().unwrap().finish = hour(to));
    no.command(&story, &agent, finish("04-19T00:00"), Code::OutOfRange, "steps");
    no.command(&story, &agent, finish("04-25T00:00"), Code::OutOfRange, "steps");

    no.command(&story, &agent, announce("w-1", Mode::InPerson, &["p-1"]), Code::AlreadyExists, "id");
    no.command(&story, &citizen("c-1"), announce("w-9", Mode::InPerson, &["p-1"]), Code::RoleMissing, None);
    let mut gone = story.clone();
    gone.act(&moderator(), remove("p-1"));
    no.command(&gone, &agent, announce("w-9", Mode::InPerson, &["p-1"]), Code::ProposalRemoved, "proposals");
    let mut deposited = Story::at(Phase::Ideation);
    deposited.live(Phase::Ideation);
    no.command(&deposited, &agent, announce("w-9", Mode::InPerson, &["p-1"]), Code::TooEarly, None);
    no.command(&Story::at(Phase::PreSubmit), &agent, announce("w-9", Mode::InPerson, &["p-1"]), Code::TooLate, None);
    no.command(&Story::default(), &agent, announce("w-9", Mode::InPerson, &[]), Code::CampaignNotConfigured, None);
    let past = Story::configured(imported());
    no.command(&past, &agent, announce("w-9", Mode::InPerson, &["p-1"]), Code::NotInImports, None);

    // Changes and the end.
    let changed =
        |version, change_of: fn(&mut Announcement)| change("w-1", Mode::Hybrid, &["p-1", "p-2"], version, change_of);
    let mut two = story.clone();
    two.act(&citizen("c-1"), register("w-1", Standing::Depositor));
    two.act(&citizen("c-2"), register("w-1", Standing::Depositor));
    no.command(&story, &agent, changed(2, |a| a.capacity = 9), Code::EditConflict, "version");
    no.command(&story, &agent, changed(1, |_| {}), Code::AlreadyDone, "announcement");
    no.command(&two, &agent, changed(1, |a| a.capacity = 1), Code::OutOfRange, "capacity");
    no.command(&story, &agent, changed(1, |a| a.title = hidden("a")), Code::TextTooShort, "title");
    no.command(&at_hour(&story, "04-10T18:00"), &agent, changed(1, |a| a.capacity = 9), Code::TooLate, None);
    no.command(&story, &agent, change("w-9", Mode::Hybrid, &["p-1"], 1, |_| {}), Code::NotFound, "workshop");
    let forged =
        workshop::Event::WorkshopChanged { version: 3, announcement: Box::new(announcement(Mode::Hybrid, &["p-1"])) };
    no.log(&story, &agent, ("w-1", Event::Workshop(forged)), Code::EditConflict, "version");
    let cancel = |workshop: &str, reason: &str| at(workshop, workshop::Command::Cancel { reason: reason.into() });
    no.command(&story, &agent, cancel("w-1", " "), Code::ReasonMissing, "reason");
    no.command(&story, &agent, cancel("w-1", &"r".repeat(2_001)), Code::TextTooLong, "reason");
    no.command(&story, &agent, cancel("w-9", "Pluie"), Code::NotFound, "workshop");
    let mut held = at_hour(&story, "04-10T21:00");
    held.act(&agent, attendance("w-1", &[]));
    no.command(&held, &agent, cancel("w-1", "Pluie"), Code::AlreadyDone, "workshop");
    let mut concluded = at_hour(&story, "04-20T00:00");
    concluded.act(&agent, final_text("w-3"));
    no.command(&concluded, &agent, cancel("w-3", "Pluie"), Code::AlreadyDone, "workshop");
    let mut off = story;
    off.act(&agent, cancel("w-1", "Pluie"));
    for command in [
        cancel("w-1", "Pluie"),
        changed(1, |a| a.capacity = 9),
        at("w-1", workshop::Command::Invite { invitation: secret("one") }),
        attendance("w-1", &[]),
        minutes("w-1"),
        alternatives("w-1", &["Un"]),
        final_text("w-1"),
    ] {
        no.command(&off, &agent, command, Code::WorkshopCancelled, "workshop");
    }
    let person = citizen("c-1");
    for command in [
        register("w-1", Standing::Depositor),
        at("w-1", workshop::Command::CancelRegistration),
        choose("w-1", 1),
        write("k-1", Subject::Workshop(id("w-1")), None, false, "Oui"),
    ] {
        no.command(&off, &person, command, Code::WorkshopCancelled, "workshop");
    }
    no
}

pub(super) fn people() -> Refusals {
    let mut no = Refusals::default();
    let (agent, author, other) = (coordinator(), citizen("c-1"), citizen("c-50"));
    let mut story = announced();
    story.act(&agent, at("w-1", workshop::Command::Invite { invitation: secret("one") }));
    story.act(&author, register("w-1", Standing::Depositor));

    no.command(
        &story,
        &agent,
        at("w-1", workshop::Command::Invite { invitation: secret("one") }),
        Code::AlreadyDone,
        "invitation",
    );
    no.command(&story, &author, register("w-1", Standing::Depositor), Code::AlreadyDone, "participant");
    no.command(&story, &other, register("w-1", Standing::Depositor), Code::NotInvited, "standing");
    no.command(&story, &other, register("w-1", Standing::Invited), Code::NotInvited, "invitation");
    no.command(&story, &other, register_with("w-1", "two"), Code::InvitationUnknown, "invitation");
    let both = workshop::Command::Register { standing: Standing::Follower, invitation: Some(secret("one")) };
    no.command(&story, &other, at("w-1", both), Code::NotInvited, "invitation");
    no.command(&story, &other, register("w-9", Standing::Follower), Code::NotFound, "workshop");
    no.command(&story, &agent, register("w-1", Standing::Follower), Code::RoleMissing, None);
    let told = |participant: &str| {
        let (participant, invitation) = (participant.into(), None);
        Event::Workshop(workshop::Event::ParticipantRegistered {
            participant,
            standing: Standing::Follower,
            invitation,
        })
    };
    no.log(&story, &other, ("w-1", told("c-51")), Code::NotTheAuthor, "participant");
    let cancel = |workshop: &str| at(workshop, workshop::Command::CancelRegistration);
    no.command(&story, &other, cancel("w-1"), Code::NotRegistered, "participant");
    no.command(&story, &other, cancel("w-9"), Code::NotFound, "workshop");
    let left = workshop::Event::RegistrationCancelled { participant: "c-1".into() };
    no.log(&story, &other, ("w-1", Event::Workshop(left)), Code::NotTheAuthor, "participant");
    let mut full = story.clone();
    full.act(&citizen("c-51"), register("w-1", Standing::Follower));
    full.act(&citizen("c-52"), register_with("w-1", "one"));
    no.command(&full, &other, register("w-1", Standing::Follower), Code::WorkshopFull, None);
    no.command(&full, &other, register_with("w-1", "one"), Code::InvitationUnknown, "invitation");
    // In a room until it begins, online until the choice is over.
    let begun = at_hour(&story, "04-10T18:00");
    no.command(&begun, &other, register("w-1", Standing::Follower), Code::TooLate, None);
    no.command(&begun, &other, register("w-2", Standing::Follower), Code::TooLate, None);
    no.command(&begun, &author, cancel("w-1"), Code::TooLate, None);
    no.command(&begun, &agent, at("w-1", workshop::Command::Invite { invitation: secret("two") }), Code::TooLate, None);
    let mut chosen = at_hour(&story, "04-20T00:00");
    no.command(&chosen, &other, register("w-3", Standing::Follower), Code::TooLate, None);

    // Attendance and minutes.
    no.command(&story, &agent, attendance("w-1", &["c-1"]), Code::TooEarly, None);
    no.command(&begun, &agent, attendance("w-3", &[]), Code::WorkshopStep, "present");
    no.command(&begun, &agent, attendance("w-1", &["c-1", "c-1"]), Code::DuplicateEntry, "present");
    no.command(&begun, &agent, attendance("w-1", &["c-50"]), Code::NotRegistered, "present");
    no.command(&begun, &agent, attendance("w-1", &["c-1"; 501]), Code::OutOfRange, "present");
    let crowd = workshop::Command::RecordAttendance { present: vec![], others: 10_001 };
    no.command(&begun, &agent, at("w-1", crowd), Code::OutOfRange, "others");
    no.command(&begun, &agent, attendance("w-9", &[]), Code::NotFound, "workshop");
    no.command(&begun, &author, attendance("w-1", &["c-1"]), Code::RoleMissing, None);
    no.command(&begun, &agent, minutes("w-1"), Code::TooEarly, None);
    let mut held = begun.clone();
    held.act(&agent, attendance("w-1", &["c-1"]));
    for (said, concluded, code, field) in [
        (0, 1, Code::TextTooShort, "minutes"),
        (50_001, 1, Code::TextTooLong, "minutes"),
        (1, 0, Code::TextTooShort, "conclusions"),
        (1, 10_001, Code::TextTooLong, "conclusions"),
    ] {
        let (minutes, conclusions) = ("m".repeat(said), "c".repeat(concluded));
        no.command(&held, &agent, at("w-1", workshop::Command::PublishMinutes { minutes, conclusions }), code, field);
    }

    // Steps online.
    let titles = |titles: &[&str]| alternatives("w-1", titles);
    no.command(&begun, &agent, titles(&[]), Code::OutOfRange, "alternatives");
    no.command(&begun, &agent, titles(&["1", "2", "3", "4"]), Code::OutOfRange, "alternatives");
    no.command(&begun, &agent, titles(&[" "]), Code::TextTooShort, "title");
    no.command(&begun, &agent, titles(&[&"t".repeat(201)]), Code::TextTooLong, "title");
    let long = vec![Alternative { title: hidden("Un"), text: hidden(&"t".repeat(50_001)) }];
    no.command(&begun, &agent, at("w-1", workshop::Command::ProposeAlternatives(long)), Code::TextTooLong, "text");
    no.command(&begun, &agent, alternatives("w-2", &["Un"]), Code::WorkshopStep, "steps");
    held.act(&agent, alternatives("w-1", &["Un", "Deux"]));
    no.command(&held, &author, choose("w-1", 1), Code::WorkshopStep, "alternative");
    let choosing = at_hour(&held, "04-14T00:00");
    no.command(&choosing, &agent, titles(&["Un"]), Code::WorkshopStep, "alternatives");
    no.command(&choosing, &other, choose("w-1", 1), Code::NotRegistered, "participant");
    for number in [0, 3, 255] {
        no.command(&choosing, &author, choose("w-1", number), Code::OutOfRange, "alternative");
    }
    no.command(&choosing, &author, choose("w-2", 1), Code::WorkshopStep, "steps");
    let forged = workshop::Event::AlternativeChosen { participant: "c-1".into(), alternative: 1 };
    no.log(&choosing, &other, ("w-1", Event::Workshop(forged)), Code::NotTheAuthor, "participant");
    no.command(&choosing, &agent, final_text("w-1"), Code::WorkshopStep, "text");
    let over = at_hour(&held, "04-20T00:00");
    no.command(&over, &author, choose("w-1", 1), Code::WorkshopStep, "alternative");
    let last = |text: String| at("w-3", workshop::Command::PublishFinalText { text });
    no.command(&chosen, &agent, last(String::new()), Code::TextTooShort, "text");
    no.command(&chosen, &agent, last("t".repeat(50_001)), Code::TextTooLong, "text");
    no.command(&chosen, &agent, final_text("w-2"), Code::WorkshopStep, "steps");
    chosen.act(&agent, final_text("w-3"));
    no.command(&chosen, &agent, final_text("w-3"), Code::AlreadyDone, "text");

    // Comments: those who registered, in the first step.
    let say = |workshop: &str| write("k-1", Subject::Workshop(id(workshop)), None, false, "Un banc ?");
    no.command(&begun, &other, say("w-1"), Code::NotRegistered, "workshop");
    no.command(&begun, &author, say("w-9"), Code::NotFound, "workshop");
    no.command(&story, &author, say("w-1"), Code::CommentClosed, "workshop");
    no.command(&choosing, &author, say("w-1"), Code::CommentClosed, "workshop");
    let mut room = announced();
    room.act(&author, register("w-2", Standing::Depositor));
    no.command(&at_hour(&room, "04-10T18:30"), &author, say("w-2"), Code::CommentClosed, "workshop");

    // Nothing of it once the instruction is over, and no minutes once the list is settled.
    let mut late = held;
    late.turn(Phase::CoConstruction);
    late.turn(Phase::PreSubmit);
    no.command(&late, &other, register("w-3", Standing::Follower), Code::TooLate, None);
    no.command(&late, &agent, attendance("w-1", &["c-1"]), Code::TooLate, None);
    late.turn(Phase::Submit);
    no.command(&late, &agent, minutes("w-1"), Code::TooLate, None);
    no
}
