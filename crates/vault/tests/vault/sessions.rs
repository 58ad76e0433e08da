//! Sessions and tokens: what opens them, and everything that ends them.

use serde_json::json;
use vault::Scope;

use crate::sample::{ISSUER, Sample, session, token};

#[tokio::test]
async fn a_session_lives_as_long_as_it_is_used_and_no_longer_than_its_lifetime() {
    let s = Sample::new().await;
    let person = s.arrive("a").await;
    let secret = s.vault.open_session(&person.id, session()).await.unwrap();
    assert!(secret.expose().starts_with("pvs_") && secret.expose().len() == 47);
    for _ in 0..16 {
        let found = s.vault.session(secret.expose()).await.unwrap().unwrap();
        assert_eq!((&found.person, &found.agent_id, found.agent), (&person.id, &person.agent_id, true));
        assert_eq!((found.issuer.as_str(), found.hint.as_deref(), found.scopes), (ISSUER, Some("id-token"), None));
        s.pass(1799);
    }
    // 16 × 1,799 s is just under eight hours; then the lifetime ends, used or not.
    assert!(s.vault.session(secret.expose()).await.unwrap().is_some());
    s.pass(16);
    assert!(s.vault.session(secret.expose()).await.unwrap().is_none());

    let idle = s.vault.open_session(&person.id, session()).await.unwrap();
    s.pass(1800);
    assert!(s.vault.session(idle.expose()).await.unwrap().is_none());
}

#[tokio::test]
async fn the_use_of_a_session_is_noted_once_a_minute() {
    let s = Sample::new().await;
    let person = s.arrive("a").await;
    let secret = s.vault.open_session(&person.id, session()).await.unwrap();
    let mut noted = Vec::new();
    for wait in [0, 59, 1, 30] {
        s.pass(wait);
        s.vault.session(secret.expose()).await.unwrap().unwrap();
        noted.push(s.place.value("SELECT seen FROM sessions").parse::<i64>().unwrap());
    }
    let start = noted[0];
    assert_eq!(noted, [start, start, start + 60, start + 60]);
}

#[tokio::test]
async fn what_was_closed_forged_or_someone_elses_opens_nothing() {
    let s = Sample::new().await;
    let (a, b) = (s.arrive("a").await.id, s.arrive("b").await.id);
    let one = s.vault.open_session(&a, session()).await.unwrap();
    let two = s.vault.open_session(&a, session()).await.unwrap();
    let of_b = s.vault.open_session(&b, session()).await.unwrap();
    let (_, bearer) = s.vault.issue_token(&a, token("script", 30)).await.unwrap();
    s.vault.close_session(one.expose()).await.unwrap();
    s.vault.close_session(one.expose()).await.unwrap();
    assert!(s.vault.session(one.expose()).await.unwrap().is_none());
    let forged = two.expose().replace("pvs_", "pvt_");
    for secret in [forged.as_str(), "", "pvs_", "pvt_x", &"pvs_x".repeat(1000), "pvs_\0", "' OR 1=1 --"] {
        assert!(s.vault.session(secret).await.unwrap().is_none(), "{secret}");
    }
    assert_eq!(s.vault.close_all(&a).await.unwrap(), 2);
    for ended in [two, bearer] {
        assert!(s.vault.session(ended.expose()).await.unwrap().is_none());
    }
    assert_eq!(s.vault.session(of_b.expose()).await.unwrap().unwrap().person, b);
    s.vault.erase(&b).await.unwrap();
    assert!(s.vault.session(of_b.expose()).await.unwrap().is_none());
}

#[tokio::test]
async fn the_oldest_of_more_than_twenty_sessions_end() {
    let s = Sample::new().await;
    let a = s.arrive("a").await.id;
    let mut secrets = Vec::new();
    for _ in 0..23 {
        secrets.push(s.vault.open_session(&a, session()).await.unwrap());
        s.pass(1);
    }
    let mut alive = Vec::new();
    for secret in &secrets {
        alive.push(s.vault.session(secret.expose()).await.unwrap().is_some());
    }
    assert_eq!(alive, [vec![false; 3], vec![true; 20]].concat());
}

#[tokio::test]
async fn tokens_are_issued_listed_and_revoked_by_their_owner_only() {
    let s = Sample::new().await;
    let (a, b) = (s.arrive("a").await.id, s.arrive("b").await.id);
    let (info, secret) = s.vault.issue_token(&a, token("mon script", 30)).await.unwrap();
    assert!(secret.expose().starts_with("pvt_"));
    assert_eq!(s.vault.tokens(&a).await.unwrap(), std::slice::from_ref(&info));
    let found = s.vault.session(secret.expose()).await.unwrap().unwrap();
    assert_eq!(found.scopes, Some([Scope::ReadOwn, Scope::Vote].into()));
    assert_eq!(found.expires, info.expires);
    assert!(!s.vault.revoke_token(&b, &info.id).await.unwrap());
    assert!(s.vault.revoke_token(&a, &info.id).await.unwrap());
    assert!(s.vault.session(secret.expose()).await.unwrap().is_none());
    for (name, days, code) in
        [("", 1, "TOKEN_NAME"), (&*"x".repeat(61), 1, "TOKEN_NAME"), ("x", 0, "TOKEN_DAYS"), ("x", 367, "TOKEN_DAYS")]
    {
        assert_eq!(s.vault.issue_token(&a, token(name, days)).await.unwrap_err().code(), code);
    }
    for n in 0..20 {
        s.vault.issue_token(&a, token(&n.to_string(), 1)).await.unwrap();
    }
    assert_eq!(s.vault.issue_token(&a, token("x", 1)).await.unwrap_err().code(), "TOKENS_FULL");
    s.pass(86_400);
    assert_eq!(s.vault.tokens(&a).await.unwrap(), []);
    s.vault.issue_token(&a, token("x", 1)).await.unwrap();
}

#[tokio::test]
async fn a_sign_in_under_way_is_taken_once_and_in_time() {
    let s = Sample::new().await;
    let data = json!({"nonce": "n", "return_to": "/"});
    s.vault.keep_sign_in("state-1", &data).await.unwrap();
    assert_eq!(s.vault.take_sign_in("state-2").await.unwrap(), None);
    assert_eq!(s.vault.take_sign_in("state-1").await.unwrap(), Some(data.clone()));
    assert_eq!(s.vault.take_sign_in("state-1").await.unwrap(), None);
    s.vault.keep_sign_in("state-3", &data).await.unwrap();
    s.pass(599);
    s.vault.keep_sign_in("state-4", &data).await.unwrap();
    s.pass(1);
    assert_eq!(s.vault.take_sign_in("state-3").await.unwrap(), None);
    assert_eq!(s.vault.take_sign_in("state-4").await.unwrap(), Some(data));
}
