//! The way of a command: gather, decide, append, receipt.
//!
//! A command that loses a race is decided anew on what the winner left, a few
//! times. A command id that comes again gets its first receipt.

use crate::gather::{self, CampaignAt, Gathered};
use crate::{Clock, Entropy, Error};
use domain::campaign::Command as CampaignCommand;
use domain::configuration::Configuration;
use domain::{Actor, Command, Role, Timestamp};
use event_store::{Append, Appended, LogId, Store};
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
    campaigns: Arc<Mutex<BTreeMap<LogId, CampaignAt>>>,
}

impl Executor {
    /// An executor on this store.
    pub fn new(store: Store, clock: Clock, entropy: Entropy) -> Self {
        Self { store, clock, entropy, logs: Arc::default(), campaigns: Arc::default() }
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

    /// Creates the log of a campaign and configures it. `request.commands` is left as it is.
    ///
    /// # Errors
    /// [`Error::Rejected`] when the configuration can't be run (no log is created), the store's
    /// `LOG_EXISTS`, or any error of [`Executor::execute`].
    pub async fn open_campaign(
        &self,
        origin: &str,
        configuration: Configuration,
        request: Request,
    ) -> Result<Receipt, Error> {
        configuration.check()?;
        let code = configuration.code.clone();
        match self.log(&code).await {
            Ok(_) => {}
            Err(Error::UnknownCampaign(_)) => {
                self.store.create_log(origin, &code).await?;
            }
            Err(error) => return Err(error),
        }
        let configure = Command::Campaign(CampaignCommand::Configure(Box::new(configuration)));
        self.execute(&code, Request { commands: vec![configure], ..request }).await
    }

    /// Carries out a request: all of its commands, or none.
    ///
    /// # Errors
    /// [`Error::Rejected`] with the rule that says no, [`Error::Conflict`] after a few lost races,
    /// [`Error::UnknownCampaign`], [`Error::CommandIdReused`], and faults of the store.
    pub async fn execute(&self, campaign: &str, request: Request) -> Result<Receipt, Error> {
        let log = self.log(campaign).await?;
        let mut moved = String::new();
        for _ in 0..ATTEMPTS {
            let known = self.known(log);
            let from_memory = known.is_some();
            match self.attempt(log, campaign, &request, known).await {
                // The no may rest on a campaign that has moved on: look again before saying so.
                Err(Error::Rejected(_)) if from_memory => self.forget(log),
                Err(Error::Store(event_store::Error::Conflict { stream, .. })) => {
                    moved = stream.to_string();
                    self.forget(log);
                }
                // Lost a race against itself: the next attempt finds the first receipt.
                Err(Error::Store(event_store::Error::CommandIdReused { .. })) => self.forget(log),
                Ok(appended) => {
                    let Appended { first, last, replayed } = appended;
                    return Ok(Receipt { campaign: campaign.to_owned(), first, last, replayed });
                }
                Err(other) => return Err(other),
            }
        }
        Err(Error::Conflict { stream: moved, attempts: ATTEMPTS })
    }

    async fn attempt(
        &self,
        log: LogId,
        campaign: &str,
        request: &Request,
        known: Option<CampaignAt>,
    ) -> Result<Appended, Error> {
        let (code, commands) = (campaign.to_owned(), request.commands.clone());
        let (id, actor) = (request.command_id.to_string(), request.actor.id.clone());
        let before_or_gathered = self
            .store
            .read_with(move |reader| {
                let Some(receipt) = reader.command(log, &id)? else {
                    return Ok(Ok(gather::gather(reader, log, &code, &commands, known)));
                };
                Ok(Err(repeated(reader, log, receipt, &id, &actor, &code, &commands)))
            })
            .await?;
        let gathered = match before_or_gathered {
            Ok(gathered) => gathered?,
            Err(repeated) => return repeated,
        };
        let (append, state) = self.decide(log, campaign, request, gathered)?;
        self.remember(log, state);
        Ok(self.store.append(append).await?)
    }

    fn decide(
        &self,
        log: LogId,
        campaign: &str,
        request: &Request,
        gathered: Gathered,
    ) -> Result<(Append, Option<CampaignAt>), Error> {
        let Gathered { mut world, expected } = gathered;
        let at = self.now(&request.actor)?;
        let command_id = request.command_id.to_string();
        let state = world.campaign.clone();
        let mut written = Vec::new();
        for command in &request.commands {
            written.extend(world.execute(campaign, command.clone(), &request.actor, at)?);
        }
        let at = at.to_string();
        let origin = Origin {
            actor_id: &request.actor.id,
            actor_role: request.actor.role.code(),
            at: &at,
            command_id: &command_id,
        };
        let mut nonce = || self.entropy.bytes();
        let mut events = Vec::with_capacity(written.len());
        for (kind, id, event) in written {
            let (event_type, data) = event.encode().map_err(|error| Error::Unwritable(error.to_string()))?;
            let stream = format!("{kind}/{id}");
            let draft = Draft::new(origin, &stream, &event_type, domain::event::VERSION, data, &mut nonce);
            events.push(draft.map_err(|error| Error::Unwritable(error.to_string()))?);
        }
        let guard = expected.iter().find(|e| e.stream.kind() == domain::StreamKind::Campaign.as_str());
        // What this request does to the campaign itself is read back when it is needed next.
        let unchanged = Arc::ptr_eq(&state, &world.campaign);
        let known = guard.filter(|_| unchanged).map(|guard| (guard.sequence, state));
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
        if let Some(log) = self.logs.lock().unwrap_or_else(PoisonError::into_inner).get(campaign) {
            return Ok(*log);
        }
        let heads = self.store.logs().await?;
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

    fn known(&self, log: LogId) -> Option<CampaignAt> {
        self.campaigns.lock().unwrap_or_else(PoisonError::into_inner).get(&log).cloned()
    }

    fn remember(&self, log: LogId, state: Option<CampaignAt>) {
        let mut campaigns = self.campaigns.lock().unwrap_or_else(PoisonError::into_inner);
        match state {
            Some(state) => campaigns.insert(log, state),
            None => campaigns.remove(&log),
        };
    }

    fn forget(&self, log: LogId) {
        self.remember(log, None);
    }
}

/// A command id that is in the log already: the first receipt, if it was the same command.
fn repeated(
    reader: &event_store::Reader,
    log: LogId,
    receipt: Appended,
    id: &str,
    actor: &str,
    code: &str,
    commands: &[Command],
) -> Result<Appended, Error> {
    let reused = || Error::CommandIdReused(id.to_owned());
    let first = reader.read(log, receipt.first.ok_or_else(reused)?, 1)?;
    let stored = first.first().ok_or_else(reused)?;
    let leaf = Leaf::parse(&stored.leaf).map_err(domain::RecordError::from)?;
    let target = commands.first().map(|command| match command {
        Command::Campaign(_) => ("campaign", code),
        Command::Proposal(id, _) => ("proposal", id.as_str()),
        Command::Project(id, _) => ("project", id.as_str()),
        Command::Ballot(id, _) => ("ballot", id.as_str()),
        Command::Site(id, _) => ("site", id.as_str()),
    });
    let same = leaf.actor.id == actor && target == Some((stored.stream.kind(), stored.stream.id()));
    if same { Ok(receipt) } else { Err(reused()) }
}
