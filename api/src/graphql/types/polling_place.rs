//! Polling places: their boxes, their papers, and how far these are counted.
//!
//! What two agents read is shown from the proclamation on and not before; until then only how far they
//! are. What is to be done there: `polling_work.rs`.

use super::area::{Area, given, is_removed, removed};
use super::history;
use super::log;
use super::place::Moment;
use super::removal::Removal;
use super::scalars::Sha256;
use crate::error::Fault;
use crate::graphql::acting;
use crate::graphql::node::{Kind, global};
use crate::graphql::page::{self, List};
use crate::graphql::request::View;
use async_graphql::{Context, Enum, ID, Object, SimpleObject};
use domain::configuration::MOST_AUDITED;
use domain::paper_count::{Bundle, PaperCount as Read, PaperMode as DomainMode, Void};
use domain::polling_place::{AreaPapers, BallotBoxState, BundleState, Event, Venue};
use domain::{AreaId, Hidden, PlaceId, SealId, StreamKind, count};
use projections::polling_places::{PollingPlaceRow, StepRow};
use std::collections::BTreeSet;
use std::sync::Arc;

/// How papers are read in a polling place.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "domain::paper_count::PaperMode")]
pub enum PaperMode {
    /// Totals per project, or per project and grade (`feuille de dépouillement`).
    CountSheet,
    /// Each paper as it was written (`bulletin par bulletin`).
    CardByCard,
}

/// Why a paper is void (`bulletin nul`).
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "domain::paper_count::Void")]
pub enum VoidReason {
    /// It breaks the rules of its ballot: too many projects, too many points.
    BreaksTheRules,
    /// Nobody can tell what was meant (`illisible`).
    Unreadable,
    /// A sign on it tells whose it is, or insults somebody (`signe de reconnaissance`).
    Marked,
    /// It isn't a paper of this vote (`bulletin non réglementaire`).
    NotOfficial,
    /// Several different papers in one envelope (`bulletins multiples`).
    Several,
}

/// Where the count of a bundle of papers stands.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum BundleProgress {
    /// One agent entered it; another has to (`première saisie`).
    Entered,
    /// The entries differ: a third agent decides (`désaccord`).
    Disagree,
    /// Two agents read the same (`concordant`).
    Agreed,
    /// It was agreed, and is read anew (`rectification`).
    Correcting,
}

pub(super) fn progress(state: &BundleState) -> BundleProgress {
    match (state.entries.len(), &state.agreed) {
        (0, _) => BundleProgress::Agreed,
        (_, Some(_)) => BundleProgress::Correcting,
        (1, None) => BundleProgress::Entered,
        (_, None) => BundleProgress::Disagree,
    }
}

/// How many papers are void for one reason.
#[derive(SimpleObject, Clone, Copy, Debug)]
pub struct VoidPapers {
    /// Why.
    pub reason: VoidReason,
    /// How many.
    pub papers: u32,
}

/// What a project received on papers.
#[derive(SimpleObject, Clone, Debug)]
pub struct PaperLine {
    /// Its number on the ballot list.
    pub project: u32,
    /// Votes or points; null where papers give grades.
    pub votes: Option<i64>,
    /// How many papers give it more than zero points, where papers give points.
    pub supporters: Option<u32>,
    /// How many papers give it each grade, worst first, where papers give grades.
    pub grades: Option<Vec<u32>>,
}

/// A paper as it was written.
#[derive(SimpleObject, Clone, Debug)]
pub struct PaperCard {
    /// Numbers of the ballot list, in the order written.
    pub choices: Vec<u32>,
    /// Points or places of grades, one per choice, where papers have them.
    pub points: Option<Vec<i64>>,
}

/// What two agents read on the papers of a bundle.
#[derive(SimpleObject, Clone, Debug)]
pub struct PaperCount {
    /// Papers that count and name something.
    pub valid: u32,
    /// Papers that name nothing (`bulletins blancs`).
    pub blank: u32,
    /// Papers that don't count (`bulletins nuls`), by reason.
    pub void: Vec<VoidPapers>,
    /// The totals of a count sheet.
    pub lines: Vec<PaperLine>,
    /// The papers, read card by card.
    pub cards: Vec<PaperCard>,
}

