//! Papers from the box to the count: boxes, entries of two agents, what they agree on.

use crate::support::given::given;
use crate::support::papers::*;
use crate::support::sample::*;
use crate::support::sealed::{declare_key, publish_ballots, sealed_configuration, secret};
use crate::support::story::Story;
use domain::configuration::AreaKind;
use domain::count::{self, Collected};
use domain::paper_count::{Card, PaperCount, PaperMode, SheetLine, Void, longest};
use domain::phase::Phase;
use domain::polling_place::{Command as Asked, Disclosure, Event, PollingPlace, Sheet};
use domain::{Code, Rejection};
use tally::BallotType;

fn place<'a>(story: &'a Story, name: &str) -> &'a PollingPlace {
    &story.world.polling_places[&id(name)]
}

#[test]
fn two_agents_who_read_the_same_agree_and_one_alone_agrees_with_nobody() {
    let mut story = Story::boxes_open();
    let read = cards(&[&[1, 2], &[2, 3]], 1);
    story.act(&officer(1), enter("HALL", "ALL", 1, &read, None));
    assert!(place(&story, "HALL").bundle(&id("ALL"), 1).unwrap().awaits_agreement().is_none());
    given(&story).when(agree("HALL", "ALL", &read), &officer(1)).then_rejected(Code::TooEarly, "bundle");
    story.act(&officer(2), enter("HALL", "ALL", 2, &read, None));
    // The log says so at once, and nothing else before.
    given(&story)
        .when(enter("HALL", "ALL", 3, &read, Some("Encore")), &officer(3))
        .then_rejected(Code::ActInterrupted, None);
    given(&story)
        .when(agree("HALL", "ALL", &cards(&[&[1], &[2]], 1)), &officer(2))
        .then_rejected(Code::PaperCountInvalid, "sheet");
    given(&story).when(agree("HALL", "ALL", &read), &officer(2)).then_types(&["CountAgreed"]);
    story.act(&officer(2), agree("HALL", "ALL", &read));
    assert!(place(&story, "HALL").is_counted());
}

#[test]
fn a_third_entry_decides_when_it_is_like_one_of_the_two() {
    let story = Story::on_paper();
    let hall = &place(&story, "HALL").areas[&id("ALL")];
    assert_eq!((hall.agreed_papers(), hall.is_complete()), (3, true));
    assert_eq!(hall.bundles[&1].recounts, 1);
    let market = &place(&story, "MARKET").areas[&id("ALL")].bundles[&1];
    assert_eq!((market.corrections, market.recounts, market.is_open()), (1, 1, false));
}

#[test]
fn a_correction_that_finds_what_stood_before_confirms_it() {
    let mut story = Story::on_paper();
    let right = totals(10, &[(1, 5), (2, 8)]);
    let doubt = Some("Un doute");
    story.act(&officer(1), enter("MARKET", "ALL", 1, &totals(10, &[(1, 6), (2, 8)]), doubt));
    let counted = |story: &Story| place(story, "MARKET").is_counted();
    assert!(!counted(&story));
    story.act(&officer(2), enter("MARKET", "ALL", 2, &right, doubt));
    story.act(&officer(3), enter("MARKET", "ALL", 3, &right, doubt));
    story.act(&officer(3), agree("MARKET", "ALL", &right));
    assert!(counted(&story));
    assert_eq!(place(&story, "MARKET").areas[&id("ALL")].bundles[&1].corrections, 2);
}

#[test]
fn nobody_proclaims_while_a_place_is_not_counted() {
    let mut story = Story::boxes_open();
    story.live(Phase::PostVote);
    story.on_time(Phase::PreResult);
    let refused = story.try_act(&returning(), proclaim()).unwrap_err();
    assert_eq!((refused.code, refused.limit.as_deref()), (Code::CountsMissing, Some("HALL, MARKET")));
    let mut counted = Story::on_paper();
    counted.live(Phase::PostVote);
    counted.on_time(Phase::PreResult);
    counted.live(Phase::PreResult);
    assert!(counted.world.campaign.winners.is_some());
    // No paper is read any more.
    let late = enter("MARKET", "ALL", 1, &totals(10, &[(1, 10)]), Some("Trop tard"));
    given(&counted).when(late, &officer(1)).then_rejected(Code::ResultProclaimed, None);
}

