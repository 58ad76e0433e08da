//! When each step of the urn may happen (`scellement`, `dépouillement`).
//!
//! Owns the checks of [`crate::urn`]'s events and of the two events of the campaign that belong to them:
//! the freeze needs a key, and the link between voters and ballots goes before the urn opens.

use crate::campaign::Campaign;
use crate::configuration::{Area, AreaKind, BallotBox, SealedRules};
use crate::deposit::is_said;
use crate::phase::Phase;
use crate::rejection::ensure;
use crate::urn::{AreaRegister, Event, SET_ASIDE_PART, Urn};
use crate::{AreaId, Code, Context, Hidden, Rejection, Timestamp, count};
use seal::{Ceremony, KeyId, Sealed};
use transparency::Hash;

/// How much of a leaf the ballots of a batch may take; the rest is for what stands around them.
const BATCH_BYTES: usize = 64_000;

/// The longest objection and answer, in characters.
const LONGEST: usize = 5_000;

impl Campaign {
    /// How the sealed box is run, or a no when ballots aren't sealed.
    pub fn sealed(&self) -> Result<SealedRules, Rejection> {
        let rules = &self.configured()?.rules;
        ensure(rules.ballot_box == BallotBox::Sealed, || Code::NotSealed.into())?;
        Ok(rules.sealed.unwrap_or_default())
    }

    /// Whether ballots are sealed.
    pub fn is_sealed(&self) -> bool {
        self.ballot_box() == Some(BallotBox::Sealed)
    }

    /// Refuses a sealed ballot while none is taken.
    ///
    /// # Errors
    /// [`Code::NotSealed`], [`Code::PhaseNotOpen`].
    pub fn takes_sealed(&self) -> Result<(), Rejection> {
        self.sealed()?;
        self.during(Phase::Vote)
    }

    /// SHA-256 of the canonical JSON of the ballot lists by area: what every sealed ballot is bound to.
    ///
    /// # Errors
    /// As [`count::digest`].
    pub fn catalogue_digest(&self) -> Result<Hash, Rejection> {
        self.lists.get(|| count::digest(&self.catalogue)).copied()
    }

    /// How long every sealed ballot of an area is, in bytes.
    pub fn sealed_length(&self, area: &Area) -> usize {
        seal::sealed_length(self.padded_length(area))
    }

    /// How long every ballot of an area is inside its envelope, in bytes.
    pub fn padded_length(&self, area: &Area) -> usize {
        let numbers: Vec<u32> = self.ballot_list(&area.id).iter().map(|entry| entry.number).collect();
        seal::padded_length(&area.ballot, &numbers)
    }

    /// How many sealed ballots of an area fit in one leaf.
    pub fn batch_most(&self, area: &Area) -> usize {
        // Base64, its quotation marks and a comma.
        let each = self.sealed_length(area).div_ceil(3).saturating_mul(4).saturating_add(3);
        BATCH_BYTES / each
    }

    /// Refuses to freeze the rules of a sealed box without its key, or when a batch doesn't fit a leaf.
    pub(crate) fn check_urn_ready(&self, context: &Context<'_>) -> Result<(), Rejection> {
        if !self.is_sealed() {
            return Ok(());
        }
        let rules = self.sealed()?;
        let declared = context.world.urn.ceremony.as_ref().is_some_and(|(_, ceremony)| is_as_ruled(ceremony, &rules));
        ensure(declared, || Code::UrnKeyMissing.into())?;
        for area in &self.configured()?.areas {
            let most = self.batch_most(area);
            ensure(usize::from(rules.batch_least) <= most, || Code::OutOfRange.on("batch_least").with(most))?;
        }
        Ok(())
    }

    /// The moment from which no objection is lodged any more, for a link shredded now.
    pub(crate) fn objections_until(&self, context: &Context<'_>) -> Result<Timestamp, Rejection> {
        let window = i64::from(self.sealed()?.objection_days).saturating_mul(86_400);
        let end = context.at.unix().checked_add(window).and_then(Timestamp::from_unix);
        end.ok_or_else(|| Code::TooLate.with(context.at))
    }

    /// Refuses to shred the link between voters and ballots before register and ballots were compared.
    pub(crate) fn check_shredding(
        &self,
        ballots: u64,
        until: Timestamp,
        context: &Context<'_>,
    ) -> Result<(), Rejection> {
        let urn = &context.world.urn;
        self.sealed()?;
        ensure(self.objections_until.is_none(), || Code::AlreadyDone.into())?;
        ensure(urn.register.is_some(), || Code::TooEarly.with("the reconciliation of the register"))?;
        ensure(ballots == urn.published(), || Code::ResultMismatch.on("ballots").with(urn.published()))?;
        let due = self.objections_until(context)?;
        ensure(until == due, || Code::OutOfRange.on("objections_until").with(due))
    }

