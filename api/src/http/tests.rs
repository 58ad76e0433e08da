//! The door, rule by rule, on a small schema; and the whole audit suite.

mod audit;
mod caching;
mod documents;
mod limits;
mod protocol;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_graphql::{Context, Data, EmptySubscription, Object, Schema, Value};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::request::Builder;
use axum::http::{Request, StatusCode};
use axum::response::Response;
use serde_json::{Value as Json, json};
use tower::ServiceExt;

use super::*;

const GRAPHQL: &str = "application/graphql-response+json";
const JSON: &str = "application/json";

/// The version of the model a request reads.
struct Version(u64);

struct Query;

#[Object]
impl Query {
    async fn position(&self, context: &Context<'_>) -> u64 {
        context.data_unchecked::<Version>().0
    }

    async fn echo(&self, text: String) -> String {
        text
    }

    async fn maybe(&self) -> async_graphql::Result<Option<u64>> {
        Err("this field always fails".into())
    }

    async fn certain(&self) -> async_graphql::Result<u64> {
        Err("this field always fails".into())
    }

    async fn forever(&self) -> bool {
        std::future::pending().await
    }

    async fn crash(&self) -> bool {
        "not a boolean".parse().expect("a resolver that panics")
    }

    async fn me(&self) -> Self {
        Self
    }

    async fn list(&self) -> Vec<Self> {
        vec![Self]
    }
}

struct Mutation;

#[Object]
impl Mutation {
    async fn advance(&self, context: &Context<'_>) -> u64 {
        context.data_unchecked::<Arc<AtomicU64>>().fetch_add(1, Ordering::SeqCst) + 1
    }

    async fn crowd(&self) -> async_graphql::Result<Option<u64>> {
        let busy = crate::error::Fault::Store(event_store::Error::Busy { retry_after_ms: 1_200 });
        Err(busy.into())
    }

    async fn stall(&self) -> bool {
        std::future::pending().await
    }
}

/// A door on a model that is only its position, which `advance` moves.
struct Sample {
    position: Arc<AtomicU64>,
    router: Router,
}

impl Sample {
    fn new() -> Self {
        Self::with(Limits { time_ms: 100, ..Limits::default() })
    }

    fn with(limits: Limits) -> Self {
        let position = Arc::new(AtomicU64::new(1));
        let schema = Schema::build(Query, Mutation, EmptySubscription)
            .data(position.clone())
            .limit_depth(20)
            .limit_complexity(1_000)
            .finish();
        let model = position.clone();
        let begin = move |parts: &Parts| {
            let viewer = parts.headers.get("authorization").map(|token| token.to_str().unwrap().to_owned());
            if viewer.as_deref() == Some("Bearer wrong") {
                let message = "This token is not known: sign in again.".to_owned();
                return Err(Refusal::Declined { status: StatusCode::UNAUTHORIZED, code: "TOKEN_UNKNOWN", message });
            }
            let version = model.load(Ordering::SeqCst);
            let mut data = Data::default();
            data.insert(Version(version));
            let model = model.clone();
            let report = move || Value::from_json(json!({ "position": model.load(Ordering::SeqCst) })).unwrap();
            Ok(Began { version: Some(format!("{version} {viewer:?}")), data, report: Box::new(report) })
        };
        Self { position, router: Door::new(schema, limits, begin).router() }
    }

    async fn send(&self, request: Request<Body>) -> Answer {
        Answer::read(self.router.clone().oneshot(request).await.unwrap()).await
    }

    async fn post(&self, accept: &str, body: &Json) -> Answer {
        self.post_text(accept, body.to_string()).await
    }

    async fn post_text(&self, accept: &str, body: impl Into<Body>) -> Answer {
        let request = Request::post("/graphql").header("content-type", JSON).header("accept", accept);
        self.send(request.body(body.into()).unwrap()).await
    }

    async fn get(&self, query: &str) -> Answer {
        self.send(get(query).body(Body::empty()).unwrap()).await
    }
}

/// A GET that prefers the GraphQL media type; `query` is already URL-encoded.
fn get(query: &str) -> Builder {
    Request::get(format!("/graphql?{query}")).header("accept", GRAPHQL)
}

struct Answer {
    status: u16,
    headers: axum::http::HeaderMap,
    text: String,
}

impl Answer {
    async fn read(response: Response) -> Self {
        let (parts, body) = response.into_parts();
        let bytes = to_bytes(body, 1 << 20).await.unwrap();
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        Self { status: parts.status.as_u16(), headers: parts.headers, text }
    }

    fn json(&self) -> Json {
        serde_json::from_str(&self.text).unwrap()
    }

    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The code of the only error.
    fn code(&self) -> String {
        let json = self.json();
        assert_eq!(json["errors"].as_array().map(Vec::len), Some(1), "{}", self.text);
        json["errors"][0]["extensions"]["code"].as_str().unwrap().to_owned()
    }

    fn refused(&self) -> (u16, String) {
        assert_eq!(self.json().get("data"), None, "{}", self.text);
        assert_eq!(self.header("cache-control"), "no-store");
        (self.status, self.code())
    }
}
