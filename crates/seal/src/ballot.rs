//! Owns: a ballot as it is sealed: its one JSON form, the length that hides how much was chosen.
//! Must not: judge the choices; `tally::validate` does, before sealing and after opening.
//! Next: `sealed.rs` for the envelope; `docs/formats/ballot.md` for the format.

use crate::error::{Error, Unopened};
use crate::sealed::{Sealed, unwrap, wrap};
use crate::{Context, UrnKey, UrnSecret};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::{borrow::Cow, fmt, str::FromStr};
use tally::BallotType;
use transparency::{check_canonical, to_canonical};
use zeroize::Zeroizing;

/// The `info` of a ballot opens with this.
const BALLOT: &str = "parvis.ballot/v1\n";
/// Lengths are rounded up to a multiple of this.
const STEP: usize = 32;
/// The ballot that names nothing: `{"choices":[],"nonce":"…"}`.
const EMPTY: usize = r#"{"choices":[],"nonce":""}"#.len() + 32;
/// What points add, without the points: `,"points":[]`.
const POINTS: usize = r#","points":[]"#.len();

/// What a voter finds the own ballot by once the urn is open: 16 random bytes, written as 32
/// hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Nonce(pub [u8; 16]);

impl fmt::Display for Nonce {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for Nonce {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Nonce({self})")
    }
}

impl FromStr for Nonce {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let mut bytes = [0; 16];
        let one_spelling = !text.bytes().any(|b| b.is_ascii_uppercase());
        match hex::decode_to_slice(text, &mut bytes) {
            Ok(()) if one_spelling => Ok(Self(bytes)),
            Ok(()) | Err(_) => Err(Error::BadText { what: "the verification nonce" }),
        }
    }
}

impl Serialize for Nonce {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Nonce {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Cow::<'de, str>::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

/// A ballot as the voter's page writes it, before it is sealed and after it is opened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlainBallot {
    /// Numbers on the ballot list, in the voter's order. None for a blank ballot.
    pub choices: Vec<u32>,
    /// What the voter finds the ballot by.
    pub nonce: Nonce,
    /// Points, one for each choice, where the type of ballot has them. For majority judgment the
    /// index of the grade.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub points: Option<Vec<i64>>,
}

impl PlainBallot {
    fn check_points(&self) -> Result<(), Error> {
        let choices = self.choices.len();
        match self.points.as_ref().map(Vec::len) {
            Some(points) if points != choices => Err(Error::PointsDontFit { points, choices }),
            Some(_) | None => Ok(()),
        }
    }
}

/// How many bytes every ballot of an area has inside its envelope, whatever is chosen: the longest
/// one that its type allows with these numbers on the list, rounded up to a multiple of 32.
pub fn padded_length(ballot: &BallotType, numbers: &[u32]) -> usize {
    let at_most = |limit: u32| usize::try_from(limit).unwrap_or(usize::MAX).min(numbers.len());
    let (choices, points) = match ballot {
        BallotType::Approval { max, .. } | BallotType::Ordinal { max } => (at_most(*max), None),
        BallotType::ChooseOne => (at_most(1), None),
        BallotType::Knapsack { .. } => (numbers.len(), None),
        BallotType::Cumulative { points, max_per_project } => {
            (at_most(*points), Some(written((*max_per_project).min(*points))))
        }
        BallotType::Scoring { min, max } => (numbers.len(), Some(written(min).max(written(max)))),
        BallotType::MajorityJudgment { grades, .. } => (numbers.len(), Some(written(grades.len().saturating_sub(1)))),
    };
    let widest = numbers.iter().max().map_or(0, written);
    let points = points.map_or(0, |width| POINTS.saturating_add(list(choices, width)));
    EMPTY.saturating_add(list(choices, widest)).saturating_add(points).next_multiple_of(STEP)
}

/// Characters of a number.
fn written(number: impl ToString) -> usize {
    number.to_string().len()
}

/// Characters of so many numbers of this width, with commas between them.
fn list(count: usize, width: usize) -> usize {
    count.saturating_mul(width).saturating_add(count.saturating_sub(1))
}

/// Seals a ballot; the same seed gives the same envelope, so that a voter who reveals it proves
/// what was sealed. `length` is the area's [`padded_length`]; the seed is 32 random bytes, used for
/// this ballot alone.
///
/// # Errors
/// [`Error::PointsDontFit`], [`Error::TooLong`]; [`Error::OtherUrn`] when the context names another
/// key, [`Error::BadUrnKey`] for a key that nothing can be sealed to.
pub fn seal(
    key: &UrnKey,
    context: &Context,
    ballot: &PlainBallot,
    length: usize,
    seed: &[u8; 32],
) -> Result<Sealed, Error> {
    ballot.check_points()?;
    let text = Zeroizing::new(to_canonical(ballot)?);
    wrap(key, context, BALLOT, &text, length, seed)
}

/// Opens a ballot.
///
/// # Errors
/// [`Unopened`]: why it can't be read. It is counted as invalid then.
pub fn open(secret: &UrnSecret, context: &Context, sealed: &Sealed) -> Result<PlainBallot, Unopened> {
    let text = unwrap(secret, context, BALLOT, sealed)?;
    check_canonical(&text).map_err(|_| Unopened::NotABallot)?;
    let ballot: PlainBallot = serde_json::from_slice(&text).map_err(|_| Unopened::NotABallot)?;
    ballot.check_points().map_err(|_| Unopened::NotABallot)?;
    Ok(ballot)
}

#[cfg(test)]
#[path = "ballot_tests.rs"]
mod tests;
