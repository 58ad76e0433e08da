//! Owns the proof that verification finds what was changed, and where, and accepts what wasn't.
//! Next: `support/mod.rs` makes the campaign, `tamper.rs` takes bundles apart.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, unreachable_pub)]

mod support;
#[path = "../../tests/src/tamper.rs"]
mod tamper;

use domain::{Actor, AreaId, Event, ProjectId, Role, ballot, campaign as of_campaign, project, site};
use replay_tools::{Report, Stage, Verdict};
use serde_json::{Value, json};
use std::{fs, sync::OnceLock};
use support::{Log, campaign, close, coordinator, id, key, policy, proclaim, stranger, voted};
use tally::Channel;
use tamper::{Parts, tamper};
use transparency::{Checkpoint, Frontier, Hash, HiddenValue, Leaf, Policy, disclosed_text, leaf_hash, to_canonical};

type Change = fn(&mut Parts);

fn verify(bundle: &[u8], trusted: Option<&Policy>) -> Report {
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), bundle).unwrap();
    replay_tools::verify(file.path(), trusted, &mut |_, _| {}).unwrap()
}

fn city() -> Policy {
    Policy::parse(&policy(&key())).unwrap()
}

/// One small campaign for all tests that only read it.
fn sample() -> &'static Log {
    static LOG: OnceLock<Log> = OnceLock::new();
    LOG.get_or_init(|| campaign(60))
}

fn parts() -> Parts {
    Parts::read(&sample().bundle(&key()))
}

#[track_caller]
fn broken(report: &Report, stage: Stage, position: Option<usize>, code: &str) {
    assert_eq!(report.verdict, Verdict::Broken);
    let position = position.map(|position| u64::try_from(position).unwrap());
    assert_eq!((report.stage, report.position, report.code), (Some(stage), position, Some(code)), "{report:#?}");
}

/// The bundle as the holder of the key would publish it after changing the lines: tree, checkpoint,
/// claims as they were, everything signed anew.
fn resigned(parts: &mut Parts) -> Vec<u8> {
    let mut tree = Frontier::new();
    for line in &parts.lines {
        tree.push(leaf_hash(line.split('\t').next().unwrap().as_bytes()));
    }
    let checkpoint = Checkpoint { origin: support::ORIGIN.to_owned(), size: tree.size(), root: tree.root() };
    parts.checkpoint = checkpoint.sign(&key()).unwrap();
    parts.manifest["size"] = json!(tree.size());
    parts.signed(&key())
}

#[test]
fn an_untouched_bundle_holds() {
    let log = sample();
    let report = verify(&log.bundle(&key()), Some(&city()));
    assert_eq!(report.verdict, Verdict::Holds, "{report:#?}");
    assert_eq!((report.stage, report.position, report.code, &report.message), (None, None, None, &None));
    let checked = &report.checked;
    assert!(checked.key_checked);
    assert!(report.notes.is_empty(), "{:?}", report.notes);
    assert_eq!((checked.leaves, checked.events), (log.size(), log.size()));
    assert_eq!(checked.root, Some(log.model.tree.root()));
    assert_eq!(checked.campaign.as_deref(), Some(support::CODE));
    // 60 voters with two papers each, one of which was cancelled.
    assert_eq!(checked.papers, 119);
    assert_eq!((checked.areas, checked.redacted.len()), (2, 0));
    let winners: usize = log.model.area_results.rows().map(|row| row.winners.len()).sum();
    assert!(winners > 2);
    assert_eq!(checked.winners, u64::try_from(winners).unwrap());
    let hidden: usize = log.leaves.iter().map(|(_, hidden)| hidden.len()).sum();
    assert_eq!(checked.disclosed, u64::try_from(hidden).unwrap());
}

#[test]
fn the_same_parts_put_together_again_are_the_same_bundle() {
    // Otherwise the refusals below could be about the container and not about what was changed.
    assert_eq!(parts().signed(&key()), sample().bundle(&key()));
    assert_eq!(parts().unsigned(), sample().bundle(&key()));
    assert_eq!(resigned(&mut parts()), sample().bundle(&key()));
}

