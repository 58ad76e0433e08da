//! A whole election with sealed ballots over HTTP, on both engines: registration, votes, second votes,
//! papers, close entries, the closing in its steps, and a count against what everybody meant.

use crate::town::{COORDINATOR, OFFICER, REFERENT, SECOND, Town, configuration};
use api::voting::Voting;
use seal::{Nonce, PlainBallot, Sealed, UrnSecret};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use transparency::{Hash, Verifier, open_note};

pub(crate) const DESK: &str = "POLLING_OFFICER:desk";
const SECRET: [u8; 32] = [7; 32];

/// What a voter's page needs to seal.
pub(crate) struct Page {
    log: String,
    key: seal::UrnKey,
    catalogue: Hash,
    lengths: BTreeMap<String, usize>,
}

pub(crate) fn secret() -> UrnSecret {
    UrnSecret::from_seed(&SECRET)
}

pub(crate) async fn say(town: &Town, actor: &str, mutation: &str, input: Value, object: &str) -> Value {
    let kind = match mutation {
        "registerToVote" => "RegisterToVoteInput",
        "changeVotingDistrict" => "ChangeVotingDistrictInput",
        "castSealedBallots" => "CastSealedBallotsInput",
        "cancelSealedBallot" => "CancelSealedBallotInput",
        "checkInPaperVoter" => "CheckInPaperVoterInput",
        _ => "DecideMatchInput",
    };
    let query = format!(
        "mutation($input: {kind}!) {{ {mutation}(input: $input) {{ {object} rejections {{ code field limit }} }} }}"
    );
    let mut answer = town.answer(actor, &query, json!({ "input": input })).await;
    assert_eq!(answer.get("errors"), None, "{mutation} {input}: {answer}");
    answer["data"][mutation].take()
}

/// A town whose ballots are sealed, with the vote open.
pub(crate) async fn sealed_town(town: Town) -> Town {
    sealed_with(town, configuration()).await
}

/// The same with other areas or rules.
pub(crate) async fn sealed_with(town: Town, mut sealed: Value) -> Town {
    sealed["ballotBox"] = json!("SEALED");
    sealed["sealedRules"] = json!({ "threshold": 2, "holders": 3, "batchLeast": 5, "objectionDays": 1 });
    town.done(COORDINATOR, "configureCampaign", sealed, "campaign { ballotBox }").await;
    for actor in [SECOND, REFERENT, OFFICER, DESK] {
        town.grant(actor).await;
    }
    let (ceremony, _) = seal::split(&secret(), 2, 3, &mut || [9; 32]).unwrap();
    let shares: Vec<String> = ceremony.shares.iter().map(ToString::to_string).collect();
    let key = json!({ "campaign": "T26", "key": ceremony.key.to_string(), "threshold": 2, "shares": shares });
    let declared = town.done(OFFICER, "declareUrnKey", key, "campaign { urn { keyId } }").await;
    assert_eq!(declared["campaign"]["urn"]["keyId"], ceremony.key.id().to_string());
    town.vote_opens().await.0
}

