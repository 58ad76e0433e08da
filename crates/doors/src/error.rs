//! What keeps the doors from being hung: settings that can't be right. What a request is told stands in
//! `refusal.rs`. No message holds a secret.

/// Why the doors can't be set up. The text says what to do.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The address of the site can't be used.
    #[error(
        "public_url is {url}, but {why}: give the address that people type, such as https://budget.example, without a path"
    )]
    PublicUrl {
        /// As it was given.
        url: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// An issuer's settings can't be used.
    #[error("issuer \"{id}\": {why}")]
    Issuer {
        /// Which one.
        id: String,
        /// What is wrong, and what to do.
        why: String,
    },
    /// Two issuers under one id.
    #[error("two issuers are called \"{id}\": give each an id of its own")]
    IssuerTwice {
        /// The id.
        id: String,
    },
    /// The client secret is not where the settings say.
    #[error("issuer \"{id}\": its client secret can't be read from {place} ({why}): put it there, on one line")]
    ClientSecret {
        /// Which issuer.
        id: String,
        /// The file or the variable.
        place: String,
        /// What went wrong.
        why: String,
    },
    /// The development issuer would be open to others.
    #[error(
        "development_issuer lets whoever reaches it be anybody, and {why}: switch it off, or keep the server on this machine \
         (listen on 127.0.0.1, public_url http://localhost:PORT)"
    )]
    DevelopmentExposed {
        /// How others could reach it.
        why: String,
    },
    /// What may call from elsewhere isn't an origin.
    #[error("cors_origins has {origin:?}: write scheme and host alone, such as https://front.example, or \"*\"")]
    CorsOrigin {
        /// As it was given.
        origin: String,
    },
    /// A lifetime or limit outside its range.
    #[error("{name} is {value}: give {expected}")]
    Range {
        /// The setting.
        name: &'static str,
        /// As it was given.
        value: u64,
        /// What it may be.
        expected: &'static str,
    },
    /// The client for other servers can't be built.
    #[error(
        "no client for other servers can be set up ({0}): look at outgoing_proxy and at the machine's certificates"
    )]
    Outgoing(String),
}

impl Error {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::PublicUrl { .. } => "PUBLIC_URL_INVALID",
            Self::Issuer { .. } => "ISSUER_INVALID",
            Self::IssuerTwice { .. } => "ISSUER_TWICE",
            Self::ClientSecret { .. } => "CLIENT_SECRET_UNREADABLE",
            Self::DevelopmentExposed { .. } => "DEVELOPMENT_ISSUER_EXPOSED",
            Self::CorsOrigin { .. } => "CORS_ORIGIN_INVALID",
            Self::Range { .. } => "SETTING_OUT_OF_RANGE",
            Self::Outgoing(_) => "OUTGOING_CLIENT",
        }
    }
}
