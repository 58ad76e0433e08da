//! Who may do what: the one table of permissions.
//!
//! Owns which roles may do what, what each is bound to, and where a second agent has to agree. Who
//! holds a role is in [`crate::roles`], how a second agent agrees in [`crate::acts`], and what the
//! state of a stream allows in that stream. [`World::check`](crate::World::check) asks here first.

use crate::rejection::ensure;
use crate::{Actor, Code, Command, DepartmentId, Event, PlaceId, Rejection, Role, Timestamp, World};
use crate::{project, site};
use Bound::{Campaign, Department, Own, Place};
use Role::{
    Analyst, Auditor, Citizen, Coordinator, DataProtectionOfficer as Dpo, DepartmentReferent as Referent, ItLead,
    Moderator, PollingOfficer as Polling, ReturningOfficer as Returning,
};
use Second::{Always, Never, Sometimes};

/// What a permission is bound to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bound {
    /// The whole campaign.
    Campaign,
    /// The department of a referent; other roles of the rule have all departments.
    Department,
    /// The place of a polling officer; other roles of the rule have all places.
    Place,
    /// A citizen's own proposal, ballot or data; agents of the rule have everybody's.
    Own,
}

/// Whether a second agent has to agree, where roles are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Second {
    /// One agent is enough.
    Never,
    /// In the cases that [`crate::acts`] names: the vote, rules, public texts.
    Sometimes,
    /// Always.
    Always,
}

/// A row of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    /// The roles that may.
    pub roles: &'static [Role],
    /// What they are bound to.
    pub bound: Bound,
    /// Whether a second agent has to agree.
    pub second: Second,
    /// Whether the programme itself may, in a campaign that keeps roles. In one that keeps none, and
    /// in imported ones, it may give every command.
    pub machine: bool,
}

macro_rules! permissions {
    ($($variant:ident = $code:literal, $roles:expr, $bound:expr, $second:expr, $machine:literal, $doc:literal;)*) => {
        /// Something that not everybody may do: a command, or a look at what isn't public.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Permission {
            $(#[doc = $doc] $variant,)*
        }

        impl Permission {
            /// All permissions.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The stable code.
            pub const fn code(self) -> &'static str {
                match self { $(Self::$variant => $code,)* }
            }

            /// Its row of the table.
            pub const fn rule(self) -> Rule {
                match self {
                    $(Self::$variant => Rule { roles: &$roles, bound: $bound, second: $second, machine: $machine },)*
                }
            }
        }
    };
}

