//! Owns: what sealing and joining refuse, and why a ballot doesn't open, with stable codes.
//! Must not: judge what a ballot says; `tally::validate` does.
//! Next: `ballot.rs` and `shares.rs`, which give these.

use crate::KeyId;
use serde::{Deserialize, Serialize};
use std::fmt;
use thiserror::Error as ThisError;

/// Why something can't be read, sealed, split or joined.
#[derive(Debug, ThisError)]
pub enum Error {
    /// Text that should be so many bytes in base64 or hexadecimal, and isn't.
    #[error("{what} is not well formed: copy it whole, without spaces or line breaks")]
    BadText {
        /// What was read, in words.
        what: &'static str,
    },
    /// A public key that nothing can be sealed to (RFC 9180 §7.1.4).
    #[error("nothing can be sealed to this urn key: take the one that the campaign has declared")]
    BadUrnKey,
    /// The context names another key than the one that is sealed to.
    #[error("the ballot is meant for the urn {expected}, and the key given is {given}: take the key of this campaign")]
    OtherUrn {
        /// The key that the context names.
        expected: KeyId,
        /// The key that was given.
        given: KeyId,
    },
    /// Longer than every ballot of the area has to be.
    #[error("the ballot has {bytes} bytes and the ballots of this area have {length}: take choices off")]
    TooLong {
        /// Bytes of the ballot as it would be sealed.
        bytes: usize,
        /// Bytes of every ballot of the area, and so the most.
        length: usize,
    },
    /// As many points as choices, or none, and something else was given.
    #[error("there are {points} points for {choices} choices: give one to each, or none at all")]
    PointsDontFit {
        /// How many points.
        points: usize,
        /// How many choices.
        choices: usize,
    },
    /// It would be counted as invalid.
    #[error("{0}")]
    Invalid(#[from] tally::Invalid),
    /// No canonical form.
    #[error(transparent)]
    Canonical(#[from] transparency::Error),
    /// A threshold below 2, above the number of holders, or more than 255 holders.
    #[error("{threshold} of {holders} key holders can't be asked for: at least 2, at most all of them, and 255 in all")]
    BadThreshold {
        /// How many shares would be needed.
        threshold: u8,
        /// How many there would be.
        holders: usize,
    },
    /// Fewer shares than the threshold.
    #[error("{given} of the {needed} shares that open this urn are here: ask more key holders")]
    TooFewShares {
        /// How many were given.
        given: usize,
        /// How many are needed.
        needed: u8,
    },
    /// The same share twice.
    #[error("share {number} is given twice: give each once")]
    ShareTwice {
        /// Its number.
        number: u8,
    },
    /// A share of another urn's key.
    #[error("share {number} belongs to the urn {given}, not to {expected}: ask its holder for the right one")]
    ForeignShare {
        /// Its number.
        number: u8,
        /// The urn it belongs to.
        given: KeyId,
        /// The urn that is to be opened.
        expected: KeyId,
    },
    /// A share that isn't the one given out at the ceremony.
    #[error("share {number} is not the one that was given out at the ceremony: ask its holder, or take another")]
    WrongShare {
        /// Its number.
        number: u8,
    },
    /// The shares are those of the ceremony and give another key: the ceremony itself was faulty.
    #[error(
        "the shares fit together and don't give the key that was declared: the ceremony was not carried out as it should"
    )]
    OtherSecret,
}

impl Error {
    /// The stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::BadText { .. } => "BAD_TEXT",
            Self::BadUrnKey => "BAD_URN_KEY",
            Self::OtherUrn { .. } => "OTHER_URN",
            Self::TooLong { .. } => "BALLOT_TOO_LONG",
            Self::PointsDontFit { .. } => "POINTS_DONT_FIT",
            Self::Invalid(why) => why.code(),
            Self::Canonical(_) => "NO_CANONICAL_FORM",
            Self::BadThreshold { .. } => "BAD_THRESHOLD",
            Self::TooFewShares { .. } => "TOO_FEW_SHARES",
            Self::ShareTwice { .. } => "SHARE_TWICE",
            Self::ForeignShare { .. } => "FOREIGN_SHARE",
            Self::WrongShare { .. } => "WRONG_SHARE",
            Self::OtherSecret => "OTHER_SECRET",
        }
    }
}

/// Why what was sealed can't be read once the urn is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Unopened {
    /// Shorter than any envelope.
    WrongLength,
    /// Sealed to another key, for another campaign, area or ballot list, or altered.
    NotForThisUrn,
    /// It opens, and what is inside isn't a ballot in its canonical form.
    NotABallot,
}

impl Unopened {
    /// The stable code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::WrongLength => "WRONG_LENGTH",
            Self::NotForThisUrn => "NOT_FOR_THIS_URN",
            Self::NotABallot => "NOT_A_BALLOT",
        }
    }
}

impl fmt::Display for Unopened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::WrongLength => "it is shorter than any envelope",
            Self::NotForThisUrn => "it was sealed for another urn, campaign, area or ballot list, or altered since",
            Self::NotABallot => "what is inside is not a ballot",
        })
    }
}

impl std::error::Error for Unopened {}
