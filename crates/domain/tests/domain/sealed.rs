//! The vote with sealed ballots: every step, what is counted, and the rules of the register.

use crate::support::given::given;
use crate::support::sample::*;
use crate::support::sealed::*;
use crate::support::story::Story;
use domain::configuration::{AreaKind, BallotBox};
use domain::phase::Phase;
use domain::register::{Standing, second_opinion};
use domain::urn::{Command as UrnCommand, Event as UrnEvent};
use domain::{Code, Event, campaign, count};
use seal::Sealed;
use tally::Invalid;
use transparency::Hash;

#[test]
fn a_sealed_campaign_goes_from_ceremony_to_proclamation() {
    let story = Story::sealed_whole();
    let counts = count::areas(&(&story.world).into(), None).unwrap();
    let of = |area: usize| (counts[area].outcome.counted, counts[area].outcome.invalid.clone());
    // The one that was replaced doesn't count, and the foreign one can't be read.
    assert_eq!(of(0), (2, [(Invalid::Unreadable, 1)].into()));
    // Project 6 isn't on the list of D1.
    assert_eq!(of(1), (1, [(Invalid::UnknownProject, 1)].into()));
    // The only ballot was overridden by a paper.
    assert_eq!(of(2), (0, [].into()));
    let winners = story.world.campaign.winners.clone().unwrap();
    // In D2 no ballot counts, and the only project has its money to itself.
    assert_eq!(winners, ["q-1", "q-3", "q-4", "q-6"].map(id).into());
    let types: Vec<_> = story.lines.iter().map(|line| line.event.encode().unwrap().0).collect();
    let closing = types.iter().position(|name| name == "BallotBoxClosed").unwrap();
    let steps: Vec<&str> = types[closing..closing + 8].iter().map(String::as_str).collect();
    assert_eq!(
        steps,
        [
            "BallotBoxClosed",
            "BallotsSetAside",
            "RegisterReconciled",
            "LinkShredded",
            "ObjectionLodged",
            "ObjectionAnswered",
            "LotSeedDrawn",
            "UrnOpened"
        ]
    );
    let Event::Campaign(campaign::Event::BallotBoxClosed { papers }) = &story.lines[closing].event else { panic!() };
    assert_eq!(*papers, 7);
}

#[test]
fn while_the_urn_is_sealed_nothing_is_counted() {
    let mut story = Story::sealed_at(Phase::PostVote);
    let area = id("D2");
    assert_eq!(story.world.urn.in_area(&area), (0, 0));
    let ballot = story.seal("D2", &[6], 6);
    story.act(&system(), publish_ballots("D2", vec![ballot]));
    let counts = count::areas(&(&story.world).into(), None);
    // Ties are to be told apart by a lot that wasn't drawn; without ballots there is nothing but ties.
    if let Ok(counts) = counts {
        assert!(counts.iter().all(|count| count.outcome.counted == 0 && count.outcome.invalid.is_empty()));
    }
    assert_eq!(count::papers(&story.world), 7);
}

#[test]
fn a_batch_is_published_in_the_order_of_its_digests() {
    let story = Story::sealed_at(Phase::Vote);
    let ballots: Vec<_> = (1..=5).map(|seed| story.seal("ALL", &[1], seed)).collect();
    let mut one = story.clone();
    one.act(&system(), publish_ballots("ALL", ballots.clone()));
    let mut other = story.clone();
    other.act(&system(), publish_ballots("ALL", ballots.into_iter().rev().collect()));
    assert_eq!(one.lines.last(), other.lines.last());
    let Event::Urn(UrnEvent::BallotsPublished { ballots, number, .. }) = &one.lines.last().unwrap().event else {
        panic!()
    };
    let digests: Vec<_> = ballots.iter().map(|ballot| one.digest("ALL", ballot)).collect();
    assert!(digests.is_sorted() && *number == 1);
    // All of an area are of one length, whatever was chosen.
    let lengths = [&[1][..], &[1, 3]].map(|choices| story.seal("ALL", choices, 9).as_bytes().len());
    assert_eq!(lengths[0], lengths[1]);
}