impl Page {
    pub(crate) async fn of(town: &Town) -> Self {
        let data = town.ask(r#"{ campaign(code: "T26") { urn { log key catalogue lengths { area length } } } }"#).await;
        let urn = &data["campaign"]["urn"];
        let length = |row: &Value| {
            (row["area"].as_str().unwrap().to_owned(), usize::try_from(row["length"].as_u64().unwrap()).unwrap())
        };
        Self {
            log: urn["log"].as_str().unwrap().to_owned(),
            key: urn["key"].as_str().unwrap().parse().unwrap(),
            catalogue: urn["catalogue"].as_str().unwrap().parse().unwrap(),
            lengths: urn["lengths"].as_array().unwrap().iter().map(length).collect(),
        }
    }

    pub(crate) fn target(&self, area: &str) -> seal::Context {
        seal::Context::new(&self.log, area, &self.catalogue, &self.key.id()).unwrap()
    }

    pub(crate) fn seal(&self, area: &str, choices: &[u32], seed: u16) -> Sealed {
        let hash = Hash::of(&[area.as_bytes(), &seed.to_be_bytes()]);
        let nonce = Nonce(hash.0[..16].try_into().unwrap());
        let plain = PlainBallot { choices: choices.to_vec(), points: None, nonce };
        seal::seal(&self.key, &self.target(area), &plain, self.lengths[area], &hash.0).unwrap()
    }

    pub(crate) fn input(&self, ballots: &[(&str, Sealed)]) -> Value {
        let ballot = |(area, ballot): &(&str, Sealed)| {
            json!({ "area": area, "key": self.key.id().to_string(), "catalogue": self.catalogue.to_string(),
                "ballot": ballot.to_string() })
        };
        json!({ "campaign": "T26", "ballots": ballots.iter().map(ballot).collect::<Vec<_>>() })
    }
}

pub(crate) fn voter(n: u16) -> String {
    format!("CITIZEN:v{n}")
}

/// What the papers of a voter say; names differ by more than two letters.
pub(crate) fn civil(n: u16) -> Value {
    let hash = Hash::of(&[&n.to_be_bytes()]).to_string();
    json!({ "names": format!("{} {}", &hash[..8], &hash[8..16]), "birthDate": format!("1980-01-{:02}", n % 28 + 1),
        "birthPlace": "Ville" })
}

pub(crate) async fn register(town: &Town, n: u16) {
    let input = json!({ "campaign": "T26", "civil": civil(n), "district": "NORTH" });
    let answer = say(town, &voter(n), "registerToVote", input, "registration { district onPaper }").await;
    assert_eq!(answer["registration"], json!({ "district": "NORTH", "onPaper": false }), "{answer}");
}

/// Casts; the receipts.
pub(crate) async fn cast(town: &Town, page: &Page, n: u16, ballots: &[(&str, Sealed)]) -> Vec<String> {
    let answer = say(town, &voter(n), "castSealedBallots", page.input(ballots), "receipts").await;
    assert_eq!(answer["rejections"], json!([]));
    serde_json::from_value(answer["receipts"].clone()).unwrap()
}

pub(crate) fn voting(town: &Town) -> Voting {
    let vault = town.people.as_ref().unwrap().vault.clone();
    Voting::new(town.executor.clone(), vault, Arc::clone(&town.read_model), town.folder.path().join("notary.key"))
}

pub(crate) async fn refusal(town: &Town, actor: &str, mutation: &str, input: Value) -> String {
    let answer = say(town, actor, mutation, input, "").await;
    answer["rejections"][0]["code"].as_str().unwrap_or_else(|| panic!("{mutation}: {answer}")).to_owned()
}

async fn election(town: Town) {
    let town = sealed_town(town).await;
    let page = Page::of(&town).await;
    let voting = voting(&town);
    let one = |choices: &[u32], seed| [("CITY", page.seal("CITY", choices, seed))];
    assert_eq!(refusal(&town, &voter(1), "castSealedBallots", page.input(&one(&[1], 1))).await, "NOT_ON_REGISTER");
    for n in 1..=60 {
        register(&town, n).await;
    }
    // The same identity from another account, and another identity from the same.
    let again = |civil| json!({ "campaign": "T26", "civil": civil });
    assert_eq!(refusal(&town, "CITIZEN:double", "registerToVote", again(civil(1))).await, "ALREADY_EXISTS");
    assert_eq!(refusal(&town, &voter(1), "registerToVote", again(civil(2))).await, "ALREADY_DONE");

    // What everybody means: choices by voter and area.
    let mut meant: BTreeMap<(u16, &str), Vec<u32>> = BTreeMap::new();
    let mut receipts = Vec::new();
    for n in 1..=60_u16 {
        let choice = u32::from(n % 3) + 1;
        let mut ballots = vec![("CITY", page.seal("CITY", &[choice], n))];
        meant.insert((n, "CITY"), vec![choice]);
        if n % 2 == 0 {
            ballots.push(("NORTH", page.seal("NORTH", &[], n)));
            meant.insert((n, "NORTH"), vec![]);
        }
        let given = cast(&town, &page, n, &ballots).await;
        assert_eq!(given, cast(&town, &page, n, &ballots).await, "sent again, a ballot gets its first receipt");
        receipts.extend(given);
    }
    voting.step("T26").await.unwrap();
    let urn = r#"{ campaign(code: "T26") { urn { published steps { kind area ballots } } papersInBox } }"#;
    let published = town.ask(urn).await["campaign"]["urn"]["published"].as_u64().unwrap();
    // As many as the smallest batch has stay behind in each area, so that nobody is published alone later.
    assert_eq!(published, 80);
    // Second votes: the last one counts.
    for n in 1..=10_u16 {
        let ballot = page.seal("CITY", &[2], 100 + n);
        receipts.extend(cast(&town, &page, n, &[("CITY", ballot)]).await);
        meant.insert((n, "CITY"), vec![2]);
    }
    for n in 11..=14_u16 {
        let taken =
            say(&town, &voter(n), "cancelSealedBallot", json!({ "campaign": "T26", "area": "CITY" }), "cancelled")
                .await;
        assert_eq!(taken["cancelled"], true, "{taken}");
        meant.remove(&(n, "CITY"));
    }
    let back = json!({ "campaign": "T26", "area": "CITY" });
    assert_eq!(refusal(&town, &voter(11), "cancelSealedBallot", back).await, "NO_BALLOT");
    // Papers take the place of ballots, in every area.
    for n in 15..=19_u16 {
        let signs = json!({ "campaign": "T26", "civil": civil(n), "areas": ["CITY"] });
        let signed = say(&town, DESK, "checkInPaperVoter", signs.clone(), "signed").await;
        assert_eq!(signed["signed"], true, "{signed}");
        assert_eq!(refusal(&town, DESK, "checkInPaperVoter", signs).await, "VOTED_ON_PAPER");
        meant.retain(|(voter, _), _| *voter != n);
    }
    assert_eq!(refusal(&town, &voter(15), "castSealedBallots", page.input(&one(&[1], 500))).await, "VOTED_ON_PAPER");
    // Somebody signs under a name that is close to a registered one: two agents decide.
    let mut close = civil(20);
    close["names"] = json!(format!("{}x", close["names"].as_str().unwrap()));
    let signs = json!({ "campaign": "T26", "civil": close, "areas": ["CITY"] });
    assert_eq!(say(&town, DESK, "checkInPaperVoter", signs, "signed").await["signed"], true);
    let asks = r#"{ viewer { registerMatches(campaign: "T26") { id same said entries { names onPaper } } } }"#;
    let found = town.answer(OFFICER, asks, json!({})).await["data"]["viewer"]["registerMatches"].take();
    assert_eq!(found.as_array().unwrap().len(), 1, "{found}");
    let same = json!({ "campaign": "T26", "id": found[0]["id"], "same": true });

    // Ballots that can be told to be no good before they are opened, and one that nobody else may cast.
    let mut swapped = page.input(&one(&[1], 600));
    swapped["ballots"][0]["catalogue"] = json!(Hash::of(&[b"another list"]).to_string());
    assert_eq!(refusal(&town, &voter(30), "castSealedBallots", swapped).await, "FOREIGN_CATALOGUE");
    let mut other_key = page.input(&one(&[1], 600));
    other_key["ballots"][0]["key"] = json!("urn-0123456789abcdef");
    assert_eq!(refusal(&town, &voter(30), "castSealedBallots", other_key).await, "OTHER_URN_KEY");
    let short = Sealed::new(page.seal("CITY", &[1], 1).as_bytes()[..70].to_vec()).unwrap();
    let short = page.input(&[("CITY", short)]);
    assert_eq!(refusal(&town, &voter(30), "castSealedBallots", short).await, "BALLOT_INVALID");
    let stolen = page.input(&[("CITY", page.seal("CITY", &[2], 31))]);
    assert_eq!(refusal(&town, &voter(30), "castSealedBallots", stolen).await, "BALLOT_KNOWN");
    let nowhere = page.input(&[("SOUTH", page.seal("CITY", &[2], 700))]);
    assert_eq!(refusal(&town, &voter(30), "castSealedBallots", nowhere).await, "UNKNOWN_AREA");
    // Foreign ciphertext of the right length is taken, and counted invalid.
    let mut noise = page.seal("CITY", &[1], 800).as_bytes().to_vec();
    noise.reverse();
    receipts.extend(cast(&town, &page, 60, &[("CITY", Sealed::new(noise).unwrap())]).await);
    meant.remove(&(60, "CITY"));

    // The end: nobody casts any more, and everything that was cast is in the box.
    let end = json!({ "campaign": "T26", "phase": "VOTE", "reason": "On time." });
    town.agreed(COORDINATOR, "closePhase", end, "").await;
    assert_eq!(refusal(&town, &voter(30), "castSealedBallots", page.input(&one(&[1], 900))).await, "PHASE_NOT_OPEN");
    let step = json!({ "campaign": "T26" });
    let closed = town.agreed(OFFICER, "closeBallotBox", step.clone(), "campaign { papersInBox }").await;
    assert_eq!(closed["campaign"]["papersInBox"], 101);
    assert_eq!(receipts.len(), 101);
    holds(&town, &page, &receipts);
    let open = town.refused(OFFICER, "reconcileRegister", step.clone()).await;
    assert_eq!((&open["code"], &open["limit"]), (&json!("MATCHES_OPEN"), &json!("1")));
    assert_eq!(say(&town, DESK, "decideMatch", same.clone(), "decided").await["decided"], false);
    assert_eq!(refusal(&town, DESK, "decideMatch", same.clone()).await, "SAME_AGENT");
    assert_eq!(say(&town, OFFICER, "decideMatch", same, "decided").await["decided"], true);
    meant.retain(|(voter, _), _| *voter != 20);
    let register = "campaign { urn { steps { kind register { area digital paper both doubtful } } } }";
    let told = town.done(OFFICER, "reconcileRegister", step.clone(), register).await;
    let steps = told["campaign"]["urn"]["steps"].as_array().unwrap();
    let counted = |of: &str| u64::try_from(meant.keys().filter(|(_, area)| *area == of).count()).unwrap();
    assert_eq!(
        steps.last().unwrap()["register"],
        json!([
            { "area": "CITY", "digital": counted("CITY") + 1, "paper": 6, "both": 6, "doubtful": 1 },
            { "area": "NORTH", "digital": counted("NORTH"), "paper": 0, "both": 0, "doubtful": 1 },
        ])
    );
    let own = r#"{ viewer { ballotReceipts(campaign: "T26") } }"#;
    let kept = town.answer(&voter(1), own, json!({})).await;
    assert_eq!(kept["data"]["viewer"]["ballotReceipts"].as_array().unwrap().len(), 2);
    town.agreed(OFFICER, "shredLink", step.clone(), "campaign { urn { objectionsUntil } }").await;
    let kept = town.answer(&voter(1), own, json!({})).await;
    assert_eq!(kept["data"]["viewer"]["ballotReceipts"], json!([]), "the link is gone");

    let objection = json!({ "campaign": "T26", "text": "Le bureau 3 a ouvert tard." });
    town.done(&voter(3), "lodgeObjection", objection.clone(), "").await;
    let answer = json!({ "campaign": "T26", "number": 1, "answer": "De cinq minutes." });
    town.done(OFFICER, "answerObjection", answer, "").await;
    let opening = json!({ "campaign": "T26", "secret": secret().to_text().to_string() });
    assert_eq!(town.refused(OFFICER, "openUrn", opening.clone()).await["code"], "TOO_EARLY");
    town.executor.clock().set("2026-03-02T09:31:00Z".parse().unwrap());
    assert_eq!(town.refused(&voter(3), "lodgeObjection", objection).await["code"], "TOO_LATE");
    let wrong = UrnSecret::from_seed(&[8; 32]).to_text().to_string();
    let wrong = town.refused(OFFICER, "openUrn", json!({ "campaign": "T26", "secret": wrong })).await;
    assert_eq!(wrong["code"], "WRONG_URN_SECRET");
    let lot = json!({ "campaign": "T26", "publicValue": "42 17 3" });
    town.done(OFFICER, "drawLot", lot, "").await;
    assert_eq!(town.refused(OFFICER, "proclaimResult", step.clone()).await["code"], "URN_SEALED");
    town.done(OFFICER, "openUrn", opening, "campaign { urn { secret } }").await;
    town.agreed(OFFICER, "proclaimResult", step, "campaign { countsArePublic }").await;
    let view = Arc::clone(town.read_model.current().campaign("T26").unwrap());
    let mut votes = [0_i64; 3];
    meant.iter().filter(|((_, area), _)| *area == "CITY").for_each(|(_, choices)| {
        choices.iter().for_each(|number| votes[usize::try_from(*number).unwrap() - 1] += 1);
    });
    let city = view.model.area_results.get(&"CITY".parse().unwrap()).unwrap();
    assert_eq!((city.counted, city.invalid.clone()), (counted("CITY"), [(tally::Invalid::Unreadable, 1)].into()));
    let list = view.model.campaign.ballot_list(&"CITY".parse().unwrap()).to_vec();
    for (entry, votes) in list.iter().zip(votes) {
        let decision = view.model.results.get(&entry.project).unwrap().decision.clone().unwrap();
        assert_eq!(decision.score, votes, "{}", entry.number);
    }
    let north = view.model.area_results.get(&"NORTH".parse().unwrap()).unwrap();
    assert_eq!(north.counted, counted("NORTH"));
    assert!(town.rebuilt_is_live().await.contains("urn"));
}

/// Every receipt is signed by the log's key, and what it promises is in the log.
fn holds(town: &Town, page: &Page, receipts: &[String]) {
    let key = town.folder.path().join("notary.key");
    let signer = api::keys::signer(&key, &page.log, &commands::Entropy::seeded(1)).unwrap();
    let verifier: &Verifier = signer.verifier();
    let view = Arc::clone(town.read_model.current().campaign("T26").unwrap());
    for note in receipts {
        let text = open_note(note, std::slice::from_ref(verifier)).unwrap().text;
        let receipt: Value = serde_json::from_str(&text).unwrap();
        assert_eq!((&receipt["v"], &receipt["log"]), (&json!(1), &json!(page.log)));
        assert_eq!(receipt["deadline"], "2026-09-03T00:00:00Z");
        let ballot: Hash = receipt["ballot"].as_str().unwrap().parse().unwrap();
        assert!(view.model.urn.knows(&ballot), "{receipt} isn't in the log");
    }
}

#[tokio::test]
async fn a_sealed_election_is_counted_as_everybody_meant() {
    election(Town::new().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sealed_election_on_postgres_is_the_same() {
    election(Town::on_postgres().await.0).await;
}
