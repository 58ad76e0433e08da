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

use crate::configuration::{BallotBox, Configuration, Provenance};
use crate::phase::{Phase, Progress};
use crate::project::{Admission, Project};
use crate::proposal::is_said;
use crate::rejection::ensure;
use crate::{AreaId, Cents, Code, Context, Decider, Hidden, ProjectId, Rejection, Role, count};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use tally::TieBreak;
use transparency::Hash;

/// The most projects in one `CatalogueListed`, so that its leaf stays within 65,535 bytes whatever
/// letters the references are written in.
pub const CATALOGUE_PART: usize = 100;

/// Why a phase was opened or closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Cause {
    /// Its planned time came.
    Clock,
    /// An agent did it, and said why.
    Agent,
}

/// A project on the ballot (`projet soumis au vote`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Its number on the ballot, from 1, unique in the campaign. Ballots name projects by it.
    pub number: u32,
    /// The project.
    pub project: ProjectId,
    /// The project's public reference, by which the lot and the tie-break by id know it.
    pub reference: String,
    /// What it takes from the envelope, in cents.
    pub cost_cents: Cents,
    /// Withdrawn after the papers were printed: it stays on the list and can't win.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub withdrawn: bool,
}

impl Entry {
    fn new(number: u32, project: ProjectId, admission: &Admission<'_>) -> Self {
        let reference = admission.reference.to_owned();
        Self { number, project, reference, cost_cents: admission.cost_cents, withdrawn: admission.withdrawn }
    }
}

/// What a result rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Basis {
    /// The ballots in this log, counted under the frozen rule: anyone can count again.
    Counted,
    /// What was published of a past election whose ballots aren't known.
    Recorded,
}

/// The winners of an area, in order of selection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AreaResult {
    /// The area.
    pub area: AreaId,
    /// The winning projects, first selected first.
    pub winners: Vec<ProjectId>,
    /// What they cost together, in cents.
    pub spent_cents: Cents,
    /// Valid ballots.
    pub counted: u64,
    /// Ballots counted invalid.
    pub invalid: u64,
}

/// What happened to a campaign.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Event {
    /// The campaign was configured, anew or for the first time.
    CampaignConfigured {
        /// All of it; replaces what was configured before.
        configuration: Box<Configuration>,
    },
    /// A phase began.
    PhaseOpened {
        /// Which.
        phase: Phase,
        /// By the clock or by an agent.
        cause: Cause,
        /// Why, when an agent did it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<Hidden<String>>,
    },
    /// A phase ended.
    PhaseClosed {
        /// Which.
        phase: Phase,
        /// By the clock or by an agent.
        cause: Cause,
        /// Why, when an agent did it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<Hidden<String>>,
    },
    /// Rules and ballot list no longer change.
    RulesFrozen {
        /// SHA-256 of the canonical JSON of the rules and of the areas with envelopes and ballots.
        rules: Hash,
        /// SHA-256 of the canonical JSON of the catalogue, by area.
        catalogue: Hash,
    },
    /// Projects were put on the ballot of an area.
    CatalogueListed {
        /// The area.
        area: AreaId,
        /// At most [`CATALOGUE_PART`] entries; further ones follow in another event.
        entries: Vec<Entry>,
    },
    /// The ballot list is complete.
    CataloguePublished {
        /// How many projects stand on it.
        projects: u32,
    },
    /// No ballot is accepted any more.
    BallotBoxClosed {
        /// How many papers are in the box, over all areas.
        papers: u64,
    },
    /// The public lot that tells ties apart was drawn.
    LotSeedDrawn {
        /// The size of the log right after the box was closed.
        #[serde(rename = "closed_size")]
        size: u64,
        /// The root of the log at that size.
        #[serde(rename = "closed_root")]
        root: Hash,
        /// What the officers entered in public session (printable text, at most 200 bytes).
        public_value: String,
    },
    /// The result is proclaimed (`proclamation`).
    ResultProclaimed {
        /// What it rests on.
        basis: Basis,
        /// The winners by area.
        areas: Vec<AreaResult>,
        /// SHA-256 of the canonical JSON of the whole outcome; absent when recorded.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        outcome: Option<Hash>,
    },
}

