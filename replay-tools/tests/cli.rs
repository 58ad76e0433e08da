//! Owns the contract of the command line: exit codes, streams, and the shapes of the JSON.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, unreachable_pub)]

mod support;

use serde_json::{Value, json};
use std::{
    fs,
    io::Read,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};
use support::{campaign, key, policy, stranger, voted};
use tempfile::TempDir;

fn replay(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_parvis-replay"));
    command.args(arguments).env_remove("PARVIS_POLICY");
    command
}

#[track_caller]
fn run(arguments: &[&str], code: i32) -> Output {
    let output = replay(arguments).output().unwrap();
    assert_eq!(output.status.code(), Some(code), "{arguments:?}: {output:?}");
    output
}

#[track_caller]
fn json_of(arguments: &[&str], code: i32) -> Value {
    serde_json::from_slice(&run(arguments, code).stdout).unwrap()
}

fn text(output: &[u8]) -> String {
    String::from_utf8(output.to_vec()).unwrap()
}

struct Files {
    _folder: TempDir,
    bundle: String,
    policy: String,
}

fn files(bundle: &[u8]) -> Files {
    let folder = TempDir::new().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    let files = Files { bundle: path("t.parvis"), policy: path("city.policy"), _folder: folder };
    fs::write(&files.bundle, bundle).unwrap();
    fs::write(&files.policy, policy(&key())).unwrap();
    files
}

fn sample() -> Files {
    files(&campaign(30).bundle(&key()))
}

#[test]
fn verify_says_holds_and_broken() {
    let files = sample();
    let report = json_of(&["verify", &files.bundle, "--policy", &files.policy, "--json"], 0);
    assert_eq!(report["verdict"], "HOLDS");
    for name in ["stage", "position", "code", "message"] {
        assert_eq!(report[name], Value::Null, "{name}");
    }
    assert_eq!(report["checked"]["campaign"], "T2024");
    assert_eq!(report["notes"], json!([]));
    let output = run(&["verify", &files.bundle], 0);
    assert!(text(&output.stdout).starts_with("HOLDS"));
    assert!(text(&output.stdout).contains("THE SIGNING KEY WAS NOT CHECKED"));
    assert_eq!(text(&output.stderr), "");

    let mut bytes = fs::read(&files.bundle).unwrap();
    bytes[200] ^= 1;
    fs::write(&files.bundle, bytes).unwrap();
    let report = json_of(&["verify", &files.bundle, "--json"], 3);
    assert_eq!((&report["verdict"], &report["stage"]), (&json!("BROKEN"), &json!("CONTAINER")));
    assert!(text(&run(&["verify", &files.bundle], 3).stdout).starts_with("BROKEN"));
}

#[test]
fn the_policy_also_comes_from_the_environment() {
    let files = files(&campaign(5).bundle(&stranger()));
    let output = replay(&["verify", &files.bundle]).env("PARVIS_POLICY", &files.policy).output().unwrap();
    assert_eq!(output.status.code(), Some(3));
    run(&["verify", &files.bundle], 0);
}

#[test]
fn faults_and_wrong_usage_have_their_codes() {
    let files = sample();
    let missing = run(&["verify", "/no/such/file.parvis"], 1);
    assert!(text(&missing.stderr).starts_with("error FILE_UNREADABLE: /no/such/file.parvis"));
    assert_eq!(text(&missing.stdout), "");
    fs::write(&files.policy, "nobody\n").unwrap();
    let output = run(&["verify", &files.bundle, "--policy", &files.policy], 1);
    assert!(text(&output.stderr).starts_with("error BAD_POLICY"));
    let policy: &Path = files.policy.as_ref();
    run(&["verify", &policy.display().to_string()], 3);
    run(&[], 2);
    run(&["verify"], 2);
    run(&["tally"], 2);
    run(&["tally", &files.bundle, "--pabulib", "x.pb"], 2);
    run(&["man", "nothing"], 2);
    let output = run(&["tally", &files.bundle, "--rule", "coin"], 2);
    assert!(text(&output.stderr).contains("greedy-threshold"));
    run(&["tally", &files.bundle, "--tie-break", "age"], 2);
    run(&["state", &files.bundle, "--stream", "project/p1", "--at", "yesterday"], 2);
    for (stream, at, code) in [("project/none", "0", "STREAM_UNKNOWN"), ("project/p1", "100000", "OUTSIDE_LOG")] {
        let output = run(&["state", &files.bundle, "--stream", stream, "--at", at], 1);
        assert!(text(&output.stderr).contains(code), "{output:?}");
    }
    let output = run(&["tally", &files.bundle, "--explain", "A99"], 1);
    assert!(text(&output.stderr).contains("PROJECT_UNKNOWN"));
}

