//! Sealed ballots and counts: the envelope (HPKE, RFC 9180), the urn's key, and its shares; pure.
//!
//! Nothing here draws a random number, opens a file or reads a clock: seeds and draws are handed
//! in, so that a seal can be made again by whoever knows its seed. Who may cast, publish or open
//! is not known here. The format is specified for other implementations in
//! `docs/formats/ballot.md`, with test vectors.
//!
//! From the inside out: [`key`] → [`context`] → [`sealed`] → [`ballot`] → [`paper`] and [`voter_file`]; beside them [`shares`],
//! which splits and joins the secret of an urn.

#![deny(clippy::float_arithmetic)]

pub mod ballot;
pub mod context;
pub mod error;
mod gf256;
pub mod key;
pub mod paper;
pub mod sealed;
pub mod shares;
pub mod voter_file;

pub use ballot::{Nonce, PlainBallot, open, padded_length, seal};
pub use context::Context;
pub use error::{Error, Unopened};
pub use key::{KeyId, UrnKey, UrnSecret};
pub use paper::{BallotPaper, Listed};
pub use sealed::{Sealed, open_sheet, seal_sheet, sealed_length};
pub use shares::{Ceremony, Share, join, split};
pub use voter_file::VoterFile;
