//! Comments, official answers, reports and moderation through the API: who sees what, and when.

use crate::deposits::{ADA, BOB, CLEO, MODERATOR, deposits, told};
use crate::town::{COORDINATOR, Town, configuration, proposal};
use serde_json::{Value, json};

/// Writes a comment; its global id.
async fn comment(town: &Town, actor: &str, on: &str, answers: Option<&str>, text: &str) -> String {
    let official = !actor.starts_with("CITIZEN:");
    let input = json!({ "on": on, "answers": answers, "text": text, "authorName": actor, "official": official });
    let payload = town.done(actor, "postComment", input, "comment { id text role official }").await;
    assert_eq!((&payload["comment"]["text"], &payload["comment"]["official"]), (&json!(text), &json!(official)));
    payload["comment"]["id"].as_str().unwrap().to_owned()
}

/// The texts of the threads on something, with those of the answers.
async fn threads(town: &Town, actor: &str, on: &str) -> Value {
    let query = format!(
        r#"{{ node(id: "{on}") {{ ... on Proposal {{ comments {{ totalCount nodes {{ text answers {{ nodes {{ text }} }} }} }} }} }} }}"#
    );
    let comments = told(town, actor, &query).await["node"]["comments"].take();
    let texts: Vec<Value> = comments["nodes"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|thread| {
            let answers = thread["answers"]["nodes"].as_array().unwrap();
            std::iter::once(thread["text"].clone()).chain(answers.iter().map(|answer| json!([answer["text"]])))
        })
        .collect();
    assert_eq!(comments["totalCount"], comments["nodes"].as_array().unwrap().len());
    json!(texts)
}

#[tokio::test]
async fn comments_stand_in_threads_and_pinned_answers_first() {
    in_threads(deposits().await).await;
}

#[tokio::test]
async fn the_same_on_postgres() {
    let town = Town::on_postgres().await.0.configure().await;
    town.open("IDEATION").await;
    in_threads(town).await;
}

