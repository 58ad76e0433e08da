//! Workshops: announcing one, coming to it, and what comes out of it.

use super::carry::{Carried, carry, carry_as, key_of, refused};
use super::input::keys;
use super::payload::{
    AnnounceWorkshopPayload, CancelRegistrationPayload, CancelWorkshopPayload, ChangeWorkshopPayload,
    ChooseAlternativePayload, InviteToWorkshopPayload, ProposeAlternativesPayload, PublishFinalTextPayload,
    PublishMinutesPayload, RecordAttendancePayload, RegisterForWorkshopPayload,
};
use crate::error::Fault;
use crate::graphql::acting;
use crate::graphql::node::{GlobalId, Kind, global};
use crate::graphql::request::{campaign, vault};
use crate::graphql::types::scalars::{CommandId, DateTime};
use crate::graphql::types::workshop::{Workshop, WorkshopMode, WorkshopStanding};
use async_graphql::{Context, ID, InputObject, Object};
use domain::workshop::{Alternative, Announcement, Command as WorkshopCommand, Span, Standing, Steps};
use domain::{Code, Command, Hidden, ProposalId, WorkshopId};
use transparency::Hash;

/// From a moment to another; the first belongs to it.
#[derive(InputObject, Clone, Copy, Debug)]
pub struct SpanInput {
    /// Its first moment.
    pub start: DateTime,
    /// The moment after its last.
    pub end: DateTime,
}

/// The dated steps of an online workshop, in this order and between its start and its end.
#[derive(InputObject, Clone, Copy, Debug)]
pub struct WorkshopStepsInput {
    /// Commenting the initial description.
    pub comment: SpanInput,
    /// Choosing between alternative descriptions.
    pub choice: SpanInput,
    /// From when the final description may be published.
    pub finish: DateTime,
}

/// A workshop as it is announced.
#[derive(InputObject, Debug)]
pub struct AnnouncementInput {
    /// Its title, 3 to 200 characters.
    pub title: String,
    /// How people come together.
    pub mode: WorkshopMode,
    /// What it is about, hour by hour if one likes; at most 5,000 characters.
    pub agenda: String,
    /// Where; needed unless it is online only.
    pub place: Option<String>,
    /// Where on the Web, with `https://`; needed unless it is in a room only.
    pub link: Option<String>,
    /// Its first moment, in the future.
    pub starts: DateTime,
    /// The moment after its last.
    pub ends: DateTime,
    /// How many people can register, 1 to 10,000.
    pub capacity: u32,
    /// The proposals that it brings together, at most 200.
    pub proposals: Vec<ID>,
    /// Its dated steps; needed unless it is in a room only.
    pub steps: Option<WorkshopStepsInput>,
}

impl AnnouncementInput {
    fn announcement(self, campaign: &str) -> Result<Box<Announcement>, Fault> {
        let span = |given: SpanInput| Span { start: given.start.0, end: given.end.0 };
        let steps = self.steps.map(|steps| Steps {
            comment: span(steps.comment),
            choice: span(steps.choice),
            finish: steps.finish.0,
        });
        Ok(Box::new(Announcement {
            title: Hidden::Disclosed(self.title),
            mode: self.mode.into(),
            agenda: Hidden::Disclosed(self.agenda),
            place: self.place.map(Hidden::Disclosed),
            link: self.link.map(Hidden::Disclosed),
            starts: self.starts.0,
            ends: self.ends.0,
            capacity: self.capacity,
            proposals: keys(&self.proposals, Kind::Proposal, campaign)?,
            steps,
        }))
    }
}

/// Announcing a workshop.
#[derive(InputObject, Debug)]
pub struct AnnounceWorkshopInput {
    /// Names this command; draw a new one for each, and repeat it when the answer was lost.
    pub command_id: CommandId,
    /// The code of the campaign.
    pub campaign: String,
    /// The workshop.
    #[graphql(flatten)]
    pub announcement: AnnouncementInput,
}

