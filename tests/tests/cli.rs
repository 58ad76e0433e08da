//! Owns the contract of the two command lines as processes: exit status, what goes to which stream,
//! JSON, settings, and how a broken store is told.
//! Must not: judge what a count or a verification finds; the crates' own tests do.
//! Next: `api/src/cli.rs`, `api/src/failure.rs`, `replay-tools/src/cli.rs`.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use serde_json::Value;
use std::fs;
use std::io::Read;
use std::path::Path;
use std::process::{Command, Stdio};
use tempfile::TempDir;
use tests::binary::{Ended, end, parvis, parvis_replay};

const STORE: &str = "sqlite:parvis.db";
const TOWN: &str = "META
key;value
description;Invented
country;Nowhere
unit;Smallville
instance;2031
num_projects;2
num_votes;4
budget;100
vote_type;approval
rule;greedy
date_begin;01.06.2031
date_end;15.06.2031
min_length;1
max_length;2
PROJECTS
project_id;cost;name
p1;60;Trees
p2;50;Benches
VOTES
voter_id;vote
v1;p1
v2;p1,p2
v3;p2,p1
";

fn folder() -> TempDir {
    TempDir::new().unwrap()
}

/// A folder with a store that has the campaign `town`.
fn town() -> TempDir {
    let folder = folder();
    fs::write(folder.path().join("town.pb"), TOWN).unwrap();
    done(folder.path(), &["import", "pabulib", "town.pb", "--store", STORE]);
    folder
}

/// Runs to success; nothing in it may be coloured for a reader that is no terminal.
#[track_caller]
fn done(folder: &Path, arguments: &[&str]) -> Ended {
    let ended = end(parvis(folder, arguments));
    assert_eq!(ended.status, 0, "{arguments:?}: {ended:?}");
    plain(&ended);
    ended
}

/// Runs to this exit status, with this code on stderr and nothing on stdout.
#[track_caller]
fn fails(folder: &Path, arguments: &[&str], status: i32, code: &str) -> Ended {
    let ended = end(parvis(folder, arguments));
    told(&ended, status, &format!("[{code}]"));
    ended
}

#[track_caller]
fn told(ended: &Ended, status: i32, what: &str) {
    assert_eq!(ended.status, status, "{ended:?}");
    assert!(ended.err.contains(what), "{what} isn't told: {ended:?}");
    assert_eq!(ended.out, "", "a result although it failed");
    plain(ended);
}

#[track_caller]
fn plain(ended: &Ended) {
    assert!(!ended.out.contains('\u{1b}') && !ended.err.contains('\u{1b}'), "coloured: {ended:?}");
    assert!(!ended.err.contains("panicked"), "{ended:?}");
}

#[track_caller]
fn json(ended: &Ended) -> Vec<Value> {
    ended.out.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}"))).collect()
}

#[test]
fn wrong_usage_is_2() {
    let folder = folder();
    for arguments in
        [&["dance"][..], &[], &["tally"], &["tally", "x", "--rule"], &["demo", "--voters", "0"], &["import", "pabulib"]]
    {
        for command in [parvis(folder.path(), arguments), parvis_replay(folder.path(), arguments)] {
            let ended = end(command);
            assert_eq!((ended.status, ended.out.as_str()), (2, ""), "{arguments:?}: {ended:?}");
            assert!(ended.err.contains("--help"), "{arguments:?}: {ended:?}");
            plain(&ended);
        }
    }
    fails(folder.path(), &["import", "pabulib", "a.pb", "b.pb", "--campaign", "x", "--store", STORE], 2, "ONE_FILE");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "wrong usage left a file");
}

