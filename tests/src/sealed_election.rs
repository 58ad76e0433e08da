//! Owns a whole election with sealed ballots, from the key ceremony to the proclaimed result, and the
//! comparison of its result with what everybody meant.
//!
//! Everything goes the way that it goes under the API: the vault takes ballots and signatures, the log what
//! is published. The same code is run small by the tests and at full size by `parvis-bench election`.
//! Must not: count ballots with what it checks; `sealed_voters.rs` adds up by itself. Next: `sealed_links.rs`,
//! which looks for what must not be left.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    reason = "test support: what doesn't work fails the test"
)]

use crate::bench::measure::now;
use crate::sealed_city::{City, ENVELOPE, of_campaign};
use crate::sealed_links::{Links, Place};
use crate::sealed_voters::{AREAS, FOREIGN, Mark, Marked, Person, Scale, Truth, electorate, truth};
use crate::town::support::sample::{CODE, euros, id, month, returning};
use api::read_model::CampaignVersion;
use api::voting::Cast;
use domain::configuration::Area;
use domain::phase::Phase;
use domain::urn::Command as UrnCommand;
use domain::{AreaId, CalendarDate, Command, Timestamp, campaign};
use seal::{Nonce, PlainBallot, Sealed};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;
use transparency::Hash;
use vault::{Arrival, Civil, Kind, Level, PersonId, Profile, Purpose, Reading};

/// Voters at a time.
const DESKS: usize = 8;

/// What an election took, and how large it was.
#[derive(Clone, Debug, Default)]
pub struct Told {
    /// The steps in their order, with how long each took.
    pub steps: Vec<(&'static str, Duration)>,
    /// People who voted.
    pub voters: u64,
    /// Sealed ballots that were cast, replaced ones included.
    pub ballots: u64,
    /// Papers that were read.
    pub papers: u64,
    /// Events of the log.
    pub events: u64,
}

impl Told {
    /// From the close of the vote to the proclaimed, readable result.
    pub fn counting(&self) -> Duration {
        let closed = self.steps.iter().position(|(step, _)| *step == CLOSE).unwrap();
        self.steps[closed..].iter().map(|(_, took)| *took).sum()
    }
}

const CLOSE: &str = "close the vote and publish the rest";

/// Somebody who is about to vote.
pub struct Ready {
    voter: PersonId,
    view: Arc<CampaignVersion>,
    sealed: Cast,
}

/// Holds the election on the empty store at this address, and compares all that it comes to; fails where
/// anything differs.
pub async fn hold(place: &Place, scale: Scale) -> Told {
    let people = Arc::new(electorate(scale));
    let mut told = Told { voters: u64::try_from(people.len()).unwrap(), ..Told::default() };
    let mut clock = now();
    let mut step = |told: &mut Told, name| told.steps.push((name, std::mem::replace(&mut clock, now()).elapsed()));
    let city = Arc::new(City::at(&place.url, place.folder.path(), scale).await);
    city.open_places(scale).await;
    step(&mut told, "key ceremony, ballot lists, polling places");
    told.ballots = city.vote(&people).await;
    step(&mut told, "register, cast, sign");
    let pairs = city.decide_matches(&people).await;
    step(&mut told, "pairs that two agents look at");

    city.turn(Some(Phase::Vote), Phase::PostVote).await;
    city.publish().await;
    step(&mut told, CLOSE);
    city.by_two(of_campaign(campaign::Command::CloseBallotBox)).await;
    step(&mut told, "close the box");
    told.papers = city.count_papers(&people, scale).await;
    step(&mut told, "enter every paper count twice");
    city.reconcile().await;
    step(&mut told, "compare register and ballots");
    let links = Links::of(place);
    assert!(links.voters() > 0, "there are links as long as the vote is under way");
    step(&mut told, LOOK);
    city.by_two(of_campaign(campaign::Command::ShredLink)).await;
    city.publish().await;
    step(&mut told, "shred the link");
    city.draw_and_open().await;
    step(&mut told, "draw the lot, join the shares, open the urn");
    city.by_two(of_campaign(campaign::Command::ProclaimResult)).await;
    let view = city.newest().await;
    step(&mut told, "count and proclaim");
    told.events = view.model.size();
    told.steps.retain(|(name, _)| *name != LOOK);

    for area in 0..AREAS.len() {
        compare(&view, area, &truth(&people, area, scale, ENVELOPE), if area == 0 { Some(pairs) } else { None });
    }
    let ballots = view.model.urn.ballots.values().flat_map(|area| area.keys().copied()).collect::<BTreeSet<Hash>>();
    assert_eq!(u64::try_from(ballots.len()).unwrap(), told.ballots, "every ballot that was cast is published");
    assert_eq!(links.left(place, &ballots), 0, "nobody can be linked to a ballot any more");
    told
}

/// A look at the store that no city takes.
const LOOK: &str = "look for links";

impl City {
    /// Everybody votes, some of them at a time. Answers how many ballots were sealed.
    async fn vote(self: &Arc<Self>, people: &Arc<Vec<Person>>) -> u64 {
        let mut cast = 0;
        // What was cast by then is published in lots; the rest votes again, takes back, or votes on paper.
        for later in [false, true] {
            let desks: Vec<_> = (0..DESKS)
                .map(|desk| {
                    let (city, people) = (Arc::clone(self), Arc::clone(people));
                    tokio::spawn(async move {
                        let mut cast = 0;
                        for n in (desk..people.len()).step_by(DESKS) {
                            cast += city.votes(n, &people[n], later).await;
                        }
                        cast
                    })
                })
                .collect();
            for desk in desks {
                cast += desk.await.unwrap();
            }
            self.publish().await;
        }
        cast
    }

