//! Every yes of those who take part: what each command writes, and what follows from it.

use crate::support::given::given;
use crate::support::kept::moderator;
use crate::support::lively::{about, end};
use crate::support::people::*;
use crate::support::sample::*;
use crate::support::story::Story;
use domain::comment::{self, Subject};
use domain::participant::{self, Content};
use domain::phase::Phase;
use domain::project::{self, Ending};
use domain::proposal::{self, Deposit, Link, MergeKind};
use domain::workshop::{self, Alternative, Mode, Standing};
use domain::{Code, Event};

fn said(event: proposal::Event) -> [Event; 1] {
    [Event::Proposal(event)]
}

fn deposited() -> Story {
    let mut open = Story::at(Phase::Ideation);
    open.live(Phase::Ideation);
    open
}

#[test]
fn where_moderators_look_first_a_deposit_waits_for_them() {
    let (author, agent) = (citizen("c-1"), moderator());
    let mut story = Story::careful_at(Phase::Ideation);
    // The neighbourhood is looked up, whatever the form says.
    let deposit = Box::new(Deposit { neighbourhood: Some(id("N1")), ..deposit_of("c-1") });
    let waiting = proposal::Event::ProposalDeposited { deposit: deposit.clone(), awaits_approval: true };
    let ask = crate::support::sample::deposit("p-1", "c-1");
    given(&story).when(ask.clone(), &author).then(&said(waiting));
    let at_once = proposal::Event::ProposalDeposited { deposit, awaits_approval: false };
    given(&story).when(ask.clone(), &coordinator()).then(&said(at_once));
    story.act(&author, ask);
    assert!(!story.world.proposals[&id("p-1")].is_public());
    given(&story).when(approve("p-1"), &agent).then(&said(proposal::Event::ProposalApproved {}));
    story.act(&agent, approve("p-1"));
    assert!(story.world.proposals[&id("p-1")].is_public());
    // What is changed waits again, and an agent's correction lets nothing through.
    story.act(&author, edit("p-1", "c-1", 1, |new| new.title = hidden("Un banc")));
    story.act(&coordinator(), edit("p-1", "c-1", 2, |new| new.title = hidden("Un banc vert")));
    assert!(!story.world.proposals[&id("p-1")].is_public());
}

#[test]
fn a_deposit_is_edited_and_the_second_of_two_gets_to_know_what_the_first_changed() {
    let (author, helper, agent) = (citizen("c-1"), citizen("c-50"), coordinator());
    let mut story = deposited();
    let change = |new: &mut Deposit| {
        new.title = hidden("Un banc");
        new.estimate_cents = None;
    };
    // Reference and author stay, whatever the form says.
    let ask = |author: &str| edit("p-1", author, 1, change);
    let mut deposit = Box::new(deposit_of("c-1"));
    change(&mut deposit);
    let edited = proposal::Event::ProposalEdited { version: 2, deposit, awaits_approval: false };
    given(&story).when(ask("c-1"), &author).then(&said(edited.clone()));
    given(&story).when(ask("c-50"), &agent).then(&said(edited));
    story.act(&author, invite("p-1", "one"));
    story.act(&helper, join("p-1", "one"));
    story.act(&author, ask("c-1"));
    let second = |version| edit("p-1", "c-1", version, |new| new.description = hidden("De l’eau et de l’ombre."));
    let no = story.try_act(&helper, second(1)).unwrap_err();
    assert_eq!((no.code, no.limit.as_deref()), (Code::EditConflict, Some("estimate_cents, title")));
    let never = story.try_act(&helper, second(3)).unwrap_err();
    assert_eq!((never.code, never.limit.as_deref()), (Code::EditConflict, Some("version 2")));
    story.act(&helper, second(2));
    assert_eq!(story.world.proposals[&id("p-1")].version(), 3);
    // A coordinator corrects until the end of CO_CONSTRUCTION.
    story.turn(Phase::PostIdeation);
    story.turn(Phase::CoConstruction);
    let last = edit("p-1", "c-1", 3, |new| new.point = None);
    given(&story).when(last.clone(), &author).then_rejected(Code::PhaseNotOpen, None);
    given(&story).when(last, &agent).then_types(&["ProposalEdited"]);
}

