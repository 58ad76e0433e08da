//! What is let in and what isn't, request by request, without a socket.

use crate::support::Site;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{Request, StatusCode};
use doors::SESSION_COOKIE;
use std::net::SocketAddr;
use tower::ServiceExt;

struct Said {
    status: u16,
    headers: axum::http::HeaderMap,
    text: String,
}

impl Said {
    fn code(&self) -> String {
        let body: serde_json::Value = serde_json::from_str(&self.text).unwrap_or_default();
        body["errors"][0]["extensions"]["code"].as_str().unwrap_or_default().to_owned()
    }

    fn header(&self, name: &str) -> String {
        let all: Vec<_> = self.headers.get_all(name).iter().map(|value| value.to_str().unwrap()).collect();
        all.join(", ")
    }
}

async fn ask_from(site: &Site, peer: [u8; 4], method: &str, path: &str, lines: &[(&str, &str)]) -> Said {
    let host = site.url.host_str().unwrap().to_owned();
    let mut request = Request::builder().method(method).uri(path);
    if !lines.iter().any(|(name, _)| *name == "host") {
        request = request.header("host", host);
    }
    let request = lines.iter().fold(request, |request, (name, value)| request.header(*name, *value));
    let request = request.extension(ConnectInfo(SocketAddr::from((peer, 4_000)))).body(Body::empty()).unwrap();
    let response = site.router.clone().oneshot(request).await.unwrap();
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let body = axum::body::to_bytes(response.into_body(), 1 << 20).await.unwrap();
    Said { status, headers, text: String::from_utf8(body.to_vec()).unwrap() }
}

async fn ask(site: &Site, method: &str, path: &str, lines: &[(&str, &str)]) -> Said {
    ask_from(site, [127, 0, 0, 1], method, path, lines).await
}

fn cookie(secret: &vault::Secret) -> String {
    format!("{SESSION_COOKIE}={}", secret.expose())
}

#[tokio::test]
async fn tokens_and_sessions_open_what_they_should() {
    let site = Site::new().await;
    let person = site.person("camille").await;
    let (session, (id, token)) = (site.session(&person).await, site.token(&person).await);
    let (cookie, bearer) = (cookie(&session), format!("Bearer {}", token.expose()));
    assert!(ask(&site, "GET", "/", &[("cookie", &cookie)]).await.text.contains(person.id.as_str()));
    assert!(ask(&site, "GET", "/", &[("authorization", &bearer)]).await.text.contains(person.id.as_str()));
    assert_eq!(ask(&site, "GET", "/", &[]).await.text, "nobody");

    let twice = ask(&site, "GET", "/", &[("cookie", &cookie), ("authorization", &bearer)]).await;
    assert_eq!((twice.status, twice.code().as_str()), (400, "CREDENTIALS_TWICE"));
    let two = ask(&site, "GET", "/", &[("cookie", &format!("{cookie}; {SESSION_COOKIE}=other"))]).await;
    assert_eq!((two.status, two.code().as_str()), (400, "CREDENTIALS_TWICE"));

    assert!(site.vault.revoke_token(&person.id, &id).await.unwrap());
    site.doors.forget(&person.id);
    let revoked = ask(&site, "GET", "/", &[("authorization", &bearer)]).await;
    assert_eq!((revoked.status, revoked.code().as_str()), (401, "CREDENTIAL_INVALID"));
    assert!(revoked.header("www-authenticate").starts_with("Bearer "));
    assert_eq!(revoked.header("cache-control"), "no-store");
}

#[tokio::test]
async fn what_was_never_given_out_opens_nothing() {
    let site = Site::new().await;
    let person = site.person("camille").await;
    let (session, (_, token)) = (site.session(&person).await, site.token(&person).await);
    let mut forged = token.expose().to_owned();
    let last = if forged.pop() == Some('A') { 'B' } else { 'A' };
    forged.insert(10, last);
    for bearer in [
        format!("Bearer {forged}"),
        format!("Bearer {}", session.expose()),
        "Bearer pvt_".to_owned(),
        "Bearer x".to_owned(),
        "Basic Y2l0eTpzZWNyZXQ=".to_owned(),
        token.expose().to_owned(),
        String::new(),
    ] {
        let said = ask(&site, "GET", "/", &[("authorization", &bearer)]).await;
        assert_eq!((said.status, said.code().as_str()), (401, "CREDENTIAL_INVALID"), "{bearer}");
    }
    let tampered = session.expose().replace(|c: char| c.is_ascii_lowercase(), "a");
    for value in [tampered.as_str(), token.expose(), "x", "../../etc", "é"] {
        let said = ask(&site, "GET", "/", &[("cookie", &format!("{SESSION_COOKIE}={value}"))]).await;
        // A line that isn't ASCII names nobody at all.
        let ended = if value.is_ascii() { "ended" } else { "" };
        assert_eq!((said.text.as_str(), said.header("parvis-session").as_str()), ("nobody", ended), "{value}");
        assert_eq!(said.header("set-cookie").contains("Max-Age=0"), value.is_ascii());
    }
}

