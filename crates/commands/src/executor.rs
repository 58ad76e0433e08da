//! The way of a command: gather, decide, append, receipt.
//!
//! A command that loses a race is decided anew on what the winner left, a few
//! times. A command id that comes again gets its first receipt.

use crate::gather::{self, Gathered, Known};
use crate::{Clock, Entropy, Error};
use domain::campaign::Command as CampaignCommand;
use domain::configuration::Configuration;
use domain::{Actor, Command, Role, StreamKind, Timestamp, World, project, site};
use event_store::{Append, Appended, LogId, Reader, Store};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use transparency::{Draft, Leaf, Origin};
use uuid::Uuid;

/// How often a command is decided before its conflict is reported.
const ATTEMPTS: u32 = 8;

/// What somebody asks for.
#[derive(Clone, Debug)]
pub struct Request {
    /// Chosen by the client; the same id gets the same receipt.
    pub command_id: Uuid,
    /// Who asks.
    pub actor: Actor,
    /// What, in this order and all or nothing.
    pub commands: Vec<Command>,
}

/// That a command was carried out, and where its events stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// The campaign.
    pub campaign: String,
    /// The first position written; none when nothing had to be.
    pub first: Option<u64>,
    /// The last position written.
    pub last: Option<u64>,
    /// The command had been carried out before; this is its first receipt.
    pub replayed: bool,
}

/// Carries out commands on a store. Cheap to clone.
#[derive(Clone)]
pub struct Executor {
    store: Store,
    clock: Clock,
    entropy: Entropy,
    logs: Arc<Mutex<BTreeMap<String, LogId>>>,
    known: Arc<Mutex<BTreeMap<LogId, Known>>>,
    turns: Arc<tokio::sync::Mutex<()>>,
}

impl Executor {
    /// An executor on this store.
    pub fn new(store: Store, clock: Clock, entropy: Entropy) -> Self {
        Self { store, clock, entropy, logs: Arc::default(), known: Arc::default(), turns: Arc::default() }
    }

    /// The store it writes to.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Its clock.
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// Its source of chance.
    pub fn entropy(&self) -> &Entropy {
        &self.entropy
    }

    /// Creates the log of a campaign and configures it; `request.commands` follow at once, such as the
    /// grant of the first role.
    ///
    /// # Errors
    /// [`Error::Rejected`] when a rule says no to the configuration or to what follows (no log is
    /// created), the store's `LOG_EXISTS`, or any error of [`Executor::execute`].
    pub async fn open_campaign(
        &self,
        origin: &str,
        configuration: Configuration,
        request: Request,
    ) -> Result<Receipt, Error> {
        let code = configuration.code.clone();
        let configure = Command::Campaign(CampaignCommand::Configure(Box::new(configuration)));
        let commands = std::iter::once(configure).chain(request.commands).collect();
        let request = Request { commands, ..request };
        match self.log(&code).await {
            Ok(_) => {}
            Err(Error::UnknownCampaign(_)) => {
                // A log without events would stay for ever: what a rule refuses begins none.
                events(&code, &request, &mut World::default(), self.now(&request.actor)?, || [0; 32])?;
                self.store.create_log(origin, &code).await?;
            }
            Err(error) => return Err(error),
        }
        self.execute(&code, request).await
    }

    /// Carries out a request: all of its commands, or none.
    ///
    /// # Errors
    /// [`Error::Rejected`] with the rule that says no, [`Error::Conflict`] after a few lost races,
    /// [`Error::UnknownCampaign`], [`Error::CommandIdReused`], and faults of the store.
    pub async fn execute(&self, campaign: &str, request: Request) -> Result<Receipt, Error> {
        let removes = request.commands.iter().any(may_remove);
        let receipt = self.carry_out(campaign, request).await?;
        if removes && let Err(error) = self.carry_out_redactions(campaign).await {
            // The event stands; whoever starts next deletes what it names.
            tracing::error!(campaign, %error, "removed values are still in the store");
        }
        Ok(receipt)
    }

