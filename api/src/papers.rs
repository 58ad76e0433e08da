//! How entries of two agents meet: what each reads is kept in the vault until two agree.
//!
//! Owns the step from what an agent typed to the commands of a polling place. The log gets a commitment
//! of each entry and, once two agree, what they read, sealed to the urn's key where ballots are sealed.
//! Nothing here answers with what another agent entered. The rules: `domain::polling_place`.

use crate::error::Fault;
use crate::graphql::acting;
use crate::graphql::mutations::entropy;
use crate::graphql::request::{View, vault};
use async_graphql::Context;
use domain::paper_count::{Bundle, PaperCount, PaperMode, longest};
use domain::permission::{Permission, Scope};
use domain::polling_place::{Command as Asked, Disclosure, Event, PollingPlace, Sheet};
use domain::{ActorId, AreaId, Command, PlaceId, Rejection};
use projections::polling_places::PollingPlaceRow;
use transparency::{Hash, to_canonical};
use vault::Kind;

/// What an agent read on the papers of a bundle.
pub(crate) struct Reading {
    pub(crate) place: PlaceId,
    pub(crate) area: AreaId,
    pub(crate) bundle: u32,
    pub(crate) count: PaperCount,
    pub(crate) reason: Option<String>,
}

impl Reading {
    fn of(&self) -> Bundle<'_> {
        Bundle { place: &self.place, area: &self.area, number: self.bundle }
    }

    fn asked(&self, round: u32, commitment: Hash) -> Command {
        let (area, bundle, reason) = (self.area.clone(), self.bundle, self.reason.clone());
        Command::PollingPlace(self.place.clone(), Asked::Enter { area, bundle, round, commitment, reason })
    }

    fn again(&self, commitment: Hash) -> Command {
        let (area, bundle, reason) = (self.area.clone(), self.bundle, self.reason.clone());
        Command::PollingPlace(self.place.clone(), Asked::Recount { area, bundle, commitment, reason })
    }

    /// The entry without its numbers: for a no that they don't matter to.
    pub(crate) fn bare(&self) -> Command {
        self.asked(1, Hash::of(&[]))
    }
}

fn rejected(no: Rejection) -> Fault {
    Fault::Command(commands::Error::Rejected(no))
}

/// The commands that enter a reading, and say whether it agrees with an earlier one.
///
/// # Errors
/// A rejection when no papers can give this count; faults of the vault.
pub(crate) async fn enter(ctx: &Context<'_>, view: &View, reading: Reading) -> Result<Vec<Command>, Fault> {
    let Some(row) = view.model.polling_places.get(&reading.place).cloned() else { return Ok(vec![reading.bare()]) };
    if !may(ctx, view, &reading.place, Permission::KeepBoxes)? {
        return Ok(vec![reading.bare()]);
    }
    let (commitment, salt) = keep(ctx, view, &row, &reading).await?;
    let entries = row.place.bundle(&reading.area, reading.bundle).map_or(&[][..], |state| state.entries.as_slice());
    let round = u32::try_from(entries.len()).unwrap_or(u32::MAX).saturating_add(1);
    let mut commands = vec![reading.asked(round, commitment)];
    let (area, bundle) = (reading.area.clone(), reading.bundle);
    let said = if entries.iter().any(|entry| entry.commitment == commitment) {
        let papers = u32::try_from(reading.count.papers()).unwrap_or(u32::MAX);
        let mode = row.place.venue.as_ref().map_or(PaperMode::CardByCard, |venue| venue.mode);
        Asked::Agree { area, bundle, papers, sheet: sheet(ctx, view, &reading, (salt, mode))? }
    } else if let Some(before) = entries.last() {
        let read = kept(ctx, view, &reading, &before.by, before.commitment).await?;
        let projects = read.map_or_else(Vec::new, |read| reading.count.differences(&read.count));
        Asked::Disagree { area, bundle, projects }
    } else {
        return Ok(commands);
    };
    commands.push(Command::PollingPlace(reading.place, said));
    Ok(commands)
}

/// The command that records a reading once more.
///
/// # Errors
/// As [`enter`].
pub(crate) async fn recount(ctx: &Context<'_>, view: &View, reading: Reading) -> Result<Vec<Command>, Fault> {
    let known = view.model.polling_places.get(&reading.place).cloned();
    let Some(row) = known.filter(|_| may(ctx, view, &reading.place, Permission::RecountPapers).unwrap_or(false)) else {
        return Ok(vec![reading.again(Hash::of(&[]))]);
    };
    let (commitment, _) = keep(ctx, view, &row, &reading).await?;
    Ok(vec![reading.again(commitment)])
}

