//! Owns the proof of the auditor's other commands: since, receipt, address, project, query, diff, page.
//! Next: `support/mod.rs` makes the campaign; `tests/tests/tamper.rs` changes receipts at random.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, unreachable_pub)]

mod support;

use replay_tools::fetch::{located, located_within};
use rusqlite::Connection;
use serde_json::{Value, json};
use std::{
    fs,
    io::{BufRead, BufReader, Write},
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Command, Output},
    sync::{Arc, Mutex},
    thread,
};
use support::{Log, campaign, close, key, policy, proclaim, voted};
use tempfile::TempDir;
use transparency::{Error, Hash, Receipt, inclusion_proof, leaf_hash, node_hash};

struct Files(TempDir);

impl Files {
    fn new() -> Self {
        let files = Self(TempDir::new().unwrap());
        files.write("city.policy", policy(&key()));
        files
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> &Self {
        fs::write(self.path(name), bytes).unwrap();
        self
    }

    #[track_caller]
    fn run(&self, arguments: &[&str], code: i32) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_parvis-replay"));
        command.args(arguments).current_dir(self.0.path()).env("PARVIS_POLICY", "city.policy");
        let output = command.output().unwrap();
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {output:?}");
        output
    }

    #[track_caller]
    fn json(&self, arguments: &[&str], code: i32) -> Value {
        serde_json::from_slice(&self.run(arguments, code).stdout).unwrap()
    }

    #[track_caller]
    fn text(&self, arguments: &[&str], code: i32) -> String {
        String::from_utf8(self.run(arguments, code).stdout).unwrap()
    }

    #[track_caller]
    fn complaint(&self, arguments: &[&str], code: i32) -> String {
        String::from_utf8(self.run(arguments, code).stderr).unwrap()
    }
}

fn receipt(log: &Log, index: usize) -> Receipt {
    let hashes: Vec<Hash> = log.leaves.iter().map(|(leaf, _)| leaf_hash(leaf.as_bytes())).collect();
    let node = |level: u8, index: u64| -> Result<Hash, Error> {
        let width = 1_usize << level;
        let start = usize::try_from(index).unwrap() * width;
        let mut row = hashes[start..start + width].to_vec();
        while row.len() > 1 {
            row = row.chunks(2).map(|pair| node_hash(&pair[0], &pair[1])).collect();
        }
        Ok(row[0])
    };
    let index = u64::try_from(index).unwrap();
    let proof = inclusion_proof(index, log.size(), node).unwrap();
    Receipt { index, proof, checkpoint: log.checkpoint(&key()) }
}

#[test]
fn since_an_older_checkpoint_only_what_is_new_is_judged() {
    let mut log = voted(30);
    let old = log.checkpoint(&key());
    close(&mut log);
    proclaim(&mut log);
    let files = Files::new();
    files.write("new.parvis", log.bundle(&key())).write("old.checkpoint", &old);
    let report = files.json(&["verify", "new.parvis", "--since", "old.checkpoint", "--json"], 0);
    assert_eq!(report["verdict"], "HOLDS");
    assert_eq!(report["checked"]["since"]["size"], json!(voted(30).size()));
    assert_eq!(report["checked"]["events"], json!(log.size()));
    assert!(report["notes"][0].as_str().unwrap().starts_with("verified since"), "{report}");
    let history = |report: &Value| {
        report["checks"].as_array().unwrap().iter().find(|c| c["stage"] == "HISTORY").unwrap()["ending"].clone()
    };
    assert_eq!(history(&report), "HELD");
    assert_eq!(history(&files.json(&["verify", "new.parvis", "--json"], 0)), "NOT_ASKED");

    // Signed by the true key, of the same size, and not the same log.
    let other = campaign(29);
    files.write("other.parvis", other.bundle(&key()));
    let report = files.json(&["verify", "other.parvis", "--since", "old.checkpoint", "--json"], 3);
    assert_eq!((&report["stage"], &report["code"]), (&json!("HISTORY"), &json!("HISTORY_FORKED")));
    let told = files.json(&["diff", "new.parvis", "other.parvis", "--json"], 3);
    assert_eq!((&told["forked"], &told["same"]), (&json!(true), &json!(false)));
    let first = usize::try_from(told["first"].as_u64().unwrap()).unwrap();
    let same = log.leaves.iter().zip(&other.leaves).take_while(|(a, b)| a.0 == b.0).count();
    assert_eq!(first, same);

    // An old bundle given out as new.
    files.write("old.parvis", voted(30).bundle(&key())).write("new.checkpoint", log.checkpoint(&key()));
    let report = files.json(&["verify", "old.parvis", "--since", "new.checkpoint", "--json"], 3);
    assert_eq!(report["code"], "HISTORY_NEWER");
    // Not signed, and of another log.
    files.write("stranger.checkpoint", log.checkpoint(&support::stranger()));
    assert_eq!(
        files.json(&["verify", "new.parvis", "--since", "stranger.checkpoint", "--json"], 3)["code"],
        "NOT_SIGNED"
    );
    let missing = files.complaint(&["verify", "new.parvis", "--since", "none"], 1);
    assert!(missing.starts_with("error FILE_UNREADABLE: none"), "{missing}");
}

