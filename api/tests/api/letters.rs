//! Letters through the platform: only where it was agreed to, without an address, not too many, and
//! stopped by whoever gets them.

use crate::mailbox::{Mailbox, act, count, pass, reachable, tried, visit};
use crate::town::{Town, proposal};
use serde_json::{Value, json};

const ADA: &str = "CITIZEN:ada";
const BOB: &str = "CITIZEN:bob";
const CARL: &str = "CITIZEN:carl";

/// Deposits with or without agreeing to be written to; the id of the proposal.
async fn deposited(town: &Town, actor: &str, title: &str, contact: bool) -> String {
    let mut input = proposal(title);
    input["consents"] = json!({ "contact": contact });
    let payload = town.done(actor, "depositProposal", input, "proposal { id }").await;
    payload["proposal"]["id"].as_str().unwrap().to_owned()
}

async fn written(town: &Town, actor: &str, proposal: &str, text: &str) -> Value {
    let input = json!({ "proposal": proposal, "text": text });
    tried(town, actor, "contactAuthor", "ContactAuthorInput", input, "conversation { id }").await
}

fn code(payload: &Value) -> &str {
    payload["rejections"][0]["code"].as_str().unwrap_or_else(|| panic!("{payload}"))
}

/// Ada agreed to be written to, bob deposited too, carl didn't.
async fn town() -> (Town, Mailbox, String) {
    let town = Town::configured().await;
    town.open("IDEATION").await;
    let bench = deposited(&town, ADA, "Un banc", true).await;
    deposited(&town, BOB, "Un arbre", false).await;
    reachable(&town, &[(ADA, "ada"), (BOB, "bob")]).await;
    let mailbox = Mailbox::new(&town).await;
    (town, mailbox, bench)
}

#[tokio::test]
async fn two_people_write_to_each_other_and_neither_learns_an_address() {
    let (town, mailbox, bench) = town().await;
    let size = town.store.logs().await.unwrap();
    let payload = written(&town, BOB, &bench, "Et si nous\nfaisions un square ?").await;
    let conversation = payload["conversation"]["id"].as_str().unwrap_or_else(|| panic!("{payload}")).to_owned();
    // The same letter again is the same letter.
    assert_eq!(written(&town, BOB, &bench, "Et si nous\nfaisions un square ?").await["rejections"], json!([]));
    let told = mailbox.new_mails().await;
    assert_eq!((count(&told, "ada", "> Et si nous\r\n> faisions un square ?"), told.len()), (1, 1));

    let address = format!("/me/messages/{conversation}");
    let (status, page) = visit(&town, ADA, "GET", &address, "").await;
    assert!(status == 200 && page.contains("faisions un square ?"), "{page}");
    assert_eq!(visit(&town, CARL, "GET", &address, "").await.0, 404, "only those who write");
    assert_eq!(visit(&town, ADA, "POST", &address, "text=Volontiers%20!").await.0, 303);
    let (status, page) = visit(&town, ADA, "POST", &address, "text=").await;
    assert!(status == 422 && page.contains("at least 1"), "{page}");
    let answered = mailbox.new_mails().await;
    assert_eq!((count(&answered, "bob", "> Volontiers !"), answered.len()), (1, 1));

    // Neither in the mails, nor on the pages, nor in what the API and the export tell.
    let bob = town.known(BOB).await.person.to_string();
    let vault = &town.people.as_ref().unwrap().vault;
    let exported = vault.everything(&town.known(ADA).await.person).await.unwrap().to_string();
    let query = "{ viewer { messages { totalCount nodes { topic state subject conversation } }
        conversations { id began received { number text } sent } topics { topic on } } }";
    let told_by_api = town.answer(ADA, query, json!({})).await;
    for (what, text) in [
        ("mail", &told[0].raw),
        ("mail", &told[0].text),
        ("page", &page),
        ("export", &exported),
        ("API", &told_by_api.to_string()),
    ] {
        for secret in ["bob@mail.example", "CITIZEN.bob@town.example", &bob] {
            assert!(!text.contains(secret), "{what} tells {secret}: {text}");
        }
    }
    assert!(!answered[0].raw.contains("ada@mail.example") && !answered[0].text.contains("ada@"));
    let viewer = &told_by_api["data"]["viewer"];
    assert_eq!(viewer["messages"]["nodes"][0]["topic"], "LETTERS");
    assert_eq!(
        viewer["messages"]["nodes"][0]["subject"],
        "Budget participatif: somebody writes to you about “Un banc”"
    );
    assert_eq!(viewer["conversations"][0]["received"].as_array().unwrap().len(), 1);
    assert_eq!(viewer["topics"].as_array().unwrap().len(), 9);
    assert_eq!(town.store.logs().await.unwrap(), size, "nothing of it enters the log");
}

