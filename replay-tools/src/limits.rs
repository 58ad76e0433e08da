//! Owns what no verification of a bundle can show, in plain words: an auditor who reads "holds" must
//! know what that doesn't say.
//! Must not: judge. Next: `verify.rs`, `page.rs`.

use crate::report::Checked;
use domain::{campaign::Basis, configuration::BallotBox};
use projections::Model;
use serde::Serialize;
use tally::{Channel, Language};

/// Something that can't be checked with a bundle.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Limit {
    /// Whose key it is.
    Key,
    /// That others are shown the same log.
    OneLog,
    /// What happened since.
    Later,
    /// That those who voted might, and voted themselves.
    Identity,
    /// That a device sealed what its voter chose.
    Device,
    /// That papers were read as they were filled in.
    Paper,
    /// How the recorded result came about.
    Recorded,
    /// That what agents say of the world is so.
    World,
    /// What removed texts said.
    Removed,
}

impl Limit {
    /// Those of a bundle.
    pub fn of(checked: &Checked, model: &Model) -> Vec<Self> {
        let recorded = model.overview.proclaimed.is_some_and(|(_, basis)| basis == Basis::Recorded);
        let on_paper = !model.polling_places.is_empty()
            || model.turnout.rows().any(|row| row.key.as_ref().is_some_and(|key| key.channel == Channel::Paper));
        let sealed = matches!(model.overview.ballot_box, Some(BallotBox::Sealed));
        let all = [
            (Self::Key, !checked.key_checked),
            (Self::OneLog, checked.signed_by.len() < 2),
            (Self::Later, true),
            (Self::Recorded, recorded),
            (Self::Identity, !recorded),
            (Self::Device, sealed),
            (Self::Paper, on_paper),
            (Self::World, true),
            (Self::Removed, !checked.redacted.is_empty()),
        ];
        all.into_iter().filter(|(_, applies)| *applies).map(|(limit, _)| limit).collect()
    }

    /// In a sentence.
    pub fn sentence(self, language: Language) -> String {
        let (french, english) = match self {
            Self::Key => (
                "à qui est la clé : sans --policy, elle vient du fichier lui-même, et chacun peut signer avec la sienne",
                "whose key it is: without --policy it comes from the file itself, and anyone can sign with their own",
            ),
            Self::OneLog => (
                "que d’autres voient le même journal : aucun témoin ne l’a signé ; comparez la racine avec d’autres",
                "that others are shown the same log: no witness signed it; compare the root with others",
            ),
            Self::Later => {
                ("ce qui s’est passé depuis que ce fichier a été fait", "what happened since this file was made")
            }
            Self::Identity => (
                "que chaque votant en avait le droit et a voté lui-même : le registre n’est pas public",
                "that every voter was entitled and voted in person: the register isn’t public",
            ),
            Self::Device => (
                "que l’appareil d’un votant a scellé son vrai choix : lui seul peut le vérifier, avec « ballot check »",
                "that a voter’s device sealed the real choice: only the voter can check, with `ballot check`",
            ),
            Self::Paper => (
                "que les bulletins en papier ont été lus comme ils étaient remplis : les procès-verbaux le disent",
                "that papers were read as they were filled in: the minutes of the polling places say so",
            ),
            Self::Recorded => (
                "comment ce résultat a été compté : il est repris tel que publié, sans bulletins",
                "how this result was counted: it is taken over as published, without ballots",
            ),
            Self::World => (
                "que ce que les agents écrivent est vrai : coûts, avis des services, avancement des chantiers",
                "that what agents write is true: costs, opinions of departments, progress of sites",
            ),
            Self::Removed => (
                "ce que disaient les textes retirés : le journal prouve seulement qu’ils y étaient",
                "what removed texts said: the log only proves that they were there",
            ),
        };
        language.say(french, english)
    }
}