permissions! {
    Configure = "CONFIGURE", [Coordinator], Campaign, Sometimes, false, "Configure the campaign.";
    OpenPhase = "OPEN_PHASE", [Coordinator, Returning], Campaign, Sometimes, true, "Open a phase.";
    ClosePhase = "CLOSE_PHASE", [Coordinator, Returning], Campaign, Sometimes, true, "Close a phase.";
    PublishCatalogue = "PUBLISH_CATALOGUE", [Coordinator], Campaign, Never, false, "Publish the ballot list.";
    CloseBallotBox = "CLOSE_BALLOT_BOX", [Returning, Coordinator], Campaign, Always, false, "Close the ballot box.";
    DrawLot = "DRAW_LOT", [Returning, Coordinator], Campaign, Never, false, "Draw the public lot.";
    ProclaimResult = "PROCLAIM_RESULT", [Returning, Coordinator], Campaign, Always, false, "Count and proclaim.";
    EnterCouncilDecision = "ENTER_COUNCIL_DECISION", [Returning, Coordinator], Campaign, Always, false, "Enter what the council decided of a project after the count.";
    RecordResult = "RECORD_RESULT", [Coordinator], Campaign, Never, false, "Record the result of a past election.";
    GrantRole = "GRANT_ROLE", [Coordinator], Campaign, Never, true, "Grant a role.";
    RevokeRole = "REVOKE_ROLE", [Coordinator], Campaign, Never, false, "Revoke a role.";
    ConfirmAct = "CONFIRM_ACT", [Coordinator, Returning, Moderator, Dpo], Campaign, Never, false, "Confirm an act, within what one may do oneself.";
    DropAct = "DROP_ACT", [Coordinator, Returning, Moderator, Dpo], Campaign, Never, false, "Drop a proposed act, within what one may do oneself.";
    Redact = "REDACT", [Moderator, Coordinator, Dpo, Citizen], Own, Sometimes, true, "Remove what people typed.";
    AnchorReadings = "ANCHOR_READINGS", [], Campaign, Never, true, "Anchor the record of readings of personal data.";
    Deposit = "DEPOSIT", [Citizen, Coordinator], Own, Never, false, "Deposit a proposal.";
    Withdraw = "WITHDRAW", [Citizen], Own, Never, false, "Take a proposal back.";
    Merge = "MERGE", [Coordinator], Campaign, Never, false, "Make a proposal part of a project.";
    FormProject = "FORM_PROJECT", [Coordinator], Campaign, Never, false, "Form a project.";
    GiveVerdict = "GIVE_VERDICT", [Referent, Coordinator], Department, Never, false, "Give a department's verdict.";
    AdmitProject = "ADMIT_PROJECT", [Coordinator], Campaign, Never, false, "Put a project on the ballot.";
    RefuseProject = "REFUSE_PROJECT", [Coordinator], Campaign, Never, false, "Refuse a project.";
    EditProposal = "EDIT_PROPOSAL", [Citizen, Coordinator], Own, Never, false, "Change a proposal.";
    InviteCoAuthor = "INVITE_CO_AUTHOR", [Citizen], Own, Never, false, "Invite a co-author.";
    JoinProposal = "JOIN_PROPOSAL", [Citizen], Own, Never, false, "Become or stop being a co-author.";
    Moderate = "MODERATE", [Moderator, Coordinator], Campaign, Never, false, "Approve, remove or restore what people publish.";
    Support = "SUPPORT", [Citizen], Own, Never, false, "Support a proposal.";
    Report = "REPORT", [Citizen], Own, Never, false, "Report something to the moderators.";
    Comment = "COMMENT", [Citizen], Own, Never, false, "Write a comment, or take it back.";
    AnswerOfficially = "ANSWER_OFFICIALLY", [Coordinator, Moderator, Referent], Campaign, Never, false, "Answer in the city's name.";
    PinComment = "PIN_COMMENT", [Moderator, Coordinator], Campaign, Never, false, "Put a comment first.";
    HoldWorkshop = "HOLD_WORKSHOP", [Coordinator], Campaign, Never, false, "Announce, change and conclude a workshop.";
    AttendWorkshop = "ATTEND_WORKSHOP", [Citizen], Own, Never, false, "Register for a workshop and choose in it.";
    EditProject = "EDIT_PROJECT", [Coordinator], Campaign, Never, false, "Change what a project is made of, its sheet, or end it.";
    Assign = "ASSIGN", [Coordinator], Campaign, Never, false, "Have a department instruct a project.";
    NameInstructor = "NAME_INSTRUCTOR", [Referent, Coordinator], Department, Never, false, "Name who instructs in a department.";
    HandBack = "HAND_BACK", [Referent], Department, Never, false, "Hand a project back.";
    RecordCommitment = "RECORD_COMMITMENT", [Coordinator, Referent], Campaign, Never, false, "Record an association's commitment.";
    Consolidate = "CONSOLIDATE", [Coordinator], Campaign, Never, true, "Put verdicts together.";
    ReopenInstruction = "REOPEN_INSTRUCTION", [Coordinator], Campaign, Never, false, "Let departments give verdicts again.";
    Appeal = "APPEAL", [Citizen], Own, Never, false, "Appeal against a no.";
    ChangeScope = "CHANGE_SCOPE", [Coordinator], Campaign, Never, false, "Change what will be done or what it costs.";
    DrawOutline = "DRAW_OUTLINE", [Coordinator], Campaign, Never, false, "Draw outlines of areas and neighbourhoods.";
    DeclareExclusion = "DECLARE_EXCLUSION", [Coordinator], Campaign, Never, false, "Say which projects exclude each other.";
    CastBallot = "CAST_BALLOT", [Citizen, Polling], Own, Never, false, "Cast a ballot.";
    CancelBallot = "CANCEL_BALLOT", [Citizen, Polling], Own, Never, false, "Cancel a ballot.";
    DeclareUrnKey = "DECLARE_URN_KEY", [Returning, Coordinator], Campaign, Never, false, "Declare the key of the urn.";
    PublishBallots = "PUBLISH_BALLOTS", [], Campaign, Never, true, "Publish sealed ballots.";
    ReconcileRegister = "RECONCILE_REGISTER", [Returning, Coordinator], Campaign, Never, false, "Compare the register with the ballots.";
    ShredLink = "SHRED_LINK", [Returning, Coordinator], Campaign, Always, false, "Destroy the link between voters and ballots.";
    CheckIn = "CHECK_IN", [Polling, Returning], Campaign, Never, false, "Let a voter sign for a paper.";
    DecideMatch = "DECIDE_MATCH", [Polling, Returning], Campaign, Always, false, "Say whether two entries of the register are one voter.";
    LodgeObjection = "LODGE_OBJECTION", [Citizen], Campaign, Never, false, "Object to how the vote went.";
    AnswerObjection = "ANSWER_OBJECTION", [Returning, Coordinator], Campaign, Never, false, "Answer an objection.";
    OpenUrn = "OPEN_URN", [Returning, Coordinator], Campaign, Never, false, "Open the urn with its secret.";
    OpenPollingPlace = "OPEN_POLLING_PLACE", [Coordinator, Returning], Campaign, Never, false, "Open, change or close a polling place.";
    KeepBoxes = "KEEP_BOXES", [Polling, Returning], Place, Never, false, "Keep a polling place's boxes and count its papers.";
    RecountPapers = "RECOUNT_PAPERS", [Returning], Campaign, Never, false, "Read papers once more.";
    OpenSite = "OPEN_SITE", [Referent, Coordinator], Department, Never, false, "Open a site.";
    PlanMilestone = "PLAN_MILESTONE", [Referent, Coordinator], Department, Never, false, "Plan a milestone.";
    ReachMilestone = "REACH_MILESTONE", [Referent, Coordinator], Department, Never, false, "Reach a milestone.";
    AbandonSite = "ABANDON_SITE", [Referent, Coordinator], Department, Never, false, "Give a site up, or let it go on.";
    ChangeSite = "CHANGE_SITE", [Referent, Coordinator], Department, Never, false, "Change, split or merge a site, or agree its upkeep.";
    RecordSpending = "RECORD_SPENDING", [Referent, Coordinator], Department, Never, false, "Record what was spent on a site.";
    TellOfSite = "TELL_OF_SITE", [Referent, Coordinator], Department, Never, false, "Post news, photos and documents of a site.";
    ReadRegister = "READ_REGISTER", [Polling, Returning, Dpo], Place, Never, false, "Read the voters' register.";
    ReadContact = "READ_CONTACT", [Coordinator, Moderator, Dpo], Campaign, Never, false, "Read how somebody is reached.";
    ReadDrafts = "READ_DRAFTS", [Citizen, Dpo], Own, Never, false, "Read drafts.";
    ReadReadings = "READ_READINGS", [Dpo, Auditor], Campaign, Never, false, "Read who read personal data.";
    ExportPersonalData = "EXPORT_PERSONAL_DATA", [Citizen, Dpo], Own, Never, false, "Export what is known of a person.";
    ErasePerson = "ERASE_PERSON", [Citizen, Dpo], Own, Never, false, "Erase a person's data.";
    ReadUnpublished = "READ_UNPUBLISHED", [Coordinator, Referent, Moderator, Auditor, Analyst], Campaign, Never, false, "Read what isn't public before its phase.";
    OperateServer = "OPERATE_SERVER", [ItLead], Campaign, Never, true, "Operate the server.";
    ReadOperations = "READ_OPERATIONS", [ItLead, Auditor], Campaign, Never, true, "Read how the server runs.";
}

