//! A small town with one campaign, led step by step through the API by people who signed in.
//!
//! `ROLE:name` names a person: `CITIZEN:…` signs in as a citizen, everybody else as an agent, who is
//! granted that role when the campaign is configured or when first needed.

use api::people::People;
use api::read_model::ReadModel;
use api::server::{Options, router};
use api::settings::Settings;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode};
use axum::response::Response;
use commands::{Clock, Entropy, Executor};
use event_store::{OpenMode, Store};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use tempfile::TempDir;
use tokio::task::JoinHandle;
use tower::ServiceExt;
use vault::{Arrival, Level, PersonId, Profile, Scope, TokenDraft};

pub(crate) const COORDINATOR: &str = "COORDINATOR:mission";
pub(crate) const REFERENT: &str = "DEPARTMENT_REFERENT:parks";
pub(crate) const OFFICER: &str = "RETURNING_OFFICER:president";
/// How many events a configured campaign has: the configuration and four grants.
pub(crate) const SETTLED: u64 = 5;
/// Who confirms what the first agent proposed.
pub(crate) const SECOND: &str = "COORDINATOR:second";
/// Where the server of the town is asked.
pub(crate) const HOST: &str = "localhost:8080";
const PHASES: [&str; 11] = [
    "PRE_IDEATION",
    "IDEATION",
    "POST_IDEATION",
    "CO_CONSTRUCTION",
    "PRE_SUBMIT",
    "SUBMIT",
    "PRE_VOTE",
    "VOTE",
    "POST_VOTE",
    "PRE_RESULT",
    "RESULT",
];

pub(crate) struct Town {
    pub(crate) router: Router,
    pub(crate) store: Store,
    pub(crate) read_model: Arc<ReadModel>,
    pub(crate) folder: TempDir,
    pub(crate) people: Option<People>,
    pub(crate) executor: Executor,
    known: Mutex<BTreeMap<String, Known>>,
    follower: JoinHandle<()>,
    commands: AtomicU64,
}

/// Somebody who signed in.
#[derive(Clone, Debug)]
pub(crate) struct Known {
    pub(crate) person: PersonId,
    pub(crate) agent_id: String,
    pub(crate) token: String,
}

impl Drop for Town {
    fn drop(&mut self) {
        self.follower.abort();
    }
}

