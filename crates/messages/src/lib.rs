//! Messages to people: what they want to hear of, in which words, and the way to their mail server.
//!
//! Owns topics, texts and sending; what waits is kept by the vault, sealed. Must not read a log or a
//! read model: what a message is about comes in as [`Facts`]. No address is ever written into a line of
//! the server's log. Next: [`Post`] (`post.rs`), `sentences.rs` (the texts), `mail.rs` (what goes out).
//! What an operator has to know stands in `docs/runbooks/messages.md`.

mod address;
mod content;
mod error;
mod mail;
mod post;
mod sentences;
mod settings;
mod topic;
mod wishes;
mod words;

pub use content::{Content, Kind};
pub use error::Error;
pub use post::{Post, Round};
pub use settings::{Settings, Tls};
pub use topic::Topic;
pub use wishes::{LISTENING, set_wish, wants, wishes};
pub use words::{Facts, Words};