#[test]
fn events_before_the_older_checkpoint_arent_judged_again_and_those_after_are() {
    let mut log = voted(12);
    let before = log.checkpoint(&key());
    let officer = domain::Actor::new("officer-1", domain::Role::ReturningOfficer);
    let unlawful = domain::Event::Campaign(domain::campaign::Event::BallotBoxClosed { papers: 24 });
    log.forge(&officer, support::CODE, &unlawful);
    let after = log.checkpoint(&key());
    let files = Files::new();
    files.write("t.parvis", log.bundle(&key())).write("before", before).write("after", after);
    let position = json!(log.position_of("BallotBoxClosed"));
    for arguments in [&["verify", "t.parvis", "--json"][..], &["verify", "t.parvis", "--since", "before", "--json"]] {
        assert_eq!(files.json(arguments, 3)["position"], position);
    }
    // Whoever verified up to there has seen it then.
    assert_eq!(files.json(&["verify", "t.parvis", "--since", "after", "--json"], 0)["verdict"], "HOLDS");
}

#[test]
fn a_receipt_is_held_against_its_event_or_a_bundle() {
    let log = campaign(20);
    let files = Files::new();
    let position = log.position_of("ProposalDeposited");
    let proof = receipt(&log, position);
    files.write("t.parvis", log.bundle(&key())).write("mine.tlog-proof", proof.to_text());
    files.write("leaf.json", &log.leaves[position].0).write("line.json", format!("{}\n", log.leaves[position].0));
    for leaf in ["leaf.json", "line.json"] {
        let report = files.json(&["receipt", "mine.tlog-proof", "--leaf", leaf, "--json"], 0);
        assert_eq!((&report["standing"], &report["position"]), (&json!("PROVEN"), &json!(position)));
        assert_eq!(report["event"]["type"], "ProposalDeposited");
    }
    let report = files.json(&["receipt", "mine.tlog-proof", "--bundle", "t.parvis", "--json"], 0);
    assert_eq!((&report["standing"], &report["notes"]), (&json!("PROVEN"), &json!([])));
    let alone = files.text(&["receipt", "mine.tlog-proof"], 0);
    assert!(alone.starts_with("SIGNED") && alone.contains("WHAT THE RECEIPT IS OF WAS NOT CHECKED"), "{alone}");

    // A path that doesn't lead there: the bundle tells which line.
    let mut wrong = proof.clone();
    wrong.proof[2] = leaf_hash(b"another");
    files.write("wrong", wrong.to_text());
    let report = files.json(&["receipt", "wrong", "--bundle", "t.parvis", "--json"], 3);
    assert_eq!(
        report["fault"],
        json!({ "part": "PATH", "line": 5, "code": "PROOF_INVALID", "message": report["fault"]["message"] })
    );
    let report = files.json(&["receipt", "wrong", "--leaf", "leaf.json", "--json"], 3);
    assert_eq!((&report["fault"]["part"], &report["fault"]["line"]), (&json!("PATH"), &Value::Null));
    files.write("other.json", &log.leaves[position + 1].0);
    let report = files.json(&["receipt", "mine.tlog-proof", "--leaf", "other.json", "--json"], 3);
    assert_eq!(report["fault"]["code"], "RECEIPT_OF_OTHER_LEAF");

    // A log that was shown to one person alone.
    files.write("fork.parvis", campaign(21).bundle(&key()));
    let report = files.json(&["receipt", "mine.tlog-proof", "--bundle", "fork.parvis", "--json"], 3);
    assert_eq!(report["fault"]["code"], "HISTORY_FORKED");
    // A bundle from before.
    let early = voted(20);
    files.write("early.parvis", early.bundle(&key()));
    let report = files.json(&["receipt", "mine.tlog-proof", "--bundle", "early.parvis", "--json"], 0);
    assert!(report["notes"][0].as_str().unwrap().contains("older than the receipt"), "{report}");
    files.write("late.tlog-proof", receipt(&log, log.leaves.len() - 1).to_text());
    let report = files.json(&["receipt", "late.tlog-proof", "--bundle", "early.parvis", "--json"], 3);
    assert_eq!((&report["fault"]["part"], &report["fault"]["code"]), (&json!("BUNDLE"), &json!("BUNDLE_OLDER")));
    let mut command = Command::new(env!("CARGO_BIN_EXE_parvis-replay"));
    let output = command
        .args(["receipt", "mine.tlog-proof"])
        .current_dir(files.0.path())
        .env_remove("PARVIS_POLICY")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8(output.stderr).unwrap().contains("POLICY_NEEDED"));
}

