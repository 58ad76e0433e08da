//! Ballots and rules in plain words, French and English, as voters read them before they vote.
//!
//! Generated from the configuration that is executed, so that the two can't part: what has no sentence
//! here doesn't compile. Owns also how numbers and amounts are written. Why a project won or lost is
//! told where outcomes are shown.

use crate::{AddOne, Around, BallotType, Cents, Floor, GroupLimits, Leftovers, MinScore, Rule, TallyRule, TieBreak, Utility};
use std::fmt::Display;

/// The language of a text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Language {
    /// French.
    #[default]
    French,
    /// English.
    English,
}

impl Language {
    /// One text of two.
    pub fn say(self, french: &str, english: &str) -> String {
        match self {
            Self::French => french,
            Self::English => english,
        }
        .to_owned()
    }
}

/// A number in groups of three digits: `1 234` in French (narrow no-break space), `1,234` in English.
pub fn number(number: impl Display, language: Language) -> String {
    let digits = number.to_string();
    let (sign, digits) = digits.strip_prefix('-').map_or(("", digits.as_str()), |rest| ("-", rest));
    let separator = if language == Language::French { '\u{202f}' } else { ',' };
    let mut text = String::from(sign);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place) % 3 == 0 {
            text.push(separator);
        }
        text.push(digit);
    }
    text
}

/// An amount with its currency; cents only where there are some.
pub fn amount(cents: Cents, currency: &str, language: Language) -> String {
    let units = number(cents.get() / 100, language);
    let rest = (cents.get() % 100).abs();
    let point = if language == Language::French { ',' } else { '.' };
    let value = if rest == 0 { units } else { format!("{units}{point}{rest:02}") };
    match (currency, language) {
        ("EUR", Language::French) => format!("{value}\u{a0}€"),
        ("EUR", Language::English) => format!("€{value}"),
        (other, _) => format!("{value}\u{a0}{other}"),
    }
}

/// Hundredths of a percent as a percentage; decimals only where there are some.
fn share(basis_points: u32, language: Language) -> String {
    let (whole, rest) = (basis_points / 100, basis_points % 100);
    let decimals = if rest % 10 == 0 { format!("{}", rest / 10) } else { format!("{rest:02}") };
    match (rest, language) {
        (0, Language::French) => format!("{whole}\u{a0}%"),
        (0, Language::English) => format!("{whole}%"),
        (_, Language::French) => format!("{whole},{decimals}\u{a0}%"),
        (_, Language::English) => format!("{whole}.{decimals}%"),
    }
}

/// What a voter may write on a ballot.
pub fn ballot(ballot: &BallotType, currency: &str, language: Language) -> String {
    let french = language == Language::French;
    match ballot {
        BallotType::Approval { min, max } if min == max && french => format!("{max} projets à choisir"),
        BallotType::Approval { min, max } if min == max => format!("choose {max} projects"),
        BallotType::Approval { min, max } if french => format!("de {min} à {max} projets à choisir"),
        BallotType::Approval { min, max } => format!("choose {min} to {max} projects"),
        BallotType::ChooseOne => language.say("un seul projet à choisir", "choose one project"),
        BallotType::Knapsack { budget_cents } => {
            let budget = amount(*budget_cents, currency, language);
            match language {
                Language::French => format!("des projets pour {budget} au plus"),
                Language::English => format!("choose projects for at most {budget}"),
            }
        }
        BallotType::Cumulative { points, max_per_project } => match language {
            Language::French => format!("{points} points à répartir, {max_per_project} au plus par projet"),
            Language::English => format!("share out {points} points, at most {max_per_project} for one project"),
        },
        BallotType::Ordinal { max } => match language {
            Language::French => format!("jusqu’à {max} projets, classés"),
            Language::English => format!("rank up to {max} projects"),
        },
        BallotType::Scoring { min, max } => match language {
            Language::French => format!("une note de {min} à {max} par projet"),
            Language::English => format!("a score from {min} to {max} for each project"),
        },
        BallotType::MajorityJudgment { grades, .. } => {
            let grades = grades.join(" · ");
            match language {
                Language::French => format!("une mention par projet : {grades}"),
                Language::English => format!("a grade for each project: {grades}"),
            }
        }
    }
}

