//! Who may do what through the API: each role, a stranger, and tokens of one scope each × every mutation
//! and every private field, on one's own object and on somebody else's, over real sessions.
//!
//! Owns the table below: a mutation or private field without a row fails. The table of permissions as the
//! domain has it, with every event, has a test of its own in `crates/domain`.

use crate::town::{COORDINATOR, HOST, OFFICER, REFERENT, SECOND, Town, configuration, input_of, proposal};
use axum::body::{Body, to_bytes};
use axum::http::Request;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use vault::{Level, Scope, SessionDraft, TokenDraft};

/// `+` may (or only a rule of the object says no), `-` may not, `0` finds nothing under that name among
/// what is one's own. `Deputy` is coordinator, moderator, polling officer and DPO at once, and asks with
/// tokens of one scope: read own, participate, vote, agent. A word in brackets: from then on, in that phase.
const TABLE: &str = "
                               citi coor refe poll retu mode keyh audi anal data itle none | nobody | read part vote agen
[IDEATION]
depositProposal own            +    +    +    +    +    +    +    +    +    +    +    +    | -      | -    +    -    -
depositProposal other          -    +    -    -    -    -    -    -    -    -    -    -    | -      | -    -    -    +
withdrawProposal own           +    +    +    +    +    +    +    +    +    +    +    +    | -      | -    +    -    -
withdrawProposal other         -    -    -    -    -    -    -    -    -    -    -    -    | -      | -    -    -    -
editProposal own               +    +    +    +    +    +    +    +    +    +    +    +    | -      | -    +    -    +
editProposal other             -    +    -    -    -    -    -    -    -    -    -    -    | -      | -    -    -    +
inviteCoAuthor own             +    +    +    +    +    +    +    +    +    +    +    +    | -      | -    +    -    -
inviteCoAuthor other           -    -    -    -    -    -    -    -    -    -    -    -    | -      | -    -    -    -
joinProposal other             +    +    +    +    +    +    +    +    +    +    +    +    | -      | -    +    -    -
leaveProposal other            -    -    -    -    -    -    -    -    -    -    -    -    | -      | -    -    -    -
supportProposal other          +    +    +    +    +    +    +    +    +    +    +    +    | -      | -    +    -    -
withdrawSupport other          +    +    +    +    +    +    +    +    +    +    +    +    | -      | -    +    -    -
reportContent other            +    +    +    +    +    +    +    +    +    +    +    +    | -      | -    +    -    -
postComment any                +    +    +    +    +    +    +    +    +    +    +    +    | -      | -    +    -    -
postComment official           -    +    +    -    -    +    -    -    -    -    -    -    | -      | -    -    -    +
withdrawComment own            +    +    +    +    +    +    +    +    +    +    +    +    | -      | -    +    -    -
withdrawComment other          -    -    -    -    -    -    -    -    -    -    -    -    | -      | -    -    -    -
pinComment official            -    +    -    -    -    +    -    -    -    -    -    -    | -      | -    -    -    +
unpinComment official          -    +    -    -    -    +    -    -    -    -    -    -    | -      | -    -    -    +
approveContent other           -    +    -    -    -    +    -    -    -    -    -    -    | -      | -    -    -    +
removeContent other            -    +    -    -    -    +    -    -    -    -    -    -    | -      | -    -    -    +
restoreContent other           -    +    -    -    -    +    -    -    -    -    -    -    | -      | -    -    -    +
moderation all                 -    +    -    -    -    +    -    -    -    -    -    -    | -      | -    -    -    +
registerForWorkshop any        +    +    +    +    +    +    +    +    +    +    +    +    | -      | -    +    -    -
cancelRegistration any         +    +    +    +    +    +    +    +    +    +    +    +    | -      | -    +    -    -
chooseAlternative any          +    +    +    +    +    +    +    +    +    +    +    +    | -      | -    +    -    -
announceWorkshop any           -    +    -    -    -    -    -    -    -    -    -    -    | -      | -    -    -    +
changeWorkshop any             -    +    -    -    -    -    -    -    -    -    -    -    | -      | -    -    -    +
cancelWorkshop any             -    +    -    -    -    -    -    -    -    -    -    -    | -      | -    -    -    +
inviteToWorkshop any           -    +    -    -    -    -    -    -    -    -    -    -    | -      | -    -    -    +
recordAttendance any           -    +    -    -    -    -    -    -    -    -    -    -    | -      | -    -    -    +
publishMinutes any             -    +    -    -    -    -    -    -    -    -    -    -    | -      | -    -    -    +
proposeAlternatives any        -    +    -    -    -    -    -    -    -    -    -    -    | -      | -    -    -    +
publishFinalText any           -    +    -    -    -    -    -    -    -    -    -    -    | -      | -    -    -    +
openPollingPlace any           -    +    -    -    +    -    -    -    -    -    -    -    | -      | -    -    -    +
changePollingPlace any         -    +    -    -    +    -    -    -    -    -    -    -    | -      | -    -    -    +
closePollingPlace any          -    +    -    -    +    -    -    -    -    -    -    -    | -      | -    -    -    +
sealBox any                    -    -    -    +    +    -    -    -    -    -    -    -    | -      | -    -    -    +
passBox any                    -    -    -    +    +    -    -    -    -    -    -    -    | -      | -    -    -    +
openBox any                    -    -    -    +    +    -    -    -    -    -    -    -    | -      | -    -    -    +
countSignatures any            -    -    -    +    +    -    -    -    -    -    -    -    | -      | -    -    -    +
enterPaperCount any            -    -    -    +    +    -    -    -    -    -    -    -    | -      | -    -    -    +
attachMinutes any              -    -    -    +    +    -    -    -    -    -    -    -    | -      | -    -    -    +
recountPapers any              -    -    -    -    +    -    -    -    -    -    -    -    | -      | -    -    -    -
/attachments other             0    0    0    0    0    0    0    0    0    0    0    0    | 0      | 0    0    0    0
[VOTE]
castBallot own                 +    +    +    +    +    +    +    +    +    +    +    +    | -      | -    -    +    -
castBallot other               -    -    -    +    -    -    -    -    -    -    -    -    | -      | -    -    -    +
cancelBallot own               +    +    +    +    +    +    +    +    +    +    +    +    | -      | -    -    +    -
cancelBallot other             -    -    -    +    -    -    -    -    -    -    -    -    | -      | -    -    -    +
registerToVote own             +    +    +    +    +    +    +    +    +    +    +    +    | -      | -    -    +    -
changeVotingDistrict own       +    +    +    +    +    +    +    +    +    +    +    +    | -      | -    -    +    -
castSealedBallots own          +    +    +    +    +    +    +    +    +    +    +    +    | -      | -    -    +    -
cancelSealedBallot own         +    +    +    +    +    +    +    +    +    +    +    +    | -      | -    -    +    -
lodgeObjection own             +    +    +    +    +    +    +    +    +    +    +    +    | -      | -    +    -    -
declareUrnKey any              -    +    -    -    +    -    -    -    -    -    -    -    | -      | -    -    -    +
reconcileRegister any          -    +    -    -    +    -    -    -    -    -    -    -    | -      | -    -    -    +
shredLink any                  -    +    -    -    +    -    -    -    -    -    -    -    | -      | -    -    -    +
answerObjection any            -    +    -    -    +    -    -    -    -    -    -    -    | -      | -    -    -    +
openUrn any                    -    +    -    -    +    -    -    -    -    -    -    -    | -      | -    -    -    +
checkInPaperVoter any          -    -    -    +    +    -    -    -    -    -    -    -    | -      | -    -    -    +
decideMatch any                -    -    -    +    +    -    -    -    -    -    -    -    | -      | -    -    -    +
dropAct closing-of-the-vote    -    +    -    -    +    -    -    -    -    -    -    -    | -      | -    -    -    +
confirmAct own                 -    -    -    -    -    -    -    -    -    -    -    -    | -      | -    -    -    -
confirmAct removal             -    +    -    -    -    +    -    -    -    +    -    -    | -      | -    -    -    +
[AFTER]
configureCampaign again        -    +    -    -    -    -    -    -    -    -    -    -    | -      | -    -    -    +
configureCampaign new          -    +    +    +    +    +    +    +    +    +    +    +    | -      | -    -    -    +
cloneCampaign new              -    +    +    +    +    +    +    +    +    +    +    +    | -      | -    -    -    +
drawOutline any                -    +    -    -    -    -    -    -    -    -    -    -    | -      | -    -    -    +
declareExclusion any           -    +    -    -    -    -    -    -    -    -    -    -    | -      | -    -    -    +
liftExclusion any              -    +    -    -    -    -    -    -    -    -    -    -    | -      | -    -    -    +
openPhase any                  -    +    -    -    +    -    -    -    -    -    -    -    | -      | -    -    -    +
closePhase any                 -    +    -    -    +    -    -    -    -    -    -    -    | -      | -    -    -    +
publishCatalogue any           -    +    -    -    -    -    -    -    -    -    -    -    | -      | -    -    -    +
closeBallotBox any             -    +    -    -    +    -    -    -    -    -    -    -    | -      | -    -    -    +
drawLot any                    -    +    -    -    +    -    -    -    -    -    -    -    | -      | -    -    -    +
proclaimResult any             -    +    -    -    +    -    -    -    -    -    -    -    | -      | -    -    -    +
enterCouncilDecision any       -    +    -    -    +    -    -    -    -    -    -    -    | -      | -    -    -    +
grantRole own                  -    -    -    -    -    -    -    -    -    -    -    -    | -      | -    -    -    -
grantRole other                -    +    -    -    -    -    -    -    -    -    -    -    | -      | -    -    -    +
revokeRole own                 -    -    -    -    -    -    -    -    -    -    -    -    | -      | -    -    -    -
revokeRole other               -    +    -    -    -    -    -    -    -    -    -    -    | -      | -    -    -    +
redactTexts own                -    +    -    -    -    +    -    -    -    +    -    -    | -      | -    -    -    +
redactTexts other              -    +    -    -    -    +    -    -    -    +    -    -    | -      | -    -    -    +
formProject any                -    +    -    -    -    -    -    -    -    -    -    -    | -      | -    -    -    +
giveVerdict own                -    +    +    -    -    -    -    -    -    -    -    -    | -      | -    -    -    +
giveVerdict other              -    +    -    -    -    -    -    -    -    -    -    -    | -      | -    -    -    +
admitProject any               -    +    -    -    -    -    -    -    -    -    -    -    | -      | -    -    -    +
refuseProject any              -    +    -    -    -    -    -    -    -    -    -    -    | -      | -    -    -    +
editProject any                -    +    -    -    -    -    -    -    -    -    -    -    | -      | -    -    -    +
addProposalToProject any       -    +    -    -    -    -    -    -    -    -    -    -    | -      | -    -    -    +
takeProposalOut any            -    +    -    -    -    -    -    -    -    -    -    -    | -      | -    -    -    +
splitProject any               -    +    -    -    -    -    -    -    -    -    -    -    | -      | -    -    -    +
absorbProject any              -    +    -    -    -    -    -    -    -    -    -    -    | -      | -    -    -    +
undoMerge any                  -    +    -    -    -    -    -    -    -    -    -    -    | -      | -    -    -    +
assignDepartments any          -    +    -    -    -    -    -    -    -    -    -    -    | -      | -    -    -    +
nameInstructor own             -    +    +    -    -    -    -    -    -    -    -    -    | -      | -    -    -    +
nameInstructor other           -    +    -    -    -    -    -    -    -    -    -    -    | -      | -    -    -    +
handBack own                   -    -    +    -    -    -    -    -    -    -    -    -    | -      | -    -    -    -
handBack other                 -    -    -    -    -    -    -    -    -    -    -    -    | -      | -    -    -    -
recordCommitment any           -    +    +    -    -    -    -    -    -    -    -    -    | -      | -    -    -    +
consolidateInstruction any     -    +    -    -    -    -    -    -    -    -    -    -    | -      | -    -    -    +
reopenInstruction any          -    +    -    -    -    -    -    -    -    -    -    -    | -      | -    -    -    +
changeScope any                -    +    -    -    -    -    -    -    -    -    -    -    | -      | -    -    -    +
lodgeAppeal own                +    +    +    +    +    +    +    +    +    +    +    +    | -      | -    +    -    -
openSite own                   -    +    +    -    -    -    -    -    -    -    -    -    | -      | -    -    -    +
openSite other                 -    +    -    -    -    -    -    -    -    -    -    -    | -      | -    -    -    +
planMilestone own              -    +    +    -    -    -    -    -    -    -    -    -    | -      | -    -    -    +
planMilestone other            -    +    -    -    -    -    -    -    -    -    -    -    | -      | -    -    -    +
reachMilestone own             -    +    +    -    -    -    -    -    -    -    -    -    | -      | -    -    -    +
reachMilestone other           -    +    -    -    -    -    -    -    -    -    -    -    | -      | -    -    -    +
abandonSite own                -    +    +    -    -    -    -    -    -    -    -    -    | -      | -    -    -    +
abandonSite other              -    +    -    -    -    -    -    -    -    -    -    -    | -      | -    -    -    +
changeSite own                 -    +    +    -    -    -    -    -    -    -    -    -    | -      | -    -    -    +
changeSite other               -    +    -    -    -    -    -    -    -    -    -    -    | -      | -    -    -    +
splitSite own                  -    +    +    -    -    -    -    -    -    -    -    -    | -      | -    -    -    +
splitSite other                -    +    -    -    -    -    -    -    -    -    -    -    | -      | -    -    -    +
mergeSite own                  -    +    +    -    -    -    -    -    -    -    -    -    | -      | -    -    -    +
mergeSite other                -    +    -    -    -    -    -    -    -    -    -    -    | -      | -    -    -    +
correctMilestone own           -    +    +    -    -    -    -    -    -    -    -    -    | -      | -    -    -    +
correctMilestone other         -    +    -    -    -    -    -    -    -    -    -    -    | -      | -    -    -    +
reopenSite own                 -    +    +    -    -    -    -    -    -    -    -    -    | -      | -    -    -    +
reopenSite other               -    +    -    -    -    -    -    -    -    -    -    -    | -      | -    -    -    +
agreeUpkeep own                -    +    +    -    -    -    -    -    -    -    -    -    | -      | -    -    -    +
agreeUpkeep other              -    +    -    -    -    -    -    -    -    -    -    -    | -      | -    -    -    +
recordSpending own             -    +    +    -    -    -    -    -    -    -    -    -    | -      | -    -    -    +
recordSpending other           -    +    -    -    -    -    -    -    -    -    -    -    | -      | -    -    -    +
correctSpending own            -    +    +    -    -    -    -    -    -    -    -    -    | -      | -    -    -    +
correctSpending other          -    +    -    -    -    -    -    -    -    -    -    -    | -      | -    -    -    +
postSiteNews own               -    +    +    -    -    -    -    -    -    -    -    -    | -      | -    -    -    +
postSiteNews other             -    +    -    -    -    -    -    -    -    -    -    -    | -      | -    -    -    +
withdrawSiteNews own           -    +    +    -    -    -    -    -    -    -    -    -    | -      | -    -    -    +
withdrawSiteNews other         -    +    -    -    -    -    -    -    -    -    -    -    | -      | -    -    -    +
addSitePhoto own               -    +    +    -    -    -    -    -    -    -    -    -    | -      | -    -    -    +
addSitePhoto other             -    +    -    -    -    -    -    -    -    -    -    -    | -      | -    -    -    +
removeSitePhoto own            -    +    +    -    -    -    -    -    -    -    -    -    | -      | -    -    -    +
removeSitePhoto other          -    +    -    -    -    -    -    -    -    -    -    -    | -      | -    -    -    +
addSiteDocument own            -    +    +    -    -    -    -    -    -    -    -    -    | -      | -    -    -    +
addSiteDocument other          -    +    -    -    -    -    -    -    -    -    -    -    | -      | -    -    -    +
removeSiteDocument own         -    +    +    -    -    -    -    -    -    -    -    -    | -      | -    -    -    +
removeSiteDocument other       -    +    -    -    -    -    -    -    -    -    -    -    | -      | -    -    -    +
readPersonalData own           -    +    -    -    -    +    -    -    -    +    -    -    | -      | -    -    -    +
readPersonalData other         -    +    -    -    -    +    -    -    -    +    -    -    | -      | -    -    -    +
saveDraft own                  +    +    +    +    +    +    +    +    +    +    +    +    | -      | +    -    -    -
keepContact own                +    +    +    +    +    +    +    +    +    +    +    +    | -      | +    -    -    -
follow own                     +    +    +    +    +    +    +    +    +    +    +    +    | -      | +    -    -    -
setTopic own                   +    +    +    +    +    +    +    +    +    +    +    +    | -      | +    -    -    -
contactAuthor other            +    +    +    +    +    +    +    +    +    +    +    +    | -      | -    +    -    -
answerContact other            +    +    +    +    +    +    +    +    +    +    +    +    | -      | -    +    -    -
issueToken own                 +    +    +    +    +    +    +    +    +    +    +    +    | -      | -    -    -    -
viewer agentId                 +    +    +    +    +    +    +    +    +    +    +    +    | -      | +    +    +    +
viewer level                   +    +    +    +    +    +    +    +    +    +    +    +    | -      | +    +    +    +
viewer until                   +    +    +    +    +    +    +    +    +    +    +    +    | -      | +    +    +    +
viewer participant             +    +    +    +    +    +    +    +    +    +    +    +    | -      | +    +    +    +
viewer grants                  +    +    +    +    +    +    +    +    +    +    +    +    | -      | +    +    +    +
viewer pollingWork             -    -    -    +    +    -    -    -    -    -    -    -    | -      | -    -    -    +
viewer permissions             +    +    +    +    +    +    +    +    +    +    +    +    | -      | +    +    +    +
viewer profile                 +    +    +    +    +    +    +    +    +    +    +    +    | -      | +    -    -    -
viewer contact                 +    +    +    +    +    +    +    +    +    +    +    +    | -      | +    -    -    -
viewer registration            +    +    +    +    +    +    +    +    +    +    +    +    | -      | +    -    -    -
viewer ballotReceipts          +    +    +    +    +    +    +    +    +    +    +    +    | -      | +    -    -    -
viewer registerMatches         -    -    -    +    +    -    -    -    -    -    -    -    | -      | -    -    -    +
viewer drafts                  +    +    +    +    +    +    +    +    +    +    +    +    | -      | +    -    -    -
viewer deposits                +    +    +    +    +    +    +    +    +    +    +    +    | -      | +    -    -    -
viewer subscriptions           +    +    +    +    +    +    +    +    +    +    +    +    | -      | +    -    -    -
viewer messages                +    +    +    +    +    +    +    +    +    +    +    +    | -      | +    -    -    -
viewer topics                  +    +    +    +    +    +    +    +    +    +    +    +    | -      | +    -    -    -
viewer conversations           +    +    +    +    +    +    +    +    +    +    +    +    | -      | +    -    -    -
viewer tokens                  +    +    +    +    +    +    +    +    +    +    +    +    | -      | +    -    -    -
viewer readings                +    +    +    +    +    +    +    +    +    +    +    +    | -      | +    -    -    -
viewer siteWorkList            -    +    +    -    -    -    -    -    -    -    -    -    | -      | -    -    -    +
viewer workList                -    +    +    -    -    -    -    -    -    -    -    -    | -      | -    -    -    +
viewer workCounts              -    +    +    -    -    -    -    -    -    -    -    -    | -      | -    -    -    +
readings all                   -    -    -    -    -    -    -    +    -    +    -    -    | -      | -    -    -    +
/me/data.json own              +    +    +    +    +    +    +    +    +    +    +    +    | -      | +    -    -    -
/uploads send                  +    +    +    +    +    +    +    +    +    +    +    +    | -      | -    +    -    -
/uploads own                   +    +    +    +    +    +    +    +    +    +    +    +    | -      | -    +    -    -
/uploads other                 0    0    0    0    0    0    0    0    0    0    0    0    | -      | -    0    -    -
discardDraft other             0    0    0    0    0    0    0    0    0    0    0    0    | -      | 0    -    -    -
discardDraft own               +    +    +    +    +    +    +    +    +    +    +    +    | -      | +    -    -    -
unfollow other                 0    0    0    0    0    0    0    0    0    0    0    0    | -      | 0    -    -    -
unfollow own                   +    +    +    +    +    +    +    +    +    +    +    +    | -      | +    -    -    -
revokeToken other              0    0    0    0    0    0    0    0    0    0    0    0    | -      | 0    -    -    -
revokeToken own                +    +    +    +    +    +    +    +    +    +    +    +    | -      | +    -    -    -
eraseMe own                    +    +    +    +    +    +    +    +    +    +    +    +    | -      | -    -    -    -
signOutEverywhere own          +    +    +    +    +    +    +    +    +    +    +    +    | -      | +    +    +    +
";