#[test]
fn an_author_invites_others_who_join_and_leave() {
    let (author, helper, third) = (citizen("c-1"), citizen("c-50"), citizen("c-51"));
    let mut story = deposited();
    let invited = proposal::Event::CoAuthorInvited { invitation: secret("one") };
    given(&story).when(invite("p-1", "one"), &author).then(&said(invited));
    story.act(&author, invite("p-1", "one"));
    let (name, invitation) = (hidden("Dominique"), secret("one"));
    let joined = proposal::Event::CoAuthorJoined { author: "c-50".into(), name, invitation };
    given(&story).when(join("p-1", "one"), &helper).then(&said(joined));
    story.act(&helper, join("p-1", "one"));
    // Whoever joined may invite, and leave at any time.
    story.act(&helper, invite("p-1", "two"));
    story.act(&third, join("p-1", "two"));
    assert!(story.world.proposals[&id("p-1")].is_by("c-51"));
    let left = proposal::Event::CoAuthorLeft { author: "c-51".into() };
    given(&story).when(leave("p-1"), &third).then(&said(left));
    story.turn(Phase::PostIdeation);
    story.act(&helper, leave("p-1"));
    assert!(!story.world.proposals[&id("p-1")].is_by("c-50"));
}

#[test]
fn a_proposal_is_removed_with_a_reason_and_restored() {
    let mut story = deposited();
    let removed = proposal::Event::ProposalRemoved { reason: hidden("Publicité") };
    given(&story).when(remove("p-1"), &moderator()).then(&said(removed));
    // What was taken back may still have to go.
    given(&story).when(remove("p-8"), &coordinator()).then_types(&["ProposalRemoved"]);
    story.act(&moderator(), remove("p-1"));
    let restored = proposal::Event::ProposalRestored { reason: hidden("Vérifié") };
    given(&story).when(restore("p-1"), &moderator()).then(&said(restored));
    given(&story).when(withdraw("p-1"), &citizen("c-1")).then_types(&["ProposalWithdrawn"]);
    let silent = of("p-1", proposal::Command::Withdraw { reason: None });
    let withdrawn = proposal::Event::ProposalWithdrawn { reason: None };
    given(&story).when(silent, &citizen("c-1")).then(&said(withdrawn));
}

#[test]
fn a_proposal_is_merged_in_shares_and_taken_out_again() {
    let agent = coordinator();
    let mut story = Story::at(Phase::PostIdeation);
    story.act(&agent, announce("w-1", Mode::InPerson, &["p-9"]));
    for project in ["q-1", "q-2", "q-3"] {
        story.act(&agent, form(project, "D1", &["p-9", "p-1"]));
    }
    let part = |project: &str, share, workshop: Option<&str>| {
        let (reason, workshop) = (Some("Même rue".into()), workshop.map(id));
        Link { share_percent: Some(share), reason, workshop, ..Link::plain(id(project), MergeKind::Grouping) }
    };
    let merged = proposal::Event::ProposalMerged {
        project: id("q-1"),
        kind: MergeKind::Grouping,
        share_percent: Some(60),
        reason: Some(hidden("Même rue")),
        workshop: Some(id("w-1")),
    };
    given(&story).when(link("p-9", part("q-1", 60, Some("w-1"))), &agent).then(&said(merged));
    story.act(&agent, link("p-9", part("q-1", 60, Some("w-1"))));
    // To the last percent, and in one more of which nobody says how much.
    story.act(&agent, link("p-9", part("q-2", 40, None)));
    story.act(&agent, merge("p-9", "q-3"));
    assert_eq!(story.world.proposals[&id("p-9")].projects.len(), 3);

    let reason = String::from("Ailleurs");
    let out = |project: &str| about(project, project::Command::TakeOut { proposal: id("p-9"), reason: reason.clone() });
    story.act(&agent, out("q-1"));
    let undone = proposal::Event::MergeUndone { project: id("q-1"), reason: hidden("Un autre lieu") };
    given(&story).when(unmerge("p-9", "q-1"), &agent).then(&said(undone));
    story.act(&agent, unmerge("p-9", "q-1"));
    // A project that ended names nothing any more, and a share that was given back is free.
    story.act(&agent, end("q-2", Ending::Undone));
    story.act(&agent, unmerge("p-9", "q-2"));
    assert!(story.world.proposals[&id("p-9")].shares.is_empty());
    story.act(&agent, about("q-1", project::Command::AddProposal(id("p-9"))));
    given(&story).when(link("p-9", part("q-1", 100, None)), &agent).then_types(&["ProposalMerged"]);
}