#[test]
fn without_a_policy_the_report_says_that_the_key_was_not_checked() {
    let report = verify(&sample().bundle(&stranger()), None);
    assert_eq!(report.verdict, Verdict::Holds);
    assert!(!report.checked.key_checked);
    let verifier = stranger().verifier().to_string();
    assert!(report.notes.iter().any(|note| note.contains("NOT CHECKED") && note.contains(&verifier)));
}

#[test]
fn another_key_than_the_citys_is_refused() {
    let mut forged = sample().clone();
    forged.forge(&coordinator(), "s1", &Event::Site(site::Event::SiteAbandoned { reason: "x".to_owned().into() }));
    let report = verify(&forged.bundle(&stranger()), Some(&city()));
    broken(&report, Stage::Signatures, None, "NOT_SIGNED");
}

#[test]
fn a_log_that_is_not_closed_yet_holds_and_says_so() {
    let report = verify(&voted(20).bundle(&key()), Some(&city()));
    assert_eq!(report.verdict, Verdict::Holds, "{report:#?}");
    assert!(report.notes.iter().any(|note| note.contains("no result is proclaimed")));
}

#[test]
fn removed_values_are_counted_and_listed_and_everything_else_holds() {
    let mut log = sample().clone();
    let claims = log.claims();
    // A proposal's texts, a reason that a rule asks for, a title that a table shows.
    for event in ["ProposalDeposited", "PhaseClosed", "ProjectFormed", "CampaignConfigured", "ProjectRefused"] {
        let position = log.position_of(event);
        assert!(!log.leaves[position].1.is_empty(), "{event}");
        log.redact(position);
    }
    let mut parts = Parts::read(&log.bundle(&key()));
    parts.claims = claims;
    let report = verify(&parts.signed(&key()), Some(&city()));
    assert_eq!(report.verdict, Verdict::Holds, "{report:#?}");
    let position = u64::try_from(log.position_of("ProjectFormed")).unwrap();
    let listed = |redaction: &replay_tools::report::Redaction| {
        redaction.position == position && redaction.path == "/data/formation/title"
    };
    assert!(report.checked.redacted.iter().any(listed));
    let hidden: usize = log.leaves.iter().map(|(_, hidden)| hidden.len()).sum();
    assert_eq!(report.checked.disclosed, u64::try_from(hidden).unwrap());
}

mod without_the_key {
    use super::*;

    #[track_caller]
    fn refused(change: impl FnOnce(&mut Parts)) -> Report {
        let mut parts = parts();
        change(&mut parts);
        let report = verify(&parts.unsigned(), Some(&city()));
        assert_eq!(report.verdict, Verdict::Broken);
        assert_eq!(verify(&parts.unsigned(), None).verdict, Verdict::Broken);
        report
    }

    #[test]
    fn every_class_of_change_is_refused() {
        let changes: [Change; 9] = [
            |parts| drop(parts.lines.remove(30)),
            |parts| parts.lines.insert(30, parts.lines[29].clone()),
            |parts| parts.lines.swap(30, 31),
            |parts| parts.lines.truncate(100),
            |parts| {
                parts.lines[10] = parts.lines[10].replace("\"nonce\":\"", "\"nonce\":\"00").replacen("0\",", "\",", 1)
            },
            |parts| parts.lines[10] = parts.lines[10].replace("arbres", "tombes"),
            |parts| parts.claims = parts.claims.replace("\"elected\":true", "\"elected\":false"),
            |parts| parts.policy = policy(&stranger()),
            |parts| parts.manifest["metadata"]["title"] = json!("Another town"),
        ];
        for (number, change) in changes.into_iter().enumerate() {
            let before = parts();
            let mut after = parts();
            change(&mut after);
            assert_ne!(before, after, "change {number} changes nothing");
            let report = refused(change);
            assert!([Some(Stage::Container), Some(Stage::Signatures)].contains(&report.stage), "{number}: {report:#?}");
        }
    }

    #[test]
    fn a_flipped_byte_is_located() {
        let mut bundle = sample().bundle(&key());
        let middle = bundle.len() / 4;
        bundle[middle] ^= 0x20;
        let report = verify(&bundle, Some(&city()));
        assert_eq!((report.verdict, report.stage), (Verdict::Broken, Some(Stage::Container)), "{report:#?}");
        assert!(report.message.unwrap().contains(", byte "), "where it is changed");
    }

