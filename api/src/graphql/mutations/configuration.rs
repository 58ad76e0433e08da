//! How a campaign comes to be: configured anew, or as a clone of an earlier one.
//!
//! Owns the inputs and their step to the domain's configuration, whose rules say what fits. The same
//! configuration as a file: `api/src/campaign_file.rs`.

use super::campaign::campaign;
use super::carry::{Carried, carry, executor, refused, settle};
use super::input::code;
use super::payload::{CloneCampaignPayload, ConfigureCampaignPayload};
use crate::error::Fault;
use crate::graphql::acting::founder;
use crate::graphql::request::{self, services, snapshot};
use crate::graphql::types::enums::BallotBox;
use crate::graphql::types::enums::{AreaKind, DepositorKind, Moderation, Phase, Tongue};
use crate::graphql::types::rule::{BallotInput, TallyRuleInput};
use crate::graphql::types::scalars::{Amount, CommandId, DateTime};
use async_graphql::{Context, InputObject, Object};
use commands::Request;
use domain::campaign::Command as CampaignCommand;
use domain::configuration::{
    self, Configuration, DepositorRule, InstructionRules, Named, Participation, Provenance, Rules, SealedRules,
};
use domain::geography::{Outline, Place};
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
    /// How ballots are kept; frozen when the vote opens.
    #[graphql(default_with = "BallotBox::Sealed")]
    pub ballot_box: BallotBox,
    /// How a sealed box is run; without it, as its own defaults say. Not for an open one.
    pub sealed_rules: Option<SealedRulesInput>,
    /// How many polling places are read once more, drawn by the public lot, 1 to 100; frozen when the vote
    /// opens. Without it, none that the city is bound to.
    pub audited_places: Option<u16>,
    /// How winners follow from ballots; frozen when the vote opens.
    pub rule: TallyRuleInput,
    /// How people take part; without it, as its own defaults say.
    pub participation: Option<ParticipationInput>,
    /// How departments instruct; without it, as its own defaults say.
    pub instruction_rules: Option<InstructionRulesInput>,
}

/// How a sealed box is run (`vote scellé`).
#[derive(InputObject, Debug)]
pub struct SealedRulesInput {
    /// How many shares of the key open the urn, from 2.
    #[graphql(default = 3)]
    pub threshold: u8,
    /// How many people hold a share.
    #[graphql(default = 5)]
    pub holders: u8,
    /// The fewest ballots that are published together while the vote is open.
    #[graphql(default = 20)]
    pub batch_least: u16,
    /// Whether a paper counts in place of a sealed ballot of the same voter; else the ballot does.
    #[graphql(default = true)]
    pub paper_overrides: bool,
    /// How many days people can object before the urn is opened, 0 to 60.
    #[graphql(default = 3)]
    pub objection_days: u16,
    /// How many hours after the end of the vote every ballot stands in the log at the latest.
    #[graphql(default = 48)]
    pub receipt_hours: u16,
}

impl From<SealedRulesInput> for SealedRules {
    fn from(input: SealedRulesInput) -> Self {
        let SealedRulesInput { threshold, holders, batch_least, paper_overrides, objection_days, receipt_hours } =
            input;
        Self { threshold, holders, batch_least, paper_overrides, objection_days, receipt_hours }
    }
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
    /// The postcodes by which its addresses are recognised; none where nobody asks for addresses.
    #[graphql(default)]
    pub postcodes: Vec<String>,
}

/// A theme, a department, a priority neighbourhood or a criterion.
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

/// How people take part (`participation`).
#[derive(InputObject, Debug)]
pub struct ParticipationInput {
    /// The language of those whose own isn't known.
    #[graphql(default)]
    pub language: Tongue,
    /// When moderators look at what people write.
    #[graphql(default)]
    pub moderation: Moderation,
    /// Who may deposit; empty for all kinds, none of which has to say more.
    #[graphql(default)]
    pub depositors: Vec<DepositorRuleInput>,
    /// Priority neighbourhoods (`quartiers populaires`); where they lie says `drawOutline`.
    #[graphql(default)]
    pub neighbourhoods: Vec<NamedInput>,
    /// How many files a deposit may have, 0 to 20.
    #[graphql(default = 5)]
    pub attachments_max: u8,
    /// The longest comment in characters, 1 to 10,000.
    #[graphql(default = 2000)]
    pub comment_max: u32,
}

/// A kind of depositor that a campaign accepts (`type de déposant`).
#[derive(InputObject, Debug)]
pub struct DepositorRuleInput {
    /// The kind.
    pub kind: DepositorKind,
    /// What the city calls it.
    pub name: String,
    /// Whether the depositor has to say which one: the association's name, the council's.
    #[graphql(default)]
    pub complement_needed: bool,
}

/// How departments instruct (`instruction`).
#[derive(InputObject, Debug)]
pub struct InstructionRulesInput {
    /// What departments answer in their verdicts (`critères de recevabilité`).
    #[graphql(default)]
    pub criteria: Vec<NamedInput>,
    /// How long a department has for its verdict unless its assignment says otherwise, 1 to 365 days.
    #[graphql(default = 60)]
    pub verdict_days: u16,
    /// How long an author may appeal against a no, 0 to 365 days.
    #[graphql(default = 15)]
    pub appeal_days: u16,
}

