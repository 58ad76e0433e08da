//! Events that somebody should hear of: from the log to the outbox, and from the outbox to the mail server.
//!
//! `of.rs` says, purely, which event is told to whom, and `due.rs` what the clock brings; `reach.rs` finds the
//! people, `facts.rs` what their messages name. Nobody is told what they did themselves. Each node reads the logs for messages and sends; the vault sees to it that each message is put
//! and claimed once. Imported campaigns tell nobody, and neither do events that are older than a day when
//! they are read: nobody is told again what was told, or what nobody was waiting for.

mod due;
pub(crate) mod facts;
mod of;
mod of_project;
mod of_proposal;
mod of_workshop;
mod reach;

use crate::failure::Failure;
use crate::read_model::{CampaignVersion, ReadModel};
use commands::Clock;
use domain::{Record, Timestamp};
use messages::{Content, Post};
use of::Notice;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use transparency::Leaf;
use vault::{MessageDraft, OutboxStep, PersonId, Vault};

/// How often a node looks whether something is to be told or sent.
const PAUSE: Duration = Duration::from_secs(5);
/// Rounds in a minute.
const ROUNDS: u32 = 12;
/// Events read for messages at a time.
const BATCH: u64 = 500;
/// Seconds after which an event isn't told any more.
const STALE: i64 = 86_400;

/// Everything that telling needs. Cheap to clone.
#[derive(Clone)]
pub struct Notices {
    read_model: Arc<ReadModel>,
    vault: Vault,
    clock: Clock,
    post: Post,
    per_minute: u32,
    /// Up to when this node looked for what the clock brings.
    looked: Arc<Mutex<Option<Timestamp>>>,
}

impl Notices {
    /// What stands in these campaigns, told to these people this way, at most so many messages a minute.
    #[must_use]
    pub fn new(read_model: Arc<ReadModel>, vault: Vault, clock: Clock, post: Post, per_minute: u32) -> Self {
        Self { read_model, vault, clock, post, per_minute, looked: Arc::default() }
    }

