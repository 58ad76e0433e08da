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
    /// Watches over what people write in public, and takes out what must not stand there.
    Moderator,
    /// Holds a part of the keys of the ballot box (`porteur·se de clé`).
    KeyHolder,
    /// Checks what others did; changes nothing.
    Auditor,
    /// Studies proposals and results; changes nothing.
    Analyst,
    /// Watches over personal data (`délégué·e à la protection des données`).
    DataProtectionOfficer,
    /// Keeps the servers running; neither instructs nor counts nor reads ballots.
    ItLead,
    /// The programme itself: phases opened by the clock, imports.
    System,
}

impl Role {
    /// All roles.
    pub const ALL: [Self; 12] = [
        Self::Citizen,
        Self::Coordinator,
        Self::DepartmentReferent,
        Self::PollingOfficer,
        Self::ReturningOfficer,
        Self::Moderator,
        Self::KeyHolder,
        Self::Auditor,
        Self::Analyst,
        Self::DataProtectionOfficer,
        Self::ItLead,
        Self::System,
    ];

    /// The role's code, as it stands in the log.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Citizen => "CITIZEN",
            Self::Coordinator => "COORDINATOR",
            Self::DepartmentReferent => "DEPARTMENT_REFERENT",
            Self::PollingOfficer => "POLLING_OFFICER",
            Self::ReturningOfficer => "RETURNING_OFFICER",
            Self::Moderator => "MODERATOR",
            Self::KeyHolder => "KEY_HOLDER",
            Self::Auditor => "AUDITOR",
            Self::Analyst => "ANALYST",
            Self::DataProtectionOfficer => "DATA_PROTECTION_OFFICER",
            Self::ItLead => "IT_LEAD",
            Self::System => "SYSTEM",
        }
    }

    /// The role with this code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.code() == code)
    }

    /// Whether it is an agent's: one that is granted to a person.
    pub const fn is_agents(self) -> bool {
        !matches!(self, Self::Citizen | Self::System)
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
