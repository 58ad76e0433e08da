//! What people do with their own data, what agents may see of it, and what needs two of them.

use crate::town::{COORDINATOR, HOST, OFFICER, REFERENT, SECOND, Town, json_of, proposal};
use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode};
use serde_json::{Value, json};
use vault::{Level, Scope, SessionDraft, TokenDraft};

const ADA: &str = "CITIZEN:ada";
const BOB: &str = "CITIZEN:bob";

/// A browser's session of somebody; the value of its cookie.
async fn session(town: &Town, actor: &str) -> String {
    let draft = SessionDraft {
        issuer: "https://id.town.example".to_owned(),
        agent: !actor.starts_with("CITIZEN:"),
        level: Level::Substantial,
        lifetime_s: 3_600,
        idle_s: 600,
        hint: None,
    };
    let person = town.known(actor).await.person;
    town.people.as_ref().unwrap().vault.open_session(&person, draft).await.unwrap().expose().to_owned()
}

/// A GraphQL answer to a browser with this cookie.
async fn browse(town: &Town, cookie: &str, query: &str) -> Value {
    let request = Request::post("/graphql")
        .header("host", HOST)
        .header("content-type", "application/json")
        .header("cookie", format!("{}={cookie}", doors::SESSION_COOKIE))
        .header("sec-fetch-site", "same-origin")
        .body(Body::from(json!({ "query": query }).to_string()))
        .unwrap();
    json_of(town.send(request).await).await.1
}

async fn mine(town: &Town, actor: &str, query: &str) -> Value {
    let mut answer = town.answer(actor, query, json!({})).await;
    assert_eq!(answer.get("errors"), None, "{query}");
    answer["data"].take()
}

fn code(answer: &Value) -> &Value {
    &answer["errors"][0]["extensions"]["code"]
}

