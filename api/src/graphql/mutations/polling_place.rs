//! Polling places: opening one, its boxes, its signatures, and entering what stands on its papers.
//!
//! How entries of two agents meet stands in `api/src/papers.rs`.

use super::carry::{Carried, carry, model};
use super::input::code;
use super::payload::{
    AttachMinutesPayload, ChangePollingPlacePayload, ClosePollingPlacePayload, CountSignaturesPayload,
    EnterPaperCountPayload, OpenBoxPayload, OpenPollingPlacePayload, PassBoxPayload, RecountPapersPayload,
    SealBoxPayload,
};
use crate::error::Fault;
use crate::graphql::node::{GlobalId, Kind};
use crate::graphql::types::polling_place::{PaperMode, PollingPlace, VoidReason};
use crate::graphql::types::scalars::{CommandId, Sha256};
use crate::papers::{self, Reading};
use async_graphql::{Context, ID, InputObject, Object};
use domain::paper_count::{Card, PaperCount, SheetLine, Void};
use domain::polling_place::{Command as Asked, Venue};
use domain::{Command, Hidden, PlaceId, SealId};
use std::collections::{BTreeMap, BTreeSet};

/// A polling place as it is opened.
#[derive(InputObject, Debug)]
pub struct VenueInput {
    /// Its name, 1 to 200 characters.
    pub name: String,
    /// Where it is, 1 to 500 characters.
    pub address: String,
    /// The codes of the areas whose papers are dropped there; no school.
    pub areas: Vec<String>,
    /// How its papers are read. Totals aren't enough for every rule and ballot.
    pub mode: PaperMode,
}

impl VenueInput {
    fn venue(self) -> Result<Box<Venue>, Fault> {
        let areas = self.areas.iter().map(|area| code("areas", area)).collect::<Result<_, _>>()?;
        let (name, address) = (Hidden::Disclosed(self.name), Hidden::Disclosed(self.address));
        Ok(Box::new(Venue { name, address, areas, mode: self.mode.into() }))
    }
}

/// Opening a polling place.
#[derive(InputObject, Debug)]
pub struct OpenPollingPlaceInput {
    /// Names this command; draw a new one for each, and repeat it when the answer was lost.
    pub command_id: CommandId,
    /// The code of the campaign.
    pub campaign: String,
    /// Its code, which polling officers' roles name: 1 to 64 of `A-Z a-z 0-9 . _ -`.
    pub key: String,
    /// The place.
    #[graphql(flatten)]
    pub venue: VenueInput,
}

/// A polling place as it shall be, all of it.
#[derive(InputObject, Debug)]
pub struct ChangePollingPlaceInput {
    /// Names this command; draw a new one for each, and repeat it when the answer was lost.
    pub command_id: CommandId,
    /// The place.
    pub place: ID,
    /// The version that was changed, as `version` gave it.
    pub version: u32,
    /// The place.
    #[graphql(flatten)]
    pub venue: VenueInput,
}

/// Closing a polling place where nobody votes.
#[derive(InputObject, Debug)]
pub struct ClosePollingPlaceInput {
    /// Names this command; draw a new one for each, and repeat it when the answer was lost.
    pub command_id: CommandId,
    /// The place.
    pub place: ID,
    /// Why; published.
    pub reason: String,
}

/// Sealing an empty box.
#[derive(InputObject, Debug)]
pub struct SealBoxInput {
    /// Names this command; draw a new one for each, and repeat it when the answer was lost.
    pub command_id: CommandId,
    /// The place.
    pub place: ID,
    /// The number of the box in the place, 1 to 100.
    pub number: u32,
    /// The numbers of its seals, 1 to 20.
    pub seals: Vec<String>,
}

/// Passing a box on.
#[derive(InputObject, Debug)]
pub struct PassBoxInput {
    /// Names this command; draw a new one for each, and repeat it when the answer was lost.
    pub command_id: CommandId,
    /// The place.
    pub place: ID,
    /// The number of the box.
    pub number: u32,
    /// Who gives it, 1 to 200 characters.
    pub from: String,
    /// Who takes it, 1 to 200 characters.
    pub to: String,
}