/// A tally rule with its threshold, its tie-breaks and what stands around it.
pub fn rule(rule: &TallyRule, currency: &str, language: Language) -> String {
    let around = &rule.around;
    let mut sentences = Vec::new();
    sentences.extend(weights(around, language));
    sentences.push(method(rule, language));
    sentences.extend(rule.min_score.map(|least| threshold(least, language)));
    sentences.extend(number_of_winners(around, language));
    sentences.extend(next_funded(around, language));
    if let Some(groups) = around.groups {
        sentences.extend(limits(groups, currency, language));
    }
    sentences.extend(around.earmark.map(|floor| earmark(floor, currency, language)));
    sentences.extend(leftovers(around.leftovers, language));
    let chain: Vec<String> = rule.tie_break.iter().map(|link| tie_break(*link, language)).collect();
    if !chain.is_empty() {
        sentences.push(match language {
            Language::French => format!("À égalité : {}.", chain.join(", puis ")),
            Language::English => format!("Ties: {}.", chain.join(", then ")),
        });
    }
    sentences.join(" ")
}

/// A link of the chain of tie-breaks.
pub fn tie_break(link: TieBreak, language: Language) -> String {
    let (french, english) = match link {
        TieBreak::LowerCost => ("le moins cher d’abord", "the cheaper project first"),
        TieBreak::MoreSupporters => ("le plus soutenu d’abord", "the one more ballots support first"),
        TieBreak::Lot => ("tirage au sort public", "a public lot"),
        TieBreak::Id => ("ordre des références", "order of references"),
    };
    language.say(french, english)
}

fn method(rule: &TallyRule, language: Language) -> String {
    if let (true, Some(most)) = (rule.around.any_cost, rule.around.winners) {
        let most = number(most, language);
        if rule.rule == Rule::MajorityJudgment {
            return match language {
                Language::French => format!(
                    "Dans chaque secteur, les projets sont pris dans l’ordre de leur mention majoritaire, jusqu’à {most}, quel que soit leur coût."
                ),
                Language::English => format!(
                    "In each area, projects are taken in the order of their majority grade, up to {most}, whatever they cost."
                ),
            };
        }
        return match language {
            Language::French => format!(
                "Dans chaque secteur, les projets sont pris dans l’ordre des voix, jusqu’à {most}, quel que soit leur coût."
            ),
            Language::English => format!(
                "In each area, projects are taken in the order of their votes, up to {most}, whatever they cost."
            ),
        };
    }
    let (french, english) = match rule.rule {
        Rule::EqualShares { utility, add_one, greedy } => return equal_shares(utility, add_one, greedy, language),
        Rule::Phragmen { greedy } => return then_by_votes(
            language.say(
                "Dans chaque secteur, chaque bulletin reçoit de l’argent au même rythme ; dès que ceux qui soutiennent un projet peuvent le payer ensemble, il est pris. On s’arrête au premier qui ne tient plus dans l’enveloppe.",
                "In each area, every ballot earns money at the same pace; as soon as those who support a project can pay for it together, it is taken. At the first that no longer fits in the envelope, one stops.",
            ),
            greedy,
            language,
        ),
        Rule::GreedyPerCost => (
            "Dans chaque secteur, les projets sont pris dans l’ordre des voix par euro de leur coût. Celui qui coûte plus que ce qui reste de l’enveloppe est passé, les suivants sont essayés.",
            "In each area, projects are taken in the order of their votes per unit of their cost. One that costs more than what is left of the envelope is passed over, the next ones are tried.",
        ),
        Rule::MaxWelfare { utility: Utility::Cost } => (
            "Dans chaque secteur, on prend, parmi tous les ensembles de projets qui tiennent dans l’enveloppe, celui dont la somme des voix, chacune multipliée par le coût du projet, est la plus grande.",
            "In each area, of all sets of projects that fit in the envelope, the one is taken whose votes, each times the cost of its project, add up to the most.",
        ),
        Rule::MaxWelfare { utility: Utility::Cardinality } => (
            "Dans chaque secteur, on prend, parmi tous les ensembles de projets qui tiennent dans l’enveloppe, celui dont la somme des voix est la plus grande.",
            "In each area, of all sets of projects that fit in the envelope, the one is taken whose votes add up to the most.",
        ),
        Rule::MajorityJudgment => (
            "Dans chaque secteur, les projets sont classés par leur mention majoritaire : au moins la moitié des bulletins lui donnent cette mention ou mieux, et au moins la moitié cette mention ou moins bien. À mention égale, le plus grand groupe décide : ceux qui donnent mieux font monter, ceux qui donnent moins bien font descendre. Puis ils sont pris dans cet ordre. Celui qui coûte plus que ce qui reste de l’enveloppe est passé, les suivants sont essayés.",
            "In each area, projects are ranked by their majority grade: at least half of the ballots give it that grade or better, and at least half that grade or worse. With the same grade the larger group decides: those who grade it higher move it up, those who grade it lower move it down. Then they are taken in this order. One that costs more than what is left of the envelope is passed over, the next ones are tried.",
        ),
        Rule::Greedy => (
            "Dans chaque secteur, les projets sont pris dans l’ordre des voix. Celui qui coûte plus que ce qui reste de l’enveloppe est passé, les suivants sont essayés.",
            "In each area, projects are taken in the order of their votes. One that costs more than what is left of the envelope is passed over, the next ones are tried.",
        ),
        Rule::GreedyStop => (
            "Dans chaque secteur, les projets sont pris dans l’ordre des voix. Au premier qui coûte plus que ce qui reste de l’enveloppe, on s’arrête.",
            "In each area, projects are taken in the order of their votes. At the first that costs more than what is left of the envelope, one stops.",
        ),
    };
    language.say(french, english)
}

