//! What is kept of a file, and how much is taken.

use serde::{Deserialize, Serialize};

/// How much is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Bytes of a file as it comes in. Default 2,000,000.
    pub bytes: usize,
    /// Files of one object, for the caller to count. Default 5.
    pub per_object: usize,
    /// Pixels of a picture as it comes in. Default 40 million.
    pub pixels: u64,
    /// Pixels of the longer side of a picture as it is kept. Default 2,560; at least 16.
    pub side: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self { bytes: 2_000_000, per_object: 5, pixels: 40_000_000, side: 2_560 }
    }
}

/// What a file is, by its content.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum MediaType {
    /// A photo.
    #[serde(rename = "image/jpeg")]
    Jpeg,
    /// A picture with transparent parts.
    #[serde(rename = "image/png")]
    Png,
    /// A document: only ever served as a download.
    #[serde(rename = "application/pdf")]
    Pdf,
}

impl MediaType {
    /// As it stands in `Content-Type`.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::Pdf => "application/pdf",
        }
    }

    /// All of them.
    pub const ALL: [Self; 3] = [Self::Jpeg, Self::Png, Self::Pdf];

    /// Of the file's name, without the dot.
    #[must_use]
    pub fn extension(self) -> &'static str {
        match self {
            Self::Jpeg => "jpg",
            Self::Png => "png",
            Self::Pdf => "pdf",
        }
    }
}

/// A file that was taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    /// SHA-256 of what is kept, in hexadecimal: its name.
    pub sha256: String,
    /// What it is.
    pub media_type: MediaType,
    /// How long it is, in bytes.
    pub bytes: u64,
    /// Pixels of a picture.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub width: Option<u32>,
    /// Pixels of a picture.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub height: Option<u32>,
}
