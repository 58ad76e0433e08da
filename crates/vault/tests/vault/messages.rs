//! Messages are put once, claimed by one program at a time, settled by whoever claimed them; who listens
//! is found, and everything goes with the person.

use commands::Entropy;
use serde_json::json;
use vault::{
    Expired, KeyRing, Kind, LetterDraft, Message, MessageDraft, MessageState, OutboxStep, PersonId, Retention, Settled,
    Vault,
};

use crate::sample::{Sample, open};

const DAY: i64 = 86_400;

fn draft(person: &PersonId, key: &str) -> MessageDraft {
    MessageDraft { person: person.clone(), key: key.to_owned(), content: json!({ "kind": key }) }
}

fn keys(messages: &[Message]) -> Vec<&str> {
    let mut keys: Vec<_> = messages.iter().map(|message| message.content["kind"].as_str().unwrap()).collect();
    keys.sort_unstable();
    keys
}

fn later(s: &Sample, seconds: i64) -> Settled {
    let due = domain::Timestamp::from_unix(s.clock.now().unwrap().unix() + seconds).unwrap();
    Settled::Later { due, fault: "REFUSED_451".into(), said: Some("<a@example.fr> come again".into()) }
}

#[tokio::test]
async fn a_message_that_is_put_twice_is_one() {
    let s = Sample::new().await;
    let (a, b) = (s.arrive("a").await.id, s.arrive("b").await.id);
    for _ in 0..2 {
        assert!(s.vault.put_messages(&[draft(&b, "x"), draft(&a, "x"), draft(&a, "y")], None).await.unwrap());
    }
    let mine = s.vault.messages_of(&a, 100).await.unwrap();
    assert_eq!(keys(&mine), ["x", "y"]);
    let theirs = s.vault.messages_of(&b, 100).await.unwrap();
    assert_eq!((keys(&theirs), theirs[0].state, theirs[0].tries), (vec!["x"], MessageState::Waiting, 0));
    let ids: std::collections::BTreeSet<_> = mine.iter().chain(&theirs).map(|message| &message.id).collect();
    assert_eq!(ids.len(), 3, "each has an id of its own");
    // Also once it was sent.
    for message in s.vault.claim_messages(10, 60).await.unwrap() {
        assert!(s.vault.settle_message(&message, Settled::Sent).await.unwrap());
    }
    s.vault.put_messages(&[draft(&a, "x")], None).await.unwrap();
    assert_eq!(s.vault.claim_messages(10, 60).await.unwrap(), []);
}

#[tokio::test]
async fn a_part_of_a_log_is_read_for_messages_once() {
    let s = Sample::new().await;
    let a = s.arrive("a").await.id;
    let step = |from, to| Some(OutboxStep { campaign: "T26", from, to });
    assert_eq!(s.vault.outbox_place("T26").await.unwrap(), None);
    assert!(!s.vault.put_messages(&[draft(&a, "early")], step(0, 3)).await.unwrap(), "nobody said where to begin");
    s.vault.begin_outbox("T26", 3).await.unwrap();
    s.vault.begin_outbox("T26", 9).await.unwrap();
    assert_eq!(s.vault.outbox_place("T26").await.unwrap(), Some(3));
    assert!(s.vault.put_messages(&[draft(&a, "3")], step(3, 5)).await.unwrap());
    // Another node that read the same part comes too late, and keeps nothing.
    let other = s.again().await;
    assert!(!other.put_messages(&[draft(&a, "other")], step(3, 6)).await.unwrap());
    assert_eq!(other.outbox_place("T26").await.unwrap(), Some(5));
    assert_eq!(keys(&s.vault.messages_of(&a, 100).await.unwrap()), ["3"]);
}

