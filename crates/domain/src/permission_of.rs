//! What each command needs, and what each event needed when it was written.
//!
//! Owns nothing but the names: a new command or event is an error here until it has its permission.
//! Who holds a permission: [`crate::permission`].

use crate::permission::Permission;
use crate::{Command, Event};
use crate::{ballot, campaign, comment, participant, polling_place, project, proposal, site, urn, workshop};

impl Permission {
    /// What a command needs.
    pub const fn of(command: &Command) -> Self {
        match command {
            Command::Campaign(command) => match command {
                campaign::Command::Configure(_) => Self::Configure,
                campaign::Command::OpenPhase { .. } => Self::OpenPhase,
                campaign::Command::ClosePhase { .. } => Self::ClosePhase,
                campaign::Command::PublishCatalogue => Self::PublishCatalogue,
                campaign::Command::CloseBallotBox => Self::CloseBallotBox,
                campaign::Command::DrawLot { .. } => Self::DrawLot,
                campaign::Command::ProclaimResult => Self::ProclaimResult,
                campaign::Command::RecordResult { .. } => Self::RecordResult,
                campaign::Command::GrantRole { .. } => Self::GrantRole,
                campaign::Command::RevokeRole { .. } => Self::RevokeRole,
                campaign::Command::ConfirmAct { .. } => Self::ConfirmAct,
                campaign::Command::DropAct { .. } => Self::DropAct,
                campaign::Command::Redact { .. } => Self::Redact,
                campaign::Command::AnchorReadings { .. } => Self::AnchorReadings,
                campaign::Command::ShredLink => Self::ShredLink,
                campaign::Command::EnterCouncilDecision(_) => Self::EnterCouncilDecision,
                campaign::Command::DrawOutline { .. } => Self::DrawOutline,
                campaign::Command::DeclareExclusion { .. } | campaign::Command::LiftExclusion { .. } => {
                    Self::DeclareExclusion
                }
            },
            Command::Proposal(_, command) => match command {
                proposal::Command::Deposit(_) => Self::Deposit,
                proposal::Command::Withdraw { .. } => Self::Withdraw,
                proposal::Command::Merge(_) | proposal::Command::Unmerge { .. } => Self::Merge,
                proposal::Command::Edit { .. } => Self::EditProposal,
                proposal::Command::Invite { .. } => Self::InviteCoAuthor,
                proposal::Command::Join { .. } | proposal::Command::Leave => Self::JoinProposal,
                proposal::Command::Approve | proposal::Command::Remove { .. } | proposal::Command::Restore { .. } => {
                    Self::Moderate
                }
            },
            Command::Project(_, command) => match command {
                project::Command::Form(_) => Self::FormProject,
                project::Command::GiveVerdict(_) => Self::GiveVerdict,
                project::Command::Admit { .. } => Self::AdmitProject,
                project::Command::Refuse { .. } => Self::RefuseProject,
                project::Command::AddProposal(_)
                | project::Command::TakeOut { .. }
                | project::Command::Edit { .. }
                | project::Command::End { .. } => Self::EditProject,
                project::Command::Assign(_) => Self::Assign,
                project::Command::NameInstructor { .. } => Self::NameInstructor,
                project::Command::HandBack { .. } => Self::HandBack,
                project::Command::RecordCommitment(_) => Self::RecordCommitment,
                project::Command::Consolidate => Self::Consolidate,
                project::Command::Reopen { .. } => Self::ReopenInstruction,
                project::Command::Appeal { .. } => Self::Appeal,
                project::Command::ChangeScope(_) => Self::ChangeScope,
            },
            Command::Ballot(_, command) => match command {
                ballot::Command::Cast(_) => Self::CastBallot,
                ballot::Command::Cancel { .. } => Self::CancelBallot,
            },
            Command::Site(_, command) => match command {
                site::Command::Open(_) => Self::OpenSite,
                site::Command::Plan { .. } | site::Command::PlanAll { .. } => Self::PlanMilestone,
                site::Command::Reach { .. } | site::Command::Correct { .. } => Self::ReachMilestone,
                site::Command::Abandon { .. } | site::Command::Reopen { .. } => Self::AbandonSite,
                site::Command::Change { .. }
                | site::Command::Split { .. }
                | site::Command::Merge { .. }
                | site::Command::Absorb { .. }
                | site::Command::AgreeUpkeep(_) => Self::ChangeSite,
                site::Command::RecordSpending { .. } | site::Command::CorrectSpending { .. } => Self::RecordSpending,
                site::Command::PostNews { .. }
                | site::Command::WithdrawNews { .. }
                | site::Command::AddPhoto { .. }
                | site::Command::RemovePhoto { .. }
                | site::Command::AddDocument { .. }
                | site::Command::RemoveDocument { .. } => Self::TellOfSite,
            },
            Command::Comment(_, command) => match command {
                comment::Command::Post { official: true, .. } => Self::AnswerOfficially,
                comment::Command::Post { official: false, .. } | comment::Command::Withdraw => Self::Comment,
                comment::Command::Approve | comment::Command::Remove { .. } | comment::Command::Restore { .. } => {
                    Self::Moderate
                }
                comment::Command::Pin | comment::Command::Unpin => Self::PinComment,
            },
            Command::Participant(_, command) => match command {
                participant::Command::Support { .. } | participant::Command::WithdrawSupport { .. } => Self::Support,
                participant::Command::Report { .. } => Self::Report,
            },
            Command::Workshop(_, command) => match command {
                workshop::Command::Announce(_)
                | workshop::Command::Change { .. }
                | workshop::Command::Cancel { .. }
                | workshop::Command::Invite { .. }
                | workshop::Command::RecordAttendance { .. }
                | workshop::Command::PublishMinutes { .. }
                | workshop::Command::ProposeAlternatives(_)
                | workshop::Command::PublishFinalText { .. } => Self::HoldWorkshop,
                workshop::Command::Register { .. }
                | workshop::Command::CancelRegistration
                | workshop::Command::Choose { .. } => Self::AttendWorkshop,
            },
            Command::Urn(command) => match command {
                urn::Command::DeclareKey { .. } => Self::DeclareUrnKey,
                urn::Command::Publish { .. } => Self::PublishBallots,
                urn::Command::Reconcile { .. } => Self::ReconcileRegister,
                urn::Command::Object { .. } => Self::LodgeObjection,
                urn::Command::Answer { .. } => Self::AnswerObjection,
                urn::Command::Open { .. } => Self::OpenUrn,
            },
            Command::PollingPlace(_, command) => match command {
                polling_place::Command::Open(_)
                | polling_place::Command::Change { .. }
                | polling_place::Command::Close { .. } => Self::OpenPollingPlace,
                polling_place::Command::SealBox { .. }
                | polling_place::Command::PassCustody { .. }
                | polling_place::Command::OpenBox { .. }
                | polling_place::Command::CountSignatures { .. }
                | polling_place::Command::Enter { .. }
                | polling_place::Command::Disagree { .. }
                | polling_place::Command::Agree { .. }
                | polling_place::Command::AttachMinutes { .. } => Self::KeepBoxes,
                polling_place::Command::Recount { .. } => Self::RecountPapers,
            },
        }
    }

