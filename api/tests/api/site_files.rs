//! Pages, panels, feeds, calendars and tables of sites, each read by a program that isn't ours.
//!
//! Next: `crates/panels/tests`, what a panel looks like whatever stands on it.

use crate::sites::{at, proclaimed};
use crate::town::{COORDINATOR, HOST, REFERENT, Town};
use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode};
use ical::parser::ical::component::IcalEvent;
use serde_json::{Value, json};
use std::process::Command;

struct Given {
    status: StatusCode,
    media: String,
    tag: String,
    bytes: Vec<u8>,
}

impl Given {
    fn text(&self) -> String {
        String::from_utf8(self.bytes.clone()).unwrap()
    }
}

async fn get(town: &Town, path: &str, held: &str) -> Given {
    let request = Request::get(path).header("host", HOST).header("if-none-match", held);
    let response = town.send(request.body(Body::empty()).unwrap()).await;
    let head = |name: &str| response.headers().get(name).map_or("", |value| value.to_str().unwrap()).to_owned();
    let (status, media, tag) = (response.status(), head("content-type"), head("etag"));
    let bytes = to_bytes(response.into_body(), 1 << 24).await.unwrap().to_vec();
    Given { status, media, tag, bytes }
}

/// A site that is late, has news of which one was taken back, and spent too much; one that opened; one that
/// was given up.
struct Yard {
    town: Town,
    keys: [String; 3],
    project: String,
}

async fn yard(town: Town) -> Yard {
    let (town, project) = proclaimed(town).await;
    let mut keys = Vec::new();
    let mut ids = Vec::new();
    for title in ["Des arbres, « de l’ombre » & un banc; <i>place</i>", "Une fontaine", "Un kiosque"] {
        let input =
            json!({ "project": project, "title": title, "area": "CITY", "department": "PARKS", "budget": "200000" });
        let payload = town.done(COORDINATOR, "openSite", input, "site { id key }").await;
        keys.push(payload["site"]["key"].as_str().unwrap().to_owned());
        ids.push(payload["site"]["id"].clone());
    }
    at(&town, "2026-09-01T08:00:00Z");
    let act = async |nth: usize, mutation: &str, mut input: Value| {
        input["site"] = ids[nth].clone();
        town.done(REFERENT, mutation, input, "").await;
    };
    let plan = |on: &str, reason: Value| json!({ "milestone": "DELIVERY", "on": on, "reason": reason });
    act(0, "planMilestone", plan("2026-10", Value::Null)).await;
    act(0, "planMilestone", plan("2026-12-15", json!("La crue"))).await;
    act(0, "reachMilestone", json!({ "milestone": "STUDIES", "on": "2026-08-20" })).await;
    act(0, "postSiteNews", json!({ "title": "Les racines <tiennent>", "text": "Trente arbres & dix bancs." })).await;
    act(0, "postSiteNews", json!({ "title": "Par erreur", "text": "Un autre chantier." })).await;
    act(0, "withdrawSiteNews", json!({ "number": 2, "reason": "Mauvais chantier" })).await;
    let spending = json!({ "line": "M-1", "kind": "PAID", "amount": "250000", "on": "2026-08-30", "label": "Arbres" });
    act(0, "recordSpending", spending).await;
    act(1, "reachMilestone", json!({ "milestone": "DELIVERY", "on": "2026-08-30" })).await;
    act(2, "planMilestone", plan("2027-05", Value::Null)).await;
    act(2, "abandonSite", json!({ "reason": "Le sol est pollué" })).await;
    at(&town, "2027-01-10T08:00:00Z");
    Yard { town, keys: keys.try_into().unwrap(), project }
}

