//! What answers are made of: one file per noun.

pub mod area;
pub mod campaign;
pub mod comment;
pub mod deposit;
pub mod enums;
pub mod log;
pub mod message;
pub mod moderation;
pub mod place;
pub mod project;
pub mod proposal;
pub mod proposal_filter;
pub mod receipt;
pub mod rejection;
pub mod removal;
pub mod result;
pub mod roles;
pub mod rule;
pub mod scalars;
pub mod site;
pub mod turnout;
pub mod viewer;
pub mod workshop;
