//! What a city can't configure: named by field, so that a form can show it.

use crate::support::given::given;
use crate::support::sample::*;
use crate::support::story::Story;
use domain::configuration::{AreaKind, Configuration, DepositorRule, Named};
use domain::phase::{Period, Phase};
use domain::proposal::DepositorKind;
use domain::{Cents, Code};
use tally::BallotType;

type Change = fn(&mut Configuration);

const WRONG: [(&str, Change); 41] = [
    ("code", |c| c.code.clear()),
    ("code", |c| c.code = "Été".into()),
    ("code", |c| c.code = "x".repeat(65)),
    ("currency", |c| c.currency = "eur".into()),
    ("currency", |c| c.currency = "EURO".into()),
    ("year", |c| c.year = 1899),
    ("year", |c| c.year = 10_000),
    ("areas", |c| c.areas.clear()),
    ("areas", |c| c.areas[1].kind = AreaKind::WholeCity),
    ("areas", |c| c.areas[2].id = id("D1")),
    ("areas", |c| c.areas[0].envelope_cents = Cents::new(-1).unwrap()),
    ("areas", |c| c.areas[0].ballot = BallotType::Approval { min: 2, max: 1 }),
    ("areas", |c| c.areas[0].ballot = BallotType::Approval { min: 0, max: 0 }),
    ("areas", |c| c.areas[0].ballot = BallotType::Knapsack { budget_cents: Cents::ZERO }),
    ("areas", |c| c.areas[0].ballot = BallotType::Cumulative { points: 0, max_per_project: 1 }),
    ("areas", |c| c.areas[0].ballot = BallotType::Cumulative { points: 1, max_per_project: 0 }),
    ("areas", |c| c.areas[0].ballot = BallotType::Ordinal { max: 0 }),
    ("areas", |c| c.areas[0].ballot = BallotType::Scoring { min: 3, max: 3 }),
    ("areas", |c| c.areas[0].ballot = BallotType::Scoring { min: 0, max: 1_000_001 }),
    ("areas", |c| c.areas[0].ballot = BallotType::Scoring { min: i64::MIN, max: 1 }),
    ("rule", |c| {
        let grades = vec!["NO".into(), "YES".into()];
        c.areas[0].ballot = BallotType::MajorityJudgment { grades, default: 0 };
    }),
    ("themes", |c| c.themes[1].id = id("GREEN")),
    ("departments", |c| c.departments[1].id = id("PARKS")),
    ("form", |c| c.form.title_min = 61),
    ("form", |c| c.form.description_max = 4),
    ("calendar", |c| c.calendar.clear()),
    ("form", |c| c.form.title_max = 301),
    ("form", |c| c.form.description_max = 20_001),
    ("title", |c| c.title = hidden(" ")),
    ("territory", |c| c.territory = hidden(&"é".repeat(201))),
    ("areas", |c| c.areas[0].name = hidden("")),
    ("areas", |c| c.areas[0].postcodes = vec![String::new()]),
    ("areas", |c| c.areas[0].postcodes = vec!["75001 ".into()]),
    ("areas", |c| c.areas[0].postcodes = vec!["75001".into(), "75001".into()]),
    ("themes", |c| c.themes[0].name = hidden("")),
    ("departments", |c| c.departments[0].name = hidden("")),
    ("neighbourhoods", |c| {
        let one = Named { id: id("N1"), name: hidden("Les Berges") };
        c.participation.neighbourhoods = vec![one.clone(), one];
    }),
    ("depositors", |c| {
        let rule =
            DepositorRule { kind: DepositorKind::Individual, name: hidden("Habitant·e"), complement_needed: false };
        c.participation.depositors = vec![rule.clone(), rule];
    }),
    ("criteria", |c| {
        let criterion = |n| Named { id: id(&format!("C{n}")), name: hidden("Dans la loi") };
        c.instruction.criteria = (0..101).map(criterion).collect();
    }),
    ("criteria", |c| c.instruction.criteria = vec![Named { id: id("C1"), name: hidden("") }]),
    ("verdictDays", |c| c.instruction.verdict_days = 0),
];

const WRONG_CALENDARS: [(&str, Change); 6] = [
    ("VOTE ends before it starts", |c| c.calendar[7].end = c.calendar[7].start),
    ("can't come after", |c| c.calendar[3].phase = Phase::Ideation),
    ("can't come after", |c| {
        let again = Period { phase: Phase::Result, start: month(12), end: "2028-01-01T00:00:00Z".parse().unwrap() };
        c.calendar.push(again);
    }),
    ("overlap", |c| c.calendar[3].end = "2026-05-01T00:00:01Z".parse().unwrap()),
    ("confirm the gaps", |c| c.calendar[3].end = "2026-04-30T23:59:59Z".parse().unwrap()),
    ("confirm the gaps", |c| c.calendar.retain(|period| period.phase != Phase::PreVote)),
];

#[test]
fn what_is_wrong_is_named_by_field() {
    assert_eq!(configuration().check(), Ok(()));
    for (row, (field, change)) in WRONG.into_iter().enumerate() {
        let mut wrong = configuration();
        change(&mut wrong);
        let rejection = wrong.check().expect_err(&format!("row {row} about {field}"));
        assert_eq!(
            (rejection.code, rejection.field.as_deref()),
            (Code::ConfigurationInvalid, Some(field)),
            "row {row}"
        );
        let story = Story::default();
        if wrong.code == CODE {
            given(&story).when(configure(wrong), &coordinator()).then_rejected(Code::ConfigurationInvalid, field);
        }
    }
}

#[test]
fn a_calendar_has_one_order_without_overlaps() {
    for (why, change) in WRONG_CALENDARS {
        let mut wrong = configuration();
        change(&mut wrong);
        let rejection = wrong.check().expect_err(why);
        assert_eq!(rejection.field.as_deref(), Some("calendar"));
        assert!(rejection.limit.as_deref().unwrap().contains(why), "{rejection}");
    }
    let mut gap = configuration();
    gap.calendar.retain(|period| period.phase != Phase::PreVote);
    gap.gaps_confirmed = true;
    assert_eq!(gap.check(), Ok(()));
}

#[test]
fn another_city_is_another_configuration() {
    for ballot in [
        BallotType::ChooseOne,
        BallotType::Knapsack { budget_cents: euros(1) },
        BallotType::Cumulative { points: 10, max_per_project: 3 },
        BallotType::Ordinal { max: 5 },
        BallotType::Scoring { min: -1, max: 1 },
    ] {
        let mut city = configuration();
        city.areas.truncate(1);
        city.areas[0].ballot = ballot;
        city.areas[0].postcodes = vec!["33290".into()];
        assert_eq!(city.check(), Ok(()));
    }
}

#[test]
fn it_may_change_until_the_list_is_published() {
    let mut later = configuration();
    later.areas[0].envelope_cents = euros(120_000);
    for phase in [Phase::PreIdeation, Phase::Ideation, Phase::CoConstruction, Phase::PreVote] {
        given(&Story::at(phase)).when(configure(later.clone()), &coordinator()).then_types(&["CampaignConfigured"]);
    }
}
