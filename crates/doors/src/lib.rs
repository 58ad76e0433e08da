//! How people come in, and what stands between the open network and everything else.
//!
//! Owns sign-in with OpenID Connect (`sign_in.rs`, `issuers.rs`, `tokens.rs`), what a browser or a program
//! shows afterwards (`sessions.rs`), the order in which every request is looked at (`guard.rs`) and the
//! sockets (`serve.rs`). Must not know campaigns, the log or GraphQL; what it knows of people is kept by
//! `vault`. Begin at `guard.rs` for requests and at `sign_in.rs` for people.

mod addresses;
mod body;
mod cookies;
mod cors;
mod csrf;
mod development;
mod error;
mod guard;
mod headers;
mod identity;
mod issuers;
mod net;
mod pages;
mod rates;
mod refusal;
mod routes;
mod serve;
mod sessions;
mod settings;
mod shield;
mod sign_in;
mod tokens;

pub use addresses::Client;
pub use cookies::SESSION as SESSION_COOKIE;
pub use error::Error;
pub use guard::{Doors, RequestId};
pub use rates::{Allowance, TooMany};
pub use refusal::Refusal;
pub use serve::{Connections, serve};
pub use sessions::Identity;
pub use settings::{Assurance, ClaimMap, Issuer, Label, Rates, SessionTimes, Settings, Timeouts};