#[test]
fn help_shows_examples() {
    let folder = folder();
    let parvis_helps: [&[&str]; 10] = [
        &["campaign", "new", "--help"],
        &["campaign", "clone", "--help"],
        &["campaign", "show", "--help"],
        &["--help"],
        &["demo", "--help"],
        &["serve", "--help"],
        &["tally", "--help"],
        &["import", "pabulib", "--help"],
        &["import", "paris-winners", "--help"],
        &["sites", "update", "--help"],
    ];
    let replay_helps: [&[&str]; 8] = [
        &["--help"],
        &["verify", "--help"],
        &["tally", "--help"],
        &["receipt", "--help"],
        &["tiles", "--help"],
        &["project", "--help"],
        &["query", "--help"],
        &["diff", "--help"],
    ];
    let commands = parvis_helps
        .into_iter()
        .map(|a| parvis(folder.path(), a))
        .chain(replay_helps.into_iter().map(|a| parvis_replay(folder.path(), a)));
    for command in commands {
        let asked = format!("{command:?}");
        let ended = end(command);
        assert_eq!((ended.status, ended.err.as_str()), (0, ""), "{asked}");
        let (_, examples) = ended.out.split_once("Example").unwrap_or_else(|| panic!("{asked} shows no example"));
        assert!(examples.contains("  parvis"), "{asked}");
        plain(&ended);
    }
    for program in [parvis, parvis_replay] {
        let ended = end(program(folder.path(), &["--version"]));
        assert_eq!((ended.status, ended.out.split_whitespace().nth(1)), (0, Some(env!("CARGO_PKG_VERSION"))));
    }
}

#[test]
fn completions_and_manual_are_printed() {
    let folder = folder();
    for program in [parvis, parvis_replay] {
        for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
            let ended = end(program(folder.path(), &["completions", shell]));
            assert_eq!((ended.status, ended.err.as_str()), (0, ""), "{shell}");
            assert!(ended.out.contains("parvis"), "{shell}");
        }
        let ended = end(program(folder.path(), &["man"]));
        assert_eq!((ended.status, ended.err.as_str()), (0, ""));
        assert!(ended.out.contains(".TH parvis"), "{}", ended.out);
    }
}

#[test]
fn results_are_on_stdout_and_json_parses() {
    let folder = folder();
    let folder = folder.path();
    fs::write(folder.join("town.pb"), TOWN).unwrap();
    let imported = done(folder, &["import", "pabulib", "town.pb", "--json", "--store", STORE]);
    let summary = &json(&imported)[0];
    assert_eq!((json(&imported).len(), &summary["campaign"], &summary["ballots"]), (1, &"town".into(), &3.into()));
    assert_eq!(summary["winners"], serde_json::json!(["p1"]));
    // What is odd goes to stderr, with file and line.
    assert!(imported.err.contains("town.pb:8: num_votes is 4 and the file has 3 [NUM_VOTES]"), "{imported:?}");
    let text = done(folder, &["import", "pabulib", "town.pb", "--store", STORE]);
    assert!(text.out.starts_with("town: 2 projects, 3 ballots, 1 anomalies"), "{text:?}");

    let tally = &json(&done(folder, &["tally", "town", "--json", "--store", STORE]))[0];
    assert_eq!((&tally["campaign"], &tally["rule"]), (&"town".into(), &"greedy".into()));
    assert_eq!(tally["areas"][0]["winners"], serde_json::json!(["p1"]));
    let other = &json(&done(
        folder,
        &["tally", "town", "--rule", "greedy-threshold", "--min-score", "9", "--json", "--store", STORE],
    ))[0];
    assert_eq!(other["areas"][0]["winners"], serde_json::json!([]));
    let shown = &json(&done(folder, &["campaign", "show", "--json", "--store", STORE]))[0];
    assert_eq!((&shown["campaign"], &shown["root"]), (&"town".into(), &summary["root"]));
    let one = &json(&done(folder, &["campaign", "show", "town", "--json", "--store", STORE]))[0];
    assert_eq!(one["log"]["size"], summary["size"]);
    let findings = json(&done(folder, &["doctor", "--json", "--store", STORE]));
    assert!(findings.len() >= 4 && findings.iter().all(|finding| finding["holds"] == true), "{findings:?}");
    let exported = &json(&done(folder, &["export", "bundle", "town", "town.parvis", "--json", "--store", STORE]))[0];
    assert_eq!((&exported["root"], &exported["file"]), (&summary["root"], &"town.parvis".into()));

    let verify = ["verify", "town.parvis", "--policy", "town.parvis.policy", "--json"];
    let verified = end(parvis_replay(folder, &verify));
    assert_eq!((verified.status, verified.err.as_str()), (0, ""), "{verified:?}");
    assert_eq!(json(&verified)[0]["verdict"], "HOLDS");
    let recounted = end(parvis_replay(folder, &["tally", "town.parvis", "--json"]));
    assert_eq!(&json(&recounted)[0], tally, "the auditor's count has another shape than the city's");
    let keys = done(folder, &["keys", "show", "--store", STORE]);
    assert!(fs::read_to_string(folder.join("town.parvis.policy")).unwrap().starts_with(keys.out.trim()));
}