/// Whether the person who asks may do this in this place now: nothing is kept of anybody else's.
fn may(ctx: &Context<'_>, view: &View, place: &PlaceId, permission: Permission) -> Result<bool, Fault> {
    let session = acting::session(ctx)?;
    let scope = Scope { department: None, place: Some(place) };
    let roles = &view.model.campaign.roles;
    Ok(session.agent && roles.role_for(&session.agent_id, permission, scope, acting::now(ctx)?).is_some())
}

/// Checks a reading and keeps it under its commitment.
async fn keep(ctx: &Context<'_>, view: &View, row: &PollingPlaceRow, reading: &Reading) -> Result<(Hash, Hash), Fault> {
    let campaign = &view.model.campaign;
    if let (Ok(configuration), Some(venue)) = (campaign.configured(), &row.place.venue)
        && let Some(area) = configuration.area(&reading.area)
    {
        reading.count.check(area, campaign.ballot_list(&area.id), venue.mode).map_err(rejected)?;
    }
    let salt = match salt(ctx, view, row, reading).await? {
        Some(salt) => salt,
        None => Hash(entropy(ctx)?.bytes()),
    };
    let commitment = reading.count.commitment(reading.of(), &salt).map_err(rejected)?;
    let kept = serde_json::to_value(Disclosure { count: reading.count.clone(), salt });
    let kept = kept.map_err(|_| Fault::Internal("a count is no JSON"))?;
    let name = name(view, reading, commitment);
    vault(ctx)?.put(&acting::session(ctx)?.person, Kind::PaperCount, &name, &kept).await?;
    Ok((commitment, salt))
}

fn name(view: &View, reading: &Reading, commitment: Hash) -> String {
    // Shorter than all of its parts together may be.
    let of = [&view.code, "\n", reading.place.as_str(), "\n", reading.area.as_str()].concat();
    format!("{} {} {commitment}", Hash::of(&[of.as_bytes()]), reading.bundle)
}

/// The salt of the bundle's commitments: that of any earlier entry, so that the same numbers give the same
/// commitment.
async fn salt(ctx: &Context<'_>, view: &View, row: &PollingPlaceRow, reading: &Reading) -> Result<Option<Hash>, Fault> {
    if let Some(Sheet::Open { salt, .. }) = agreed(&row.place, reading) {
        return Ok(Some(*salt));
    }
    for step in &row.steps {
        let (Event::EntryMade { area, bundle, by, commitment, .. }
        | Event::RecountRecorded { area, bundle, by, commitment, .. }) = &step.event
        else {
            continue;
        };
        if *area == reading.area && *bundle == reading.bundle {
            let read = kept(ctx, view, reading, by, *commitment).await?;
            if let Some(read) = read {
                return Ok(Some(read.salt));
            }
        }
    }
    Ok(None)
}

fn agreed<'a>(place: &'a PollingPlace, reading: &Reading) -> Option<&'a Sheet> {
    Some(&place.bundle(&reading.area, reading.bundle)?.agreed.as_ref()?.sheet)
}

/// What somebody entered under this commitment; none once they were erased.
async fn kept(
    ctx: &Context<'_>,
    view: &View,
    reading: &Reading,
    by: &ActorId,
    commitment: Hash,
) -> Result<Option<Disclosure>, Fault> {
    let vault = vault(ctx)?;
    let Some(person) = vault.person_of_agent(by.as_str()).await? else { return Ok(None) };
    let entry = vault.get(&person, Kind::PaperCount, &name(view, reading, commitment)).await?;
    Ok(entry.and_then(|entry| serde_json::from_value(entry.value).ok()))
}

/// What two agents read, as the log gets it.
fn sheet(ctx: &Context<'_>, view: &View, reading: &Reading, (salt, mode): (Hash, PaperMode)) -> Result<Sheet, Fault> {
    let (campaign, urn) = (&view.model.campaign, &view.model.urn);
    let count = reading.count.clone();
    if !campaign.is_sealed() {
        return Ok(Sheet::Open { count: Box::new(count), salt });
    }
    let (target, catalogue) = urn.target(&reading.area, campaign).map_err(rejected)?;
    let missing = || rejected(domain::Code::UrnKeyMissing.into());
    let (_, ceremony) = urn.ceremony.as_ref().ok_or_else(missing)?;
    let text = to_canonical(&Disclosure { count, salt }).map_err(|_| Fault::Internal("a count is no JSON"))?;
    let seed = entropy(ctx)?.bytes();
    let papers = u32::try_from(reading.count.papers()).unwrap_or(u32::MAX);
    let own = campaign.configured().and_then(|configuration| configuration.require_area(&reading.area));
    let ballot = &own.map_err(rejected)?.ballot;
    let longest = longest(papers, ballot, campaign.ballot_list(&reading.area), mode);
    let sealed = seal::seal_sheet(&ceremony.key, &target, &text, longest, &seed);
    let sealed = sealed.map_err(|_| Fault::Internal("the urn's key seals nothing"))?;
    Ok(Sheet::Sealed { sealed, catalogue })
}