#[tokio::test]
async fn drafts_contacts_and_follows_are_ones_own() {
    let town = Town::configured().await;
    town.open("IDEATION").await;
    let save = r#"mutation { saveDraft(input: { draft: "bench", campaign: "T26", title: "Un banc", estimate: "500000",
        point: { latitude: 48.85, longitude: 2.35 } }) { draft { draft title estimate point { latitude } } rejections { code } } }"#;
    let data = mine(&town, ADA, save).await;
    assert_eq!(
        data["saveDraft"]["draft"],
        json!({ "draft": "bench", "title": "Un banc", "estimate": "500000", "point": { "latitude": 48.85 } })
    );
    let read = "{ viewer { drafts { draft campaign title } contact { email phone } profile { email } subscriptions { object { id } } } }";
    assert_eq!(mine(&town, ADA, read).await["viewer"]["drafts"][0]["title"], "Un banc");
    assert_eq!(mine(&town, BOB, read).await["viewer"]["drafts"], json!([]));
    let gone = r#"mutation { discardDraft(draft: "bench") { discarded } }"#;
    assert_eq!(mine(&town, BOB, gone).await["discardDraft"]["discarded"], false);
    assert_eq!(mine(&town, ADA, gone).await["discardDraft"]["discarded"], true);

    mine(&town, ADA, r#"mutation { keepContact(input: { phone: "0102030405" }) { contact { phone } } }"#).await;
    let bench = town.deposit("bob", "Un banc").await;
    let follow = format!(r#"mutation {{ follow(object: "{bench}") {{ subscription {{ object {{ id }} }} }} }}"#);
    mine(&town, ADA, &follow).await;
    let viewer = mine(&town, ADA, read).await;
    assert_eq!(viewer["viewer"]["contact"], json!({ "email": null, "phone": "0102030405" }));
    assert_eq!(viewer["viewer"]["subscriptions"][0]["object"]["id"], json!(bench));
    let long = format!(
        r#"mutation {{ saveDraft(input: {{ draft: "x", campaign: "T26", title: "{}" }}) {{ rejections {{ code field limit }} }} }}"#,
        "a".repeat(10_001)
    );
    let no = mine(&town, ADA, &long).await;
    assert_eq!(
        no["saveDraft"]["rejections"][0],
        json!({ "code": "TEXT_TOO_LONG", "field": "title", "limit": "10000" })
    );
    assert_eq!(code(&town.answer("", read, json!({})).await), &Value::Null);
    assert_eq!(town.answer("", read, json!({})).await["data"]["viewer"], Value::Null);
    assert_eq!(*code(&town.answer("", gone, json!({})).await), "SIGN_IN_NEEDED");
}

#[tokio::test]
async fn an_agent_reads_for_a_purpose_and_on_record() {
    let town = Town::configured().await;
    town.open("IDEATION").await;
    let payload = town.done(ADA, "depositProposal", proposal("Un banc"), "proposal { author }").await;
    let author = payload["proposal"]["author"].as_str().unwrap().to_owned();
    mine(&town, ADA, r#"mutation { keepContact(input: { phone: "0102030405" }) { contact { phone } } }"#).await;
    let read = |note: &str| {
        format!(
            r#"mutation {{ readPersonalData(input: {{ campaign: "T26", author: "{author}", kinds: [CONTACT, PROFILE],
            purpose: INSTRUCTION, note: "{note}" }}) {{ contact {{ phone }} profile {{ email }} rejections {{ code field }} }} }}"#
        )
    };
    for stranger in [ADA, BOB, REFERENT, OFFICER] {
        let answer = town.answer(stranger, &read("Curious."), json!({})).await;
        assert_eq!(*code(&answer), "PERMISSION_MISSING", "{stranger}");
    }
    let no = mine(&town, COORDINATOR, &read("")).await;
    assert_eq!(no["readPersonalData"]["rejections"][0], json!({ "code": "TEXT_TOO_SHORT", "field": "note" }));
    let seen = mine(&town, COORDINATOR, &read("To ask where the bench goes.")).await;
    assert_eq!(seen["readPersonalData"]["contact"]["phone"], "0102030405");
    assert_eq!(seen["readPersonalData"]["profile"]["email"], "CITIZEN.ada@town.example");
    let viewer = mine(&town, ADA, "{ viewer { readings { number agent role purpose note } } }").await;
    let reading = &viewer["viewer"]["readings"][0];
    assert_eq!((&reading["role"], &reading["purpose"]), (&json!("COORDINATOR"), &json!("INSTRUCTION")));
    assert_eq!(reading["note"], "To ask where the bench goes.");
    assert_eq!(mine(&town, BOB, "{ viewer { readings { number } } }").await["viewer"]["readings"], json!([]));
    // The record is for those who watch over it.
    let record = r#"{ readings(campaign: "T26") { number campaign } }"#;
    assert_eq!(*code(&town.answer(COORDINATOR, record, json!({})).await), "PERMISSION_MISSING");
    town.grant("DATA_PROTECTION_OFFICER:dpo").await;
    let record = mine(&town, "DATA_PROTECTION_OFFICER:dpo", record).await;
    assert_eq!(record["readings"], json!([{ "number": "1", "campaign": "T26" }]));
    // And its digest goes into the public log.
    let people = town.people.clone().unwrap();
    let keeper = api::retention::Keeper {
        executor: town.executor.clone(),
        vault: people.vault,
        files: Some(people.files),
        read_model: std::sync::Arc::clone(&town.read_model),
        retention: people.retention,
    };
    assert_eq!(keeper.round().await.unwrap().anchored, 1);
    assert_eq!(keeper.round().await.unwrap().anchored, 0, "once is enough");
    let log = town.ask(r#"{ log(campaign: "T26") { events(type: "ReadingsAnchored") { nodes { data } } } }"#).await;
    assert_eq!(log["log"]["events"]["nodes"][0]["data"]["count"], 1);
}

