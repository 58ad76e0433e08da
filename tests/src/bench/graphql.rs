//! Owns the suite `graphql`: queries through all routes of the server, without the network.
//!
//! Sixteen tasks ask the router itself (tower's `oneshot`), each waiting for its whole answer. The
//! limit is the same request with the tag of the answer: the server checks it and says 304. Must not
//! count an answer with an error.

use super::Scale;
use super::city::{self, Demo};
use super::measure::{Outcome, Report, Samples, mebibytes, of_process, own_memory, text};
use super::tasks::Paced;
use api::demo::CODE;
use api::read_model::ReadModel;
use api::server::{Options, router};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::header::{ACCEPT, ETAG, HOST, IF_NONE_MATCH};
use axum::http::{Request, StatusCode};
use event_store::OpenMode;
use serde_json::Value;
use std::fmt::Write;
use std::path::Path;
use std::sync::Arc;
use tokio::runtime::Runtime;
use tower::ServiceExt;

const SUITE: &str = "graphql";
const TASKS: usize = 16;

/// Requests of a run, in full and quick; ten times as many for the 304, which is done sooner.
const REQUESTS: (usize, usize) = (2_000, 400);

/// Depths of the past that are asked for in a run, in full and quick.
const DEPTHS: (usize, usize) = (500, 100);
const LIMIT: &str = "the same request answered 304";

pub(super) fn run(runtime: &Runtime, demo: &Demo, report: &mut Report, scale: Scale) -> Outcome<()> {
    let read_model = runtime.block_on(ReadModel::open(demo.store.clone(), |_| {}))?;
    let options = Options::new(([127, 0, 0, 1], 0).into(), "bench.example/", demo.folder.path());
    let router = router(read_model, None, &options, None)?;
    let count = if scale.quick { REQUESTS.1 } else { REQUESTS.0 };
    of_the_past(runtime, &router, demo, report, scale)?;
    let mut asked = Vec::new();
    for (name, document) in documents(runtime, &router)? {
        asked.push(Asked::new(runtime, &router, name, &document)?);
    }
    for _ in 0..scale.runs {
        for asked in &mut asked {
            take(&mut asked.answered, runtime, &router, &asked.uri, None, count)?;
            take(&mut asked.held, runtime, &router, &asked.uri, Some(&asked.tag), count * 10)?;
        }
    }
    for Asked { name, answered, held, .. } in &asked {
        let metric = |what: &str| format!("{name}_{what}_oneshot_{TASKS}_tasks");
        report.add(SUITE, &metric("queries"), "queries/s", &answered.rate, Some((LIMIT, &held.rate)));
        report.add(SUITE, &metric("p50"), "ms", &answered.p50, Some((LIMIT, &held.p50)));
        report.add(SUITE, &metric("p99"), "ms", &answered.p99, Some((LIMIT, &held.p99)));
        report.add(SUITE, &metric("not_modified"), "queries/s", &held.rate, None);
        report.add(SUITE, &metric("not_modified_p99"), "ms", &held.p99, None);
    }
    let (mut resident, mut own) = (Samples::default(), Samples::default());
    let leaves = city::leaves(&demo.store.reader(), 0)?;
    own.push(mebibytes(leaves.iter().map(|leaf| leaf.len()).try_fold(0, |sum, n| u64::try_from(n).map(|n| sum + n))?)?);
    drop(leaves);
    for _ in 0..scale.runs {
        resident.push(mebibytes(of_process("memory-of-model", &[text(&demo.file)?])?)?);
    }
    report.add(SUITE, "model_loaded_resident_memory", "MiB", &resident, Some(("the leaves themselves", &own)));
    Ok(())
}