    /// What an event needed when it was written.
    pub const fn of_event(event: &Event) -> Self {
        use campaign::Event as C;
        match event {
            Event::Campaign(event) => match event {
                C::CampaignConfigured { .. } => Self::Configure,
                C::PhaseOpened { .. } | C::RulesFrozen { .. } => Self::OpenPhase,
                C::PhaseClosed { .. } => Self::ClosePhase,
                C::CatalogueListed { .. } | C::CataloguePublished { .. } => Self::PublishCatalogue,
                C::BallotBoxClosed { .. } => Self::CloseBallotBox,
                C::LotSeedDrawn { .. } => Self::DrawLot,
                C::ResultProclaimed { basis: campaign::Basis::Counted, .. } => Self::ProclaimResult,
                C::ResultProclaimed { basis: campaign::Basis::Recorded, .. } => Self::RecordResult,
                C::RoleGranted { .. } => Self::GrantRole,
                C::RoleRevoked { .. } => Self::RevokeRole,
                C::ActProposed { act, .. } => act.permission(),
                C::ActConfirmed { .. } => Self::ConfirmAct,
                C::ActDropped { .. } => Self::DropAct,
                C::ValuesRedacted { .. } => Self::Redact,
                C::ReadingsAnchored { .. } => Self::AnchorReadings,
                C::LinkShredded { .. } => Self::ShredLink,
                C::CouncilDecided { .. } => Self::EnterCouncilDecision,
                C::OutlineDrawn { .. } => Self::DrawOutline,
                C::ExclusionDeclared { .. } | C::ExclusionLifted { .. } => Self::DeclareExclusion,
            },
            Event::Proposal(event) => match event {
                proposal::Event::ProposalDeposited { .. } => Self::Deposit,
                proposal::Event::ProposalWithdrawn { .. } => Self::Withdraw,
                proposal::Event::ProposalMerged { .. } | proposal::Event::MergeUndone { .. } => Self::Merge,
                proposal::Event::ProposalEdited { .. } => Self::EditProposal,
                proposal::Event::CoAuthorInvited { .. } => Self::InviteCoAuthor,
                proposal::Event::CoAuthorJoined { .. } | proposal::Event::CoAuthorLeft { .. } => Self::JoinProposal,
                proposal::Event::ProposalApproved {}
                | proposal::Event::ProposalRemoved { .. }
                | proposal::Event::ProposalRestored { .. } => Self::Moderate,
            },
            Event::Project(event) => match event {
                project::Event::ProjectFormed { .. } => Self::FormProject,
                project::Event::VerdictGiven { .. } => Self::GiveVerdict,
                project::Event::ProjectAdmitted { .. } => Self::AdmitProject,
                project::Event::ProjectRefused { .. } => Self::RefuseProject,
                project::Event::ProposalAdded { .. }
                | project::Event::ProposalTakenOut { .. }
                | project::Event::ProjectEdited { .. }
                | project::Event::ProjectEnded { .. } => Self::EditProject,
                project::Event::DepartmentAssigned { .. } => Self::Assign,
                project::Event::InstructorNamed { .. } => Self::NameInstructor,
                project::Event::AssignmentHandedBack { .. } => Self::HandBack,
                project::Event::CommitmentRecorded { .. } => Self::RecordCommitment,
                project::Event::InstructionConsolidated { .. } => Self::Consolidate,
                project::Event::InstructionReopened { .. } => Self::ReopenInstruction,
                project::Event::AppealLodged { .. } => Self::Appeal,
                project::Event::ScopeChanged { .. } => Self::ChangeScope,
            },
            Event::Ballot(event) => match event {
                ballot::Event::BallotCast { .. } | ballot::Event::BallotReplaced { .. } => Self::CastBallot,
                ballot::Event::BallotCancelled { .. } => Self::CancelBallot,
            },
            Event::Site(event) => match event {
                site::Event::SiteOpened { .. } => Self::OpenSite,
                site::Event::MilestonePlanned { .. } => Self::PlanMilestone,
                site::Event::MilestoneReached { .. } | site::Event::MilestoneCorrected { .. } => Self::ReachMilestone,
                site::Event::SiteAbandoned { .. } | site::Event::SiteReopened { .. } => Self::AbandonSite,
                site::Event::SiteChanged { .. }
                | site::Event::SiteSplit { .. }
                | site::Event::SiteMerged { .. }
                | site::Event::UpkeepAgreed { .. } => Self::ChangeSite,
                site::Event::SpendingRecorded { .. } | site::Event::SpendingCorrected { .. } => Self::RecordSpending,
                site::Event::NewsPosted { .. }
                | site::Event::NewsWithdrawn { .. }
                | site::Event::PhotoAdded { .. }
                | site::Event::PhotoRemoved { .. }
                | site::Event::DocumentAdded { .. }
                | site::Event::DocumentRemoved { .. } => Self::TellOfSite,
            },
            Event::Comment(event) => match event {
                comment::Event::CommentPosted { official: true, .. } => Self::AnswerOfficially,
                comment::Event::CommentPosted { official: false, .. } | comment::Event::CommentWithdrawn {} => {
                    Self::Comment
                }
                comment::Event::CommentApproved {}
                | comment::Event::CommentRemoved { .. }
                | comment::Event::CommentRestored { .. } => Self::Moderate,
                comment::Event::CommentPinned {} | comment::Event::CommentUnpinned {} => Self::PinComment,
            },
            Event::Participant(event) => match event {
                participant::Event::ProposalSupported { .. } | participant::Event::SupportWithdrawn { .. } => {
                    Self::Support
                }
                participant::Event::ContentReported { .. } => Self::Report,
            },
            Event::Workshop(event) => match event {
                workshop::Event::WorkshopAnnounced { .. }
                | workshop::Event::WorkshopChanged { .. }
                | workshop::Event::WorkshopCancelled { .. }
                | workshop::Event::ParticipantInvited { .. }
                | workshop::Event::AttendanceRecorded { .. }
                | workshop::Event::MinutesPublished { .. }
                | workshop::Event::AlternativesProposed { .. }
                | workshop::Event::FinalTextPublished { .. } => Self::HoldWorkshop,
                workshop::Event::ParticipantRegistered { .. }
                | workshop::Event::RegistrationCancelled { .. }
                | workshop::Event::AlternativeChosen { .. } => Self::AttendWorkshop,
            },
            Event::Urn(event) => match event {
                urn::Event::UrnKeyDeclared { .. } => Self::DeclareUrnKey,
                urn::Event::BallotsPublished { .. } => Self::PublishBallots,
                urn::Event::BallotsSetAside { .. } | urn::Event::RegisterReconciled { .. } => Self::ReconcileRegister,
                urn::Event::ObjectionLodged { .. } => Self::LodgeObjection,
                urn::Event::ObjectionAnswered { .. } => Self::AnswerObjection,
                urn::Event::UrnOpened { .. } => Self::OpenUrn,
            },
            Event::PollingPlace(event) => match event {
                polling_place::Event::PollingPlaceOpened { .. }
                | polling_place::Event::PollingPlaceChanged { .. }
                | polling_place::Event::PollingPlaceClosed { .. } => Self::OpenPollingPlace,
                polling_place::Event::BoxSealed { .. }
                | polling_place::Event::CustodyPassed { .. }
                | polling_place::Event::BoxOpened { .. }
                | polling_place::Event::SignaturesCounted { .. }
                | polling_place::Event::EntryMade { .. }
                | polling_place::Event::EntriesDisagree { .. }
                | polling_place::Event::CountAgreed { .. }
                | polling_place::Event::CountCorrected { .. }
                | polling_place::Event::MinutesAttached { .. } => Self::KeepBoxes,
                polling_place::Event::RecountRecorded { .. } => Self::RecountPapers,
            },
        }
    }
}
