//! Rows that somebody moved or changed behind the vault's back don't open.

use serde_json::json;
use vault::Kind;

use crate::sample::{Sample, arrival, session};

#[tokio::test]
async fn rows_can_not_be_exchanged() {
    let s = Sample::new().await;
    let (a, b) = (s.arrive("a").await.id, s.arrive("b").await.id);
    for (person, id) in [(&a, "1"), (&a, "2"), (&b, "1")] {
        s.vault.put(person, Kind::Contact, id, &json!({"mine": id})).await.unwrap();
    }
    let exchanges = [
        // between people, between names of one person, between kinds
        format!(
            "UPDATE records SET sealed = (SELECT sealed FROM records WHERE person = '{b}' AND kind = 'CONTACT') WHERE person = '{a}' AND kind = 'CONTACT'"
        ),
        format!(
            "UPDATE records SET sealed = (SELECT max(sealed) FROM records WHERE person = '{a}' AND kind = 'CONTACT') WHERE person = '{a}' AND kind = 'CONTACT'"
        ),
        format!(
            "UPDATE records SET sealed = (SELECT sealed FROM records WHERE person = '{a}' AND kind = 'PROFILE') WHERE person = '{a}' AND kind = 'CONTACT'"
        ),
    ];
    s.place.change("CREATE TABLE kept AS SELECT * FROM records").unwrap();
    for exchange in exchanges {
        if let Err(error) = s.place.change(&exchange) {
            // Postgres 17 and older know no max(bytea): take the first in order.
            assert!(error.contains("max(bytea)"), "{error}");
            let first =
                format!("(SELECT sealed FROM records WHERE person = '{a}' AND kind = 'CONTACT' ORDER BY name LIMIT 1)");
            s.place
                .change(&format!("UPDATE records SET sealed = {first} WHERE person = '{a}' AND kind = 'CONTACT'"))
                .unwrap();
        }
        assert_eq!(s.vault.list(&a, Kind::Contact).await.unwrap_err().code(), "VAULT_DAMAGED", "{exchange}");
        s.place.change("DELETE FROM records; INSERT INTO records SELECT * FROM kept").unwrap();
        assert_eq!(s.kinds(&a, Kind::Contact).await, 2);
    }
}

#[tokio::test]
async fn nobody_becomes_somebody_else_by_moving_a_row() {
    let s = Sample::new().await;
    let (a, b) = (s.arrive("a").await.id, s.arrive("b").await.id);
    let of_a = s.vault.open_session(&a, session()).await.unwrap();
    s.place.change(&format!("UPDATE sessions SET person = '{b}'")).unwrap();
    assert_eq!(s.vault.session(of_a.expose()).await.unwrap_err().code(), "VAULT_DAMAGED");
    s.place.change(&format!("UPDATE identities SET person = '{b}'")).unwrap();
    let error = s.vault.arrive(arrival("a", "a@example.fr")).await.unwrap_err();
    assert_eq!(error.code(), "VAULT_DAMAGED");
    s.place.change(&format!("UPDATE people SET wrapped = (SELECT wrapped FROM people WHERE id = '{a}')")).unwrap();
    assert!(s.vault.list(&a, Kind::Profile).await.is_ok());
    assert_eq!(s.vault.list(&b, Kind::Profile).await.unwrap_err().code(), "VAULT_DAMAGED");
}

#[tokio::test]
async fn a_schema_of_a_newer_or_another_program_is_refused() {
    let s = Sample::new().await;
    let code = async || crate::sample::open(&s.place, &s.ring).await.map_or_else(|e| e.code(), |_| "OPEN");
    s.place.change("INSERT INTO vault_migrations VALUES (98, 'wider', 1, '')").unwrap();
    assert_eq!(code().await, "OPEN");
    s.place.change("INSERT INTO vault_migrations VALUES (99, 'later', 99, '')").unwrap();
    assert_eq!(code().await, "VAULT_SCHEMA_NEWER");
    s.place.change("DELETE FROM vault_migrations WHERE version > 90").unwrap();
    s.place.change("UPDATE vault_migrations SET checksum = 'other'").unwrap();
    assert_eq!(code().await, "VAULT_SCHEMA_CHANGED");
}