/// A workshop as it shall be, all of it.
#[derive(InputObject, Debug)]
pub struct ChangeWorkshopInput {
    /// Names this command; draw a new one for each, and repeat it when the answer was lost.
    pub command_id: CommandId,
    /// The workshop.
    pub workshop: ID,
    /// The version that was changed, as `workshop.version` gave it. Where it isn't the latest any more,
    /// the rejection EDIT_CONFLICT names the fields that others changed.
    pub version: u32,
    /// The workshop.
    #[graphql(flatten)]
    pub announcement: AnnouncementInput,
}

/// Giving a workshop up.
#[derive(InputObject, Debug)]
pub struct CancelWorkshopInput {
    /// Names this command; draw a new one for each, and repeat it when the answer was lost.
    pub command_id: CommandId,
    /// The workshop.
    pub workshop: ID,
    /// Why; published.
    pub reason: String,
}

/// A workshop, and nothing more.
#[derive(InputObject, Debug)]
pub struct WorkshopInput {
    /// Names this command; draw a new one for each, and repeat it when the answer was lost.
    pub command_id: CommandId,
    /// The workshop.
    pub workshop: ID,
}

/// Coming to a workshop.
#[derive(InputObject, Debug)]
pub struct RegisterForWorkshopInput {
    /// Names this command; draw a new one for each, and repeat it when the answer was lost.
    pub command_id: CommandId,
    /// The workshop.
    pub workshop: ID,
    /// Why one may come.
    pub standing: WorkshopStanding,
    /// The secret of the invitation; needed when INVITED.
    pub invitation: Option<String>,
}

/// Who was there.
#[derive(InputObject, Debug)]
pub struct RecordAttendanceInput {
    /// Names this command; draw a new one for each, and repeat it when the answer was lost.
    pub command_id: CommandId,
    /// The workshop.
    pub workshop: ID,
    /// Those who had registered, by pseudonym.
    pub present: Vec<String>,
    /// How many others.
    pub others: u32,
}

/// What was said and agreed.
#[derive(InputObject, Debug)]
pub struct PublishMinutesInput {
    /// Names this command; draw a new one for each, and repeat it when the answer was lost.
    pub command_id: CommandId,
    /// The workshop.
    pub workshop: ID,
    /// The minutes (`compte rendu`), at most 50,000 characters.
    pub minutes: String,
    /// The conclusions, at most 10,000 characters.
    pub conclusions: String,
}

/// A description to choose from.
#[derive(InputObject, Debug)]
pub struct AlternativeInput {
    /// Its title, at most 200 characters.
    pub title: String,
    /// Its text, at most 50,000 characters.
    pub text: String,
}

/// Descriptions to choose from.
#[derive(InputObject, Debug)]
pub struct ProposeAlternativesInput {
    /// Names this command; draw a new one for each, and repeat it when the answer was lost.
    pub command_id: CommandId,
    /// The workshop.
    pub workshop: ID,
    /// One to three; they replace those proposed before.
    pub alternatives: Vec<AlternativeInput>,
}

/// A choice.
#[derive(InputObject, Debug)]
pub struct ChooseAlternativeInput {
    /// Names this command; draw a new one for each, and repeat it when the answer was lost.
    pub command_id: CommandId,
    /// The workshop.
    pub workshop: ID,
    /// The number of the alternative, from 1.
    pub alternative: u8,
}

/// The description that a workshop leads to.
#[derive(InputObject, Debug)]
pub struct PublishFinalTextInput {
    /// Names this command; draw a new one for each, and repeat it when the answer was lost.
    pub command_id: CommandId,
    /// The workshop.
    pub workshop: ID,
    /// The text, at most 50,000 characters.
    pub text: String,
}

/// Mutations on workshops.
#[derive(Default)]
pub struct WorkshopMutations;

#[Object]
impl WorkshopMutations {
    /// Announces a workshop (`annoncer un atelier`), from the end of IDEATION to the end of
    /// CO_CONSTRUCTION.
    async fn announce_workshop(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The workshop.")] input: AnnounceWorkshopInput,
    ) -> Result<Option<AnnounceWorkshopPayload>, Fault> {
        let id: WorkshopId = key_of("workshop", &input.campaign, input.command_id)?;
        let command = WorkshopCommand::Announce(input.announcement.announcement(&input.campaign)?);
        let command = Command::Workshop(id.clone(), command);
        let carried = carry(ctx, &input.campaign, input.command_id, vec![command]).await?;
        Ok(AnnounceWorkshopPayload::of(carried, |view| Workshop::of(view, &id)))
    }