/// What can be asked of a campaign.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Configure, anew or for the first time.
    Configure(Box<Configuration>),
    /// Open a phase; opening VOTE freezes the rules.
    OpenPhase {
        /// Which.
        phase: Phase,
        /// Why; none when its time came.
        reason: Option<String>,
    },
    /// Close the open phase.
    ClosePhase {
        /// Which.
        phase: Phase,
        /// Why; none when its time came.
        reason: Option<String>,
    },
    /// Put all admitted projects on the ballot and publish the list.
    PublishCatalogue,
    /// Close the ballot box.
    CloseBallotBox,
    /// Draw the public lot.
    DrawLot {
        /// Size of the log right after the box was closed.
        size: u64,
        /// Root at that size.
        root: Hash,
        /// What the officers entered.
        public_value: String,
    },
    /// Count and proclaim.
    ProclaimResult,
    /// Record the winners of a past election whose ballots aren't known.
    RecordResult {
        /// The winners by area.
        areas: Vec<AreaResult>,
    },
}

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
    /// The seed of the lot.
    pub lot: Option<(Hash, String)>,
    /// The winners, once proclaimed.
    pub winners: Option<BTreeSet<ProjectId>>,
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

    /// Refuses what is only possible while `phase` is open.
    pub(crate) fn during(&self, phase: Phase) -> Result<(), Rejection> {
        self.configured()?;
        ensure(self.progress.is_open(phase), || Code::PhaseNotOpen.with(phase.code()))
    }

    /// Refuses what is only possible from the end of `first` to the end of `last`. An imported
    /// campaign skips the steps that its data doesn't tell: only the freeze bounds it.
    pub(crate) fn between_ends(&self, first: Phase, last: Phase) -> Result<(), Rejection> {
        self.configured()?;
        if self.is_imported() {
            let before_vote = !self.frozen && !self.catalogue_published;
            return ensure(before_vote, || Code::TooLate.with(Phase::Vote.code()));
        }
        ensure(self.progress.has_ended(first), || Code::TooEarly.with(first.code()))?;
        ensure(!self.progress.has_ended(last), || Code::TooLate.with(last.code()))
    }

    /// The ballot list of an area, by number.
    pub fn ballot_list(&self, area: &AreaId) -> &[Entry] {
        self.catalogue.get(area).map_or(&[], Vec::as_slice)
    }

    /// How many projects are on the ballot lists together.
    pub fn listed(&self) -> usize {
        self.catalogue.values().map(Vec::len).sum()
    }

    fn digests(&self) -> Result<(Hash, Hash), Rejection> {
        let configuration = self.configured()?;
        let areas: Vec<_> = configuration.areas.iter().map(|a| (&a.id, a.kind, a.envelope_cents, &a.ballot)).collect();
        Ok((count::digest(&(&configuration.rules, areas))?, count::digest(&self.catalogue)?))
    }

    fn needs_lot(&self) -> bool {
        self.configuration.as_ref().is_some_and(|c| c.rules.tally.tie_break.contains(&TieBreak::Lot))
    }

    fn check_opening(&self, phase: Phase) -> Result<(), Rejection> {
        let configuration = self.configured()?;
        ensure(configuration.period(phase).is_some(), || Code::PhaseNotInCalendar.on("phase").with(phase.code()))?;
        let latest = self.progress.latest;
        let in_order = !self.progress.open && latest.is_none_or(|latest| latest < phase);
        ensure(in_order, || Code::PhaseOrder.on("phase").with(latest.map_or("-", Phase::code)))?;
        if phase == Phase::Vote {
            ensure(self.catalogue_published, || Code::CatalogueMissing.on("phase"))?;
        }
        if phase > Phase::Vote && configuration.period(Phase::Vote).is_some() {
            ensure(self.progress.has_begun(Phase::Vote), || Code::TooEarly.with(Phase::Vote.code()))?;
        }
        // Opening RESULT makes counts public, so the result comes first.
        let public = phase != Phase::Result || self.winners.is_some();
        ensure(public, || Code::TooEarly.on("phase").with("the proclamation of the result"))
    }

    fn check_listing(&self, area: &AreaId, entries: &[Entry], context: &Context<'_>) -> Result<(), Rejection> {
        let configuration = self.configured()?;
        configuration.require_area(area)?;
        self.between_ends(Phase::CoConstruction, Phase::PreVote)?;
        if configuration.provenance == Provenance::Native && configuration.period(Phase::PreSubmit).is_some() {
            // Admissions end with PRE_SUBMIT, so the list can't miss one that comes later.
            ensure(self.progress.has_ended(Phase::PreSubmit), || Code::TooEarly.with(Phase::PreSubmit.code()))?;
        }
        ensure(!self.catalogue_published, || Code::CataloguePublished.into())?;
        ensure(!entries.is_empty(), || Code::EmptyList.on("entries"))?;
        ensure(entries.len() <= CATALOGUE_PART, || Code::CatalogueMismatch.with("too many entries in one event"))?;
        // A project has one reference, so this also keeps one from standing in two parts of a list.
        count::distinct_references(self.ballot_list(area).iter().chain(entries))?;
        let mut next = u32::try_from(self.listed()).unwrap_or(u32::MAX);
        for entry in entries {
            next = next.saturating_add(1);
            ensure(entry.number == next, || Code::CatalogueMismatch.on("number").with(entry.number))?;
            let project = context.world.projects.get(&entry.project);
            let admission = project.and_then(Project::admission).filter(|admission| admission.area == area);
            let same = admission.is_some_and(|a| Entry::new(entry.number, entry.project.clone(), &a) == *entry);
            ensure(same, || Code::CatalogueMismatch.on("project").with(&entry.project))?;
        }
        Ok(())
    }

    fn check_proclamation(
        &self,
        basis: Basis,
        areas: &[AreaResult],
        outcome: Option<Hash>,
        context: &Context<'_>,
    ) -> Result<(), Rejection> {
        let configuration = self.configured()?;
        ensure(self.winners.is_none(), || Code::ResultProclaimed.into())?;
        match basis {
            Basis::Recorded => {
                let possible = self.is_imported() && !self.catalogue_published && outcome.is_none();
                ensure(possible, || Code::ResultMismatch.with("ballots are in this log: count them"))?;
                for area in areas {
                    configuration.require_area(&area.area)?;
                    for winner in &area.winners {
                        let project = context.world.projects.get(winner);
                        let admitted = project.and_then(|p| p.admission()).is_some();
                        ensure(admitted, || Code::ProjectNotAdmitted.on("winners").with(winner))?;
                    }
                }
                Ok(())
            }
            Basis::Counted => {
                ensure(self.box_closed, || Code::BallotBoxOpen.into())?;
                ensure(self.lot.is_some() || !self.needs_lot(), || Code::LotMissing.into())?;
                let (expected, digest) = count::result(self, &context.world.ballots)?;
                for (expected, given) in expected.iter().zip(areas) {
                    ensure(expected == given, || Code::ResultMismatch.on("areas").with(&expected.area))?;
                }
                ensure(expected.len() == areas.len(), || Code::ResultMismatch.on("areas").with(areas.len()))?;
                ensure(outcome == Some(digest), || Code::ResultMismatch.on("outcome").with(digest))
            }
        }
    }
}

