//! Thirty sites live through slips, splits, merges, abandonments and reopenings on both engines, and their
//! histories read back exactly; photos, work lists, and the map.
//!
//! Next: `sites_table.rs`, many sites at once from a table.

use crate::people::picture;
use crate::town::{COORDINATOR, HOST, REFERENT, Town, json_of};
use axum::body::Body;
use axum::http::{Request, StatusCode};
use serde_json::{Value, json};

/// A proclaimed town whose winners are A (60,000) and C (40,000).
pub(crate) async fn proclaimed(town: Town) -> (Town, String) {
    let (town, [a, _, c]) = town.configure().await.vote_opens().await;
    town.vote("v1", &[&a, &c]).await;
    town.proclaim().await;
    (town, a)
}

pub(crate) fn at(town: &Town, moment: &str) {
    town.executor.clock().set(moment.parse().unwrap());
}

/// What happened to a site as it was asked for: kind, stage, date and words.
#[derive(Default)]
struct Life {
    id: String,
    steps: Vec<Value>,
    over: bool,
}

fn told(kind: &str, milestone: Option<&str>, on: Option<&str>, said: Option<&str>) -> Value {
    json!({ "kind": kind, "milestone": milestone, "on": on, "said": said })
}

struct Yard {
    town: Town,
    project: String,
    lives: Vec<Life>,
}

impl Yard {
    async fn open(&mut self, nth: usize) {
        let longitude = 2.30 + f64::from(u32::try_from(nth).unwrap()) / 1_000.0;
        let input = json!({
            "project": self.project, "title": format!("Chantier {nth}"), "area": "CITY", "department": "PARKS",
            "budget": "200000", "financing": "CONTRACT", "contractors": ["Verdure"],
            "place": { "point": { "latitude": 48.85, "longitude": longitude } },
        });
        let payload = self.town.done(COORDINATOR, "openSite", input, "site { id }").await;
        let id = payload["site"]["id"].as_str().unwrap().to_owned();
        self.lives.push(Life { id, steps: vec![told("OPENED", None, None, None)], over: false });
    }

    async fn act(&mut self, nth: usize, mutation: &str, mut input: Value, step: Value) {
        input["site"] = json!(self.lives[nth].id);
        self.town.done(REFERENT, mutation, input, "").await;
        self.lives[nth].steps.push(step);
    }

    async fn plan(&mut self, nth: usize, stage: &str, on: &str, reason: Option<&str>) {
        let input = json!({ "milestone": stage, "on": on, "reason": reason });
        self.act(nth, "planMilestone", input, told("PLANNED", Some(stage), Some(on), reason)).await;
    }

    async fn reach(&mut self, nth: usize, stage: &str, on: &str) {
        let input = json!({ "milestone": stage, "on": on });
        self.act(nth, "reachMilestone", input, told("REACHED", Some(stage), Some(on), None)).await;
    }

    async fn say(&mut self, nth: usize, mutation: &str, kind: &str, reason: &str) {
        self.act(nth, mutation, json!({ "reason": reason }), told(kind, None, None, Some(reason))).await;
    }

    async fn begin(&mut self) {
        at(&self.town, "2026-03-20T09:00:00Z");
        for nth in 0..30 {
            self.open(nth).await;
            self.plan(nth, "WORKS", "2026-06", None).await;
            self.plan(nth, "DELIVERY", "2026-12", None).await;
            self.reach(nth, "STUDIES", "2026-03-15").await;
        }
    }