#[tokio::test]
async fn what_has_expired_opens_nothing_also_when_it_was_just_believed() {
    let site = Site::new().await;
    let person = site.person("camille").await;
    let (session, (_, token)) = (site.session(&person).await, site.token(&person).await);
    let (cookie, bearer) = (cookie(&session), format!("Bearer {}", token.expose()));
    ask(&site, "GET", "/", &[("cookie", &cookie)]).await;
    ask(&site, "GET", "/", &[("authorization", &bearer)]).await;
    site.later(3_601);
    assert_eq!(ask(&site, "GET", "/", &[("cookie", &cookie)]).await.text, "nobody");
    site.later(24 * 3_600);
    assert_eq!(ask(&site, "GET", "/", &[("authorization", &bearer)]).await.status, 401);
}

#[tokio::test]
async fn other_hosts_are_not_answered() {
    let site = Site::with(|settings| settings.public_url = "https://budget.example".parse().unwrap()).await;
    assert_eq!(ask(&site, "GET", "/", &[("host", "budget.example")]).await.status, 200);
    for host in ["evil.example", "localhost", "127.0.0.1", "budget.example:8080", ""] {
        let said = ask(&site, "GET", "/", &[("host", host)]).await;
        assert!(
            matches!((said.status, said.code().as_str()), (421, "HOST_UNKNOWN") | (400, "HEADERS_INVALID")),
            "{host}"
        );
    }
    assert_eq!(ask(&site, "GET", "/", &[("host", "budget.example"), ("host", "evil.example")]).await.status, 400);
    assert_eq!(
        ask(&site, "GET", "/", &[("host", "budget.example")]).await.header("strict-transport-security"),
        "max-age=31536000"
    );
}

#[tokio::test]
async fn headers_that_lie_are_refused_or_taken_off() {
    let site = Site::new().await;
    let said =
        ask(&site, "GET", "/seen", &[("parvis-actor", "COORDINATOR:x"), ("parvis-csrf", "1"), ("accept", "a")]).await;
    assert!(said.text.contains("accept") && !said.text.contains("parvis"), "{}", said.text);
    let twice = [("authorization", "Bearer pvt_a"), ("authorization", "Bearer pvt_b")];
    assert_eq!(ask(&site, "GET", "/", &twice).await.code(), "HEADERS_INVALID");
    let both = [("content-length", "3"), ("transfer-encoding", "chunked")];
    assert_eq!(ask(&site, "POST", "/upload", &both).await.code(), "HEADERS_INVALID");
    let long = "x".repeat(100_000);
    let said = ask(&site, "GET", "/", &[("x-long", &long)]).await;
    assert_eq!((said.status, said.code().as_str()), (431, "HEADERS_TOO_LARGE"));
}

#[tokio::test]
async fn a_foreign_page_changes_nothing_with_a_cookie() {
    let site = Site::new().await;
    let person = site.person("camille").await;
    let (session, (_, token)) = (site.session(&person).await, site.token(&person).await);
    let cookie = cookie(&session);
    let own = site.url.origin().ascii_serialization();
    for path in ["/graphql", "/sign-out", "/sign-out/everywhere", "/upload", "/nowhere"] {
        for (name, value) in [
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-site", "same-site"),
            ("origin", "https://evil.example"),
            ("origin", "null"),
            ("accept", "*/*"),
        ] {
            let said = ask(&site, "POST", path, &[("cookie", &cookie), (name, value)]).await;
            assert_eq!(said.status, 403, "{path} {name}: {value}");
        }
    }
    // Nothing of it was carried out.
    assert_ne!(ask(&site, "GET", "/", &[("cookie", &cookie)]).await.text, "nobody");
    assert_eq!(
        ask(&site, "POST", "/graphql", &[("cookie", &cookie), ("origin", "https://evil.example")]).await.code(),
        "CSRF_REFUSED"
    );
    assert_eq!(ask(&site, "POST", "/graphql", &[("cookie", &cookie), ("origin", &own)]).await.text, "written");
    assert_eq!(
        ask(&site, "POST", "/graphql", &[("cookie", &cookie), ("sec-fetch-site", "same-origin")]).await.text,
        "written"
    );
    let bearer = format!("Bearer {}", token.expose());
    assert_eq!(
        ask(&site, "POST", "/graphql", &[("authorization", &bearer), ("origin", "https://evil.example")]).await.text,
        "written"
    );
    let upload = [
        ("cookie", cookie.as_str()),
        ("sec-fetch-site", "same-origin"),
        ("content-type", "multipart/form-data; boundary=b"),
    ];
    assert_eq!(ask(&site, "POST", "/upload", &upload).await.code(), "CSRF_REFUSED");
    let with = [upload[0], upload[1], upload[2], ("parvis-csrf", "1")];
    assert_eq!(ask(&site, "POST", "/upload", &with).await.status, 200);
}

