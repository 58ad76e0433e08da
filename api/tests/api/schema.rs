//! The schema is a public promise: the committed text is what the server serves, and it explains itself.

use api::graphql::schema::sdl;
use domain::Code;
use serde_json::Value;
use std::path::Path;

use crate::town::Town;

#[test]
fn the_committed_schema_is_the_one_served() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("schema.graphql");
    if std::env::var_os("UPDATE_SCHEMA").is_some() {
        std::fs::write(&path, sdl()).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap();
    assert!(
        committed == sdl(),
        "the schema has changed: look at the difference that `UPDATE_SCHEMA=1 cargo test -p api` makes"
    );
}

const INTROSPECTION: &str = "{ __schema { types { kind name description
    fields(includeDeprecated: true) { name description args { name description } }
    inputFields { name description } enumValues(includeDeprecated: true) { name description } } } }";

async fn types() -> Vec<Value> {
    let town = Town::new().await;
    let data = town.ask(INTROSPECTION).await;
    data["__schema"]["types"].as_array().unwrap().clone()
}

#[tokio::test]
async fn everything_is_described() {
    let mut bare = Vec::new();
    let types = types().await;
    // What the specification itself defines needs no words of ours.
    let ours = |ty: &&Value| !ty["name"].as_str().unwrap().starts_with("__") && ty["name"] != "ID";
    for ty in types.iter().filter(ours) {
        let name = ty["name"].as_str().unwrap();
        let mut look = |place: String, thing: &Value| {
            if thing["description"].as_str().is_none_or(str::is_empty) {
                bare.push(place);
            }
        };
        look(name.to_owned(), ty);
        for part in ["fields", "inputFields", "enumValues"] {
            for member in ty[part].as_array().into_iter().flatten() {
                let place = format!("{name}.{}", member["name"].as_str().unwrap());
                look(place.clone(), member);
                for argument in member["args"].as_array().into_iter().flatten() {
                    look(format!("{place}({})", argument["name"].as_str().unwrap()), argument);
                }
            }
        }
    }
    assert_eq!(bare, Vec::<String>::new());
    assert!(types.len() > 100, "{}", types.len());
}

#[tokio::test]
async fn rejection_codes_are_those_of_the_domain() {
    let types = types().await;
    let codes = types.iter().find(|ty| ty["name"] == "RejectionCode").unwrap();
    let served: Vec<&str> =
        codes["enumValues"].as_array().unwrap().iter().map(|v| v["name"].as_str().unwrap()).collect();
    let known: Vec<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
    assert_eq!(served, known);
}

#[tokio::test]
async fn lists_that_grow_are_connections() {
    let types = types().await;
    let connections: Vec<&Value> =
        types.iter().filter(|ty| ty["name"].as_str().unwrap().ends_with("Connection")).collect();
    assert!(connections.len() >= 7);
    for connection in connections {
        let fields: Vec<&str> =
            connection["fields"].as_array().unwrap().iter().map(|f| f["name"].as_str().unwrap()).collect();
        for field in ["pageInfo", "edges", "nodes", "totalCount"] {
            assert!(fields.contains(&field), "{} has no {field}", connection["name"]);
        }
    }
}