    async fn go_on(&mut self) {
        at(&self.town, "2026-07-02T09:00:00Z");
        for nth in 0..30 {
            if nth % 2 == 0 {
                self.plan(nth, "DELIVERY", "2027-03", Some("La crue")).await;
            }
            if nth % 3 == 0 {
                self.reach(nth, "WORKS", "2026-06-10").await;
                let input = json!({ "milestone": "WORKS", "on": "2026-06-12", "reason": "Le constat" });
                let step = told("CORRECTED", Some("WORKS"), Some("2026-06-12"), Some("Le constat"));
                self.act(nth, "correctMilestone", input, step).await;
            }
            if nth % 5 == 0 {
                self.say(nth, "abandonSite", "ABANDONED", "Le sol est pollué").await;
                self.lives[nth].over = true;
            }
            if nth % 10 == 0 {
                self.say(nth, "reopenSite", "REOPENED", "Le sol est dépollué").await;
                self.lives[nth].over = false;
            }
            if nth % 7 == 1 {
                let input = json!({ "line": "EJ-1", "kind": "COMMITTED", "amount": "150000", "on": "2026-04-09", "label": "Pavés" });
                self.act(nth, "recordSpending", input, told("SPENT", None, Some("2026-04-09"), Some("Pavés"))).await;
                let input = json!({ "line": "EJ-1", "amount": "250000", "on": "2026-04-10", "reason": "Avenant" });
                let step = told("SPENDING_CORRECTED", None, Some("2026-04-10"), Some("Avenant"));
                self.act(nth, "correctSpending", input, step).await;
            }
            if nth % 6 == 5 {
                let input = json!({ "title": "Les arbres", "text": "Ils sont là." });
                self.act(nth, "postSiteNews", input, told("NEWS", None, None, Some("Ils sont là."))).await;
                let input = json!({ "number": 1, "reason": "Une erreur" });
                self.act(nth, "withdrawSiteNews", input, told("NEWS_WITHDRAWN", None, None, Some("Une erreur"))).await;
            }
        }
    }

    async fn split(&mut self, nth: usize) {
        let part = |title: &str, budget: &str| json!({ "title": title, "budget": budget });
        let parts = json!([part("Nord", "120000"), part("Sud", "80000")]);
        let input = json!({ "site": self.lives[nth].id, "parts": parts, "reason": "Deux rues" });
        let payload = self.town.done(COORDINATOR, "splitSite", input, "site { goesOnIn { id } }").await;
        self.lives[nth].steps.push(told("SPLIT", None, None, Some("Deux rues")));
        self.lives[nth].over = true;
        for part in payload["site"]["goesOnIn"].as_array().unwrap() {
            let id = part["id"].as_str().unwrap().to_owned();
            self.lives.push(Life { id, steps: vec![told("OPENED", None, None, None)], over: false });
        }
    }

    async fn merge(&mut self, nth: usize, into: usize) {
        let input = json!({ "site": self.lives[nth].id, "into": self.lives[into].id, "reason": "Un marché" });
        self.town.done(COORDINATOR, "mergeSite", input, "").await;
        self.lives[nth].steps.push(told("MERGED", None, None, Some("Un marché")));
        self.lives[nth].over = true;
        self.lives[into].steps.push(told("CHANGED", None, None, Some("Un marché")));
    }

    async fn end(&mut self) {
        at(&self.town, "2027-01-20T09:00:00Z");
        for nth in [4, 14] {
            self.split(nth).await;
        }
        for (nth, into) in [(8, 9), (16, 17)] {
            self.merge(nth, into).await;
        }
        for nth in (0..30).step_by(3) {
            if self.lives[nth].over {
                continue;
            }
            self.reach(nth, "DELIVERY", "2027-01-01").await;
            if nth % 6 == 0 {
                self.reach(nth, "DONE", "2027-01-15").await;
            }
        }
        self.say(6, "reopenSite", "REOPENED", "Un banc est cassé").await;
        self.reach(6, "DONE", "2027-01-18").await;
        let upkeep = json!({ "runningPerYear": "120000", "association": "Les Amis", "commitment": "Arroser" });
        self.act(12, "agreeUpkeep", upkeep, told("UPKEEP", None, None, None)).await;
        let changed = json!({ "title": "Le grand jardin", "budget": "210000", "reason": "Le relevé" });
        self.act(12, "changeSite", changed, told("CHANGED", None, None, Some("Le relevé"))).await;
    }
}

