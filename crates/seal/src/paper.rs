//! Owns: the ballot paper of an area, with all that has to be known to seal a ballot.
//! Must not: be believed; whoever votes takes it from the campaign, and can compare it with the log.
//! Next: `voter_file.rs`, which sealing it makes.

use crate::{Context, Error, Nonce, PlainBallot, UrnKey, VoterFile, padded_length, seal};
use serde::{Deserialize, Serialize};
use tally::{Ballot, BallotType, Cents, Channel, Choice, Invalid, validate};
use transparency::Hash;

/// A project on a ballot paper.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listed {
    /// What it takes from the envelope, in cents.
    pub cost_cents: Cents,
    /// Its number on the ballot list.
    pub number: u32,
}

/// The ballot paper of an area (`bulletin de vote`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BallotPaper {
    /// The area voted in.
    pub area: String,
    /// What may be written on it.
    pub ballot_type: BallotType,
    /// Digest of the ballot list.
    pub catalogue: Hash,
    /// Origin of the log.
    pub log: String,
    /// The projects of the area, in the order of the list.
    pub projects: Vec<Listed>,
    /// The urn's key.
    pub urn: UrnKey,
}

impl BallotPaper {
    /// What its envelopes are bound to.
    ///
    /// # Errors
    /// [`Error::Canonical`] when the log or the area has no canonical form.
    pub fn context(&self) -> Result<Context, Error> {
        Context::new(&self.log, &self.area, &self.catalogue, &self.urn.id())
    }

    /// How many bytes are inside every envelope of the area.
    pub fn length(&self) -> usize {
        let numbers: Vec<u32> = self.projects.iter().map(|project| project.number).collect();
        padded_length(&self.ballot_type, &numbers)
    }

    /// Whether a ballot follows the rules of this paper, as the count will judge it.
    ///
    /// # Errors
    /// Its first fault.
    pub fn validate(&self, ballot: &PlainBallot) -> Result<(), Invalid> {
        let costs: Vec<Cents> = self.projects.iter().map(|project| project.cost_cents).collect();
        let named = |(place, number): (usize, &u32)| Choice {
            // One place beyond the list stands for a number that isn't on it.
            project: self.projects.iter().position(|one| one.number == *number).unwrap_or(self.projects.len()),
            points: ballot.points.as_ref().and_then(|points| points.get(place)).copied(),
        };
        let choices = ballot.choices.iter().enumerate().map(named).collect();
        validate(&Ballot { channel: Channel::Digital, choices }, &self.ballot_type, &costs)
    }

    /// Seals a ballot on this paper. Nonce and seed are random and used for this ballot alone.
    ///
    /// # Errors
    /// [`Error::Invalid`] when the ballot would not count; otherwise those of [`seal`].
    pub fn seal(
        &self,
        choices: Vec<u32>,
        points: Option<Vec<i64>>,
        nonce: Nonce,
        seed: [u8; 32],
    ) -> Result<VoterFile, Error> {
        let ballot = PlainBallot { choices, nonce, points };
        self.validate(&ballot)?;
        let length = self.length();
        let sealed = seal(&self.urn, &self.context()?, &ballot, length, &seed)?;
        let (area, log, catalogue, urn) = (self.area.clone(), self.log.clone(), self.catalogue, self.urn);
        Ok(VoterFile { area, ballot, catalogue, length, log, receipt: None, sealed, seed, urn, v: 1 })
    }
}
