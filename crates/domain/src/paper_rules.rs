//! What may happen to a polling place, and when.
//!
//! Owns the rules of the stream whose events and state stand in [`crate::polling_place`], and those that
//! the vote and its result ask of all places together. Look next at [`crate::paper_count`].

use crate::campaign::Campaign;
use crate::configuration::{AreaKind, Configuration};
use crate::paper_count::{Bundle, PaperMode};
use crate::phase::Phase;
use crate::polling_place::{AreaPapers, BundleState, Event, PollingPlace, Sheet, Venue};
use crate::proposal::{check_text, is_said};
use crate::rejection::ensure;
use crate::{ActorId, AreaId, Code, Context, Hidden, PlaceId, Rejection, SealId, World};
use std::collections::BTreeSet;
use transparency::Hash;

const MOST_BOXES: u32 = 100;
const MOST_SEALS: usize = 20;
const MOST_BUNDLES: u32 = 1_000;
const MOST_SIGNATURES: u32 = 1_000_000;

type Reason = Option<Hidden<String>>;

fn check_said(reason: &Reason) -> Result<(), Rejection> {
    reason.as_ref().map_or(Ok(()), |reason| check_text("reason", reason, 1, 2_000))
}

fn check_seals(seals: &BTreeSet<SealId>) -> Result<(), Rejection> {
    ensure(!seals.is_empty(), || Code::EmptyList.on("seals"))?;
    ensure(seals.len() <= MOST_SEALS, || Code::OutOfRange.on("seals").with(format!("1 – {MOST_SEALS}")))
}

impl Venue {
    fn check(&self, context: &Context<'_>) -> Result<(), Rejection> {
        check_text("name", &self.name, 1, 200)?;
        check_text("address", &self.address, 1, 500)?;
        ensure(!self.areas.is_empty(), || Code::EmptyList.on("areas"))?;
        let configuration = context.world.campaign.configured()?;
        for area in &self.areas {
            let area = configuration.require_area(area)?;
            // Pupils vote at their school's own station, which keeps ballots and no boxes.
            let dropped = area.kind != AreaKind::School;
            ensure(dropped, || Code::SchoolStation.on("areas").with(&area.id))?;
        }
        self.check_mode(configuration)
    }

    /// Refuses totals where the rule or the ballot has to see each paper.
    fn check_mode(&self, configuration: &Configuration) -> Result<(), Rejection> {
        let fits = |area: &AreaId| {
            let area = configuration.area(area);
            self.mode == PaperMode::CardByCard
                || area.is_none_or(|area| crate::count::totals_suffice(&area.ballot, &configuration.rules.tally))
        };
        let amiss = self.areas.iter().find(|area| !fits(area));
        amiss.map_or(Ok(()), |area| Err(Code::PaperModeDoesntFit.on("mode").with(area)))
    }
}

impl Campaign {
    /// Refuses to freeze a rule that the polling places can't count for.
    pub(crate) fn check_paper_modes(&self, world: &World) -> Result<(), Rejection> {
        let configuration = self.configured()?;
        let venues = world.polling_places.values().filter(|place| !place.closed);
        venues.filter_map(|place| place.venue.as_ref()).try_for_each(|venue| venue.check_mode(configuration))
    }

    /// Refuses a result while a polling place isn't counted.
    pub(crate) fn check_counted(&self, world: &World) -> Result<(), Rejection> {
        let missing = world.polling_places.iter().filter(|(_, place)| !place.is_counted());
        let missing: Vec<&str> = missing.map(|(id, _)| id.as_str()).take(20).collect();
        ensure(missing.is_empty(), || Code::CountsMissing.on("places").with(missing.join(", ")))
    }
}

impl PollingPlace {
    fn opened(&self, context: &Context<'_>) -> Result<&Venue, Rejection> {
        let venue = self.venue.as_deref().ok_or_else(|| Code::NotFound.on("place").with(context.id))?;
        ensure(!self.closed, || Code::PollingPlaceClosed.on("place").with(context.id))?;
        ensure(context.world.campaign.winners.is_none(), || Code::ResultProclaimed.into())?;
        Ok(venue)
    }

    fn boxed(&self, number: u32, context: &Context<'_>) -> Result<(), Rejection> {
        self.opened(context)?;
        let known = self.boxes.get(&number).ok_or_else(|| Code::NotFound.on("number").with(number))?;
        ensure(known.found.is_none(), || Code::AlreadyDone.on("number"))
    }

    /// The papers of an area, once they were counted.
    fn papers(&self, area: &AreaId, context: &Context<'_>) -> Result<&AreaPapers, Rejection> {
        let venue = self.opened(context)?;
        ensure(venue.areas.contains(area), || Code::UnknownArea.on("area").with(area))?;
        self.areas.get(area).ok_or_else(|| Code::TooEarly.on("area").with("SignaturesCounted"))
    }

