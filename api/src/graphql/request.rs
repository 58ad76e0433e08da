//! What one GraphQL request carries: the version it reads, who asks, in which language.
//!
//! Put into the request's data by whoever starts it (`server.rs`, tests). The version never changes
//! during a query; a mutation reads the later one in which its own events stand.

use super::mutations::numbers::Numbers;
use super::types::analysis::Analyses;
use crate::error::Fault;
use crate::read_model::{CampaignVersion, ReadModel, Version};
use crate::witness::Witnesses;
use async_graphql::{Context, Value, value};
use commands::Executor;
use domain::Timestamp;
use domain::rejection::Language;
use doors::Doors;
use std::sync::{Arc, Mutex, PoisonError};
use uploads::Uploads;
use vault::{Level, Session, Vault};

/// One campaign at one position: what every object of an answer holds.
pub type View = Arc<CampaignVersion>;

/// What all requests share.
#[derive(Clone)]
pub struct Services {
    /// The published read model.
    pub read_model: Arc<ReadModel>,
    /// The way of commands; none when this server only reads.
    pub executor: Option<Executor>,
    /// The first part of the name of a new campaign's log; its code follows after a slash.
    pub origin: String,
    /// Where personal data is kept; none when this server only reads.
    pub vault: Option<Vault>,
    /// Who remembers sessions; none when nobody can sign in.
    pub doors: Option<Doors>,
    /// Where files are kept that people sent; none when none are accepted.
    pub files: Option<Uploads>,
    /// The least level of identity with which a citizen may take part.
    pub least_level: Level,
    /// The vote with sealed ballots; none when this server takes none.
    pub voting: Option<crate::voting::Voting>,
    /// Who cosigns checkpoints before they are published.
    pub witnesses: Arc<Witnesses>,
    /// The numbers of public references.
    pub(crate) numbers: Numbers,
    /// Counts under other rules.
    pub(crate) analyses: Analyses,
}

impl Services {
    /// Services on this read model; without an executor they refuse every command.
    pub fn new(read_model: Arc<ReadModel>, executor: Option<Executor>, origin: impl Into<String>) -> Self {
        Self {
            read_model,
            executor,
            origin: origin.into(),
            vault: None,
            doors: None,
            files: None,
            least_level: Level::Low,
            voting: None,
            witnesses: Arc::default(),
            numbers: Numbers::default(),
            analyses: Analyses::default(),
        }
    }
}

/// The version that a request reads, and what it read of it.
#[derive(Debug)]
pub struct Snapshot {
    version: Arc<Version>,
    read: Mutex<Vec<View>>,
    /// One version of the past is sought at a time, so that none is sought twice.
    pub(crate) seeking: tokio::sync::Mutex<()>,
}

impl Snapshot {
    /// A request that reads this version.
    pub fn new(version: Arc<Version>) -> Self {
        Self { version, read: Mutex::default(), seeking: tokio::sync::Mutex::default() }
    }

    /// The campaign with this code.
    pub fn campaign(&self, code: &str) -> Option<View> {
        let view = self.version.campaign(code)?;
        self.note(view);
        Some(Arc::clone(view))
    }

    /// All configured campaigns by code.
    pub fn campaigns(&self) -> Vec<View> {
        self.version.campaigns.keys().filter_map(|code| self.campaign(code)).collect()
    }

    /// Remembers that the request read this campaign.
    pub fn note(&self, view: &View) {
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        // Of the present, a request tells the latest version that it read.
        read.retain(|known| known.code != view.code || known.moment != view.moment || known.moment.is_some());
        read.push(Arc::clone(view));
    }

    /// The campaign as it stands now, whatever it is asked about: without noting that it was read.
    pub(crate) fn now(&self, code: &str) -> Option<&View> {
        self.version.campaign(code)
    }

    /// The codes of all configured campaigns.
    pub(crate) fn codes(&self) -> impl Iterator<Item = &str> {
        self.version.campaigns.keys().map(String::as_str).filter(|code| self.version.campaign(code).is_some())
    }

    /// A version of the past that this request has read already: of this moment, or else of its last event.
    pub(crate) fn read_before(&self, code: &str, size: u64, moment: Option<Timestamp>) -> Option<View> {
        let read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        let same = |view: &&View| {
            let last = view.model.applied.map(|last| last.at);
            view.code == code && view.size() == size && view.moment.is_some() && view.moment == moment.or(last)
        };
        read.iter().find(same).cloned()
    }

