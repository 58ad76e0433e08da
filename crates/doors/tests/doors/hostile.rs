//! An issuer that lies: every answer that must not be believed.

use crate::support::{Answer, BEGIN, Browser, Site};
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::Timestamp;
use doors::{Assurance, SESSION_COOKIE, Settings};
use ed25519_dalek::{Signer, SigningKey};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use tokio::net::TcpListener;
use url::Url;

const CLIENT: &str = "city";
const SECRET: &str = "a-client-secret-of-the-city-0123456789";

/// What the issuer answers; tests change it.
struct Answers {
    metadata: Value,
    keys: Vec<Value>,
    token: (u16, Value),
    userinfo: (&'static str, String),
    asked_for_keys: usize,
}

struct Hostile {
    url: String,
    answers: Arc<Mutex<Answers>>,
}

fn key(seed: u8) -> SigningKey {
    SigningKey::from_bytes(&[seed; 32])
}

fn jwk(key: &SigningKey, kid: &str) -> Value {
    let x = URL_SAFE_NO_PAD.encode(key.verifying_key().as_bytes());
    json!({ "kty": "OKP", "crv": "Ed25519", "use": "sig", "alg": "EdDSA", "kid": kid, "x": x })
}

fn encoded(header: &Value, claims: &Value) -> String {
    format!("{}.{}", URL_SAFE_NO_PAD.encode(header.to_string()), URL_SAFE_NO_PAD.encode(claims.to_string()))
}

fn signed(key: &SigningKey, kid: &str, claims: &Value) -> String {
    let text = encoded(&json!({ "alg": "EdDSA", "kid": kid }), claims);
    let signature = URL_SAFE_NO_PAD.encode(key.sign(text.as_bytes()).to_bytes());
    format!("{text}.{signature}")
}

/// HMAC with SHA-256 (RFC 2104), for signatures that must not be believed.
fn hs256(secret: &[u8], claims: &Value) -> String {
    let text = encoded(&json!({ "alg": "HS256" }), claims);
    let mut block = [0_u8; 64];
    block[..secret.len().min(64)].copy_from_slice(&secret[..secret.len().min(64)]);
    let inner = Sha256::new().chain_update(block.map(|b| b ^ 0x36)).chain_update(&text).finalize();
    let outer = Sha256::new().chain_update(block.map(|b| b ^ 0x5c)).chain_update(inner).finalize();
    format!("{text}.{}", URL_SAFE_NO_PAD.encode(outer))
}

impl Hostile {
    async fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let metadata = json!({
            "issuer": url,
            "authorization_endpoint": format!("{url}/authorize"),
            "token_endpoint": format!("{url}/token"),
            "userinfo_endpoint": format!("{url}/userinfo"),
            "jwks_uri": format!("{url}/jwks"),
        });
        let answers = Arc::new(Mutex::new(Answers {
            metadata,
            keys: vec![jwk(&key(1), "one")],
            token: (200, json!({})),
            userinfo: ("application/json", json!({ "sub": "s1" }).to_string()),
            asked_for_keys: 0,
        }));
        type Shared = State<Arc<Mutex<Answers>>>;
        async fn keys(State(answers): Shared) -> Json<Value> {
            let mut answers = answers.lock().unwrap();
            answers.asked_for_keys += 1;
            Json(json!({ "keys": answers.keys }))
        }
        let router = Router::new()
            .route(
                "/.well-known/openid-configuration",
                get(|State(a): Shared| async move { Json(a.lock().unwrap().metadata.clone()) }),
            )
            .route("/jwks", get(keys))
            .route(
                "/token",
                post(|State(a): Shared| async move {
                    let (status, body) = a.lock().unwrap().token.clone();
                    (StatusCode::from_u16(status).unwrap(), Json(body))
                }),
            )
            .route(
                "/userinfo",
                get(|State(a): Shared| async move {
                    let (kind, body) = a.lock().unwrap().userinfo.clone();
                    ([("content-type", kind)], body)
                }),
            )
            .with_state(Arc::clone(&answers));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, answers }
    }

    fn change(&self, change: impl FnOnce(&mut Answers)) {
        change(&mut self.answers.lock().unwrap());
    }

    /// A site that trusts this issuer.
    async fn site(&self, more: impl FnOnce(&mut Settings)) -> (Site, tempfile::TempDir) {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("secret");
        std::fs::write(&file, format!("{SECRET}\n")).unwrap();
        let text = format!(
            "[[issuers]]\nid = 'hostile'\nlabel = {{ fr = 'H', en = 'H' }}\nurl = '{}'\nclient_id = '{CLIENT}'\n\
             client_secret_file = '{}'\nlevels = {{ eidas1 = 'low', eidas2 = 'substantial' }}",
            self.url,
            file.display()
        );
        let issuers = toml::from_str::<Settings>(&text).unwrap().issuers;
        let site = Site::with(|settings| {
            settings.issuers = issuers;
            more(settings);
        });
        (site.await, folder)
    }

    /// What an honest ID token says.
    fn claims(&self, nonce: &str) -> Value {
        let now = BEGIN.parse::<Timestamp>().unwrap().unix();
        json!({ "iss": self.url, "aud": CLIENT, "sub": "s1", "nonce": nonce, "iat": now, "exp": now + 300, "acr": "eidas1" })
    }

    fn signed_userinfo(&self, change: impl FnOnce(&mut Value)) -> String {
        let mut claims = json!({ "iss": self.url, "aud": CLIENT, "sub": "s1", "given_name": "Ana" });
        change(&mut claims);
        signed(&key(1), "one", &claims)
    }
}