fn check_cause(cause: Cause, reason: Option<&Hidden<String>>) -> Result<(), Rejection> {
    let told = match cause {
        Cause::Clock => reason.is_none(),
        Cause::Agent => is_said(reason),
    };
    ensure(told, || Code::ReasonMissing.on("reason"))
}

fn cause(reason: Option<String>) -> (Cause, Option<Hidden<String>>) {
    let cause = if reason.is_some() { Cause::Agent } else { Cause::Clock };
    (cause, reason.map(Hidden::Disclosed))
}

impl Decider for Campaign {
    const KIND: &'static str = "campaign";
    type Command = Command;
    type Event = Event;

    fn decide(&self, command: Command, context: &Context<'_>) -> Result<Vec<Event>, Rejection> {
        Ok(match command {
            Command::Configure(configuration) => vec![Event::CampaignConfigured { configuration }],
            Command::OpenPhase { phase, reason } => {
                let (cause, reason) = cause(reason);
                let opened = Event::PhaseOpened { phase, cause, reason };
                if phase != Phase::Vote {
                    return Ok(vec![opened]);
                }
                let (rules, catalogue) = self.digests()?;
                vec![opened, Event::RulesFrozen { rules, catalogue }]
            }
            Command::ClosePhase { phase, reason } => {
                let (cause, reason) = cause(reason);
                vec![Event::PhaseClosed { phase, cause, reason }]
            }
            Command::PublishCatalogue => self.publish(context)?,
            Command::CloseBallotBox => vec![Event::BallotBoxClosed { papers: count::papers(&context.world.ballots) }],
            Command::DrawLot { size, root, public_value } => vec![Event::LotSeedDrawn { size, root, public_value }],
            Command::ProclaimResult => {
                ensure(self.box_closed, || Code::BallotBoxOpen.into())?;
                ensure(self.lot.is_some() || !self.needs_lot(), || Code::LotMissing.into())?;
                let (areas, outcome) = count::result(self, &context.world.ballots)?;
                vec![Event::ResultProclaimed { basis: Basis::Counted, areas, outcome: Some(outcome) }]
            }
            Command::RecordResult { areas } => {
                vec![Event::ResultProclaimed { basis: Basis::Recorded, areas, outcome: None }]
            }
        })
    }

