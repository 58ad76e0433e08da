//! Every no the door says itself, with its code and HTTP status.
//!
//! What the schema refuses (validation, rights, rejections) is said by the
//! schema. Statuses: GraphQL over HTTP (September 2025), "Status Codes".

use axum::http::StatusCode;

use super::media::Media;

/// Why the door refused a request. The text says what to do about it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// A method other than GET, HEAD or POST.
    #[error("Only GET and POST are answered here: send the request again with one of them.")]
    MethodNotAllowed,
    /// A mutation asked with a method that promises to change nothing.
    #[error("A mutation changes the campaign, so GET must not carry it: send it with POST.")]
    MutationOverGet,
    /// A subscription asked where one answer is given.
    #[error("A subscription needs a stream: open it over server-sent events or a WebSocket.")]
    Subscription,
    /// None of the media types in `Accept` is spoken.
    #[error("Answers come as application/graphql-response+json or application/json: name one of them in Accept.")]
    NotAcceptable,
    /// The body is not declared as UTF-8 JSON.
    #[error("The body must be JSON in UTF-8: send it with Content-Type: application/json.")]
    UnsupportedMediaType,
    /// The body is over the limit.
    #[error("The body is larger than {limit} bytes: ask for less at once, or name the document by its SHA-256.")]
    BodyTooLarge {
        /// The limit, in bytes.
        limit: usize,
    },
    /// The query string is over the limit.
    #[error("The query string is longer than {limit} bytes: send the request with POST.")]
    UrlTooLong {
        /// The limit, in bytes.
        limit: usize,
    },
    /// The connection broke before the body was complete.
    #[error("The body could not be read to its end: send the request again.")]
    BodyUnreadable,
    /// The body is not JSON.
    #[error("The body is not valid JSON ({reason}): send one object with a \"query\".")]
    MalformedJson {
        /// What the JSON reader found, and where.
        reason: String,
    },
    /// The body is an array of requests.
    #[error("Requests are answered one at a time: send one object, not an array.")]
    BatchRefused,
    /// A parameter has the wrong type or is given twice.
    #[error("The parameter \"{name}\" must be {expected}.")]
    InvalidParameter {
        /// Which parameter.
        name: &'static str,
        /// What it must be.
        expected: &'static str,
    },
    /// Neither a document nor the name of one.
    #[error("There is no document to execute: send it as \"query\".")]
    DocumentMissing,
    /// The document has more tokens than allowed.
    #[error("The document has more than {limit} tokens: ask for less at once.")]
    DocumentTooLong {
        /// The limit, in tokens.
        limit: usize,
    },
    /// The document nests brackets deeper than allowed.
    #[error("The document opens more than {limit} brackets inside one another: ask for a flatter answer.")]
    DocumentTooDeep {
        /// The limit, in brackets open at once.
        limit: usize,
    },
    /// The document asks for too much once its fragments are spread.
    #[error("Once its fragments are spread, the document has more than {limit} selections: ask for less at once.")]
    SelectionsTooMany {
        /// The limit, in selections of the whole document.
        limit: usize,
    },
    /// An operation nests fields deeper than allowed, introspection aside.
    #[error("An operation nests its fields more than {limit} deep: ask for a flatter answer.")]
    QueryTooDeep {
        /// The limit, in fields inside one another.
        limit: usize,
    },
    /// A directive is not known where it stands, or stands there twice.
    #[error("Only @skip and @include are known, once each on what is selected: take the other directives out.")]
    DirectiveMisplaced,
    /// Introspection goes from the members of types to the members of their types.
    #[error("Introspection lists members of types inside members of types: ask for the members of one type at a time.")]
    IntrospectionCircular,
    /// An operation has too many fields at its root.
    #[error("An operation has more than {limit} fields at its root: send several requests.")]
    RootFieldsTooMany {
        /// The limit, in fields of one operation.
        limit: usize,
    },
    /// A selection set renames too many fields.
    #[error("A selection has more than {limit} aliases at one level: use a field that answers a list.")]
    AliasesTooMany {
        /// The limit, in aliases of one level.
        limit: usize,
    },
    /// A variable that may not be null is missing or null.
    #[error("The variable ${name} is required and may not be null: give it a value of type {of}.")]
    VariableMissing {
        /// The variable, without its dollar sign.
        name: String,
        /// Its type as the document declares it.
        of: String,
    },
    // Clients recognise the next one by this very text, which Apollo's protocol
    // for automatic persisted queries fixed.
    /// The SHA-256 names a document that was not sent yet, or that had to leave:
    /// send `query` and the SHA-256 together once.
    #[error("PersistedQueryNotFound")]
    PersistedQueryNotFound,
    /// The SHA-256 is not that of the document sent with it.
    #[error("The SHA-256 given is not the one of \"query\": hash the exact text that is sent, in UTF-8.")]
    PersistedQueryMismatch,
    /// A query took too long.
    #[error("The query took longer than {time_ms} ms and was stopped: ask for less at once.")]
    Timeout {
        /// The limit, in milliseconds.
        time_ms: u64,
    },
    /// A mutation took too long; it was not stopped.
    #[error(
        "No outcome after {time_ms} ms, yet the command may still be carried out: \
         send it again with the same commandId to learn its outcome."
    )]
    MutationTimeout {
        /// The limit, in milliseconds.
        time_ms: u64,
    },
    /// Too many requests are under way.
    #[error("The server is busy: send the request again after {} second(s).", retry_after_ms.div_ceil(1_000))]
    Busy {
        /// When to come again, in milliseconds.
        retry_after_ms: u64,
    },
    /// Too many mutations from one address or by one account.
    #[error("Too many changes from here: try again after {after_s} second(s).")]
    RateLimited {
        /// When to come again, in seconds.
        after_s: u64,
    },
    /// The logs are still being read for the first time.
    #[error("The server is starting and reads the logs: send the request again after a few seconds.")]
    Starting,
    /// A fault of the server's own.
    #[error("The server failed on this request; the fault is in its journal. Try again later.")]
    Internal,
    /// Declined before execution by the server the door belongs to: unknown
    /// token, too many requests, not ready.
    #[error("{message}")]
    Declined {
        /// The HTTP status, 4xx or 5xx.
        status: StatusCode,
        /// The stable code, in capitals.
        code: &'static str,
        /// What to do, in the client's language.
        message: String,
    },
}