#[tokio::test]
async fn a_token_does_what_it_was_given_for() {
    let town = Town::configured().await;
    town.open("IDEATION").await;
    let ada = town.known(ADA).await;
    let vault = &town.people.as_ref().unwrap().vault;
    let issue = async |scope: Scope| {
        let (name, level) = ("script".to_owned(), Level::Substantial);
        let draft = TokenDraft { name, scopes: [scope].into(), days: 1, agent: false, level };
        vault.issue_token(&ada.person, draft).await.unwrap().1.expose().to_owned()
    };
    let ask = async |token: &str, query: &str| {
        let request = Request::post("/graphql")
            .header("host", HOST)
            .header("content-type", "application/json")
            .header("authorization", format!("Bearer {token}"))
            .body(Body::from(json!({ "query": query }).to_string()))
            .unwrap();
        json_of(town.send(request).await).await
    };
    let (reads, takes_part) = (issue(Scope::ReadOwn).await, issue(Scope::Participate).await);
    let drafts = "{ viewer { drafts { draft } } }";
    assert_eq!(ask(&reads, drafts).await.1["data"]["viewer"]["drafts"], json!([]));
    assert_eq!(*code(&ask(&takes_part, drafts).await.1), "SCOPE_MISSING");
    let cast = r#"mutation { castBallot(input: { commandId: "00000000-0000-0000-0000-0000000000aa", campaign: "T26",
        papers: [] }) { rejections { code } } }"#;
    assert_eq!(*code(&ask(&takes_part, cast).await.1), "SCOPE_MISSING");
    // A stolen token makes itself no other, and erases nobody.
    for query in [
        r#"mutation { issueToken(input: { name: "more", scopes: [VOTE], days: 1 }) { secret } }"#,
        r#"mutation { eraseMe(confirm: "ERASE") { texts } }"#,
    ] {
        assert_eq!(*code(&ask(&reads, query).await.1), "BROWSER_NEEDED");
    }
    let cookie = session(&town, ADA).await;
    let issued = browse(&town, &cookie, r#"mutation { issueToken(input: { name: "mine", scopes: [READ_OWN], days: 2 }) { secret token { id scopes } } }"#).await;
    let (secret, id) = (&issued["data"]["issueToken"]["secret"], &issued["data"]["issueToken"]["token"]["id"]);
    let secret = secret.as_str().unwrap_or_else(|| panic!("{issued}"));
    assert_eq!(ask(secret, drafts).await.0, StatusCode::OK);
    let revoke = format!(r#"mutation {{ revokeToken(token: {id}) {{ revoked }} }}"#);
    assert_eq!(browse(&town, &cookie, &revoke).await["data"]["revokeToken"]["revoked"], true);
    let (status, answer) = ask(secret, drafts).await;
    assert_eq!((status, code(&answer)), (StatusCode::UNAUTHORIZED, &json!("CREDENTIAL_INVALID")));
    // Everywhere at once.
    let ended = browse(&town, &cookie, "mutation { signOutEverywhere { ended } }").await;
    assert!(ended["data"]["signOutEverywhere"]["ended"].as_i64().unwrap() >= 3, "{ended}");
    assert_eq!(ask(&reads, drafts).await.0, StatusCode::UNAUTHORIZED);
    assert_eq!(browse(&town, &cookie, "{ viewer { until } }").await["data"]["viewer"], Value::Null);
}

#[tokio::test]
async fn whoever_is_erased_is_gone_and_everything_else_holds() {
    let town = Town::configured().await;
    town.open("IDEATION").await;
    town.deposit("ada", "À effacer").await;
    town.deposit("bob", "À garder").await;
    let digests = |town: &Town| town.read_model.current().campaign("T26").unwrap().model.digests().unwrap();
    let before = digests(&town);
    let cookie = session(&town, ADA).await;
    let me = |cookie: &str| {
        let cookie = format!("{}={cookie}", doors::SESSION_COOKIE);
        Request::get("/me/data.json").header("host", HOST).header("cookie", cookie).body(Body::empty()).unwrap()
    };
    let answer = town.send(me(&cookie)).await;
    assert_eq!(answer.headers()["cache-control"], "no-store");
    let (_, data) = json_of(answer).await;
    assert_eq!(data["campaigns"][0]["events"][0]["typed"].as_array().unwrap().len(), 3, "{data}");
    assert!(data.to_string().contains("CITIZEN.ada@town.example"), "{data}");

    let no = browse(&town, &cookie, r#"mutation { eraseMe(confirm: "yes") { texts rejections { code } } }"#).await;
    assert_eq!(no["data"]["eraseMe"]["rejections"][0]["code"], "CONFIRMATION_MISSING");
    let done =
        browse(&town, &cookie, r#"mutation { eraseMe(confirm: "EFFACER") { texts records rejections { code } } }"#)
            .await;
    assert_eq!(done["data"]["eraseMe"]["texts"], 3, "{done}");
    assert!(done["data"]["eraseMe"]["records"].as_i64().unwrap() >= 1, "{done}");
    assert_eq!(town.send(me(&cookie)).await.status(), StatusCode::UNAUTHORIZED);

    let shown = town
        .ask(
            r#"{ proposals(campaign: "T26", order: REFERENCE) { nodes { title authorName redacted
            removals { path ground removed { at } } } } log(campaign: "T26") { events(type: "ValuesRedacted") { totalCount } } }"#,
        )
        .await;
    let nodes = &shown["proposals"]["nodes"];
    assert_eq!((&nodes[0]["title"], &nodes[0]["authorName"]), (&Value::Null, &Value::Null), "at once, {shown}");
    assert_eq!(nodes[0]["removals"][0]["ground"], "ERASURE_REQUEST");
    assert_eq!((&nodes[1]["title"], &nodes[1]["removals"]), (&json!("À garder"), &json!([])));
    assert_eq!(shown["log"]["events"]["totalCount"], 1);
    let after = digests(&town);
    for (was, is) in before.iter().zip(&after) {
        assert!(was == is || ["campaign", "grants"].contains(&was.name), "{was:?} {is:?}");
    }
    // Whoever comes back is somebody new.
    let again = town.people.as_ref().unwrap().vault.person(&town.known(ADA).await.person).await.unwrap();
    assert!(again.is_none());
    assert_eq!(*code(&town.answer(ADA, "{ viewer { until } }", json!({})).await), "CREDENTIAL_INVALID");
}

