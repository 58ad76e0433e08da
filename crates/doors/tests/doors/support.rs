//! A site behind doors on a real socket, and a browser as simple as can be.

use axum::Router;
use axum::body::Bytes;
use axum::extract::Extension;
use axum::routing::{get, post};
use commands::{Clock, Entropy};
use domain::Timestamp;
use doors::{Allowance, Doors, Identity, Settings, serve};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, OnceLock};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use url::{Url, form_urlencoded};
use vault::{Arrival, KeyRing, Level, Person, Profile, Scope, Secret, TokenDraft, Vault};

/// When the simulated clock begins.
pub(crate) const BEGIN: &str = "2026-03-01T09:00:00Z";

/// Everything that is logged while the tests run.
pub(crate) fn log() -> &'static Mutex<Vec<u8>> {
    static LOG: OnceLock<Arc<Mutex<Vec<u8>>>> = OnceLock::new();
    LOG.get_or_init(|| {
        struct Into(Arc<Mutex<Vec<u8>>>);
        impl std::io::Write for Into {
            fn write(&mut self, text: &[u8]) -> std::io::Result<usize> {
                self.0.lock().unwrap().extend_from_slice(text);
                Ok(text.len())
            }
            fn flush(&mut self) -> std::io::Result<()> {
                Ok(())
            }
        }
        let log = Arc::new(Mutex::new(Vec::new()));
        let writer = Arc::clone(&log);
        // Our own lines and those of everything below: a library that logs a token is our fault too.
        tracing_subscriber::fmt()
            .with_max_level(tracing::Level::TRACE)
            .with_ansi(false)
            .with_writer(move || Into(Arc::clone(&writer)))
            .init();
        log
    })
}

/// A site that is served.
pub(crate) struct Site {
    pub(crate) url: Url,
    pub(crate) address: SocketAddr,
    pub(crate) vault: Vault,
    pub(crate) clock: Clock,
    pub(crate) doors: Doors,
    pub(crate) router: Router,
    pub(crate) stop: Option<oneshot::Sender<()>>,
    pub(crate) served: tokio::task::JoinHandle<()>,
    _folder: tempfile::TempDir,
}

impl Site {
    /// With the development issuer, on a clock that stands.
    pub(crate) async fn new() -> Self {
        Self::with(|settings| settings.development_issuer = true).await
    }

    pub(crate) async fn with(change: impl FnOnce(&mut Settings)) -> Self {
        Self::at(Clock::simulated(BEGIN.parse().unwrap()), change).await
    }

    pub(crate) async fn at(clock: Clock, change: impl FnOnce(&mut Settings)) -> Self {
        log();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let url: Url = format!("http://{address}").parse().unwrap();
        let mut settings = Settings { public_url: url.clone(), ..Settings::default() };
        change(&mut settings);
        let folder = tempfile::tempdir().unwrap();
        let entropy = Entropy::system().unwrap();
        let store = format!("sqlite:{}", folder.path().join("people.db").display());
        let vault = Vault::open(&store, KeyRing::draw(&entropy), clock.clone(), entropy.clone()).await.unwrap();
        let how = settings.connections();
        let doors = Doors::new(settings, vault.clone(), clock.clone(), entropy).unwrap();
        let router = doors.guard(doors.routes().merge(inside()));
        let (stop, stopped) = oneshot::channel::<()>();
        let served = tokio::spawn(serve(listener, router.clone(), async { drop(stopped.await) }, how));
        Self { url, address, vault, clock, doors, router, stop: Some(stop), served, _folder: folder }
    }

    /// Moves the clock on.
    pub(crate) fn later(&self, seconds: i64) {
        let now = self.clock.now().unwrap().unix();
        self.clock.set(Timestamp::from_unix(now + seconds).unwrap());
    }

    /// Somebody the vault knows.
    pub(crate) async fn person(&self, subject: &str) -> Person {
        let (issuer, subject) = ("development".to_owned(), subject.to_owned());
        let arrival = Arrival { issuer, subject, agent: false, level: Level::Low, profile: Profile::default() };
        self.vault.arrive(arrival).await.unwrap()
    }

    /// A session of that person, without signing in.
    pub(crate) async fn session(&self, person: &Person) -> Secret {
        let draft = vault::SessionDraft {
            issuer: "development".to_owned(),
            agent: false,
            level: Level::Low,
            lifetime_s: 3_600,
            idle_s: 3_600,
            hint: None,
        };
        self.vault.open_session(&person.id, draft).await.unwrap()
    }

    /// A token of that person, and its public id.
    pub(crate) async fn token(&self, person: &Person) -> (String, Secret) {
        let draft = TokenDraft {
            name: "script".to_owned(),
            scopes: [Scope::ReadOwn].into(),
            days: 1,
            agent: false,
            level: Level::Low,
        };
        let (info, secret) = self.vault.issue_token(&person.id, draft).await.unwrap();
        (info.id, secret)
    }
}

