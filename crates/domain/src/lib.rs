//! What may happen in a participatory budget: one pure decider per stream.
//!
//! Owns the events, the commands, the reasons for a no, and how a state follows
//! from its events. Knows no I/O, no clock and no chance: they arrive in the
//! [`Context`]. Look next at [`campaign`], the stream that guards all others,
//! and at [`world`], the states that a decision may look at.

// A new event is an error here until every fold says what it does with it.
#![deny(clippy::wildcard_enum_match_arm)]
// Money, scores and hashes are exact.
#![deny(clippy::float_arithmetic)]

pub mod actor;
pub mod ballot;
pub mod campaign;
pub mod configuration;
pub mod count;
pub mod decider;
pub mod event;
pub mod ids;
pub mod moment;
pub mod phase;
pub mod project;
pub mod proposal;
pub mod record;
pub mod rejection;
pub mod site;
pub mod world;

pub use actor::{Actor, Role};
pub use decider::{Context, Decider};
pub use event::{DecodeError, Event};
pub use ids::{AreaId, DepartmentId, InvalidId, ProjectId, ProposalId, SiteId, ThemeId, VoterId};
pub use moment::{CalendarDate, Timestamp};
pub use record::{Record, RecordError};
pub use rejection::{Code, Rejection};
pub use tally::Cents;
pub use transparency::Hidden;
pub use world::{Command, StreamKind, World};
