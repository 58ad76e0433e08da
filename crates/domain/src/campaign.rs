//! The campaign (`campagne`): the stream that guards all others.
//!
//! ```mermaid
//! stateDiagram-v2
//!   [*] --> Configured
//!   Configured --> Configured: CampaignConfigured (until the vote opens)
//!   Configured --> CatalogueListed --> CataloguePublished
//!   CataloguePublished --> RulesFrozen: PhaseOpened VOTE
//!   RulesFrozen --> BallotBoxClosed --> LotSeedDrawn --> ResultProclaimed
//! ```

use crate::acts::{Acts, Proposed};
use crate::calendar::{cause, check_cause};
use crate::configuration::{BallotBox, Configuration, Moderation, Provenance};
use crate::council::Ruling;
use crate::derived::Derived;
use crate::geography::Geography;
use crate::phase::{Phase, Progress};
use crate::proposal::is_said;
use crate::redaction::{Redacted, parts};
use crate::rejection::ensure;
use crate::roles::{Roles, revoked};
use crate::{AreaId, Code, Context, Decider, Hidden, ProjectId, Rejection, Role, Timestamp, count};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use tally::Leftovers;
use transparency::Hash;

pub use crate::campaign_event::{Cause, Command, Event};
pub use crate::catalogue::{CATALOGUE_PART, Entry};
pub use crate::proclamation::{AreaResult, Basis};

/// The state of a campaign.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Campaign {
    /// As configured last.
    pub configuration: Option<Box<Configuration>>,
    /// Where it stands in its calendar.
    pub progress: Progress,
    /// Whether rules and list are frozen.
    pub frozen: bool,
    /// The ballot list of each area, by number.
    pub catalogue: BTreeMap<AreaId, Vec<Entry>>,
    /// Whether the list is complete.
    pub catalogue_published: bool,
    /// Whether the box is closed.
    pub box_closed: bool,
    /// The moment from which nobody can object any more, once the link to sealed ballots was destroyed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub objections_until: Option<Timestamp>,
    /// The seed of the lot.
    pub lot: Option<(Hash, String)>,
    /// The winners, once proclaimed.
    pub winners: Option<BTreeSet<ProjectId>>,
    /// Who holds which role.
    pub roles: Roles,
    /// Acts that wait for a second agent.
    pub acts: Acts,
    /// The values that were removed.
    pub redacted: Redacted,
    /// Where areas and neighbourhoods lie.
    pub geography: Geography,
    /// The projects that exclude each other.
    pub exclusions: BTreeSet<BTreeSet<ProjectId>>,
    /// What the council decided last of single projects.
    pub council: BTreeMap<ProjectId, Ruling>,
    /// Where the record of readings of personal data stood last: how many, and its digest.
    pub readings: Option<(u64, Hash)>,
    /// The digest of the ballot lists, which every sealed ballot is compared with.
    #[serde(skip)]
    pub lists: Derived<Hash>,
}

impl Campaign {
    /// The configuration, or a no when there is none yet.
    pub fn configured(&self) -> Result<&Configuration, Rejection> {
        self.configuration.as_deref().ok_or_else(|| Code::CampaignNotConfigured.into())
    }

    /// Whether the events come from published data of a past election.
    pub fn is_imported(&self) -> bool {
        self.configuration.as_ref().is_some_and(|c| c.provenance == Provenance::Imported)
    }

    /// The ballot list of an area, by number.
    pub fn ballot_list(&self, area: &AreaId) -> &[Entry] {
        self.catalogue.get(area).map_or(&[], Vec::as_slice)
    }

    /// Whether moderators look first at what somebody in this role writes.
    pub(crate) fn moderates_first(&self, role: Role) -> bool {
        let beforehand = |c: &Configuration| c.participation.moderation == Moderation::Beforehand;
        !role.is_agents() && self.configuration.as_deref().is_some_and(beforehand)
    }

