//! People who meet on one proposal or in one workshop, at the same moment and on two nodes: on both engines.

use crate::support::kept::moderator;
use crate::support::people::*;
use crate::support::sample::*;
use crate::town::{Town, ask, request};
use commands::{Error, Receipt};
use domain::phase::Phase;
use domain::proposal::Deposit;
use domain::workshop::{self, Mode, Standing};
use domain::{Actor, Code, Command, Event, participant, project, proposal};
use std::collections::BTreeMap;

type Answer = Result<Receipt, Error>;

/// Asks all at once, every other one on another node, and again whoever lost too many races.
async fn at_once(town: &Town, asked: Vec<(Actor, Command)>) -> Vec<Answer> {
    // Another seed each time: a node that began like an earlier one would give its ids again.
    let seed = u64::try_from(town.log().await.1.len()).unwrap();
    let nodes = [town.executor.clone(), town.again(seed)];
    let spawn = |(number, (actor, command)): (usize, (Actor, Command))| {
        let node = nodes[number % 2].clone();
        tokio::spawn(async move {
            loop {
                match ask(&node, &actor, command.clone()).await {
                    Err(Error::Conflict { .. }) => {}
                    answer => return answer,
                }
            }
        })
    };
    let mut answers = Vec::new();
    for task in asked.into_iter().enumerate().map(spawn).collect::<Vec<_>>() {
        answers.push(task.await.unwrap());
    }
    answers
}

