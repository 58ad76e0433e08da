//! What the operator sets for the doors, as it stands in `parvis.toml`.
//!
//! Owns the defaults and their reasons. Secrets are named here (a file, a variable), never held, so that
//! settings can be printed. Whether they can be right together: `check`, at the end.

use crate::Error;
use ipnet::IpNet;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, SocketAddr};
use std::num::NonZeroU32;
use std::path::PathBuf;
use url::{Host, Url};

/// The settings of the doors.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// The address that people type: scheme, host and port. Plain `http` only for this machine.
    pub public_url: Url,
    /// Who people may sign in with, in the order in which they are shown.
    pub issuers: Vec<Issuer>,
    /// Whether anybody on this machine may sign in as anybody.
    pub development_issuer: bool,
    /// How often one may ask.
    pub rates: Rates,
    /// The reverse proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpNet>,
    /// Origins whose pages may call the API with their visitors' cookies; `*` for all, without cookies.
    pub cors_origins: Vec<String>,
    /// The proxy through which issuers are reached; none for a direct way.
    pub outgoing_proxy: Option<Url>,
    /// How long things may take, and how many connections there may be.
    pub timeouts: Timeouts,
    /// How long a sign-in holds.
    pub session: SessionTimes,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            public_url: local_url(),
            issuers: Vec::new(),
            development_issuer: false,
            rates: Rates::default(),
            trusted_proxies: Vec::new(),
            cors_origins: Vec::new(),
            outgoing_proxy: None,
            timeouts: Timeouts::default(),
            session: SessionTimes::default(),
        }
    }
}

#[expect(clippy::expect_used, reason = "a constant that the tests read")]
fn local_url() -> Url {
    Url::parse("http://localhost:8080").expect("the address of a development server")
}

/// Somebody who says who people are: an OpenID Connect provider.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Issuer {
    /// Its name in addresses: 1 to 40 of `a-z`, `0-9` and `-`.
    pub id: String,
    /// Its name for people.
    pub label: Label,
    /// Its issuer identifier, exactly as it writes it itself.
    pub url: String,
    /// Who we are there.
    pub client_id: String,
    /// The file with the client secret. Without file and variable we are a public client.
    #[serde(default)]
    pub client_secret_file: Option<PathBuf>,
    /// The environment variable with the client secret.
    #[serde(default)]
    pub client_secret_env: Option<String>,
    /// Whether those it knows are agents of the city: only they can be given roles.
    #[serde(default)]
    pub agents: bool,
    /// What is asked for beside `openid`.
    #[serde(default)]
    pub scopes: Vec<String>,
    /// The levels of assurance that are asked for, best first.
    #[serde(default)]
    pub acr_values: Vec<String>,
    /// Where in its answer the parts of a profile stand.
    #[serde(default)]
    pub claims: ClaimMap,
    /// What its `acr` is worth. One that isn't here, or none, is the lowest level.
    #[serde(default)]
    pub levels: BTreeMap<String, Assurance>,
    /// The least level that is let in.
    #[serde(default)]
    pub minimum: Assurance,
    /// Whether its userinfo has to be signed (`FranceConnect` version 2 signs it).
    #[serde(default)]
    pub signed_userinfo: bool,
    /// Whether its e-mail addresses count as verified although it doesn't say so.
    #[serde(default)]
    pub trust_email: bool,
    /// What it is asked to show (`login`, `consent`, `select_account`); normally nothing.
    #[serde(default)]
    pub prompt: Option<String>,
}

/// A name in both languages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Label {
    /// In French.
    pub fr: String,
    /// In English.
    pub en: String,
}

/// Names of claims (`OpenID` Connect Core 1.0, section 5.1). An empty one is not looked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ClaimMap {
    /// First names.
    pub given_name: String,
    /// Family name.
    pub family_name: String,
    /// E-mail address.
    pub email: String,
    /// Whether that address is verified.
    pub email_verified: String,
    /// Date of birth, `YYYY-MM-DD`.
    pub birth_date: String,
    /// Language.
    pub language: String,
}

impl Default for ClaimMap {
    fn default() -> Self {
        let named = str::to_owned;
        Self {
            given_name: named("given_name"),
            family_name: named("family_name"),
            email: named("email"),
            email_verified: named("email_verified"),
            birth_date: named("birthdate"),
            language: named("locale"),
        }
    }
}

