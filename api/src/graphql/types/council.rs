//! What the council decided of a project, beside the count.

use super::area::{given, removed};
use super::enums::{Role, Ruling};
use super::place::Moment;
use super::scalars::Date;
use async_graphql::Object;
use projections::projects::CouncilRow;

/// A decision of the council.
pub struct CouncilDecision {
    pub(crate) row: CouncilRow,
}

/// A decision that the council took of a project after the count (`délibération du conseil`). It changes
/// what is carried out, and never the count.
#[Object]
impl CouncilDecision {
    /// What it decided.
    async fn decision(&self) -> Ruling {
        self.row.decided.decision.into()
    }

    /// The day of the session.
    async fn session(&self) -> Date {
        Date(self.row.decided.session)
    }

    /// Why; null when removed.
    async fn reason(&self) -> Option<&str> {
        given(Some(&self.row.decided.reason))
    }

    /// When it was entered.
    async fn entered(&self) -> Moment {
        self.row.moment.into()
    }

    /// In which role it was confirmed.
    async fn entered_by(&self) -> Role {
        self.row.by.into()
    }

    /// Fields whose text was removed and which are therefore null.
    async fn redacted(&self) -> Vec<&'static str> {
        removed([("reason", self.row.decided.reason.is_redacted())])
    }
}
