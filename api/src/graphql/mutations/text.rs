//! Removing what people typed, on a stated ground and by two agents.
//!
//! A removal never touches the log's hashes: `domain::redaction`. A person's own erasure isn't here but
//! in `person.rs`.

use super::carry::{carry_as, executor, refused};
use super::payload::RedactTextsPayload;
use crate::error::Fault;
use crate::graphql::acting;
use crate::graphql::node::{GlobalId, Kind};
use crate::graphql::request::{View, campaign};
use crate::graphql::types::campaign::Campaign;
use crate::graphql::types::scalars::CommandId;
use async_graphql::{Context, Enum, ID, InputObject, Object};
use domain::campaign::Command as CampaignCommand;
use domain::permission::{Permission, Scope as Bounds};
use domain::redaction::Target;
use domain::{Code, Command, StreamKind};
use event_store::StreamId;

/// Why texts are removed (`motif du retrait`).
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum RedactionGround {
    /// They break the rules of the site (`modération`).
    Moderation,
    /// They tell of somebody what mustn't be public (`donnée personnelle`).
    PersonalData,
    /// A court ordered it (`décision de justice`).
    CourtOrder,
}

/// The removal of texts of one object.
#[derive(InputObject, Debug)]
pub struct RedactTextsInput {
    /// Names this command; draw a new one for each, and repeat it when the answer was lost.
    pub command_id: CommandId,
    /// The proposal, project, site, comment or workshop.
    pub object: ID,
    /// The fields whose text is removed, such as `title` or `authorName`; all of them when left out.
    pub fields: Option<Vec<String>>,
    /// Why.
    pub ground: RedactionGround,
}

/// Mutations on texts.
#[derive(Default)]
pub struct TextMutations;

#[Object]
impl TextMutations {
    /// Removes texts of an object (`retirer un texte`): proposed by one agent, done when another confirms
    /// it. What was typed is deleted with its nonce; hashes, proofs and counts hold without it.
    async fn redact_texts(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which texts, and why.")] input: RedactTextsInput,
    ) -> Result<Option<RedactTextsPayload>, Fault> {
        let GlobalId { kind, campaign, key } = GlobalId::read(&input.object)?;
        let kind = match kind {
            Kind::Proposal => StreamKind::Proposal,
            Kind::Project => StreamKind::Project,
            Kind::Site => StreamKind::Site,
            Kind::Comment => StreamKind::Comment,
            Kind::Workshop => StreamKind::Workshop,
            Kind::PollingPlace => StreamKind::PollingPlace,
            Kind::Campaign | Kind::Area | Kind::Event => {
                return Err(Fault::Id {
                    given: input.object.0,
                    kind: "Proposal, Project, Site, Comment, Workshop or PollingPlace",
                });
            }
        };
        // Whether there is such a text is told only to whoever may remove it.
        let view = self::campaign(ctx, &campaign)?;
        let actor = acting::in_role(ctx, &view, Permission::Redact, Bounds::default())?;
        let executor = executor(ctx)?;
        let log = executor.log(&campaign).await?;
        let stream = StreamId::new(kind.as_str(), &key)?;
        let events = executor.store().read_stream(log, &stream, 0).await?;
        let fields = input.fields.as_deref();
        let wanted = |path: &str| fields.is_none_or(|fields| fields.iter().any(|field| names(path, field)));
        let targets: Vec<Target> = events
            .iter()
            .flat_map(|event| event.disclosed.iter().map(move |value| (event.position, &value.path)))
            .filter(|(_, path)| wanted(path))
            .map(|(position, path)| Target { position, path: path.clone() })
            .collect();
        let of = |view: &View| Some(Campaign::of(view));
        if targets.is_empty() {
            let field = fields.map_or_else(String::new, |fields| fields.join(", "));
            let no = Code::NotFound.on("fields").with(field.chars().take(80).collect::<String>());
            return Ok(RedactTextsPayload::of(refused(ctx, no), of));
        }
        let ground = match input.ground {
            RedactionGround::Moderation => domain::redaction::Ground::Moderation,
            RedactionGround::PersonalData => domain::redaction::Ground::PersonalData,
            RedactionGround::CourtOrder => domain::redaction::Ground::CourtOrder,
        };
        let command = Command::Campaign(CampaignCommand::Redact { targets, ground });
        let carried = carry_as(ctx, &campaign, input.command_id, actor, vec![command]).await?;
        Ok(RedactTextsPayload::of(carried, of))
    }
}

/// Whether a value's place in its event is that of this field: `/data/deposit/author_name`, `authorName`.
fn names(path: &str, field: &str) -> bool {
    let letters = |text: &str| text.chars().filter(|c| *c != '_').flat_map(char::to_lowercase).collect::<String>();
    path.rsplit('/').next().is_some_and(|last| letters(last) == letters(field))
}

#[cfg(test)]
mod tests {
    use super::names;

    #[test]
    fn a_field_names_its_value() {
        assert!(names("/data/deposit/author_name", "authorName"));
        assert!(names("/data/deposit/title", "title"));
        assert!(!names("/data/deposit/subtitle", "title"));
        assert!(!names("/data/title/author", "title"));
    }
}
