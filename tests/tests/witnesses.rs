//! Owns our logs in the hands of programs that others wrote: three `aics-witness` processes cosign what the
//! server signs, `aics-tlog` and `pymerkle` check what it gives out, and a fork signed with the true key
//! finds no witness. What is asked of them: `tests/witness/check.py`; our side: `api/src/witness.rs`.

#![allow(clippy::unwrap_used, clippy::panic)]

use commands::{Clock, Entropy, Executor, Request};
use domain::campaign::Command as CampaignCommand;
use domain::roles::Office as Rank;
use domain::{Actor, Command as Asked, Role};
use serde_json::Value;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use tests::binary::{parvis, parvis_replay};
use tests::election;
use tests::office::Office;

/// The campaign that is over, and the one that goes on.
const COUNTED: &str = "counted";
const GOING: &str = "WILLOWFORD-2027";
const COORDINATOR: &str = "agent-0000000000000001";

/// So often that nobody is told to wait.
const RATES: &str = "[doors.rates]\nreads_per_ip = 1000000\nreads_per_account = 1000000\n";

/// A process, ended with the test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Starts a program that says on stderr where it listens, after `mark`.
fn listening(mut command: Command, mark: &str) -> (Running, String) {
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines().map_while(Result::ok);
    let running = Running(child);
    let address = lines.find_map(|line| {
        let (_, rest) = line.split_once(mark)?;
        Some(rest.chars().take_while(char::is_ascii_digit).collect::<String>())
    });
    // What a server says has to be read, or it waits for a reader.
    std::thread::spawn(move || lines.for_each(drop));
    (running, address.unwrap())
}

fn installed(program: &str) -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let path = root.join("target/witness/bin").join(program);
    assert!(path.is_file(), "{program} is not installed: bin/test does it (tests/witness/requirements.txt)");
    path
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// What a program prints that ends well.
fn said(mut command: Command) -> String {
    let Output { status, stdout, stderr } = command.output().unwrap();
    assert!(status.success(), "{command:?}: {}{}", text(&stdout), text(&stderr));
    text(&stdout)
}

/// A witness of others.
struct Witness {
    config: PathBuf,
    key: String,
    port: String,
    running: Option<Running>,
}

impl Witness {
    /// A new one that knows these logs, lines of `parvis keys show`.
    fn new(folder: &Path, number: u32, logs: &str) -> Self {
        let config = folder.join(format!("witness-{number}")).join("witness.json");
        let mut init = Self::command(&config, "init");
        init.args(["--name", &format!("witness.example/{number}"), "--listen", "127.0.0.1:0"]);
        let key = said(init).trim().to_owned();
        for log in logs.lines() {
            let key = log.strip_prefix("log ").unwrap();
            let mut add = Self::command(&config, "add-log");
            add.args(["--origin", key.split('+').next().unwrap(), "--vkey", key]);
            said(add);
        }
        let mut witness = Self { config, key, port: "0".to_owned(), running: None };
        witness.start();
        witness
    }

    fn command(config: &Path, verb: &str) -> Command {
        let mut command = Command::new(installed("aics-witness"));
        command.arg(verb).arg("--config").arg(config).env("PYTHONUNBUFFERED", "1");
        command
    }

    /// Starts it, where it was before.
    fn start(&mut self) {
        let mut serve = Self::command(&self.config, "serve");
        serve.args(["--listen", &format!("127.0.0.1:{}", self.port)]);
        let (running, port) = listening(serve, "listening on http://127.0.0.1:");
        (self.running, self.port) = (Some(running), port);
    }

    fn stop(&mut self) {
        self.running = None;
    }

    fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// How many contradictions it has kept the proof of.
    fn evidence(&self) -> usize {
        let said = said(Self::command(&self.config, "evidence"));
        serde_json::from_str::<Value>(&said).unwrap().as_array().unwrap().len()
    }
}

/// The settings with these witnesses.
fn settings(quorum: usize, witnesses: &[Witness]) -> String {
    let mut text = format!("{RATES}\n[witnesses]\nquorum = {quorum}\n");
    for witness in witnesses {
        text.push_str(&format!("\n[[witnesses.witness]]\nkey = '{}'\nurl = '{}'\n", witness.key, witness.url()));
    }
    text
}