#[tokio::test]
async fn a_claim_is_a_lease_and_only_the_last_one_settles() {
    let s = Sample::new().await;
    let a = s.arrive("a").await.id;
    s.vault.put_messages(&[draft(&a, "x")], None).await.unwrap();
    let first = s.vault.claim_messages(10, 60).await.unwrap().remove(0);
    assert_eq!((first.state, first.tries), (MessageState::Sending, 1));
    assert_eq!(s.vault.claim_messages(10, 60).await.unwrap(), [], "it is taken");
    // Whoever took it died: after its lease it is taken again, under the same id.
    s.pass(61);
    let second = s.vault.claim_messages(10, 60).await.unwrap().remove(0);
    assert_eq!((&second.id, second.tries), (&first.id, 2));
    assert!(!s.vault.settle_message(&first, Settled::Sent).await.unwrap(), "the first claim has lapsed");
    assert!(s.vault.settle_message(&second, later(&s, 300)).await.unwrap());
    let waiting = s.vault.messages_of(&a, 1).await.unwrap().remove(0);
    assert_eq!((waiting.state, waiting.fault.as_deref()), (MessageState::Waiting, Some("REFUSED_451")));
    assert_eq!(waiting.said.as_deref(), Some("<a@example.fr> come again"));
    assert_eq!(s.vault.claim_messages(10, 60).await.unwrap(), [], "not yet");
    s.pass(300);
    let third = s.vault.claim_messages(10, 60).await.unwrap().remove(0);
    assert!(s.vault.settle_message(&third, Settled::Sent).await.unwrap());
    assert!(!s.vault.settle_message(&third, Settled::Sent).await.unwrap(), "settled once");
    let sent = s.vault.messages_of(&a, 1).await.unwrap().remove(0);
    assert_eq!((sent.state, sent.fault, sent.said), (MessageState::Sent, None, None));
    assert_eq!(s.vault.message_states().await.unwrap()[&MessageState::Sent], 1);
}

#[tokio::test]
async fn programs_that_claim_at_once_get_each_message_once() {
    let s = Sample::new().await;
    let a = s.arrive("a").await.id;
    let drafts: Vec<_> = (0..120).map(|n| draft(&a, &format!("{n:03}"))).collect();
    s.vault.put_messages(&drafts, None).await.unwrap();
    let programs = [s.vault.clone(), s.again().await, s.again().await];
    let claim = |vault: Vault| async move {
        let mut claimed = Vec::new();
        loop {
            let some = vault.claim_messages(7, 60).await.unwrap();
            if some.is_empty() {
                return claimed;
            }
            claimed.extend(some);
        }
    };
    let tasks = programs.map(|vault| tokio::spawn(claim(vault)));
    let mut all = Vec::new();
    for task in tasks {
        all.extend(task.await.unwrap());
    }
    // Somebody who finds everything locked may leave early, so the rest is looked for once more.
    all.extend(claim(s.vault.clone()).await);
    assert_eq!(keys(&all).len(), 120);
    let ids: std::collections::BTreeSet<_> = all.iter().map(|message| &message.id).collect();
    assert_eq!(ids.len(), 120);
}

#[tokio::test]
async fn what_waits_too_long_is_given_up_and_what_is_over_goes() {
    let s = Sample::new().await;
    let a = s.arrive("a").await.id;
    s.vault.put_messages(&[draft(&a, "old")], None).await.unwrap();
    s.pass(7 * DAY);
    s.vault.put_messages(&[draft(&a, "new")], None).await.unwrap();
    assert_eq!(s.vault.give_up_messages(604_800).await.unwrap(), 1);
    let given_up = s.vault.messages_of(&a, 9).await.unwrap().remove(1);
    assert_eq!((given_up.state, given_up.fault.as_deref()), (MessageState::GivenUp, Some("TOO_OLD")));
    assert_eq!(keys(&s.vault.claim_messages(9, 60).await.unwrap()), ["new"]);
    s.pass(365 * DAY);
    s.vault.arrive(crate::sample::arrival("a", "a@example.fr")).await.unwrap();
    let gone = s.vault.expire(&Retention::default()).await.unwrap();
    assert_eq!(gone, Expired { messages: 1, ..Expired::default() });
    assert_eq!(keys(&s.vault.messages_of(&a, 9).await.unwrap()), ["new"], "what isn't settled stays");
}

