//! Owns the demo as a scenario: the same for the same seed, whole after a stop, the same however it
//! is folded, and still provable after personal texts were taken out.
//! Next: `api/src/demo.rs`; changes that must be refused are in `tamper.rs`.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use api::demo::{self, CODE, Size};
use api::failure::Failure;
use api::fold;
use commands::{Clock, Entropy};
use domain::project::Opinion;
use domain::redaction::{Ground, Target};
use domain::workshop::Mode;
use domain::{Cents, PlaceId};
use event_store::Redaction;
use projections::polling_places::PollingPlaceRow;
use projections::projects::{ProjectRow, ProjectState};
use projections::{Model, lineage};
use replay_tools::Verdict;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::Ordering;
use tests::office::Office;
use tests::tamper::Parts;

const SEED: u64 = 2018;

fn play(office: &Office, seed: u64, voters: u64) -> Result<(), Failure> {
    let _entered = office.runtime.enter();
    let steps = office.steps(CODE, demo::clock().unwrap(), Entropy::seeded(seed));
    demo::play(&steps, "demo.example/demo", seed, Size { voters, proposals: 400 })
}

fn played(seed: u64, voters: u64) -> Office {
    let office = Office::default();
    play(&office, seed, voters).unwrap();
    office
}

/// What is in the boxes, as text: the ballots of the school, the urn with its secret, the papers.
fn ballots(model: &Model) -> BTreeMap<String, String> {
    let school = model.ballots.iter().map(|(voter, row)| (voter.to_string(), format!("{:?}", row.ballot)));
    // Which of them are read once more follows from the lot, and so from the very moments of the events.
    let read = |row: &PollingPlaceRow| {
        let areas = row.place.areas.iter().map(|(area, papers)| (area, papers.papers, row.place.agreed(area)));
        let agreed = areas.map(|(area, papers, agreed)| format!("{area} {papers} {:?}", agreed.collect::<Vec<_>>()));
        agreed.collect::<Vec<_>>().join("\n")
    };
    let places = model.polling_places.iter().map(|(place, row)| (place.to_string(), read(row)));
    let urn = format!("{:?} {:?} {:?}", model.urn.ballots, model.urn.set_aside, model.urn.secret);
    school.chain(places).chain([("urn".to_owned(), urn)]).collect()
}

fn digests(model: &Model) -> String {
    serde_json::to_string(&model.digests().unwrap()).unwrap()
}

#[test]
fn the_same_seed_gives_the_same_log() {
    let (one, two) = (played(SEED, 300), played(SEED, 300));
    let (first, second) = (one.head(CODE), two.head(CODE));
    assert_eq!((first.size, first.root), (second.size, second.root));
    let all = |office: &Office| office.store().reader().read(office.head(CODE).log_id, 0, u64::MAX).unwrap();
    assert_eq!(all(&one), all(&two));
    assert_eq!(digests(&one.model(CODE)), digests(&two.model(CODE)));
    let other = played(SEED + 1, 300);
    assert_ne!(other.head(CODE).root, first.root);
    let (_, report) = one.audit(CODE);
    assert_eq!(report.verdict, Verdict::Holds, "{report:#?}");
    assert!(report.checked.winners > 0 && report.checked.papers > 0, "{report:#?}");
}

