//! The urn (`urne`) of a campaign whose ballots are sealed: its key, the ballots in it, its opening.
//!
//! Owns the forms and the state. When each step may happen is in `urn_rules.rs`; that the link
//! between voters and ballots was destroyed takes two agents and is the campaign's to say. Must not
//! know a voter: nothing here names one. Look next at [`crate::count`], which opens the ballots.
//!
//! ```mermaid
//! stateDiagram-v2
//!   [*] --> Declared: UrnKeyDeclared (before the vote)
//!   Declared --> Declared: BallotsPublished
//!   Declared --> Declared: BallotsSetAside (box closed)
//!   Declared --> Reconciled: RegisterReconciled
//!   Reconciled --> Reconciled: ObjectionLodged, ObjectionAnswered (link shredded)
//!   Reconciled --> Opened: UrnOpened (window over)
//! ```

use crate::campaign::Campaign;
use crate::derived::Derived;
use crate::opened::Opened;
use crate::{AreaId, Code, Context, Decider, Hidden, Rejection};
use seal::{Ceremony, KeyId, Sealed, UrnSecret};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use transparency::Hash;

/// The most ballots that one `BallotsSetAside` lists, so that its leaf stays within 65,535 bytes.
pub const SET_ASIDE_PART: usize = 900;

/// What the register says of an area once the vote is over: counts alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AreaRegister {
    /// The area.
    pub area: AreaId,
    /// Voters whose sealed ballot counts.
    pub digital: u64,
    /// Voters who signed for a paper.
    pub paper: u64,
    /// Voters who did both: of their two only one counts.
    pub both: u64,
    /// Pairs of entries that were close, on which two agents decided.
    pub doubtful: u64,
}

/// What happened to the urn.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Event {
    /// The key that ballots are sealed to was made (`cérémonie des clés`).
    UrnKeyDeclared {
        /// The name of the log, to which every ballot is bound.
        log: String,
        /// The public key, how many shares open the urn, and what each of them is checked by.
        ceremony: Ceremony,
    },
    /// Ballots of one area were published together, in the order of their digests.
    BallotsPublished {
        /// The area.
        area: AreaId,
        /// The number of the batch in the campaign, from 1.
        number: u32,
        /// The key they are sealed to.
        key: KeyId,
        /// The ballot lists they are sealed for.
        catalogue: Hash,
        /// The ballots.
        ballots: Vec<Sealed>,
    },
    /// Published ballots that don't count: replaced, taken back, or overridden by a paper. Which of
    /// these is told of none, so that nobody can prove a second vote to somebody else.
    BallotsSetAside {
        /// Their digests, ascending.
        ballots: Vec<Hash>,
    },
    /// Register and ballots were compared.
    RegisterReconciled {
        /// Every area, in the order of the configuration.
        areas: Vec<AreaRegister>,
    },
    /// Somebody objects to how the vote went.
    ObjectionLodged {
        /// Its number in the campaign, from 1.
        number: u32,
        /// What is objected.
        #[serde(default, skip_serializing_if = "Hidden::is_redacted")]
        text: Hidden<String>,
    },
    /// The city answered an objection.
    ObjectionAnswered {
        /// Its number.
        number: u32,
        /// The answer.
        #[serde(default, skip_serializing_if = "Hidden::is_redacted")]
        answer: Hidden<String>,
    },
    /// The secret of the urn was put together and published: everybody can open the ballots.
    UrnOpened {
        /// The secret.
        secret: UrnSecret,
    },
}

/// What can be asked of the urn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Declare the key of the urn; until the vote opens, another one may take its place.
    DeclareKey {
        /// The name of the log.
        log: String,
        /// What the ceremony publishes.
        ceremony: Ceremony,
    },
    /// Publish ballots of one area.
    Publish {
        /// The area.
        area: AreaId,
        /// The ballots, in any order.
        ballots: Vec<Sealed>,
    },
    /// List the ballots that don't count, and what the register says.
    Reconcile {
        /// Digests of the ballots that don't count.
        set_aside: BTreeSet<Hash>,
        /// Every area, in the order of the configuration.
        areas: Vec<AreaRegister>,
    },
    /// Object to how the vote went.
    Object {
        /// What is objected.
        text: String,
    },
    /// Answer an objection.
    Answer {
        /// Its number.
        number: u32,
        /// The answer.
        answer: String,
    },
    /// Open the urn.
    Open {
        /// Its secret.
        secret: UrnSecret,
    },
}