    /// Refuses to count while the urn is sealed.
    pub(crate) fn check_urn_opened(&self, urn: &Urn) -> Result<(), Rejection> {
        ensure(!self.is_sealed() || urn.secret.is_some(), || Code::UrnSealed.into())
    }
}

impl Urn {
    pub(crate) fn check_step(&self, event: &Event, context: &Context<'_>) -> Result<(), Rejection> {
        let campaign = &context.world.campaign;
        let rules = campaign.sealed()?;
        let own = campaign.configured()?.code == context.id;
        ensure(own, || Code::NotFound.on("urn").with(context.id))?;
        match event {
            Event::UrnKeyDeclared { log, ceremony } => {
                ensure(!campaign.frozen, || Code::RulesFrozen.into())?;
                let asked = || format!("{} of {}", rules.threshold, rules.holders);
                ensure(is_as_ruled(ceremony, &rules), || Code::OutOfRange.on("holders").with(asked()))?;
                let bindable = seal::Context::new(log, context.id, &Hash::of(&[]), &ceremony.key.id()).is_ok();
                ensure(bindable && !log.is_empty(), || Code::OutOfRange.on("log").with(log))
            }
            Event::BallotsPublished { area, number, key, catalogue, ballots } => {
                self.check_target(key, catalogue, campaign)?;
                self.check_batch(area, *number, ballots, context)
            }
            Event::BallotsSetAside { ballots } => {
                self.check_reconciling(campaign)?;
                ensure(!ballots.is_empty(), || Code::EmptyList.on("ballots"))?;
                ensure(ballots.len() <= SET_ASIDE_PART, || Code::TooMany.on("ballots").with(SET_ASIDE_PART))?;
                check_sorted(ballots)?;
                for ballot in ballots {
                    ensure(self.knows(ballot), || Code::NotFound.on("ballots").with(ballot))?;
                    ensure(!self.set_aside.contains(ballot), || Code::DuplicateEntry.on("ballots").with(ballot))?;
                }
                Ok(())
            }
            Event::RegisterReconciled { areas } => {
                self.check_reconciling(campaign)?;
                self.check_register(areas, campaign)
            }
            Event::ObjectionLodged { number, text } => {
                let until =
                    campaign.objections_until.ok_or_else(|| Code::TooEarly.with("the shredding of the link"))?;
                ensure(context.at < until, || Code::TooLate.with(until))?;
                let next = u32::try_from(self.objections.len()).unwrap_or(u32::MAX).saturating_add(1);
                ensure(*number == next, || Code::OutOfRange.on("number").with(next))?;
                check_said("text", text)
            }
            Event::ObjectionAnswered { number, answer } => {
                let place = usize::try_from(number.saturating_sub(1)).unwrap_or(usize::MAX);
                let answered = self.objections.get(place).filter(|_| *number > 0);
                let answered = answered.ok_or_else(|| Code::NotFound.on("number").with(number))?;
                ensure(!answered, || Code::AlreadyDone.on("number"))?;
                check_said("answer", answer)
            }
            Event::UrnOpened { secret } => {
                ensure(self.secret.is_none(), || Code::AlreadyDone.into())?;
                let until =
                    campaign.objections_until.ok_or_else(|| Code::TooEarly.with("the shredding of the link"))?;
                ensure(context.at >= until, || Code::TooEarly.with(until))?;
                let open = self.objections.iter().position(|answered| !answered);
                ensure(open.is_none(), || Code::ObjectionUnanswered.with(open.map_or(0, |place| place + 1)))?;
                let fits = |(_, ceremony): &(String, Ceremony)| secret.public().is_ok_and(|key| key == ceremony.key);
                ensure(self.ceremony.as_ref().is_some_and(fits), || Code::WrongUrnSecret.on("secret"))
            }
        }
    }

    /// Refuses ballots for another key or other lists.
    ///
    /// # Errors
    /// [`Code::OtherUrnKey`], [`Code::ForeignCatalogue`].
    pub fn check_target(&self, key: &KeyId, catalogue: &Hash, campaign: &Campaign) -> Result<(), Rejection> {
        let (_, ceremony) = self.ceremony.as_ref().ok_or_else(|| Rejection::from(Code::UrnKeyMissing))?;
        let own = ceremony.key.id();
        ensure(own == *key, || Code::OtherUrnKey.on("key").with(&own))?;
        let lists = campaign.catalogue_digest()?;
        ensure(lists == *catalogue, || Code::ForeignCatalogue.on("catalogue").with(lists))
    }