    #[test]
    fn a_leaf_edited_and_everything_signed_by_a_stranger_is_refused() {
        let mut parts = parts();
        parts.lines[100] = parts.lines[100].replace("\"choices\":[", "\"choices\":[1,");
        parts.policy = policy(&stranger());
        let mut tree = Frontier::new();
        parts.lines.iter().for_each(|line| tree.push(leaf_hash(line.split('\t').next().unwrap().as_bytes())));
        let checkpoint = Checkpoint { origin: support::ORIGIN.to_owned(), size: tree.size(), root: tree.root() };
        parts.checkpoint = checkpoint.sign(&stranger()).unwrap();
        let report = verify(&parts.signed(&stranger()), Some(&city()));
        broken(&report, Stage::Signatures, None, "NOT_SIGNED");
    }

    #[test]
    fn three_hundred_random_changes_are_refused() {
        let bundle = sample().bundle(&key());
        for seed in 0..300 {
            let (changed, what) = tamper(&bundle, seed);
            assert_eq!(verify(&changed, Some(&city())).verdict, Verdict::Broken, "{what}");
        }
    }
}

/// The holder of the key can sign anything; the log still has to follow its own rules.
mod with_the_key {
    use super::*;

    #[test]
    fn leaves_that_do_not_give_the_signed_root_are_found() {
        let mut parts = parts();
        parts.lines.swap(30, 31);
        let report = verify(&parts.signed(&key()), Some(&city()));
        broken(&report, Stage::Tree, None, "ROOT_MISMATCH");
        assert!(report.notes.iter().any(|note| note.contains("SEQUENCE, position 30: POSITION_GAP")), "{report:#?}");
    }

    #[test]
    fn events_removed_inserted_or_swapped_leave_a_gap() {
        let changes: [(Change, usize); 3] = [
            (|parts| drop(parts.lines.remove(30)), 30),
            (|parts| parts.lines.insert(30, parts.lines[29].clone()), 30),
            (|parts| parts.lines.swap(40, 50), 40),
        ];
        for (change, position) in changes {
            let mut parts = parts();
            change(&mut parts);
            let report = verify(&resigned(&mut parts), Some(&city()));
            broken(&report, Stage::Sequence, Some(position), "POSITION_GAP");
        }
    }

    #[test]
    fn a_stream_that_misses_an_event_is_found() {
        let mut parts = parts();
        // The last event belongs to the site; say that one more came before it.
        let last = parts.lines.len() - 1;
        parts.lines[last] = parts.lines[last].replace("\"sequence\":4", "\"sequence\":5");
        let report = verify(&resigned(&mut parts), Some(&city()));
        broken(&report, Stage::Sequence, Some(last), "SEQUENCE_GAP");
    }

    #[test]
    fn a_leaf_of_another_log_is_found() {
        let mut parts = parts();
        parts.lines[70] = parts.lines[70].replace("t2024\",\"position\"", "t2023\",\"position\"");
        let report = verify(&resigned(&mut parts), Some(&city()));
        broken(&report, Stage::Sequence, Some(70), "LOG_FOREIGN");
    }

    #[test]
    fn a_leaf_that_is_not_canonical_is_found() {
        let mut parts = parts();
        parts.lines[70] = parts.lines[70].replacen(":", ": ", 1);
        let report = verify(&resigned(&mut parts), Some(&city()));
        broken(&report, Stage::Canonical, Some(70), "NOT_CANONICAL");
    }

    #[test]
    fn values_that_do_not_match_their_commitments_are_found() {
        let position = sample().position_of("ProposalDeposited");
        let changed = |change: &dyn Fn(&mut Vec<HiddenValue>)| {
            let mut parts = parts();
            let (leaf, mut hidden) = sample().leaves[position].clone();
            change(&mut hidden);
            parts.lines[position] = format!("{leaf}\t{}", disclosed_text(&hidden).unwrap());
            verify(&resigned(&mut parts), Some(&city()))
        };
        let mismatch = changed(&|hidden| hidden[0].value = json!("Another text"));
        broken(&mismatch, Stage::Commitments, Some(position), "COMMITMENT_MISMATCH");
        let nonce = changed(&|hidden| hidden[1].nonce[31] ^= 1);
        broken(&nonce, Stage::Commitments, Some(position), "COMMITMENT_MISMATCH");
        let moved = changed(&|hidden| hidden[0].path = "/data/deposit/zzz".to_owned());
        broken(&moved, Stage::Commitments, Some(position), "NOT_COMMITTED");
    }