/// A campaign's file with all that it needs.
const FILE: &str = "code = 'T27'
title = 'Our town'
territory = 'Town'
year = 2027
ballot = 'choose_one'
rule = { kind = 'GREEDY', tie_break = ['LOT'] }
calendar = [{ phase = 'VOTE', start = 2027-05-01, end = 2027-06-01 }]
areas = [{ code = 'all', kind = 'WHOLE_CITY', name = 'All', envelope = 1000, outline = 'all.geojson' }]
";
const TRIANGLE: &str = r#"{"type":"Polygon","coordinates":[[[0,0],[0.5,0],[0.5,0.5],[0,0]]]}"#;

#[test]
fn a_campaign_begins_from_a_file_and_from_another() {
    let folder = folder();
    let folder = folder.path();
    fs::create_dir(folder.join("town")).unwrap();
    fs::write(folder.join("town/campaign.toml"), FILE).unwrap();
    fs::write(folder.join("town/all.geojson"), TRIANGLE).unwrap();
    let new = ["campaign", "new", "town/campaign.toml", "--store", STORE];
    let told = done(folder, &[&new[..], &["--json"]].concat());
    assert_eq!(json(&told), [serde_json::json!({ "campaign": "T27", "areas": 1, "outlines": 1, "size": 2 })]);
    // What is shown is such a file, with where the campaign stands in its comments.
    let shown = done(folder, &["campaign", "show", "T27", "--store", STORE]).out;
    assert!(shown.starts_with("# T27: Our town\n# log parvis.local/T27 of 2 events, root "), "{shown}");
    fs::write(folder.join("again.toml"), shown.replace("code = \"T27\"", "code = \"AGAIN\"")).unwrap();
    done(folder, &["campaign", "new", "again.toml", "--store", STORE]);
    let below_comments = |code: &str| {
        let shown = done(folder, &["campaign", "show", code, "--store", STORE]).out;
        let lines = shown.lines().filter(|line| !line.starts_with('#')).map(|line| format!("{line}\n"));
        lines.collect::<String>()
    };
    assert_eq!(below_comments("AGAIN"), below_comments("T27").replace("\"T27\"", "\"AGAIN\""));
    let clone = ["campaign", "clone", "T27", "T26", "--year", "2026", "--title", "Before", "--store", STORE];
    assert!(done(folder, &clone).out.contains("next, a coordinator: parvis grant T26 AGENT"));
    let cloned = below_comments("T26");
    for line in ["title = \"Before\"", "year = 2026", "start = 2026-05-02", "end = 2026-06-02"] {
        assert!(cloned.lines().any(|shown| shown == line), "{line}: {cloned}");
    }
    done(folder, &["campaign", "clone", "T27", "T28", "--year", "2028", "--days", "-1", "--store", STORE]);
    assert!(below_comments("T28").contains("start = 2027-04-30\n"));
    done(folder, &["grant", "T26", "agent-5c1f00d2a9b34e77", "--store", STORE]);
    fails(folder, &new, 3, "CAMPAIGN_EXISTS");
    fails(folder, &clone, 3, "CAMPAIGN_EXISTS");
}