/// Begins a sign-in: the browser, and the state and nonce that the issuer was told.
async fn begin(site: &Site) -> (Browser, BTreeMap<String, String>) {
    let mut browser = Browser::new();
    let begun = browser.get(&site.url.join("/sign-in/hostile").unwrap()).await;
    assert_eq!(begun.status, 303, "{begun:?}");
    let to: Url = begun.header("location").parse().unwrap();
    (browser, to.query_pairs().into_owned().collect())
}

/// A whole sign-in in which the issuer sends this ID token.
async fn attempt(hostile: &Hostile, site: &Site, token: impl FnOnce(&str) -> Value) -> (Browser, Answer) {
    let (mut browser, told) = begin(site).await;
    hostile.change(|answers| {
        answers.token =
            (200, json!({ "access_token": "access", "token_type": "Bearer", "id_token": token(&told["nonce"]) }));
    });
    let answer = browser
        .get(&site.url.join(&format!("/sign-in/hostile/callback?code=c&state={}", told["state"])).unwrap())
        .await;
    (browser, answer)
}

fn is_nobody(site: &Site, browser: &Browser) -> bool {
    browser.cookie(&site.url, SESSION_COOKIE).is_none()
}

#[tokio::test]
async fn an_honest_answer_is_believed() {
    let hostile = Hostile::new().await;
    let (site, _folder) = hostile.site(|_| ()).await;
    let (browser, answer) =
        attempt(&hostile, &site, |nonce| signed(&key(1), "one", &hostile.claims(nonce)).into()).await;
    assert_eq!(answer.status, 303, "{answer:?}");
    assert!(!is_nobody(&site, &browser));
}