impl Town {
    /// A server on an empty store, a file.
    pub(crate) async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("town.db").display());
        Self::at(&url, folder, 0).await
    }

    /// A server on an empty store, a database; and its address, for other servers on it.
    pub(crate) async fn on_postgres() -> (Self, String) {
        let database = tokio::task::spawn_blocking(|| throwaway_postgres::Server::shared().database()).await.unwrap();
        let url = database.url().to_owned();
        (Self::at(&url, tempfile::tempdir().unwrap(), 0).await, url)
    }

    /// A server on the store at this address, which numbers its commands from here.
    pub(crate) async fn at(url: &str, folder: TempDir, first_command: u64) -> Self {
        Self::with(url, folder, first_command, Entropy::system().unwrap()).await
    }

    /// The same, whose people get their pseudonyms and secrets from here: two towns that draw the same are
    /// the same as far as the same happens in them.
    pub(crate) async fn with(url: &str, folder: TempDir, first_command: u64, entropy: Entropy) -> Self {
        let store = Store::open(url, OpenMode::Create).unwrap();
        let clock = Clock::simulated("2026-03-01T09:30:30Z".parse().unwrap());
        let executor = Executor::new(store.clone(), clock, Entropy::seeded(first_command + 1));
        let read_model = ReadModel::open(store.clone(), |_| {}).await.unwrap();
        let follower = tokio::spawn(Arc::clone(&read_model).follow());
        let mut options = Options::new("127.0.0.1:0".parse().unwrap(), "town.example/", folder.path());
        let notary = folder.path().join("notary.key");
        api::keys::signer(&notary, "town.example", &Entropy::seeded(7)).unwrap();
        options.key = Some(notary);
        let key = folder.path().join("town.key");
        let settings = Settings { vault_key: Some(keys_of(url)), ..generous() };
        let people = People::open(&settings, url, &key, executor.clock().clone(), &entropy).await.unwrap();
        let router = router(Arc::clone(&read_model), Some(executor.clone()), &options, Some(&people)).unwrap();
        let people = Some(people);
        let (known, commands) = (Mutex::default(), AtomicU64::new(first_command));
        Self { router, store, read_model, folder, people, executor, known, follower, commands }
    }

    /// Another server on the store of a town.
    pub(crate) fn reading(router: Router, town: &Self, read_model: Arc<ReadModel>) -> Self {
        let follower = tokio::spawn(Arc::clone(&read_model).follow());
        let folder = tempfile::tempdir().unwrap();
        let (known, commands) = (Mutex::default(), AtomicU64::new(1_000));
        let (store, executor, people) = (town.store.clone(), town.executor.clone(), town.people.clone());
        Self { router, store, read_model, folder, people, executor, known, follower, commands }
    }

    /// Signs somebody in, or remembers them.
    pub(crate) async fn known(&self, actor: &str) -> Known {
        if let Some(known) = self.known.lock().unwrap().get(actor) {
            return known.clone();
        }
        let vault = &self.people.as_ref().unwrap().vault;
        let agent = !actor.starts_with("CITIZEN:");
        let arrival = Arrival {
            issuer: "https://id.town.example".to_owned(),
            subject: actor.to_owned(),
            agent,
            level: Level::Substantial,
            profile: Profile { email: Some(format!("{}@town.example", actor.replace(':', "."))), ..Profile::default() },
        };
        let person = vault.arrive(arrival).await.unwrap();
        let scopes = Scope::ALL.into_iter().collect();
        let draft = TokenDraft { name: "tests".to_owned(), scopes, days: 366, agent, level: Level::Substantial };
        let (_, secret) = vault.issue_token(&person.id, draft).await.unwrap();
        let known = Known { person: person.id, agent_id: person.agent_id, token: secret.expose().to_owned() };
        self.known.lock().unwrap().insert(actor.to_owned(), known.clone());
        known
    }

    /// Grants somebody the role that their name begins with.
    pub(crate) async fn grant(&self, actor: &str) {
        let role = actor.split(':').next().unwrap();
        let mut input = json!({ "campaign": "T26", "agent": self.known(actor).await.agent_id, "role": role });
        match role {
            "DEPARTMENT_REFERENT" => input["department"] = json!("PARKS"),
            "POLLING_OFFICER" => input["place"] = json!("HALL"),
            _ => {}
        }
        self.done(COORDINATOR, "grantRole", input, "campaign { grants { agent role } }").await;
    }

    /// What one agent proposes and another confirms.
    pub(crate) async fn agreed(&self, actor: &str, mutation: &str, input: Value, object: &str) -> Value {
        let proposed = self.done(actor, mutation, input, "campaign { code pendingActs { number proposer } }").await;
        let campaign = &proposed["campaign"];
        let act = campaign["pendingActs"].as_array().unwrap().last().unwrap_or_else(|| panic!("{mutation}: no act"));
        let input = json!({ "campaign": campaign["code"], "number": act["number"] });
        self.done(SECOND, "confirmAct", input, object).await
    }

    /// The same with its campaign configured.
    pub(crate) async fn configured() -> Self {
        Self::new().await.configure().await
    }

    /// Configures the campaign.
    pub(crate) async fn configure(self) -> Self {
        let town = self;
        let payload = town.done(COORDINATOR, "configureCampaign", configuration(), "campaign { code }").await;
        assert_eq!(payload["campaign"]["code"], "T26");
        for actor in [SECOND, REFERENT, OFFICER] {
            town.grant(actor).await;
        }
        town
    }

    /// A command id that no command had.
    pub(crate) fn command_id(&self) -> String {
        uuid::Uuid::from_u128(u128::from(self.commands.fetch_add(1, Ordering::Relaxed)) + 1).to_string()
    }

    pub(crate) async fn send(&self, mut request: Request<Body>) -> Response {
        let host = axum::http::HeaderValue::from_static(HOST);
        request.headers_mut().entry(axum::http::header::HOST).or_insert(host);
        self.router.clone().oneshot(request).await.unwrap()
    }

    /// A whole GraphQL answer.
    pub(crate) async fn answer(&self, actor: &str, query: &str, variables: Value) -> Value {
        let body = json!({ "query": query, "variables": variables }).to_string();
        let mut request = Request::post("/graphql")
            .header("host", HOST)
            .header("content-type", "application/json")
            .header("accept", "application/graphql-response+json")
            .header("accept-language", "en");
        if self.people.is_some() && !actor.is_empty() {
            request = request.header("authorization", format!("Bearer {}", self.known(actor).await.token));
        }
        let request = request.body(Body::from(body)).unwrap();
        json_of(self.send(request).await).await.1
    }

    /// The data of a query that has no errors.
    pub(crate) async fn ask(&self, query: &str) -> Value {
        let mut answer = self.answer(COORDINATOR, query, json!({})).await;
        assert_eq!(answer.get("errors"), None, "{query}");
        answer["data"].take()
    }

    /// The code of the first error of a query.
    pub(crate) async fn fault(&self, query: &str) -> String {
        let answer = self.answer(COORDINATOR, query, json!({})).await;
        answer["errors"][0]["extensions"]["code"].as_str().unwrap_or_else(|| panic!("{query}: {answer}")).to_owned()
    }

    /// The payload of a mutation, whatever it came to.
    pub(crate) async fn carry(&self, actor: &str, mutation: &str, mut input: Value, object: &str) -> Value {
        if input.get("commandId").is_none() {
            input["commandId"] = json!(self.command_id());
        }
        let kind = input_of(mutation);
        let query = format!(
            "mutation($input: {kind}!) {{ {mutation}(input: $input) {{ {object}
               receipt {{ campaign position lastPosition leafHash replayed
                 proof {{ position size root leafHash hashes }} }}
               rejections {{ code field limit message }} }} }}"
        );
        let mut answer = self.answer(actor, &query, json!({ "input": input })).await;
        assert_eq!(answer.get("errors"), None, "{mutation} {input}");
        answer["data"][mutation].take()
    }

    /// The payload of a mutation that is carried out.
    pub(crate) async fn done(&self, actor: &str, mutation: &str, input: Value, object: &str) -> Value {
        let payload = self.carry(actor, mutation, input, object).await;
        assert_eq!(payload["rejections"], json!([]), "{mutation}");
        assert!(payload["receipt"]["position"].is_u64(), "{mutation}: {payload}");
        payload
    }

    /// The only rejection of a mutation that is refused.
    pub(crate) async fn refused(&self, actor: &str, mutation: &str, input: Value) -> Value {
        let mut payload = self.carry(actor, mutation, input, "").await;
        assert_eq!(payload["receipt"], Value::Null, "{mutation}: {payload}");
        assert_eq!(payload["rejections"].as_array().unwrap().len(), 1, "{payload}");
        payload["rejections"][0].take()
    }

    pub(crate) async fn open(&self, phase: &str) {
        let input = json!({ "campaign": "T26", "phase": phase, "reason": "On time." });
        if phase == "VOTE" {
            self.agreed(COORDINATOR, "openPhase", input, "campaign { currentPhase }").await;
        } else {
            self.done(COORDINATOR, "openPhase", input, "campaign { currentPhase }").await;
        }
    }

    /// Closes a phase that one agent may close.
    pub(crate) async fn close(&self, phase: &str) {
        let input = json!({ "campaign": "T26", "phase": phase, "reason": "On time." });
        self.done(COORDINATOR, "closePhase", input, "campaign { currentPhase }").await;
    }

    /// Closes one phase and opens the next.
    pub(crate) async fn pass(&self, from: &str, to: &str) {
        self.close(from).await;
        self.open(to).await;
    }

    /// Deposits a proposal; its global id.
    pub(crate) async fn deposit(&self, author: &str, title: &str) -> String {
        let payload =
            self.done(&format!("CITIZEN:{author}"), "depositProposal", proposal(title), "proposal { id }").await;
        payload["proposal"]["id"].as_str().unwrap().to_owned()
    }

    /// Forms a project of one proposal, has it instructed and admitted; its global id.
    pub(crate) async fn project(&self, proposal: &str, title: &str, area: &str, cents: &str) -> String {
        let input =
            json!({ "campaign": "T26", "proposals": [proposal], "kind": "SINGLE", "title": title, "area": area });
        let payload = self.done(COORDINATOR, "formProject", input, "project { id }").await;
        let id = payload["project"]["id"].as_str().unwrap().to_owned();
        let lines = json!([{ "kind": "INVESTMENT", "amount": cents }]);
        let input = json!({ "project": id, "department": "PARKS", "opinion": "FAVOURABLE", "reasons": "Feasible.", "lines": lines });
        self.done(REFERENT, "giveVerdict", input, "project { verdicts { opinion } }").await;
        id
    }

    /// Up to the open vote, with three projects: A (60,000), B (50,000), C (40,000) for 100,000.
    pub(crate) async fn voting() -> (Self, [String; 3]) {
        Self::configured().await.vote_opens().await
    }

    /// Leads a configured campaign to the open vote.
    pub(crate) async fn vote_opens(self) -> (Self, [String; 3]) {
        let town = self;
        town.open("IDEATION").await;
        let mut proposals = Vec::new();
        for name in ["Fontaine", "Grands arbres", "Bancs"] {
            proposals.push(town.deposit(&format!("author-{name}")[..8], name).await);
        }
        town.pass("IDEATION", "CO_CONSTRUCTION").await;
        let mut projects = Vec::new();
        for (proposal, (name, cents)) in proposals.iter().zip([("A", "6000000"), ("B", "5000000"), ("C", "4000000")]) {
            projects.push(town.project(proposal, name, "CITY", cents).await);
        }
        for project in &projects {
            town.done(COORDINATOR, "admitProject", json!({ "project": project }), "project { state }").await;
        }
        town.pass("CO_CONSTRUCTION", "PRE_SUBMIT").await;
        town.close("PRE_SUBMIT").await;
        town.done(
            COORDINATOR,
            "publishCatalogue",
            json!({ "campaign": "T26" }),
            "campaign { cataloguePublished { at } }",
        )
        .await;
        town.open("VOTE").await;
        let projects: [String; 3] = projects.try_into().unwrap();
        (town, projects)
    }

    /// Casts a ballot for these projects.
    pub(crate) async fn vote(&self, voter: &str, projects: &[&String]) {
        let choices: Vec<Value> = projects.iter().map(|id| json!({ "project": { "id": id } })).collect();
        let input = json!({ "campaign": "T26", "papers": [{ "area": "CITY", "choices": choices }] });
        self.done(&format!("CITIZEN:{voter}"), "castBallot", input, "ballot { papers { choices { number } } }").await;
    }

    /// A fold of the store from its beginning gives the very tables that are served; the names of those
    /// that have rows.
    pub(crate) async fn rebuilt_is_live(&self) -> BTreeSet<&'static str> {
        let rebuilt = ReadModel::open(self.store.clone(), |_| {}).await.unwrap().current();
        let live = self.read_model.current();
        let (rebuilt, live) = (rebuilt.campaign("T26").unwrap(), live.campaign("T26").unwrap());
        let digests = live.model.digests().unwrap();
        assert_eq!(rebuilt.model.digests().unwrap(), digests);
        assert_eq!(rebuilt.model.tree, live.model.tree);
        assert_eq!(rebuilt.positions, live.positions);
        digests.iter().filter(|table| table.rows > 0).map(|table| table.name).collect()
    }

    /// From the open vote to the proclaimed result.
    pub(crate) async fn proclaim(&self) {
        let input = json!({ "campaign": "T26", "phase": "VOTE", "reason": "On time." });
        self.agreed(COORDINATOR, "closePhase", input, "").await;
        let step = json!({ "campaign": "T26" });
        self.agreed(OFFICER, "closeBallotBox", step.clone(), "campaign { papersInBox }").await;
        let lot = json!({ "campaign": "T26", "publicValue": "42 17 3" });
        self.done(OFFICER, "drawLot", lot, "campaign { lot { publicValue } }").await;
        self.agreed(OFFICER, "proclaimResult", step, "campaign { countsArePublic }").await;
    }
}

