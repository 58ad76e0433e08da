//! What happened, in a sentence: each type of event, French and English.
//!
//! Owns a sentence for every event of every stream; the compiler names a new one that has none. A sentence
//! says what anybody may know as soon as the event is written: it names no person, repeats no text that
//! somebody typed, and tells no choice and no number from a ballot, a paper or a count. Events of sites:
//! `site_words.rs`. Decides nothing.

use crate::site_words;
use crate::words::{opinion, phase};
use domain::campaign::Cause;
use domain::project::Ending;
use domain::proposal::MergeKind;
use domain::redaction::Ground;
use domain::rejection::Language;
use domain::{
    Event, ProjectId, ProposalId, ballot, campaign, comment, participant, polling_place, project, proposal, urn,
    workshop,
};
use projections::Model;
use tally::words::amount;

/// The event in a sentence. The model gives the references of what the event names, and the currency.
pub fn sentence(event: &Event, model: &Model, language: Language) -> String {
    let currency = model.overview.currency.as_str();
    match event {
        Event::Campaign(event) => of_campaign(event, language),
        Event::Proposal(event) => of_proposal(event, model, language),
        Event::Project(event) => of_project(event, model, language),
        Event::Ballot(event) => of_ballot(event, language),
        Event::Site(event) => site_words::happened(event, currency, language),
        Event::Comment(event) => of_comment(event, language),
        Event::Participant(event) => of_participant(event, language),
        Event::Workshop(event) => of_workshop(event, language),
        Event::Urn(event) => of_urn(event, language),
        Event::PollingPlace(event) => of_polling_place(event, language),
    }
}

/// The ground of a removal.
pub fn ground(ground: Ground, language: Language) -> String {
    let (french, english) = match ground {
        Ground::Moderation => ("modération", "moderation"),
        Ground::PersonalData => ("données personnelles", "personal data"),
        Ground::CourtOrder => ("décision de justice", "court order"),
        Ground::ErasureRequest => ("demande d’effacement", "request for erasure"),
        Ground::Retention => ("fin de la durée de conservation", "end of the time it was kept for"),
    };
    language.say(french, english)
}

/// The public reference of a project, or its id where the model has none.
fn project_name(model: &Model, id: &ProjectId) -> String {
    model.projects.get(id).map_or_else(|| id.to_string(), |row| row.formation.reference.clone())
}

/// The public reference of a proposal, or its id where the model has none.
fn proposal_name(model: &Model, id: &ProposalId) -> String {
    model.proposals.get(id).map_or_else(|| id.to_string(), |row| row.deposit.reference.clone())
}

fn of_campaign(event: &campaign::Event, language: Language) -> String {
    use campaign::Event as E;
    let say = |french: &str, english: &str| language.say(french, english);
    let turned = |name: &str, cause: &Cause, (opened, english): (&str, &str)| match cause {
        Cause::Clock => say(&format!("{opened} à l’heure prévue : {name}."), &format!("{english} on time: {name}.")),
        Cause::Agent => say(&format!("{opened} sur décision : {name}."), &format!("{english} by decision: {name}.")),
    };
    match event {
        E::CampaignConfigured { .. } => say(
            "La campagne est configurée : secteurs, calendrier, règles.",
            "The campaign is configured: areas, calendar, rules.",
        ),
        E::PhaseOpened { phase: which, cause, .. } => {
            turned(&phase(*which, language), cause, ("Phase ouverte", "Phase opened"))
        }
        E::PhaseClosed { phase: which, cause, .. } => {
            turned(&phase(*which, language), cause, ("Phase close", "Phase closed"))
        }
        E::RulesFrozen { .. } => say(
            "La règle de décision et la liste des projets sont gelées.",
            "The rule of decision and the list of projects are frozen.",
        ),
        E::CatalogueListed { area, .. } => say(
            &format!("Les projets soumis au vote sont numérotés, secteur {area}."),
            &format!("The projects to vote on are numbered, area {area}."),
        ),
        E::CataloguePublished { projects } => say(
            &format!("La liste des projets soumis au vote est publiée : {projects}."),
            &format!("The list of projects to vote on is published: {projects}."),
        ),
        E::BallotBoxClosed { .. } => say("L’urne est close.", "The ballot box is closed."),
        E::LinkShredded { .. } => say(
            "Le lien entre électeurs et bulletins est détruit.",
            "The link between voters and ballots is destroyed.",
        ),
        E::LotSeedDrawn { .. } => say("Le tirage au sort est fait.", "The lot is drawn."),
        E::ResultProclaimed { .. } => say("Les résultats sont proclamés.", "The result is proclaimed."),
        E::RoleGranted { .. } => say("Une habilitation est donnée.", "A role is granted."),
        E::RoleRevoked { .. } => say("Une habilitation est retirée.", "A role is revoked."),
        E::ActProposed { number, .. } => say(
            &format!("Acte n° {number} proposé ; une seconde personne doit le confirmer."),
            &format!("Act no. {number} proposed; a second person has to confirm it."),
        ),
        E::ActConfirmed { number } => {
            say(&format!("Acte n° {number} confirmé."), &format!("Act no. {number} confirmed."))
        }
        E::ActDropped { number, .. } => {
            say(&format!("Acte n° {number} abandonné."), &format!("Act no. {number} dropped."))
        }
        E::ValuesRedacted { targets, ground: why } => {
            let (count, why) = (targets.len(), ground(*why, language));
            say(&format!("Textes retirés : {count} ({why})."), &format!("Texts removed: {count} ({why})."))
        }
        E::OutlineDrawn { .. } => say("Le contour d’un lieu est tracé.", "The outline of a place is drawn."),
        E::ExclusionDeclared { projects, .. } => {
            let count = projects.len();
            say(
                &format!("{count} projets se déclarent incompatibles."),
                &format!("{count} projects are declared to exclude each other."),
            )
        }
        E::ExclusionLifted { .. } => {
            say("Une incompatibilité de projets est levée.", "Projects no longer exclude each other.")
        }
        E::CouncilDecided { .. } => {
            say("Le conseil municipal a délibéré sur un projet.", "The city council decided on a project.")
        }
        E::ReadingsAnchored { .. } => say(
            "L’empreinte du registre des consultations est inscrite.",
            "The digest of the record of readings is written down.",
        ),
    }
}

