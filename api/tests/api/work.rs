//! Work lists of agents through the API: who sees which, in what order, and how they change; and the
//! filters of projects that ask the same.

use crate::instruction::{ROADS, assign, instructing, verdict};
use crate::town::{COORDINATOR, REFERENT, Town};
use serde_json::{Value, json};

/// The titles on a list of this agent, with what is due.
async fn list(town: &Town, actor: &str, list: &str, more: &str) -> Vec<(String, Option<String>)> {
    let query = format!(
        r#"{{ viewer {{ workList(campaign: "T26", list: {list}{more}) {{ totalCount nodes {{ due project {{ title }} }} }} }} }}"#
    );
    let answer = town.answer(actor, &query, json!({})).await;
    assert_eq!(answer.get("errors"), None, "{list}");
    let page = &answer["data"]["viewer"]["workList"];
    let nodes = page["nodes"].as_array().unwrap();
    assert_eq!(page["totalCount"], nodes.len());
    let text = |value: &Value| value.as_str().map(str::to_owned);
    nodes.iter().map(|one| (text(&one["project"]["title"]).unwrap(), text(&one["due"]))).collect()
}

async fn titles(town: &Town, actor: &str, name: &str) -> Vec<String> {
    list(town, actor, name, "").await.into_iter().map(|(title, _)| title).collect()
}

