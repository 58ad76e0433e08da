//! The register and sealed ballots: one vote each, whichever way, and no way back once the link is shredded.

use std::collections::{BTreeMap, BTreeSet};

use domain::configuration::{Area, AreaKind};
use domain::{AreaId, Cents, Code, Hidden};
use tally::BallotType;
use vault::{Civil, NewBallot, PersonId, Registered};

use crate::sample::{Sample, reading};

const CAMPAIGN: &str = "bp-2026";

fn id(text: &str) -> AreaId {
    text.parse().unwrap()
}

fn area(text: &str, kind: AreaKind) -> Area {
    Area {
        id: id(text),
        kind,
        name: Hidden::Redacted,
        envelope_cents: Cents::ZERO,
        population: None,
        ballot: BallotType::ChooseOne,
        postcodes: Vec::new(),
    }
}

fn areas() -> Vec<Area> {
    vec![area("ALL", AreaKind::WholeCity), area("D1", AreaKind::District), area("D2", AreaKind::District)]
}

fn civil(names: &str) -> Civil {
    Civil { names: names.to_owned(), born: "1980-01-02".parse().unwrap(), birthplace: "Ville".to_owned() }
}

fn ballot(area: usize, seed: u8, at: i64) -> NewBallot {
    let area = areas().remove(area);
    NewBallot { area, digest: [seed; 32], envelope: vec![seed; 99], receipt: format!("receipt {seed}"), at }
}

fn until() -> domain::Timestamp {
    "2027-01-01T00:00:00Z".parse().unwrap()
}

impl Sample {
    async fn voter(&self, name: &str) -> PersonId {
        let person = self.arrive(name).await.id;
        let names = format!("{name} {}", name.repeat(3));
        let told = self.vault.register_voter(CAMPAIGN, &person, &civil(&names), Some(id("D1")), until()).await;
        assert_eq!(told.unwrap().unwrap(), Registered { district: Some(id("D1")), on_paper: false });
        person
    }

    async fn cast(&self, person: &PersonId, ballots: Vec<NewBallot>) -> Result<Vec<String>, Code> {
        self.vault.cast(CAMPAIGN, person, ballots).await.unwrap().map_err(|no| no.code)
    }

    async fn signs(&self, names: &str, overrides: bool) -> Result<bool, Code> {
        let areas: BTreeSet<AreaId> = [id("ALL")].into();
        let done = self.vault.check_in(CAMPAIGN, &civil(names), &areas, overrides, until()).await;
        done.unwrap().map_err(|no| no.code)
    }

    /// What is set aside, and digital, paper and both by area, after the close.
    async fn reconciled(&self) -> (BTreeSet<u8>, BTreeMap<String, (u64, u64, u64)>) {
        let found = self.vault.reconcile(CAMPAIGN, &areas()).await.unwrap().unwrap();
        let counts = found.areas.iter().map(|row| (row.area.to_string(), (row.digital, row.paper, row.both)));
        (found.set_aside.iter().map(|digest| digest[0]).collect(), counts.collect())
    }
}

