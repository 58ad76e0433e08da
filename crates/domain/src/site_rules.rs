//! What may happen to a site, and in which order.
//!
//! Owns the rules, on the events and the state of [`crate::site`]. Who may ask: [`crate::permission`].

use crate::deposit::check_file;
use crate::proposal::{MediaType, check_amount, check_reason, check_text, is_said};
use crate::rejection::ensure;
use crate::site::{Change, Contractor, Ending, Event, File, Location, Milestone, Numbered, Opening, Site, Upkeep};
use crate::{AreaId, CalendarDate, Cents, Code, Context, Hidden, Rejection, SiteId};
use std::collections::{BTreeMap, BTreeSet};

/// The most parts that a site is split into, and the most contractors of one.
const MAX_NAMED: usize = 20;

/// The most points of a site's shape, so that its leaf stays within 65,535 bytes.
const MAX_POINTS: usize = 1_000;

/// The most news, photos or documents that a site shows.
const MAX_SHOWN: usize = 500;

/// The longest reason, in characters.
const MAX_REASON: u32 = 5_000;

impl Site {
    pub(crate) fn check_event(&self, event: &Event, context: &Context<'_>) -> Result<(), Rejection> {
        if let Event::SiteOpened { opening } = event {
            return self.check_opening(opening, context);
        }
        let opening = self.opened(context)?;
        self.check_here()?;
        match event {
            Event::SiteOpened { .. } => Ok(()),
            Event::SiteChanged { change, reason } => {
                check_reason(reason, MAX_REASON)?;
                self.check_change(opening, change, context)
            }
            Event::SiteSplit { parts, reason } => {
                self.check_under_way()?;
                check_reason(reason, MAX_REASON)?;
                check_parts(parts, context)
            }
            Event::SiteMerged { into, reason } => {
                self.check_under_way()?;
                check_reason(reason, MAX_REASON)?;
                check_merge(opening, into, context)
            }
            Event::MilestonePlanned { milestone, on, reason } => {
                self.check_under_way()?;
                ensure(!self.reached.contains_key(milestone), || Code::MilestoneOrder.on("milestone").with(on))?;
                let moved = self.planned.contains_key(milestone);
                ensure(!moved || is_said(reason.as_ref()), || Code::ReasonMissing.on("reason"))
            }
            Event::MilestoneReached { milestone, on } => {
                self.check_under_way()?;
                self.check_reaching(*milestone, *on, context)
            }
            Event::MilestoneCorrected { milestone, on, reason } => {
                ensure(!self.abandoned, || Code::SiteAbandoned.into())?;
                check_reason(reason, MAX_REASON)?;
                self.check_correction(*milestone, *on, context)
            }
            Event::SiteAbandoned { reason } => {
                self.check_under_way()?;
                check_text("reason", reason, 1, MAX_REASON)
            }
            Event::SiteReopened { reason } => {
                let over = self.abandoned || self.reached.contains_key(&Milestone::Done);
                ensure(over, || Code::NotDone.into())?;
                check_reason(reason, MAX_REASON)
            }
            Event::SpendingRecorded { line, kind: _, cents, on, label } => {
                check_line(line)?;
                ensure(!self.spending.contains_key(line), || Code::DuplicateEntry.on("line").with(line))?;
                check_text("label", label, 0, 500)?;
                check_spending(*cents, *on, context)
            }
            Event::SpendingCorrected { line, cents, on, reason } => {
                ensure(self.spending.contains_key(line), || Code::NotFound.on("line").with(shortened(line)))?;
                check_reason(reason, MAX_REASON)?;
                check_spending(*cents, *on, context)
            }
            Event::NewsPosted { number, title, text } => {
                self.news.check_next(*number)?;
                check_text("title", title, 1, 200)?;
                check_text("text", text, 1, 10_000)
            }
            Event::NewsWithdrawn { number, reason } => self.news.check_taking(*number, reason),
            Event::PhotoAdded { number, file, stage: _, alternative, credit } => {
                self.photos.check_next(*number)?;
                let picture = matches!(file.media_type, MediaType::Jpeg | MediaType::Png);
                ensure(picture, || Code::AttachmentRefused.on("photo").with("JPEG, PNG"))?;
                file.check("photo")?;
                ensure(is_said(Some(alternative)), || Code::AlternativeMissing.on("alternative"))?;
                check_text("alternative", alternative, 1, 1_000)?;
                credit.as_ref().map_or(Ok(()), |credit| check_text("credit", credit, 1, 200))
            }
            Event::PhotoRemoved { number, reason } => self.photos.check_taking(*number, reason),
            Event::DocumentAdded { number, file, title } => {
                self.documents.check_next(*number)?;
                file.check("document")?;
                check_text("title", title, 1, 200)
            }
            Event::DocumentRemoved { number, reason } => self.documents.check_taking(*number, reason),
            Event::UpkeepAgreed { upkeep } => {
                ensure(!self.abandoned, || Code::SiteAbandoned.into())?;
                let delivered = self.reached.keys().any(|milestone| *milestone >= Milestone::Delivery);
                ensure(delivered, || Code::TooEarly.with(Milestone::Delivery.code()))?;
                upkeep.check()
            }
        }
    }