#[test]
fn a_comment_is_posted_answered_pinned_moderated() {
    let (author, other, agent) = (citizen("c-1"), citizen("c-50"), moderator());
    let mut story = deposited();
    let posted = |official, answers: Option<&str>, author: &str, text: &str| {
        [Event::Comment(comment::Event::CommentPosted {
            on: Subject::Proposal(id("p-1")),
            answers: answers.map(id),
            official,
            author: author.into(),
            author_name: hidden("Camille"),
            text: hidden(text),
            awaits_approval: false,
        })]
    };
    given(&story).when(post("k-1", "p-1"), &other).then(&posted(false, None, "c-50", "Près de l’école ?"));
    story.act(&other, post("k-1", "p-1"));
    let reply = answer("k-2", "p-1", Some("k-1"));
    given(&story).when(reply.clone(), &agent).then(&posted(true, Some("k-1"), "agent-7", "La ville y pense."));
    story.act(&agent, reply);
    let subject = Subject::Proposal(id("p-1"));
    given(&story).when(write("k-3", subject, Some("k-1"), false, "Oui"), &author).then_types(&["CommentPosted"]);
    let pinned = [Event::Comment(comment::Event::CommentPinned {})];
    given(&story).when(on("k-2", comment::Command::Pin), &agent).then(&pinned);
    story.act(&agent, on("k-2", comment::Command::Pin));
    let unpinned = [Event::Comment(comment::Event::CommentUnpinned {})];
    given(&story).when(on("k-2", comment::Command::Unpin), &coordinator()).then(&unpinned);
    let remove = comment::Command::Remove { reason: "Injures".into() };
    let removed = [Event::Comment(comment::Event::CommentRemoved { reason: hidden("Injures") })];
    given(&story).when(on("k-1", remove.clone()), &agent).then(&removed);
    story.act(&agent, on("k-1", remove));
    let restore = comment::Command::Restore { reason: "Citation".into() };
    let restored = [Event::Comment(comment::Event::CommentRestored { reason: hidden("Citation") })];
    given(&story).when(on("k-1", restore), &agent).then(&restored);
    let withdrawn = [Event::Comment(comment::Event::CommentWithdrawn {})];
    given(&story).when(on("k-1", comment::Command::Withdraw), &other).then(&withdrawn);

    let mut careful = Story::careful_at(Phase::Ideation);
    careful.act(&coordinator(), deposit("p-1", "c-1"));
    careful.act(&other, post("k-1", "p-1"));
    assert!(careful.world.comments[&id("k-1")].awaits_approval);
    let approved = [Event::Comment(comment::Event::CommentApproved {})];
    given(&careful).when(on("k-1", comment::Command::Approve), &agent).then(&approved);
}

#[test]
fn people_support_and_report() {
    let other = citizen("c-50");
    let mut story = deposited();
    story.act(&citizen("c-1"), post("k-1", "p-1"));
    let supported = [Event::Participant(participant::Event::ProposalSupported { proposal: id("p-1") })];
    given(&story).when(support("c-50", "p-1"), &other).then(&supported);
    story.act(&other, support("c-50", "p-1"));
    let left = [Event::Participant(participant::Event::SupportWithdrawn { proposal: id("p-1") })];
    given(&story).when(support_no_more("c-50", "p-1"), &other).then(&left);
    story.act(&other, support_no_more("c-50", "p-1"));
    given(&story).when(support("c-50", "p-1"), &other).then(&supported);
    for content in [Content::Proposal(id("p-1")), Content::Comment(id("k-1"))] {
        let reported = participant::Event::ContentReported { content: content.clone(), reason: hidden("Injures") };
        given(&story).when(report("c-50", content), &other).then(&[Event::Participant(reported)]);
    }
}

#[test]
fn a_workshop_is_announced_changed_cancelled() {
    let agent = coordinator();
    let mut story = Story::at(Phase::PostIdeation);
    let held = |event| [Event::Workshop(event)];
    for mode in [Mode::InPerson, Mode::Online, Mode::Hybrid] {
        let announced = workshop::Event::WorkshopAnnounced { announcement: Box::new(announcement(mode, &["p-1"])) };
        given(&story).when(announce("w-1", mode, &["p-1"]), &agent).then(&held(announced));
    }
    story.act(&agent, announce("w-1", Mode::Online, &["p-1"]));
    let mut later = Box::new(announcement(Mode::Online, &["p-1"]));
    later.capacity = 9;
    let changed = workshop::Event::WorkshopChanged { version: 2, announcement: later };
    let ask = |version| change("w-1", Mode::Online, &["p-1"], version, |new| new.capacity = 9);
    given(&story).when(ask(1), &agent).then(&held(changed));
    story.act(&agent, ask(1));
    let no = story.try_act(&agent, change("w-1", Mode::Online, &["p-1"], 1, |_| {})).unwrap_err();
    assert_eq!((no.code, no.limit.as_deref()), (Code::EditConflict, Some("capacity")));
    let cancelled = workshop::Event::WorkshopCancelled { reason: hidden("Pluie") };
    let ask = at("w-1", workshop::Command::Cancel { reason: "Pluie".into() });
    given(&story).when(ask, &agent).then(&held(cancelled));
}