#[test]
fn papers_count_beside_ballots_in_their_channel() {
    let mut story = Story::on_paper();
    story.live(Phase::PostVote);
    let collected = Collected::from(&story.world);
    let counts = count::areas(&collected, None).unwrap();
    let whole = counts.iter().find(|count| count.area.as_str() == "ALL").unwrap();
    let paper: Vec<i64> = whole.outcome.projects.iter().map(|decision| decision.paper).collect();
    // HALL: twice 1, once 2; MARKET: 5 and 8.
    assert_eq!(paper, [7, 9, 0]);
    let both = whole.outcome.projects.iter().all(|decision| decision.digital + decision.paper == decision.score);
    assert!(both);
}

/// A count as it is sealed to the urn's key.
fn sealed(story: &Story, count: &PaperCount) -> Sheet {
    let (target, catalogue) = story.world.urn.target(&id("ALL"), &story.world.campaign).unwrap();
    let text = transparency::to_canonical(&Disclosure { count: count.clone(), salt: salt() }).unwrap();
    let sealed = seal::seal_sheet(&secret().public().unwrap(), &target, &text, text.len(), &[5; 32]).unwrap();
    Sheet::Sealed { sealed, catalogue }
}

#[test]
fn a_sealed_count_is_read_with_the_urn_and_one_that_nobody_entered_is_named() {
    let read = cards(&[&[1, 2], &[2]], 1);
    let mut story = Story::sealed_at(Phase::Vote);
    story.act(&coordinator(), open_place("HALL", &["ALL"], domain::paper_count::PaperMode::CardByCard));
    story.act(&polling(), seal_box("HALL", 1, &["A-1"]));
    story.act(&polling(), open_box("HALL", 1, &["A-1"], None));
    story.act(&polling(), signatures("HALL", "ALL", (3, 3), None));
    story.act(&officer(1), enter("HALL", "ALL", 1, &read, None));
    story.act(&officer(2), enter("HALL", "ALL", 2, &read, None));
    // In a sealed box no count is readable.
    given(&story).when(agree("HALL", "ALL", &read), &officer(2)).then_rejected(Code::PaperCountInvalid, "sheet");
    let said = |sheet| at("HALL", Asked::Agree { area: id("ALL"), bundle: 1, papers: 3, sheet });
    let Sheet::Sealed { sealed: closed, .. } = sealed(&story, &read) else { panic!() };
    let elsewhere = Sheet::Sealed { sealed: closed, catalogue: transparency::Hash::of(&[]) };
    given(&story).when(said(elsewhere), &officer(2)).then_rejected(Code::ForeignCatalogue, "catalogue");
    let other = cards(&[&[3], &[3]], 1);
    for (count, expected) in [(&read, Ok([1, 2, 0])), (&other, Err(Code::PaperCountInvalid))] {
        let mut told = story.clone();
        told.act(&officer(2), said(sealed(&told, count)));
        let text = format!("{:?}", told.lines.last().unwrap().event);
        assert!(!text.contains("choices"), "{text}");
        let rule =
            tally::TallyRule { tie_break: vec![], ..told.world.campaign.configured().unwrap().rules.tally.clone() };
        let on_paper = |world: &domain::World| {
            let counts = count::areas(&Collected::from(world), Some(&rule)).map_err(|no| no.code)?;
            let projects = &counts[0].outcome.projects;
            Ok([projects[0].paper, projects[1].paper, projects[2].paper])
        };
        assert_eq!(on_paper(&told.world), Ok([0, 0, 0]), "nothing is read before the urn is opened");
        std::sync::Arc::make_mut(&mut told.world.urn).secret = Some(secret());
        assert_eq!(on_paper(&told.world), expected);
    }
}

