//! Payloads: the object as it is after the command, the receipt, and rejections.

use super::carry::Carried;
use crate::graphql::request::View;
use crate::graphql::types::campaign::Campaign;
use crate::graphql::types::comment::Comment;
use crate::graphql::types::moderation::Content;
use crate::graphql::types::polling_place::PollingPlace;
use crate::graphql::types::project::Project;
use crate::graphql::types::proposal::Proposal;
use crate::graphql::types::receipt::Receipt;
use crate::graphql::types::rejection::Rejection;
use crate::graphql::types::site::Site;
use crate::graphql::types::workshop::Workshop;
use async_graphql::SimpleObject;

/// A payload type with the one object it is about.
macro_rules! payload {
    ($(#[doc = $about:literal] $name:ident { $field:ident: $type:ty = $object:literal })*) => {$(
        #[doc = $about]
        #[derive(SimpleObject)]
        pub struct $name {
            #[doc = $object]
            pub $field: Option<$type>,
            /// That it was carried out; null when refused.
            pub receipt: Option<Receipt>,
            /// Why it was refused; empty when carried out.
            pub rejections: Vec<Rejection>,
        }

        impl $name {
            /// The payload of what a command came to; `find` gives the object at the new version.
            /// Always there: only a fault leaves a payload null.
            pub(crate) fn of(carried: Carried, find: impl FnOnce(&View) -> Option<$type>) -> Option<Self> {
                Some(match carried {
                    Carried::Done(receipt) => {
                        Self { $field: find(&receipt.view), receipt: Some(receipt), rejections: Vec::new() }
                    }
                    Carried::Refused(no) => Self { $field: None, receipt: None, rejections: vec![no] },
                })
            }
        }
    )*};
}

