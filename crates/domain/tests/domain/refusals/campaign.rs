//! Refusals of the calendar and the configuration.

use super::Refusals;
use crate::support::sample::*;
use crate::support::story::Story;
use domain::campaign::{self, Cause};
use domain::configuration::{Configuration, Provenance};
use domain::phase::Phase;
use domain::{Code, Event};
use transparency::Hash;

pub(super) fn opened(phase: Phase, cause: Cause, reason: Option<&str>) -> Event {
    Event::Campaign(campaign::Event::PhaseOpened { phase, cause, reason: reason.map(hidden) })
}

fn closed(phase: Phase, cause: Cause, reason: Option<&str>) -> Event {
    Event::Campaign(campaign::Event::PhaseClosed { phase, cause, reason: reason.map(hidden) })
}

pub(super) fn table() -> Refusals {
    let mut no = Refusals::default();
    let (nothing, agent) = (Story::default(), coordinator());
    let fresh = Story::configured(configuration());
    let ideation = Story::at(Phase::Ideation);
    let vote = Story::at(Phase::Vote);

    // configuration
    let other_code = || Configuration { code: "OTHER".into(), ..configuration() };
    no.command(&nothing, &agent, configure(other_code()), Code::ConfigurationInvalid, "code");
    no.command(&fresh, &agent, configure(other_code()), Code::ConfigurationInvalid, "code");
    no.command(&fresh, &agent, configure(imported()), Code::ConfigurationInvalid, "code");
    let no_area = Configuration { areas: vec![], ..configuration() };
    no.command(&nothing, &agent, configure(no_area), Code::ConfigurationInvalid, "areas");
    no.command(&vote, &agent, configure(configuration()), Code::RulesFrozen, None);
    let mut listed = Story::at(Phase::PreVote);
    listed.live(Phase::PreVote);
    no.command(&listed, &agent, configure(configuration()), Code::CataloguePublished, None);
    let native_again = Configuration { provenance: Provenance::Native, ..configuration() };
    no.command(&Story::configured(imported()), &agent, configure(native_again), Code::ConfigurationInvalid, "code");

    // roles
    for command in [configure(configuration()), open(Phase::Ideation), close(Phase::PreIdeation), publish(), draw("1")]
    {
        for actor in [citizen("c-1"), referent(), polling()] {
            no.command(&Story::at(Phase::PreIdeation), &actor, command.clone(), Code::RoleMissing, None);
        }
    }

    // calendar
    no.command(&nothing, &agent, open(Phase::Ideation), Code::CampaignNotConfigured, None);
    no.command(&nothing, &agent, close(Phase::Ideation), Code::CampaignNotConfigured, None);
    let mut short = configuration();
    short.calendar.retain(|period| period.phase != Phase::PreIdeation);
    no.command(&Story::configured(short), &agent, open(Phase::PreIdeation), Code::PhaseNotInCalendar, "phase");
    no.command(&ideation, &agent, open(Phase::PostIdeation), Code::PhaseOrder, "phase");
    let mut between = ideation.clone();
    between.act(&system(), close(Phase::Ideation));
    for back in [Phase::PreIdeation, Phase::Ideation] {
        no.command(&between, &agent, open(back), Code::PhaseOrder, "phase");
    }
    no.command(&between, &agent, close(Phase::Ideation), Code::PhaseNotOpen, None);
    no.command(&fresh, &agent, close(Phase::Ideation), Code::PhaseNotOpen, None);
    no.command(&between, &agent, open(Phase::Vote), Code::CatalogueMissing, "phase");
    no.command(&between, &agent, open(Phase::PostVote), Code::TooEarly, None);
    let mut counting = Story::at(Phase::PostVote);
    counting.act(&system(), close(Phase::PostVote));
    no.command(&counting, &agent, open(Phase::Result), Code::TooEarly, "phase");

    // reasons
    no.command(&ideation, &agent, close_because(Phase::Ideation, "  "), Code::ReasonMissing, "reason");
    for (cause, reason) in [(Cause::Agent, None), (Cause::Agent, Some("")), (Cause::Clock, Some("La pluie"))] {
        no.log(&ideation, &agent, (CODE, closed(Phase::Ideation, cause, reason)), Code::ReasonMissing, "reason");
        let says = (CODE, opened(Phase::PostIdeation, cause, reason));
        no.log(&between, &agent, says, Code::ReasonMissing, "reason");
    }

    // another stream that says it were the campaign
    let elsewhere = ("OTHER", closed(Phase::Vote, Cause::Clock, None));
    no.log(&vote, &system(), elsewhere, Code::NotFound, "campaign");

    // the freeze
    let frozen = || Event::Campaign(campaign::Event::RulesFrozen { rules: Hash::of(&[]), catalogue: Hash::of(&[]) });
    no.log(&vote, &system(), (CODE, frozen()), Code::RulesFrozen, None);
    no.log(&ideation, &system(), (CODE, frozen()), Code::RulesFrozen, None);
    let mut unfrozen = vote.clone();
    unfrozen.lines.pop();
    no.log(&unfrozen, &system(), (CODE, frozen()), Code::CatalogueMismatch, None);
    no.command(&unfrozen, &citizen("v-1"), cast("v-1", &[("ALL", paper(&[1]))]), Code::TooEarly, None);
    no
}