#[test]
fn a_school_keeps_an_open_box_in_a_sealed_campaign() {
    let mut configuration = sealed_configuration();
    configuration.areas[2].kind = AreaKind::School;
    let mut story = Story::configured(configuration);
    story.act(&returning(), declare_key());
    for phase in Phase::ALL.into_iter().take_while(|phase| *phase < Phase::Vote) {
        story.act(&system(), open(phase));
        story.live(phase);
        story.act(&system(), close(phase));
    }
    story.act(&system(), open(Phase::Vote));
    story.act(&polling(), cast("pupil-1", &[("D2", paper(&[6]))]));
    given(&story).when(cast("v-1", &[("ALL", paper(&[1]))]), &polling()).then_rejected(Code::BallotInvalid, None);
    let ballots = vec![story.seal("D2", &[6], 1), story.seal("D2", &[6], 2)];
    given(&story).when(publish_ballots("D2", ballots), &system()).then_rejected(Code::SchoolStation, "area");
}

#[test]
fn the_lot_draws_which_places_are_read_once_more() {
    let mut story = Story::on_paper();
    assert_eq!(count::audited(&Collected::from(&story.world), 1), None);
    story.live(Phase::PostVote);
    let collected = Collected::from(&story.world);
    let (root, public_value) = story.world.campaign.lot.clone().unwrap();
    let seed = tally::LotSeed::draw(&root.0, &public_value);
    // Places without papers aren't drawn.
    assert_eq!(count::audited(&collected, 9).unwrap(), tally::lot::sample(&seed, ["MARKET", "HALL"], 2));
    assert_eq!(count::audited(&collected, 1).unwrap(), count::audited(&collected, 9).unwrap()[..1]);
}

#[test]
fn pupils_vote_at_their_schools_station_alone() {
    let mut configuration = configuration();
    configuration.areas[2].kind = AreaKind::School;
    let mut story = Story::configured(configuration);
    for phase in Phase::ALL.into_iter().take_while(|phase| *phase < Phase::Vote) {
        story.act(&system(), open(phase));
        story.live(phase);
        story.act(&system(), close(phase));
    }
    story.act(&system(), open(Phase::Vote));
    let ballot = || cast("v-1", &[("D2", paper(&[6]))]);
    given(&story).when(ballot(), &citizen("v-1")).then_rejected(Code::SchoolStation, "area");
    story.act(&polling(), cast("pupil-1", &[("D2", paper(&[6]))]));
    // A pupil's other papers are unaffected, and nobody else's boxes stand in a school.
    story.act(&citizen("pupil-1"), cast("pupil-1", &[("ALL", paper(&[1])), ("D1", paper(&[4]))]));
    let box_there = open_place("HALL", &["D2"], domain::paper_count::PaperMode::CountSheet);
    given(&story).when(box_there, &coordinator()).then_rejected(Code::SchoolStation, "areas");
}

/// What the papers of an area of the sample can't say.
fn refused(count: &PaperCount, ballot: BallotType, mode: domain::paper_count::PaperMode) -> Rejection {
    let story = Story::boxes_open();
    let campaign = &story.world.campaign;
    let mut area = campaign.configured().unwrap().areas[0].clone();
    area.ballot = ballot;
    count.check(&area, campaign.ballot_list(&area.id), mode).unwrap_err()
}