    /// Refuses anything while two entries agree and the log doesn't say so: it does in the same append.
    fn unmatched(&self, area: &AreaId, bundle: u32) -> Result<(), Rejection> {
        let awaits = self.bundle(area, bundle).and_then(BundleState::awaits_agreement);
        ensure(awaits.is_none(), || Code::ActInterrupted.with("EntryMade"))
    }

    fn check_signatures(
        &self,
        area: &AreaId,
        (signatures, papers): (u32, u32),
        reason: &Reason,
        context: &Context<'_>,
    ) -> Result<(), Rejection> {
        let venue = self.opened(context)?;
        ensure(venue.areas.contains(area), || Code::UnknownArea.on("area").with(area))?;
        ensure(!self.boxes.is_empty(), || Code::TooEarly.on("area").with("BoxSealed"))?;
        let opened = self.boxes.values().all(|known| known.found.is_some());
        ensure(opened, || Code::TooEarly.on("area").with("BoxOpened"))?;
        for (field, count) in [("signatures", signatures), ("papers", papers)] {
            ensure(count <= MOST_SIGNATURES, || Code::OutOfRange.on(field).with(format!("0 – {MOST_SIGNATURES}")))?;
        }
        check_said(reason)?;
        let said = is_said(reason.as_ref());
        ensure(papers <= signatures || said, || {
            Code::MorePapersThanSignatures.on("reason").with(format!("{papers} > {signatures}"))
        })?;
        let Some(before) = self.areas.get(area) else { return Ok(()) };
        ensure(said, || Code::ReasonMissing.on("reason"))?;
        let read = before.agreed_papers();
        ensure(u64::from(papers) >= read, || Code::PapersDontAddUp.on("papers").with(format!("{papers} < {read}")))
    }

    fn check_entry(
        &self,
        (area, bundle, round): (&AreaId, u32, u32),
        by: &ActorId,
        reason: &Reason,
        context: &Context<'_>,
    ) -> Result<(), Rejection> {
        self.papers(area, context)?;
        let fits = (1..=MOST_BUNDLES).contains(&bundle);
        ensure(fits, || Code::OutOfRange.on("bundle").with(format!("1 – {MOST_BUNDLES}")))?;
        ensure(by.as_str() == context.actor.id, || Code::NotTheAuthor.on("by"))?;
        self.unmatched(area, bundle)?;
        let state = self.bundle(area, bundle);
        let entries = state.map_or(&[][..], |state| state.entries.as_slice());
        let next = u32::try_from(entries.len()).unwrap_or(u32::MAX).saturating_add(1);
        // Two agents who enter at once must not take each other for nobody.
        ensure(round == next, || Code::EditConflict.on("round").with(next))?;
        ensure(entries.iter().all(|entry| entry.by != *by), || Code::SameAgent.on("by"))?;
        check_said(reason)?;
        let needed = round > 2 || state.is_some_and(|state| state.agreed.is_some());
        ensure(!needed || is_said(reason.as_ref()), || Code::ReasonMissing.on("reason"))
    }

    fn check_agreement(
        &self,
        (area, bundle, papers): (&AreaId, u32, u32),
        sheet: &Sheet,
        again: bool,
        context: &Context<'_>,
    ) -> Result<(), Rejection> {
        let counted = self.papers(area, context)?;
        let state = counted.bundles.get(&bundle);
        let agreed = state.and_then(BundleState::awaits_agreement);
        let commitment = agreed.ok_or_else(|| Code::TooEarly.on("bundle").with("EntryMade"))?;
        let before = state.and_then(|state| state.agreed.as_ref());
        ensure(before.is_some() == again, || Code::AlreadyExists.on("bundle"))?;
        let others = counted.agreed_papers().saturating_sub(before.map_or(0, |before| u64::from(before.papers)));
        let sum = others.saturating_add(u64::from(papers));
        let fits = sum <= u64::from(counted.papers);
        ensure(fits, || Code::PapersDontAddUp.on("papers").with(format!("{sum} > {}", counted.papers)))?;
        let place: PlaceId = context.id.parse().map_err(|_| Code::NotFound.on("place").with(context.id))?;
        match sheet {
            Sheet::Open { count, salt } => {
                let campaign = &context.world.campaign;
                let own = campaign.configured()?.require_area(area)?;
                let mode = self.opened(context)?.mode;
                count.check(own, campaign.ballot_list(area), mode)?;
                let whole = count.papers() == u64::from(papers);
                ensure(whole, || Code::PapersDontAddUp.on("papers").with(count.papers()))?;
                let bound = count.commitment(Bundle { place: &place, area, number: bundle }, salt)?;
                ensure(!campaign.is_sealed(), || Code::PaperCountInvalid.on("sheet").with("SEALED"))?;
                ensure(bound == commitment, || Code::PaperCountInvalid.on("sheet").with(commitment))
            }
            Sheet::Sealed { catalogue, .. } => {
                // That there is a key was checked when the rules were frozen: the urn, long as it is, isn't read.
                context.world.campaign.sealed()?;
                let own = context.world.campaign.catalogue_digest()?;
                ensure(own == *catalogue, || Code::ForeignCatalogue.on("catalogue").with(own))
            }
        }
    }

