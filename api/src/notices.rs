//! Events that somebody should hear of: from the log to the outbox, and from the outbox to the mail server.
//!
//! `of.rs` says, purely, which event is told to whom; `reach.rs` finds the people and what their messages
//! name. Each node reads the logs for messages and sends; the vault sees to it that each message is put
//! and claimed once. Imported campaigns tell nobody, and neither do events that are older than a day when
//! they are read: nobody is told again what was told, or what nobody was waiting for.

mod of;
mod reach;

use crate::failure::Failure;
use crate::read_model::{CampaignVersion, ReadModel};
use commands::Clock;
use domain::Record;
use messages::{Content, Post};
use std::sync::Arc;
use std::time::Duration;
use transparency::Leaf;
use vault::{MessageDraft, OutboxStep, Vault};

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
    /// Which campaigns there are, and what stands in them.
    pub read_model: Arc<ReadModel>,
    /// Who people are, and what waits for them.
    pub vault: Vault,
    /// Whether an event is still new.
    pub clock: Clock,
    /// The way out.
    pub post: Post,
    /// Messages that this node sends in a minute.
    pub per_minute: u32,
}

impl Notices {
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
        let most = self.per_minute.div_ceil(ROUNDS);
        let facts = |content: &Content, language| reach::facts(&version, &self.post, content, language);
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
                    drafts.extend(self.drafts(view, &record).await?);
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
        let now = self.clock.now().ok_or(vault::Error::Clock)?;
        Ok(now.unix() - record.at.unix() < STALE)
    }

    /// The messages of one event: one for each person, under the first topic that they want.
    async fn drafts(&self, view: &CampaignVersion, record: &Record) -> Result<Vec<MessageDraft>, Failure> {
        let mut drafts: Vec<MessageDraft> = Vec::new();
        let mut notices = of::notices(&view.code, record, &view.model);
        notices.sort_by_key(|notice| notice.content.topic);
        for notice in notices {
            for person in reach::people(&self.vault, view, &notice.to).await? {
                let known = drafts.iter().any(|draft| draft.person == person);
                if known || !messages::wants(&self.vault, &person, notice.content.topic).await? {
                    continue;
                }
                let content = serde_json::to_value(&notice.content)
                    .map_err(|error| Failure::fault("MESSAGE_UNWRITABLE", error.to_string()))?;
                // Without the topic: told once, whatever is wanted when the event is read again.
                let key = format!("{}/{}", view.code, record.position);
                drafts.push(MessageDraft { person, key, content });
            }
        }
        Ok(drafts)
    }
}
