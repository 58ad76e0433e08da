//! Commands as mutations: one file per noun. A mutation parses its input, hands it to the executor,
//! and answers once the read model holds what was written.

mod carry;
pub(crate) mod input;
pub(crate) mod numbers;
pub mod payload;

pub mod ballot;
pub mod campaign;
pub mod comment;
pub mod configuration;
pub mod council;
pub mod deposit;
pub mod draft;
pub mod exclusion;
pub mod instruction;
pub mod merging;
pub mod message;
pub mod moderation;
pub mod outline;
pub mod person;
pub mod polling_place;
pub mod project;
pub mod proposal;
pub mod reading;
pub mod register;
pub mod role;
pub mod sealed;
pub mod site;
pub mod site_change;
pub mod site_telling;
pub mod text;
pub mod urn;
pub mod workshop;

use crate::error::Fault;
use async_graphql::{Context, MergedObject};

/// The chance that commands are made with.
pub(crate) fn entropy<'a>(ctx: &'a Context<'_>) -> Result<&'a commands::Entropy, Fault> {
    carry::executor(ctx).map(commands::Executor::entropy)
}

/// What sets up and leads a campaign.
#[derive(MergedObject, Default)]
pub struct Leading(
    configuration::ConfigurationMutations,
    outline::OutlineMutations,
    campaign::CampaignMutations,
    exclusion::ExclusionMutations,
    council::CouncilMutations,
    role::RoleMutations,
    text::TextMutations,
);

/// What leads from a deposit to the ballot list.
#[derive(MergedObject, Default)]
pub struct Proposing(
    proposal::ProposalMutations,
    project::ProjectMutations,
    merging::MergingMutations,
    instruction::InstructionMutations,
    draft::DraftMutations,
    workshop::WorkshopMutations,
);

/// What belongs to the vote.
#[derive(MergedObject, Default)]
pub struct Voting(
    ballot::BallotMutations,
    sealed::SealedMutations,
    register::RegisterMutations,
    urn::UrnMutations,
    polling_place::PollingPlaceMutations,
);

/// What belongs to building sites.
#[derive(MergedObject, Default)]
pub struct Building(site::SiteMutations, site_change::SiteChangeMutations, site_telling::SiteTellingMutations);

/// What people say, to each other and of themselves.
#[derive(MergedObject, Default)]
pub struct Talking(
    message::MessageMutations,
    person::PersonMutations,
    reading::ReadingMutations,
    comment::CommentMutations,
    moderation::ModerationMutations,
);

/// Everything that can be asked. Each mutation is one command, carried out as a whole or not at all;
/// an expected no comes back in `rejections`. Repeating a `commandId` gives the first receipt again.
// In groups: one list of all of them is a type as deep as it is long, and the compiler takes minutes over it.
#[derive(MergedObject, Default)]
pub struct Mutation(Leading, Proposing, Voting, Building, Talking);