#[test]
fn a_campaign_that_cant_begin_leaves_nothing() {
    let folder = folder();
    let folder = folder.path();
    fs::write(folder.join("all.geojson"), TRIANGLE).unwrap();
    let table = [
        ("title = 'Our town'", "titel = 'Our town'", 2, "CAMPAIGN_FILE", "titel"),
        ("year = 2027", "", 2, "CAMPAIGN_FILE", "missing field `year`"),
        ("year = 2027", "year = 'soon'", 2, "CAMPAIGN_FILE", "line 4"),
        ("'all.geojson'", "'none.geojson'", 2, "CAMPAIGN_FILE", "none.geojson can't be read"),
        ("'all.geojson'", "'wrong.toml'", 3, "OUTLINE_INVALID", "no GeoJSON"),
        ("'all.geojson'", "'{\"type\":\"MultiPolygon\",\"coordinates\":[]}'", 3, "OUTLINE_INVALID", "polygons"),
        ("envelope = 1000", "envelope = '-1'", 2, "CAMPAIGN_FILE", "an amount"),
        ("code = 'T27'", "code = 'T 27'", 3, "CONFIGURATION_INVALID", "code"),
        ("year = 2027", "year = 27", 3, "CONFIGURATION_INVALID", "year"),
        ("end = 2027-06-01", "end = 2027-04-01", 3, "CONFIGURATION_INVALID", "VOTE"),
        ("['LOT'] }", "['LOT'] }\ncomment_max = 0", 3, "CONFIGURATION_INVALID", "commentMax"),
    ];
    for (right, wrong, status, code, told) in table {
        let text = FILE.replace(right, wrong);
        assert_ne!(text, FILE, "{right} isn't in the file");
        fs::write(folder.join("wrong.toml"), text).unwrap();
        let ended = fails(folder, &["campaign", "new", "wrong.toml", "--store", STORE], status, code);
        assert!(ended.err.contains(told), "{told}: {ended:?}");
    }
    fails(folder, &["campaign", "new", "none.toml", "--store", STORE], 2, "CAMPAIGN_FILE");
    assert_eq!(done(folder, &["campaign", "show", "--store", STORE]).out, "");
    fs::write(folder.join("right.toml"), FILE).unwrap();
    done(folder, &["campaign", "new", "right.toml", "--store", STORE]);
    let clone = |more: [&str; 6]| {
        let [from, to, year, value, days, by] = more;
        let arguments = ["campaign", "clone", from, to, year, value, days, by, "--store", STORE];
        arguments.map(str::to_owned)
    };
    for (arguments, status, code) in [
        (clone(["T99", "T28", "--year", "2028", "--days", "1"]), 1, "UNKNOWN_CAMPAIGN"),
        (clone(["T27", "T 28", "--year", "2028", "--days", "1"]), 3, "CONFIGURATION_INVALID"),
        (clone(["T27", "T28", "--year", "28", "--days", "1"]), 3, "CONFIGURATION_INVALID"),
        (clone(["T27", "T28", "--year", "2028", "--days", "99999999"]), 3, "OUT_OF_RANGE"),
    ] {
        fails(folder, &arguments.each_ref().map(String::as_str), status, code);
    }
    assert_eq!(json(&done(folder, &["campaign", "show", "--json", "--store", STORE])).len(), 1);
}

