//! From a campaign's ballots to the input of the count, and from its outcome to the result.
//!
//! One function for everybody: whoever proclaims, the read model that explains,
//! and the auditor who counts again. Chooses no winners itself: that is `tally`.

use crate::ballot::Paper;
use crate::campaign::{AreaResult, Campaign, Entry};
use crate::configuration::Area;
use crate::leftovers::{self, Flow};
use crate::paper_count::{Bundle, PaperCount, PaperMode};
use crate::polling_place::{Agreed, Disclosure, PollingPlace, Sheet};
use crate::rejection::ensure;
use crate::urn::Urn;
use crate::{AreaId, Cents, Code, PlaceId, ProjectId, Rejection, World};
use serde::Serialize;
use std::collections::BTreeMap;
use tally::{BallotType, Candidate, Choice, Election, Invalid, LotSeed, Outcome, Patience, Rule, TallyRule};
use transparency::Hash;

/// What there is to count: the campaign, and all that was collected for it.
#[derive(Clone, Debug)]
pub struct Collected<'a> {
    /// The campaign, with its lists and its rule.
    pub campaign: &'a Campaign,
    /// The papers that stand readable in the log, in any order.
    pub papers: Vec<(&'a AreaId, &'a Paper)>,
    /// The urn, with its secret once it is opened.
    pub urn: &'a Urn,
    /// The polling places with what was read there, in any order.
    pub places: Vec<(&'a PlaceId, &'a PollingPlace)>,
}

impl<'a> From<&'a World> for Collected<'a> {
    fn from(world: &'a World) -> Self {
        let papers = world.ballots.values().flat_map(|ballot| &ballot.papers).map(|(area, paper)| (area, paper));
        let places = world.polling_places.iter().collect();
        Self { campaign: &world.campaign, papers: papers.collect(), urn: &world.urn, places }
    }
}

/// An area's election and its outcome.
#[derive(Clone, Debug)]
pub struct AreaCount {
    /// The area.
    pub area: AreaId,
    /// The projects on its list, in the order of the election's candidates.
    pub entries: Vec<Entry>,
    /// What was counted.
    pub election: Election,
    /// What came out.
    pub outcome: Outcome,
    /// What it received of other areas' envelopes, part of its own.
    pub received: Vec<Flow>,
}

/// SHA-256 of the value's canonical JSON.
///
/// # Errors
/// [`Code::TallyRefused`] when the value has no canonical form (it always has one here).
pub fn digest<T: Serialize>(value: &T) -> Result<Hash, Rejection> {
    let text = transparency::to_canonical(value).map_err(|error| Code::TallyRefused.with(error))?;
    Ok(Hash::of(&[text.as_bytes()]))
}

/// How many papers are in the box, over all areas: readable ones, and sealed ones that were published.
pub fn papers(world: &World) -> u64 {
    let readable = world.ballots.values().map(|ballot| u64::try_from(ballot.papers.len()).unwrap_or(u64::MAX));
    readable.sum::<u64>().saturating_add(world.urn.published())
}

/// Refuses a paper that breaks the rules of its area, before it is cast.
///
/// # Errors
/// [`Code::BallotInvalid`] with the reason.
pub fn validate(campaign: &Campaign, area: &Area, paper: &Paper) -> Result<(), Rejection> {
    let list = campaign.ballot_list(&area.id);
    let ballot = ballot(list, takes_points(&area.ballot), paper);
    let costs: Vec<Cents> = list.iter().map(|entry| entry.cost_cents).collect();
    tally::validate(&ballot, &area.ballot, &costs).map_err(|invalid| Code::BallotInvalid.on("choices").with(invalid))
}

/// Counts every area, in the order of the configuration, and hands on what areas leave each other.
///
/// `rule` is the frozen one unless another is tried for analysis.
///
/// # Errors
/// [`Code::TallyRefused`] when the rule and the ballots don't fit together.
pub fn areas(collected: &Collected<'_>, rule: Option<&TallyRule>) -> Result<Vec<AreaCount>, Rejection> {
    areas_within(collected, rule, &mut Patience::endless())
}

