//! Everything that somebody can read through the API: each field of the schema, asked along the shortest way
//! to it, and every event of the log; with the heads and lengths of the answers.
//!
//! Fields that need something named get it from a list; what needs anything else fails, so that a new field
//! is asked as well. Random values (hashes, envelopes, signatures, ids, cursors) are blotted out, their
//! length kept: what is left has to be the same wherever the same happened.

use crate::town::{HOST, Town};
use axum::body::{Body, to_bytes};
use axum::http::Request;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// What required arguments get, by field and argument.
const GIVEN: [(&str, &str); 18] = [
    ("changes from", "{ position: 2 }"),
    ("campaign", r#""T26""#),
    ("campaign code", r#""T26""#),
    ("reference", r#""P-000001""#),
    ("position", "3"),
    ("from", "2"),
    ("text", r#""fontaine""#),
    ("title", r#""Fontaine""#),
    ("point", "{ latitude: 48.85, longitude: 2.35 }"),
    ("list", "MINE"),
    ("siteWorkList list", "LATE"),
    ("id", r#""ID""#),
    ("ids", r#"["ID"]"#),
    ("query", r#""fontaine""#),
    ("area", r#""CITY""#),
    ("stream", r#""urn/T26""#),
    ("key", r#""HALL""#),
    ("number", "1"),
];

/// What a request is answered with that wasn't asked well.
const UNREAD: [&str; 12] = [
    "QUERY_TOO_COSTLY",
    "QUERY_TOO_DEEP",
    "DOCUMENT_INVALID",
    "DOCUMENT_TOO_DEEP",
    "SELECTIONS_TOO_MANY",
    "INPUT_INVALID",
    "ID_INVALID",
    "PAGE_INVALID",
    "FIELD_FAILED",
    "POSITION_OUT_OF_RANGE",
    "UNKNOWN_CAMPAIGN",
    "INTERNAL",
];

/// What stands before the moment at which a token was last used: noted beside an answer, sooner or later.
const USED: [&str; 2] = [r#""used":""#, r#""last_seen":""#];

/// How many of a list are asked for.
const SOME: usize = 4;

/// How many leaves one request asks for.
const LEAVES: usize = 12;

#[derive(Debug)]
struct Field {
    /// With its arguments, as it is written.
    call: String,
    of: String,
    composite: bool,
}

/// The schema as far as it has fields: objects and interfaces.
struct Schema(BTreeMap<String, Vec<Field>>);

fn named(mut of: &Value) -> (String, bool) {
    while !of["ofType"].is_null() {
        of = &of["ofType"];
    }
    let composite = ["OBJECT", "INTERFACE", "UNION"].contains(&of["kind"].as_str().unwrap());
    (of["name"].as_str().unwrap().to_owned(), composite)
}

/// A field with what it needs, or the name of the argument that nothing is given for.
fn call(field: &Value) -> Result<String, String> {
    let name = field["name"].as_str().unwrap();
    let mut arguments = Vec::new();
    for argument in field["args"].as_array().unwrap() {
        let own = argument["name"].as_str().unwrap();
        if own == "first" {
            arguments.push(format!("first: {SOME}"));
        } else if argument["type"]["kind"] == "NON_NULL" && argument["defaultValue"].is_null() {
            let by = |wanted: &str| GIVEN.iter().find(|(of, _)| *of == wanted).map(|(_, value)| *value);
            let value = by(&format!("{name} {own}")).or_else(|| by(own)).ok_or(format!("{name}({own})"))?;
            arguments.push(format!("{own}: {value}"));
        }
    }
    Ok(if arguments.is_empty() { name.to_owned() } else { format!("{name}({})", arguments.join(", ")) })
}

impl Schema {
    async fn of(town: &Town) -> Self {
        let query = "{ __schema { types { name kind fields(includeDeprecated: true) { name
            args { name defaultValue type { kind } }
            type { kind name ofType { kind name ofType { kind name ofType { kind name } } } } } } } }";
        let answer = town.answer("", query, json!({})).await;
        let types = answer["data"]["__schema"]["types"].as_array().unwrap_or_else(|| panic!("{answer}")).clone();
        let mut schema = BTreeMap::new();
        // What these give is reached through the campaign; by itself each wants the id of one that is there.
        let by_id = |field: &&Value| {
            !["site", "workshop"].iter().any(|name| field["name"] == *name && field["args"][0]["name"] == "id")
        };
        for of in types.iter().filter(|of| !of["name"].as_str().unwrap().starts_with("__")) {
            let fields = of["fields"].as_array().into_iter().flatten().filter(by_id).map(|field| {
                let (name, composite) = named(&field["type"]);
                let call = call(field).unwrap_or_else(|what| panic!("say what {what} is asked with, in GIVEN"));
                Field { call, of: name, composite }
            });
            if of["name"] != "Mutation" {
                schema.insert(of["name"].as_str().unwrap().to_owned(), fields.collect());
            }
        }
        Self(schema)
    }

    /// Every leaf, in requests along the shortest way to its type.
    fn queries(&self) -> Vec<String> {
        let mut ways: BTreeMap<&str, Vec<&str>> = BTreeMap::from([("Query", Vec::new())]);
        let mut next = VecDeque::from(["Query"]);
        let mut queries = Vec::new();
        while let Some(of) = next.pop_front() {
            let way = ways[of].clone();
            let (inner, leaves): (Vec<_>, Vec<_>) = self.0[of].iter().partition(|field| field.composite);
            for field in inner {
                if !ways.contains_key(field.of.as_str()) {
                    ways.insert(&field.of, way.iter().copied().chain([field.call.as_str()]).collect());
                    next.push_back(&field.of);
                }
                // Also where another way leads to a type that was met before.
                let its = self.0[&field.of].iter().filter(|leaf| !leaf.composite).map(|leaf| leaf.call.as_str());
                for some in its.collect::<Vec<_>>().chunks(LEAVES) {
                    queries.push(nested(&way, &format!("{} {{ {} }}", field.call, some.join(" "))));
                }
            }
            if of != "Query" {
                let calls: Vec<&str> = leaves.iter().map(|field| field.call.as_str()).collect();
                queries.extend(calls.chunks(LEAVES).map(|some| nested(&way, &some.join(" "))));
            }
        }
        let names: BTreeSet<&str> = queries.iter().map(String::as_str).collect();
        names.into_iter().map(str::to_owned).collect()
    }
}

fn nested(way: &[&str], inside: &str) -> String {
    way.iter().rev().fold(inside.to_owned(), |inside, step| format!("{step} {{ {inside} }}"))
}

/// A text with what is random blotted out: words of 22 letters or more, as hashes, envelopes and ids are.
pub(crate) fn blotted(text: &str) -> String {
    let random = |letter: char| letter.is_ascii_alphanumeric() || "+/=_-".contains(letter);
    let mut text = text.to_owned();
    for used in USED {
        if let Some(at) = text.find(used) {
            text.replace_range(at + used.len()..at + used.len() + 20, "some time or other  ");
        }
    }
    let mut blotted = String::with_capacity(text.len());
    for word in text.split_inclusive(|letter| !random(letter)) {
        let whole = word.trim_end_matches(|letter| !random(letter));
        let known = !whole.contains(|letter: char| letter.is_ascii_digit());
        if whole.len() < 22 || known {
            blotted.push_str(word);
        } else {
            blotted.extend(std::iter::repeat_n('#', whole.len()));
            blotted.push_str(&word[whole.len()..]);
        }
    }
    blotted
}

/// What a route answers: its status, its head and its body.
pub(crate) async fn answer(town: &Town, actor: &str, request: Request<Body>) -> String {
    let (mut parts, body) = request.into_parts();
    if !actor.is_empty() {
        let token = format!("Bearer {}", town.known(actor).await.token);
        parts.headers.insert("authorization", token.parse().unwrap());
    }
    let response = town.send(Request::from_parts(parts, body)).await;
    let head: Vec<String> =
        response.headers().iter().map(|(name, value)| format!("{name}: {}", value.to_str().unwrap())).collect();
    let status = response.status();
    let body = to_bytes(response.into_body(), 1 << 26).await.unwrap();
    // Members come in the order in which they were found out.
    let body = match serde_json::from_slice::<Value>(&body) {
        Ok(value) => transparency::to_canonical(&value).unwrap(),
        Err(_) => String::from_utf8_lossy(&body).into_owned(),
    };
    format!("{status}\n{}\n{body}", head.join("\n"))
}

pub(crate) async fn ask(town: &Town, actor: &str, query: &str) -> String {
    let body = json!({ "query": query }).to_string();
    let request = Request::post("/graphql").header("host", HOST).header("content-type", "application/json");
    answer(town, actor, request.body(Body::from(body)).unwrap()).await
}

/// What of the root tells of people and has no past, or takes its moments otherwise.
const WITHOUT_PAST: [&str; 3] = ["viewer", "readings", "changes"];

/// A query as of a position of the campaign's log; none where it can't be asked so.
pub(crate) fn as_of(query: &str, position: u64) -> Option<String> {
    let inside = query.strip_prefix("{ ")?;
    let end = inside.find(|letter: char| !letter.is_ascii_alphanumeric())?;
    let (root, rest) = inside.split_at(end);
    // Of all campaigns there is no common position.
    let of_all = root == "campaigns" || (root == "similarProposals" && !rest.contains("campaign:"));
    if WITHOUT_PAST.contains(&root) || of_all {
        return None;
    }
    let moment = format!("asOf: {{ position: {position} }}");
    Some(match rest.strip_prefix('(') {
        Some(given) => format!("{{ {root}({moment}, {given}"),
        None => format!("{{ {root}({moment}){rest}"),
    })
}

/// All that somebody can read through the API: what was asked, and the answer, blotted.
pub(crate) async fn everything(town: &Town, actor: &str) -> Vec<(String, String)> {
    let queries = Schema::of(town).await.queries();
    let id = town.ask(r#"{ campaign(code: "T26") { id } }"#).await["campaign"]["id"].to_string();
    let (mut read, mut unread) = (Vec::with_capacity(queries.len()), Vec::new());
    for query in queries {
        let query = format!("{{ {} }}", query.replace(r#""ID""#, &id));
        let said = ask(town, actor, &query).await;
        // What the door refuses is read by nobody, and so isn't shown to be silent.
        let amiss = UNREAD.iter().find(|code| said.contains(&format!(r#""code":"{code}""#)));
        unread.extend(amiss.map(|code| format!("{code}: {query}")));
        read.push((query, blotted(&said)));
    }
    assert_eq!(unread, [""; 0]);
    let mut from = 0;
    loop {
        let query = format!(
            r#"{{ campaign(code: "T26") {{ log {{ events(first: 20, from: {from}) {{ nodes {{ position stream
            sequence type version at actor actorRole commandId withheld data leaf leafHash redacted
            disclosed {{ path value nonce }} proof {{ size root hashes }} }} pageInfo {{ hasNextPage }} }} }} }} }}"#
        );
        let said = ask(town, actor, &query).await;
        assert!(said.contains("hasNextPage"), "{said}");
        let more = said.contains(r#""hasNextPage":true"#);
        read.push((query, blotted(&said)));
        from += 20;
        if !more {
            return read;
        }
    }
}