/// Opening a box.
#[derive(InputObject, Debug)]
pub struct OpenBoxInput {
    /// Names this command; draw a new one for each, and repeat it when the answer was lost.
    pub command_id: CommandId,
    /// The place.
    pub place: ID,
    /// The number of the box.
    pub number: u32,
    /// The seals that are found on it.
    pub seals: Vec<String>,
    /// Why they aren't those that were put on it; published.
    pub reason: Option<String>,
}

/// Counting signatures and papers, before any paper is read.
#[derive(InputObject, Debug)]
pub struct CountSignaturesInput {
    /// Names this command; draw a new one for each, and repeat it when the answer was lost.
    pub command_id: CommandId,
    /// The place.
    pub place: ID,
    /// The code of the area.
    pub area: String,
    /// How many signatures.
    pub signatures: u32,
    /// How many papers.
    pub papers: u32,
    /// Why there are more papers than signatures, or why it is counted again; published.
    pub reason: Option<String>,
}

/// How many papers are void for one reason.
#[derive(InputObject, Clone, Copy, Debug)]
pub struct VoidPapersInput {
    /// Why.
    pub reason: VoidReason,
    /// How many, at least one.
    pub papers: u32,
}

/// What a project received; a project that received nothing may be left out.
#[derive(InputObject, Debug)]
pub struct PaperLineInput {
    /// Its number on the ballot list.
    pub project: u32,
    /// Votes or points, where papers give them.
    pub votes: Option<i64>,
    /// How many papers give it more than zero points, where papers give points.
    pub supporters: Option<u32>,
    /// How many papers give it each grade, worst first, where papers give grades.
    #[graphql(default)]
    pub grades: Vec<u32>,
}

/// A paper as it is written.
#[derive(InputObject, Debug)]
pub struct PaperCardInput {
    /// Numbers of the ballot list, in the order written.
    pub choices: Vec<u32>,
    /// Points or places of grades from 0, one per choice, where papers have them.
    pub points: Option<Vec<i64>>,
}

/// What stands on the papers of a bundle.
#[derive(InputObject, Debug)]
pub struct PaperCountInput {
    /// Papers that count and name something.
    pub valid: u32,
    /// Papers that name nothing.
    pub blank: u32,
    /// Papers that don't count, by reason.
    #[graphql(default)]
    pub void: Vec<VoidPapersInput>,
    /// The totals, in a place that reads COUNT_SHEET.
    #[graphql(default)]
    pub lines: Vec<PaperLineInput>,
    /// The papers in any order, in a place that reads CARD_BY_CARD.
    #[graphql(default)]
    pub cards: Vec<PaperCardInput>,
}

impl PaperCountInput {
    /// In the one form that two agents who read the same papers share.
    fn count(self) -> PaperCount {
        let mut void: BTreeMap<Void, u32> = BTreeMap::new();
        for VoidPapersInput { reason, papers } in self.void {
            let papers_so_far = void.entry(reason.into()).or_default();
            *papers_so_far = papers_so_far.saturating_add(papers);
        }
        let mut lines: Vec<SheetLine> = self.lines.into_iter().map(line).collect();
        lines.sort_by_key(|line| line.project);
        lines.retain(|line| {
            line.votes != 0 || line.supporters.is_some_and(|n| n > 0) || line.grades.iter().any(|n| *n > 0)
        });
        let mut cards: Vec<Card> =
            self.cards.into_iter().map(|card| Card { choices: card.choices, points: card.points }).collect();
        cards.sort();
        PaperCount { valid: self.valid, blank: self.blank, void, lines, cards }
    }
}

fn line(input: PaperLineInput) -> SheetLine {
    let PaperLineInput { project, votes, supporters, grades } = input;
    SheetLine { project, votes: votes.unwrap_or(0), supporters, grades }
}

