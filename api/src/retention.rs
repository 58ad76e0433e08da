//! What is done with personal data by the clock: what is past its time is destroyed, and the record of
//! who read personal data is anchored in the public logs.
//!
//! Once an hour, on every node; each step may be done twice without harm. What is kept how long:
//! `vault::Retention`. The order in which a person is erased: `erasure.rs`.

use crate::attachments::OF_SITES;
use crate::failure::Failure;
use crate::read_model::ReadModel;
use crate::run_people::PROGRAMME;
use crate::{attachments, erasure};
use commands::{Executor, Request};
use domain::campaign::Command as CampaignCommand;
use domain::{Actor, Command, Role};
use std::sync::Arc;
use std::time::Duration;
use uploads::Uploads;
use vault::{Kind, Retention, Vault};

const HOUR: Duration = Duration::from_secs(3_600);

/// What one round came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Round {
    /// Records that were past their time.
    pub records: u64,
    /// People who were erased because they hadn't come for too long.
    pub people: u64,
    /// Logs in which the readings were anchored.
    pub anchored: u64,
}

/// Everything that the rounds need.
#[derive(Clone)]
pub struct Keeper {
    /// Carries out removals and anchors.
    pub executor: Executor,
    /// Where personal data is.
    pub vault: Vault,
    /// Where files are that people sent.
    pub files: Option<Uploads>,
    /// Which campaigns there are, and what was anchored last.
    pub read_model: Arc<ReadModel>,
    /// How long what is kept.
    pub retention: Retention,
}

impl Keeper {
    /// A round now and then one each hour, for ever.
    pub async fn run(self) {
        loop {
            match self.round().await {
                Ok(round) if round != Round::default() => tracing::info!(?round, "personal data: what was due is done"),
                Ok(_) => {}
                Err(failure) => {
                    tracing::error!(code = failure.code, "personal data: {failure}; tried again in an hour")
                }
            }
            tokio::time::sleep(HOUR).await;
        }
    }

    /// One round.
    ///
    /// # Errors
    /// Faults of the store and of the vault; what was done before stays done.
    pub async fn round(&self) -> Result<Round, Failure> {
        let mut people = 0;
        // Before the vault forgets their pseudonyms.
        loop {
            let due = self.vault.due(&self.retention).await?;
            if due.is_empty() {
                break;
            }
            for person in &due {
                erasure::erase(&self.executor, &self.vault, self.files.as_ref(), person).await?;
                people += 1;
            }
        }
        let expired = self.vault.expire(&self.retention).await?;
        if let Some(files) = &self.files {
            for (person, upload) in &expired.uploads {
                files.remove(person.as_str(), upload)?;
            }
        }
        let records = expired.messages
            + expired.conversations
            + expired.drafts
            + expired.subscriptions
            + expired.registers
            + expired.sessions
            + expired.sign_ins
            + self.forget_files().await?;
        let mut round = Round { records, people, ..Round::default() };
        round.anchored = self.anchor().await?;
        // Deletions that were cut off between the event and the store.
        for head in self.executor.store().logs().await? {
            self.executor.carry_out_redactions(&head.campaign).await?;
        }
        Ok(round)
    }

    /// Deletes files that nothing names, or names any more because a text was removed for ever.
    async fn forget_files(&self) -> Result<u64, Failure> {
        let Some(files) = &self.files else { return Ok(0) };
        let mut forgotten = 0;
        let old = self.vault.old_uploads(&self.retention).await?;
        // Read after them: what was named before it was old stands in it.
        let named = attachments::named(&self.read_model.current());
        for (person, upload) in old.iter().filter(|(_, upload)| !named.contains(upload)) {
            // What is still being written keeps its files.
            let drafts = match self.vault.list(person, Kind::Draft).await {
                Ok(drafts) => drafts,
                Err(vault::Error::PersonErased(_) | vault::Error::PersonUnknown(_)) => continue,
                Err(error) => return Err(error.into()),
            };
            if drafts.iter().any(|draft| attachments::in_draft(&draft.value, upload)) {
                continue;
            }
            if self.vault.forget_upload(&self.retention, person, upload).await? {
                files.remove(person.as_str(), upload)?;
                forgotten += 1;
            }
        }
        // After an hour: a photo that is just being shown isn't taken for one that no longer is.
        let of_sites = files.older_than(OF_SITES, HOUR)?;
        let named = attachments::named(&self.read_model.current());
        for gone in of_sites.iter().filter(|digest| !named.contains(*digest)) {
            forgotten += u64::from(files.remove(OF_SITES, gone)?);
        }
        Ok(forgotten)
    }

    /// Anchors the readings in every campaign where they were read for and that keeps roles.
    async fn anchor(&self) -> Result<u64, Failure> {
        let readings = self.vault.readings_digest().await?;
        if readings.count == 0 {
            return Ok(0);
        }
        let digest = readings.digest.parse().map_err(|_| Failure::fault("VAULT_DAMAGED", "a digest that is none"))?;
        let mut anchored = 0;
        let version = self.read_model.current();
        for (code, view) in &version.campaigns {
            let campaign = &view.model.campaign;
            if !campaign.roles.are_kept() || campaign.readings.is_some_and(|(count, _)| count >= readings.count) {
                continue;
            }
            let command = CampaignCommand::AnchorReadings { count: readings.count, digest };
            let request = Request {
                command_id: self.executor.entropy().uuid(),
                actor: Actor::new(PROGRAMME, Role::System),
                commands: vec![Command::Campaign(command)],
            };
            match self.executor.execute(code, request).await {
                Ok(receipt) => {
                    anchored += 1;
                    // The next round looks at what can be read here; behind, it would anchor the same again.
                    if let Some(last) = receipt.last {
                        self.read_model.wait_for(code, last).await.ok();
                    }
                }
                // Another node was faster.
                Err(commands::Error::Rejected(_)) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(anchored)
    }
}
