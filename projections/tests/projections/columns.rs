//! That every column of the list finds its value: a place that no row has would stay empty for ever.

use crate::support::story::Story;
use crate::{digests, fold};
use projections::Model;
use projections::columns::{Cell, TABLES, rows};
use std::collections::BTreeSet;

fn models() -> Vec<Model> {
    let stories = [Story::whole(), Story::lively(), Story::sealed_whole(), Story::on_paper(), Story::kept_whole()];
    stories.iter().map(|story| fold(&story.records())).collect()
}

#[test]
fn the_tables_are_those_of_the_claims() {
    let named: Vec<&str> = digests(&Model::default()).iter().map(|digest| digest.name).collect();
    assert_eq!(TABLES.map(|table| table.name).to_vec(), named);
}

#[test]
fn every_column_has_a_value_somewhere() {
    let models = models();
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
