//! Two hundred people leave a word of their own in everything that they type; half of them are erased.
//! Then the words of those are nowhere, and the words of the others are where they belong.
//!
//! Owns the promise "an erased person is gone" (SECURITY.md) down to the bytes on the disk, on both
//! engines, and with it that a removal touches no hash, no count and no result.
//!
//! What is private must never be written in clear at all: everything is searched for it, the write-ahead
//! logs as well, before and after. What was public and is removed has to be gone from SQLite's file and
//! its write-ahead log at once; of PostgreSQL's data from the tables, once they are written anew. Its
//! write-ahead log (`pg_wal`), standbys and backups are not promised (SECURITY.md, "No promises") and not
//! searched for that, and neither is the bundle that somebody had fetched before. A snapshot that still
//! holds what was removed is destroyed by the next start that comes upon it.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

#[allow(dead_code, reason = "the town of the API's own tests, of which only a part is needed here")]
#[path = "../../api/tests/api/town.rs"]
mod town;

use api::export;
use api::read_model::ReadModel;
use api::snapshot::Snapshots;
use axum::body::{Body, to_bytes};
use axum::http::Request;
use commands::{Clock, Entropy};
use replay_tools::report::Verdict;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use tests::canary::{Found, canary};
use tests::tamper::Parts;
use throwaway_postgres::Server;
use town::{COORDINATOR, HOST, Town, keys_of};
use transparency::{Hash, Policy, verify_consistency, verify_inclusion};
use vault::{Arrival, KeyRing, Level, PersonId, Profile, SessionDraft, Vault};

const PEOPLE: usize = 200;
const MODERATOR: &str = "MODERATOR:mo";
/// What everybody types for all to read; some also say why they withdraw.
const PUBLIC: [&str; 4] = ["title", "description", "authorname", "accessibility"];
/// What everybody keeps for themselves, or says at the sign-in, or an agent says of them.
const PRIVATE: [&str; 15] = [
    "subject",
    "givenname",
    "familyname",
    "mail",
    "contactmail",
    "phone",
    "address",
    "draftname",
    "drafttitle",
    "draftdescription",
    "draftauthor",
    "draftaccess",
    "filename",
    "tokenname",
    "note",
];

struct Person {
    who: usize,
    id: PersonId,
    cookie: String,
    /// The receipt of the deposit, and its proposal.
    position: u64,
    leaf_hash: Hash,
    proposal: String,
}

impl Person {
    const fn stays(&self) -> bool {
        self.who.is_multiple_of(2)
    }

    /// Two in ten take their proposal back: one who stays, one who is erased.
    const fn withdraws(who: usize) -> bool {
        matches!(who % 10, 4 | 5)
    }
}

/// The public words of these people.
fn public(people: impl Iterator<Item = usize>) -> Found {
    let mut words = BTreeSet::new();
    for who in people {
        words.extend(PUBLIC.map(|field| (who, field.to_owned())));
        if Person::withdraws(who) {
            words.insert((who, "reason".to_owned()));
        }
    }
    Found(words)
}

/// What of it is private, wherever that is. A page of PostgreSQL's write-ahead log may end within a word.
fn private(found: &Found) -> Vec<&(usize, String)> {
    let open = |field: &str| PUBLIC.iter().chain(&["reason"]).any(|whole| whole.starts_with(field));
    found.0.iter().filter(|(_, field)| !open(field)).collect()
}

/// That these very words were found; says by which it differs.
#[track_caller]
fn same(found: &Found, expected: &Found) {
    let but = |one: &Found, other: &Found| one.0.difference(&other.0).take(9).cloned().collect::<Vec<_>>();
    let (more, less) = (but(found, expected), but(expected, found));
    assert!(more.is_empty() && less.is_empty(), "there are {more:?}, and not {less:?}");
}

/// Everything that the programme says of itself, at every level.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Log {
    /// The log of this process, from the first call on.
    fn of_all() -> Self {
        static ALL: Mutex<Option<Log>> = Mutex::new(None);
        let mut all = ALL.lock().unwrap();
        let log = all.get_or_insert_with(|| {
            let log = Self::default();
            let writer = log.clone();
            let level = tracing_subscriber::filter::LevelFilter::TRACE;
            tracing_subscriber::fmt().with_max_level(level).with_writer(move || writer.clone()).init();
            log
        });
        log.clone()
    }
}