    /// Refuses a sealed ballot that can't be one of the area: what can be told without opening it. Answers
    /// the digest by which it is known.
    ///
    /// # Errors
    /// [`Code::UnknownArea`], [`Code::BallotInvalid`] with the length it has to have.
    pub fn check_ballot(&self, area: &AreaId, ballot: &Sealed, campaign: &Campaign) -> Result<Hash, Rejection> {
        let own = campaign.configured()?.require_area(area)?;
        check_length(ballot, campaign.sealed_length(own))?;
        Ok(ballot.digest(&self.target(area, campaign)?.0))
    }

    fn check_batch(
        &self,
        area: &AreaId,
        number: u32,
        ballots: &[Sealed],
        context: &Context<'_>,
    ) -> Result<(), Rejection> {
        let campaign = &context.world.campaign;
        ensure(campaign.frozen, || Code::TooEarly.with(Phase::Vote.code()))?;
        ensure(!campaign.box_closed, || Code::BallotBoxClosed.into())?;
        let next = self.batches.saturating_add(1);
        ensure(number == next, || Code::OutOfRange.on("number").with(next))?;
        ensure(!ballots.is_empty(), || Code::EmptyList.on("ballots"))?;
        let least = usize::from(campaign.sealed()?.batch_least);
        // What is left at the end goes out in whatever number it is.
        let enough = ballots.len() >= least || campaign.progress.has_ended(Phase::Vote);
        ensure(enough, || Code::BatchTooSmall.on("ballots").with(least))?;
        let own = campaign.configured()?.require_area(area)?;
        ensure(own.kind != AreaKind::School, || Code::SchoolStation.on("area").with(area))?;
        let most = campaign.batch_most(own);
        ensure(ballots.len() <= most, || Code::TooMany.on("ballots").with(most))?;
        let length = campaign.sealed_length(own);
        let target = self.target(area, campaign)?.0;
        let mut digests = Vec::with_capacity(ballots.len());
        for ballot in ballots {
            check_length(ballot, length)?;
            let digest = ballot.digest(&target);
            ensure(!self.knows(&digest), || Code::BallotKnown.on("ballots").with(digest))?;
            digests.push(digest);
        }
        check_sorted(&digests)
    }

    fn check_reconciling(&self, campaign: &Campaign) -> Result<(), Rejection> {
        ensure(campaign.box_closed, || Code::BallotBoxOpen.into())?;
        ensure(self.register.is_none(), || Code::AlreadyDone.into())
    }

    /// Who voted by the register, and how many ballots count, have to agree: a row that was deleted from
    /// the register, or a ballot that nobody cast, shows here.
    fn check_register(&self, areas: &[AreaRegister], campaign: &Campaign) -> Result<(), Rejection> {
        let configured = &campaign.configured()?.areas;
        let all = areas.iter().map(|row| &row.area).eq(configured.iter().map(|area| &area.id));
        ensure(all, || Code::RegisterMismatch.on("areas").with("one row per area, in their order"))?;
        for row in areas {
            let (_, counting) = self.in_area(&row.area);
            let fits = row.digital == counting;
            ensure(fits, || Code::RegisterMismatch.on("digital").with(format!("{}: {counting}", row.area)))?;
            let within = row.both <= row.paper.max(row.digital);
            ensure(within, || Code::RegisterMismatch.on("both").with(format!("{}: {}", row.area, row.both)))?;
        }
        Ok(())
    }
}

fn is_as_ruled(ceremony: &Ceremony, rules: &SealedRules) -> bool {
    ceremony.check().is_ok()
        && ceremony.threshold == rules.threshold
        && ceremony.shares.len() == usize::from(rules.holders)
}

fn check_length(ballot: &Sealed, length: usize) -> Result<(), Rejection> {
    let fits = ballot.as_bytes().len() == length;
    ensure(fits, || Code::BallotInvalid.on("ballots").with(format!("{length} bytes")))
}

fn check_sorted(digests: &[Hash]) -> Result<(), Rejection> {
    for (one, next) in digests.iter().zip(digests.iter().skip(1)) {
        ensure(one != next, || Code::BallotKnown.on("ballots").with(next))?;
        ensure(one < next, || Code::BatchUnsorted.on("ballots").with(next))?;
    }
    Ok(())
}

fn check_said(field: &str, text: &Hidden<String>) -> Result<(), Rejection> {
    ensure(is_said(Some(text)), || Code::TextTooShort.on(field).with(1))?;
    let fits = text.get().is_none_or(|text| text.chars().count() <= LONGEST);
    ensure(fits, || Code::TextTooLong.on(field).with(LONGEST))
}