async fn in_threads(town: Town) {
    let garden = town.deposit("ada", "Un jardin").await;
    let first = comment(&town, BOB, &garden, None, "Où ?").await;
    comment(&town, ADA, &garden, Some(&first), "Derrière l’école.").await;
    let official = comment(&town, COORDINATOR, &garden, None, "Le terrain est à la ville.").await;
    assert_eq!(threads(&town, "", &garden).await, json!(["Où ?", ["Derrière l’école."], "Le terrain est à la ville."]));
    town.done(COORDINATOR, "pinComment", json!({ "comment": official }), "comment { pinned }").await;
    let pinned = json!(["Le terrain est à la ville.", "Où ?", ["Derrière l’école."]]);
    assert_eq!(threads(&town, "", &garden).await, pinned);
    assert_eq!(town.refused(COORDINATOR, "pinComment", json!({ "comment": first })).await["code"], "NOT_OFFICIAL");
    town.done(COORDINATOR, "unpinComment", json!({ "comment": official }), "comment { pinned }").await;

    let post = |on: &str, answers: Option<&str>, text: &str, official: bool| json!({ "on": on, "answers": answers, "text": text, "authorName": "X", "official": official });
    let bench = town.deposit("ada", "Un banc").await;
    let query = format!(r#"{{ node(id: "{first}") {{ ... on Comment {{ answers {{ nodes {{ id }} }} }} }} }}"#);
    let answer = town.ask(&query).await["node"]["answers"]["nodes"][0]["id"].take();
    for (actor, input, code, field) in [
        (BOB, post(&garden, answer.as_str(), "Et ?", false), "ANSWER_TO_ANSWER", "answers"),
        (BOB, post(&bench, Some(&first), "Et ?", false), "NOT_FOUND", "answers"),
        (BOB, post(&garden, None, "", false), "TEXT_TOO_SHORT", "text"),
        (BOB, post(&garden, None, &"x".repeat(10_001), false), "TEXT_TOO_LONG", "text"),
    ] {
        let no = town.refused(actor, "postComment", input).await;
        assert_eq!((&no["code"], &no["field"]), (&json!(code), &json!(field)), "{no}");
    }
    let no = town.refused(BOB, "postComment", post(&garden, None, "La ville dit oui.", true)).await;
    assert_eq!(no["code"], "ROLE_MISSING", "{no}");

    // Taken back, the first stands there without its text as long as somebody answers it.
    assert_eq!(town.refused(CLEO, "withdrawComment", json!({ "comment": first })).await["code"], "NOT_THE_AUTHOR");
    town.done(BOB, "withdrawComment", json!({ "comment": first }), "comment { withdrawn { at } }").await;
    let left = json!([null, ["Derrière l’école."], "Le terrain est à la ville."]);
    assert_eq!(threads(&town, CLEO, &garden).await, left);
    // After IDEATION only the city answers.
    town.pass("IDEATION", "CO_CONSTRUCTION").await;
    let no = town.refused(BOB, "postComment", post(&garden, None, "Trop tard ?", false)).await;
    assert_eq!(no["code"], "PHASE_NOT_OPEN");
    comment(&town, COORDINATOR, &garden, None, "Retenu.").await;
}

#[tokio::test]
async fn what_a_moderator_removes_is_seen_by_its_author_and_moderators_alone() {
    let town = deposits().await;
    town.grant(MODERATOR).await;
    let (garden, bench) = (town.deposit("ada", "Un jardin").await, town.deposit("ada", "Un banc").await);
    comment(&town, BOB, &garden, None, "Bravo.").await;
    town.done(BOB, "reportContent", json!({ "content": garden, "reason": "Insulte." }), "").await;
    let no = town.refused(BOB, "reportContent", json!({ "content": garden, "reason": "Encore." })).await;
    assert_eq!(no["code"], "ALREADY_DONE");
    assert_eq!(
        town.refused(ADA, "reportContent", json!({ "content": garden, "reason": "Moi." })).await["code"],
        "OWN_CONTENT"
    );
    let reports = r#"{ campaign(code: "T26") { moderation { reports { totalCount nodes { reason participant
        content { ... on Proposal { id reports } } } } } } }"#;
    let listed = told(&town, MODERATOR, reports).await["campaign"]["moderation"]["reports"].take();
    assert_eq!((&listed["totalCount"], &listed["nodes"][0]["reason"]), (&json!(1), &json!("Insulte.")));
    assert_eq!(listed["nodes"][0]["content"], json!({ "id": garden, "reports": 1 }));
    for stranger in [ADA, ""] {
        let answer = town.answer(stranger, reports, json!({})).await;
        assert_eq!(answer["data"]["campaign"]["moderation"], Value::Null, "{answer}");
    }
    let log = r#"{ log(campaign: "T26") { events(type: "ContentReported") { nodes { withheld data leaf disclosed { path } } } } }"#;
    let hidden = json!([{ "withheld": true, "data": null, "leaf": null, "disclosed": null }]);
    assert_eq!(told(&town, "", log).await["log"]["events"]["nodes"], hidden);

    let remove = json!({ "content": garden, "reason": "Contraire à la charte." });
    assert_eq!(town.refused(BOB, "removeContent", remove.clone()).await["code"], "ROLE_MISSING");
    let removed = "content { ... on Proposal { state removed { reason role } } }";
    let removed = town.done(MODERATOR, "removeContent", remove, removed).await;
    assert_eq!(
        removed["content"],
        json!({ "state": "REMOVED", "removed": { "reason": "Contraire à la charte.", "role": "MODERATOR" } })
    );
    let look = format!(
        r#"{{ proposals(campaign: "T26", filter: {{ text: "jardin" }}) {{ totalCount nodes {{ id }} }}
            all: proposals(campaign: "T26") {{ totalCount }}
            campaign(code: "T26") {{ statistics {{ proposals }} }}
            log(campaign: "T26") {{ events(type: "ProposalDeposited", first: 1) {{ nodes {{ withheld data }} }} }}
            similarProposals(title: "Un jardin") {{ proposal {{ id }} }}
            node(id: "{garden}") {{ ... on Proposal {{ public title description authorName state versions {{ title }}
                removed {{ reason }} comments {{ totalCount }} }} }} }}"#
    );
    for (actor, sees) in [(BOB, false), ("", false), (COORDINATOR, true), (ADA, true), (MODERATOR, true)] {
        let seen = told(&town, actor, &look).await;
        let (count, title) = if sees { (1, json!("Un jardin")) } else { (0, Value::Null) };
        assert_eq!(seen["proposals"]["totalCount"], count, "{actor}");
        assert_eq!(seen["all"]["totalCount"], count + 1, "{actor}");
        assert_eq!(seen["campaign"]["statistics"]["proposals"], 1, "{actor}");
        let (node, event) = (&seen["node"], &seen["log"]["events"]["nodes"][0]);
        assert_eq!((&node["title"], node["description"].is_string()), (&title, sees), "{actor}");
        assert_eq!(
            (node["authorName"].is_string(), node["versions"].as_array().unwrap().len()),
            (sees, count),
            "{actor}"
        );
        assert_eq!((&node["public"], &node["removed"]["reason"]), (&json!(false), &json!("Contraire à la charte.")));
        assert_eq!((&event["withheld"], &event["data"]), (&json!(true), &Value::Null), "the log shows it to nobody");
        assert_eq!(seen["similarProposals"], json!([]));
        let own = actor == BOB || actor == COORDINATOR || actor == MODERATOR;
        assert_eq!(node["comments"]["totalCount"], u32::from(own || sees), "{actor}");
    }
    assert_eq!(told(&town, MODERATOR, reports).await["campaign"]["moderation"]["reports"]["totalCount"], 0);
    // Nobody supports or comments on what isn't there.
    let no = town.refused(CLEO, "supportProposal", json!({ "proposal": garden })).await;
    assert_eq!(no["code"], "PROPOSAL_REMOVED", "{no}");
    assert_eq!(
        town.refused(MODERATOR, "restoreContent", json!({ "content": bench, "reason": "Oui." })).await["code"],
        "NOT_DONE"
    );
    let restore = json!({ "content": garden, "reason": "Après lecture." });
    town.done(MODERATOR, "restoreContent", restore, "content { ... on Proposal { title } }").await;
    assert_eq!(told(&town, BOB, &look).await["node"]["title"], "Un jardin");
    assert_eq!(told(&town, BOB, &look).await["campaign"]["statistics"]["proposals"], 2);
}