#[test]
fn a_tampered_bundle_is_3() {
    let folder = town();
    let folder = folder.path();
    done(folder, &["export", "bundle", "town", "town.parvis", "--store", STORE]);
    let bytes = fs::read(folder.join("town.parvis")).unwrap();
    for at in [40, bytes.len() / 2, bytes.len() - 40] {
        let mut changed = bytes.clone();
        changed[at] ^= 1;
        fs::write(folder.join("changed.parvis"), changed).unwrap();
        let ended = end(parvis_replay(folder, &["verify", "changed.parvis", "--policy", "town.parvis.policy"]));
        assert_eq!(ended.status, 3, "{ended:?}");
        assert!(ended.out.starts_with("BROKEN"), "{ended:?}");
        plain(&ended);
    }
    told(&end(parvis_replay(folder, &["verify", "none.parvis"])), 1, "FILE_UNREADABLE");
    told(&end(parvis_replay(folder, &["tally", "--pabulib", "none.pb"])), 1, "FILE_UNREADABLE");
    told(&end(parvis_replay(folder, &["state", "town.parvis", "--stream", "project/none"])), 1, "STREAM_UNKNOWN");
}

#[test]
fn a_missing_or_malformed_file_leaves_no_campaign() {
    let folder = folder();
    let folder = folder.path();
    fs::write(folder.join("bad.pb"), TOWN.replace("p2;50", "p2;fifty")).unwrap();
    let import = |file| ["import", "pabulib", file, "--store", STORE];
    let ended = fails(folder, &import("bad.pb"), 3, "BAD_AMOUNT");
    assert!(ended.err.contains("bad.pb:line 19:"), "{ended:?}");
    let ended = fails(folder, &import("none.pb"), 1, "IO");
    assert!(ended.err.contains("none.pb"), "{ended:?}");
    fs::write(folder.join("bad.csv"), "a;b\n1;2\n").unwrap();
    let ended = fails(folder, &["import", "paris-winners", "bad.csv", "--store", STORE], 3, "COLUMN_MISSING");
    assert!(ended.err.contains("bad.csv: line 1:"), "{ended:?}");
    assert_eq!(done(folder, &["campaign", "show", "--store", STORE]).out, "");
}

#[test]
fn a_table_of_sites_is_told_line_by_line_and_writes_nothing_when_one_is_wrong() {
    let folder = town();
    let folder = folder.path();
    fs::write(folder.join("sites.csv"), "site;title\r\nnowhere;Un jardin\r\n").unwrap();
    let update = ["sites", "update", "sites.csv", "--campaign", "town", "--store", STORE];
    let ended = fails(folder, &update, 3, "TABLE_REFUSED");
    assert!(ended.err.contains("line 2: site NOT_FOUND"), "{ended:?}");
    fs::write(folder.join("sites.csv"), "site;colour\r\ns-1;red\r\n").unwrap();
    let ended = fails(folder, &update, 3, "TABLE_REFUSED");
    assert!(ended.err.contains("line 1: colour CSV_COLUMN_UNKNOWN"), "{ended:?}");
    fails(folder, &["sites", "update", "none.csv", "--campaign", "town", "--store", STORE], 1, "IO");
}

#[test]
fn an_unknown_campaign_names_those_there_are() {
    let folder = town();
    let commands: [&[&str]; 3] =
        [&["tally", "nowhere"], &["campaign", "show", "nowhere"], &["export", "bundle", "nowhere", "x.parvis"]];
    for arguments in commands {
        let ended = fails(folder.path(), &[arguments, &["--store", STORE]].concat(), 1, "UNKNOWN_CAMPAIGN");
        assert!(ended.err.contains("there is: town"), "{ended:?}");
    }
    assert!(!folder.path().join("x.parvis").exists() && !folder.path().join("x.parvis.part").exists());
}