#[test]
fn a_bundle_becomes_tables() {
    let log = campaign(40);
    let files = Files::new();
    files.write("t.parvis", log.bundle(&key()));
    let told = files.text(&["project", "t.parvis", "--to", "sqlite:t.db"], 0);
    assert!(told.contains(&format!("{:>9}  events", log.size())), "{told}");
    let database = Connection::open(files.path("t.db")).unwrap();
    let one = |sql: &str| database.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap();
    assert_eq!(one("SELECT count(*) FROM events"), i64::try_from(log.size()).unwrap());
    assert_eq!(one("SELECT count(*) FROM proposals"), 14);
    assert_eq!(
        one("SELECT count(*) FROM results WHERE elected"),
        log.model.results.rows().filter(|row| row.elected).map(|_| 1_i64).sum::<i64>()
    );
    let spent: i64 = log.model.area_results.rows().map(|row| row.spent_cents.get()).sum();
    assert_eq!(one("SELECT sum(spent_cents) FROM area_results"), spent);
    assert_eq!(one("SELECT count(*) FROM ballots WHERE json_array_length(row, '$[1]') > 0"), 40);
    let title: String =
        database.query_row("SELECT title FROM proposals WHERE id = 'd3'", [], |row| row.get(0)).unwrap();
    assert_eq!(title, "Des arbres pour la rue numéro 3");
    // Never over what is there, and never half of one.
    assert!(files.complaint(&["project", "t.parvis", "--to", "sqlite:t.db"], 1).contains("OUTPUT_EXISTS"));
    let mut bytes = fs::read(files.path("t.parvis")).unwrap();
    bytes[200] ^= 1;
    files.write("broken.parvis", bytes);
    files.run(&["project", "broken.parvis", "--to", "sqlite:half.db"], 3);
    assert!(!files.path("half.db").exists());
    files.run(&["project", "t.parvis", "--to", "postgres://x"], 2);
}

#[test]
fn a_question_gets_an_answer_and_changes_nothing() {
    let files = Files::new();
    files.write("t.parvis", campaign(20).bundle(&key()));
    let sql = "SELECT id, envelope_cents, population AS people FROM areas ORDER BY place";
    let csv = files.text(&["query", "t.parvis", sql, "--format", "csv"], 0);
    assert_eq!(csv, "id,envelope_cents,people\ncity,4000000,10000\nnorth,3000000,10000\n");
    let table = files.text(&["query", "t.parvis", sql], 0);
    assert_eq!(table, "id     envelope_cents  people\ncity   4000000         10000\nnorth  3000000         10000\n");
    let answer = files.json(&["query", "t.parvis", sql, "--format", "json", "--limit", "1"], 0);
    assert_eq!(
        answer,
        json!({ "columns": ["id", "envelope_cents", "people"], "rows": [["city", 4_000_000, 10_000]], "more": true })
    );
    for refused in [
        "DELETE FROM areas",
        "SELECT 1; SELECT 2",
        "SELECT nothing FROM areas",
        "CREATE TABLE x (y)",
        "",
        "ATTACH 'new.db' AS other",
    ] {
        let complaint = files.complaint(&["query", "t.parvis", refused], 1);
        assert!(complaint.contains("QUERY_REFUSED"), "{refused}: {complaint}");
    }
    assert!(!files.path("new.db").exists());
    let endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n";
    assert!(files.complaint(&["query", "t.parvis", endless, "--seconds", "1"], 1).contains("QUERY_TOO_LONG"));
}

