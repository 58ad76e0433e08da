//! Nothing of anybody is readable in the database, and nothing of the erased can be made readable.

use serde_json::json;
use vault::{KeyRing, Kind, PersonId};

use crate::place::IN_HEX;
use crate::sample::{ISSUER, Sample, arrival, open, reading, session, token};

const KINDS: [Kind; 4] = [Kind::Contact, Kind::Draft, Kind::Subscription, Kind::Upload];

/// What is unique to a person in every field that there is.
fn marker(n: usize, field: &str) -> String {
    format!("canary{n:03}{field}")
}

async fn fill(s: &Sample, n: usize) -> PersonId {
    let mut arriving = arrival(&marker(n, "subject"), &format!("{}@example.fr", marker(n, "mail")));
    arriving.profile.given_name = Some(marker(n, "given"));
    arriving.profile.family_name = Some(marker(n, "family"));
    arriving.profile.birth_date = Some(marker(n, "birth"));
    arriving.profile.language = Some(marker(n, "language"));
    let id = s.vault.arrive(arriving).await.unwrap().id;
    for kind in KINDS {
        let name = marker(n, &kind.code().to_lowercase());
        s.vault.put(&id, kind, &name, &json!({"value": name})).await.unwrap();
    }
    let register = json!({"until": "2027-01-01T00:00:00Z", "place": marker(n, "register")});
    s.vault.put(&id, Kind::Register, &marker(n, "register"), &register).await.unwrap();
    let mut draft = session();
    draft.issuer = marker(n, "issuer");
    draft.hint = Some(marker(n, "hint"));
    s.vault.open_session(&id, draft).await.unwrap();
    s.vault.issue_token(&id, token(&marker(n, "token"), 30)).await.unwrap();
    s.vault.read_for(reading(&marker(n, "note")), &id).await.unwrap();
    s.vault.keep_sign_in(&marker(n, "state"), &json!({"at": marker(n, "signin")})).await.unwrap();
    s.vault.invite(ISSUER, &format!("{}@example.fr", marker(n, "invited"))).await.unwrap();
    id
}

fn found(bytes: &[u8]) -> Vec<String> {
    let starts = bytes.windows(6).enumerate().filter(|(_, w)| w.eq_ignore_ascii_case(b"canary"));
    starts.take(5).map(|(at, _)| String::from_utf8_lossy(&bytes[at..bytes.len().min(at + 30)]).into_owned()).collect()
}

#[tokio::test]
async fn of_two_hundred_people_nothing_is_in_clear_and_the_erased_hundred_are_gone_for_good() {
    let s = Sample::new().await;
    let mut people = Vec::new();
    for n in 0..200 {
        people.push(fill(&s, n).await);
    }
    assert_eq!(found(&s.place.bytes()), Vec::<String>::new());
    // A copy from before, as backups are.
    s.vault.close().await;
    let copy = s.place.copy();
    let vault = open(&s.place, &s.ring).await.unwrap();
    let rows = |id: &PersonId| {
        let of = ["records", "sessions", "identities", "invites"]
            .map(|table| format!("(SELECT count(*) FROM {table} WHERE person = '{id}')"));
        s.place.value(&format!("SELECT (SELECT count(*) FROM people WHERE id = '{id}') + {}", of.join(" + ")))
    };
    for (n, id) in people.iter().enumerate().filter(|(n, _)| n % 2 == 0) {
        assert_eq!(rows(id), "10", "{n}");
        let erased = vault.erase(id).await.unwrap();
        assert_eq!((erased.records, erased.sessions, erased.tokens, erased.identities), (6, 1, 1, 1));
        assert_eq!(erased.uploads, [marker(n, "upload")]);
        assert_eq!(rows(id), "0", "{n}");
    }
    let bytes = s.place.bytes();
    assert_eq!(found(&bytes), Vec::<String>::new());
    // The wrapped key of an erased person, taken from the copy, is nowhere in the files any more.
    for (n, id) in people.iter().enumerate() {
        let wrapped = hex::decode(copy.value(&format!("SELECT {} FROM people WHERE id = '{id}'", IN_HEX))).unwrap();
        assert_eq!(bytes.windows(wrapped.len()).any(|w| w == wrapped), n % 2 == 1, "{n}");
    }
    for (n, id) in people.iter().enumerate() {
        if n % 2 == 0 {
            assert_eq!(vault.list(id, Kind::Contact).await.unwrap_err().code(), "PERSON_ERASED");
            continue;
        }
        let everything = vault.everything(id).await.unwrap().to_string();
        for field in ["given", "family", "mail", "contact", "draft", "register", "upload", "token", "issuer", "note"] {
            assert!(everything.contains(&marker(n, field)), "{n} {field}");
        }
    }
    // The key is rotated, the old one destroyed: of the copy nobody is left, neither erased nor living.
    let entropy = commands::Entropy::system().unwrap();
    let rotated = s.ring.rotated(&entropy);
    assert_eq!(vault.rotate_key(rotated.clone()).await.unwrap(), 300);
    vault.close().await;
    let only_new: KeyRing = rotated.without_old();
    assert_eq!(open(&copy, &only_new).await.unwrap_err().code(), "VAULT_KEY_MISSING");
    assert!(open(&copy, &s.ring).await.is_ok(), "the copy itself is whole");
    let vault = open(&s.place, &only_new).await.unwrap();
    for (n, id) in people.iter().enumerate().filter(|(n, _)| n % 2 == 1) {
        let profile = vault.list(id, Kind::Profile).await.unwrap();
        assert_eq!(profile[0].value["family_name"], marker(n, "family"));
        let mail = format!("{}@example.fr", marker(n, "mail"));
        assert_eq!(vault.arrive(arrival(&marker(n, "subject"), &mail)).await.unwrap().id, *id);
    }
    assert_eq!(vault.readings_digest().await.unwrap().count, 200);
}