fn check(arguments: &[&str]) -> Command {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut command = Command::new(installed("python"));
    command.arg(root.join("tests/witness/check.py")).args(arguments).env("PYTHONDONTWRITEBYTECODE", "1");
    command
}

/// Looks at the checkpoint from outside while `grow` makes the log grow to a size; what was seen.
fn watched(prefix: &str, policy: &Path, grow: impl FnOnce() -> u64) -> Value {
    let mut watch = check(&["watch", prefix, policy.to_str().unwrap()]);
    let mut child = watch.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let (mut input, mut lines) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()).lines());
    let mut running = Running(child);
    assert_eq!(lines.next().unwrap().unwrap(), "ready");
    writeln!(input, "{}", grow()).unwrap();
    let seen = lines.next().unwrap().unwrap();
    assert!(running.0.wait().unwrap().success());
    serde_json::from_str(&seen).unwrap()
}

/// A command of `parvis` that is refused with this code; what it says.
fn refused(mut command: Command, code: &str) -> String {
    let Output { status, stdout, stderr } = command.output().unwrap();
    let said = text(&stdout) + &text(&stderr);
    assert!(!status.success() && said.contains(&format!("[{code}]")), "{command:?}: {said}");
    said
}

#[test]
fn witnesses_of_others_cosign_every_checkpoint_and_no_fork() {
    let office = Office::default();
    office.import_text(COUNTED, &election::invented(1_000)).unwrap();
    let folder = office.file("");
    let store = format!("sqlite:{}", office.file("parvis.db").display());
    let ours = |folder: &Path, arguments: &[&str]| {
        let mut command = parvis(folder, arguments);
        if folder == office.file("") {
            command.env("PARVIS_STORE", &store);
        }
        command
    };
    let town = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/small-town/campaign.toml");
    said(ours(&folder, &["campaign", "new", town.to_str().unwrap()]));
    said(ours(&folder, &["grant", GOING, COORDINATOR]));
    let growing = office.head(GOING).log_id;
    let logs = said(ours(&folder, &["keys", "show"]));
    let mut witnesses = [1, 2, 3].map(|number| Witness::new(&folder, number, &logs));
    fs::write(office.file("parvis.toml"), settings(2, &witnesses)).unwrap();
    let policy_of = |campaign: &str| {
        let file = office.file(&format!("{campaign}.policy"));
        fs::write(&file, said(ours(&folder, &["log", "policy", campaign]))).unwrap();
        file
    };
    let (counted, going) = (policy_of(COUNTED), policy_of(GOING));
    let (_served, port) = listening(ours(&folder, &["serve", "--listen", "127.0.0.1:0"]), "serves http://127.0.0.1:");
    let prefix = |campaign: &str| format!("http://localhost:{port}/log/{campaign}/");

    // Every tile and entry, by two programs of others.
    let audit: Value =
        serde_json::from_str(&said(check(&["audit", &prefix(COUNTED), counted.to_str().unwrap()]))).unwrap();
    let size = office.head(COUNTED).size;
    assert_eq!(audit["size"], size);
    assert!(size > 1_000 && audit["bundles"] == size.div_ceil(256) && audit["proofs"] == 7, "{audit}");

    // Every checkpoint that is served while the log grows has its quorum.
    let mut number = 1;
    let executor = Executor::new(office.store().clone(), Clock::System, Entropy::system().unwrap());
    let mut grow = |many: u64| {
        for _ in 0..many {
            number += 1;
            let grantee = format!("agent-{number:016}").parse().unwrap();
            let command = CampaignCommand::GrantRole { grantee, office: Rank::of(Role::Moderator), until: None };
            let request = Request {
                command_id: executor.entropy().uuid(),
                actor: Actor::new(COORDINATOR, Role::Coordinator),
                commands: vec![Asked::Campaign(command)],
            };
            office.runtime.block_on(executor.execute(GOING, request)).unwrap();
        }
        office.head(GOING).size
    };
    let seen = watched(&prefix(GOING), &going, || grow(300));
    assert!(seen["checkpoints"].as_u64().unwrap() >= 2 && seen["least_cosignatures"].as_u64().unwrap() >= 2, "{seen}");
    // Without one of them it goes on.
    witnesses[2].stop();
    let seen = watched(&prefix(GOING), &going, || grow(20));
    assert_eq!(seen["size"], office.head(GOING).size);
    // Without two of them the last one stays, and the log still takes what comes.
    witnesses[1].stop();
    let before = office.head(GOING).size;
    assert!(grow(5) > before);
    let tiles = office.file("tiles");
    let export = |campaign: &str| ours(&folder, &["log", "export-tiles", campaign, tiles.to_str().unwrap()]);
    assert!(refused(export(GOING), "NO_QUORUM").contains("[WITNESS_UNREACHABLE]"));
    assert!(!tiles.exists(), "a folder without a checkpoint");
    let note = said(ours(&folder, &["log", "checkpoint", GOING]));
    assert_eq!(note.lines().nth(1).unwrap(), before.to_string());
    // One comes back, and knows what it has signed.
    witnesses[1].start();
    said(export(GOING));
    let exported = fs::read_to_string(tiles.join("checkpoint")).unwrap();
    let head = office.store().reader().head(growing).unwrap();
    assert_eq!(exported.lines().nth(1).unwrap(), head.size.to_string());

    // An old checkpoint as a new one.
    let old = office.file("old.checkpoint");
    fs::write(&old, &note).unwrap();
    for size in ["0", &before.to_string()] {
        assert_eq!(said(check(&["offer", &witnesses[0].url(), size, old.to_str().unwrap()])), "409\n");
    }

    // The bundle carries the policy and the cosignatures, and an auditor who asks for more gets less.
    said(ours(&folder, &["export", "bundle", COUNTED, "counted.parvis"]));
    assert_eq!(
        fs::read_to_string(office.file("counted.parvis.policy")).unwrap(),
        fs::read_to_string(&counted).unwrap()
    );
    let verify =
        |policy: &Path| parvis_replay(&folder, &["verify", "counted.parvis", "--policy", policy.to_str().unwrap()]);
    assert!(verify(&counted).output().unwrap().status.success());
    let strange = office.file("strange.policy");
    let stranger = Witness::new(&folder, 4, "");
    let text = fs::read_to_string(&counted).unwrap().replace(&witnesses[0].key, &stranger.key);
    fs::write(&strange, text.replace("group witnesses 2", "group witnesses 3")).unwrap();
    let judged = verify(&strange).output().unwrap();
    assert!(!judged.status.success() && self::text(&judged.stdout).contains("NO_QUORUM"), "{judged:?}");

    // A fork signed with the true key: one that is shorter, one that is longer, and one of the same size.
    let known = office.head(COUNTED).size;
    for (ballots, code) in [(900, "WITNESS_AHEAD"), (1_100, "WITNESS_SEES_FORK"), (1_000, "WITNESS_SEES_FORK")] {
        let fork = Office::default();
        let invented = election::invented(ballots).replace("Inventville", "Forgeville");
        fork.import_text(COUNTED, &invented).unwrap();
        let head = fork.head(COUNTED);
        assert_eq!(head.size.cmp(&known), ballots.cmp(&1_000), "{ballots}");
        assert_ne!(head.root, office.head(COUNTED).root);
        fs::copy(office.file("parvis.key"), fork.file("parvis.key")).unwrap();
        fs::write(fork.file("parvis.toml"), settings(2, &witnesses)).unwrap();
        let mut export = ours(&fork.file(""), &["log", "export-tiles", COUNTED, "tiles"]);
        export.env("PARVIS_STORE", format!("sqlite:{}", fork.file("parvis.db").display()));
        let said = refused(export, "NO_QUORUM");
        assert_eq!(said.matches(&format!("[{code}]")).count(), 2, "{said}");
        assert!(!fork.file("tiles").exists());
    }
    // They keep the proof of it: of the longer one and of the one of the same size.
    assert!(witnesses[..2].iter().all(|witness| witness.evidence() >= 2));
}
