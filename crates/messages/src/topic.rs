//! The nine things that somebody can hear of, each of which can be stopped alone (`abonnements`).
//!
//! Owns their names and what holds when nothing was said. Next: `wishes.rs` (what was said).

use domain::rejection::Language;
use serde::{Deserialize, Serialize};

/// Something to hear of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Topic {
    /// What becomes of one's own proposals.
    MyProposals,
    /// Comments on one's own proposals, and answers to what one wrote.
    Answers,
    /// What other people write, without learning an address.
    Letters,
    /// Workshops about one's own proposals, or to which one is registered.
    Workshops,
    /// For agents: what is theirs to instruct.
    Instruction,
    /// Proposals and projects that one follows.
    Followed,
    /// Sites of projects that one follows.
    Sites,
    /// The result of a campaign in which one took part.
    Results,
    /// That one may deposit, or vote.
    Campaign,
}

impl Topic {
    /// All of them. Where an event is several of them for the same person, the first that is wanted is
    /// the one under which it is told, once.
    pub const ALL: [Self; 9] = [
        Self::MyProposals,
        Self::Answers,
        Self::Letters,
        Self::Workshops,
        Self::Instruction,
        Self::Followed,
        Self::Sites,
        Self::Results,
        Self::Campaign,
    ];

    /// The stable code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::MyProposals => "MY_PROPOSALS",
            Self::Answers => "ANSWERS",
            Self::Letters => "LETTERS",
            Self::Workshops => "WORKSHOPS",
            Self::Instruction => "INSTRUCTION",
            Self::Followed => "FOLLOWED",
            Self::Sites => "SITES",
            Self::Results => "RESULTS",
            Self::Campaign => "CAMPAIGN",
        }
    }

    /// The topic of that code.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|topic| topic.code() == code)
    }

    /// Whether it is told to those who said nothing. What follows from something that a person did is;
    /// an invitation to a campaign has to be asked for (Directive 2002/58/EC, article 13).
    #[must_use]
    pub const fn is_on_unless_stopped(self) -> bool {
        match self {
            Self::MyProposals
            | Self::Answers
            | Self::Letters
            | Self::Workshops
            | Self::Instruction
            | Self::Followed
            | Self::Sites
            | Self::Results => true,
            Self::Campaign => false,
        }
    }

    /// Its name for people.
    #[must_use]
    pub const fn name(self, language: Language) -> &'static str {
        let (french, english) = match self {
            Self::MyProposals => ("Mes propositions", "My proposals"),
            Self::Answers => ("Commentaires et réponses", "Comments and answers"),
            Self::Letters => ("Messages d’autres personnes", "Messages from other people"),
            Self::Workshops => ("Ateliers", "Workshops"),
            Self::Instruction => ("Dossiers à instruire", "Projects to instruct"),
            Self::Followed => ("Ce que je suis", "What I follow"),
            Self::Sites => ("Chantiers des projets que je suis", "Sites of projects that I follow"),
            Self::Results => ("Résultats du vote", "Results of the vote"),
            Self::Campaign => ("Ouverture des dépôts et du vote", "Opening of proposals and of the vote"),
        };
        match language {
            Language::French => french,
            Language::English => english,
        }
    }

    /// What it tells, in a sentence.
    #[must_use]
    pub const fn about(self, language: Language) -> &'static str {
        let (french, english) = match self {
            Self::MyProposals => (
                "Ce que devient ce que vous avez déposé ou cosigné : modération, regroupement, avis, recours, décision, résultat.",
                "What becomes of what you deposited or co-authored: moderation, merging, verdicts, appeal, decision, result.",
            ),
            Self::Answers => (
                "Commentaires sur vos propositions, réponses à vos commentaires, réponses de la ville.",
                "Comments on your proposals, answers to your comments, answers of the city.",
            ),
            Self::Letters => (
                "Ce que d’autres dépositaires vous écrivent si vous l’avez accepté. Personne n’apprend votre adresse.",
                "What other depositors write to you if you agreed to it. Nobody learns your address.",
            ),
            Self::Workshops => (
                "Annonces, changements, rappels et comptes rendus des ateliers sur vos propositions, sur celles que vous suivez, ou auxquels vous êtes inscrit·e.",
                "Announcements, changes, reminders and minutes of workshops about proposals of yours or that you follow, or for which you registered.",
            ),
            Self::Instruction => (
                "Pour les agents : affectations, dossiers rendus, retards, recours.",
                "For agents: assignments, what is handed back, delays, appeals.",
            ),
            Self::Followed => (
                "Ce que deviennent les propositions et les projets que vous suivez.",
                "What becomes of the proposals and projects that you follow.",
            ),
            Self::Sites => (
                "Étapes, retards et fin des chantiers des projets suivis.",
                "Stages, delays and end of the sites of projects you follow.",
            ),
            Self::Results => (
                "La proclamation, si vous avez déposé ou suivi quelque chose, ou si vous le demandez.",
                "The proclamation, if you deposited or followed something, or if you ask for it.",
            ),
            Self::Campaign => (
                "Quand on peut déposer une idée, et quand on peut voter.",
                "When ideas can be deposited, and when one can vote.",
            ),
        };
        match language {
            Language::French => french,
            Language::English => english,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn nine_topics_have_codes_of_their_own_and_only_campaigns_have_to_be_asked_for() {
        let codes: BTreeSet<_> = Topic::ALL.iter().map(|topic| topic.code()).collect();
        assert_eq!(codes.len(), 9);
        for topic in Topic::ALL {
            assert_eq!(Topic::from_code(topic.code()), Some(topic));
            assert_eq!(serde_json::to_value(topic).unwrap(), topic.code());
            assert_ne!(topic.name(Language::French), topic.name(Language::English));
            assert_eq!(topic.is_on_unless_stopped(), topic != Topic::Campaign);
        }
        assert_eq!(Topic::from_code("campaign"), None);
    }
}