#[test]
fn help_version_completions_and_manual() {
    assert!(text(&run(&["--version"], 0).stdout).starts_with("parvis-replay "));
    for arguments in [&["--help"][..], &["verify", "--help"], &["tally", "--help"]] {
        assert!(text(&run(arguments, 0).stdout).contains("Examples:"), "{arguments:?}");
    }
    for shell in ["bash", "zsh", "fish"] {
        assert!(text(&run(&["completions", shell], 0).stdout).contains("parvis-replay"), "{shell}");
    }
    assert!(text(&run(&["man"], 0).stdout).contains(".TH parvis-replay"));
    assert!(text(&run(&["man", "verify"], 0).stdout).contains(".TH parvis-replay-verify"));
}

#[test]
fn tally_of_a_bundle_is_what_was_proclaimed_and_another_rule_is_for_analysis() {
    let log = campaign(30);
    let files = files(&log.bundle(&key()));
    let report = json_of(&["tally", &files.bundle, "--json"], 0);
    let winners: Vec<&str> = log
        .world
        .campaign
        .configuration
        .as_ref()
        .unwrap()
        .areas
        .iter()
        .flat_map(|area| &log.model.area_results.get(&area.id).unwrap().winners)
        .map(|winner| log.model.projects.get(winner).unwrap().formation.reference.as_str())
        .collect();
    assert_eq!(report["winners"], json!(winners));
    assert_eq!((&report["rule"], &report["tie_break"]), (&json!("greedy"), &json!("lower-cost,lot,id")));
    assert_eq!(report["projects"].as_array().unwrap().len(), 11);
    let spent: i64 = report["areas"].as_array().unwrap().iter().map(|area| area["spent"].as_i64().unwrap()).sum();
    assert_eq!(report["spent"], json!(spent));
    for name in ["id", "score", "digital", "paper", "elected", "reason", "area", "project"] {
        assert!(!report["projects"][0][name].is_null(), "{name}");
    }
    let other = json_of(&["tally", &files.bundle, "--rule", "greedy-stop", "--tie-break", "id", "--json"], 0);
    assert_eq!((&other["rule"], &other["tie_break"]), (&json!("greedy-stop"), &json!("id")));
    let first = winners[0];
    let explained = text(&run(&["tally", &files.bundle, "--explain", first], 0).stdout);
    assert!(explained.contains("ELECTED"), "{explained}");
    let told = json_of(&["tally", &files.bundle, "--explain", first, "--json"], 0);
    assert_eq!(told["id"], json!(first));
    assert_eq!(told["smallest_changes"]["votes"]["state"], json!("ELECTED"));
}

#[test]
fn nobody_gets_a_partial_result() {
    let files = files(&voted(12).bundle(&key()));
    let output = run(&["tally", &files.bundle], 3);
    assert!(text(&output.stderr).contains("TOO_EARLY"));
    assert_eq!(text(&output.stdout), "");
}

#[test]
fn the_timeline_is_the_log() {
    let log = campaign(10);
    let files = files(&log.bundle(&key()));
    let lines = text(&run(&["timeline", &files.bundle, "--json"], 0).stdout);
    let entries: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(entries.len(), log.leaves.len());
    for (position, entry) in entries.iter().enumerate() {
        assert_eq!(entry["position"], json!(position));
    }
    let deposited = &entries[log.position_of("ProposalDeposited")];
    assert_eq!(deposited["type"], "ProposalDeposited");
    assert!(deposited["disclosed"]["/data/deposit/title"].is_string());
    let of_site = text(&run(&["timeline", &files.bundle, "--stream", "site/s1"], 0).stdout);
    assert_eq!(of_site.lines().count(), 4);
    assert!(of_site.lines().all(|line| line.contains("site/s1 #")));
    run(&["timeline", &files.bundle, "--stream", "site/s2"], 1);
}