    /// `extensions.parvis`: where the campaign that was read stands; with several, or one at several
    /// moments, `logs`.
    pub fn extension(&self) -> Value {
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner).clone();
        read.sort_by(|a, b| (&a.code, a.size()).cmp(&(&b.code, b.size())));
        let stand = |view: &View| {
            let applied = view.model.applied;
            value!({
                "campaign": (view.code.clone()),
                "position": (applied.map(|applied| applied.position)),
                "size": (view.model.size()),
                "at": (applied.map(|applied| applied.at.to_string())),
            })
        };
        let mut logs: Vec<Value> = read.iter().map(stand).collect();
        if logs.len() == 1 { logs.remove(0) } else { value!({ "logs": logs }) }
    }
}

/// Who asks, and how to speak to them.
#[derive(Clone, Debug)]
pub struct Viewer {
    /// The language of messages.
    pub language: Language,
    /// The session or token of whoever signed in. In whose name they act: `acting.rs`.
    pub session: Option<Arc<Session>>,
}

impl Viewer {
    /// Reads a language from the value of `Accept-Language` (RFC 9110 §12.5.4): French unless English
    /// is preferred to it.
    pub fn language_of(accept_language: Option<&str>) -> Language {
        let mut best = (Language::French, 0_u32);
        for range in accept_language.unwrap_or_default().split(',') {
            let mut parts = range.split(';');
            let tag = parts.next().unwrap_or_default().trim().to_ascii_lowercase();
            let language = match tag.split('-').next() {
                Some("fr") => Language::French,
                Some("en") => Language::English,
                Some(_) | None => continue,
            };
            let weight = parts.find_map(|part| part.trim().strip_prefix("q=")).map_or(Some(1_000), thousandths);
            if let Some(weight) = weight.filter(|weight| *weight > best.1) {
                best = (language, weight);
            }
        }
        best.0
    }
}

/// `0.8` is 800; none for what isn't a weight (RFC 9110 §12.4.2).
fn thousandths(text: &str) -> Option<u32> {
    let (whole, decimals) = text.trim().split_once('.').unwrap_or((text.trim(), ""));
    let whole: u32 = whole.parse().ok().filter(|whole| *whole <= 1)?;
    let decimals = decimals.get(..3).unwrap_or(decimals);
    let weight = format!("{decimals:0<3}").parse::<u32>().ok()? + whole * 1_000;
    (weight <= 1_000).then_some(weight)
}

/// The version this request reads.
pub(crate) fn snapshot<'a>(ctx: &'a Context<'_>) -> Result<&'a Snapshot, Fault> {
    ctx.data_opt::<Arc<Snapshot>>().map(Arc::as_ref).ok_or(Fault::Internal("a request without a version to read"))
}

/// The services behind the schema.
pub(crate) fn services<'a>(ctx: &'a Context<'_>) -> Result<&'a Services, Fault> {
    ctx.data_opt::<Services>().ok_or(Fault::Internal("a schema without services"))
}

/// Where personal data is kept; a fault on a server that keeps none.
pub(crate) fn vault<'a>(ctx: &'a Context<'_>) -> Result<&'a Vault, Fault> {
    services(ctx)?.vault.as_ref().ok_or(Fault::NoVault)
}

/// The vote with sealed ballots; a fault on a server that takes none.
pub(crate) fn voting<'a>(ctx: &'a Context<'_>) -> Result<&'a crate::voting::Voting, Fault> {
    services(ctx)?.voting.as_ref().ok_or(Fault::NoVault)
}

/// The language to answer in.
pub(crate) fn language(ctx: &Context<'_>) -> Language {
    ctx.data_opt::<Viewer>().map_or(Language::French, |viewer| viewer.language)
}

/// The campaign with this code, which must be there.
pub(crate) fn campaign(ctx: &Context<'_>, code: &str) -> Result<View, Fault> {
    snapshot(ctx)?.campaign(code).ok_or_else(|| Fault::UnknownCampaign(code.chars().take(80).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_preferred_language_is_spoken() {
        let language = |text| Viewer::language_of(Some(text));
        assert_eq!(Viewer::language_of(None), Language::French);
        assert_eq!(language("en-GB,en;q=0.9,fr;q=0.8"), Language::English);
        assert_eq!(language("de, fr;q=0.5, en;q=0.7"), Language::English);
        assert_eq!(language("fr-CA, en;q=0.9"), Language::French);
        assert_eq!(language("en;q=0, *"), Language::French);
        assert_eq!(language("en;q=2"), Language::French);
        assert_eq!(language(";;,=é"), Language::French);
    }
}
