//! Before the result nothing says how people voted.
//!
//! Twice the same campaign, in which everybody does the same at the same moment, and votes otherwise: all
//! that anybody can see of the one has to be what can be seen of the other, letter by letter, apart from
//! hashes, signatures and envelopes, whose lengths have to be the same. Compared for each role at each step:
//! every field of the schema, every event of the log, every route, the heads of all answers, what is refused,
//! and what the programme prints; in a sealed campaign the exported bundle besides. And numbers that stand
//! on papers alone are looked for in every file, in the log lines and in the figures.

use crate::sealed::{DESK, Page, cast, civil, register, say, sealed_town, secret, voter, voting};
use crate::town::{COORDINATOR, OFFICER, SECOND, Town, configuration};
use crate::walk::{answer, blotted, everything};
use axum::body::{Body, to_bytes};
use axum::http::Request;
use commands::Entropy;
use serde_json::{Value, json};
use std::io::Write;
use std::process::Command;
use std::sync::{Arc, Mutex, OnceLock};
use transparency::Tile;

const ONE: &str = "POLLING_OFFICER:one";
const TWO: &str = "POLLING_OFFICER:two";
const THREE: &str = "POLLING_OFFICER:three";
/// Who looks on besides those who lead the campaign, and has nothing of the vote in hand.
const WATCHERS: [&str; 7] = [
    "MODERATOR:m",
    "KEY_HOLDER:k",
    "AUDITOR:a",
    "ANALYST:n",
    "DATA_PROTECTION_OFFICER:d",
    "CITIZEN:watcher",
    "CITIZEN:v0",
];

