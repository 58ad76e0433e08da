//! Who holds which role: one row for each person and office, public like the log that says it.

use crate::Table;
use crate::overview::Moment;
use domain::campaign::Event;
use domain::roles::Office;
use domain::{ActorId, Record, Timestamp};
use serde::{Deserialize, Serialize};

/// A person and an office: what tells grants apart.
pub type GrantKey = (ActorId, Office);

/// A role that was granted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GrantRow {
    /// To whom.
    pub grantee: ActorId,
    /// The role with its scope.
    #[serde(flatten)]
    pub office: Office,
    /// When, the last time.
    pub from: Moment,
    /// The moment from which it is no longer in force; none while it lasts.
    pub until: Option<Timestamp>,
    /// When it was taken back.
    pub revoked: Option<Moment>,
}

pub(crate) fn apply(grants: &mut Table<GrantKey, GrantRow>, record: &Record, event: &Event) {
    let moment = Moment::from(record);
    match event {
        Event::RoleGranted { grantee, office, until } => {
            let key = (grantee.clone(), office.clone());
            let (grantee, office) = key.clone();
            grants.put(key, GrantRow { grantee, office, from: moment, until: *until, revoked: None });
        }
        Event::RoleRevoked { grantee, office, .. } => {
            grants.change(&(grantee.clone(), office.clone()), |row| row.revoked = Some(moment));
        }
        Event::CampaignConfigured { .. }
        | Event::PhaseOpened { .. }
        | Event::PhaseClosed { .. }
        | Event::RulesFrozen { .. }
        | Event::CatalogueListed { .. }
        | Event::CataloguePublished { .. }
        | Event::BallotBoxClosed { .. }
        | Event::LotSeedDrawn { .. }
        | Event::ResultProclaimed { .. }
        | Event::ActProposed { .. }
        | Event::ActConfirmed { .. }
        | Event::ActDropped { .. }
        | Event::ValuesRedacted { .. }
        | Event::OutlineDrawn { .. }
        | Event::ExclusionDeclared { .. }
        | Event::ExclusionLifted { .. }
        | Event::LinkShredded { .. }
        | Event::ReadingsAnchored { .. } => {}
    }
}