#[test]
fn sealed_ballots_papers_and_a_school_make_one_result() {
    let office = played(SEED, 300);
    let (counts, model) = (counts(&office), office.model(CODE));
    let of = |event: &str| counts.get(event).copied().unwrap_or_default();
    for (event, times) in [
        ("UrnKeyDeclared", 1),
        ("PollingPlaceOpened", 20),
        ("BoxSealed", 20),
        ("BoxOpened", 20),
        ("SignaturesCounted", 40),
        ("MinutesAttached", 20),
        ("RegisterReconciled", 1),
        ("LinkShredded", 1),
        ("ObjectionLodged", 1),
        ("ObjectionAnswered", 1),
        ("LotSeedDrawn", 1),
        ("UrnOpened", 1),
        ("ResultProclaimed", 1),
        ("CouncilDecided", 2),
    ] {
        assert_eq!(of(event), times, "{event}: {counts:?}");
    }
    assert!(of("BallotsPublished") > 1 && of("BallotsSetAside") > 0 && of("CountAgreed") > 20, "{counts:?}");
    assert_eq!(of("EntryMade"), 2 * of("CountAgreed"));
    let school = "ecole-des-tilleuls".parse().unwrap();
    for result in model.area_results.rows() {
        let digital = model.urn.in_area(&result.area).1;
        let read = model.polling_places.rows().flat_map(|row| row.place.agreed(&result.area).collect::<Vec<_>>());
        let papers: u64 = read.map(|(_, agreed)| u64::from(agreed.papers)).sum();
        let void: u64 = result.void.values().sum();
        let pupils = if result.area == school { of("BallotCast") } else { 0 };
        // Every ballot that was cast is counted, or told among those that aren't.
        assert_eq!(result.counted + void, digital + papers + u64::try_from(pupils).unwrap(), "{}", result.area);
        assert!(result.invalid.is_empty(), "{:?}", result.invalid);
    }
    assert!(model.area_results.get(&school).unwrap().winners.len() > 1);
    // As many places are read once more as the rules bind the city to, and those that the lot draws.
    let size = model.campaign.configured().unwrap().rules.audited_places.unwrap();
    let drawn = projections::polling_places::audited(&model, usize::from(size)).unwrap();
    let recounted = |place: &PlaceId| {
        let areas = &model.polling_places.get(place).unwrap().place.areas;
        areas.values().any(|area| area.bundles.values().any(|bundle| bundle.recounts > 0))
    };
    assert_eq!(drawn.len(), usize::from(size));
    assert!(drawn.iter().all(recounted));
    assert_eq!(model.polling_places.rows().filter(|row| recounted(&row.id)).count(), drawn.len());
    // What the council added is carried out, what it removed isn't; the count stays as it was.
    let carried = |project: &ProjectRow| model.campaign.is_carried_out(&project.id).unwrap();
    let ruled: Vec<_> = model.projects.rows().filter(|row| !row.council.is_empty()).collect();
    assert_eq!(ruled.len(), 2);
    for row in ruled {
        assert_ne!(carried(row), model.results.get(&row.id).unwrap().elected, "{}", row.id);
        assert_eq!(carried(row), model.sites.rows().any(|site| site.opening.project == row.id));
    }
}

/// How many events of each type a log has.
fn counts(office: &Office) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    let head = office.head(CODE);
    for event in office.store().reader().read(head.log_id, 0, head.size).unwrap() {
        *counts.entry(event.event_type).or_default() += 1;
    }
    counts
}

/// Why a project isn't on the ballot list as it should be; none when it is.
fn missing(row: &ProjectRow) -> Option<&'static str> {
    let whole = row.consolidation()?;
    let decision = row.decision.as_ref()?;
    let unfavourable = whole.opinion == Opinion::Unfavourable;
    let scope = row.scope.as_ref().map(|scope| scope.change.lines.as_slice());
    let verdicts = row.verdicts.iter().flat_map(|said| &said.verdict.lines);
    let due =
        scope.map_or_else(|| Cents::sum(verdicts.map(|line| line.cents)), |l| Cents::sum(l.iter().map(|l| l.cents)));
    let said = decision.reason.as_ref().and_then(|reason| reason.get());
    let asked: BTreeSet<_> = row.current_assignments().map(|one| &one.department).collect();
    let answered: BTreeSet<_> = row.verdicts.iter().map(|said| &said.verdict.department).collect();
    let faults = [
        (unfavourable, "the departments are against it"),
        (whole.reopened.is_some(), "its instruction is open"),
        (decision.cost_cents != due, "a euro of its cost stands in no line"),
        (said.is_none_or(String::is_empty), "nobody said why"),
        (!(2..=4).contains(&asked.len()), "it has too few or too many departments"),
        (asked != answered, "other departments answered than were asked"),
    ];
    faults.into_iter().find(|(found, _)| *found).map(|(_, fault)| fault)
}