#[test]
fn a_state_is_that_of_a_position_or_a_moment() {
    let log = campaign(10);
    let files = files(&log.bundle(&key()));
    let state =
        |stream: &str, at: &str| json_of(&["state", &files.bundle, "--stream", stream, "--at", at, "--json"], 0);
    let formed = log.position_of("ProjectFormed");
    let admitted = log.position_of("ProjectAdmitted");
    let before = state("project/p1", &formed.to_string());
    assert_eq!((&before["sequence"], &before["state"]["decision"]), (&json!(1), &Value::Null));
    let after = state("project/p1", &admitted.to_string());
    assert_eq!(after["position"], json!(admitted));
    assert!(after["state"]["decision"]["ADMITTED"]["cost_cents"].is_u64());
    let moment = after["at"].as_str().unwrap();
    assert_eq!(state("project/p1", moment)["state"], after["state"]);
    let end = json_of(&["state", &files.bundle, "--stream", "campaign/T2024", "--json"], 0);
    assert_eq!(end["state"]["box_closed"], json!(true));
    for stream in ["proposal/d1", "ballot/v0000001", "site/s1"] {
        assert!(json_of(&["state", &files.bundle, "--stream", stream, "--json"], 0)["state"].is_object(), "{stream}");
    }
}

#[test]
fn a_reader_that_goes_away_is_no_fault() {
    let files = files(&campaign(2_000).bundle(&key()));
    let mut child =
        replay(&["timeline", &files.bundle, "--json"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut first = [0; 10];
    child.stdout.take().unwrap().read_exact(&mut first).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(text(&output.stderr), "");
}

fn shared() -> Option<PathBuf> {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data");
    if data.is_dir() {
        return Some(data);
    }
    eprintln!("SKIPPED: the reference elections are not there");
    None
}

#[test]
fn tally_of_a_pabulib_file_equals_the_reference() {
    let Some(data) = shared() else { return };
    let mut compared = 0;
    for name in
        ["France_Toulouse_2019", "Poland_Krakow_2023_Czyzyny", "Netherlands_Amsterdam_588", "France_Toulouse_2024"]
    {
        let file = data.join("pabulib").join(format!("{name}.pb")).display().to_string();
        let expected = fs::read(data.join("pabulib-expected").join(format!("{name}.json"))).unwrap();
        let expected: Value = serde_json::from_slice(&expected).unwrap();
        for (reference, rule) in [("greedy_score", "greedy"), ("greedy_score_stop", "greedy-stop")] {
            for suffix in ["", "_tie_cheap"] {
                let wanted = &expected["rules"][format!("{reference}{suffix}")];
                if wanted.is_null() {
                    continue;
                }
                let tie_break = if wanted["tie_break"] == "lex" { "id" } else { "cheap" };
                let report =
                    json_of(&["tally", "--pabulib", &file, "--rule", rule, "--tie-break", tie_break, "--json"], 0);
                assert_eq!(wanted["order"], "selection order");
                assert_eq!(report["winners"], wanted["winners"], "{name} {reference}{suffix}");
                assert_eq!(report["rule"], rule);
                if let Some(units) = wanted["cost"].as_str().and_then(|cost| cost.parse::<i64>().ok()) {
                    assert_eq!(report["spent"], json!(units * 100));
                }
                for key in ["tie_break", "budget", "projects"] {
                    assert!(!report[key].is_null(), "{key}");
                }
                compared += 1;
            }
        }
    }
    assert!(compared >= 8, "{compared}");
}

#[test]
fn a_pabulib_file_that_is_none_names_the_line() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("bad.pb").display().to_string();
    fs::write(&path, "META\nkey;value\nbudget;ten\n").unwrap();
    let output = run(&["tally", "--pabulib", &path, "--json"], 1);
    assert!(text(&output.stderr).contains("line "), "{output:?}");
    assert_eq!(text(&output.stdout), "");
}
