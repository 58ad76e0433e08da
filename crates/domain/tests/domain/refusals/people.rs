//! Refusals of those who take part: edits, co-authors, moderation, merging, comments, supports and reports.

use super::Refusals;
use crate::support::kept::moderator;
use crate::support::lively::{about, end, formation_here};
use crate::support::people::*;
use crate::support::sample::*;
use crate::support::story::Story;
use domain::comment::{self, Subject};
use domain::participant::{self, Content};
use domain::phase::Phase;
use domain::project::{self, Ending};
use domain::proposal::{self, Link, MergeKind};
use domain::workshop::{self, Mode};
use domain::{Code, Command, Event};

/// The sample campaign with its deposits.
fn deposited() -> Story {
    let mut open = Story::at(Phase::Ideation);
    open.live(Phase::Ideation);
    open
}

/// The campaign where moderators look first, with a proposal that waits for them.
fn waiting() -> Story {
    let mut careful = Story::careful_at(Phase::Ideation);
    careful.act(&citizen("c-2"), deposit("p-2", "c-2"));
    careful
}

fn edited(version: u64, change: impl FnOnce(&mut proposal::Deposit)) -> Event {
    let mut deposit = Box::new(deposit_of("c-1"));
    change(&mut deposit);
    Event::Proposal(proposal::Event::ProposalEdited { version, deposit, awaits_approval: false })
}

pub(super) fn edits() -> Refusals {
    let mut no = Refusals::default();
    let (author, agent) = (citizen("c-1"), coordinator());
    let open = deposited();
    let title = |version| edit("p-1", "c-1", version, |new| new.title = hidden("Un banc"));
    no.command(&open, &author, title(2), Code::EditConflict, "version");
    no.command(&open, &author, title(0), Code::EditConflict, "version");
    no.command(&open, &author, edit("p-1", "c-1", 1, |_| {}), Code::AlreadyDone, "deposit");
    no.command(&open, &author, edit("p-1", "c-1", 1, |new| new.title = hidden("b")), Code::TextTooShort, "title");
    no.command(&open, &author, edit("p-99", "c-1", 1, |_| {}), Code::NotFound, "proposal");
    no.command(&open, &citizen("c-8"), edit("p-8", "c-8", 1, |d| d.point = None), Code::ProposalWithdrawn, "proposal");
    no.command(&open, &citizen("c-2"), title(1), Code::NotTheAuthor, None);
    no.command(&open, &moderator(), title(1), Code::RoleMissing, None);
    let mut gone = open.clone();
    gone.act(&moderator(), remove("p-1"));
    no.command(&gone, &author, title(1), Code::ProposalRemoved, "proposal");
    no.command(&gone, &agent, title(1), Code::ProposalRemoved, "proposal");
    let mut changed = open.clone();
    changed.act(&author, title(1));
    no.command(&changed, &agent, edit("p-1", "c-1", 1, |d| d.point = None), Code::EditConflict, "version");
    no.command(&Story::at(Phase::PostIdeation), &author, title(1), Code::PhaseNotOpen, None);
    no.command(&Story::at(Phase::PreSubmit), &agent, title(1), Code::TooLate, None);
    no.log(&open, &author, ("p-1", edited(3, |_| {})), Code::EditConflict, "version");
    no.log(&open, &author, ("p-1", edited(1, |_| {})), Code::EditConflict, "version");
    no.log(&open, &author, ("p-1", edited(2, |d| d.reference = "P-other".into())), Code::AlreadyExists, "reference");
    no.log(&open, &author, ("p-1", edited(2, |d| d.author = "c-2".into())), Code::NotTheAuthor, "author");
    let told = Event::Proposal(proposal::Event::ProposalEdited {
        version: 2,
        deposit: Box::new(deposit_of("c-1")),
        awaits_approval: true,
    });
    no.log(&open, &author, ("p-1", told), Code::NotAwaitingApproval, "awaitsApproval");
    no
}