/// Entering what stands on the papers of a bundle.
#[derive(InputObject, Debug)]
pub struct EnterPaperCountInput {
    /// Names this command; draw a new one for each, and repeat it when the answer was lost.
    pub command_id: CommandId,
    /// The place.
    pub place: ID,
    /// The code of the area.
    pub area: String,
    /// The number of the bundle in the area and place, 1 to 1,000.
    #[graphql(default = 1)]
    pub bundle: u32,
    /// What stands on its papers.
    pub count: PaperCountInput,
    /// Why, for a third entry or a correction; published.
    pub reason: Option<String>,
}

/// Attaching the scanned minutes.
#[derive(InputObject, Debug)]
pub struct AttachMinutesInput {
    /// Names this command; draw a new one for each, and repeat it when the answer was lost.
    pub command_id: CommandId,
    /// The place.
    pub place: ID,
    /// SHA-256 of the file.
    pub digest: Sha256,
}

/// Mutations on polling places.
#[derive(Default)]
pub struct PollingPlaceMutations;

#[Object]
impl PollingPlaceMutations {
    /// Opens a polling place (`ouvrir un lieu de vote`), until the ballot box is closed.
    async fn open_polling_place(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The place.")] input: OpenPollingPlaceInput,
    ) -> Result<Option<OpenPollingPlacePayload>, Fault> {
        let id: PlaceId = code("key", &input.key)?;
        let command = Command::PollingPlace(id.clone(), Asked::Open(input.venue.venue()?));
        let carried = carry(ctx, &input.campaign, input.command_id, vec![command]).await?;
        Ok(OpenPollingPlacePayload::of(carried, |view| PollingPlace::of(view, &id)))
    }

    /// Changes a polling place (`modifier un lieu de vote`), until its first box is sealed.
    async fn change_polling_place(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What it shall be.")] input: ChangePollingPlaceInput,
    ) -> Result<Option<ChangePollingPlacePayload>, Fault> {
        let asked = Asked::Change { version: input.version.into(), venue: input.venue.venue()? };
        let (carried, id) = by_agent(ctx, &input.place, input.command_id, asked).await?;
        Ok(ChangePollingPlacePayload::of(carried, |view| PollingPlace::of(view, &id)))
    }

    /// Closes a polling place where nobody votes (`fermer un lieu de vote`): its papers aren't waited for.
    async fn close_polling_place(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which one, and why.")] input: ClosePollingPlaceInput,
    ) -> Result<Option<ClosePollingPlacePayload>, Fault> {
        let asked = Asked::Close { reason: input.reason };
        let (carried, id) = by_agent(ctx, &input.place, input.command_id, asked).await?;
        Ok(ClosePollingPlacePayload::of(carried, |view| PollingPlace::of(view, &id)))
    }

    /// Seals an empty box (`sceller une urne`), in PRE_VOTE or VOTE.
    async fn seal_box(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which one, and its seals.")] input: SealBoxInput,
    ) -> Result<Option<SealBoxPayload>, Fault> {
        let asked = Asked::SealBox { number: input.number, seals: seals(&input.seals)? };
        let (carried, id) = by_agent(ctx, &input.place, input.command_id, asked).await?;
        Ok(SealBoxPayload::of(carried, |view| PollingPlace::of(view, &id)))
    }

    /// Passes a box on (`transmettre une urne`), until it is opened.
    async fn pass_box(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which one, from whom to whom.")] input: PassBoxInput,
    ) -> Result<Option<PassBoxPayload>, Fault> {
        let asked = Asked::PassCustody { number: input.number, from: input.from, to: input.to };
        let (carried, id) = by_agent(ctx, &input.place, input.command_id, asked).await?;
        Ok(PassBoxPayload::of(carried, |view| PollingPlace::of(view, &id)))
    }

    /// Opens a box (`ouvrir une urne`). Where the seals aren't those that were put on it, a reason is needed.
    async fn open_box(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which one, and the seals found.")] input: OpenBoxInput,
    ) -> Result<Option<OpenBoxPayload>, Fault> {
        let asked = Asked::OpenBox { number: input.number, seals: seals(&input.seals)?, reason: input.reason };
        let (carried, id) = by_agent(ctx, &input.place, input.command_id, asked).await?;
        Ok(OpenBoxPayload::of(carried, |view| PollingPlace::of(view, &id)))
    }