payload! {
    /// What `configureCampaign` came to.
    ConfigureCampaignPayload { campaign: Campaign = "The campaign as configured." }
    /// What `cloneCampaign` came to.
    CloneCampaignPayload { campaign: Campaign = "The new campaign." }
    /// What `drawOutline` came to.
    DrawOutlinePayload { campaign: Campaign = "The campaign with the outlines." }
    /// What `declareExclusion` came to.
    DeclareExclusionPayload { campaign: Campaign = "The campaign with the exclusion." }
    /// What `liftExclusion` came to.
    LiftExclusionPayload { campaign: Campaign = "The campaign without the exclusion." }
    /// What `openPhase` came to.
    OpenPhasePayload { campaign: Campaign = "The campaign with the phase open." }
    /// What `closePhase` came to.
    ClosePhasePayload { campaign: Campaign = "The campaign with the phase closed." }
    /// What `publishCatalogue` came to.
    PublishCataloguePayload { campaign: Campaign = "The campaign with its ballot list." }
    /// What `closeBallotBox` came to.
    CloseBallotBoxPayload { campaign: Campaign = "The campaign with its box closed." }
    /// What `declareUrnKey` came to.
    DeclareUrnKeyPayload { campaign: Campaign = "The campaign with the key of its urn." }
    /// What `reconcileRegister` came to.
    ReconcileRegisterPayload { campaign: Campaign = "The campaign with what its register says." }
    /// What `shredLink` came to.
    ShredLinkPayload { campaign: Campaign = "The campaign: the act stands in `pendingActs` until a second agent confirms it." }
    /// What `lodgeObjection` came to.
    LodgeObjectionPayload { campaign: Campaign = "The campaign with the objection." }
    /// What `answerObjection` came to.
    AnswerObjectionPayload { campaign: Campaign = "The campaign with the answer." }
    /// What `openUrn` came to.
    OpenUrnPayload { campaign: Campaign = "The campaign with its urn open." }
    /// What `drawLot` came to.
    DrawLotPayload { campaign: Campaign = "The campaign with its lot." }
    /// What `proclaimResult` came to.
    ProclaimResultPayload { campaign: Campaign = "The campaign with its result." }
    /// What `enterCouncilDecision` came to.
    EnterCouncilDecisionPayload { campaign: Campaign = "The campaign: the decision stands in `pendingActs` until a second agent confirms it." }
    /// What `grantRole` came to.
    GrantRolePayload { campaign: Campaign = "The campaign with the grant." }
    /// What `revokeRole` came to.
    RevokeRolePayload { campaign: Campaign = "The campaign without the grant." }
    /// What `confirmAct` came to.
    ConfirmActPayload { campaign: Campaign = "The campaign after the act." }
    /// What `dropAct` came to.
    DropActPayload { campaign: Campaign = "The campaign without the act." }
    /// What `redactTexts` came to.
    RedactTextsPayload { campaign: Campaign = "The campaign: the removal stands in `pendingActs` until a second agent confirms it." }
    /// What `depositProposal` came to.
    DepositProposalPayload { proposal: Proposal = "The proposal as deposited." }
    /// What `editProposal` came to.
    EditProposalPayload { proposal: Proposal = "The proposal as changed." }
    /// What `inviteCoAuthor` came to.
    InviteCoAuthorPayload { invitation: String = "The secret of the invitation: hand it on in private. Whoever invites can read it again by repeating the command." }
    /// What `joinProposal` came to.
    JoinProposalPayload { proposal: Proposal = "The proposal with its new author." }
    /// What `leaveProposal` came to.
    LeaveProposalPayload { proposal: Proposal = "The proposal without this co-author." }
    /// What `supportProposal` came to.
    SupportProposalPayload { proposal: Proposal = "The proposal with the support." }
    /// What `withdrawSupport` came to.
    WithdrawSupportPayload { proposal: Proposal = "The proposal without the support." }
    /// What `approveContent` came to.
    ApproveContentPayload { content: Content = "The proposal or comment, public now." }
    /// What `removeContent` came to.
    RemoveContentPayload { content: Content = "The proposal or comment, out of public view." }
    /// What `restoreContent` came to.
    RestoreContentPayload { content: Content = "The proposal or comment, public again." }
    /// What `reportContent` came to.
    ReportContentPayload { content: Content = "What was reported." }
    /// What `postComment` came to.
    PostCommentPayload { comment: Comment = "The comment." }
    /// What `withdrawComment` came to.
    WithdrawCommentPayload { comment: Comment = "The comment, taken back." }
    /// What `pinComment` came to.
    PinCommentPayload { comment: Comment = "The comment, first of its thread." }
    /// What `unpinComment` came to.
    UnpinCommentPayload { comment: Comment = "The comment, in its place again." }
    /// What `announceWorkshop` came to.
    AnnounceWorkshopPayload { workshop: Workshop = "The workshop as announced." }
    /// What `changeWorkshop` came to.
    ChangeWorkshopPayload { workshop: Workshop = "The workshop as announced now." }
    /// What `cancelWorkshop` came to.
    CancelWorkshopPayload { workshop: Workshop = "The workshop, given up." }
    /// What `inviteToWorkshop` came to.
    InviteToWorkshopPayload { invitation: String = "The secret of the invitation: hand it on in private. Whoever invites can read it again by repeating the command." }
    /// What `registerForWorkshop` came to.
    RegisterForWorkshopPayload { workshop: Workshop = "The workshop with the registration." }
    /// What `cancelRegistration` came to.
    CancelRegistrationPayload { workshop: Workshop = "The workshop without the registration." }
    /// What `recordAttendance` came to.
    RecordAttendancePayload { workshop: Workshop = "The workshop with who was there." }
    /// What `publishMinutes` came to.
    PublishMinutesPayload { workshop: Workshop = "The workshop with its minutes." }
    /// What `proposeAlternatives` came to.
    ProposeAlternativesPayload { workshop: Workshop = "The workshop with what there is to choose from." }
    /// What `chooseAlternative` came to.
    ChooseAlternativePayload { workshop: Workshop = "The workshop; what was chosen how often is told with the final text." }
    /// What `publishFinalText` came to.
    PublishFinalTextPayload { workshop: Workshop = "The workshop with the text it leads to." }
    /// What `openPollingPlace` came to.
    OpenPollingPlacePayload { place: PollingPlace = "The place as opened." }
    /// What `changePollingPlace` came to.
    ChangePollingPlacePayload { place: PollingPlace = "The place as it is opened now." }
    /// What `closePollingPlace` came to.
    ClosePollingPlacePayload { place: PollingPlace = "The place, closed." }
    /// What `sealBox` came to.
    SealBoxPayload { place: PollingPlace = "The place with the box." }
    /// What `passBox` came to.
    PassBoxPayload { place: PollingPlace = "The place with who has the box." }
    /// What `openBox` came to.
    OpenBoxPayload { place: PollingPlace = "The place with the box open." }
    /// What `countSignatures` came to.
    CountSignaturesPayload { place: PollingPlace = "The place with its signatures." }
    /// What `enterPaperCount` came to.
    EnterPaperCountPayload { place: PollingPlace = "The place with the entry; `state` says whether two agents agree." }
    /// What `recountPapers` came to.
    RecountPapersPayload { place: PollingPlace = "The place with the recount." }
    /// What `attachMinutes` came to.
    AttachMinutesPayload { place: PollingPlace = "The place with its minutes." }
    /// What `withdrawProposal` came to.
    WithdrawProposalPayload { proposal: Proposal = "The proposal, withdrawn." }
    /// What `formProject` came to.
    FormProjectPayload { project: Project = "The project as formed." }
    /// What `editProject` came to.
    EditProjectPayload { project: Project = "The project with its sheet changed." }
    /// What `addProposalToProject` came to.
    AddProposalToProjectPayload { project: Project = "The project with the proposal." }
    /// What `takeProposalOut` came to.
    TakeProposalOutPayload { project: Project = "The project without the proposal." }
    /// What `splitProject` came to.
    SplitProjectPayload { project: Project = "The project that was split; its `ending` names the parts." }
    /// What `absorbProject` came to.
    AbsorbProjectPayload { project: Project = "The project that goes on." }
    /// What `undoMerge` came to.
    UndoMergePayload { project: Project = "The project that ended." }
    /// What `nameInstructor` came to.
    NameInstructorPayload { project: Project = "The project with its instructor." }
    /// What `handBack` came to.
    HandBackPayload { project: Project = "The project without the department." }
    /// What `recordCommitment` came to.
    RecordCommitmentPayload { project: Project = "The project with the commitment." }
    /// What `consolidateInstruction` came to.
    ConsolidateInstructionPayload { project: Project = "The project with the opinion of all departments." }
    /// What `reopenInstruction` came to.
    ReopenInstructionPayload { project: Project = "The project, open to verdicts again." }
    /// What `lodgeAppeal` came to.
    LodgeAppealPayload { project: Project = "The project with the appeal." }
    /// What `changeScope` came to.
    ChangeScopePayload { project: Project = "The project with its changed scope." }
    /// What `giveVerdict` came to.
    GiveVerdictPayload { project: Project = "The project with the verdict." }
    /// What `admitProject` came to.
    AdmitProjectPayload { project: Project = "The project, admitted to the ballot." }
    /// What `refuseProject` came to.
    RefuseProjectPayload { project: Project = "The project, refused." }
    /// What `castBallot` came to.
    CastBallotPayload { ballot: super::ballot::Ballot = "The voter's ballot as it counts now." }
    /// What `cancelBallot` came to.
    CancelBallotPayload { ballot: super::ballot::Ballot = "The voter's ballot as it counts now." }
    /// What `openSite` came to.
    OpenSitePayload { site: Site = "The site as opened." }
    /// What `planMilestone` came to.
    PlanMilestonePayload { site: Site = "The site with the plan." }
    /// What `reachMilestone` came to.
    ReachMilestonePayload { site: Site = "The site with the stage reached." }
    /// What `abandonSite` came to.
    AbandonSitePayload { site: Site = "The site, given up." }
    /// What `changeSite` came to.
    ChangeSitePayload { site: Site = "The site as it is now." }
    /// What `splitSite` came to.
    SplitSitePayload { site: Site = "The site that was split; `goesOnIn` gives its parts." }
    /// What `mergeSite` came to.
    MergeSitePayload { site: Site = "The site that goes on, with the budget of both." }
    /// What `correctMilestone` came to.
    CorrectMilestonePayload { site: Site = "The site with the right date." }
    /// What `reopenSite` came to.
    ReopenSitePayload { site: Site = "The site that goes on." }
    /// What `agreeUpkeep` came to.
    AgreeUpkeepPayload { site: Site = "The site with its upkeep." }
    /// What `recordSpending` came to.
    RecordSpendingPayload { site: Site = "The site with the spending." }
    /// What `correctSpending` came to.
    CorrectSpendingPayload { site: Site = "The site with the right figures." }
    /// What `postSiteNews` came to.
    PostSiteNewsPayload { site: Site = "The site with the news." }
    /// What `withdrawSiteNews` came to.
    WithdrawSiteNewsPayload { site: Site = "The site without the news." }
    /// What `addSitePhoto` came to.
    AddSitePhotoPayload { site: Site = "The site with the photo." }
    /// What `removeSitePhoto` came to.
    RemoveSitePhotoPayload { site: Site = "The site without the photo." }
    /// What `addSiteDocument` came to.
    AddSiteDocumentPayload { site: Site = "The site with the document." }
    /// What `removeSiteDocument` came to.
    RemoveSiteDocumentPayload { site: Site = "The site without the document." }
}
