//! An agent sees nothing before it is recorded, and what is recorded stays.

use std::collections::BTreeSet;

use serde_json::json;
use vault::{Kind, Purpose};

use crate::sample::{Sample, reading};

#[tokio::test]
async fn a_reading_is_recorded_before_anything_is_given_out() {
    let s = Sample::new().await;
    let (a, b) = (s.arrive("a").await.id, s.arrive("b").await.id);
    s.vault.put(&a, Kind::Contact, "c", &json!({"phone": "0601020304"})).await.unwrap();
    s.vault.put(&a, Kind::Draft, "d", &json!("not asked for")).await.unwrap();
    assert_eq!(s.vault.readings_digest().await.unwrap().digest, "0".repeat(64));
    let entries = s.vault.read_for(reading("Rappeler la déposante"), &a).await.unwrap();
    assert_eq!(entries.iter().map(|e| e.kind).collect::<Vec<_>>(), [Kind::Profile, Kind::Contact]);
    s.vault.read_for(reading("Vérifier"), &b).await.unwrap();
    s.vault.read_for(reading("Encore"), &a).await.unwrap();

    let seen = s.vault.readings_of(&a).await.unwrap();
    assert_eq!(
        seen.iter().map(|r| (r.number, r.note.as_deref())).collect::<Vec<_>>(),
        [(1, Some("Rappeler la déposante")), (3, Some("Encore"))]
    );
    assert_eq!((seen[0].purpose, seen[0].role.as_str()), (Purpose::Contact, "DEPARTMENT_REFERENT"));
    let page = s.vault.readings(1, 1).await.unwrap();
    assert_eq!((page.len(), page[0].number, &page[0].person), (1, 2, &b));
    let digest = s.vault.readings_digest().await.unwrap();
    assert_eq!((digest.count, &digest.digest), (3, &seen[1].digest));

    // The person is erased: the reading stays, its note is gone, the chain is whole.
    s.vault.erase(&a).await.unwrap();
    let left = s.vault.readings(0, 10).await.unwrap();
    assert_eq!(left.iter().map(|r| r.note.is_some()).collect::<Vec<_>>(), [false, true, false]);
    assert_eq!(s.vault.readings_digest().await.unwrap(), digest);
    assert_eq!(s.vault.read_for(reading("Trop tard"), &a).await.unwrap_err().code(), "PERSON_ERASED");
    assert_eq!(s.vault.readings_digest().await.unwrap(), digest);
}

#[tokio::test]
async fn a_reading_that_does_not_say_why_is_refused() {
    let s = Sample::new().await;
    let a = s.arrive("a").await.id;
    let mut nothing = reading("Pourquoi");
    nothing.kinds = BTreeSet::new();
    let mut nobody = reading("Pourquoi");
    nobody.agent_id.clear();
    for (bad, code) in [
        (reading("ab"), "READING_NOTE"),
        (reading("      "), "READING_NOTE"),
        (reading(&"x".repeat(201)), "READING_NOTE"),
        (nothing, "READING_KINDS"),
        (nobody, "READING_WHO"),
    ] {
        assert_eq!(s.vault.read_for(bad, &a).await.unwrap_err().code(), code);
    }
    assert_eq!(s.vault.readings_digest().await.unwrap().count, 0);
}

#[tokio::test]
async fn nobody_changes_a_reading_and_whoever_takes_the_guards_away_is_found_out() {
    let s = Sample::new().await;
    let a = s.arrive("a").await.id;
    for n in 0..5 {
        s.vault.read_for(reading(&format!("Lecture {n}")), &a).await.unwrap();
    }
    for statement in
        ["UPDATE readings SET person = person", "DELETE FROM readings", "DELETE FROM readings WHERE number = 5"]
    {
        assert!(s.place.change(statement).unwrap_err().contains("a reading stays"), "{statement}");
    }
    s.place.drop_guards();
    let damages = [
        "UPDATE readings SET entry = replace(entry, 'CONTACT', 'SUPPORT') WHERE number = 3",
        "UPDATE readings SET sealed = (SELECT sealed FROM readings WHERE number = 2) WHERE number = 3",
        "UPDATE readings SET person = '00000000000000000000000000000000' WHERE number = 3",
        "UPDATE readings SET digest = (SELECT digest FROM readings WHERE number = 1) WHERE number = 3",
        "DELETE FROM readings WHERE number = 3",
    ];
    s.place.change("CREATE TABLE kept AS SELECT * FROM readings").unwrap();
    for damage in damages {
        s.place.change(damage).unwrap();
        let error = s.vault.readings_digest().await.unwrap_err();
        assert_eq!(error.code(), "VAULT_DAMAGED", "{damage}");
        assert!(error.to_string().contains("number 3"), "{damage}: {error}");
        assert_eq!(s.vault.readings(0, 10).await.unwrap_err().code(), "VAULT_DAMAGED", "{damage}");
        s.place.change("DELETE FROM readings").unwrap();
        for number in 1..=5 {
            s.place.change(&format!("INSERT INTO readings SELECT * FROM kept WHERE number = {number}")).unwrap();
        }
        assert_eq!(s.vault.readings_digest().await.unwrap().count, 5);
    }
}
