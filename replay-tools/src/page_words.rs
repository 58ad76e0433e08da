//! Owns the words of the page: checks, phases, reasons and grounds in French and English.
//! Must not: decide what is shown. Next: `page.rs`.

use crate::report::{Ending, Stage};
use domain::{Timestamp, phase::Phase, redaction::Ground};
use tally::{Language, Reason};

/// A check in a few words.
pub(crate) fn stage(stage: Stage, language: Language) -> String {
    let (french, english) = match stage {
        Stage::Container => (
            "Le fichier est entier, sans un octet de plus ni de moins",
            "The file is whole, without a byte more or less",
        ),
        Stage::Signatures => ("Les signatures sont valables", "The signatures are valid"),
        Stage::Tree => ("Les événements donnent la racine signée", "The events give the signed root"),
        Stage::History => {
            ("Rien n’a changé depuis l’ancien point de contrôle", "Nothing changed since the older checkpoint")
        }
        Stage::Sequence => ("Aucun événement ne manque ni n’est en trop", "No event is missing or too many"),
        Stage::Canonical => {
            ("Chaque événement a sa seule écriture possible", "Each event has its only possible spelling")
        }
        Stage::Commitments => ("Les textes sont ceux d’origine", "The texts are the original ones"),
        Stage::Law => ("Chaque acte suivait les règles à son moment", "Every act followed the rules at its time"),
        Stage::Ballots => (
            "Les bulletins dans l’urne sont ceux qui ont été donnés",
            "The ballots in the box are those that were cast",
        ),
        Stage::Tally => (
            "Recomptés, les bulletins donnent le résultat proclamé",
            "Counted again, the ballots give the proclaimed result",
        ),
        Stage::Claims => ("Ce que la ville annonce suit du journal", "What the city claims follows from the log"),
    };
    language.say(french, english)
}

/// How a check ended.
pub(crate) fn ending(ending: Ending, language: Language) -> String {
    let (french, english) = match ending {
        Ending::Held => ("vérifié", "holds"),
        Ending::Failed => ("ÉCHEC", "FAILED"),
        Ending::NotReached => ("non atteint", "not reached"),
        Ending::NotAsked => ("non demandé", "not asked"),
    };
    language.say(french, english)
}

/// A phase.
pub(crate) fn phase(phase: Phase, language: Language) -> String {
    let (french, english) = match phase {
        Phase::PreIdeation => ("Avant les dépôts", "Before proposals open"),
        Phase::Ideation => ("Dépôt des idées", "Proposals"),
        Phase::PostIdeation => ("Étude des propositions", "Review of proposals"),
        Phase::CoConstruction => ("Co-construction", "Workshops and merging"),
        Phase::PreSubmit => ("Commission", "Commission"),
        Phase::Submit => ("Présentation des projets", "Projects published"),
        Phase::PreVote => ("Avant le vote", "Before the vote"),
        Phase::Vote => ("Vote", "Vote"),
        Phase::PostVote => ("Dépouillement", "Count"),
        Phase::PreResult => ("Avant les résultats", "Before the result"),
        Phase::Result => ("Résultats", "Result"),
    };
    language.say(french, english)
}

/// Why a project won or didn’t, in a few words.
pub(crate) fn reason(reason: Reason, language: Language) -> String {
    let (french, english) = match reason {
        Reason::Elected => ("lauréat", "elected"),
        Reason::ElectedBeyondEnvelope => ("lauréat, financé en entier", "elected, funded in full"),
        Reason::ElectedByEarmark => ("lauréat, quartier prioritaire", "elected, priority neighbourhood"),
        Reason::ElectedForItsGroup => ("lauréat pour son groupe", "elected for its group"),
        Reason::ElectedInCompletion => ("lauréat avec ce qui restait", "elected with what was left"),
        Reason::CostExceedsWhatIsLeft => ("coûtait plus que ce qui restait", "cost more than what was left"),
        Reason::StoppedBefore => ("le compte s’arrête avant", "the count stops before it"),
        Reason::BelowMinScore => ("sous le seuil", "below the threshold"),
        Reason::Withdrawn => ("retiré", "withdrawn"),
        Reason::ExcludedByWinner => ("exclu par un lauréat", "excluded by a winner"),
        Reason::EnoughWinners => ("assez de lauréats", "enough winners"),
        Reason::GroupCapReached => ("limite du groupe atteinte", "its group’s limit was reached"),
        Reason::SupportersCannotPay => ("ses soutiens n’ont plus assez", "its supporters have too little left"),
        Reason::NotInBestSet => ("hors du meilleur ensemble", "not in the best set"),
    };
    language.say(french, english)
}

/// On which ground a text was removed.
pub(crate) fn ground(ground: Ground, language: Language) -> String {
    let (french, english) = match ground {
        Ground::Moderation => ("modération", "moderation"),
        Ground::PersonalData => ("données personnelles", "personal data"),
        Ground::CourtOrder => ("décision de justice", "court order"),
        Ground::ErasureRequest => ("demande d’effacement", "request for erasure"),
        Ground::Retention => ("fin de conservation", "end of retention"),
    };
    language.say(french, english)
}

/// A day in UTC: `07/09/2018`, `2018-09-07`.
pub(crate) fn day(at: Timestamp, language: Language) -> String {
    let text = at.to_string();
    let day = text.get(..10).unwrap_or_default();
    iso_day(day, language)
}

/// A day that is written `2018-09-07`.
pub(crate) fn iso_day(day: &str, language: Language) -> String {
    match (language, day.split('-').collect::<Vec<_>>()[..].as_ref()) {
        (Language::French, [year, month, day]) => format!("{day}/{month}/{year}"),
        (Language::French | Language::English, _) => day.to_owned(),
    }
}
