//! Who holds which role in a campaign, since when it matters and until when.
//!
//! Owns the grants and their rules. What a role may do stands in [`crate::permission`]. Grants are
//! events of the campaign, whose sequence guards every command: one that raced a revocation is
//! decided anew. A campaign that never granted a role keeps none, and its log is checked by the
//! roles that its actors name.

use crate::campaign::{Campaign, Event};
use crate::permission::{Bound, Permission, Scope};
use crate::rejection::ensure;
use crate::{ActorId, Code, Context, DepartmentId, Hidden, PlaceId, Rejection, Role, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A role of a person, with its scope.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Office {
    /// The role.
    pub role: Role,
    /// The department, for a DEPARTMENT_REFERENT and nobody else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub department: Option<DepartmentId>,
    /// The polling place, for a POLLING_OFFICER and nobody else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<PlaceId>,
}

impl Office {
    /// A role of the whole campaign.
    pub const fn of(role: Role) -> Self {
        Self { role, department: None, place: None }
    }

    fn fits(&self, scope: Scope<'_>) -> bool {
        let department = scope.department.zip(self.department.as_ref()).is_none_or(|(asked, own)| asked == own);
        department && scope.place.zip(self.place.as_ref()).is_none_or(|(asked, own)| asked == own)
    }
}

/// An office that was granted and not revoked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    /// The role with its scope.
    #[serde(flatten)]
    pub office: Office,
    /// The moment from which it is no longer in force; none while it lasts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
}

impl Grant {
    /// Whether it is in force then.
    pub fn in_force(&self, at: Timestamp) -> bool {
        self.until.is_none_or(|until| at < until)
    }
}

/// The roles of a campaign.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Roles {
    /// Whether a role was ever granted: from then on an agent acts only in a role that it holds.
    kept: bool,
    grants: BTreeMap<ActorId, Vec<Grant>>,
}

impl Roles {
    /// Whether roles are kept: since the first grant.
    pub const fn are_kept(&self) -> bool {
        self.kept
    }

    /// All grants that weren't revoked, by person.
    pub fn grants(&self) -> impl Iterator<Item = (&ActorId, &Grant)> {
        self.grants.iter().flat_map(|(grantee, grants)| grants.iter().map(move |grant| (grantee, grant)))
    }

    /// The grants of a person that are in force then.
    pub fn held<'a>(&'a self, actor: &str, at: Timestamp) -> impl Iterator<Item = &'a Grant> + use<'a> {
        let grants = actor.parse::<ActorId>().ok().and_then(|actor| self.grants.get(&actor));
        grants.into_iter().flatten().filter(move |grant| grant.in_force(at))
    }

    /// The first role of the permission's rule that the person holds then, with a scope that fits.
    pub fn role_for(&self, actor: &str, permission: Permission, scope: Scope<'_>, at: Timestamp) -> Option<Role> {
        let holds = |role: &Role| self.require(actor, *role, permission.rule().bound, scope, at).is_ok();
        permission.rule().roles.iter().copied().filter(|role| role.is_agents()).find(|role| holds(role))
    }

    /// Refuses unless the person holds the role then, with a scope that fits.
    ///
    /// # Errors
    /// [`Code::RoleNotHeld`], [`Code::RoleEnded`], [`Code::OtherDepartment`] or [`Code::OtherPlace`].
    pub fn require(
        &self,
        actor: &str,
        role: Role,
        bound: Bound,
        scope: Scope<'_>,
        at: Timestamp,
    ) -> Result<(), Rejection> {
        let not_held = || Code::RoleNotHeld.with(role.code());
        let grants = actor.parse::<ActorId>().ok().and_then(|actor| self.grants.get(&actor)).ok_or_else(not_held)?;
        let of_role = || grants.iter().filter(|grant| grant.office.role == role);
        if !of_role().any(|grant| grant.in_force(at)) {
            let ended = of_role().filter_map(|grant| grant.until).max();
            return Err(ended.map_or_else(not_held, |ended| Code::RoleEnded.with(ended)));
        }
        let scope = scope.within(bound);
        ensure(of_role().any(|grant| grant.in_force(at) && grant.office.fits(scope)), || match scope {
            Scope { department: Some(department), .. } => Code::OtherDepartment.on("department").with(department),
            Scope { place, .. } => Code::OtherPlace.on("place").with(place.map_or("-", PlaceId::as_str)),
        })
    }

    fn has_coordinator(&self, at: Timestamp, except: Option<&ActorId>) -> bool {
        let in_force = |grant: &Grant| grant.office.role == Role::Coordinator && grant.in_force(at);
        self.grants().any(|(grantee, grant)| Some(grantee) != except && in_force(grant))
    }

    pub(crate) fn grant(&mut self, grantee: &ActorId, office: &Office, until: Option<Timestamp>) {
        self.kept = true;
        let grants = self.grants.entry(grantee.clone()).or_default();
        grants.retain(|grant| grant.office != *office);
        grants.push(Grant { office: office.clone(), until });
        grants.sort_by(|a, b| a.office.cmp(&b.office));
    }

    pub(crate) fn revoke(&mut self, grantee: &ActorId, office: &Office) {
        if let Some(grants) = self.grants.get_mut(grantee) {
            grants.retain(|grant| grant.office != *office);
        }
        self.grants.retain(|_, grants| !grants.is_empty());
    }
}