#[test]
fn the_demo_goes_through_every_step_to_the_ballot() {
    let office = played(SEED, 300);
    let (counts, model) = (counts(&office), office.model(CODE));
    let of = |event: &str| counts.get(event).copied().unwrap_or_default();
    for rare in [
        "OutlineDrawn",
        "ProposalEdited",
        "CoAuthorInvited",
        "CoAuthorJoined",
        "CoAuthorLeft",
        "ProposalWithdrawn",
        "ProposalRemoved",
        "ProposalRestored",
        "ProposalMerged",
        "MergeUndone",
        "ProposalSupported",
        "SupportWithdrawn",
        "ContentReported",
        "CommentPosted",
        "CommentPinned",
        "CommentRemoved",
        "CommentRestored",
        "WorkshopAnnounced",
        "WorkshopChanged",
        "ParticipantInvited",
        "ParticipantRegistered",
        "RegistrationCancelled",
        "AttendanceRecorded",
        "AlternativesProposed",
        "AlternativeChosen",
        "FinalTextPublished",
        "ProjectFormed",
        "ProposalAdded",
        "ProposalTakenOut",
        "ProjectEdited",
        "ProjectEnded",
        "DepartmentAssigned",
        "InstructorNamed",
        "AssignmentHandedBack",
        "VerdictGiven",
        "CommitmentRecorded",
        "InstructionReopened",
        "AppealLodged",
        "ScopeChanged",
        "ProjectAdmitted",
        "ProjectRefused",
        "ExclusionDeclared",
        "ExclusionLifted",
    ] {
        assert!(of(rare) > 0, "no {rare}: {counts:?}");
    }
    assert_eq!((of("ProposalDeposited"), of("OutlineDrawn")), (400, 28));
    // One workshop more is announced than held.
    let held = of("MinutesPublished");
    assert_eq!((of("WorkshopAnnounced"), of("WorkshopCancelled")), (held + 1, 1));
    // A small district may have a single proposal, and then a single workshop.
    assert!((50..=52).contains(&held), "{held}");
    for mode in [Mode::InPerson, Mode::Online, Mode::Hybrid] {
        let held = model.workshops.rows().filter(|row| row.announcement.mode == mode && row.minutes.is_some());
        assert!(held.count() >= 16, "{mode:?}");
    }
    let late = |row: &ProjectRow| row.assignments.iter().any(|one| one.answered.is_some_and(|on| on.at > one.due));
    assert!(model.projects.rows().any(|row| late(row)));

    let admitted: Vec<_> = model.projects.rows().filter(|row| row.state() == ProjectState::Admitted).collect();
    for row in &admitted {
        assert_eq!((missing(row), row.number.is_some()), (None, true), "{row:#?}");
        assert!(row.consolidation().is_some(), "{row:#?}");
    }
    assert_eq!(admitted.len(), of("ProjectAdmitted"));
    // An appeal is decided by somebody else, and some are won.
    let appealed: Vec<_> = model.projects.rows().filter(|row| row.appeal.is_some()).collect();
    for row in &appealed {
        for second in row.verdicts.iter().filter(|said| said.round == 2) {
            let first = row.former_verdicts.iter().find(|said| said.verdict.department == second.verdict.department);
            assert_ne!(first.unwrap().agent, second.agent);
        }
    }
    let won = appealed.iter().filter(|row| row.state() == ProjectState::Admitted).count();
    assert!(won > 0 && won < appealed.len(), "{won} of {}", appealed.len());
}