/// A town and what is searched of it.
struct Search {
    town: Town,
    url: String,
    server: Option<Server>,
    log: Log,
}

impl Search {
    /// Every file that the engine has: for private words, all; for public ones, what is promised.
    fn files(&self, with_pages_of_the_past: bool) -> Found {
        let mut found = Found::below(self.town.folder.path(), &[]);
        if let Some(server) = &self.server {
            let except: &[&str] = if with_pages_of_the_past { &[] } else { &["pg_wal"] };
            found.0.extend(Found::below(server.folder(), except).0);
        }
        found
    }

    /// Has PostgreSQL write its tables anew and its pages to the disk.
    fn write_anew(&self) {
        if let Some(server) = &self.server {
            let database = self.url.rsplit('/').next().unwrap();
            server.psql(database, "VACUUM FULL; CHECKPOINT");
        }
    }

    /// The answer of a route to somebody who signed in with a browser.
    async fn ask(&self, cookie: &str, request: axum::http::request::Builder, body: Body) -> (u16, String) {
        let request = request.header("host", HOST).header("sec-fetch-site", "same-origin").header("parvis-csrf", "1");
        let request = request.header("cookie", format!("__Host-parvis={cookie}")).body(body).unwrap();
        let response = self.town.send(request).await;
        let status = response.status().as_u16();
        let bytes = to_bytes(response.into_body(), 1 << 24).await.unwrap();
        (status, String::from_utf8(bytes.to_vec()).unwrap())
    }

    /// The data of an answer without an error and without a no.
    async fn done(&self, cookie: &str, query: &str, variables: Value) -> Value {
        let request = Request::post("/graphql").header("content-type", "application/json");
        let body = json!({ "query": query, "variables": variables }).to_string();
        let (_, text) = self.ask(cookie, request, Body::from(body)).await;
        let mut answer: Value = serde_json::from_str(&text).unwrap();
        let refused = |payload: &Value| payload["rejections"].as_array().is_some_and(|list| !list.is_empty());
        let bad = answer.get("errors").is_some() || answer["data"].as_object().unwrap().values().any(refused);
        assert!(!bad, "{query}: {text}");
        answer["data"].take()
    }