/// As [`areas`], with no more work than there is patience for: for whoever only asks.
///
/// # Errors
/// As [`areas`], with the text of `TOO_MUCH_WORK` when the patience is at its end.
pub fn areas_within(
    collected: &Collected<'_>,
    rule: Option<&TallyRule>,
    patience: &mut Patience,
) -> Result<Vec<AreaCount>, Rejection> {
    let campaign = collected.campaign;
    let configuration = campaign.configured()?;
    let mut boxes: BTreeMap<&AreaId, (&Area, Vec<tally::Ballot>)> =
        configuration.areas.iter().map(|area| (&area.id, (area, Vec::new()))).collect();
    for (area, paper) in &collected.papers {
        let (area, ballots) = boxes.get_mut(*area).ok_or_else(|| Code::UnknownArea.with(area))?;
        ballots.push(ballot(campaign.ballot_list(&area.id), takes_points(&area.ballot), paper));
    }
    let mut unreadable = BTreeMap::new();
    for area in &configuration.areas {
        let Some(opened) = collected.urn.opened(campaign, &area.id)? else { continue };
        unreadable.insert(&area.id, opened.unreadable);
        if let Some((_, ballots)) = boxes.get_mut(&area.id) {
            let list = campaign.ballot_list(&area.id);
            // Judged as it was sealed: points on a ballot that takes none are a fault (ballot.md §6).
            ballots.extend(opened.papers.iter().map(|paper| ballot(list, true, paper)));
        }
    }
    let lot = lot(campaign);
    let rule = rule.unwrap_or(&configuration.rules.tally);
    let mut counts = Vec::with_capacity(boxes.len());
    let mut apart = Vec::with_capacity(boxes.len());
    for area in &configuration.areas {
        let entries = campaign.ballot_list(&area.id).to_vec();
        let mut ballots = boxes.remove(&area.id).map(|(_, ballots)| ballots).unwrap_or_default();
        let read = read_on_paper(collected, area)?;
        ballots.extend(
            read.iter()
                .filter(|(mode, _)| *mode == PaperMode::CardByCard)
                .flat_map(|(_, count)| count.ballots(&entries)),
        );
        let totals = read.iter().filter(|(mode, _)| *mode == PaperMode::CountSheet);
        let sheets = totals.map(|(_, count)| count.sheet(&area.ballot, &entries)).collect();
        let election = Election { sheets, ..election(area, &entries, ballots, campaign.is_imported()) };
        let outcome = election
            .tally_within(&rule.within(area.id.as_str()), lot.as_ref(), patience)
            .map_err(|e| Code::TallyRefused.on(area.id.as_str()).with(e))?;
        let cards = read.iter().filter(|(mode, _)| *mode == PaperMode::CardByCard);
        let void = cards.flat_map(|(_, count)| &count.void);
        apart.push(void.map(|(reason, papers)| (reason.code(), u64::from(*papers))).collect::<Vec<_>>());
        counts.push(AreaCount { area: area.id.clone(), entries, election, outcome, received: Vec::new() });
    }
    leftovers::hand_on(configuration, rule, lot.as_ref(), &mut counts, patience)?;
    // What is no ballot to the rule: void papers read card by card, and what the urn's secret doesn't open.
    for (count, void) in counts.iter_mut().zip(apart) {
        for (reason, papers) in void {
            *count.outcome.void.entry(reason.to_owned()).or_default() += papers;
        }
        if let Some(closed) = unreadable.remove(&count.area).filter(|closed| *closed > 0) {
            count.outcome.invalid.insert(Invalid::Unreadable, closed);
        }
    }
    Ok(counts)
}

/// The public lot; none until it is drawn.
pub fn lot(campaign: &Campaign) -> Option<LotSeed> {
    campaign.lot.as_ref().map(|(root, public_value)| LotSeed::draw(&root.0, public_value))
}

/// What was read on the papers of an area, in all polling places. Nothing of sealed counts while the urn
/// is sealed.
///
/// # Errors
/// [`Code::PaperCountInvalid`] with the place whose sealed count isn't what its two agents entered.
fn read_on_paper(collected: &Collected<'_>, area: &Area) -> Result<Vec<(PaperMode, PaperCount)>, Rejection> {
    let mut counts = Vec::new();
    for (place, state) in &collected.places {
        let Some(venue) = &state.venue else { continue };
        for (number, agreed) in state.agreed(&area.id) {
            let bundle = Bundle { place, area: &area.id, number };
            let read = sheet(collected.urn, collected.campaign, bundle, venue.mode, agreed)?;
            counts.extend(read.map(|count| (venue.mode, count)));
        }
    }
    Ok(counts)
}

/// What two agents read in a bundle; none while the urn to which it is sealed is closed.
///
/// # Errors
/// [`Code::PaperCountInvalid`] with the place when what was sealed isn't what they entered.
pub fn sheet(
    urn: &Urn,
    campaign: &Campaign,
    bundle: Bundle<'_>,
    mode: PaperMode,
    agreed: &Agreed,
) -> Result<Option<PaperCount>, Rejection> {
    let sealed = match &agreed.sheet {
        Sheet::Open { count, .. } => return Ok(Some(PaperCount::clone(count))),
        Sheet::Sealed { sealed, .. } => sealed,
    };
    let Some(secret) = &urn.secret else { return Ok(None) };
    let amiss = || Code::PaperCountInvalid.on("places").with(format!("{}/{}", bundle.place, bundle.area));
    let (target, _) = urn.target(bundle.area, campaign)?;
    let text = seal::open_sheet(secret, &target, sealed).map_err(|_| amiss())?;
    let Disclosure { count, salt } = serde_json::from_str(&text).map_err(|_| amiss())?;
    let bound = count.commitment(bundle, &salt)? == agreed.commitment;
    ensure(bound && count.papers() == u64::from(agreed.papers), amiss)?;
    count.check(campaign.configured()?.require_area(bundle.area)?, campaign.ballot_list(bundle.area), mode)?;
    Ok(Some(count))
}

