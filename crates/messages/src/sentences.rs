//! What each kind of message says, in French and English.
//!
//! Owns sentences and nothing else. Each is a head, which stands in the subject line after the campaign's
//! title, and a body; `{…}` in them is filled in by `words.rs`:
//! `{title}` and `{detail}` are the message's own, `{proposal}` and `{project}` begin a sentence with what
//! it is about, as the reader knows it, `{opinion}` is a department's.
//! In French `{proposal}` is feminine and `{project}` masculine.

use crate::Kind;

/// Head and body in one language.
pub(crate) struct Sentences {
    pub(crate) head: &'static str,
    pub(crate) body: &'static str,
}

/// What a kind says: French, English.
pub(crate) const fn sentences(kind: Kind) -> [Sentences; 2] {
    match kind {
        Kind::ProposalEdited => both(
            ("{title} : texte modifié", "{proposal} a été modifiée par une autre personne qui la signe."),
            ("{title}: text changed", "{proposal} was changed by another of its authors."),
        ),
        Kind::CoAuthorInvited => both(
            ("{title} : invitation à cosigner", "{proposal} : une invitation à la cosigner vient d’être faite."),
            ("{title}: invitation to co-author", "{proposal}: somebody was invited to become a co-author."),
        ),
        Kind::CoAuthorJoined => both(
            ("{title} : une personne de plus la signe", "{proposal} est maintenant cosignée par {detail}."),
            ("{title}: one more author", "{proposal} has one more author: {detail}."),
        ),
        Kind::CoAuthorLeft => both(
            ("{title} : une signature en moins", "{proposal} : une personne ne la cosigne plus."),
            ("{title}: one author less", "{proposal}: a co-author has left."),
        ),
        Kind::ProposalApproved => both(
            ("{title} est en ligne", "{proposal} a été relue par la modération : elle est maintenant publique."),
            ("{title} is public", "{proposal} was looked at by the moderators: it is public now."),
        ),
        Kind::ProposalRemoved => both(
            ("{title} n’est plus publique", "{proposal} a été retirée par la modération. La raison donnée :"),
            ("{title} isn’t public any more", "{proposal} was taken out of public view. The reason given:"),
        ),
        Kind::ProposalRestored => both(
            ("{title} est de nouveau publique", "{proposal} est de nouveau publique. La raison donnée :"),
            ("{title} is public again", "{proposal} is public again. The reason given:"),
        ),
        Kind::ProposalWithdrawn => both(
            ("{title} est retirée", "{proposal} a été retirée par une personne qui la signe."),
            ("{title} is withdrawn", "{proposal} was withdrawn by one of its authors."),
        ),
        Kind::ProposalMerged => both(
            ("{title} fait partie d’un projet", "{proposal} fait maintenant partie d’un projet : {detail}."),
            ("{title} is part of a project", "{proposal} is now part of a project: {detail}."),
        ),
        Kind::MergeUndone => both(
            (
                "{title} ne fait plus partie d’un projet",
                "{proposal} ne fait plus partie du projet {detail}. La raison donnée :",
            ),
            ("{title} has left a project", "{proposal} isn’t part of the project {detail} any more. The reason given:"),
        ),
        Kind::Commented => both(
            ("un commentaire sur {title}", "{detail} a écrit au sujet de {title} :"),
            ("a comment on {title}", "{detail} wrote about {title}:"),
        ),
        Kind::OfficiallyAnswered => both(
            ("la ville répond au sujet de {title}", "Au nom de la ville, {detail} a répondu au sujet de {title} :"),
            ("the city answers about {title}", "In the city’s name, {detail} answered about {title}:"),
        ),
        Kind::CommentAnswered => both(
            ("on répond à votre commentaire sur {title}", "{detail} a répondu à votre commentaire sur {title} :"),
            ("an answer to your comment on {title}", "{detail} answered your comment on {title}:"),
        ),
        Kind::CommentRemoved => both(
            (
                "votre commentaire sur {title} n’est plus public",
                "La modération a retiré votre commentaire sur {title}. La raison donnée :",
            ),
            (
                "your comment on {title} isn’t public any more",
                "The moderators took your comment on {title} out of public view. The reason given:",
            ),
        ),
        Kind::WorkshopAnnounced => both(
            (
                "atelier {title}",
                "Un atelier réunit des propositions que vous signez ou suivez : {title}, {detail}. Vous pouvez vous y inscrire.",
            ),
            (
                "workshop {title}",
                "A workshop brings together proposals of yours or that you follow: {title}, {detail}. You can register for it.",
            ),
        ),
        Kind::WorkshopChanged => both(
            ("l’atelier {title} a changé", "L’atelier {title} a été modifié. Il a lieu {detail}."),
            ("the workshop {title} has changed", "The workshop {title} was changed. It takes place {detail}."),
        ),
        Kind::WorkshopCancelled => both(
            ("l’atelier {title} est annulé", "L’atelier {title} n’aura pas lieu. La raison donnée :"),
            ("the workshop {title} is cancelled", "The workshop {title} won’t be held. The reason given:"),
        ),
        Kind::WorkshopSoon => both(
            ("c’est bientôt : l’atelier {title}", "Vous êtes inscrit·e à l’atelier {title}, {detail}."),
            ("soon: the workshop {title}", "You are registered for the workshop {title}, {detail}."),
        ),
        Kind::WorkshopChoice => both(
            (
                "atelier {title} : à vous de choisir",
                "L’atelier {title} propose plusieurs rédactions. Les personnes inscrites choisissent {detail}.",
            ),
            (
                "workshop {title}: yours to choose",
                "The workshop {title} proposes several descriptions. Those who registered choose {detail}.",
            ),
        ),
        Kind::WorkshopMinutes => both(
            ("compte rendu de l’atelier {title}", "Le compte rendu de l’atelier {title} est publié. Ses conclusions :"),
            ("minutes of the workshop {title}", "The minutes of the workshop {title} are published. Its conclusions:"),
        ),
        Kind::WorkshopConcluded => both(
            ("atelier {title} : le texte final", "L’atelier {title} est terminé. Le texte final :"),
            ("workshop {title}: the final text", "The workshop {title} has ended. The final text:"),
        ),
        Kind::DepartmentAssigned => both(
            ("{title} : à instruire", "{project} est confié à votre direction : {detail}."),
            ("{title}: to instruct", "{project} is for your department to instruct: {detail}."),
        ),
        Kind::InstructorNamed => both(
            ("{title} : à vous de l’instruire", "{project} est à instruire par vous : {detail}."),
            ("{title}: yours to instruct", "{project} is yours to instruct: {detail}."),
        ),
        Kind::AssignmentHandedBack => both(
            ("{title} : dossier rendu", "{project} a été rendu par une direction : {detail}. La raison donnée :"),
            ("{title}: handed back", "{project} was handed back by a department: {detail}. The reason given:"),
        ),
        Kind::VerdictLate => both(
            ("{title} : l’avis est en retard", "{project} attend encore un avis : {detail}."),
            ("{title}: the verdict is late", "{project} still waits for a verdict: {detail}."),
        ),
        Kind::InstructionReopened => both(
            ("{title} : l’instruction est rouverte", "{project} peut de nouveau recevoir des avis. La raison donnée :"),
            ("{title}: the instruction is open again", "{project} can get verdicts again. The reason given:"),
        ),
        Kind::VerdictGiven(_) => both(
            ("{title} : {opinion}", "{project} a reçu un avis de la ville ({detail}) : {opinion}. La raison donnée :"),
            ("{title}: {opinion}", "{project} has got a verdict of the city ({detail}): {opinion}. The reason given:"),
        ),
        Kind::Consolidated(_) => both(
            ("{title} : l’instruction est close", "{project} a reçu tous ses avis. Ensemble : {opinion}."),
            ("{title}: the instruction has ended", "{project} has got all its verdicts. Together: {opinion}."),
        ),
        Kind::AppealPossible => both(
            (
                "{title} : avis défavorable, recours possible",
                "{project} a reçu un avis défavorable. Vous pouvez faire un recours jusqu’au {detail}.",
            ),
            (
                "{title}: unfavourable, an appeal is possible",
                "{project} has got an unfavourable verdict. You can appeal until {detail}.",
            ),
        ),
        Kind::AppealLodged => both(
            (
                "{title} : recours déposé",
                "{project} fait l’objet d’un recours : une autre personne donnera un second avis. Le motif :",
            ),
            (
                "{title}: an appeal was lodged",
                "{project} is under appeal: somebody else will give a second verdict. The grounds:",
            ),
        ),
        Kind::ProjectEdited => both(
            ("{title} : la fiche du projet a changé", "{project} a une nouvelle fiche."),
            ("{title}: the project’s sheet has changed", "{project} has a new sheet."),
        ),
        Kind::ProjectSplit => both(
            ("{title} : le projet est partagé", "{project} se poursuit en plusieurs projets. La raison donnée :"),
            ("{title}: the project is split", "{project} goes on as several projects. The reason given:"),
        ),
        Kind::ProjectAbsorbed => both(
            (
                "{title} rejoint un autre projet",
                "{project} se poursuit dans un autre projet : {detail}. La raison donnée :",
            ),
            ("{title} joins another project", "{project} goes on in another project: {detail}. The reason given:"),
        ),
        Kind::ProjectUndone => both(
            (
                "{title} : le regroupement est défait",
                "{project} est défait : ses propositions redeviennent autonomes. La raison donnée :",
            ),
            (
                "{title}: the merging is undone",
                "{project} is undone: its proposals stand alone again. The reason given:",
            ),
        ),
        Kind::ScopeChanged => both(
            (
                "{title} : le projet est modifié",
                "{project} a été modifié par la commission : ce qui sera fait, ou son coût. La raison donnée :",
            ),
            (
                "{title}: the project is changed",
                "{project} was changed by the commission: what will be done, or what it costs. The reason given:",
            ),
        ),
        Kind::ProjectAdmitted => both(
            ("{title} est soumis au vote", "{project} figurera sur la liste soumise au vote."),
            ("{title} goes to the vote", "{project} will stand on the ballot list."),
        ),
        Kind::ProjectRefused => both(
            ("{title} n’est pas retenu", "{project} n’est pas soumis au vote. La raison donnée :"),
            ("{title} isn’t retained", "{project} doesn’t go to the vote. The reason given:"),
        ),
        Kind::ProjectElected => both(
            ("{title} est lauréat", "{project} est lauréat du vote : il sera réalisé."),
            ("{title} won", "{project} won the vote: it will be carried out."),
        ),
        Kind::ProjectNotElected => both(
            ("{title} n’est pas lauréat", "{project} n’est pas lauréat. La décision est expliquée sur sa page."),
            ("{title} didn’t win", "{project} didn’t win. Its page explains the decision."),
        ),
        Kind::SiteOpened => both(
            ("{title} : le chantier est ouvert", "{project} entre en réalisation : son chantier est ouvert."),
            ("{title}: the site is open", "{project} is being carried out: its site is open."),
        ),
        Kind::SiteMoved => both(
            ("{title} : une étape est prévue", "{project} : le calendrier du chantier dit maintenant : {detail}."),
            ("{title}: a stage is planned", "{project}: the plan of its site now says: {detail}."),
        ),
        Kind::SiteAdvanced => both(
            ("{title} : une étape est atteinte", "{project} avance. Étape atteinte : {detail}."),
            ("{title}: a stage is reached", "{project} advances. Stage reached: {detail}."),
        ),
        Kind::SiteAbandoned => both(
            ("{title} : le chantier est abandonné", "{project} ne sera pas réalisé. La raison donnée :"),
            ("{title}: the site is given up", "{project} will not be carried out. The reason given:"),
        ),
        Kind::SiteReopened => both(
            ("{title} : le chantier reprend", "{project} reprend. La raison donnée :"),
            ("{title}: the site goes on", "{project} goes on. The reason given:"),
        ),
        Kind::SiteContinued => both(
            ("{title} : le chantier continue autrement", "{project} : {detail}. La raison donnée :"),
            ("{title}: the site goes on elsewhere", "{project}: {detail}. The reason given:"),
        ),
        Kind::SiteNews => both(
            ("{title} : des nouvelles du chantier", "{project} : la ville donne des nouvelles de son chantier :"),
            ("{title}: news of the site", "{project}: the city tells how its site goes:"),
        ),
        Kind::DepositsOpen => both(
            ("les idées peuvent être déposées", "Vous pouvez maintenant déposer vos idées."),
            ("ideas can be deposited", "You can deposit your ideas now."),
        ),
        Kind::VoteOpen => {
            both(("le vote est ouvert", "Vous pouvez voter maintenant."), ("the vote is open", "You can vote now."))
        }
        Kind::ResultProclaimed => both(
            ("les résultats sont là", "Les résultats du vote sont proclamés et expliqués, projet par projet."),
            ("the result is there", "The result of the vote is proclaimed and explained, project by project."),
        ),
        Kind::Letter => both(
            (
                "on vous écrit au sujet de {title}",
                "Quelqu’un vous écrit au sujet de {title}. Ce texte est d’une autre personne, pas de la ville ; elle ne connaît pas votre adresse, et vous ne connaîtrez pas la sienne :",
            ),
            (
                "somebody writes to you about {title}",
                "Somebody writes to you about {title}. The text is another person’s, not the city’s; they don’t know your address, and you won’t know theirs:",
            ),
        ),
    }
}

const fn both(french: (&'static str, &'static str), english: (&'static str, &'static str)) -> [Sentences; 2] {
    [Sentences { head: french.0, body: french.1 }, Sentences { head: english.0, body: english.1 }]
}
