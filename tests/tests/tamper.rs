//! Owns the proof that nothing that a city publishes can be changed unnoticed, and that the place is named:
//! 2,000 random tamperings, or as many as `PARVIS_TAMPERINGS` says (50,000 in the long test).
//! Next: `tests/src/tampering.rs` for the tamperings, `replay-tools/tests/verify.rs` for single ones by the
//! holder of the key.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, unreachable_pub)]

#[path = "../../replay-tools/tests/support/mod.rs"]
mod support;

use replay_tools::{Against, Report, Verdict, check_receipt, check_tiles, diff, receipt::Standing, verified};
use std::{collections::BTreeMap, fs, path::PathBuf};
use support::{Log, campaign, key, policy, voted};
use tempfile::TempDir;
use tests::tampering::{Left, Tampering, Town, tampering};
use tests::tampering_files::{Cosigner, as_tiles};
use transparency::{Error, Hash, Policy, Receipt, Signer, inclusion_proof, leaf_hash, node_hash};

/// The receipt of an event for the whole log.
fn receipt(log: &Log, signer: &Signer, index: usize) -> String {
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
    Receipt { index, proof, checkpoint: log.checkpoint(signer) }.to_text()
}

struct Checker {
    folder: TempDir,
    town: Town,
}

impl Checker {
    fn new() -> Self {
        let log = campaign(120);
        let witness = Cosigner::new("witness.example", [5; 32]);
        // Another city's log has another name and another key.
        let stranger = Signer::from_seed("elsewhere.example/t2024", [9; 32]).unwrap();
        let other = Log::retold_in("elsewhere.example/t2024", support::retelling(&campaign(30)));
        let town = Town {
            bundle: log.bundle(&key()),
            key: key(),
            policy: policy(&key()),
            witnessed: format!("log {}\nwitness w {}\nquorum w\n", key().verifier(), witness.verifier()),
            cosigned: witness.cosign(&log.checkpoint(&key()), 1_704_200_000),
            receipts: [0, 7, 100, log.leaves.len() - 1].map(|index| receipt(&log, &key(), index)).to_vec(),
            other: [0, 7, 50].map(|index| receipt(&other, &stranger, index)).to_vec(),
            earlier: voted(120).checkpoint(&key()),
            tiles: as_tiles(
                &log.leaves.iter().map(|(leaf, _)| leaf.clone()).collect::<Vec<_>>(),
                &log.checkpoint(&key()),
            ),
        };
        let small: Vec<&String> = town.tiles.keys().filter(|name| name.contains("tile/1/")).collect();
        assert_eq!(small.len(), 1, "a log of one full tile at least");
        let checker = Self { folder: TempDir::new().unwrap(), town };
        fs::write(checker.path("town.parvis"), &checker.town.bundle).unwrap();
        checker.town.tiles.iter().for_each(|(name, bytes)| checker.put(name, Some(bytes.as_slice())));
        checker
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Puts a file into the folder of tiles, or takes it out.
    fn put(&self, name: &str, bytes: Option<&[u8]>) {
        let path = self.path("tiles").join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        match bytes {
            Some(bytes) => fs::write(path, bytes).unwrap(),
            None => fs::remove_file(path).unwrap(),
        }
    }

    fn city(&self) -> Policy {
        Policy::parse(&self.town.policy).unwrap()
    }

    fn verify(&self, bundle: &[u8], policy: &Policy, since: Option<&str>) -> Report {
        fs::write(self.path("changed.parvis"), bundle).unwrap();
        verified(&self.path("changed.parvis"), Some(policy), since, &mut |_, _| {}).unwrap().0
    }

    fn receipt(&self, bytes: &[u8], against: Against<'_>) -> Result<String, String> {
        fs::write(self.path("receipt"), bytes).unwrap();
        let report = check_receipt(&self.path("receipt"), against, Some(&self.city())).unwrap();
        match (report.standing, report.fault) {
            (Standing::Refused, Some(fault)) => {
                let part = serde_json::to_value(fault.part).unwrap();
                let line = fault.line.map_or_else(String::new, |line| format!("line={line};"));
                Err(format!("part={};{line}code={};{}", part.as_str().unwrap(), fault.code, fault.message))
            }
            (standing, _) => Ok(format!("{standing:?}")),
        }
    }

    /// What is told of it; an error is a refusal.
    fn check(&self, left: &Left) -> Result<String, String> {
        match left {
            Left::Bundle(bundle) => told(&self.verify(bundle, &self.city(), None)),
            Left::Since(bundle) => {
                let kept = Receipt::parse(&self.town.receipts[0]).unwrap().checkpoint;
                told(&self.verify(bundle, &self.city(), Some(&kept)))
            }
            Left::Policy(text) => match Policy::parse(text) {
                Ok(policy) => told(&self.verify(&self.town.bundle, &policy, None)),
                Err(error) => Err(of_format(&error)),
            },
            Left::Checkpoint(note) => {
                let checked = Policy::parse(&self.town.witnessed).unwrap().check(note);
                checked.map(|_| "signed".to_owned()).map_err(|error| of_format(&error))
            }
            Left::Receipt(bytes) => self.receipt(bytes, Against::Bundle(&self.path("town.parvis"))),
            Left::Tiles(files) => {
                files.iter().for_each(|(name, bytes)| self.put(name, bytes.as_deref()));
                let report = check_tiles(&self.path("tiles"), &self.city()).unwrap();
                files.iter().for_each(|(name, _)| self.put(name, Some(&self.town.tiles[name])));
                match report.fault {
                    None => Ok("tiles hold".to_owned()),
                    Some(fault) => Err(format!("file={};code={};{}", fault.file, fault.code, fault.message)),
                }
            }
            Left::ReceiptOfLeaf(receipt, leaf) => {
                fs::write(self.path("leaf"), leaf).unwrap();
                self.receipt(receipt.as_bytes(), Against::Leaf(&self.path("leaf")))
            }
        }
    }
}

fn told(report: &Report) -> Result<String, String> {
    let position = report.position.map_or_else(String::new, |position| format!("position={position};"));
    let message = report.message.clone().unwrap_or_default();
    let told = format!("{position}code={};{message}", report.code.unwrap_or_default());
    if report.verdict == Verdict::Holds { Ok(told) } else { Err(told) }
}

fn of_format(error: &Error) -> String {
    let line = match error {
        Error::BadNote { line, .. } | Error::BadCheckpoint { line, .. } | Error::BadPolicy { line, .. } => {
            format!("line={line};")
        }
        _ => String::new(),
    };
    format!("{line}code={};{error}", error.code())
}

#[test]
fn what_was_published_holds() {
    let checker = Checker::new();
    let town = &checker.town;
    let kept = Receipt::parse(&town.receipts[0]).unwrap().checkpoint;
    for left in [
        Left::Bundle(town.bundle.clone()),
        Left::Since(town.bundle.clone()),
        Left::Policy(town.policy.clone()),
        Left::Checkpoint(town.cosigned.clone()),
        Left::Receipt(town.receipts[1].clone().into_bytes()),
        Left::Tiles(Vec::new()),
    ] {
        assert!(checker.check(&left).is_ok(), "{:?}", checker.check(&left));
    }
    // Without the witness the quorum isn't met; the log alone has signed.
    assert!(checker.check(&Left::Checkpoint(kept)).unwrap_err().contains("NO_QUORUM"));
    let report = checker.verify(&town.bundle, &checker.city(), Some(&town.earlier));
    assert_eq!(report.verdict, Verdict::Holds, "{report:#?}");
}

#[test]
fn every_random_tampering_is_refused_and_its_place_named() {
    let checker = Checker::new();
    let count: u64 = std::env::var("PARVIS_TAMPERINGS").map_or(2_000, |text| text.parse().unwrap());
    let (mut unnoticed, mut misplaced) = (Vec::new(), Vec::new());
    let mut kinds: BTreeMap<&str, u64> = BTreeMap::new();
    for seed in 0..count {
        let Tampering { left, what, places, first } = tampering(&checker.town, seed);
        *kinds.entry(kind(&left)).or_default() += 1;
        match checker.check(&left) {
            Ok(told) => unnoticed.push(format!("{what}: {told}")),
            Err(told) if places.iter().any(|place| told.contains(place)) => {}
            Err(told) => misplaced.push(format!("{what}: {told:?} names none of {places:?}")),
        }
        // Two bundles side by side give the very event; it is enough to look at some of them.
        if let (Left::Since(bundle), Some(first), 0) = (&left, first, seed % 4) {
            fs::write(checker.path("changed.parvis"), bundle).unwrap();
            match diff([&checker.path("town.parvis"), &checker.path("changed.parvis")], Some(&checker.city())) {
                Ok(found) if found.first == Some(first) => {}
                Ok(found) => misplaced.push(format!("{what}: diff names {:?} and not {first}", found.first)),
                Err(error) => assert!(error.exit_code() == 3, "{what}: {error}"),
            }
        }
    }
    let shown = |list: &[String]| list.iter().take(20).cloned().collect::<Vec<_>>().join("\n");
    assert!(unnoticed.is_empty(), "{} of {count} unnoticed:\n{}", unnoticed.len(), shown(&unnoticed));
    assert!(misplaced.is_empty(), "{} of {count} misplaced:\n{}", misplaced.len(), shown(&misplaced));
    // Each kind has its share, or the test would look at less than it says.
    assert_eq!(kinds.len(), 7, "{kinds:?}");
    assert!(kinds.values().all(|share| share * 100 >= count), "{kinds:?}");
}

fn kind(left: &Left) -> &'static str {
    match left {
        Left::Bundle(_) => "bundle",
        Left::Since(_) => "fork",
        Left::Policy(_) => "policy",
        Left::Checkpoint(_) => "checkpoint",
        Left::Receipt(_) => "receipt",
        Left::ReceiptOfLeaf(..) => "receipt of a leaf",
        Left::Tiles(_) => "tiles",
    }
}