    /// Somebody signs in, deposits, keeps drafts and ways to be reached, follows, and sends a picture.
    async fn arrives(&self, who: usize) -> Person {
        let of = |field: &str| canary(who, field);
        let vault = &self.town.people.as_ref().unwrap().vault;
        let issuer = "https://id.town.example".to_owned();
        let profile = Profile {
            given_name: Some(of("givenname")),
            family_name: Some(of("familyname")),
            email: Some(format!("{}@town.example", of("mail"))),
            email_verified: true,
            ..Profile::default()
        };
        let level = Level::Substantial;
        let arrival = Arrival { issuer: issuer.clone(), subject: of("subject"), agent: false, level, profile };
        let id = vault.arrive(arrival).await.unwrap().id;
        let hint = Some(of("hint"));
        let draft = SessionDraft { issuer, agent: false, level, lifetime_s: 86_400, idle_s: 0, hint };
        let cookie = vault.open_session(&id, draft).await.unwrap().expose().to_owned();

        let mut input = town::proposal(&of("title"));
        input["description"] = json!(format!("{}. Of shade and water.", of("description")));
        input["authorName"] = json!(of("authorname"));
        input["accessible"] = json!(true);
        input["accessibility"] = json!(of("accessibility"));
        input["commandId"] = json!(self.town.command_id());
        let deposit = "mutation($input: DepositProposalInput!) { depositProposal(input: $input) {
            proposal { id author } receipt { position leafHash } rejections { code field } } }";
        let deposited = self.done(&cookie, deposit, json!({ "input": input })).await["depositProposal"].take();
        let proposal = deposited["proposal"]["id"].as_str().unwrap().to_owned();

        let keep =
            "mutation($draft: SaveDraftInput!, $contact: KeepContactInput!, $token: IssueTokenInput!, $object: ID!) {
            saveDraft(input: $draft) { rejections { code } } keepContact(input: $contact) { rejections { code } }
            issueToken(input: $token) { rejections { code } } follow(object: $object) { rejections { code } } }";
        let kept = json!({
            "draft": { "draft": of("draftname"), "campaign": "T26", "title": of("drafttitle"),
                "description": of("draftdescription"), "authorName": of("draftauthor"), "accessibility": of("draftaccess") },
            "contact": { "email": format!("{}@example.org", of("contactmail")), "phone": of("phone"), "address": of("address") },
            "token": { "name": of("tokenname"), "scopes": ["READ_OWN"], "days": 9 },
            "object": proposal,
        });
        self.done(&cookie, keep, kept).await;

        let multipart = Request::post("/uploads").header("content-type", "multipart/form-data; boundary=edge");
        let (status, text) = self.ask(&cookie, multipart, Body::from(picture(who))).await;
        assert_eq!(status, 201, "{text}");

        let author = deposited["proposal"]["author"].clone();
        let note = json!({ "input": { "campaign": "T26", "author": author, "kinds": ["PROFILE", "CONTACT"],
            "purpose": "MODERATION", "note": of("note") } });
        let query = "mutation($input: ReadPersonalDataInput!) { readPersonalData(input: $input) {
            profile { givenName } contact { phone } rejections { code } } }";
        let read = self.town.answer(MODERATOR, query, note).await;
        assert_eq!(read["data"]["readPersonalData"]["contact"]["phone"], of("phone"), "{read}");

        if Person::withdraws(who) {
            let withdraw =
                "mutation($input: WithdrawProposalInput!) { withdrawProposal(input: $input) { rejections { code } } }";
            let input = json!({ "commandId": self.town.command_id(), "proposal": proposal, "reason": of("reason") });
            self.done(&cookie, withdraw, json!({ "input": input })).await;
        }
        let receipt = &deposited["receipt"];
        let leaf_hash = receipt["leafHash"].as_str().unwrap().parse().unwrap();
        Person { who, id, cookie, position: receipt["position"].as_u64().unwrap(), leaf_hash, proposal }
    }

    /// From the open vote to the proclaimed result; every fourth person votes.
    async fn is_decided(&self, people: &[Person]) {
        let town = &self.town;
        town.pass("IDEATION", "CO_CONSTRUCTION").await;
        let mut projects = Vec::new();
        for (person, (name, cents)) in people.iter().zip([("A", "6000000"), ("B", "5000000"), ("C", "4000000")]) {
            let project = town.project(&person.proposal, name, "CITY", cents).await;
            town.done(COORDINATOR, "admitProject", json!({ "project": project }), "").await;
            projects.push(project);
        }
        town.pass("CO_CONSTRUCTION", "PRE_SUBMIT").await;
        town.close("PRE_SUBMIT").await;
        town.done(COORDINATOR, "publishCatalogue", json!({ "campaign": "T26" }), "").await;
        town.open("VOTE").await;
        for person in people.iter().filter(|person| person.who % 4 < 2) {
            let choices = [json!({ "project": { "id": projects[person.who % 3] } })];
            let input = json!({ "commandId": town.command_id(), "campaign": "T26",
                "papers": [{ "area": "CITY", "choices": choices }] });
            let cast = "mutation($input: CastBallotInput!) { castBallot(input: $input) { rejections { code } } }";
            self.done(&person.cookie, cast, json!({ "input": input })).await;
        }
        town.proclaim().await;
    }

    /// The bundle as it is now, and what it claims.
    async fn bundle(&self, folder: &Path) -> (PathBuf, Value) {
        let (store, key) = (self.town.store.clone(), self.town.folder.path().join("town.key"));
        let out = folder.join("T26.parvis");
        let to = out.clone();
        let exported = tokio::task::spawn_blocking(move || {
            let exported = export::bundle(&store, &key, &Entropy::system().unwrap(), "T26", &to).unwrap();
            let policy = Policy::parse(&std::fs::read_to_string(&exported.policy).unwrap()).unwrap();
            let report = replay_tools::verify(&exported.file, Some(&policy), &mut |_, _| {}).unwrap();
            assert_eq!(report.verdict, Verdict::Holds, "{report:?}");
        });
        exported.await.unwrap();
        let claims = Parts::read(&std::fs::read(&out).unwrap()).claims;
        (out, serde_json::from_str(&claims).unwrap())
    }

    /// Starts a node with snapshots, has it write one, and stops it.
    async fn snapshot(&self) {
        let folder = self.town.folder.path().join("snapshots");
        let snapshots = Some(Snapshots::open(&folder).unwrap());
        ReadModel::open_with(self.town.store.clone(), snapshots, |_| {}).await.unwrap().save().await;
    }

    /// Everything that anybody may read of the proposals.
    async fn page(&self) -> Found {
        let mut page = String::new();
        for order in ["first: 100", "last: 100"] {
            let query = format!(
                r#"{{ proposals(campaign: "T26", {order}) {{ nodes {{ title description authorName
                accessibility withdrawalReason }} }} }}"#
            );
            page += &self.town.ask(&query).await.to_string();
        }
        Found::of(page.as_bytes())
    }
}

