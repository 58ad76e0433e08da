//! The codes of the domain as GraphQL enums: the same variants, checked by the compiler.

use async_graphql::Enum;

/// A phase of the calendar (`phase de la campagne`), in their order.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "domain::phase::Phase")]
pub enum Phase {
    /// Before deposits open.
    PreIdeation,
    /// Proposals are deposited (`dépôt des idées`).
    Ideation,
    /// Deposits are closed, instruction begins.
    PostIdeation,
    /// Workshops and merging (`co-construction`).
    CoConstruction,
    /// The commission settles the ballot list.
    PreSubmit,
    /// Project sheets are published (`projets soumis au vote`).
    Submit,
    /// The last days before the vote.
    PreVote,
    /// Ballots are cast (`vote`).
    Vote,
    /// Counting (`dépouillement`).
    PostVote,
    /// The result is prepared and proclaimed.
    PreResult,
    /// The result is public, sites begin (`résultats`).
    Result,
}

/// The extent of an area (`secteur`).
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "domain::configuration::AreaKind")]
pub enum AreaKind {
    /// The whole city (`Tout Paris`).
    WholeCity,
    /// One district (`arrondissement`); a voter chooses one.
    District,
    /// A school (`école`): its pupils vote on its projects at a station that an agent runs.
    School,
}

/// Where a campaign's events come from.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "domain::configuration::Provenance")]
pub enum Provenance {
    /// Run on this platform: every rule was applied when an event was written.
    Native,
    /// A past election taken from published data, kept as it was.
    Imported,
}

/// How ballots are kept (`urne`).
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "domain::configuration::BallotBox")]
pub enum BallotBox {
    /// Choices are events of the log, published with the result.
    Open,
    /// Ballots are sealed on the voter’s own device until the urn is opened, after the vote.
    Sealed,
}

/// A language of the campaign.
#[derive(Enum, Clone, Copy, Debug, Default, PartialEq, Eq)]
#[graphql(remote = "domain::configuration::Tongue", name = "Language")]
pub enum Tongue {
    /// French.
    #[default]
    Fr,
    /// English.
    En,
}

/// When moderators look at what people write (`modération`).
#[derive(Enum, Clone, Copy, Debug, Default, PartialEq, Eq)]
#[graphql(remote = "domain::configuration::Moderation", name = "ModerationMode")]
pub enum Moderation {
    /// After it is shown (`a posteriori`).
    #[default]
    Afterwards,
    /// Before it is shown (`a priori`).
    Beforehand,
}

/// Why a phase was opened or closed.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "domain::campaign::Cause")]
pub enum Cause {
    /// Its planned time came.
    Clock,
    /// An agent did it, and said why.
    Agent,
}

/// What a result rests on.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "domain::campaign::Basis")]
pub enum Basis {
    /// The ballots of the log, counted under the frozen rule: anyone can count again.
    Counted,
    /// What was published of a past election whose ballots aren't known.
    Recorded,
}

/// Who deposits (`type de déposant`).
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "domain::proposal::DepositorKind")]
pub enum DepositorKind {
    /// One person (`particulier`).
    Individual,
    /// An association.
    Association,
    /// A neighbourhood council (`conseil de quartier`).
    NeighbourhoodCouncil,
    /// A collective (`collectif`).
    Collective,
}

/// How proposals come together in a project (`regroupement`).
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "domain::proposal::MergeKind")]
pub enum MergeKind {
    /// Taken over alone.
    Single,
    /// One common project (`co-construction`).
    CoConstruction,
    /// Gathered under one title (`regroupement`).
    Grouping,
}

/// Where a proposal stands.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "projections::proposals::ProposalState")]
pub enum ProposalState {
    /// Deposited, not yet part of a project (`déposée`).
    Deposited,
    /// Part of at least one project (`regroupée`).
    Merged,
    /// Taken back by its author (`retirée`).
    Withdrawn,
    /// Taken out of public view by a moderator (`modérée`).
    Removed,
    /// Not shown before a moderator approves it (`en attente de modération`).
    AwaitingApproval,
    /// Part of a project that departments instruct (`à l’étude`).
    UnderInstruction,
    /// Part of a project that is on the ballot (`retenue`).
    Retained,
    /// Part of projects of which none came on the ballot (`non retenue`).
    NotRetained,
}