fn equal_shares(utility: Utility, add_one: Option<AddOne>, greedy: bool, language: Language) -> String {
    let mut text = language.say(
        "Dans chaque secteur, l’enveloppe est partagée à égalité entre tous les bulletins. Ceux qui soutiennent un projet le paient ensemble, à parts aussi égales que possible.",
        "In each area, the envelope is shared equally among all ballots. Those who support a project pay for it together, in shares as equal as can be.",
    );
    text.push_str(&match utility {
        Utility::Cost => language.say(
            " Est pris chaque fois le projet qui demande à chacun la plus petite part de son coût.",
            " Each time the project is taken that asks of each the smallest part of its cost.",
        ),
        Utility::Cardinality => language.say(
            " Est pris chaque fois le projet qui demande le moins à chacun.",
            " Each time the project is taken that asks the least of each.",
        ),
    });
    if let Some(add_one) = add_one {
        text.push_str(&language.say(
            " Tant que l’enveloppe n’est pas dépassée, on recommence avec une unité de monnaie de plus par bulletin",
            " As long as the envelope isn’t exceeded, one begins again with one more unit of the currency per ballot",
        ));
        text.push_str(&match add_one {
            AddOne::Official => language.say(".", "."),
            AddOne::Pabutools => language.say(
                ", jusqu’à ce qu’aucun projet soutenu ne tienne plus dans ce qui reste.",
                ", until no project that has support fits in what is left.",
            ),
            AddOne::Exhaustive => language.say(
                ", jusqu’à ce qu’aucun projet ne tienne plus dans ce qui reste.",
                ", until no project fits in what is left.",
            ),
        });
    }
    then_by_votes(text, greedy, language)
}

fn then_by_votes(mut text: String, greedy: bool, language: Language) -> String {
    if greedy {
        text.push_str(&language.say(
            " Avec ce qui reste, les projets sont pris dans l’ordre des voix, chacun qui tient.",
            " With what is left, projects are taken in the order of their votes, each that fits.",
        ));
    }
    text
}

fn threshold(least: MinScore, language: Language) -> String {
    match (least, language) {
        (MinScore::Score(score), Language::French) => format!("Il faut au moins {} voix.", number(score, language)),
        (MinScore::Score(score), Language::English) => {
            format!("At least {} votes are needed.", number(score, language))
        }
        (MinScore::ShareOfBallots(least), Language::French) => {
            format!("Il faut le soutien de {} des bulletins valables.", share(least, language))
        }
        (MinScore::ShareOfBallots(least), Language::English) => {
            format!("The support of {} of the valid ballots is needed.", share(least, language))
        }
    }
}

fn weights(around: &Around, language: Language) -> Option<String> {
    let weights = around.weights?;
    let (digital, paper) = (number(weights.digital, language), number(weights.paper, language));
    Some(match language {
        Language::French => format!("Une voix en ligne compte {digital}, une voix sur papier {paper}."),
        Language::English => format!("A vote online counts {digital}, a vote on paper {paper}."),
    })
}