    /// How many projects are on the ballot lists together.
    pub fn listed(&self) -> usize {
        self.catalogue.values().map(Vec::len).sum()
    }

    /// The digest of what the opening of the vote freezes of a configuration.
    pub(crate) fn rules_of(&self, configuration: &Configuration) -> Result<Hash, Rejection> {
        let areas: Vec<_> = configuration.areas.iter().map(|a| (&a.id, a.kind, a.envelope_cents, &a.ballot)).collect();
        if configuration.rules.tally.around.leftovers == Leftovers::HighestTurnout {
            // Turnout is by inhabitant: their numbers decide who receives.
            let inhabitants: Vec<_> = configuration.areas.iter().map(|area| area.population).collect();
            return count::digest(&(&configuration.rules, areas, inhabitants));
        }
        count::digest(&(&configuration.rules, areas))
    }

    pub(crate) fn digests(&self) -> Result<(Hash, Hash), Rejection> {
        Ok((self.rules_of(self.configured()?)?, self.catalogue_digest()?))
    }

    /// The closing of the box with what is in it now.
    pub(crate) fn closing_of_the_box(&self, context: &Context<'_>) -> Event {
        Event::BallotBoxClosed { papers: count::papers(context.world) }
    }

    /// The destruction of the link between voters and sealed ballots.
    pub(crate) fn shredding(&self, context: &Context<'_>) -> Result<Event, Rejection> {
        let objections_until = self.objections_until(context)?;
        Ok(Event::LinkShredded { ballots: context.world.urn.published(), objections_until })
    }
}

impl Decider for Campaign {
    const KIND: &'static str = "campaign";
    type Command = Command;
    type Event = Event;

    fn decide(&self, command: Command, context: &Context<'_>) -> Result<Vec<Event>, Rejection> {
        let proposals = self.propose(&command, context)?;
        if !proposals.is_empty() {
            return Ok(proposals);
        }
        Ok(match command {
            Command::Configure(configuration) => vec![Event::CampaignConfigured { configuration }],
            Command::OpenPhase { phase, reason } => {
                let (cause, reason) = cause(reason);
                self.opening(phase, cause, reason)?
            }
            Command::ClosePhase { phase, reason } => {
                let (cause, reason) = cause(reason);
                vec![Event::PhaseClosed { phase, cause, reason }]
            }
            Command::PublishCatalogue => self.publish(context)?,
            Command::CloseBallotBox => vec![self.closing_of_the_box(context)],
            Command::ShredLink => vec![self.shredding(context)?],
            Command::DrawLot { size, root, public_value } => vec![Event::LotSeedDrawn { size, root, public_value }],
            Command::ProclaimResult => self.proclamation(context)?,
            Command::RecordResult { areas } => {
                vec![Event::ResultProclaimed { basis: Basis::Recorded, areas, outcome: None }]
            }
            Command::GrantRole { grantee, office, until } => vec![Event::RoleGranted { grantee, office, until }],
            Command::RevokeRole { grantee, office, reason } => vec![revoked(grantee, office, reason)],
            Command::ConfirmAct { number } => self.confirm(number, context)?,
            Command::DropAct { number, reason } => {
                vec![Event::ActDropped { number, reason: Hidden::Disclosed(reason) }]
            }
            Command::Redact { targets, ground } => {
                ensure(!targets.is_empty(), || Code::EmptyList.on("targets"))?;
                parts(&targets).map(|part| Event::ValuesRedacted { targets: part.to_vec(), ground }).collect()
            }
            Command::DrawOutline { place, outline } => vec![Event::OutlineDrawn { place, outline }],
            Command::DeclareExclusion { projects, reason } => {
                vec![Event::ExclusionDeclared { projects, reason: Hidden::Disclosed(reason) }]
            }
            Command::LiftExclusion { projects, reason } => {
                vec![Event::ExclusionLifted { projects, reason: Hidden::Disclosed(reason) }]
            }
            Command::EnterCouncilDecision(decided) => vec![Event::CouncilDecided { decided }],
            Command::AnchorReadings { count, digest } => vec![Event::ReadingsAnchored { count, digest }],
        })
    }

