//! Signing in with an issuer that this project did not write: `oidc-provider`, certified by the `OpenID`
//! Foundation, run by Node.js from `tests/issuer`.

use crate::support::{Answer, Browser, Site};
use commands::Clock;
use doors::{SESSION_COOKIE, Settings};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::OnceLock;
use url::Url;

/// The process; it ends with the test.
struct Foreign {
    process: Child,
    url: String,
    /// Kept open: it ends when nobody listens to it any more.
    _says: BufReader<ChildStdout>,
}

impl Foreign {
    /// Starts it for a site at this address, signing with this algorithm.
    fn start(site: &Url, algorithm: &str, auth: &str) -> Self {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/issuer");
        // Once, by whichever test comes first.
        static INSTALLED: OnceLock<bool> = OnceLock::new();
        let installed = *INSTALLED.get_or_init(|| {
            let npm = ["ci", "--no-audit", "--no-fund", "--loglevel=error"];
            let there = folder.join("node_modules/oidc-provider").is_dir();
            there || Command::new("npm").args(npm).current_dir(&folder).status().is_ok_and(|status| status.success())
        });
        assert!(installed, "install Node.js with npm, then run `npm ci --prefix tests/issuer`");
        let mut process = Command::new("node")
            .arg(folder.join("issuer.mjs"))
            .args([
                site.join("/sign-in/foreign/callback").unwrap().as_str(),
                site.join("/signed-out").unwrap().as_str(),
            ])
            .args([algorithm, auth])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("Node.js is needed: install it, then run `npm ci --prefix tests/issuer`");
        let mut line = String::new();
        let mut says = BufReader::new(process.stdout.take().unwrap());
        says.read_line(&mut line).unwrap();
        let url = line.trim().to_owned();
        assert!(url.starts_with("http://"), "it says {line:?} instead of its address");
        Self { process, url, _says: says }
    }
}

impl Drop for Foreign {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn settings(url: &str, more: &str) -> Settings {
    let text = format!(
        "[[issuers]]\nid = 'foreign'\nlabel = {{ fr = 'F', en = 'F' }}\nurl = '{url}'\nclient_id = 'city'\n\
         client_secret_file = 'SECRET'\nscopes = ['profile', 'email']\nacr_values = ['eidas2']\n\
         levels = {{ eidas2 = 'substantial' }}\n{more}"
    );
    toml::from_str(&text).unwrap()
}

/// Goes through its forms: who somebody is, then whether the site may know.
async fn identify(browser: &mut Browser, begin: &Url) -> (Url, Answer) {
    let (mut at, mut page) = browser.visit(begin).await;
    for _ in 0..4 {
        let Some(action) = page.text.split("action=\"").nth(1).and_then(|rest| rest.split('"').next()) else { break };
        let form: &[(&str, &str)] = if page.text.contains("name=\"login\"") {
            &[("prompt", "login"), ("login", "ana"), ("password", "any")]
        } else {
            &[("prompt", "consent")]
        };
        let next = at.join(action).unwrap();
        let answer = browser.post(&next, form).await;
        assert_eq!(answer.status, 303, "{answer:?}");
        (at, page) = browser.visit(&next.join(answer.header("location")).unwrap()).await;
    }
    (at, page)
}

async fn sign_in(algorithm: &str, auth: &str, more: &str) {
    let folder = tempfile::tempdir().unwrap();
    let secret = folder.path().join("secret");
    writeln!(std::fs::File::create(&secret).unwrap(), "a-secret-of-the-city-that-is-long-enough").unwrap();
    // The issuer has to know the site's address and the site the issuer's: the port is found first.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let issuer_url = format!("http://127.0.0.1:{port}");
    let site = Site::at(Clock::System, |to| {
        let mut issuers = settings(&issuer_url, more).issuers;
        issuers[0].client_secret_file = Some(secret.clone());
        to.issuers = issuers;
    })
    .await;
    let foreign = Foreign::start(&site.url, &format!("{algorithm}:{port}"), auth);
    assert_eq!(foreign.url, issuer_url);

    let mut browser = Browser::new();
    let (at, page) = identify(&mut browser, &site.url.join("/sign-in/foreign?return_to=/graphql").unwrap()).await;
    assert_eq!((at.path(), page.status), ("/graphql", 200), "{page:?}");
    assert!(page.text.starts_with("foreign false Substantial "), "{}", page.text);
    let id = page.text.rsplit(' ').next().unwrap().parse().unwrap();
    let everything = site.vault.everything(&id).await.unwrap().to_string();
    assert!(everything.contains("ana@people.example") && everything.contains("Ana"), "{everything}");

    let out = browser.post(&site.url.join("/sign-out").unwrap(), &[]).await;
    let to: Url = out.header("location").parse().unwrap();
    assert!(to.as_str().starts_with(&format!("{issuer_url}/session/end")), "{to}");
    assert_eq!(browser.get(&to).await.status, 200);
    assert!(browser.cookie(&site.url, SESSION_COOKIE).is_none());
}

#[tokio::test]
async fn rs256_with_plain_userinfo() {
    sign_in("RS256", "client_secret_basic", "").await;
}

#[tokio::test]
async fn es256_with_signed_userinfo_as_franceconnect_does_it() {
    sign_in("ES256", "client_secret_post", "signed_userinfo = true").await;
}

#[tokio::test]
async fn ps256_and_eddsa() {
    sign_in("PS256", "client_secret_basic", "signed_userinfo = true").await;
    sign_in("EdDSA", "client_secret_basic", "signed_userinfo = true").await;
}
