//! Configuring a campaign and leading it through its calendar.

use super::carry::{carry, executor, refused, settle};
use super::input::code;
use super::payload::{
    CloseBallotBoxPayload, ClosePhasePayload, ConfigureCampaignPayload, DrawLotPayload, OpenPhasePayload,
    ProclaimResultPayload, PublishCataloguePayload,
};
use crate::error::Fault;
use crate::graphql::acting::founder;
use crate::graphql::request::{View, services, snapshot};
use crate::graphql::types::campaign::Campaign;
use crate::graphql::types::enums::{AreaKind, Phase};
use crate::graphql::types::rule::{BallotInput, TallyRuleInput};
use crate::graphql::types::scalars::{Amount, CommandId, DateTime};
use async_graphql::{Context, InputObject, Object};
use commands::Request;
use domain::campaign::Command as CampaignCommand;
use domain::configuration::{BallotBox, Configuration, InstructionRules, Named, Participation, Provenance, Rules, self};
use domain::roles::Office;
use domain::{Code, Command, Hidden, Role, phase::Period};
use tracing::Instrument;

/// A campaign as configured (`configuration`). It replaces all that was configured before.
#[derive(InputObject, Debug)]
pub struct ConfigureCampaignInput {
    /// Names this command; draw a new one for each, and repeat it when the answer was lost.
    pub command_id: CommandId,
    /// Its short code, unique on this server: `P2018`. 1 to 64 of the characters A-Z a-z 0-9 . _ -
    pub code: String,
    /// Its title.
    pub title: String,
    /// The city or territory.
    pub territory: String,
    /// The year it is named after.
    pub year: u16,
    /// The ISO 4217 code of its currency.
    #[graphql(default = "EUR")]
    pub currency: String,
    /// Its areas (`secteurs`), in the order in which they are shown.
    pub areas: Vec<AreaInput>,
    /// Its themes (`thématiques`).
    #[graphql(default)]
    pub themes: Vec<NamedInput>,
    /// The departments that instruct and build (`directions`).
    #[graphql(default)]
    pub departments: Vec<NamedInput>,
    /// Its calendar (`calendrier`), in the order of the phases.
    pub calendar: Vec<PeriodInput>,
    /// Confirms the times between phases in which nothing is open.
    #[graphql(default)]
    pub gaps_confirmed: bool,
    /// Limits of the deposit form; without them, titles of 15 to 60 and descriptions of 500 to 2,000
    /// characters.
    pub form: Option<FormInput>,
    /// How winners follow from ballots; frozen when the vote opens.
    pub rule: TallyRuleInput,
}

/// An area (`secteur`).
#[derive(InputObject, Debug)]
pub struct AreaInput {
    /// Its code, such as `75011`.
    pub code: String,
    /// Its extent.
    pub kind: AreaKind,
    /// Its name.
    pub name: String,
    /// What its winners may cost together (`enveloppe`).
    pub envelope: Amount,
    /// Inhabitants.
    pub population: Option<u32>,
    /// What a voter may write on its ballot.
    pub ballot: BallotInput,
}

/// A theme or a department.
#[derive(InputObject, Debug)]
pub struct NamedInput {
    /// Its code.
    pub code: String,
    /// Its name.
    pub name: String,
}

/// A planned phase.
#[derive(InputObject, Debug)]
pub struct PeriodInput {
    /// The phase.
    pub phase: Phase,
    /// Its first moment.
    pub start: DateTime,
    /// The moment after its last.
    pub end: DateTime,
}

/// Lengths of text that the deposit form accepts, in characters.
#[derive(InputObject, Clone, Copy, Debug)]
pub struct FormInput {
    /// Shortest title.
    pub title_min: u32,
    /// Longest title.
    pub title_max: u32,
    /// Shortest description.
    pub description_min: u32,
    /// Longest description.
    pub description_max: u32,
}

/// Opening or closing a phase.
#[derive(InputObject, Debug)]
pub struct PhaseInput {
    /// Names this command; draw a new one for each, and repeat it when the answer was lost.
    pub command_id: CommandId,
    /// The code of the campaign.
    pub campaign: String,
    /// The phase.
    pub phase: Phase,
    /// Why, when an agent does it; none when its planned time came.
    pub reason: Option<String>,
}

