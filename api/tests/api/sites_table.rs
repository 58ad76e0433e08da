//! Many sites at once from a table: by HTTP, all of it or nothing, told by line and column.

use crate::sites::{at, proclaimed};
use crate::town::{COORDINATOR, HOST, REFERENT, Town, json_of};
use axum::body::Body;
use axum::http::{Request, StatusCode};
use serde_json::{Value, json};

/// Sends a table.
async fn send(town: &Town, actor: &str, query: &str, key: Option<&str>, table: &[u8]) -> (StatusCode, Value) {
    let mut request = Request::post(format!("/sites/T26/update{query}")).header("host", HOST);
    if !actor.is_empty() {
        request = request.header("authorization", format!("Bearer {}", town.known(actor).await.token));
    }
    if let Some(key) = key {
        request = request.header("idempotency-key", key);
    }
    let request = request.header("content-type", "text/csv").body(Body::from(table.to_vec())).unwrap();
    json_of(town.send(request).await).await
}

/// Opens sites; their keys.
async fn opened(town: &Town, project: &str, count: usize) -> Vec<String> {
    let mut keys = Vec::new();
    for nth in 0..count {
        let input = json!({ "project": project, "title": format!("Chantier {nth}"), "area": "CITY",
            "department": "PARKS", "budget": "100000" });
        let payload = town.done(COORDINATOR, "openSite", input, "site { key }").await;
        keys.push(payload["site"]["key"].as_str().unwrap().to_owned());
    }
    keys
}

fn lines(answer: &Value) -> Vec<(u64, &str, &str)> {
    let errors = answer["errors"].as_array().unwrap();
    let line = |error: &'_ Value| error["line"].as_u64().unwrap();
    errors
        .iter()
        .map(|error| (line(error), error["field"].as_str().unwrap(), error["code"].as_str().unwrap()))
        .collect()
}

async fn size(town: &Town) -> usize {
    let answer = town.ask("{ campaign(code: \"T26\") { log { size } } }").await;
    usize::try_from(answer["campaign"]["log"]["size"].as_u64().unwrap()).unwrap()
}

async fn many_at_once(town: Town) {
    let (town, project) = proclaimed(town).await;
    at(&town, "2027-02-01T09:00:00Z");
    let keys = opened(&town, &project, 3).await;
    let (one, two, three) = (&keys[0], &keys[1], &keys[2]);
    let before = size(&town).await;
    let table = format!(
        "site;title;works_planned;delivery_planned;studies_reached;reason;spending_line;spending_kind;spending_amount;spending_on\r\n\
         {two};;12/03/2027;2027-09;;;EJ-1;engagé;1 234,50;2027-01-09\r\n\
         {one};\"Le jardin; côté rue\";2027-03;;15/01/2027;Le relevé;;;;\r\n\
         {two};;;;;;EJ-2;PAID;10;2027-01-10\r\n"
    );

    let (status, dry) = send(&town, REFERENT, "?dry-run", None, table.as_bytes()).await;
    assert_eq!((status, &dry["written"], &dry["errors"]), (StatusCode::OK, &json!(false), &json!([])), "{dry}");
    assert_eq!(size(&town).await, before);
    let change =
        json!({ "line": 3, "site": one, "field": "title", "before": "Chantier 0", "after": "Le jardin; côté rue" });
    assert!(dry["changes"].as_array().unwrap().contains(&change), "{dry}");

    let (status, done) = send(&town, REFERENT, "", Some("february"), table.as_bytes()).await;
    assert_eq!((status, &done["written"], &done["changes"]), (StatusCode::OK, &json!(true), &dry["changes"]), "{done}");
    assert_eq!(size(&town).await, before + 7);
    // Once more, and with its lines in another order, in another encoding: nothing is left to do.
    let mut shuffled: Vec<&str> = table.lines().collect();
    shuffled[1..].reverse();
    let bytes: Vec<u8> = shuffled.join("\n").chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect();
    for (key, table) in [(Some("february"), table.as_bytes()), (None, &bytes)] {
        let (status, again) = send(&town, REFERENT, "", key, table).await;
        assert_eq!(
            (status, &again["written"], &again["changes"]),
            (StatusCode::OK, &json!(false), &json!([])),
            "{again}"
        );
    }
    assert_eq!(size(&town).await, before + 7);
    // Under the same key another table isn't taken.
    let other = format!("site;title\n{three};Autre chose\n");
    let reason = format!("site;title;reason\n{three};Autre chose;Le relevé\n");
    let (status, refused) = send(&town, REFERENT, "", None, other.as_bytes()).await;
    assert_eq!((status, lines(&refused)), (StatusCode::UNPROCESSABLE_ENTITY, vec![(2, "reason", "REASON_MISSING")]));
    let (status, refused) = send(&town, REFERENT, "", Some("february"), reason.as_bytes()).await;
    assert_eq!(
        (status, &refused["errors"][0]["extensions"]["code"]),
        (StatusCode::CONFLICT, &json!("COMMAND_ID_REUSED")),
        "{refused}"
    );

    // A slip, a correction of a date and of a spending, and an end, each with its reason.
    let table = format!(
        "site,works_planned,studies_reached,spending_line,spending_amount,spending_on,abandoned,reason,news\n\
         {one},2027-06,2027-01-16,,,,,La crue,Les arbres arrivent\n\
         {two},,,EJ-1,2000,2027-01-09,,Avoir,\n\
         {three},,,,,,oui,Le sol est pollué,\n"
    );
    let (status, done) = send(&town, REFERENT, "", None, table.as_bytes()).await;
    assert_eq!((status, &done["errors"]), (StatusCode::OK, &json!([])), "{done}");
    let query = "{ sites(campaign: \"T26\", order: TITLE) { nodes { title state milestones { plans { on reason } reachedOn } spending { line kind amount } news { text } } } }";
    let answer = town.ask(query).await;
    let nodes = &answer["sites"]["nodes"];
    assert_eq!((&nodes[1]["title"], &nodes[1]["state"]), (&json!("Chantier 2"), &json!("ABANDONED")));
    let works = json!([{ "on": "2027-03", "reason": null }, { "on": "2027-06", "reason": "La crue" }]);
    assert_eq!(nodes[2]["milestones"][1]["plans"], works, "{nodes}");
    assert_eq!(nodes[2]["milestones"][0]["reachedOn"], "2027-01-16");
    assert_eq!(nodes[2]["news"], json!([{ "text": "Les arbres arrivent" }]));
    let line = |line: &str, kind: &str, amount: &str| json!({ "line": line, "kind": kind, "amount": amount });
    assert_eq!(nodes[0]["spending"], json!([line("EJ-1", "COMMITTED", "200000"), line("EJ-2", "PAID", "1000")]));
    town.rebuilt_is_live().await;
}

