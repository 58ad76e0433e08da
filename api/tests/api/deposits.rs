//! Proposals through the API: every field, versions, several authors, supports, similar ones.

use crate::town::{COORDINATOR, Town, proposal};
use serde_json::{Value, json};

pub(crate) const ADA: &str = "CITIZEN:ada";
pub(crate) const BOB: &str = "CITIZEN:bob";
pub(crate) const CLEO: &str = "CITIZEN:cleo";
pub(crate) const MODERATOR: &str = "MODERATOR:mo";

/// A form with every field, but no files.
fn full(title: &str) -> Value {
    let mut form = proposal(title);
    form["depositor"] = json!("ASSOCIATION");
    form["complement"] = json!("Les Amis du Parc");
    form["address"] = json!({ "text": "3, rue des Lilas", "postcode": "75011" });
    form["accessible"] = json!(true);
    form["accessibility"] = json!("Sans marche.");
    form["running"] = json!("50000");
    form["earlier"] = json!("2024");
    form["consents"] = json!({ "contact": true });
    form
}

/// The same as it is sent to be changed.
fn edit(id: &str, version: u64, mut form: Value) -> Value {
    form.as_object_mut().unwrap().remove("campaign");
    form["proposal"] = json!(id);
    form["version"] = json!(version);
    form
}

/// What somebody is told.
pub(crate) async fn told(town: &Town, actor: &str, query: &str) -> Value {
    let mut answer = town.answer(actor, query, json!({})).await;
    assert_eq!(answer.get("errors"), None, "{query}");
    answer["data"].take()
}

pub(crate) async fn deposits() -> Town {
    let town = Town::configured().await;
    town.open("IDEATION").await;
    town
}

const FIELDS: &str = "proposal { id reference complement address { text postcode } running earlier contactable
    accessible accessibility version depositedBy state public viewerIsAuthor authorName }";

#[tokio::test]
async fn every_field_of_the_form_is_kept_and_every_version() {
    versions(deposits().await).await;
}

#[tokio::test]
async fn the_same_on_postgres() {
    let town = Town::on_postgres().await.0.configure().await;
    town.open("IDEATION").await;
    versions(town).await;
}

async fn versions(town: Town) {
    let deposited = town.done(ADA, "depositProposal", full("Un jardin"), FIELDS).await;
    let id = deposited["proposal"]["id"].as_str().unwrap().to_owned();
    assert_eq!(
        deposited["proposal"],
        json!({
            "id": id, "reference": "T-000001", "complement": "Les Amis du Parc",
            "address": { "text": "3, rue des Lilas", "postcode": "75011" }, "running": "50000", "earlier": "2024",
            "contactable": true, "accessible": true, "accessibility": "Sans marche.", "version": 1,
            "depositedBy": "CITIZEN", "state": "DEPOSITED", "public": true, "viewerIsAuthor": true,
            "authorName": "Camille",
        })
    );
    let mut changed = full("Un grand jardin");
    changed["running"] = json!("60000");
    let edited = town.done(ADA, "editProposal", edit(&id, 1, changed.clone()), FIELDS).await;
    assert_eq!((&edited["proposal"]["version"], &edited["proposal"]["reference"]), (&json!(2), &json!("T-000001")));

    // Who read the first version is told what changed since.
    let no = town.refused(ADA, "editProposal", edit(&id, 1, full("Un petit jardin"))).await;
    assert_eq!(no["code"], "EDIT_CONFLICT", "{no}");
    let limit = no["limit"].as_str().unwrap();
    assert!(limit.contains("title") && limit.contains("running"), "{no}");
    assert_eq!(town.refused(ADA, "editProposal", edit(&id, 2, changed)).await["code"], "ALREADY_DONE");
    let no = town.refused(BOB, "editProposal", edit(&id, 2, full("Le mien"))).await;
    assert_eq!(no["code"], "NOT_THE_AUTHOR", "{no}");

    let query = format!(
        r#"{{ node(id: "{id}") {{ ... on Proposal {{ title versions {{ number role changed title running }} }} }} }}"#
    );
    let told = told(&town, "", &query).await;
    assert_eq!(told["node"]["title"], "Un grand jardin");
    assert_eq!(
        told["node"]["versions"],
        json!([
            { "number": 1, "role": "CITIZEN", "changed": [], "title": "Un jardin", "running": "50000" },
            { "number": 2, "role": "CITIZEN", "changed": ["running", "title"], "title": "Un grand jardin", "running": "60000" },
        ])
    );
    // A coordinator corrects it afterwards; its author can't any more.
    town.pass("IDEATION", "CO_CONSTRUCTION").await;
    let corrected = town.done(COORDINATOR, "editProposal", edit(&id, 2, full("Un jardin partagé")), FIELDS).await;
    assert_eq!(
        (&corrected["proposal"]["version"], &corrected["proposal"]["viewerIsAuthor"]),
        (&json!(3), &json!(false))
    );
    let no = town.refused(ADA, "editProposal", edit(&id, 3, full("Trop tard"))).await;
    assert_eq!(no["code"], "PHASE_NOT_OPEN", "{no}");
}