pub(super) fn authors() -> Refusals {
    let mut no = Refusals::default();
    let (author, other) = (citizen("c-1"), citizen("c-50"));
    let open = deposited();
    let mut invited = open.clone();
    invited.act(&author, invite("p-1", "one"));
    no.command(&open, &other, invite("p-1", "one"), Code::NotTheAuthor, None);
    no.command(&open, &author, invite("p-99", "one"), Code::NotFound, "proposal");
    no.command(&open, &citizen("c-8"), invite("p-8", "one"), Code::ProposalWithdrawn, "proposal");
    no.command(&invited, &author, invite("p-1", "one"), Code::AlreadyDone, "invitation");
    no.command(&open, &other, join("p-1", "one"), Code::InvitationUnknown, "invitation");
    no.command(&invited, &other, join("p-1", "two"), Code::InvitationUnknown, "invitation");
    no.command(&invited, &author, join("p-1", "one"), Code::AlreadyAuthor, None);
    for (name, code) in [(String::new(), Code::TextTooShort), ("a".repeat(101), Code::TextTooLong)] {
        let join = proposal::Command::Join { invitation: secret("one"), name };
        no.command(&invited, &other, of("p-1", join), code, "name");
    }
    let joined =
        proposal::Event::CoAuthorJoined { author: "c-51".into(), name: hidden("Dominique"), invitation: secret("one") };
    no.log(&invited, &other, ("p-1", Event::Proposal(joined)), Code::NotTheAuthor, "author");
    no.command(&open, &author, leave("p-1"), Code::NotTheAuthor, "author");
    no.command(&open, &other, leave("p-1"), Code::NotTheAuthor, "author");
    no.command(&open, &other, leave("p-99"), Code::NotFound, "proposal");
    let mut gone = invited.clone();
    gone.act(&moderator(), remove("p-1"));
    no.command(&gone, &author, invite("p-1", "two"), Code::ProposalRemoved, "proposal");
    no.command(&gone, &other, join("p-1", "one"), Code::ProposalRemoved, "proposal");
    let mut late = invited.clone();
    late.act(&system(), close(Phase::Ideation));
    no.command(&late, &author, invite("p-1", "two"), Code::PhaseNotOpen, None);
    no.command(&late, &other, join("p-1", "one"), Code::PhaseNotOpen, None);

    // Ten authors are enough, and an invitation that was used is used up.
    let mut full = invited;
    full.act(&author, invite("p-1", "last"));
    for n in 51..60 {
        let text = format!("{n}");
        full.act(&author, invite("p-1", &text));
        full.act(&citizen(&format!("c-{n}")), join("p-1", &text));
    }
    no.command(&full, &author, invite("p-1", "more"), Code::TooMany, "coAuthors");
    no.command(&full, &other, join("p-1", "last"), Code::TooMany, "coAuthors");
    no.command(&full, &other, join("p-1", "51"), Code::InvitationUnknown, "invitation");
    let mut lost = open;
    for n in 0..50 {
        lost.act(&author, invite("p-1", &format!("{n}")));
    }
    no.command(&lost, &author, invite("p-1", "more"), Code::TooMany, "invitations");
    no
}

