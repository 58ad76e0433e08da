//! In whose name a request acts: a pseudonym of the person who signed in, and the role that fits.
//!
//! Owns the step from a session to an [`Actor`]. What a role may do stands in `domain::permission` and
//! nowhere else; here it is only asked. Must not decide whether a command is lawful: the domain does,
//! and says why not. Who signed in: `doors`, through `request.rs`.

use crate::error::Fault;
use crate::graphql::request::{View, Viewer, services, snapshot, vault};
use crate::graphql::types::scalars::CommandId;
use async_graphql::Context;
use commands::Clock;
use domain::permission::{Permission, Scope as Bounds};
use domain::{Actor, Command, Role, Timestamp, project};
use vault::{Hat, PersonId, Scope, Session};

/// Whoever signed in; a fault when nobody did.
pub(crate) fn session<'a>(ctx: &'a Context<'_>) -> Result<&'a Session, Fault> {
    ctx.data_opt::<Viewer>().and_then(|viewer| viewer.session.as_deref()).ok_or(Fault::SignInNeeded)
}

/// The person who signed in, when the session or token may touch their own data.
pub(crate) fn person<'a>(ctx: &'a Context<'_>) -> Result<&'a PersonId, Fault> {
    let session = session(ctx)?;
    covers(session, Scope::ReadOwn)?;
    Ok(&session.person)
}

/// Refuses a token that was not given this scope; a browser's session has them all.
fn covers(session: &Session, scope: Scope) -> Result<(), Fault> {
    let covered = session.scopes.as_ref().is_none_or(|scopes| scopes.contains(&scope));
    if covered { Ok(()) } else { Err(Fault::ScopeMissing(scope.code())) }
}

/// A participant of a campaign: a citizen under a pseudonym of that campaign.
pub(crate) fn participant(ctx: &Context<'_>, campaign: &str) -> Result<Actor, Fault> {
    citizen(ctx, campaign, Scope::Participate, Hat::Participant)
}

/// A voter of a campaign, under a pseudonym that nobody can link to what the same person deposits.
pub(crate) fn voter(ctx: &Context<'_>, campaign: &str) -> Result<Actor, Fault> {
    citizen(ctx, campaign, Scope::Vote, Hat::Voter)
}

/// Whoever may take part, in whatever is in no log.
pub(crate) fn taking_part<'a>(ctx: &'a Context<'_>) -> Result<&'a Session, Fault> {
    sure(ctx, Scope::Participate)
}

fn citizen(ctx: &Context<'_>, campaign: &str, scope: Scope, hat: Hat) -> Result<Actor, Fault> {
    Ok(Actor::new(sure(ctx, scope)?.pseudonym(campaign, hat), Role::Citizen))
}

/// Whoever signed in, sure enough to take part and with this scope.
fn sure<'a>(ctx: &'a Context<'_>, scope: Scope) -> Result<&'a Session, Fault> {
    let session = session(ctx)?;
    covers(session, scope)?;
    let least = services(ctx)?.least_level;
    if session.level < least {
        return Err(Fault::LevelTooLow { needed: least.code(), has: session.level.code() });
    }
    Ok(session)
}

/// An agent in the role that lets them do this; in the first role that would, when they hold none, so
/// that the domain says what is missing. A citizen stays one.
pub(crate) fn agent(ctx: &Context<'_>, campaign: &str, command: &Command) -> Result<Actor, Fault> {
    let department = match command {
        Command::Project(_, project::Command::GiveVerdict(verdict)) => Some(&verdict.department),
        Command::Project(
            _,
            project::Command::NameInstructor { department, .. } | project::Command::HandBack { department, .. },
        ) => Some(department),
        _ => None,
    };
    let place = if let Command::PollingPlace(id, _) = command { Some(id) } else { None };
    match snapshot(ctx)?.campaign(campaign) {
        Some(view) => in_role(ctx, &view, Permission::of(command), Bounds { department, place }),
        // The executor says that there is no such campaign.
        None => founder(ctx),
    }
}