    /// As it was opened and changed since.
    pub(crate) fn opened(&self, context: &Context<'_>) -> Result<&Opening, Rejection> {
        self.opening.as_deref().ok_or_else(|| Code::NotFound.on("site").with(context.id))
    }

    /// Refuses whatever happens to a site that went on in others.
    fn check_here(&self) -> Result<(), Rejection> {
        match &self.ending {
            None => Ok(()),
            Some(Ending::Merged(into)) => Err(Code::SiteEnded.with(into)),
            Some(Ending::Split(parts)) => {
                let parts: Vec<_> = parts.iter().map(SiteId::as_str).collect();
                Err(Code::SiteEnded.with(parts.join(", ")))
            }
        }
    }

    fn check_under_way(&self) -> Result<(), Rejection> {
        ensure(!self.abandoned, || Code::SiteAbandoned.into())?;
        ensure(!self.reached.contains_key(&Milestone::Done), || Code::SiteFinished.into())
    }

    /// The plans as events, when they follow the order of the stages in time with all that stands. Not
    /// asked of a log: published plans, and those of earlier programmes, run backwards now and then.
    pub(crate) fn planned(
        &self,
        plans: BTreeMap<Milestone, CalendarDate>,
        reason: Option<String>,
        context: &Context<'_>,
    ) -> Result<Vec<Event>, Rejection> {
        ensure(!plans.is_empty(), || Code::EmptyList.on("milestones"))?;
        self.opened(context)?;
        self.check_here()?;
        self.check_under_way()?;
        let date = |milestone: Milestone| {
            let reached = self.reached.get(&milestone).copied().flatten();
            reached.or_else(|| plans.get(&milestone).or_else(|| self.planned.get(&milestone)).copied())
        };
        if !context.world.campaign.is_imported() {
            for (milestone, on) in &plans {
                for other in Milestone::ALL {
                    let Some(date) = date(other).filter(|_| other != *milestone) else { continue };
                    let follows = if other < *milestone { may_follow(*on, date) } else { may_follow(date, *on) };
                    let said = || Code::MilestoneOrder.on("on").with(format!("{} {date}", other.code()));
                    ensure(follows, said)?;
                }
            }
        }
        let moved = |milestone| self.planned.contains_key(&milestone);
        let reason = |milestone| reason.clone().filter(|_| plans.len() == 1 || moved(milestone)).map(Hidden::Disclosed);
        let event = |(milestone, on): (&Milestone, &CalendarDate)| Event::MilestonePlanned {
            milestone: *milestone,
            on: *on,
            reason: reason(*milestone),
        };
        Ok(plans.iter().map(event).collect())
    }

    fn check_reaching(
        &self,
        milestone: Milestone,
        on: Option<CalendarDate>,
        context: &Context<'_>,
    ) -> Result<(), Rejection> {
        let later = self.reached.range(milestone..).next();
        if let Some((later, _)) = later {
            return Err(Code::MilestoneOrder.on("milestone").with(later.code()));
        }
        // Published data holds dates out of order; they are kept as published.
        if context.world.campaign.is_imported() {
            return Ok(());
        }
        let before = self.reached.values().flatten().max();
        let in_time = on.zip(before).is_none_or(|(on, before)| may_follow(on, *before));
        ensure(in_time, || Code::MilestoneOrder.on("on").with(before.map_or_else(String::new, ToString::to_string)))
    }

    fn check_correction(
        &self,
        milestone: Milestone,
        on: Option<CalendarDate>,
        context: &Context<'_>,
    ) -> Result<(), Rejection> {
        let was = self.reached.get(&milestone).ok_or_else(|| Code::NotDone.on("milestone"))?;
        ensure(*was != on, || Code::AlreadyDone.on("on"))?;
        let Some(on) = on.filter(|_| !context.world.campaign.is_imported()) else { return Ok(()) };
        for (other, date) in &self.reached {
            let Some(date) = date.filter(|_| *other != milestone) else { continue };
            let follows = if *other < milestone { may_follow(on, date) } else { may_follow(date, on) };
            ensure(follows, || Code::MilestoneOrder.on("on").with(format!("{} {date}", other.code())))?;
        }
        Ok(())
    }