#[tokio::test]
async fn a_form_that_lacks_something_is_refused_with_its_field() {
    let town = deposits().await;
    let with = |field: &str, value: Value| {
        let mut form = full("Un jardin");
        form[field] = value;
        form
    };
    for (form, code, field) in [
        (with("accessibility", Value::Null), "ACCESSIBILITY_UNANSWERED", "accessibility"),
        (with("complement", json!("")), "TEXT_TOO_SHORT", "complement"),
        (with("complement", json!("x".repeat(201))), "TEXT_TOO_LONG", "complement"),
        (with("running", json!("100000000100")), "AMOUNT_OUT_OF_RANGE", "running"),
        (with("earlier", json!("x".repeat(201))), "TEXT_TOO_LONG", "earlier"),
        (with("attachments", json!([{ "name": "x", "upload": "ab".repeat(32) }])), "ATTACHMENT_REFUSED", "attachments"),
        (with("attachments", json!([{ "name": "x", "upload": "../x" }])), "ATTACHMENT_REFUSED", "attachments"),
    ] {
        let no = town.refused(ADA, "depositProposal", form).await;
        assert_eq!((&no["code"], &no["field"]), (&json!(code), &json!(field)), "{no}");
    }
    let good = town.done(ADA, "depositProposal", full("Un jardin"), "proposal { reference }").await;
    assert_eq!(good["proposal"]["reference"], "T-000001", "what was refused took no number");
}

