//! A ceremony from its key holders to the opened urn, as its commands carry it out.

use super::*;
use age::secrecy::ExposeSecret;
use age::x25519::Identity;
use seal::{Ceremony, Share, UrnKey, open};
use tempfile::TempDir;

const NAMES: [&str; 3] = ["alice", "bob", "chloe"];

struct Place {
    folder: TempDir,
    published: PublicFile,
}

impl Place {
    /// A ceremony of two out of three, with the holders' identities beside it.
    fn new(seed: u64) -> Self {
        let folder = TempDir::new().unwrap();
        let entropy = Entropy::seeded(seed);
        let holders: Vec<Holder> = NAMES.iter().map(|name| holder_with_identity(folder.path(), name)).collect();
        let out = folder.path().join("ceremony");
        new(2, &holders, &out, &entropy).unwrap();
        let published = read_json(&out.join("urn.pub.json")).unwrap();
        Self { folder, published }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn share_file(&self, name: &str) -> PathBuf {
        self.file("ceremony").join(format!("{name}.share.age"))
    }

    fn opened(&self, name: &str) -> Share {
        decrypt(&self.share_file(name), &self.file(&format!("{name}.key"))).unwrap()
    }
}

fn holder_with_identity(folder: &Path, name: &str) -> Holder {
    let identity = Identity::generate();
    // As age-keygen writes it.
    let text = format!(
        "# created: 2026-01-01\n# public key: {}\n{}\n",
        identity.to_public(),
        identity.to_string().expose_secret()
    );
    write_new(&folder.join(format!("{name}.key")), &text, true).unwrap();
    urn_files::holder(&format!("{name}={}", identity.to_public())).unwrap()
}

fn code<T>(result: Result<T, Failure>) -> String {
    result.map_or_else(|failure| failure.code, |_| "DONE".to_owned())
}

#[test]
fn two_of_three_holders_open_what_was_sealed() {
    let place = Place::new(7);
    assert_eq!(place.published.holders, NAMES);
    assert_eq!(place.published.id, place.published.ceremony.key.id());
    let shares = [place.opened("chloe"), place.opened("alice")];
    let secret = join(&shares, &place.published.ceremony).unwrap();
    assert_eq!(secret.public().unwrap(), place.published.ceremony.key);

    let paper = paper(place.published.ceremony.key);
    write_new(&place.file("paper.json"), &serde_json::to_string(&paper).unwrap(), false).unwrap();
    let sealing = |choices: Vec<u32>, keep: &str| BallotCommand::Seal {
        paper: place.file("paper.json"),
        choices,
        points: None,
        keep: place.file(keep),
    };
    ballot(sealing(vec![7, 3], "mine.json"), &Entropy::seeded(1)).unwrap();
    let kept: VoterFile = read_json(&place.file("mine.json")).unwrap();
    assert_eq!(open(&secret, &kept.context().unwrap(), &kept.sealed).unwrap(), kept.ballot);
    assert_eq!(kept.ballot.choices, [7, 3]);
    assert_eq!(kept.seal_again().unwrap(), kept.sealed);
    assert_eq!(code(ballot(sealing(vec![3], "mine.json"), &Entropy::seeded(2))), "FILE_EXISTS");
    assert_eq!(code(ballot(sealing(vec![8], "other.json"), &Entropy::seeded(2))), "UNKNOWN_PROJECT");
    assert!(!place.file("other.json").exists());
}

fn paper(urn: UrnKey) -> BallotPaper {
    let paper = json!({
        "area": "nord", "ballot_type": {"type": "APPROVAL", "min": 1, "max": 2}, "catalogue": "00".repeat(32),
        "log": "ville.example/2026", "urn": urn,
        "projects": [{"number": 3, "cost_cents": 100}, {"number": 7, "cost_cents": 200}],
    });
    serde_json::from_value(paper).unwrap()
}

#[test]
fn what_is_secret_is_nowhere_in_clear() {
    let place = Place::new(7);
    let shares: Vec<Share> = NAMES.iter().map(|name| place.opened(name)).collect();
    let secret = join(&shares, &place.published.ceremony).unwrap();
    let secrets: Vec<String> = shares
        .iter()
        .map(|share| share.to_text().split(':').nth(4).unwrap().to_owned())
        .chain([secret.to_text().to_string(), hex::encode(secret.as_bytes())])
        .collect();
    let files: Vec<PathBuf> =
        fs::read_dir(place.file("ceremony")).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(files.len(), 4);
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        assert!(secrets.iter().all(|secret| !text.contains(secret)), "{}", file.display());
        #[cfg(unix)]
        if file.extension().is_some_and(|extension| extension == "age") {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o077, 0, "{}", file.display());
        }
    }
}