#[test]
fn lineages_say_the_same_from_both_ends() {
    let model = played(SEED, 300).model(CODE);
    let (mut forward, mut back) = (BTreeSet::new(), BTreeSet::new());
    for row in model.proposals.rows() {
        let stations = lineage::forward(&model, &row.id).unwrap().stations;
        forward.extend(stations.into_iter().map(|station| (row.id.clone(), station.project.id.clone())));
        for merge in row.merges.iter().filter(|merge| merge.undone.is_none()) {
            let project = model.projects.get(&merge.project).unwrap();
            assert!(project.current_proposals().any(|link| link.proposal == row.id), "{} {}", row.id, project.id);
        }
        let shares: u32 =
            row.merges.iter().filter(|m| m.undone.is_none()).filter_map(|m| m.share_percent).map(u32::from).sum();
        assert!(shares <= 100, "{row:?}");
    }
    for row in model.projects.rows() {
        let sources = lineage::back(&model, &row.id).unwrap().sources;
        back.extend(sources.into_iter().map(|source| (source.proposal.id.clone(), row.id.clone())));
        let ended = row.state() == ProjectState::Ended;
        for link in row.current_proposals().filter(|_| !ended) {
            let proposal = model.proposals.get(&link.proposal).unwrap();
            assert!(proposal.merges.iter().any(|merge| merge.project == row.id && merge.undone.is_none()));
        }
    }
    assert!(forward.len() > 400, "{}", forward.len());
    assert_eq!(forward, back);
    // Some proposals feed two projects at once, some projects come from several.
    let feeds = |row: &projections::proposals::ProposalRow| row.merges.iter().filter(|m| m.undone.is_none()).count();
    assert!(model.proposals.rows().any(|row| feeds(row) > 1));
    assert!(model.projects.rows().any(|row| row.current_proposals().count() > 2));
}

/// Asks the work to stop once the log has this many events, and goes on until it is done.
fn play_with_stops(office: &Office, stops: &[u64]) -> usize {
    let mut stopped = 0;
    for stop_at in stops {
        let (store, flag, at) = (office.store().clone(), office.stop.clone(), *stop_at);
        let watch = office.runtime.spawn(async move {
            let mut grown = store.subscribe();
            loop {
                let sizes: u64 = store.logs().await.unwrap().iter().map(|log| log.size).sum();
                if sizes >= at || grown.changed().await.is_err() {
                    break flag.store(true, Ordering::Relaxed);
                }
            }
        });
        match play(office, SEED, 1_300) {
            Err(failure) => {
                assert_eq!(failure.code, "INTERRUPTED", "{failure}");
                assert!(failure.message.contains("are kept"), "{failure}");
                stopped += 1;
            }
            // It was past the last place where it looks at the flag.
            Ok(()) => assert!(office.head(CODE).size >= at),
        }
        watch.abort();
        let _ = office.runtime.block_on(watch);
        office.stop.store(false, Ordering::Relaxed);
        let head = office.head(CODE);
        assert_eq!(office.store().reader().verify_integrity(head.log_id).unwrap().root, head.root);
    }
    play(office, SEED, 1_300).unwrap();
    stopped
}

#[test]
fn a_demo_that_was_stopped_goes_on_to_the_same_ballots() {
    let whole = played(SEED, 1_300);
    let size = whole.head(CODE).size;
    let office = Office::default();
    let stops = [1, size / 6, size / 3, size / 2, size - 900, size - 500];
    let stopped = play_with_stops(&office, &stops);
    assert!(stopped >= 3, "only {stopped} stops came in the middle");
    let (wanted, found) = (whole.model(CODE), office.model(CODE));
    let (found_in, wanted_in) = (ballots(&found), ballots(&wanted));
    assert!(found_in.keys().eq(wanted_in.keys()));
    for (of, wanted) in &wanted_in {
        // Named by its key: the texts themselves fill a screen.
        assert!(found_in[of] == *wanted, "{of}");
    }
    let winners = |model: &Model| projections::results::winners(&model.area_results).cloned().collect::<Vec<_>>();
    assert_eq!(winners(&found), winners(&wanted));
    assert_eq!(office.head(CODE).size, size);
    let (_, report) = office.audit(CODE);
    assert_eq!(report.verdict, Verdict::Holds, "{report:#?}");
}

#[test]
fn a_log_folds_to_the_same_in_one_go_and_in_batches() {
    let office = played(SEED, 300);
    let head = office.head(CODE);
    let reader = office.store().reader();
    let whole = office.model(CODE);
    assert_eq!((whole.size(), whole.tree.root()), (head.size, head.root));
    for batch in [1, 7, 1_000] {
        let mut model = Model::default();
        while model.size() < head.size {
            // A version that readers hold stays as it is while the next one is made from it.
            let before = model.size();
            let held = before.is_multiple_of(350).then(|| (model.clone(), digests(&model)));
            for stored in reader.read(head.log_id, before, batch).unwrap() {
                model.apply(&fold::record(&stored).unwrap()).unwrap();
            }
            assert!(model.size() > before);
            if let Some((held, was)) = held {
                assert_eq!(digests(&held), was);
            }
        }
        assert_eq!(digests(&model), digests(&whole), "in batches of {batch}");
        assert_eq!(model.tree.root(), head.root);
    }
}