/// What an act is about, as far as a role may be bound to it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Scope<'a> {
    /// The department.
    pub department: Option<&'a DepartmentId>,
    /// The polling place.
    pub place: Option<&'a PlaceId>,
}

impl<'a> Scope<'a> {
    /// Only what such a permission is bound to.
    pub(crate) const fn within(self, bound: Bound) -> Self {
        match bound {
            Campaign => Self { department: None, place: None },
            Department => Self { place: None, ..self },
            Place | Own => Self { department: None, ..self },
        }
    }

    /// What a command is about.
    pub fn of(command: &'a Command, world: &'a World) -> Self {
        let department = match command {
            Command::Project(_, project::Command::GiveVerdict(verdict)) => Some(&verdict.department),
            Command::Project(
                _,
                project::Command::NameInstructor { department, .. } | project::Command::HandBack { department, .. },
            ) => Some(department),
            Command::Site(_, site::Command::Open(opening)) => opening.department.as_ref(),
            Command::Site(id, _) => pilot(world, id.as_str()),
            Command::Campaign(_)
            | Command::Proposal(..)
            | Command::Project(..)
            | Command::Ballot(..)
            | Command::Comment(..)
            | Command::Participant(..)
            | Command::Workshop(..)
            | Command::Urn(_)
            | Command::PollingPlace(..) => None,
        };
        let place = if let Command::PollingPlace(id, _) = command { Some(id) } else { None };
        Self { department, place }
    }