#[test]
fn a_share_opens_for_its_holder_alone() {
    let place = Place::new(7);
    let (alices, bobs) = (place.share_file("alice"), place.file("bob.key"));
    assert_eq!(code(decrypt(&alices, &bobs)), "SHARE_NOT_YOURS");
    assert_eq!(code(decrypt(&alices, &alices)), "NO_IDENTITY");
    assert_eq!(code(decrypt(&bobs, &place.file("alice.key"))), "SHARE_NOT_YOURS");
    assert_eq!(code(decrypt(&place.file("nobody.share.age"), &bobs)), "FILE");
}

#[test]
fn joining_names_what_is_wrong() {
    let (place, other) = (Place::new(7), Place::new(8));
    let urn = place.file("ceremony").join("urn.pub.json");
    let write = |name: &str, text: &str| {
        let path = place.file(name);
        write_new(&path, text, true).unwrap();
        path
    };
    let one = write("alice.share", &format!("{}\n", *place.opened("alice").to_text()));
    let two = write("bob.share", &place.opened("bob").to_text());
    let foreign = write("foreign.share", &other.opened("bob").to_text());
    let slip = write("slip.share", &place.opened("chloe").to_text().replace(":3:", ":2:"));
    let joined = |shares: &[&PathBuf]| {
        let shares = shares.iter().map(|path| (*path).clone()).collect();
        code(super::urn(UrnCommand::Join { shares, urn: urn.clone() }, &Entropy::seeded(1)))
    };
    assert_eq!(joined(&[&one, &two]), "DONE");
    assert_eq!(joined(&[&one]), "TOO_FEW_SHARES");
    assert_eq!(joined(&[&one, &one]), "SHARE_TWICE");
    assert_eq!(joined(&[&one, &foreign]), "FOREIGN_SHARE");
    assert_eq!(joined(&[&one, &slip]), "BAD_TEXT");
    assert_eq!(joined(&[&one, &urn]), "BAD_TEXT");
}

#[test]
fn a_ceremony_refuses_what_would_not_hold() {
    let folder = TempDir::new().unwrap();
    let alice = holder_with_identity(folder.path(), "alice");
    let bob = holder_with_identity(folder.path(), "bob");
    let out = folder.path().join("out");
    let held = |threshold, holders: &[&Holder]| {
        let holders: Vec<Holder> = holders.iter().map(|holder| (*holder).clone()).collect();
        code(new(threshold, &holders, &out, &Entropy::seeded(1)))
    };
    assert_eq!(held(2, &[&alice, &alice]), "HOLDER_TWICE");
    let again = Holder { name: "again".to_owned(), ..alice.clone() };
    assert_eq!(held(2, &[&alice, &again]), "HOLDER_TWICE");
    assert_eq!(held(1, &[&alice, &bob]), "BAD_THRESHOLD");
    assert_eq!(held(3, &[&alice, &bob]), "BAD_THRESHOLD");
    assert!(!out.exists(), "nothing is written for a ceremony that is refused");
    assert_eq!(held(2, &[&alice, &bob]), "DONE");
    assert_eq!(held(2, &[&alice, &bob]), "FILE_EXISTS");
    for bad in ["alice", "=age1x", "../alice=age1x", "alice=age1x", "al ice=age1x"] {
        assert!(urn_files::holder(bad).is_err(), "{bad}");
    }
    let faulty: Result<Ceremony, _> = serde_json::from_value(json!({"key": "AA", "shares": [], "threshold": 2}));
    assert!(faulty.is_err());
}