/// The result that follows from what was collected under the frozen rule, and the digest of the whole
/// outcome: SHA-256 of the canonical JSON of `[[area, outcome], …]`.
///
/// # Errors
/// Those of [`areas`].
pub fn result(collected: &Collected<'_>) -> Result<(Vec<AreaResult>, Hash), Rejection> {
    proclaimed(&areas(collected, None)?)
}

/// The result in the form in which it is proclaimed, and the digest of the whole outcome.
///
/// # Errors
/// As [`digest`].
pub fn proclaimed(counts: &[AreaCount]) -> Result<(Vec<AreaResult>, Hash), Rejection> {
    let whole: Vec<_> = counts.iter().map(|count| (&count.area, &count.outcome)).collect();
    Ok((counts.iter().map(AreaCount::result).collect(), digest(&whole)?))
}

impl AreaCount {
    /// The winning projects in order of selection.
    pub fn winners(&self) -> impl Iterator<Item = &ProjectId> {
        self.outcome.winners.iter().filter_map(|index| self.entries.get(*index)).map(|entry| &entry.project)
    }

    fn result(&self) -> AreaResult {
        AreaResult {
            area: self.area.clone(),
            winners: self.winners().cloned().collect(),
            spent_cents: self.outcome.spent,
            counted: self.outcome.counted,
            invalid: self.outcome.invalid.values().chain(self.outcome.void.values()).sum(),
            received: self.received.clone(),
        }
    }
}

/// Whether totals of papers are enough to count such ballots under this rule.
pub(crate) fn totals_suffice(ballot: &BallotType, rule: &TallyRule) -> bool {
    let adds_up = match rule.rule {
        Rule::Greedy | Rule::GreedyStop | Rule::GreedyPerCost | Rule::MaxWelfare { .. } | Rule::MajorityJudgment => {
            true
        }
        Rule::EqualShares { .. } | Rule::Phragmen { .. } => false,
    };
    adds_up && !matches!(ballot, BallotType::Knapsack { .. } | BallotType::Ordinal { .. })
}

/// The polling places whose papers are read once more: so many, drawn by the public lot among those that
/// have papers, so that nobody chooses them. None until the lot is drawn.
pub fn audited<'a>(collected: &Collected<'a>, size: usize) -> Option<Vec<&'a str>> {
    let seed = lot(collected.campaign)?;
    let counted = collected.places.iter().filter(|(_, place)| place.areas.values().any(|area| area.papers > 0));
    Some(tally::lot::sample(&seed, counted.map(|(id, _)| id.as_str()), size))
}

/// Whether a voter gives points or grades on such a ballot.
pub(crate) fn takes_points(ballot_type: &BallotType) -> bool {
    match ballot_type {
        BallotType::Cumulative { .. } | BallotType::Scoring { .. } | BallotType::MajorityJudgment { .. } => true,
        BallotType::Approval { .. }
        | BallotType::ChooseOne
        | BallotType::Knapsack { .. }
        | BallotType::Ordinal { .. } => false,
    }
}

/// A paper in the terms of the count: places on the area's list for numbers, and its points where they are looked at.
fn ballot(list: &[Entry], takes_points: bool, paper: &Paper) -> tally::Ballot {
    let place = |number: &u32| list.binary_search_by_key(number, |entry| entry.number).unwrap_or(usize::MAX);
    let points = |index: usize| paper.points.as_ref().and_then(|points| points.get(index)).copied();
    let written = paper.choices.iter().enumerate();
    let choice = |(index, number)| Choice { project: place(number), points: points(index).filter(|_| takes_points) };
    let unknown = paper.unknown.iter().map(|_| Choice { project: usize::MAX, points: None });
    tally::Ballot { channel: paper.channel, choices: written.map(choice).chain(unknown).collect() }
}

fn election(area: &Area, list: &[Entry], ballots: Vec<tally::Ballot>, keep_as_cast: bool) -> Election {
    let place = |id: &ProjectId| list.iter().position(|entry| entry.project == *id);
    let candidate = |entry: &Entry| Candidate {
        id: entry.reference.clone(),
        cost: entry.cost_cents,
        withdrawn: entry.withdrawn,
        excludes: entry.excludes.iter().filter_map(place).collect(),
        priority: entry.priority,
        group: entry.district.as_ref().map(AreaId::to_string),
    };
    let candidates = list.iter().map(candidate).collect();
    let (budget, ballot_type) = (area.envelope_cents, area.ballot.clone());
    Election { budget, candidates, ballot_type, ballots, sheets: Vec::new(), keep_as_cast }
}

/// Refuses two projects with the same public reference on one list.
pub(crate) fn distinct_references<'a>(mut entries: impl Iterator<Item = &'a Entry>) -> Result<(), Rejection> {
    let mut seen = std::collections::BTreeSet::new();
    entries.try_for_each(|entry| {
        ensure(seen.insert(&entry.reference), || Code::DuplicateEntry.on("reference").with(&entry.reference))
    })
}
