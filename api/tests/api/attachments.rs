//! Files of proposals: who may name them, who is given them, and when they go.

use crate::deposits::{ADA, BOB, MODERATOR, deposits};
use crate::people::picture;
use crate::town::{COORDINATOR, HOST, SECOND, Town, json_of, proposal};
use api::retention::{Keeper, Round};
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode};
use serde_json::{Value, json};

/// The smallest document that is one.
const PDF: &[u8] = b"%PDF-1.4\n1 0 obj <</Type /Catalog>> endobj\ntrailer <</Root 1 0 R>>\n%%EOF\n";

/// Sends a file; its digest.
async fn send(town: &Town, actor: &str, bytes: &[u8]) -> String {
    let head = "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"x\"\r\n\r\n";
    let body = [head.as_bytes(), bytes, b"\r\n--b--\r\n"].concat();
    let request = Request::post("/uploads")
        .header("host", HOST)
        .header("parvis-csrf", "1")
        .header("authorization", format!("Bearer {}", town.known(actor).await.token))
        .header("content-type", "multipart/form-data; boundary=b");
    let (status, kept) = json_of(town.send(request.body(Body::from(body)).unwrap()).await).await;
    assert_eq!(status, StatusCode::CREATED, "{kept}");
    kept["digest"].as_str().unwrap().to_owned()
}

/// What the address of a file answers.
async fn fetch(town: &Town, actor: &str, digest: &str) -> (StatusCode, HeaderMap, Vec<u8>) {
    let mut request = Request::get(format!("/attachments/{digest}"));
    if !actor.is_empty() {
        request = request.header("authorization", format!("Bearer {}", town.known(actor).await.token));
    }
    let response = town.send(request.body(Body::empty()).unwrap()).await;
    let (status, headers) = (response.status(), response.headers().clone());
    (status, headers, to_bytes(response.into_body(), 1 << 24).await.unwrap().to_vec())
}

async fn status(town: &Town, actor: &str, digest: &str) -> u16 {
    fetch(town, actor, digest).await.0.as_u16()
}

fn with(digests: &[&String], images: bool) -> Value {
    let mut form = proposal("Un jardin");
    let file = |digest: &&String| json!({ "name": "Un plan", "upload": digest });
    form["attachments"] = digests.iter().map(file).collect();
    form["consents"] = json!({ "images": images });
    form
}

const FILES: &str = "proposal { id version attachments { name mediaType bytes digest url } }";

async fn round(town: &Town) -> Round {
    let people = town.people.clone().unwrap();
    let keeper = Keeper {
        executor: town.executor.clone(),
        vault: people.vault,
        files: Some(people.files),
        read_model: std::sync::Arc::clone(&town.read_model),
        retention: people.retention,
    };
    keeper.round().await.unwrap()
}