impl From<Read> for PaperCount {
    fn from(read: Read) -> Self {
        let void = |(reason, papers): (&Void, &u32)| VoidPapers { reason: (*reason).into(), papers: *papers };
        let lines = read.lines.into_iter().map(|line| PaperLine {
            project: line.project,
            votes: line.grades.is_empty().then_some(line.votes),
            supporters: line.supporters,
            grades: (!line.grades.is_empty()).then_some(line.grades),
        });
        let cards = read.cards.into_iter().map(|card| PaperCard { choices: card.choices, points: card.points });
        Self {
            valid: read.valid,
            blank: read.blank,
            void: read.void.iter().map(void).collect(),
            lines: lines.collect(),
            cards: cards.collect(),
        }
    }
}

/// A bundle of papers (`liasse`).
#[derive(SimpleObject, Clone, Debug)]
pub struct PaperBundle {
    /// Its number in the area and place, from 1.
    pub number: u32,
    /// Where its count stands.
    pub state: BundleProgress,
    /// How many papers it holds; null until two agents agree.
    pub papers: Option<u32>,
    /// How many entries were made since the last agreement.
    pub entries: u32,
    /// How often it was corrected.
    pub corrections: u32,
    /// How often it was read once more.
    pub recounts: u32,
    /// What was read; null before the result is proclaimed.
    pub count: Option<PaperCount>,
}

/// The papers of an area in a polling place.
#[derive(SimpleObject)]
pub struct PollingPapers {
    /// The area.
    pub area: Option<Area>,
    /// Signatures in the register (`émargements`).
    pub signatures: u32,
    /// Papers in the boxes.
    pub papers: u32,
    /// Whether each paper is in a bundle that two agents read alike.
    pub complete: bool,
    /// Its bundles.
    pub bundles: Vec<PaperBundle>,
}

/// A box (`urne`) of a polling place.
#[derive(SimpleObject, Clone, Debug)]
pub struct PollingBox {
    /// Its number in the place.
    pub number: u32,
    /// The numbers of the seals that were put on it (`scellés`).
    pub seals: Vec<String>,
    /// How often it passed on.
    pub passed: u32,
    /// The seals that were found on it; null until it is opened.
    pub found: Option<Vec<String>>,
    /// Whether these are the same; null until it is opened.
    pub intact: Option<bool>,
}

fn numbers(seals: &BTreeSet<SealId>) -> Vec<String> {
    seals.iter().map(ToString::to_string).collect()
}

fn pictured((number, state): (&u32, &BallotBoxState)) -> PollingBox {
    PollingBox {
        number: *number,
        seals: numbers(&state.seals),
        passed: state.passed,
        found: state.found.as_ref().map(numbers),
        intact: state.found.as_ref().map(|found| *found == state.seals),
    }
}

/// A step of a polling place, of its boxes and of its papers.
#[derive(SimpleObject, Clone, Debug)]
pub struct PollingStep {
    /// When.
    pub moment: Moment,
    /// The type of its event, such as `BoxSealed`.
    #[graphql(name = "type")]
    pub event_type: String,
    /// Who, by pseudonym; for the campaign's agents alone.
    pub by: Option<String>,
    /// The number of the box, where it is about one.
    pub box_number: Option<u32>,
    /// The code of the area, where it is about one.
    pub area: Option<String>,
    /// The bundle, where it is about one.
    pub bundle: Option<u32>,
    /// Who gave a box; for the campaign's agents alone.
    pub from: Option<String>,
    /// Who took it; for the campaign's agents alone.
    pub to: Option<String>,
    /// Why; null where no reason was given, or when it was removed.
    pub reason: Option<String>,
}