#[tokio::test]
async fn other_origins_read_what_the_operator_lets_them() {
    let preflight = |origin: &'static str| [("origin", origin), ("access-control-request-method", "POST")];
    let site = Site::with(|settings| settings.cors_origins = vec!["https://front.example".to_owned()]).await;
    let said = ask(&site, "OPTIONS", "/graphql", &preflight("https://front.example")).await;
    assert_eq!(said.status, 204);
    assert_eq!(said.header("access-control-allow-origin"), "https://front.example");
    assert_eq!(said.header("access-control-allow-credentials"), "true");
    assert!(said.header("access-control-allow-headers").contains("content-type"));
    for origin in [
        "https://evil.example",
        "null",
        "http://front.example",
        "https://front.example.evil.example",
        "https://front.example:444",
    ] {
        let said = ask(&site, "OPTIONS", "/graphql", &preflight(origin)).await;
        assert_eq!((said.status, said.code().as_str()), (403, "CORS_REFUSED"), "{origin}");
        assert_eq!(said.header("access-control-allow-origin"), "");
        assert_eq!(ask(&site, "GET", "/", &[("origin", origin)]).await.header("access-control-allow-origin"), "");
    }
    let plain = ask(&site, "GET", "/", &[]).await;
    assert!(plain.header("vary").contains("Origin"));
    assert_eq!(plain.header("cross-origin-resource-policy"), "cross-origin", "its pages show our pictures");
    let forged = ask(&site, "GET", "/", &[("cookie", "__Host-parvis=x")]).await;
    assert_eq!(forged.header("cross-origin-resource-policy"), "same-origin");

    let open = Site::with(|settings| settings.cors_origins = vec!["*".to_owned()]).await;
    let said = ask(&open, "GET", "/", &[("origin", "https://any.example")]).await;
    assert_eq!(said.header("access-control-allow-origin"), "*");
    assert_eq!(said.header("access-control-allow-credentials"), "");
    let said =
        ask(&open, "POST", "/graphql", &[("origin", "https://any.example"), ("cookie", "__Host-parvis=x")]).await;
    assert_eq!(said.code(), "CSRF_REFUSED");
    assert_eq!(said.header("access-control-allow-credentials"), "");
}

#[tokio::test]
async fn who_asks_too_often_is_told_when_to_come_again() {
    let site = Site::with(|settings| {
        settings.development_issuer = true;
        settings.rates =
            toml::from_str("reads_per_ip = 40\nwrites_per_ip = 20\nsign_ins_per_ip = 8\nwrites_per_account = 12")
                .unwrap();
        settings.trusted_proxies = vec!["127.0.0.0/8".parse().unwrap()];
    })
    .await;
    for _ in 0..10 {
        assert_eq!(ask_from(&site, [198, 51, 100, 1], "GET", "/", &[]).await.status, 200);
    }
    let said = ask_from(&site, [198, 51, 100, 1], "GET", "/", &[]).await;
    assert_eq!((said.status, said.code().as_str()), (429, "RATE_LIMITED"));
    assert!(said.header("retry-after").parse::<u64>().unwrap() >= 1);
    // Somebody else, also behind the same proxy, and whoever makes addresses up.
    assert_eq!(ask_from(&site, [198, 51, 100, 2], "GET", "/", &[]).await.status, 200);
    for made_up in ["6.6.6.6", "7.7.7.7"] {
        let lines = [("x-forwarded-for", made_up)];
        assert_eq!(ask_from(&site, [198, 51, 100, 1], "GET", "/", &lines).await.status, 429);
        let line = format!("{made_up}, 198.51.100.1");
        assert_eq!(ask(&site, "GET", "/", &[("x-forwarded-for", &line)]).await.status, 429);
    }
    assert_eq!(ask(&site, "GET", "/", &[("x-forwarded-for", "198.51.100.3")]).await.status, 200);

    let begin = async || ask_from(&site, [198, 51, 100, 4], "GET", "/sign-in/development", &[]).await.status;
    assert_eq!((begin().await, begin().await, begin().await), (303, 303, 429));

    let person = site.person("camille").await;
    let bearer = format!("Bearer {}", site.token(&person).await.1.expose());
    let mut written = 0;
    for host in 10..20 {
        let said = ask_from(&site, [198, 51, 100, host], "POST", "/graphql", &[("authorization", &bearer)]).await;
        written += usize::from(said.text == "written");
    }
    assert_eq!(written, 3, "an account is one, wherever it is");
}