async fn found(town: &Town, filter: &str) -> Vec<String> {
    let query =
        format!(r#"{{ projects(campaign: "T26", filter: {{ {filter} }}, order: TITLE) {{ nodes {{ title }} }} }}"#);
    let data = town.ask(&query).await;
    data["projects"]["nodes"].as_array().unwrap().iter().map(|one| one["title"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn each_agent_sees_what_waits_for_them_first_due_first() {
    let (town, p) = instructing(Town::new().await, &["Aire", "Bassin", "Cour", "Dalle"]).await;
    let unassigned = list(&town, COORDINATOR, "UNASSIGNED", "").await;
    assert_eq!(unassigned.len(), 4);
    assign(&town, &p[0], &[("PARKS", true, Some("2026-03-25T00:00:00Z")), ("ROADS", true, None)]).await;
    assign(&town, &p[1], &[("PARKS", true, Some("2026-03-10T00:00:00Z"))]).await;
    assign(&town, &p[2], &[("ROADS", true, Some("2026-03-12T00:00:00Z"))]).await;

    let due = |title: &str, due: &str| (title.to_owned(), Some(due.to_owned()));
    let parks = list(&town, REFERENT, "DEPARTMENT", "").await;
    assert_eq!(parks, [due("Bassin", "2026-03-10T00:00:00Z"), due("Aire", "2026-03-25T00:00:00Z")]);
    assert_eq!(titles(&town, ROADS, "DEPARTMENT").await, ["Cour", "Aire"]);
    assert_eq!(titles(&town, COORDINATOR, "DEPARTMENT").await, ["Bassin", "Cour", "Aire"]);
    let one = list(&town, COORDINATOR, "DEPARTMENT", r#", department: "ROADS", first: 5"#).await;
    assert_eq!(one.iter().map(|(title, _)| title.as_str()).collect::<Vec<_>>(), ["Cour", "Aire"]);
    assert_eq!(titles(&town, REFERENT, "UNASSIGNED").await, ["Dalle"]);

    assert_eq!(titles(&town, REFERENT, "MINE").await, [] as [&str; 0]);
    let agent = town.known(REFERENT).await.agent_id;
    let name = json!({ "project": p[0], "department": "PARKS", "agent": agent });
    town.done(REFERENT, "nameInstructor", name, "").await;
    assert_eq!(titles(&town, REFERENT, "MINE").await, ["Aire"]);
    assert_eq!(titles(&town, COORDINATOR, "MINE").await, [] as [&str; 0]);

    town.done(REFERENT, "giveVerdict", verdict(&p[0], "PARKS", "FAVOURABLE", "100"), "").await;
    assert_eq!(titles(&town, REFERENT, "WAITING").await, ["Aire"]);
    assert_eq!(titles(&town, REFERENT, "MINE").await, [] as [&str; 0]);
    town.done(ROADS, "handBack", json!({ "project": p[2], "department": "ROADS", "reason": "Privé." }), "").await;
    assert_eq!(titles(&town, COORDINATOR, "HANDED_BACK").await, ["Cour"]);

    // Time passes: what is due before now is late, for lists and filters alike.
    assert_eq!(titles(&town, REFERENT, "LATE").await, [] as [&str; 0]);
    assert_eq!(found(&town, "late: true").await, [] as [&str; 0]);
    town.executor.clock().set("2026-03-10T00:00:01Z".parse().unwrap());
    assert_eq!(titles(&town, REFERENT, "LATE").await, ["Bassin"]);
    assert_eq!(titles(&town, ROADS, "LATE").await, [] as [&str; 0]);
    assert_eq!(found(&town, "late: true").await, ["Bassin"]);
    assert_eq!(found(&town, "late: false").await, ["Aire", "Cour", "Dalle"]);
    let query = r#"{ projects(campaign: "T26", filter: { text: "bassin" }) { nodes { instruction { late assignments { late days } } } } }"#;
    let asked = town.ask(query).await;
    let instruction = &asked["projects"]["nodes"][0]["instruction"];
    assert_eq!(*instruction, json!({ "late": true, "assignments": [{ "late": true, "days": null }] }));
    town.done(REFERENT, "giveVerdict", verdict(&p[1], "PARKS", "UNFAVOURABLE", "100"), "").await;
    assert_eq!(titles(&town, COORDINATOR, "TO_CONSOLIDATE").await, ["Bassin"]);
    assert_eq!(found(&town, "opinions: [UNFAVOURABLE]").await, [] as [&str; 0]);
    town.done(COORDINATOR, "consolidateInstruction", json!({ "project": p[1] }), "").await;
    assert_eq!(list(&town, COORDINATOR, "UNDECIDED", "").await, [due("Bassin", "2026-03-25T00:00:01Z")]);
    assert_eq!(found(&town, "opinions: [UNFAVOURABLE]").await, ["Bassin"]);
    assert_eq!(found(&town, "states: [CONSOLIDATED_UNFAVOURABLE]").await, ["Bassin"]);
    town.done("CITIZEN:author-1", "lodgeAppeal", json!({ "project": p[1], "grounds": "Non." }), "").await;
    assert_eq!(titles(&town, COORDINATOR, "APPEALS").await, ["Bassin"]);
    assert_eq!(titles(&town, REFERENT, "LATE").await, ["Bassin"]);

    assert_eq!(found(&town, r#"awaiting: ["ROADS"]"#).await, ["Aire"]);
    assert_eq!(found(&town, r#"departments: ["PARKS"]"#).await, ["Aire", "Bassin"]);
    assert_eq!(found(&town, "kinds: [SINGLE]").await, [] as [&str; 0]);
    assert_eq!(found(&town, "kinds: [GROUPING]").await.len(), 4);

    let fields = "mine department late waiting unassigned handedBack toConsolidate appeals undecided";
    let counts = town.ask(&format!(r#"{{ viewer {{ workCounts(campaign: "T26") {{ {fields} }} }} }}"#)).await;
    let expected = json!({ "mine": 0, "department": 2, "late": 1, "waiting": 2, "unassigned": 2, "handedBack": 1,
        "toConsolidate": 0, "appeals": 1, "undecided": 0 });
    assert_eq!(counts["viewer"]["workCounts"], expected);
}

#[tokio::test]
async fn nobody_else_has_a_work_list() {
    let (town, _) = instructing(Town::new().await, &["Aire"]).await;
    let query = |more: &str| format!(r#"{{ viewer {{ workCounts(campaign: "T26"{more}) {{ mine }} }} }}"#);
    let code = async |actor: &str, query: String| {
        let answer = town.answer(actor, &query, json!({})).await;
        answer["errors"][0]["extensions"]["code"].as_str().unwrap_or("OK").to_owned()
    };
    assert_eq!(code("CITIZEN:ada", query("")).await, "PERMISSION_MISSING");
    assert_eq!(code(REFERENT, query("")).await, "OK");
    assert_eq!(code(REFERENT, query(r#", department: "PARKS""#)).await, "OK");
    assert_eq!(code(REFERENT, query(r#", department: "ROADS""#)).await, "PERMISSION_MISSING");
    assert_eq!(code(COORDINATOR, query(r#", department: "ROADS""#)).await, "OK");
    assert_eq!(code(COORDINATOR, query(r#", department: "é""#)).await, "INPUT_INVALID");
    let stranger = town.answer("", &query(""), json!({})).await;
    assert_eq!(stranger["data"]["viewer"], Value::Null);
}
