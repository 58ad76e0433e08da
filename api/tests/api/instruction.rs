//! Instruction through the API, from the assignment to the commission's decision: several departments, an
//! appeal decided by a second agent, an association that bears the yearly costs; and every refusal.

use crate::merging::{form, in_town, node, refused, size};
use crate::town::{COORDINATOR, OFFICER, REFERENT, SECOND, Town, configuration};
use serde_json::{Value, json};

pub(crate) const ROADS: &str = "DEPARTMENT_REFERENT:roads";
const PARKS_TOO: &str = "DEPARTMENT_REFERENT:parks-too";

/// A campaign with three departments and a criterion, with projects of these titles, each of one proposal.
pub(crate) async fn instructing(town: Town, projects: &[&str]) -> (Town, Vec<String>) {
    let mut input = configuration();
    let named = |code: &str| json!({ "code": code, "name": code });
    input["departments"] = json!([named("PARKS"), named("ROADS"), named("SCHOOLS")]);
    let criteria = json!([{ "code": "FEASIBLE", "name": "Réalisable en deux ans" }]);
    input["instructionRules"] = json!({ "criteria": criteria, "verdictDays": 30, "appealDays": 15 });
    town.done(COORDINATOR, "configureCampaign", input, "campaign { code }").await;
    for actor in [SECOND, REFERENT, PARKS_TOO, OFFICER] {
        town.grant(actor).await;
    }
    let roads = json!({ "campaign": "T26", "agent": town.known(ROADS).await.agent_id,
        "role": "DEPARTMENT_REFERENT", "department": "ROADS" });
    town.done(COORDINATOR, "grantRole", roads, "").await;
    let (town, proposals) = in_town(town, projects).await;
    let mut formed = Vec::new();
    for (title, proposal) in projects.iter().zip(&proposals) {
        formed.push(form(&town, title, json!([{ "proposal": proposal }])).await);
    }
    (town, formed)
}

/// Assigns departments to a project, with the usual time unless a moment is given.
pub(crate) async fn assign(town: &Town, project: &str, departments: &[(&str, bool, Option<&str>)]) -> Value {
    let one = |(department, mandatory, due): &(&str, bool, Option<&str>)| json!({ "department": department, "mandatory": mandatory, "due": due });
    let assignments: Vec<Value> = departments.iter().map(one).collect();
    let input = json!({ "projects": [project], "assignments": assignments });
    let fields = "blocked { id } projects { instruction { assignments { department { code } mandatory due } } }";
    town.done(COORDINATOR, "assignDepartments", input, fields).await["projects"][0]["instruction"].take()
}

/// A verdict that answers the criterion.
pub(crate) fn verdict(project: &str, department: &str, opinion: &str, cents: &str) -> Value {
    json!({ "project": project, "department": department, "opinion": opinion, "reasons": "Étudié sur place.",
        "criteria": [{ "criterion": "FEASIBLE", "met": opinion != "UNFAVOURABLE", "remark": "Vu." }],
        "lines": [{ "kind": "INVESTMENT", "amount": cents }] })
}

#[tokio::test]
async fn departments_instruct_in_parallel_and_the_commission_admits() {
    to_the_ballot(Town::new().await).await;
}

#[tokio::test]
async fn the_same_on_postgres() {
    to_the_ballot(Town::on_postgres().await.0).await;
}

