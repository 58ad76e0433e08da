//! The mails of a town: written into files, read back as their readers have them.

use crate::town::{HOST, Town};
use api::notices::Notices;
use axum::body::{Body, to_bytes};
use axum::http::Request;
use messages::{Post, Settings};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use tempfile::TempDir;
use vault::{Level, SessionDraft};

/// Who tells a town's people, and what they got.
pub(crate) struct Mailbox {
    folder: TempDir,
    notices: Mutex<Notices>,
    read: Mutex<BTreeSet<PathBuf>>,
}

/// A mail: its bytes as they left, and its text with quoted-printable undone.
pub(crate) struct Mail {
    pub(crate) raw: String,
    pub(crate) text: String,
}

impl Mail {
    pub(crate) fn is_to(&self, name: &str) -> bool {
        self.raw.lines().any(|line| line == format!("To: {name}@mail.example"))
    }
}

/// How many mails go to somebody and say this.
pub(crate) fn count(mails: &[Mail], name: &str, says: &str) -> usize {
    mails.iter().filter(|mail| mail.is_to(name) && mail.text.contains(says)).count()
}

fn telling(town: &Town, folder: &TempDir) -> Notices {
    let vault = town.people.as_ref().unwrap().vault.clone();
    let clock = town.executor.clock().clone();
    let folder = Some(folder.path().to_owned());
    let settings = Settings { folder, from: "budget@city.example".into(), ..Settings::default() };
    let post = Post::new(vault.clone(), clock.clone(), settings, "https://budget.example/").unwrap();
    Notices::new(Arc::clone(&town.read_model), vault, clock, post, 6_000)
}

impl Mailbox {
    /// One that begins to read the town's log.
    pub(crate) async fn new(town: &Town) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let notices = Mutex::new(telling(town, &folder));
        let mailbox = Self { folder, notices, read: Mutex::default() };
        assert_eq!(mailbox.new_mails().await.len(), 0);
        mailbox
    }

    /// Another program goes on, which knows only what the vault has.
    pub(crate) fn restart(&self, town: &Town) {
        *self.notices.lock().unwrap() = telling(town, &self.folder);
    }

    /// What was sent since the last time.
    pub(crate) async fn new_mails(&self) -> Vec<Mail> {
        let notices = self.notices.lock().unwrap().clone();
        notices.round().await.unwrap();
        let files = std::fs::read_dir(self.folder.path()).unwrap().map(|file| file.unwrap().path());
        let mut read = self.read.lock().unwrap();
        let mails = files.filter(|path| read.insert(path.clone())).map(|path| {
            let raw = std::fs::read_to_string(path).unwrap();
            Mail { text: readable(&raw), raw }
        });
        mails.collect()
    }
}

/// The text of a message as its reader has it (RFC 2045, section 6.7).
fn readable(raw: &str) -> String {
    let joined = raw.replace("=\r\n", "");
    let bytes = joined.as_bytes();
    let (mut plain, mut at) = (Vec::new(), 0);
    while let Some(byte) = bytes.get(at) {
        let code = bytes.get(at + 1..at + 3).and_then(|two| std::str::from_utf8(two).ok());
        let coded = code.and_then(|two| u8::from_str_radix(two, 16).ok()).filter(|_| *byte == b'=');
        plain.push(coded.unwrap_or(*byte));
        at += if coded.is_some() { 3 } else { 1 };
    }
    String::from_utf8_lossy(&plain).into_owned()
}

/// Gives people addresses: `ada` has `ada@mail.example`.
pub(crate) async fn reachable(town: &Town, people: &[(&str, &str)]) {
    for (actor, name) in people {
        let input = json!({ "email": format!("{name}@mail.example") });
        act(town, actor, "keepContact", "KeepContactInput", input).await;
    }
}

/// Carries a mutation out; its payload.
pub(crate) async fn act(town: &Town, actor: &str, mutation: &str, kind: &str, input: Value) -> Value {
    let payload = tried(town, actor, mutation, kind, input, "").await;
    assert_eq!(payload["rejections"], json!([]), "{mutation}: {payload}");
    payload
}

/// What a mutation came to.
pub(crate) async fn tried(
    town: &Town,
    actor: &str,
    mutation: &str,
    kind: &str,
    mut input: Value,
    object: &str,
) -> Value {
    let kept = ["KeepContactInput", "SetTopicInput", "ContactAuthorInput", "AnswerContactInput"];
    if !kept.contains(&kind) {
        input["commandId"] = json!(town.command_id());
    }
    let query = format!(
        "mutation($input: {kind}!) {{ {mutation}(input: $input) {{ {object} rejections {{ code field limit }} }} }}"
    );
    let mut answer = town.answer(actor, &query, json!({ "input": input })).await;
    assert_eq!(answer.get("errors"), None, "{mutation} {input}: {answer}");
    answer["data"][mutation].take()
}

pub(crate) async fn follow(town: &Town, actor: &str, object: &str) {
    let query = format!(r#"mutation {{ follow(object: "{object}") {{ rejections {{ code }} }} }}"#);
    let answer = town.answer(actor, &query, json!({})).await;
    assert_eq!(answer["data"]["follow"]["rejections"], json!([]), "{answer}");
}

/// A browser's visit of somebody who signed in; the status and the page.
pub(crate) async fn visit(town: &Town, actor: &str, method: &str, address: &str, form: &str) -> (u16, String) {
    let draft = SessionDraft {
        issuer: "https://id.town.example".to_owned(),
        agent: false,
        level: Level::Substantial,
        lifetime_s: 3_600,
        idle_s: 600,
        hint: None,
    };
    let person = town.known(actor).await.person;
    let cookie = town.people.as_ref().unwrap().vault.open_session(&person, draft).await.unwrap();
    let request = Request::builder()
        .method(method)
        .uri(address)
        .header("host", HOST)
        .header("cookie", format!("{}={}", doors::SESSION_COOKIE, cookie.expose()))
        .header("sec-fetch-site", "same-origin")
        .header("accept-language", "en")
        .header("content-type", "application/x-www-form-urlencoded")
        .body(Body::from(form.to_owned()))
        .unwrap();
    let response = town.send(request).await;
    let status = response.status().as_u16();
    (status, String::from_utf8(to_bytes(response.into_body(), 1 << 20).await.unwrap().to_vec()).unwrap())
}

/// Lets so many seconds pass.
pub(crate) fn pass(town: &Town, seconds: i64) {
    let clock = town.executor.clock();
    clock.set(domain::Timestamp::from_unix(clock.now().unwrap().unix() + seconds).unwrap());
}

/// So many seconds from now.
pub(crate) fn moment(town: &Town, seconds: i64) -> String {
    let now = town.executor.clock().now().unwrap().unix();
    domain::Timestamp::from_unix(now + seconds).unwrap().to_string()
}
