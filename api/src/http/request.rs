//! Reads a GraphQL request from a URL or from a JSON body, and finds which
//! operation it asks for.
//!
//! Must not execute nor answer anything. Parameters: GraphQL over HTTP
//! (September 2025), "Request"; documents named by their SHA-256: its appendix
//! on persisted documents (`documentId`) and Apollo's protocol
//! (`extensions.persistedQuery`).

use async_graphql::Request;
use async_graphql::parser::types::{DocumentOperations, ExecutableDocument, OperationDefinition, OperationType};
use axum::body::Bytes;
use axum::extract::Query;
use axum::extract::rejection::BytesRejection;
use axum::http::{HeaderMap, StatusCode, Uri};
use serde_json::{Map, Value};

use super::media::check_content_type;
use super::{Limits, Refusal, labels, spread};

/// A well-formed request, whose document may still have to be found by its name.
#[derive(Debug, Default)]
pub(super) struct Asked {
    /// The source text, when it was sent.
    pub(super) document: Option<String>,
    /// The SHA-256 of the source text in lower-case hexadecimal, when it was sent.
    pub(super) document_name: Option<String>,
    pub(super) operation_name: Option<String>,
    pub(super) variables: Map<String, Value>,
}

impl Asked {
    /// From the query string of a GET; `variables` and `extensions` are JSON there.
    pub(super) fn from_url(uri: &Uri, limits: &Limits) -> Result<Self, Refusal> {
        if uri.query().is_some_and(|query| query.len() > limits.body_bytes) {
            return Err(Refusal::UrlTooLong { limit: limits.body_bytes });
        }
        let Query(pairs) = Query::<Vec<(String, String)>>::try_from_uri(uri).map_err(|_| {
            Refusal::InvalidParameter { name: "query", expected: "in a URL-encoded query string, in UTF-8" }
        })?;
        let mut object = Map::new();
        for (name, text) in pairs {
            let Some(&(name, expected)) = PARAMETERS.iter().find(|(known, _)| *known == name) else { continue };
            let value = if name == "variables" || name == "extensions" {
                serde_json::from_str(&text).map_err(|_| Refusal::InvalidParameter { name, expected })?
            } else {
                Value::String(text)
            };
            if object.insert(name.to_owned(), value).is_some() {
                return Err(Refusal::InvalidParameter { name, expected: "given once" });
            }
        }
        Self::from_object(object)
    }

    /// From the body of a POST.
    pub(super) fn from_body(
        headers: &HeaderMap,
        body: Result<Bytes, BytesRejection>,
        limits: &Limits,
    ) -> Result<Self, Refusal> {
        check_content_type(headers)?;
        let body = body.map_err(|broken| match broken.status() {
            StatusCode::PAYLOAD_TOO_LARGE => Refusal::BodyTooLarge { limit: limits.body_bytes },
            _ => Refusal::BodyUnreadable,
        })?;
        match serde_json::from_slice(&body) {
            Ok(Value::Object(object)) => Self::from_object(object),
            Ok(Value::Array(_)) => Err(Refusal::BatchRefused),
            Ok(_) => Err(Refusal::MalformedJson { reason: "it is not an object".to_owned() }),
            Err(error) => Err(Refusal::MalformedJson { reason: error.to_string() }),
        }
    }

    fn from_object(mut object: Map<String, Value>) -> Result<Self, Refusal> {
        let document = text(&mut object, "query")?;
        // An empty name is no name ("GET"); a body may say null.
        let operation_name = text(&mut object, "operationName")?.filter(|name| !name.is_empty());
        let variables = map(&mut object, "variables")?;
        let mut extensions = map(&mut object, "extensions")?;
        let document_name = match (text(&mut object, "documentId")?, map(&mut extensions, "persistedQuery")?) {
            (Some(id), _) => Some(id.strip_prefix("sha256:").map(str::to_owned).ok_or_else(|| bad("documentId"))?),
            (None, persisted) if persisted.is_empty() => None,
            (None, persisted) => Some(apollo_name(&persisted).ok_or_else(|| bad("persistedQuery"))?),
        };
        let hexadecimal = |name: &str| name.len() == 64 && name.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        if document_name.as_deref().is_some_and(|name| !hexadecimal(name)) {
            return Err(bad("documentId"));
        }
        Ok(Self { document, document_name, operation_name, variables })
    }
}