#[tokio::test]
async fn a_proposal_is_written_together() {
    let town = deposits().await;
    let id = town.deposit("ada", "Un jardin").await;
    let invite = json!({ "proposal": id, "commandId": town.command_id() });
    let invited = town.done(ADA, "inviteCoAuthor", invite.clone(), "invitation").await;
    let secret = invited["invitation"].as_str().unwrap().to_owned();
    let again = town.done(ADA, "inviteCoAuthor", invite.clone(), "invitation").await;
    assert_eq!((&again["invitation"], &again["receipt"]["replayed"]), (&json!(secret), &json!(true)));
    // The log tells the command's id to everybody, and the secret to nobody.
    let log = town.ask(r#"{ log(campaign: "T26") { events(type: "CoAuthorInvited") { nodes { leaf commandId } } } }"#);
    let log = log.await["log"]["events"]["nodes"][0].take();
    assert_eq!(log["commandId"], invite["commandId"]);
    assert!(!log["leaf"].as_str().unwrap().contains(&secret));

    let join = |secret: &str| json!({ "proposal": id, "invitation": secret, "authorName": "Bob" });
    assert_eq!(town.refused(BOB, "joinProposal", join("0000")).await["code"], "INVITATION_UNKNOWN");
    let joined = town.done(BOB, "joinProposal", join(&secret), "proposal { coAuthors { name } viewerIsAuthor }").await;
    assert_eq!(joined["proposal"], json!({ "coAuthors": [{ "name": "Bob" }], "viewerIsAuthor": true }));
    assert_eq!(town.refused(CLEO, "joinProposal", join(&secret)).await["code"], "INVITATION_UNKNOWN");

    town.done(BOB, "editProposal", edit(&id, 1, proposal("Notre jardin")), "proposal { title }").await;
    let mine = told(&town, BOB, r#"{ viewer { deposits(campaign: "T26") { title } } }"#).await;
    assert_eq!(mine["viewer"]["deposits"], json!([{ "title": "Notre jardin" }]));
    assert_eq!(town.refused(BOB, "withdrawProposal", json!({ "proposal": id })).await["code"], "NOT_THE_AUTHOR");
    let left = town.done(BOB, "leaveProposal", json!({ "proposal": id }), "proposal { coAuthors { name } }").await;
    assert_eq!(left["proposal"]["coAuthors"], json!([]));
    let no = town.refused(BOB, "editProposal", edit(&id, 2, proposal("Encore moi"))).await;
    assert_eq!(no["code"], "NOT_THE_AUTHOR");
}

#[tokio::test]
async fn supports_are_counted_once_and_ones_own_not_at_all() {
    let town = deposits().await;
    let (garden, _other) = (town.deposit("ada", "Un jardin").await, town.deposit("ada", "Un banc").await);
    let of = json!({ "proposal": garden });
    let look = "proposal { supports supportedByViewer }";
    let supported = town.done(BOB, "supportProposal", of.clone(), look).await;
    assert_eq!(supported["proposal"], json!({ "supports": 1, "supportedByViewer": true }));
    town.done(CLEO, "supportProposal", of.clone(), look).await;
    assert_eq!(town.refused(BOB, "supportProposal", of.clone()).await["code"], "ALREADY_DONE");
    assert_eq!(town.refused(ADA, "supportProposal", of.clone()).await["code"], "OWN_CONTENT");
    let list = |supported: bool| {
        format!(
            r#"{{ proposals(campaign: "T26", filter: {{ supported: {supported} }}) {{ nodes {{ title supports }} }} }}"#
        )
    };
    let nodes = json!([{ "title": "Un jardin", "supports": 2 }]);
    assert_eq!(told(&town, BOB, &list(true)).await["proposals"]["nodes"], nodes);
    assert_eq!(told(&town, BOB, &list(false)).await["proposals"]["nodes"][0]["title"], "Un banc");
    assert_eq!(told(&town, "", &list(true)).await["proposals"]["nodes"], json!([]), "a stranger supports nothing");
    let withdrawn = town.done(BOB, "withdrawSupport", of.clone(), look).await;
    assert_eq!(withdrawn["proposal"], json!({ "supports": 1, "supportedByViewer": false }));
    assert_eq!(town.refused(BOB, "withdrawSupport", of).await["code"], "NOT_DONE");
    assert!(town.rebuilt_is_live().await.contains("supports"));
}

#[tokio::test]
async fn similar_proposals_are_suggested() {
    let town = deposits().await;
    town.deposit("ada", "Une fontaine sur la place du marché").await;
    town.deposit("ada", "Des cours de musique").await;
    let ask = |arguments: &str| {
        format!("{{ similarProposals({arguments}) {{ score metres proposal {{ title campaign {{ code }} }} }} }}")
    };
    let found = town.ask(&ask(r#"title: "Fontaines du marché", point: { latitude: 48.857, longitude: 2.3522 }"#)).await;
    let found = found["similarProposals"].as_array().unwrap();
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0]["proposal"]["title"], "Une fontaine sur la place du marché");
    assert!((30..60).contains(&found[0]["metres"].as_u64().unwrap()), "{found:?}");
    let none = town.ask(&ask(r#"campaign: "T26", title: "Une piste cyclable""#)).await;
    assert_eq!(none["similarProposals"], json!([]));
    assert_eq!(town.fault(&ask(r#"title: "x", first: 11"#)).await, "INPUT_INVALID");
    assert_eq!(town.fault(&ask(r#"title: "x", campaign: "NONE""#)).await, "UNKNOWN_CAMPAIGN");
}

#[tokio::test]
async fn a_draft_keeps_every_field_of_the_form() {
    let town = deposits().await;
    let mut draft = json!({ "draft": "d", "campaign": "T26", "attachments": [{ "name": "Plan", "upload": "ab" }] });
    for (field, value) in full("Un jardin").as_object().unwrap() {
        draft[field] = value.clone();
    }
    let query = "mutation($input: SaveDraftInput!) { saveDraft(input: $input) { rejections { code field }
        draft { complement address postcode running earlier contactConsent imagesConsent attachments { name upload } } } }";
    let saved = town.answer(ADA, query, json!({ "input": draft })).await;
    assert_eq!(
        saved["data"]["saveDraft"]["draft"],
        json!({ "complement": "Les Amis du Parc", "address": "3, rue des Lilas", "postcode": "75011", "running": "50000",
            "earlier": "2024", "contactConsent": true, "imagesConsent": false,
            "attachments": [{ "name": "Plan", "upload": "ab" }] }),
        "{saved}"
    );
    draft["address"]["text"] = json!("x".repeat(501));
    let refused = town.answer(ADA, query, json!({ "input": draft })).await;
    let no = json!([{ "code": "TEXT_TOO_LONG", "field": "address" }]);
    assert_eq!(refused["data"]["saveDraft"]["rejections"], no, "{refused}");
}