/// Whoever knows when each voter sent a ballot, and reads the whole log, guesses which is whose no better
/// than by chance: 200 batches, each guess that can be made from times, lengths and places, within 3 sigma.
#[test]
fn the_log_says_nothing_of_the_order_in_which_ballots_came() {
    const BATCH: usize = 20;
    const RUNS: usize = 200;
    type Guess = fn(usize, usize) -> usize;
    let story = Story::sealed_at(Phase::Vote);
    let length = story.seal("ALL", &[1], 1).as_bytes().len();
    // What comes out of a cipher looks like this; `seal`'s own tests say that it does.
    let noise = |run: usize, voter: usize| {
        let piece = |n: usize| Hash::of(&[&run.to_be_bytes(), &voter.to_be_bytes(), &n.to_be_bytes()]).0;
        Sealed::new((0..length).map(|n| piece(n / 32)[n % 32]).collect()).unwrap()
    };
    let guesses: [(&str, Guess); 4] = [
        ("as they came", |voter, _| voter),
        ("the other way round", |voter, _| BATCH - 1 - voter),
        ("each batch turned by one more", |voter, run| (voter + run) % BATCH),
        ("always the first", |_, _| 0),
    ];
    let mut right = [0_u32; 4];
    for run in 0..RUNS {
        // In the order in which they were cast.
        let cast: Vec<Sealed> = (0..BATCH).map(|voter| noise(run, voter)).collect();
        let mut log = story.clone();
        log.act(&system(), publish_ballots("ALL", cast.clone()));
        let Event::Urn(UrnEvent::BallotsPublished { ballots, .. }) = &log.lines.last().unwrap().event else { panic!() };
        for (right, (_, guess)) in right.iter_mut().zip(guesses) {
            let hit = |voter: &usize| ballots[guess(*voter, run)] == cast[*voter];
            *right += u32::try_from((0..BATCH).filter(hit).count()).unwrap();
        }
    }
    // 4,000 guesses at 1 in 20: 200 are right by chance, with a standard deviation of 13.8.
    for ((name, _), right) in guesses.iter().zip(right) {
        assert!((159..=241).contains(&right), "{name}: {right}");
    }
}

#[test]
fn a_key_can_be_declared_anew_until_the_vote_opens() {
    let mut story = Story::sealed_at(Phase::PreVote);
    let other = seal::UrnSecret::from_seed(&[8; 32]);
    let again = UrnCommand::DeclareKey { log: LOG.into(), ceremony: ceremony(2, &other) };
    story.act(&returning(), urn(again));
    let (_, declared) = story.world.urn.ceremony.clone().unwrap();
    assert_eq!(declared.key, other.public().unwrap());
}

#[test]
fn where_roles_are_kept_two_agents_shred_the_link() {
    use crate::support::kept::*;
    let mut story = Story::configured(sealed_configuration());
    for (to, office) in agents() {
        story.act(&coordinator(), grant(&to, office));
    }
    story.act(&returning(), declare_key());
    for (n, phase) in Phase::ALL.into_iter().enumerate().take_while(|(_, phase)| *phase <= Phase::Vote) {
        story.clock = Some(month(n));
        story.act(&system(), open(phase));
        if phase < Phase::Vote {
            story.live(phase);
        }
        story.clock = Some(month(n + 1));
        story.act(&system(), close(phase));
    }
    story.by_two(&returning(), &second_returning(), close_box());
    story.act(&returning(), reconcile(&[], &[("ALL", 0, 0, 0), ("D1", 0, 0, 0), ("D2", 0, 0, 0)]));
    given(&story).when(shred(), &returning()).then_types(&["ActProposed"]);
    let alone = campaign::Event::LinkShredded {
        ballots: 0,
        objections_until: domain::Timestamp::from_unix(story.now().unix() + 3 * 86_400).unwrap(),
    };
    given(&story)
        .when_log_says(CODE, Event::Campaign(alone), &returning())
        .then_rejected(Code::SecondAgentNeeded, None);
    story.by_two(&returning(), &second_returning(), shred());
    assert!(story.world.campaign.objections_until.is_some());
}