pub(super) fn moderation() -> Refusals {
    let mut no = Refusals::default();
    let (author, agent) = (citizen("c-1"), moderator());
    let open = deposited();
    let mut gone = open.clone();
    gone.act(&agent, remove("p-1"));
    let mut waits = waiting();
    no.command(&open, &agent, approve("p-1"), Code::NotAwaitingApproval, "proposal");
    no.command(&open, &agent, approve("p-8"), Code::ProposalWithdrawn, "proposal");
    no.command(&gone, &agent, approve("p-1"), Code::ProposalRemoved, "proposal");
    no.command(&gone, &agent, remove("p-1"), Code::AlreadyDone, "proposal");
    no.command(&open, &agent, restore("p-1"), Code::NotDone, "proposal");
    let removal = |reason: &str| of("p-1", proposal::Command::Remove { reason: reason.into() });
    let restoral = |reason: &str| of("p-1", proposal::Command::Restore { reason: reason.into() });
    no.command(&open, &agent, removal(" "), Code::ReasonMissing, "reason");
    no.command(&gone, &agent, restoral(""), Code::ReasonMissing, "reason");
    no.command(&open, &agent, removal(&"r".repeat(2_001)), Code::TextTooLong, "reason");
    no.command(&gone, &agent, restoral(&"r".repeat(2_001)), Code::TextTooLong, "reason");
    for command in [approve("p-99"), remove("p-99"), restore("p-99")] {
        no.command(&open, &agent, command, Code::NotFound, "proposal");
    }
    for command in [approve("p-2"), remove("p-2"), restore("p-2")] {
        no.command(&waits, &author, command, Code::RoleMissing, None);
    }
    let mut vote = Story::at(Phase::PreVote);
    vote.act(&agent, remove("p-1"));
    vote.live(Phase::PreVote);
    vote.turn(Phase::Vote);
    for command in [approve("p-2"), remove("p-2"), restore("p-1")] {
        no.command(&vote, &agent, command, Code::TooLate, None);
    }
    // What nobody has approved is there for nobody.
    let (second, third) = (citizen("c-2"), citizen("c-3"));
    no.command(&waits, &third, support("c-3", "p-2"), Code::AwaitsApproval, "proposal");
    no.command(&waits, &third, post("k-1", "p-2"), Code::AwaitsApproval, "proposal");
    no.command(&waits, &third, report("c-3", Content::Proposal(id("p-2"))), Code::AwaitsApproval, "proposal");
    let deposit = Box::new(proposal::Deposit { neighbourhood: Some(id("N1")), ..deposit_of("c-3") });
    let unseen = Event::Proposal(proposal::Event::ProposalDeposited { deposit, awaits_approval: false });
    no.log(&waits, &third, ("p-3", unseen), Code::AwaitsApproval, "awaitsApproval");
    waits.turn(Phase::PostIdeation);
    no.command(
        &waits,
        &coordinator(),
        form_as("q-1", formation_here("R", &["p-2"])),
        Code::AwaitsApproval,
        "proposals",
    );
    no.command(&waits, &coordinator(), announce("w-1", Mode::InPerson, &["p-2"]), Code::AwaitsApproval, "proposals");
    no.command(&waits, &coordinator(), merge("p-2", "q-1"), Code::AwaitsApproval, "proposal");
    let deposit = Box::new(deposit_of("c-1"));
    let hides = Event::Proposal(proposal::Event::ProposalDeposited { deposit, awaits_approval: true });
    no.log(&open, &author, ("p-20", hides), Code::NotAwaitingApproval, "awaitsApproval");
    no.command(&gone, &second, support("c-2", "p-1"), Code::ProposalRemoved, "proposal");
    no.command(&gone, &second, post("k-1", "p-1"), Code::ProposalRemoved, "proposal");
    no
}