/// How sure it is who somebody is (Implementing Regulation (EU) 2015/1502).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Assurance {
    /// Low.
    #[default]
    Low,
    /// Substantial.
    Substantial,
    /// High.
    High,
}

/// How often one may ask, a minute; a quarter of it may come at once.
///
/// A polling place or a library has one address for everybody inside, so addresses get far more than
/// people. The strict limits are those of accounts and of sign-ins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Rates {
    /// Readings from one address.
    pub reads_per_ip: NonZeroU32,
    /// Writes from one address.
    pub writes_per_ip: NonZeroU32,
    /// Readings by one account.
    pub reads_per_account: NonZeroU32,
    /// Writes by one account.
    pub writes_per_account: NonZeroU32,
    /// Steps of a sign-in from one address; each sign-in takes two.
    pub sign_ins_per_ip: NonZeroU32,
}

impl Default for Rates {
    fn default() -> Self {
        let per_minute = |count| NonZeroU32::new(count).unwrap_or(NonZeroU32::MIN);
        Self {
            reads_per_ip: per_minute(2_400),
            writes_per_ip: per_minute(600),
            reads_per_account: per_minute(600),
            writes_per_account: per_minute(60),
            sign_ins_per_ip: per_minute(120),
        }
    }
}

/// How long things may take, in seconds, and how many connections there may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Timeouts {
    /// Until the headers of a request are there; also how long an idle connection is kept.
    pub headers_s: u64,
    /// Until a body is there, beside the time that `body_bytes_per_s` allows for what has come.
    pub body_s: u64,
    /// The slowest a body may come, once `body_s` is used up.
    pub body_bytes_per_s: NonZeroU32,
    /// Until another server has answered.
    pub issuer_s: u64,
    /// Connections at once; more of them wait to be accepted.
    pub connections: NonZeroU32,
    /// Connections at once from one address; more of them are closed.
    pub connections_per_ip: NonZeroU32,
    /// Largest request line and headers together, in bytes. Room for a query in an address (64 KiB).
    pub header_bytes: usize,
}

impl Default for Timeouts {
    fn default() -> Self {
        let count = |count| NonZeroU32::new(count).unwrap_or(NonZeroU32::MIN);
        Self {
            headers_s: 10,
            body_s: 10,
            body_bytes_per_s: count(4 * 1024),
            issuer_s: 10,
            connections: count(4_096),
            connections_per_ip: count(256),
            header_bytes: 96 * 1024,
        }
    }
}

/// How long a sign-in holds, in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SessionTimes {
    /// From sign-in to end, whatever happens.
    pub lifetime_s: u32,
    /// Without a request.
    pub idle_s: u32,
}

impl Default for SessionTimes {
    fn default() -> Self {
        Self { lifetime_s: 12 * 3_600, idle_s: 2 * 3_600 }
    }
}

impl Settings {
    /// Whether the site is this machine's own.
    pub(crate) fn is_local(&self) -> bool {
        is_local(&self.public_url)
    }

    /// Looks whether these settings can be right.
    ///
    /// # Errors
    /// The first that can't, with what to do.
    pub fn check(&self) -> Result<(), Error> {
        let wrong = |why| Err(Error::PublicUrl { url: self.public_url.to_string(), why });
        let url = &self.public_url;
        match url.scheme() {
            "https" => {}
            "http" if self.is_local() => {}
            "http" => return wrong("without https cookies and tokens would be read on the way"),
            _ => return wrong("that is no address of a web site"),
        }
        if url.path() != "/" || url.query().is_some() || url.fragment().is_some() {
            return wrong("it has more than a host");
        }
        if !url.username().is_empty() || url.password().is_some() {
            return wrong("it has a user name");
        }
        if self.development_issuer && !self.is_local() {
            return Err(Error::DevelopmentExposed { why: format!("public_url is {url}") });
        }
        let mut ids = BTreeSet::new();
        for issuer in &self.issuers {
            issuer.check()?;
            if !ids.insert(issuer.id.as_str()) {
                return Err(Error::IssuerTwice { id: issuer.id.clone() });
            }
        }
        for origin in &self.cors_origins {
            let same = Url::parse(origin).is_ok_and(|url| url.origin().ascii_serialization() == *origin);
            if origin != "*" && !(same && origin.starts_with("http")) {
                return Err(Error::CorsOrigin { origin: origin.clone() });
            }
        }
        self.check_ranges()
    }