#[test]
fn nobody_counts_before_the_proclamation() {
    let files = Files::new();
    files.write("t.parvis", voted(9).bundle(&key()));
    let answer = files.json(&["query", "t.parvis", "SELECT count(*) FROM ballots", "--format", "json"], 0);
    assert_eq!(answer["rows"], json!([[0]]));
    let noted = files.complaint(&["project", "t.parvis", "--to", "sqlite:t.db"], 0);
    assert!(noted.contains("no result is proclaimed"), "{noted}");
}

#[test]
fn two_positions_of_one_log_differ_by_what_happened_between() {
    let log = campaign(20);
    let files = Files::new();
    files.write("t.parvis", log.bundle(&key()));
    let merged = log.position_of("ProjectAdmitted");
    let (from, to) = ((merged - 1).to_string(), merged.to_string());
    let told = files.json(&["diff", "t.parvis", "--at", &from, "--and", &to, "--json"], 0);
    assert_eq!((&told["first"], &told["count"], &told["forked"]), (&json!(merged), &json!(1), &json!(false)));
    assert_eq!(told["events"][0]["type"], "ProjectAdmitted");
    assert_eq!(
        told["tables"],
        json!([{ "table": "projects", "count": 1, "rows": [{ "side": "BOTH", "key": "p1", "members": ["decision"] }] }])
    );
    assert_eq!(files.text(&["diff", "t.parvis", "t.parvis"], 0), "SAME: nothing differs\n");
    // The same leaves, and a text that is no longer there.
    let mut redacted = log.clone();
    redacted.redact(log.position_of("ProposalDeposited"));
    files.write("redacted.parvis", redacted.bundle(&key()));
    let told = files.json(&["diff", "t.parvis", "redacted.parvis", "--json"], 0);
    assert_eq!((&told["first"], &told["events"][0]["side"]), (&Value::Null, &json!("BOTH")));
    assert!(files.complaint(&["diff", "t.parvis", "--at", "1", "--and", "100000"], 1).contains("OUTSIDE_LOG"));
    files.run(&["diff", "t.parvis"], 2);
    // One log that only goes on.
    files.write("early.parvis", voted(20).bundle(&key()));
    let told = files.json(&["diff", "early.parvis", "t.parvis", "--json"], 0);
    assert_eq!((&told["first"], &told["forked"]), (&json!(voted(20).size()), &json!(false)));
}

#[test]
fn the_page_tells_everything_in_two_languages_and_runs_nothing() {
    let files = Files::new();
    let mut log = campaign(40);
    log.redact(log.position_of("PhaseClosed"));
    files.write("t.parvis", log.bundle(&key()));
    files.run(&["verify", "t.parvis", "--html", "report.html"], 0);
    let page = fs::read_to_string(files.path("report.html")).unwrap();
    for told in [
        "Tout se vérifie.",
        "Everything holds.",
        "Budget participatif 2024",
        "Rue plantée 3",
        "Textes retirés",
        "Removed texts",
        "<svg",
    ] {
        assert!(page.contains(told), "{told}");
    }
    for never in ["<script", "http://", "https://", "onload", "javascript:"] {
        assert!(!page.contains(never), "{never}");
    }
    files.write("early.parvis", voted(40).bundle(&key()));
    files.run(&["verify", "early.parvis", "--html", "report.html"], 0);
    let page = fs::read_to_string(files.path("report.html")).unwrap();
    assert!(
        page.contains("Aucun résultat n’est proclamé") && !page.contains("class=\"won\""),
        "a count before the proclamation"
    );
    files.write("broken.parvis", &fs::read(files.path("t.parvis")).unwrap()[..900]);
    files.run(&["verify", "broken.parvis", "--html", "report.html"], 3);
    let page = fs::read_to_string(files.path("report.html")).unwrap();
    assert!(page.contains("Ce fichier ne se vérifie pas.") && page.contains("BAD_CONTAINER"));
}

