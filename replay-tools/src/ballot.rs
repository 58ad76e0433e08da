//! Owns what a voter asks of a bundle: the ballot paper of an area, and what became of the own ballot.
//! Must not: judge whether the log is lawful (see `verify.rs`), or keep what the voter's file says.
//! Next: `seal::VoterFile`, `docs/formats/ballot.md` §8.

use crate::{
    error::Error,
    read::{ReadEvent, at_path, open, replay},
    report::{Divergence, Stage},
};
use domain::{AreaId, Code, Event, Rejection, Timestamp, World, urn};
use seal::{BallotPaper, KeyId, Listed, PlainBallot, Unopened, VoterFile};
use serde::{Deserialize, Serialize};
use std::{ops::ControlFlow, path::Path};
use transparency::{Hash, Policy, open_note};

/// What became of a ballot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Standing {
    /// It stands in the log, the urn is open, and it says what the voter's file says.
    AsSealed,
    /// It stands in the log; what it says is known when the urn is open.
    Sealed,
    /// It stands in the log and doesn't count: replaced, taken back, or overridden by a paper.
    SetAside,
    /// It doesn't stand in this log, and the city's promise isn't due there.
    NotDue,
    /// It doesn't stand in this log.
    Missing,
    /// It stands in the log and says something else than the voter's file.
    OtherBallot,
}

impl Standing {
    /// In French and in English, for the voter.
    pub const fn sentences(self) -> [&'static str; 2] {
        match self {
            Self::AsSealed => [
                "Votre bulletin est dans le registre, et il dit ce que vous avez choisi.",
                "Your ballot stands in the log, and it says what you chose.",
            ],
            Self::Sealed => [
                "Votre bulletin est dans le registre, encore scellé : revenez après l'ouverture de l'urne.",
                "Your ballot stands in the log, still sealed: come again once the urn is open.",
            ],
            Self::SetAside => [
                "Ce bulletin est dans le registre et n'est pas compté : vous avez voté de nouveau, annulé, ou voté sur papier.",
                "This ballot stands in the log and is not counted: you voted again, took it back, or voted on paper.",
            ],
            Self::NotDue => [
                "Votre bulletin n'est pas encore dans ce registre ; le délai promis n'est pas passé.",
                "Your ballot is not yet in this log; the time that was promised has not passed.",
            ],
            Self::Missing => ["Votre bulletin n'est pas dans ce registre.", "Your ballot does not stand in this log."],
            Self::OtherBallot => [
                "Le bulletin qui est dans le registre ne dit pas ce que dit votre fichier.",
                "The ballot that stands in the log does not say what your file says.",
            ],
        }
    }

    /// Whether the voter has a reason to object.
    pub const fn is_wrong(self) -> bool {
        match self {
            Self::Missing | Self::OtherBallot => true,
            Self::AsSealed | Self::Sealed | Self::SetAside | Self::NotDue => false,
        }
    }
}

/// Where a ballot was published.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Published {
    /// Position of the event.
    pub position: u64,
    /// When it was written.
    pub at: Timestamp,
    /// Number of the batch.
    pub batch: u32,
}

/// What the receipt in the voter's file is worth.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Promise {
    /// By when the ballot was to stand in the log.
    pub deadline: Timestamp,
    /// Whether the log goes on beyond it.
    pub due: bool,
}

/// What a bundle says of one ballot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct BallotReport {
    /// What became of it.
    pub standing: Standing,
    /// The area voted in.
    pub area: String,
    /// Digest of the envelope.
    pub digest: Hash,
    /// Where it was published.
    pub published: Option<Published>,
    /// What it says, once the urn is open.
    pub opened: Option<PlainBallot>,
    /// Why it can't be opened, once the urn is.
    pub unopened: Option<Unopened>,
    /// Whether sealing the file's ballot again with its seed gives the envelope: then the file proves
    /// to anybody what is inside.
    pub proven: bool,
    /// The receipt, when the log's key has signed it for this ballot.
    pub promise: Option<Promise>,
}

/// The text of a receipt.
#[derive(Deserialize)]
struct Receipt {
    area: String,
    ballot: Hash,
    deadline: Timestamp,
    key: KeyId,
    log: String,
}