    /// Deletes from the store what events of the campaign say is removed and is still there. Repeating
    /// it is harmless: a server calls it when it starts, and when another node removed something.
    /// Answers how many values it deleted.
    ///
    /// # Errors
    /// [`Error::UnknownCampaign`], and faults of the store.
    pub async fn carry_out_redactions(&self, campaign: &str) -> Result<u64, Error> {
        let log = self.log(campaign).await?;
        let code = campaign.to_owned();
        let left = self.store.read_with(move |reader| Ok(gather::left_over(reader, log, &code))).await??;
        if left.is_empty() {
            return Ok(0);
        }
        let deleted = self.store.redact(log, left).await?;
        // The campaign that is remembered may hold the values.
        self.forget(log, &[]);
        Ok(deleted)
    }

    async fn carry_out(&self, campaign: &str, request: Request) -> Result<Receipt, Error> {
        let log = self.log(campaign).await?;
        let request = Arc::new(request);
        // A command that begins its streams rarely finds them begun: it is decided without reading, and
        // anew if the store knows better.
        if let Some(append) = self.assume(log, campaign, &request) {
            use event_store::Error as Store;
            match self.store.append(append).await {
                Ok(appended) if !appended.replayed => return Ok(receipt(campaign, appended)),
                Ok(_) | Err(Store::CommandIdReused { .. }) => {}
                Err(Store::Conflict { stream, .. }) if stream.kind() != StreamKind::Campaign.as_str() => {}
                Err(Store::Conflict { .. }) => self.forget(log, &[]),
                Err(error) => return Err(error.into()),
            }
        }
        let mut tries = Tries::default();
        let mut turn = None;
        loop {
            let known = self.known(log);
            let from_memory = known.campaign.is_some() || (known.urn.is_some() && may_look_at_urn(&request.commands));
            let (executor, code, asked) = (self.clone(), campaign.to_owned(), Arc::clone(&request));
            let prepare = self.store.read_with(move |reader| Ok(executor.prepare(reader, log, &code, &asked, known)));
            let done = match prepare.await? {
                Ok(Prepared::Repeated(appended)) => Ok(appended),
                Ok(Prepared::Decided(append)) => self.store.append(append).await.map_err(Error::from),
                Err(error) => Err(error),
            };
            match done {
                Ok(appended) => return Ok(receipt(campaign, appended)),
                Err(error) => {
                    let crowded = is_crowded(&error);
                    tries.again(error, from_memory)?;
                    // Those who crowd on one stream try again one after the other, or each of
                    // their rounds would have one winner. A campaign that moved on crowds nobody.
                    if crowded && turn.is_none() {
                        turn = Some(self.turns.lock().await);
                    }
                }
            }
            self.forget(log, &request.commands);
        }
    }

    /// Carries out many requests in their order, sharing commits, and answers each. What one of
    /// them writes, a later one sees only after a lost race: name each stream once. For imports and
    /// simulations; must not be called from an async task. What it removes is deleted by
    /// [`Executor::carry_out_redactions`].
    ///
    /// # Errors
    /// [`Error::UnknownCampaign`] and faults of the store for all; each answer has its own, as
    /// [`Executor::execute`] gives it.
    pub fn execute_all_blocking(
        &self,
        campaign: &str,
        requests: &[Request],
    ) -> Result<Vec<Result<Receipt, Error>>, Error> {
        let log = self.log_blocking(campaign)?;
        let reader = self.store.reader();
        let mut appends = Vec::with_capacity(requests.len());
        let mut prepared = Vec::with_capacity(requests.len());
        for request in requests {
            if let Some(append) = self.assume(log, campaign, request) {
                appends.push(append);
                prepared.push(None);
                continue;
            }
            prepared.push(match self.prepare(&reader, log, campaign, request, self.known(log)) {
                Ok(Prepared::Repeated(appended)) => Some(Ok(appended)),
                Ok(Prepared::Decided(append)) => {
                    appends.push(append);
                    None
                }
                Err(error) => Some(Err(error)),
            });
        }
        let mut written = self.store.append_all_blocking(appends).into_iter();
        let mut answers = Vec::with_capacity(requests.len());
        for (prepared, request) in prepared.into_iter().zip(requests) {
            let written = || written.next().unwrap_or(Err(event_store::Error::Closed)).map_err(Error::from);
            answers.push(match prepared.unwrap_or_else(written) {
                Ok(appended) if !appended.replayed => Ok(receipt(campaign, appended)),
                // Whose command it was is only read where it was found.
                Ok(_) => self.again_blocking(log, campaign, request, Tries::default()),
                Err(first) => {
                    let mut tries = Tries::default();
                    match tries.again(first, true) {
                        Ok(()) => self.again_blocking(log, campaign, request, tries),
                        Err(last) => Err(last),
                    }
                }
            });
        }
        Ok(answers)
    }