#[tokio::test]
async fn nobody_is_written_to_who_did_not_agree_or_stopped_it() {
    let (town, mailbox, bench) = town().await;
    let tree = deposited(&town, ADA, "Un second arbre", false).await;
    assert_eq!(code(&written(&town, BOB, &tree, "Bonjour").await), "CONTACT_NOT_WANTED");
    assert_eq!(code(&written(&town, CARL, &bench, "Bonjour").await), "CONTACT_FOR_DEPOSITORS");
    assert_eq!(code(&written(&town, ADA, &bench, "Bonjour").await), "OWN_CONTENT");
    assert_eq!(code(&written(&town, BOB, &bench, "  ").await), "TEXT_TOO_SHORT");
    assert_eq!(code(&written(&town, BOB, &bench, &"é".repeat(2_001)).await), "TEXT_TOO_LONG");
    let answer = json!({ "conversation": "0".repeat(64), "text": "Bonjour" });
    let payload = tried(&town, BOB, "answerContact", "AnswerContactInput", answer, "").await;
    assert_eq!(code(&payload), "NOT_FOUND");

    let first = written(&town, BOB, &bench, "Bonjour").await["conversation"]["id"].clone();
    let told = mailbox.new_mails().await;
    assert_eq!(told.len(), 1);
    // One click, without signing in.
    let line = told[0].raw.lines().find(|line| line.starts_with("List-Unsubscribe: ")).unwrap();
    let path = line.split_once("budget.example").unwrap().1.trim_end_matches('>').to_owned();
    let request = axum::http::Request::post(path).body(axum::body::Body::empty()).unwrap();
    assert_eq!(town.send(request).await.status(), 200);
    assert_eq!(code(&written(&town, BOB, &bench, "Encore").await), "CONTACT_NOT_WANTED");
    act(&town, ADA, "setTopic", "SetTopicInput", json!({ "topic": "LETTERS", "on": true })).await;
    let answer = json!({ "conversation": first, "text": "Me revoilà" });
    act(&town, ADA, "answerContact", "AnswerContactInput", answer).await;
    assert_eq!(count(&mailbox.new_mails().await, "bob", "> Me revoilà"), 1);
    // Who is gone can't be answered, and what they wrote is gone.
    town.people.as_ref().unwrap().vault.erase(&town.known(ADA).await.person).await.unwrap();
    assert_eq!(code(&written(&town, BOB, &bench, "Toujours là ?").await), "CONTACT_NOT_WANTED");
}

#[tokio::test]
async fn ten_letters_a_day_are_enough() {
    let (town, _, bench) = town().await;
    for number in 0..10 {
        assert_eq!(written(&town, BOB, &bench, &format!("Lettre {number}")).await["rejections"], json!([]));
    }
    let refused = written(&town, BOB, &bench, "Lettre 10").await;
    assert_eq!((code(&refused), &refused["rejections"][0]["limit"]), ("LETTERS_TODAY", &json!("10")));
    pass(&town, 86_400);
    assert_eq!(written(&town, BOB, &bench, "Lettre 10").await["rejections"], json!([]));
}
