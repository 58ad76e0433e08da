//! The vote with sealed ballots, on the server: receipts, the publication of what was cast, the closing of
//! the gate, the shredding of the link.
//!
//! Owns the order between vault and log. A ballot is promised by the vault and published by the log; what
//! a crash cut off between the two is mended by asking the log. Every node runs this, and steps may be
//! done twice without harm. Must not open a ballot. Next: `vault::Vault::cast`, `domain::urn`.

use crate::failure::Failure;
use crate::keys;
use crate::read_model::{CampaignVersion, ReadModel};
use crate::run_people::PROGRAMME;
use crate::steps;
use commands::{Executor, Request};
use domain::configuration::Area;
use domain::phase::Phase;
use domain::urn::Command as UrnCommand;
use domain::{Actor, AreaId, Code, Command, Rejection, Role, Timestamp};
use seal::{KeyId, Sealed};
use serde_json::json;
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use transparency::{Hash, sign_note, to_canonical};
use uuid::Uuid;
use vault::{NewBallot, Vault, Waiting};

/// How often what waits is looked at. Ballots are published in lots, so that this says nothing of when
/// one was cast.
const PACE: Duration = Duration::from_secs(60);

/// The most ballots from which a lot is drawn.
const POOL: usize = 10_000;

/// How long an entry of the register is needed after the end of the vote, in seconds: for objections.
const KEPT_AFTER: i64 = 90 * 86_400;

/// What the vote needs on a server.
#[derive(Clone)]
pub struct Voting {
    executor: Executor,
    vault: Vault,
    read_model: Arc<ReadModel>,
    key: PathBuf,
}

/// A sealed ballot as a voter's page sends it.
#[derive(Clone, Debug)]
pub struct Cast {
    /// The area.
    pub area: AreaId,
    /// The envelope.
    pub ballot: Sealed,
    /// The key that it is sealed to.
    pub key: KeyId,
    /// The digest of the ballot lists that it is sealed for.
    pub catalogue: Hash,
}

impl Voting {
    /// With the file of the key that signs checkpoints, and receipts too.
    pub fn new(executor: Executor, vault: Vault, read_model: Arc<ReadModel>, key: PathBuf) -> Self {
        Self { executor, vault, read_model, key }
    }

    /// Where personal data is.
    pub(crate) fn vault(&self) -> &Vault {
        &self.vault
    }

    /// Takes a look at every campaign now and then, for ever.
    pub async fn run(self) {
        loop {
            let campaigns: Vec<String> = self.read_model.current().campaigns.keys().cloned().collect();
            for campaign in campaigns {
                if let Err(failure) = self.step(&campaign).await {
                    tracing::error!(campaign, code = failure.code, "sealed ballots wait: {failure}");
                }
            }
            tokio::time::sleep(PACE).await;
        }
    }

    /// Does what is due in a campaign: publishes the ballots that wait, closes the gate once the vote is
    /// over and publishes the rest, shreds the link once two agents decided it.
    ///
    /// # Errors
    /// Faults of the store and of the vault; what was done before stays done.
    pub async fn step(&self, campaign: &str) -> Result<(), Failure> {
        let Some(view) = self.newest(campaign).await? else { return Ok(()) };
        let state = &view.model.campaign;
        if !state.is_sealed() || !state.frozen {
            return Ok(());
        }
        if state.objections_until.is_some() {
            let gone = self.vault.shred(campaign).await?;
            if gone > 0 {
                tracing::info!(campaign, "the link between voters and ballots is destroyed");
            }
            return Ok(());
        }
        if state.progress.has_ended(Phase::Vote) {
            // From here on nobody casts; whoever did is in the vault, and published below.
            self.vault.close_gate(campaign).await?;
        }
        for area in &state.configured()?.areas {
            self.publish(campaign, area).await?;
        }
        Ok(())
    }

