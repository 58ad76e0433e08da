//! What answers are made of: one file per noun.

pub mod area;
pub mod campaign;
pub mod enums;
pub mod equity;
pub mod exclusion;
pub mod log;
pub mod participation;
pub mod place;
pub mod project;
pub mod proposal;
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
