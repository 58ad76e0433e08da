//! What is put is what is got; limits are kept; what is past goes.

use serde_json::json;
use vault::{Expired, Kind, Retention};

use crate::sample::{Sample, session, token};

const DAY: i64 = 86_400;

#[tokio::test]
async fn records_are_put_got_listed_and_removed() {
    let s = Sample::new().await;
    let (a, b) = (s.arrive("a").await.id, s.arrive("b").await.id);
    s.vault.put(&a, Kind::Draft, "1", &json!({"title": "Un banc"})).await.unwrap();
    s.pass(5);
    s.vault.put(&a, Kind::Draft, "2", &json!([1, "deux", null])).await.unwrap();
    s.vault.put(&a, Kind::Draft, "1", &json!({"title": "Deux bancs"})).await.unwrap();
    s.vault.put(&b, Kind::Draft, "1", &json!("b")).await.unwrap();
    let first = s.vault.get(&a, Kind::Draft, "1").await.unwrap().unwrap();
    assert_eq!((first.id.as_str(), &first.value), ("1", &json!({"title": "Deux bancs"})));
    assert_eq!(first.changed, s.clock.now().unwrap());
    assert_eq!(s.kinds(&a, Kind::Draft).await, 2);
    assert_eq!(s.vault.count(Kind::Draft).await.unwrap(), 3);
    assert_eq!(s.vault.get(&a, Kind::Contact, "1").await.unwrap(), None);
    assert!(s.vault.remove(&a, Kind::Draft, "1").await.unwrap());
    assert!(!s.vault.remove(&a, Kind::Draft, "1").await.unwrap());
    assert_eq!(s.vault.get(&b, Kind::Draft, "1").await.unwrap().unwrap().value, json!("b"));
}

#[tokio::test]
async fn what_does_not_fit_is_refused_and_nothing_is_kept() {
    let s = Sample::new().await;
    let a = s.arrive("a").await.id;
    let fits = json!("x".repeat(64 * 1024 - 2));
    s.vault.put(&a, Kind::Draft, &"é".repeat(200), &fits).await.unwrap();
    let code = async |kind, id: String, value| s.vault.put(&a, kind, &id, &value).await.unwrap_err().code();
    assert_eq!(code(Kind::Draft, "d".into(), json!("x".repeat(64 * 1024 - 1))).await, "RECORD_TOO_LARGE");
    assert_eq!(code(Kind::Draft, String::new(), json!(1)).await, "RECORD_ID");
    assert_eq!(code(Kind::Draft, "é".repeat(201), json!(1)).await, "RECORD_ID");
    assert_eq!(code(Kind::Register, "r".into(), json!({"place": "1"})).await, "RECORD_UNTIL");
    assert_eq!(code(Kind::Register, "r".into(), json!({"until": "soon"})).await, "RECORD_UNTIL");
    assert_eq!((s.kinds(&a, Kind::Draft).await, s.kinds(&a, Kind::Register).await), (1, 0));
}

#[tokio::test]
async fn what_is_past_its_time_goes_and_nothing_else() {
    let s = Sample::new().await;
    let rules = Retention::default();
    let (gone, voter, alive) = (s.arrive("gone").await.id, s.arrive("voter").await.id, s.arrive("alive").await.id);
    s.vault.put(&gone, Kind::Contact, "c", &json!(1)).await.unwrap();
    s.vault.put(&gone, Kind::Upload, "photo", &json!(1)).await.unwrap();
    s.vault.put(&alive, Kind::Upload, "plan", &json!(1)).await.unwrap();
    s.vault.put(&alive, Kind::Draft, "d", &json!(1)).await.unwrap();
    s.vault.put(&alive, Kind::Subscription, "s", &json!(1)).await.unwrap();
    s.vault.put(&voter, Kind::Register, "r", &json!({"until": "2029-10-01T00:00:00Z"})).await.unwrap();
    s.vault.open_session(&alive, session()).await.unwrap();
    s.vault.issue_token(&alive, token("old", 2)).await.unwrap();
    s.vault.keep_sign_in("state", &json!({})).await.unwrap();
    assert_eq!(s.vault.expire(&rules).await.unwrap(), Expired::default());

    s.pass(9 * DAY);
    let expired = s.vault.expire(&rules).await.unwrap();
    assert_eq!((expired.sessions, expired.sign_ins, expired.drafts), (2, 1, 0));
    s.pass(356 * DAY);
    assert_eq!(s.vault.expire(&rules).await.unwrap(), Expired { drafts: 1, ..Expired::default() });
    s.pass(DAY);
    s.arrive("alive").await;
    // Three years after the start: the one who didn't come back and stands in no register is erased.
    s.pass(730 * DAY);
    let expired = s.vault.expire(&rules).await.unwrap();
    assert_eq!((expired.subscriptions, expired.registers), (1, 0));
    assert_eq!(
        expired.uploads.iter().map(|(_, upload)| upload.as_str()).collect::<std::collections::BTreeSet<_>>(),
        ["photo"].into()
    );
    assert_eq!(expired.people, std::slice::from_ref(&gone));
    assert_eq!(s.vault.list(&gone, Kind::Contact).await.unwrap_err().code(), "PERSON_ERASED");
    assert_eq!(s.kinds(&voter, Kind::Register).await, 1);
    // 90 days after the end of the register it goes, and then the voter does.
    s.pass(121 * DAY);
    let expired = s.vault.expire(&rules).await.unwrap();
    assert_eq!((expired.registers, expired.people), (1, vec![voter]));
    assert_eq!(s.kinds(&alive, Kind::Profile).await, 1);
}

#[tokio::test]
async fn uploads_wait_a_day_to_be_named() {
    let s = Sample::new().await;
    let rules = Retention::default();
    let (a, b) = (s.arrive("a").await.id, s.arrive("b").await.id);
    for (person, upload) in [(&a, "photo"), (&a, "plan"), (&b, "photo")] {
        s.vault.put(person, Kind::Upload, upload, &json!(1)).await.unwrap();
    }
    assert_eq!(s.vault.old_uploads(&rules).await.unwrap(), []);
    assert!(!s.vault.forget_upload(&rules, &a, "photo").await.unwrap(), "it is young");
    s.pass(DAY);
    let mut old = s.vault.old_uploads(&rules).await.unwrap();
    old.sort();
    let mut all =
        vec![(a.clone(), "photo".to_owned()), (a.clone(), "plan".to_owned()), (b.clone(), "photo".to_owned())];
    all.sort();
    assert_eq!(old, all);
    // Named meanwhile: it is young again.
    s.vault.put(&a, Kind::Upload, "plan", &json!(1)).await.unwrap();
    assert!(!s.vault.forget_upload(&rules, &a, "plan").await.unwrap());
    assert!(s.vault.forget_upload(&rules, &a, "photo").await.unwrap());
    assert!(!s.vault.forget_upload(&rules, &a, "photo").await.unwrap(), "it is gone");
    assert_eq!((s.kinds(&a, Kind::Upload).await, s.kinds(&b, Kind::Upload).await), (1, 1));
    assert_eq!(s.vault.expire(&rules).await.unwrap().uploads, [], "an expiry leaves them to whoever knows");
}
