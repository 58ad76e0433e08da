//! Databases that can't be a store, and what the store says of them.

use event_store::{OpenMode, Store};
use throwaway_postgres::Server;

use crate::place::Place;
use crate::sample::Sample;

fn code(url: &str, mode: OpenMode) -> &'static str {
    Store::open(url, mode).map(|_| "OPEN").unwrap_or_else(|error| {
        assert!(error.to_string().contains("postgres://"), "{error}");
        error.code()
    })
}

#[test]
fn tables_are_created_only_when_asked() {
    let place = Place::new();
    assert_eq!(code(&place.url(), OpenMode::Existing), "STORE_NOT_FOUND");
    assert_eq!(code(&place.url(), OpenMode::Create), "OPEN");
    assert_eq!(code(&place.url(), OpenMode::Existing), "OPEN");
    assert_eq!(code(&place.url(), OpenMode::Create), "OPEN");
}

#[test]
fn several_nodes_may_create_one_store_at_once() {
    let place = Place::new();
    let open = || Store::open(&place.url(), OpenMode::Create).map(|_| ());
    std::thread::scope(|scope| {
        let nodes: Vec<_> = (0..4).map(|_| scope.spawn(open)).collect();
        nodes.into_iter().for_each(|node| node.join().unwrap().unwrap());
    });
}

#[test]
fn other_databases_are_recognised_and_left_alone() {
    let place = Place::new();
    place.change("CREATE TABLE songs (title text)").unwrap();
    assert_eq!(code(&place.url(), OpenMode::Create), "STORE_OF_ANOTHER_PROGRAM");
    assert_eq!(code(&Server::shared().url("nowhere"), OpenMode::Create), "STORE_NOT_FOUND");
    assert_eq!(code("postgres://postgres@127.0.0.1:1/parvis", OpenMode::Create), "STORE_UNAVAILABLE");
}

#[test]
fn a_schema_that_does_not_fit_is_refused_and_one_that_was_expanded_is_not() {
    let s = Sample::new();
    let add = |version, serves| {
        let step = format!("INSERT INTO schema_migrations VALUES ({version}, 'later', {serves}, '')");
        s.place.change(&step).unwrap();
    };
    add(998, 2);
    assert_eq!(code(&s.place.url(), OpenMode::Existing), "OPEN");
    add(999, 999);
    assert_eq!(code(&s.place.url(), OpenMode::Existing), "SCHEMA_TOO_NEW");
    s.place.change("DELETE FROM schema_migrations WHERE version > 900").unwrap();
    s.place.change("UPDATE schema_migrations SET checksum = 'other' WHERE version = 1").unwrap();
    assert_eq!(code(&s.place.url(), OpenMode::Existing), "SCHEMA_CHANGED");
}