#[test]
fn the_register_lets_everybody_vote_once() {
    let mut area = configuration().areas.remove(1);
    assert_eq!((area.id.as_str(), area.kind), ("D1", AreaKind::District));
    let voter = Standing { district: Some(id("D1")), on_paper: false };
    voter.may_cast(&area).unwrap();
    let elsewhere = Standing { district: Some(id("D2")), on_paper: false };
    assert_eq!(elsewhere.may_cast(&area).unwrap_err().code, Code::OtherDistrict);
    assert_eq!(Standing::default().may_cast(&area).unwrap_err().code, Code::OtherDistrict);
    area.kind = AreaKind::WholeCity;
    Standing::default().may_cast(&area).unwrap();
    let on_paper = Standing { on_paper: true, ..voter.clone() };
    assert_eq!(on_paper.may_cast(&area).unwrap_err().code, Code::VotedOnPaper);
    assert_eq!(on_paper.may_sign(false, true).unwrap_err().code, Code::VotedOnPaper);
    assert_eq!(on_paper.may_move(&id("D2"), false).unwrap_err().code, Code::VotedOnPaper);
    voter.may_sign(true, true).unwrap();
    voter.may_sign(false, false).unwrap();
    assert_eq!(voter.may_sign(true, false).unwrap_err().code, Code::VotedOnline);
    voter.may_move(&id("D2"), false).unwrap();
    voter.may_move(&id("D1"), true).unwrap();
    assert_eq!(voter.may_move(&id("D2"), true).unwrap_err().code, Code::SecondDistrict);
}

#[test]
fn two_agents_have_to_say_the_same_of_a_pair() {
    assert_eq!(second_opinion(true, false, "", "a"), Ok(false));
    assert_eq!(second_opinion(true, true, "a", "b"), Ok(true));
    assert_eq!(second_opinion(true, false, "a", "b"), Ok(false));
    assert_eq!(second_opinion(true, true, "a", "a").unwrap_err().code, Code::SameAgent);
    assert_eq!(second_opinion(false, true, "a", "b").unwrap_err().code, Code::AlreadyDone);
}

#[test]
fn rules_of_a_sealed_box_are_checked_with_the_configuration() {
    let with = |change: fn(&mut domain::configuration::Rules)| {
        let mut configuration = sealed_configuration();
        change(&mut configuration.rules);
        configuration.check()
    };
    with(|_| {}).unwrap();
    with(|rules| rules.sealed = None).unwrap();
    for change in [
        (|rules| rules.ballot_box = BallotBox::Open) as fn(&mut domain::configuration::Rules),
        |rules| rules.sealed.as_mut().unwrap().threshold = 1,
        |rules| rules.sealed.as_mut().unwrap().threshold = 4,
        |rules| rules.sealed.as_mut().unwrap().batch_least = 0,
        |rules| rules.sealed.as_mut().unwrap().receipt_hours = 0,
        |rules| rules.sealed.as_mut().unwrap().objection_days = 61,
    ] {
        assert_eq!(with(change).unwrap_err().code, Code::ConfigurationInvalid);
    }
}

#[test]
fn points_on_a_sealed_ballot_that_takes_none_make_it_invalid() {
    let mut story = Story::sealed_at(Phase::Vote);
    let key = secret().public().unwrap();
    let (target, _) = story.world.urn.target(&id("ALL"), &story.world.campaign).unwrap();
    let pointed = seal::PlainBallot { choices: vec![2], points: Some(vec![1]), nonce: seal::Nonce([7; 16]) };
    // Longer than what is published here, where no area has room for points.
    let pointed = seal::seal(&key, &target, &pointed, 96, &[7; 32]).unwrap();
    let plain = story.seal("ALL", &[1], 1);
    let urn = std::sync::Arc::make_mut(&mut story.world.urn);
    let published = urn.ballots.entry(id("ALL")).or_default();
    published.extend([plain, pointed].map(|ballot| (ballot.digest(&target), std::sync::Arc::new(ballot))));
    urn.secret = Some(secret());
    let configured = &story.world.campaign.configured().unwrap().rules.tally;
    let rule = tally::TallyRule { tie_break: vec![], ..configured.clone() };
    let counts = count::areas(&(&story.world).into(), Some(&rule)).unwrap();
    assert_eq!((counts[0].outcome.counted, &counts[0].outcome.invalid), (1, &[(Invalid::BadPoints, 1)].into()));
}