pub(super) fn merging() -> Refusals {
    let mut no = Refusals::default();
    let agent = coordinator();
    let mut merged = Story::at(Phase::PostIdeation);
    merged.live(Phase::PostIdeation);
    merged.act(&agent, announce("w-1", Mode::InPerson, &["p-1"]));
    merged.act(&agent, announce("w-2", Mode::InPerson, &["p-9"]));
    merged.act(&agent, at("w-2", workshop::Command::Cancel { reason: "Pluie".into() }));
    let mut shared = merged.clone();
    shared.act(&agent, form("q-21", "D1", &["p-9"]));
    let part =
        |project: &str, share| Link { share_percent: Some(share), ..Link::plain(id(project), MergeKind::Grouping) };
    shared.act(&agent, link("p-9", part("q-9", 60)));
    for share in [0, 41, 100, 255] {
        no.command(&shared, &agent, link("p-9", part("q-21", share)), Code::OutOfRange, "sharePercent");
    }
    for share in [0, 101] {
        no.command(&merged, &agent, link("p-9", part("q-9", share)), Code::OutOfRange, "sharePercent");
    }
    let plain = || Link::plain(id("q-9"), MergeKind::Single);
    let long = Link { reason: Some("r".repeat(2_001)), ..plain() };
    no.command(&merged, &agent, link("p-9", long), Code::TextTooLong, "reason");
    // Unknown, about other proposals, cancelled.
    for (workshop, code) in [("w-9", Code::NotFound), ("w-1", Code::NotFound), ("w-2", Code::WorkshopCancelled)] {
        let agreed = Link { workshop: Some(id(workshop)), ..plain() };
        no.command(&merged, &agent, link("p-9", agreed), code, "workshop");
    }
    let mut gone = merged.clone();
    gone.act(&moderator(), remove("p-9"));
    no.command(&gone, &agent, merge("p-9", "q-9"), Code::ProposalRemoved, "proposal");
    no.command(&gone, &agent, form("q-20", "D1", &["p-9"]), Code::ProposalRemoved, "proposals");
    let mut ended = merged.clone();
    ended.act(&agent, end("q-9", Ending::Undone));
    no.command(&ended, &agent, merge("p-9", "q-9"), Code::NotFound, "project");

    // Out of a project again.
    no.command(&merged, &agent, unmerge("p-9", "q-9"), Code::NotDone, "project");
    no.command(&merged, &agent, unmerge("p-1", "q-1"), Code::ProposalStillLinked, "project");
    no.command(&merged, &agent, unmerge("p-99", "q-1"), Code::NotFound, "proposal");
    no.command(&merged, &citizen("c-1"), unmerge("p-1", "q-1"), Code::RoleMissing, None);
    let silent = proposal::Command::Unmerge { project: id("q-1"), reason: " ".into() };
    no.command(&merged, &agent, of("p-1", silent), Code::ReasonMissing, "reason");
    let reason = "Ailleurs".into();
    merged.act(&agent, about("q-1", project::Command::TakeOut { proposal: id("p-2"), reason }));
    no.command(&merged, &agent, unmerge("p-1", "q-1"), Code::ProposalStillLinked, "project");
    no.command(&Story::at(Phase::PreSubmit), &agent, unmerge("p-1", "q-1"), Code::TooLate, None);

    // What was merged isn't taken back; here only an import has both at once.
    let mut past = Story::configured(imported());
    past.act(&system(), open(Phase::Ideation));
    past.act(&citizen("c-1"), deposit("p-1", "c-1"));
    past.act(&system(), form("q-1", "D1", &["p-1"]));
    past.act(&system(), merge("p-1", "q-1"));
    no.command(&past, &citizen("c-1"), withdraw("p-1"), Code::ProposalMerged, "proposal");
    let mut helped = deposited();
    helped.act(&citizen("c-1"), invite("p-1", "one"));
    helped.act(&citizen("c-50"), join("p-1", "one"));
    no.command(&helped, &citizen("c-50"), withdraw("p-1"), Code::NotTheAuthor, None);
    no
}