async fn play(town: Town) {
    let (town, project) = proclaimed(town).await;
    let mut yard = Yard { town, project, lives: Vec::new() };
    yard.begin().await;
    yard.go_on().await;
    yard.end().await;
    assert_eq!(yard.lives.len(), 34);

    // Every history is what was done, step by step.
    for life in &yard.lives {
        let query = format!(
            "{{ node(id: \"{}\") {{ ... on Site {{ history {{ kind milestone on said words moment {{ position }} }} }} }} }}",
            life.id
        );
        let mut answer = yard.town.ask(&query).await;
        let mut last = 0;
        for step in answer["node"]["history"].as_array_mut().unwrap() {
            let position = step["moment"]["position"].as_u64().unwrap();
            assert!(position > last && !step["words"].as_str().unwrap().is_empty(), "{step}");
            last = position;
            step.as_object_mut().unwrap().retain(|name, _| name != "moment" && name != "words");
        }
        assert_eq!(answer["node"]["history"], json!(life.steps), "{}", life.id);
    }
    assert!(yard.town.rebuilt_is_live().await.contains("sites"));

    // The budget of 60,000 is all there, 100 more than the sites had at first.
    let query = format!(
        "{{ node(id: \"{}\") {{ ... on Project {{ progress money {{ envelope over sites {{ budget committed over left }} }} }} }} }}",
        yard.project
    );
    let answer = yard.town.ask(&query).await;
    let money = json!({ "budget": "6010000", "committed": "1250000", "over": null, "left": "4760000" });
    let wanted = json!({ "progress": "WORKS", "money": { "envelope": "6000000", "over": "10000", "sites": money } });
    assert_eq!(answer["node"], wanted);
    the_pages(&yard).await;
}

async fn the_pages(yard: &Yard) {
    let site = |nth: usize, fields: &str| {
        let query = format!("{{ node(id: \"{}\") {{ ... on Site {{ {fields} }} }} }}", yard.lives[nth].id);
        async move { yard.town.ask(&query).await["node"].take() }
    };
    // Odd and not delivered: planned for September, with 20 days of October gone.
    let late = site(1, "state standing delay { milestone due days reason } money { spent over left }").await;
    assert_eq!(late["delay"], json!({ "milestone": "WORKS", "due": "2026-06", "days": 204, "reason": null }));
    assert_eq!(
        late["standing"],
        "Studies: reached, 15 March 2026. 204 days late: “Works” was planned for June 2026. The city hasn’t said why."
    );
    assert_eq!(late["money"], json!({ "spent": "250000", "over": "50000", "left": null }));
    let given_up = site(5, "state standing").await;
    assert_eq!(given_up["standing"], "Given up on 2 July 2026: Le sol est pollué.");
    let split = site(4, "state standing goesOnIn { title splitFrom { title } }").await;
    assert_eq!(split["standing"], "Split into 2 sites on 20 January 2027: Deux rues.");
    assert_eq!(split["goesOnIn"][1], json!({ "title": "Sud", "splitFrom": { "title": "Chantier 4" } }));
    let merged = site(8, "state goesOnIn { title budget contractors financing }").await;
    let into =
        json!({ "title": "Chantier 9", "budget": "400000", "contractors": ["Verdure"], "financing": "CONTRACT" });
    assert_eq!(merged, json!({ "state": "MERGED", "goesOnIn": [into] }));
    let slips = site(2, "slips { milestone promised now reached days reason }").await;
    let slip = json!({ "milestone": "DELIVERY", "promised": "2026-12", "now": "2027-03", "reached": false, "days": 90, "reason": "La crue" });
    assert_eq!(slips["slips"], json!([slip]));
    let upkeep = site(12, "state upkeep { runningPerYear association commitment until }").await;
    let agreed =
        json!({ "runningPerYear": "120000", "association": "Les Amis", "commitment": "Arroser", "until": null });
    assert_eq!(upkeep, json!({ "state": "DONE", "upkeep": agreed }));

    // On the map: eleven sites between two longitudes, of which the late ones are asked for.
    let list = |filter: &str| {
        let query = format!(
            "{{ sites(campaign: \"T26\", first: 4, order: TITLE, filter: {{ {filter} }}) {{ totalCount nodes {{ title }} }} }}"
        );
        async move { yard.town.ask(&query).await["sites"].take() }
    };
    let within = "areas: [\"CITY\"], within: { south: 48.8, west: 2.30, north: 48.9, east: 2.31 }";
    assert_eq!(list(within).await["totalCount"], 11);
    let titles = json!([{ "title": "Chantier 1" }, { "title": "Chantier 10" }, { "title": "Chantier 2" }, { "title": "Chantier 7" }]);
    let found = list(&format!("{within}, late: true")).await;
    assert_eq!(found, json!({ "totalCount": 4, "nodes": titles }));
    assert_eq!(list("areas: [\"NORTH\"]").await["totalCount"], 0);
    assert_eq!(list("states: [ABANDONED]").await["totalCount"], 3);

    // What waits for the agents.
    let query = "query($list: SiteWorkList!) { viewer { siteWorkList(campaign: \"T26\", list: $list, first: 2) { totalCount nodes { since site { title } } } } }";
    for (list, count, since) in
        [("LATE", 14, "2026-06"), ("SILENT", 14, "2026-03-20"), ("WITHOUT_PHOTOS", 9, "2027-01-01")]
    {
        let answer = yard.town.answer(REFERENT, query, json!({ "list": list })).await;
        let page = &answer["data"]["viewer"]["siteWorkList"];
        assert_eq!(
            (&page["totalCount"], &page["nodes"][0]["since"]),
            (&json!(count), &json!(since)),
            "{list} {answer}"
        );
    }
}

