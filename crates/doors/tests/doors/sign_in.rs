//! People who sign in and out, with the development issuer over real HTTP.

use crate::support::{Browser, Site};
use doors::SESSION_COOKIE;

#[tokio::test]
async fn somebody_signs_in_acts_and_signs_out() {
    let (site, mut browser) = (Site::new().await, Browser::new());
    let choice = browser.get(&site.url.join("/sign-in?return_to=/a%26b").unwrap()).await;
    assert_eq!(choice.status, 200);
    assert!(choice.text.contains("href=\"/sign-in/development?return_to=%2Fa%26b\""), "{}", choice.text);
    assert!(choice.text.contains("DEVELOPMENT") && choice.text.contains("development-agents"));
    assert!(!choice.text.contains("<script") && !choice.text.contains("<style") && !choice.text.contains(" style="));

    let begun = browser.get(&site.url.join("/sign-in/development").unwrap()).await;
    let location = begun.header("location").to_owned();
    for part in
        ["code_challenge_method=S256", "response_type=code", "nonce=", "state=", "ui_locales=en", "scope=openid"]
    {
        assert!(location.contains(part), "{location}");
    }
    let (at, answer) = browser.sign_in(&site, "development", &[("person", "camille")]).await;
    assert_eq!((at.path(), at.query()), ("/graphql", Some("x=y")));
    assert!(answer.text.starts_with("development false Low "), "{}", answer.text);
    assert_eq!(answer.header("cache-control"), "no-store");
    assert!(browser.cookie(&site.url, "__Host-parvis-sign-in").is_none());

    let secret = browser.cookie(&site.url, SESSION_COOKIE).unwrap().to_owned();
    let signed_in = browser.get(&site.url.join("/sign-in").unwrap()).await;
    assert!(signed_in.text.contains("action=\"/sign-out\""));
    let out = browser.post(&site.url.join("/sign-out").unwrap(), &[]).await;
    let to = out.header("location").to_owned();
    assert_eq!(out.status, 303);
    assert!(to.contains("/development/issuer/citizens/end-session?id_token_hint=ey"), "{to}");
    let (at, page) = browser.visit(&site.url.join(&to).unwrap()).await;
    assert_eq!((at.path(), page.status), ("/signed-out", 200));
    assert!(browser.cookie(&site.url, SESSION_COOKIE).is_none());

    // The cookie is worth nothing any more, wherever it was copied to.
    let mut thief = Browser::new();
    thief.set(&site.url, SESSION_COOKIE, &secret);
    let answer = thief.get(&site.url).await;
    assert_eq!((answer.text.as_str(), answer.header("parvis-session")), ("nobody", "ended"));
    assert!(thief.cookie(&site.url, SESSION_COOKIE).is_none());
}

#[tokio::test]
async fn agents_have_an_issuer_of_their_own() {
    let site = Site::new().await;
    let (_, answer) = Browser::new().sign_in(&site, "development-agents", &[("person", "coordination")]).await;
    assert!(answer.text.starts_with("development-agents true Substantial "), "{}", answer.text);
    let form = [("subject", "anna"), ("given_name", "Anna"), ("email", "anna@x.example"), ("acr", "eidas3")];
    let (_, answer) = Browser::new().sign_in(&site, "development", &form).await;
    assert!(answer.text.starts_with("development false High "), "{}", answer.text);
    let (_, again) = Browser::new().sign_in(&site, "development", &form).await;
    assert_eq!(answer.text, again.text, "the same subject is the same person");
}

#[tokio::test]
async fn whoever_says_no_stays_nobody() {
    let (site, mut browser) = (Site::new().await, Browser::new());
    let (at, answer) = browser.sign_in(&site, "development", &[("no", "1")]).await;
    assert_eq!((at.path(), answer.status), ("/sign-in/development/callback", 403));
    assert_eq!(answer.code(), "SIGN_IN_DECLINED");
    assert!(browser.cookie(&site.url, SESSION_COOKIE).is_none());
}

/// The address to which the issuer sends a browser that chose somebody.
async fn callback(site: &Site, browser: &mut Browser) -> url::Url {
    let (authorize, _) = browser.visit(&site.url.join("/sign-in/development").unwrap()).await;
    let chosen = browser.post(&authorize, &[("person", "moussa")]).await;
    chosen.header("location").parse().unwrap()
}

#[tokio::test]
async fn a_sign_in_works_once() {
    let (site, mut browser) = (Site::new().await, Browser::new());
    let callback = callback(&site, &mut browser).await;
    let kept = browser.clone();
    assert_eq!(browser.get(&callback).await.status, 303);
    for mut again in [browser, kept] {
        let answer = again.get(&callback).await;
        assert_eq!((answer.status, answer.code().as_str()), (400, "SIGN_IN_UNKNOWN"));
    }
}

#[tokio::test]
async fn a_sign_in_ends_in_the_browser_in_which_it_began() {
    let (site, mut attacker, mut victim) = (Site::new().await, Browser::new(), Browser::new());
    let callback = callback(&site, &mut attacker).await;
    victim.get(&site.url.join("/sign-in/development").unwrap()).await;
    let answer = victim.get(&callback).await;
    assert_eq!((answer.status, answer.code().as_str()), (400, "SIGN_IN_ELSEWHERE"));
    assert!(victim.cookie(&site.url, SESSION_COOKIE).is_none());
    // And it is used up.
    assert_eq!(attacker.get(&callback).await.code(), "SIGN_IN_UNKNOWN");
}

