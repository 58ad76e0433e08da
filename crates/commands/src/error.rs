//! Why a command wasn't carried out: refused by a rule, lost a race, or a fault.

use domain::{RecordError, Rejection};

/// Why a command wasn't carried out. Nothing of it was written.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A rule says no.
    #[error(transparent)]
    Rejected(#[from] Rejection),
    /// The store holds no such campaign.
    #[error("there is no campaign `{0}` in this store: `parvis campaign show` lists them")]
    UnknownCampaign(String),
    /// Others wrote to the same streams, again and again.
    #[error("others changed `{stream}` at the same time ({attempts} attempts): look at what they did, then ask again")]
    Conflict {
        /// The stream that moved last.
        stream: String,
        /// How often it was tried.
        attempts: u32,
    },
    /// The id of this command belongs to another one.
    #[error("the commandId {0} was used for another command: take a new one for each command")]
    CommandIdReused(String),
    /// The store has a fault.
    #[error(transparent)]
    Store(#[from] event_store::Error),
    /// The log holds something that isn't an event of this programme.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// An event can't be written as it is.
    #[error("the event can't be written: {0}")]
    Unwritable(String),
    /// The machine's clock is outside the years 0 to 9999.
    #[error("the machine's clock stands outside the years 0 to 9999: set it")]
    Clock,
}

impl Error {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Rejected(rejection) => rejection.code.as_str(),
            Self::UnknownCampaign(_) => "UNKNOWN_CAMPAIGN",
            Self::Conflict { .. } => "CONFLICT",
            Self::CommandIdReused(_) => "COMMAND_ID_REUSED",
            Self::Store(error) => error.code(),
            Self::Record(error) => error.code(),
            Self::Unwritable(_) => "EVENT_UNWRITABLE",
            Self::Clock => "CLOCK_OUT_OF_RANGE",
        }
    }
}
