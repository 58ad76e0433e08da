//! An expected no: a stable code, the field it is about, the limit, and what to do.
//!
//! Codes are a public promise (a GraphQL enum). Messages are for people, French
//! first; `{}` in them is the limit or the value that the rule speaks of.

use serde::Serialize;
use std::fmt;

pub use tally::Language;

macro_rules! codes {
    ($($variant:ident = $code:literal, $french:literal, $english:literal;)*) => {
        /// Why a command was refused.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
        pub enum Code {
            $(#[doc = $english] #[serde(rename = $code)] $variant,)*
        }

        impl Code {
            /// All codes.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The stable code.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $code,)* }
            }

            const fn templates(self) -> (&'static str, &'static str) {
                match self { $(Self::$variant => ($french, $english),)* }
            }
        }
    };
}

codes! {
    AlreadyExists = "ALREADY_EXISTS", "Cet objet existe déjà : choisissez un autre identifiant.", "This already exists: choose another id.";
    NotFound = "NOT_FOUND", "Introuvable dans cette campagne : {}.", "Not found in this campaign: {}.";
    CampaignNotConfigured = "CAMPAIGN_NOT_CONFIGURED", "Configurez d’abord la campagne.", "Configure the campaign first.";
    RulesFrozen = "RULES_FROZEN", "Les règles sont gelées depuis l’ouverture du vote : elles ne changent plus.", "The rules are frozen since the vote opened: they no longer change.";
    ConfigurationInvalid = "CONFIGURATION_INVALID", "Configuration refusée : {}.", "Configuration refused: {}.";
    PhaseNotInCalendar = "PHASE_NOT_IN_CALENDAR", "La phase {} n’est pas au calendrier de cette campagne.", "The phase {} isn’t in this campaign’s calendar.";
    PhaseOrder = "PHASE_ORDER", "Les phases se suivent dans l’ordre : fermez d’abord la phase ouverte ({}).", "Phases follow their order: close the open one first ({}).";
    PhaseNotOpen = "PHASE_NOT_OPEN", "Possible seulement pendant la phase {}.", "Only possible during the phase {}.";
    TooEarly = "TOO_EARLY", "Pas encore possible : attendez {}.", "Not possible yet: wait for {}.";
    TooLate = "TOO_LATE", "Ce n’est plus possible depuis {}.", "No longer possible since {}.";
    CatalogueMissing = "CATALOGUE_MISSING", "Publiez d’abord la liste des projets soumis au vote.", "Publish the list of projects on the ballot first.";
    CataloguePublished = "CATALOGUE_PUBLISHED", "La liste soumise au vote est déjà publiée.", "The ballot list is already published.";
    CatalogueMismatch = "CATALOGUE_MISMATCH", "La liste ne correspond pas aux projets admis : {}.", "The list doesn’t match the admitted projects: {}.";
    TextTooShort = "TEXT_TOO_SHORT", "Texte trop court : au moins {} caractères.", "Text too short: at least {} characters.";
    TextTooLong = "TEXT_TOO_LONG", "Texte trop long : {} caractères au plus.", "Text too long: at most {} characters.";
    UnknownArea = "UNKNOWN_AREA", "Ce secteur n’existe pas dans la campagne : {}.", "This area isn’t part of the campaign: {}.";
    UnknownTheme = "UNKNOWN_THEME", "Cette thématique n’existe pas dans la campagne : {}.", "This theme isn’t part of the campaign: {}.";
    UnknownDepartment = "UNKNOWN_DEPARTMENT", "Cette direction n’existe pas dans la campagne : {}.", "This department isn’t part of the campaign: {}.";
    UnknownPlace = "UNKNOWN_PLACE", "Coordonnées hors limites : latitude de -90 à 90 degrés, longitude de -180 à 180.", "Coordinates out of range: latitude -90 to 90 degrees, longitude -180 to 180.";
    AmountOutOfRange = "AMOUNT_OUT_OF_RANGE", "Montant hors limites : de 0 à {}.", "Amount out of range: from 0 to {}.";
    AccessibilityUnanswered = "ACCESSIBILITY_UNANSWERED", "Précisez ce qui est prévu pour l’accessibilité.", "Say what is planned for accessibility.";
    NotTheAuthor = "NOT_THE_AUTHOR", "Seul·e l’auteur·rice peut le faire.", "Only the author may do this.";
    ProposalWithdrawn = "PROPOSAL_WITHDRAWN", "Cette proposition a été retirée.", "This proposal was withdrawn.";
    ProposalMerged = "PROPOSAL_MERGED", "Cette proposition fait déjà partie d’un projet : {}.", "This proposal is already part of a project: {}.";
    DuplicateEntry = "DUPLICATE_ENTRY", "Indiqué deux fois : {}.", "Given twice: {}.";
    EmptyList = "EMPTY_LIST", "Indiquez au moins un élément.", "Give at least one.";
    VerdictMissing = "VERDICT_MISSING", "Il manque un avis favorable des directions : {}.", "A favourable verdict of the departments is missing: {}.";
    VerdictUnfavourable = "VERDICT_UNFAVOURABLE", "La direction {} a donné un avis défavorable.", "The department {} gave an unfavourable verdict.";
    CostMismatch = "COST_MISMATCH", "Le coût doit être la somme des lignes d’investissement : {}.", "The cost must be the sum of the investment lines: {}.";
    ProjectDecided = "PROJECT_DECIDED", "La commission a déjà statué sur ce projet.", "The commission has already decided on this project.";
    ProjectNotAdmitted = "PROJECT_NOT_ADMITTED", "Ce projet n’est pas admis au vote.", "This project isn’t admitted to the ballot.";
    ProjectNotElected = "PROJECT_NOT_ELECTED", "Ce projet n’est pas lauréat.", "This project didn’t win.";
    BallotBoxClosed = "BALLOT_BOX_CLOSED", "L’urne est close.", "The ballot box is closed.";
    BallotBoxOpen = "BALLOT_BOX_OPEN", "Fermez d’abord l’urne.", "Close the ballot box first.";
    BallotInvalid = "BALLOT_INVALID", "Ce bulletin ne suit pas les règles du secteur : {}.", "This ballot doesn’t follow the rules of its area: {}.";
    ProjectNotOnBallot = "PROJECT_NOT_ON_BALLOT", "Ce projet n’est pas sur le bulletin de ce secteur : {}.", "This project isn’t on the ballot of this area: {}.";
    SecondDistrict = "SECOND_DISTRICT", "Vous votez déjà dans le secteur {} : annulez d’abord ce bulletin.", "You already vote in the area {}: cancel that ballot first.";
    NoBallot = "NO_BALLOT", "Aucun bulletin à annuler dans ce secteur.", "There is no ballot to cancel in this area.";
    LotAlreadyDrawn = "LOT_ALREADY_DRAWN", "Le tirage au sort est déjà fait.", "The lot is already drawn.";
    LotMissing = "LOT_MISSING", "Procédez d’abord au tirage au sort public.", "Draw the public lot first.";
    ResultProclaimed = "RESULT_PROCLAIMED", "Le résultat est déjà proclamé.", "The result is already proclaimed.";
    ResultMismatch = "RESULT_MISMATCH", "Le résultat ne suit pas des bulletins et de la règle : {}.", "The result doesn’t follow from the ballots and the rule: {}.";
    TallyRefused = "TALLY_REFUSED", "Dépouillement impossible : {}.", "The count can’t be made: {}.";
    MilestoneOrder = "MILESTONE_ORDER", "Les étapes se suivent dans l’ordre et le temps : {}.", "Milestones follow their order in time: {}.";
    SiteAbandoned = "SITE_ABANDONED", "Ce chantier est abandonné.", "This site is abandoned.";
    SiteFinished = "SITE_FINISHED", "Ce chantier est terminé.", "This site is finished.";
    SiteEnded = "SITE_ENDED", "Ce chantier a été divisé ou fusionné : voyez {}.", "This site was split or merged: see {}.";
    OtherProject = "OTHER_PROJECT", "Ces chantiers ne sont pas du même projet : {}.", "These sites aren’t of the same project: {}.";
    BudgetMismatch = "BUDGET_MISMATCH", "Les budgets doivent donner ensemble {}.", "The budgets have to add up to {}.";
    AlternativeMissing = "ALTERNATIVE_MISSING", "Décrivez ce que montre la photo, pour qui ne la voit pas.", "Describe what the photo shows, for those who don’t see it.";
    ReasonMissing = "REASON_MISSING", "Donnez une raison.", "Give a reason.";
    TooMany = "TOO_MANY", "Il y en a déjà {} : supprimez-en d’abord.", "There are {} already: remove some first.";
    OutOfRange = "OUT_OF_RANGE", "Valeur hors limites : {}.", "Out of range: {}.";
    ConfirmationMissing = "CONFIRMATION_MISSING", "Pour confirmer, écrivez {}.", "To confirm, write {}.";
    RoleMissing = "ROLE_MISSING", "Il faut le rôle {}.", "The role {} is needed.";
    RoleNotHeld = "ROLE_NOT_HELD", "Ce rôle ne vous est pas attribué : {}.", "You don’t hold this role: {}.";
    RoleEnded = "ROLE_ENDED", "Ce rôle a pris fin le {}.", "This role ended on {}.";
    RoleNotGrantable = "ROLE_NOT_GRANTABLE", "Ce rôle ne s’attribue pas : {}.", "This role isn’t granted: {}.";
    ScopeInvalid = "SCOPE_INVALID", "Le périmètre ne convient pas à ce rôle : {}.", "The scope doesn’t fit this role: {}.";
    OtherDepartment = "OTHER_DEPARTMENT", "C’est à la direction {} de le faire.", "This is for the department {} to do.";
    OtherPlace = "OTHER_PLACE", "C’est au lieu de vote {} de le faire.", "This is for the polling place {} to do.";
    RolesIncompatible = "ROLES_INCOMPATIBLE", "Une même personne ne peut pas avoir aussi le rôle {}.", "The same person can’t also hold the role {}.";
    OwnRole = "OWN_ROLE", "Personne ne s’attribue ni ne se retire un rôle : demandez-le à quelqu’un d’autre.", "Nobody grants or revokes a role of their own: ask somebody else.";
    LastCoordinator = "LAST_COORDINATOR", "Il faut d’abord une autre personne au rôle COORDINATOR.", "First somebody else has to hold the role COORDINATOR.";
    SecondAgentNeeded = "SECOND_AGENT_NEEDED", "Il faut l’accord d’une seconde personne : {}.", "A second agent has to agree: {}.";
    SameAgent = "SAME_AGENT", "Une autre personne que celle qui l’a proposé doit confirmer.", "Somebody other than who proposed it has to confirm.";
    ActProposed = "ACT_PROPOSED", "Cet acte est déjà proposé sous le numéro {} : une autre personne peut le confirmer.", "This act is already proposed under number {}: somebody else can confirm it.";
    ActLapsed = "ACT_LAPSED", "Cette proposition est caduque depuis le {} : proposez l’acte de nouveau.", "This proposal lapsed on {}: propose the act again.";
    ActInterrupted = "ACT_INTERRUPTED", "L’acte {} est confirmé : ses effets doivent suivre aussitôt.", "The act {} is confirmed: its effects must follow at once.";
    GroundNotAllowed = "GROUND_NOT_ALLOWED", "Ce motif ne vous permet pas de retirer ces textes : {}.", "This ground doesn’t let you remove these texts: {}.";
    AlreadyRedacted = "ALREADY_REDACTED", "Ce texte est déjà retiré : {}.", "This text is already removed: {}.";
    EditConflict = "EDIT_CONFLICT", "Quelqu’un d’autre l’a modifié entre-temps ({}) : relisez, puis recommencez.", "Somebody else changed it in the meantime ({}): read it again, then repeat your change.";
    ProposalRemoved = "PROPOSAL_REMOVED", "Cette proposition a été retirée par la modération.", "The moderators took this proposal out of public view.";
    AwaitsApproval = "AWAITS_APPROVAL", "En attente de modération : cela n’est pas encore public.", "Waiting for the moderators: this isn’t public yet.";
    NotAwaitingApproval = "NOT_AWAITING_APPROVAL", "Rien n’attend la modération ici.", "Nothing here waits for the moderators.";
    DepositorNotAccepted = "DEPOSITOR_NOT_ACCEPTED", "Cette campagne n’accepte pas ce type de déposant : {}.", "This campaign doesn’t accept this kind of depositor: {}.";
    ComplementMissing = "COMPLEMENT_MISSING", "Précisez le nom de l’association, du conseil ou du collectif.", "Say which association, council or collective it is.";
    PointOutsideCity = "POINT_OUTSIDE_CITY", "Ce point est hors du territoire de la campagne.", "This point lies outside the campaign’s territory.";
    PointInOtherArea = "POINT_IN_OTHER_AREA", "Ce point se trouve dans un autre secteur : {}.", "This point lies in another area: {}.";
    AddressInOtherArea = "ADDRESS_IN_OTHER_AREA", "Cette adresse se trouve dans un autre secteur : {}.", "This address lies in another area: {}.";
    NeighbourhoodMismatch = "NEIGHBOURHOOD_MISMATCH", "Le quartier populaire ne suit pas du point : {}.", "The priority neighbourhood doesn’t follow from the point: {}.";
    UnknownNeighbourhood = "UNKNOWN_NEIGHBOURHOOD", "Ce quartier populaire n’existe pas dans la campagne : {}.", "This priority neighbourhood isn’t part of the campaign: {}.";
    UnknownCriterion = "UNKNOWN_CRITERION", "Ce critère n’existe pas dans la campagne : {}.", "This criterion isn’t part of the campaign: {}.";
    CriterionUnanswered = "CRITERION_UNANSWERED", "Répondez aussi au critère {}.", "Answer the criterion {} as well.";
    OutlineInvalid = "OUTLINE_INVALID", "Contour refusé : {}.", "Outline refused: {}.";
    AttachmentRefused = "ATTACHMENT_REFUSED", "Pièce jointe refusée : {}.", "Attachment refused: {}.";
    InvitationUnknown = "INVITATION_UNKNOWN", "Cette invitation n’existe pas ou a déjà servi.", "This invitation doesn’t exist or was used already.";
    AlreadyAuthor = "ALREADY_AUTHOR", "Vous êtes déjà auteur·rice de cette proposition.", "You are an author of this proposal already.";
    AlreadyDone = "ALREADY_DONE", "C’est déjà fait.", "This is done already.";
    NotDone = "NOT_DONE", "Il n’y a rien à annuler ici.", "There is nothing to take back here.";
    CommentClosed = "COMMENT_CLOSED", "On ne commente pas ici en ce moment : {}.", "Comments aren’t open here now: {}.";
    CommentGone = "COMMENT_GONE", "Ce commentaire n’est plus là.", "This comment is no longer there.";
    WorkshopCancelled = "WORKSHOP_CANCELLED", "Cet atelier est annulé.", "This workshop is cancelled.";
    WorkshopFull = "WORKSHOP_FULL", "Cet atelier est complet : {} places.", "This workshop is full: {} places.";
    WorkshopStep = "WORKSHOP_STEP", "Cette étape de l’atelier n’est pas ouverte : {}.", "This step of the workshop isn’t open: {}.";
    NotRegistered = "NOT_REGISTERED", "Inscrivez-vous d’abord à l’atelier.", "Register for the workshop first.";
    NotInvited = "NOT_INVITED", "Réservé aux auteurs, aux abonnés des propositions et aux personnes invitées.", "For authors and followers of its proposals, and for those who are invited.";
    MergeCycle = "MERGE_CYCLE", "Un projet ne peut pas devenir une partie de lui-même : {}.", "A project can’t become a part of itself: {}.";
    ProjectEnded = "PROJECT_ENDED", "Ce projet a pris fin : {}.", "This project has ended: {}.";
    ProposalStillLinked = "PROPOSAL_STILL_LINKED", "Cette proposition fait encore partie du projet : {}.", "This proposal is still part of the project: {}.";
    ProposalNotLinked = "PROPOSAL_NOT_LINKED", "Cette proposition ne nomme pas encore le projet : {}.", "This proposal doesn’t name the project yet: {}.";
    NotAssigned = "NOT_ASSIGNED", "Cette direction n’instruit pas ce projet : {}.", "This department doesn’t instruct this project: {}.";
    InstructionClosed = "INSTRUCTION_CLOSED", "L’instruction est consolidée : rouvrez-la d’abord.", "The instruction is consolidated: reopen it first.";
    InstructionOpen = "INSTRUCTION_OPEN", "Consolidez d’abord l’instruction.", "Consolidate the instruction first.";
    ConsolidationMismatch = "CONSOLIDATION_MISMATCH", "La consolidation ne suit pas des avis : {}.", "The consolidation doesn’t follow from the verdicts: {}.";
    ConditionsMissing = "CONDITIONS_MISSING", "Dites sous quelles conditions l’avis est favorable.", "Say under which conditions the verdict is favourable.";
    CommitmentMissing = "COMMITMENT_MISSING", "Il manque l’engagement d’une association à hauteur de {} par an.", "An association’s commitment to {} a year is missing.";
    AppealNotPossible = "APPEAL_NOT_POSSIBLE", "Aucun recours possible ici : {}.", "No appeal is possible here: {}.";
    PaperModeDoesntFit = "PAPER_MODE_DOESNT_FIT", "Des totaux ne suffisent pas à la règle ou au bulletin du secteur {} : choisissez CARD_BY_CARD.", "Totals aren’t enough for the rule or the ballot of the area {}: choose CARD_BY_CARD.";
    PollingPlaceClosed = "POLLING_PLACE_CLOSED", "Ce lieu de vote est fermé : {}.", "This polling place is closed: {}.";
    SealsDiffer = "SEALS_DIFFER", "Les scellés de l’urne {} ne sont pas ceux qui ont été posés : donnez la raison.", "The seals of box {} aren’t those that were put on it: give the reason.";
    MorePapersThanSignatures = "MORE_PAPERS_THAN_SIGNATURES", "Il y a plus de bulletins que d’émargements ({}) : donnez la raison.", "There are more papers than signatures ({}): give the reason.";
    PapersDontAddUp = "PAPERS_DONT_ADD_UP", "Le nombre de bulletins ne concorde pas ({}) : recomptez-les.", "The papers don’t add up ({}): count them again.";
    PaperCountInvalid = "PAPER_COUNT_INVALID", "Ce dépouillement est impossible ({}) : relisez les bulletins.", "This count is impossible ({}): read the papers again.";
    CountsMissing = "COUNTS_MISSING", "Il manque le dépouillement des lieux de vote : {}.", "Polling places aren’t counted yet: {}.";
    SchoolStation = "SCHOOL_STATION", "Dans le secteur scolaire {}, seul le bureau de l’école recueille les bulletins.", "In the school area {} only the school’s own station takes ballots.";
    AppealPending = "APPEAL_PENDING", "Le recours attend encore le second avis de {}.", "The appeal still waits for the second verdict of {}.";
    SameInstructor = "SAME_INSTRUCTOR", "Après un recours, une autre personne donne le second avis.", "After an appeal somebody else gives the second verdict.";
    TooFewProjects = "TOO_FEW_PROJECTS", "Indiquez au moins {} projets.", "Give at least {} projects.";
    OtherArea = "OTHER_AREA", "Ces projets ne sont pas du même secteur : {}.", "These projects aren’t of the same area: {}.";
    NotInImports = "NOT_IN_IMPORTS", "Une campagne reprise de données publiées ne le permet pas : il n’y a que ce que disent ces données.", "A campaign taken from published data doesn’t allow this: it holds only what the data tells.";
    AnswerToAnswer = "ANSWER_TO_ANSWER", "On ne répond pas à une réponse : répondez au premier commentaire.", "Answers aren’t answered: answer the first comment.";
    NotOfficial = "NOT_OFFICIAL", "Seules les réponses officielles se mettent en tête.", "Only official answers are put first.";
    OwnContent = "OWN_CONTENT", "Impossible pour votre propre contribution.", "Not possible for what you wrote yourself.";
    ContactNotWanted = "CONTACT_NOT_WANTED", "Cette personne ne souhaite pas recevoir de messages.", "This person doesn’t want to be written to.";
    ContactForDepositors = "CONTACT_FOR_DEPOSITORS", "Réservé aux personnes qui ont déposé ou cosigné une proposition dans cette campagne.", "For people who deposited or co-authored a proposal in this campaign.";
    LettersToday = "LETTERS_TODAY", "Au plus {} messages en 24 heures : écrivez demain.", "At most {} messages in 24 hours: write tomorrow.";
    NotSealed = "NOT_SEALED", "Les bulletins de cette campagne ne sont pas scellés.", "The ballots of this campaign aren’t sealed.";
    UrnKeyMissing = "URN_KEY_MISSING", "Tenez d’abord la cérémonie des clés : l’urne n’a pas encore de clé.", "Hold the key ceremony first: the urn has no key yet.";
    OtherUrnKey = "OTHER_URN_KEY", "Scellé pour une autre clé que celle de l’urne : {}.", "Sealed to another key than that of the urn: {}.";
    ForeignCatalogue = "FOREIGN_CATALOGUE", "Scellé pour une autre liste de projets que celle-ci : {}.", "Sealed for another list of projects than this one: {}.";
    BallotKnown = "BALLOT_KNOWN", "Ce bulletin est déjà dans l’urne : {}.", "This ballot is in the urn already: {}.";
    BatchTooSmall = "BATCH_TOO_SMALL", "Un lot compte au moins {} bulletins tant que le vote est ouvert.", "A batch has at least {} ballots while the vote is open.";
    BatchUnsorted = "BATCH_UNSORTED", "Les bulletins d’un lot suivent l’ordre de leurs empreintes : {}.", "The ballots of a batch follow the order of their digests: {}.";
    RegisterMismatch = "REGISTER_MISMATCH", "L’émargement ne correspond pas aux bulletins ({}) : cherchez ce qui manque.", "The register doesn’t match the ballots ({}): find what is missing.";
    ObjectionUnanswered = "OBJECTION_UNANSWERED", "Répondez d’abord à la réclamation {}.", "Answer the objection {} first.";
    UrnSealed = "URN_SEALED", "Ouvrez d’abord l’urne.", "Open the urn first.";
    WrongUrnSecret = "WRONG_URN_SECRET", "Ce secret n’est pas celui de l’urne : réunissez d’autres parts.", "This isn’t the secret of the urn: put other shares together.";
    NotOnRegister = "NOT_ON_REGISTER", "Inscrivez-vous d’abord pour voter.", "Register to vote first.";
    VotedOnPaper = "VOTED_ON_PAPER", "Cette personne a déjà émargé pour un bulletin papier.", "This person has signed for a paper already.";
    VotedOnline = "VOTED_ONLINE", "Cette personne a déjà voté en ligne, et ce vote compte.", "This person has voted online already, and that vote counts.";
    OtherDistrict = "OTHER_DISTRICT", "Vous votez dans le secteur {} : changez d’abord de secteur.", "You vote in the area {}: change the district first.";
    MatchesOpen = "MATCHES_OPEN", "Deux agents doivent d’abord trancher {} rapprochements.", "Two agents have to decide {} close entries first.";
    ReadingsFell = "READINGS_FELL", "Le registre des consultations ne peut que croître : il en compte déjà {}.", "The record of readings only grows: it already holds {}.";
}