    fn check(&self, event: &Event, context: &Context<'_>) -> Result<(), Rejection> {
        // A log has one campaign: a second stream would get round the guard on this one.
        let own = self.configuration.as_ref().is_none_or(|c| c.code == context.id);
        ensure(own, || Code::NotFound.on("campaign").with(context.id))?;
        self.check_second(event, context)?;
        match event {
            Event::CampaignConfigured { configuration } => {
                let named = configuration.code == context.id || self.configuration.is_some();
                ensure(named, || Code::ConfigurationInvalid.on("code").with(context.id))?;
                ensure(!self.frozen, || Code::RulesFrozen.into())?;
                ensure(!self.catalogue_published, || Code::CataloguePublished.into())?;
                if let Some(before) = &self.configuration {
                    let same = before.provenance == configuration.provenance && before.code == configuration.code;
                    ensure(same, || Code::ConfigurationInvalid.on("code").with("code and provenance stay"))?;
                    if self.progress.has_begun(Phase::Ideation) && !self.is_imported() {
                        configuration.check_kept(before)?;
                    }
                }
                configuration.check()
            }
            Event::PhaseOpened { phase, cause, reason } => {
                check_cause(*cause, reason.as_ref())?;
                self.check_opening(*phase)?;
                self.check_clock(*cause, self.configured()?.period(*phase).map(|period| period.start), context)
            }
            Event::PhaseClosed { phase, cause, reason } => {
                check_cause(*cause, reason.as_ref())?;
                self.during(*phase)?;
                self.check_clock(*cause, self.configured()?.period(*phase).map(|period| period.end), context)
            }
            Event::RulesFrozen { rules, catalogue } => {
                ensure(self.progress.is_open(Phase::Vote) && !self.frozen, || Code::RulesFrozen.into())?;
                self.check_paper_modes(context.world)?;
                let same = self.digests()? == (*rules, *catalogue);
                ensure(same, || Code::CatalogueMismatch.with("digests of the frozen rules"))?;
                self.check_urn_ready(context)
            }
            Event::CatalogueListed { area, entries } => self.check_listing(area, entries, context),
            Event::CataloguePublished { projects } => {
                ensure(!self.catalogue_published, || Code::CataloguePublished.into())?;
                ensure(*projects > 0, || Code::EmptyList.on("projects"))?;
                let listed = u32::try_from(self.listed()) == Ok(*projects);
                let admitted = context.world.projects.values().filter(|p| p.admission().is_some()).count();
                ensure(listed && admitted == self.listed(), || Code::CatalogueMismatch.on("projects").with(admitted))
            }
            Event::BallotBoxClosed { papers } => {
                ensure(self.progress.has_ended(Phase::Vote), || Code::TooEarly.with(Phase::Vote.code()))?;
                ensure(!self.box_closed, || Code::BallotBoxClosed.into())?;
                let counted = count::papers(context.world);
                ensure(*papers == counted, || Code::ResultMismatch.on("papers").with(counted))
            }
            Event::LinkShredded { ballots, objections_until } => {
                self.check_shredding(*ballots, *objections_until, context)
            }
            Event::LotSeedDrawn { public_value, .. } => {
                ensure(self.box_closed, || Code::BallotBoxOpen.into())?;
                ensure(self.lot.is_none(), || Code::LotAlreadyDrawn.into())?;
                ensure(!public_value.is_empty(), || Code::TextTooShort.on("public_value").with(1))?;
                ensure(public_value.len() <= 200, || Code::TextTooLong.on("public_value").with(200))
            }
            Event::ResultProclaimed { basis, areas, outcome } => {
                self.check_proclamation(*basis, areas, *outcome, context)
            }
            Event::RoleGranted { grantee, office, until } => self.check_grant(grantee, office, *until, context),
            Event::RoleRevoked { grantee, office, .. } => self.check_revocation(grantee, office, context),
            Event::ActProposed { number, act, proposer, lapses } => {
                self.check_proposal(*number, act, proposer, *lapses, context)
            }
            Event::ActConfirmed { number } => self.check_confirmation(*number, context),
            Event::ActDropped { number, reason } => {
                ensure(is_said(Some(reason)), || Code::ReasonMissing.on("reason"))?;
                self.check_drop(*number, context)
            }
            Event::ValuesRedacted { targets, ground } => self.check_redaction(targets, *ground, context),
            Event::OutlineDrawn { place, outline } => self.check_outline(place, outline),
            Event::ExclusionDeclared { projects, reason } => self.check_exclusion(projects, reason, context),
            Event::ExclusionLifted { projects, reason } => self.check_lifting(projects, reason),
            Event::CouncilDecided { decided } => self.check_council(decided, context),
            Event::ReadingsAnchored { count, digest } => {
                self.configured()?;
                let grown = self.readings.is_none_or(|(of, was)| *count > of || (*count == of && *digest == was));
                ensure(grown, || Code::ReadingsFell.on("count").with(self.readings.map_or(0, |(of, _)| of)))
            }
        }
    }