    /// Announces a workshop anew (`modifier`), before it begins.
    async fn change_workshop(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What it shall be.")] input: ChangeWorkshopInput,
    ) -> Result<Option<ChangeWorkshopPayload>, Fault> {
        let (campaign, _): (String, WorkshopId) = GlobalId::of(&input.workshop, Kind::Workshop)?;
        let announcement = input.announcement.announcement(&campaign)?;
        let command = WorkshopCommand::Change { version: input.version.into(), announcement };
        let (carried, id) = by_agent(ctx, &input.workshop, input.command_id, command).await?;
        Ok(ChangeWorkshopPayload::of(carried, |view| Workshop::of(view, &id)))
    }

    /// Gives a workshop up (`annuler un atelier`).
    async fn cancel_workshop(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which workshop, and why.")] input: CancelWorkshopInput,
    ) -> Result<Option<CancelWorkshopPayload>, Fault> {
        let command = WorkshopCommand::Cancel { reason: input.reason };
        let (carried, id) = by_agent(ctx, &input.workshop, input.command_id, command).await?;
        Ok(CancelWorkshopPayload::of(carried, |view| Workshop::of(view, &id)))
    }

    /// Invites somebody to a workshop (`inviter`). The answer holds a secret, to be handed on in
    /// private; it serves once. Only its SHA-256 stands in the log.
    async fn invite_to_workshop(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which workshop.")] input: WorkshopInput,
    ) -> Result<Option<InviteToWorkshopPayload>, Fault> {
        let secret = acting::invitation(ctx, input.command_id)?;
        let command = WorkshopCommand::Invite { invitation: Hash::of(&[secret.as_bytes()]) };
        let (carried, _) = by_agent(ctx, &input.workshop, input.command_id, command).await?;
        Ok(InviteToWorkshopPayload::of(carried, |_| Some(secret)))
    }

    /// Registers for a workshop (`s’inscrire`): as an author of one of its proposals, as somebody who
    /// follows one, or with an invitation. What somebody follows stands in no log: this server looks.
    async fn register_for_workshop(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which workshop, and why one may come.")] input: RegisterForWorkshopInput,
    ) -> Result<Option<RegisterForWorkshopPayload>, Fault> {
        let (campaign, id): (String, WorkshopId) = GlobalId::of(&input.workshop, Kind::Workshop)?;
        let standing = Standing::from(input.standing);
        let participant = acting::participant(ctx, &campaign)?.id;
        if standing == Standing::Follower && !follows(ctx, &campaign, &id).await? {
            let no = refused(ctx, Code::NotInvited.on("standing"));
            return Ok(RegisterForWorkshopPayload::of(no, |_| None));
        }
        acting::remember(ctx, &campaign, &participant).await?;
        let invitation = input.invitation.map(|secret| Hash::of(&[secret.trim().as_bytes()]));
        let command = WorkshopCommand::Register { standing, invitation };
        let (carried, id) = as_participant(ctx, &input.workshop, input.command_id, command).await?;
        Ok(RegisterForWorkshopPayload::of(carried, |view| Workshop::of(view, &id)))
    }

    /// Cancels one's registration (`se désinscrire`).
    async fn cancel_registration(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which workshop.")] input: WorkshopInput,
    ) -> Result<Option<CancelRegistrationPayload>, Fault> {
        let command = WorkshopCommand::CancelRegistration;
        let (carried, id) = as_participant(ctx, &input.workshop, input.command_id, command).await?;
        Ok(CancelRegistrationPayload::of(carried, |view| Workshop::of(view, &id)))
    }

    /// Says who was there (`feuille de présence`); again, to correct it.
    async fn record_attendance(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Who came to which workshop.")] input: RecordAttendanceInput,
    ) -> Result<Option<RecordAttendancePayload>, Fault> {
        let command = WorkshopCommand::RecordAttendance { present: input.present, others: input.others };
        let (carried, id) = by_agent(ctx, &input.workshop, input.command_id, command).await?;
        Ok(RecordAttendancePayload::of(carried, |view| Workshop::of(view, &id)))
    }

