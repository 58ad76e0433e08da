//! Owns what a voter learns of the own sealed ballot from a bundle: each way it can stand, and what
//! the file and the receipt prove.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, unreachable_pub)]

mod support;

use domain::{Actor, Event, Role, urn};
use replay_tools::{Standing, ballot_paper, check_ballot};
use seal::{BallotPaper, Nonce, Sealed, Unopened, UrnSecret, VoterFile, split};
use serde_json::{Value, json};
use std::{fs, path::PathBuf, process::Command};
use support::{CODE, Log, ORIGIN, id, key, policy, stranger, voted};
use tempfile::TempDir;
use transparency::{Hash, Policy, Signer, sign_note, to_canonical};

const AREA: &str = "north";

struct Election {
    folder: TempDir,
    log: Log,
    paper: BallotPaper,
}

impl Election {
    /// A vote that is open, with the key of its urn declared.
    fn new() -> Self {
        let (folder, mut log) = (TempDir::new().unwrap(), voted(0));
        let mut next = 0;
        let mut draw = || {
            next += 1;
            Hash::of(&[&[next]]).0
        };
        let (ceremony, _) = split(&secret(), 3, 5, &mut draw).unwrap();
        write(&mut log, urn::Event::UrnKeyDeclared { log: ORIGIN.to_owned(), ceremony });
        let bundle = folder.path().join("declared.parvis");
        fs::write(&bundle, log.bundle(&key())).unwrap();
        let paper = ballot_paper(&bundle, Some(&trusted()), AREA).unwrap();
        Self { folder, log, paper }
    }

    /// A voter's ballot, sealed and kept.
    fn seal(&self, voter: u8, choices: &[u32]) -> VoterFile {
        self.paper.seal(choices.to_vec(), None, Nonce([voter; 16]), [voter; 32]).unwrap()
    }

    fn publish(&mut self, ballots: Vec<Sealed>) {
        let (key, catalogue) = (self.paper.urn.id(), self.paper.catalogue);
        let number = self.log.world.urn.batches + 1;
        write(&mut self.log, urn::Event::BallotsPublished { area: id(AREA), number, key, catalogue, ballots });
    }

    fn open(&mut self) {
        write(&mut self.log, urn::Event::UrnOpened { secret: secret() });
    }

    fn files(&self, file: &VoterFile) -> (PathBuf, PathBuf) {
        let path = |name: &str| self.folder.path().join(name);
        fs::write(path("t.parvis"), self.log.bundle(&key())).unwrap();
        fs::write(path("mine.json"), serde_json::to_string(file).unwrap()).unwrap();
        (path("t.parvis"), path("mine.json"))
    }

    fn check(&self, file: &VoterFile) -> replay_tools::BallotReport {
        let (bundle, mine) = self.files(file);
        check_ballot(&bundle, Some(&trusted()), &mine).unwrap()
    }
}

fn write(log: &mut Log, event: urn::Event) {
    log.forge(&Actor::new("officer-1", Role::ReturningOfficer), CODE, &Event::Urn(event));
}

fn secret() -> UrnSecret {
    UrnSecret::from_seed(&[5; 32])
}

fn trusted() -> Policy {
    Policy::parse(&policy(&key())).unwrap()
}

fn receipt(file: &VoterFile, deadline: &str, signer: &Signer) -> String {
    let digest = file.sealed.digest(&file.context().unwrap());
    let text = json!({
        "area": file.area, "at": "2024-01-01T08:00:00Z", "ballot": digest, "deadline": deadline,
        "key": file.urn.id(), "log": file.log, "v": 1,
    });
    sign_note(&format!("{}\n", to_canonical(&text).unwrap()), signer).unwrap()
}

#[test]
fn a_ballot_stands_sealed_and_then_as_it_was_sealed() {
    let mut election = Election::new();
    assert_eq!(election.paper.length(), 96);
    let numbers: Vec<u32> = election.paper.projects.iter().map(|project| project.number).collect();
    let (mine, others) = (election.seal(1, &numbers[..2]), election.seal(2, &[]));
    election.publish(vec![others.sealed.clone()]);
    election.publish(vec![mine.sealed.clone()]);
    let sealed = election.check(&mine);
    assert_eq!((sealed.standing, sealed.proven, sealed.opened), (Standing::Sealed, true, None));
    let published = sealed.published.unwrap();
    assert_eq!((published.batch, usize::try_from(published.position).unwrap()), (2, election.log.leaves.len() - 1));

    election.open();
    let opened = election.check(&mine);
    assert_eq!(opened.standing, Standing::AsSealed);
    assert_eq!(opened.opened.unwrap().choices, numbers[..2]);
    let digest = mine.sealed.digest(&mine.context().unwrap());
    write(&mut election.log, urn::Event::BallotsSetAside { ballots: vec![digest] });
    assert_eq!(election.check(&mine).standing, Standing::SetAside);
    assert_eq!(election.check(&others).standing, Standing::AsSealed);
}