async fn read_by_others(town: Town) {
    let Yard { town, keys: [late, opened, given_up], project } = yard(town).await;
    feeds(&town, &late, &project).await;
    calendars(&town, [&late, &opened, &given_up]).await;
    panels(&town, &late).await;
    table(&town).await;
    let page = get(&town, &format!("/c/T26/sites/{given_up}?lang=fr"), "").await;
    assert_eq!((page.status, page.media.as_str()), (StatusCode::OK, "text/html; charset=utf-8"));
    assert!(page.text().contains("Abandonné : Le sol est pollué"), "{}", page.text());
    let page = get(&town, &format!("/c/T26/sites/{late}?lang=en"), "").await.text();
    assert!(page.contains("Les racines") && !page.contains("<tiennent>"), "{page}");
    assert!(page.contains("La crue") && !page.contains("Un autre chantier"), "{page}");
    assert_eq!(get(&town, &format!("/c/T26/sites/{late}?lang=en"), "").await.text(), page, "the same twice");
    statistics(&town).await;
}

async fn feeds(town: &Town, site: &str, project: &str) {
    let key = format!(r#"{{ node(id: "{project}") {{ ... on Project {{ key }} }} }}"#);
    let key = town.ask(&key).await["node"]["key"].as_str().unwrap().to_owned();
    let mut ids = Vec::new();
    for path in [
        "/c/T26/feed.atom?lang=en".to_owned(),
        "/c/T26/areas/CITY/feed.atom?lang=en".to_owned(),
        format!("/c/T26/projects/{key}/feed.atom?lang=en"),
        format!("/c/T26/sites/{site}/feed.atom?lang=en"),
    ] {
        let given = get(town, &path, "").await;
        assert_eq!((given.status, given.media.as_str()), (StatusCode::OK, "application/atom+xml; charset=utf-8"));
        assert_eq!(get(town, &path, &given.tag).await.status, StatusCode::NOT_MODIFIED);
        let feed = feed_rs::parser::parse(&given.bytes[..]).unwrap();
        assert_eq!(feed.feed_type, feed_rs::model::FeedType::Atom);
        // RFC 4287, 4.1.1 and 4.1.2: what a feed and each entry must have.
        assert!(feed.id.starts_with("urn:uuid:") && feed.updated.is_some() && !feed.authors.is_empty(), "{path}");
        assert!(feed.links.iter().any(|link| link.rel.as_deref() == Some("self") && link.href.ends_with(&path)));
        assert!(feed.entries.iter().all(|entry| entry.id.starts_with("urn:uuid:") && entry.updated.is_some()));
        let titles: Vec<String> = feed.entries.iter().map(|entry| entry.title.clone().unwrap().content).collect();
        assert!(titles.iter().any(|title| title.contains("Les racines <tiennent>")), "{path} {titles:?}");
        assert!(!given.text().contains("Un autre chantier"), "what was withdrawn is told no more");
        let told = titles.iter().any(|title| title.contains("kiosque"));
        assert_eq!(told, !path.contains("/sites/"), "{path} {titles:?}");
        let slip = feed.entries.iter().find(|entry| {
            entry
                .content
                .as_ref()
                .and_then(|content| content.body.as_ref())
                .is_some_and(|body| body.contains("La crue"))
        });
        ids.push(slip.unwrap_or_else(|| panic!("{path} tells why it slipped: {}", given.text())).id.clone());
        if path.contains("/sites/") {
            ids.push(feed.id);
        }
    }
    assert_eq!(ids[..4], vec![ids[0].clone(); 4], "one entry has one id in every feed");
    assert_ne!(ids[3], ids[4]);
    let missing = get(town, "/c/T26/sites/none/feed.atom", "").await;
    assert_eq!(missing.status, StatusCode::NOT_FOUND);
    assert!(missing.text().contains("NOT_FOUND"), "{}", missing.text());
    assert_eq!(get(town, "/c/T26/feed.atom?lang=de", "").await.status, StatusCode::BAD_REQUEST);
}

fn of(event: &IcalEvent, name: &str) -> String {
    let found = event.properties.iter().find(|property| property.name == name);
    found.and_then(|property| property.value.clone()).unwrap_or_default()
}

async fn calendars(town: &Town, [late, opened, given_up]: [&str; 3]) {
    let given = get(town, "/c/T26/openings.ics?lang=en", "").await;
    assert_eq!((given.status, given.media.as_str()), (StatusCode::OK, "text/calendar; charset=utf-8"));
    // RFC 5545, 3.1: lines end with CRLF and have at most 75 bytes.
    assert!(given.text().split_terminator("\r\n").all(|line| line.len() <= 75 && !line.contains('\n')));
    let calendar = ical::IcalParser::new(&given.bytes[..]).next().unwrap().unwrap();
    let told: Vec<_> = calendar
        .events
        .iter()
        .map(|event| {
            assert!(!of(event, "UID").is_empty() && !of(event, "DTSTAMP").is_empty());
            ["DTSTART", "DTEND", "STATUS", "SEQUENCE", "URL"].map(|name| of(event, name))
        })
        .collect();
    let row = |start: &str, end: &str, status: &str, sequence: &str, site: &str| {
        [start, end, status, sequence, &format!("{}/c/T26/sites/{site}", base(&given.text()))].map(str::to_owned)
    };
    assert_eq!(
        told,
        [
            row("20260830", "20260831", "CONFIRMED", "0", opened),
            // Planned twice.
            row("20261215", "20261216", "TENTATIVE", "1", late),
            // A month takes the whole month; given up after it was planned.
            row("20270501", "20270601", "CANCELLED", "1", given_up),
        ]
    );
    let one = get(town, "/c/T26/areas/CITY/openings.ics", "").await.text();
    assert_eq!(one.matches("BEGIN:VEVENT").count(), 3);
    let none = get(town, "/c/T26/areas/NORTH/openings.ics", "").await.text();
    assert_eq!(none.matches("BEGIN:VEVENT").count(), 0);
    assert!(
        given.text().contains("un banc\\; <i>place</i>") || given.text().contains("un banc\\;"),
        "{}",
        given.text()
    );
}

/// The address of this server as files name it.
fn base(calendar: &str) -> String {
    let unfolded = calendar.replace("\r\n ", "");
    let url = unfolded.lines().find_map(|line| line.strip_prefix("URL:")).unwrap();
    url.split("/c/T26/").next().unwrap().to_owned()
}

async fn panels(town: &Town, site: &str) {
    let folder = tempfile::tempdir().unwrap();
    for (format, lang) in [("a4", "fr"), ("a3", "en")] {
        let path = format!("/c/T26/sites/{site}/panel.pdf?format={format}&lang={lang}");
        let given = get(town, &path, "").await;
        assert_eq!((given.status, given.media.as_str()), (StatusCode::OK, "application/pdf"));
        assert_eq!(get(town, &path, &given.tag).await.status, StatusCode::NOT_MODIFIED);
        let file = folder.path().join(format!("{format}.pdf"));
        std::fs::write(&file, &given.bytes).unwrap();
        let picture = folder.path().join(format);
        let mut draw = Command::new("pdftoppm");
        draw.args(["-r", "100", "-png", "-singlefile"]).arg(&file).arg(&picture);
        assert!(draw.status().unwrap().success());
        let read = Command::new("zbarimg").args(["-q", "--raw"]).arg(picture.with_extension("png")).output().unwrap();
        let read = String::from_utf8(read.stdout).unwrap();
        assert!(read.trim_end().ends_with(&format!("/c/T26/sites/{site}")), "{format}: {read:?}");
        let text = Command::new("pdftotext").args(["-layout"]).arg(&file).arg("-").output().unwrap();
        let text = String::from_utf8(text.stdout).unwrap().split_whitespace().collect::<Vec<_>>().join(" ");
        let decided = if lang == "fr" { "Décidé par 1 votant en 2026" } else { "Decided by 1 voter in 2026" };
        assert!(text.contains(decided), "{text}");
        assert!(text.contains("La crue"), "why it is late: {text}");
    }
    let sheet = get(town, "/c/T26/areas/CITY/sites.pdf?lang=fr", "").await;
    assert_eq!((sheet.status, &sheet.bytes[..5]), (StatusCode::OK, &b"%PDF-"[..]));
    let wrong = get(town, &format!("/c/T26/sites/{site}/panel.pdf?format=a5"), "").await;
    assert_eq!(wrong.status, StatusCode::BAD_REQUEST);
    assert!(wrong.text().contains("a3 or a4"), "{}", wrong.text());
}

async fn table(town: &Town) {
    let given = get(town, "/c/T26/sites.csv?lang=en", "").await;
    let mut reader = csv::Reader::from_reader(&given.bytes[..]);
    let head: Vec<String> = reader.headers().unwrap().iter().map(str::to_owned).collect();
    let rows: Vec<Vec<String>> = reader.records().map(|row| row.unwrap().iter().map(str::to_owned).collect()).collect();
    let place = |name: &str| head.iter().position(|column| column == name).unwrap();
    let told = |dimension: &str, group: &str, name: &str| {
        let row = rows.iter().find(|row| row[place("dimension")] == dimension && row[place("group")] == group);
        row.unwrap_or_else(|| panic!("{dimension} {group}: {rows:?}"))[place(name)].clone()
    };
    assert_eq!(told("ALL", "ALL", "sites"), "3");
    assert_eq!(told("ALL", "ALL", "abandoned"), "1");
    assert_eq!(told("ALL", "ALL", "paid"), "2500.00");
    assert_eq!(told("DEPARTMENT", "PARKS", "over_budget"), "1");
    assert_eq!(told("STATE", "NONE", "projects"), "1", "a winner without a site is told as such");
}

async fn statistics(town: &Town) {
    let group =
        "group projects sites delivered abandoned overBudget money { budget paid over } toDelivery { count median }";
    let query = format!(
        r#"{{ campaign(code: "T26") {{ siteStatistics {{ voted all {{ {group} }} states {{ {group} state }}
            areas {{ {group} area {{ code }} }} departments {{ {group} department {{ code }} }} neighbourhoods {{ group }} }} }} }}"#
    );
    let answer = town.ask(&query).await;
    let found = &answer["campaign"]["siteStatistics"];
    let all = &found["all"];
    assert_eq!((&all["projects"], &all["sites"]), (&json!(2), &json!(3)));
    assert_eq!((&all["delivered"], &all["abandoned"], &all["overBudget"]), (&json!(1), &json!(1), &json!(1)));
    assert_eq!(all["money"], json!({ "budget": "600000", "paid": "250000", "over": null }));
    assert_eq!(all["toDelivery"]["count"], json!(1));
    let voted: time::Date = day(found["voted"].as_str().unwrap());
    let days = (day("2026-08-30") - voted).whole_days();
    assert_eq!(all["toDelivery"]["median"], json!(days.max(0)));
    assert_eq!(found["departments"][1]["department"], json!({ "code": "PARKS" }));
    assert_eq!(found["areas"][0]["area"], json!({ "code": "CITY" }));
    assert_eq!(found["neighbourhoods"], json!([{ "group": "OTHER" }]));
    let states: Vec<_> = found["states"].as_array().unwrap().iter().map(|row| row["group"].clone()).collect();
    assert_eq!(states.len(), 2, "{states:?}");
}

fn day(text: &str) -> time::Date {
    time::Date::parse(text, &time::format_description::well_known::Iso8601::DATE).unwrap()
}

#[tokio::test]
async fn what_people_take_along_is_read_by_other_programs() {
    read_by_others(Town::new().await).await;
}

#[tokio::test]
async fn the_same_files_on_a_database() {
    let (town, _) = Town::on_postgres().await;
    read_by_others(town).await;
}
