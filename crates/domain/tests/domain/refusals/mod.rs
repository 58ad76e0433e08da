//! Every no that a decider can give, as one table per stream, and that the tables leave no code out.

mod ballot;
mod campaign;
mod catalogue;
pub(crate) mod city;
mod people;
mod project;
mod proposal;
mod result;
mod roles;
mod site;
mod urn;
mod workshop;

pub(crate) use result::{past_of, recorded};

use crate::support::given::given;
use crate::support::sample::{id, open};
use crate::support::story::Story;
use domain::phase::Phase;
use domain::{Actor, Code, Command, Event};
use std::collections::BTreeSet;

/// What is asked, or what a log says.
enum Ask {
    Command(Command),
    Says(&'static str, Event),
}

/// One no.
struct Refusal {
    story: Story,
    ask: Ask,
    actor: Actor,
    code: Code,
    field: Option<&'static str>,
}

/// The table of one stream's refusals while it is written.
#[derive(Default)]
struct Refusals(Vec<Refusal>);

impl Refusals {
    fn command(
        &mut self,
        story: &Story,
        actor: &Actor,
        command: Command,
        code: Code,
        field: impl Into<Option<&'static str>>,
    ) {
        self.add(story, actor, Ask::Command(command), code, field.into());
    }

    fn log(
        &mut self,
        story: &Story,
        actor: &Actor,
        says: (&'static str, Event),
        code: Code,
        field: impl Into<Option<&'static str>>,
    ) {
        self.add(story, actor, Ask::Says(says.0, says.1), code, field.into());
    }

    fn add(&mut self, story: &Story, actor: &Actor, ask: Ask, code: Code, field: Option<&'static str>) {
        self.0.push(Refusal { story: story.clone(), ask, actor: actor.clone(), code, field });
    }

    /// Asks each and compares the answer.
    fn hold(self) {
        assert!(!self.0.is_empty());
        for (row, refusal) in self.0.into_iter().enumerate() {
            let Refusal { story, ask, actor, code, field } = refusal;
            // Shown by the test's output when the row fails.
            eprintln!("row {row}: {} is {} {field:?}", said(&ask), code.as_str());
            let given = given(&story);
            let when = match ask {
                Ask::Command(command) => given.when(command, &actor),
                Ask::Says(id, event) => given.when_log_says(id, event, &actor),
            };
            when.then_rejected(code, field);
        }
    }
}

fn said(ask: &Ask) -> String {
    let text = match ask {
        Ask::Command(command) => format!("{command:?}"),
        Ask::Says(id, event) => format!("{id} {event:?}"),
    };
    text.chars().take(160).collect()
}

#[test]
fn campaigns_refuse() {
    campaign::table().hold();
}

#[test]
fn catalogues_refuse() {
    catalogue::table().hold();
}

#[test]
fn results_refuse() {
    result::table().hold();
}

#[test]
fn proposals_refuse() {
    proposal::table().hold();
}

#[test]
fn edits_are_refused() {
    people::edits().hold();
}

#[test]
fn authors_are_refused() {
    people::authors().hold();
}

#[test]
fn moderators_are_refused() {
    people::moderation().hold();
}

#[test]
fn merges_are_refused() {
    people::merging().hold();
}

#[test]
fn comments_are_refused() {
    people::comments().hold();
}

#[test]
fn participants_are_refused() {
    people::participants().hold();
}

#[test]
fn workshops_refuse() {
    workshop::announcements().hold();
}

#[test]
fn people_in_workshops_are_refused() {
    workshop::people().hold();
}

#[test]
fn projects_refuse() {
    project::table().hold();
}

#[test]
fn ballots_refuse() {
    ballot::table().hold();
}

#[test]
fn urns_refuse() {
    urn::table().hold();
}

#[test]
fn the_map_refuses() {
    city::the_map().hold();
}

#[test]
fn what_is_in_use_stays() {
    city::in_use().hold();
}

#[test]
fn projects_are_refused_proposals() {
    city::merging().hold();
}

#[test]
fn departments_are_refused() {
    city::instruction().hold();
}

#[test]
fn the_commission_is_refused() {
    city::commission().hold();
}

#[test]
fn exclusions_are_refused() {
    city::exclusions().hold();
}

#[test]
fn sites_refuse() {
    site::table().hold();
}

#[test]
fn roles_refuse() {
    roles::table().hold();
}

#[test]
fn every_code_is_given_by_some_rule() {
    let tables = [
        campaign::table(),
        catalogue::table(),
        result::table(),
        proposal::table(),
        people::edits(),
        people::authors(),
        people::moderation(),
        people::merging(),
        people::comments(),
        people::participants(),
        workshop::announcements(),
        workshop::people(),
        project::table(),
        ballot::table(),
        urn::table(),
        site::table(),
        roles::table(),
        city::the_map(),
        city::in_use(),
        city::merging(),
        city::instruction(),
        city::commission(),
        city::exclusions(),
    ];
    // No event names a polling place yet: `permissions.rs` asks for it there. The others are said of
    // what people keep for themselves or write to each other, which is no event (`api/src/graphql/mutations`).
    let letters = [Code::ContactNotWanted, Code::ContactForDepositors, Code::LettersToday];
    // And of the register, whose rows are no events either (`sealed.rs`).
    let register = [Code::NotOnRegister, Code::VotedOnPaper, Code::VotedOnline, Code::OtherDistrict, Code::MatchesOpen];
    let elsewhere = [Code::OtherPlace, Code::ConfirmationMissing].into_iter().chain(letters).chain(register);
    let given: BTreeSet<Code> =
        tables.iter().flat_map(|table| &table.0).map(|refusal| refusal.code).chain(elsewhere).collect();
    let missing: Vec<_> = Code::ALL.iter().filter(|code| !given.contains(code)).map(|code| code.as_str()).collect();
    assert!(missing.is_empty(), "no test is refused with {missing:?}");
}

#[test]
fn a_log_that_names_no_stream_is_refused() {
    let story = Story::at(Phase::Vote);
    let says = Event::Ballot(domain::ballot::Event::BallotCancelled { area: id("ALL") });
    given(&story)
        .when_log_says("not an id", says, &crate::support::sample::polling())
        .then_rejected(Code::NotFound, "id");
}

#[test]
fn a_refused_command_leaves_nothing_behind() {
    let mut story = Story::at(Phase::Ideation);
    let before = story.world.clone();
    let events = story.lines.len();
    story.try_act(&crate::support::sample::system(), open(Phase::Vote)).unwrap_err();
    assert_eq!((story.world.campaign, story.lines.len()), (before.campaign, events));
}