impl PollingStep {
    fn of(row: &StepRow, serves: bool) -> Self {
        let text = |hidden: &Hidden<String>| hidden.get().cloned();
        let mut step = Self {
            moment: row.moment.into(),
            event_type: domain::Event::PollingPlace(row.event.clone()).encode().map_or_else(|_| String::new(), |e| e.0),
            by: serves.then(|| row.by.clone()),
            box_number: None,
            area: None,
            bundle: None,
            from: None,
            to: None,
            reason: None,
        };
        let mut of_bundle =
            |area: &AreaId, bundle: Option<u32>| (step.area, step.bundle) = (Some(area.to_string()), bundle);
        match &row.event {
            Event::PollingPlaceOpened { .. } | Event::PollingPlaceChanged { .. } | Event::MinutesAttached { .. } => {}
            Event::PollingPlaceClosed { reason } => step.reason = text(reason),
            Event::BoxSealed { number, .. } => step.box_number = Some(*number),
            Event::CustodyPassed { number, from, to } => {
                step.box_number = Some(*number);
                (step.from, step.to) = (text(from).filter(|_| serves), text(to).filter(|_| serves));
            }
            Event::BoxOpened { number, reason, .. } => {
                step.box_number = Some(*number);
                step.reason = reason.as_ref().and_then(text);
            }
            Event::SignaturesCounted { area, reason, .. } => {
                of_bundle(area, None);
                step.reason = reason.as_ref().and_then(text);
            }
            Event::EntryMade { area, bundle, reason, .. } | Event::RecountRecorded { area, bundle, reason, .. } => {
                of_bundle(area, Some(*bundle));
                step.reason = reason.as_ref().and_then(text);
            }
            Event::EntriesDisagree { area, bundle, .. }
            | Event::CountAgreed { area, bundle, .. }
            | Event::CountCorrected { area, bundle, .. } => of_bundle(area, Some(*bundle)),
        }
        step
    }
}

/// A polling place of a campaign.
pub struct PollingPlace {
    view: View,
    row: Arc<PollingPlaceRow>,
}

impl PollingPlace {
    pub(super) fn new(view: &View, row: &Arc<PollingPlaceRow>) -> Self {
        Self { view: Arc::clone(view), row: Arc::clone(row) }
    }

    /// The place with this key.
    pub(crate) fn of(view: &View, id: &PlaceId) -> Option<Self> {
        view.model.polling_places.get(id).map(|row| Self::new(view, row))
    }

    /// All places, by key.
    pub(crate) fn all(view: &View) -> Vec<Self> {
        view.model.polling_places.rows().map(|row| Self::new(view, row)).collect()
    }

    /// The places that the lot draws for a recount, in the order drawn; as many as the frozen rules say
    /// unless another number is asked for.
    pub(crate) fn audited(view: &View, size: Option<u32>) -> Option<Vec<Self>> {
        let frozen = view.model.campaign.configured().ok()?.rules.audited_places;
        let size = size.or(frozen.map(u32::from)).unwrap_or(0).min(MOST_AUDITED.into());
        let size = usize::try_from(size).unwrap_or(0);
        let drawn = projections::polling_places::audited(&view.model, size)?;
        Some(drawn.iter().filter_map(|id| Self::of(view, id)).collect())
    }

    fn venue(&self) -> Option<&Venue> {
        self.row.place.venue.as_deref()
    }

    fn bundle(&self, area: &AreaId, number: u32, state: &BundleState) -> Result<PaperBundle, Fault> {
        let model = &self.view.model;
        let read = match state.agreed.as_ref().filter(|_| model.counts_are_public()) {
            Some(agreed) => {
                let bundle = Bundle { place: &self.row.id, area, number };
                let mode = self.venue().map_or(DomainMode::CardByCard, |venue| venue.mode);
                count::sheet(&model.urn, &model.campaign, bundle, mode, agreed)
                    .map_err(|no| Fault::Command(commands::Error::Rejected(no)))?
            }
            None => None,
        };
        Ok(PaperBundle {
            number,
            state: progress(state),
            papers: state.agreed.as_ref().map(|agreed| agreed.papers),
            entries: u32::try_from(state.entries.len()).unwrap_or(u32::MAX),
            corrections: state.corrections,
            recounts: state.recounts,
            count: read.map(PaperCount::from),
        })
    }
}