#[tokio::test]
async fn every_answer_says_what_browsers_have_to_know() {
    let site = Site::new().await;
    let cookie = cookie(&site.session(&site.person("camille").await).await);
    for (method, path, lines) in [
        ("GET", "/", vec![]),
        ("GET", "/", vec![("cookie", cookie.as_str())]),
        ("GET", "/nowhere", vec![]),
        ("GET", "/sign-in", vec![]),
        ("GET", "/sign-in/style.css", vec![]),
        ("GET", "/sign-in/nobody", vec![]),
        ("GET", "/signed-out", vec![]),
        ("POST", "/graphql", vec![("cookie", cookie.as_str())]),
        ("GET", "/", vec![("authorization", "Bearer x")]),
        ("GET", "/", vec![("host", "evil.example")]),
        ("OPTIONS", "/graphql", vec![("origin", "https://x.example"), ("access-control-request-method", "POST")]),
    ] {
        let said = ask(&site, method, path, &lines).await;
        let name = format!("{method} {path} {lines:?}");
        let policy = said.header("content-security-policy");
        assert!(
            policy.starts_with("default-src 'none'") && policy.contains("frame-ancestors 'none'"),
            "{name}: {policy}"
        );
        assert!(!policy.contains("unsafe") && !policy.contains("script-src"), "{name}: {policy}");
        assert_eq!(said.header("x-content-type-options"), "nosniff", "{name}");
        assert_eq!(said.header("x-frame-options"), "DENY", "{name}");
        assert_eq!(said.header("referrer-policy"), "same-origin", "{name}");
        assert_eq!(said.header("cross-origin-opener-policy"), "same-origin", "{name}");
        assert!(said.header("permissions-policy").contains("camera=()"), "{name}");
        assert!(said.header("vary").contains("Cookie, Authorization"), "{name}");
        assert_eq!(said.header("x-request-id").len(), 32, "{name}");
        assert_eq!(said.header("strict-transport-security"), "", "{name}");
        let personal = lines.iter().any(|(name, _)| matches!(*name, "cookie" | "authorization"));
        assert!(!personal || said.header("cache-control") == "no-store", "{name}");
    }
}

#[tokio::test]
async fn pages_speak_french_first() {
    let site = Site::new().await;
    let french = ask(&site, "GET", "/sign-in", &[]).await;
    assert!(french.text.contains("<html lang=\"fr\">") && french.text.contains("DÉVELOPPEMENT"), "{}", french.text);
    assert!(french.text.contains("Choisissez comment vous identifier"));
    let english = ask(&site, "GET", "/sign-in?lang=en", &[]).await;
    assert!(english.text.contains("<html lang=\"en\">") && english.text.contains("Choose how to identify yourself"));
    let said = ask(&site, "GET", "/sign-in/nobody", &[("accept-language", "en")]).await;
    assert!(said.text.contains("no such way to sign in") && said.text.contains("ISSUER_UNKNOWN"));
}

#[tokio::test]
async fn the_development_issuer_is_for_this_machine() {
    let site = Site::new().await;
    let path = "/development/issuer/citizens/jwks";
    assert_eq!(ask(&site, "GET", path, &[]).await.status, StatusCode::OK);
    assert_eq!(ask_from(&site, [198, 51, 100, 1], "GET", path, &[]).await.status, StatusCode::NOT_FOUND);
}
