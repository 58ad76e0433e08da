//! Who comes in is who came in before; what was invited is taken over by whom it was meant for.

use std::collections::BTreeSet;

use vault::{Hat, Kind, Level};

use crate::sample::{ISSUER, Sample, arrival, session};

#[tokio::test]
async fn the_life_of_a_person() {
    let s = Sample::new().await;
    let person = s.arrive("ada").await;
    assert_eq!(person.id.as_str().len(), 32);
    assert!(person.agent_id.starts_with("agent-") && person.agent_id.len() == 22);
    // The second arrival is the same person with what the issuer says now.
    let mut again = arrival("ada", "ada.l@example.fr");
    again.profile.family_name = Some("Lovelace".into());
    assert_eq!(s.vault.arrive(again).await.unwrap(), person);
    let profile = s.vault.get(&person.id, Kind::Profile, vault::Profile::ID).await.unwrap().unwrap();
    assert_eq!(
        (profile.value["family_name"].as_str(), s.kinds(&person.id, Kind::Profile).await),
        (Some("Lovelace"), 1)
    );
    assert_eq!(s.vault.person(&person.id).await.unwrap(), Some(person.clone()));
    assert_eq!(s.vault.person_of_agent(&person.agent_id).await.unwrap(), Some(person.id.clone()));
    let other = s.arrive("grace").await;
    assert_ne!((&other.id, &other.agent_id), (&person.id, &person.agent_id));

    let everything = s.vault.everything(&person.id).await.unwrap();
    assert_eq!(everything["identities"][0]["subject"], "ada");
    assert_eq!(everything["records"]["PROFILE"][0]["value"]["email"], "ada.l@example.fr");

    s.vault.erase(&person.id).await.unwrap();
    assert_eq!(s.vault.person(&person.id).await.unwrap(), None);
    assert_eq!(s.vault.person_of_agent(&person.agent_id).await.unwrap(), None);
    assert!(s.vault.keys_of_pseudonyms(&person.id).await.unwrap().is_none());
    for error in [
        s.vault.erase(&person.id).await.unwrap_err(),
        s.vault.put(&person.id, Kind::Draft, "d", &1.into()).await.unwrap_err(),
        s.vault.list(&person.id, Kind::Draft).await.unwrap_err(),
        s.vault.open_session(&person.id, session()).await.unwrap_err(),
        s.vault.everything(&person.id).await.unwrap_err(),
    ] {
        assert_eq!(error.code(), "PERSON_ERASED");
    }
    let nobody = "0".repeat(32).parse().unwrap();
    assert_eq!(s.vault.erase(&nobody).await.unwrap_err().code(), "PERSON_UNKNOWN");
    assert_eq!("Nobody".parse::<vault::PersonId>().unwrap_err().code(), "PERSON_ID");
    // Whoever comes back is somebody new.
    let back = s.arrive("ada").await;
    assert_ne!((&back.id, &back.agent_id), (&person.id, &person.agent_id));
}

#[tokio::test]
async fn names_differ_by_person_campaign_and_hat_and_stay_the_same() {
    let s = Sample::new().await;
    let mut names = BTreeSet::new();
    for subject in ["a", "b"] {
        let person = s.arrive(subject).await;
        let key = s.vault.keys_of_pseudonyms(&person.id).await.unwrap().unwrap();
        let secret = s.vault.open_session(&person.id, session()).await.unwrap();
        let session = s.vault.session(secret.expose()).await.unwrap().unwrap();
        for campaign in ["bp-2025", "bp-2026"] {
            for hat in [Hat::Participant, Hat::Voter] {
                let name = session.pseudonym(campaign, hat);
                assert!(name.len() == 32 && name.bytes().all(|b| b.is_ascii_hexdigit()), "{name}");
                assert_eq!(name, key.pseudonym(campaign, hat));
                names.insert(name);
            }
        }
    }
    assert_eq!(names.len(), 8);
}

#[tokio::test]
async fn an_invitation_waits_for_the_confirmed_mail_of_that_issuer() {
    let s = Sample::new().await;
    let invited = s.vault.invite(ISSUER, "Anne.Agent@Example.fr ").await.unwrap();
    assert_eq!(s.vault.invite(ISSUER, "anne.agent@example.fr").await.unwrap(), invited);
    // Not confirmed, or by another issuer: somebody else.
    let mut unconfirmed = arrival("u", "anne.agent@example.fr");
    unconfirmed.profile.email_verified = false;
    assert_ne!(s.vault.arrive(unconfirmed).await.unwrap().agent_id, invited);
    let mut elsewhere = arrival("e", "anne.agent@example.fr");
    elsewhere.issuer = "https://other.example".into();
    assert_ne!(s.vault.arrive(elsewhere).await.unwrap().agent_id, invited);
    let anne = s.vault.arrive(arrival("anne", "anne.agent@example.fr")).await.unwrap();
    assert_eq!(anne.agent_id, invited);
    // It is used up; the mail leads to her now, until the issuer gives it to somebody else.
    assert_eq!(s.vault.invite(ISSUER, "ANNE.agent@example.fr").await.unwrap(), invited);
    let next = s.vault.arrive(arrival("next", "anne.agent@example.fr")).await.unwrap();
    assert_ne!(next.agent_id, invited);
    assert_eq!(s.vault.invite(ISSUER, "anne.agent@example.fr").await.unwrap(), next.agent_id);
    assert_eq!(s.vault.arrive(arrival("anne", "anne@example.fr")).await.unwrap().agent_id, invited);
    for (issuer, mail) in [("", "a@b.fr"), (ISSUER, " "), (ISSUER, "x".repeat(501).as_str())] {
        assert_eq!(s.vault.invite(issuer, mail).await.unwrap_err().code(), "IDENTITY");
    }
    assert!(Level::Low < Level::Substantial && Level::Substantial < Level::High);
}