#[tokio::test]
async fn what_takes_two_takes_two() {
    let town = Town::configured().await;
    town.open("IDEATION").await;
    let proposal = town.deposit("ada", "À retirer").await;
    let redact = json!({ "object": proposal, "fields": ["title", "authorName"], "ground": "MODERATION" });
    assert_eq!(town.refused(ADA, "redactTexts", redact.clone()).await["code"], "GROUND_NOT_ALLOWED");
    assert_eq!(town.refused(REFERENT, "redactTexts", redact.clone()).await["code"], "ROLE_NOT_HELD");
    town.grant("MODERATOR:moe").await;
    let acts = "campaign { pendingActs { number act ground texts proposer } }";
    let payload = town.done("MODERATOR:moe", "redactTexts", redact.clone(), acts).await;
    let act = &payload["campaign"]["pendingActs"][0];
    assert_eq!((&act["act"], &act["ground"]), (&json!("REDACT"), &json!("MODERATION")));
    assert_eq!(act["texts"].as_array().unwrap().len(), 2);
    assert_eq!(town.refused(COORDINATOR, "redactTexts", redact).await["code"], "ACT_PROPOSED");
    let title = r#"{ proposals(campaign: "T26") { nodes { title authorName description } } }"#;
    assert_eq!(town.ask(title).await["proposals"]["nodes"][0]["title"], "À retirer", "still there");
    let drop = json!({ "campaign": "T26", "number": act["number"], "reason": "It is mine." });
    assert_eq!(town.refused(ADA, "dropAct", drop.clone()).await["code"], "ROLE_MISSING", "not by its author");
    assert_eq!(town.refused(OFFICER, "dropAct", drop).await["code"], "ROLE_MISSING");
    let confirm = json!({ "campaign": "T26", "number": act["number"] });
    assert_eq!(town.refused("MODERATOR:moe", "confirmAct", confirm.clone()).await["code"], "SAME_AGENT");
    assert_eq!(town.refused(OFFICER, "confirmAct", confirm.clone()).await["code"], "ROLE_MISSING");
    town.done(SECOND, "confirmAct", confirm, "campaign { code }").await;
    let node = town.ask(title).await["proposals"]["nodes"][0].take();
    assert_eq!((&node["title"], &node["authorName"]), (&Value::Null, &Value::Null));
    assert!(node["description"].is_string());

    // A role that ended, one that was taken back, one that doesn't go together with another.
    let mut until =
        json!({ "campaign": "T26", "agent": town.known("MODERATOR:brief").await.agent_id, "role": "MODERATOR" });
    until["until"] = json!("2026-03-01T09:31:00Z");
    town.done(COORDINATOR, "grantRole", until, "").await;
    let redact = json!({ "object": proposal, "fields": ["description"], "ground": "COURT_ORDER" });
    town.executor.clock().set("2026-03-01T09:32:00Z".parse().unwrap());
    assert_eq!(town.refused("MODERATOR:brief", "redactTexts", redact.clone()).await["code"], "ROLE_ENDED");
    let revoke = json!({ "campaign": "T26", "agent": town.known("MODERATOR:moe").await.agent_id, "role": "MODERATOR" });
    town.done(COORDINATOR, "revokeRole", revoke, "").await;
    assert_eq!(town.refused("MODERATOR:moe", "redactTexts", redact).await["code"], "ROLE_NOT_HELD");
    let it = json!({ "campaign": "T26", "agent": town.known(REFERENT).await.agent_id, "role": "IT_LEAD" });
    assert_eq!(town.refused(COORDINATOR, "grantRole", it).await["code"], "ROLES_INCOMPATIBLE");
    let own = json!({ "campaign": "T26", "agent": town.known(COORDINATOR).await.agent_id, "role": "MODERATOR" });
    assert_eq!(town.refused(COORDINATOR, "grantRole", own).await["code"], "OWN_ROLE");
}

