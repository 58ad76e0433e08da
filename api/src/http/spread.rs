//! What a document asks for once its fragments are spread, counted in one pass.
//!
//! Owns the limits that a short document can pass by spreading fragments in
//! fragments: thirty of them, each spreading the next one twice, mean a thousand
//! million selections, which async-graphql 7.2 visits one by one when it
//! measures depth and cost. Here each fragment is counted once. Must not judge
//! cost or validity: the schema does.

use std::collections::{BTreeMap, BTreeSet};

use async_graphql::Positioned;
use async_graphql::parser::types::{Directive, ExecutableDocument, Selection, SelectionSet};

use super::{Limits, Refusal};

/// Refuses a document one of whose limits is passed.
pub(super) fn check(document: &ExecutableDocument, limits: &Limits) -> Result<(), Refusal> {
    let mut count = Count { document, limits, fragments: BTreeMap::new() };
    let mut selections = 0_usize;
    for (_, operation) in document.operations.iter() {
        directives(&operation.node.directives, &[])?;
        let level = count.level(&operation.node.selection_set.node)?;
        count.bound(&level)?;
        if level.fields > limits.root_fields {
            return Err(Refusal::RootFieldsTooMany { limit: limits.root_fields });
        }
        if level.depth > limits.depth {
            return Err(Refusal::QueryTooDeep { limit: limits.depth });
        }
        selections = selections.saturating_add(level.selections);
    }
    if selections > limits.selections {
        return Err(Refusal::SelectionsTooMany { limit: limits.selections });
    }
    Ok(())
}

/// A selection set: its own level with fragments spread, and all that is below.
#[derive(Clone, Copy, Default)]
struct Level {
    fields: usize,
    aliases: usize,
    selections: usize,
    depth: usize,
    /// Lists of the members of a type inside one another.
    members: usize,
}

impl Level {
    fn add(&mut self, other: Self) {
        self.fields = self.fields.saturating_add(other.fields);
        self.aliases = self.aliases.saturating_add(other.aliases);
        self.selections = self.selections.saturating_add(other.selections);
        self.depth = self.depth.max(other.depth);
        self.members = self.members.max(other.members);
    }
}

struct Count<'a> {
    document: &'a ExecutableDocument,
    limits: &'a Limits,
    /// Counted fragments; `None` while one is being counted.
    fragments: BTreeMap<&'a str, Option<Level>>,
}

impl<'a> Count<'a> {
    fn level(&mut self, set: &'a SelectionSet) -> Result<Level, Refusal> {
        let mut level = Level::default();
        for selection in &set.items {
            level.selections = level.selections.saturating_add(1);
            match &selection.node {
                Selection::Field(field) => {
                    directives(&field.node.directives, &CONDITIONS)?;
                    let below = self.level(&field.node.selection_set.node)?;
                    self.bound(&below)?;
                    let aliases = usize::from(field.node.alias.is_some());
                    let name = field.node.name.node.as_str();
                    let introspection = is_introspection(name);
                    if introspection && below.members > 1 {
                        return Err(Refusal::IntrospectionCircular);
                    }
                    let depth = if introspection { 1 } else { below.depth.saturating_add(1) };
                    let members = below.members.saturating_add(usize::from(MEMBERS.contains(&name)));
                    level.add(Level { fields: 1, aliases, selections: below.selections, depth, members });
                }
                Selection::InlineFragment(fragment) => {
                    directives(&fragment.node.directives, &CONDITIONS)?;
                    level.add(self.level(&fragment.node.selection_set.node)?);
                }
                Selection::FragmentSpread(spread) => {
                    directives(&spread.node.directives, &CONDITIONS)?;
                    level.add(self.fragment(&spread.node.fragment_name.node)?);
                }
            }
        }
        Ok(level)
    }

    // A fragment that is unknown or spreads itself counts for nothing: validation refuses it.
    fn fragment(&mut self, name: &'a str) -> Result<Level, Refusal> {
        if let Some(known) = self.fragments.get(name) {
            return Ok(known.unwrap_or_default());
        }
        let Some(fragment) = self.document.fragments.get(name) else { return Ok(Level::default()) };
        directives(&fragment.node.directives, &[])?;
        self.fragments.insert(name, None);
        let level = self.level(&fragment.node.selection_set.node)?;
        self.fragments.insert(name, Some(level));
        Ok(level)
    }

    fn bound(&self, level: &Level) -> Result<(), Refusal> {
        let limit = self.limits.aliases;
        if level.aliases > limit { Err(Refusal::AliasesTooMany { limit }) } else { Ok(()) }
    }
}

/// The only directives that a document can use, on what it selects (GraphQL specification, section 3.13).
const CONDITIONS: [&str; 2] = ["skip", "include"];

/// Refuses a directive that isn't known at its place, or stands there twice (GraphQL specification, sections
/// 5.7.1 to 5.7.3). async-graphql 7.2 lets both pass on `__typename`.
fn directives(given: &[Positioned<Directive>], known: &[&str]) -> Result<(), Refusal> {
    let mut seen = BTreeSet::new();
    for directive in given {
        let name = directive.node.name.node.as_str();
        if !known.contains(&name) || !seen.insert(name) {
            return Err(Refusal::DirectiveMisplaced);
        }
    }
    Ok(())
}

/// What lists the members of a type. Members have types with members of their own, so that each list
/// inside another multiplies the answer; the query with which tools read the schema has none inside another.
const MEMBERS: [&str; 4] = ["fields", "inputFields", "interfaces", "possibleTypes"];

/// Tools read the schema with a query deeper than any other (15 levels in
/// graphql-js 16); it is as deep as a type's wrappers, not as the data.
fn is_introspection(field: &str) -> bool {
    field == "__schema" || field == "__type"
}