    fn check_ranges(&self) -> Result<(), Error> {
        let (session, timeouts) = (&self.session, &self.timeouts);
        let day = 24 * 3_600;
        let seconds = [
            ("session.lifetime_s", session.lifetime_s.into(), 60..=31 * day, "60 seconds to 31 days"),
            ("session.idle_s", session.idle_s.into(), 60..=31 * day, "60 seconds to 31 days"),
            ("timeouts.headers_s", timeouts.headers_s, 1..=300, "1 to 300 seconds"),
            ("timeouts.body_s", timeouts.body_s, 1..=300, "1 to 300 seconds"),
            ("timeouts.issuer_s", timeouts.issuer_s, 1..=60, "1 to 60 seconds"),
        ];
        for (name, value, range, expected) in seconds {
            if !range.contains(&value) {
                return Err(Error::Range { name, value, expected });
            }
        }
        if !(8 * 1024..=1024 * 1024).contains(&timeouts.header_bytes) {
            let value = u64::try_from(timeouts.header_bytes).unwrap_or(u64::MAX);
            return Err(Error::Range { name: "timeouts.header_bytes", value, expected: "8 KiB to 1 MiB" });
        }
        Ok(())
    }

    /// Looks whether these settings fit where the server listens.
    ///
    /// # Errors
    /// `DEVELOPMENT_ISSUER_EXPOSED` when anybody from elsewhere could be anybody.
    pub fn check_listen(&self, listen: SocketAddr) -> Result<(), Error> {
        if self.development_issuer && !listen.ip().is_loopback() {
            return Err(Error::DevelopmentExposed { why: format!("the server listens on {listen}") });
        }
        Ok(())
    }
}

impl Issuer {
    fn check(&self) -> Result<(), Error> {
        let wrong = |why: String| Err(Error::Issuer { id: self.id.clone(), why });
        let slug = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-');
        if !(1..=40).contains(&self.id.len()) || !self.id.bytes().all(slug) {
            return wrong("its id stands in addresses: use 1 to 40 of a-z, 0-9 and -".to_owned());
        }
        if self.id == "development" || self.id == "development-agents" || self.id == "style.css" {
            return wrong("that id is taken: choose another".to_owned());
        }
        let Ok(url) = Url::parse(&self.url) else {
            return wrong(format!("its url {:?} is no address: write it as its discovery document does", self.url));
        };
        if url.scheme() != "https" && !(url.scheme() == "http" && is_local(&url)) {
            return wrong(format!("its url {url} isn't https: anybody on the way could sign in as anybody"));
        }
        if url.query().is_some() || url.fragment().is_some() {
            return wrong(format!("its url {url} has a query or a fragment: write the issuer identifier alone"));
        }
        if self.client_id.is_empty() {
            return wrong("client_id is empty: write the one that the issuer gave you".to_owned());
        }
        if self.client_secret_file.is_some() && self.client_secret_env.is_some() {
            return wrong("client_secret_file and client_secret_env are both set: keep one".to_owned());
        }
        if self.label.fr.trim().is_empty() || self.label.en.trim().is_empty() {
            return wrong("its label is empty: people choose by it".to_owned());
        }
        Ok(())
    }

    /// The client secret from where the settings say; none for a public client.
    pub(crate) fn client_secret(&self) -> Result<Option<String>, Error> {
        let unreadable = |place: String, why: String| Error::ClientSecret { id: self.id.clone(), place, why };
        let (place, text) = match (&self.client_secret_file, &self.client_secret_env) {
            (Some(file), _) => {
                let place = file.display().to_string();
                let text =
                    std::fs::read_to_string(file).map_err(|error| unreadable(place.clone(), error.to_string()))?;
                (place, text)
            }
            (None, Some(name)) => {
                let place = format!("the variable {name}");
                let text = std::env::var(name).map_err(|error| unreadable(place.clone(), error.to_string()))?;
                (place, text)
            }
            (None, None) => return Ok(None),
        };
        let secret = text.trim();
        if secret.is_empty() || secret.lines().count() > 1 {
            return Err(unreadable(place, "it is empty, or has more than one line".to_owned()));
        }
        Ok(Some(secret.to_owned()))
    }
}

/// Whether an address is this machine's own.
pub(crate) fn is_local(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(ip)) => IpAddr::V4(ip).is_loopback(),
        Some(Host::Ipv6(ip)) => IpAddr::V6(ip).is_loopback(),
        None => false,
    }
}
