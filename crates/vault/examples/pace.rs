//! How fast a vault is: `cargo run --release -p vault --example pace -- URL [PEOPLE]`.
//!
//! Fills the vault at that address with people and leaves it full: name one that may be thrown away.
//! `postgres` in the place of the address starts a server of its own, which waits for the disk.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a measurement")]

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use commands::{Clock, Entropy};
use event_store::{OpenMode, Store};
use serde_json::json;
use throwaway_postgres::{Options, Server};
use vault::{Arrival, KeyRing, Kind, Level, Profile, Purpose, Reading, SessionDraft, Vault};

fn show(what: &str, count: u32, took: Duration) {
    println!("{what:<28} {:>10.1} µs each, {count} in {took:.2?}", took.as_secs_f64() * 1e6 / f64::from(count));
}

#[tokio::main]
async fn main() {
    let mut url = std::env::args().nth(1).unwrap();
    let mut server = None;
    if url == "postgres" {
        let database = server.insert(Server::start(Options::default())).database();
        url = database.url().to_owned();
        tokio::task::block_in_place(|| drop(Store::open(&url, OpenMode::Create).unwrap()));
    }
    let people: u32 = std::env::args().nth(2).map_or(2_000, |n| n.parse().unwrap());
    let entropy = Entropy::system().unwrap();
    let ring = KeyRing::draw(&entropy);
    let vault = Vault::open(&url, ring.clone(), Clock::System, entropy.clone()).await.unwrap();
    let mut ids = Vec::new();
    let start = Instant::now();
    for n in 0..people {
        let email = Some(format!("p{n}@example.fr"));
        let profile = Profile { email, email_verified: true, ..Profile::default() };
        let (issuer, subject) = ("https://identity.example".to_owned(), n.to_string());
        let arrival = Arrival { issuer, subject, agent: false, level: Level::Low, profile };
        ids.push(vault.arrive(arrival).await.unwrap().id);
    }
    show("arrive", people, start.elapsed());
    let start = Instant::now();
    for id in &ids {
        vault.put(id, Kind::Draft, "d", &json!({"title": "Un banc", "text": "x".repeat(1_000)})).await.unwrap();
    }
    show("put, 1 KB", people, start.elapsed());
    let start = Instant::now();
    for id in &ids {
        vault.get(id, Kind::Draft, "d").await.unwrap().unwrap();
    }
    show("get, 1 KB", people, start.elapsed());
    let mut secrets = Vec::new();
    let start = Instant::now();
    for id in &ids {
        let (issuer, hint) = ("https://identity.example".to_owned(), None);
        let draft = SessionDraft { issuer, agent: false, level: Level::Low, lifetime_s: 9_999, idle_s: 0, hint };
        secrets.push(vault.open_session(id, draft).await.unwrap());
    }
    show("open a session", people, start.elapsed());
    let start = Instant::now();
    for secret in &secrets {
        vault.session(secret.expose()).await.unwrap().unwrap();
    }
    show("find a session", people, start.elapsed());
    let start = Instant::now();
    for id in &ids {
        let reading = Reading {
            agent_id: "agent-0".into(),
            role: "MODERATOR".into(),
            campaign: "c".into(),
            purpose: Purpose::Support,
            note: "Mesure".into(),
            kinds: BTreeSet::from([Kind::Draft]),
        };
        vault.read_for(reading, id).await.unwrap();
    }
    show("read and record it", people, start.elapsed());
    let start = Instant::now();
    vault.readings_digest().await.unwrap();
    show("walk the chain of readings", people, start.elapsed());
    let start = Instant::now();
    vault.rotate_key(ring.rotated(&entropy)).await.unwrap();
    show("rotate the key, per person", people, start.elapsed());
    let start = Instant::now();
    let erased = people.min(200);
    for id in ids.iter().take(usize::try_from(erased).unwrap()) {
        vault.erase(id).await.unwrap();
    }
    show("erase", erased, start.elapsed());
}