/// Codes that mean: not you.
const NOT_YOU: [&str; 13] = [
    "ROLE_MISSING",
    "ROLE_NOT_HELD",
    "ROLE_ENDED",
    "OTHER_DEPARTMENT",
    "OTHER_PLACE",
    "NOT_THE_AUTHOR",
    "OWN_ROLE",
    "SAME_AGENT",
    "GROUND_NOT_ALLOWED",
    "PERMISSION_MISSING",
    "SIGN_IN_NEEDED",
    "SCOPE_MISSING",
    "BROWSER_NEEDED",
];

/// Whose things nobody else may touch or see; everything they typed has this word in it.
const VICTIM: &str = "CITIZEN:victim";
const SECRET: &str = "Zaubernuss";
/// The id of a workshop that there isn't: whoever may hears that.
const NO_WORKSHOP: &str = "V29ya3Nob3AvVDI2L25vbmU";
/// The officers of the hall may keep it, and there is none yet.
const NO_PLACE: &str = "UG9sbGluZ1BsYWNlL1QyNi9IQUxM";
const DEPUTY: &str = "COORDINATOR:deputy";

/// Who stands above a column, and the scope of the token they ask with; without one they use a browser.
fn columns() -> Vec<(Option<&'static str>, Option<Scope>)> {
    let browsers = [
        "CITIZEN:ada",
        COORDINATOR,
        REFERENT,
        "POLLING_OFFICER:desk",
        OFFICER,
        "MODERATOR:mo",
        "KEY_HOLDER:key",
        "AUDITOR:audit",
        "ANALYST:ana",
        "DATA_PROTECTION_OFFICER:dpo",
        "IT_LEAD:it",
        "NOBODY:in-particular",
    ];
    let tokens = Scope::ALL.map(|scope| (Some(DEPUTY), Some(scope)));
    browsers.map(|actor| (Some(actor), None)).into_iter().chain([(None, None)]).chain(tokens).collect()
}