#[test]
fn a_count_that_no_papers_can_give_is_refused() {
    use domain::paper_count::PaperMode::{CardByCard, CountSheet};
    let approval = || BallotType::Approval { min: 1, max: 2 };
    let sheet = |count: &PaperCount, ballot| {
        let no = refused(count, ballot, CountSheet);
        assert!(!no.to_string().contains('?'), "{no}");
        (no.code, no.field.unwrap())
    };
    let lines = (Code::PaperCountInvalid, "lines".to_owned());
    assert_eq!(sheet(&totals(3, &[(1, 4), (2, 1)]), approval()), lines);
    assert_eq!(sheet(&totals(3, &[(1, -1), (2, 3)]), approval()), lines);
    assert_eq!(sheet(&totals(3, &[(1, 2)]), approval()), lines);
    assert_eq!(sheet(&totals(3, &[(1, 3), (2, 3), (3, 1)]), approval()), lines);
    assert_eq!(sheet(&totals(3, &[(2, 3), (1, 3)]), approval()), lines);
    assert_eq!(sheet(&totals(3, &[(1, 2)]), BallotType::ChooseOne), lines);
    assert_eq!(sheet(&totals(1, &[(9, 1)]), approval()), (Code::ProjectNotOnBallot, "lines".into()));
    assert_eq!(sheet(&totals(1, &[(1, 1)]), BallotType::Ordinal { max: 2 }), lines);
    let cumulative = || BallotType::Cumulative { points: 5, max_per_project: 3 };
    assert_eq!(sheet(&totals(2, &[(1, 6)]), cumulative()), lines);
    let mut pointed = totals(2, &[(1, 6), (2, 4)]);
    pointed.lines.iter_mut().for_each(|line| line.supporters = Some(2));
    let story = Story::boxes_open();
    let mut area = story.world.campaign.configured().unwrap().areas[0].clone();
    area.ballot = cumulative();
    let list = story.world.campaign.ballot_list(&area.id);
    pointed.check(&area, list, CountSheet).unwrap();
    pointed.lines[1].votes = 5;
    assert_eq!(sheet(&pointed, cumulative()), lines);
    let grades = || BallotType::MajorityJudgment { grades: vec!["NO".into(), "YES".into()], default: 0 };
    let mut graded = totals(3, &[(1, 0)]);
    graded.lines[0].grades = vec![1, 2];
    area.ballot = grades();
    graded.check(&area, list, CountSheet).unwrap();
    graded.lines[0].grades = vec![2, 2];
    assert_eq!(sheet(&graded, grades()), lines);

    let card = |count: &PaperCount| refused(count, approval(), CardByCard).field.unwrap();
    assert_eq!(card(&cards(&[&[1, 2, 3]], 0)), "cards");
    assert_eq!(card(&cards(&[&[9]], 0)), "cards");
    assert_eq!(card(&cards(&[&[]], 0)), "cards");
    assert_eq!(card(&PaperCount { valid: 3, ..cards(&[&[1]], 0) }), "valid");
    assert_eq!(card(&totals(1, &[(1, 1)])), "lines");
    assert_eq!(card(&PaperCount { void: [(Void::Marked, 0)].into(), ..cards(&[&[1]], 0) }), "void");
    let unsorted = vec![Card { choices: vec![2], points: None }, Card { choices: vec![1], points: None }];
    assert_eq!(card(&PaperCount { valid: 2, cards: unsorted, ..PaperCount::default() }), "cards");
    let crowd = PaperCount { blank: 100_001, ..PaperCount::default() };
    assert_eq!(card(&crowd), "valid");
    let one: &[u32] = &[1, 2];
    assert_eq!(card(&cards(&vec![one; 3_000], 0)), "cards");
}

#[test]
fn entries_differ_by_the_numbers_of_their_lines() {
    let one = totals(10, &[(1, 4), (2, 8)]);
    assert_eq!(one.differences(&totals(10, &[(1, 4), (3, 8)])), [2, 3]);
    assert_eq!(one.differences(&totals(9, &[(1, 4), (2, 8)])), [0]);
    assert!(one.differences(&one).is_empty());
    assert_eq!(cards(&[&[1, 2]], 0).differences(&cards(&[&[2, 1]], 0)), [1, 2]);
    assert_eq!(cards(&[&[1, 2], &[1, 3]], 0).differences(&cards(&[&[1, 2], &[1, 2]], 0)), [2, 3]);
    // The same mentions on other papers.
    assert_eq!(cards(&[&[1, 2], &[3, 4]], 0).differences(&cards(&[&[1, 4], &[3, 2]], 0)), [0]);
}

