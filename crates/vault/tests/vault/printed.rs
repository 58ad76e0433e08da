//! No public type shows a secret or a personal datum when it is printed for debugging.

use serde_json::json;
use vault::Kind;

use crate::sample::{Sample, arrival, reading, session, token};

#[tokio::test]
async fn nothing_that_is_printed_holds_a_canary() {
    let s = Sample::new().await;
    let mut arriving = arrival("canary", "canary@example.fr");
    arriving.profile.birth_date = Some("canary".into());
    arriving.profile.language = Some("canary".into());
    let mut opening = session();
    opening.hint = Some("canary".into());
    let mut printed = format!("{arriving:?} {:?} {opening:?} {:?}", arriving.profile, token("canary", 1));
    let person = s.vault.arrive(arriving).await.unwrap();
    s.vault.put(&person.id, Kind::Contact, "canary", &json!("canary")).await.unwrap();
    let secret = s.vault.open_session(&person.id, opening).await.unwrap();
    let (info, bearer) = s.vault.issue_token(&person.id, token("canary", 1)).await.unwrap();
    let opened = s.vault.session(secret.expose()).await.unwrap().unwrap();
    let entries = s.vault.read_for(reading("canary"), &person.id).await.unwrap();
    let recorded = s.vault.readings_of(&person.id).await.unwrap();
    assert_eq!(
        (entries.len(), recorded[0].note.as_deref(), opened.hint.as_deref()),
        (2, Some("canary"), Some("canary"))
    );
    let key = s.vault.keys_of_pseudonyms(&person.id).await.unwrap().unwrap();
    let digest = s.vault.readings_digest().await.unwrap();
    printed += &format!("{person:?} {:?} {secret:?} {secret} {bearer:?} {bearer} {info:?} {opened:?}", person.id);
    printed +=
        &format!("{entries:?} {recorded:?} {:?} {digest:?} {key:?} {:?} {:?}", reading("canary"), s.ring, s.vault);
    printed += &format!("{:?}", s.vault.erase(&person.id).await.unwrap());
    printed += &format!("{:?}", s.vault.expire(&vault::Retention::default()).await.unwrap());
    assert!(printed.len() > 1000);
    for secret in ["canary", secret.expose(), bearer.expose(), &opened.pseudonym("c", vault::Hat::Voter)] {
        assert!(!printed.contains(secret), "{secret} in {printed}");
    }
    let folder = tempfile::tempdir().unwrap();
    s.ring.write(&folder.path().join("k")).unwrap();
    let text = std::fs::read_to_string(folder.path().join("k")).unwrap();
    let keys: Vec<_> = text.split('"').filter(|word| word.len() == 64).collect();
    assert!(keys.len() == 1 && !printed.contains(keys[0]));
}