#[tokio::test]
async fn a_sign_in_is_with_one_issuer_and_doesnt_wait_for_ever() {
    let (site, mut browser) = (Site::new().await, Browser::new());
    let callback_url = callback(&site, &mut browser).await;
    let other = callback_url.as_str().replace("/sign-in/development/", "/sign-in/development-agents/").parse().unwrap();
    assert_eq!(browser.get(&other).await.code(), "SIGN_IN_UNKNOWN");
    let late = callback(&site, &mut browser).await;
    site.later(601);
    assert_eq!(browser.get(&late).await.code(), "SIGN_IN_UNKNOWN");
}

#[tokio::test]
async fn answers_that_no_issuer_sends_are_refused() {
    let (site, mut browser) = (Site::new().await, Browser::new());
    let mut code = async |path: &str| browser.get(&site.url.join(path).unwrap()).await.code();
    assert_eq!(code("/sign-in/nobody").await, "ISSUER_UNKNOWN");
    assert_eq!(code("/sign-in/nobody/callback?state=x&code=y").await, "ISSUER_UNKNOWN");
    assert_eq!(code("/sign-in/development/callback").await, "SIGN_IN_UNKNOWN");
    assert_eq!(code("/sign-in/development/callback?state=&code=y").await, "SIGN_IN_UNKNOWN");
    assert_eq!(
        code(&format!("/sign-in/development/callback?state={}&code=y", "x".repeat(9_000))).await,
        "SIGN_IN_UNKNOWN"
    );
    assert_eq!(code("/sign-in/development/callback?state=a&state=b&code=y").await, "HEADERS_INVALID");
    for path in [
        "//evil.example",
        "/%5Cevil.example",
        "https://evil.example",
        "/%09/evil.example",
        "javascript:alert(1)",
        "/.//evil.example",
    ] {
        assert_eq!(code(&format!("/sign-in?return_to={path}")).await, "RETURN_TO_INVALID", "{path}");
        assert_eq!(code(&format!("/sign-in/development?return_to={path}")).await, "RETURN_TO_INVALID", "{path}");
    }
}

#[tokio::test]
async fn a_session_from_before_ends_at_the_sign_in() {
    let (site, mut browser) = (Site::new().await, Browser::new());
    let planted = site.session(&site.person("somebody").await).await;
    browser.set(&site.url, SESSION_COOKIE, planted.expose());
    assert!(browser.get(&site.url).await.text.starts_with("development false"));
    browser.sign_in(&site, "development", &[("person", "lan")]).await;
    assert_ne!(browser.cookie(&site.url, SESSION_COOKIE), Some(planted.expose()));
    let mut thief = Browser::new();
    thief.set(&site.url, SESSION_COOKIE, planted.expose());
    assert_eq!(thief.get(&site.url).await.text, "nobody");
}

#[tokio::test]
async fn signing_out_everywhere_ends_browsers_and_tokens() {
    let (site, mut one, mut other) = (Site::new().await, Browser::new(), Browser::new());
    one.sign_in(&site, "development", &[("person", "jeanne")]).await;
    other.sign_in(&site, "development", &[("person", "jeanne")]).await;
    let (_, token) = site.token(&site.person("jeanne").await).await;
    let program = async || {
        let request = reqwest::Client::builder().no_proxy().build().unwrap().get(site.url.clone());
        request.bearer_auth(token.expose()).send().await.unwrap().status().as_u16()
    };
    assert_eq!(program().await, 200);
    assert_ne!(other.get(&site.url).await.text, "nobody");
    assert_eq!(one.post(&site.url.join("/sign-out/everywhere").unwrap(), &[]).await.status, 303);
    // Also what this node still believed.
    assert_eq!(other.get(&site.url).await.text, "nobody");
    assert_eq!(program().await, 401);
}

#[tokio::test]
async fn the_development_issuer_holds_to_the_rules() {
    let (site, mut browser) = (Site::new().await, Browser::new());
    let (authorize, page) = browser.visit(&site.url.join("/sign-in/development").unwrap()).await;
    assert!(page.text.contains("DEVELOPMENT") && page.text.contains("Camille Martin"));
    let without = |name: &str| {
        let mut url = authorize.clone();
        let rest: Vec<_> = authorize.query_pairs().into_owned().filter(|(key, _)| key != name).collect();
        url.query_pairs_mut().clear().extend_pairs(rest);
        url
    };
    for name in [
        "client_id",
        "redirect_uri",
        "response_type",
        "scope",
        "code_challenge",
        "code_challenge_method",
        "state",
        "nonce",
    ] {
        assert_eq!(browser.get(&without(name)).await.status, 400, "{name}");
    }
    assert_eq!(browser.post(&authorize, &[("person", "coordination")]).await.status, 400, "an agent is no citizen");
    assert_eq!(browser.post(&authorize, &[("subject", ""), ("acr", "eidas1")]).await.status, 400);
    assert_eq!(browser.post(&authorize, &[("subject", "x"), ("acr", "eidas9")]).await.status, 400);
    let token = site.url.join("/development/issuer/citizens/token").unwrap();
    assert_eq!(browser.post(&token, &[("grant_type", "authorization_code")]).await.status, 401);
    let userinfo = site.url.join("/development/issuer/citizens/userinfo").unwrap();
    assert_eq!(browser.get(&userinfo).await.status, 401);
    let end = site
        .url
        .join("/development/issuer/citizens/end-session?id_token_hint=x&post_logout_redirect_uri=https://evil.example")
        .unwrap();
    assert_eq!(browser.get(&end).await.status, 400);
    // Switched off, it isn't there.
    let off = Site::with(|_| ()).await;
    assert_eq!(browser.get(&off.url.join("/development/issuer/citizens/jwks").unwrap()).await.status, 404);
}