/// What is there to act on.
struct Stage {
    town: Town,
    /// The proposal of each person.
    own: BTreeMap<&'static str, String>,
    /// The file that each person sent.
    files: BTreeMap<&'static str, String>,
    projects: Vec<String>,
    /// One led by PARKS, one by another department.
    sites: [String; 2],
    token: String,
    /// The cookie of each person.
    cookies: BTreeMap<String, String>,
    /// An act that somebody else proposed, and the texts that weren't asked to be removed yet.
    removal: Option<Value>,
    texts: Vec<(String, &'static str)>,
    count: u32,
}

#[tokio::test]
async fn every_denied_cell_is_denied() {
    let lines: Vec<&str> = TABLE.lines().skip(2).collect();
    complete(&lines);
    let mut stage = Stage::new().await;
    let mut wrong = Vec::new();
    for line in lines {
        if let Some(phase) = line.strip_prefix('[') {
            stage.reach(phase.trim_end_matches(']')).await;
            continue;
        }
        let words: Vec<&str> = line.split_whitespace().filter(|word| *word != "|").collect();
        let [what, which, expected @ ..] = words.as_slice() else { panic!("{line}") };
        assert_eq!(expected.len(), columns().len(), "{line}");
        for ((actor, scope), expected) in columns().into_iter().zip(expected) {
            let heads = stage.town.store.logs().await.unwrap();
            let (cell, answer) = stage.cell(what, which, actor, scope).await;
            if cell != *expected {
                wrong.push(format!("{what} {which}, {actor:?} {scope:?}: {cell} instead of {expected}: {answer}"));
            }
            assert!(!answer.contains(SECRET) || *what == "readPersonalData", "{what} {actor:?}: {answer}");
            if cell == "-"
                && !matches!(*what, "confirmAct" | "dropAct" | "withdrawProposal")
                && !what.ends_with("Comment")
            {
                assert_eq!(stage.town.store.logs().await.unwrap(), heads, "a no that wrote: {what} {actor:?}");
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    // What others tried on the victim's things came to nothing.
    let kept = stage.town.people.as_ref().unwrap();
    let victim = kept.vault.everything(&stage.town.known(VICTIM).await.person).await.unwrap();
    assert_eq!(victim["records"]["DRAFT"][0]["value"]["title"], SECRET);
    assert_eq!(victim["records"]["CONTACT"][0]["value"]["phone"], SECRET);
    assert_eq!(victim["records"]["SUBSCRIPTION"].as_array().unwrap().len(), 1);
    assert_eq!(victim["records"]["UPLOAD"].as_array().unwrap().len(), 1);
    assert_eq!(victim["tokens"].as_array().unwrap().len(), 2, "{victim:#}");
    // Three readings of the contact each by a browser, and one by a token.
    assert_eq!(victim["readings"].as_array().unwrap().len(), 4);
}

/// Every mutation, and every field of what a person sees of themselves, has a row.
fn complete(lines: &[&str]) {
    let sdl = api::graphql::schema::sdl();
    let rows: BTreeSet<&str> = lines.iter().filter_map(|line| line.split_whitespace().next()).collect();
    let fields: BTreeSet<&str> =
        lines.iter().filter_map(|line| line.strip_prefix("viewer ")?.split(' ').next()).collect();
    assert_eq!(members(&sdl, "Viewer"), fields);
    let unnamed: Vec<_> = members(&sdl, "Mutation").into_iter().filter(|name| !rows.contains(name)).collect();
    assert!(unnamed.is_empty(), "mutations without a row: {unnamed:?}");
}

/// The fields of an object of the schema.
fn members<'a>(sdl: &'a str, object: &str) -> BTreeSet<&'a str> {
    let text = sdl.split_once(&format!("type {object} {{\n")).unwrap().1.split_once("\n}").unwrap().0;
    // Every second part is a description.
    let parts = text.split("\"\"\"").step_by(2).flat_map(str::lines);
    let lines = parts.filter_map(|line| line.strip_prefix('\t')).filter(|line| !line.starts_with(['\t', ')']));
    lines.filter_map(|line| line.split(['(', ':']).next()).filter(|name| !name.is_empty()).collect()
}

impl Stage {
    async fn new() -> Self {
        let town = Town::new().await;
        let mut configured = configuration();
        configured["departments"] =
            json!([{ "code": "PARKS", "name": "Espaces verts" }, { "code": "ROADS", "name": "Voirie" }]);
        town.done(COORDINATOR, "configureCampaign", configured, "").await;
        for actor in [SECOND, REFERENT, OFFICER, DEPUTY] {
            town.grant(actor).await;
        }
        for (actor, _) in columns().into_iter().take(11).skip(5) {
            town.grant(actor.unwrap()).await;
        }
        town.grant("POLLING_OFFICER:desk").await;
        let deputy = town.known(DEPUTY).await.agent_id;
        for role in ["MODERATOR", "POLLING_OFFICER", "DATA_PROTECTION_OFFICER"] {
            let mut input = json!({ "campaign": "T26", "agent": deputy, "role": role });
            if role == "POLLING_OFFICER" {
                input["place"] = json!("HALL");
            }
            town.done(COORDINATOR, "grantRole", input, "").await;
        }
        let (own, files) = (BTreeMap::new(), BTreeMap::new());
        let (token, sites) = (String::new(), [String::new(), String::new()]);
        let (projects, texts) = (Vec::new(), Vec::new());
        Self { town, own, files, projects, sites, token, removal: None, texts, count: 0, cookies: BTreeMap::new() }
    }

    /// Leads the campaign on.
    async fn reach(&mut self, phase: &str) {
        match phase {
            "IDEATION" => {
                self.town.open("IDEATION").await;
                let people: BTreeSet<_> =
                    columns().into_iter().filter_map(|(actor, _)| actor).chain([VICTIM]).collect();
                for actor in people {
                    let id = self.deposit(actor).await;
                    self.own.insert(actor, id);
                    let sent = self.send_file(actor).await;
                    self.files.insert(actor, sent["digest"].as_str().unwrap().to_owned());
                }
            }
            "VOTE" => {
                let town = &self.town;
                let proposal = town.deposit("founder", "Un banc").await;
                let another = town.deposit("founder", "Un abri").await;
                town.pass("IDEATION", "CO_CONSTRUCTION").await;
                let project = town.project(&proposal, "Bancs", "CITY", "100").await;
                town.done(COORDINATOR, "admitProject", json!({ "project": project }), "").await;
                town.pass("CO_CONSTRUCTION", "PRE_SUBMIT").await;
                town.close("PRE_SUBMIT").await;
                town.done(COORDINATOR, "publishCatalogue", json!({ "campaign": "T26" }), "").await;
                town.open("VOTE").await;
                town.vote("v1", &[&project]).await;
                self.projects.push(project);
                let paper = self.ballot(Some("paper-1"));
                self.town.done("POLLING_OFFICER:desk", "castBallot", paper, "").await;
                for object in [proposal, another] {
                    self.texts.extend(["title", "description", "authorName"].map(|field| (object.clone(), field)));
                }
            }
            _ => self.settle().await,
        }
    }

    /// To the proclaimed result, two sites and what the victim keeps.
    async fn settle(&mut self) {
        let town = &self.town;
        town.proclaim().await;
        for (place, department) in ["PARKS", "ROADS"].into_iter().enumerate() {
            let input = json!({ "project": self.projects[0], "title": "Bancs", "area": "CITY", "department": department, "budget": "50" });
            let payload = town.done(COORDINATOR, "openSite", input, "site { id }").await;
            self.sites[place] = payload["site"]["id"].as_str().unwrap().to_owned();
        }
        let vault = &town.people.as_ref().unwrap().vault;
        let victim = town.known(VICTIM).await.person;
        let draft = TokenDraft {
            name: SECRET.to_owned(),
            scopes: [Scope::Vote].into(),
            days: 9,
            agent: false,
            level: Level::High,
        };
        self.token = vault.issue_token(&victim, draft).await.unwrap().0.id;
        for (mutation, input) in [
            ("saveDraft", json!({ "draft": "the-victims", "campaign": "T26", "title": SECRET })),
            ("keepContact", json!({ "phone": SECRET })),
        ] {
            let kind = mutation[..1].to_uppercase() + &mutation[1..] + "Input";
            let query =
                format!("mutation($input: {kind}!) {{ {mutation}(input: $input) {{ rejections {{ code }} }} }}");
            let answer = town.answer(VICTIM, &query, json!({ "input": input })).await;
            assert_eq!(answer["data"][mutation]["rejections"], json!([]), "{answer}");
        }
        let query = format!(r#"mutation {{ follow(object: "{}") {{ rejections {{ code }} }} }}"#, self.sites[1]);
        town.answer(VICTIM, &query, json!({})).await;
    }

    async fn deposit(&self, actor: &str) -> String {
        let title = if actor == VICTIM { "Une mare".to_owned() } else { format!("Of {actor}") };
        let payload = self.town.done(actor, "depositProposal", proposal(&title), "proposal { id }").await;
        payload["proposal"]["id"].as_str().unwrap().to_owned()
    }

    /// Writes a comment; its global id.
    async fn comment(&self, actor: &str, on: &str, official: bool) -> String {
        let input = json!({ "on": on, "text": "Une remarque.", "authorName": "Moi", "official": official });
        let payload = self.town.done(actor, "postComment", input, "comment { id }").await;
        payload["comment"]["id"].as_str().unwrap().to_owned()
    }

    async fn send_file(&self, actor: &str) -> Value {
        let credential = format!("Bearer {}", self.town.known(actor).await.token);
        let request = picture().header("authorization", credential);
        let request = request.body(Body::from(form(if actor == VICTIM { SECRET } else { actor }))).unwrap();
        let (status, text) = told(&self.town, request).await;
        assert_eq!(status, 201, "{text}");
        serde_json::from_str(&text).unwrap()
    }

    fn ballot(&self, voter: Option<&str>) -> Value {
        let channel = if voter.is_some() { "PAPER" } else { "DIGITAL" };
        json!({ "campaign": "T26", "voter": voter, "papers": [
            { "area": "CITY", "channel": channel, "choices": [{ "project": { "number": 1 } }] }] })
    }

    /// The number of an act that somebody proposes now; one that doesn't exist where they may not.
    async fn proposed(&self, actor: &str, mutation: &str, input: Value) -> Value {
        let payload = self.town.carry(actor, mutation, input, "campaign { pendingActs { number } }").await;
        let acts = payload["campaign"]["pendingActs"].as_array();
        acts.and_then(|acts| acts.last()).map_or(json!(9_999), |act| act["number"].clone())
    }

    /// The act of closing the vote, for a reason that no other one has.
    async fn closing(&mut self, actor: &str) -> Value {
        self.count += 1;
        let input = json!({ "campaign": "T26", "phase": "VOTE", "reason": format!("Reason {}.", self.count) });
        self.proposed(actor, "closePhase", input).await
    }

    /// The act of removing a text, proposed by somebody who is in no column.
    async fn removal(&mut self) -> Value {
        if let Some(pending) = &self.removal {
            return pending.clone();
        }
        let (object, field) = self.texts.pop().unwrap();
        let input = json!({ "object": object, "fields": [field], "ground": "MODERATION" });
        let number = self.proposed(SECOND, "redactTexts", input).await;
        self.removal = Some(number.clone());
        number
    }

    /// What a mutation is asked with, and whether that is an input object.
    async fn input(&mut self, what: &str, which: &str, actor: Option<&'static str>) -> Value {
        let asker = actor.unwrap_or("NOBODY:in-particular");
        let mine = which == "own";
        let campaign = json!({ "campaign": "T26" });
        let object = if mine { self.own[asker].clone() } else { self.own[VICTIM].clone() };
        let department = if mine { "PARKS" } else { "ROADS" };
        let site = self.sites[usize::from(!mine)].clone();
        let project = self.projects.first().cloned().unwrap_or_default();
        match (what, which) {
            ("depositProposal", _) => {
                let mut input = proposal("Encore une");
                if !mine {
                    input["author"] = json!("on-paper");
                }
                input
            }
            ("withdrawProposal", "own") => json!({ "proposal": self.deposit(asker).await }),
            ("withdrawProposal", _) => json!({ "proposal": object }),
            ("editProposal", _) => {
                let mut form = proposal("Autre chose");
                form.as_object_mut().unwrap().remove("campaign");
                (form["proposal"], form["version"]) = (json!(object), json!(1));
                form
            }
            ("inviteCoAuthor" | "leaveProposal" | "supportProposal" | "withdrawSupport", _) => {
                json!({ "proposal": object })
            }
            ("joinProposal", _) => json!({ "proposal": object, "invitation": "0000", "authorName": "Moi" }),
            ("postComment", _) => json!({ "on": object, "text": "Oui.", "authorName": "Moi",
                "official": which == "official" }),
            ("withdrawComment", _) => {
                let by = if mine { asker } else { VICTIM };
                json!({ "comment": self.comment(by, &self.own[VICTIM], false).await })
            }
            ("pinComment" | "unpinComment", _) => {
                json!({ "comment": self.comment(COORDINATOR, &self.own[VICTIM], true).await })
            }
            ("approveContent", _) => json!({ "content": object }),
            ("reportContent", _) => json!({ "content": object, "reason": "Trop long." }),
            // Without a reason: whoever may hears that one is missing.
            ("removeContent" | "restoreContent", _) => json!({ "content": object, "reason": "" }),
            ("announceWorkshop" | "changeWorkshop", _) => {
                let mut form = json!({ "title": "Atelier", "mode": "IN_PERSON", "agenda": "Tour.", "place": "Mairie",
                    "starts": "2026-05-02T10:00:00Z", "ends": "2026-05-02T12:00:00Z", "capacity": 9, "proposals": [] });
                if what == "announceWorkshop" {
                    form["campaign"] = json!("T26");
                } else {
                    (form["workshop"], form["version"]) = (json!(NO_WORKSHOP), json!(1));
                }
                form
            }
            ("openPollingPlace" | "changePollingPlace", _) => {
                let mut form = json!({ "name": "Mairie", "address": "1 place", "areas": [], "mode": "CARD_BY_CARD" });
                if what == "openPollingPlace" {
                    (form["campaign"], form["key"]) = (json!("T26"), json!("HALL"));
                } else {
                    (form["place"], form["version"]) = (json!(NO_PLACE), json!(1));
                }
                form
            }
            ("closePollingPlace", _) => json!({ "place": NO_PLACE, "reason": "Une fuite." }),
            ("sealBox" | "openBox", _) => json!({ "place": NO_PLACE, "number": 1, "seals": ["A-1"] }),
            ("passBox", _) => json!({ "place": NO_PLACE, "number": 1, "from": "Camille", "to": "Dominique" }),
            ("countSignatures", _) => json!({ "place": NO_PLACE, "area": "CITY", "signatures": 1, "papers": 1 }),
            ("enterPaperCount" | "recountPapers", _) => {
                json!({ "place": NO_PLACE, "area": "CITY", "count": { "valid": 0, "blank": 1 } })
            }
            ("attachMinutes", _) => json!({ "place": NO_PLACE, "digest": "00".repeat(32) }),
            ("cancelWorkshop", _) => json!({ "workshop": NO_WORKSHOP, "reason": "Non." }),
            ("registerForWorkshop", _) => json!({ "workshop": NO_WORKSHOP, "standing": "DEPOSITOR" }),
            ("cancelRegistration" | "inviteToWorkshop", _) => json!({ "workshop": NO_WORKSHOP }),
            ("recordAttendance", _) => json!({ "workshop": NO_WORKSHOP, "present": [], "others": 1 }),
            ("publishMinutes", _) => json!({ "workshop": NO_WORKSHOP, "minutes": "Oui.", "conclusions": "Non." }),
            ("proposeAlternatives", _) => json!({ "workshop": NO_WORKSHOP, "alternatives": [] }),
            ("chooseAlternative", _) => json!({ "workshop": NO_WORKSHOP, "alternative": 1 }),
            ("publishFinalText", _) => json!({ "workshop": NO_WORKSHOP, "text": "Oui." }),
            ("castBallot", _) => self.ballot((!mine).then_some("paper-1")),
            ("cancelBallot", _) => json!({ "campaign": "T26", "area": "CITY", "voter": (!mine).then_some("paper-1") }),
            ("registerToVote", _) => json!({ "campaign": "T26", "civil": civil(asker), "district": "NORTH" }),
            ("changeVotingDistrict", _) => json!({ "campaign": "T26", "district": "NORTH" }),
            ("castSealedBallots", _) => json!({ "campaign": "T26", "ballots": [{ "area": "CITY",
                "key": "urn-0123456789abcdef", "catalogue": "0".repeat(64), "ballot": "A".repeat(88) }] }),
            ("cancelSealedBallot", _) => json!({ "campaign": "T26", "area": "CITY" }),
            ("checkInPaperVoter", _) => json!({ "campaign": "T26", "civil": civil(asker), "areas": ["CITY"] }),
            ("decideMatch", _) => json!({ "campaign": "T26", "id": "00-01", "same": true }),
            ("declareUrnKey", _) => json!({ "campaign": "T26", "key": "A".repeat(43) + "=", "threshold": 2,
                "shares": ["0".repeat(64), "1".repeat(64)] }),
            ("reconcileRegister" | "shredLink", _) => campaign,
            ("lodgeObjection", _) => json!({ "campaign": "T26", "text": "Non." }),
            ("answerObjection", _) => json!({ "campaign": "T26", "number": 1, "answer": "Si." }),
            ("openUrn", _) => json!({ "campaign": "T26", "secret": "A".repeat(43) + "=" }),
            ("dropAct", _) => {
                json!({ "campaign": "T26", "number": self.closing(SECOND).await, "reason": "No." })
            }
            ("confirmAct", "own") => {
                let number = match asker {
                    COORDINATOR | OFFICER | DEPUTY => self.closing(asker).await,
                    _ => {
                        let input = json!({ "object": self.own["ANALYST:ana"], "ground": "MODERATION", "fields":
                            [if asker.starts_with("MODERATOR") { "title" } else { "description" }] });
                        self.proposed(asker, "redactTexts", input).await
                    }
                };
                json!({ "campaign": "T26", "number": number })
            }
            ("confirmAct", _) => json!({ "campaign": "T26", "number": self.removal().await }),
            ("configureCampaign", _) => {
                let mut input = configuration();
                if which == "new" {
                    self.count += 1;
                    input["code"] = json!(format!("N{}", self.count));
                }
                input
            }
            ("cloneCampaign", _) => {
                self.count += 1;
                json!({ "campaign": "T26", "code": format!("N{}", self.count), "year": 2027, "days": 364 })
            }
            ("drawOutline", _) => json!({ "campaign": "T26", "outlines": [{ "place": { "area": "NORTH" },
                "outline": { "type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 0]]] } }] }),
            ("declareExclusion" | "liftExclusion", _) => {
                json!({ "campaign": "T26", "projects": [project], "reason": "On the same ground." })
            }
            ("openPhase" | "closePhase", _) => json!({ "campaign": "T26", "phase": "IDEATION", "reason": "Again." }),
            ("publishCatalogue" | "closeBallotBox" | "proclaimResult", _) => campaign,
            ("enterCouncilDecision", _) => json!({ "project": project, "decision": "REMOVED", "session": "2026-01-01",
                "reason": "Nobody else can build there." }),
            ("drawLot", _) => json!({ "campaign": "T26", "publicValue": "1 2 3" }),
            ("grantRole" | "revokeRole", "own") => {
                json!({ "campaign": "T26", "agent": self.town.known(asker).await.agent_id, "role": "ANALYST" })
            }
            // Nobody can have this role, or has it: whoever may ask hears that.
            ("grantRole", _) => json!({ "campaign": "T26", "agent": "somebody", "role": "CITIZEN" }),
            ("revokeRole", _) => json!({ "campaign": "T26", "agent": "somebody", "role": "ANALYST" }),
            ("redactTexts", _) => json!({ "object": object, "ground": "PERSONAL_DATA" }),
            ("formProject", _) => json!({ "campaign": "T26", "proposals": [self.own["CITIZEN:ada"]], "kind": "SINGLE",
                "title": "Trop tard", "area": "CITY" }),
            ("giveVerdict", _) => json!({ "project": project, "department": department, "opinion": "FAVOURABLE",
                "reasons": "Yes." }),
            ("editProject", _) => json!({ "project": project, "version": 1, "title": "Trop tard" }),
            ("addProposalToProject", _) => json!({ "project": project, "proposal": object }),
            ("takeProposalOut", _) => json!({ "project": project, "proposal": object, "reason": "No." }),
            ("splitProject", _) => {
                let part =
                    |title: &str| json!({ "title": title, "kind": "SINGLE", "proposals": [{ "proposal": object }] });
                json!({ "project": project, "parts": [part("Un"), part("Deux")], "reason": "No." })
            }
            ("absorbProject", _) => json!({ "project": project, "into": project, "reason": "No." }),
            ("assignDepartments", _) => {
                json!({ "projects": [project], "assignments": [{ "department": "PARKS" }] })
            }
            ("nameInstructor", _) => json!({ "project": project, "department": department, "agent": "somebody" }),
            ("handBack", _) => json!({ "project": project, "department": department, "reason": "No." }),
            ("recordCommitment", _) => json!({ "project": project, "association": "Les Jardiniers", "yearly": "1" }),
            ("consolidateInstruction", _) => json!({ "project": project }),
            ("changeScope", _) => json!({ "project": project, "lines": [], "reason": "No." }),
            ("lodgeAppeal", _) => json!({ "project": project, "grounds": "No." }),
            ("undoMerge" | "reopenInstruction", _) => json!({ "project": project, "reason": "No." }),
            ("admitProject", _) => json!({ "project": project }),
            ("refuseProject", _) => json!({ "project": project, "reason": "No." }),
            ("openSite", _) => json!({ "project": project, "title": "Encore", "area": "CITY", "department": department,
                "budget": "1" }),
            ("planMilestone", _) => json!({ "site": site, "milestone": "WORKS", "on": "2027-01", "reason": "Frost." }),
            ("reachMilestone", _) => json!({ "site": site, "milestone": "WORKS", "on": "2027-01-09" }),
            ("abandonSite", _) => json!({ "site": site, "reason": "The ground gave way." }),
            ("changeSite", _) => json!({ "site": site, "title": "Encore plus", "reason": "Frost." }),
            ("splitSite", _) => json!({ "site": site, "parts": [], "reason": "Frost." }),
            ("mergeSite", _) => json!({ "site": site, "into": site, "reason": "Frost." }),
            ("correctMilestone", _) => {
                json!({ "site": site, "milestone": "DONE", "on": "2027-01-09", "reason": "Frost." })
            }
            ("reopenSite", _) => json!({ "site": site, "reason": "Frost." }),
            ("agreeUpkeep", _) => json!({ "site": site, "association": "Les Amis" }),
            ("recordSpending", _) => {
                json!({ "site": site, "line": "EJ-1", "kind": "PAID", "amount": "1", "on": "2026-01-09" })
            }
            ("correctSpending", _) => {
                json!({ "site": site, "line": "EJ-1", "amount": "2", "on": "2026-01-09", "reason": "Frost." })
            }
            ("postSiteNews", _) => json!({ "site": site, "title": "Frost", "text": "There is frost." }),
            ("addSitePhoto", _) => {
                json!({ "site": site, "upload": self.files.get(asker), "stage": "AFTER", "alternative": "Frost." })
            }
            ("addSiteDocument", _) => json!({ "site": site, "upload": self.files.get(asker), "title": "Frost." }),
            ("withdrawSiteNews" | "removeSitePhoto" | "removeSiteDocument", _) => {
                json!({ "site": site, "number": 7, "reason": "Frost." })
            }
            ("readPersonalData", _) => {
                json!({ "campaign": "T26", "kinds": ["PROFILE", "CONTACT"], "purpose": "SUPPORT",
                "note": "They asked.", "author": self.pseudonym(if mine { asker } else { VICTIM }).await })
            }
            ("saveDraft", _) => json!({ "draft": "mine", "campaign": "T26", "title": asker }),
            ("keepContact", _) => json!({ "phone": asker }),
            ("setTopic", _) => json!({ "topic": "CAMPAIGN", "on": true }),
            ("contactAuthor", _) => json!({ "proposal": object, "text": "Bonjour" }),
            ("answerContact", _) => json!({ "conversation": "the-victims", "text": "Bonjour" }),
            ("issueToken", _) => json!({ "name": asker, "scopes": ["VOTE"], "days": 1 }),
            _ => panic!("{what} {which}: say here what it is asked with"),
        }
    }

    async fn pseudonym(&self, actor: &str) -> String {
        let answer = self.town.answer(actor, r#"{ viewer { participant(campaign: "T26") } }"#, json!({})).await;
        answer["data"]["viewer"]["participant"].as_str().unwrap().to_owned()
    }

    /// A document and its variables.
    async fn document(&mut self, what: &str, which: &str, actor: Option<&'static str>) -> (String, Value) {
        let mine = which == "own";
        let argument = match what {
            "viewer" => {
                let field = match which {
                    "participant" | "permissions" | "ballotReceipts" => format!(r#"{which}(campaign: "T26")"#),
                    "workList" => r#"workList(campaign: "T26", list: LATE) { totalCount }"#.to_owned(),
                    "registration" => r#"registration(campaign: "T26") { district }"#.to_owned(),
                    "registerMatches" => r#"registerMatches(campaign: "T26") { id }"#.to_owned(),
                    "siteWorkList" => r#"siteWorkList(campaign: "T26", list: LATE) { totalCount }"#.to_owned(),
                    "pollingWork" => r#"pollingWork(campaign: "T26") { task }"#.to_owned(),
                    "workCounts" => r#"workCounts(campaign: "T26") { late }"#.to_owned(),
                    "grants" => r#"grants(campaign: "T26") { role }"#.to_owned(),
                    "deposits" => r#"deposits(campaign: "T26") { title }"#.to_owned(),
                    "profile" => "profile { email familyName }".to_owned(),
                    "contact" => "contact { email phone address }".to_owned(),
                    "drafts" => "drafts { draft title description }".to_owned(),
                    "subscriptions" => "subscriptions { object { id } }".to_owned(),
                    "messages" => "messages { totalCount nodes { subject said } }".to_owned(),
                    "topics" => "topics { topic on }".to_owned(),
                    "conversations" => "conversations { id received { text } }".to_owned(),
                    "tokens" => "tokens { id name }".to_owned(),
                    "readings" => "readings { note agent }".to_owned(),
                    plain => plain.to_owned(),
                };
                return (format!("{{ viewer {{ {field} }} }}"), json!({}));
            }
            "moderation" => {
                let query = r#"{ campaign(code: "T26") { moderation { reports { nodes { reason } } } } }"#;
                return (query.to_owned(), json!({}));
            }
            "readings" => return (r#"{ readings(campaign: "T26") { number agent } }"#.to_owned(), json!({})),
            "signOutEverywhere" => {
                return ("mutation { signOutEverywhere { ended rejections { code } } }".to_owned(), json!({}));
            }
            "eraseMe" => r#"(confirm: "no") { rejections { code } }"#.to_owned(),
            "discardDraft" => {
                format!(
                    r#"(draft: "{}") {{ found: discarded rejections {{ code }} }}"#,
                    if mine { "mine" } else { "the-victims" }
                )
            }
            "follow" => format!(r#"(object: "{}") {{ rejections {{ code }} }}"#, self.projects[0]),
            "unfollow" => {
                let object = if mine { &self.projects[0] } else { &self.sites[1] };
                format!(r#"(object: "{object}") {{ found: unfollowed rejections {{ code }} }}"#)
            }
            "revokeToken" => {
                let asker = actor.unwrap_or("NOBODY:in-particular");
                let id = if mine { self.spare_token(asker).await } else { self.token.clone() };
                format!(r#"(token: "{id}") {{ found: revoked rejections {{ code }} }}"#)
            }
            _ => {
                let mut input = self.input(what, which, actor).await;
                let keeps = [
                    "setTopic",
                    "contactAuthor",
                    "answerContact",
                    "registerToVote",
                    "changeVotingDistrict",
                    "castSealedBallots",
                    "cancelSealedBallot",
                    "checkInPaperVoter",
                    "decideMatch",
                ];
                if !matches!(what, "readPersonalData" | "saveDraft" | "keepContact" | "issueToken")
                    && !keeps.contains(&what)
                {
                    input["commandId"] = json!(self.town.command_id());
                }
                let kind = input_of(what);
                let query =
                    format!("mutation($input: {kind}!) {{ {what}(input: $input) {{ rejections {{ code }} }} }}");
                return (query, json!({ "input": input }));
            }
        };
        (format!("mutation {{ {what}{argument} }}"), json!({}))
    }

    async fn spare_token(&self, actor: &str) -> String {
        let vault = &self.town.people.as_ref().unwrap().vault;
        let draft = TokenDraft {
            name: "spare".to_owned(),
            scopes: [Scope::Vote].into(),
            days: 1,
            agent: false,
            level: Level::Low,
        };
        vault.issue_token(&self.town.known(actor).await.person, draft).await.unwrap().0.id
    }

    /// The header that says who asks: the cookie of their browser, or a token for this alone and its id.
    async fn credential(&mut self, actor: &str, scope: Option<Scope>) -> (&'static str, String, Option<String>) {
        let person = self.town.known(actor).await.person;
        let vault = &self.town.people.as_ref().unwrap().vault;
        let (agent, level) = (!actor.starts_with("CITIZEN:"), Level::Substantial);
        if let Some(scope) = scope {
            let draft = TokenDraft { name: "one scope".to_owned(), scopes: [scope].into(), days: 1, agent, level };
            let (info, secret) = vault.issue_token(&person, draft).await.unwrap();
            return ("authorization", format!("Bearer {}", secret.expose()), Some(info.id));
        }
        if !self.cookies.contains_key(actor) {
            let issuer = "https://id.town.example".to_owned();
            let draft = SessionDraft { issuer, agent, level, lifetime_s: 600, idle_s: 0, hint: None };
            let secret = vault.open_session(&person, draft).await.unwrap();
            self.cookies.insert(actor.to_owned(), format!("__Host-parvis={}", secret.expose()));
        }
        ("cookie", self.cookies[actor].clone(), None)
    }

    /// One cell, and the answer that it comes from.
    async fn cell(
        &mut self,
        what: &str,
        which: &str,
        actor: Option<&'static str>,
        scope: Option<Scope>,
    ) -> (&'static str, String) {
        let asker = actor.unwrap_or("NOBODY:in-particular");
        let (mut request, body) = match (what, which) {
            ("/me/data.json", _) => (Request::get(what), Body::empty()),
            ("/uploads", "send") => (picture(), Body::from(form(asker))),
            ("/attachments", _) => {
                (Request::get(format!("/attachments/{}", self.files[VICTIM])).header("host", HOST), Body::empty())
            }
            ("/uploads", _) => {
                let digest = &self.files[if which == "own" { asker } else { VICTIM }];
                (Request::get(format!("/uploads/{digest}")).header("host", HOST), Body::empty())
            }
            _ => {
                let (query, variables) = self.document(what, which, actor).await;
                let body = json!({ "query": query, "variables": variables }).to_string();
                let accept = "application/graphql-response+json";
                (
                    Request::post("/graphql").header("content-type", "application/json").header("accept", accept),
                    Body::from(body),
                )
            }
        };
        let mut token = None;
        if let Some(actor) = actor {
            let (name, value, id) = self.credential(actor, scope).await;
            request = request.header(name, value).header("sec-fetch-site", "same-origin");
            token = id;
        }
        let (status, text) = told(&self.town, request.body(body).unwrap()).await;
        if let Some(token) = token {
            // Nobody has more than twenty.
            let person = self.town.known(asker).await.person;
            self.town.people.as_ref().unwrap().vault.revoke_token(&person, &token).await.unwrap();
        }
        let cell = if what.starts_with('/') { of_route(status, &text) } else { of_graphql(what, &text) };
        if cell == "+" && (what, which) == ("confirmAct", "removal") {
            self.removal = None;
        }
        (cell, text)
    }
}

/// What somebody's papers say.
fn civil(asker: &str) -> Value {
    json!({ "names": asker, "birthDate": "1990-01-02", "birthPlace": "Ville" })
}

/// The cell that the answer of a route stands for.
fn of_route(status: u16, text: &str) -> &'static str {
    match status {
        200 | 201 => "+",
        404 if text.contains("UPLOAD_UNKNOWN") || text.contains("ATTACHMENT_UNKNOWN") => "0",
        401 | 403 if NOT_YOU.iter().any(|code| text.contains(code)) => "-",
        _ => panic!("{status} {text}"),
    }
}

/// The cell that an answer of GraphQL stands for.
fn of_graphql(what: &str, text: &str) -> &'static str {
    let answer: Value = serde_json::from_str(text).unwrap();
    if let Some(error) = answer["errors"].get(0) {
        let code = error["extensions"]["code"].as_str().unwrap_or_default();
        assert!(NOT_YOU.contains(&code), "{what}: {text}");
        return "-";
    }
    let payload = &answer["data"][if what == "moderation" { "campaign" } else { what }];
    let refused = |no: &Value| NOT_YOU.contains(&no["code"].as_str().unwrap());
    if payload.is_null() || payload["rejections"].as_array().is_some_and(|list| list.iter().any(refused)) {
        "-"
    } else if payload["found"] == false {
        "0"
    } else {
        "+"
    }
}

async fn told(town: &Town, request: Request<Body>) -> (u16, String) {
    let response = town.send(request).await;
    let status = response.status().as_u16();
    let bytes = to_bytes(response.into_body(), 1 << 24).await.unwrap();
    (status, String::from_utf8_lossy(&bytes).into_owned())
}

fn picture() -> axum::http::request::Builder {
    Request::post("/uploads").header("content-type", "multipart/form-data; boundary=edge").header("parvis-csrf", "1")
}

/// A form with a picture of one pixel under this name.
fn form(name: &str) -> Vec<u8> {
    let pixel = if name == SECRET { BLUE } else { RED };
    let name = name.replace(':', "-");
    let head = format!("--edge\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}.png\"\r\n\r\n");
    [head.as_bytes(), pixel, b"\r\n--edge--\r\n"].concat()
}

/// PNGs of one pixel: a red one, and the blue one of the victim.
const RED: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0\x1f\x15\xc4\x89\0\0\0\r\
    IDATx\x9cc\xf8\xcf\xc0\xf0\x1f\0\x05\0\x01\xff\x89\x99=\x1d\0\0\0\0IEND\xaeB`\x82";
const BLUE: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0\x1f\x15\xc4\x89\0\0\0\r\
    IDATx\x9cc``\xf8\xff\x1f\0\x03\x02\x01\xff\xe6w\x0b\xae\0\0\0\0IEND\xaeB`\x82";
