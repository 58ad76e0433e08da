//! The result and the digests of the sample campaign, compared with the files in `tests/golden`.
//!
//! A digest that changes breaks the promise that two programmes can compare their tables: change a
//! file on purpose only, with `UPDATE_GOLDEN=1`.

use crate::support::story::Story;
use crate::{digests, fold};
use serde_json::{Value, json};
use std::path::PathBuf;

fn file(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../tests/golden/projections").join(name)
}

fn compare(name: &str, found: &Value) {
    let file = file(name);
    let found = serde_json::to_string_pretty(found).unwrap() + "\n";
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(&file, &found).unwrap();
    }
    assert_eq!(std::fs::read_to_string(&file).unwrap(), found, "{name}");
}

#[test]
fn the_result_is_the_one_on_file() {
    let model = fold(&Story::whole().records());
    let results: Vec<_> = model.results.rows().collect();
    let areas: Vec<_> = model.area_results.rows().collect();
    compare("result.json", &json!({"areas": areas, "projects": results}));
}

#[test]
fn the_digests_are_the_ones_on_file() {
    let model = fold(&Story::whole().records());
    compare("digests.json", &json!({"root": model.tree.root(), "tables": digests(&model)}));
    let model = fold(&Story::lively().records());
    compare("digests-lively.json", &json!({"root": model.tree.root(), "tables": digests(&model)}));
    let model = fold(&Story::sealed_whole().records());
    compare("digests-sealed.json", &json!({"root": model.tree.root(), "tables": digests(&model)}));
}

/// Never written anew: programmes of that time published these.
#[test]
fn digests_of_an_older_format_are_what_they_were() {
    let model = fold(&Story::whole().records());
    let older = model.digests_in(2).unwrap();
    let published: Value = serde_json::from_str(&std::fs::read_to_string(file("digests-2.json")).unwrap()).unwrap();
    assert_eq!(json!({"tables": older}), published);
    assert_eq!(model.digests_in(1).unwrap(), older[..9]);
    let published: Value = serde_json::from_str(&std::fs::read_to_string(file("digests-3.json")).unwrap()).unwrap();
    assert_eq!(json!({"tables": model.digests_in(3).unwrap()}), published);
    assert_eq!(model.digests_in(4).unwrap(), digests(&model));
    assert_ne!(digests(&model)[..10], older[..]);
}
