//! Whoever reads the whole public log, and knows the moment, the order and the sizes of every request,
//! guesses which ballot is whose no better than by chance among the ballots of a batch.
//!
//! Two areas, a hundred rounds each: in each round eight voters cast over HTTP, and the server publishes now
//! and then, as its clock would have it. Each way to guess names a ballot for each request; it may be right as
//! often as the sizes of the batches allow, and three standard deviations more. That the measure measures
//! something is shown by somebody who holds the receipts, and is always right.

use crate::sealed::{Page, register, sealed_town, voting};
use crate::town::{HOST, Town};
use axum::body::{Body, to_bytes};
use axum::http::Request;
use seal::Sealed;
use serde_json::{Value, json};
use transparency::Hash;

const ROUNDS: u16 = 100;
const VOTERS: u16 = 8;
/// Each group votes again in every fourth round.
const GROUPS: u16 = 4;
const AREAS: [&str; 2] = ["CITY", "NORTH"];

/// A request, as somebody sees it who watches the line.
struct Seen {
    at: String,
    asked: usize,
    answered: usize,
}

/// A batch in the public log.
struct Batch {
    at: String,
    ballots: Vec<String>,
}

/// All requests in their order, and the batches of one area.
struct Public<'a> {
    requests: &'a [Seen],
    batches: &'a [Batch],
}

impl Public<'_> {
    /// The batch in which a ballot stands at the earliest.
    fn next(&self, request: usize) -> usize {
        self.batches.partition_point(|batch| batch.at < self.requests[request].at)
    }

    /// The requests that came since the batch before this one.
    fn since(&self, batch: usize) -> std::ops::Range<usize> {
        let up_to = |at: &str| self.requests.partition_point(|request| request.at.as_str() <= at);
        let from = batch.checked_sub(1).map_or(0, |before| up_to(&self.batches[before].at));
        from..self.batches.get(batch).map_or(self.requests.len(), |batch| up_to(&batch.at))
    }

    fn length(&self, batch: usize) -> usize {
        self.batches.get(batch).map_or(1, |batch| batch.ballots.len())
    }
}

/// Names a batch and a place in it for a request.
type Guess = fn(&Public<'_>, usize) -> (usize, usize);

const GUESSES: [(&str, Guess); 9] = [
    ("all ballots stand as the requests came", |public, request| {
        let mut place = request;
        for (batch, found) in public.batches.iter().enumerate() {
            if place < found.ballots.len() {
                return (batch, place);
            }
            place -= found.ballots.len();
        }
        (public.batches.len(), 0)
    }),
    ("a batch stands as its requests came", |public, request| {
        let batch = public.next(request);
        (batch, (request - public.since(batch).start) % public.length(batch))
    }),
    ("a batch stands the other way round", |public, request| {
        let batch = public.next(request);
        (batch, (public.since(batch).end - 1 - request) % public.length(batch))
    }),
    ("whoever came last before a batch is its last", |public, request| {
        let (batch, after) = (public.next(request), public.since(public.next(request)).end - 1 - request);
        (batch, (public.length(batch) - 1).saturating_sub(after))
    }),
    ("it is the first of the next batch", |public, request| (public.next(request), 0)),
    ("it is the last of the next batch", |public, request| {
        let batch = public.next(request);
        (batch, public.length(batch) - 1)
    }),
    ("it was left over, and is the last of the batch after", |public, request| {
        let batch = public.next(request) + 1;
        (batch, public.length(batch) - 1)
    }),
    ("by the sizes of request and answer", |public, request| {
        let batch = public.next(request);
        let mut ranked: Vec<usize> = public.since(batch).collect();
        ranked.sort_by_key(|n| (public.requests[*n].asked, public.requests[*n].answered, *n));
        (batch, ranked.iter().position(|n| *n == request).unwrap() % public.length(batch))
    }),
    ("the earliest has the smallest envelope", |public, request| {
        let batch = public.next(request);
        let Some(found) = public.batches.get(batch) else { return (batch, 0) };
        let mut ranked: Vec<usize> = (0..found.ballots.len()).collect();
        ranked.sort_by_key(|place| &found.ballots[*place]);
        (batch, ranked[(request - public.since(batch).start) % ranked.len()])
    }),
];

fn drawn(what: &str, round: u16, n: u16, below: u16) -> u16 {
    let hash = Hash::of(&[what.as_bytes(), &round.to_be_bytes(), &n.to_be_bytes()]);
    u16::from_be_bytes([hash.0[0], hash.0[1]]) % below
}

/// Casts, and says what whoever watches the line sees; the receipts are for the voter alone.
async fn watched(town: &Town, voter: u16, input: Value, at: &str) -> (Seen, Vec<String>) {
    let query = "mutation($input: CastSealedBallotsInput!) { castSealedBallots(input: $input) {
        receipts rejections { code } } }";
    let body = json!({ "query": query, "variables": { "input": input } }).to_string();
    let token = town.known(&format!("CITIZEN:v{voter}")).await.token;
    let request = Request::post("/graphql").header("host", HOST).header("content-type", "application/json");
    let request = request.header("authorization", format!("Bearer {token}"));
    let asked = body.len();
    let response = town.send(request.body(Body::from(body)).unwrap()).await;
    let head: usize = response.headers().iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
    let body = to_bytes(response.into_body(), 1 << 20).await.unwrap();
    let answer: Value = serde_json::from_slice(&body).unwrap();
    let receipts = serde_json::from_value(answer["data"]["castSealedBallots"]["receipts"].clone());
    let seen = Seen { at: at.to_owned(), asked, answered: head + body.len() };
    (seen, receipts.unwrap_or_else(|error| panic!("{error}: {answer}")))
}