/// The parameters and what each must be; any other is for the future, and ignored.
const PARAMETERS: [(&str, &str); 6] = [
    ("query", "a string"),
    ("operationName", "a string or null"),
    ("variables", "a JSON object or null"),
    ("extensions", "a JSON object or null"),
    ("documentId", "\"sha256:\" followed by 64 lower-case hexadecimal digits"),
    ("persistedQuery", "{\"version\": 1, \"sha256Hash\": 64 lower-case hexadecimal digits}"),
];

fn bad(name: &'static str) -> Refusal {
    let expected = PARAMETERS.iter().find(|(known, _)| *known == name).map_or("left out", |(_, expected)| expected);
    Refusal::InvalidParameter { name, expected }
}

fn text(object: &mut Map<String, Value>, name: &'static str) -> Result<Option<String>, Refusal> {
    match object.remove(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(bad(name)),
    }
}

fn map(object: &mut Map<String, Value>, name: &'static str) -> Result<Map<String, Value>, Refusal> {
    match object.remove(name) {
        None | Some(Value::Null) => Ok(Map::new()),
        Some(Value::Object(map)) => Ok(map),
        Some(_) => Err(bad(name)),
    }
}

fn apollo_name(persisted: &Map<String, Value>) -> Option<String> {
    let version = persisted.get("version")?.as_u64()?;
    let name = persisted.get("sha256Hash")?.as_str()?;
    (version == 1).then(|| name.to_owned())
}

/// The operation that would be executed.
pub(super) struct Operation {
    pub(super) kind: OperationType,
    /// What it is called in figures and logs, if it gets a label of its own (`labels.rs`).
    pub(super) label: String,
}

/// Says which operation would be executed (GraphQL specification,
/// `GetOperation`), after checking what it spreads and its required variables. `None` when the
/// document does not parse or the operation cannot be determined: the schema
/// then refuses it with the reason, before anything is executed.
pub(super) fn check_operation(
    request: &mut Request,
    asked: &Asked,
    limits: &Limits,
) -> Result<Option<Operation>, Refusal> {
    let Ok(document) = request.parsed_query() else { return Ok(None) };
    spread::check(document, limits)?;
    let Some((name, operation)) = operation(document, asked.operation_name.as_deref()) else { return Ok(None) };
    // async-graphql lets a missing value of a non-null variable reach the resolvers; CoerceVariableValues refuses it before execution.
    let missing = operation.variable_definitions.iter().find_map(|definition| {
        let variable = &definition.node;
        let required = !variable.var_type.node.nullable && variable.default_value.is_none();
        let given = asked.variables.get(variable.name.node.as_str());
        let null = given == Some(&Value::Null);
        let refused = (required && given.is_none()) || (!variable.var_type.node.nullable && null);
        refused.then(|| (variable.name.node.to_string(), variable.var_type.node.to_string()))
    });
    match missing {
        Some((name, of)) => Err(Refusal::VariableMissing { name, of }),
        None => Ok(Some(Operation { kind: operation.ty, label: labels::label(document, operation, name) })),
    }
}

fn operation<'a>(
    document: &'a ExecutableDocument,
    name: Option<&str>,
) -> Option<(Option<&'a str>, &'a OperationDefinition)> {
    match (&document.operations, name) {
        (DocumentOperations::Single(only), None) => Some((None, &only.node)),
        (DocumentOperations::Single(_), Some(_)) => None,
        (DocumentOperations::Multiple(all), name) => {
            // Without a name there must be only one; each of these has one of its own.
            let mut found = all.iter().filter(|(own, _)| name.is_none_or(|name| name == own.as_str()));
            let (own, found_one) = found.next()?;
            found.next().is_none().then_some((Some(own.as_str()), &found_one.node))
        }
    }
}
