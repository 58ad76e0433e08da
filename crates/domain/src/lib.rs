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
pub mod acts;
pub mod ballot;
mod calendar;
pub mod campaign;
pub mod catalogue;
pub mod configuration;
pub mod count;
pub mod decider;
pub mod event;
pub mod ids;
pub mod moment;
pub mod permission;
pub mod phase;
pub mod proclamation;
pub mod project;
pub mod proposal;
pub mod record;
pub mod redaction;
pub mod rejection;
pub mod roles;
pub mod site;
pub mod world;

pub use actor::{Actor, Role};
pub use decider::{Context, Decider};
pub use event::{DecodeError, Event};
pub use ids::{ActorId, AreaId, DepartmentId, InvalidId, PlaceId, ProjectId, ProposalId, SiteId, ThemeId, VoterId};
pub use moment::{CalendarDate, Timestamp};
pub use permission::{Permission, Scope};
pub use record::{Record, RecordError};
pub use rejection::{Code, Rejection};
pub use tally::Cents;
pub use transparency::Hidden;
pub use world::{Command, StreamKind, World};