    /// Publishes minutes and conclusions (`compte rendu`); again, to correct them.
    async fn publish_minutes(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Of which workshop.")] input: PublishMinutesInput,
    ) -> Result<Option<PublishMinutesPayload>, Fault> {
        let command = WorkshopCommand::PublishMinutes { minutes: input.minutes, conclusions: input.conclusions };
        let (carried, id) = by_agent(ctx, &input.workshop, input.command_id, command).await?;
        Ok(PublishMinutesPayload::of(carried, |view| Workshop::of(view, &id)))
    }

    /// Proposes one to three descriptions to choose from, before the choice begins online.
    async fn propose_alternatives(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The descriptions.")] input: ProposeAlternativesInput,
    ) -> Result<Option<ProposeAlternativesPayload>, Fault> {
        let alternative = |given: AlternativeInput| Alternative {
            title: Hidden::Disclosed(given.title),
            text: Hidden::Disclosed(given.text),
        };
        let alternatives = input.alternatives.into_iter().map(alternative).collect();
        let command = WorkshopCommand::ProposeAlternatives(alternatives);
        let (carried, id) = by_agent(ctx, &input.workshop, input.command_id, command).await?;
        Ok(ProposeAlternativesPayload::of(carried, |view| Workshop::of(view, &id)))
    }

    /// Chooses a description (`choisir`), by a registered participant during the second step. A later
    /// choice replaces it.
    async fn choose_alternative(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which one.")] input: ChooseAlternativeInput,
    ) -> Result<Option<ChooseAlternativePayload>, Fault> {
        let command = WorkshopCommand::Choose { alternative: input.alternative };
        let (carried, id) = as_participant(ctx, &input.workshop, input.command_id, command).await?;
        Ok(ChooseAlternativePayload::of(carried, |view| Workshop::of(view, &id)))
    }

    /// Publishes the description that the workshop leads to (`texte final`), once. Only then it is told
    /// how often each alternative was chosen.
    async fn publish_final_text(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The text.")] input: PublishFinalTextInput,
    ) -> Result<Option<PublishFinalTextPayload>, Fault> {
        let command = WorkshopCommand::PublishFinalText { text: input.text };
        let (carried, id) = by_agent(ctx, &input.workshop, input.command_id, command).await?;
        Ok(PublishFinalTextPayload::of(carried, |view| Workshop::of(view, &id)))
    }
}

async fn by_agent(
    ctx: &Context<'_>,
    workshop: &ID,
    id: CommandId,
    command: WorkshopCommand,
) -> Result<(Carried, WorkshopId), Fault> {
    let (campaign, key): (String, WorkshopId) = GlobalId::of(workshop, Kind::Workshop)?;
    let carried = carry(ctx, &campaign, id, vec![Command::Workshop(key.clone(), command)]).await?;
    Ok((carried, key))
}

async fn as_participant(
    ctx: &Context<'_>,
    workshop: &ID,
    id: CommandId,
    command: WorkshopCommand,
) -> Result<(Carried, WorkshopId), Fault> {
    let (campaign, key): (String, WorkshopId) = GlobalId::of(workshop, Kind::Workshop)?;
    let actor = acting::participant(ctx, &campaign)?;
    let carried = carry_as(ctx, &campaign, id, actor, vec![Command::Workshop(key.clone(), command)]).await?;
    Ok((carried, key))
}

/// Whether the person who asks follows one of the workshop's proposals.
async fn follows(ctx: &Context<'_>, code: &str, id: &WorkshopId) -> Result<bool, Fault> {
    let view = campaign(ctx, code)?;
    let Some(row) = view.model.workshops.get(id) else { return Ok(false) };
    let followed = vault(ctx)?.list(&acting::session(ctx)?.person, vault::Kind::Subscription).await?;
    let of = |proposal: &ProposalId| global(Kind::Proposal, code, proposal.as_str());
    let is = |proposal: &ProposalId| {
        let object = of(proposal);
        followed.iter().any(|entry| entry.value.get("object").and_then(|text| text.as_str()) == Some(object.as_str()))
    };
    Ok(row.announcement.proposals.iter().any(is))
}
