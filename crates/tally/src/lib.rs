//! Who wins: ballots and a rule in, winners and an explanation per project out.
//!
//! Owns the vocabulary of ballots and rules, the count, and the reading of
//! Pabulib files. Exact (integers, never floats) and pure: the outcome depends
//! on nothing but the arguments, and not on their order.
//! Look next at [`rule`] for what can be configured, [`election`] for the count, and for the rules at
//! `greedy.rs` (all that go down a ranking), `equal_shares.rs`, `phragmen.rs`, `max_welfare.rs` and
//! [`judgment`] (grades); at [`around`] for what cities put around one.

// Money, scores and hashes are exact.
#![deny(clippy::float_arithmetic)]

pub mod around;
pub mod ballot;
pub mod change;
pub mod count_sheet;
pub mod election;
pub mod error;
pub mod judgment;
pub mod lot;
pub mod money;
pub mod outcome;
pub mod pabulib;
pub mod patience;
pub mod rule;
pub mod rule_name;
pub mod satisfaction;
pub mod words;

mod equal_shares;
mod greedy;
mod max_welfare;
mod pabulib_check;
mod pabulib_meta;
mod pabulib_rows;
mod phragmen;
mod profile;
mod purse;
mod settle;
mod tie_break;
mod walk;
mod wallets;

pub use around::{Around, Floor, GroupLimits, Leftovers, Weights};
pub use ballot::{Ballot, BallotType, Channel, Choice, Invalid, validate};
pub use change::{Change, Changes, Gain, WhatIf};
pub use count_sheet::CountSheet;
pub use election::{Candidate, Count, Election, Score};
pub use error::Error;
pub use lot::LotSeed;
pub use money::Cents;
pub use outcome::{Decision, Judgment, Outcome, Reason, Report, ReportedProject, Spending};
pub use pabulib::{Anomaly, PabulibError, PabulibFile, PabulibProject, PabulibVote};
pub use patience::Patience;
pub use rule::{AddOne, MinScore, Rule, TallyRule, TieBreak, Utility};
pub use rule_name::{RuleKind, RuleName};
pub use satisfaction::Satisfaction;
pub use words::Language;