#[tokio::test]
async fn everybody_votes_once_and_the_last_one_counts() {
    let sample = Sample::new().await;
    let (ada, bob, stranger) = (sample.voter("ada").await, sample.voter("bob").await, sample.arrive("eve").await.id);
    assert_eq!(sample.cast(&stranger, vec![ballot(0, 1, 0)]).await, Err(Code::NotOnRegister));
    assert_eq!(sample.cast(&ada, vec![ballot(0, 1, 0), ballot(1, 2, 0)]).await.unwrap(), ["receipt 1", "receipt 2"]);
    // The same again, whatever else is said of it.
    let again = NewBallot { receipt: "another".into(), ..ballot(0, 1, 60) };
    assert_eq!(sample.cast(&ada, vec![again]).await.unwrap(), ["receipt 1"]);
    assert_eq!(sample.cast(&bob, vec![ballot(0, 1, 0)]).await, Err(Code::BallotKnown));
    // All or none.
    assert_eq!(sample.cast(&bob, vec![ballot(0, 3, 0), ballot(2, 4, 0)]).await, Err(Code::OtherDistrict));
    let moved = sample.vault.change_district(CAMPAIGN, &bob, id("D2"), until()).await.unwrap().unwrap();
    assert_eq!(moved.district, Some(id("D2")));
    sample.cast(&bob, vec![ballot(0, 3, 0), ballot(2, 4, 0)]).await.unwrap();
    let moved = sample.vault.change_district(CAMPAIGN, &bob, id("D1"), until()).await.unwrap();
    assert_eq!(moved.unwrap_err().code, Code::SecondDistrict);
    sample.cast(&ada, vec![ballot(0, 5, 0)]).await.unwrap();
    sample.vault.cancel(CAMPAIGN, &bob, &id("D2")).await.unwrap().unwrap();
    let none = sample.vault.cancel(CAMPAIGN, &bob, &id("D2")).await.unwrap();
    assert_eq!(none.unwrap_err().code, Code::NoBallot);
    let ids: Vec<AreaId> = areas().into_iter().map(|area| area.id).collect();
    let receipts = sample.vault.receipts(CAMPAIGN, &ada, &ids).await.unwrap();
    assert_eq!(receipts, ["receipt 1", "receipt 5", "receipt 2"]);

    // Whoever is published is no longer waiting; in the order of digests.
    let waiting = sample.vault.waiting(CAMPAIGN, &id("ALL"), 2).await.unwrap();
    assert_eq!(waiting.iter().map(|one| one.digest[0]).collect::<Vec<_>>(), [1, 3]);
    sample.vault.published(CAMPAIGN, &id("ALL"), &[[1; 32], [3; 32]]).await.unwrap();
    let waiting = sample.vault.waiting(CAMPAIGN, &id("ALL"), 9).await.unwrap();
    assert_eq!(waiting.iter().map(|one| one.digest[0]).collect::<Vec<_>>(), [5]);

    let open = sample.vault.reconcile(CAMPAIGN, &areas()).await.unwrap();
    assert_eq!(open.unwrap_err().code, Code::BallotBoxOpen);
    sample.vault.close_gate(CAMPAIGN).await.unwrap();
    assert_eq!(sample.cast(&ada, vec![ballot(0, 9, 0)]).await, Err(Code::BallotBoxClosed));
    let (aside, counts) = sample.reconciled().await;
    assert_eq!(aside, [1, 4].into());
    let of = |area: &str| counts[area];
    assert_eq!((of("ALL"), of("D1"), of("D2")), ((2, 0, 0), (1, 0, 0), (0, 0, 0)));
}

#[tokio::test]
async fn a_paper_overrides_or_is_refused_as_the_rules_say() {
    let sample = Sample::new().await;
    let (ada, bob) = (sample.voter("ada").await, sample.voter("bob").await);
    sample.cast(&ada, vec![ballot(0, 1, 0), ballot(1, 2, 0)]).await.unwrap();
    sample.cast(&bob, vec![ballot(0, 3, 0)]).await.unwrap();
    // However it is spelt.
    assert_eq!(sample.signs("ADA  Adaadáada", false).await, Err(Code::VotedOnline));
    assert_eq!(sample.signs("ADA  Adaadáada", true).await, Ok(true));
    assert_eq!(sample.signs("ada adaadaada", true).await, Err(Code::VotedOnPaper));
    assert_eq!(sample.signs("Nobody Known", false).await, Ok(false));
    assert_eq!(sample.cast(&ada, vec![ballot(0, 4, 0)]).await, Err(Code::VotedOnPaper));
    sample.vault.close_gate(CAMPAIGN).await.unwrap();
    let (aside, counts) = sample.reconciled().await;
    assert_eq!(aside, [1, 2].into());
    assert_eq!((counts["ALL"], counts["D1"]), ((1, 2, 1), (0, 0, 0)));
}