impl Refusal {
    /// The stable code, given to clients as `extensions.code`.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::MethodNotAllowed => "METHOD_NOT_ALLOWED",
            Self::MutationOverGet => "MUTATION_OVER_GET",
            Self::Subscription => "SUBSCRIPTION_NEEDS_STREAM",
            Self::NotAcceptable => "NOT_ACCEPTABLE",
            Self::UnsupportedMediaType => "UNSUPPORTED_MEDIA_TYPE",
            Self::BodyTooLarge { .. } => "BODY_TOO_LARGE",
            Self::UrlTooLong { .. } => "URL_TOO_LONG",
            Self::BodyUnreadable => "BODY_UNREADABLE",
            Self::MalformedJson { .. } => "MALFORMED_JSON",
            Self::BatchRefused => "BATCH_REFUSED",
            Self::InvalidParameter { .. } => "INVALID_PARAMETER",
            Self::DocumentMissing => "DOCUMENT_MISSING",
            Self::DocumentTooLong { .. } => "DOCUMENT_TOO_LONG",
            Self::DocumentTooDeep { .. } => "DOCUMENT_TOO_DEEP",
            Self::SelectionsTooMany { .. } => "SELECTIONS_TOO_MANY",
            Self::QueryTooDeep { .. } => "QUERY_TOO_DEEP",
            Self::DirectiveMisplaced => "DIRECTIVE_MISPLACED",
            Self::IntrospectionCircular => "INTROSPECTION_CIRCULAR",
            Self::RootFieldsTooMany { .. } => "ROOT_FIELDS_TOO_MANY",
            Self::AliasesTooMany { .. } => "ALIASES_TOO_MANY",
            Self::VariableMissing { .. } => "VARIABLE_MISSING",
            Self::PersistedQueryNotFound => "PERSISTED_QUERY_NOT_FOUND",
            Self::PersistedQueryMismatch => "PERSISTED_QUERY_MISMATCH",
            Self::Timeout { .. } | Self::MutationTimeout { .. } => "TIMEOUT",
            Self::Busy { .. } => "BUSY",
            Self::RateLimited { .. } => "RATE_LIMITED",
            Self::Starting => "STARTING",
            Self::Internal => "INTERNAL",
            Self::Declined { code, .. } => code,
        }
    }

    /// The status of the answer. A well-formed request gets 200 from
    /// `application/json` whatever its document is worth ("application/json"):
    /// there a client takes any other status for the word of an intermediary.
    pub(super) fn status(&self, media: Media) -> StatusCode {
        match self {
            Self::MethodNotAllowed | Self::MutationOverGet => StatusCode::METHOD_NOT_ALLOWED,
            Self::NotAcceptable => StatusCode::NOT_ACCEPTABLE,
            Self::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::BodyTooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Self::UrlTooLong { .. } => StatusCode::URI_TOO_LONG,
            Self::Timeout { .. } | Self::MutationTimeout { .. } | Self::Busy { .. } | Self::Starting => {
                StatusCode::SERVICE_UNAVAILABLE
            }
            Self::RateLimited { .. } => StatusCode::TOO_MANY_REQUESTS,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Declined { status, .. } => *status,
            Self::BodyUnreadable
            | Self::MalformedJson { .. }
            | Self::BatchRefused
            | Self::InvalidParameter { .. }
            | Self::DocumentMissing
            | Self::PersistedQueryMismatch => StatusCode::BAD_REQUEST,
            Self::PersistedQueryNotFound if media != Media::Json => StatusCode::NOT_FOUND,
            Self::Subscription
            | Self::DocumentTooLong { .. }
            | Self::DocumentTooDeep { .. }
            | Self::SelectionsTooMany { .. }
            | Self::QueryTooDeep { .. }
            | Self::DirectiveMisplaced
            | Self::IntrospectionCircular
            | Self::RootFieldsTooMany { .. }
            | Self::AliasesTooMany { .. }
            | Self::VariableMissing { .. }
            | Self::PersistedQueryNotFound => match media {
                Media::Json => StatusCode::OK,
                Media::GraphQlResponse | Media::Html => StatusCode::BAD_REQUEST,
            },
        }
    }

    /// When to come again, in seconds, where coming again helps (RFC 9110, section 10.2.3).
    pub(super) fn retry_after(&self) -> Option<u64> {
        match self {
            Self::Busy { retry_after_ms } => Some(retry_after_ms.div_ceil(1_000)),
            Self::RateLimited { after_s } => Some(*after_s),
            Self::Starting => Some(5),
            _ => None,
        }
    }

    /// Whether somebody has to look into it, so that the answer tells its trace.
    pub(super) fn is_fault(&self) -> bool {
        matches!(self, Self::Internal | Self::Timeout { .. } | Self::MutationTimeout { .. })
    }

    /// The `Allow` header that goes with a 405 (RFC 9110, section 15.5.6).
    pub(super) fn allow(&self) -> Option<&'static str> {
        if *self == Self::MethodNotAllowed {
            Some("GET, HEAD, POST")
        } else {
            (*self == Self::MutationOverGet).then_some("POST")
        }
    }
}
