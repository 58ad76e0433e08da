//! Files that people hand in: pictures and PDF documents, and nothing else.
//!
//! What a file is, its content decides; its name and the type that a browser declares don't count.
//! Pictures are decoded and written anew, so that nothing of the file that came in is kept: no place
//! where a photo was taken, no second content behind the first. Must not: know a person or a campaign,
//! or serve anything. Everything here blocks and computes: call it on a thread that may.
//! Next: [`Uploads`] (`uploads.rs`), `picture.rs`, `document.rs`.
//!
//! Whoever serves a document sends it as a download (`Content-Disposition: attachment`), with
//! `X-Content-Type-Options: nosniff` and `Content-Security-Policy: sandbox; default-src 'none'`:
//! the check of a PDF sees no compressed part of it.

mod document;
mod error;
mod kept;
mod picture;
mod uploads;

pub use error::Error;
pub use kept::{Kept, Limits, MediaType};
pub use uploads::Uploads;