#[tokio::test]
async fn a_comment_is_removed_and_comes_back() {
    let town = deposits().await;
    town.grant(MODERATOR).await;
    let garden = town.deposit("ada", "Un jardin").await;
    let rude = comment(&town, BOB, &garden, None, "Idiot.").await;
    town.done(ADA, "reportContent", json!({ "content": rude, "reason": "Insulte." }), "").await;
    let remove = json!({ "content": rude, "reason": "Insulte." });
    town.done(MODERATOR, "removeContent", remove, "content { ... on Comment { removed { reason } } }").await;
    assert_eq!(threads(&town, CLEO, &garden).await, json!([]));
    assert_eq!(threads(&town, BOB, &garden).await, json!(["Idiot."]), "who wrote it sees it");
    let look = format!(
        r#"{{ node(id: "{garden}") {{ ... on Proposal {{ commentCount }} }}
        comment: node(id: "{rude}") {{ ... on Comment {{ public text authorName reports removed {{ reason }} }} }} }}"#
    );
    let seen = told(&town, CLEO, &look).await;
    assert_eq!(seen["node"]["commentCount"], 0);
    assert_eq!(
        seen["comment"],
        json!({ "public": false, "text": null, "authorName": null, "reports": null, "removed": { "reason": "Insulte." } })
    );
    assert_eq!(told(&town, MODERATOR, &look).await["comment"]["text"], "Idiot.");
    assert_eq!(told(&town, MODERATOR, &look).await["comment"]["reports"], 1);
    let restore = json!({ "content": rude, "reason": "Une plaisanterie." });
    town.done(MODERATOR, "restoreContent", restore, "").await;
    assert_eq!(threads(&town, CLEO, &garden).await, json!(["Idiot."]));
    assert!(town.rebuilt_is_live().await.is_superset(&["comments", "reports"].into()));
}

