//! What an operator does for people at the command line: first coordinators, invitations, erasure, keys.
//!
//! It acts as the programme itself, so it may only do what the table of permissions lets the programme
//! do: it can't instruct, count, or read what is kept about somebody.

use crate::cli::{AgentCommand, PersonCommand, VaultCommand};
use crate::failure::Failure;
use crate::people::open_vault;
use crate::retention::Keeper;
use crate::run::print;
use crate::settings::Settings;
use crate::{erasure, read_model::ReadModel};
use commands::{Clock, Entropy, Executor, Request};
use domain::campaign::Command as CampaignCommand;
use domain::roles::Office;
use domain::{Actor, ActorId, Command, Role};
use event_store::Store;
use serde_json::json;
use std::path::PathBuf;
use uploads::Uploads;
use vault::{KeyRing, PersonId, Vault};

/// Who acts: the programme.
pub(crate) const PROGRAMME: &str = "parvis";

/// What these commands work on.
pub(crate) struct Desk<'a> {
    pub(crate) settings: &'a Settings,
    pub(crate) url: &'a str,
    pub(crate) key: PathBuf,
    pub(crate) store: Store,
    pub(crate) entropy: Entropy,
}

impl Desk<'_> {
    fn executor(&self) -> Executor {
        Executor::new(self.store.clone(), Clock::System, self.entropy.clone())
    }

    async fn vault(&self) -> Result<Vault, Failure> {
        open_vault(self.settings, self.url, &self.key, Clock::System, &self.entropy).await
    }

    fn files(&self) -> Result<Uploads, Failure> {
        Ok(Uploads::open(self.settings.uploads_beside(&self.key), uploads::Limits::default())?)
    }

    /// `parvis grant`: a coordinator for a campaign that has none.
    pub(crate) async fn grant(&self, campaign: &str, agent: &str) -> Result<(), Failure> {
        let grantee: ActorId =
            agent.parse().map_err(|error: domain::InvalidId| Failure::usage("AGENT_INVALID", error.to_string()))?;
        let command = CampaignCommand::GrantRole { grantee, office: Office::of(Role::Coordinator), until: None };
        let request = Request {
            command_id: self.entropy.uuid(),
            actor: Actor::new(PROGRAMME, Role::System),
            commands: vec![Command::Campaign(command)],
        };
        let receipt = self.executor().execute(campaign, request).await?;
        let position = receipt.first.unwrap_or_default();
        print(&format!("{agent} is a coordinator of {campaign} (position {position} of its log)"))
    }

    /// `parvis agent …`.
    pub(crate) async fn agent(&self, command: AgentCommand) -> Result<(), Failure> {
        let AgentCommand::Invite { issuer, email } = command;
        let agent = self.vault().await?.invite(&issuer, &email).await?;
        print(&agent)
    }

    /// `parvis person …`.
    pub(crate) async fn person(&self, command: PersonCommand) -> Result<(), Failure> {
        let vault = self.vault().await?;
        match command {
            PersonCommand::Export { person } => {
                let person = parsed(&person)?;
                print(&format!("{:#}", vault.everything(&person).await?))
            }
            PersonCommand::Erase { person, yes } => {
                if !yes {
                    let message = "erasing can't be undone: say --yes once you are sure it is this person";
                    return Err(Failure::usage("CONFIRMATION_MISSING", message));
                }
                let person = parsed(&person)?;
                let erased = erasure::erase(&self.executor(), &vault, Some(&self.files()?), &person).await?;
                print(&format!("{} texts removed, {} records destroyed", erased.texts, erased.records))
            }
        }
    }

    /// `parvis vault …`.
    pub(crate) async fn vault_command(&self, command: VaultCommand) -> Result<(), Failure> {
        let vault = self.vault().await?;
        let path = self.settings.vault_key_beside(&self.key);
        match command {
            VaultCommand::NewKey => {
                let rotated = KeyRing::read(&path)?.rotated(&self.entropy);
                rotated.write(&path)?;
                let file = path.display();
                print(&format!("{file} has a new key: give it to every node, start them again, then rotate-key"))
            }
            VaultCommand::RotateKey => {
                let moved = vault.rotate_key(KeyRing::read(&path)?).await?;
                print(&format!("{moved} people moved to the newest key: drop-old-keys takes the others out"))
            }
            VaultCommand::DropOldKeys => {
                let only = KeyRing::read(&path)?.without_old();
                // Opening refuses a ring that lacks a key in use.
                let url = Vault::url_beside(self.url);
                Vault::open(&url, only.clone(), Clock::System, self.entropy.clone()).await?.close().await;
                only.write(&path)?;
                print("one key is left: give the file to every node, and destroy every copy of the file of before")
            }
            VaultCommand::Tidy { json } => {
                let keeper = Keeper {
                    executor: self.executor(),
                    vault,
                    files: Some(self.files()?),
                    read_model: ReadModel::open(self.store.clone(), |_| {})
                        .await
                        .map_err(|error| Failure::fault(error.code(), error.to_string()))?,
                    retention: self.settings.retention.clone().unwrap_or_default(),
                };
                let round = keeper.round().await?;
                let (records, people, anchored) = (round.records, round.people, round.anchored);
                if json {
                    print(&json!({ "records": records, "people": people, "anchored": anchored }).to_string())
                } else {
                    print(&format!(
                        "{records} records and {people} people were past their time; {anchored} logs anchored"
                    ))
                }
            }
        }
    }
}

fn parsed(person: &str) -> Result<PersonId, Failure> {
    person.parse().map_err(|_| {
        let message = "a person is named by the 32 hexadecimal digits that the vault gave: `viewer` or the record of readings tells them";
        Failure::usage("PERSON_INVALID", message)
    })
}
