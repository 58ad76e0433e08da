//! The demo's urn: its key, the sealed ballots, and the way from the closed box to the opened urn.
//!
//! The holders of the key are invented like everybody else: their shares live in the play alone, and are
//! written nowhere. Who votes and how is in `demo_vote.rs`, what papers say in `demo_papers.rs`.

use crate::demo::{Play, agent, returning_officers};
use crate::demo_city::{id, start_of};
use crate::failure::Failure;
use domain::campaign::{Campaign, Command as CampaignCommand};
use domain::phase::Phase;
use domain::urn::{AreaRegister, Command as UrnCommand};
use domain::{Actor, Command, Role, Timestamp};
use projections::Model;
use seal::{Ceremony, Nonce, PlainBallot, Sealed, Share, UrnSecret};
use std::collections::{BTreeMap, BTreeSet};
use transparency::Hash;

/// How many of the three key holders open the urn, and how many there are.
pub(crate) const SHARES: (u8, u8) = (2, 3);

/// How many days people can object.
pub(crate) const OBJECTION_DAYS: u16 = 2;

/// Ballots of an area that are published together while the vote is open.
const LOT: usize = 60;

/// The key and who holds it.
pub(crate) struct Holders {
    ceremony: Ceremony,
    shares: Vec<Share>,
}

/// What every ballot of an area is sealed for.
struct Target {
    context: seal::Context,
    length: usize,
    most: usize,
}

/// The ballot box while the vote goes on.
pub(crate) struct Urn {
    holders: Holders,
    targets: BTreeMap<usize, Target>,
    waiting: BTreeMap<usize, Vec<Sealed>>,
    set_aside: BTreeSet<Hash>,
    register: BTreeMap<usize, AreaRegister>,
    lots: u32,
}

fn programme() -> Actor {
    agent("horloge", Role::System)
}

fn fault(error: impl std::fmt::Display) -> Failure {
    Failure::fault("DEMO", error.to_string())
}

