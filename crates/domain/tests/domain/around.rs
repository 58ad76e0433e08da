//! What stands around the rule, from the configuration to the result: leftovers, what the ballot list
//! tells for it, and configurations that leave it nothing to bear on.

use crate::support::given::given;
use crate::support::lively::{draw_outline, square};
use crate::support::sample::*;
use crate::support::story::Story;
use domain::campaign::{AreaResult, Event as CampaignEvent};
use domain::configuration::{AreaKind, Configuration};
use domain::count::{self, AreaCount};
use domain::geography::Place;
use domain::leftovers::Flow;
use domain::phase::Phase;
use domain::project::Formation;
use domain::{Code, Command, Event};
use tally::{Around, Floor, GroupLimits, Leftovers, Reason};

fn around(around: Around) -> Configuration {
    let mut configuration = configuration();
    configuration.rules.tally.around = around;
    configuration
}

/// The sample campaign under another configuration, up to a phase; `prepared` before the list is drawn up.
fn lived(configuration: Configuration, until: Phase, prepared: impl Fn(&mut Story)) -> Story {
    let mut story = Story::configured(configuration);
    for earlier in Phase::ALL.into_iter().take_while(|earlier| *earlier < until) {
        story.act(&system(), open(earlier));
        if earlier == Phase::PreVote {
            prepared(&mut story);
        }
        story.live(earlier);
        story.act(&system(), close(earlier));
    }
    story
}

fn counted(configuration: Configuration, prepared: impl Fn(&mut Story)) -> (Vec<AreaCount>, Vec<AreaResult>) {
    let story = lived(configuration, Phase::Result, prepared);
    let counts = count::areas(&(&story.world).into(), None).unwrap();
    let proclaimed = story.lines.iter().find_map(|line| match &line.event {
        Event::Campaign(CampaignEvent::ResultProclaimed { areas, .. }) => Some(areas.clone()),
        _ => None,
    });
    (counts, proclaimed.unwrap())
}

fn winners(area: &AreaResult) -> Vec<&str> {
    area.winners.iter().map(|project| project.as_str()).collect()
}

/// D1 (50,000) elects one of two projects for 30,000, D2 (30,000) one for 20,000: 30,000 are left.
#[test]
fn what_districts_leave_goes_to_the_city() {
    let mut nowhere = around(Around::default());
    nowhere.areas[0].envelope_cents = euros(120_000);
    let mut to_city = around(Around { leftovers: Leftovers::City, ..Around::default() });
    to_city.areas[0].envelope_cents = euros(120_000);
    let (_, areas) = counted(nowhere, |_| {});
    assert!(areas.iter().all(|area| area.received.is_empty()));
    assert!(!winners(&areas[0]).contains(&"q-2"));

    let (counts, areas) = counted(to_city, |_| {});
    let flow = |from, units| Flow { from: id(from), cents: euros(units) };
    assert_eq!(areas[0].received, [flow("D1", 20_000), flow("D2", 10_000)]);
    assert!(areas[1..].iter().all(|area| area.received.is_empty()));
    assert_eq!(counts[0].outcome.budget, euros(150_000));
    assert_eq!(areas[0].spent_cents, euros(150_000));
    assert!(winners(&areas[0]).contains(&"q-2"));
}

#[test]
fn what_districts_leave_goes_to_the_highest_turnout() {
    let turnout = || around(Around { leftovers: Leftovers::HighestTurnout, ..Around::default() });
    // Two ballots each among as many inhabitants: the first configured, with room for its other project.
    let (counts, areas) = counted(turnout(), |_| {});
    assert_eq!(areas[1].received, [Flow { from: id("D2"), cents: euros(10_000) }]);
    assert_eq!(areas[1].spent_cents, euros(60_000));
    assert!(counts[1].outcome.projects.iter().all(|project| project.reason == Reason::Elected));
    assert!(areas[0].received.is_empty() && areas[2].received.is_empty());

    let frozen = |configuration: Configuration| {
        let story = lived(configuration, Phase::PostVote, |_| {});
        let rules = story.lines.iter().find_map(|line| match &line.event {
            Event::Campaign(CampaignEvent::RulesFrozen { rules, .. }) => Some(*rules),
            _ => None,
        });
        rules.unwrap()
    };
    let mut smaller = turnout();
    smaller.areas[2].population = Some(19_999);
    // Who receives depends on the inhabitants, so their numbers are frozen too.
    assert_ne!(frozen(turnout()), frozen(smaller.clone()));
    let (_, areas) = counted(smaller, |_| {});
    assert_eq!(areas[2].received, [Flow { from: id("D1"), cents: euros(20_000) }]);
    assert!(areas[1].received.is_empty());
}