#[tokio::test]
async fn a_file_is_given_to_those_who_may_see_the_proposal() {
    let town = deposits().await;
    town.grant(MODERATOR).await;
    let (photo, plan) = (send(&town, ADA, &picture()).await, send(&town, ADA, PDF).await);
    assert_eq!(status(&town, ADA, &photo).await, 404, "nothing names it yet");
    for form in [with(&[&photo], true), with(&[&"ab".repeat(32)], true)] {
        let no = town.refused(BOB, "depositProposal", form).await;
        assert_eq!((&no["code"], &no["field"]), (&json!("ATTACHMENT_REFUSED"), &json!("attachments")), "not Bob's");
    }
    let twice = town.refused(ADA, "depositProposal", with(&[&plan, &plan], true)).await;
    assert_eq!(twice["code"], "DUPLICATE_ENTRY");

    let deposited = town.done(ADA, "depositProposal", with(&[&photo, &plan], false), FILES).await["proposal"].take();
    let id = deposited["id"].as_str().unwrap().to_owned();
    assert_eq!(deposited["attachments"].as_array().unwrap().len(), 2);
    assert_eq!(
        deposited["attachments"][1],
        json!({ "name": "Un plan", "mediaType": "PDF", "bytes": PDF.len(), "digest": plan,
            "url": format!("/attachments/{plan}") })
    );
    let (code, headers, bytes) = fetch(&town, "", &plan).await;
    assert_eq!((code, bytes.as_slice()), (StatusCode::OK, PDF));
    assert_eq!(headers["content-type"], "application/pdf");
    assert_eq!(headers["content-disposition"], "attachment");
    assert_eq!(headers["x-content-type-options"], "nosniff");
    assert!(headers["content-security-policy"].to_str().unwrap().contains("sandbox"), "{headers:?}");
    // The author didn't agree that the picture is shown.
    let seen = [status(&town, "", &photo).await, status(&town, BOB, &photo).await];
    assert_eq!(
        (seen, status(&town, ADA, &photo).await, status(&town, MODERATOR, &photo).await),
        ([404, 404], 200, 200)
    );
    let look = format!(r#"{{ node(id: "{id}") {{ ... on Proposal {{ attachments {{ mediaType }} }} }} }}"#);
    let public = town.answer("", &look, json!({})).await["data"]["node"]["attachments"].take();
    assert_eq!(public, json!([{ "mediaType": "PDF" }]));

    // Now she does; the files stay, whoever sent them first.
    let mut form = with(&[&photo, &plan], true);
    form.as_object_mut().unwrap().remove("campaign");
    (form["proposal"], form["version"]) = (json!(id), json!(1));
    town.done(ADA, "editProposal", form.clone(), FILES).await;
    let (code, headers, bytes) = fetch(&town, "", &photo).await;
    assert_eq!((code, &headers["content-disposition"]), (StatusCode::OK, &"inline".parse().unwrap()));
    assert!(!bytes.windows(7).any(|window| window == b"<script"), "only pixels are left");
    // A coordinator's correction keeps them.
    form["version"] = json!(2);
    form["title"] = json!("Un grand jardin");
    town.pass("IDEATION", "CO_CONSTRUCTION").await;
    town.done(COORDINATOR, "editProposal", form, FILES).await;
    assert_eq!([status(&town, "", &photo).await, status(&town, "", &plan).await], [200, 200]);

    let remove = json!({ "content": id, "reason": "Contraire à la charte." });
    town.done(MODERATOR, "removeContent", remove, "").await;
    assert_eq!([status(&town, "", &photo).await, status(&town, BOB, &plan).await], [404, 404]);
    assert_eq!([status(&town, ADA, &photo).await, status(&town, MODERATOR, &plan).await], [200, 200]);
    for bad in ["..%2F..%2Ftown.db", "ab", &"AB".repeat(32)] {
        assert_eq!(status(&town, ADA, bad).await, 404, "{bad}");
    }
}

#[tokio::test]
async fn a_file_that_no_proposal_and_no_draft_names_goes_after_a_day() {
    let town = deposits().await;
    let (photo, plan) = (send(&town, ADA, &picture()).await, send(&town, ADA, PDF).await);
    let sketch = send(&town, ADA, &[PDF, b"% sketch\n%%EOF\n"].concat()).await;
    let save = "mutation($input: SaveDraftInput!) { saveDraft(input: $input) { draft { draft } } }";
    let draft =
        json!({ "draft": "bench", "campaign": "T26", "attachments": [{ "name": "Esquisse", "upload": sketch }] });
    let saved = town.answer(ADA, save, json!({ "input": draft })).await;
    assert_eq!(saved["data"]["saveDraft"]["draft"]["draft"], "bench", "{saved}");
    let payload = town.done(ADA, "depositProposal", with(&[&plan], true), FILES).await;
    let id = payload["proposal"]["id"].as_str().unwrap().to_owned();
    assert_eq!(round(&town).await, Round::default(), "they are young");
    town.executor.clock().set("2026-03-03T09:30:30Z".parse().unwrap());
    assert_eq!(round(&town).await.records, 1, "the one that nothing names");
    let own = async |digest: &str| {
        let request = Request::get(format!("/uploads/{digest}"))
            .header("authorization", format!("Bearer {}", town.known(ADA).await.token));
        town.send(request.body(Body::empty()).unwrap()).await.status().as_u16()
    };
    assert_eq!([own(&photo).await, own(&plan).await, own(&sketch).await], [404, 200, 200]);
    town.answer(ADA, "mutation { discardDraft(draft: \"bench\") { discarded } }", json!({})).await;
    assert_eq!(round(&town).await.records, 1, "nothing is being written any more");
    assert_eq!(own(&sketch).await, 404);
    assert_eq!(status(&town, "", &plan).await, 200);
    // Its digest is removed for ever, and with it the file.
    let redact = json!({ "object": id, "fields": ["digest"], "ground": "MODERATION" });
    town.agreed(COORDINATOR, "redactTexts", redact, "campaign { code }").await;
    assert_eq!(status(&town, "", &plan).await, 404);
    assert_eq!(status(&town, SECOND, &plan).await, 404);
    assert_eq!(round(&town).await.records, 1);
    assert_eq!(own(&plan).await, 404);
    let look = format!(r#"{{ node(id: "{id}") {{ ... on Proposal {{ attachments {{ url }} redacted }} }} }}"#);
    let left = town.ask(&look).await;
    assert_eq!(left["node"], json!({ "attachments": [], "redacted": ["attachments"] }));
}

#[tokio::test]
async fn a_file_of_somebody_who_is_erased_goes_with_them() {
    let town = deposits().await;
    let plan = send(&town, ADA, PDF).await;
    town.done(ADA, "depositProposal", with(&[&plan], true), FILES).await;
    assert_eq!(status(&town, "", &plan).await, 200);
    let people = town.people.clone().unwrap();
    let person = town.known(ADA).await.person;
    let erased = api::erasure::erase(&town.executor, &people.vault, Some(&people.files), &person).await.unwrap();
    assert!(erased.texts > 0);
    let heads = town.store.logs().await.unwrap();
    town.read_model.wait_for("T26", heads[0].size - 1).await.unwrap();
    assert_eq!(status(&town, "", &plan).await, 404);
}

#[tokio::test]
async fn twenty_files_may_wait_and_those_that_are_named_dont_count() {
    let town = deposits().await;
    let document = |n: u32| [b"%PDF-1.4\n% ", n.to_string().as_bytes(), b"\n%%EOF\n"].concat();
    let first = send(&town, ADA, &document(0)).await;
    for n in 1..20 {
        send(&town, ADA, &document(n)).await;
    }
    let last = document(20);
    let body = [b"--b\r\nContent-Disposition: form-data; name=\"file\"\r\n\r\n", &last[..], b"\r\n--b--\r\n"];
    let request = Request::post("/uploads")
        .header("host", HOST)
        .header("parvis-csrf", "1")
        .header("authorization", format!("Bearer {}", town.known(ADA).await.token))
        .header("content-type", "multipart/form-data; boundary=b");
    let (code, answer) = json_of(town.send(request.body(Body::from(body.concat())).unwrap()).await).await;
    assert_eq!((code, &answer["errors"][0]["extensions"]["code"]), (StatusCode::CONFLICT, &json!("UPLOADS_TOO_MANY")));
    town.done(ADA, "depositProposal", with(&[&first], true), FILES).await;
    send(&town, ADA, &document(20)).await;
}