/// Looks for the ballot of a voter's file in a bundle.
///
/// # Errors
/// [`Error::File`], [`Error::Broken`]; [`Error::BallotFile`] when the voter's file can't be read or is
/// about another log.
pub fn check_ballot(path: &Path, trusted: Option<&Policy>, kept: &Path) -> Result<BallotReport, Error> {
    let place = || kept.display().to_string();
    let text = std::fs::read_to_string(kept).map_err(|source| Error::File { path: place(), source })?;
    let unfit = |why: String| Error::BallotFile { path: place(), why };
    let file: VoterFile = serde_json::from_str(&text).map_err(|error| unfit(error.to_string()))?;
    let target = file.context().map_err(|error| unfit(error.to_string()))?;
    let mut bundle = open(path, trusted)?;
    let origin = bundle.checkpoint().origin.clone();
    if file.log != origin {
        return Err(unfit(format!("it is about the log {}, and the bundle holds {origin}", file.log)));
    }
    let keys = match trusted {
        Some(policy) => policy.logs().to_vec(),
        None => Policy::parse(bundle.policy()).map_err(|error| unfit(error.to_string()))?.logs().to_vec(),
    };
    let (mut published, mut last) = (None, None);
    let world = follow(path, &mut bundle, |event| {
        let record = &event.record;
        last = Some(record.at);
        if let Event::Urn(urn::Event::BallotsPublished { area, number, ballots, .. }) = &record.event
            && area.as_str() == file.area
            && ballots.contains(&file.sealed)
        {
            published = Some(Published { position: record.position, at: record.at, batch: *number });
        }
    })?;

    let digest = file.sealed.digest(&target);
    let opened = world.urn.secret.as_ref().map(|secret| seal::open(secret, &target, &file.sealed));
    let promise = file.receipt.as_ref().and_then(|note| {
        let signed = open_note(note, &keys).ok()?;
        let receipt: Receipt = serde_json::from_str(&signed.text).ok()?;
        let fits = (receipt.log, receipt.area, receipt.ballot) == (file.log.clone(), file.area.clone(), digest);
        let deadline = (fits && receipt.key == file.urn.id()).then_some(receipt.deadline)?;
        Some(Promise { deadline, due: last.is_some_and(|last| last > deadline) })
    });
    let standing = match (&published, &opened) {
        (None, _) if promise.as_ref().is_some_and(|promise| !promise.due) => Standing::NotDue,
        (None, _) => Standing::Missing,
        (Some(_), _) if world.urn.set_aside.contains(&digest) => Standing::SetAside,
        (Some(_), None) => Standing::Sealed,
        (Some(_), Some(Ok(ballot))) if *ballot == file.ballot => Standing::AsSealed,
        (Some(_), Some(_)) => Standing::OtherBallot,
    };
    let proven = file.seal_again().is_ok_and(|again| again == file.sealed);
    // What isn't in the log is nobody's to open.
    let (opened, unopened) = match opened.filter(|_| published.is_some()) {
        Some(Ok(ballot)) => (Some(ballot), None),
        Some(Err(why)) => (None, Some(why)),
        None => (None, None),
    };
    Ok(BallotReport { standing, area: file.area, digest, published, opened, unopened, proven, promise })
}

/// The ballot paper of an area, as the log has it: lists, type of ballot, key.
///
/// # Errors
/// [`Error::File`], [`Error::Broken`]; [`Error::Rejected`] when there is no such area, or no key is
/// declared.
pub fn ballot_paper(path: &Path, trusted: Option<&Policy>, area: &str) -> Result<BallotPaper, Error> {
    let world = follow(path, &mut open(path, trusted)?, |_| ())?;
    let unknown = || Code::UnknownArea.on("area").with(area);
    let id: AreaId = area.parse().map_err(|_| unknown())?;
    let configured = world.campaign.configured()?.areas.iter().find(|one| one.id == id).ok_or_else(unknown)?;
    let (_, catalogue) = world.urn.target(&id, &world.campaign)?;
    let (log, ceremony) = world.urn.ceremony.as_ref().ok_or_else(|| Rejection::from(Code::UrnKeyMissing))?;
    let list = world.campaign.ballot_list(&id).iter();
    Ok(BallotPaper {
        area: area.to_owned(),
        ballot_type: configured.ballot.clone(),
        catalogue,
        log: log.clone(),
        projects: list.map(|entry| Listed { cost_cents: entry.cost_cents, number: entry.number }).collect(),
        urn: ceremony.key,
    })
}

/// Follows a bundle to its end.
fn follow(
    path: &Path,
    bundle: &mut transparency::Bundle<std::fs::File>,
    mut each: impl FnMut(&ReadEvent),
) -> Result<World, Error> {
    let mut world = World::default();
    let mut divergence = None;
    let read = replay(bundle, |leaf| {
        let followed = leaf.event.and_then(|event| {
            each(&event);
            let record = event.record;
            let refuse = |rejection| Divergence::of_rejection(Stage::Law, record.position, &rejection);
            world.evolve(&record.id, &record.event).map_err(refuse)
        });
        match followed {
            Ok(()) => ControlFlow::Continue(()),
            Err(found) => {
                divergence = Some(found);
                ControlFlow::Break(())
            }
        }
    });
    at_path(path, read)?;
    divergence.map_or(Ok(world), |found| Err(found.into()))
}