    /// Publishes what waits of an area: lots of as many as fit in a leaf, drawn from all, and of as few as the
    /// rules allow.
    async fn publish(&self, campaign: &str, area: &Area) -> Result<(), Failure> {
        loop {
            let Some(view) = self.newest(campaign).await? else { return Ok(()) };
            let (state, urn) = (&view.model.campaign, &view.model.urn);
            let (least, most) = (usize::from(state.sealed()?.batch_least), state.batch_most(area));
            let waiting = self.vault.waiting(campaign, &area.id, POOL).await?;
            let (known, mut new): (Vec<_>, Vec<_>) = waiting.into_iter().partition(|one| urn.knows(&Hash(one.digest)));
            // In the log already: the note in the vault was cut off.
            self.note(campaign, area, &known).await?;
            let size = lot(new.len(), least, most, state.progress.has_ended(Phase::Vote));
            if state.box_closed || size == 0 {
                if known.is_empty() {
                    return Ok(());
                }
                continue;
            }
            // Drawn, not the first by digest: those that stay would stand at the end of a later batch.
            let seed = self.executor.entropy().bytes();
            new.sort_by_cached_key(|one| Hash::of(&[&seed, &one.digest]));
            new.truncate(size);
            let ballots = new.iter().map(|one| Sealed::new(one.envelope.clone())).collect::<Result<_, _>>();
            let ballots = ballots.map_err(|error: seal::Error| Failure::fault(error.code(), error.to_string()))?;
            let command = Command::Urn(UrnCommand::Publish { area: area.id.clone(), ballots });
            let actor = Actor::new(PROGRAMME, Role::System);
            let request = Request { command_id: name_of(campaign, area, &new), actor, commands: vec![command] };
            match self.executor.execute(campaign, request).await {
                Ok(receipt) => {
                    if let Some(last) = receipt.last {
                        self.wait_for(campaign, last).await?;
                    }
                    self.note(campaign, area, &new).await?;
                }
                // Another node was faster with some of them: the log is asked again.
                Err(commands::Error::Rejected(no)) if no.code == Code::BallotKnown => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    async fn note(&self, campaign: &str, area: &Area, ballots: &[Waiting]) -> Result<(), Failure> {
        // In one order on every node: rows that two of them note are locked in it, and neither waits for the other.
        let digests: BTreeSet<[u8; 32]> = ballots.iter().map(|one| one.digest).collect();
        let digests: Vec<[u8; 32]> = digests.into_iter().collect();
        Ok(self.vault.published(campaign, &area.id, &digests).await?)
    }

    /// The campaign as its log has it now.
    async fn newest(&self, campaign: &str) -> Result<Option<Arc<CampaignVersion>>, Failure> {
        let logs = self.executor.store().logs().await?;
        let Some(last) = logs.iter().find(|head| head.campaign == campaign).and_then(|head| head.size.checked_sub(1))
        else {
            return Ok(None);
        };
        self.wait_for(campaign, last).await.map(Some)
    }

    async fn wait_for(&self, campaign: &str, position: u64) -> Result<Arc<CampaignVersion>, Failure> {
        let found = self.read_model.wait_for(campaign, position).await;
        found.map_err(|error| Failure::fault(error.code(), error.to_string()))
    }

    /// Checks ballots as far as that can be told of a sealed one, and writes a receipt for each. The vault
    /// takes them then ([`Vault::cast`]).
    ///
    /// # Errors
    /// Faults of the key that signs receipts. The rejection: the first rule that a ballot breaks.
    pub fn receipts(
        &self,
        view: &CampaignVersion,
        cast: Vec<Cast>,
        now: Timestamp,
    ) -> Result<Result<Vec<NewBallot>, Rejection>, Failure> {
        let (state, urn) = (&view.model.campaign, &view.model.urn);
        let signer = keys::signer(&self.key, &view.origin, self.executor.entropy())?;
        let mut ballots = Vec::with_capacity(cast.len());
        for Cast { area, ballot, key, catalogue } in cast {
            let checked = state.takes_sealed().and_then(|()| {
                urn.check_target(&key, &catalogue, state)?;
                let area = state.configured()?.require_area(&area)?.clone();
                Ok((urn.check_ballot(&area.id, &ballot, state)?, area, deadline(view)?))
            });
            let (digest, area, deadline) = match checked {
                Ok(checked) => checked,
                Err(no) => return Ok(Err(no)),
            };
            let receipt = json!({
                "v": 1, "log": view.origin, "area": area.id, "ballot": digest, "key": key,
                "deadline": deadline, "at": now.to_minute(),
            });
            let receipt = sign_note(&format!("{}\n", to_canonical(&receipt)?), &signer)?;
            let at = now.to_minute().unix();
            ballots.push(NewBallot { area, digest: digest.0, envelope: ballot.as_bytes().to_vec(), receipt, at });
        }
        Ok(Ok(ballots))
    }
}

/// How many of the ballots that wait are published together. While the vote is open as many stay behind as
/// the smallest batch has, so that also those who vote last are among as many; at the end nothing stays, and
/// what is too much for one leaf is divided so that neither part is small.
fn lot(waiting: usize, least: usize, most: usize, ended: bool) -> usize {
    if !ended {
        let ready = waiting.saturating_sub(least);
        return if ready < least { 0 } else { ready.min(most) };
    }
    let rest = waiting.saturating_sub(most);
    if rest == 0 {
        waiting
    } else if rest < least {
        waiting.div_ceil(2)
    } else {
        most
    }
}

/// The end of the vote as planned.
fn end_of_vote(view: &CampaignVersion) -> Result<Timestamp, Rejection> {
    let period = view.model.campaign.configured()?.period(Phase::Vote);
    period.map(|period| period.end).ok_or_else(|| Code::PhaseNotInCalendar.with(Phase::Vote.code()))
}

/// By when every ballot stands in the log: batches wait for others of their area, to the end if need be.
fn deadline(view: &CampaignVersion) -> Result<Timestamp, Rejection> {
    let hours = i64::from(view.model.campaign.sealed()?.receipt_hours);
    let end = end_of_vote(view)?;
    let deadline = end.unix().checked_add(hours.saturating_mul(3_600)).and_then(Timestamp::from_unix);
    deadline.ok_or_else(|| Code::TooLate.with(end))
}

/// Up to when an entry of the register is needed.
pub(crate) fn kept_until(view: &CampaignVersion) -> Result<Timestamp, Rejection> {
    let end = end_of_vote(view)?;
    end.unix().checked_add(KEPT_AFTER).and_then(Timestamp::from_unix).ok_or_else(|| Code::TooLate.with(end))
}

/// The id of a publication: the same for the same ballots, on every node and after every crash.
fn name_of(campaign: &str, area: &Area, ballots: &[Waiting]) -> Uuid {
    let mut parts: Vec<&[u8]> = vec![b"parvis.batch/v1\n", campaign.as_bytes(), b"\n", area.id.as_str().as_bytes()];
    parts.extend(ballots.iter().map(|one| &one.digest[..]));
    steps::id_of(&Hash::of(&parts))
}

#[cfg(test)]
mod tests {
    use super::lot;

    #[test]
    fn nobody_is_published_among_fewer_than_the_smallest_batch() {
        for (least, most) in [(5, 5), (5, 9), (5, 10), (20, 60), (2, 3)] {
            for cast in 0..4 * most + 2 {
                let (mut waiting, mut batches) = (0, Vec::new());
                let mut publish = |waiting: &mut usize, ended| {
                    loop {
                        let batch = lot(*waiting, least, most, ended);
                        if batch == 0 {
                            break;
                        }
                        batches.push(batch);
                        *waiting -= batch;
                    }
                };
                for _ in 0..cast {
                    waiting += 1;
                    publish(&mut waiting, false);
                }
                publish(&mut waiting, true);
                assert_eq!(batches.iter().sum::<usize>(), cast);
                assert!(batches.iter().all(|batch| *batch <= most));
                // Fewer are alone where fewer voted, or where a leaf can't hold two of the smallest batches.
                let small = least.min(cast).min(most.div_ceil(2));
                assert!(batches.iter().all(|batch| *batch >= small), "{least} {most} {cast}: {batches:?}");
            }
        }
    }
}
