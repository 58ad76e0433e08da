//! What projects are made of, through the API: merging, splitting, taking one into another, undoing, and
//! the lineage read both ways; each refusal leaves everything as it was.

use crate::town::{COORDINATOR, SECOND, Town};
use serde_json::{Value, json};

/// How many events the log has.
pub(crate) fn size(town: &Town) -> u64 {
    town.read_model.current().campaign("T26").unwrap().model.size()
}

/// A refusal that writes nothing: its code, field and limit.
pub(crate) async fn refused(town: &Town, actor: &str, mutation: &str, input: Value) -> (String, String, String) {
    let before = size(town);
    let no = town.refused(actor, mutation, input).await;
    assert_eq!(size(town), before, "{mutation}: something was written");
    let text = |name: &str| no[name].as_str().unwrap_or_default().to_owned();
    (text("code"), text("field"), text("limit"))
}

/// A campaign in which proposals of these titles were deposited and projects are formed.
async fn merging(titles: &[&str]) -> (Town, Vec<String>) {
    in_town(Town::configured().await, titles).await
}

pub(crate) async fn in_town(town: Town, titles: &[&str]) -> (Town, Vec<String>) {
    town.open("IDEATION").await;
    let mut proposals = Vec::new();
    for (number, title) in titles.iter().enumerate() {
        proposals.push(town.deposit(&format!("author-{number}"), title).await);
    }
    town.pass("IDEATION", "CO_CONSTRUCTION").await;
    (town, proposals)
}

/// Forms a project of these proposals; its global id.
pub(crate) async fn form(town: &Town, title: &str, links: Value) -> String {
    let input = json!({ "campaign": "T26", "links": links, "kind": "GROUPING", "title": title, "area": "CITY" });
    let payload = town.done(COORDINATOR, "formProject", input, "project { id }").await;
    payload["project"]["id"].as_str().unwrap().to_owned()
}

