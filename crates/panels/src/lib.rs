//! Site panels (`panneaux de chantier`) and sheets of a district's sites, to print.
//!
//! Owns how words are laid on paper: a plain struct in, the bytes of a tagged PDF (PDF/UA-1) out, the same
//! bytes for the same words. Must not: know what a site is, choose a word, read a clock or a file. The
//! letters are in `fonts/`, Latin, Greek and Cyrillic; any other is shown as U+FFFD. Who words it:
//! `api/src/panel_words.rs`. Next: `panel.rs`, `sheet.rs`; the pen they share: `pen.rs`, `letters.rs`.

mod letters;
mod panel;
mod pen;
mod sheet;
mod square;

pub use panel::{Fact, Panel, Progress, Step, site_panel};
pub use sheet::{Row, Sheet, sites_sheet};

/// The paper, upright.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Format {
    /// 297 mm by 420 mm.
    A3,
    /// 210 mm by 297 mm.
    A4,
}

impl Format {
    /// How much larger than A4 everything is drawn: both have the same shape.
    fn scale(self) -> f32 {
        match self {
            Self::A3 => std::f32::consts::SQRT_2,
            Self::A4 => 1.0,
        }
    }
}

/// The language that the words are in, for those who have the sheet read aloud.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Language {
    /// French.
    French,
    /// English.
    English,
}

impl Language {
    /// As RFC 3066 writes it.
    fn tag(self) -> &'static str {
        match self {
            Self::French => "fr",
            Self::English => "en",
        }
    }
}

/// Why there is no PDF.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The address doesn't fit into a code that a telephone reads from the street.
    #[error("the address {address} is too long for a code on paper: use one of {limit} bytes at most")]
    AddressTooLong {
        /// Its beginning.
        address: String,
        /// Bytes that fit.
        limit: usize,
    },
    /// The letters that come with the program can't be read.
    #[error("the letters that come with the program can't be read: install it anew")]
    Letters,
    /// The document breaks a rule of PDF or of PDF/UA.
    #[error("the document can't be written: {0}: report it with what should stand on it")]
    Document(String),
}

impl Error {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::AddressTooLong { .. } => "PANEL_ADDRESS_TOO_LONG",
            Self::Letters => "PANEL_LETTERS",
            Self::Document(_) => "PANEL_DOCUMENT",
        }
    }
}
