//! A sealed election as somebody meets it who trusts nobody: each voter seals with the command line and keeps
//! a file, the log is read from the exported bundle alone, and the urn is opened with shares.
//!
//! Owns the way from the ballot paper to the own ballot in the count over both programmes and the server,
//! and what becomes of it when somebody cheats: with the lists, with a ballot, with the shares, and with the
//! log itself when they hold its key. Next: `replay-tools/tests/streams.rs`, which lies in every step.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

#[allow(dead_code, reason = "the town of the API's own tests, of which only a part is needed here")]
#[path = "../../api/tests/api/town.rs"]
mod town;

use commands::Entropy;
use seal::{Share, UrnSecret};
use serde_json::{Value, json};
use std::path::PathBuf;
use tally::Invalid;
use tests::binary::{Ended, end, parvis, parvis_replay};
use tests::tamper::Parts;
use town::{COORDINATOR, OFFICER, REFERENT, SECOND, Town, configuration};
use transparency::{Checkpoint, Frontier, Hash, Signer, leaf_hash};

/// What each voter means; the first votes again, and means the second line then.
const MEANT: [&[u32]; 8] = [&[1], &[1, 2], &[2], &[3], &[], &[1, 3], &[2], &[1]];
const AGAIN: &[u32] = &[2, 3];

struct Election {
    town: Town,
    shares: Vec<Share>,
}

impl Election {
    /// The vote is open, its key made in a ceremony of two out of three.
    async fn new() -> Self {
        let town = Town::new().await;
        let mut sealed = configuration();
        sealed["ballotBox"] = json!("SEALED");
        sealed["sealedRules"] = json!({ "threshold": 2, "holders": 3, "batchLeast": 2, "objectionDays": 1 });
        town.done(COORDINATOR, "configureCampaign", sealed, "").await;
        for actor in [SECOND, REFERENT, OFFICER] {
            town.grant(actor).await;
        }
        let mut drawn = 0;
        let mut draw = || {
            drawn += 1;
            Hash::of(&[&[drawn]]).0
        };
        let (ceremony, shares) = seal::split(&UrnSecret::from_seed(&[5; 32]), 2, 3, &mut draw).unwrap();
        let checks: Vec<String> = ceremony.shares.iter().map(ToString::to_string).collect();
        let key = json!({ "campaign": "T26", "key": ceremony.key.to_string(), "threshold": 2, "shares": checks });
        town.done(OFFICER, "declareUrnKey", key, "").await;
        let election = Self { town: town.vote_opens().await.0, shares };
        let mut public = serde_json::to_value(&ceremony).unwrap();
        public["holders"] = json!(["alice", "bob", "chloe"]);
        public["id"] = json!(ceremony.key.id());
        std::fs::write(election.file("urn.pub.json"), public.to_string()).unwrap();
        for (name, share) in ["alice", "bob", "chloe"].into_iter().zip(&election.shares) {
            std::fs::write(election.file(name), share.to_text().as_str()).unwrap();
        }
        election
    }

    fn file(&self, name: &str) -> PathBuf {
        self.town.folder.path().join(name)
    }

    /// What a programme answers in the folder of the town.
    async fn run(
        &self,
        programme: fn(&std::path::Path, &[&str]) -> std::process::Command,
        arguments: &[&str],
    ) -> Ended {
        let command = programme(self.town.folder.path(), arguments);
        tokio::task::spawn_blocking(move || end(command)).await.unwrap()
    }

    async fn parvis(&self, arguments: &[&str]) -> Ended {
        self.run(parvis, arguments).await
    }

    async fn replay(&self, arguments: &[&str]) -> Ended {
        self.run(parvis_replay, arguments).await
    }

