//! That every column of the list finds its value: a place that no row has would stay empty for ever.

use crate::digests;
use crate::support::story::Story;
use projections::Model;
use projections::columns::{Cell, TABLES, rows};
use std::collections::BTreeSet;
use std::sync::Arc;

/// The whole stories, and what stood in them when something had just been removed.
fn models() -> Vec<Model> {
    let stories = [Story::whole(), Story::lively(), Story::sealed_whole(), Story::on_paper(), Story::kept_whole()];
    let mut models = Vec::new();
    for story in stories {
        let mut model = Model::default();
        for record in story.records() {
            model.apply(&record).unwrap();
            if record.event.encode().unwrap().0.ends_with("Removed") {
                models.push(model.clone());
            }
        }
        models.push(model);
    }
    models
}

#[test]
fn the_tables_are_those_of_the_claims() {
    let named: Vec<&str> = digests(&Model::default()).iter().map(|digest| digest.name).collect();
    assert_eq!(TABLES.map(|table| table.name).to_vec(), named);
}

#[test]
fn every_column_has_a_value_somewhere() {
    let mut models = models();
    // As if every result were proclaimed: some stories end before.
    models.iter_mut().for_each(|model| Arc::make_mut(&mut model.campaign).winners = Some(Default::default()));
    let mut empty = BTreeSet::new();
    for table in &TABLES {
        let found: Vec<_> = models.iter().flat_map(|model| rows(model, table)).map(Result::unwrap).collect();
        for column in table.columns {
            if found.iter().all(|row| column.of(row) == Cell::Empty) {
                empty.insert(format!("{}.{}", table.name, column.name));
            }
        }
    }
    assert_eq!(empty, BTreeSet::new());
}

#[test]
fn keys_tell_rows_apart_and_names_are_told_once() {
    for model in models() {
        for table in &TABLES {
            let keys: Vec<String> = rows(&model, table).map(|row| table.key_of(&row.unwrap())).collect();
            let different: BTreeSet<&String> = keys.iter().collect();
            assert_eq!(different.len(), keys.len(), "{}", table.name);
            let names: BTreeSet<&str> = table.columns.iter().map(|column| column.name).collect();
            assert_eq!(names.len(), table.columns.len(), "{}", table.name);
        }
    }
}

#[test]
fn counts_have_no_rows_before_the_proclamation() {
    let model = models().into_iter().find(|model| !model.polling_places.is_empty() && !model.counts_are_public());
    let model = model.expect("a story that ends before its proclamation");
    for table in TABLES.iter().filter(|table| table.counts) {
        assert_eq!(rows(&model, table).count(), 0, "{}", table.name);
    }
}
