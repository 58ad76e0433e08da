//! Refusals of those who take part: co-authors, comments, supports and reports.

use super::Refusals;
use crate::support::sample::*;
use crate::support::story::Story;
use domain::comment::{self, Subject};
use domain::participant::{self, Content};
use domain::phase::Phase;
use domain::proposal;
use domain::{Code, Command};
use transparency::Hash;

fn of(proposal: &str, command: proposal::Command) -> Command {
    Command::Proposal(id(proposal), command)
}

fn post(comment: &str, on: &str, text: &str) -> Command {
    let (on, author_name) = (Subject::Proposal(id(on)), "Camille".into());
    let post = comment::Command::Post { on, answers: None, official: false, author_name, text: text.into() };
    Command::Comment(id(comment), post)
}

fn support(who: &str, proposal: &str) -> Command {
    Command::Participant(id(who), participant::Command::Support { proposal: id(proposal) })
}

fn report(who: &str, comment: &str) -> Command {
    let content = Content::Comment(id(comment));
    Command::Participant(id(who), participant::Command::Report { content, reason: "Injures".into() })
}

pub(super) fn table() -> Refusals {
    let mut no = Refusals::default();
    let (author, other, agent) = (citizen("c-1"), citizen("c-50"), coordinator());
    let mut open = Story::at(Phase::Ideation);
    open.live(Phase::Ideation);

    // edit
    let edit = |version| of("p-1", proposal::Command::Edit { version, deposit: Box::new(deposit_of("c-1")) });
    no.command(&open, &author, edit(2), Code::EditConflict, "version");
    no.command(&open, &author, edit(0), Code::EditConflict, "version");

    // co-authors
    let invitation = Hash::of(&[b"invitation"]);
    no.command(&open, &other, of("p-1", proposal::Command::Invite { invitation }), Code::NotTheAuthor, None);
    let join = || of("p-1", proposal::Command::Join { invitation, name: "Dominique".into() });
    no.command(&open, &other, join(), Code::InvitationUnknown, "invitation");
    no.command(&open, &author, join(), Code::AlreadyAuthor, None);
    no.command(&open, &author, of("p-1", proposal::Command::Leave), Code::NotTheAuthor, "author");

    // moderation
    no.command(&open, &agent, of("p-1", proposal::Command::Approve), Code::NotAwaitingApproval, "proposal");
    let restore = proposal::Command::Restore { reason: "Vérifié".into() };
    no.command(&open, &agent, of("p-1", restore), Code::NotDone, "proposal");
    let remove = proposal::Command::Remove { reason: " ".into() };
    no.command(&open, &agent, of("p-1", remove), Code::ReasonMissing, "reason");

    // comments
    no.command(&open, &other, post("k-1", "p-99", "Oui"), Code::NotFound, "proposal");
    no.command(&open, &other, post("k-1", "p-8", "Oui"), Code::ProposalWithdrawn, "proposal");
    no.command(&open, &other, post("k-1", "p-1", " "), Code::TextTooShort, "text");
    no.command(&open, &other, post("k-1", "p-1", &"é".repeat(2_001)), Code::TextTooLong, "text");
    no.command(&open, &other, Command::Comment(id("k-9"), comment::Command::Withdraw), Code::NotFound, "comment");

    // supports and reports
    no.command(&open, &author, support("c-1", "p-1"), Code::OwnContent, "proposal");
    no.command(&open, &author, support("c-50", "p-1"), Code::NotTheAuthor, "participant");
    no.command(&open, &other, support("c-50", "p-99"), Code::NotFound, "proposal");
    no.command(&open, &other, report("c-50", "k-9"), Code::NotFound, "comment");
    let withdraw = participant::Command::WithdrawSupport { proposal: id("p-1") };
    no.command(&open, &other, Command::Participant(id("c-50"), withdraw), Code::NotDone, "proposal");
    no
}