/// What stands behind the doors in these tests.
fn inside() -> Router {
    async fn who(who: Option<Extension<Identity>>) -> String {
        who.map_or("nobody".to_owned(), |Extension(Identity(session))| {
            format!("{} {} {:?} {}", session.issuer, session.agent, session.level, session.person)
        })
    }
    async fn write(Extension(allowance): Extension<Allowance>) -> String {
        allowance.write().map_or_else(|no| no.to_string(), |()| "written".to_owned())
    }
    async fn seen(headers: axum::http::HeaderMap) -> String {
        headers.keys().map(|name| name.as_str().to_owned()).collect::<Vec<_>>().join(" ")
    }
    Router::new()
        .route("/", get(who).post(who))
        .route("/graphql", post(write).get(who))
        .route("/seen", get(seen))
        .route("/upload", post(|body: Bytes| async move { body.len().to_string() }))
}

/// An answer, read to its end.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: reqwest::header::HeaderMap,
    pub(crate) text: String,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The code of a refusal, from a page or from JSON.
    pub(crate) fn code(&self) -> String {
        let page = self.text.split("<code>").nth(1).and_then(|rest| rest.split("</code>").next());
        let json = || {
            let body: serde_json::Value = serde_json::from_str(&self.text).ok()?;
            Some(body["errors"][0]["extensions"]["code"].as_str()?.to_owned())
        };
        page.map(str::to_owned).or_else(json).unwrap_or_default()
    }
}

/// A browser: it keeps cookies by origin, and follows a redirect when told to.
#[derive(Clone)]
pub(crate) struct Browser {
    client: reqwest::Client,
    pub(crate) cookies: BTreeMap<String, BTreeMap<String, String>>,
}

impl Browser {
    pub(crate) fn new() -> Self {
        let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy().build().unwrap();
        Self { client, cookies: BTreeMap::new() }
    }

    pub(crate) fn cookie(&self, url: &Url, name: &str) -> Option<&str> {
        self.cookies.get(&url.origin().ascii_serialization())?.get(name).map(String::as_str)
    }

    pub(crate) fn set(&mut self, url: &Url, name: &str, value: &str) {
        let jar = self.cookies.entry(url.origin().ascii_serialization()).or_default();
        jar.insert(name.to_owned(), value.to_owned());
    }

    pub(crate) async fn get(&mut self, url: &Url) -> Answer {
        self.send(self.client.get(url.clone()), url).await
    }

    /// Sends a form from a page of the same site.
    pub(crate) async fn post(&mut self, url: &Url, form: &[(&str, &str)]) -> Answer {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
        let request = self.client.post(url.clone()).body(body);
        let request = request
            .header("content-type", "application/x-www-form-urlencoded")
            .header("sec-fetch-site", "same-origin")
            .header("origin", url.origin().ascii_serialization());
        self.send(request, url).await
    }

    async fn send(&mut self, request: reqwest::RequestBuilder, url: &Url) -> Answer {
        let origin = url.origin().ascii_serialization();
        let jar = self.cookies.entry(origin).or_default();
        let line = jar.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ");
        let request = if line.is_empty() { request } else { request.header("cookie", line) };
        let answer = request.header("accept-language", "en").send().await.unwrap();
        for set in answer.headers().get_all("set-cookie") {
            let set = set.to_str().unwrap();
            let (pair, attributes) = set.split_once(';').unwrap_or((set, ""));
            let (name, value) = pair.split_once('=').unwrap();
            if value.is_empty() || attributes.contains("Max-Age=0") {
                jar.remove(name);
            } else {
                jar.insert(name.to_owned(), value.to_owned());
            }
        }
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        Answer { status, headers, text: answer.text().await.unwrap() }
    }

    /// Follows redirects until a page comes; gives its address too.
    pub(crate) async fn visit(&mut self, url: &Url) -> (Url, Answer) {
        let mut url = url.clone();
        for _ in 0..12 {
            let answer = self.get(&url).await;
            match answer.headers.get("location") {
                Some(location) => url = url.join(location.to_str().unwrap()).unwrap(),
                None => return (url, answer),
            }
        }
        panic!("too many redirects, the last to {url}");
    }

    /// Signs in as somebody of the development issuer.
    pub(crate) async fn sign_in(&mut self, site: &Site, issuer: &str, form: &[(&str, &str)]) -> (Url, Answer) {
        let begin = site.url.join(&format!("/sign-in/{issuer}?return_to=/graphql%3Fx%3Dy")).unwrap();
        let (authorize, page) = self.visit(&begin).await;
        assert_eq!(page.status, 200, "{page:?}");
        let chosen = self.post(&authorize, form).await;
        assert_eq!(chosen.status, 303, "{chosen:?}");
        self.visit(&authorize.join(chosen.header("location")).unwrap()).await
    }
}