#[test]
fn a_log_still_holds_after_texts_were_taken_out() {
    let office = played(SEED, 300);
    let (before, _) = office.audit(CODE);
    let said = Parts::read(&std::fs::read(&before.file).unwrap());
    let head = office.head(CODE);
    let events = office.store().reader().read(head.log_id, 0, head.size).unwrap();
    // One value each of the first events of every type that has any, with what stood there.
    let mut types = BTreeSet::new();
    let disclosed = events.iter().filter(|event| !event.disclosed.is_empty() && types.insert(&event.event_type));
    let targets: Vec<(Redaction, String)> = disclosed
        .map(|event| {
            let value = event.disclosed.last().unwrap();
            (Redaction { position: event.position, path: value.path.clone() }, value.value.to_string())
        })
        .collect();
    assert!(targets.len() >= 3, "{targets:?}");
    // Deleted without a word, they are missed.
    let asked: Vec<Redaction> = targets.iter().map(|(target, _)| target.clone()).collect();
    let taken = office.runtime.block_on(office.store().redact(head.log_id, asked)).unwrap();
    assert_eq!(taken, u64::try_from(targets.len()).unwrap());
    let (_, report) = office.audit(CODE);
    assert_eq!((report.verdict, report.code), (Verdict::Broken, Some("VALUE_MISSING")), "{report:#?}");
    assert_eq!(report.position, Some(targets[0].0.position));

    // With an event that names them, the log holds.
    remove(&office, &targets.iter().map(|(target, _)| target.clone()).collect::<Vec<_>>());
    let (after, report) = office.audit(CODE);
    assert_eq!(report.verdict, Verdict::Holds, "{report:#?}");
    assert_eq!(after.size, before.size + 3);
    let found: Vec<(u64, &str)> =
        report.checked.redacted.iter().map(|gone| (gone.position, gone.path.as_str())).collect();
    let wanted: Vec<(u64, &str)> = targets.iter().map(|(target, _)| (target.position, target.path.as_str())).collect();
    assert_eq!(found, wanted);
    assert!(report.checked.redacted.iter().all(|gone| gone.ground == Some(Ground::Moderation) && gone.at.is_some()));
    let says = Parts::read(&std::fs::read(&after.file).unwrap());
    // Of the claims only size and root are others.
    let tables = |parts: &Parts| serde_json::from_str::<serde_json::Value>(&parts.claims).unwrap()["tables"].clone();
    assert_eq!(tables(&says), tables(&said));
    for (target, _) in &targets {
        let line = usize::try_from(target.position).unwrap();
        assert!(says.lines[line].len() < said.lines[line].len(), "position {line} still says all");
    }
}

/// A moderator proposes the removal, a coordinator confirms it.
fn remove(office: &Office, targets: &[Redaction]) {
    let target = |target: &Redaction| Target { position: target.position, path: target.path.clone() };
    let redact =
        domain::campaign::Command::Redact { targets: targets.iter().map(target).collect(), ground: Ground::Moderation };
    // The demo has closed the box, shredded the link, proclaimed the result and noted two decisions of the
    // council by acts 1 to 5.
    let confirm = domain::campaign::Command::ConfirmAct { number: 6 };
    let steps = office.steps(CODE, Clock::System, Entropy::system().unwrap());
    for (id, role, command) in [
        ("agent-moderator-1", domain::Role::Moderator, redact),
        ("agent-coordinator-2", domain::Role::Coordinator, confirm),
    ] {
        let request = commands::Request {
            command_id: steps.executor.entropy().uuid(),
            actor: domain::Actor::new(id, role),
            commands: vec![domain::Command::Campaign(command)],
        };
        office.runtime.block_on(steps.executor.execute(CODE, request)).unwrap();
    }
}