#[test]
fn a_tampered_count_is_found_by_a_replay() {
    let story = Story::on_paper();
    let forged = |event: &Event| match event {
        Event::CountAgreed { area, bundle, papers, .. } => Some(Event::CountAgreed {
            area: area.clone(),
            bundle: *bundle,
            papers: *papers,
            sheet: domain::polling_place::Sheet::Open { count: Box::new(cards(&[&[3], &[3]], 1)), salt: salt() },
        }),
        _ => None,
    };
    let mut world = domain::World::default();
    let mut found = 0;
    for line in &story.lines {
        if let domain::Event::PollingPlace(event) = &line.event
            && line.id == "HALL"
            && let Some(other) = forged(event)
        {
            let no = world.check(&line.id, &domain::Event::PollingPlace(other), &line.actor, line.at).unwrap_err();
            assert_eq!((no.code, no.field.as_deref()), (Code::PaperCountInvalid, Some("sheet")));
            found += 1;
        }
        world.evolve(&line.id, &line.event).unwrap();
    }
    assert_eq!(found, 1);
}

/// How many bytes a count has inside its envelope, before it is padded.
fn written(count: PaperCount) -> usize {
    transparency::to_canonical(&Disclosure { count, salt: salt() }).unwrap().len()
}

#[test]
fn no_count_is_longer_than_the_length_that_all_of_as_many_papers_get() {
    let story = Story::boxes_open();
    let list = story.world.campaign.ballot_list(&id("ALL"));
    let numbers: Vec<u32> = list.iter().map(|entry| entry.number).collect();
    let grades = ["NO", "WHY_NOT", "YES"].map(str::to_owned).to_vec();
    // The most that a ballot names, the points it gives each, and the votes of a line of so many papers.
    let three = numbers.len().min(3);
    let types: [(BallotType, usize, Option<i64>, i64); 7] = [
        (BallotType::Approval { min: 0, max: 3 }, three, None, 1),
        (BallotType::ChooseOne, 1, None, 1),
        (BallotType::Ordinal { max: 3 }, three, None, 0),
        (BallotType::Knapsack { budget_cents: domain::Cents::ZERO }, numbers.len(), None, 0),
        (BallotType::Cumulative { points: 900, max_per_project: 120 }, numbers.len(), Some(120), 120),
        (BallotType::Scoring { min: -50, max: 9 }, numbers.len(), Some(-50), -50),
        (BallotType::MajorityJudgment { grades, default: 0 }, numbers.len(), Some(2), 0),
    ];
    for (ballot, most, points, each) in types {
        for papers in [1_u32, 9, 100, 250] {
            let all = |name: &dyn Fn() -> PaperCount| PaperCount { valid: papers, ..name() };
            let card =
                Card { choices: vec![*numbers.last().unwrap(); most], points: points.map(|points| vec![points; most]) };
            let cards =
                all(&|| PaperCount { cards: vec![card.clone(); papers.try_into().unwrap()], ..Default::default() });
            let by_card = longest(papers, &ballot, list, PaperMode::CardByCard);
            assert!(written(cards) <= by_card, "{ballot:?}");
            let pointed = matches!(ballot, BallotType::Cumulative { .. } | BallotType::Scoring { .. });
            let lines = numbers.iter().map(|project| SheetLine {
                project: *project,
                votes: i64::from(papers) * each,
                supporters: pointed.then_some(papers),
                grades: if let Some((grades, _)) = ballot.grades() { vec![papers; grades] } else { Vec::new() },
            });
            let sheet = all(&|| PaperCount { lines: lines.clone().collect(), ..Default::default() });
            let by_sheet = longest(papers, &ballot, list, PaperMode::CountSheet);
            assert!(written(sheet) <= by_sheet, "{ballot:?}");
            let void = Void::ALL.into_iter().map(|reason| (reason, papers)).collect();
            let void = PaperCount { void, ..Default::default() };
            assert!(written(void) <= by_card.min(by_sheet), "{ballot:?}");
        }
    }
    // What doesn't fit a leaf isn't entered, so nothing is longer than that.
    let full = longest(domain::paper_count::MOST_PAPERS, &BallotType::ChooseOne, list, PaperMode::CardByCard);
    assert!((40_000..40_200).contains(&full), "{full}");
}