#[test]
fn the_ballot_list_tells_what_the_rule_asks_for() {
    let told = |around: Around| {
        let mut configuration = imported();
        configuration.rules.tally.around = around;
        let mut story = Story::configured(configuration);
        story.act(&coordinator(), draw_outline(Place::Area(id("D2")), square(50_000)));
        let point = deposit_of("c-1").point;
        let here = |reference, area| Formation { point, ..formation(reference, area, &[]) };
        story.act(&system(), form_as("q-1", here("1", "ALL")));
        story.act(&system(), form_as("q-2", here("2", "D2")));
        story.act(&system(), form("q-3", "ALL", &[]));
        for project in ["q-1", "q-2", "q-3"] {
            story.act(&system(), admit_for(project, 10, false));
        }
        story.act(&system(), publish());
        let entries = story.world.campaign.catalogue.values().flatten();
        let told = entries.map(|entry| (entry.project.to_string(), entry.priority, entry.district.clone()));
        told.collect::<Vec<_>>()
    };
    let floor = Around { earmark: Some(Floor::BasisPoints(1_000)), ..Around::default() };
    let limits =
        Around { groups: Some(GroupLimits { at_most: Some(1), ..GroupLimits::default() }), ..Around::default() };
    let row = |project: &str, priority, district: Option<&str>| (project.to_owned(), priority, district.map(id));
    assert_eq!(told(Around::default()), [row("q-1", false, None), row("q-3", false, None), row("q-2", false, None)]);
    assert_eq!(told(floor), [row("q-1", true, None), row("q-3", true, None), row("q-2", true, None)]);
    // Only on the list of the city, and only where the place is known to lie in a district.
    assert_eq!(told(limits), [row("q-1", false, Some("D2")), row("q-3", false, None), row("q-2", false, None)]);
}

#[test]
fn of_projects_that_exclude_each_other_one_is_elected() {
    let exclude = |story: &mut Story| {
        let (projects, reason) = (["q-1", "q-3"].map(id).into(), "La même place".into());
        let declare = domain::campaign::Command::DeclareExclusion { projects, reason };
        story.act(&coordinator(), Command::Campaign(declare));
    };
    let (counts, _) = counted(configuration(), exclude);
    let city = &counts[0].outcome.projects;
    let reasons = [city[0].reason, city[2].reason];
    assert!(
        reasons == [Reason::Elected, Reason::ExcludedByWinner]
            || reasons == [Reason::ExcludedByWinner, Reason::Elected],
        "{reasons:?}"
    );
}

#[test]
fn a_configuration_gives_what_stands_around_its_rule_something_to_bear_on() {
    let refused = |configuration: Configuration| {
        given(&Story::default())
            .when(configure(configuration), &coordinator())
            .then_rejected(Code::ConfigurationInvalid, "rule");
    };
    let limits =
        || Around { groups: Some(GroupLimits { at_most: Some(1), ..GroupLimits::default() }), ..Around::default() };
    let without = |around_it, kind| {
        let mut configuration = around(around_it);
        configuration.areas.retain(|area| area.kind != kind);
        configuration
    };
    refused(around(Around { winners: Some(0), ..Around::default() }));
    refused(around(Around { winners_in: [("D9".to_owned(), 1)].into(), ..Around::default() }));
    refused(around(Around { winners_in: [("D1".to_owned(), 0)].into(), ..Around::default() }));
    // Whatever they cost: then every area needs a number.
    let some = [("D1".to_owned(), 1)].into();
    refused(around(Around { winners_in: some, any_cost: true, ..Around::default() }));
    refused(without(limits(), AreaKind::WholeCity));
    refused(without(limits(), AreaKind::District));
    for leftovers in [Leftovers::City, Leftovers::HighestTurnout] {
        refused(without(Around { leftovers, ..Around::default() }, AreaKind::District));
    }
    refused(without(Around { leftovers: Leftovers::City, ..Around::default() }, AreaKind::WholeCity));
    let mut unknown = around(Around { leftovers: Leftovers::HighestTurnout, ..Around::default() });
    unknown.areas[2].population = None;
    refused(unknown);
    given(&Story::default()).when(configure(around(limits())), &coordinator()).then_types(&["CampaignConfigured"]);
}

#[test]
fn an_area_has_its_own_number_of_winners() {
    let (all, _) = counted(around(Around::default()), |_| {});
    assert!(all[0].outcome.winners.len() > 1, "{:?}", all[0].outcome.winners);
    let own = Around { winners: Some(5), winners_in: [("ALL".to_owned(), 1)].into(), ..Around::default() };
    let (counts, areas) = counted(around(own), |_| {});
    assert_eq!(areas[0].winners.len(), 1);
    assert_eq!((counts[0].outcome.rule.around.winners, counts[1].outcome.rule.around.winners), (Some(1), Some(5)));
    let reasons: Vec<Reason> = counts[0].outcome.projects.iter().map(|decision| decision.reason).collect();
    assert!(reasons.contains(&Reason::EnoughWinners), "{reasons:?}");
    // The others as before.
    assert_eq!(counts[1].outcome.winners, all[1].outcome.winners);
}

#[test]
fn an_audit_is_of_one_to_a_hundred_places() {
    let configured = |places| {
        let mut configuration = configuration();
        configuration.rules.audited_places = Some(places);
        configuration
    };
    for places in [0, 101] {
        given(&Story::default())
            .when(configure(configured(places)), &coordinator())
            .then_rejected(Code::ConfigurationInvalid, "rules");
    }
    given(&Story::default()).when(configure(configured(100)), &coordinator()).then_types(&["CampaignConfigured"]);
}