    async fn votes(&self, n: usize, person: &Person, later: bool) -> u64 {
        let view = Arc::clone(&self.read_model.current().campaigns[CODE]);
        let district: AreaId = id(AREAS[person.district]);
        let (first, again) = split(&person.sealed);
        let mut cast = 0;
        if !person.sealed.is_empty() {
            let voter = self.arrives(n).await;
            if !later {
                let civil = civil(n);
                let registered = self.vault.register_voter(CODE, &voter, &civil, Some(district.clone()), until());
                registered.await.unwrap().unwrap();
            }
            cast += self.casts(&view, &voter, n, if later { again } else { first }, later).await;
            if let Some(area) = person.takes_back.filter(|_| later) {
                self.vault.cancel(CODE, &voter, &id(AREAS[area])).await.unwrap().unwrap();
            }
        }
        if let Some(paper) = person.paper.as_ref().filter(|_| later) {
            let mut who = civil(n);
            if paper.misspelt {
                who.names.push('x');
            }
            let areas: BTreeSet<AreaId> = [id(AREAS[0]), district].into();
            let took = self.vault.check_in(CODE, &who, &areas, true, until()).await.unwrap().unwrap();
            let stands = person.sealed.iter().any(|(area, _)| person.takes_back != Some(*area));
            assert_eq!(took, stands && !paper.misspelt, "a paper takes the place of what was sealed");
        }
        cast
    }

    async fn casts(&self, view: &CampaignVersion, voter: &PersonId, n: usize, of: &[Marked], later: bool) -> u64 {
        if of.is_empty() {
            return 0;
        }
        let sealed: Vec<Cast> = of.iter().map(|(area, mark)| self.seals(view, *area, mark, n, later)).collect();
        self.takes(view, voter, sealed).await
    }

    /// What the server does with ballots that are sealed: it checks them, signs receipts, and takes them into the
    /// vault. Answers how many.
    async fn takes(&self, view: &CampaignVersion, voter: &PersonId, sealed: Vec<Cast>) -> u64 {
        let now = self.executor.clock().now().unwrap();
        let ballots = self.voting.receipts(view, sealed, now).unwrap().unwrap();
        let receipts = self.vault.cast(CODE, voter, ballots).await.unwrap().unwrap();
        u64::try_from(receipts.len()).unwrap()
    }