#[tokio::test]
async fn an_id_token_that_isnt_right_is_not_believed() {
    let hostile = Hostile::new().await;
    let (site, _folder) = hostile.site(|_| ()).await;
    let now = BEGIN.parse::<Timestamp>().unwrap().unix();
    type Change = Box<dyn FnOnce(&mut Value)>;
    let set = |name: &'static str, value: Value| -> Change { Box::new(move |claims| claims[name] = value) };
    let remove =
        |name: &'static str| -> Change { Box::new(move |claims| drop(claims.as_object_mut().unwrap().remove(name))) };
    let changes: Vec<(&str, Change)> = vec![
        ("expired", set("exp", json!(now - 61))),
        ("from the future", set("iat", json!(now + 3_600))),
        ("another audience", set("aud", json!("another"))),
        ("a further audience", set("aud", json!([CLIENT, "another"]))),
        ("another issuer", set("iss", json!("https://issuer.example"))),
        ("another issuer, nearly", set("iss", json!(format!("{}/", hostile.url)))),
        ("another nonce", set("nonce", json!("n"))),
        ("no nonce", remove("nonce")),
        ("another client", set("azp", json!("another"))),
        ("another access token", set("at_hash", json!("AAAA"))),
        ("no subject", remove("sub")),
        ("an empty subject", set("sub", json!(""))),
        ("no end", remove("exp")),
        ("no audience", remove("aud")),
    ];
    for (name, change) in changes {
        let (browser, answer) = attempt(&hostile, &site, |nonce| {
            let mut claims = hostile.claims(nonce);
            change(&mut claims);
            signed(&key(1), "one", &claims).into()
        })
        .await;
        assert_eq!((answer.status, answer.code().as_str()), (502, "ISSUER_UNTRUSTED"), "{name}");
        assert!(is_nobody(&site, &browser), "{name}");
    }
}

#[tokio::test]
async fn a_signature_that_isnt_the_issuers_is_not_believed() {
    let hostile = Hostile::new().await;
    let (site, _folder) = hostile.site(|_| ()).await;
    let public = key(1).verifying_key().to_bytes();
    type Forge = Box<dyn Fn(&Value) -> Value>;
    let forged: Vec<(&str, Forge)> = vec![
        ("another key", Box::new(|claims| signed(&key(2), "one", claims).into())),
        ("another key under a new name", Box::new(|claims| signed(&key(2), "two", claims).into())),
        ("none", Box::new(|claims| format!("{}.", encoded(&json!({ "alg": "none" }), claims)).into())),
        ("None", Box::new(|claims| format!("{}.", encoded(&json!({ "alg": "None" }), claims)).into())),
        ("the client secret", Box::new(|claims| hs256(SECRET.as_bytes(), claims).into())),
        ("the public key as a secret", Box::new(move |claims| hs256(&public, claims).into())),
        (
            "no signature",
            Box::new(|claims| format!("{}.", encoded(&json!({ "alg": "EdDSA", "kid": "one" }), claims)).into()),
        ),
        (
            "other claims",
            Box::new(|claims| {
                let token = signed(&key(1), "one", &json!({ "sub": "s2" }));
                let parts: Vec<_> = token.split('.').collect();
                format!("{}.{}.{}", parts[0], URL_SAFE_NO_PAD.encode(claims.to_string()), parts[2]).into()
            }),
        ),
        (
            "a key of its own",
            Box::new(|claims| {
                let text = encoded(&json!({ "alg": "EdDSA", "jwk": jwk(&key(2), "one") }), claims);
                format!("{text}.{}", URL_SAFE_NO_PAD.encode(key(2).sign(text.as_bytes()).to_bytes())).into()
            }),
        ),
        (
            "critical headers",
            Box::new(|claims| {
                let text = encoded(&json!({ "alg": "EdDSA", "kid": "one", "crit": ["x"], "x": 1 }), claims);
                format!("{text}.{}", URL_SAFE_NO_PAD.encode(key(1).sign(text.as_bytes()).to_bytes())).into()
            }),
        ),
        ("nothing", Box::new(|_| Value::Null)),
        ("a number", Box::new(|_| json!(5))),
        ("text", Box::new(|_| json!("..."))),
    ];
    for (name, forge) in forged {
        let (browser, answer) = attempt(&hostile, &site, |nonce| forge(&hostile.claims(nonce))).await;
        assert_eq!((answer.status, answer.code().as_str()), (502, "ISSUER_UNTRUSTED"), "{name}");
        assert!(is_nobody(&site, &browser), "{name}");
    }
}