#[tokio::test]
async fn where_moderation_comes_first_nothing_is_shown_before() {
    let town = Town::new().await;
    let mut configured = configuration();
    configured["participation"] =
        json!({ "moderation": "BEFOREHAND", "neighbourhoods": [{ "code": "OLD", "name": "Vieille ville" }] });
    town.done(COORDINATOR, "configureCampaign", configured, "campaign { code }").await;
    town.grant(MODERATOR).await;
    town.open("IDEATION").await;
    let state = "proposal { id state awaitsApproval title }";
    let deposited = town.done(ADA, "depositProposal", proposal("Un jardin"), state).await["proposal"].take();
    assert_eq!((&deposited["state"], &deposited["title"]), (&json!("AWAITING_APPROVAL"), &json!("Un jardin")));
    let garden = deposited["id"].as_str().unwrap();
    let look = r#"{ proposals(campaign: "T26") { totalCount } }"#;
    let count = async |actor| told(&town, actor, look).await["proposals"]["totalCount"].as_u64().unwrap();
    assert_eq!((count(BOB).await, count(ADA).await, count(MODERATOR).await), (0, 1, 1));
    let no = town.refused(BOB, "supportProposal", json!({ "proposal": garden })).await;
    assert_eq!(no["code"], "AWAITS_APPROVAL", "{no}");
    let waiting = r#"{ campaign(code: "T26") { moderation { awaitingApproval { totalCount nodes { since { at }
        content { __typename ... on Proposal { title } ... on Comment { text } } } } } } }"#;
    let waits = async || told(&town, MODERATOR, waiting).await["campaign"]["moderation"]["awaitingApproval"].take();
    assert_eq!(waits().await["nodes"][0]["content"], json!({ "__typename": "Proposal", "title": "Un jardin" }));
    let public = "content { ... on Proposal { public approved { at } } ... on Comment { public } }";
    let approve = json!({ "content": garden });
    assert_eq!(town.refused(ADA, "approveContent", approve.clone()).await["code"], "ROLE_MISSING");
    let approved = town.done(MODERATOR, "approveContent", approve.clone(), public).await;
    assert_eq!(approved["content"]["public"], true);
    assert_eq!(town.refused(MODERATOR, "approveContent", approve.clone()).await["code"], "NOT_AWAITING_APPROVAL");
    assert_eq!(count(BOB).await, 1);

    let said = comment(&town, BOB, garden, None, "Bravo.").await;
    assert_eq!(threads(&town, CLEO, garden).await, json!([]));
    assert_eq!(waits().await["nodes"][0]["content"], json!({ "__typename": "Comment", "text": "Bravo." }));
    town.done(MODERATOR, "approveContent", json!({ "content": said }), public).await;
    assert_eq!(threads(&town, CLEO, garden).await, json!(["Bravo."]));
    // A change is looked at anew.
    let mut form = proposal("Un grand jardin");
    form.as_object_mut().unwrap().remove("campaign");
    (form["proposal"], form["version"]) = (json!(garden), json!(1));
    town.done(ADA, "editProposal", form, state).await;
    assert_eq!((count(BOB).await, waits().await["totalCount"].as_u64()), (0, Some(1)));
    assert!(town.rebuilt_is_live().await.is_superset(&["comments", "neighbourhoods"].into()));
}
