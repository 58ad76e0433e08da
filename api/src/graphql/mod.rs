//! The GraphQL schema: what can be read and asked, in the words of the domain.
//!
//! Resolvers read one [`request::View`] and hand commands to the executor; they decide nothing. One
//! file per noun in `types/` and `mutations/`. Look next at [`schema`], then at a noun.

pub(crate) mod acting;
pub mod as_of;
pub mod mutations;
pub mod node;
pub mod page;
pub mod request;
pub mod schema;
pub mod types;