#[tokio::test]
async fn whoever_listens_is_found_until_the_record_goes_and_also_after_a_rotation() {
    let s = Sample::new().await;
    let (a, b) = (s.arrive("a").await.id, s.arrive("b").await.id);
    let about = "proposal P26/7";
    for person in [&a, &b] {
        s.vault.put_listening(person, Kind::Subscription, "s", &json!({ "object": "7" }), about).await.unwrap();
    }
    s.vault.put_listening(&a, Kind::Subscription, "s", &json!({ "object": "7" }), about).await.unwrap();
    let found = async |vault: &Vault, about: &str| vault.listeners(about, None).await.unwrap();
    let mut both = vec![a.clone(), b.clone()];
    both.sort();
    assert_eq!(found(&s.vault, about).await, both);
    assert_eq!(s.vault.listeners(about, Some(&both[0])).await.unwrap(), both[1..]);
    assert_eq!(found(&s.vault, "proposal P26/70").await, []);
    assert!(
        !s.place.bytes().windows(about.len()).any(|window| window == about.as_bytes()),
        "what is followed is sealed"
    );
    let entropy = Entropy::seeded(9);
    s.vault.rotate_key(s.ring.rotated(&entropy)).await.unwrap();
    assert_eq!(found(&s.vault, about).await, both);
    assert!(s.vault.remove(&a, Kind::Subscription, "s").await.unwrap());
    assert_eq!(found(&s.vault, about).await, vec![b.clone()]);
    s.vault.erase(&b).await.unwrap();
    assert_eq!(found(&s.vault, about).await, []);
}

#[tokio::test]
async fn a_stop_leads_back_to_its_person_and_tells_nothing() {
    let s = Sample::new().await;
    let (a, b) = (s.arrive("a").await.id, s.arrive("b").await.id);
    let token = s.vault.stop_token(&a, "RESULTS").await.unwrap();
    assert_eq!(s.vault.stop_token(&a, "RESULTS").await.unwrap(), token);
    assert_ne!(s.vault.stop_token(&a, "SITES").await.unwrap(), token);
    assert_ne!(s.vault.stop_token(&b, "RESULTS").await.unwrap(), token);
    assert_eq!(s.vault.whose_stop(&token).await.unwrap(), Some((a.clone(), "RESULTS".to_owned())));
    let ring: KeyRing = s.ring.rotated(&Entropy::seeded(3));
    s.vault.rotate_key(ring.clone()).await.unwrap();
    assert!(s.vault.whose_stop(&token).await.unwrap().is_some(), "links in old messages go on working");
    for forged in ["", "x", &token[1..], &token.to_uppercase()] {
        assert_eq!(s.vault.whose_stop(forged).await.unwrap(), None, "{forged}");
    }
    assert!(!s.place.bytes().windows(token.len()).any(|window| window == token.as_bytes()));
    s.vault.erase(&a).await.unwrap();
    assert_eq!(open(&s.place, &ring).await.unwrap().whose_stop(&token).await.unwrap(), None);
}

#[tokio::test]
async fn an_erasure_leaves_no_message_and_whoever_is_erased_meanwhile_gets_none() {
    let s = Sample::new().await;
    let (a, b) = (s.arrive("a").await.id, s.arrive("b").await.id);
    s.vault.put_messages(&[draft(&a, "x"), draft(&b, "y")], None).await.unwrap();
    let claimed = s.vault.claim_messages(9, 60).await.unwrap();
    assert_eq!(s.vault.erase(&a).await.unwrap().messages, 1);
    let of_a = claimed.iter().find(|message| message.person == a).unwrap();
    assert!(!s.vault.settle_message(of_a, Settled::Sent).await.unwrap());
    s.vault.put_messages(&[draft(&a, "z"), draft(&b, "z")], None).await.unwrap();
    assert_eq!(keys(&s.vault.claim_messages(9, 60).await.unwrap()), ["z"]);
    assert_eq!(s.place.value("SELECT count(*) FROM outbox"), "2");
}