    /// A round now and then one every five seconds, for ever.
    pub async fn run(self) {
        loop {
            if let Err(failure) = self.round().await {
                tracing::error!(code = failure.code, "messages: {failure}; tried again");
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Reads what is new in the logs, then sends what is due.
    ///
    /// # Errors
    /// Faults of the store, the vault and the way out; the next round goes on where this one ended.
    pub async fn round(&self) -> Result<messages::Round, Failure> {
        let version = self.read_model.current();
        for view in version.campaigns.values() {
            self.read(view).await?;
        }
        self.look(version.campaigns.values().map(AsRef::as_ref)).await?;
        let most = self.per_minute.div_ceil(ROUNDS);
        let facts = |content: &Content, language| facts::facts(version.campaign(&content.campaign)?, content, language);
        let round = self.post.round(most, facts).await?;
        for (state, count) in self.vault.message_states().await? {
            let count = u32::try_from(count).unwrap_or(u32::MAX);
            metrics::gauge!("parvis_messages", "state" => state.code()).set(f64::from(count));
        }
        metrics::gauge!("parvis_messages_server_unreachable").set(f64::from(u8::from(round.unreachable)));
        Ok(round)
    }

    /// Puts the messages of a campaign's new events, as far as its read model has come.
    async fn read(&self, view: &CampaignVersion) -> Result<(), Failure> {
        let Some(mut from) = self.vault.outbox_place(&view.code).await? else {
            // What happened before this node could tell it is told to nobody.
            return Ok(self.vault.begin_outbox(&view.code, self.beginning(view)).await?);
        };
        while from < view.size() {
            let limit = BATCH.min(view.size() - from);
            let events = self.read_model.store().read(view.log, from, limit).await?;
            let Some(last) = events.last() else { return Ok(()) };
            let to = last.position + 1;
            let mut drafts = Vec::new();
            for event in &events {
                let leaf = Leaf::parse(&event.leaf)?;
                let record = Record::read(&leaf, &event.leaf, &event.disclosed)?;
                if !view.model.campaign.is_imported() && self.is_new(&record)? {
                    drafts.extend(self.told(view, &record).await?);
                }
            }
            if !self.vault.put_messages(&drafts, Some(OutboxStep { campaign: &view.code, from, to })).await? {
                // Another node was faster, and goes on.
                return Ok(());
            }
            from = to;
        }
        Ok(())
    }

    /// Where a log is read first: at its beginning when it has just begun, else at its end.
    fn beginning(&self, view: &CampaignVersion) -> u64 {
        let began = view.model.overview.created.map(|created| created.at.unix());
        let now = self.clock.now().map(|now| now.unix());
        let fresh = matches!((began, now), (Some(began), Some(now)) if now - began < STALE);
        if fresh || began.is_none() { 0 } else { view.size() }
    }

    fn is_new(&self, record: &Record) -> Result<bool, Failure> {
        Ok(self.now()?.unix() - record.at.unix() < STALE)
    }

    /// Puts the messages of what came due since this node looked last; the first time, since a day.
    async fn look(&self, views: impl Iterator<Item = &CampaignVersion>) -> Result<(), Failure> {
        let now = self.now()?;
        let looked = *self.looked.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(after) = looked.or_else(|| Timestamp::from_unix(now.unix() - STALE)) else { return Ok(()) };
        let mut drafts = Vec::new();
        for view in views.filter(|view| !view.model.campaign.is_imported()) {
            for (key, notice) in due::due(&view.code, &view.model, after, now) {
                drafts.extend(self.drafts(view, vec![notice], &key, None).await?);
            }
        }
        // Another node may put the same ones: each is one message.
        self.vault.put_messages(&drafts, None).await?;
        *self.looked.lock().unwrap_or_else(PoisonError::into_inner) = Some(now);
        Ok(())
    }

    fn now(&self) -> Result<Timestamp, Failure> {
        Ok(self.clock.now().ok_or(vault::Error::Clock)?)
    }

    /// The messages of one event.
    async fn told(&self, view: &CampaignVersion, record: &Record) -> Result<Vec<MessageDraft>, Failure> {
        let mut notices = of::notices(&view.code, record, &view.model);
        if notices.is_empty() {
            return Ok(Vec::new());
        }
        notices.sort_by_key(|notice| notice.content.topic);
        let actor = reach::actor(&self.vault, &view.code, &record.actor).await?;
        // Without the topic: told once, whatever is wanted when the event is read again.
        let key = format!("{}/{}", view.code, record.position);
        self.drafts(view, notices, &key, actor.as_ref()).await
    }

    /// One message for each person, under the first topic that they want; where several projects are told
    /// of at once, one for each of theirs.
    async fn drafts(
        &self,
        view: &CampaignVersion,
        notices: Vec<Notice>,
        key: &str,
        except: Option<&PersonId>,
    ) -> Result<Vec<MessageDraft>, Failure> {
        let now = self.now()?;
        let mut drafts: BTreeMap<(PersonId, String), MessageDraft> = BTreeMap::new();
        for notice in notices {
            let content = serde_json::to_value(&notice.content)
                .map_err(|error| Failure::fault("MESSAGE_UNWRITABLE", error.to_string()))?;
            let project = notice.content.other.as_deref().filter(|other| other.starts_with("project/"));
            let project = project.unwrap_or_default();
            for person in reach::people(&self.vault, view, &notice.to, now).await? {
                let of_person = drafts.range((person.clone(), String::new())..).map(|(key, _)| key);
                let mut of_person = of_person.take_while(|(other, _)| *other == person);
                let known = of_person.any(|(_, told)| project.is_empty() || told == project);
                if known
                    || except == Some(&person)
                    || !messages::wants(&self.vault, &person, notice.content.topic).await?
                {
                    continue;
                }
                let key = if project.is_empty() { key.to_owned() } else { format!("{key}/{project}") };
                let draft = MessageDraft { person: person.clone(), key, content: content.clone() };
                drafts.insert((person, project.to_owned()), draft);
            }
        }
        Ok(drafts.into_values().collect())
    }
}
