//! Owns a city with a sealed ballot box on any store: its server's parts, its agents, and the way to the open
//! vote.
//! Must not: know who votes and what. Next: `sealed_election.rs`.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    reason = "test support: what doesn't work fails the test"
)]

use crate::sealed_voters::{AREAS, Scale, ballot_types, cost, list};
use crate::town::support::kept::{confirm, grant, second_returning};
use crate::town::support::sample::{
    CODE, admit_for, close, configuration, coordinator, deposit, euros, form, id, merge, month, open, publish,
    referent, returning, system, verdict,
};
use api::read_model::{CampaignVersion, ReadModel};
use api::voting::Voting;
use commands::{Clock, Entropy, Executor, Request};
use domain::configuration::{AreaKind, BallotBox, Configuration, SealedRules};
use domain::phase::Phase;
use domain::roles::Office;
use domain::urn::Command as UrnCommand;
use domain::{Actor, Command, campaign};
use event_store::{OpenMode, Store};
use seal::{Ceremony, Share, UrnSecret};
use std::path::Path;
use std::sync::Arc;
use tally::TieBreak;
use tokio::task::JoinHandle;
use vault::{KeyRing, Vault};

/// The name of the log.
const ORIGIN: &str = "log.example/t2026";

/// The envelope of each area, in whole units: for a few projects.
pub const ENVELOPE: i64 = 70_000;

/// A server's parts on a store of its own.
pub struct City {
    /// What carries out commands.
    pub executor: Executor,
    /// Where personal data is.
    pub vault: Vault,
    /// What people read.
    pub read_model: Arc<ReadModel>,
    /// What publishes ballots.
    pub voting: Voting,
    /// The shares of the urn's key, one per holder.
    pub shares: Vec<Share>,
    /// What the ceremony published.
    pub ceremony: Ceremony,
    follower: JoinHandle<()>,
}

impl Drop for City {
    fn drop(&mut self) {
        self.follower.abort();
    }
}

impl City {
    /// A city on an empty store, up to the open vote; `folder` is for the key that signs receipts.
    pub async fn at(url: &str, folder: &Path, scale: Scale) -> Self {
        let store = Store::open(url, OpenMode::Create).unwrap();
        let clock = Clock::simulated(month(0));
        let entropy = Entropy::system().unwrap();
        let executor = Executor::new(store.clone(), clock.clone(), entropy.clone());
        let read_model = ReadModel::open(store, |_| {}).await.unwrap();
        let follower = tokio::spawn(Arc::clone(&read_model).follow());
        let vault = Vault::open(url, KeyRing::draw(&entropy), clock, entropy.clone()).await.unwrap();
        let key = folder.join("receipts.key");
        let voting = Voting::new(executor.clone(), vault.clone(), Arc::clone(&read_model), key);
        let secret = UrnSecret::from_seed(&entropy.bytes());
        let (ceremony, shares) = seal::split(&secret, 3, 5, &mut || entropy.bytes()).unwrap();
        let city = Self { executor, vault, read_model, voting, shares, ceremony, follower };
        city.begin(scale).await;
        city
    }

    /// Asks for one thing, and has it.
    pub async fn act(&self, actor: &Actor, command: Command) -> u64 {
        let asked = format!("{command:?}").chars().take(200).collect::<String>();
        let request =
            Request { command_id: self.executor.entropy().uuid(), actor: actor.clone(), commands: vec![command] };
        let done = self.executor.execute(CODE, request).await;
        done.unwrap_or_else(|error| panic!("{error}: {asked}")).last.unwrap()
    }

    /// One agent proposes and a second one confirms.
    pub async fn by_two(&self, command: Command) {
        let last = self.act(&returning(), command).await;
        let acts = &self.view(last).await.model.campaign.acts;
        let number = acts.pending(self.executor.clock().now().unwrap()).map(|(number, _)| number).max().unwrap();
        self.act(&second_returning(), confirm(number)).await;
    }

