//! Codes in words, French and English: rules, reasons, phases, amounts.
//!
//! For the API's fields that people read and for the page at `/`. Decides nothing and reads no log.

use domain::phase::Phase;
use domain::project::Opinion;
use domain::rejection::Language;
use domain::site::Milestone;
use domain::{CalendarDate, Timestamp, configuration::AreaKind};
use projections::Model;
use projections::sites::SiteState;
use tally::words::Unit;
use tally::{Decision, Reason, TallyRule};

pub use tally::words::{amount, ballot, number, tie_break};

/// One text in two languages.
fn say(language: Language, french: &str, english: &str) -> String {
    language.say(french, english)
}

/// A number with its noun, `[one, many]` in each language.
pub fn counted(count: usize, french: [&str; 2], english: [&str; 2], language: Language) -> String {
    // In French, nought is singular.
    let (noun, many) = if language == Language::French { (french, count > 1) } else { (english, count != 1) };
    let [one, several] = noun;
    format!("{} {}", number(count, language), if many { several } else { one })
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
        SiteState::Split => say(language, "Divisé en plusieurs chantiers", "Split into several sites"),
        SiteState::Merged => say(language, "Fusionné avec un autre chantier", "Merged into another site"),
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

/// A rule on the ballots of this campaign, as it is shown to voters before they vote.
pub fn rule(model: &Model, rule: &TallyRule, language: Language) -> String {
    let unit = Unit::of(model.areas.rows().map(|area| &area.ballot));
    tally::words::rule(rule, unit, &model.overview.currency, language)
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
        (Reason::ElectedBeyondEnvelope, Language::French) => format!(
            "Rang {rank}, {score} voix : il coûte {cost}, il restait {left}, assez pour que la règle le finance en entier. Lauréat."
        ),
        (Reason::ElectedBeyondEnvelope, Language::English) => format!(
            "Rank {rank}, {score} votes: it costs {cost}, {left} was left, enough for the rule to fund it in full. Elected."
        ),
        (Reason::ElectedByEarmark, Language::French) => format!(
            "Rang {rank}, {score} voix : il est dans un quartier populaire et passait d’abord. Il coûte {cost}, il restait {left}. Lauréat."
        ),
        (Reason::ElectedByEarmark, Language::English) => format!(
            "Rank {rank}, {score} votes: it lies in a priority neighbourhood and came first. It costs {cost}, {left} was left. Elected."
        ),
        (Reason::ElectedForItsGroup, Language::French) => format!(
            "Rang {rank}, {score} voix : son secteur avait moins de lauréats qu’il n’en faut. Il coûte {cost}, il restait {left}. Lauréat."
        ),
        (Reason::ElectedForItsGroup, Language::English) => format!(
            "Rank {rank}, {score} votes: its district had fewer winners than it needs. It costs {cost}, {left} was left. Elected."
        ),
        (Reason::ExcludedByWinner, Language::French) => {
            format!("Rang {rank}, {score} voix : un lauréat ne peut être réalisé à côté de lui.")
        }
        (Reason::ExcludedByWinner, Language::English) => {
            format!("Rank {rank}, {score} votes: a winner can’t be carried out beside it.")
        }
        (Reason::EnoughWinners, Language::French) => {
            format!("Rang {rank}, {score} voix : le nombre de lauréats était atteint.")
        }
        (Reason::EnoughWinners, Language::English) => {
            format!("Rank {rank}, {score} votes: the number of winners had been reached.")
        }
        (Reason::GroupCapReached, Language::French) => {
            format!("Rang {rank}, {score} voix : son secteur avait atteint sa limite.")
        }
        (Reason::GroupCapReached, Language::English) => {
            format!("Rank {rank}, {score} votes: its district had reached its limit.")
        }
        (Reason::CostExceedsWhatIsLeft, Language::French) => {
            format!("Rang {rank}, {score} voix : il coûte {cost}, il ne restait que {left}.")
        }
        (Reason::CostExceedsWhatIsLeft, Language::English) => {
            format!("Rank {rank}, {score} votes: it costs {cost}, only {left} was left.")
        }
        (Reason::ElectedInCompletion, Language::French) => format!(
            "Rang {rank}, {score} voix : il tenait dans ce qui restait à la fin, dépensé dans l’ordre des voix. Il coûte {cost}, il restait {left}. Lauréat."
        ),
        (Reason::ElectedInCompletion, Language::English) => format!(
            "Rank {rank}, {score} votes: it fitted in what was left at the end, spent in the order of votes. It costs {cost}, {left} was left. Elected."
        ),
        (Reason::SupportersCannotPay, Language::French) => {
            format!(
                "Rang {rank}, {score} voix : ceux qui le soutiennent n’avaient plus de quoi le payer ensemble. Il coûte {cost}."
            )
        }
        (Reason::SupportersCannotPay, Language::English) => {
            format!(
                "Rank {rank}, {score} votes: those who support it could no longer pay for it together. It costs {cost}."
            )
        }
        (Reason::NotInBestSet, Language::French) => {
            format!("Rang {rank}, {score} voix : il n’est pas dans l’ensemble dont la somme est la plus grande.")
        }
        (Reason::NotInBestSet, Language::English) => {
            format!("Rank {rank}, {score} votes: it isn’t in the set with the greatest sum.")
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
    if let Some(judgment) = &decision.judgment {
        let (above, below) = (number(judgment.above, language), number(judgment.below, language));
        text.push_str(&match language {
            Language::French => {
                format!(" {above} bulletins lui donnent mieux que sa mention majoritaire, {below} moins bien.")
            }
            Language::English => format!(" {above} ballots grade it higher than its majority grade, {below} lower."),
        });
    }
    if let Some(joint) = decision.supporters_left {
        let joint = money(joint);
        text.push_str(&match language {
            Language::French => format!(" Ensemble, il leur restait {joint}."),
            Language::English => format!(" Together they had {joint} left."),
        });
        let paid: Vec<String> =
            decision.spent_on.iter().map(|one| format!("{} ({})", one.id, money(one.cents))).collect();
        if !paid.is_empty() {
            text.push_str(&match language {
                Language::French => format!(" Ils avaient payé pour {}.", paid.join(", ")),
                Language::English => format!(" They had paid for {}.", paid.join(", ")),
            });
        }
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
    fn dates_are_written_out() {
        let at: Timestamp = "2018-09-01T09:05:00Z".parse().unwrap();
        assert_eq!(moment(at, Language::French), "1er septembre 2018 à 09 h 05 UTC");
        assert_eq!(moment(at, Language::English), "1 September 2018, 09:05 UTC");
        assert_eq!(date("2018-08".parse().unwrap(), Language::French), "août 2018");
    }
}