#[tokio::test]
async fn a_new_key_is_fetched_and_a_forgers_key_only_once_in_a_while() {
    let hostile = Hostile::new().await;
    let (site, _folder) = hostile.site(|_| ()).await;
    begin(&site).await;
    hostile.change(|answers| answers.keys = vec![jwk(&key(2), "two")]);
    let (_, answer) = attempt(&hostile, &site, |nonce| signed(&key(2), "two", &hostile.claims(nonce)).into()).await;
    assert_eq!(answer.status, 303, "{answer:?}");
    assert_eq!(hostile.answers.lock().unwrap().asked_for_keys, 2);
    for _ in 0..3 {
        let (_, answer) =
            attempt(&hostile, &site, |nonce| signed(&key(3), "three", &hostile.claims(nonce)).into()).await;
        assert_eq!(answer.code(), "ISSUER_UNTRUSTED");
    }
    assert_eq!(hostile.answers.lock().unwrap().asked_for_keys, 2);
}

#[tokio::test]
async fn a_new_key_under_an_old_name_is_fetched_too() {
    let hostile = Hostile::new().await;
    let (site, _folder) = hostile.site(|settings| settings.issuers[0].signed_userinfo = true).await;
    begin(&site).await;
    let userinfo = json!({ "iss": hostile.url, "aud": CLIENT, "sub": "s1" });
    hostile.change(|answers| {
        answers.keys = vec![jwk(&key(2), "one")];
        answers.userinfo = ("application/jwt", signed(&key(2), "one", &userinfo));
    });
    let (_, answer) = attempt(&hostile, &site, |nonce| signed(&key(2), "one", &hostile.claims(nonce)).into()).await;
    assert_eq!(answer.status, 303, "{answer:?}");
    let (_, answer) = attempt(&hostile, &site, |nonce| signed(&key(1), "one", &hostile.claims(nonce)).into()).await;
    assert_eq!(answer.code(), "ISSUER_UNTRUSTED", "the old key is worth nothing any more");
}

#[tokio::test]
async fn userinfo_is_signed_where_that_is_wanted_and_about_the_same_person() {
    let hostile = Hostile::new().await;
    let (site, _folder) = hostile.site(|settings| settings.issuers[0].signed_userinfo = true).await;
    let honest = |nonce: &str| Value::from(signed(&key(1), "one", &hostile.claims(nonce)));
    let unsigned = json!({ "sub": "s1", "iss": hostile.url, "aud": CLIENT });
    let none = format!("{}.", encoded(&json!({ "alg": "none" }), &unsigned));
    let bad: Vec<(&str, &'static str, String)> = vec![
        ("unsigned", "application/json", unsigned.to_string()),
        ("unsigned, said to be signed", "application/jwt", unsigned.to_string()),
        ("none", "application/jwt", none),
        ("a shared secret", "application/jwt", hs256(SECRET.as_bytes(), &unsigned)),
        ("another key", "application/jwt", signed(&key(2), "one", &unsigned)),
        ("an unknown key", "application/jwt", signed(&key(2), "nine", &unsigned)),
        ("somebody else", "application/jwt", hostile.signed_userinfo(|claims| claims["sub"] = json!("s2"))),
        ("another issuer", "application/jwt", hostile.signed_userinfo(|claims| claims["iss"] = json!("x"))),
        ("another audience", "application/jwt", hostile.signed_userinfo(|claims| claims["aud"] = json!(["x"]))),
        ("expired", "application/jwt", hostile.signed_userinfo(|claims| claims["exp"] = json!(1))),
        ("a page", "text/html", hostile.signed_userinfo(|_| ())),
        ("nothing", "application/jwt", String::new()),
    ];
    for (name, kind, body) in bad {
        hostile.change(|answers| answers.userinfo = (kind, body));
        let (browser, answer) = attempt(&hostile, &site, honest).await;
        assert_eq!((answer.status, answer.code().as_str()), (502, "ISSUER_UNTRUSTED"), "{name}");
        assert!(is_nobody(&site, &browser), "{name}");
    }
    hostile.change(|answers| answers.userinfo = ("application/jwt; charset=utf-8", hostile.signed_userinfo(|_| ())));
    assert_eq!(attempt(&hostile, &site, honest).await.1.status, 303);

    let (plain, _folder) = hostile.site(|_| ()).await;
    hostile.change(|answers| answers.userinfo = ("application/json", json!({ "sub": "s2" }).to_string()));
    assert_eq!(attempt(&hostile, &plain, honest).await.1.code(), "ISSUER_UNTRUSTED");
    hostile.change(|answers| answers.userinfo = ("application/json", json!({ "sub": "s1" }).to_string()));
    assert_eq!(attempt(&hostile, &plain, honest).await.1.status, 303);
}