fn letter<'a>(from: &'a PersonId, to: &'a PersonId, text: &'a str, about: &'a serde_json::Value) -> LetterDraft<'a> {
    LetterDraft { conversation: "c1", from, to, about, text, begins: true, per_day: 3, key: text, message: about }
}

#[tokio::test]
async fn letters_are_under_the_key_of_their_reader_and_go_with_either() {
    let s = Sample::new().await;
    let (a, b) = (s.arrive("a").await.id, s.arrive("b").await.id);
    let about = json!({ "proposal": "7" });
    assert!(s.vault.write_letter(&letter(&a, &b, "Bonjour", &about)).await.unwrap());
    assert!(
        s.vault.write_letter(&LetterDraft { begins: false, ..letter(&b, &a, "Volontiers", &about) }).await.unwrap()
    );
    let mine = s.vault.conversation(&a, "c1").await.unwrap().unwrap();
    let theirs = s.vault.conversation(&b, "c1").await.unwrap().unwrap();
    assert_eq!((mine.began, mine.sent.len(), &mine.received[0].text[..]), (true, 1, "Volontiers"));
    assert_eq!((theirs.began, theirs.with.clone(), &theirs.received[0].text[..]), (false, a.clone(), "Bonjour"));
    let message = s.vault.messages_of(&b, 9).await.unwrap().remove(0);
    assert_eq!(message.content, json!({ "proposal": "7", "letter": 1 }));
    // Enough for a day, and not for the next.
    assert!(s.vault.write_letter(&letter(&a, &b, "2", &about)).await.unwrap());
    assert!(s.vault.write_letter(&letter(&a, &b, "3", &about)).await.unwrap());
    assert!(!s.vault.write_letter(&letter(&a, &b, "4", &about)).await.unwrap());
    assert_eq!(s.vault.conversation(&b, "c1").await.unwrap().unwrap().received.len(), 3);
    s.pass(DAY);
    assert!(s.vault.write_letter(&letter(&a, &b, "5", &about)).await.unwrap());
    s.vault.erase(&a).await.unwrap();
    assert!(s.vault.conversation(&b, "c1").await.unwrap().is_none(), "what the erased person wrote is gone");
    assert_eq!(s.vault.write_letter(&letter(&b, &a, "6", &about)).await.unwrap_err().code(), "PERSON_ERASED");
}

#[tokio::test]
async fn the_last_letter_again_is_the_same_one_and_a_long_conversation_keeps_what_fits() {
    let s = Sample::new().await;
    let (a, b) = (s.arrive("a").await.id, s.arrive("b").await.id);
    let about = json!({ "proposal": "7" });
    for _ in 0..2 {
        assert!(s.vault.write_letter(&letter(&a, &b, "Bonjour", &about)).await.unwrap());
    }
    let count = async || s.vault.conversation(&b, "c1").await.unwrap().unwrap().received.len();
    assert_eq!((count().await, s.vault.messages_of(&b, 9).await.unwrap().len()), (1, 1));
    // The longest letters of four-byte characters: all sides of a conversation fit into a record.
    let texts: Vec<String> = (0..19).map(|number| format!("{number} {}", "😀".repeat(2_000))).collect();
    for text in &texts {
        let draft = LetterDraft { per_day: 99, ..letter(&a, &b, text, &about) };
        assert!(s.vault.write_letter(&draft).await.unwrap());
    }
    let kept = s.vault.conversation(&b, "c1").await.unwrap().unwrap().received;
    assert_eq!((kept.len(), kept.last().map(|letter| letter.number)), (6, Some(20)));
    assert_eq!(s.vault.messages_of(&b, 99).await.unwrap().len(), 20);
    // Whom one writes with isn't told, not even by one's own data.
    let everything = s.vault.everything(&b).await.unwrap();
    assert_eq!(everything["records"]["CONVERSATION"][0]["value"]["began"], false);
    assert!(!everything.to_string().contains(a.as_str()));
}
