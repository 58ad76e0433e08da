//! What a loser lacked, in words: French and English.
//!
//! Owns a sentence for each state of each change, so that none is left without a reason. Searches for
//! nothing: that is `tally::change`.

use crate::words::{amount, number};
use domain::Cents;
use domain::rejection::Language;
use tally::{Change, Changes, Gain};

/// The smallest changes that would have elected a project.
pub fn changes(changes: &Changes, currency: &str, language: Language) -> String {
    match (changes.votes, changes.cost) {
        (Change::Elected, _) => language.say("Il est lauréat.", "It is elected."),
        (Change::Withdrawn, _) => language
            .say("Il était retiré : rien ne l’aurait fait élire.", "It was withdrawn: nothing would have elected it."),
        (votes, cost) => {
            format!("{} {}", of_votes(votes, changes.gain, language), of_cost(cost, currency, language))
        }
    }
}

fn of_votes(votes: Change<u64>, gain: Gain, language: Language) -> String {
    match votes {
        Change::Found { value, exact } => {
            let count = number(value, language);
            let more = match (gain, language) {
                (Gain::Votes, Language::French) => format!("{count} voix de plus"),
                (Gain::Votes, Language::English) => format!("{count} more votes"),
                (Gain::Points, Language::French) => format!("{count} points de plus"),
                (Gain::Points, Language::English) => format!("{count} more points"),
                (Gain::BallotsAlone, Language::French) => format!("{count} bulletins de plus pour lui seul"),
                (Gain::BallotsAlone, Language::English) => format!("{count} more ballots for it alone"),
                (Gain::BestGrades, Language::French) => {
                    format!("la meilleure mention sur {count} bulletins de plus")
                }
                (Gain::BestGrades, Language::English) => format!("the best grade on {count} more ballots"),
            };
            match (exact, language) {
                (true, Language::French) => format!("Avec {more}, il était lauréat ; avec moins, non."),
                (true, Language::English) => format!("With {more} it would have been elected; with fewer, not."),
                (false, Language::French) => {
                    format!("Avec {more}, il était lauréat ; avec un de moins, non. Moins encore n’est pas exclu.")
                }
                (false, Language::English) => {
                    format!("With {more} it would have been elected; with one fewer, not. Still fewer isn’t ruled out.")
                }
            }
        }
        Change::None { exact: true } => language.say(
            "Aucun nombre de voix de plus ne l’aurait fait élire.",
            "No number of further votes would have elected it.",
        ),
        Change::None { exact: false } => language.say(
            "On n’a pas trouvé de nombre de voix qui l’aurait fait élire.",
            "No number of votes was found that would have elected it.",
        ),
        Change::TooLarge => language.say(
            "Le nombre de voix qui lui a manqué demande trop de calcul pour être cherché ici.",
            "How many votes it lacked takes too much work to be searched for here.",
        ),
        Change::Undefined | Change::Elected | Change::Withdrawn => language.say(
            "Les voix ne pèsent pas toutes le même poids : aucun nombre ne dit ce qui lui a manqué.",
            "Votes don’t all weigh the same: no number says what it lacked.",
        ),
    }
}

fn of_cost(cost: Change<Cents>, currency: &str, language: Language) -> String {
    match cost {
        Change::Found { value, exact } => {
            let value = amount(value, currency, language);
            match (exact, language) {
                (true, Language::French) => format!("À {value} ou moins, il était lauréat ; plus cher, non."),
                (true, Language::English) => {
                    format!("At {value} or less it would have been elected; dearer, not.")
                }
                (false, Language::French) => {
                    format!(
                        "À {value}, il était lauréat ; un centime plus cher, non. Plus cher encore n’est pas exclu."
                    )
                }
                (false, Language::English) => {
                    format!("At {value} it would have been elected; a cent dearer, not. Still dearer isn’t ruled out.")
                }
            }
        }
        Change::None { exact: true } => {
            language.say("Moins cher, il ne l’était pas non plus.", "At no lower cost would it have been.")
        }
        Change::None { exact: false } => {
            language.say("On n’a pas trouvé de coût plus bas qui suffise.", "No lower cost was found that would do.")
        }
        Change::TooLarge => language.say(
            "Le coût qu’il aurait fallu demande trop de calcul pour être cherché ici.",
            "The cost that it would have taken is too much work to be searched for here.",
        ),
        Change::Undefined | Change::Elected | Change::Withdrawn => language.say(
            "Sous cette règle, un projet moins cher vaut moins : aucun coût ne dit ce qu’il aurait fallu.",
            "Under this rule a cheaper project is worth less: no cost says what it would have taken.",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_has_a_sentence_of_its_own() {
        let votes = [
            Change::Found { value: 1_200, exact: true },
            Change::Found { value: 1_200, exact: false },
            Change::None { exact: true },
            Change::None { exact: false },
            Change::TooLarge,
            Change::Undefined,
        ];
        let costs = [
            Change::Found { value: Cents::ZERO, exact: true },
            Change::Found { value: Cents::ZERO, exact: false },
            Change::None { exact: true },
            Change::None { exact: false },
            Change::TooLarge,
            Change::Undefined,
        ];
        for language in [Language::French, Language::English] {
            let mut said = std::collections::BTreeSet::new();
            for gain in [Gain::Votes, Gain::Points, Gain::BallotsAlone, Gain::BestGrades] {
                said.extend(votes.map(|change| of_votes(change, gain, language)));
            }
            // Only a number depends on what is counted.
            assert_eq!(said.len(), 2 * 4 + 4, "{said:#?}");
            said.extend(costs.map(|change| of_cost(change, "EUR", language)));
            assert_eq!(said.len(), 18);
        }
        let whole = Changes { gain: Gain::BallotsAlone, votes: votes[0], cost: costs[0] };
        assert_eq!(
            changes(&whole, "EUR", Language::French),
            "Avec 1\u{202f}200 bulletins de plus pour lui seul, il était lauréat ; avec moins, non. À 0\u{a0}€ ou moins, \
             il était lauréat ; plus cher, non."
        );
    }
}
