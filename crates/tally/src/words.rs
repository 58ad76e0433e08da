//! Ballots and rules in plain words, French and English, as voters read them before they vote.
//!
//! Generated from the configuration that is executed, so that the two can't part: what has no sentence
//! here doesn't compile. Owns also how numbers and amounts are written. Why a project won or lost is
//! told where outcomes are shown.

use crate::{
    AddOne, Around, BallotType, Cents, Floor, GroupLimits, Leftovers, MinScore, Rule, TallyRule, TieBreak, Utility,
};
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

/// What ballots give and a rule adds up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// A vote for each project named.
    Votes,
    /// Points.
    Points,
}

impl Unit {
    /// The unit of these ballots; votes unless all of them give points.
    pub fn of<'a>(ballots: impl IntoIterator<Item = &'a BallotType>) -> Self {
        let mut ballots = ballots.into_iter().peekable();
        let gives_points = |ballot: &BallotType| match ballot {
            BallotType::Cumulative { .. } | BallotType::Scoring { .. } | BallotType::Ordinal { .. } => true,
            BallotType::Approval { .. }
            | BallotType::ChooseOne
            | BallotType::Knapsack { .. }
            | BallotType::MajorityJudgment { .. } => false,
        };
        if ballots.peek().is_some() && ballots.all(gives_points) { Self::Points } else { Self::Votes }
    }

    /// Several of them.
    const fn several(self, language: Language) -> &'static str {
        match (self, language) {
            (Self::Votes, Language::French) => "voix",
            (Self::Votes, Language::English) => "votes",
            (Self::Points, _) => "points",
        }
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
        BallotType::Approval { min: 1, max: 1 } | BallotType::ChooseOne => {
            language.say("un seul projet à choisir", "choose one project")
        }
        BallotType::Approval { min: 0, max } if french => format!("jusqu’à {max} projets à choisir"),
        BallotType::Approval { min: 0, max } => format!("choose up to {max} projects"),
        BallotType::Approval { min, max } if min == max && french => format!("{max} projets à choisir"),
        BallotType::Approval { min, max } if min == max => format!("choose {max} projects"),
        BallotType::Approval { min, max } if french => format!("de {min} à {max} projets à choisir"),
        BallotType::Approval { min, max } => format!("choose {min} to {max} projects"),
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
pub fn rule(rule: &TallyRule, unit: Unit, currency: &str, language: Language) -> String {
    let around = &rule.around;
    let mut sentences = Vec::new();
    sentences.extend(weights(around, unit, language));
    sentences.push(method(rule, unit, language));
    sentences.extend(rule.min_score.map(|least| threshold(least, unit, language)));
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

/// How the rule chooses, without what stands around it.
fn method(rule: &TallyRule, unit: Unit, language: Language) -> String {
    let several = unit.several(language);
    match rule.rule {
        Rule::Greedy | Rule::GreedyStop => {
            ranking(rule, &format!("des {several}"), &format!("their {several}"), language)
        }
        Rule::GreedyPerCost => {
            let french = format!("du rapport entre leurs {several} et leur coût");
            ranking(rule, &french, &format!("the ratio of their {several} to their cost"), language)
        }
        Rule::MajorityJudgment => {
            let order = ranking(rule, "de leur mention médiane", "their median grade", language);
            let median = language.say(
                "La mention médiane est celle que la moitié des bulletins au moins atteint ou dépasse ; à mention égale, le groupe le plus nombreux décide, de ceux qui donnent mieux ou de ceux qui donnent moins.",
                "The median grade is the one that at least half of the ballots reach or exceed; where it is the same, the larger group decides, of those who give more or of those who give less.",
            );
            format!("{order} {median}")
        }
        Rule::EqualShares { utility, add_one, greedy } => {
            let mut sentences = vec![equal_shares(utility, unit, language)];
            sentences.extend(add_one.map(|variant| raised_shares(variant, language)));
            sentences.extend(greedy.then(|| completion(unit, language)));
            sentences.join(" ")
        }
        Rule::Phragmen { greedy } => {
            let method = language.say(
                "Dans chaque secteur, tous les bulletins gagnent de l’argent au même rythme. Dès que ceux qui soutiennent un projet peuvent le payer ensemble, il est pris et leur argent est dépensé. Au premier projet ainsi payé qui ne tient pas dans l’enveloppe, on s’arrête.",
                "In each area, all ballots earn money at the same pace. As soon as those that support a project can pay for it together, it is taken and their money is spent. At the first project paid in this way that doesn’t fit in the envelope, one stops.",
            );
            let completed = greedy.then(|| completion(unit, language));
            [Some(method), completed].into_iter().flatten().collect::<Vec<_>>().join(" ")
        }
        Rule::MaxWelfare { utility } => {
            let sum = match (utility, language) {
                (Utility::Cost, Language::French) => format!("{several} × coût"),
                (Utility::Cost, Language::English) => format!("{several} × cost"),
                (Utility::Cardinality, _) => several.to_owned(),
            };
            match language {
                Language::French => format!(
                    "Dans chaque secteur, parmi tous les ensembles de projets qui tiennent dans l’enveloppe, on prend celui dont la somme est la plus grande ({sum})."
                ),
                Language::English => format!(
                    "In each area, of all sets of projects that fit in the envelope, the one with the greatest sum is taken ({sum})."
                ),
            }
        }
    }
}

/// A choice in the order of a ranking, and what ends it.
fn ranking(rule: &TallyRule, french: &str, english: &str, language: Language) -> String {
    let order = match language {
        Language::French => format!("Dans chaque secteur, les projets sont pris dans l’ordre {french}"),
        Language::English => format!("In each area, projects are taken in the order of {english}"),
    };
    match (rule.around.any_cost, rule.around.winners.map(|most| winners(most, language)), language) {
        (false, _, _) => {}
        (true, Some(most), Language::French) => {
            return format!("{order}, jusqu’à ce qu’il y ait {most}, quel que soit leur coût.");
        }
        (true, Some(most), Language::English) => return format!("{order}, up to {most}, whatever they cost."),
        (true, None, Language::French) => {
            return format!("{order}, jusqu’au nombre de lauréats du secteur, quel que soit leur coût.");
        }
        (true, None, Language::English) => {
            return format!("{order}, up to the area’s number of winners, whatever they cost.");
        }
    }
    let end = if rule.rule == Rule::GreedyStop {
        language.say(
            "Au premier qui coûte plus que ce qui reste de l’enveloppe, on s’arrête.",
            "At the first that costs more than what is left of the envelope, one stops.",
        )
    } else {
        language.say(
            "Celui qui coûte plus que ce qui reste de l’enveloppe est passé, les suivants sont essayés.",
            "One that costs more than what is left of the envelope is passed over, the next ones are tried.",
        )
    };
    format!("{order}. {end}")
}

fn equal_shares(utility: Utility, unit: Unit, language: Language) -> String {
    let (one_fr, one_en) = match unit {
        Unit::Votes => ("une voix", "vote"),
        Unit::Points => ("un point", "point"),
    };
    let (asked_fr, asked_en) = match utility {
        Utility::Cost => ("la plus petite part de son coût".to_owned(), "for the smallest part of its cost".to_owned()),
        Utility::Cardinality => {
            (format!("le moins d’argent pour {one_fr}"), format!("for the least money per {one_en}"))
        }
    };
    match language {
        Language::French => format!(
            "Dans chaque secteur, chaque bulletin reçoit la même part de l’enveloppe. Ceux qui soutiennent un projet le paient ensemble, chacun autant s’il le peut ; à chaque fois est pris le projet qui demande à ses soutiens {asked_fr}. Un projet que ses soutiens ne peuvent plus payer n’est pas pris."
        ),
        Language::English => format!(
            "In each area, each ballot gets the same share of the envelope. Those that support a project pay for it together, each as much if it can; each time the project is taken that asks its supporters {asked_en}. A project that its supporters can no longer pay for isn’t taken."
        ),
    }
}

fn raised_shares(variant: AddOne, language: Language) -> String {
    let (french, english) = match variant {
        AddOne::Official => (
            "Puis tout est recommencé avec une unité de monnaie de plus par bulletin, tant que les lauréats tiennent ensemble dans l’enveloppe.",
            "Then all is done again with one more unit of the currency per ballot, as long as the winners fit in the envelope together.",
        ),
        AddOne::Pabutools | AddOne::Exhaustive => (
            "Puis tout est recommencé avec une unité de monnaie de plus par bulletin, tant que les lauréats tiennent ensemble dans l’enveloppe et qu’un autre projet y tiendrait encore.",
            "Then all is done again with one more unit of the currency per ballot, as long as the winners fit in the envelope together and another project would still fit.",
        ),
    };
    language.say(french, english)
}

fn completion(unit: Unit, language: Language) -> String {
    let several = unit.several(language);
    match language {
        Language::French => {
            format!("Ce qui reste est dépensé dans l’ordre des {several} : chaque projet qui y tient est pris.")
        }
        Language::English => {
            format!("What is left is spent in the order of {several}: each project that fits is taken.")
        }
    }
}

fn threshold(least: MinScore, unit: Unit, language: Language) -> String {
    let several = unit.several(language);
    match (least, language) {
        (MinScore::Score(score), Language::French) => {
            format!("Il faut au moins {} {several}.", number(score, language))
        }
        (MinScore::Score(score), Language::English) => {
            format!("At least {} {several} are needed.", number(score, language))
        }
        (MinScore::ShareOfBallots(least), Language::French) => {
            format!("Il faut le soutien de {} des bulletins valables.", share(least, language))
        }
        (MinScore::ShareOfBallots(least), Language::English) => {
            format!("The support of {} of the valid ballots is needed.", share(least, language))
        }
    }
}

fn weights(around: &Around, unit: Unit, language: Language) -> Option<String> {
    let weights = around.weights?;
    let (digital, paper) = (number(weights.digital, language), number(weights.paper, language));
    Some(match (unit, language) {
        (Unit::Votes, Language::French) => {
            format!("Une voix en ligne compte {digital}, une voix sur papier {paper}.")
        }
        (Unit::Points, Language::French) => {
            format!("Un point en ligne compte {digital}, un point sur papier {paper}.")
        }
        (Unit::Votes, Language::English) => format!("A vote online counts {digital}, a vote on paper {paper}."),
        (Unit::Points, Language::English) => format!("A point online counts {digital}, a point on paper {paper}."),
    })
}

/// So many winners.
fn winners(count: u32, language: Language) -> String {
    let noun = match (count > 1, language) {
        (true, Language::French) => "lauréats",
        (false, Language::French) => "lauréat",
        (true, Language::English) => "winners",
        (false, Language::English) => "winner",
    };
    format!("{} {noun}", number(count, language))
}

fn number_of_winners(around: &Around, language: Language) -> Option<String> {
    let most = around.winners.filter(|_| !around.any_cost).map(|most| winners(most, language));
    let own: Vec<String> =
        around.winners_in.iter().map(|(area, most)| format!("{area} {}", number(most, language))).collect();
    let own = own.join(", ");
    match (most, own.is_empty(), language) {
        (None, true, _) => None,
        (Some(most), true, Language::French) => Some(format!("Un secteur a au plus {most}.")),
        (Some(most), true, Language::English) => Some(format!("An area has at most {most}.")),
        (Some(most), false, Language::French) => Some(format!("Un secteur a au plus {most}, sauf : {own}.")),
        (Some(most), false, Language::English) => Some(format!("An area has at most {most}, except: {own}.")),
        (None, false, Language::French) => Some(format!("Lauréats au plus par secteur : {own}.")),
        (None, false, Language::English) => Some(format!("Winners at most by area: {own}.")),
    }
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
    let count = |limit: u32| winners(limit, language);
    let mut sentences = Vec::new();
    if let Some(least) = groups.at_least {
        let least = count(least);
        sentences.push(if french {
            format!(
                "Sur la liste de toute la ville, chaque secteur passe d’abord : ses projets sont pris avant les autres tant qu’il n’a pas {least} et qu’un d’eux tient dans l’enveloppe."
            )
        } else {
            format!(
                "On the list of the whole city, each district comes first: its projects are taken before the others while it doesn’t have {least} and one of them fits in the envelope."
            )
        });
    }
    if let Some(most) = groups.at_most {
        let most = count(most);
        sentences.push(if french {
            format!("Sur cette liste, un secteur a au plus {most}.")
        } else {
            format!("On that list, a district has at most {most}.")
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