    fn evolve(&mut self, event: &Event) {
        if !matches!(event, Event::ActConfirmed { .. }) {
            self.acts.carried_out();
        }
        match event {
            Event::CampaignConfigured { configuration } => {
                self.geography.keep(configuration);
                self.configuration = Some(configuration.clone());
            }
            Event::PhaseOpened { phase, .. } => self.progress = Progress { latest: Some(*phase), open: true },
            Event::PhaseClosed { .. } => self.progress.open = false,
            Event::RulesFrozen { .. } => self.frozen = true,
            Event::CatalogueListed { area, entries } => {
                self.lists = Derived::default();
                self.catalogue.entry(area.clone()).or_default().extend_from_slice(entries);
            }
            Event::CataloguePublished { .. } => self.catalogue_published = true,
            Event::BallotBoxClosed { .. } => self.box_closed = true,
            Event::LinkShredded { objections_until, .. } => self.objections_until = Some(*objections_until),
            Event::LotSeedDrawn { root, public_value, .. } => self.lot = Some((*root, public_value.clone())),
            Event::ResultProclaimed { areas, .. } => {
                self.winners = Some(areas.iter().flat_map(|area| area.winners.iter().cloned()).collect());
            }
            Event::RoleGranted { grantee, office, until } => self.roles.grant(grantee, office, *until),
            Event::RoleRevoked { grantee, office, .. } => self.roles.revoke(grantee, office),
            Event::ActProposed { number, act, proposer, lapses } => {
                let proposed = Proposed { act: act.clone(), proposer: proposer.clone(), lapses: *lapses };
                self.acts.propose(*number, proposed);
            }
            Event::ActConfirmed { number } => self.acts.confirm(*number),
            Event::ActDropped { number, .. } => self.acts.drop(*number),
            Event::ValuesRedacted { targets, .. } => {
                for target in targets {
                    self.redacted.entry(target.position).or_default().insert(target.path.clone());
                }
            }
            Event::OutlineDrawn { place, outline } => {
                self.geography.draw(place, outline);
            }
            Event::ExclusionDeclared { projects, .. } => {
                self.exclusions.insert(projects.clone());
            }
            Event::ExclusionLifted { projects, .. } => {
                self.exclusions.remove(projects);
            }
            Event::CouncilDecided { decided } => {
                self.council.insert(decided.project.clone(), decided.decision);
            }
            Event::ReadingsAnchored { count, digest } => self.readings = Some((*count, *digest)),
        }
    }
}

impl Campaign {
    /// Whether choices are readable before the urn is opened.
    pub fn ballot_box(&self) -> Option<BallotBox> {
        self.configuration.as_ref().map(|c| c.rules.ballot_box)
    }
}