#[test]
fn a_rule_that_cant_be_counted_is_2() {
    let folder = town();
    let tally = |more: &[&'static str]| [&["tally", "town", "--store", STORE][..], more].concat();
    fails(folder.path(), &tally(&["--rule", "coin"]), 2, "RULE_UNKNOWN");
    fails(folder.path(), &tally(&["--rule", "majority-judgment"]), 3, "TALLY_REFUSED");
    fails(folder.path(), &tally(&["--rule", "greedy", "--tie-break", "dice"]), 2, "TIE_BREAK_UNKNOWN");
    fails(folder.path(), &tally(&["--rule", "greedy-threshold"]), 2, "THRESHOLD_MISSING");
}

#[test]
fn what_is_no_store_is_told_apart() {
    let folder = folder();
    let folder = folder.path();
    fs::write(folder.join("letter.db"), "Dear city,\n".repeat(2_000)).unwrap();
    fs::create_dir(folder.join("folder.db")).unwrap();
    rusqlite::Connection::open(folder.join("other.db")).unwrap().execute_batch("CREATE TABLE t (x)").unwrap();
    let show = |store| ["campaign", "show", "--store", store];
    fails(folder, &show("parvis.db"), 2, "STORE_URL");
    fails(folder, &show("mysql://localhost/parvis"), 2, "STORE_URL");
    fails(folder, &["config", "--store", "parvis.db"], 2, "STORE_URL");
    fails(folder, &show("sqlite:none.db"), 1, "STORE_NOT_FOUND");
    fails(folder, &show("sqlite:folder.db"), 1, "STORE_WRONG_KIND");
    fails(folder, &show("sqlite:letter.db"), 1, "STORE_NOT_A_DATABASE");
    fails(folder, &show("sqlite:other.db"), 1, "STORE_OF_ANOTHER_PROGRAM");
    assert!(!folder.join("none.db").exists(), "looking made a store");
}

#[test]
fn a_store_of_a_newer_parvis_is_left_alone() {
    let folder = town();
    let newer = rusqlite::Connection::open(folder.path().join("parvis.db")).unwrap();
    let later = "INSERT INTO schema_migrations (version, name, checksum, serves) VALUES (9999, 'later', 'x', 9999)";
    newer.execute(later, []).unwrap();
    drop(newer);
    for arguments in [&["campaign", "show"][..], &["migrate"], &["import", "pabulib", "town.pb"]] {
        let ended = fails(folder.path(), &[arguments, &["--store", STORE]].concat(), 1, "SCHEMA_TOO_NEW");
        assert!(ended.err.contains("9999"), "{ended:?}");
    }
}

#[test]
fn a_locked_store_is_told() {
    let folder = town();
    let holder = rusqlite::Connection::open(folder.path().join("parvis.db")).unwrap();
    // In this mode a connection that has written keeps everybody else out, readers too.
    holder.execute_batch("PRAGMA locking_mode = EXCLUSIVE; BEGIN IMMEDIATE; PRAGMA user_version = 1; COMMIT;").unwrap();
    fails(folder.path(), &["campaign", "show", "--store", STORE], 1, "STORE_LOCKED");
    drop(holder);
    done(folder.path(), &["campaign", "show", "--store", STORE]);
}

#[test]
fn a_damaged_store_is_told_and_the_doctor_finds_it() {
    let folder = town();
    let path = folder.path().join("parvis.db");
    // Everything into the one file, out of the write-ahead log.
    let store = rusqlite::Connection::open(&path).unwrap();
    store.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get::<_, i64>(0)).unwrap();
    drop(store);
    // A text that isn't the one that was hashed: SQLite sees nothing, the doctor does.
    let mut bytes = fs::read(&path).unwrap();
    let place = bytes.windows(5).position(|window| window == b"Trees").unwrap();
    let whole = bytes.clone();
    bytes[place] = b'B';
    fs::write(&path, &bytes).unwrap();
    let ended = end(parvis(folder.path(), &["doctor", "--store", STORE]));
    assert_eq!(ended.status, 3, "{ended:?}");
    assert!(ended.out.contains("BROKEN log town") && ended.out.contains("[LOG_BROKEN]"), "{ended:?}");
    assert!(ended.err.contains("[DOCTOR]"), "{ended:?}");
    plain(&ended);
    // Pages that aren't pages.
    let mut bytes = whole;
    for byte in bytes.iter_mut().skip(4_096) {
        *byte = 0xff;
    }
    fs::write(&path, &bytes).unwrap();
    fails(folder.path(), &["campaign", "show", "--store", STORE], 1, "STORE_CORRUPT");
    fails(folder.path(), &["tally", "town", "--store", STORE], 1, "STORE_CORRUPT");
}