fn of_proposal(event: &proposal::Event, model: &Model, language: Language) -> String {
    use proposal::Event as E;
    let say = |french: &str, english: &str| language.say(french, english);
    match event {
        E::ProposalDeposited { awaits_approval: false, .. } => say("Dépôt de la proposition.", "Proposal deposited."),
        E::ProposalDeposited { awaits_approval: true, .. } => {
            say("Dépôt de la proposition, qui attend d’être publiée.", "Proposal deposited; it waits to be shown.")
        }
        E::ProposalEdited { version, .. } => {
            say(&format!("Texte modifié, version {version}."), &format!("Text changed, version {version}."))
        }
        E::CoAuthorInvited { .. } => say("Un co-auteur est invité.", "A co-author is invited."),
        E::CoAuthorJoined { .. } => say("Un co-auteur rejoint la proposition.", "A co-author joins."),
        E::CoAuthorLeft { .. } => say("Un co-auteur quitte la proposition.", "A co-author leaves."),
        E::ProposalApproved {} => say("Publication acceptée.", "Approved to be shown."),
        E::ProposalRemoved { .. } => say("Proposition retirée de la vue du public.", "Removed from public view."),
        E::ProposalRestored { .. } => say("Proposition de nouveau visible.", "Back in public view."),
        E::ProposalWithdrawn { .. } => {
            say("Proposition retirée par qui l’a déposée.", "Withdrawn by whoever deposited it.")
        }
        E::ProposalMerged { project, kind, .. } => match (kind, project_name(model, project)) {
            (MergeKind::Single, project) => say(
                &format!("Reprise seule dans le projet {project}."),
                &format!("Taken over alone into project {project}."),
            ),
            (MergeKind::CoConstruction, project) => say(
                &format!("Réunie avec d’autres dans le projet {project} (co-construction)."),
                &format!("Joined with others in project {project} (co-construction)."),
            ),
            (MergeKind::Grouping, project) => say(
                &format!("Regroupée avec d’autres dans le projet {project}."),
                &format!("Gathered with others in project {project}."),
            ),
        },
        E::MergeUndone { project, .. } => {
            let project = project_name(model, project);
            say(&format!("Ne fait plus partie du projet {project}."), &format!("No longer part of project {project}."))
        }
    }
}

