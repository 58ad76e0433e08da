//! What the council decides after the count: every yes, every no, and that the count stays as it was.

use crate::support::given::given;
use crate::support::kept::*;
use crate::support::sample::*;
use crate::support::story::Story;
use domain::campaign::Event as CampaignEvent;
use domain::council::{CouncilDecision, Ruling};
use domain::phase::Phase;
use domain::{Code, Command, Event, Hidden};

fn enter(decided: CouncilDecision) -> Command {
    Command::Campaign(domain::campaign::Command::EnterCouncilDecision(decided))
}

fn entered(decided: CouncilDecision) -> Event {
    Event::Campaign(CampaignEvent::CouncilDecided { decided })
}

#[test]
fn a_winner_is_removed_and_another_project_added_beside_the_count() {
    let mut story = Story::at(Phase::Result);
    let winners = story.world.campaign.winners.clone().unwrap();
    let (won, lost) = (id("q-1"), id("q-2"));
    assert!(winners.contains(&won) && !winners.contains(&lost));

    let removal = ruled("q-1", Ruling::Removed);
    given(&story).when(removal.clone(), &returning()).then(&[entered(decided("q-1", Ruling::Removed))]);
    story.act(&returning(), removal);
    story.act(&coordinator(), ruled("q-2", Ruling::Added));
    let campaign = &story.world.campaign;
    assert_eq!(campaign.winners.as_ref(), Some(&winners));
    assert_eq!((campaign.is_carried_out(&won), campaign.is_carried_out(&lost)), (Some(false), Some(true)));

    // Sites follow what is carried out.
    given(&story)
        .when(open_site("s-1", "q-1", "ALL"), &coordinator())
        .then_rejected(Code::ProjectNotElected, "project");
    given(&story).when(open_site("s-1", "q-2", "ALL"), &coordinator()).then_types(&["SiteOpened"]);

    // A later session may think otherwise.
    story.act(&returning(), ruled("q-1", Ruling::Added));
    assert_eq!(story.world.campaign.is_carried_out(&won), Some(true));
}

#[test]
fn what_the_council_cannot_decide_is_refused() {
    let before = Story::at(Phase::PreResult);
    given(&before).when(ruled("q-1", Ruling::Removed), &returning()).then_rejected(Code::TooEarly, None);
    let story = Story::at(Phase::Result);
    let asked = |decided: CouncilDecision| given(&story).when(enter(decided), &returning());
    let removed = || decided("q-1", Ruling::Removed);
    asked(decided("q-7", Ruling::Added)).then_rejected(Code::ProjectNotOnBallot, "project");
    asked(decided("q-1", Ruling::Added)).then_rejected(Code::AlreadyDone, "project");
    asked(decided("q-2", Ruling::Removed)).then_rejected(Code::ProjectNotElected, "project");
    asked(CouncilDecision { reason: hidden(" "), ..removed() }).then_rejected(Code::ReasonMissing, "reason");
    let long = hidden(&"x".repeat(2_001));
    asked(CouncilDecision { reason: long, ..removed() }).then_rejected(Code::TextTooLong, "reason");
    let tomorrow = "2026-01-02".parse().unwrap();
    asked(CouncilDecision { session: tomorrow, ..removed() }).then_rejected(Code::OutOfRange, "session");
    given(&story).when(ruled("q-1", Ruling::Removed), &citizen("c-1")).then_rejected(Code::RoleMissing, None);
    // A log from which the reason was taken stays lawful.
    let redacted = entered(CouncilDecision { reason: Hidden::Redacted, ..removed() });
    given(&story).when_log_says(CODE, redacted.clone(), &returning()).then(&[redacted]);
}

#[test]
fn it_takes_two_agents() {
    let mut story = Story::kept_at(Phase::Result);
    let removal = decided("q-1", Ruling::Removed);
    given(&story)
        .when_log_says(CODE, entered(removal.clone()), &returning())
        .then_rejected(Code::SecondAgentNeeded, None);
    story.act(&returning(), enter(removal.clone()));
    assert_eq!(story.world.campaign.is_carried_out(&id("q-1")), Some(true));
    let number = story.world.campaign.acts.pending(story.now()).next().unwrap().0;
    given(&story).when(confirm(number), &returning()).then_rejected(Code::SameAgent, "number");
    given(&story)
        .when(confirm(number), &second_returning())
        .then(&[Event::Campaign(CampaignEvent::ActConfirmed { number }), entered(removal)]);
}