    fn check_recount(
        &self,
        (area, bundle): (&AreaId, u32),
        by: &ActorId,
        (commitment, reason): (&Hash, &Reason),
        context: &Context<'_>,
    ) -> Result<(), Rejection> {
        self.papers(area, context)?;
        ensure(by.as_str() == context.actor.id, || Code::NotTheAuthor.on("by"))?;
        let state = self.bundle(area, bundle).filter(|state| !state.is_open());
        let agreed = state.and_then(|state| state.agreed.as_ref());
        let agreed = agreed.ok_or_else(|| Code::TooEarly.on("bundle").with("CountAgreed"))?;
        check_said(reason)?;
        let explained = agreed.commitment == *commitment || is_said(reason.as_ref());
        ensure(explained, || Code::ReasonMissing.on("reason"))
    }

    pub(crate) fn check_event(&self, event: &Event, context: &Context<'_>) -> Result<(), Rejection> {
        let campaign = &context.world.campaign;
        campaign.require_native()?;
        match event {
            Event::PollingPlaceOpened { venue } => {
                ensure(self.venue.is_none(), || Code::AlreadyExists.on("id"))?;
                ensure(!campaign.box_closed, || Code::BallotBoxClosed.into())?;
                venue.check(context)
            }
            Event::PollingPlaceChanged { version, venue } => {
                self.opened(context)?;
                self.check_version(version.saturating_sub(1))?;
                ensure(self.boxes.is_empty(), || Code::TooLate.with("BoxSealed"))?;
                venue.check(context)
            }
            Event::PollingPlaceClosed { reason } => {
                self.opened(context)?;
                check_text("reason", reason, 1, 2_000)?;
                let voted = self.areas.values().any(|area| area.signatures > 0 || area.papers > 0);
                ensure(!voted, || Code::TooLate.with("SignaturesCounted"))
            }
            Event::BoxSealed { number, seals } => {
                self.opened(context)?;
                campaign.between(Phase::PreVote, Phase::Vote)?;
                let fits = (1..=MOST_BOXES).contains(number);
                ensure(fits, || Code::OutOfRange.on("number").with(format!("1 – {MOST_BOXES}")))?;
                ensure(!self.boxes.contains_key(number), || Code::AlreadyExists.on("number"))?;
                check_seals(seals)
            }
            Event::CustodyPassed { number, from, to } => {
                self.boxed(*number, context)?;
                check_text("from", from, 1, 200)?;
                check_text("to", to, 1, 200)
            }
            Event::BoxOpened { number, seals, reason } => {
                self.boxed(*number, context)?;
                ensure(campaign.frozen, || Code::TooEarly.with(Phase::Vote.code()))?;
                ensure(seals.len() <= MOST_SEALS, || Code::OutOfRange.on("seals").with(format!("0 – {MOST_SEALS}")))?;
                check_said(reason)?;
                let intact = self.boxes.get(number).is_some_and(|known| known.seals == *seals);
                ensure(intact || is_said(reason.as_ref()), || Code::SealsDiffer.on("reason").with(number))
            }
            Event::SignaturesCounted { area, signatures, papers, reason } => {
                self.check_signatures(area, (*signatures, *papers), reason, context)
            }
            Event::EntryMade { area, bundle, round, by, reason, .. } => {
                self.check_entry((area, *bundle, *round), by, reason, context)
            }
            Event::EntriesDisagree { area, bundle, .. } => {
                self.papers(area, context)?;
                self.unmatched(area, *bundle)?;
                let entries = self.bundle(area, *bundle).map_or(0, |state| state.entries.len());
                ensure(entries > 1, || Code::TooEarly.on("bundle").with("EntryMade"))
            }
            Event::CountAgreed { area, bundle, papers, sheet } => {
                self.check_agreement((area, *bundle, *papers), sheet, false, context)
            }
            Event::CountCorrected { area, bundle, papers, sheet } => {
                self.check_agreement((area, *bundle, *papers), sheet, true, context)
            }
            Event::RecountRecorded { area, bundle, by, commitment, reason } => {
                self.check_recount((area, *bundle), by, (commitment, reason), context)
            }
            Event::MinutesAttached { .. } => self.opened(context).map(|_| ()),
        }
    }
}