/// Roles that one person can't hold together, whichever comes first.
///
/// Who runs the servers has no part in what is decided and counted on them, and who audits has none
/// in what is audited.
pub const fn are_incompatible(one: Role, other: Role) -> bool {
    const fn watches(role: Role) -> bool {
        matches!(role, Role::ItLead | Role::Auditor)
    }
    const fn decides(role: Role) -> bool {
        matches!(
            role,
            Role::Coordinator
                | Role::DepartmentReferent
                | Role::PollingOfficer
                | Role::ReturningOfficer
                | Role::KeyHolder
        )
    }
    (watches(one) && decides(other)) || (decides(one) && watches(other))
}

impl Campaign {
    pub(crate) fn check_grant(
        &self,
        grantee: &ActorId,
        office: &Office,
        until: Option<Timestamp>,
        context: &Context<'_>,
    ) -> Result<(), Rejection> {
        let configuration = self.configured()?;
        let Office { role, department, place } = office;
        ensure(role.is_agents(), || Code::RoleNotGrantable.on("role").with(role.code()))?;
        let scoped = |needed: bool, given: bool, field: &str| {
            ensure(needed == given, || Code::ScopeInvalid.on(field).with(role.code()))
        };
        scoped(*role == Role::DepartmentReferent, department.is_some(), "department")?;
        scoped(*role == Role::PollingOfficer, place.is_some(), "place")?;
        if let Some(department) = department {
            configuration.require_department(department)?;
        }
        ensure(until.is_none_or(|until| until > context.at), || Code::TooEarly.on("until").with(context.at))?;
        let founding = !self.roles.are_kept();
        // Without a coordinator nobody could grant anything any more.
        let founded = !founding || *role == Role::Coordinator;
        ensure(founded, || Code::LastCoordinator.on("role"))?;
        if context.actor.role == Role::System {
            let recovers = *role == Role::Coordinator && !self.roles.has_coordinator(context.at, None);
            ensure(recovers || self.is_imported(), || Code::RoleMissing.with(Role::Coordinator.code()))?;
        } else {
            ensure(founding || grantee.as_str() != context.actor.id, || Code::OwnRole.on("grantee"))?;
        }
        let against =
            self.roles.held(grantee.as_str(), context.at).find(|held| are_incompatible(held.office.role, *role));
        match against {
            Some(held) => Err(Code::RolesIncompatible.on("role").with(held.office.role.code())),
            None => Ok(()),
        }
    }

    pub(crate) fn check_revocation(
        &self,
        grantee: &ActorId,
        office: &Office,
        context: &Context<'_>,
    ) -> Result<(), Rejection> {
        ensure(grantee.as_str() != context.actor.id, || Code::OwnRole.on("grantee"))?;
        let held = self.roles.held(grantee.as_str(), context.at).any(|held| held.office == *office);
        ensure(held, || Code::NotFound.on("role").with(office.role.code()))?;
        let kept = office.role != Role::Coordinator || self.roles.has_coordinator(context.at, Some(grantee));
        ensure(kept, || Code::LastCoordinator.on("grantee"))
    }
}

/// The event of a revocation.
pub(crate) fn revoked(grantee: ActorId, office: Office, reason: Option<String>) -> Event {
    Event::RoleRevoked { grantee, office, reason: reason.map(Hidden::Disclosed) }
}