#[test]
fn what_people_typed_is_text_on_the_page() {
    let report = replay_tools::verify(Path::new("/dev/null"), None, &mut |_, _| {}).unwrap();
    let mut model = projections::Model::default();
    Arc::make_mut(&mut model.overview).title = domain::Hidden::Disclosed("<img src=x onerror=alert(1)>".to_owned());
    let page = replay_tools::page::html(&report, &model).unwrap();
    assert!(!page.contains("<img") && page.contains("&#60;img"), "{page}");
}

/// How a server gives out a file.
#[derive(Clone, Copy)]
struct Manners {
    /// It breaks off after so many bytes of each answer.
    breaks_after: usize,
    /// It knows ranges, and its file has a strong validator.
    ranges: bool,
    /// It says how long the file is.
    length: bool,
}

/// Gives out these bytes until the test ends; counts the answers.
fn serve(bytes: Vec<u8>, manners: Manners) -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/t.parvis", listener.local_addr().unwrap());
    let asked = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&asked);
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut range = String::new();
            for line in BufReader::new(stream.try_clone().unwrap()).lines() {
                let line = line.unwrap().to_lowercase();
                if let Some(wanted) = line.strip_prefix("range: bytes=") {
                    range = wanted.trim_end_matches('-').to_owned();
                }
                if line.is_empty() {
                    break;
                }
            }
            seen.lock().unwrap().push(range.clone());
            let from: usize = range.parse().unwrap_or(0);
            let total = bytes.len();
            let mut head = if range.is_empty() {
                "HTTP/1.1 200 OK\r\n".to_owned()
            } else {
                format!("HTTP/1.1 206 Partial Content\r\ncontent-range: bytes {from}-{}/{total}\r\n", total - 1)
            };
            if manners.ranges {
                head.push_str("etag: \"one\"\r\naccept-ranges: bytes\r\n");
            }
            if manners.length {
                head.push_str(&format!("content-length: {}\r\n", total - from));
            }
            let end = (from + manners.breaks_after).min(total);
            // Whoever has enough goes away.
            let _ =
                write!(stream, "{head}connection: close\r\n\r\n").and_then(|()| stream.write_all(&bytes[from..end]));
        }
    });
    (url, asked)
}

#[test]
fn an_address_is_fetched_and_taken_up_where_it_broke_off() {
    let bundle = campaign(20).bundle(&key());
    let half = bundle.len() / 2 + 1;
    let files = Files::new();
    let whole = Manners { breaks_after: usize::MAX / 2, ranges: true, length: true };
    let (url, asked) = serve(bundle.clone(), whole);
    assert_eq!(files.json(&["verify", &url, "--json"], 0)["verdict"], "HOLDS");
    assert_eq!(*asked.lock().unwrap(), [""]);

    let (url, asked) = serve(bundle.clone(), Manners { breaks_after: half, ..whole });
    assert_eq!(files.json(&["verify", &url, "--json"], 0)["verdict"], "HOLDS");
    assert_eq!(*asked.lock().unwrap(), [String::new(), half.to_string()]);

    // Half downloads that can't be taken up are refused, and so is what never ends.
    let (url, asked) = serve(bundle.clone(), Manners { breaks_after: half, ranges: false, length: true });
    let complaint = files.complaint(&["verify", &url], 1);
    assert!(
        complaint.contains("DOWNLOAD_INCOMPLETE") && complaint.contains(&format!("{half} of {}", bundle.len())),
        "{complaint}"
    );
    assert_eq!(asked.lock().unwrap().len(), 5);
    // Where nobody says how long it is, the container tells that half of it is missing.
    let (url, _) = serve(bundle.clone(), Manners { breaks_after: half, ranges: false, length: false });
    assert_eq!(files.json(&["verify", &url, "--json"], 3)["code"], "BAD_CONTAINER");

    for length in [true, false] {
        let (url, _) = serve(bundle.clone(), Manners { length, ..whole });
        let error = located_within(Path::new(&url), 1_000, &mut |_, _| {}).unwrap_err();
        assert_eq!(error.code(), "DOWNLOAD_TOO_LARGE");
    }
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let error = located(Path::new(&format!("http://{nobody}/x")), &mut |_, _| {}).unwrap_err();
    assert_eq!(error.code(), "DOWNLOAD_FAILED");
}