/// Where a project stands.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "projections::projects::ProjectState")]
pub enum ProjectState {
    /// Under instruction (`à l’étude`).
    UnderInstruction,
    /// On the ballot (`soumis au vote`).
    Admitted,
    /// Refused by the commission (`non retenu`).
    Refused,
    /// All departments have spoken, none that has to be heard is against (`avis consolidé favorable`).
    ConsolidatedFavourable,
    /// All departments have spoken, one that has to be heard is against (`avis consolidé défavorable`).
    ConsolidatedUnfavourable,
    /// It goes on in others, or not at all (`scindé`, `absorbé`, `défait`).
    Ended,
}

/// What a department thinks (`avis`).
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "domain::project::Opinion")]
pub enum Opinion {
    /// `AVIS FAVORABLE`.
    Favourable,
    /// Favourable if its conditions hold (`favorable sous conditions`).
    FavourableWithConditions,
    /// `AVIS DÉFAVORABLE`.
    Unfavourable,
}

/// What a cost line pays for.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "domain::project::CostKind")]
pub enum CostKind {
    /// Works (`travaux`).
    Investment,
    /// Studies (`études`).
    Study,
    /// Equipment (`équipement`).
    Equipment,
}

/// A stage of a site (`étape`), in their order.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "domain::site::Milestone", name = "MilestoneKind")]
pub enum Milestone {
    /// `ETUDES`.
    Studies,
    /// `PROCEDURES`.
    Procedures,
    /// `TRAVAUX`.
    Works,
    /// `LIVRAISON`.
    Delivery,
    /// `FIN`.
    Done,
}

/// Where a site stands: its latest stage.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "projections::sites::SiteState")]
pub enum SiteState {
    /// Opened, no stage reached yet.
    Opened,
    /// In studies (`études`).
    Studies,
    /// In procedures (`procédures`).
    Procedures,
    /// In works (`travaux`).
    Works,
    /// Delivered (`livraison`).
    Delivery,
    /// Done (`fin`).
    Done,
    /// Given up (`abandonné`).
    Abandoned,
    /// Split into others (`divisé`).
    Split,
    /// Merged into another (`fusionné`).
    Merged,
}

/// The role in which somebody acts.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "domain::Role")]
pub enum Role {
    /// Anyone who deposits or votes (`citoyen·ne`).
    Citizen,
    /// The team that runs the campaign (`mission budget participatif`).
    Coordinator,
    /// Instructs for one department (`référent·e de direction`).
    DepartmentReferent,
    /// Enters paper ballots (`agent·e de bureau de vote`).
    PollingOfficer,
    /// Closes the ballot box and proclaims the result (`président·e du bureau`).
    ReturningOfficer,
    /// Watches over what people write in public.
    Moderator,
    /// Holds a part of the keys of the ballot box.
    KeyHolder,
    /// Checks what others did; changes nothing.
    Auditor,
    /// Studies proposals and results; changes nothing.
    Analyst,
    /// Watches over personal data (`délégué·e à la protection des données`).
    DataProtectionOfficer,
    /// Keeps the servers running.
    ItLead,
    /// The programme itself: phases opened by the clock, imports.
    System,
}

/// How a ballot came in.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "tally::Channel")]
pub enum Channel {
    /// Online (`numérique`).
    Digital,
    /// On paper (`papier`).
    Paper,
}

/// Where the money goes that the districts' winners leave of their envelopes (`reliquats`).
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "tally::Leftovers")]
pub enum Leftovers {
    /// It stays unspent.
    Nowhere,
    /// To the list of the whole city, which is counted with it.
    City,
    /// To the district with the most ballots per inhabitant, which is counted with it.
    HighestTurnout,
}