    fn check_opening(&self, opening: &Opening, context: &Context<'_>) -> Result<(), Rejection> {
        let campaign = &context.world.campaign;
        let configuration = campaign.configured()?;
        ensure(self.opening.is_none(), || Code::AlreadyExists.on("id"))?;
        let stands = campaign.is_carried_out(&opening.project).ok_or_else(|| Code::TooEarly.with("RESULT"))?;
        ensure(stands, || Code::ProjectNotElected.on("project"))?;
        configuration.require_area(&opening.area)?;
        if let Some(department) = &opening.department {
            configuration.require_department(department)?;
        }
        check_title(&opening.title, context)?;
        check_amount("budget", opening.budget_cents)?;
        opening.place.as_ref().map_or(Ok(()), |place| place.check(&opening.area, context))?;
        check_contractors(&opening.contractors)?;
        opening.split_from.as_ref().map_or(Ok(()), |whole| check_part(opening, whole, context))
    }

    fn check_change(&self, opening: &Opening, change: &Change, context: &Context<'_>) -> Result<(), Rejection> {
        ensure(*change != Change::default(), || Code::EmptyList.on("change"))?;
        let configuration = context.world.campaign.configured()?;
        if let Some(area) = &change.area {
            configuration.require_area(area)?;
        }
        if let Some(department) = &change.department {
            configuration.require_department(department)?;
        }
        change.title.as_ref().map_or(Ok(()), |title| check_title(title, context))?;
        change.budget_cents.map_or(Ok(()), |cents| check_amount("budget", cents))?;
        change.contractors.as_deref().map_or(Ok(()), check_contractors)?;
        // A place that stays has to lie in a new area as well.
        if let Some(place) = change.place.as_ref().or(opening.place.as_ref().filter(|_| change.area.is_some())) {
            place.check(change.area.as_ref().unwrap_or(&opening.area), context)?;
        }
        let Some(from) = &change.absorbed else { return Ok(()) };
        let budget = self.budget_with(from, context)?;
        ensure(change.budget_cents == Some(budget), || Code::BudgetMismatch.on("budget").with(budget))
    }

    /// Its budget with that of a site that was merged into it.
    pub(crate) fn budget_with(&self, from: &SiteId, context: &Context<'_>) -> Result<Cents, Rejection> {
        let own = self.opened(context)?.budget_cents;
        let merged = |ending: &Ending| matches!(ending, Ending::Merged(into) if into.as_str() == context.id);
        let known = context.world.sites.get(from).filter(|site| site.ending.as_ref().is_some_and(merged));
        let other = known.and_then(|site| site.opening.as_ref()).ok_or_else(|| Code::NotFound.on("from").with(from))?;
        ensure(!self.absorbed.contains(from), || Code::AlreadyDone.on("from"))?;
        own.checked_add(other.budget_cents).ok_or_else(|| Code::AmountOutOfRange.on("budget").with("1 000 000 000.00"))
    }
}

/// Whether a stage may be dated so after another one. A month goes on to its last day.
fn may_follow(later: CalendarDate, earlier: CalendarDate) -> bool {
    later.last_day() >= earlier.date()
}

fn check_title(title: &Hidden<String>, context: &Context<'_>) -> Result<(), Rejection> {
    check_text("title", title, u32::from(!context.world.campaign.is_imported()), 10_000)
}

fn check_contractors(contractors: &[Contractor]) -> Result<(), Rejection> {
    ensure(contractors.len() <= MAX_NAMED, || Code::TooMany.on("contractors").with(MAX_NAMED))?;
    let mut seen = BTreeSet::new();
    for Contractor { name } in contractors {
        check_text("contractors", name, 1, 200)?;
        let Some(name) = name.get() else { continue };
        ensure(seen.insert(name), || Code::DuplicateEntry.on("contractors").with(shortened(name)))?;
    }
    Ok(())
}

/// What stands in a message of what somebody typed.
fn shortened(text: &str) -> String {
    text.chars().take(80).collect()
}

fn check_line(line: &str) -> Result<(), Rejection> {
    ensure(!line.is_empty(), || Code::TextTooShort.on("line").with(1))?;
    ensure(line.chars().count() <= 64, || Code::TextTooLong.on("line").with(64))?;
    let plain = line.trim() == line && !line.chars().any(char::is_control);
    ensure(plain, || Code::OutOfRange.on("line").with(shortened(line)))
}

/// Refuses an amount out of range, and a spending in the future: where it is noted, the next day may have
/// begun already.
fn check_spending(cents: Cents, on: CalendarDate, context: &Context<'_>) -> Result<(), Rejection> {
    check_amount("amount", cents)?;
    let latest = context.at.plus_days(1).unwrap_or(context.at).day();
    ensure(on.date() <= latest.date(), || Code::OutOfRange.on("on").with(on))
}

