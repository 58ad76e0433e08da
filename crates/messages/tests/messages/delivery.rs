//! What is delivered, what isn't, and how often.

use crate::server::{Server, readable};
use crate::town::{Town, facts, round};
use event_store::{OpenMode, Store};
use messages::{Post, Round, Settings, Tls, Topic, set_wish};
use vault::{MessageState, Vault};

/// The lines of a message's head with folding undone.
fn head(text: &str) -> Vec<String> {
    let head = text.split("\r\n\r\n").next().unwrap().replace("\r\n ", " ");
    head.lines().map(str::to_owned).collect()
}

#[tokio::test]
async fn a_message_is_delivered_once_in_the_language_of_its_reader() {
    let (town, server) = (Town::new().await, Server::start(0));
    let (ana, bob) = (town.person("ana@people.example", "fr-FR").await, town.person("bob@people.example", "en").await);
    town.tell(&ana, "P26/7").await;
    town.tell(&bob, "P26/7").await;
    let post = town.post(server.port);
    assert_eq!(round(&post).await, Round { sent: 2, ..Round::default() });
    assert_eq!(round(&post).await, Round::default());
    assert_eq!(town.last(&ana).await.state, MessageState::Sent);
    let id = town.last(&ana).await.id;
    let token = town.vault.stop_token(&ana, "MY_PROPOSALS").await.unwrap();
    let taken = server.end();
    assert_eq!(taken.len(), 2);
    let of = |to: &str| &taken.iter().find(|(found, _)| found == to).unwrap().1;
    let lines = head(of("ana@people.example"));
    for wanted in [
        format!("Message-ID: <{id}@city.example>"),
        format!("List-Unsubscribe: <https://budget.example/messages/stop?token={token}>"),
        "List-Unsubscribe-Post: List-Unsubscribe=One-Click".to_owned(),
        "Auto-Submitted: auto-generated".to_owned(),
        "To: ana@people.example".to_owned(),
        "Date: Tue, 01 Sep 2026 08:00:00 +0000".to_owned(),
    ] {
        assert!(lines.contains(&wanted), "{wanted}: {lines:#?}");
    }
    for (_, text) in &taken {
        let lines = head(text);
        // A name or a title never becomes a header, nor ends the head.
        assert!(!lines.iter().any(|line| line.to_lowercase().starts_with("bcc")), "{lines:#?}");
        assert_eq!(lines.iter().filter(|line| line.starts_with("Subject:")).count(), 1, "{lines:#?}");
        assert!(lines.iter().any(|line| line.starts_with("Content-Type: multipart/alternative")), "{lines:#?}");
        let body = readable(text);
        assert!(body.contains("&#60;b&#62;à l’école") || body.contains("&lt;b&gt;à l’école"), "{body}");
        assert!(body.contains("https://budget.example/?campaign=P26"), "{body}");
    }
    assert!(readable(of("ana@people.example")).contains("Votre proposition « Un banc Bcc: all@evil.example"));
    assert!(readable(of("bob@people.example")).contains("Your proposal “Un banc Bcc: all@evil.example"));
}

#[tokio::test]
async fn a_server_that_is_down_costs_no_try_and_gets_each_message_once_when_it_is_back() {
    let (town, first) = (Town::new().await, Server::start(0));
    let port = first.port;
    assert!(first.end().is_empty());
    let ana = town.person("ana@people.example", "fr").await;
    town.tell(&ana, "1").await;
    let post = town.post(port);
    for _ in 0..3 {
        assert_eq!(round(&post).await, Round { unreachable: true, ..Round::default() });
    }
    assert_eq!((town.last(&ana).await.state, town.last(&ana).await.tries), (MessageState::Waiting, 0));
    let server = Server::start(port);
    assert_eq!(round(&post).await.sent, 1);
    assert_eq!(round(&post).await, Round::default());
    assert_eq!(server.end().len(), 1);
}