/// A step of the campaign that needs nothing more.
#[derive(InputObject, Debug)]
pub struct CampaignStepInput {
    /// Names this command; draw a new one for each, and repeat it when the answer was lost.
    pub command_id: CommandId,
    /// The code of the campaign.
    pub campaign: String,
}

/// Drawing the public lot.
#[derive(InputObject, Debug)]
pub struct DrawLotInput {
    /// Names this command; draw a new one for each, and repeat it when the answer was lost.
    pub command_id: CommandId,
    /// The code of the campaign.
    pub campaign: String,
    /// What the officers enter in public session, at most 200 bytes.
    pub public_value: String,
}

impl ConfigureCampaignInput {
    fn configuration(self) -> Result<Configuration, Fault> {
        let mut areas = Vec::with_capacity(self.areas.len());
        for area in self.areas {
            areas.push(configuration::Area {
                id: code("areas", &area.code)?,
                kind: area.kind.into(),
                name: Hidden::Disclosed(area.name),
                envelope_cents: area.envelope.0,
                population: area.population,
                ballot: area.ballot.ballot()?,
                postcodes: Vec::new(),
            });
        }
        let period =
            |period: PeriodInput| Period { phase: period.phase.into(), start: period.start.0, end: period.end.0 };
        let limits = |form: FormInput| configuration::FormLimits {
            title_min: form.title_min,
            title_max: form.title_max,
            description_min: form.description_min,
            description_max: form.description_max,
        };
        Ok(Configuration {
            code: self.code,
            title: Hidden::Disclosed(self.title),
            territory: Hidden::Disclosed(self.territory),
            year: self.year,
            currency: self.currency,
            provenance: Provenance::Native,
            source: None,
            areas,
            themes: named("themes", self.themes)?,
            departments: named("departments", self.departments)?,
            calendar: self.calendar.into_iter().map(period).collect(),
            gaps_confirmed: self.gaps_confirmed,
            form: self.form.map(limits).unwrap_or_default(),
            participation: Participation::default(),
            instruction: InstructionRules::default(),
            rules: Rules { ballot_box: BallotBox::Open, tally: self.rule.rule()? },
        })
    }
}