    /// The city exports the log as it is now, and whoever audits has its key from elsewhere.
    async fn export(&self) {
        let (store, key) = (self.town.store.clone(), self.file("notary.key"));
        let out = self.file("T26.parvis");
        let export = move || api::export::bundle(&store, &key, &Entropy::seeded(1), "T26", &out).map(drop);
        tokio::task::spawn_blocking(export).await.unwrap().unwrap();
    }

    /// Seals with the command line: what is to be sent, and what becomes the voter's file.
    async fn seal(&self, paper: &str, choices: &[u32], keep: &str) -> Value {
        let choices: Vec<String> = choices.iter().map(u32::to_string).collect();
        let choices = choices.join(",");
        let mut arguments = vec!["ballot", "seal", "--paper", paper, "--keep", keep];
        if !choices.is_empty() {
            arguments.extend(["--choices", &choices]);
        }
        let sealed = self.parvis(&arguments).await;
        assert_eq!(sealed.status, 0, "{sealed:?}");
        serde_json::from_str(&sealed.out).unwrap()
    }

    /// Sends what was sealed; the receipt goes into the voter's file, a no is answered.
    async fn send(&self, voter: usize, sealed: &Value, keep: &str) -> Result<(), String> {
        let query = "mutation($input: CastSealedBallotsInput!) { castSealedBallots(input: $input) {
            receipts rejections { code } } }";
        let input = json!({ "input": { "campaign": "T26", "ballots": [sealed["send"]] } });
        let answer = self.town.answer(&format!("CITIZEN:v{voter}"), query, input).await;
        let cast = &answer["data"]["castSealedBallots"];
        if let Some(code) = cast["rejections"][0]["code"].as_str() {
            return Err(code.to_owned());
        }
        let path = self.file(keep);
        let mut kept: Value = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
        kept["receipt"] = cast["receipts"][0].clone();
        std::fs::write(path, kept.to_string()).unwrap();
        Ok(())
    }

    async fn register(&self, voter: usize, district: &str) {
        let civil = json!({ "names": format!("{}", Hash::of(&[&[u8::try_from(voter).unwrap()]])),
            "birthDate": "1980-01-01", "birthPlace": "Ville" });
        let input = json!({ "input": { "campaign": "T26", "civil": civil, "district": district } });
        let query = "mutation($input: RegisterToVoteInput!) { registerToVote(input: $input) { rejections { code } } }";
        let answer = self.town.answer(&format!("CITIZEN:v{voter}"), query, input).await;
        assert_eq!(answer["data"]["registerToVote"]["rejections"], json!([]), "{answer}");
    }

    /// What a voter finds with the own file.
    async fn check(&self, bundle: &str, keep: &str) -> (i32, Value) {
        let policy = "T26.parvis.policy";
        let found = self.replay(&["ballot", "check", bundle, "--receipt", keep, "--policy", policy, "--json"]).await;
        (found.status, serde_json::from_str(&found.out).unwrap_or_else(|_| panic!("{found:?}")))
    }

    async fn verify(&self, bundle: &str) -> (i32, Value) {
        let found = self.replay(&["verify", bundle, "--policy", "T26.parvis.policy", "--json"]).await;
        (found.status, serde_json::from_str(&found.out).unwrap_or_else(|_| panic!("{found:?}")))
    }

    /// Everybody votes, the first twice; who tries to cheat is refused.
    async fn votes(&self) {
        self.export().await;
        let asked = self.replay(&["ballot", "paper", "T26.parvis", "--area", "CITY"]).await;
        std::fs::write(self.file("city.json"), &asked.out).unwrap();
        for (voter, choices) in MEANT.iter().enumerate() {
            self.register(voter, "NORTH").await;
            let keep = format!("{voter}.json");
            let sealed = self.seal("city.json", choices, &keep).await;
            self.send(voter, &sealed, &keep).await.unwrap();
            // Who has seen another's ballot sends it as the own.
            let thief = (voter + 1) % MEANT.len();
            if thief < voter {
                assert_eq!(self.send(thief, &sealed, &keep).await.unwrap_err(), "BALLOT_KNOWN");
            }
        }
        let again = self.seal("city.json", AGAIN, "again.json").await;
        self.send(0, &again, "again.json").await.unwrap();

        // A page that shows another list seals for another list, and for a project that isn't there.
        let mut paper: Value = serde_json::from_str(&asked.out).unwrap();
        paper["catalogue"] = json!(Hash::of(&[b"another list"]));
        std::fs::write(self.file("swapped.json"), paper.to_string()).unwrap();
        let swapped = self.seal("swapped.json", &[1], "swapped-kept.json").await;
        assert_eq!(self.send(1, &swapped, "swapped-kept.json").await.unwrap_err(), "FOREIGN_CATALOGUE");
        // Who has written a page of their own can seal what breaks the rules: it is counted as invalid.
        paper["catalogue"] = serde_json::from_str::<Value>(&asked.out).unwrap()["catalogue"].take();
        paper["ballot_type"]["max"] = json!(3);
        paper["projects"].as_array_mut().unwrap().push(json!({ "number": 9, "cost_cents": 1 }));
        std::fs::write(self.file("own-page.json"), paper.to_string()).unwrap();
        for (voter, choices, keep) in [(8, &[1, 2, 3][..], "over.json"), (9, &[9], "unknown.json")] {
            self.register(voter, "NORTH").await;
            let sealed = self.seal("own-page.json", choices, keep).await;
            self.send(voter, &sealed, keep).await.unwrap();
        }
        let unknown = ["ballot", "seal", "--paper", "city.json", "--choices", "9", "--keep", "no.json"];
        assert!(self.parvis(&unknown).await.err.contains("UNKNOWN_PROJECT"));
        let over = ["ballot", "seal", "--paper", "city.json", "--choices", "1,2,3", "--keep", "no.json"];
        assert!(self.parvis(&over).await.err.contains("TOO_MANY_CHOICES"));
        // Nobody votes in a district that they don't live in.
        let asked = self.replay(&["ballot", "paper", "T26.parvis", "--area", "NORTH"]).await;
        std::fs::write(self.file("north.json"), &asked.out).unwrap();
        let query = "mutation($input: RegisterToVoteInput!) { registerToVote(input: $input) { rejections { code } } }";
        let civil = json!({ "names": "Sans Quartier", "birthDate": "1980-01-01", "birthPlace": "Ville" });
        let input = json!({ "input": { "campaign": "T26", "civil": civil } });
        self.town.answer("CITIZEN:v99", query, input).await;
        let elsewhere = self.seal("north.json", &[], "elsewhere.json").await;
        assert_eq!(self.send(99, &elsewhere, "elsewhere.json").await.unwrap_err(), "OTHER_DISTRICT");
    }

    /// A polling place where one voter signs and two papers are found: the second needs a reason. Two agents
    /// read otherwise, a third decides.
    async fn papers(&self, before: impl AsyncFnOnce()) {
        let town = &self.town;
        let officers = ["one", "two", "three"].map(|name| format!("POLLING_OFFICER:{name}"));
        for officer in &officers {
            town.grant(officer).await;
        }
        let place = json!({ "campaign": "T26", "key": "HALL", "name": "Mairie", "address": "1 rue",
            "areas": ["CITY"], "mode": "COUNT_SHEET" });
        let place = town.done(COORDINATOR, "openPollingPlace", place, "place { id }").await["place"]["id"].take();
        town.done(&officers[0], "sealBox", json!({ "place": place, "number": 1, "seals": ["A-1"] }), "").await;
        let query = "mutation($input: CheckInPaperVoterInput!) { checkInPaperVoter(input: $input) { signed } }";
        let civil = json!({ "names": "Camille Dupont", "birthDate": "1970-01-01", "birthPlace": "Ville" });
        let signs = json!({ "input": { "campaign": "T26", "civil": civil, "areas": ["CITY"] } });
        let signed = town.answer(&officers[0], query, signs).await;
        assert_eq!(signed["data"]["checkInPaperVoter"]["signed"], true, "{signed}");
        before().await;
        town.done(&officers[0], "openBox", json!({ "place": place, "number": 1, "seals": ["A-1"] }), "").await;
        let mut counted = json!({ "place": place, "area": "CITY", "signatures": 1, "papers": 2 });
        let refused = town.refused(&officers[0], "countSignatures", counted.clone()).await;
        assert_eq!(refused["code"], "MORE_PAPERS_THAN_SIGNATURES");
        counted["reason"] = json!("Une signature oubliée.");
        town.done(&officers[0], "countSignatures", counted, "").await;
        for (officer, votes, reason, state) in
            [(0, 2, None, "ENTERED"), (1, 1, None, "DISAGREE"), (2, 2, Some("Relus."), "AGREED")]
        {
            let lines = json!([{ "project": 1, "votes": votes }, { "project": 2, "votes": 1 }]);
            let count = json!({ "valid": 2, "blank": 0, "lines": lines });
            let entry = json!({ "place": place, "area": "CITY", "count": count, "reason": reason });
            let found = "place { papers { bundles { state count { valid } } } }";
            let entered = town.done(&officers[officer], "enterPaperCount", entry, found).await;
            let bundle = &entered["place"]["papers"][0]["bundles"][0];
            assert_eq!(bundle, &json!({ "state": state, "count": null }));
        }
    }

    /// To the shredded link, with the window for objections over.
    async fn closes(&self) {
        let (town, step) = (&self.town, json!({ "campaign": "T26" }));
        let end = json!({ "campaign": "T26", "phase": "VOTE", "reason": "On time." });
        self.papers(async || drop(town.agreed(COORDINATOR, "closePhase", end, "").await)).await;
        town.agreed(OFFICER, "closeBallotBox", step.clone(), "").await;
        let late = self.seal("city.json", &[1], "late.json").await;
        assert_eq!(self.send(2, &late, "late.json").await.unwrap_err(), "PHASE_NOT_OPEN");
        let register = "campaign { urn { steps { register { area digital paper papersInBoxes } } } }";
        let told = town.done(OFFICER, "reconcileRegister", step.clone(), register).await;
        let register = &told["campaign"]["urn"]["steps"].as_array().unwrap().last().unwrap()["register"];
        assert_eq!(register[0], json!({ "area": "CITY", "digital": 10, "paper": 1, "papersInBoxes": 2 }));
        town.agreed(OFFICER, "shredLink", step, "").await;
        town.executor.clock().set("2026-03-03T00:00:00Z".parse().unwrap());
        town.done(OFFICER, "drawLot", json!({ "campaign": "T26", "publicValue": "42 17 3" }), "").await;
    }

    /// The holders come with their shares, some with wrong ones.
    async fn opens(&self) {
        let join =
            async |shares: &[&str]| self.parvis(&[&["urn", "join"], shares, &["--urn", "urn.pub.json"]].concat()).await;
        let refused = async |shares: &[&str], code: &str| {
            let ended = join(shares).await;
            assert!(ended.status != 0 && ended.err.contains(code) && ended.out.is_empty(), "{shares:?}: {ended:?}");
        };
        refused(&["alice"], "TOO_FEW_SHARES").await;
        refused(&["alice", "alice"], "SHARE_TWICE").await;
        let mut draw = || [3; 32];
        let (_, others) = seal::split(&UrnSecret::from_seed(&[6; 32]), 2, 3, &mut draw).unwrap();
        std::fs::write(self.file("foreign"), others[1].to_text().as_str()).unwrap();
        refused(&["alice", "foreign"], "FOREIGN_SHARE").await;
        // A share of the same key from another splitting, which nobody was given.
        let (_, same_key) = seal::split(&UrnSecret::from_seed(&[5; 32]), 2, 3, &mut draw).unwrap();
        std::fs::write(self.file("wrong"), same_key[1].to_text().as_str()).unwrap();
        refused(&["alice", "wrong"], "WRONG_SHARE").await;

        let open = |secret: &str| json!({ "campaign": "T26", "secret": secret });
        let wrong = UrnSecret::from_seed(&[6; 32]).to_text().to_string();
        assert_eq!(self.town.refused(OFFICER, "openUrn", open(&wrong)).await["code"], "WRONG_URN_SECRET");
        let joined = join(&["chloe", "alice"]).await;
        assert_eq!(joined.status, 0, "{joined:?}");
        self.town.done(OFFICER, "openUrn", open(joined.out.trim()), "").await;
        self.town.agreed(OFFICER, "proclaimResult", json!({ "campaign": "T26" }), "").await;
    }

    /// The bundle with some lines changed, signed anew by whoever holds the key of the log.
    fn lie(&self, name: &str, mut change: impl FnMut(&mut Value)) {
        let mut parts = Parts::read(&std::fs::read(self.file("T26.parvis")).unwrap());
        let mut tree = Frontier::new();
        for line in &mut parts.lines {
            let (leaf, rest) = line.split_once('\t').map_or((line.as_str(), None), |(leaf, rest)| (leaf, Some(rest)));
            let mut leaf: Value = serde_json::from_str(leaf).unwrap();
            change(&mut leaf);
            let leaf = transparency::to_canonical(&leaf).unwrap();
            tree.push(leaf_hash(leaf.as_bytes()));
            *line = rest.map_or_else(|| leaf.clone(), |rest| format!("{leaf}\t{rest}"));
        }
        let origin = parts.manifest["log"].as_str().unwrap().to_owned();
        let signer: Signer = api::keys::signer(&self.file("notary.key"), &origin, &Entropy::seeded(1)).unwrap();
        parts.checkpoint = Checkpoint { origin, size: tree.size(), root: tree.root() }.sign(&signer).unwrap();
        std::fs::write(self.file(name), parts.signed(&signer)).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_trusts_nobody_checks_a_sealed_election() {
    let election = Election::new().await;
    election.votes().await;
    election.export().await;
    // Before its batch is published a ballot isn't missing: it isn't due.
    assert_eq!(election.check("T26.parvis", "3.json").await.1["standing"], "NOT_DUE");
    election.closes().await;
    election.export().await;
    let (_, sealed) = election.check("T26.parvis", "3.json").await;
    assert_eq!((&sealed["standing"], &sealed["opened"]), (&json!("SEALED"), &Value::Null));
    let early = election.replay(&["tally", "T26.parvis", "--policy", "T26.parvis.policy"]).await;
    assert!(early.status != 0 && early.err.contains("TOO_EARLY"), "{early:?}");
    election.opens().await;
    election.export().await;

    // Everybody verifies the whole, and finds the own ballot as it was meant.
    let (status, report) = election.verify("T26.parvis").await;
    assert_eq!((status, &report["verdict"]), (0, &json!("HOLDS")), "{report}");
    let notes = report["notes"].to_string();
    assert!(
        notes.contains("MORE PAPERS THAN SIGNATURES: 2 papers of CITY") && notes.contains("and 1 voters"),
        "{notes}"
    );
    for (voter, choices) in MEANT.iter().enumerate() {
        let (status, found) = election.check("T26.parvis", &format!("{voter}.json")).await;
        let standing = if voter == 0 { "SET_ASIDE" } else { "AS_SEALED" };
        assert_eq!((status, &found["standing"], &found["proven"]), (0, &json!(standing), &json!(true)), "{found}");
        assert_eq!((&found["opened"]["choices"], &found["promise"]["due"]), (&json!(choices), &json!(false)));
    }
    let (_, again) = election.check("T26.parvis", "again.json").await;
    assert_eq!((&again["standing"], &again["opened"]["choices"]), (&json!("AS_SEALED"), &json!(AGAIN)));

    // The count of the auditor is that of the server, and that of everybody's intentions.
    let counted = election.replay(&["tally", "T26.parvis", "--policy", "T26.parvis.policy", "--json"]).await;
    let counted: Value = serde_json::from_str(&counted.out).unwrap();
    let current = election.town.read_model.current();
    let model = &current.campaign("T26").unwrap().model;
    let invalid = &model.area_results.get(&"CITY".parse().unwrap()).unwrap().invalid;
    assert_eq!(*invalid, [(Invalid::UnknownProject, 1), (Invalid::TooManyChoices, 1)].into());
    for entry in model.campaign.ballot_list(&"CITY".parse().unwrap()) {
        let meant = MEANT[1..].iter().chain([&AGAIN]).filter(|choices| choices.contains(&entry.number)).count();
        let decision = model.results.get(&entry.project).unwrap().decision.clone().unwrap();
        let projects = counted["projects"].as_array().unwrap();
        let by_replay = projects.iter().find(|project| project["project"] == entry.project.as_str()).unwrap();
        // Two papers name the first project, one of them the second as well.
        let papers = [2, 1, 0][usize::try_from(entry.number).unwrap() - 1];
        assert_eq!((u64::try_from(decision.digital).unwrap(), decision.paper), (u64::try_from(meant).unwrap(), papers));
        assert_eq!((&by_replay["score"], &by_replay["elected"]), (&json!(decision.score), &json!(decision.elected)));
    }

    // Whoever holds the key of the log can write another one; it doesn't follow the rules any more.
    type Lie = fn(&mut Value);
    let lies: [(&str, &str, Lie); 4] = [
        ("swapped.parvis", "FOREIGN_CATALOGUE", |leaf| {
            if leaf["type"] == "BallotsPublished" {
                leaf["data"]["catalogue"] = json!(Hash::of(&[b"another list"]));
            }
        }),
        ("replayed.parvis", "BALLOT_KNOWN", |leaf| {
            if leaf["type"] == "BallotsPublished" && leaf["data"]["number"] == 1 {
                leaf["data"]["ballots"][1] = leaf["data"]["ballots"][0].clone();
            }
        }),
        ("removed.parvis", "RESULT_MISMATCH", |leaf| {
            if leaf["type"] == "BallotsPublished" && leaf["data"]["number"] == 1 {
                leaf["data"]["ballots"].as_array_mut().unwrap().remove(0);
            }
        }),
        ("deleted.parvis", "REGISTER_MISMATCH", |leaf| {
            if leaf["type"] == "RegisterReconciled" {
                leaf["data"]["areas"][0]["digital"] = json!(9);
            }
        }),
    ];
    for (bundle, code, change) in lies {
        election.lie(bundle, change);
        let (status, report) = election.verify(bundle).await;
        assert_eq!((status, &report["verdict"], &report["code"]), (3, &json!("BROKEN"), &json!(code)), "{report}");
    }
    // And the one whose ballot was taken out has the proof in hand.
    let mut missing = 0;
    for keep in [
        "0.json",
        "1.json",
        "2.json",
        "3.json",
        "4.json",
        "5.json",
        "6.json",
        "7.json",
        "again.json",
        "over.json",
        "unknown.json",
    ] {
        let (status, found) = election.check("removed.parvis", keep).await;
        missing += i32::from(status != 0 || found["standing"] == "NOT_DUE");
        assert!(found["promise"].is_object(), "{found}");
    }
    assert_eq!(missing, 1);
    // Without the key nobody changes anything.
    let mut parts = Parts::read(&std::fs::read(election.file("T26.parvis")).unwrap());
    parts.lines.swap(3, 4);
    std::fs::write(election.file("forged.parvis"), parts.unsigned()).unwrap();
    assert_eq!(election.verify("forged.parvis").await.0, 3);
}
