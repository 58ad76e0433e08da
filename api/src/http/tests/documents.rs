//! Documents named by their SHA-256.

use super::super::documents::{Documents, name_of};
use super::*;

const DOCUMENT: &str = "{ position }";

fn persisted(name: &str) -> Json {
    json!({ "persistedQuery": { "version": 1, "sha256Hash": name } })
}

#[tokio::test]
async fn a_document_sent_once_with_its_name_is_known_by_it() {
    let sample = Sample::new();
    let name = name_of(DOCUMENT);
    let by_name = json!({ "extensions": persisted(&name) });
    for (accept, status) in [(GRAPHQL, 404), (JSON, 200)] {
        let unknown = sample.post(accept, &by_name).await;
        assert_eq!(unknown.refused(), (status, "PERSISTED_QUERY_NOT_FOUND".to_owned()));
        assert_eq!(unknown.json()["errors"][0]["message"], "PersistedQueryNotFound");
    }
    let sent = sample.post(GRAPHQL, &json!({ "query": DOCUMENT, "extensions": persisted(&name) })).await;
    assert_eq!(sent.status, 200);
    let known = sample.post(GRAPHQL, &by_name).await;
    assert_eq!((known.status, &known.json()["data"]), (200, &json!({ "position": 1 })));
    let apollo =
        format!("extensions=%7B%22persistedQuery%22%3A%7B%22version%22%3A1%2C%22sha256Hash%22%3A%22{name}%22%7D%7D");
    for query in [apollo, format!("documentId=sha256:{name}")] {
        assert_eq!(sample.get(&query).await.json()["data"], json!({ "position": 1 }), "{query}");
    }
}

#[tokio::test]
async fn a_name_must_be_the_documents_own() {
    let sample = Sample::new();
    let other = name_of("{ certain }");
    let lie = sample.post(GRAPHQL, &json!({ "query": DOCUMENT, "extensions": persisted(&other) })).await;
    assert_eq!(lie.refused(), (400, "PERSISTED_QUERY_MISMATCH".to_owned()));
    let still = sample.post(GRAPHQL, &json!({ "extensions": persisted(&other) })).await;
    assert_eq!(still.refused(), (404, "PERSISTED_QUERY_NOT_FOUND".to_owned()));
    for bad in [
        json!({ "extensions": persisted("abc") }),
        json!({ "extensions": { "persistedQuery": { "version": 2, "sha256Hash": other } } }),
        json!({ "extensions": { "persistedQuery": 1 } }),
        json!({ "documentId": other }),
        json!({ "documentId": format!("sha256:{}", other.to_uppercase()) }),
    ] {
        assert_eq!(sample.post(JSON, &bad).await.refused(), (400, "INVALID_PARAMETER".to_owned()), "{bad}");
    }
}

#[tokio::test]
async fn a_document_that_never_ran_is_not_kept() {
    let sample = Sample::new();
    let name = name_of("{ absent }");
    let sent = sample.post(GRAPHQL, &json!({ "query": "{ absent }", "extensions": persisted(&name) })).await;
    assert_eq!(sent.status, 400);
    let after = sample.post(GRAPHQL, &json!({ "extensions": persisted(&name) })).await;
    assert_eq!(after.refused(), (404, "PERSISTED_QUERY_NOT_FOUND".to_owned()));
}

#[test]
fn the_oldest_documents_leave_when_room_is_short() {
    let mut documents = Documents::new(10);
    let asked = |name: &str| request::Asked { document_name: Some(name.to_owned()), ..Default::default() };
    for (name, text) in [("a", "1234"), ("b", "1234"), ("a", "1234"), ("c", "1234"), ("d", "12345678901")] {
        documents.keep(name.to_owned(), text.into());
    }
    let kept = |name: &str| documents.find(&asked(name)).is_ok();
    assert_eq!([kept("a"), kept("b"), kept("c"), kept("d")], [false, true, true, false]);
}