/// A form with a picture of one pixel: a word in its name, and another one inside, as cameras write them.
fn picture(who: usize) -> Vec<u8> {
    let chunk = |kind: &[u8], data: &[u8]| {
        let body = [kind, data].concat();
        let length = u32::try_from(data.len()).unwrap().to_be_bytes();
        [&length, body.as_slice(), &crc(&body).to_be_bytes()].concat()
    };
    let name = canary(who, "filename");
    let head = format!("--edge\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}.png\"\r\n\r\n");
    let comment = format!("Comment\0{}", canary(who, "chunk"));
    [
        head.as_bytes(),
        b"\x89PNG\r\n\x1a\n",
        &chunk(b"IHDR", b"\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0"),
        &chunk(b"tEXt", comment.as_bytes()),
        &chunk(b"IDAT", b"x\x9cc\xf8\xcf\xc0\xf0\x1f\0\x05\0\x01\xff"),
        &chunk(b"IEND", b""),
        b"\r\n--edge--\r\n",
    ]
    .concat()
}

/// The check of a PNG's chunk (ISO/IEC 15948, annex D).
fn crc(bytes: &[u8]) -> u32 {
    let mut sum = u32::MAX;
    for byte in bytes {
        sum ^= u32::from(*byte);
        for _ in 0..8 {
            sum = if sum & 1 == 1 { (sum >> 1) ^ 0xedb8_8320 } else { sum >> 1 };
        }
    }
    !sum
}

/// What the words of a claim say of the tables: their names and digests.
fn tables(claims: &Value) -> Vec<(String, String)> {
    let rows = claims["tables"].as_array().unwrap().iter();
    rows.map(|row| (row["name"].to_string(), row["digest"].to_string())).collect()
}