    fn again_blocking(
        &self,
        log: LogId,
        campaign: &str,
        request: &Request,
        mut tries: Tries,
    ) -> Result<Receipt, Error> {
        loop {
            self.forget(log, &request.commands);
            let done = match self.prepare(&self.store.reader(), log, campaign, request, self.known(log)) {
                Ok(Prepared::Repeated(appended)) => Ok(appended),
                Ok(Prepared::Decided(append)) => self.store.append_blocking(append).map_err(Error::from),
                Err(error) => Err(error),
            };
            match done {
                Ok(appended) => return Ok(receipt(campaign, appended)),
                Err(error) => tries.again(error, false)?,
            }
        }
    }

    /// Decides without reading, on streams that the commands begin and on the campaign as it is known.
    /// `None` when that isn't possible, or leads to a no: then it has to be read.
    fn assume(&self, log: LogId, campaign: &str, request: &Request) -> Option<Append> {
        let gathered = gather::assumed(campaign, &request.commands, self.known(log))?;
        self.decide(log, campaign, request, gathered).ok().map(|(append, _)| append)
    }

    /// Reads and decides: everything of an attempt but the append.
    fn prepare(
        &self,
        reader: &Reader,
        log: LogId,
        campaign: &str,
        request: &Request,
        known: Known,
    ) -> Result<Prepared, Error> {
        let id = request.command_id.to_string();
        if let Some(first) = reader.command(log, &id)? {
            return repeated(reader, log, first, campaign, request).map(Prepared::Repeated);
        }
        let decided = gather::gather(reader, log, campaign, &request.commands, known)
            .and_then(|gathered| self.decide(log, campaign, request, gathered));
        let (append, state) = match decided {
            // Its own first sending may have been carried out since it was looked for.
            Err(Error::Rejected(no)) => match reader.command(log, &id)? {
                Some(first) => return repeated(reader, log, first, campaign, request).map(Prepared::Repeated),
                None => return Err(no.into()),
            },
            decided => decided?,
        };
        self.remember(log, state);
        Ok(Prepared::Decided(append))
    }

    fn decide(
        &self,
        log: LogId,
        campaign: &str,
        request: &Request,
        gathered: Gathered,
    ) -> Result<(Append, Known), Error> {
        let Gathered { mut world, expected } = gathered;
        let (state, urn) = (world.campaign.clone(), world.urn.clone());
        let events = events(campaign, request, &mut world, self.now(&request.actor)?, || self.entropy.bytes())?;
        let command_id = request.command_id.to_string();
        let at = |kind: StreamKind| {
            expected.iter().find(|guard| guard.stream.kind() == kind.as_str()).map(|guard| guard.sequence)
        };
        // What this request does to the campaign itself is read back when it is needed next.
        let unchanged = Arc::ptr_eq(&state, &world.campaign);
        let known = Known {
            campaign: at(StreamKind::Campaign).filter(|_| unchanged).map(|sequence| (sequence, state)),
            urn: at(StreamKind::Urn).map(|sequence| (sequence, urn)),
        };
        Ok((Append { log, command_id, expected, events }, known))
    }

    /// The acts of citizens are dated to the minute (log-format: no arrival order to read off).
    fn now(&self, actor: &Actor) -> Result<Timestamp, Error> {
        let now = self.clock.now().ok_or(Error::Clock)?;
        Ok(if actor.role == Role::Citizen { now.to_minute() } else { now })
    }

    /// The number of a campaign's log.
    ///
    /// # Errors
    /// [`Error::UnknownCampaign`], and faults of the store.
    pub async fn log(&self, campaign: &str) -> Result<LogId, Error> {
        if let Some(log) = self.known_log(campaign) {
            return Ok(log);
        }
        let (executor, code) = (self.clone(), campaign.to_owned());
        self.store.read_with(move |_| Ok(executor.log_blocking(&code))).await?
    }