/// The file with the vault's keys: the same for every node on a store.
pub(crate) fn keys_of(url: &str) -> PathBuf {
    static FOLDER: OnceLock<TempDir> = OnceLock::new();
    let folder = FOLDER.get_or_init(|| tempfile::tempdir().unwrap());
    folder.path().join(transparency::Hash::of(&[url.as_bytes()]).to_string())
}

/// Settings under which tests aren't slowed down; the limits have tests of their own.
pub(crate) fn generous() -> Settings {
    let most = std::num::NonZeroU32::new(1_000_000).unwrap();
    let rates = doors::Rates {
        reads_per_ip: most,
        writes_per_ip: most,
        reads_per_account: most,
        writes_per_account: most,
        sign_ins_per_ip: most,
    };
    Settings { doors: Some(doors::Settings { rates, ..doors::Settings::default() }), ..Settings::default() }
}

/// The type of a mutation's input.
pub(crate) fn input_of(mutation: &str) -> String {
    match mutation {
        "openPhase" | "closePhase" => "PhaseInput".to_owned(),
        "publishCatalogue" | "closeBallotBox" | "proclaimResult" | "reconcileRegister" | "shredLink" => {
            "CampaignStepInput".to_owned()
        }
        "removeContent" | "restoreContent" | "reportContent" => "ModerateContentInput".to_owned(),
        "declareExclusion" | "liftExclusion" => "ExclusionInput".to_owned(),
        "withdrawComment" | "pinComment" | "unpinComment" => "CommentInput".to_owned(),
        "supportProposal" | "withdrawSupport" => "SupportInput".to_owned(),
        "recountPapers" => "EnterPaperCountInput".to_owned(),
        "inviteToWorkshop" | "cancelRegistration" => "WorkshopInput".to_owned(),
        _ => mutation[..1].to_uppercase() + &mutation[1..] + "Input",
    }
}