#[tokio::test]
async fn thirty_sites_live_their_lives_on_a_file() {
    play(Town::new().await).await;
}

#[tokio::test]
async fn thirty_sites_live_their_lives_on_a_database() {
    let (town, _) = Town::on_postgres().await;
    play(town).await;
}

/// Sends a file; the answer.
async fn send(town: &Town, bytes: &[u8]) -> (StatusCode, Value) {
    let head = "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"x\"\r\n\r\n";
    let body = [head.as_bytes(), bytes, b"\r\n--b--\r\n"].concat();
    let request = Request::post("/uploads")
        .header("host", HOST)
        .header("parvis-csrf", "1")
        .header("authorization", format!("Bearer {}", town.known(REFERENT).await.token))
        .header("content-type", "multipart/form-data; boundary=b");
    json_of(town.send(request.body(Body::from(body)).unwrap()).await).await
}

#[tokio::test]
async fn photos_are_pictures_with_words_and_shown_to_everybody_until_they_are_removed() {
    let (town, project) = proclaimed(Town::new().await).await;
    let input =
        json!({ "project": project, "title": "Chantier", "area": "CITY", "department": "PARKS", "budget": "1" });
    let payload = town.done(COORDINATOR, "openSite", input, "site { id }").await;
    let site = payload["site"]["id"].clone();
    let (status, refused) = send(&town, b"no picture at all").await;
    assert_eq!(
        (status, &refused["errors"][0]["extensions"]["code"]),
        (StatusCode::UNPROCESSABLE_ENTITY, &json!("UPLOAD_TYPE")),
        "{refused}"
    );
    let (_, kept) = send(&town, &picture()).await;
    let digest = kept["digest"].as_str().unwrap().to_owned();
    let photo = |alternative: &str, upload: &str| json!({ "site": site, "upload": upload, "stage": "DURING", "alternative": alternative, "credit": "La ville" });
    let no = town.refused(REFERENT, "addSitePhoto", photo("", &digest)).await;
    assert_eq!((&no["code"], &no["field"]), (&json!("ALTERNATIVE_MISSING"), &json!("alternative")));
    let no = town.refused(REFERENT, "addSitePhoto", photo("Des pavés", &"0".repeat(64))).await;
    assert_eq!((&no["code"], &no["field"]), (&json!("ATTACHMENT_REFUSED"), &json!("photo")));
    // A photo that another agent sent is nobody else's to show.
    let no = town.refused(COORDINATOR, "addSitePhoto", photo("Des pavés", &digest)).await;
    assert_eq!(no["code"], "ATTACHMENT_REFUSED");
    let fields = "site { photos { number stage alternative credit url } }";
    let payload = town.done(REFERENT, "addSitePhoto", photo("Des pavés", &digest), fields).await;
    let url = format!("/attachments/{digest}");
    let shown = json!({ "number": 1, "stage": "DURING", "alternative": "Des pavés", "credit": "La ville", "url": url });
    assert_eq!(payload["site"]["photos"], json!([shown]));

    let fetch = || async {
        let request = Request::get(&url).header("host", HOST).body(Body::empty()).unwrap();
        town.send(request).await.status()
    };
    assert_eq!(fetch().await, StatusCode::OK);
    // The city keeps it, also when the files of who sent it are gone.
    let sender = town.known(REFERENT).await.person;
    town.people.as_ref().unwrap().files.forget(sender.as_str()).unwrap();
    assert_eq!(fetch().await, StatusCode::OK);
    let input = json!({ "site": site, "number": 1, "reason": "On y reconnaît quelqu’un" });
    let payload = town.done(REFERENT, "removeSitePhoto", input, fields).await;
    assert_eq!(payload["site"]["photos"], json!([]));
    assert_eq!(fetch().await, StatusCode::NOT_FOUND);
}