/// What is meant on ballots and papers; all else is the same.
struct Meant {
    digital: [&'static [u32]; 3],
    again: &'static [u32],
    /// Valid and blank papers, votes by number; all of it is written nowhere else.
    sheet: (u32, u32, [(u32, i64); 2]),
    cards: (usize, &'static [u32], u32),
}

const THESE: Meant = Meant {
    digital: [&[1], &[1, 2], &[1]],
    again: &[1],
    sheet: (48_611, 41_389, [(1, 37_921), (2, 26_083)]),
    cards: (60, &[1, 2], 0),
};
const OTHERS: Meant = Meant {
    digital: [&[3], &[], &[2, 3]],
    again: &[2, 3],
    sheet: (52_347, 37_653, [(2, 52_111), (3, 31_907)]),
    cards: (3, &[3], 57),
};

/// The numbers that a sheet has and nothing else.
const COUNTS: [&str; 8] = ["48611", "41389", "37921", "26083", "52347", "37653", "52111", "31907"];

/// Everything that the programme says of itself, at every level.
fn spoken() -> Arc<Mutex<Vec<u8>>> {
    #[derive(Clone)]
    struct Into(Arc<Mutex<Vec<u8>>>);
    impl Write for Into {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    static SPOKEN: OnceLock<Arc<Mutex<Vec<u8>>>> = OnceLock::new();
    let spoken = SPOKEN.get_or_init(|| {
        let spoken = Arc::new(Mutex::new(Vec::new()));
        let writer = Into(Arc::clone(&spoken));
        let level = tracing_subscriber::filter::LevelFilter::TRACE;
        // Other tests of this programme may have begun to listen: then nothing is heard here.
        let _ = tracing_subscriber::fmt().with_max_level(level).with_writer(move || writer.clone()).try_init();
        spoken
    });
    Arc::clone(spoken)
}

/// Which of the numbers stand there by themselves: not in a longer one, and not behind a decimal point.
fn told(bytes: &[u8]) -> Vec<&'static str> {
    let apart = |beside: Option<&u8>| beside.is_none_or(|byte| !byte.is_ascii_alphanumeric() && *byte != b'.');
    let stands = |count: &str| {
        let mut places =
            (0..bytes.len().saturating_sub(count.len())).filter(|at| bytes[*at..].starts_with(count.as_bytes()));
        places.any(|at| apart(at.checked_sub(1).and_then(|at| bytes.get(at))) && apart(bytes.get(at + count.len())))
    };
    COUNTS.into_iter().filter(|count| stands(count)).collect()
}

struct World {
    town: Town,
    url: String,
    meant: &'static Meant,
    sealed: bool,
    places: Vec<String>,
}

impl World {
    async fn new(meant: &'static Meant, sealed: bool) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("town.db").display());
        let town = Town::with(&url, folder, 0, Entropy::seeded(77)).await;
        let town = if sealed {
            sealed_town(town).await
        } else {
            town.done(COORDINATOR, "configureCampaign", configuration(), "").await;
            for actor in [SECOND, crate::town::REFERENT, OFFICER] {
                town.grant(actor).await;
            }
            town.vote_opens().await.0
        };
        for actor in WATCHERS.iter().filter(|actor| !actor.starts_with("CITIZEN")) {
            town.grant(actor).await;
        }
        for officer in [ONE, TWO, THREE] {
            for place in ["HALL", "MARKET"] {
                let agent = town.known(officer).await.agent_id;
                let input = json!({ "campaign": "T26", "agent": agent, "role": "POLLING_OFFICER", "place": place });
                town.done(COORDINATOR, "grantRole", input, "").await;
            }
        }
        let mut places = Vec::new();
        for (key, mode) in [("HALL", "COUNT_SHEET"), ("MARKET", "CARD_BY_CARD")] {
            let input = json!({ "campaign": "T26", "key": key, "name": "Un lieu", "address": "1 rue",
                "areas": ["CITY"], "mode": mode });
            let payload = town.done(COORDINATOR, "openPollingPlace", input, "place { id }").await;
            let place = payload["place"]["id"].clone();
            town.done(ONE, "sealBox", json!({ "place": place, "number": 1, "seals": ["A-1"] }), "").await;
            places.push(place.as_str().unwrap().to_owned());
        }
        Self { town, url, meant, sealed, places }
    }

    /// Everybody votes; one takes the ballot back, one votes on paper besides.
    async fn votes(&self) {
        let town = &self.town;
        if !self.sealed {
            for n in 1..12_u16 {
                let of = |choices: &[u32]| -> Vec<Value> {
                    choices.iter().map(|number| json!({ "project": { "number": number } })).collect()
                };
                let mut votes = vec![self.meant.digital[usize::from(n % 3)]];
                votes.extend((n < 4).then_some(self.meant.again));
                for choices in votes {
                    let papers = json!([{ "area": "CITY", "choices": of(choices) }]);
                    town.done(&voter(n), "castBallot", json!({ "campaign": "T26", "papers": papers }), "").await;
                }
            }
            return;
        }
        let page = Page::of(town).await;
        for n in 0..12_u16 {
            register(town, n).await;
            let choices = self.meant.digital[usize::from(n % 3)];
            let ballots = [("CITY", page.seal("CITY", choices, n)), ("NORTH", page.seal("NORTH", &[], n))];
            cast(town, &page, n, &ballots).await;
        }
        voting(town).step("T26").await.unwrap();
        for n in 0..3_u16 {
            cast(town, &page, n, &[("CITY", page.seal("CITY", self.meant.again, 100 + n))]).await;
        }
        let back = json!({ "campaign": "T26", "area": "CITY" });
        assert_eq!(say(town, &voter(4), "cancelSealedBallot", back, "cancelled").await["cancelled"], true);
        let signs = json!({ "campaign": "T26", "civil": civil(5), "areas": ["CITY"] });
        assert_eq!(say(town, DESK, "checkInPaperVoter", signs, "signed").await["signed"], true);
    }

    /// The vote ends, and the papers are read: the sheet by three agents, because two don't agree.
    async fn papers(&self) {
        let town = &self.town;
        let end = json!({ "campaign": "T26", "phase": "VOTE", "reason": "On time." });
        town.agreed(COORDINATOR, "closePhase", end, "").await;
        let (valid, blank, votes) = self.meant.sheet;
        let sheet = |second: i64| {
            let votes = votes.map(|(project, votes)| (project, if project == 2 { votes + second } else { votes }));
            let lines = votes.map(|(project, votes)| json!({ "project": project, "votes": votes }));
            json!({ "valid": valid, "blank": blank, "lines": lines })
        };
        let (cards, choices, blank) = self.meant.cards;
        let cards = vec![json!({ "choices": choices }); cards];
        let cards = json!({ "valid": cards.len(), "blank": blank, "cards": cards });
        for (place, papers) in self.places.iter().zip([90_000, 60]) {
            town.done(ONE, "openBox", json!({ "place": place, "number": 1, "seals": ["A-1"] }), "").await;
            let input = json!({ "place": place, "area": "CITY", "signatures": papers, "papers": papers });
            town.done(ONE, "countSignatures", input, "").await;
        }
        let why = Some("Deux lectures.");
        for (who, place, count, reason) in [
            (ONE, 0, sheet(0), None),
            (TWO, 0, sheet(-1), None),
            (THREE, 0, sheet(0), why),
            (ONE, 1, cards.clone(), None),
            (TWO, 1, cards.clone(), None),
        ] {
            let input = json!({ "place": self.places[place], "area": "CITY", "count": count, "reason": reason });
            town.done(who, "enterPaperCount", input, "").await;
        }
        let again = json!({ "place": self.places[1], "area": "CITY", "count": cards });
        town.done(OFFICER, "recountPapers", again, "").await;
        let step = json!({ "campaign": "T26" });
        town.agreed(OFFICER, "closeBallotBox", step, "").await;
        town.done(OFFICER, "drawLot", json!({ "campaign": "T26", "publicValue": "42" }), "").await;
    }

    /// Register and ballots are compared, the link goes, people object.
    async fn shreds(&self) {
        let (town, step) = (&self.town, json!({ "campaign": "T26" }));
        town.done(OFFICER, "reconcileRegister", step.clone(), "").await;
        town.agreed(OFFICER, "shredLink", step, "").await;
        let objection = json!({ "campaign": "T26", "text": "Le bureau 3 a ouvert tard." });
        town.done(&voter(3), "lodgeObjection", objection, "").await;
        let answer = json!({ "campaign": "T26", "number": 1, "answer": "De cinq minutes." });
        town.done(OFFICER, "answerObjection", answer, "").await;
    }

    async fn opens(&self) {
        self.town.executor.clock().set("2026-03-02T09:31:00Z".parse().unwrap());
        let opening = json!({ "campaign": "T26", "secret": secret().to_text().to_string() });
        self.town.done(OFFICER, "openUrn", opening, "").await;
    }

    /// What is tried and refused, with the reasons.
    async fn refusals(&self) -> Vec<(String, String)> {
        let (town, step) = (&self.town, json!({ "campaign": "T26" }));
        let paper = json!({ "valid": 1, "blank": 0, "lines": [{ "project": 1, "votes": 1 }] });
        let entry = |place: usize| json!({ "place": self.places[place], "area": "CITY", "count": paper });
        let ballot =
            json!({ "campaign": "T26", "papers": [{ "area": "CITY", "choices": [{ "project": { "number": 9 } }] }] });
        let mut said = Vec::new();
        for (actor, mutation, input) in [
            (&*voter(0), "proclaimResult", step.clone()),
            (DESK, "proclaimResult", step.clone()),
            (DESK, "enterPaperCount", entry(1)),
            (ONE, "enterPaperCount", entry(1)),
            (COORDINATOR, "recountPapers", entry(0)),
            (DESK, "castBallot", ballot.clone()),
            (COORDINATOR, "openUrn", json!({ "campaign": "T26", "secret": "AA" })),
            (DESK, "reconcileRegister", step.clone()),
        ] {
            let mut input = input;
            input["commandId"] = json!("00000000-0000-0000-0000-00000000ffff");
            let kind = crate::town::input_of(mutation);
            let query = format!(
                "mutation($input: {kind}!) {{ {mutation}(input: $input) {{ rejections {{ code field limit message }} }} }}"
            );
            let answer = town.answer(actor, &query, json!({ "input": input })).await;
            said.push((format!("{actor} {mutation}"), blotted(&answer.to_string())));
        }
        said
    }

    /// The routes beside the API.
    async fn routes(&self, actor: &str) -> Vec<(String, String)> {
        let mut said = Vec::new();
        for path in [
            "/",
            "/style.css",
            "/log/T26/checkpoint",
            "/open-data/T26.parvis",
            "/open-data/T26.parvis.policy",
            "/health/live",
            "/health/ready",
            "/c/T26/feed.atom?lang=en",
            "/c/T26/openings.ics?lang=en",
            "/c/T26/sites.csv?lang=en",
            "/c/T26/areas/CITY/feed.atom?lang=en",
            "/c/T26/areas/CITY/sites.pdf?lang=en",
            "/me/messages",
            "/me/data.json",
            "/messages/stop",
            "/graphql?query=%7Bcampaign(code:%22T26%22)%7BpapersInBox%7D%7D",
        ] {
            // Whoever read the papers may have the own reading back.
            if path == "/me/data.json"
                && ["POLLING_OFFICER:one", "POLLING_OFFICER:two", "POLLING_OFFICER:three", OFFICER].contains(&actor)
            {
                continue;
            }
            let request = Request::get(path).body(Body::empty()).unwrap();
            said.push((path.to_owned(), blotted(&answer(&self.town, actor, request).await)));
        }
        said
    }

    /// The log's own files, up to its head: entries as they are read, hashes by how many there are.
    async fn log_files(&self) -> Vec<(String, String)> {
        let (store, key) = (self.town.store.clone(), self.town.folder.path().join("notary.key"));
        let head = store.logs().await.unwrap().remove(0);
        let size = head.size;
        let signing = move || api::notary::sign(&store, &key, &head, &Entropy::seeded(1)).unwrap();
        tokio::task::spawn_blocking(signing).await.unwrap();
        let mut said = Vec::new();
        // Each entry by itself too: where the last ones are kept, the first ones are given.
        let parts = (1..size.min(256)).map(|width| format!("tile/entries/000.p/{width}"));
        for path in parts.chain(Tile::all(size).map(|tile| tile.to_string())) {
            let request = Request::get(format!("/log/T26/{path}")).body(Body::empty()).unwrap();
            let answered = if path.contains("entries") {
                blotted(&answer(&self.town, "", request).await)
            } else {
                let response = self.town.send(request).await;
                let status = response.status();
                format!("{status} {}", to_bytes(response.into_body(), 1 << 20).await.unwrap().len())
            };
            said.push((path, answered));
        }
        said
    }

    /// What `parvis` prints in this town.
    async fn programme(&self, arguments: &[&str]) -> String {
        let mut command = Command::new(env!("CARGO_BIN_EXE_parvis"));
        command.args(arguments).current_dir(self.town.folder.path());
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("PARVIS_")) {
            command.env_remove(name);
        }
        command.env("PARVIS_STORE", &self.url).env("PARVIS_KEY", self.town.folder.path().join("notary.key"));
        let ended = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let folder = self.town.folder.path().display().to_string();
        let said = format!("{:?}\n{}\n{}", ended.status.code(), text(&ended.stdout), text(&ended.stderr));
        assert!(!said.contains("USAGE") && !said.contains("unrecognized"), "{arguments:?}: {said}");
        blotted(&said.replace(&folder, "FOLDER"))
    }

    /// All that anybody sees now.
    async fn seen(&self, whole: bool) -> Vec<(String, String)> {
        let mut seen = Vec::new();
        let few = ["", COORDINATOR, ONE, "CITIZEN:v0"];
        let all = [COORDINATOR, SECOND, OFFICER, DESK, ONE, THREE, crate::town::REFERENT];
        let who: Vec<&str> =
            if whole { all.iter().chain(&WATCHERS).copied().chain([""]).collect() } else { few.to_vec() };
        for actor in who {
            let of = |(what, said): (String, String)| (format!("{actor}: {what}"), said);
            seen.extend(everything(&self.town, actor).await.into_iter().map(of));
            seen.extend(self.routes(actor).await.into_iter().map(of));
        }
        seen.extend(self.refusals().await);
        seen.extend(self.log_files().await);
        for arguments in [
            &["tally", "T26"][..],
            &["tally", "T26", "--json"],
            &["campaign", "show", "T26"],
            &["campaign", "show", "--json"],
        ] {
            seen.push((format!("parvis {arguments:?}"), self.programme(arguments).await));
        }
        seen
    }

    /// The lines of the bundle, as somebody reads it who gets it too early.
    async fn bundle(&self) -> Vec<String> {
        let (store, key) = (self.town.store.clone(), self.town.folder.path().join("notary.key"));
        let out = self.town.folder.path().join("early.parvis");
        let lines = tokio::task::spawn_blocking(move || {
            api::export::bundle(&store, &key, &Entropy::seeded(1), "T26", &out).unwrap();
            let policy = std::fs::read_to_string(out.with_extension("parvis.policy")).unwrap();
            let policy = transparency::Policy::parse(&policy).unwrap();
            let file = std::fs::File::open(&out).unwrap();
            let mut bundle = transparency::Bundle::open(file, Some(&policy)).unwrap();
            let mut lines = vec![bundle.claims().to_owned()];
            while let Some(batch) = bundle.next_batch(1_000).unwrap() {
                lines.extend(batch.iter().map(|line| format!("{} {:?}", line.leaf(), line.disclosed().unwrap())));
            }
            lines
        });
        lines.await.unwrap()
    }

    /// Which of the numbers stand in the files of the store and of the vault, and in what is written of them.
    fn files(&self) -> Vec<&'static str> {
        let files = std::fs::read_dir(self.town.folder.path()).unwrap().map(|entry| entry.unwrap().path());
        let whole: Vec<u8> =
            files.filter(|path| path.is_file()).flat_map(|path| std::fs::read(path).unwrap()).collect();
        assert!(whole.len() > 100_000, "{}", whole.len());
        told(&whole)
    }
}