async fn to_the_ballot(town: Town) {
    let (town, projects) = instructing(town, &["La mare"]).await;
    let project = &projects[0];
    let verdict = |department: &str, opinion: &str, cents: &str| verdict(project, department, opinion, cents);
    let assigned =
        assign(&town, project, &[("PARKS", true, None), ("ROADS", false, Some("2026-03-20T00:00:00Z"))]).await;
    assert_eq!(
        assigned["assignments"],
        json!([
            { "department": { "code": "PARKS" }, "mandatory": true, "due": "2026-03-31T09:30:30Z" },
            { "department": { "code": "ROADS" }, "mandatory": false, "due": "2026-03-20T00:00:00Z" },
        ])
    );

    // Not for every department, not for everybody, and not without an answer to every criterion.
    let no = refused(&town, COORDINATOR, "giveVerdict", verdict("SCHOOLS", "FAVOURABLE", "100")).await;
    assert_eq!((no.0.as_str(), no.2.as_str()), ("NOT_ASSIGNED", "SCHOOLS"));
    assert_eq!(refused(&town, ROADS, "giveVerdict", verdict("PARKS", "FAVOURABLE", "100")).await.0, "OTHER_DEPARTMENT");
    let mut silent = verdict("PARKS", "FAVOURABLE", "100");
    silent["criteria"] = json!([]);
    let no = refused(&town, REFERENT, "giveVerdict", silent).await;
    assert_eq!((no.0.as_str(), no.2.as_str()), ("CRITERION_UNANSWERED", "FEASIBLE"));
    let mut stray = verdict("PARKS", "FAVOURABLE", "100");
    stray["criteria"][0]["criterion"] = json!("PRETTY");
    assert_eq!(refused(&town, REFERENT, "giveVerdict", stray).await.0, "UNKNOWN_CRITERION");
    let conditional = verdict("PARKS", "FAVOURABLE_WITH_CONDITIONS", "100");
    assert_eq!(refused(&town, REFERENT, "giveVerdict", conditional).await.0, "CONDITIONS_MISSING");
    let absurd = verdict("PARKS", "FAVOURABLE", "-1");
    assert_eq!(refused(&town, REFERENT, "giveVerdict", absurd).await.0, "AMOUNT_OUT_OF_RANGE");

    // A department that it isn't for hands it back, and is assigned anew.
    let back = json!({ "project": project, "department": "ROADS", "reason": "Pas de voirie ici." });
    assert_eq!(refused(&town, REFERENT, "handBack", back.clone()).await.0, "OTHER_DEPARTMENT");
    let fields = "project { instruction { assignments { department { code } } handedBack { handedBack { reason } } } }";
    let handed = town.done(ROADS, "handBack", back.clone(), fields).await;
    let instruction = &handed["project"]["instruction"];
    assert_eq!(instruction["assignments"], json!([{ "department": { "code": "PARKS" } }]));
    assert_eq!(instruction["handedBack"][0]["handedBack"]["reason"], "Pas de voirie ici.");
    assert_eq!(refused(&town, ROADS, "handBack", back).await.0, "NOT_ASSIGNED");
    assign(&town, project, &[("ROADS", false, None)]).await;

    // An instructor is a referent of that department.
    let parks = town.known(REFERENT).await.agent_id;
    let name = |department: &str, agent: &str| json!({ "project": project, "department": department, "agent": agent });
    let no = refused(&town, COORDINATOR, "nameInstructor", name("ROADS", &parks)).await;
    assert_eq!((no.0.as_str(), no.1.as_str()), ("OTHER_DEPARTMENT", "agent"));
    let fields = "project { instruction { assignments { instructor } } }";
    let named = town.done(REFERENT, "nameInstructor", name("PARKS", &parks), fields).await;
    assert_eq!(named["project"]["instruction"]["assignments"][0]["instructor"], json!(parks));

    let mut conditional = verdict("PARKS", "FAVOURABLE_WITH_CONDITIONS", "3000000");
    conditional["conditions"] = json!("Avec une clôture.");
    conditional["yearly"] = json!("50000");
    conditional["commitmentNeeded"] = json!(true);
    let fields = "project { verdicts { opinion conditions commitmentNeeded round agent total
        criteria { code name met remark } } }";
    let given = town.done(REFERENT, "giveVerdict", conditional, fields).await;
    let said = &given["project"]["verdicts"][0];
    assert_eq!((&said["conditions"], &said["commitmentNeeded"]), (&json!("Avec une clôture."), &json!(true)));
    assert_eq!((&said["round"], &said["agent"], &said["total"]), (&json!(1), &json!(parks), &json!("3000000")));
    let answer = json!([{ "code": "FEASIBLE", "name": "Réalisable en deux ans", "met": true, "remark": "Vu." }]);
    assert_eq!(said["criteria"], answer);

    let whole = json!({ "project": project });
    let no = refused(&town, COORDINATOR, "consolidateInstruction", whole.clone()).await;
    assert_eq!((no.0.as_str(), no.2.as_str()), ("VERDICT_MISSING", "ROADS"));
    town.done(ROADS, "giveVerdict", verdict("ROADS", "UNFAVOURABLE", "1000000"), "").await;
    let fields = "project { state instruction { opinion cost appealUntil consolidations { opinion cost reopened { reason } } } }";
    let done = town.done(COORDINATOR, "consolidateInstruction", whole.clone(), fields).await;
    // The department that was against is heard, not obeyed.
    assert_eq!(done["project"]["state"], "CONSOLIDATED_FAVOURABLE");
    let instruction = &done["project"]["instruction"];
    assert_eq!(instruction["opinion"], "FAVOURABLE_WITH_CONDITIONS");
    assert_eq!((&instruction["cost"], &instruction["appealUntil"]), (&json!("4000000"), &Value::Null));
    let late = verdict("ROADS", "FAVOURABLE", "1");
    assert_eq!(refused(&town, ROADS, "giveVerdict", late).await.0, "INSTRUCTION_CLOSED");
    let no = refused(
        &town,
        COORDINATOR,
        "assignDepartments",
        json!({ "projects": [project],
        "assignments": [{ "department": "SCHOOLS" }] }),
    )
    .await;
    assert_eq!(no.0, "INSTRUCTION_CLOSED");

    let reopen = json!({ "project": project, "reason": "Un chiffrage plus précis." });
    let open = town.done(COORDINATOR, "reopenInstruction", reopen.clone(), fields).await;
    assert_eq!(open["project"]["state"], "UNDER_INSTRUCTION");
    assert_eq!(open["project"]["instruction"]["consolidations"][0]["reopened"]["reason"], "Un chiffrage plus précis.");
    assert_eq!(refused(&town, COORDINATOR, "reopenInstruction", reopen).await.0, "INSTRUCTION_OPEN");
    town.done(ROADS, "giveVerdict", verdict("ROADS", "FAVOURABLE", "1500000"), "").await;
    town.done(COORDINATOR, "consolidateInstruction", whole, "").await;

    // The commission says why, an association bears the yearly costs, and the cost is that of the lines.
    let admit =
        |reason: Option<&str>, cost: Option<&str>| json!({ "project": project, "reason": reason, "cost": cost });
    assert_eq!(refused(&town, COORDINATOR, "admitProject", admit(None, None)).await.0, "REASON_MISSING");
    let no = refused(&town, COORDINATOR, "admitProject", admit(Some("Utile à tous."), None)).await;
    assert_eq!(no.0, "COMMITMENT_MISSING");
    let commit = |cents: &str| json!({ "project": project, "association": "Les Jardiniers", "yearly": cents, "until": "2030-12-31" });
    assert_eq!(refused(&town, REFERENT, "recordCommitment", commit("0")).await.0, "OUT_OF_RANGE");
    let fields = "project { instruction { commitments { association yearly until recordedBy } } }";
    let committed = town.done(REFERENT, "recordCommitment", commit("50000"), fields).await;
    let commitment = json!({ "association": "Les Jardiniers", "yearly": "50000", "until": "2030-12-31",
        "recordedBy": "DEPARTMENT_REFERENT" });
    assert_eq!(committed["project"]["instruction"]["commitments"], json!([commitment]));
    let no = refused(&town, COORDINATOR, "admitProject", admit(Some("Utile à tous."), Some("1"))).await;
    assert_eq!((no.0.as_str(), no.1.as_str(), no.2.as_str()), ("COST_MISMATCH", "cost", "45000.00"));
    let scope = |lines: Value| json!({ "project": project, "description": "Une mare plus petite.", "lines": lines, "reason": "L’enveloppe." });
    assert_eq!(refused(&town, COORDINATOR, "changeScope", scope(json!([]))).await.0, "EMPTY_LIST");
    let fields = "project { instruction { cost scopeChange { description total reason changedBy } } }";
    let lines = json!([{ "kind": "STUDY", "amount": "200000" }, { "kind": "INVESTMENT", "amount": "2000000" }]);
    let changed = town.done(COORDINATOR, "changeScope", scope(lines), fields).await;
    assert_eq!(changed["project"]["instruction"]["cost"], "2200000");
    assert_eq!(changed["project"]["instruction"]["scopeChange"]["total"], "2200000");
    let fields = "project { state cost decision { admitted reason decidedBy } }";
    let admitted = town.done(COORDINATOR, "admitProject", admit(Some("Utile à tous."), None), fields).await;
    assert_eq!((&admitted["project"]["state"], &admitted["project"]["cost"]), (&json!("ADMITTED"), &json!("2200000")));
    assert_eq!(admitted["project"]["decision"]["reason"], "Utile à tous.");
    assert_eq!(refused(&town, COORDINATOR, "admitProject", admit(Some("Encore."), None)).await.0, "PROJECT_DECIDED");

    let history =
        node(&town, project, "Project", "instruction { formerVerdicts { department { code } opinion } }").await;
    assert_eq!(
        history["instruction"]["formerVerdicts"],
        json!([{ "department": { "code": "ROADS" }, "opinion": "UNFAVOURABLE" }])
    );
    let steps = node(&town, project, "Project", "lineage { steps { kind verdict { opinion } } }").await;
    let kinds: Vec<&str> =
        steps["lineage"]["steps"].as_array().unwrap().iter().map(|step| step["kind"].as_str().unwrap()).collect();
    let expected =
        ["DEPOSITED", "FORMED", "MERGED", "VERDICT", "VERDICT", "CONSOLIDATED", "VERDICT", "CONSOLIDATED", "ADMITTED"];
    assert_eq!(kinds, expected);

    // Which agent gave a verdict is for agents to know.
    let query = format!(
        r#"{{ node(id: "{project}") {{ ... on Project {{ verdicts {{ agent givenBy }}
           instruction {{ assignments {{ instructor instructorNamed {{ at }} }} }} }} }} }}"#
    );
    let stranger = town.answer("CITIZEN:stranger", &query, json!({})).await;
    let seen = &stranger["data"]["node"];
    assert_eq!(seen["verdicts"][0], json!({ "agent": null, "givenBy": "DEPARTMENT_REFERENT" }));
    assert_eq!(seen["instruction"]["assignments"][0]["instructor"], Value::Null);
    let agent = town.answer(ROADS, &query, json!({})).await;
    assert_eq!(agent["data"]["node"]["instruction"]["assignments"][0]["instructor"], json!(parks));
}