/// Refuses parts that aren't several new sites.
fn check_parts(parts: &[SiteId], context: &Context<'_>) -> Result<(), Rejection> {
    ensure(parts.len() <= MAX_NAMED, || Code::TooMany.on("parts").with(MAX_NAMED))?;
    let mut seen = BTreeSet::new();
    for part in parts {
        ensure(seen.insert(part), || Code::DuplicateEntry.on("parts").with(part))?;
        let begun = context.world.sites.get(part).is_some_and(|known| known.opening.is_some());
        ensure(!begun && part.as_str() != context.id, || Code::AlreadyExists.on("parts").with(part))?;
    }
    ensure(seen.len() >= 2, || Code::OutOfRange.on("parts").with(format!("2 – {MAX_NAMED}")))
}

/// Refuses a merge into what isn't another site of the project under way.
fn check_merge(opening: &Opening, into: &SiteId, context: &Context<'_>) -> Result<(), Rejection> {
    ensure(into.as_str() != context.id, || Code::DuplicateEntry.on("into").with(into))?;
    let known = context.world.sites.get(into).and_then(|site| Some((site, site.opening.as_ref()?)));
    let (site, other) = known.ok_or_else(|| Code::NotFound.on("into").with(into))?;
    site.check_here()?;
    site.check_under_way()?;
    ensure(other.project == opening.project, || Code::OtherProject.on("into").with(into))
}

/// Refuses a part of a site that wasn't split into it, and budgets that don't add up to the whole's.
fn check_part(opening: &Opening, whole: &SiteId, context: &Context<'_>) -> Result<(), Rejection> {
    let sites = &context.world.sites;
    let not_found = || Code::NotFound.on("splitFrom").with(whole);
    let known = sites.get(whole).ok_or_else(not_found)?;
    let Some(Ending::Split(parts)) = &known.ending else { return Err(not_found()) };
    ensure(parts.iter().any(|part| part.as_str() == context.id), not_found)?;
    let former = known.opening.as_ref().ok_or_else(not_found)?;
    ensure(former.project == opening.project, || Code::OtherProject.on("splitFrom").with(whole))?;
    let others: Vec<_> = parts.iter().filter(|part| part.as_str() != context.id).collect();
    let opened = others.iter().filter_map(|part| sites.get(*part)?.opening.as_ref()).map(|one| one.budget_cents);
    let opened: Vec<_> = opened.collect();
    let last = opened.len() == others.len();
    let sum = Cents::sum(opened.into_iter().chain([opening.budget_cents]));
    let fits = sum.is_some_and(|sum| if last { sum == former.budget_cents } else { sum <= former.budget_cents });
    ensure(fits, || Code::BudgetMismatch.on("budget").with(former.budget_cents))
}

impl Numbered {
    fn check_next(&self, number: u32) -> Result<(), Rejection> {
        ensure(self.shown() < MAX_SHOWN, || Code::TooMany.with(MAX_SHOWN))?;
        ensure(number == self.next(), || Code::OutOfRange.on("number").with(self.next()))
    }

    fn check_taking(&self, number: u32, reason: &Hidden<String>) -> Result<(), Rejection> {
        let there = (1..=self.last).contains(&number);
        ensure(there, || Code::NotFound.on("number").with(number))?;
        ensure(!self.gone.contains(&number), || Code::AlreadyDone.on("number"))?;
        check_reason(reason, MAX_REASON)
    }
}

impl File {
    fn check(&self, field: &str) -> Result<(), Rejection> {
        check_file(field, &self.digest, self.bytes)
    }
}

impl Location {
    fn check(&self, area: &AreaId, context: &Context<'_>) -> Result<(), Rejection> {
        let Self { point, address, shape } = self;
        let some = point.is_some() || address.is_some() || shape.is_some();
        ensure(some, || Code::EmptyList.on("place"))?;
        let campaign = &context.world.campaign;
        campaign.check_place(area, *point, address.as_ref(), campaign.neighbourhood_at(*point).as_ref())?;
        let Some(shape) = shape else { return Ok(()) };
        let points: usize = shape.polygons.iter().flatten().map(Vec::len).sum();
        ensure(points <= MAX_POINTS, || Code::OutlineInvalid.on("shape").with(format!("points: 0 – {MAX_POINTS}")))?;
        shape.check().map_err(|no| no.on("shape"))
    }
}

impl Upkeep {
    fn check(&self) -> Result<(), Rejection> {
        let Self { running_cents_per_year, association, commitment, until } = self;
        let some = running_cents_per_year.is_some() || association.is_some() || commitment.is_some() || until.is_some();
        ensure(some, || Code::EmptyList.on("upkeep"))?;
        running_cents_per_year.map_or(Ok(()), |cents| check_amount("runningPerYear", cents))?;
        association.as_ref().map_or(Ok(()), |text| check_text("association", text, 1, 200))?;
        commitment.as_ref().map_or(Ok(()), |text| check_text("commitment", text, 1, 2_000))
    }
}