pub(super) fn comments() -> Refusals {
    let mut no = Refusals::default();
    let (author, other, agent) = (citizen("c-1"), citizen("c-50"), moderator());
    let mut open = deposited();
    open.act(&author, post("k-1", "p-1"));
    open.act(&coordinator(), answer("k-2", "p-1", Some("k-1")));
    open.act(&other, post("k-3", "p-2"));
    let on_proposal = |proposal: &str| Subject::Proposal(id(proposal));
    let say = |to, text: &str| write("k-9", on_proposal("p-1"), to, false, text);

    no.command(&open, &other, post("k-1", "p-1"), Code::AlreadyExists, "id");
    no.command(&open, &other, post("k-9", "p-99"), Code::NotFound, "proposal");
    no.command(&open, &other, post("k-9", "p-8"), Code::ProposalWithdrawn, "proposal");
    no.command(&open, &other, say(None, " "), Code::TextTooShort, "text");
    no.command(&open, &other, say(None, &"é".repeat(2_001)), Code::TextTooLong, "text");
    for (author_name, code) in [(" ".to_owned(), Code::TextTooShort), ("a".repeat(101), Code::TextTooLong)] {
        let (subject, text) = (on_proposal("p-1"), "Oui".into());
        let post = comment::Command::Post { on: subject, answers: None, official: false, author_name, text };
        no.command(&open, &other, on("k-9", post), code, "authorName");
    }
    no.command(&open, &other, say(Some("k-99"), "Oui"), Code::NotFound, "answers");
    no.command(&open, &other, say(Some("k-3"), "Oui"), Code::NotFound, "answers");
    no.command(&open, &other, say(Some("k-2"), "Oui"), Code::AnswerToAnswer, "answers");
    // The city speaks by its agents, and they speak for it.
    no.command(&open, &other, answer("k-9", "p-1", None), Code::RoleMissing, None);
    no.command(&open, &coordinator(), post("k-9", "p-1"), Code::RoleMissing, None);
    no.command(&open, &system(), post("k-9", "p-1"), Code::RoleMissing, "official");
    let told = |author: &str, awaits_approval| {
        Event::Comment(comment::Event::CommentPosted {
            on: on_proposal("p-1"),
            answers: None,
            official: false,
            author: author.into(),
            author_name: hidden("Camille"),
            text: hidden("Oui"),
            awaits_approval,
        })
    };
    no.log(&open, &other, ("k-9", told("c-1", false)), Code::NotTheAuthor, "author");
    no.log(&open, &other, ("k-9", told("c-50", true)), Code::NotAwaitingApproval, "awaitsApproval");

    // Moderation.
    let of = |comment: &str, command: comment::Command| on(comment, command);
    let because = |reason: &str| comment::Command::Remove { reason: reason.into() };
    let restore = |reason: &str| comment::Command::Restore { reason: reason.into() };
    no.command(&open, &agent, of("k-1", comment::Command::Approve), Code::NotAwaitingApproval, "comment");
    no.command(&open, &agent, of("k-1", because(" ")), Code::ReasonMissing, "reason");
    no.command(&open, &agent, of("k-1", because(&"r".repeat(2_001))), Code::TextTooLong, "reason");
    no.command(&open, &agent, of("k-1", restore("Bon")), Code::NotDone, "comment");
    no.command(&open, &agent, of("k-1", comment::Command::Pin), Code::NotOfficial, "comment");
    no.command(&open, &agent, of("k-2", comment::Command::Unpin), Code::NotDone, "comment");
    for command in [comment::Command::Approve, comment::Command::Pin, comment::Command::Unpin, because("Injures")] {
        no.command(&open, &agent, of("k-99", command.clone()), Code::NotFound, "comment");
        no.command(&open, &other, of("k-1", command), Code::RoleMissing, None);
    }
    no.command(&open, &author, of("k-99", comment::Command::Withdraw), Code::NotFound, "comment");
    no.command(&open, &other, of("k-1", comment::Command::Withdraw), Code::NotTheAuthor, None);
    no.command(&open, &coordinator(), of("k-2", comment::Command::Withdraw), Code::RoleMissing, None);
    let mut pinned = open.clone();
    pinned.act(&agent, of("k-2", comment::Command::Pin));
    no.command(&pinned, &agent, of("k-2", comment::Command::Pin), Code::AlreadyDone, "comment");
    let mut gone = open.clone();
    gone.act(&agent, of("k-1", because("Injures")));
    gone.act(&agent, of("k-2", because("Erreur")));
    gone.act(&other, of("k-3", comment::Command::Withdraw));
    no.command(&gone, &agent, of("k-1", because("Injures")), Code::AlreadyDone, "comment");
    no.command(&gone, &agent, of("k-1", restore("")), Code::ReasonMissing, "reason");
    no.command(&gone, &agent, of("k-1", comment::Command::Approve), Code::CommentGone, "comment");
    no.command(&gone, &agent, of("k-2", comment::Command::Pin), Code::CommentGone, "comment");
    no.command(&gone, &other, of("k-3", comment::Command::Withdraw), Code::AlreadyDone, "comment");
    no.command(&gone, &other, say(Some("k-1"), "Oui"), Code::CommentGone, "answers");
    no.command(&gone, &other, report("c-50", Content::Comment(id("k-1"))), Code::CommentGone, "comment");
    let mut waits = waiting();
    waits.act(&agent, approve("p-2"));
    waits.act(&other, post("k-1", "p-2"));
    let reply = write("k-9", on_proposal("p-2"), Some("k-1"), false, "Oui");
    no.command(&waits, &author, reply, Code::AwaitsApproval, "answers");
    no.command(&waits, &author, report("c-1", Content::Comment(id("k-1"))), Code::AwaitsApproval, "comment");
    no.command(
        &waits,
        &author,
        write("k-9", on_proposal("p-2"), None, false, &"é".repeat(501)),
        Code::TextTooLong,
        "text",
    );

    // In time.
    let mut late = open;
    late.turn(Phase::PostIdeation);
    no.command(&late, &other, post("k-9", "p-1"), Code::PhaseNotOpen, None);
    no.command(&Story::at(Phase::Submit), &coordinator(), answer("k-9", "p-1", None), Code::TooLate, None);
    let mut vote = Story::at(Phase::Ideation);
    vote.live(Phase::Ideation);
    vote.act(&author, post("k-1", "p-1"));
    for phase in Phase::ALL.into_iter().filter(|phase| (Phase::PostIdeation..=Phase::Vote).contains(phase)) {
        vote.turn(phase);
        if phase != Phase::Vote {
            vote.live(phase);
        }
    }
    for command in [comment::Command::Approve, because("Injures"), restore("Bon")] {
        no.command(&vote, &agent, of("k-1", command), Code::TooLate, None);
    }
    let past = Story::configured(imported());
    no.command(&past, &other, post("k-1", "p-1"), Code::NotInImports, None);
    no.command(&Story::default(), &other, post("k-1", "p-1"), Code::CampaignNotConfigured, None);
    no
}