    /// What is readable once this position is.
    pub async fn view(&self, position: u64) -> Arc<CampaignVersion> {
        loop {
            match self.read_model.wait_for(CODE, position).await {
                Ok(view) => return view,
                // A slow machine under load.
                Err(api::read_model::Error::Behind { .. }) => {}
                Err(error) => panic!("{error}"),
            }
        }
    }

    /// The newest version.
    pub async fn newest(&self) -> Arc<CampaignVersion> {
        let heads = self.executor.store().logs().await.unwrap();
        self.view(heads[0].size - 1).await
    }

    /// Turns the calendar at the planned time.
    pub async fn turn(&self, from: Option<Phase>, to: Phase) {
        let n = Phase::ALL.iter().position(|phase| *phase == to).unwrap();
        self.executor.clock().set(month(n));
        if let Some(from) = from {
            self.act(&system(), close(from)).await;
        }
        self.act(&system(), open(to)).await;
    }

    async fn begin(&self, scale: Scale) {
        let asked = Request { command_id: self.executor.entropy().uuid(), actor: coordinator(), commands: vec![] };
        self.executor.open_campaign(ORIGIN, settings(), asked).await.unwrap();
        let declared = UrnCommand::DeclareKey { log: ORIGIN.into(), ceremony: self.ceremony.clone() };
        self.act(&returning(), Command::Urn(declared)).await;
        for agent in [coordinator(), returning(), second_returning()] {
            self.act(&coordinator(), grant(&agent, Office::of(agent.role))).await;
        }
        let parks = Office { department: Some(id("PARKS")), ..Office::of(referent().role) };
        self.act(&coordinator(), grant(&referent(), parks)).await;
        let mut before = None;
        for phase in Phase::ALL.into_iter().take_while(|phase| *phase <= Phase::Vote) {
            if phase == Phase::Vote {
                self.act(&coordinator(), publish()).await;
            }
            self.turn(before, phase).await;
            before = Some(phase);
            for area in 0..AREAS.len() {
                for project in 0..list(area, scale) {
                    self.instruct(phase, area, project).await;
                }
            }
        }
    }

    /// What a phase does to a project.
    async fn instruct(&self, phase: Phase, area: usize, project: usize) {
        let (proposal, name) = (format!("p-{area}-{project:03}"), format!("q-{area}-{project:03}"));
        match phase {
            Phase::Ideation => {
                let author = format!("c-{area}-{project}");
                self.act(&crate::town::support::sample::citizen(&author), deposit(&proposal, &author)).await;
            }
            Phase::PostIdeation => {
                self.act(&coordinator(), form(&name, AREAS[area], &[&proposal])).await;
                self.act(&coordinator(), merge(&proposal, &name)).await;
            }
            Phase::CoConstruction => {
                let units = cost(area, project);
                self.act(&referent(), verdict(&name, "PARKS", &[units])).await;
                self.act(&coordinator(), admit_for(&name, units, false)).await;
            }
            _ => {}
        }
    }
}

/// The sample campaign with a sealed box and six areas, each with another type of ballot.
fn settings() -> Configuration {
    let mut settings = configuration();
    let sample = settings.areas[0].clone();
    let area = |(place, ballot)| {
        let kind = if place == 0 { AreaKind::WholeCity } else { AreaKind::District };
        let envelope_cents = euros(ENVELOPE);
        domain::configuration::Area { id: id(AREAS[place]), kind, ballot, envelope_cents, ..sample.clone() }
    };
    settings.areas = ballot_types().into_iter().enumerate().map(area).collect();
    settings.rules.ballot_box = BallotBox::Sealed;
    settings.rules.sealed = Some(SealedRules::default());
    settings.rules.tally.tie_break = vec![TieBreak::MoreSupporters, TieBreak::LowerCost, TieBreak::Lot];
    settings
}

/// A command of the campaign.
pub(crate) fn of_campaign(command: campaign::Command) -> Command {
    Command::Campaign(command)
}