    /// A voter who is on the register, with a ballot sealed for the whole city.
    pub async fn ready(&self, n: usize) -> Ready {
        let (view, voter, civil) = (self.newest().await, self.arrives(n).await, civil(n));
        self.vault.register_voter(CODE, &voter, &civil, None, until()).await.unwrap().unwrap();
        let sealed = self.seals(&view, 0, &Mark::Named(vec![(n % 4, 1)]), n, false);
        Ready { voter, view, sealed }
    }

    /// Takes the ballot of somebody who is ready.
    pub async fn take(&self, ready: Ready) {
        self.takes(&ready.view, &ready.voter, vec![ready.sealed]).await;
    }

    /// What a voter's page does.
    fn seals(&self, view: &CampaignVersion, area: usize, mark: &Mark, n: usize, later: bool) -> Cast {
        let (campaign, code) = (&view.model.campaign, id::<AreaId>(AREAS[area]));
        let (target, catalogue) = view.model.urn.target(&code, campaign).unwrap();
        let numbers: Vec<u32> = campaign.ballot_list(&code).iter().map(|entry| entry.number).collect();
        // A project of another area: the lists are numbered throughout.
        let foreign = if area == 0 { numbers.len() + 1 } else { 1 };
        let number = |place: usize| if place == FOREIGN { u32::try_from(foreign).unwrap() } else { numbers[place] };
        let named = match mark {
            Mark::Named(named) | Mark::Broken(named, _) => named.as_slice(),
            Mark::Blank | Mark::Noise | Mark::Void(_) => &[],
        };
        let points = matches!(AREAS[area], "D2" | "D5").then(|| named.iter().map(|(_, points)| *points).collect());
        let Hash(seed) = Hash::of(&[b"voter", &n.to_be_bytes(), &area.to_be_bytes(), &[u8::from(later)]]);
        let nonce = Nonce(seed[..16].try_into().unwrap());
        let plain = PlainBallot { choices: named.iter().map(|(place, _)| number(*place)).collect(), points, nonce };
        let length = campaign.padded_length(campaign.configured().unwrap().area(&code).unwrap());
        let mut ballot = seal::seal(&self.ceremony.key, &target, &plain, length, &seed).unwrap();
        if *mark == Mark::Noise {
            let mut bytes = ballot.as_bytes().to_vec();
            bytes.reverse();
            ballot = Sealed::new(bytes).unwrap();
        }
        Cast { area: code, ballot, key: self.ceremony.key.id(), catalogue }
    }

    async fn arrives(&self, n: usize) -> PersonId {
        let profile = Profile::default();
        let arrival = Arrival {
            issuer: "https://id.city.example".to_owned(),
            subject: format!("voter-{n}"),
            agent: false,
            level: Level::Substantial,
            profile,
        };
        self.vault.arrive(arrival).await.unwrap().id
    }

    /// What the server does every minute.
    async fn publish(&self) {
        while let Err(failure) = self.voting.step(CODE).await {
            // A slow machine under load: it is tried again, as a server does.
            assert_eq!(failure.code, "READ_MODEL_BEHIND", "{failure}");
        }
    }

    /// Two agents look at each pair of close entries, and find that it is one person. Answers how many.
    async fn decide_matches(&self, people: &[Person]) -> u64 {
        let reading = Reading {
            agent_id: "agent-4".into(),
            role: "RETURNING_OFFICER".into(),
            campaign: CODE.into(),
            purpose: Purpose::Eligibility,
            note: "Entrées proches de la liste d’émargement".into(),
            kinds: [Kind::Register].into(),
        };
        let found = self.vault.matches(CODE, &reading).await.unwrap();
        let misspelt = people.iter().filter_map(|person| person.paper.as_ref()).filter(|paper| paper.misspelt).count();
        assert_eq!(found.len(), misspelt, "the register finds every close entry, and no other");
        let areas = self.areas().await;
        for pair in &found {
            for (agent, decides) in [("agent-4", false), ("agent-6", true)] {
                let decided = self.vault.decide_match(CODE, &pair.id, true, agent, &areas, until()).await;
                assert_eq!(decided.unwrap().unwrap(), decides);
            }
        }
        u64::try_from(found.len()).unwrap()
    }

