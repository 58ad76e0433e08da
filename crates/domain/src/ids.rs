//! Identifiers: one type each, so that a project's can't stand for a proposal's.
//!
//! Every id is 1 to 64 characters of `A–Z a–z 0–9 . _ -`: it stands in URLs, file
//! names and SQL as it is. What people typed as a reference is kept beside it.

use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// The text isn't an identifier.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` isn't an id: use 1 to 64 of the characters A-Z a-z 0-9 . _ -")]
pub struct InvalidId(pub String);

fn checked(text: &str) -> Result<String, InvalidId> {
    let fits = (1..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b));
    if fits { Ok(text.to_owned()) } else { Err(InvalidId(text.chars().take(80).collect())) }
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// The id as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;
            fn from_str(text: &str) -> Result<Self, InvalidId> {
                checked(text).map(Self)
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidId;
            fn try_from(text: String) -> Result<Self, InvalidId> {
                checked(&text).map(Self)
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

id!(
    /// An area of the city with an envelope of its own (`arrondissement`, or the whole city).
    AreaId
);
id!(
    /// A theme of proposals and projects (`thématique`).
    ThemeId
);
id!(
    /// A department of the city's administration (`direction`).
    DepartmentId
);
id!(
    /// A proposal (`dépôt`, `proposition`): the stream `proposal/<id>`.
    ProposalId
);
id!(
    /// A project formed from proposals (`projet`): the stream `project/<id>`.
    ProjectId
);
id!(
    /// A voter's pseudonym in one campaign: the stream `ballot/<id>`. It never names a person.
    VoterId
);
id!(
    /// A site that carries out a winning project (`chantier`): the stream `site/<id>`.
    SiteId
);
id!(
    /// Who acts, by pseudonym: an agent of the city or a participant. It never names a person.
    ActorId
);
id!(
    /// A place where people vote on paper (`lieu de vote`).
    PlaceId
);
id!(
    /// A comment on a proposal or in a workshop: the stream `comment/<id>`.
    CommentId
);
id!(
    /// A workshop (`atelier`): the stream `workshop/<id>`.
    WorkshopId
);
id!(
    /// A priority neighbourhood (`quartier populaire`).
    NeighbourhoodId
);
id!(
    /// A criterion that departments answer in their verdicts (`critère de recevabilité`).
    CriterionId
);
id!(
    /// The number on a seal of a ballot box (`scellé`).
    SealId
);