    /// What an event of this stream is about.
    pub fn of_event(id: &str, event: &'a Event, world: &'a World) -> Self {
        let department = match event {
            Event::Project(project::Event::VerdictGiven { verdict, .. }) => Some(&verdict.department),
            Event::Project(
                project::Event::InstructorNamed { department, .. }
                | project::Event::AssignmentHandedBack { department, .. },
            ) => Some(department),
            Event::Site(site::Event::SiteOpened { opening }) => opening.department.as_ref(),
            Event::Site(_) => pilot(world, id),
            Event::Campaign(_)
            | Event::Proposal(_)
            | Event::Project(_)
            | Event::Ballot(_)
            | Event::Comment(_)
            | Event::Participant(_)
            | Event::Workshop(_)
            | Event::Urn(_)
            | Event::PollingPlace(_) => None,
        };
        let of_place = matches!(event, Event::PollingPlace(_)).then(|| id.parse::<PlaceId>().ok()).flatten();
        let known = of_place.and_then(|id| world.polling_places.get_key_value(&id));
        Self { department, place: known.map(|(id, _)| id) }
    }
}

fn pilot<'a>(world: &'a World, site: &str) -> Option<&'a DepartmentId> {
    let site = world.sites.get(&site.parse().ok()?)?;
    site.opening.as_ref()?.department.as_ref()
}

impl Permission {
    /// The roles that were enough before roles were kept; logs of that time stay lawful.
    fn was_enough(self, role: Role) -> bool {
        const OF_OFFICERS: [Permission; 8] = [
            Permission::Configure,
            Permission::OpenPhase,
            Permission::ClosePhase,
            Permission::PublishCatalogue,
            Permission::CloseBallotBox,
            Permission::DrawLot,
            Permission::ProclaimResult,
            Permission::RecordResult,
        ];
        // For their own proposals people were asked who they are, and not for a role.
        matches!(self, Self::Deposit | Self::Withdraw)
            || self.rule().roles.contains(&role)
            || (role == Returning && OF_OFFICERS.contains(&self))
    }

    /// Refuses an actor whose role may not do this, or who doesn't hold the role then and there.
    ///
    /// # Errors
    /// [`Code::RoleMissing`], and those of [`Roles::require`](crate::roles::Roles::require).
    pub fn require(self, world: &World, scope: Scope<'_>, actor: &Actor, at: Timestamp) -> Result<(), Rejection> {
        let (campaign, rule) = (&world.campaign, self.rule());
        let kept = campaign.roles.are_kept();
        let may = if actor.role == Role::System {
            rule.machine || !kept || campaign.is_imported()
        } else if kept {
            rule.roles.contains(&actor.role)
        } else {
            self.was_enough(actor.role)
        };
        ensure(may, || Code::RoleMissing.with(rule.roles.first().copied().unwrap_or(Role::System).code()))?;
        if !kept || !actor.role.is_agents() {
            return Ok(());
        }
        campaign.roles.require(&actor.id, actor.role, rule.bound, scope, at)
    }
}