/// A refused command: nothing was written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, thiserror::Error)]
pub struct Rejection {
    /// The stable code.
    pub code: Code,
    /// The field of the command that it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// The limit, or the value in question.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<String>,
}

impl Rejection {
    /// The message in this language: what is wrong and what to do.
    pub fn message(&self, language: Language) -> String {
        let (french, english) = self.code.templates();
        let template = if language == Language::French { french } else { english };
        template.replace("{}", self.limit.as_deref().unwrap_or("?"))
    }

    /// The same, about this field.
    #[must_use]
    pub fn on(mut self, field: impl Into<String>) -> Self {
        self.field = Some(field.into());
        self
    }

    /// The same, with this limit or value.
    #[must_use]
    pub fn with(mut self, limit: impl fmt::Display) -> Self {
        self.limit = Some(limit.to_string());
        self
    }
}

impl From<Code> for Rejection {
    fn from(code: Code) -> Self {
        Self { code, field: None, limit: None }
    }
}

impl Code {
    /// A rejection with this code, about this field.
    pub fn on(self, field: impl Into<String>) -> Rejection {
        Rejection::from(self).on(field)
    }

    /// A rejection with this code and limit or value.
    pub fn with(self, limit: impl fmt::Display) -> Rejection {
        Rejection::from(self).with(limit)
    }
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code.as_str(), self.message(Language::English))?;
        match &self.field {
            Some(field) => write!(f, " (field {field})"),
            None => Ok(()),
        }
    }
}

/// Refuses with `rejection` unless the rule holds.
pub(crate) fn ensure(holds: bool, rejection: impl FnOnce() -> Rejection) -> Result<(), Rejection> {
    if holds { Ok(()) } else { Err(rejection()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn codes_are_unique_and_speak_both_languages() {
        let codes: BTreeSet<_> = Code::ALL.iter().map(|code| code.as_str()).collect();
        assert_eq!(codes.len(), Code::ALL.len());
        for code in Code::ALL {
            let (french, english) = code.templates();
            assert_eq!(french.contains("{}"), english.contains("{}"), "{}", code.as_str());
            assert_ne!(french, english);
        }
    }
}
