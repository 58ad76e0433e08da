//! What the database itself refuses to the program's role.

use commands::{Clock, Entropy};
use vault::{Kind, Vault};

use crate::place::Place;
use crate::sample::{Sample, arrival, reading, start};

fn login(place: &Place) -> String {
    let name = format!("login_{}", place.0.name());
    place.change(&format!("CREATE ROLE {name} LOGIN IN ROLE parvis_vault")).unwrap();
    name
}

#[tokio::test]
async fn the_role_of_the_vault_does_all_that_the_vault_does_and_changes_no_reading() {
    let s = Sample::new().await;
    let name = login(&s.place);
    let url = s.place.url().replace("postgres@", &format!("{name}@"));
    let vault = Vault::open(&url, s.ring.clone(), s.clock.clone(), Entropy::seeded(8)).await.unwrap();
    let person = vault.arrive(arrival("b", "b@example.fr")).await.unwrap();
    vault.put(&person.id, Kind::Contact, "c", &serde_json::json!({"phone": "1"})).await.unwrap();
    vault.read_for(reading("Appel"), &person.id).await.unwrap();
    vault.erase(&person.id).await.unwrap();
    vault.expire(&vault::Retention::default()).await.unwrap();
    assert_eq!(vault.readings_digest().await.unwrap().count, 1);
    let refused = [
        "UPDATE readings SET entry = ''",
        "DELETE FROM readings",
        "TRUNCATE readings",
        "DELETE FROM erased",
        "UPDATE vault_migrations SET checksum = ''",
        "ALTER TABLE readings DISABLE TRIGGER ALL",
        "DROP TABLE readings",
        "CREATE TABLE mine (x int)",
        "SELECT * FROM public.log_events",
    ];
    for statement in refused {
        let error = s.place.change(&format!("SET ROLE {name}; {statement}")).unwrap_err();
        assert!(error.contains("permission denied") || error.contains("must be owner"), "{statement}: {error}");
    }
    for other in ["parvis_log", "parvis_redaction", "parvis_analyst"] {
        let error = s.place.change(&format!("SET ROLE {other}; SELECT * FROM vault.people")).unwrap_err();
        assert!(error.contains("permission denied"), "{other}: {error}");
    }
}

#[tokio::test]
async fn a_user_who_may_not_make_the_tables_is_told_who_may() {
    let place = Place::new();
    let name = login(&place);
    let url = place.url().replace("postgres@", &format!("{name}@"));
    let (ring, clock) = (vault::KeyRing::draw(&Entropy::seeded(1)), Clock::simulated(start()));
    let error = Vault::open(&url, ring.clone(), clock.clone(), Entropy::seeded(1)).await.unwrap_err();
    assert_eq!(error.code(), "VAULT_SCHEMA_OLD", "{error}");
    let nowhere = "postgres://u:s3cret@127.0.0.1:1/parvis";
    let error = Vault::open(nowhere, ring, clock, Entropy::seeded(1)).await.unwrap_err();
    assert_eq!(error.code(), "VAULT_UNAVAILABLE");
    assert!(!format!("{error} {error:?}").contains("s3cret"), "{error}");
}
