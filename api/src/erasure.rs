//! Erasing a person: first what they wrote in public logs, then what the vault keeps.
//!
//! In this order, because the pseudonyms under which they wrote can only be found while their key is
//! there. Cut short, it is done again: values that are already removed are passed over, and the person
//! is there until the end. Ballots aren't touched: they hold nothing typed, and once the key is gone no
//! one can tell whose they are (GDPR recital 26).

use crate::failure::Failure;
use commands::{Executor, Request};
use domain::campaign::Command as CampaignCommand;
use domain::redaction::{Ground, Target};
use domain::{Actor, Command, Role};
use event_store::LogId;
use transparency::Leaf;
use uploads::Uploads;
use vault::{Hat, PersonId, Vault};

/// Who writes the removal: the programme, on behalf of the person.
const ERASER: &str = "parvis";

/// What was destroyed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Erasure {
    /// Texts removed from public logs.
    pub texts: u64,
    /// Records of the vault.
    pub records: u64,
}

/// Erases a person.
///
/// # Errors
/// Faults of the store and of the vault; what was already removed stays removed, and it can be asked
/// again.
pub async fn erase(
    executor: &Executor,
    vault: &Vault,
    files: Option<&Uploads>,
    person: &PersonId,
) -> Result<Erasure, Failure> {
    let Some(names) = vault.keys_of_pseudonyms(person).await? else { return Ok(Erasure::default()) };
    let mut done = Erasure::default();
    for head in executor.store().logs().await? {
        let author = names.pseudonym(&head.campaign, Hat::Participant);
        let log = head.log_id;
        let targets = executor.store().read_with(move |reader| Ok(written_by(reader, log, &author))).await??;
        done.texts += u64::try_from(targets.len()).unwrap_or(u64::MAX);
        remove(executor, &head.campaign, targets).await?;
    }
    if let Some(files) = files {
        files.forget(person.as_str())?;
    }
    let erased = vault.erase(person).await?;
    done.records = erased.records;
    Ok(done)
}

/// Every value that somebody with this pseudonym typed and that is still there.
fn written_by(reader: &event_store::Reader, log: LogId, author: &str) -> Result<Vec<Target>, Failure> {
    let mut targets = Vec::new();
    reader.for_each(log, 0, |stored| {
        let leaf = Leaf::parse(&stored.leaf)?;
        if leaf.actor.id == author {
            let paths = stored.disclosed.iter().map(|value| value.path.clone());
            targets.extend(paths.map(|path| Target { position: leaf.position, path }));
        }
        Ok::<_, Failure>(())
    })?;
    Ok(targets)
}

async fn remove(executor: &Executor, campaign: &str, targets: Vec<Target>) -> Result<(), Failure> {
    if targets.is_empty() {
        return Ok(());
    }
    let command = CampaignCommand::Redact { targets, ground: Ground::ErasureRequest };
    let request = Request {
        command_id: executor.entropy().uuid(),
        actor: Actor::new(ERASER, Role::System),
        commands: vec![Command::Campaign(command)],
    };
    executor.execute(campaign, request).await?;
    Ok(())
}