#[tokio::test]
async fn two_agents_make_two_rows_one_voter() {
    let sample = Sample::new().await;
    let (early, late) = (sample.arrive("early").await.id, sample.arrive("late").await.id);
    for (person, names) in [(&early, "Jean Dupont"), (&late, "Jean Dupond")] {
        let told = sample.vault.register_voter(CAMPAIGN, person, &civil(names), None, until()).await.unwrap();
        told.unwrap();
    }
    sample.cast(&late, vec![ballot(0, 2, 600)]).await.unwrap();
    sample.cast(&early, vec![ballot(0, 1, 60)]).await.unwrap();
    let [pair] = &sample.vault.matches(CAMPAIGN, &reading("Deux noms proches")).await.unwrap()[..] else {
        panic!("one pair")
    };
    assert_eq!((pair.same, pair.said.clone()), (None, None));
    // Both can see that an agent read about them.
    for person in [&early, &late] {
        assert_eq!(sample.vault.readings_of(person).await.unwrap()[0].note.as_deref(), Some("Deux noms proches"));
    }
    let says = async |same, agent: &str| {
        let done = sample.vault.decide_match(CAMPAIGN, &pair.id, same, agent, &areas(), until()).await.unwrap();
        done.map_err(|no| no.code)
    };
    assert_eq!(says(false, "one").await, Ok(false));
    assert_eq!(says(true, "one").await, Err(Code::SameAgent));
    // Another opinion takes the place of the first, and needs a second one too.
    assert_eq!(says(true, "two").await, Ok(false));
    assert_eq!(says(true, "one").await, Ok(true));
    assert_eq!(says(true, "three").await, Err(Code::AlreadyDone));
    sample.vault.close_gate(CAMPAIGN).await.unwrap();
    let (aside, counts) = sample.reconciled().await;
    assert_eq!((aside, counts["ALL"]), ([1].into(), (1, 0, 0)), "the later ballot counts");
}

#[tokio::test]
async fn once_shredded_nothing_joins_a_voter_to_a_ballot() {
    let sample = Sample::new().await;
    let mut marks = Vec::new();
    for (n, name) in (1..).zip(["ada", "bob", "kim", "lea"]) {
        let person = sample.voter(name).await;
        let ballot = ballot(0, 0x70 + n, 0);
        marks.push(ballot.digest);
        sample.cast(&person, vec![ballot]).await.unwrap();
    }
    let there = |bytes: &[u8], mark: &[u8; 32]| bytes.windows(32).any(|window| window == mark);
    let before = sample.place.bytes();
    assert!(marks.iter().all(|mark| there(&before, mark)), "the test looks at the right bytes");
    sample.vault.close_gate(CAMPAIGN).await.unwrap();
    assert!(sample.vault.shred(CAMPAIGN).await.unwrap() >= 9);
    assert_eq!(sample.vault.shred(CAMPAIGN).await.unwrap(), 0, "it is done once");
    for table in ["urn_links", "urn_ballots", "register_matches"] {
        assert_eq!(sample.place.value(&format!("SELECT count(*) FROM {table}")), "0", "{table}");
    }
    assert_eq!(sample.place.value("SELECT count(*) FROM urn_keys WHERE name = 'LINK'"), "0");
    let after = sample.place.bytes();
    assert!(!marks.iter().any(|mark| there(&after, mark)), "a ballot is still beside its voters");
    // The register stays, and says who voted but not what.
    assert_eq!(sample.place.value("SELECT count(*) FROM register"), "4");
    assert_eq!(sample.signs("Somebody Late", true).await, Err(Code::TooLate));
    let late = sample.vault.reconcile(CAMPAIGN, &areas()).await.unwrap();
    assert_eq!(late.unwrap_err().code, Code::TooLate);
}

#[tokio::test]
async fn keys_of_campaigns_follow_a_rotation() {
    let sample = Sample::new().await;
    let ada = sample.voter("ada").await;
    sample.cast(&ada, vec![ballot(0, 1, 0)]).await.unwrap();
    let entropy = commands::Entropy::system().unwrap();
    let old = sample.ring.current().to_owned();
    sample.vault.rotate_key(sample.ring.rotated(&entropy)).await.unwrap();
    assert_eq!(sample.place.value(&format!("SELECT count(*) FROM urn_keys WHERE key_id = '{old}'")), "0");
    assert!(sample.vault.registration(CAMPAIGN, &ada).await.unwrap().is_some());
    assert_eq!(sample.vault.receipts(CAMPAIGN, &ada, &[id("ALL")]).await.unwrap(), ["receipt 1"]);
}