#[tokio::test]
async fn an_answer_names_its_issuer_where_that_was_announced() {
    let hostile = Hostile::new().await;
    hostile.change(|answers| answers.metadata["authorization_response_iss_parameter_supported"] = json!(true));
    let (site, _folder) = hostile.site(|_| ()).await;
    for iss in ["", "&iss=https://issuer.example", "&iss="] {
        let (mut browser, told) = begin(&site).await;
        let back = format!("/sign-in/hostile/callback?code=c&state={}{iss}", told["state"]);
        assert_eq!(browser.get(&site.url.join(&back).unwrap()).await.code(), "ISSUER_UNTRUSTED", "{iss}");
    }
}

#[tokio::test]
async fn an_issuers_own_errors_say_nothing_of_it() {
    let hostile = Hostile::new().await;
    let (site, _folder) = hostile.site(|settings| settings.issuers[0].minimum = Assurance::Substantial).await;
    for (error, code) in
        [("access_denied", "SIGN_IN_DECLINED"), ("server_error", "ISSUER_REFUSED"), ("%3Cscript%3E", "ISSUER_REFUSED")]
    {
        let (mut browser, told) = begin(&site).await;
        let back =
            format!("/sign-in/hostile/callback?error={error}&error_description=canary-words&state={}", told["state"]);
        let answer = browser.get(&site.url.join(&back).unwrap()).await;
        assert_eq!(answer.code(), code);
        assert!(!answer.text.contains("canary-words") && !answer.text.contains("<script"));
    }
    let (mut browser, told) = begin(&site).await;
    hostile.change(|answers| {
        answers.token = (400, json!({ "error": "invalid_grant", "error_description": "canary-words" }))
    });
    let answer = browser
        .get(&site.url.join(&format!("/sign-in/hostile/callback?code=c&state={}", told["state"])).unwrap())
        .await;
    assert_eq!((answer.code().as_str(), answer.text.contains("canary")), ("ISSUER_REFUSED", false));
    let (_, answer) = attempt(&hostile, &site, |nonce| signed(&key(1), "one", &hostile.claims(nonce)).into()).await;
    assert_eq!((answer.status, answer.code().as_str()), (403, "LEVEL_TOO_LOW"));
}

#[tokio::test]
async fn an_issuer_that_isnt_there_or_isnt_itself_is_not_gone_to() {
    for change in [
        |metadata: &mut Value| metadata["issuer"] = json!("https://issuer.example"),
        |metadata: &mut Value| metadata["token_endpoint"] = json!("http://issuer.example/token"),
        |metadata: &mut Value| metadata["jwks_uri"] = json!("http://192.0.2.1/keys"),
        |metadata: &mut Value| metadata["authorization_endpoint"] = json!("javascript:alert(1)"),
        |metadata: &mut Value| *metadata = json!([]),
        |metadata: &mut Value| metadata["padding"] = json!("x".repeat(1_000_000)),
    ] {
        let hostile = Hostile::new().await;
        hostile.change(|answers| change(&mut answers.metadata));
        let (site, _folder) = hostile.site(|_| ()).await;
        let answer = Browser::new().get(&site.url.join("/sign-in/hostile").unwrap()).await;
        assert_eq!((answer.status, answer.code().as_str()), (503, "ISSUER_UNREACHABLE"));
        assert!(!answer.header("retry-after").is_empty());
    }
    let mut gone = Hostile::new().await;
    gone.url = "http://127.0.0.1:1".to_owned();
    let (site, _folder) = gone.site(|_| ()).await;
    let answer = Browser::new().get(&site.url.join("/sign-in/hostile").unwrap()).await;
    assert_eq!(answer.code(), "ISSUER_UNREACHABLE");
}