    /// Counts signatures and papers of an area (`compter émargements et bulletins`), once all boxes are
    /// open and before any paper is read.
    async fn count_signatures(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many.")] input: CountSignaturesInput,
    ) -> Result<Option<CountSignaturesPayload>, Fault> {
        let area = code("area", &input.area)?;
        let (signatures, papers, reason) = (input.signatures, input.papers, input.reason);
        let asked = Asked::CountSignatures { area, signatures, papers, reason };
        let (carried, id) = by_agent(ctx, &input.place, input.command_id, asked).await?;
        Ok(CountSignaturesPayload::of(carried, |view| PollingPlace::of(view, &id)))
    }

    /// Enters what stands on the papers of a bundle (`saisir un dépouillement`). When another agent
    /// entered the same, it is agreed; otherwise the log says where the entries differ, and a third agent
    /// decides, with a reason. An entry with a reason after the agreement begins a correction. Nobody sees
    /// what another entered.
    async fn enter_paper_count(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What was read.")] input: EnterPaperCountInput,
    ) -> Result<Option<EnterPaperCountPayload>, Fault> {
        let (carried, id) = read(ctx, input, false).await?;
        Ok(EnterPaperCountPayload::of(carried, |view| PollingPlace::of(view, &id)))
    }

    /// Records that a bundle was read once more (`recomptage`), for the audit or on request. Where it isn't
    /// what stands, a reason is needed; it then begins a correction, which another agent confirms.
    async fn recount_papers(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What was read.")] input: EnterPaperCountInput,
    ) -> Result<Option<RecountPapersPayload>, Fault> {
        let (carried, id) = read(ctx, input, true).await?;
        Ok(RecountPapersPayload::of(carried, |view| PollingPlace::of(view, &id)))
    }

    /// Attaches the scanned minutes (`procès-verbal`): the log keeps the file's digest, the city the file.
    async fn attach_minutes(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The digest of the file.")] input: AttachMinutesInput,
    ) -> Result<Option<AttachMinutesPayload>, Fault> {
        let asked = Asked::AttachMinutes { digest: input.digest.0 };
        let (carried, id) = by_agent(ctx, &input.place, input.command_id, asked).await?;
        Ok(AttachMinutesPayload::of(carried, |view| PollingPlace::of(view, &id)))
    }
}

fn seals(numbers: &[String]) -> Result<BTreeSet<SealId>, Fault> {
    numbers.iter().map(|number| code("seals", number)).collect()
}

async fn by_agent(ctx: &Context<'_>, place: &ID, id: CommandId, asked: Asked) -> Result<(Carried, PlaceId), Fault> {
    let (campaign, key): (String, PlaceId) = GlobalId::of(place, Kind::PollingPlace)?;
    let carried = carry(ctx, &campaign, id, vec![Command::PollingPlace(key.clone(), asked)]).await?;
    Ok((carried, key))
}

async fn read(ctx: &Context<'_>, input: EnterPaperCountInput, again: bool) -> Result<(Carried, PlaceId), Fault> {
    let (campaign, place): (String, PlaceId) = GlobalId::of(&input.place, Kind::PollingPlace)?;
    let area = code("area", &input.area)?;
    let (bundle, count, reason) = (input.bundle, input.count.count(), input.reason);
    let reading = Reading { place: place.clone(), area, bundle, count, reason };
    let view = model(ctx, &campaign)?;
    let commands = match view {
        Some(view) if again => papers::recount(ctx, &view, reading).await,
        Some(view) => papers::enter(ctx, &view, reading).await,
        // The executor says that there is no such campaign.
        None => Ok(vec![reading.bare()]),
    };
    match commands {
        Ok(commands) => Ok((carry(ctx, &campaign, input.command_id, commands).await?, place)),
        Err(Fault::Command(commands::Error::Rejected(no))) => Ok((super::carry::refused(ctx, no), place)),
        Err(other) => Err(other),
    }
}