/// A campaign like an earlier one.
#[derive(InputObject, Debug)]
pub struct CloneCampaignInput {
    /// Names this command; draw a new one for each, and repeat it when the answer was lost.
    pub command_id: CommandId,
    /// The code of the campaign to clone.
    pub campaign: String,
    /// The code of the new one: 1 to 64 of the characters A-Z a-z 0-9 . _ -
    pub code: String,
    /// The year that the new one is named after.
    pub year: u16,
    /// By how many days its whole calendar is later, below zero for earlier: 364 keeps the days of the week.
    pub days: i32,
    /// Its title; without it, that of the campaign cloned.
    pub title: Option<String>,
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
                postcodes: area.postcodes,
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
            participation: self.participation.map(ParticipationInput::participation).transpose()?.unwrap_or_default(),
            instruction: self.instruction_rules.map(InstructionRulesInput::rules).transpose()?.unwrap_or_default(),
            rules: Rules {
                ballot_box: self.ballot_box.into(),
                sealed: self.sealed_rules.map(Into::into),
                audited_places: self.audited_places,
                tally: self.rule.rule()?,
            },
        })
    }
}

impl ParticipationInput {
    fn participation(self) -> Result<Participation, Fault> {
        let rule = |rule: DepositorRuleInput| DepositorRule {
            kind: rule.kind.into(),
            name: Hidden::Disclosed(rule.name),
            complement_needed: rule.complement_needed,
        };
        Ok(Participation {
            language: self.language.into(),
            moderation: self.moderation.into(),
            depositors: self.depositors.into_iter().map(rule).collect(),
            neighbourhoods: named("neighbourhoods", self.neighbourhoods)?,
            attachments_max: self.attachments_max,
            comment_max: self.comment_max,
        })
    }
}

impl InstructionRulesInput {
    fn rules(self) -> Result<InstructionRules, Fault> {
        Ok(InstructionRules {
            criteria: named("criteria", self.criteria)?,
            verdict_days: self.verdict_days,
            appeal_days: self.appeal_days,
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

/// Begins the log of a campaign with its configuration, its founder as first coordinator, and what
/// follows at once; nothing of it is there if a rule says no.
async fn begin(
    ctx: &Context<'_>,
    id: CommandId,
    configuration: Configuration,
    then: Vec<CampaignCommand>,
) -> Result<Carried, Fault> {
    let founder = founder(ctx)?;
    // Asked before the log is created: a log without events would stay for ever.
    if founder.role != Role::Coordinator {
        return Ok(refused(ctx, Code::RoleMissing.with(Role::Coordinator.code())));
    }
    let origin = format!("{}/{}", services(ctx)?.origin.trim_end_matches('/'), configuration.code);
    let command = tracing::info_span!("command", campaign = configuration.code);
    let grantee = code("agentId", &founder.id)?;
    let grant = CampaignCommand::GrantRole { grantee, office: Office::of(Role::Coordinator), until: None };
    let commands = std::iter::once(grant).chain(then).map(Command::Campaign).collect();
    let request = Request { command_id: id.0, actor: founder, commands };
    let answer = executor(ctx)?.open_campaign(&origin, configuration, request).instrument(command).await;
    settle(ctx, answer).await
}

/// Mutations by which campaigns come to be.
#[derive(Default)]
pub struct ConfigurationMutations;

#[Object]
impl ConfigurationMutations {
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
        let carried = if snapshot(ctx)?.campaign(&configuration.code).is_some() {
            let (code, command) = (configuration.code.clone(), CampaignCommand::Configure(Box::new(configuration)));
            carry(ctx, &code, id, vec![Command::Campaign(command)]).await?
        } else {
            begin(ctx, id, configuration, Vec::new()).await?
        };
        Ok(ConfigureCampaignPayload::of(carried, campaign))
    }

    /// Begins a campaign like an earlier one (`dupliquer`), whatever became of that one: its areas, themes,
    /// departments, forms, rules and outlines, with the whole calendar moved. The agent who does it is
    /// the new one's first coordinator. Everything is carried out at once, or nothing.
    async fn clone_campaign(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which one, and how the new one differs.")] input: CloneCampaignInput,
    ) -> Result<Option<CloneCampaignPayload>, Fault> {
        let view = request::campaign(ctx, &input.campaign)?;
        let (id, earlier) = (input.command_id, &view.model.campaign);
        let cloned = earlier.configured().and_then(|c| c.cloned(input.code, input.year, input.days.into()));
        let mut configuration = match cloned {
            Ok(configuration) => configuration,
            Err(no) => return Ok(CloneCampaignPayload::of(refused(ctx, no), campaign)),
        };
        if let Some(title) = input.title {
            configuration.title = Hidden::Disclosed(title);
        }
        let outlines = earlier.geography.outlines();
        let draw =
            |(place, outline): (Place, &Outline)| CampaignCommand::DrawOutline { place, outline: outline.clone() };
        let known = snapshot(ctx)?.campaign(&configuration.code).is_some();
        let carried = match begin(ctx, id, configuration, outlines.map(draw).collect()).await? {
            // Only the same command sent again has an answer there.
            Carried::Refused(_) if known => {
                let why = "there is a campaign with this code already: take another one";
                refused(ctx, Code::ConfigurationInvalid.on("code").with(why))
            }
            other => other,
        };
        Ok(CloneCampaignPayload::of(carried, campaign))
    }
}
