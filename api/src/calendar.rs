//! Phases opened and closed at their planned times (`calendrier`).
//!
//! Owns when a server looks at the calendars, and what it says when a rule refuses what is due. What is due
//! is `domain`'s to say ([`Campaign::due`](domain::campaign::Campaign::due)), and it is asked for like every
//! other command. Every node looks; they name the same turn by the same command id, so it is done once.

use crate::read_model::ReadModel;
use crate::run_people::PROGRAMME;
use commands::{Error, Executor, Request};
use domain::calendar::Turn;
use domain::{Actor, Command, Role, Timestamp};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use transparency::Hash;
use uuid::Uuid;

/// How often a node looks, and so how late a phase may open or close.
const PAUSE: Duration = Duration::from_secs(1);

/// After how many seconds a refused turn is decided again where nothing happened in between: rules look at the
/// clock too.
const AGAIN: u64 = 60;

/// The calendars of all campaigns of a store.
pub struct Calendars {
    executor: Executor,
    read_model: Arc<ReadModel>,
    /// What was refused last, per campaign.
    refused: BTreeMap<String, Refused>,
}

/// A turn that a rule refused: told once in the server's log, and not decided again as long as the campaign is
/// as it was, up to a minute.
struct Refused {
    said: String,
    /// How many events the campaign had; none where no rule said no, but the store has a fault.
    size: Option<u64>,
    at: Timestamp,
}

impl Calendars {
    /// The calendars of these campaigns, kept by these commands.
    #[must_use]
    pub fn new(executor: Executor, read_model: Arc<ReadModel>) -> Self {
        Self { executor, read_model, refused: BTreeMap::new() }
    }

    /// Looks now and then every second, for ever.
    pub async fn run(mut self) {
        loop {
            self.look().await;
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Opens and closes what is due, one turn per campaign, and answers how many turns were taken. What a
    /// rule refuses is told in the server's log, and tried again once something happened or a minute passed.
    pub async fn look(&mut self) -> usize {
        let Some(now) = self.executor.clock().now() else { return 0 };
        let version = self.read_model.current();
        let mut turns = 0;
        for view in version.campaigns.values().filter(|view| view.broken.is_none()) {
            let Some(turn) = view.model.campaign.due(now) else { continue };
            let waits = |no: &Refused| no.size == Some(view.model.size()) && now.unix().abs_diff(no.at.unix()) < AGAIN;
            if self.refused.get(&view.code).is_some_and(waits) {
                continue;
            }
            let request = Request {
                command_id: id(&view.code, turn),
                actor: Actor::new(PROGRAMME, Role::System),
                commands: vec![Command::Campaign(turn.command())],
            };
            match self.executor.execute(&view.code, request).await {
                Ok(receipt) => {
                    turns += usize::from(!receipt.replayed);
                    self.refused.remove(&view.code);
                }
                Err(error) => self.tell(&view.code, &error, view.model.size(), now),
            }
        }
        turns
    }

    fn tell(&mut self, code: &str, error: &Error, size: u64, at: Timestamp) {
        let said = error.to_string();
        if self.refused.get(code).is_none_or(|before| before.said != said) {
            tracing::warn!(campaign = code, "the calendar asks for a turn that isn't possible yet: {said}");
        }
        let size = matches!(error, Error::Rejected(_)).then_some(size);
        self.refused.insert(code.to_owned(), Refused { said, size, at });
    }
}

/// The id that every node gives to a turn: a campaign opens and closes each phase once at most.
fn id(code: &str, turn: Turn) -> Uuid {
    let (what, phase) = match turn {
        Turn::Open(phase) => ("open", phase),
        Turn::Close(phase) => ("close", phase),
    };
    let named = format!("parvis.calendar/v1\n{code}\n{what} {}", phase.code());
    crate::steps::id_of(&Hash::of(&[named.as_bytes()]))
}