pub(super) fn participants() -> Refusals {
    let mut no = Refusals::default();
    let (author, other) = (citizen("c-1"), citizen("c-50"));
    let mut open = deposited();
    open.act(&author, post("k-1", "p-1"));
    open.act(&author, invite("p-1", "one"));
    open.act(&citizen("c-51"), join("p-1", "one"));
    let of_proposal = |proposal: &str| Content::Proposal(id(proposal));
    let of_comment = |comment: &str| Content::Comment(id(comment));
    no.command(&open, &author, support("c-1", "p-1"), Code::OwnContent, "proposal");
    no.command(&open, &citizen("c-51"), support("c-51", "p-1"), Code::OwnContent, "proposal");
    no.command(&open, &author, support("c-50", "p-1"), Code::NotTheAuthor, "participant");
    no.command(&open, &other, support("c-50", "p-99"), Code::NotFound, "proposal");
    no.command(&open, &other, support("c-50", "p-8"), Code::ProposalWithdrawn, "proposal");
    no.command(&open, &other, support_no_more("c-50", "p-1"), Code::NotDone, "proposal");
    no.command(&open, &coordinator(), support("agent-1", "p-1"), Code::RoleMissing, None);
    no.command(&open, &system(), support("parvis", "p-1"), Code::RoleMissing, None);
    let mut done = open.clone();
    done.act(&other, support("c-50", "p-1"));
    done.act(&other, report("c-50", of_comment("k-1")));
    done.act(&other, report("c-50", of_proposal("p-1")));
    no.command(&done, &other, support("c-50", "p-1"), Code::AlreadyDone, "proposal");
    no.command(&done, &other, report("c-50", of_comment("k-1")), Code::AlreadyDone, "content");
    no.command(&done, &other, report("c-50", of_proposal("p-1")), Code::AlreadyDone, "content");
    no.command(&open, &author, report("c-1", of_comment("k-1")), Code::OwnContent, "comment");
    no.command(&open, &author, report("c-1", of_proposal("p-1")), Code::OwnContent, "proposal");
    no.command(&open, &other, report("c-50", of_comment("k-9")), Code::NotFound, "comment");
    no.command(&open, &other, report("c-50", of_proposal("p-99")), Code::NotFound, "proposal");
    for (reason, code) in [(" ".to_owned(), Code::ReasonMissing), ("r".repeat(1_001), Code::TextTooLong)] {
        let report = participant::Command::Report { content: of_comment("k-1"), reason };
        no.command(&open, &other, Command::Participant(id("c-50"), report), code, "reason");
    }
    no.command(&Story::at(Phase::PreIdeation), &other, support("c-50", "p-1"), Code::TooEarly, None);
    for (phase, codes) in [(Phase::PreSubmit, Code::TooLate), (Phase::Vote, Code::TooLate)] {
        no.command(&Story::at(phase), &other, support("c-50", "p-1"), codes, None);
        no.command(&Story::at(phase), &other, support_no_more("c-50", "p-1"), codes, None);
    }
    let past = Story::configured(imported());
    no.command(&past, &other, support("c-50", "p-1"), Code::NotInImports, None);
    no.command(&Story::default(), &other, support("c-50", "p-1"), Code::CampaignNotConfigured, None);
    no
}