#[track_caller]
fn same(these: &[(String, String)], others: &[(String, String)]) {
    assert_eq!(these.len(), others.len());
    for ((asked, one), (_, other)) in these.iter().zip(others) {
        let alike = one.chars().zip(other.chars()).take_while(|(one, other)| one == other).count();
        let around = |text: &str| text.chars().skip(alike.saturating_sub(200)).take(300).collect::<String>();
        assert!(one == other, "{asked}\n… {}\n… {}", around(one), around(other));
    }
}

/// Both worlds, step by step, to the result.
async fn twins(sealed: bool) {
    let spoken = spoken();
    let (these, others) = (World::new(&THESE, sealed).await, World::new(&OTHERS, sealed).await);
    for world in [&these, &others] {
        world.votes().await;
    }
    same(&these.seen(false).await, &others.seen(false).await);
    for world in [&these, &others] {
        world.papers().await;
    }
    same(&these.seen(true).await, &others.seen(true).await);
    if sealed {
        for world in [&these, &others] {
            world.shreds().await;
        }
        let lines = [these.bundle().await, others.bundle().await];
        assert_eq!(lines[0].len(), lines[1].len());
        for (one, other) in lines[0].iter().zip(&lines[1]) {
            assert_eq!(blotted(one), blotted(other));
        }
        for world in [&these, &others] {
            assert_eq!(world.files(), [""; 0], "in the files");
            world.opens().await;
        }
    }
    let step = json!({ "campaign": "T26" });
    for world in [&these, &others] {
        world.town.done(OFFICER, "proclaimResult", step.clone(), "campaign { pendingActs { number } }").await;
    }
    same(&these.seen(false).await, &others.seen(false).await);
    let said = spoken.lock().unwrap().clone();
    let lines = said.split(|byte| *byte == b'\n').find(|line| !told(line).is_empty()).map(String::from_utf8_lossy);
    assert_eq!(lines, None, "in the log lines");

    // With the result all of it is there for everybody, and differs.
    for world in [&these, &others] {
        let acts = world.town.ask(r#"{ campaign(code: "T26") { pendingActs { number } } }"#).await;
        let number = &acts["campaign"]["pendingActs"].as_array().unwrap().last().unwrap()["number"];
        world.town.done(SECOND, "confirmAct", json!({ "campaign": "T26", "number": number }), "").await;
    }
    let read = [everything(&these.town, "").await, everything(&others.town, "").await];
    let other = read[0].iter().zip(&read[1]).filter(|(one, other)| one.1 != other.1).count();
    assert!(other > 10, "{other}");
    let all: String = read.iter().flatten().map(|(_, said)| said.as_str()).collect();
    assert_eq!(told(all.as_bytes()), COUNTS);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn before_the_result_a_sealed_campaign_looks_the_same_however_people_vote() {
    twins(true).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn before_the_result_an_open_campaign_looks_the_same_however_people_vote() {
    twins(false).await;
}