    fn log_blocking(&self, campaign: &str) -> Result<LogId, Error> {
        if let Some(log) = self.known_log(campaign) {
            return Ok(log);
        }
        let heads = self.store.reader().logs()?;
        let mut logs = self.logs.lock().unwrap_or_else(PoisonError::into_inner);
        *logs = heads.into_iter().map(|head| (head.campaign, head.log_id)).collect();
        logs.get(campaign).copied().ok_or_else(|| Error::UnknownCampaign(campaign.to_owned()))
    }

    /// Size and root of the log right after the ballot box was closed: what the lot is drawn from.
    ///
    /// # Errors
    /// [`Error::UnknownCampaign`], and faults of the store. `None` while the box is open.
    pub async fn head_at_close(&self, campaign: &str) -> Result<Option<(u64, transparency::Hash)>, Error> {
        let log = self.log(campaign).await?;
        let code = campaign.to_owned();
        let size = self.store.read_with(move |reader| Ok(gather::size_at_close(reader, log, &code))).await??;
        match size {
            Some(size) => Ok(Some((size, self.store.root_at(log, size).await?))),
            None => Ok(None),
        }
    }

    fn known_log(&self, campaign: &str) -> Option<LogId> {
        self.logs.lock().unwrap_or_else(PoisonError::into_inner).get(campaign).copied()
    }

    fn known(&self, log: LogId) -> Known {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).get(&log).cloned().unwrap_or_default()
    }

    fn remember(&self, log: LogId, read: Known) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let known = known.entry(log).or_default();
        known.campaign = read.campaign;
        // Most commands don't look at the urn; of two that do, the later one read further.
        if let Some((sequence, _)) = &read.urn
            && known.urn.as_ref().is_none_or(|(before, _)| before <= sequence)
        {
            known.urn = read.urn;
        }
    }

    /// Forgets the campaign, and the urn after commands that look at it: a no to one of these may come of a
    /// log that went back to an older state.
    fn forget(&self, log: LogId, commands: &[Command]) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let known = known.entry(log).or_default();
        known.campaign = None;
        if may_look_at_urn(commands) {
            known.urn = None;
        }
    }
}

/// Whether a command may write that values are removed.
fn may_remove(command: &Command) -> bool {
    matches!(command, Command::Campaign(CampaignCommand::Redact { .. } | CampaignCommand::ConfirmAct { .. }))
}

/// Whether a no to these commands may rest on the urn.
fn may_look_at_urn(commands: &[Command]) -> bool {
    commands.iter().any(|command| matches!(command, Command::Urn(_) | Command::Campaign(_)))
}

/// What an attempt leads to.
enum Prepared {
    /// The command was carried out before.
    Repeated(Appended),
    /// It is decided; the store has the last word.
    Decided(Append),
}

/// How often a command was tried.
#[derive(Default)]
struct Tries(u32);

impl Tries {
    /// Whether to try again: after a lost race, also against a copy of itself, and after a no that
    /// may rest on a campaign that has moved on.
    fn again(&mut self, error: Error, from_memory: bool) -> Result<(), Error> {
        self.0 += 1;
        let moved = match error {
            Error::Rejected(_) if from_memory && self.0 < ATTEMPTS => return Ok(()),
            Error::Store(event_store::Error::Conflict { stream, .. }) => stream.to_string(),
            Error::Store(event_store::Error::CommandIdReused { command_id }) if self.0 >= ATTEMPTS => {
                return Err(Error::CommandIdReused(command_id));
            }
            Error::Store(event_store::Error::CommandIdReused { .. }) => return Ok(()),
            other => return Err(other),
        };
        if self.0 < ATTEMPTS { Ok(()) } else { Err(Error::Conflict { stream: moved, attempts: ATTEMPTS }) }
    }
}

/// Whether others write to the stream of a command, as against the campaign that guards it.
fn is_crowded(error: &Error) -> bool {
    let campaign = StreamKind::Campaign.as_str();
    matches!(error, Error::Store(event_store::Error::Conflict { stream, .. }) if stream.kind() != campaign)
}