#[tokio::test]
async fn an_author_appeals_and_another_agent_decides() {
    let (town, projects) = instructing(Town::new().await, &["La mare", "Le kiosque"]).await;
    let (project, other) = (&projects[0], &projects[1]);
    for id in &projects {
        assign(&town, id, &[("PARKS", true, None)]).await;
        town.done(REFERENT, "giveVerdict", verdict(id, "PARKS", "UNFAVOURABLE", "100000"), "").await;
    }
    let appeal = |id: &str, grounds: &str| json!({ "project": id, "grounds": grounds });
    let no = refused(&town, "CITIZEN:author-0", "lodgeAppeal", appeal(project, "Trop tôt.")).await;
    assert_eq!(no.0, "APPEAL_NOT_POSSIBLE");
    for id in &projects {
        let fields = "project { state instruction { opinion appealUntil } }";
        let done = town.done(COORDINATOR, "consolidateInstruction", json!({ "project": id }), fields).await;
        assert_eq!(done["project"]["state"], "CONSOLIDATED_UNFAVOURABLE");
        assert_eq!(done["project"]["instruction"]["appealUntil"], "2026-03-16T09:30:30Z");
    }

    // As long as an author may appeal, the commission neither admits nor refuses.
    let refuse = |id: &str| json!({ "project": id, "reason": "Avis défavorable." });
    assert_eq!(refused(&town, COORDINATOR, "refuseProject", refuse(project)).await.0, "TOO_EARLY");
    let admit = json!({ "project": project, "reason": "Quand même." });
    assert_eq!(refused(&town, COORDINATOR, "admitProject", admit.clone()).await.0, "VERDICT_UNFAVOURABLE");
    let stranger = refused(&town, "CITIZEN:author-1", "lodgeAppeal", appeal(project, "Pas la mienne.")).await;
    assert_eq!(stranger.0, "NOT_THE_AUTHOR");
    assert_eq!(refused(&town, "CITIZEN:author-0", "lodgeAppeal", appeal(project, "")).await.0, "TEXT_TOO_SHORT");
    let fields = "project { state instruction { opinion appealUntil appeal { grounds lodged { at } } } }";
    let lodged = town.done("CITIZEN:author-0", "lodgeAppeal", appeal(project, "Le sol est plat."), fields).await;
    assert_eq!(lodged["project"]["state"], "UNDER_INSTRUCTION");
    let instruction = &lodged["project"]["instruction"];
    assert_eq!(
        instruction["appeal"],
        json!({ "grounds": "Le sol est plat.", "lodged": { "at": "2026-03-01T09:30:00Z" } })
    );
    assert_eq!((&instruction["opinion"], &instruction["appealUntil"]), (&Value::Null, &Value::Null));
    let again = refused(&town, "CITIZEN:author-0", "lodgeAppeal", appeal(project, "Encore.")).await;
    assert_eq!(again.0, "APPEAL_NOT_POSSIBLE");

    let second = verdict(project, "PARKS", "FAVOURABLE", "250000");
    assert_eq!(refused(&town, REFERENT, "giveVerdict", second.clone()).await.0, "SAME_INSTRUCTOR");
    assert_eq!(
        refused(&town, COORDINATOR, "consolidateInstruction", json!({ "project": project })).await.0,
        "APPEAL_PENDING"
    );
    let fields = "project { verdicts { opinion round } instruction { formerVerdicts { opinion round } } }";
    let given = town.done(PARKS_TOO, "giveVerdict", second, fields).await;
    assert_eq!(given["project"]["verdicts"], json!([{ "opinion": "FAVOURABLE", "round": 2 }]));
    let former = json!([{ "opinion": "UNFAVOURABLE", "round": 1 }]);
    assert_eq!(given["project"]["instruction"]["formerVerdicts"], former);
    town.done(COORDINATOR, "consolidateInstruction", json!({ "project": project }), "").await;
    let done = town.done(COORDINATOR, "admitProject", admit, "project { state cost }").await;
    assert_eq!(done["project"], json!({ "state": "ADMITTED", "cost": "250000" }));

    // The other one's author lets the time pass; what citizens do is dated to the minute.
    town.executor.clock().set("2026-03-16T09:31:30Z".parse().unwrap());
    let late = refused(&town, "CITIZEN:author-1", "lodgeAppeal", appeal(other, "Trop tard ?")).await;
    assert_eq!((late.0.as_str(), late.2.as_str()), ("TOO_LATE", "2026-03-16T09:30:30Z"));
    let gone = town.done(COORDINATOR, "refuseProject", refuse(other), "project { state decision { reason } }").await;
    assert_eq!(gone["project"], json!({ "state": "REFUSED", "decision": { "reason": "Avis défavorable." } }));
}