async fn half_of_them_are_erased(search: Search) {
    let (everybody, staying) = (0..PEOPLE, (0..PEOPLE).step_by(2));
    let (all, left) = (public(everybody), public(staying));
    search.town.grant(MODERATOR).await;
    search.town.open("IDEATION").await;
    let mut people = Vec::new();
    for who in 0..PEOPLE {
        people.push(search.arrives(who).await);
    }
    search.is_decided(&people).await;
    let aside = tempfile::tempdir().unwrap();
    let (before, claims) = search.bundle(aside.path()).await;
    search.snapshot().await;
    search.write_anew();

    // The search finds what is there, and what is private isn't there in clear, even in what is past.
    same(&Found::of(&std::fs::read(&before).unwrap()), &all);
    same(&search.page().await, &all);
    same(&Found::below(&search.town.folder.path().join("snapshots"), &[]), &all);
    same(&search.files(false), &all);
    assert_eq!(private(&search.files(true)), Vec::<&(usize, String)>::new());
    let old_vault = match &search.server {
        // A copy as a backup has it.
        None => Some(aside.path().join("old.vault.db")),
        Some(_) => None,
    };
    if let Some(copy) = &old_vault {
        let vault = Vault::url_beside(&search.url).replacen("sqlite:", "", 1);
        std::fs::copy(vault, copy).unwrap();
    }
    let head = search.town.store.logs().await.unwrap().remove(0);

    let model = || search.town.read_model.current().campaign("T26").unwrap().model.clone();
    let digests = model().digests().unwrap();
    for person in people.iter().filter(|person| !person.stays()) {
        let erased = search
            .done(
                &person.cookie,
                r#"mutation { eraseMe(confirm: "ERASE") { texts records rejections { code } } }"#,
                json!({}),
            )
            .await;
        let texts = PUBLIC.len() + usize::from(Person::withdraws(person.who));
        // Profile, contact, draft, subscription and upload.
        assert_eq!(erased["eraseMe"], json!({ "texts": texts, "records": 5, "rejections": [] }), "{}", person.who);
    }

    // The key under which all keys were is destroyed, as `parvis vault rotate-key` does.
    let (vault, ring) = (&search.town.people.as_ref().unwrap().vault, keys_of(&search.url));
    let old = KeyRing::read(&ring).unwrap();
    let rotated = old.rotated(&Entropy::system().unwrap());
    rotated.write(&ring).unwrap();
    vault.rotate_key(rotated.clone()).await.unwrap();
    let new = rotated.without_old();
    new.write(&ring).unwrap();
    if let Some(copy) = old_vault {
        let copy = format!("sqlite:{}", copy.display());
        let open = async |ring| Vault::open(&copy, ring, Clock::System, Entropy::system().unwrap()).await;
        assert!(open(old).await.unwrap().person(&people[1].id).await.unwrap().is_some());
        assert_eq!(open(new).await.unwrap_err().code(), "VAULT_KEY_MISSING");
    }

    // Nothing of them is left, and everything of the others.
    search.snapshot().await;
    search.write_anew();
    same(&search.files(false), &left);
    assert_eq!(private(&search.files(true)), Vec::<&(usize, String)>::new());
    same(&search.page().await, &left);
    let after = tempfile::tempdir().unwrap();
    let (bundle, claims_after) = search.bundle(after.path()).await;
    same(&Found::of(&std::fs::read(bundle).unwrap()), &left);
    for person in &people {
        let kept = vault.everything(&person.id).await;
        let shelf = search.town.folder.path().join("uploads").join(person.id.as_str());
        assert_eq!(shelf.exists(), person.stays(), "{}", person.who);
        if person.stays() {
            let kept = kept.unwrap().to_string();
            let found = Found::of(kept.as_bytes());
            assert!(PRIVATE.iter().all(|field| found.0.contains(&(person.who, (*field).to_owned()))), "{kept}");
            assert!(found.0.iter().all(|(who, _)| *who == person.who), "{kept}");
        } else {
            assert_eq!(kept.unwrap_err().code(), "PERSON_ERASED");
            let (status, _) = search.ask(&person.cookie, Request::get("/me/data.json"), Body::empty()).await;
            assert_eq!(status, 401);
        }
    }
    let said = search.log.0.lock().unwrap().clone();
    assert!(said.len() > 1_000, "nothing was logged");
    same(&Found::of(&said), &Found::default());

    // No hash, no count and no result has changed.
    let head_after = search.town.store.logs().await.unwrap().remove(0);
    assert!(head_after.size > head.size);
    let (store, receipts) =
        (search.town.store.clone(), people.iter().map(|person| (person.position, person.leaf_hash)));
    let receipts: Vec<_> = receipts.collect();
    let checked = tokio::task::spawn_blocking(move || {
        let (reader, log, size) = (store.reader(), head.log_id, head_after.size);
        let proof = reader.consistency_proof(log, head.size, size).unwrap();
        verify_consistency(head.size, size, &proof, &head.root, &head_after.root).unwrap();
        for (position, leaf_hash) in receipts {
            let proof = reader.inclusion_proof(log, position, size).unwrap();
            verify_inclusion(position, size, &leaf_hash, &proof, &head_after.root).unwrap();
        }
    });
    checked.await.unwrap();
    assert_eq!((&claims["areas"], &claims["projects"]), (&claims_after["areas"], &claims_after["projects"]));
    assert_eq!(claims["areas"][0]["counted"], 100);
    assert_eq!(tables(&claims), tables(&claims_after));
    assert_eq!(digests, model().digests().unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_erased_is_gone_from_files() {
    let log = Log::of_all();
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().join("town.db").display());
    let town = Town::at(&url, folder, 0).await.configure().await;
    half_of_them_are_erased(Search { town, url, server: None, log }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_erased_is_gone_from_a_database() {
    let log = Log::of_all();
    let server = tokio::task::spawn_blocking(|| Server::start(throwaway_postgres::Options::default())).await.unwrap();
    let url = server.database().url().to_owned();
    let town = Town::at(&url, tempfile::tempdir().unwrap(), 0).await.configure().await;
    half_of_them_are_erased(Search { town, url, server: Some(server), log }).await;
}
