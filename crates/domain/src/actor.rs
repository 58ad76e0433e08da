//! Who acts: a pseudonymous id and the role in which it acts.

use serde::{Deserialize, Serialize};

/// The role in which somebody acts. Roles are granted to agents of the city.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Role {
    /// A participant: anyone who deposits, comments or votes (`citoyen·ne`).
    Citizen,
    /// The team that runs the campaign (`mission budget participatif`).
    Coordinator,
    /// Instructs for one department (`référent·e de direction`).
    DepartmentReferent,
    /// Enters paper ballots (`agent·e de bureau de vote`).
    PollingOfficer,
    /// Closes the ballot box and proclaims the result (`président·e du bureau`).
    ReturningOfficer,
    /// The programme itself: phases opened by the clock, imports.
    System,
}

impl Role {
    /// The role's code, as it stands in the log.
    pub fn code(self) -> &'static str {
        match self {
            Self::Citizen => "CITIZEN",
            Self::Coordinator => "COORDINATOR",
            Self::DepartmentReferent => "DEPARTMENT_REFERENT",
            Self::PollingOfficer => "POLLING_OFFICER",
            Self::ReturningOfficer => "RETURNING_OFFICER",
            Self::System => "SYSTEM",
        }
    }

    /// The role with this code.
    pub fn from_code(code: &str) -> Option<Self> {
        use Role::{Citizen, Coordinator, DepartmentReferent, PollingOfficer, ReturningOfficer, System};
        [Citizen, Coordinator, DepartmentReferent, PollingOfficer, ReturningOfficer, System]
            .into_iter()
            .find(|role| role.code() == code)
    }
}

/// Who acts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
    /// A pseudonym; never a name or an address.
    pub id: String,
    /// The role in which it acts.
    pub role: Role,
}

impl Actor {
    /// An actor with this pseudonym and role.
    pub fn new(id: impl Into<String>, role: Role) -> Self {
        Self { id: id.into(), role }
    }
}