    #[test]
    fn an_event_of_no_known_form_is_found() {
        let mut parts = parts();
        let position = sample().position_of("BallotCast");
        parts.lines[position] = parts.lines[position].replace("\"BallotCast\"", "\"BallotCoat\"");
        let report = verify(&resigned(&mut parts), Some(&city()));
        broken(&report, Stage::Law, Some(position), "EVENT_MALFORMED");
    }

    #[test]
    fn what_a_reader_would_pass_over_is_found() {
        let position = sample().position_of("BallotCast");
        let mut parts = parts();
        parts.lines[position] = parts.lines[position].replace("\"area\":", "\"address\":\"1 rue X\",\"area\":");
        let report = verify(&resigned(&mut parts), Some(&city()));
        broken(&report, Stage::Law, Some(position), "EVENT_NOT_EXACT");
    }

    fn after(mut log: Log, actor: &Actor, id: &str, event: &Event) -> (Report, usize) {
        let position = usize::try_from(log.size()).unwrap();
        log.forge(actor, id, event);
        (verify(&log.bundle(&key()), Some(&city())), position)
    }

    #[test]
    fn a_value_that_was_removed_is_missing_and_no_other() {
        let path = "/data/configuration/title".to_owned();
        let target = domain::redaction::Target { position: 0, path: path.clone() };
        let event = Event::Campaign(of_campaign::Event::ValuesRedacted {
            targets: vec![target],
            ground: domain::redaction::Ground::Retention,
        });
        let system = Actor::new("parvis", Role::System);
        let (report, _) = after(voted(30), &system, support::CODE, &event);
        broken(&report, Stage::Commitments, Some(0), "REDACTED_VALUE_DISCLOSED");

        let mut log = voted(30);
        log.leaves[0].1.retain(|value| value.path != path);
        let report = verify(&log.bundle(&key()), Some(&city()));
        assert_eq!(report.verdict, Verdict::Holds, "an older log names no removal: {report:#?}");
        let (report, _) = after(log, &system, support::CODE, &event);
        assert_eq!(report.verdict, Verdict::Holds, "{report:#?}");
        let [gone] = &report.checked.redacted[..] else { panic!("{report:#?}") };
        assert_eq!((gone.position, gone.path.as_str()), (0, path.as_str()));
        assert_eq!(gone.ground, Some(domain::redaction::Ground::Retention));

        let mut log = voted(30);
        log.leaves[0].1.clear();
        let (report, _) = after(log, &system, support::CODE, &event);
        broken(&report, Stage::Commitments, Some(0), "VALUE_MISSING");
    }

    #[test]
    fn a_ballot_after_the_close_is_unlawful() {
        let mut log = voted(30);
        close(&mut log);
        let paper = support::paper(&log, "city", 5, Channel::Digital);
        let event = Event::Ballot(ballot::Event::BallotCast { area: id("city"), paper });
        let (report, position) = after(log, &Actor::new("late", Role::Citizen), "late", &event);
        broken(&report, Stage::Law, Some(position), "BALLOT_BOX_CLOSED");
    }

    #[test]
    fn a_ballot_in_somebody_elses_name_is_unlawful() {
        let log = voted(30);
        let paper = support::paper(&log, "city", 5, Channel::Digital);
        let event = Event::Ballot(ballot::Event::BallotCast { area: id("city"), paper });
        let (report, position) = after(log, &Actor::new("u1", Role::Citizen), "somebody", &event);
        broken(&report, Stage::Law, Some(position), "NOT_THE_AUTHOR");
    }

    #[test]
    fn rules_changed_during_the_vote_are_unlawful() {
        let log = voted(30);
        let mut configuration = log.world.campaign.configuration.clone().unwrap();
        configuration.areas[0].envelope_cents = domain::Cents::from_units(1).unwrap();
        let event = Event::Campaign(of_campaign::Event::CampaignConfigured { configuration });
        let (report, position) = after(log, &coordinator(), support::CODE, &event);
        broken(&report, Stage::Law, Some(position), "RULES_FROZEN");
    }

