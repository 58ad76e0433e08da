//! Who the readers of a message are, and what it names: people by the vault, words by the read model.
//!
//! What a message names is read when it is written, so that a text that was removed is never sent.

use super::of::Reader;
use crate::failure::Failure;
use crate::graphql::node::{Kind as NodeKind, global};
use crate::read_model::{CampaignVersion, Version};
use crate::words;
use domain::Hidden;
use domain::rejection::Language;
use messages::{Content, Facts, Kind, LISTENING, Post};
use std::collections::BTreeSet;
use vault::{PersonId, Vault};

/// The people who are meant; whoever was erased is not among them.
pub(crate) async fn people(
    vault: &Vault,
    view: &CampaignVersion,
    readers: &[Reader],
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
                let authors: BTreeSet<&str> =
                    view.model.proposals.rows().map(|row| row.deposit.author.as_str()).collect();
                for author in authors {
                    people.extend(vault.person_of_pseudonym(&view.code, author).await?);
                }
            }
        }
    }
    Ok(people)
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

/// What a message names; none when what it tells of can't be found any more.
pub(crate) fn facts(version: &Version, post: &Post, content: &Content, wanted: Option<Language>) -> Option<Facts> {
    let view = version.campaign(&content.campaign)?;
    let model = &view.model;
    let language = wanted.unwrap_or_default();
    let campaign = told(&model.overview.title, &view.code);
    let (kind, key) = content.object.split_once('/').unwrap_or_default();
    let project = content.other.as_deref().and_then(|other| other.strip_prefix("project/"));
    let project = project.and_then(|id| model.projects.get(&id.parse::<domain::ProjectId>().ok()?));
    let mut other = project.map(|row| told(&row.formation.title, &row.formation.reference));
    let mut text = None;
    let title = match kind {
        "proposal" => {
            let row = model.proposals.get(&key.parse::<domain::ProposalId>().ok()?)?;
            told(&row.deposit.title, &row.deposit.reference)
        }
        "project" => {
            let row = model.projects.get(&key.parse::<domain::ProjectId>().ok()?)?;
            told(&row.formation.title, &row.formation.reference)
        }
        "site" => {
            let row = model.sites.get(&key.parse::<domain::SiteId>().ok()?)?;
            other = Some(words::site_state(row.state(), language));
            if content.kind == Kind::SiteAbandoned {
                text = row.abandoned.as_ref().and_then(|abandoned| abandoned.reason.get()).cloned();
            }
            told(&row.opening.title, &view.code)
        }
        _ => campaign.clone(),
    };
    if content.kind == Kind::ProjectRefused {
        text = project.and_then(|row| row.decision.as_ref()?.reason.as_ref()?.get().cloned());
    }
    Some(Facts { language, campaign, title, other, text, link: post.page(&view.code, kind, key) })
}

/// A text, or what stands for it where it was removed.
fn told(text: &Hidden<String>, instead: &str) -> String {
    text.get().filter(|text| !text.is_empty()).map_or_else(|| instead.to_owned(), String::clone)
}