/// What the council decided of a project, beside the count.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "domain::council::Ruling", name = "CouncilRuling")]
pub enum Ruling {
    /// It is carried out, although it didn't win, or was removed before.
    Added,
    /// It isn't carried out, although it won, or was added before.
    Removed,
}

/// Why a project was elected or not.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "tally::Reason")]
pub enum Reason {
    /// Its turn came and it fitted in what was left.
    Elected,
    /// Its turn came, it cost more than what was left, and what was left was enough of its cost that it
    /// is funded all the same.
    ElectedBeyondEnvelope,
    /// It lies in a priority neighbourhood, and these had not reached their floor.
    ElectedByEarmark,
    /// Its group (a district on a list of the city) had fewer winners than it needs.
    ElectedForItsGroup,
    /// Its turn came and it cost more than what was left.
    CostExceedsWhatIsLeft,
    /// The rule stops at the first project that doesn't fit, and one ranked above didn't.
    StoppedBefore,
    /// It didn't reach the threshold.
    BelowMinScore,
    /// It was withdrawn.
    Withdrawn,
    /// A winner can't be carried out beside it.
    ExcludedByWinner,
    /// As many winners as there may be had been taken.
    EnoughWinners,
    /// Its group had as many winners as it may have, or with it would cost more than it may.
    GroupCapReached,
    /// The rule itself had ended, and it fitted when what was left was spent by score.
    ElectedInCompletion,
    /// Its supporters together have less money left of their shares than it costs.
    SupportersCannotPay,
    /// It isn't in the set of projects with the greatest sum of utilities.
    NotInBestSet,
}

/// Why a ballot doesn't follow the rules of its area.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "tally::Invalid", name = "InvalidBallot")]
pub enum Invalid {
    /// Fewer choices than the minimum.
    TooFewChoices,
    /// More choices than the maximum.
    TooManyChoices,
    /// The same project twice.
    DuplicateChoice,
    /// A project that isn't on the list of the area.
    UnknownProject,
    /// The costs together exceed the knapsack.
    OverBudget,
    /// More points than allowed, for one project or in all.
    TooManyPoints,
    /// Points missing, below the minimum, or where there are none.
    BadPoints,
    /// Sealed for another urn, altered, or no ballot at all: it can’t be read.
    Unreadable,
}

/// How winners are chosen (`règle de dépouillement`).
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "tally::RuleKind")]
pub enum RuleKind {
    /// By score descending; a project that doesn't fit in what is left is passed over.
    Greedy,
    /// By score descending; stops at the first project that doesn't fit.
    GreedyStop,
    /// By score per cost descending; one that doesn't fit in what is left is passed over.
    GreedyPerCost,
    /// Each ballot gets an equal share of the envelope; supporters pay for a project together
    /// (`méthode des parts égales`).
    EqualShares,
    /// Ballots earn money at an equal pace; supporters buy a project as soon as they can.
    Phragmen,
    /// The set within the envelope with the greatest sum of utilities (for analysis).
    MaxWelfare,
    /// By median grade (`jugement majoritaire`).
    MajorityJudgment,
}

/// What a project is worth to a voter.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "tally::Utility")]
pub enum Utility {
    /// Its cost times the points that the voter gave it.
    Cost,
    /// The points that the voter gave it: a vote counts one, whatever the cost.
    Cardinality,
}

/// How equal shares are raised, one unit of the currency per ballot at a time.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "tally::AddOne")]
pub enum AddOne {
    /// From the exact share; ends when nothing that has supporters fits any more, or before the envelope
    /// would be exceeded.
    Pabutools,
    /// From the share rounded down to a whole unit; ends only before the envelope would be exceeded.
    Official,
    /// From the share rounded down to a whole unit; ends as well when nothing fits any more.
    Exhaustive,
}

/// How equal scores are told apart (`départage`).
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "tally::TieBreak")]
pub enum TieBreak {
    /// The cheaper project first.
    LowerCost,
    /// The project supported by more ballots first.
    MoreSupporters,
    /// The order of the public lot (`tirage au sort`).
    Lot,
    /// By reference, in code-point order (analysis only).
    Id,
}
