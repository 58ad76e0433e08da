//! What a document is called in figures and logs: `name-hash`, for a bounded number of documents.
//!
//! A client types documents, so nothing of what it typed as a value may get here: the hash is over
//! fields and fragments only, never over arguments, aliases or directives. Two documents that differ
//! in those alone have one label. A mutation is called by its field, not by the name that the client
//! gave it: nothing around a ballot is in the client's words.

use async_graphql::parser::types::{ExecutableDocument, OperationDefinition, OperationType, Selection, SelectionSet};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};

/// How many documents have a label of their own.
const MOST: usize = 100;

/// Bytes of a name that are kept: with the hash, a label has at most 64.
const NAME_BYTES: usize = 55;

/// What all documents are called that came when the labels were given out.
const OTHER: &str = "other";

/// The labels given out so far.
#[derive(Debug, Default)]
pub(super) struct Labels(BTreeSet<String>);

impl Labels {
    /// The label under which an operation counts. One that ran gets its own while there are some;
    /// what never ran gets none, so that nonsense can't use them up.
    pub(super) fn of(&mut self, label: String, ran: bool) -> String {
        if self.0.contains(&label) {
            return label;
        }
        if ran && self.0.len() < MOST {
            self.0.insert(label.clone());
            return label;
        }
        OTHER.to_owned()
    }
}

/// The label of an operation, if it gets one of its own.
pub(super) fn label(document: &ExecutableDocument, operation: &OperationDefinition, name: Option<&str>) -> String {
    let mut hash = Sha256::new();
    let name = match operation.ty {
        OperationType::Query => name.unwrap_or("anonymous"),
        OperationType::Mutation | OperationType::Subscription => first_field(&operation.selection_set.node),
    };
    for part in [operation.ty.to_string().as_str(), " ", name] {
        hash.update(part);
    }
    shape(&operation.selection_set.node, &mut hash);
    // Sorted: the parser keeps fragments in no order of its own.
    let fragments: BTreeMap<_, _> = document.fragments.iter().collect();
    for (name, fragment) in fragments {
        for part in ["...", name.as_str(), ":", fragment.node.type_condition.node.on.node.as_str()] {
            hash.update(part);
        }
        shape(&fragment.node.selection_set.node, &mut hash);
    }
    let [a, b, c, d, ..] = <[u8; 32]>::from(hash.finalize());
    // A name is ASCII (GraphQL specification, section 2.1.9), so any cut is a cut between characters.
    format!("{}-{}", name.get(..NAME_BYTES).unwrap_or(name), hex::encode([a, b, c, d]))
}

/// The schema's name of the first field; the schema has refused any other.
fn first_field(set: &SelectionSet) -> &str {
    let field = |selection: &Selection| matches!(selection, Selection::Field(_));
    match set.items.iter().map(|item| &item.node).find(|selection| field(selection)) {
        Some(Selection::Field(field)) => field.node.name.node.as_str(),
        Some(Selection::FragmentSpread(_) | Selection::InlineFragment(_)) | None => "fragment",
    }
}

/// Fields and spreads, as deep as the document was allowed to nest (`documents.rs`).
fn shape(set: &SelectionSet, hash: &mut Sha256) {
    hash.update("{");
    for item in &set.items {
        match &item.node {
            Selection::Field(field) => {
                hash.update(field.node.name.node.as_str());
                shape(&field.node.selection_set.node, hash);
            }
            Selection::InlineFragment(fragment) => {
                let on = fragment.node.type_condition.as_ref();
                hash.update("...:");
                hash.update(on.map_or("", |on| on.node.on.node.as_str()));
                shape(&fragment.node.selection_set.node, hash);
            }
            Selection::FragmentSpread(spread) => {
                hash.update("...");
                hash.update(spread.node.fragment_name.node.as_str());
                hash.update(";");
            }
        }
    }
    hash.update("}");
}

#[cfg(test)]
mod tests {
    use super::*;
    use async_graphql::parser::parse_query;
    use async_graphql::parser::types::DocumentOperations;

    fn of(text: &str) -> String {
        let document = parse_query(text).unwrap();
        match &document.operations {
            DocumentOperations::Single(only) => label(&document, &only.node, None),
            DocumentOperations::Multiple(all) => {
                let (name, operation) = all.iter().next().unwrap();
                label(&document, &operation.node, Some(name))
            }
        }
    }

    #[test]
    fn values_that_a_client_typed_leave_no_trace() {
        let ballot = |alias: &str, name: &str, choices: &str| {
            of(&format!(
                "mutation {name} {{ {alias} castBallot(input: {{ choices: {choices} }}) {{ receipt {{ position }} }} }}"
            ))
        };
        let plain = ballot("", "Vote", "[1, 2]");
        assert!(plain.starts_with("castBallot-"), "{plain}");
        for (alias, name, choices) in [("", "Vote", "[7]"), ("p7:", "Vote", "[1, 2]"), ("", "VoteForSeven", "[1, 2]")] {
            assert_eq!(ballot(alias, name, choices), plain, "{alias} {name} {choices}");
        }
        assert_eq!(of("query A { x(id: \"jean\") @include(if: true) }"), of("query A { x(id: \"anne\") }"));
        assert_ne!(of("query A { x }"), of("query A { y }"));
        assert_ne!(of("query A { x { y } }"), of("query A { x y }"));
    }

    #[test]
    fn a_label_is_short_and_there_are_so_many() {
        let long = of(&format!("query {} {{ x }}", "n".repeat(500)));
        assert_eq!(long.len(), 64);
        let mut labels = Labels::default();
        assert_eq!(labels.of("never-ran".to_owned(), false), "other");
        for number in 0..MOST {
            assert_eq!(labels.of(format!("q-{number}"), true), format!("q-{number}"));
        }
        assert_eq!(labels.of("one-more".to_owned(), true), "other");
        assert_eq!(labels.of("q-7".to_owned(), false), "q-7");
    }
}