/// Everything that the log publishes of an area, as anybody reads it.
async fn published(town: &Town, area: &str) -> Vec<Batch> {
    let (mut batches, mut after) = (Vec::new(), String::new());
    loop {
        let query = format!(
            r#"{{ campaign(code: "T26") {{ log {{ events(type: "BallotsPublished", first: 100 {after}) {{
            nodes {{ at data }} pageInfo {{ hasNextPage endCursor }} }} }} }} }}"#
        );
        let answer = town.answer("", &query, json!({})).await;
        let page = &answer["data"]["campaign"]["log"]["events"];
        for node in page["nodes"].as_array().unwrap_or_else(|| panic!("{answer}")) {
            if node["data"]["area"] == area {
                let ballots = serde_json::from_value(node["data"]["ballots"].clone()).unwrap();
                batches.push(Batch { at: node["at"].as_str().unwrap().to_owned(), ballots });
            }
        }
        if page["pageInfo"]["hasNextPage"] == false {
            return batches;
        }
        after = format!("after: {}", page["pageInfo"]["endCursor"]);
    }
}

#[tokio::test]
async fn times_order_and_sizes_of_requests_say_nothing_of_whose_a_ballot_is() {
    let town = sealed_town(Town::new().await).await;
    let (page, voting) = (Page::of(&town).await, voting(&town));
    for voter in 0..GROUPS * VOTERS {
        register(&town, voter).await;
    }
    let (mut requests, mut cast, mut promised) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        let mut order: Vec<u16> = (0..VOTERS).collect();
        order.sort_by_key(|n| drawn("order", round, *n, u16::MAX));
        for n in order {
            let minute = requests.len();
            let at = format!("2026-03-{:02}T{:02}:{:02}:00Z", 2 + minute / 1440, minute / 60 % 24, minute % 60);
            town.executor.clock().set(at.parse().unwrap());
            let choices: &[u32] = [&[][..], &[1], &[1, 3]][usize::from(drawn("choices", round, n, 3))];
            let ballots = AREAS
                .map(|area| (area, page.seal(area, if area == "CITY" { choices } else { &[] }, round * VOTERS + n)));
            let voter = round % GROUPS * VOTERS + n;
            let (seen, receipts) = watched(&town, voter, page.input(&ballots), &at).await;
            requests.push(seen);
            cast.push(ballots.map(|(_, ballot)| ballot));
            promised.push(receipts);
            if drawn("step", round, n, 3) == 0 {
                voting.step("T26").await.unwrap();
            }
        }
    }
    assert!(requests.iter().all(|seen| seen.asked == requests[0].asked), "requests differ in size");

    let mut hits = [0_u32; GUESSES.len()];
    let mut by_chance = [0_f64; GUESSES.len()];
    let mut informed = [0_u32; 2];
    for (of, area) in AREAS.into_iter().enumerate() {
        let batches = published(&town, area).await;
        assert!(batches.len() > 80 && batches.iter().all(|batch| batch.ballots.len() >= 5), "{}", batches.len());
        let public = Public { requests: &requests, batches: &batches };
        let is_whose = |ballot: &str, request: usize| cast[request][of].to_string() == ballot;
        for (request, receipts) in promised.iter().enumerate() {
            for (n, (_, guess)) in GUESSES.iter().enumerate() {
                let (batch, place) = guess(&public, request);
                let Some(batch) = batches.get(batch) else { continue };
                hits[n] += u32::from(is_whose(&batch.ballots[place], request));
                by_chance[n] += 1.0 / f64::from(u32::try_from(batch.ballots.len()).unwrap());
            }
            // Whoever has the receipts knows the digests.
            let receipt: Value = serde_json::from_str(receipts[of].lines().next().unwrap()).unwrap();
            let digest: Hash = receipt["ballot"].as_str().unwrap().parse().unwrap();
            let found = batches.iter().flat_map(|batch| &batch.ballots).find(|ballot| {
                let ballot: Sealed = ballot.parse().unwrap();
                ballot.digest(&page.target(area)) == digest
            });
            if let Some(ballot) = found {
                informed[0] += u32::from(is_whose(ballot, request));
                informed[1] += 1;
            }
        }
    }
    eprintln!("right {hits:?}, by chance {by_chance:.0?}; with receipts {informed:?}");
    assert!(informed[1] > 1_500 && informed[0] == informed[1], "with receipts: {informed:?}");
    for (n, (name, _)) in GUESSES.iter().enumerate() {
        let most = by_chance[n] + 3.0 * by_chance[n].sqrt();
        assert!(
            by_chance[n] > 100.0 && f64::from(hits[n]) <= most,
            "{name}: {} right, {} by chance",
            hits[n],
            by_chance[n]
        );
    }
}