#[tokio::test]
async fn many_projects_are_assigned_at_once_or_none() {
    let (town, projects) = instructing(Town::new().await, &["Premier", "Deuxième", "Troisième"]).await;
    let input = |projects: Value, due: Option<&str>| json!({ "projects": projects, "assignments": [{ "department": "PARKS", "due": due }, { "department": "ROADS" }] });
    town.done(COORDINATOR, "undoMerge", json!({ "project": projects[1], "reason": "Erreur." }), "").await;
    let before = size(&town);
    let payload = town
        .carry(COORDINATOR, "assignDepartments", input(json!(projects), None), "blocked { title } projects { id }")
        .await;
    assert_eq!(payload["rejections"][0]["code"], "PROJECT_ENDED");
    assert_eq!((&payload["blocked"], &payload["projects"]), (&json!([{ "title": "Deuxième" }]), &Value::Null));
    assert_eq!(size(&town), before);

    for (bad, code) in [
        (input(json!([]), None), "EMPTY_LIST"),
        (input(json!([projects[0]]), Some("2026-02-01T00:00:00Z")), "OUT_OF_RANGE"),
        (json!({ "projects": [projects[0]], "assignments": [] }), "EMPTY_LIST"),
        (json!({ "projects": [projects[0]], "assignments": [{ "department": "NAVY" }] }), "UNKNOWN_DEPARTMENT"),
        (input(json!(vec![&projects[0]; 101]), None), "OUT_OF_RANGE"),
    ] {
        assert_eq!(refused(&town, COORDINATOR, "assignDepartments", bad).await.0, code);
    }
    assert_eq!(
        refused(&town, REFERENT, "assignDepartments", input(json!([projects[0]]), None)).await.0,
        "ROLE_NOT_HELD"
    );
    let both = input(json!([projects[0], projects[2]]), None);
    let done = town
        .done(COORDINATOR, "assignDepartments", both, "projects { instruction { assignments { assignedBy } } }")
        .await;
    let each =
        json!({ "instruction": { "assignments": [{ "assignedBy": "COORDINATOR" }, { "assignedBy": "COORDINATOR" }] } });
    assert_eq!(done["projects"], json!([each, each]));
    assert_eq!(size(&town), before + 4);
}