/// What a request writes in this world, which moves on.
fn events(
    campaign: &str,
    request: &Request,
    world: &mut World,
    at: Timestamp,
    mut nonce: impl FnMut() -> [u8; 32],
) -> Result<Vec<Draft>, Error> {
    let mut written = Vec::new();
    for command in &request.commands {
        written.extend(world.execute(campaign, command.clone(), &request.actor, at)?);
    }
    // Whoever asked may not have seen a proposal that was added last.
    for command in &request.commands {
        if let Command::Project(id, project::Command::End { .. }) = command {
            world.freed(id)?;
        }
        if let Command::Site(id, site::Command::Split { .. } | site::Command::Merge { .. }) = command {
            world.carried_on(id)?;
        }
    }
    let (at, command_id) = (at.to_string(), request.command_id.to_string());
    let (actor_id, actor_role) = (request.actor.id.as_str(), request.actor.role.code());
    let origin = Origin { actor_id, actor_role, at: &at, command_id: &command_id };
    let mut events = Vec::with_capacity(written.len());
    for (kind, id, event) in written {
        let (event_type, data) = event.encode().map_err(|error| Error::Unwritable(error.to_string()))?;
        let stream = format!("{kind}/{id}");
        let draft = Draft::new(origin, &stream, &event_type, domain::event::version_of(&event_type), data, &mut nonce);
        events.push(draft.map_err(|error| Error::Unwritable(error.to_string()))?);
    }
    Ok(events)
}

fn receipt(campaign: &str, appended: Appended) -> Receipt {
    let Appended { first, last, replayed } = appended;
    Receipt { campaign: campaign.to_owned(), first, last, replayed }
}

/// A command id that is in the log already: the first receipt, if the same actor asked for the
/// same stream.
fn repeated(reader: &Reader, log: LogId, first: Appended, code: &str, request: &Request) -> Result<Appended, Error> {
    let reused = || Error::CommandIdReused(request.command_id.to_string());
    let events = reader.read(log, first.first.ok_or_else(reused)?, 1)?;
    let stored = events.first().ok_or_else(reused)?;
    let leaf = Leaf::parse(&stored.leaf).map_err(domain::RecordError::from)?;
    let target = request.commands.first().map(|command| match command {
        Command::Campaign(_) => (StreamKind::Campaign, code),
        Command::Proposal(id, _) => (StreamKind::Proposal, id.as_str()),
        Command::Project(id, _) => (StreamKind::Project, id.as_str()),
        Command::Ballot(id, _) => (StreamKind::Ballot, id.as_str()),
        Command::Site(id, _) => (StreamKind::Site, id.as_str()),
        Command::Comment(id, _) => (StreamKind::Comment, id.as_str()),
        Command::Participant(id, _) => (StreamKind::Participant, id.as_str()),
        Command::Workshop(id, _) => (StreamKind::Workshop, id.as_str()),
        Command::Urn(_) => (StreamKind::Urn, code),
        Command::PollingPlace(id, _) => (StreamKind::PollingPlace, id.as_str()),
    });
    let same_stream =
        target.is_some_and(|(kind, id)| (kind.as_str(), id) == (stored.stream.kind(), stored.stream.id()));
    if same_stream && leaf.actor.id == request.actor.id { Ok(first) } else { Err(reused()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_race_lost_again_and_again_is_reported() {
        let stream: event_store::StreamId = "project/q-1".parse().unwrap();
        let lost = || event_store::Error::Conflict { stream: stream.clone(), expected: 1, actual: 2 }.into();
        let mut tries = Tries::default();
        for _ in 1..ATTEMPTS {
            tries.again(lost(), true).unwrap();
        }
        let error = tries.again(lost(), true).unwrap_err();
        assert_eq!(error.code(), "CONFLICT");
        assert!(error.to_string().contains("project/q-1"), "{error}");
    }

    #[test]
    fn a_no_is_final_unless_it_rests_on_memory() {
        let no = || Error::Rejected(domain::Code::PhaseNotOpen.into());
        Tries::default().again(no(), true).unwrap();
        assert_eq!(Tries::default().again(no(), false).unwrap_err().code(), "PHASE_NOT_OPEN");
    }
}
