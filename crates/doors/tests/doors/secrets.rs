//! What is written down: nothing that opens anything, and nothing of anybody.

use crate::support::{Browser, Site, log};
use doors::{Doors, SESSION_COOKIE, Settings};
use url::Url;

#[tokio::test]
async fn nothing_secret_is_logged() {
    let (site, mut browser) = (Site::new().await, Browser::new());
    let mut canaries: Vec<String> =
        ["canary-subject", "canary-given", "canary-family", "canary@people.example"].map(str::to_owned).into();
    let begun = browser.get(&site.url.join("/sign-in/development").unwrap()).await;
    let authorize: Url = site.url.join(begun.header("location")).unwrap();
    for (name, value) in authorize.query_pairs() {
        if matches!(&*name, "state" | "nonce") {
            canaries.push(value.into_owned());
        }
    }
    canaries.push(browser.cookie(&site.url, "__Host-parvis-sign-in").unwrap().to_owned());
    let form = [
        ("subject", "canary-subject"),
        ("given_name", "canary-given"),
        ("family_name", "canary-family"),
        ("email", "canary@people.example"),
        ("acr", "eidas1"),
    ];
    let chosen = browser.post(&authorize, &form).await;
    let callback = authorize.join(chosen.header("location")).unwrap();
    canaries.extend(callback.query_pairs().filter(|(name, _)| name == "code").map(|(_, code)| code.into_owned()));
    assert_eq!(browser.get(&callback).await.status, 303);
    canaries.push(browser.cookie(&site.url, SESSION_COOKIE).unwrap().to_owned());
    // A replay, which fails and is told to the operator.
    browser.get(&callback).await;
    let person = site.person("canary-subject").await;
    let (_, token) = site.token(&person).await;
    canaries.push(token.expose().to_owned());
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    for secret in [token.expose(), "pvt_canary-forged-0123456789"] {
        client.get(site.url.clone()).bearer_auth(secret).send().await.unwrap();
    }
    canaries.push("pvt_canary-forged".to_owned());
    let out = browser.post(&site.url.join("/sign-out").unwrap(), &[]).await;
    let hint = out.header("location").split("id_token_hint=").nth(1).unwrap().split('&').next().unwrap().to_owned();
    assert!(hint.len() > 100);
    canaries.push(hint);
    assert!(canaries.len() >= 11 && canaries.iter().all(|canary| canary.len() >= 12), "{canaries:?}");

    let text = String::from_utf8_lossy(&log().lock().unwrap()).into_owned();
    assert!(text.contains("somebody signed in") && text.contains("a request was refused"), "nothing was captured");
    for canary in canaries {
        let found = text.lines().find(|line| line.contains(&canary));
        assert_eq!(found, None, "{canary} was logged");
    }
}

#[tokio::test]
async fn settings_that_cant_be_right_are_refused_without_showing_secrets() {
    let site = Site::with(|_| ()).await;
    let hang = |text: &str| {
        let settings: Settings = toml::from_str(text).unwrap();
        let made = Doors::new(settings, site.vault.clone(), site.clock.clone(), commands::Entropy::seeded(1));
        made.err().map(|error| (error.code(), error.to_string()))
    };
    let issuer = |more: &str| {
        format!(
            "[[issuers]]\nid = 'fc'\nlabel = {{ fr = 'FC', en = 'FC' }}\nurl = 'https://fc.example/api/v2'\nclient_id = 'c'\n{more}"
        )
    };
    let code = |text: &str| hang(text).map_or("", |(code, _)| code);
    assert_eq!(code(""), "");
    assert_eq!(code(&issuer("")), "");
    assert_eq!(code("public_url = 'http://budget.example'"), "PUBLIC_URL_INVALID");
    assert_eq!(code("public_url = 'https://budget.example/path'"), "PUBLIC_URL_INVALID");
    assert_eq!(code("public_url = 'https://u:p@budget.example'"), "PUBLIC_URL_INVALID");
    assert_eq!(code("public_url = 'https://budget.example'\ndevelopment_issuer = true"), "DEVELOPMENT_ISSUER_EXPOSED");
    assert_eq!(code("cors_origins = ['https://front.example/']"), "CORS_ORIGIN_INVALID");
    assert_eq!(code("cors_origins = ['front.example']"), "CORS_ORIGIN_INVALID");
    assert_eq!(code("[session]\nlifetime_s = 5"), "SETTING_OUT_OF_RANGE");
    assert_eq!(code(&format!("{}\n{}", issuer(""), issuer(""))), "ISSUER_TWICE");
    for (from, to) in
        [("'fc'", "'Fc!'"), ("'fc'", "'development'"), ("https://fc", "http://fc"), ("'c'", "''"), ("v2'", "v2?x'")]
    {
        assert_eq!(code(&issuer("").replacen(from, to, 1)), "ISSUER_INVALID", "{to}");
    }
    assert_eq!(code(&issuer("client_secret_file = 'a'\nclient_secret_env = 'B'")), "ISSUER_INVALID");
    assert_eq!(code(&issuer("client_secret_env = 'PARVIS_NOT_SET_ANYWHERE'")), "CLIENT_SECRET_UNREADABLE");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("secret");
    std::fs::write(&file, "canary-line-one\ncanary-line-two").unwrap();
    let (code, message) = hang(&issuer(&format!("client_secret_file = '{}'", file.display()))).unwrap();
    assert_eq!(code, "CLIENT_SECRET_UNREADABLE");
    assert!(!message.contains("canary"), "{message}");

    let misspelt = toml::from_str::<Settings>("trusted_proxy = []").unwrap_err().to_string();
    assert!(misspelt.contains("trusted_proxy"), "{misspelt}");
    let development: Settings = toml::from_str("development_issuer = true").unwrap();
    assert_eq!(
        development.check_listen("0.0.0.0:8080".parse().unwrap()).unwrap_err().code(),
        "DEVELOPMENT_ISSUER_EXPOSED"
    );
    assert!(development.check_listen("[::1]:8080".parse().unwrap()).is_ok());
    let again: Settings = toml::from_str(&toml::to_string(&development).unwrap()).unwrap();
    assert_eq!(again, development);
}