fn of_project(event: &project::Event, model: &Model, language: Language) -> String {
    use project::Event as E;
    let say = |french: &str, english: &str| language.say(french, english);
    let money = |cents| amount(cents, &model.overview.currency, language);
    match event {
        E::ProjectFormed { .. } => say("Projet constitué.", "Project formed."),
        E::ProposalAdded { proposal } => {
            let proposal = proposal_name(model, proposal);
            say(&format!("La proposition {proposal} s’y ajoute."), &format!("Proposal {proposal} is added."))
        }
        E::ProposalTakenOut { proposal, .. } => {
            let proposal = proposal_name(model, proposal);
            say(&format!("La proposition {proposal} en sort."), &format!("Proposal {proposal} is taken out."))
        }
        E::ProjectEdited { version, .. } => {
            say(&format!("Fiche modifiée, version {version}."), &format!("Sheet changed, version {version}."))
        }
        E::ProjectEnded { ending, .. } => match ending {
            Ending::Split(parts) => {
                let count = parts.len();
                say(&format!("Divisé en {count} projets."), &format!("Split into {count} projects."))
            }
            Ending::Absorbed(other) => {
                let other = project_name(model, other);
                say(&format!("Intégré au projet {other}."), &format!("Became part of project {other}."))
            }
            Ending::Undone => say(
                "Fusion défaite : ses propositions redeviennent indépendantes.",
                "Merge undone: its proposals stand alone again.",
            ),
        },
        E::DepartmentAssigned { assignment } => {
            let department = &assignment.department;
            say(&format!("Direction saisie : {department}."), &format!("Assigned to the department {department}."))
        }
        E::InstructorNamed { department, .. } => say(
            &format!("Instructeur désigné à la direction {department}."),
            &format!("An instructor is named in the department {department}."),
        ),
        E::AssignmentHandedBack { department, .. } => say(
            &format!("La direction {department} rend le dossier."),
            &format!("The department {department} hands it back."),
        ),
        E::CommitmentRecorded { .. } => say(
            "Engagement d’une association à porter des coûts annuels.",
            "An association commits itself to bear yearly costs.",
        ),
        E::InstructionConsolidated { opinion: all, cost_cents, .. } => {
            let (all, cost) = (opinion(*all, language), money(*cost_cents));
            say(&format!("Instruction achevée : {all}, {cost}."), &format!("Instruction done: {all}, {cost}."))
        }
        E::InstructionReopened { .. } => say("Instruction rouverte.", "Instruction opened again."),
        E::AppealLodged { .. } => say("Recours déposé.", "An appeal is lodged."),
        E::ScopeChanged { .. } => say("Périmètre ou coût ajusté.", "Scope or cost adjusted."),
        E::VerdictGiven { verdict, .. } => {
            let (department, said) = (&verdict.department, opinion(verdict.opinion, language));
            say(&format!("{said} de la direction {department}."), &format!("{said}: department {department}."))
        }
        E::ProjectAdmitted { cost_cents, withdrawn, .. } => {
            let cost = money(*cost_cents);
            if *withdrawn {
                say(&format!("Admis puis retiré, {cost}."), &format!("Admitted, then withdrawn, {cost}."))
            } else {
                say(&format!("Admis au vote, {cost}."), &format!("Admitted to the vote, {cost}."))
            }
        }
        E::ProjectRefused { .. } => say("Non admis au vote.", "Not admitted to the vote."),
    }
}

fn of_ballot(event: &ballot::Event, language: Language) -> String {
    use ballot::Event as E;
    let (french, english) = match event {
        E::BallotCast { .. } => ("Un bulletin est déposé.", "A ballot is cast."),
        E::BallotReplaced { .. } => ("Un bulletin en remplace un autre.", "A ballot replaces an earlier one."),
        E::BallotCancelled { .. } => ("Un bulletin est annulé.", "A ballot is cancelled."),
    };
    language.say(french, english)
}

fn of_comment(event: &comment::Event, language: Language) -> String {
    use comment::Event as E;
    let (french, english) = match event {
        E::CommentPosted { awaits_approval: false, .. } => ("Commentaire écrit.", "Comment written."),
        E::CommentPosted { awaits_approval: true, .. } => {
            ("Commentaire écrit, qui attend d’être publié.", "Comment written; it waits to be shown.")
        }
        E::CommentApproved {} => ("Publication du commentaire acceptée.", "The comment is approved to be shown."),
        E::CommentPinned {} => ("Commentaire épinglé en tête.", "Comment pinned to the top."),
        E::CommentUnpinned {} => ("Commentaire remis à sa place.", "Comment back in its place."),
        E::CommentWithdrawn {} => ("Commentaire retiré par son auteur.", "Comment withdrawn by its author."),
        E::CommentRemoved { .. } => ("Commentaire retiré de la vue du public.", "Comment removed from public view."),
        E::CommentRestored { .. } => ("Commentaire de nouveau visible.", "Comment back in public view."),
    };
    language.say(french, english)
}

fn of_participant(event: &participant::Event, language: Language) -> String {
    use participant::Event as E;
    let (french, english) = match event {
        E::ProposalSupported { .. } => ("Une proposition est soutenue.", "A proposal is supported."),
        E::SupportWithdrawn { .. } => ("Un soutien est retiré.", "A support is withdrawn."),
        E::ContentReported { .. } => {
            ("Un contenu est signalé aux modérateurs.", "Something is reported to moderators.")
        }
    };
    language.say(french, english)
}