/// As [`agent`], for a permission.
pub(crate) fn in_role(
    ctx: &Context<'_>,
    view: &View,
    permission: Permission,
    bounds: Bounds<'_>,
) -> Result<Actor, Fault> {
    let session = session(ctx)?;
    if !session.agent {
        return participant(ctx, &view.code);
    }
    covers(session, Scope::Agent)?;
    let view = at_present(ctx, view)?;
    let roles = &view.model.campaign.roles;
    if !roles.are_kept() {
        return Err(Fault::NoRolesKept(view.code.clone()));
    }
    let would = permission.rule().roles.iter().copied().find(|role| role.is_agents()).unwrap_or(Role::Coordinator);
    let role = roles.role_for(&session.agent_id, permission, bounds, now(ctx)?).unwrap_or(would);
    Ok(Actor::new(session.agent_id.clone(), role))
}

/// The role in which the person who asks holds this permission in this campaign now.
pub(crate) fn holds(ctx: &Context<'_>, view: &View, permission: Permission) -> Result<Role, Fault> {
    let session = session(ctx)?;
    covers(session, Scope::Agent)?;
    let roles = &at_present(ctx, view)?.model.campaign.roles;
    let at = now(ctx)?;
    let role = session.agent.then(|| roles.role_for(&session.agent_id, permission, Bounds::default(), at));
    role.flatten().ok_or(Fault::PermissionMissing(permission.code()))
}

/// Whether an agent asks who holds a role in this campaign now: who of the agents did what is shown to
/// them alone.
pub(crate) fn serves(ctx: &Context<'_>, view: &View) -> bool {
    let (Ok(session), Ok(at), Ok(view)) = (session(ctx), now(ctx), at_present(ctx, view)) else { return false };
    let covered = session.agent && covers(session, Scope::Agent).is_ok();
    covered && view.model.campaign.roles.held(&session.agent_id, at).next().is_some()
}

/// The campaign by which rights are judged: as it stands now, also when its past is asked about.
pub(crate) fn at_present<'a>(ctx: &'a Context<'_>, view: &'a View) -> Result<&'a View, Fault> {
    if view.moment.is_none() {
        return Ok(view);
    }
    snapshot(ctx)?.now(&view.code).ok_or(Fault::Internal("a past without a present"))
}

/// Whoever begins a campaign: an agent, who becomes its first coordinator.
pub(crate) fn founder(ctx: &Context<'_>) -> Result<Actor, Fault> {
    let session = session(ctx)?;
    if !session.agent {
        // A citizen's command: the domain refuses it with the role that is missing.
        return Ok(Actor::new(session.pseudonym("", Hat::Participant), Role::Citizen));
    }
    covers(session, Scope::Agent)?;
    Ok(Actor::new(session.agent_id.clone(), Role::Coordinator))
}

/// The pseudonym under which the person who asks takes part in a campaign; none when nobody may be asked.
pub(crate) fn pseudonym(ctx: &Context<'_>, campaign: &str) -> Option<String> {
    person(ctx).ok()?;
    Some(session(ctx).ok()?.pseudonym(campaign, Hat::Participant))
}

/// Keeps, in the vault, whose pseudonym this is: an agent may have to reach the author, for a stated
/// purpose and on record.
pub(crate) async fn remember(ctx: &Context<'_>, campaign: &str, pseudonym: &str) -> Result<(), Fault> {
    Ok(vault(ctx)?.remember_pseudonym(&session(ctx)?.person, campaign, pseudonym).await?)
}

/// The secret of the invitation that a command makes: the same when the command comes again. The log
/// shows the command's id to everybody, so the secret hangs on the person's key as well.
pub(crate) fn invitation(ctx: &Context<'_>, id: CommandId) -> Result<String, Fault> {
    Ok(session(ctx)?.secret(&format!("invitation\n{}", id.0)))
}

/// The moment for which an answer is told: now, or the one of the past that is asked about.
pub(crate) fn moment(ctx: &Context<'_>, view: &View) -> Result<Timestamp, Fault> {
    view.moment.map_or_else(|| now(ctx), Ok)
}

/// Now, by the clock of the commands; by the machine's on a server that only reads.
pub(crate) fn now(ctx: &Context<'_>) -> Result<Timestamp, Fault> {
    let clock = services(ctx)?.executor.as_ref().map_or(Clock::System, |executor| executor.clock().clone());
    clock.now().ok_or(Fault::Command(commands::Error::Clock))
}
