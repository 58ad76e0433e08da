//! Comments and official answers: writing one, taking it back, putting it first.

use super::carry::{Carried, carry, carry_as, key_of};
use super::payload::{PinCommentPayload, PostCommentPayload, UnpinCommentPayload, WithdrawCommentPayload};
use crate::error::Fault;
use crate::graphql::acting;
use crate::graphql::node::{GlobalId, Kind};
use crate::graphql::types::comment::Comment;
use crate::graphql::types::scalars::CommandId;
use async_graphql::{Context, ID, InputObject, Object};
use domain::comment::{Command as CommentCommand, Subject};
use domain::{Command, CommentId};

/// A comment.
#[derive(InputObject, Debug)]
pub struct PostCommentInput {
    /// Names this command; draw a new one for each, and repeat it when the answer was lost.
    pub command_id: CommandId,
    /// The proposal or the online workshop that it is about.
    pub on: ID,
    /// The comment that it answers, on the same object; answers aren't answered in turn.
    pub answers: Option<ID>,
    /// What it says, at most as long as the campaign allows.
    pub text: String,
    /// The public name of who writes; of the office, for an official answer.
    pub author_name: String,
    /// Whether the city speaks (`réponse officielle`): for agents.
    #[graphql(default)]
    pub official: bool,
}

/// A comment, and nothing more.
#[derive(InputObject, Debug)]
pub struct CommentInput {
    /// Names this command; draw a new one for each, and repeat it when the answer was lost.
    pub command_id: CommandId,
    /// The comment.
    pub comment: ID,
}

/// Mutations on comments.
#[derive(Default)]
pub struct CommentMutations;

#[Object]
impl CommentMutations {
    /// Writes a comment (`commenter`): on a proposal during IDEATION, in an online workshop during its
    /// first step. Agents answer in the city's name until the end of PRE_SUBMIT.
    async fn post_comment(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is said.")] input: PostCommentInput,
    ) -> Result<Option<PostCommentPayload>, Fault> {
        let GlobalId { kind, campaign, key } = GlobalId::read(&input.on)?;
        let refused = || Fault::Id { given: input.on.chars().take(80).collect(), kind: "Proposal or Workshop" };
        let on = match kind {
            Kind::Proposal => Subject::Proposal(key.parse().map_err(|_| refused())?),
            Kind::Workshop => Subject::Workshop(key.parse().map_err(|_| refused())?),
            Kind::Campaign
            | Kind::Area
            | Kind::Project
            | Kind::Site
            | Kind::Comment
            | Kind::PollingPlace
            | Kind::Event => {
                return Err(refused());
            }
        };
        let answers = input.answers.map(|id| GlobalId::within(&id, Kind::Comment, &campaign)).transpose()?;
        let id: CommentId = key_of("comment", &campaign, input.command_id)?;
        let PostCommentInput { command_id, text, author_name, official, .. } = input;
        let command = CommentCommand::Post { on, answers, official, author_name, text };
        let command = Command::Comment(id.clone(), command);
        let carried = if official {
            carry(ctx, &campaign, command_id, vec![command]).await?
        } else {
            let actor = acting::participant(ctx, &campaign)?;
            acting::remember(ctx, &campaign, &actor.id).await?;
            carry_as(ctx, &campaign, command_id, actor, vec![command]).await?
        };
        Ok(PostCommentPayload::of(carried, |view| Comment::of(view, &id)))
    }

    /// Takes a comment back (`retirer`), by its author.
    async fn withdraw_comment(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which comment.")] input: CommentInput,
    ) -> Result<Option<WithdrawCommentPayload>, Fault> {
        let (campaign, id): (String, CommentId) = GlobalId::of(&input.comment, Kind::Comment)?;
        let actor = acting::participant(ctx, &campaign)?;
        let command = Command::Comment(id.clone(), CommentCommand::Withdraw);
        let carried = carry_as(ctx, &campaign, input.command_id, actor, vec![command]).await?;
        Ok(WithdrawCommentPayload::of(carried, |view| Comment::of(view, &id)))
    }

    /// Puts an official answer first (`épingler`), by an agent.
    async fn pin_comment(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which comment.")] input: CommentInput,
    ) -> Result<Option<PinCommentPayload>, Fault> {
        let (carried, id) = by_agent(ctx, input, CommentCommand::Pin).await?;
        Ok(PinCommentPayload::of(carried, |view| Comment::of(view, &id)))
    }

    /// Puts a comment back to its place (`désépingler`), by an agent.
    async fn unpin_comment(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which comment.")] input: CommentInput,
    ) -> Result<Option<UnpinCommentPayload>, Fault> {
        let (carried, id) = by_agent(ctx, input, CommentCommand::Unpin).await?;
        Ok(UnpinCommentPayload::of(carried, |view| Comment::of(view, &id)))
    }
}

async fn by_agent(
    ctx: &Context<'_>,
    input: CommentInput,
    command: CommentCommand,
) -> Result<(Carried, CommentId), Fault> {
    let (campaign, id): (String, CommentId) = GlobalId::of(&input.comment, Kind::Comment)?;
    let carried = carry(ctx, &campaign, input.command_id, vec![Command::Comment(id.clone(), command)]).await?;
    Ok((carried, id))
}
