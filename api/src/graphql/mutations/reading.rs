//! Agents who read personal data: for a purpose, with a reason, and on record before anything is shown.

use crate::error::Fault;
use crate::graphql::acting;
use crate::graphql::request::{campaign, language, vault};
use crate::graphql::types::rejection::Rejection;
use crate::graphql::types::viewer::{Contact, Profile, ReadingPurpose};
use async_graphql::{Context, Enum, InputObject, Object, SimpleObject};
use domain::Code;
use domain::permission::Permission;
use std::collections::BTreeSet;
use vault::{Kind, Reading};

/// What can be read of somebody.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum PersonalData {
    /// What the identity provider said.
    Profile,
    /// How somebody wants to be reached.
    Contact,
}

/// Reading the personal data of an author.
#[derive(InputObject, Debug)]
pub struct ReadPersonalDataInput {
    /// The code of the campaign.
    pub campaign: String,
    /// The author's pseudonym in it, as `proposal.author` gives it.
    pub author: String,
    /// What is read; at least one.
    pub kinds: Vec<PersonalData>,
    /// What for.
    pub purpose: ReadingPurpose,
    /// Why, 3 to 200 characters; the author can read it.
    pub note: String,
}

/// What `readPersonalData` came to.
#[derive(SimpleObject)]
pub struct ReadPersonalDataPayload {
    /// What the identity provider said, if asked for and known.
    pub profile: Option<Profile>,
    /// How the author wants to be reached, if asked for and said.
    pub contact: Option<Contact>,
    /// Why it was refused; empty when carried out.
    pub rejections: Vec<Rejection>,
}

/// Mutations that read personal data: what they change is the record of it.
#[derive(Default)]
pub struct ReadingMutations;

#[Object]
impl ReadingMutations {
    /// Reads the personal data of a proposal's author (`consulter des données personnelles`). The reading
    /// is recorded first, and can't be erased; the author sees it in `viewer.readings`.
    async fn read_personal_data(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose, which and why.")] input: ReadPersonalDataInput,
    ) -> Result<Option<ReadPersonalDataPayload>, Fault> {
        let view = campaign(ctx, &input.campaign)?;
        let role = acting::holds(ctx, &view, Permission::ReadContact)?;
        let refused = |no: domain::Rejection| {
            let rejections = vec![Rejection { rejection: no, language: language(ctx) }];
            Ok(Some(ReadPersonalDataPayload { profile: None, contact: None, rejections }))
        };
        let length = input.note.trim().chars().count();
        if length < 3 {
            return refused(Code::TextTooShort.on("note").with(3));
        }
        if length > 200 {
            return refused(Code::TextTooLong.on("note").with(200));
        }
        if input.kinds.is_empty() {
            return refused(Code::EmptyList.on("kinds"));
        }
        let vault = vault(ctx)?;
        let Some(person) = vault.person_of_pseudonym(&input.campaign, &input.author).await? else {
            return refused(Code::NotFound.on("author").with(input.author.chars().take(80).collect::<String>()));
        };
        let kind = |kind: PersonalData| match kind {
            PersonalData::Profile => Kind::Profile,
            PersonalData::Contact => Kind::Contact,
        };
        let reading = Reading {
            agent_id: acting::session(ctx)?.agent_id.clone(),
            role: role.code().to_owned(),
            campaign: input.campaign,
            purpose: input.purpose.into(),
            note: input.note.trim().to_owned(),
            kinds: input.kinds.into_iter().map(kind).collect::<BTreeSet<_>>(),
        };
        let entries = vault.read_for(reading, &person).await?;
        let find = |kind: Kind| entries.iter().find(|entry| entry.kind == kind).map(|entry| entry.value.clone());
        let profile = find(Kind::Profile).map(|value| Profile { value });
        let contact = find(Kind::Contact).map(|value| Contact::of(&value));
        Ok(Some(ReadPersonalDataPayload { profile, contact, rejections: Vec::new() }))
    }
}
