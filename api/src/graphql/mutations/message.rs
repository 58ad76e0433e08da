//! What somebody wants to hear of, and letters to people whose address one doesn't learn.
//!
//! None of it enters a log. Who may write to whom: `letters.rs`.

use crate::error::Fault;
use crate::graphql::acting::{self, person};
use crate::graphql::node::{GlobalId, Kind};
use crate::graphql::request::{View, campaign, language, snapshot, vault};
use crate::graphql::types::message::{Conversation, MessageTopic, TopicChoice};
use crate::graphql::types::rejection::Rejection;
use crate::letters::Writer;
use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use domain::ProposalId;

/// Something to hear of, or not.
#[derive(InputObject, Debug)]
pub struct SetTopicInput {
    /// What.
    pub topic: MessageTopic,
    /// Whether it is wanted.
    pub on: bool,
}

/// A letter to the author of a proposal.
#[derive(InputObject, Debug)]
pub struct ContactAuthorInput {
    /// The proposal.
    pub proposal: ID,
    /// What it says, 1 to 2,000 characters.
    pub text: String,
}

/// An answer to a letter.
#[derive(InputObject, Debug)]
pub struct AnswerContactInput {
    /// The id of the conversation.
    pub conversation: String,
    /// What it says, 1 to 2,000 characters.
    pub text: String,
}

/// What `setTopic` came to.
#[derive(SimpleObject)]
pub struct SetTopicPayload {
    /// As it is kept.
    pub topic: Option<TopicChoice>,
    /// Why it was refused; empty when carried out.
    pub rejections: Vec<Rejection>,
}

/// What `contactAuthor` came to.
#[derive(SimpleObject)]
pub struct ContactAuthorPayload {
    /// The conversation that the letter is part of.
    pub conversation: Option<Conversation>,
    /// Why it was refused; empty when carried out.
    pub rejections: Vec<Rejection>,
}

/// What `answerContact` came to.
#[derive(SimpleObject)]
pub struct AnswerContactPayload {
    /// The conversation that the letter is part of.
    pub conversation: Option<Conversation>,
    /// Why it was refused; empty when carried out.
    pub rejections: Vec<Rejection>,
}

/// Mutations on messages.
#[derive(Default)]
pub struct MessageMutations;

#[Object]
impl MessageMutations {
    /// Says whether one wants to hear of something (`s’abonner, se désabonner`). It holds at once, also for
    /// what waits to be sent.
    async fn set_topic(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What, and whether.")] input: SetTopicInput,
    ) -> Result<Option<SetTopicPayload>, Fault> {
        let (topic, on) = (input.topic.into(), input.on);
        messages::set_wish(vault(ctx)?, person(ctx)?, topic, on).await?;
        Ok(Some(SetTopicPayload { topic: Some(TopicChoice { topic, on }), rejections: Vec::new() }))
    }

    /// Writes to the author of a proposal who agreed to it at the deposit (`mise en relation`). For those
    /// who deposited or co-authored a proposal of the campaign themselves; at most 10 letters in 24 hours.
    /// Nobody learns an address, and nothing of it enters the log. The same text again, before an answer,
    /// is the same letter.
    async fn contact_author(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The letter.")] input: ContactAuthorInput,
    ) -> Result<Option<ContactAuthorPayload>, Fault> {
        let writer = Writer { vault: vault(ctx)?, session: acting::taking_part(ctx)? };
        let (code, proposal): (String, ProposalId) = GlobalId::of(&input.proposal, Kind::Proposal)?;
        let written = writer.contact(campaign(ctx, &code)?.as_ref(), &proposal, &input.text).await?;
        let (conversation, rejections) = came_to(ctx, &writer, written).await?;
        Ok(Some(ContactAuthorPayload { conversation, rejections }))
    }

    /// Answers a letter (`répondre`), under the same limits.
    async fn answer_contact(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The answer.")] input: AnswerContactInput,
    ) -> Result<Option<AnswerContactPayload>, Fault> {
        let writer = Writer { vault: vault(ctx)?, session: acting::taking_part(ctx)? };
        let views = snapshot(ctx)?.campaigns();
        let view = |code: &str| views.iter().find(|view| view.code == code).map(View::as_ref);
        let written = writer.answer(view, &input.conversation, &input.text).await?;
        let (conversation, rejections) = came_to(ctx, &writer, written).await?;
        Ok(Some(AnswerContactPayload { conversation, rejections }))
    }
}

/// The conversation as it stands now, or why nothing was written.
async fn came_to(
    ctx: &Context<'_>,
    writer: &Writer<'_>,
    written: Result<String, domain::Rejection>,
) -> Result<(Option<Conversation>, Vec<Rejection>), Fault> {
    match written {
        Ok(id) => {
            let kept = writer.vault.conversation(&writer.session.person, &id).await?;
            Ok((kept.map(|kept| Conversation { id, kept }), Vec::new()))
        }
        Err(rejection) => Ok((None, vec![Rejection { rejection, language: language(ctx) }])),
    }
}