/// How often each code was answered.
fn codes(answers: &[Answer]) -> BTreeMap<&'static str, usize> {
    let mut codes = BTreeMap::new();
    for answer in answers {
        *codes.entry(answer.as_ref().map_or_else(|error| error.code(), |_| "OK")).or_default() += 1;
    }
    codes
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_edits_at_once_the_second_gets_to_know_what_the_first_changed() {
    for town in Town::both_at(Phase::Ideation).await {
        for n in 1..=8 {
            let (proposal, author, helper) = (format!("p-{n}"), format!("c-{n}"), format!("c-5{n}"));
            town.ask(&citizen(&author), deposit(&proposal, &author)).await.unwrap();
            town.ask(&citizen(&author), invite(&proposal, "one")).await.unwrap();
            town.ask(&citizen(&helper), join(&proposal, "one")).await.unwrap();
            let title = |new: &mut Deposit| new.title = hidden("Un banc");
            let place = |new: &mut Deposit| (new.point, new.estimate_cents) = (None, None);
            let edits = vec![
                (citizen(&author), edit(&proposal, &author, 1, title)),
                (citizen(&helper), edit(&proposal, &author, 1, place)),
            ];
            let answers = at_once(&town, edits).await;
            let (first, fields) = match (&answers[0], &answers[1]) {
                (Ok(_), Err(no)) => (no, "title"),
                (Err(no), Ok(_)) => (no, "estimate_cents, point"),
                both => panic!("{both:?}"),
            };
            let Error::Rejected(no) = first else { panic!("{first}") };
            let said = (no.code, no.field.as_deref(), no.limit.as_deref());
            assert_eq!(said, (Code::EditConflict, Some("version"), Some(fields)));
            assert_eq!(town.log().await.0.proposals[&id(&proposal)].changes.len(), 1);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_workshop_takes_as_many_as_it_has_room_for() {
    for town in Town::both_at(Phase::PostIdeation).await {
        let invited = || ["one", "two"].map(|text| at("w-1", workshop::Command::Invite { invitation: secret(text) }));
        town.ask(&coordinator(), announce("w-1", Mode::InPerson, &["p-1", "p-2"])).await.unwrap();
        for invitation in invited() {
            town.ask(&coordinator(), invitation).await.unwrap();
        }
        let mut asked: Vec<_> = (0..16)
            .map(|n| (citizen(&format!("w-{n}")), register("w-1", Standing::Follower)))
            .chain([1, 2].map(|n| (citizen(&format!("c-{n}")), register("w-1", Standing::Depositor))))
            .collect();
        // One invitation is for one person, however many show it.
        asked.extend([1, 2].map(|n| (citizen(&format!("x-{n}")), register_with("w-1", "one"))));
        let answers = at_once(&town, asked).await;
        let codes = codes(&answers);
        assert_eq!(codes["OK"], 3, "{codes:?}");
        assert!(codes.keys().all(|code| ["OK", "WORKSHOP_FULL", "INVITATION_UNKNOWN"].contains(code)), "{codes:?}");
        let (world, _) = town.log().await;
        assert_eq!(world.workshops[&id("w-1")].registered.len(), 3);
        // The one who leaves makes room for one.
        let leaves = world.workshops[&id("w-1")].registered.keys().next().unwrap().clone();
        town.ask(&citizen(&leaves), at("w-1", workshop::Command::CancelRegistration)).await.unwrap();
        let again = (0..6).map(|n| (citizen(&format!("y-{n}")), register("w-1", Standing::Follower))).collect();
        assert_eq!(self::codes(&at_once(&town, again).await)["OK"], 1);
        assert_eq!(town.log().await.0.workshops[&id("w-1")].registered.len(), 3);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_supports_or_comments_what_a_moderator_has_removed() {
    for town in Town::both_at(Phase::Ideation).await {
        town.ask(&citizen("c-1"), deposit("p-1", "c-1")).await.unwrap();
        let mut asked: Vec<_> = (0..30)
            .map(|n| {
                let who = format!("w-{n}");
                let command = if n % 3 == 0 { post(&format!("k-{n}"), "p-1") } else { support(&who, "p-1") };
                (citizen(&who), command)
            })
            .collect();
        asked.insert(12, (moderator(), remove("p-1")));
        let codes = codes(&at_once(&town, asked).await);
        assert!(codes.keys().all(|code| ["OK", "PROPOSAL_REMOVED"].contains(code)), "{codes:?}");
        // The log is checked event by event: one that stood behind the removal would be found.
        let (world, records) = town.log().await;
        let said = |event: &Event| {
            matches!(event, Event::Comment(_) | Event::Participant(participant::Event::ProposalSupported { .. }))
        };
        let counted = records.iter().filter(|record| said(&record.event)).count();
        assert_eq!(counted + 1, codes["OK"]);
        assert!(world.proposals[&id("p-1")].removed);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_author_who_is_refused_leaves_nothing_behind() {
    for town in Town::both_at(Phase::Ideation).await {
        town.ask(&citizen("c-1"), deposit("p-1", "c-1")).await.unwrap();
        let before = town.log().await.1.len();
        // The first of the two would do alone.
        let commands = vec![post("k-1", "p-1"), support("c-1", "p-1")];
        let both = request(town.executor.entropy().uuid(), &citizen("c-1"), commands);
        let no = town.executor.execute(CODE, both).await.unwrap_err();
        assert_eq!((no.code(), town.log().await.1.len()), ("OWN_CONTENT", before));
        town.ask(&citizen("c-1"), post("k-1", "p-1")).await.unwrap();
    }
}

/// How many of these are asked for together: a project that ends frees its proposals at once.
fn whole(asked: &[(Actor, Command)]) -> usize {
    let (_, Command::Project(ended, project::Command::End { .. })) = &asked[0] else { return 1 };
    let frees = |(_, command): &(Actor, Command)| matches!(command, Command::Proposal(_, proposal::Command::Unmerge { project, .. }) if project == ended);
    asked.iter().rposition(frees).unwrap() + 1
}

#[tokio::test]
async fn a_whole_year_of_workshops_and_instruction_is_lived_on_both_engines() {
    let story = crate::support::story::Story::lively();
    for town in [Town::new(1), Town::on_postgres(1).await] {
        let opening = request(town.executor.entropy().uuid(), &coordinator(), vec![]);
        let configuration = story.lines.iter().find_map(|line| match &line.event {
            Event::Campaign(domain::campaign::Event::CampaignConfigured { configuration }) => Some(configuration),
            _ => None,
        });
        let configuration = configuration.unwrap().as_ref().clone();
        town.executor.open_campaign(crate::town::ORIGIN, configuration, opening).await.unwrap();
        let mut at = 1;
        let mut asked = &story.asked[1..];
        while let Some((actor, _)) = asked.first() {
            let (together, rest) = asked.split_at(whole(asked));
            let commands = together.iter().map(|(_, command)| command.clone()).collect();
            town.executor.clock().set(story.lines[at].at);
            let request = request(town.executor.entropy().uuid(), actor, commands);
            let receipt = town.executor.execute(CODE, request).await.unwrap();
            at = usize::try_from(receipt.last.unwrap()).unwrap() + 1;
            asked = rest;
        }
        let (world, records) = town.log().await;
        let written: Vec<_> = records.iter().map(|record| &record.event).collect();
        let told: Vec<_> = story.lines.iter().map(|line| &line.event).collect();
        assert_eq!(written, told);
        assert_eq!((&world.workshops, &world.comments), (&story.world.workshops, &story.world.comments));
    }
}