#[test]
fn people_register_are_counted_and_choose() {
    let (agent, author, third, guest) = (coordinator(), citizen("c-1"), citizen("c-3"), citizen("c-52"));
    let mut story = Story::at(Phase::PostIdeation);
    let held = |event| [Event::Workshop(event)];
    story.act(&agent, announce("w-1", Mode::Hybrid, &["p-1", "p-2"]));
    let invited = workshop::Event::ParticipantInvited { invitation: secret("one") };
    let ask = at("w-1", workshop::Command::Invite { invitation: secret("one") });
    given(&story).when(ask.clone(), &agent).then(&held(invited));
    story.act(&agent, ask);
    let registered = |who: &str, standing, invitation| {
        held(workshop::Event::ParticipantRegistered { participant: who.into(), standing, invitation })
    };
    let (depositor, follower, guests) = (Standing::Depositor, Standing::Follower, Standing::Invited);
    given(&story).when(register("w-1", depositor), &author).then(&registered("c-1", depositor, None));
    given(&story).when(register("w-1", follower), &third).then(&registered("c-3", follower, None));
    let by_invitation = registered("c-52", guests, Some(secret("one")));
    given(&story).when(register_with("w-1", "one"), &guest).then(&by_invitation);
    story.act(&author, register("w-1", depositor));
    story.act(&third, register("w-1", follower));
    let left = workshop::Event::RegistrationCancelled { participant: "c-3".into() };
    let leave = at("w-1", workshop::Command::CancelRegistration);
    given(&story).when(leave.clone(), &third).then(&held(left));
    // A place that is given back is free.
    story.act(&guest, register_with("w-1", "one"));
    given(&story).when(register("w-1", follower), &citizen("c-4")).then_rejected(Code::WorkshopFull, None);
    story.act(&third, leave);
    given(&story).when(register("w-1", follower), &citizen("c-4")).then_types(&["ParticipantRegistered"]);

    story.clock = Some(hour("04-10T18:00"));
    let present = vec!["c-1".to_owned(), "c-52".to_owned()];
    let counted = workshop::Event::AttendanceRecorded { present, others: 4 };
    given(&story).when(attendance("w-1", &["c-1", "c-52"]), &agent).then(&held(counted));
    story.act(&agent, attendance("w-1", &["c-1", "c-52"]));
    given(&story).when(attendance("w-1", &["c-1"]), &agent).then_types(&["AttendanceRecorded"]);
    let say = |to| write("k-1", Subject::Workshop(id("w-1")), to, false, "Un banc ?");
    given(&story).when(say(None), &author).then_types(&["CommentPosted"]);
    story.act(&author, say(None));
    let reply = write("k-2", Subject::Workshop(id("w-1")), Some("k-1"), true, "Oui");
    given(&story).when(reply, &agent).then_types(&["CommentPosted"]);

    let both = ["Un", "Deux"].map(|title| Alternative { title: hidden(title), text: hidden("Une fontaine.") });
    let proposed = workshop::Event::AlternativesProposed { alternatives: both.into() };
    given(&story).when(alternatives("w-1", &["Un", "Deux"]), &agent).then(&held(proposed));
    story.act(&agent, alternatives("w-1", &["Un", "Deux"]));
    story.clock = Some(hour("04-14T00:00"));
    let chose = |alternative| held(workshop::Event::AlternativeChosen { participant: "c-1".into(), alternative });
    given(&story).when(choose("w-1", 2), &author).then(&chose(2));
    story.act(&author, choose("w-1", 2));
    given(&story).when(choose("w-1", 1), &author).then(&chose(1));
    story.clock = Some(hour("04-20T00:00"));
    let concluded = workshop::Event::FinalTextPublished { text: hidden("Une fontaine devant l’école.") };
    given(&story).when(final_text("w-1"), &agent).then(&held(concluded));
    let (said, result) = (hidden("Trois fontaines, une place."), hidden("Une fontaine."));
    let minuted = held(workshop::Event::MinutesPublished { minutes: said, conclusions: result });
    given(&story).when(minutes("w-1"), &agent).then(&minuted);
    // Minutes may follow until the end of PRE_SUBMIT, and correct earlier ones.
    story.act(&agent, minutes("w-1"));
    story.turn(Phase::CoConstruction);
    story.turn(Phase::PreSubmit);
    given(&story).when(minutes("w-1"), &agent).then(&minuted);
}
