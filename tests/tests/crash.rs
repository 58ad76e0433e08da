//! Owns what is left when an import is killed: everything acknowledged, nothing twice, and a log that
//! holds. The import of 50,000 ballots is killed 20 times and gone on with.
//! Must not: stand in for a power failure, which only a machine without power can show.
//! Next: `api/src/steps.rs` (what is acknowledged when), `crates/event-store/src/writer.rs`.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use api::fold;
use event_store::{OpenMode, Store};
use replay_tools::Verdict;
use std::fmt::Write as _;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::time::Duration;
use tests::binary::{end, parvis};
use transparency::{Hash, Policy};

const BALLOTS: u64 = 50_000;
const KILLS: u64 = 20;
const PROJECTS: u64 = 40;
const CODE: &str = "crash";

/// Numbers that follow from what they are for, and from nothing else.
fn chance(what: &str, number: u64, below: u64) -> u64 {
    let hash = Hash::of(&[what.as_bytes(), &number.to_be_bytes()]);
    let [a, b, c, d, ..] = hash.0;
    u64::from(u32::from_be_bytes([a, b, c, d])) % below
}

fn election() -> String {
    let mut text = format!(
        "META\nkey;value\ndescription;Invented\ncountry;Nowhere\nunit;Crashville\ninstance;2031\n\
         num_projects;{PROJECTS}\nnum_votes;{BALLOTS}\nbudget;1000000\nvote_type;approval\nrule;greedy\n\
         min_length;1\nmax_length;4\nPROJECTS\nproject_id;cost;name\n"
    );
    for project in 0..PROJECTS {
        writeln!(text, "p{project};{};Project {project}", 20_000 + chance("cost", project, 90_000)).unwrap();
    }
    text.push_str("VOTES\nvoter_id;vote\n");
    for voter in 0..BALLOTS {
        let first = chance("vote", voter, PROJECTS - 4);
        let choices: Vec<String> = (0..=chance("length", voter, 4)).map(|n| format!("p{}", first + n)).collect();
        writeln!(text, "v{voter};{}", choices.join(",")).unwrap();
    }
    text
}

/// `crash: 2048/50000 ballots`.
fn acknowledged(line: &str) -> Option<u64> {
    let done = line.strip_prefix("crash: ")?.strip_suffix("/50000 ballots")?;
    Some(done.parse().unwrap())
}

fn start(folder: &Path) -> (Child, Receiver<String>) {
    let mut command =
        parvis(folder, &["import", "pabulib", "crash.pb", "--campaign", CODE, "--store", "sqlite:parvis.db"]);
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let (told, lines) = mpsc::channel();
    let err = child.stderr.take().unwrap();
    std::thread::spawn(move || {
        for line in BufReader::new(err).lines() {
            let Ok(line) = line else { break };
            if told.send(line).is_err() {
                break;
            }
        }
    });
    (child, lines)
}

/// Lets the import go past `target` ballots and then to a moment that the seed gives, and kills it.
/// Answers what it had acknowledged by then.
fn kill_after(folder: &Path, target: u64, seed: u64) -> u64 {
    let (mut child, lines) = start(folder);
    let mut seen = 0;
    while seen < target {
        let line = lines.recv().unwrap_or_else(|_| panic!("the import ended after {seen} of {target} ballots"));
        assert!(!line.contains("panicked"), "{line}");
        seen = seen.max(acknowledged(&line).unwrap_or(0));
    }
    // Lines that come meanwhile are acknowledgements too: they are read after the kill.
    let moment = Duration::from_micros(chance("moment", seed, 60_000));
    match lines.recv_timeout(moment) {
        Ok(line) => seen = seen.max(acknowledged(&line).unwrap_or(0)),
        Err(RecvTimeoutError::Timeout) => {}
        Err(RecvTimeoutError::Disconnected) => panic!("the import ended before it was killed"),
    }
    child.kill().unwrap();
    child.wait().unwrap();
    for line in lines {
        seen = seen.max(acknowledged(&line).unwrap_or(0));
    }
    seen
}

/// What the log holds after a kill: its ballots, once it has been checked from end to end.
fn checked_ballots(folder: &Path) -> u64 {
    let url = format!("sqlite:{}", folder.join("parvis.db").display());
    let store = match Store::open(&url, OpenMode::Existing) {
        Ok(store) => store,
        Err(event_store::Error::NotFound { .. }) => return 0,
        Err(error) => panic!("{error}"),
    };
    let reader = store.reader();
    let Some(head) = reader.logs().unwrap().pop() else { return 0 };
    let whole = reader.verify_integrity(head.log_id).unwrap();
    assert_eq!((whole.size, whole.root), (head.size, head.root));
    let (mut events, mut position) = (0, 0);
    reader
        .for_each::<event_store::Error>(head.log_id, 0, |event| {
            assert_eq!(event.position, position);
            position += 1;
            if event.stream.kind() == "ballot" {
                assert_eq!(event.sequence, 1, "{} is in the box twice", event.stream);
                events += 1;
            }
            Ok(())
        })
        .unwrap();
    assert_eq!(position, head.size);
    assert_eq!(u64::try_from(reader.streams(head.log_id, "ballot").unwrap().len()).unwrap(), events);
    events
}

#[test]
fn twenty_kills_lose_nothing_and_double_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    std::fs::write(folder.join("crash.pb"), election()).unwrap();
    let (mut before, mut in_the_middle) = (0, 0);
    for kill in 0..KILLS {
        // The first fall on the opening and the projects, the others ever later among the ballots.
        let target = kill.saturating_sub(2) * 2_048;
        let told = kill_after(folder, target, kill);
        let kept = checked_ballots(folder);
        assert!(kept >= told, "kill {kill}: {told} ballots were acknowledged, {kept} are there");
        assert!(kept >= before, "kill {kill}: {before} ballots were there before, {kept} are now");
        assert!(kept <= BALLOTS);
        in_the_middle += u64::from(kept > 0 && kept < BALLOTS);
        before = kept;
    }
    assert!(in_the_middle >= KILLS - 4, "only {in_the_middle} kills fell among the ballots");

    let arguments = ["import", "pabulib", "crash.pb", "--campaign", CODE, "--store", "sqlite:parvis.db", "--json"];
    let ended = end(parvis(folder, &arguments));
    assert_eq!(ended.status, 0, "{}", ended.err);
    assert_eq!(checked_ballots(folder), BALLOTS);
    let ended = end(parvis(folder, &["export", "bundle", CODE, "crash.parvis", "--store", "sqlite:parvis.db"]));
    assert_eq!(ended.status, 0, "{}", ended.err);
    let policy = Policy::parse(&std::fs::read_to_string(folder.join("crash.parvis.policy")).unwrap()).unwrap();
    let report = replay_tools::verify(&folder.join("crash.parvis"), Some(&policy), &mut |_, _| {}).unwrap();
    assert_eq!(report.verdict, Verdict::Holds, "{report:#?}");
    assert_eq!(report.checked.papers, BALLOTS);

    let store = Store::open(&format!("sqlite:{}", folder.join("parvis.db").display()), OpenMode::Existing).unwrap();
    let reader = store.reader();
    let model = fold::model(&reader, &fold::log(&reader, CODE).unwrap(), |_| Ok(())).unwrap();
    assert_eq!(u64::try_from(model.ballots.len()).unwrap(), BALLOTS);
    assert_eq!(model.area_results.rows().next().unwrap().counted, BALLOTS);
}