/// The body of a form with one file.
fn form(name: &str, bytes: &[u8]) -> Vec<u8> {
    let head = format!(
        "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\nContent-Type: image/png\r\n\r\n"
    );
    [head.as_bytes(), bytes, b"\r\n--b--\r\n"].concat()
}

/// A picture of one pixel (PNG), with bytes after its end.
pub(crate) fn picture() -> Vec<u8> {
    let mut bytes = hex::decode(
        "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c4944415408d763f8cfc000000301010018dd8db00000000049454e44ae426082",
    )
    .unwrap();
    bytes.extend(b"<script>alert(1)</script>");
    bytes
}

#[tokio::test]
async fn files_are_taken_for_what_they_are_and_stay_ones_own() {
    let town = Town::configured().await;
    let send = async |actor: &str, body: Vec<u8>| {
        let token = town.known(actor).await.token;
        let request = Request::post("/uploads")
            .header("host", HOST)
            .header("parvis-csrf", "1")
            .header("authorization", format!("Bearer {token}"))
            .header("content-type", "multipart/form-data; boundary=b")
            .body(Body::from(body))
            .unwrap();
        json_of(town.send(request).await).await
    };
    let (status, kept) = send(ADA, form("photo.png", &picture())).await;
    assert_eq!((status, &kept["width"]), (StatusCode::CREATED, &json!(1)), "{kept}");
    let digest = kept["digest"].as_str().unwrap();
    let get = async |actor: &str, digest: &str| {
        let token = town.known(actor).await.token;
        let request = Request::get(format!("/uploads/{digest}")).header("authorization", format!("Bearer {token}"));
        town.send(request.body(Body::empty()).unwrap()).await
    };
    let answer = get(ADA, digest).await;
    assert_eq!(answer.headers()["content-disposition"], "attachment");
    assert_eq!(answer.headers()["x-content-type-options"], "nosniff");
    let bytes = to_bytes(answer.into_body(), 1 << 20).await.unwrap();
    assert!(!bytes.windows(7).any(|window| window == b"<script"), "only pixels are left");
    assert_eq!(get(BOB, digest).await.status(), StatusCode::NOT_FOUND);
    assert_eq!(get(ADA, "..%2F..%2Ftown.db").await.status(), StatusCode::NOT_FOUND);
    for (body, wanted) in [
        (form("photo.png", b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"), "UPLOAD_TYPE"),
        (form("photo.png", b"GIF89a/*\x01\x00*/=1;alert(1)"), "UPLOAD_TYPE"),
        (form("photo.png", &picture()[..40]), "UPLOAD_DAMAGED"),
        (form("photo.png", &vec![0x89; 3_000_000]), "UPLOAD_TOO_LARGE"),
        (b"--b\r\nContent-Disposition: form-data; name=\"other\"\r\n\r\nx\r\n--b--\r\n".to_vec(), "UPLOAD_FORM"),
        (b"not a form".to_vec(), "UPLOAD_FORM"),
    ] {
        let (status, answer) = send(ADA, body).await;
        assert!(status.is_client_error(), "{wanted}: {status}");
        assert_eq!(*code(&answer), wanted, "{answer}");
    }
    let request =
        Request::post("/uploads").header("content-type", "multipart/form-data; boundary=b").header("parvis-csrf", "1");
    let (status, answer) = json_of(town.send(request.body(Body::from(form("x.png", &picture()))).unwrap()).await).await;
    assert_eq!((status, code(&answer)), (StatusCode::UNAUTHORIZED, &json!("SIGN_IN_NEEDED")));
}