#[tokio::test]
async fn a_refusal_for_now_is_tried_again_and_one_for_good_is_not() {
    let (town, server) = (Town::new().await, Server::start(0));
    let later = town.person("later-2@people.example", "fr").await;
    let (never, full) =
        (town.person("never@people.example", "fr").await, town.person("full@people.example", "fr").await);
    for person in [&later, &never, &full] {
        town.tell(person, "1").await;
    }
    let post = town.post(server.port);
    assert_eq!(round(&post).await, Round { later: 1, given_up: 2, ..Round::default() });
    let refused = town.last(&never).await;
    assert_eq!((refused.state, refused.fault.as_deref()), (MessageState::GivenUp, Some("REFUSED_550")));
    assert!(refused.said.unwrap().contains("unknown"));
    assert_eq!(town.last(&full).await.fault.as_deref(), Some("REFUSED_552"));
    let waiting = town.last(&later).await;
    assert_eq!((waiting.state, waiting.fault.as_deref()), (MessageState::Waiting, Some("REFUSED_451")));
    town.pass(59);
    assert_eq!(round(&post).await, Round::default(), "not before its time");
    town.pass(1);
    assert_eq!(round(&post).await.later, 1);
    town.pass(299);
    assert_eq!(round(&post).await, Round::default(), "the second pause is longer");
    town.pass(1);
    assert_eq!(round(&post).await.sent, 1);
    assert_eq!(server.end().len(), 1);
    let states = town.vault.message_states().await.unwrap();
    assert_eq!((states[&MessageState::Sent], states[&MessageState::GivenUp]), (1, 2));
}

#[tokio::test]
async fn a_refusal_for_now_ends_after_nine_tries() {
    let (town, server) = (Town::new().await, Server::start(0));
    let person = town.person("later-99@people.example", "fr").await;
    town.tell(&person, "1").await;
    let post = town.post(server.port);
    for _ in 0..8 {
        assert_eq!(round(&post).await.later, 1);
        town.clock.set(town.last(&person).await.due);
    }
    assert_eq!(round(&post).await.given_up, 1);
    let given_up = town.last(&person).await;
    assert_eq!((given_up.tries, given_up.fault.as_deref()), (9, Some("REFUSED_451")));
}

#[tokio::test]
async fn who_stopped_was_erased_or_has_no_address_gets_nothing() {
    let (town, server) = (Town::new().await, Server::start(0));
    let (stopped, erased) = (town.person("a@people.example", "fr").await, town.person("b@people.example", "fr").await);
    let (nowhere, forged) = (town.person("", "fr").await, town.person("c@x>\r\nBcc: <d@x", "fr").await);
    for person in [&stopped, &erased, &nowhere, &forged] {
        town.tell(person, "1").await;
    }
    // What already waits is stopped too.
    set_wish(&town.vault, &stopped, Topic::MyProposals, false).await.unwrap();
    town.vault.erase(&erased).await.unwrap();
    assert_eq!(round(&town.post(server.port)).await, Round { dropped: 3, ..Round::default() });
    assert_eq!(town.last(&stopped).await.fault.as_deref(), Some("STOPPED"));
    assert_eq!(town.last(&nowhere).await.fault.as_deref(), Some("NO_ADDRESS"));
    assert_eq!(town.last(&forged).await.fault.as_deref(), Some("NO_ADDRESS"));
    assert!(server.end().is_empty());
}

#[tokio::test]
async fn whoever_died_with_a_claim_lets_it_lapse_and_the_copy_has_the_same_id() {
    let (town, server) = (Town::new().await, Server::start(0));
    let ana = town.person("ana@people.example", "fr").await;
    town.tell(&ana, "1").await;
    // A program that the server answered, and that died before it wrote that down.
    let claimed = town.vault.claim_messages(1, 900).await.unwrap().remove(0);
    let post = town.post(server.port);
    assert_eq!(round(&post).await, Round::default(), "until the lease lapses nobody else sends it");
    town.pass(901);
    assert_eq!(round(&post).await.sent, 1);
    assert!(!town.vault.settle_message(&claimed, vault::Settled::Sent).await.unwrap());
    let (_, text) = server.end().remove(0);
    assert!(text.contains(&format!("Message-ID: <{}@city.example>", claimed.id)), "{text}");
}

