//! What caches may keep, and when nothing is sent again.

use super::*;

#[tokio::test]
async fn an_answer_held_is_not_sent_again_until_the_version_moves() {
    let sample = Sample::new();
    let first = sample.get("query=%7Bposition%7D").await;
    assert_eq!(first.header("cache-control"), "public, max-age=0, must-revalidate");
    let tag = first.header("etag").to_owned();
    let again = |held: String| {
        let request = get("query=%7Bposition%7D").header("if-none-match", held).body(Body::empty()).unwrap();
        sample.send(request)
    };
    for held in [tag.clone(), format!("\"other\", {tag}"), tag.trim_start_matches("W/").to_owned(), "*".to_owned()] {
        let answer = again(held.clone()).await;
        assert_eq!((answer.status, answer.text.as_str(), answer.header("etag")), (304, "", tag.as_str()), "{held}");
        assert_eq!(answer.header("cache-control"), "public, max-age=0, must-revalidate");
    }
    assert_eq!(again("W/\"other\"".to_owned()).await.status, 200);
    sample.post(JSON, &json!({ "query": "mutation { advance }" })).await;
    let moved = again(tag.clone()).await;
    assert_eq!((moved.status, &moved.json()["data"]), (200, &json!({ "position": 2 })));
    assert_ne!(moved.header("etag"), tag);
}

#[tokio::test]
async fn the_tag_depends_on_all_that_the_answer_depends_on() {
    let sample = Sample::new();
    let echo = "query=query%20A(%24t%3AString!)%7Becho(text%3A%24t)%7D";
    let requests = [
        get("query=%7Bposition%7D"),
        get("query=%7B%20position%7D"),
        get("query=%7Bposition%7D").header("accept-language", "fr"),
        get("query=%7Bposition%7D").header("accept-language", "en"),
        get("query=%7Bposition%7D").header("authorization", "Bearer agent"),
        Request::get("/graphql?query=%7Bposition%7D").header("accept", JSON),
        get(&format!("{echo}&variables=%7B%22t%22%3A%22a%22%7D")),
        get(&format!("{echo}&variables=%7B%22t%22%3A%22b%22%7D")),
        get(&format!("{echo}&variables=%7B%22t%22%3A%22b%22%7D&operationName=A")),
    ];
    let mut tags = Vec::new();
    for request in requests {
        let answer = sample.send(request.body(Body::empty()).unwrap()).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        tags.push(answer.header("etag").to_owned());
    }
    let expected = tags.len();
    tags.sort();
    tags.dedup();
    assert_eq!(tags.len(), expected);
}

#[tokio::test]
async fn who_shows_a_token_is_answered_for_no_one_else() {
    let sample = Sample::new();
    for name in ["authorization", "cookie"] {
        let request = get("query=%7Bposition%7D").header(name, "session").body(Body::empty()).unwrap();
        let answer = sample.send(request).await;
        assert_eq!(answer.header("cache-control"), "private, max-age=0, must-revalidate", "{name}");
        assert!(answer.header("vary").to_lowercase().contains(name));
    }
}

#[tokio::test]
async fn errors_are_never_cached() {
    let sample = Sample::new();
    for query in ["query=%7Bmaybe%7D", "query=%7Babsent%7D", "query=%7B"] {
        let answer = sample.get(query).await;
        assert_eq!((answer.header("cache-control"), answer.header("etag")), ("no-store", ""), "{query}");
    }
}