fn number_of_winners(around: &Around, language: Language) -> Option<String> {
    let most = number(around.winners.filter(|_| !around.any_cost)?, language);
    Some(match language {
        Language::French => format!("Un secteur a {most} lauréats au plus."),
        Language::English => format!("An area has at most {most} winners."),
    })
}

fn next_funded(around: &Around, language: Language) -> Option<String> {
    let least = share(around.fund_next_at_basis_points?, language);
    Some(match language {
        Language::French => format!(
            "Le premier qui ne tient pas dans ce qui reste est financé quand même s’il reste au moins {least} de son coût : l’enveloppe est alors dépassée de ce qui manque."
        ),
        Language::English => format!(
            "The first that doesn’t fit in what is left is funded all the same if at least {least} of its cost is left: the envelope is then exceeded by what lacks."
        ),
    })
}

fn limits(groups: GroupLimits, currency: &str, language: Language) -> Vec<String> {
    let french = language == Language::French;
    let count = |limit: u32| number(limit, language);
    let mut sentences = Vec::new();
    if let Some(least) = groups.at_least {
        let least = count(least);
        sentences.push(if french {
            format!(
                "Sur la liste de toute la ville, chaque secteur passe d’abord : ses projets sont pris avant les autres tant qu’il a moins de {least} lauréats et qu’un d’eux tient dans l’enveloppe."
            )
        } else {
            format!(
                "On the list of the whole city, each district comes first: its projects are taken before the others while it has fewer than {least} winners and one of them fits in the envelope."
            )
        });
    }
    if let Some(most) = groups.at_most {
        let most = count(most);
        sentences.push(if french {
            format!("Sur cette liste, un secteur a {most} lauréats au plus.")
        } else {
            format!("On that list, a district has at most {most} winners.")
        });
    }
    if let Some(most) = groups.at_most_cents {
        let most = amount(most, currency, language);
        sentences.push(if french {
            format!("Sur cette liste, les lauréats d’un secteur coûtent ensemble {most} au plus.")
        } else {
            format!("On that list, the winners of a district cost at most {most} together.")
        });
    }
    sentences
}

fn earmark(floor: Floor, currency: &str, language: Language) -> String {
    let floor = match (floor, language) {
        (Floor::Cents(cents), _) => amount(cents, currency, language),
        (Floor::BasisPoints(least), Language::French) => format!("{} de l’enveloppe", share(least, language)),
        (Floor::BasisPoints(least), Language::English) => format!("{} of the envelope", share(least, language)),
    };
    match language {
        Language::French => format!(
            "Les projets des quartiers populaires passent d’abord : ils sont pris avant les autres, dans le même ordre, tant qu’ils coûtent ensemble moins de {floor} et qu’un d’eux tient dans l’enveloppe."
        ),
        Language::English => format!(
            "Projects in priority neighbourhoods come first: they are taken before the others, in the same order, while they cost less than {floor} together and one of them fits in the envelope."
        ),
    }
}

fn leftovers(leftovers: Leftovers, language: Language) -> Option<String> {
    let (french, english) = match leftovers {
        Leftovers::Nowhere => return None,
        Leftovers::City => (
            "Ce que les secteurs ne dépensent pas s’ajoute à l’enveloppe de la liste de toute la ville.",
            "What districts don’t spend is added to the envelope of the list of the whole city.",
        ),
        Leftovers::HighestTurnout => (
            "Ce que les secteurs ne dépensent pas s’ajoute à l’enveloppe de celui où l’on a le plus voté par habitant.",
            "What districts don’t spend is added to the envelope of the one with the most ballots per inhabitant.",
        ),
    };
    Some(language.say(french, english))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_grouped_and_keep_their_cents() {
        let cents = |n| Cents::new(n).unwrap();
        assert_eq!(amount(cents(150_000_000), "EUR", Language::French), "1\u{202f}500\u{202f}000\u{a0}€");
        assert_eq!(amount(cents(123_456), "EUR", Language::English), "€1,234.56");
        assert_eq!(amount(cents(-123_405), "PLN", Language::English), "-1,234.05\u{a0}PLN");
        assert_eq!(number(999, Language::French), "999");
    }

    #[test]
    fn shares_show_the_decimals_they_have() {
        assert_eq!(share(8_000, Language::French), "80\u{a0}%");
        assert_eq!(share(505, Language::English), "5.05%");
        assert_eq!(share(1_250, Language::French), "12,5\u{a0}%");
    }
}