    #[test]
    fn an_admission_against_a_verdict_is_unlawful() {
        let log = sample().clone();
        let admitted = project::Event::ProjectAdmitted {
            cost_cents: domain::Cents::from_units(1).unwrap(),
            withdrawn: false,
            reason: None,
        };
        let (report, position) = after(log, &coordinator(), "p12", &Event::Project(admitted));
        broken(&report, Stage::Law, Some(position), "TOO_LATE");
    }

    #[test]
    fn a_second_campaign_in_the_log_is_unlawful() {
        let phase = of_campaign::Event::PhaseClosed {
            phase: domain::phase::Phase::Result,
            cause: of_campaign::Cause::Clock,
            reason: None,
        };
        let (report, position) = after(sample().clone(), &coordinator(), "T2025", &Event::Campaign(phase));
        broken(&report, Stage::Law, Some(position), "NOT_FOUND");
    }

    #[test]
    fn papers_that_vanish_between_the_vote_and_the_close_are_found() {
        let mut log = voted(30);
        let closed = of_campaign::Event::PhaseClosed {
            phase: domain::phase::Phase::Vote,
            cause: of_campaign::Cause::Clock,
            reason: None,
        };
        log.forge(&coordinator(), support::CODE, &Event::Campaign(closed));
        let event = Event::Campaign(of_campaign::Event::BallotBoxClosed { papers: 41 });
        let (report, position) = after(log, &coordinator(), support::CODE, &event);
        broken(&report, Stage::Ballots, Some(position), "RESULT_MISMATCH");
    }

    #[test]
    fn a_lot_drawn_on_another_tree_is_found() {
        let mut log = voted(30);
        close(&mut log);
        let position = log.position_of("LotSeedDrawn");
        let mut parts = Parts::read(&log.bundle(&key()));
        let root = Leaf::parse(&log.leaves[position].0).unwrap().data.get().to_owned();
        let root = serde_json::from_str::<Value>(&root).unwrap()["closed_root"].as_str().unwrap().to_owned();
        let chosen = Hash::of(&[b"a root that suits somebody"]).to_string();
        parts.lines[position] = parts.lines[position].replace(&root, &chosen);
        let report = verify(&resigned(&mut parts), Some(&city()));
        broken(&report, Stage::Law, Some(position), "LOT_ROOT_MISMATCH");
    }

    #[test]
    fn another_winner_than_the_ballots_give_is_found() {
        let mut log = voted(60);
        close(&mut log);
        let position = usize::try_from(log.size()).unwrap();
        proclaim(&mut log);
        let mut parts = Parts::read(&log.bundle(&key()));
        let winners: Vec<ProjectId> = log.model.area_results.get(&id::<AreaId>("city")).unwrap().winners.clone();
        let listed = |winners: &[ProjectId]| serde_json::to_string(winners).unwrap();
        let mut swapped = winners.clone();
        let loser = log.model.results.rows().find(|row| !row.elected && row.area == id("city")).unwrap();
        swapped[0] = loser.project.clone();
        let line = parts.lines[position].replace(&listed(&winners), &listed(&swapped));
        assert_ne!(line, parts.lines[position]);
        parts.lines[position] = line;
        let report = verify(&resigned(&mut parts), Some(&city()));
        broken(&report, Stage::Tally, Some(position), "RESULT_MISMATCH");
    }

    #[test]
    fn claims_that_do_not_follow_from_the_log_are_found() {
        for (name, change) in [
            ("/projects/0/score", json!(1_000_000)),
            ("/areas/0/winners/0", json!("p12")),
            ("/tables/3/digest", json!(Hash::of(&[b"another table"]))),
            ("/log/size", json!(1)),
        ] {
            let mut parts = parts();
            let mut claims: Value = serde_json::from_str(&parts.claims).unwrap();
            *claims.pointer_mut(name).unwrap() = change;
            parts.claims = to_canonical(&claims).unwrap();
            let report = verify(&parts.signed(&key()), Some(&city()));
            broken(&report, Stage::Claims, None, "CLAIMS_DIFFER");
            assert!(report.message.unwrap().contains(name));
        }
        let mut parts = parts();
        parts.claims = r#"{"campaign":"T2024"}"#.to_owned();
        broken(&verify(&parts.signed(&key()), Some(&city())), Stage::Claims, None, "CLAIMS_DIFFER");
    }
}