#[tokio::test]
async fn without_a_server_messages_wait_or_go_to_a_folder() {
    let town = Town::new().await;
    let ana = town.person("ana@people.example", "fr").await;
    town.tell(&ana, "1").await;
    let post = |settings| Post::new(town.vault.clone(), town.clock.clone(), settings, "http://localhost:8080").unwrap();
    let closed = post(Settings::default());
    assert!(!closed.is_open());
    assert_eq!(round(&closed).await, Round::default());
    assert_eq!((town.last(&ana).await.state, town.last(&ana).await.tries), (MessageState::Waiting, 0));
    let folder = tempfile::tempdir().unwrap();
    let mails = folder.path().join("mails");
    assert_eq!(round(&post(Settings { folder: Some(mails.clone()), ..Settings::default() })).await.sent, 1);
    let file = mails.join(format!("{}.eml", town.last(&ana).await.id));
    assert!(std::fs::read_to_string(file).unwrap().contains("To: ana@people.example"));
    // What nobody sent for a week is given up rather than sent late.
    town.tell(&ana, "2").await;
    town.pass(8 * 86_400);
    assert_eq!(round(&closed).await.given_up, 1);
}

#[tokio::test]
async fn two_nodes_on_postgres_send_each_message_once() {
    let database = throwaway_postgres::Server::shared().database();
    drop(Store::open(database.url(), OpenMode::Create).unwrap());
    let town = Town::at(database.url().to_owned(), tempfile::tempdir().unwrap()).await;
    let server = Server::start(0);
    let ana = town.person("ana@people.example", "fr").await;
    for number in 0..60 {
        town.tell(&ana, &number.to_string()).await;
    }
    let entropy = commands::Entropy::seeded(6);
    let other = Vault::open(&town.url, town.ring.clone(), town.clock.clone(), entropy).await.unwrap();
    let there = Town {
        vault: other,
        clock: town.clock.clone(),
        ring: town.ring.clone(),
        url: town.url.clone(),
        ..Town::new().await
    };
    let posts = [town.post(server.port), there.post(server.port)];
    let tasks = posts.map(|post| tokio::spawn(async move { post.round(1_000, facts).await.unwrap().sent }));
    let mut sent = 0;
    for task in tasks {
        sent += task.await.unwrap();
    }
    sent += round(&town.post(server.port)).await.sent;
    assert_eq!(sent, 60);
    let taken = server.end();
    let ids: std::collections::BTreeSet<_> =
        taken.iter().flat_map(|(_, text)| head(text)).filter(|line| line.starts_with("Message-ID:")).collect();
    assert_eq!((taken.len(), ids.len()), (60, 60));
}

#[tokio::test]
async fn starttls_is_begun_before_a_password_and_only_with_a_certificate_that_is_known() {
    let town = Town::new().await;
    let folder = tempfile::tempdir().unwrap();
    let [key, certificate, password] = ["key.pem", "cert.pem", "password"].map(|name| folder.path().join(name));
    let name = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"];
    let kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"];
    let made = std::process::Command::new("openssl")
        .args(["req", "-x509", "-addext", "basicConstraints=critical,CA:FALSE"])
        .args(name)
        .args(kind)
        .arg("-keyout")
        .arg(&key)
        .arg("-out")
        .arg(&certificate)
        .stderr(std::process::Stdio::null())
        .status();
    assert!(made.expect("openssl is needed to make a certificate for this test").success());
    std::fs::write(&password, "secret\n").unwrap();
    let server = Server::start_with(0, &[&key, &certificate]);
    let ana = town.person("ana@people.example", "fr").await;
    town.tell(&ana, "1").await;
    let settings = |host: &str, ca_file| Settings {
        host: Some(host.to_owned()),
        port: Some(server.port),
        tls: Tls::Starttls,
        ca_file,
        user: Some("parvis".into()),
        password_file: Some(password.clone()),
        from: "budget@city.example".into(),
        ..Settings::default()
    };
    let post = |host, ca_file| {
        Post::new(town.vault.clone(), town.clock.clone(), settings(host, ca_file), "https://b.example").unwrap()
    };
    let known = || Some(certificate.clone());
    for refused in [post("localhost", None), post("127.0.0.1", known())] {
        assert_eq!(round(&refused).await, Round { unreachable: true, ..Round::default() });
    }
    assert_eq!(town.last(&ana).await.tries, 0);
    assert_eq!(round(&post("localhost", known())).await.sent, 1);
    std::fs::write(&password, "wrong").unwrap();
    town.tell(&ana, "2").await;
    assert!(round(&post("localhost", known())).await.unreachable, "a refused password costs no try");
    assert_eq!(round(&town.post(server.port)).await.sent, 0, "nothing in clear text");
    assert_eq!(server.end().len(), 1);
}
