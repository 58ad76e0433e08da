//! Codes in words, French and English: rules, reasons, phases, amounts.
//!
//! For the API's fields that people read and for the page at `/`. Decides nothing and reads no log.

use domain::phase::Phase;
use domain::project::Opinion;
use domain::rejection::Language;
use domain::site::Milestone;
use domain::{CalendarDate, Cents, Timestamp, configuration::AreaKind};
use projections::sites::SiteState;
use tally::{BallotType, Decision, MinScore, Reason, Rule, TallyRule, TieBreak};

/// One text in two languages.
fn say(language: Language, french: &str, english: &str) -> String {
    if language == Language::French { french } else { english }.to_owned()
}

/// A number in groups of three digits: `1 234` in French (narrow no-break space), `1,234` in English.
pub fn number(number: impl std::fmt::Display, language: Language) -> String {
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

/// A number with its noun, `[one, many]` in each language.
pub fn counted(count: usize, french: [&str; 2], english: [&str; 2], language: Language) -> String {
    // In French, nought is singular.
    let (noun, many) = if language == Language::French { (french, count > 1) } else { (english, count != 1) };
    let [one, several] = noun;
    format!("{} {}", number(count, language), if many { several } else { one })
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

/// A moment: `7 septembre 2018 à 10 h 00 UTC`, `7 September 2018, 10:00 UTC`.
pub fn moment(at: Timestamp, language: Language) -> String {
    let text = at.to_string();
    let clock = text.get(11..16).unwrap_or_default();
    let day = date(at.day(), language);
    match language {
        Language::French => format!("{day} à {} UTC", clock.replace(':', " h ")),
        Language::English => format!("{day}, {clock} UTC"),
    }
}

/// A date as precise as it is known: `7 septembre 2018`, `septembre 2018`.
pub fn date(date: CalendarDate, language: Language) -> String {
    const FRENCH: [&str; 12] = [
        "janvier",
        "février",
        "mars",
        "avril",
        "mai",
        "juin",
        "juillet",
        "août",
        "septembre",
        "octobre",
        "novembre",
        "décembre",
    ];
    const ENGLISH: [&str; 12] = [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ];
    let names = if language == Language::French { FRENCH } else { ENGLISH };
    let known = date.date();
    let month = names.get(usize::from(u8::from(known.month())).saturating_sub(1)).copied().unwrap_or_default();
    match (date.is_month(), known.day(), language) {
        (true, ..) => format!("{month} {}", known.year()),
        (false, 1, Language::French) => format!("1er {month} {}", known.year()),
        (false, day, _) => format!("{day} {month} {}", known.year()),
    }
}

/// The name of a phase.
pub fn phase(phase: Phase, language: Language) -> String {
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
    say(language, french, english)
}

/// A stage of a site.
pub fn milestone(milestone: Milestone, language: Language) -> String {
    let (french, english) = match milestone {
        Milestone::Studies => ("Études", "Studies"),
        Milestone::Procedures => ("Procédures", "Procedures"),
        Milestone::Works => ("Travaux", "Works"),
        Milestone::Delivery => ("Livraison", "Delivery"),
        Milestone::Done => ("Fin", "Done"),
    };
    say(language, french, english)
}

/// Where a site stands.
pub fn site_state(state: SiteState, language: Language) -> String {
    match state {
        SiteState::Opened => say(language, "Ouvert", "Opened"),
        SiteState::Studies => milestone(Milestone::Studies, language),
        SiteState::Procedures => milestone(Milestone::Procedures, language),
        SiteState::Works => milestone(Milestone::Works, language),
        SiteState::Delivery => milestone(Milestone::Delivery, language),
        SiteState::Done => say(language, "Terminé", "Done"),
        SiteState::Abandoned => say(language, "Abandonné", "Given up"),
    }
}

/// A department's opinion.
pub fn opinion(opinion: Opinion, language: Language) -> String {
    let (french, english) = match opinion {
        Opinion::Favourable => ("Avis favorable", "Favourable"),
        Opinion::FavourableWithConditions => ("Avis favorable sous conditions", "Favourable, with conditions"),
        Opinion::Unfavourable => ("Avis défavorable", "Unfavourable"),
    };
    say(language, french, english)
}

/// The name of an area whose own name was removed.
pub fn area_kind(kind: AreaKind, language: Language) -> String {
    match kind {
        AreaKind::WholeCity => say(language, "Toute la ville", "Whole city"),
        AreaKind::District => say(language, "Secteur", "District"),
        AreaKind::School => say(language, "École", "School"),
    }
}

/// What a voter may write on a ballot.
pub fn ballot(ballot: &BallotType, currency: &str, language: Language) -> String {
    let french = language == Language::French;
    match ballot {
        BallotType::Approval { min, max } if min == max => {
            if french {
                format!("{max} projets à choisir")
            } else {
                format!("choose {max} projects")
            }
        }
        BallotType::Approval { min, max } => {
            if french {
                format!("de {min} à {max} projets à choisir")
            } else {
                format!("choose {min} to {max} projects")
            }
        }
        BallotType::ChooseOne => say(language, "un seul projet à choisir", "choose one project"),
        BallotType::Knapsack { budget_cents } => {
            let budget = amount(*budget_cents, currency, language);
            if french {
                format!("des projets pour {budget} au plus")
            } else {
                format!("choose projects for at most {budget}")
            }
        }
        BallotType::Cumulative { points, max_per_project } => {
            if french {
                format!("{points} points à répartir, {max_per_project} au plus par projet")
            } else {
                format!("share out {points} points, at most {max_per_project} for one project")
            }
        }
        BallotType::Ordinal { max } => {
            if french {
                format!("jusqu’à {max} projets, classés")
            } else {
                format!("rank up to {max} projects")
            }
        }
        BallotType::Scoring { min, max } => {
            if french {
                format!("une note de {min} à {max} par projet")
            } else {
                format!("a score from {min} to {max} for each project")
            }
        }
        BallotType::MajorityJudgment { grades, .. } => {
            let grades = grades.join(" · ");
            if french {
                format!("une mention par projet : {grades}")
            } else {
                format!("a grade for each project: {grades}")
            }
        }
    }
}

/// A tally rule, as it is shown to voters before they vote.
pub fn rule(rule: &TallyRule, language: Language) -> String {
    let french = language == Language::French;
    let mut text = match (rule.rule, french) {
        (Rule::Greedy, true) => "Dans chaque secteur, les projets sont pris dans l’ordre des voix. Celui qui coûte plus que ce qui reste de l’enveloppe est passé, les suivants sont essayés.",
        (Rule::Greedy, false) => "In each area, projects are taken in the order of their votes. One that costs more than what is left of the envelope is passed over, the next ones are tried.",
        (Rule::GreedyStop, true) => "Dans chaque secteur, les projets sont pris dans l’ordre des voix. Au premier qui coûte plus que ce qui reste de l’enveloppe, on s’arrête.",
        (Rule::GreedyStop, false) => "In each area, projects are taken in the order of their votes. At the first that costs more than what is left of the envelope, one stops.",
    }
    .to_owned();
    match rule.min_score {
        None => {}
        Some(MinScore::Score(score)) => {
            let score = number(score, language);
            text.push_str(&if french {
                format!(" Il faut au moins {score} voix.")
            } else {
                format!(" At least {score} votes are needed.")
            });
        }
        Some(MinScore::ShareOfBallots(share)) => {
            let (whole, part) = (share / 100, share % 100);
            let text_of = if french {
                format!(" Il faut le soutien de {whole},{part:02} % des bulletins valables.")
            } else {
                format!(" The support of {whole}.{part:02}% of the valid ballots is needed.")
            };
            text.push_str(&text_of);
        }
    }
    let chain: Vec<String> = rule.tie_break.iter().map(|link| tie_break(*link, language)).collect();
    if !chain.is_empty() {
        let chain = chain.join(if french { ", puis " } else { ", then " });
        text.push_str(&if french { format!(" À égalité : {chain}.") } else { format!(" Ties: {chain}.") });
    }
    text
}

/// A link of the chain of tie-breaks.
pub fn tie_break(link: TieBreak, language: Language) -> String {
    let (french, english) = match link {
        TieBreak::LowerCost => ("le moins cher d’abord", "the cheaper project first"),
        TieBreak::MoreSupporters => ("le plus soutenu d’abord", "the one more ballots support first"),
        TieBreak::Lot => ("tirage au sort public", "a public lot"),
        TieBreak::Id => ("ordre des références", "order of references"),
    };
    say(language, french, english)
}

/// Why a project was elected or not, with the figures that decided.
pub fn decision(decision: &Decision, currency: &str, language: Language) -> String {
    let money = |cents| amount(cents, currency, language);
    let (rank, score) = (number(decision.rank, language), number(decision.score, language));
    let (cost, left) = (money(decision.cost), money(decision.left));
    let mut text = match (decision.reason, language) {
        (Reason::Elected, Language::French) => {
            format!("Rang {rank}, {score} voix : il coûte {cost}, il restait {left}. Lauréat.")
        }
        (Reason::Elected, Language::English) => {
            format!("Rank {rank}, {score} votes: it costs {cost}, {left} was left. Elected.")
        }
        (Reason::CostExceedsWhatIsLeft, Language::French) => {
            format!("Rang {rank}, {score} voix : il coûte {cost}, il ne restait que {left}.")
        }
        (Reason::CostExceedsWhatIsLeft, Language::English) => {
            format!("Rank {rank}, {score} votes: it costs {cost}, only {left} was left.")
        }
        (Reason::StoppedBefore, Language::French) => {
            format!("Rang {rank}, {score} voix : la sélection s’est arrêtée avant lui, à un projet trop cher.")
        }
        (Reason::StoppedBefore, Language::English) => {
            format!("Rank {rank}, {score} votes: the selection stopped before it, at a project that didn’t fit.")
        }
        (Reason::BelowMinScore, Language::French) => format!("Rang {rank}, {score} voix : moins que le seuil."),
        (Reason::BelowMinScore, Language::English) => format!("Rank {rank}, {score} votes: below the threshold."),
        (Reason::Withdrawn, Language::French) => {
            format!("Rang {rank}, {score} voix : retiré après l’impression des bulletins.")
        }
        (Reason::Withdrawn, Language::English) => {
            format!("Rank {rank}, {score} votes: withdrawn after the ballots were printed.")
        }
    };
    if let Some(link) = decision.tied_by {
        let link = tie_break(link, language);
        text.push_str(&match language {
            Language::French => format!(" À égalité avec le précédent : {link}."),
            Language::English => format!(" Tied with the one above: {link}."),
        });
    }
    if let Some(needed) = decision.extra_score_needed {
        let needed = number(needed, language);
        text.push_str(&match language {
            Language::French => format!(" Avec {needed} voix de plus, il était lauréat."),
            Language::English => format!(" With {needed} more votes it would have been elected."),
        });
    }
    text
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
    fn dates_are_written_out() {
        let at: Timestamp = "2018-09-01T09:05:00Z".parse().unwrap();
        assert_eq!(moment(at, Language::French), "1er septembre 2018 à 09 h 05 UTC");
        assert_eq!(moment(at, Language::English), "1 September 2018, 09:05 UTC");
        assert_eq!(date("2018-08".parse().unwrap(), Language::French), "août 2018");
    }

    #[test]
    fn a_rule_names_its_threshold_and_its_ties() {
        let min_score = Some(MinScore::ShareOfBallots(505));
        let told = TallyRule { rule: Rule::GreedyStop, min_score, tie_break: vec![TieBreak::LowerCost, TieBreak::Lot] };
        let text = rule(&told, Language::English);
        assert!(text.contains("one stops") && text.contains("5.05%"), "{text}");
        assert!(text.ends_with("Ties: the cheaper project first, then a public lot."), "{text}");
    }
}
