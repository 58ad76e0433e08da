//! Rings of keys: which opens what, and what a rotation changes.

use commands::Entropy;
use vault::{KeyRing, Kind};

use crate::sample::{ISSUER, Sample, arrival, open, session};

#[tokio::test]
async fn a_vault_opens_with_its_own_ring_only() {
    let s = Sample::new().await;
    let entropy = Entropy::system().unwrap();
    let other = KeyRing::draw(&entropy);
    assert_eq!(open(&s.place, &other).await.unwrap_err().code(), "VAULT_KEY_MISSING");
    // The same id, another key: as after a restore of the wrong file.
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("vault.keys");
    s.ring.write(&file).unwrap();
    let text = std::fs::read_to_string(&file).unwrap();
    let digit = if text.contains("\"0") { "1" } else { "0" };
    let start = text.rfind(": \"").unwrap() + 3;
    let flipped = if &text[start..=start] == digit { "f" } else { digit };
    let forged = format!("{}{flipped}{}", &text[..start], &text[start + 1..]);
    std::fs::write(&file, forged).unwrap();
    let forged = KeyRing::read(&file).unwrap();
    assert_eq!(open(&s.place, &forged).await.unwrap_err().code(), "VAULT_KEY_WRONG");
}

#[tokio::test]
async fn a_rotation_changes_every_wrapping_and_every_lookup_and_nobody_notices() {
    let s = Sample::new().await;
    let mut people = Vec::new();
    for n in 0..700 {
        people.push(s.arrive(&format!("p{n}")).await);
    }
    let invited = s.vault.invite(ISSUER, "late@example.fr").await.unwrap();
    let secret = s.vault.open_session(&people[5].id, session()).await.unwrap();
    let lookups = || s.place.value("SELECT count(*) FROM identities WHERE lookup IN (SELECT lookup FROM kept)");
    s.place.change("CREATE TABLE kept AS SELECT lookup FROM identities").unwrap();
    assert_eq!(lookups(), "700");
    let rotated = s.ring.rotated(&Entropy::system().unwrap());
    let unrelated = KeyRing::draw(&Entropy::system().unwrap());
    assert_eq!(s.vault.rotate_key(unrelated).await.unwrap_err().code(), "VAULT_KEY_MISSING");
    assert_eq!(s.vault.rotate_key(rotated.clone()).await.unwrap(), 701);
    assert_eq!(lookups(), "0");
    assert_eq!(s.vault.rotate_key(rotated.clone()).await.unwrap(), 0);
    assert_eq!(s.place.value("SELECT count(DISTINCT key_id) FROM people"), "1");
    assert_eq!(open(&s.place, &s.ring).await.unwrap_err().code(), "VAULT_KEY_MISSING");
    let vault = open(&s.place, &rotated.without_old()).await.unwrap();
    for n in [0, 5, 699] {
        assert_eq!(vault.arrive(arrival(&format!("p{n}"), &format!("p{n}@example.fr"))).await.unwrap(), people[n]);
        assert_eq!(vault.invite(ISSUER, &format!("p{n}@example.fr")).await.unwrap(), people[n].agent_id);
    }
    assert_eq!(vault.arrive(arrival("late", "late@example.fr")).await.unwrap().agent_id, invited);
    assert_eq!(vault.session(secret.expose()).await.unwrap().unwrap().person, people[5].id);
    assert_eq!(vault.list(&people[6].id, Kind::Profile).await.unwrap().len(), 1);
}