#[test]
fn a_missing_ballot_is_shown_by_its_receipt() {
    let mut election = Election::new();
    let mut mine = election.seal(1, &[]);
    election.publish(vec![election.seal(2, &[]).sealed]);
    election.open();
    let missing = election.check(&mine);
    assert_eq!((missing.standing, missing.promise, missing.opened), (Standing::Missing, None, None));
    let mut with = |deadline: &str, signer: &Signer| {
        mine.receipt = Some(receipt(&mine, deadline, signer));
        let report = election.check(&mine);
        (report.standing, report.promise.map(|promise| promise.due))
    };
    assert_eq!(with("2024-01-01T00:00:00Z", &key()), (Standing::Missing, Some(true)));
    assert_eq!(with("2030-01-01T00:00:00Z", &key()), (Standing::NotDue, Some(false)));
    assert_eq!(with("2030-01-01T00:00:00Z", &stranger()), (Standing::Missing, None));
    // Signed for somebody else's ballot.
    mine.receipt = Some(receipt(&election.seal(2, &[]), "2024-01-01T00:00:00Z", &key()));
    assert_eq!(election.check(&mine).promise, None);
}

#[test]
fn a_device_that_sealed_something_else_is_found_out() {
    let mut election = Election::new();
    let number = election.paper.projects[0].number;
    let sealed = election.seal(1, &[]);
    let mut kept = sealed.clone();
    kept.ballot.choices = vec![number];
    let mut damaged = election.seal(2, &[]);
    let mut bytes = damaged.sealed.as_bytes().to_vec();
    bytes[50] ^= 1;
    damaged.sealed = Sealed::new(bytes).unwrap();
    election.publish(vec![sealed.sealed.clone(), damaged.sealed.clone()]);
    assert!(!election.check(&kept).proven);
    election.open();
    let other = election.check(&kept);
    assert_eq!((other.standing, other.proven), (Standing::OtherBallot, false));
    assert_eq!(other.opened.unwrap().choices, Vec::<u32>::new());
    let unreadable = election.check(&damaged);
    assert_eq!((unreadable.standing, unreadable.unopened), (Standing::OtherBallot, Some(Unopened::NotForThisUrn)));
}

#[test]
fn the_command_line_says_it_in_both_languages() {
    let mut election = Election::new();
    let mine = election.seal(1, &[]);
    election.publish(vec![mine.sealed.clone()]);
    election.open();
    let (bundle, file) = election.files(&mine);
    let (bundle, file) = (bundle.display().to_string(), file.display().to_string());
    let run = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_parvis-replay"));
        let output = command.args(arguments).env_remove("PARVIS_POLICY").output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        (output.status.code(), text(output.stdout), text(output.stderr))
    };
    let (code, said, _) = run(&["ballot", "check", &bundle, "--receipt", &file]);
    assert_eq!(code, Some(0));
    assert!(said.starts_with("Votre bulletin est dans le registre, et il dit"), "{said}");
    assert!(said.contains("Your ballot stands in the log") && said.contains("choices    []"), "{said}");
    let (_, json, _) = run(&["ballot", "check", &bundle, "--receipt", &file, "--json"]);
    let report: Value = serde_json::from_str(&json).unwrap();
    assert_eq!((&report["standing"], &report["proven"]), (&json!("AS_SEALED"), &json!(true)));

    let (code, paper, _) = run(&["ballot", "paper", &bundle, "--area", AREA]);
    assert_eq!(code, Some(0));
    assert_eq!(serde_json::from_str::<BallotPaper>(&paper).unwrap(), election.paper);
    let (code, _, why) = run(&["ballot", "paper", &bundle, "--area", "nowhere"]);
    assert!(code == Some(3) && why.contains("UNKNOWN_AREA"), "{why}");

    let (_, missing) = election.files(&election.seal(9, &[]));
    let missing = missing.display().to_string();
    assert_eq!(run(&["ballot", "check", &bundle, "--receipt", &missing]).0, Some(3));
    let (_, foreign) = election.files(&VoterFile { log: "autre.example/t2024".to_owned(), ..mine });
    let foreign = foreign.display().to_string();
    let (code, _, why) = run(&["ballot", "check", &bundle, "--receipt", &foreign]);
    assert!(code == Some(1) && why.contains("BALLOT_FILE"), "{why}");
    let (code, _, why) = run(&["ballot", "check", &bundle, "--receipt", &bundle]);
    assert!(code == Some(1) && why.contains("FILE_UNREADABLE"), "{why}");
}