/// The state of the urn. A clone shares the ballots, of which a large city has hundreds of thousands.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Urn {
    /// The name of the log and the key that ballots are sealed to, with its shares.
    pub ceremony: Option<(String, Ceremony)>,
    /// How many batches were published.
    pub batches: u32,
    /// The published ballots by area and digest.
    pub ballots: BTreeMap<AreaId, imbl::OrdMap<Hash, Arc<Sealed>>>,
    /// The ballots that don't count.
    pub set_aside: imbl::OrdSet<Hash>,
    /// What the register said, once it was compared.
    pub register: Option<Vec<AreaRegister>>,
    /// Whether each objection was answered, in the order of their numbers.
    pub objections: Vec<bool>,
    /// The secret, once it was published.
    pub secret: Option<UrnSecret>,
    /// What stands on the ballots that count, once somebody asked after the opening.
    #[serde(skip)]
    pub(crate) opened: Derived<Opened>,
}

impl Urn {
    /// How many ballots were published, over all areas.
    pub fn published(&self) -> u64 {
        self.ballots.values().map(|area| count(area.len())).sum()
    }

    /// How many ballots of an area were published, and how many of these count.
    pub fn in_area(&self, area: &AreaId) -> (u64, u64) {
        let Some(ballots) = self.ballots.get(area) else { return (0, 0) };
        let aside = self.set_aside.iter().filter(|digest| ballots.contains_key(*digest)).count();
        (count(ballots.len()), count(ballots.len().saturating_sub(aside)))
    }

    /// What every ballot of an area is bound to, and the digest of the ballot lists in it.
    ///
    /// # Errors
    /// [`Code::UrnKeyMissing`] before the ceremony.
    pub fn target(&self, area: &AreaId, campaign: &Campaign) -> Result<(seal::Context, Hash), Rejection> {
        let (log, ceremony) = self.ceremony.as_ref().ok_or_else(|| Rejection::from(Code::UrnKeyMissing))?;
        let catalogue = campaign.catalogue_digest()?;
        let target = seal::Context::new(log, area.as_str(), &catalogue, &ceremony.key.id());
        Ok((target.map_err(|error| Code::UnknownArea.on("area").with(error))?, catalogue))
    }

    /// Whether this ballot was published.
    pub fn knows(&self, ballot: &Hash) -> bool {
        self.ballots.values().any(|area| area.contains_key(ballot))
    }
}

fn count(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}

impl Decider for Urn {
    const KIND: &'static str = "urn";
    type Command = Command;
    type Event = Event;

    fn decide(&self, command: Command, context: &Context<'_>) -> Result<Vec<Event>, Rejection> {
        Ok(match command {
            Command::DeclareKey { log, ceremony } => vec![Event::UrnKeyDeclared { log, ceremony }],
            Command::Publish { area, mut ballots } => {
                let (target, catalogue) = self.target(&area, &context.world.campaign)?;
                ballots.sort_by_cached_key(|ballot| ballot.digest(&target));
                let key = target.key().clone();
                vec![Event::BallotsPublished { area, number: self.batches.saturating_add(1), key, catalogue, ballots }]
            }
            Command::Reconcile { set_aside, areas } => {
                let all: Vec<Hash> = set_aside.into_iter().collect();
                let parts = all.chunks(SET_ASIDE_PART).map(|part| Event::BallotsSetAside { ballots: part.to_vec() });
                parts.chain([Event::RegisterReconciled { areas }]).collect()
            }
            Command::Object { text } => {
                let number = u32::try_from(self.objections.len()).unwrap_or(u32::MAX).saturating_add(1);
                vec![Event::ObjectionLodged { number, text: Hidden::Disclosed(text) }]
            }
            Command::Answer { number, answer } => {
                vec![Event::ObjectionAnswered { number, answer: Hidden::Disclosed(answer) }]
            }
            Command::Open { secret } => vec![Event::UrnOpened { secret }],
        })
    }

    fn check(&self, event: &Event, context: &Context<'_>) -> Result<(), Rejection> {
        self.check_step(event, context)
    }

    fn evolve(&mut self, event: &Event) {
        self.opened = Derived::default();
        match event {
            Event::UrnKeyDeclared { log, ceremony } => self.ceremony = Some((log.clone(), ceremony.clone())),
            Event::BallotsPublished { area, number, key, catalogue, ballots } => {
                self.batches = *number;
                let log = self.ceremony.as_ref().map_or("", |(log, _)| log);
                // What has no context was refused when the key was declared.
                let Ok(target) = seal::Context::new(log, area.as_str(), catalogue, key) else { return };
                let kept = self.ballots.entry(area.clone()).or_default();
                kept.extend(ballots.iter().map(|ballot| (ballot.digest(&target), Arc::new(ballot.clone()))));
            }
            Event::BallotsSetAside { ballots } => self.set_aside.extend(ballots.iter().copied()),
            Event::RegisterReconciled { areas } => self.register = Some(areas.clone()),
            Event::ObjectionLodged { .. } => self.objections.push(false),
            Event::ObjectionAnswered { number, .. } => {
                let place = usize::try_from(number.saturating_sub(1)).unwrap_or(usize::MAX);
                if let Some(answered) = self.objections.get_mut(place) {
                    *answered = true;
                }
            }
            Event::UrnOpened { secret } => self.secret = Some(secret.clone()),
        }
    }
}