/// A page as it stood at positions spread over the whole log, one client that waits for each answer: each
/// position once, so that none is remembered. The limit is the same page as it stands.
fn of_the_past(runtime: &Runtime, router: &Router, demo: &Demo, report: &mut Report, scale: Scale) -> Outcome<()> {
    let head = demo.store.reader().logs()?.into_iter().next().ok_or("the demo has no log")?;
    let count = if scale.quick { DEPTHS.1 } else { DEPTHS.0 };
    let page = |as_of: &str| {
        uri(&format!(
            r#"{{ campaign(code: "{CODE}"{as_of}) {{ title currentPhase statistics {{ proposals projects }}
                log {{ size root }} proposals(first: 10) {{ nodes {{ reference title state }} }} }} }}"#
        ))
    };
    let (mut then, mut now) = (Paced::default(), Paced::default());
    let ask_all = |paced: &mut Paced, uris: Vec<String>| {
        let router = router.clone();
        paced.take(runtime, 1, uris, move |uri| {
            let router = router.clone();
            async move { ask(&router, &uri, None).await?.data() }
        })
    };
    for run in 0..scale.runs {
        let mut uris = Vec::with_capacity(count);
        for n in 0..u64::try_from(count)? {
            // Multiples of the golden ratio lie evenly, and never twice on the same place (Knuth, 6.4).
            let n = u64::from(run) * u64::try_from(count)? + n;
            let n = n.wrapping_mul(0x9E37_79B9_7F4A_7C15);
            let position = u64::try_from((u128::from(n) * u128::from(head.size)) >> 64)?;
            uris.push(page(&format!(", asOf: {{ position: {position} }}"))?);
        }
        ask_all(&mut then, uris)?;
        ask_all(&mut now, vec![page("")?; count])?;
    }
    report.add(SUITE, "as_of_random_depth_p50", "ms", &then.p50, Some(("the same page as it stands", &now.p50)));
    report.add(SUITE, "as_of_random_depth_p99", "ms", &then.p99, Some(("the same page as it stands", &now.p99)));
    Ok(())
}

/// What clients ask most, by name. The first two answers tell which project and which area to ask for.
fn documents(runtime: &Runtime, router: &Router) -> Outcome<Vec<(&'static str, String)>> {
    let elected = format!(
        r#"{{ projects(campaign: "{CODE}", filter: {{ elected: true }}, order: VOTES, first: 1) {{ nodes {{ id area {{ code }} }} }} }}"#
    );
    let data = runtime.block_on(ask(router, &uri(&elected)?, None))?.data()?;
    let winner = data.pointer("/projects/nodes/0").ok_or("the demo has no winner")?;
    let id = winner.pointer("/id").and_then(Value::as_str).ok_or("the winner has no id")?;
    let area = winner.pointer("/area/code").and_then(Value::as_str).ok_or("the winner has no area")?;
    let project_page = format!(
        r#"{{ node(id: "{id}") {{ ... on Project {{ reference title description kind state cost number elected
            area {{ code name envelope }} theme {{ name }} point {{ latitude longitude }}
            proposals {{ reference title author deposited {{ at }} }}
            verdicts {{ department {{ name }} opinion reasons total yearly given {{ at }} }}
            decision {{ admitted cost reason decided {{ at position }} }}
            result {{ rank score digital paper supporters reason explanation left }}
            sites {{ title state milestones {{ kind planned reached reachedOn }} }} }} }} }}"#
    );
    let fifty_projects = format!(
        r#"{{ projects(campaign: "{CODE}", filter: {{ areas: ["{area}"] }}, order: VOTES, first: 50) {{ totalCount
            pageInfo {{ hasNextPage endCursor }} nodes {{ id reference title cost number elected result {{ score }} }} }} }}"#
    );
    let results = format!(
        r#"{{ results(campaign: "{CODE}") {{ rule {{ name }} areas {{ area {{ code name }} spent counted
            projects(first: 100) {{ nodes {{ project {{ title number }} elected rank score cost }} }} }} }} }}"#
    );
    let text_search = format!(
        r#"{{ proposals(campaign: "{CODE}", filter: {{ text: "jardin" }}, first: 50) {{ totalCount
            nodes {{ id reference title state area {{ name }} }} }} }}"#
    );
    let shown = runtime.block_on(ask(router, &uri(&results)?, None))?.data()?;
    let areas = shown.pointer("/results/areas").and_then(Value::as_array).ok_or("the demo has no results")?;
    let rows = areas.iter().filter_map(|area| area.pointer("/projects/nodes")?.as_array());
    eprintln!("parvis-bench: results show {} projects", rows.map(Vec::len).sum::<usize>());
    Ok(vec![
        ("project_page", project_page),
        ("fifty_projects_by_votes", fifty_projects),
        ("results_of_all_projects", results),
        ("proposal_text_search", text_search),
    ])
}

