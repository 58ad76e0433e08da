//! Who the readers of a message are: people, by the vault.
//!
//! What a message names is `facts.rs`'s.

use super::of::Reader;
use crate::failure::Failure;
use crate::graphql::node::{Kind as NodeKind, global};
use crate::read_model::CampaignVersion;
use domain::{Actor, Role, Timestamp};
use messages::LISTENING;
use std::collections::BTreeSet;
use vault::{PersonId, Vault};

/// The people who are meant now; whoever was erased is not among them.
pub(crate) async fn people(
    vault: &Vault,
    view: &CampaignVersion,
    readers: &[Reader],
    now: Timestamp,
) -> Result<BTreeSet<PersonId>, Failure> {
    let mut people = BTreeSet::new();
    for reader in readers {
        match reader {
            Reader::Participant(pseudonym) => people.extend(vault.person_of_pseudonym(&view.code, pseudonym).await?),
            Reader::Follower(stream) => {
                let Some(about) = followed(&view.code, stream) else { continue };
                people.extend(listeners(vault, &about).await?);
            }
            Reader::Listener(topic) => {
                people.extend(listeners(vault, &format!("{LISTENING}{}", topic.code())).await?);
            }
            Reader::Depositors => {
                let mut authors = BTreeSet::new();
                for row in view.model.proposals.rows() {
                    authors.insert(row.deposit.author.as_str());
                    authors.extend(row.co_authors.iter().map(|one| one.pseudonym.as_str()));
                }
                for author in authors {
                    people.extend(vault.person_of_pseudonym(&view.code, author).await?);
                }
            }
            Reader::Agent(agent) => people.extend(vault.person_of_agent(agent.as_str()).await?),
            Reader::Holders(role, department) => {
                let grants = view.model.campaign.roles.grants();
                let fits = |office: &domain::roles::Office| office.role == *role && office.department == *department;
                for (agent, _) in grants.filter(|(_, grant)| fits(&grant.office) && grant.in_force(now)) {
                    people.extend(vault.person_of_agent(agent.as_str()).await?);
                }
            }
        }
    }
    Ok(people)
}

/// Who did something in a campaign: a citizen under a pseudonym of it, or an agent.
pub(crate) async fn actor(vault: &Vault, campaign: &str, actor: &Actor) -> Result<Option<PersonId>, Failure> {
    Ok(match actor.role {
        Role::System => None,
        role if role.is_agents() => vault.person_of_agent(&actor.id).await?,
        _ => vault.person_of_pseudonym(campaign, &actor.id).await?,
    })
}

/// What those who follow a stream are found by: its global id.
fn followed(campaign: &str, stream: &str) -> Option<String> {
    let (kind, key) = stream.split_once('/')?;
    let kind = match kind {
        "proposal" => NodeKind::Proposal,
        "project" => NodeKind::Project,
        "site" => NodeKind::Site,
        _ => return None,
    };
    Some(global(kind, campaign, key).to_string())
}

async fn listeners(vault: &Vault, about: &str) -> Result<Vec<PersonId>, Failure> {
    let mut all: Vec<PersonId> = Vec::new();
    loop {
        let some = vault.listeners(about, all.last()).await?;
        if some.is_empty() {
            return Ok(all);
        }
        all.extend(some);
    }
}