impl Play<'_> {
    /// The key is made and split among the holders; nobody has the secret afterwards.
    pub(crate) fn ceremony(&self) -> Result<Holders, Failure> {
        let secret = UrnSecret::from_seed(&self.entropy.bytes());
        let (threshold, holders) = SHARES;
        let (ceremony, shares) =
            seal::split(&secret, threshold, holders, &mut || self.entropy.bytes()).map_err(fault)?;
        let log = crate::fold::log(&self.steps.executor.store().reader(), &self.steps.campaign)?.origin;
        let declare = UrnCommand::DeclareKey { log, ceremony: ceremony.clone() };
        self.steps.one("urn key", &returning_officers().0, vec![Command::Urn(declare)])?;
        Ok(Holders { ceremony, shares })
    }

    /// The campaign as it stands.
    pub(crate) fn model(&self) -> Result<Model, Failure> {
        let reader = self.steps.executor.store().reader();
        let head = crate::fold::log(&reader, &self.steps.campaign)?;
        crate::fold::model(&reader, &head, |_| Ok(()))
    }

    /// An empty urn for these ballot lists.
    pub(crate) fn urn(&self, holders: Holders, model: &Model) -> Result<Urn, Failure> {
        let campaign: &Campaign = &model.campaign;
        let (mut targets, mut register) = (BTreeMap::new(), BTreeMap::new());
        for (place, area) in campaign.configured()?.areas.iter().enumerate() {
            let (context, _) = model.urn.target(&area.id, campaign)?;
            let target = Target { context, length: campaign.padded_length(area), most: campaign.batch_most(area) };
            targets.insert(place, target);
            let row = AreaRegister { area: area.id.clone(), digital: 0, paper: 0, both: 0, doubtful: 0 };
            register.insert(place, row);
        }
        let (waiting, set_aside) = (BTreeMap::new(), BTreeSet::new());
        Ok(Urn { holders, targets, waiting, set_aside, register, lots: 0 })
    }

    /// A voter's page seals a ballot; the digest is what the register knows of it.
    pub(crate) fn cast(&self, urn: &mut Urn, place: usize, choices: Vec<u32>) -> Result<Hash, Failure> {
        let target = urn.targets.get(&place).ok_or_else(|| fault("no such place"))?;
        let nonce = self.entropy.uuid().into_bytes();
        let ballot = PlainBallot { choices, points: None, nonce: Nonce(nonce) };
        let key = &urn.holders.ceremony.key;
        let sealed = seal::seal(key, &target.context, &ballot, target.length, &self.entropy.bytes()).map_err(fault)?;
        let digest = sealed.digest(&target.context);
        urn.waiting.entry(place).or_default().push(sealed);
        urn.count(place, |row| row.digital += 1);
        Ok(digest)
    }

    /// Publishes what waits: whole lots, or with the end of the vote all that is left.
    pub(crate) fn publish(&self, urn: &mut Urn, all: bool) -> Result<(), Failure> {
        let places: Vec<usize> = urn.waiting.keys().copied().collect();
        for place in places {
            let most = urn.targets.get(&place).map_or(LOT, |target| target.most.min(LOT));
            while let Some(waiting) = urn.waiting.get_mut(&place) {
                if waiting.is_empty() || (waiting.len() < most && !all) {
                    break;
                }
                let ballots: Vec<Sealed> = waiting.drain(..most.min(waiting.len())).collect();
                urn.lots += 1;
                let publish = Command::Urn(UrnCommand::Publish { area: self.area(place)?, ballots });
                self.steps.one(&format!("lot of ballots {}", urn.lots), &programme(), vec![publish])?;
            }
        }
        Ok(())
    }

    /// Register and ballots are compared, the link between them destroyed, objections heard.
    pub(crate) fn reconcile(&self, urn: &mut Urn) -> Result<(), Failure> {
        let officers = returning_officers();
        let areas = urn.register.values().cloned().collect();
        let compare = UrnCommand::Reconcile { set_aside: std::mem::take(&mut urn.set_aside), areas };
        self.steps.one("reconcile", &officers.0, vec![Command::Urn(compare)])?;
        self.by_two("shred the link", 2, &officers, CampaignCommand::ShredLink)?;
        let citizen = Actor::new(self.pseudonym(), Role::Citizen);
        let text = "Le bureau du 3e arrondissement a ouvert avec dix minutes de retard.".to_owned();
        self.steps.one("objection", &citizen, vec![Command::Urn(UrnCommand::Object { text })])?;
        let answer = "C’est exact, la clé manquait ; il a fermé dix minutes plus tard.".to_owned();
        self.steps.one("answer", &officers.0, vec![Command::Urn(UrnCommand::Answer { number: 1, answer })]).map(|_| ())
    }

    /// Two holders bring their shares once nobody can object any more, and the urn is opened.
    pub(crate) fn open_urn(&self, urn: Urn) -> Result<(), Failure> {
        let over = start_of(Phase::PostVote)?.unix() + i64::from(OBJECTION_DAYS) * 86_400 + 36_000;
        self.at(Timestamp::from_unix(over).ok_or_else(|| fault("no such day"))?);
        let Holders { ceremony, shares } = urn.holders;
        let brought = shares.get(..usize::from(SHARES.0)).unwrap_or_default();
        let secret = seal::join(brought, &ceremony).map_err(fault)?;
        let open = vec![Command::Urn(UrnCommand::Open { secret })];
        self.steps.one("open the urn", &returning_officers().0, open).map(|_| ())
    }

    /// The council's word on two projects, a week after the result.
    pub(crate) fn council(
        &self,
        ruled: [(&domain::ProjectId, domain::council::Ruling, &str); 2],
    ) -> Result<(), Failure> {
        let after = start_of(Phase::Result)?.unix() + 6 * 86_400 + 68_400;
        self.at(Timestamp::from_unix(after).ok_or_else(|| fault("no such day"))?);
        for (number, (project, decision, reason)) in (4..).zip(ruled) {
            let decided = domain::council::CouncilDecision {
                project: id(project.as_str())?,
                decision,
                session: "2025-10-06".parse().map_err(fault)?,
                reason: domain::Hidden::Disclosed(reason.to_owned()),
            };
            let enter = CampaignCommand::EnterCouncilDecision(decided);
            self.by_two(&format!("council decision {number}"), number, &returning_officers(), enter)?;
        }
        Ok(())
    }
}

impl Urn {
    /// Changes what the register says of an area.
    pub(crate) fn count(&mut self, place: usize, change: impl FnOnce(&mut AreaRegister)) {
        if let Some(row) = self.register.get_mut(&place) {
            change(row);
        }
    }

    /// A ballot no longer counts: another took its place, or it was taken back.
    pub(crate) fn set_aside(&mut self, place: usize, ballot: Hash) {
        self.set_aside.insert(ballot);
        self.count(place, |row| row.digital = row.digital.saturating_sub(1));
    }
}