/// A document with the measures of its full answer and of the 304.
pub(super) struct Asked {
    pub(super) name: &'static str,
    pub(super) uri: String,
    pub(super) tag: String,
    pub(super) answered: Paced,
    pub(super) held: Paced,
}

impl Asked {
    pub(super) fn new(runtime: &Runtime, router: &Router, name: &'static str, document: &str) -> Outcome<Self> {
        let uri = uri(document)?;
        let answer = runtime.block_on(ask(router, &uri, None))?;
        let tag = answer.tag.clone().ok_or("the answer has no tag")?;
        let data = answer.data().map_err(|error| format!("{name}: {error}"))?;
        let empty = |found: &Value| found.is_null() || found.pointer("/totalCount") == Some(&Value::from(0));
        if data.as_object().is_none_or(|data| data.values().any(empty)) {
            return Err(format!("{name} finds nothing in the demo: {data}").into());
        }
        Ok(Self { name, uri, tag, answered: Paced::default(), held: Paced::default() })
    }
}

/// One run: so many requests by all tasks together.
pub(super) fn take(
    paced: &mut Paced,
    runtime: &Runtime,
    router: &Router,
    uri: &str,
    tag: Option<&str>,
    count: usize,
) -> Outcome<()> {
    let expected = if tag.is_some() { StatusCode::NOT_MODIFIED } else { StatusCode::OK };
    let asked = Arc::new((router.clone(), uri.to_owned(), tag.map(str::to_owned)));
    paced.take(runtime, TASKS, vec![(); count], move |()| {
        let asked = Arc::clone(&asked);
        async move {
            let (router, uri, tag) = &*asked;
            let answer = ask(router, uri, tag.as_deref()).await?;
            if answer.status == expected { Ok(()) } else { Err(format!("{} came back", answer.status).into()) }
        }
    })?;
    Ok(())
}

struct Answer {
    status: StatusCode,
    tag: Option<String>,
    body: Vec<u8>,
}

impl Answer {
    fn data(&self) -> Outcome<Value> {
        let mut answer: Value = serde_json::from_slice(&self.body)?;
        match answer.get("errors") {
            Some(errors) => Err(format!("the server answers {}: {errors}", self.status).into()),
            None => Ok(answer.get_mut("data").map(Value::take).unwrap_or_default()),
        }
    }
}

async fn ask(router: &Router, uri: &str, tag: Option<&str>) -> Outcome<Answer> {
    let mut request = Request::get(uri).header(HOST, "127.0.0.1").header(ACCEPT, "application/graphql-response+json");
    if let Some(tag) = tag {
        request = request.header(IF_NONE_MATCH, tag);
    }
    let response = router.clone().oneshot(request.body(Body::empty())?).await?;
    let status = response.status();
    let tag = response.headers().get(ETAG).and_then(|tag| tag.to_str().ok()).map(str::to_owned);
    let body = to_bytes(response.into_body(), usize::MAX).await?.to_vec();
    Ok(Answer { status, tag, body })
}

/// A document as a GET; everything but letters and digits is escaped (RFC 3986, section 2.1).
fn uri(document: &str) -> Outcome<String> {
    let mut uri = "/graphql?query=".to_owned();
    for byte in document.bytes() {
        if byte.is_ascii_alphanumeric() {
            uri.push(byte.into());
        } else {
            write!(uri, "%{byte:02X}")?;
        }
    }
    Ok(uri)
}

/// Loads the read model as the server does, then prints how much memory is resident, in bytes.
pub(super) fn memory(runtime: &Runtime, store: &Path) -> Outcome<()> {
    let store = city::open(store, OpenMode::Existing)?;
    let read_model = runtime.block_on(ReadModel::open(store, |_| {}))?;
    println!("{}", own_memory("VmRSS")?);
    drop(read_model);
    Ok(())
}
