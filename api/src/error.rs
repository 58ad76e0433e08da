//! The one place that turns a fault into what a client may see.
//!
//! A fault isn't a no: an expected no is data in a payload (`graphql/types/rejection.rs`). Each fault
//! has a stable code in `extensions.code` and says what to do; what only the operator can mend is
//! logged in full and told without its insides.

use crate::http::RETRY_AFTER_MS;
use crate::past;
use crate::read_model;
use crate::telemetry::trace;
use async_graphql::ErrorExtensions;

/// Something that a request can't be answered for.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// An id that this API didn't give.
    #[error("`{given}` isn't the id of a {kind}: take the `id` of an object as it is")]
    Id {
        /// What was given.
        given: String,
        /// The type that was expected.
        kind: &'static str,
    },
    /// A cursor that this list didn't give.
    #[error("this cursor doesn't belong to this list: start again without `after` and `before`")]
    Cursor,
    /// A page of a size that isn't served.
    #[error("`{0}` must be between 0 and 100, and only one of `first` and `last` given")]
    Page(&'static str),
    /// An argument that can't be used as it is.
    #[error("{field}: {message}")]
    Input {
        /// The argument.
        field: &'static str,
        /// What is wrong and what to do.
        message: String,
    },
    /// No such campaign.
    #[error("there is no campaign `{0}`: the field `campaigns` lists them")]
    UnknownCampaign(String),
    /// A position or size beyond the end of the log, as far as this request sees it.
    #[error("the log has {size} events: ask for less than {asked}")]
    BeyondLog {
        /// The size this request sees.
        size: u64,
        /// What was asked for.
        asked: u64,
    },
    /// Nobody is signed in.
    #[error("sign in to do this: this server accepts commands only from somebody it knows")]
    SignInNeeded,
    /// A token that may not be used for this.
    #[error("this token hasn't the scope {0}: issue one that has, or sign in with a browser")]
    ScopeMissing(&'static str),
    /// Only somebody in front of a browser may do this.
    #[error("a token can't do this: sign in with a browser")]
    BrowserNeeded,
    /// The identity isn't sure enough.
    #[error("this needs an identity of the level {needed}, and yours is {has}: sign in with a provider that gives it")]
    LevelTooLow {
        /// The least level.
        needed: &'static str,
        /// The level of the session.
        has: &'static str,
    },
    /// Nobody holds roles in this campaign, so nobody may act in one.
    #[error("the campaign `{0}` is a record of the past: nobody holds a role in it, and it can't be changed here")]
    NoRolesKept(String),
    /// Something private, asked for by somebody who may not see it.
    #[error("this needs the permission {0}: the coordinators of the campaign grant roles that hold it")]
    PermissionMissing(&'static str),
    /// As many counts as may be asked for at a time.
    #[error("more counts are asked for than this server makes at a time: ask again in a while")]
    TooManyCounts,
    /// Something that is kept about people, which has no past.
    #[error("`{0}` has no past: it tells what is kept about people now, so ask for it without `asOf`")]
    NoPast(&'static str),
    /// A version of the past can't be had.
    #[error(transparent)]
    Past(#[from] past::Error),
    /// The server keeps no personal data.
    #[error("this server keeps no personal data: it only reads logs")]
    NoVault,
    /// The vault failed, or says no.
    #[error(transparent)]
    Vault(#[from] vault::Error),
    /// Messages can't be read or kept.
    #[error(transparent)]
    Messages(#[from] messages::Error),
    /// What somebody asked for came to an end that isn't good.
    #[error(transparent)]
    Failed(#[from] crate::failure::Failure),
    /// The read model is late or broken.
    #[error(transparent)]
    ReadModel(#[from] read_model::Error),
    /// A command failed.
    #[error(transparent)]
    Command(#[from] commands::Error),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] event_store::Error),
    /// Something of the log can't be read.
    #[error(transparent)]
    Record(#[from] domain::RecordError),
    /// A number that GraphQL can't carry, or another break of this program's own promises.
    #[error("internal: {0}")]
    Internal(&'static str),
}

impl Fault {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Id { .. } => "ID_INVALID",
            Self::Cursor => "CURSOR_INVALID",
            Self::Page(_) => "PAGE_INVALID",
            Self::Input { .. } => "INPUT_INVALID",
            Self::UnknownCampaign(_) => "UNKNOWN_CAMPAIGN",
            Self::BeyondLog { .. } => "POSITION_OUT_OF_RANGE",
            Self::SignInNeeded => "SIGN_IN_NEEDED",
            Self::ScopeMissing(_) => "SCOPE_MISSING",
            Self::BrowserNeeded => "BROWSER_NEEDED",
            Self::LevelTooLow { .. } => "LEVEL_TOO_LOW",
            Self::NoRolesKept(_) => "NO_ROLES_KEPT",
            Self::PermissionMissing(_) => "PERMISSION_MISSING",
            Self::TooManyCounts => "BUSY",
            Self::NoPast(_) => "NO_PAST",
            Self::Past(error) => error.code(),
            Self::NoVault => "NO_VAULT",
            Self::Vault(error) => error.code(),
            Self::Messages(error) => error.code(),
            Self::Failed(_) => "INTERNAL",
            Self::ReadModel(error) => error.code(),
            Self::Command(error) => error.code(),
            Self::Store(error) => error.code(),
            Self::Record(error) => error.code(),
            Self::Internal(_) => "INTERNAL",
        }
    }

    /// When the client may come again, in milliseconds, if the store had no room for it.
    fn retry_after_ms(&self) -> Option<u64> {
        match self {
            Self::TooManyCounts | Self::Past(past::Error::Busy) => Some(5_000),
            Self::Past(past::Error::NotRead { .. }) => Some(2_000),
            Self::Store(error)
            | Self::Past(past::Error::Store(error))
            | Self::ReadModel(read_model::Error::Store(error))
            | Self::Command(commands::Error::Store(error)) => match error {
                event_store::Error::Busy { retry_after_ms, .. } => Some(*retry_after_ms),
                // The address of the database stays here; that it comes back is worth knowing.
                event_store::Error::Unavailable { .. } => Some(1_000),
                _ => None,
            },
            _ => None,
        }
    }

    /// Whether the client can do something about it; otherwise it isn't told the insides.
    fn is_for_client(&self) -> bool {
        match self {
            Self::Id { .. }
            | Self::Cursor
            | Self::Page(_)
            | Self::Input { .. }
            | Self::UnknownCampaign(_)
            | Self::BeyondLog { .. }
            | Self::SignInNeeded
            | Self::ScopeMissing(_)
            | Self::BrowserNeeded
            | Self::LevelTooLow { .. }
            | Self::NoRolesKept(_)
            | Self::PermissionMissing(_)
            | Self::TooManyCounts
            | Self::NoPast(_)
            | Self::NoVault => true,
            Self::Past(error) => matches!(error, past::Error::Busy | past::Error::NotRead { .. }),
            Self::Vault(error) => matches!(
                error,
                vault::Error::RecordTooLarge { .. }
                    | vault::Error::RecordId
                    | vault::Error::TokensFull(_)
                    | vault::Error::PersonErased(_)
                    | vault::Error::ReadingNote
            ),
            Self::ReadModel(error) => matches!(error, read_model::Error::Behind { .. }),
            Self::Command(error) => matches!(
                error,
                commands::Error::UnknownCampaign(_)
                    | commands::Error::Conflict { .. }
                    | commands::Error::CommandIdReused(_)
                    | commands::Error::Rejected(_)
                    // What was typed has no form in the log: too long, or no Unicode NFC.
                    | commands::Error::Unwritable(_)
                    | commands::Error::Store(event_store::Error::Leaf { .. })
            ),
            Self::Store(_) | Self::Record(_) | Self::Internal(_) | Self::Failed(_) | Self::Messages(_) => false,
        }
    }
}

impl ErrorExtensions for Fault {
    fn extend(&self) -> async_graphql::Error {
        let code = self.code();
        let told = self.is_for_client() || code == "BUSY";
        let message = if told {
            self.to_string()
        } else {
            tracing::error!(code, "a request failed: {self}");
            "the server has a fault: try again later; its operator finds the reason in its journal".to_owned()
        };
        async_graphql::Error::new(message).extend_with(|_, extensions| {
            extensions.set("code", code);
            if let Some(ms) = self.retry_after_ms() {
                extensions.set(RETRY_AFTER_MS, ms);
            }
            if let Some(trace) = trace::current().filter(|_| !told) {
                extensions.set("traceId", trace.to_string());
            }
        })
    }
}

impl From<Fault> for async_graphql::Error {
    fn from(fault: Fault) -> Self {
        fault.extend()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use commands::Entropy;
    use tracing::Span;

    #[tokio::test]
    async fn a_fault_tells_its_trace_and_nothing_else() {
        let entropy = Entropy::seeded(1);
        let id = trace::begin(&Span::none(), None, &entropy);
        let told = |fault: Fault| {
            let extensions = fault.extend().extensions.unwrap_or_default();
            let text = |name: &str| extensions.get(name).map(|value| value.to_string().trim_matches('"').to_owned());
            (text("code").unwrap_or_default(), text("traceId"), text(RETRY_AFTER_MS))
        };
        let unavailable = || event_store::Error::Unavailable {
            path: std::path::Path::new("db.example").into(),
            detail: "refused".to_owned(),
        };
        let (fault, away, no) = trace::within(id, Span::none(), async {
            assert!(!Fault::Store(unavailable()).extend().message.contains("db.example"));
            (told(Fault::Internal("x")), told(Fault::Store(unavailable())), told(Fault::Cursor))
        })
        .await;
        assert_eq!(fault, ("INTERNAL".to_owned(), Some(id.to_string()), None));
        assert_eq!(away.1, Some(id.to_string()));
        assert_eq!(away.2.as_deref(), Some("1000"));
        assert_eq!(no, ("CURSOR_INVALID".to_owned(), None, None));
        let busy = commands::Error::Store(event_store::Error::Busy { retry_after_ms: 250 });
        assert_eq!(told(Fault::Command(busy)), ("BUSY".to_owned(), None, Some("250".to_owned())));
    }
}