#[test]
fn a_server_that_takes_anybody_for_anybody_stays_on_this_machine() {
    let folder = town();
    for address in ["0.0.0.0:0", "192.0.2.1:8080", "[::]:0"] {
        let serve = ["serve", "--development", "--listen", address, "--store", STORE];
        fails(folder.path(), &serve, 2, "DEVELOPMENT_ISSUER_EXPOSED");
    }
    let ended = end(parvis(folder.path(), &["serve", "--listen", "nowhere", "--store", STORE]));
    assert_eq!(ended.status, 2, "{ended:?}");
    fails(folder.path(), &["serve", "--store", "sqlite:none.db"], 1, "STORE_NOT_FOUND");
}

#[test]
fn a_flag_wins_over_the_environment_and_that_over_the_file() {
    let folder = folder();
    let folder = folder.path();
    let store = |command: Command| {
        let ended = end(command);
        assert_eq!((ended.status, ended.err.as_str()), (0, ""), "{ended:?}");
        let line = ended.out.lines().find_map(|line| line.strip_prefix("store = ")).unwrap().to_owned();
        line.trim_matches('"').to_owned()
    };
    assert_eq!(store(parvis(folder, &["config"])), "sqlite:./parvis-data/parvis.db");
    fs::write(folder.join("parvis.toml"), "store = 'sqlite:file.db'\n").unwrap();
    assert_eq!(store(parvis(folder, &["config"])), "sqlite:file.db");
    let with_environment = |arguments: &[&str]| {
        let mut command = parvis(folder, arguments);
        command.env("PARVIS_STORE", "sqlite:environment.db");
        command
    };
    assert_eq!(store(with_environment(&["config"])), "sqlite:environment.db");
    assert_eq!(store(with_environment(&["config", "--store", "sqlite:flag.db"])), "sqlite:flag.db");
    fs::write(folder.join("parvis.toml"), "stroe = 'sqlite:file.db'\n").unwrap();
    let ended = fails(folder, &["config"], 2, "SETTINGS");
    assert!(ended.err.contains("stroe"), "{ended:?}");
    fails(folder, &["config", "--config", "none.toml"], 2, "SETTINGS");
}

/// `… | head -1`: whoever reads stops reading, and that is no fault.
#[test]
fn a_closed_pipe_ends_quietly() {
    let folder = town();
    let folder = folder.path();
    done(folder, &["export", "bundle", "town", "town.parvis", "--store", STORE]);
    let commands = [
        parvis(folder, &["campaign", "show", "town", "--store", STORE]),
        parvis(folder, &["tally", "town", "--store", STORE]),
        parvis(folder, &["doctor", "--store", STORE]),
        parvis(folder, &["config"]),
        parvis(folder, &["completions", "bash"]),
        parvis(folder, &["man"]),
        parvis_replay(folder, &["verify", "town.parvis"]),
        parvis_replay(folder, &["timeline", "town.parvis"]),
        parvis_replay(folder, &["completions", "bash"]),
        parvis_replay(folder, &["man"]),
    ];
    for mut command in commands {
        let asked = format!("{command:?}");
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let mut err = String::new();
        child.stderr.take().unwrap().read_to_string(&mut err).unwrap();
        let status = child.wait().unwrap();
        assert_eq!((status.code(), err.as_str()), (Some(0), ""), "{asked}");
    }
}

#[test]
fn colour_is_asked_for_by_no_pipe() {
    let folder = folder();
    for (name, value) in [("NO_COLOR", "1"), ("TERM", "xterm-256color")] {
        for arguments in [&["dance"][..], &["--help"], &["tally", "x"], &["config"]] {
            let mut command = parvis(folder.path(), arguments);
            command.env(name, value);
            plain(&end(command));
            let mut command = parvis_replay(folder.path(), arguments);
            command.env(name, value);
            plain(&end(command));
        }
    }
}