    async fn areas(&self) -> Vec<Area> {
        self.newest().await.model.campaign.configured().unwrap().areas.clone()
    }

    async fn reconcile(&self) {
        let found = self.vault.reconcile(CODE, &self.areas().await).await.unwrap().unwrap();
        let set_aside = found.set_aside.into_iter().map(Hash).collect();
        self.act(&returning(), Command::Urn(UrnCommand::Reconcile { set_aside, areas: found.areas })).await;
    }

    async fn draw_and_open(&self) {
        let (size, root) = self.executor.head_at_close(CODE).await.unwrap().unwrap();
        let lot = campaign::Command::DrawLot { size, root, public_value: "3 7 12 28 41".into() };
        self.act(&returning(), of_campaign(lot)).await;
        let secret = seal::join(&self.shares[1..4], &self.ceremony).unwrap();
        let until = self.newest().await.model.campaign.objections_until.unwrap();
        self.executor.clock().set(until);
        self.act(&returning(), Command::Urn(UrnCommand::Open { secret })).await;
    }
}

/// What is cast at first, and what takes its place later.
fn split(sealed: &[Marked]) -> (&[Marked], &[Marked]) {
    let mut seen = BTreeSet::new();
    let first = sealed.iter().take_while(|(area, _)| seen.insert(*area)).count();
    sealed.split_at(first)
}

fn civil(n: usize) -> Civil {
    let hash = Hash::of(&[b"civil", &n.to_be_bytes()]).to_string();
    let day = 1 + n % 28;
    let (month, year) = (1 + n / 28 % 12, 1940 + n / 336 % 65);
    let born: CalendarDate = format!("{year}-{month:02}-{day:02}").parse().unwrap();
    Civil { names: format!("{} {}", &hash[..10], &hash[10..20]), born, birthplace: "Ville".to_owned() }
}

fn until() -> Timestamp {
    month(11)
}

/// Compares an area's result, its count and its register with what was meant.
fn compare(view: &CampaignVersion, area: usize, truth: &Truth, pairs: Option<u64>) {
    let (model, code) = (&view.model, id::<AreaId>(AREAS[area]));
    let found = model.area_results.get(&code).unwrap();
    let invalid: BTreeMap<String, u64> = found.invalid.iter().map(|(why, n)| (why.code().to_owned(), *n)).collect();
    assert_eq!((found.counted, &invalid, &found.void), (truth.counted, &truth.invalid, &truth.void), "{code}");
    let list = model.campaign.ballot_list(&code);
    assert_eq!(list.len(), truth.scores.len());
    for (entry, scores) in list.iter().zip(&truth.scores) {
        let decision = model.results.get(&entry.project).unwrap().decision.as_ref().unwrap();
        let counted = (decision.digital, decision.paper, decision.supporters);
        assert_eq!((counted, decision.score), (*scores, scores.0 + scores.1), "{}", entry.project);
    }
    let winners: Vec<_> = truth.winners.iter().map(|place| list[*place].project.clone()).collect();
    assert_eq!(found.winners, winners, "{code}");
    assert!(!winners.is_empty() && winners.len() < list.len() && found.spent_cents <= euros(ENVELOPE));
    let register = model.urn.register.as_ref().unwrap().iter().find(|row| row.area == code).unwrap();
    assert_eq!((register.digital, register.paper, register.both), truth.register, "{code}");
    assert!(pairs.is_none_or(|pairs| pairs == register.doubtful), "{code}: {} pairs", register.doubtful);
}