/// A polling place (`lieu de vote`), where people vote on paper.
#[Object]
impl PollingPlace {
    /// Its global id.
    pub(crate) async fn id(&self) -> ID {
        global(Kind::PollingPlace, &self.view.code, self.row.id.as_str())
    }

    /// What happened to it (`historique`), oldest first, each event with a sentence in both languages.
    #[graphql(complexity = "page::cost(first, None, child_complexity)")]
    async fn history(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "So many; at most 100.")] first: Option<i32>,
        #[graphql(desc = "Begin after the item with this cursor.")] after: Option<String>,
    ) -> Result<Option<List<log::Event>>, Fault> {
        history::of(ctx, &self.view, StreamKind::PollingPlace, self.row.id.as_str(), BTreeSet::new(), (first, after))
            .await
    }

    /// Its code: the stream `polling_place/<key>`, and what a polling officer's role is bound to.
    async fn key(&self) -> &str {
        self.row.id.as_str()
    }

    /// Its name; null when removed.
    async fn name(&self) -> Option<&str> {
        given(self.venue().map(|venue| &venue.name))
    }

    /// Where it is; null when removed.
    async fn address(&self) -> Option<&str> {
        given(self.venue().map(|venue| &venue.address))
    }

    /// Which of its texts are no longer there.
    async fn removed(&self) -> Vec<&'static str> {
        let gone = |text: Option<&Hidden<String>>| is_removed(text);
        let venue = self.venue();
        removed([("name", gone(venue.map(|v| &v.name))), ("address", gone(venue.map(|v| &v.address)))])
    }

    /// The texts that were removed, with the ground.
    async fn removals(&self) -> Vec<Removal> {
        Removal::of(&self.view, StreamKind::PollingPlace, self.row.id.as_str())
    }

    /// The areas whose papers are dropped there.
    async fn areas(&self) -> Vec<Area> {
        let areas = self.venue().into_iter().flat_map(|venue| &venue.areas);
        areas.filter_map(|area| Area::of(&self.view, area)).collect()
    }

    /// How its papers are read.
    async fn mode(&self) -> PaperMode {
        self.venue().map_or(DomainMode::CardByCard, |venue| venue.mode).into()
    }

    /// The number of the version that stands: 1 as opened.
    async fn version(&self) -> u32 {
        u32::try_from(self.row.place.version()).unwrap_or(u32::MAX)
    }

    /// When it was opened.
    async fn opened(&self) -> Moment {
        self.row.opened.into()
    }

    /// Whether nobody votes there.
    async fn closed(&self) -> bool {
        self.row.place.closed
    }

    /// Its boxes, by number.
    async fn boxes(&self) -> Vec<PollingBox> {
        self.row.place.boxes.iter().map(pictured).collect()
    }

    /// Its papers, area by area, once they were counted.
    async fn papers(&self) -> Result<Vec<PollingPapers>, Fault> {
        let of_area = |(area, papers): (&AreaId, &AreaPapers)| {
            let bundles = papers.bundles.iter().map(|(number, state)| self.bundle(area, *number, state));
            Ok(PollingPapers {
                area: Area::of(&self.view, area),
                signatures: papers.signatures,
                papers: papers.papers,
                complete: papers.is_complete(),
                bundles: bundles.collect::<Result<_, Fault>>()?,
            })
        };
        self.row.place.areas.iter().map(of_area).collect()
    }

    /// Whether every paper of it is counted, or nobody votes there.
    async fn counted(&self) -> bool {
        self.row.place.is_counted()
    }

    /// SHA-256 of the scanned minutes (`procès-verbal`).
    async fn minutes(&self) -> Option<Sha256> {
        self.row.place.minutes.map(Sha256)
    }

    /// All that happened to it, to its boxes and to its papers, oldest first.
    async fn steps(&self, ctx: &Context<'_>) -> Vec<PollingStep> {
        let serves = acting::serves(ctx, &self.view);
        self.row.steps.iter().map(|step| PollingStep::of(step, serves)).collect()
    }
}