fn of_workshop(event: &workshop::Event, language: Language) -> String {
    use workshop::Event as E;
    let say = |french: &str, english: &str| language.say(french, english);
    match event {
        E::WorkshopAnnounced { .. } => say("Atelier annoncé.", "Workshop announced."),
        E::WorkshopChanged { version, .. } => {
            say(&format!("Annonce modifiée, version {version}."), &format!("Announcement changed, version {version}."))
        }
        E::WorkshopCancelled { .. } => say("Atelier annulé.", "Workshop cancelled."),
        E::ParticipantInvited { .. } => say("Une personne est invitée.", "Somebody is invited."),
        E::ParticipantRegistered { .. } => say("Une personne s’inscrit.", "Somebody registers."),
        E::RegistrationCancelled { .. } => say("Une inscription est annulée.", "A registration is cancelled."),
        E::AttendanceRecorded { present, others } => {
            let count = present.len().saturating_add(usize::try_from(*others).unwrap_or(usize::MAX));
            say(&format!("Présences notées : {count}."), &format!("Attendance noted: {count}."))
        }
        E::MinutesPublished { .. } => say("Compte rendu publié.", "Minutes published."),
        E::AlternativesProposed { alternatives } => {
            let count = alternatives.len();
            say(&format!("{count} rédactions sont proposées au choix."), &format!("{count} wordings are proposed."))
        }
        E::AlternativeChosen { .. } => say("Une personne a choisi une rédaction.", "Somebody chose a wording."),
        E::FinalTextPublished { .. } => say("Texte final publié.", "Final text published."),
    }
}

fn of_urn(event: &urn::Event, language: Language) -> String {
    use urn::Event as E;
    let say = |french: &str, english: &str| language.say(french, english);
    match event {
        E::UrnKeyDeclared { .. } => say("La clé de l’urne est déclarée.", "The key of the urn is declared."),
        E::BallotsPublished { area, number, .. } => say(
            &format!("Bulletins scellés publiés, secteur {area}, lot {number}."),
            &format!("Sealed ballots published, area {area}, batch {number}."),
        ),
        E::BallotsSetAside { .. } => say("Des bulletins sont écartés.", "Ballots are set aside."),
        E::RegisterReconciled { .. } => say(
            "Le registre des votants est rapproché de l’urne.",
            "The register of voters is reconciled with the urn.",
        ),
        E::ObjectionLodged { number, .. } => {
            say(&format!("Réclamation n° {number} déposée."), &format!("Objection no. {number} lodged."))
        }
        E::ObjectionAnswered { number, .. } => {
            say(&format!("Réclamation n° {number} : réponse donnée."), &format!("Objection no. {number} answered."))
        }
        E::UrnOpened { .. } => say("L’urne est ouverte.", "The urn is opened."),
    }
}

fn of_polling_place(event: &polling_place::Event, language: Language) -> String {
    use polling_place::Event as E;
    let say = |french: &str, english: &str| language.say(french, english);
    let bundle = |area: &domain::AreaId, bundle: u32, french: &str, english: &str| {
        say(
            &format!("{french}, secteur {area}, paquet {bundle}."),
            &format!("{english}, area {area}, bundle {bundle}."),
        )
    };
    match event {
        E::PollingPlaceOpened { .. } => say("Bureau de vote ouvert.", "Polling place opened."),
        E::PollingPlaceChanged { version, .. } => say(
            &format!("Fiche du bureau modifiée, version {version}."),
            &format!("What the place is was changed, version {version}."),
        ),
        E::PollingPlaceClosed { .. } => say("Bureau de vote fermé.", "Polling place closed."),
        E::BoxSealed { number, .. } => say(&format!("Urne n° {number} scellée."), &format!("Box no. {number} sealed.")),
        E::CustodyPassed { number, .. } => say(
            &format!("Urne n° {number} remise d’une personne à une autre."),
            &format!("Box no. {number} handed over."),
        ),
        E::BoxOpened { number, .. } => say(&format!("Urne n° {number} ouverte."), &format!("Box no. {number} opened.")),
        E::SignaturesCounted { area, .. } => {
            say(&format!("Émargements comptés, secteur {area}."), &format!("Signatures counted, area {area}."))
        }
        E::EntryMade { area, bundle: number, .. } => {
            bundle(area, *number, "Saisie d’un dépouillement", "A count is entered")
        }
        E::EntriesDisagree { area, bundle: number, .. } => {
            bundle(area, *number, "Deux saisies diffèrent", "Two entries differ")
        }
        E::CountAgreed { area, bundle: number, .. } => {
            bundle(area, *number, "Deux saisies concordent", "Two entries agree")
        }
        E::CountCorrected { area, bundle: number, .. } => {
            bundle(area, *number, "Dépouillement corrigé après recomptage", "Count corrected after a recount")
        }
        E::RecountRecorded { area, bundle: number, .. } => bundle(area, *number, "Recomptage", "A recount"),
        E::MinutesAttached { .. } => say("Procès-verbal joint.", "Minutes attached."),
    }
}
