//! The campaign as people see it: its name, its rules, and its calendar with what really happened.

use domain::campaign::{Basis, Cause, Event};
use domain::configuration::{BallotBox, Configuration, FormLimits, InstructionRules, Named, Participation, Provenance};
use domain::phase::Phase;
use domain::{DepartmentId, Hidden, Record, Role, ThemeId, Timestamp};
use serde::{Deserialize, Serialize};
use tally::TallyRule;
use transparency::Hash;

/// A moment in the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moment {
    /// The event's position.
    pub position: u64,
    /// When it was written.
    pub at: Timestamp,
}

impl From<&Record> for Moment {
    fn from(record: &Record) -> Self {
        Self { position: record.position, at: record.at }
    }
}

/// That something was ended or taken back, by whom and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reasoned {
    /// When.
    pub moment: Moment,
    /// In which role.
    pub by: Role,
    /// Why; published.
    pub reason: Hidden<String>,
}

impl Reasoned {
    pub(crate) fn new(record: &Record, reason: &Hidden<String>) -> Self {
        Self { moment: Moment::from(record), by: record.actor.role, reason: reason.clone() }
    }
}

/// That a phase was opened or closed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Turn {
    /// When.
    pub moment: Moment,
    /// By the clock or by an agent.
    pub cause: Cause,
    /// Why, when an agent did it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<Hidden<String>>,
}

/// A phase: planned and real.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PhaseRow {
    /// Which.
    pub phase: Phase,
    /// Planned first moment.
    pub start: Timestamp,
    /// Planned end.
    pub end: Timestamp,
    /// That it was opened.
    pub opened: Option<Turn>,
    /// That it was closed.
    pub closed: Option<Turn>,
}

/// The rules as frozen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Frozen {
    /// When.
    pub moment: Moment,
    /// Digest of the rules.
    pub rules: Hash,
    /// Digest of the ballot list.
    pub catalogue: Hash,
}

/// The public lot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lot {
    /// When.
    pub moment: Moment,
    /// Root of the log when the box was closed.
    pub root: Hash,
    /// What the officers entered.
    pub public_value: String,
}

/// The campaign.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Overview {
    /// Its short code.
    pub code: String,
    /// Its title.
    pub title: Hidden<String>,
    /// The city or territory.
    pub territory: Hidden<String>,
    /// The year it is named after.
    pub year: u16,
    /// ISO 4217 code of its currency.
    pub currency: String,
    /// Where its events come from.
    pub provenance: Provenance,
    /// The published data it was taken from, when imported.
    pub source: Option<Hidden<String>>,
    /// Its themes.
    pub themes: Vec<Named<ThemeId>>,
    /// The departments that instruct and build.
    pub departments: Vec<Named<DepartmentId>>,
    /// Limits of the deposit form.
    pub form: FormLimits,
    /// How people take part.
    pub participation: Participation,
    /// How departments instruct.
    pub instruction: InstructionRules,
    /// How ballots are kept; none before it is configured.
    pub ballot_box: Option<BallotBox>,
    /// How winners follow from ballots; none before it is configured.
    pub rule: Option<TallyRule>,
    /// Its calendar.
    pub phases: Vec<PhaseRow>,
    /// When it was configured first.
    pub created: Option<Moment>,
    /// The freeze.
    pub frozen: Option<Frozen>,
    /// When the ballot list was published.
    pub catalogue_published: Option<Moment>,
    /// When the box was closed, and how many papers were in it.
    pub box_closed: Option<(Moment, u64)>,
    /// The public lot.
    pub lot: Option<Lot>,
    /// When the result was proclaimed, and what it rests on.
    pub proclaimed: Option<(Moment, Basis)>,
    /// The pseudonyms of the agents who proclaimed it: who proposed it, then who confirmed it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub proclaimed_by: Vec<String>,
}

impl Overview {
    /// The phase that is open.
    pub fn current_phase(&self) -> Option<Phase> {
        self.phases.iter().find(|row| row.opened.is_some() && row.closed.is_none()).map(|row| row.phase)
    }

    fn configure(&mut self, configuration: &Configuration, moment: Moment) {
        let turns = std::mem::take(&mut self.phases);
        *self = Self {
            code: configuration.code.clone(),
            title: configuration.title.clone(),
            territory: configuration.territory.clone(),
            year: configuration.year,
            currency: configuration.currency.clone(),
            provenance: configuration.provenance,
            source: configuration.source.clone(),
            themes: configuration.themes.clone(),
            departments: configuration.departments.clone(),
            form: configuration.form,
            participation: configuration.participation.clone(),
            instruction: configuration.instruction.clone(),
            ballot_box: Some(configuration.rules.ballot_box),
            rule: Some(configuration.rules.tally.clone()),
            created: self.created.or(Some(moment)),
            ..std::mem::take(self)
        };
        let planned = configuration.calendar.iter().map(|period| {
            let before = turns.iter().find(|row| row.phase == period.phase);
            PhaseRow {
                phase: period.phase,
                start: period.start,
                end: period.end,
                opened: before.and_then(|row| row.opened.clone()),
                closed: before.and_then(|row| row.closed.clone()),
            }
        });
        self.phases = planned.collect();
    }

    fn phase(&mut self, phase: Phase) -> Option<&mut PhaseRow> {
        self.phases.iter_mut().find(|row| row.phase == phase)
    }
}

/// `proposer` is who proposed the act of which the event is the effect.
pub(crate) fn apply(overview: &mut Overview, record: &Record, event: &Event, proposer: Option<String>) {
    let moment = Moment::from(record);
    match event {
        Event::CampaignConfigured { configuration } => overview.configure(configuration, moment),
        Event::PhaseOpened { phase, cause, reason } => {
            if let Some(row) = overview.phase(*phase) {
                row.opened = Some(Turn { moment, cause: *cause, reason: reason.clone() });
            }
        }
        Event::PhaseClosed { phase, cause, reason } => {
            if let Some(row) = overview.phase(*phase) {
                row.closed = Some(Turn { moment, cause: *cause, reason: reason.clone() });
            }
        }
        Event::RulesFrozen { rules, catalogue } => {
            overview.frozen = Some(Frozen { moment, rules: *rules, catalogue: *catalogue });
        }
        Event::CatalogueListed { .. } => {}
        Event::CataloguePublished { .. } => overview.catalogue_published = Some(moment),
        Event::BallotBoxClosed { papers } => overview.box_closed = Some((moment, *papers)),
        Event::LotSeedDrawn { root, public_value, .. } => {
            overview.lot = Some(Lot { moment, root: *root, public_value: public_value.clone() });
        }
        Event::ResultProclaimed { basis, .. } => {
            overview.proclaimed = Some((moment, *basis));
            overview.proclaimed_by = proposer.into_iter().chain([record.actor.id.clone()]).collect();
        }
        Event::RoleGranted { .. }
        | Event::RoleRevoked { .. }
        | Event::ActProposed { .. }
        | Event::ActConfirmed { .. }
        | Event::ActDropped { .. }
        | Event::ValuesRedacted { .. }
        | Event::OutlineDrawn { .. }
        | Event::ExclusionDeclared { .. }
        | Event::ExclusionLifted { .. }
        | Event::LinkShredded { .. }
        | Event::CouncilDecided { .. }
        | Event::ReadingsAnchored { .. } => {}
    }
}