/// Status and JSON body of an answer.
pub(crate) async fn json_of(response: Response) -> (StatusCode, Value) {
    let status = response.status();
    let bytes = to_bytes(response.into_body(), 1 << 24).await.unwrap();
    (status, serde_json::from_slice(&bytes).unwrap_or_default())
}

/// A campaign with one area for the whole city and one district, full calendar.
pub(crate) fn configuration() -> Value {
    let calendar: Vec<Value> = PHASES
        .iter()
        .enumerate()
        .map(|(month, phase)| {
            let (start, end) =
                (format!("2026-{:02}-01T00:00:00Z", month + 1), format!("2026-{:02}-01T00:00:00Z", month + 2));
            json!({ "phase": phase, "start": start, "end": end })
        })
        .collect();
    let ballot = json!({ "approval": { "min": 0, "max": 2 } });
    json!({
        "code": "T26", "title": "Budget participatif", "territory": "Ville", "year": 2026,
        "areas": [
            { "code": "CITY", "kind": "WHOLE_CITY", "name": "Toute la ville", "envelope": "10000000", "ballot": ballot },
            { "code": "NORTH", "kind": "DISTRICT", "name": "Nord", "envelope": "0", "population": 1200, "ballot": ballot },
        ],
        "themes": [{ "code": "GREEN", "name": "Nature" }, { "code": "CULTURE", "name": "Culture" }],
        "departments": [{ "code": "PARKS", "name": "Espaces verts" }],
        "calendar": calendar,
        "form": { "titleMin": 3, "titleMax": 60, "descriptionMin": 5, "descriptionMax": 500 },
        "ballotBox": "OPEN",
        "rule": { "kind": "GREEDY", "tieBreak": ["LOWER_COST", "LOT"] },
    })
}

/// What a depositor fills in.
pub(crate) fn proposal(title: &str) -> Value {
    json!({
        "campaign": "T26", "authorName": "Camille", "title": title, "description": "De l’ombre et de l’eau.",
        "depositor": "INDIVIDUAL", "theme": "GREEN", "area": "CITY", "accessible": false,
        "point": { "latitude": 48.856613, "longitude": 2.352222 }, "estimate": "1000000",
    })
}
