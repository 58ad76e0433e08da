//! What may happen in a participatory budget: one pure decider per stream.
//!
//! Owns the events, the commands, the reasons for a no, and how a state follows
//! from its events. Knows no I/O, no clock and no chance: they arrive in the
//! [`Context`]. Look next at [`campaign`], the stream that guards all others,
//! and at [`World`], the states that a decision may look at.

// A new event is an error here until every fold says what it does with it.
#![deny(clippy::wildcard_enum_match_arm)]
// Money, scores and hashes are exact.
#![deny(clippy::float_arithmetic)]

pub mod actor;
pub mod acts;
pub mod ballot;
pub mod calendar;
pub mod campaign;
mod campaign_event;
pub mod catalogue;
pub mod comment;
pub mod configuration;
pub mod council;
pub mod count;
pub mod decider;
pub mod deposit;
pub mod event;
pub mod geography;
pub mod ids;
pub mod instruction;
mod instruction_rules;
pub mod leftovers;
pub mod moment;
pub mod paper_count;
mod paper_rules;
pub mod participant;
pub mod permission;
mod permission_of;
pub mod phase;
mod polling_event;
pub mod polling_place;
pub mod practice;
pub mod proclamation;
pub mod project;
mod project_event;
mod project_rules;
pub mod proposal;
mod proposal_rules;
pub mod record;
pub mod redaction;
pub mod register;
pub mod rejection;
pub mod roles;
pub mod site;
mod site_event;
mod site_form;
mod site_rules;
pub mod urn;
mod urn_rules;
pub mod workshop;
pub mod workshop_rules;
mod world;

pub use actor::{Actor, Role};
pub use decider::{Context, Decider};
pub use event::{DecodeError, Event};
pub use ids::{
    ActorId, AreaId, CommentId, CriterionId, DepartmentId, InvalidId, NeighbourhoodId, PlaceId, ProjectId, ProposalId,
    SealId, SiteId, ThemeId, VoterId, WorkshopId,
};
pub use moment::{CalendarDate, Timestamp};
pub use permission::{Permission, Scope};
pub use record::{Record, RecordError};
pub use rejection::{Code, Rejection};
pub use tally::Cents;
pub use transparency::Hidden;
pub use world::{Command, StreamKind, World};