/// Fields of an object by its global id.
pub(crate) async fn node(town: &Town, id: &str, kind: &str, fields: &str) -> Value {
    town.ask(&format!(r#"{{ node(id: "{id}") {{ ... on {kind} {{ {fields} }} }} }}"#)).await["node"].take()
}

/// The titles in a list of objects.
fn titles(list: &Value) -> Vec<&str> {
    list.as_array().unwrap().iter().map(|one| one["title"].as_str().unwrap()).collect()
}

/// The kinds of the steps of a lineage.
fn kinds(list: &Value) -> Vec<&str> {
    list.as_array().unwrap().iter().map(|one| one["kind"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_proposal_may_go_into_several_projects_with_a_share_and_a_reason() {
    let (town, p) = merging(&["Fontaine", "Bancs", "Arbres"]).await;
    let pond = form(
        &town,
        "La mare",
        json!([{ "proposal": p[0], "sharePercent": 60, "reason": "Même lieu." }, { "proposal": p[1] }]),
    )
    .await;
    let shade =
        form(&town, "De l’ombre", json!([{ "proposal": p[0], "sharePercent": 40 }, { "proposal": p[2] }])).await;

    let links = node(&town, &pond, "Project", "links { proposal { title } kind sharePercent reason addedBy }").await;
    assert_eq!(links["links"][0]["proposal"]["title"], "Fontaine");
    assert_eq!(links["links"][0]["kind"], "GROUPING");
    assert_eq!(links["links"][0]["sharePercent"], 60);
    assert_eq!(links["links"][0]["reason"], "Même lieu.");
    assert_eq!(links["links"][0]["addedBy"], "COORDINATOR");
    assert_eq!(links["links"][1]["sharePercent"], Value::Null);
    let origin = node(&town, &pond, "Project", "fr: origin(language: FR) en: origin(language: EN) origin").await;
    assert_eq!(origin["fr"], "Issu d’un regroupement de propositions de deux particuliers");
    assert_eq!(origin["en"], "From a grouping of proposals by two individuals");
    assert_eq!(origin["origin"], origin["en"]);
    let merges = node(&town, &p[0], "Proposal", "state merges { project { id } }").await;
    assert_eq!(merges["state"], "MERGED");
    assert_eq!(merges["merges"], json!([{ "project": { "id": pond } }, { "project": { "id": shade } }]));

    // All of it went in already; and nobody is twice in one list, or unknown.
    let over = json!({ "campaign": "T26", "kind": "SINGLE", "title": "Trop", "area": "CITY",
        "links": [{ "proposal": p[2] }, { "proposal": p[0], "sharePercent": 1 }] });
    assert_eq!(refused(&town, COORDINATOR, "formProject", over).await.0, "OUT_OF_RANGE");
    let twice = json!({ "campaign": "T26", "kind": "GROUPING", "title": "Deux fois", "area": "CITY",
        "proposals": [p[1]], "links": [{ "proposal": p[1] }] });
    assert_eq!(refused(&town, COORDINATOR, "formProject", twice).await.0, "DUPLICATE_ENTRY");
    let none = json!({ "campaign": "T26", "kind": "GROUPING", "title": "Sans rien", "area": "CITY" });
    let no = refused(&town, COORDINATOR, "formProject", none).await;
    assert_eq!((no.0.as_str(), no.1.as_str()), ("EMPTY_LIST", "proposals"));
}

#[tokio::test]
async fn what_was_withdrawn_or_stands_in_it_already_does_not_join_a_project() {
    let town = Town::configured().await;
    town.open("IDEATION").await;
    let gone = town.deposit("gone", "Retirée").await;
    let (one, two) = (town.deposit("one", "Une").await, town.deposit("two", "Deux").await);
    town.done("CITIZEN:gone", "withdrawProposal", json!({ "proposal": gone }), "").await;
    let early = json!({ "campaign": "T26", "proposals": [one], "kind": "SINGLE", "title": "Tôt", "area": "CITY" });
    assert_eq!(refused(&town, COORDINATOR, "formProject", early).await.0, "TOO_EARLY");
    town.pass("IDEATION", "CO_CONSTRUCTION").await;

    let input =
        json!({ "campaign": "T26", "proposals": [one, gone], "kind": "GROUPING", "title": "A", "area": "CITY" });
    let no = refused(&town, COORDINATOR, "formProject", input).await;
    assert_eq!(no.0, "PROPOSAL_WITHDRAWN");
    let project = form(&town, "A", json!([{ "proposal": one }])).await;
    let add = |proposal: &str| json!({ "project": project, "proposal": proposal, "reason": "Ensemble." });
    assert_eq!(refused(&town, COORDINATOR, "addProposalToProject", add(&gone)).await.0, "PROPOSAL_WITHDRAWN");
    assert_eq!(refused(&town, COORDINATOR, "addProposalToProject", add(&one)).await.0, "DUPLICATE_ENTRY");
    let added = town
        .done(COORDINATOR, "addProposalToProject", add(&two), "project { proposals { title } links { reason } }")
        .await;
    assert_eq!(titles(&added["project"]["proposals"]), ["Une", "Deux"]);
    assert_eq!(added["project"]["links"][1]["reason"], "Ensemble.");

    let out = |proposal: &str, reason: &str| json!({ "project": project, "proposal": proposal, "reason": reason });
    let no = refused(&town, COORDINATOR, "takeProposalOut", out(&two, "")).await;
    assert_eq!((no.0.as_str(), no.1.as_str()), ("REASON_MISSING", "reason"));
    let taken = town
        .done(
            COORDINATOR,
            "takeProposalOut",
            out(&two, "Ailleurs."),
            "project { proposals { title } links { takenOut { reason role } } }",
        )
        .await;
    assert_eq!(titles(&taken["project"]["proposals"]), ["Une"]);
    assert_eq!(taken["project"]["links"][1]["takenOut"], json!({ "reason": "Ailleurs.", "role": "COORDINATOR" }));
    let free = node(&town, &two, "Proposal", "state merges { project { title } }").await;
    assert_eq!(free["state"], "DEPOSITED");
    assert_eq!(refused(&town, COORDINATOR, "takeProposalOut", out(&two, "Encore.")).await.0, "NOT_FOUND");
    assert_eq!(refused(&town, COORDINATOR, "takeProposalOut", out(&one, "La dernière.")).await.0, "EMPTY_LIST");
}

#[tokio::test]
async fn the_second_of_two_who_edit_a_sheet_gets_to_know_what_changed() {
    let (town, p) = merging(&["Fontaine"]).await;
    let project = form(&town, "La mare", json!([{ "proposal": p[0] }])).await;
    let edit = |version: u32, title: &str, description: &str| json!({ "project": project, "version": version, "title": title, "description": description, "theme": "GREEN" });
    let fields = "project { version title theme { code } versions { number changed title writtenBy } }";
    let edited = town.done(COORDINATOR, "editProject", edit(1, "La mare", "Une mare."), fields).await;
    assert_eq!(edited["project"]["version"], 2);
    let no = refused(&town, SECOND, "editProject", edit(1, "L’étang", "Un étang.")).await;
    assert_eq!(no, ("EDIT_CONFLICT".to_owned(), "version".to_owned(), "description, theme".to_owned()));
    let edited = town.done(SECOND, "editProject", edit(2, "L’étang", "Une mare."), fields).await;
    assert_eq!(edited["project"]["title"], "L’étang");
    assert_eq!(
        edited["project"]["versions"],
        json!([
            { "number": 1, "changed": [], "title": "La mare", "writtenBy": "COORDINATOR" },
            { "number": 2, "changed": ["description", "theme"], "title": "La mare", "writtenBy": "COORDINATOR" },
            { "number": 3, "changed": ["title"], "title": "L’étang", "writtenBy": "COORDINATOR" },
        ])
    );
    // What was searched for by its old title is found by the new one.
    let found = town.ask(r#"{ projects(campaign: "T26", filter: { text: "etang" }) { totalCount } }"#).await;
    assert_eq!(found["projects"]["totalCount"], 1);
    assert_eq!(refused(&town, SECOND, "editProject", edit(3, "", "Une mare.")).await.0, "TEXT_TOO_SHORT");
}

#[tokio::test]
async fn a_project_is_split_its_parts_joined_and_a_merge_undone_and_both_lineages_say_so() {
    let (town, p) = merging(&["Fontaine", "Bancs", "Arbres"]).await;
    from_split_to_undo(town, p).await;
}

#[tokio::test]
async fn the_same_on_postgres() {
    let (town, _) = Town::on_postgres().await;
    let (town, p) = in_town(town.configure().await, &["Fontaine", "Bancs", "Arbres"]).await;
    from_split_to_undo(town, p).await;
}

async fn from_split_to_undo(town: Town, p: Vec<String>) {
    let links: Vec<Value> = p.iter().map(|id| json!({ "proposal": id })).collect();
    let whole = form(&town, "Le parc", json!(links)).await;
    let part = |title: &str, of: &[usize]| {
        let proposals: Vec<Value> = of.iter().map(|n| json!({ "proposal": p[*n] })).collect();
        json!({ "title": title, "kind": "SINGLE", "proposals": proposals })
    };
    let split = |parts: Value| json!({ "project": whole, "parts": parts, "reason": "Deux chantiers." });
    let one = split(json!([part("Seul", &[0])]));
    assert_eq!(refused(&town, COORDINATOR, "splitProject", one).await.0, "TOO_FEW_PROJECTS");
    // The second part can't be formed, so the first one isn't either, and the project goes on.
    let bad = split(json!([part("L’eau", &[0]), part("", &[1])]));
    let no = refused(&town, COORDINATOR, "splitProject", bad).await;
    assert_eq!((no.0.as_str(), no.1.as_str()), ("TEXT_TOO_SHORT", "title"));
    let empty = split(json!([part("L’eau", &[0]), part("Rien", &[])]));
    assert_eq!(refused(&town, COORDINATOR, "splitProject", empty).await.0, "EMPTY_LIST");
    assert_eq!(node(&town, &whole, "Project", "state").await["state"], "UNDER_INSTRUCTION");

    let mut input = split(json!([part("L’eau", &[0, 1]), part("L’ombre", &[1])]));
    input["commandId"] = json!("00000000-0000-4000-8000-000000000001");
    let fields = "project { state ending { kind reason endedBy projects { id title reference partOf { id } } } }";
    let done = town.done(COORDINATOR, "splitProject", input.clone(), fields).await;
    let again = town.done(COORDINATOR, "splitProject", input, fields).await;
    assert_eq!((again["receipt"]["replayed"].clone(), &again["project"]), (json!(true), &done["project"]));
    let ending = &done["project"]["ending"];
    assert_eq!((&done["project"]["state"], &ending["kind"]), (&json!("ENDED"), &json!("SPLIT")));
    assert_eq!((&ending["reason"], &ending["endedBy"]), (&json!("Deux chantiers."), &json!("COORDINATOR")));
    let parts: Vec<&str> =
        ending["projects"].as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap()).collect();
    assert_eq!(titles(&ending["projects"]), ["L’eau", "L’ombre"]);
    assert_eq!(ending["projects"][0]["reference"], "TP-000001-1");
    assert_eq!(ending["projects"][1]["partOf"]["id"], json!(whole));
    // The proposal that no part names stands alone again; nothing happens to what has ended.
    assert_eq!(node(&town, &p[2], "Proposal", "state").await["state"], "DEPOSITED");
    let late = json!({ "project": whole, "proposal": p[2] });
    assert_eq!(refused(&town, COORDINATOR, "addProposalToProject", late).await.0, "PROJECT_ENDED");

    let absorb =
        |project: &str, into: &str| json!({ "project": project, "into": into, "reason": "Finalement ensemble." });
    assert_eq!(refused(&town, COORDINATOR, "absorbProject", absorb(parts[0], parts[0])).await.0, "MERGE_CYCLE");
    assert_eq!(refused(&town, COORDINATOR, "absorbProject", absorb(parts[0], &whole)).await.0, "PROJECT_ENDED");
    let fields = "project { id proposals { title } absorbed { id } }";
    let joined = town.done(COORDINATOR, "absorbProject", absorb(parts[0], parts[1]), fields).await;
    assert_eq!(joined["project"]["id"], parts[1]);
    assert_eq!(titles(&joined["project"]["proposals"]), ["Bancs", "Fontaine"]);
    assert_eq!(joined["project"]["absorbed"], json!([{ "id": parts[0] }]));
    assert_eq!(refused(&town, COORDINATOR, "absorbProject", absorb(parts[1], parts[0])).await.0, "MERGE_CYCLE");

    let steps = "steps { kind by reason proposal { title } project { title } into { title } }";
    let back =
        node(&town, parts[1], "Project", &format!("lineage {{ {steps} proposals {{ title }} projects {{ title }} }}"))
            .await;
    let lineage = &back["lineage"];
    assert_eq!(titles(&lineage["proposals"]), ["Fontaine", "Bancs", "Arbres"]);
    let mut ancestors = titles(&lineage["projects"]);
    ancestors.sort_unstable();
    assert_eq!(ancestors, ["Le parc", "L’eau"]);
    let expected = [
        "DEPOSITED",
        "DEPOSITED",
        "DEPOSITED",
        "FORMED",
        "MERGED",
        "MERGED",
        "MERGED",
        "SPLIT",
        "UNMERGED",
        "UNMERGED",
        "UNMERGED",
        "FORMED",
        "MERGED",
        "MERGED",
        "FORMED",
        "MERGED",
        "ABSORBED",
        "UNMERGED",
        "UNMERGED",
        "MERGED",
    ];
    assert_eq!(kinds(&lineage["steps"]), expected);
    assert_eq!(titles(&lineage["steps"][7]["into"]), ["L’eau", "L’ombre"]);

    let forward = node(&town, &p[0], "Proposal", &format!("lineage {{ {steps} projects {{ title }} }}")).await;
    let lineage = &forward["lineage"];
    let mut projects = titles(&lineage["projects"]);
    projects.sort_unstable();
    assert_eq!(projects, ["Le parc", "L’eau", "L’ombre"]);
    // Every step of the way forward stands in the way back as well.
    for step in lineage["steps"].as_array().unwrap() {
        assert!(back["lineage"]["steps"].as_array().unwrap().contains(step), "{step}");
    }

    let undo = json!({ "project": parts[1], "reason": "Chacun pour soi." });
    let undone =
        town.done(COORDINATOR, "undoMerge", undo.clone(), "project { state ending { kind projects { id } } }").await;
    assert_eq!(undone["project"]["ending"], json!({ "kind": "UNDONE", "projects": [] }));
    assert_eq!(refused(&town, COORDINATOR, "undoMerge", undo).await.0, "PROJECT_ENDED");
    for id in &p {
        assert_eq!(node(&town, id, "Proposal", "state").await["state"], "DEPOSITED");
    }
}