fn named<Id>(field: &'static str, inputs: Vec<NamedInput>) -> Result<Vec<Named<Id>>, Fault>
where
    Id: std::str::FromStr<Err = domain::InvalidId>,
{
    let named = |input: NamedInput| Ok(Named { id: code(field, &input.code)?, name: Hidden::Disclosed(input.name) });
    inputs.into_iter().map(named).collect()
}

fn campaign(view: &View) -> Option<Campaign> {
    Some(Campaign::of(view))
}

/// Mutations on campaigns.
#[derive(Default)]
pub struct CampaignMutations;

#[Object]
impl CampaignMutations {
    /// Configures a campaign (`configurer`), anew or for the first time; then its log is created, and the
    /// agent who did it is its first coordinator. Once a phase has been opened, a change of its rules
    /// needs a second agent (`pendingActs`); once the vote has opened, they no longer change.
    async fn configure_campaign(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The campaign.")] input: ConfigureCampaignInput,
    ) -> Result<Option<ConfigureCampaignPayload>, Fault> {
        let id = input.command_id;
        let configuration = input.configuration()?;
        if snapshot(ctx)?.campaign(&configuration.code).is_some() {
            let (code, command) = (configuration.code.clone(), CampaignCommand::Configure(Box::new(configuration)));
            let carried = carry(ctx, &code, id, vec![Command::Campaign(command)]).await?;
            return Ok(ConfigureCampaignPayload::of(carried, campaign));
        }
        let founder = founder(ctx)?;
        // Asked before the log is created: a log without events would stay for ever.
        if founder.role != Role::Coordinator {
            let no = refused(ctx, Code::RoleMissing.with(Role::Coordinator.code()));
            return Ok(ConfigureCampaignPayload::of(no, campaign));
        }
        let origin = format!("{}/{}", services(ctx)?.origin.trim_end_matches('/'), configuration.code);
        let command = tracing::info_span!("command", campaign = configuration.code);
        let grantee = code("agentId", &founder.id)?;
        let grant = CampaignCommand::GrantRole { grantee, office: Office::of(Role::Coordinator), until: None };
        let commands = vec![Command::Campaign(grant)];
        let request = Request { command_id: id.0, actor: founder, commands };
        let answer = executor(ctx)?.open_campaign(&origin, configuration, request).instrument(command).await;
        Ok(ConfigureCampaignPayload::of(settle(ctx, answer).await?, campaign))
    }

    /// Opens a phase (`ouvrir une phase`). Opening VOTE freezes rules and ballot list, and needs a second
    /// agent: it is then proposed, and stands in `pendingActs` until somebody else confirms it.
    async fn open_phase(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The phase.")] input: PhaseInput,
    ) -> Result<Option<OpenPhasePayload>, Fault> {
        let command = CampaignCommand::OpenPhase { phase: input.phase.into(), reason: input.reason };
        let carried = carry(ctx, &input.campaign, input.command_id, vec![Command::Campaign(command)]).await?;
        Ok(OpenPhasePayload::of(carried, campaign))
    }

    /// Closes the open phase (`fermer une phase`). Closing VOTE needs a second agent (`pendingActs`).
    async fn close_phase(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The phase.")] input: PhaseInput,
    ) -> Result<Option<ClosePhasePayload>, Fault> {
        let command = CampaignCommand::ClosePhase { phase: input.phase.into(), reason: input.reason };
        let carried = carry(ctx, &input.campaign, input.command_id, vec![Command::Campaign(command)]).await?;
        Ok(ClosePhasePayload::of(carried, campaign))
    }

    /// Puts all admitted projects on the ballot and publishes the list (`publier la liste`).
    async fn publish_catalogue(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which campaign.")] input: CampaignStepInput,
    ) -> Result<Option<PublishCataloguePayload>, Fault> {
        let command = Command::Campaign(CampaignCommand::PublishCatalogue);
        let carried = carry(ctx, &input.campaign, input.command_id, vec![command]).await?;
        Ok(PublishCataloguePayload::of(carried, campaign))
    }

    /// Closes the ballot box (`clore l’urne`), after VOTE: no ballot is accepted any more. Needs a second
    /// agent (`pendingActs`).
    async fn close_ballot_box(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which campaign.")] input: CampaignStepInput,
    ) -> Result<Option<CloseBallotBoxPayload>, Fault> {
        let command = Command::Campaign(CampaignCommand::CloseBallotBox);
        let carried = carry(ctx, &input.campaign, input.command_id, vec![command]).await?;
        Ok(CloseBallotBoxPayload::of(carried, campaign))
    }

    /// Draws the public lot (`tirage au sort`): its seed is the root of the log when the box was closed,
    /// followed by a value that the officers enter in public session.
    async fn draw_lot(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The lot.")] input: DrawLotInput,
    ) -> Result<Option<DrawLotPayload>, Fault> {
        let closed = match executor(ctx)?.head_at_close(&input.campaign).await {
            Ok(Some(closed)) => closed,
            Ok(None) => return Ok(DrawLotPayload::of(refused(ctx, Code::BallotBoxOpen.into()), campaign)),
            Err(error) => return Ok(DrawLotPayload::of(settle(ctx, Err(error)).await?, campaign)),
        };
        let (size, root) = closed;
        let command = CampaignCommand::DrawLot { size, root, public_value: input.public_value };
        let carried = carry(ctx, &input.campaign, input.command_id, vec![Command::Campaign(command)]).await?;
        Ok(DrawLotPayload::of(carried, campaign))
    }

    /// Counts the ballots under the frozen rule and proclaims the result (`proclamer`). Needs a second
    /// agent (`pendingActs`).
    async fn proclaim_result(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which campaign.")] input: CampaignStepInput,
    ) -> Result<Option<ProclaimResultPayload>, Fault> {
        let command = Command::Campaign(CampaignCommand::ProclaimResult);
        let carried = carry(ctx, &input.campaign, input.command_id, vec![command]).await?;
        Ok(ProclaimResultPayload::of(carried, campaign))
    }
}