    fn check(&self, event: &Event, context: &Context<'_>) -> Result<(), Rejection> {
        let officer = [Role::Coordinator, Role::ReturningOfficer, Role::System].contains(&context.actor.role);
        ensure(officer, || Code::RoleMissing.with(Role::Coordinator.code()))?;
        // A log has one campaign: a second stream would get round the guard on this one.
        let own = self.configuration.as_ref().is_none_or(|c| c.code == context.id);
        ensure(own, || Code::NotFound.on("campaign").with(context.id))?;
        match event {
            Event::CampaignConfigured { configuration } => {
                let named = configuration.code == context.id || self.configuration.is_some();
                ensure(named, || Code::ConfigurationInvalid.on("code").with(context.id))?;
                ensure(!self.frozen, || Code::RulesFrozen.into())?;
                ensure(!self.catalogue_published, || Code::CataloguePublished.into())?;
                if let Some(before) = &self.configuration {
                    let same = before.provenance == configuration.provenance && before.code == configuration.code;
                    ensure(same, || Code::ConfigurationInvalid.on("code").with("code and provenance stay"))?;
                }
                configuration.check()
            }
            Event::PhaseOpened { phase, cause, reason } => {
                check_cause(*cause, reason.as_ref())?;
                self.check_opening(*phase)
            }
            Event::PhaseClosed { phase, cause, reason } => {
                check_cause(*cause, reason.as_ref())?;
                self.during(*phase)
            }
            Event::RulesFrozen { rules, catalogue } => {
                ensure(self.progress.is_open(Phase::Vote) && !self.frozen, || Code::RulesFrozen.into())?;
                let same = self.digests()? == (*rules, *catalogue);
                ensure(same, || Code::CatalogueMismatch.with("digests of the frozen rules"))
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
                let counted = count::papers(&context.world.ballots);
                ensure(*papers == counted, || Code::ResultMismatch.on("papers").with(counted))
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
        }
    }

    fn evolve(&mut self, event: &Event) {
        match event {
            Event::CampaignConfigured { configuration } => self.configuration = Some(configuration.clone()),
            Event::PhaseOpened { phase, .. } => self.progress = Progress { latest: Some(*phase), open: true },
            Event::PhaseClosed { .. } => self.progress.open = false,
            Event::RulesFrozen { .. } => self.frozen = true,
            Event::CatalogueListed { area, entries } => {
                self.catalogue.entry(area.clone()).or_default().extend_from_slice(entries);
            }
            Event::CataloguePublished { .. } => self.catalogue_published = true,
            Event::BallotBoxClosed { .. } => self.box_closed = true,
            Event::LotSeedDrawn { root, public_value, .. } => self.lot = Some((*root, public_value.clone())),
            Event::ResultProclaimed { areas, .. } => {
                self.winners = Some(areas.iter().flat_map(|area| area.winners.iter().cloned()).collect());
            }
        }
    }
}

impl Campaign {
    /// The admitted projects, area by area in the order of the configuration, by id.
    fn publish(&self, context: &Context<'_>) -> Result<Vec<Event>, Rejection> {
        let mut events = Vec::new();
        let mut number = 0_u32;
        for area in &self.configured()?.areas {
            let mut entries = Vec::new();
            for (id, project) in &context.world.projects {
                if let Some(admission) = project.admission().filter(|admission| *admission.area == area.id) {
                    number = number.saturating_add(1);
                    entries.push(Entry::new(number, id.clone(), &admission));
                }
            }
            for part in entries.chunks(CATALOGUE_PART) {
                events.push(Event::CatalogueListed { area: area.id.clone(), entries: part.to_vec() });
            }
        }
        events.push(Event::CataloguePublished { projects: number });
        Ok(events)
    }

    /// Whether choices are readable before the urn is opened.
    pub fn ballot_box(&self) -> Option<BallotBox> {
        self.configuration.as_ref().map(|c| c.rules.ballot_box)
    }
}
