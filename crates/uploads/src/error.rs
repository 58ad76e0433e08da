//! Why a file isn't taken, each with a stable code and what to do about it.

/// Why a file was refused, or couldn't be kept.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// More bytes than allowed.
    #[error("the file has {bytes} bytes, at most {limit} are taken: make it smaller")]
    TooLarge {
        /// Of the file.
        bytes: usize,
        /// The most that is taken.
        limit: usize,
    },
    /// Neither picture nor document.
    #[error("the file is neither a JPEG, PNG or WebP picture nor a PDF document: save it as one of these")]
    Type,
    /// It begins like one and isn't.
    #[error("the file is damaged or incomplete ({0}): save it anew")]
    Damaged(String),
    /// More pixels than allowed.
    #[error("the picture has {width} × {height} pixels, at most {limit} in all are taken: make it smaller")]
    Pixels {
        /// Of the picture.
        width: u32,
        /// Of the picture.
        height: u32,
        /// The most pixels that are taken.
        limit: u64,
    },
    /// A document that does something.
    #[error("the document contains {0}, which can act on the reader's machine: print it to a new PDF and send that")]
    PdfActive(&'static str),
    /// The owner has no such file, or the name is none.
    #[error("there is no such file")]
    Unknown,
    /// The folder fails.
    #[error("the file can't be kept or found ({0}): check the folder's owner, rights and space")]
    Store(String),
}

impl Error {
    /// A name for programs, which stays the same.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::TooLarge { .. } => "UPLOAD_TOO_LARGE",
            Self::Type => "UPLOAD_TYPE",
            Self::Damaged(_) => "UPLOAD_DAMAGED",
            Self::Pixels { .. } => "UPLOAD_PIXELS",
            Self::PdfActive(_) => "UPLOAD_PDF_ACTIVE",
            Self::Unknown => "UPLOAD_UNKNOWN",
            Self::Store(_) => "UPLOAD_STORE",
        }
    }
}
