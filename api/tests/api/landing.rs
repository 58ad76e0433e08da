//! The page at `/`: readable without script, in both languages, without a count too early.

use crate::town::{COORDINATOR, Town};
use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode};
use serde_json::json;

async fn page(town: &Town, path: &str, accepted: &str) -> (StatusCode, String) {
    let request = Request::get(path).header("accept-language", accepted).body(Body::empty()).unwrap();
    let answer = town.send(request).await;
    let status = answer.status();
    let bytes = to_bytes(answer.into_body(), 1 << 24).await.unwrap();
    (status, String::from_utf8(bytes.to_vec()).unwrap())
}

#[tokio::test]
async fn the_page_speaks_both_languages_and_follows_the_campaign() {
    let empty = Town::new().await;
    let (status, html) = page(&empty, "/", "fr").await;
    assert!(status == StatusCode::OK && html.contains("Aucune campagne pour l’instant"), "{html}");

    let (town, [a, b, c]) = Town::voting().await;
    town.vote("v1", &[&a, &b]).await;
    let (_, html) = page(&town, "/", "fr").await;
    assert!(html.contains("<html lang=\"fr\">") && html.contains("ouverte le 1er mars 2026"), "{html}");
    assert!(html.contains("Aucun décompte n’est montré avant la proclamation"));
    assert!(
        !html.contains("Lauréat") && !html.contains(" voix\n") && !html.contains("Rang"),
        "no count before the proclamation"
    );
    assert!(
        !html.contains("<script") && !html.contains("http://") && !html.contains("https://"),
        "nothing from elsewhere"
    );
    let (_, html) = page(&town, "/?lang=en", "fr").await;
    assert!(html.contains("<html lang=\"en\">") && html.contains("in the order of their votes"), "{html}");

    town.proclaim().await;
    let odd = json!({ "project": c, "title": "<script>alert(1)</script>", "area": "CITY", "budget": "1" });
    town.done(COORDINATOR, "openSite", odd, "").await;
    std::fs::write(town.folder.path().join("T26.parvis"), b"x").unwrap();
    let (_, html) = page(&town, "/?campaign=T26", "fr").await;
    assert!(html.contains("Lauréat") && html.contains("il ne restait que"), "reasons in words");
    assert!(html.contains("/open-data/T26.parvis") && html.contains("parvis-replay verify T26.parvis"));
    assert!(html.contains("&#60;script&#62;") && !html.contains("<script"), "texts are texts");
    assert_eq!(page(&town, "/?campaign=none", "fr").await.0, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn an_unchanged_page_is_not_sent_again() {
    let town = Town::configured().await;
    let get = async |held: &str| {
        let request = Request::get("/").header("if-none-match", held).body(Body::empty()).unwrap();
        town.send(request).await
    };
    let first = get("").await;
    let tag = first.headers()["etag"].to_str().unwrap().to_owned();
    assert!(first.headers()["content-security-policy"].to_str().unwrap().starts_with("default-src 'none'"));
    assert_eq!(get(&tag).await.status(), StatusCode::NOT_MODIFIED);
    town.open("IDEATION").await;
    assert_eq!(get(&tag).await.status(), StatusCode::OK);
}

#[tokio::test]
async fn a_page_that_did_not_change_keeps_its_policy() {
    let town = Town::configured().await;
    let page = |held: &str| Request::get("/").header("if-none-match", held).body(Body::empty()).unwrap();
    let first = town.send(page("\"none\"")).await;
    let policy = first.headers()["content-security-policy"].to_str().unwrap().to_owned();
    assert!(policy.contains("style-src 'self'") && !policy.contains("unsafe"), "{policy}");
    let tag = first.headers()["etag"].to_str().unwrap().to_owned();
    let again = town.send(page(&tag)).await;
    assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
    let said = again.headers().get("content-security-policy");
    assert!(said.is_none_or(|said| said.to_str().unwrap() == policy), "{said:?}");
}
