//! The six things that somebody can hear of, each of which can be stopped alone (`abonnements`).
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
    /// Proposals that one follows.
    FollowedProposals,
    /// Projects that one follows.
    FollowedProjects,
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
    pub const ALL: [Self; 6] = [
        Self::MyProposals,
        Self::FollowedProposals,
        Self::FollowedProjects,
        Self::Sites,
        Self::Results,
        Self::Campaign,
    ];

    /// The stable code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::MyProposals => "MY_PROPOSALS",
            Self::FollowedProposals => "FOLLOWED_PROPOSALS",
            Self::FollowedProjects => "FOLLOWED_PROJECTS",
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
            | Self::FollowedProposals
            | Self::FollowedProjects
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
            Self::FollowedProposals => ("Propositions que je suis", "Proposals that I follow"),
            Self::FollowedProjects => ("Projets que je suis", "Projects that I follow"),
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
                "Ce que devient ce que vous avez déposé : regroupement, avis, décision, résultat.",
                "What becomes of what you deposited: merging, verdict, decision, result.",
            ),
            Self::FollowedProposals => {
                ("Ce que deviennent les propositions suivies.", "What becomes of the proposals you follow.")
            }
            Self::FollowedProjects => {
                ("Ce que deviennent les projets suivis.", "What becomes of the projects you follow.")
            }
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
    fn six_topics_have_codes_of_their_own_and_only_campaigns_have_to_be_asked_for() {
        let codes: BTreeSet<_> = Topic::ALL.iter().map(|topic| topic.code()).collect();
        assert_eq!(codes.len(), 6);
        for topic in Topic::ALL {
            assert_eq!(Topic::from_code(topic.code()), Some(topic));
            assert_eq!(serde_json::to_value(topic).unwrap(), topic.code());
            assert_ne!(topic.name(Language::French), topic.name(Language::English));
            assert_eq!(topic.is_on_unless_stopped(), topic != Topic::Campaign);
        }
        assert_eq!(Topic::from_code("campaign"), None);
    }
}
