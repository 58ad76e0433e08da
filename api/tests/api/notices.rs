//! From an event to a mail: who is told what through the real API, once, and who stops it.

use crate::town::{COORDINATOR, HOST, Town};
use api::notices::Notices;
use axum::body::{Body, to_bytes};
use axum::http::Request;
use messages::{Post, Settings};
use serde_json::json;
use std::path::Path;
use std::sync::Arc;
use vault::{Level, SessionDraft};

const AUTHOR: &str = "CITIZEN:ada";
const FOLLOWER: &str = "CITIZEN:bob";

/// The telling of a town, into files.
fn telling(town: &Town, folder: &Path) -> Notices {
    let vault = town.people.as_ref().unwrap().vault.clone();
    let clock = town.executor.clock().clone();
    let settings =
        Settings { folder: Some(folder.to_owned()), from: "budget@city.example".into(), ..Settings::default() };
    let post = Post::new(vault.clone(), clock.clone(), settings, "https://budget.example/").unwrap();
    Notices::new(Arc::clone(&town.read_model), vault, clock, post, 6_000)
}

/// The mails that were written so far, each as its text.
fn mails(folder: &Path) -> Vec<String> {
    let files = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
    files.map(|path| std::fs::read_to_string(path).unwrap()).collect()
}

fn to(mails: &[String], address: &str) -> usize {
    mails.iter().filter(|mail| mail.lines().any(|line| line.starts_with("To: ") && line.contains(address))).count()
}

async fn asked(town: &Town, actor: &str, query: &str) {
    let answer = town.answer(actor, query, json!({})).await;
    assert_eq!(answer.get("errors"), None, "{query}: {answer}");
}

/// A browser's visit of somebody who signed in; the status and the page.
async fn visit(town: &Town, actor: &str, method: &str, address: &str) -> (u16, String) {
    let draft = SessionDraft {
        issuer: "https://id.town.example".to_owned(),
        agent: false,
        level: Level::Substantial,
        lifetime_s: 3_600,
        idle_s: 600,
        hint: None,
    };
    let person = town.known(actor).await.person;
    let cookie = town.people.as_ref().unwrap().vault.open_session(&person, draft).await.unwrap();
    let request = Request::builder()
        .method(method)
        .uri(address)
        .header("host", HOST)
        .header("cookie", format!("{}={}", doors::SESSION_COOKIE, cookie.expose()))
        .header("sec-fetch-site", "same-origin")
        .header("accept-language", "en")
        .body(Body::empty())
        .unwrap();
    let response = town.send(request).await;
    let status = response.status().as_u16();
    (status, String::from_utf8(to_bytes(response.into_body(), 1 << 20).await.unwrap().to_vec()).unwrap())
}

#[tokio::test]
async fn authors_and_followers_hear_of_a_proposal_once_and_stop_it_with_a_button() {
    let town = Town::configured().await;
    let folder = tempfile::tempdir().unwrap();
    let notices = telling(&town, folder.path());
    town.open("IDEATION").await;
    let bench = town.deposit("ada", "Un banc").await;
    for (actor, address) in [(AUTHOR, "ada@mail.example"), (FOLLOWER, "bob@mail.example")] {
        let keep =
            format!(r#"mutation {{ keepContact(input: {{ email: "{address}" }}) {{ rejections {{ code }} }} }}"#);
        asked(&town, actor, &keep).await;
    }
    asked(&town, FOLLOWER, &format!(r#"mutation {{ follow(object: "{bench}") {{ rejections {{ code }} }} }}"#)).await;
    // The first round only begins; the second reads what there is: nothing to tell yet.
    notices.round().await.unwrap();
    notices.round().await.unwrap();
    assert_eq!(mails(folder.path()).len(), 0);

    town.pass("IDEATION", "CO_CONSTRUCTION").await;
    let project = town.project(&bench, "Des bancs", "CITY", "6000000").await;
    notices.round().await.unwrap();
    let told = mails(folder.path());
    // Each of both events, to each of both people: the merge and the verdict.
    assert_eq!((to(&told, "ada@mail.example"), to(&told, "bob@mail.example"), told.len()), (2, 2, 4));
    assert!(told.iter().all(|mail| mail.contains("List-Unsubscribe-Post: List-Unsubscribe=One-Click")));
    let nobody_reads_another = told.iter().all(|mail| !(mail.contains("ada@mail") && mail.contains("bob@mail")));
    assert!(nobody_reads_another);
    for _ in 0..2 {
        telling(&town, folder.path()).round().await.unwrap();
    }
    assert_eq!(mails(folder.path()).len(), 4, "told once, also by a program that starts again");

    let (status, page) = visit(&town, FOLLOWER, "GET", "/me/messages").await;
    assert_eq!((status, page.matches("<td>sent</td>").count()), (200, 2), "{page}");
    let (status, _) = visit(&town, FOLLOWER, "POST", "/me/messages?topic=FOLLOWED&on=false").await;
    assert_eq!(status, 303);
    town.done(COORDINATOR, "admitProject", json!({ "project": project }), "project { state }").await;
    notices.round().await.unwrap();
    let told = mails(folder.path());
    assert_eq!((to(&told, "ada@mail.example"), to(&told, "bob@mail.example")), (3, 2));
}