#[tokio::test]
async fn a_table_changes_many_sites_at_once_on_a_file() {
    many_at_once(Town::new().await).await;
}

#[tokio::test]
async fn a_table_changes_many_sites_at_once_on_a_database() {
    many_at_once(Town::on_postgres().await.0).await;
}

#[tokio::test]
async fn what_is_wrong_is_told_by_line_and_column_and_nothing_is_written() {
    let (town, project) = proclaimed(Town::new().await).await;
    at(&town, "2027-02-01T09:00:00Z");
    let keys = opened(&town, &project, 4).await;
    let over = json!({ "site": "", "reason": "Le sol est pollué" });
    let query =
        format!("{{ sites(campaign: \"T26\", filter: {{ text: \"{}\" }}) {{ nodes {{ id }} }} }}", "Chantier 3");
    let answer = town.ask(&query).await;
    let mut input = over;
    input["site"] = answer["sites"]["nodes"][0]["id"].clone();
    town.done(COORDINATOR, "abandonSite", input, "").await;
    let before = size(&town).await;
    let table = format!(
        "site;title;department;budget;works_planned;delivery_planned;works_reached;spending_line;spending_amount\n\
         {0};Un titre;;;;;;;\n\
         {1};;WATER;;;;;;\n\
         nowhere;Un titre;;;;;;;\n\
         {2};;;-5;;;;;\n\
         {0};Un autre titre;;;;;;EJ-1;\n\
         {3};;;;;;2027-01-03;;\n\
         {2};;;-5;;;;;\n\
         a b;;;;;;;;\n\
         {1};;;;pas une date;;;EJ-7;10\n",
        keys[0], keys[1], keys[2], keys[3]
    );
    let (status, answer) = send(&town, REFERENT, "?lang=en", None, table.as_bytes()).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(
        lines(&answer),
        [
            (4, "site", "NOT_FOUND"),
            (6, "title", "CSV_CONFLICT"),
            (7, "works_reached", "SITE_ABANDONED"),
            (8, "site", "CSV_LINE_TWICE"),
            (9, "site", "CSV_VALUE"),
            (10, "spending_on", "CSV_VALUE"),
            (10, "works_planned", "CSV_VALUE"),
        ],
        "{answer:#}"
    );
    let rules = format!(
        "site;department;budget;works_planned;delivery_planned;reason\n\
         {};WATER;;;;Le relevé\n{};;-5;;;Le relevé\n{};;;2027-09;2027-03;Le relevé\n",
        keys[0], keys[1], keys[2]
    );
    let (_, answer) = send(&town, REFERENT, "", None, rules.as_bytes()).await;
    let wanted = [
        (2, "department", "UNKNOWN_DEPARTMENT"),
        (3, "budget", "AMOUNT_OUT_OF_RANGE"),
        (4, "works_planned", "MILESTONE_ORDER"),
    ];
    assert_eq!(lines(&answer), wanted, "{answer:#}");
    assert_eq!(size(&town).await, before);

    // Who may not, and what isn't there.
    let fine = format!("site;news\n{};Bonjour\n", keys[0]);
    for (actor, status) in [("", 401), ("CITIZEN:Ada", 403), ("MODERATOR:none", 403)] {
        assert_eq!(send(&town, actor, "", None, fine.as_bytes()).await.0.as_u16(), status, "{actor}");
    }
    assert_eq!(size(&town).await, before);
}
