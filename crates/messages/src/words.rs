//! What each kind of message says, in French and English.
//!
//! Owns sentences and nothing else: what they name comes in as [`Facts`]. Next: `mail.rs` (the frame).

use crate::{Content, Kind, Topic};
use domain::project::Opinion;
use domain::rejection::Language;

/// What a message names, in the language in which it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// The language: the reader's, or else the campaign's.
    pub language: Language,
    /// The campaign's title.
    pub campaign: String,
    /// What it is about: its title, or its reference where the title was removed.
    pub title: String,
    /// What belongs to it: a project, a stage with its date.
    pub other: Option<String>,
    /// What was said about it: a reason, a letter.
    pub text: Option<String>,
    /// Where more about it is, with the site's own address before it.
    pub link: String,
}

/// A message in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Words {
    /// One line.
    pub subject: String,
    /// Sentences, a paragraph each.
    pub paragraphs: Vec<String>,
    /// What somebody else wrote, line by line.
    pub quote: Vec<String>,
    /// What the link is called.
    pub link_name: &'static str,
}

impl Words {
    /// The message that tells this.
    #[must_use]
    pub fn of(content: &Content, facts: &Facts) -> Self {
        let french = facts.language == Language::French;
        let pick = |fr: &'static str, en: &'static str| if french { fr } else { en };
        let title = one_line(&facts.title);
        let named = if french { format!("« {title} »") } else { format!("“{title}”") };
        let other = facts.other.as_deref().map(one_line).unwrap_or_default();
        let about = match (content.topic, french) {
            (Topic::MyProposals, true) => format!("Votre proposition {named}"),
            (Topic::MyProposals, false) => format!("Your proposal {named}"),
            (Topic::FollowedProposals, true) => format!("La proposition {named}, que vous suivez,"),
            (Topic::FollowedProposals, false) => format!("The proposal {named}, which you follow,"),
            (_, true) => format!("Le projet {named}"),
            (_, false) => format!("The project {named}"),
        };
        let (head, body) = match (content.kind, french) {
            (Kind::ProposalMerged, true) => (
                format!("{named} fait partie d’un projet"),
                format!("{about} fait maintenant partie d’un projet : {other}."),
            ),
            (Kind::ProposalMerged, false) => {
                (format!("{named} is part of a project"), format!("{about} is now part of a project: {other}."))
            }
            (Kind::VerdictGiven(opinion), _) => {
                let opinion = opinion_of(opinion, facts.language);
                let body = if french {
                    format!("{about} a reçu un avis de la ville ({other}) : {opinion}.")
                } else {
                    format!("{about} has got a verdict of the city ({other}): {opinion}.")
                };
                (format!("{named} : {opinion}"), body)
            }
            (Kind::ProjectAdmitted, true) => {
                (format!("{named} est soumis au vote"), format!("{about} figurera sur la liste soumise au vote."))
            }
            (Kind::ProjectAdmitted, false) => {
                (format!("{named} goes to the vote"), format!("{about} will stand on the ballot list."))
            }
            (Kind::ProjectRefused, true) => {
                (format!("{named} n’est pas retenu"), format!("{about} n’est pas soumis au vote. La raison donnée :"))
            }
            (Kind::ProjectRefused, false) => {
                (format!("{named} isn’t retained"), format!("{about} doesn’t go to the vote. The reason given:"))
            }
            (Kind::ProjectElected, true) => {
                (format!("{named} est lauréat"), format!("{about} est lauréat du vote : il sera réalisé."))
            }
            (Kind::ProjectElected, false) => {
                (format!("{named} won"), format!("{about} won the vote: it will be carried out."))
            }
            (Kind::ProjectNotElected, true) => (
                format!("{named} n’est pas lauréat"),
                format!("{about} n’est pas lauréat. La décision est expliquée sur sa page."),
            ),
            (Kind::ProjectNotElected, false) => {
                (format!("{named} didn’t win"), format!("{about} didn’t win. Its page explains the decision."))
            }
            (Kind::SiteOpened, true) => (
                format!("{named} : le chantier est ouvert"),
                format!("{about} entre en réalisation : son chantier est ouvert."),
            ),
            (Kind::SiteOpened, false) => {
                (format!("{named}: the site is open"), format!("{about} is being carried out: its site is open."))
            }
            (Kind::SiteMoved, true) => (
                format!("{named} : une étape est prévue"),
                format!("{about} : le calendrier du chantier dit maintenant : {other}."),
            ),
            (Kind::SiteMoved, false) => {
                (format!("{named}: a stage is planned"), format!("{about}: the plan of its site now says: {other}."))
            }
            (Kind::SiteAdvanced, true) => {
                (format!("{named} : une étape est atteinte"), format!("{about} avance. Étape atteinte : {other}."))
            }
            (Kind::SiteAdvanced, false) => {
                (format!("{named}: a stage is reached"), format!("{about} advances. Stage reached: {other}."))
            }
            (Kind::SiteAbandoned, true) => (
                format!("{named} : le chantier est abandonné"),
                format!("{about} ne sera pas réalisé. La raison donnée :"),
            ),
            (Kind::SiteAbandoned, false) => (
                format!("{named}: the site is given up"),
                format!("{about} will not be carried out. The reason given:"),
            ),
            (Kind::DepositsOpen, true) => {
                ("les idées peuvent être déposées".to_owned(), "Vous pouvez maintenant déposer vos idées.".to_owned())
            }
            (Kind::DepositsOpen, false) => {
                ("ideas can be deposited".to_owned(), "You can deposit your ideas now.".to_owned())
            }
            (Kind::VoteOpen, true) => ("le vote est ouvert".to_owned(), "Vous pouvez voter maintenant.".to_owned()),
            (Kind::VoteOpen, false) => ("the vote is open".to_owned(), "You can vote now.".to_owned()),
            (Kind::ResultProclaimed, true) => (
                "les résultats sont là".to_owned(),
                "Les résultats du vote sont proclamés et expliqués, projet par projet.".to_owned(),
            ),
            (Kind::ResultProclaimed, false) => (
                "the result is there".to_owned(),
                "The result of the vote is proclaimed and explained, project by project.".to_owned(),
            ),
            (Kind::Letter, true) => (
                format!("on vous écrit au sujet de {named}"),
                format!(
                    "Quelqu’un vous écrit au sujet de {named}. Ce texte est d’une autre personne, pas de la ville ; elle ne connaît pas votre adresse, et vous ne connaîtrez pas la sienne :"
                ),
            ),
            (Kind::Letter, false) => (
                format!("somebody writes to you about {named}"),
                format!(
                    "Somebody writes to you about {named}. The text is another person’s, not the city’s; they don’t know your address, and you won’t know theirs:"
                ),
            ),
        };
        let link_name = match content.kind {
            Kind::Letter => pick("Répondre", "Answer"),
            _ => pick("Voir sur le site", "See it on the site"),
        };
        let campaign = one_line(&facts.campaign);
        let subject: String = format!("{campaign} : {head}").chars().take(150).collect();
        let subject = if french { subject } else { subject.replacen(" : ", ": ", 1) };
        let quote = facts.text.as_deref().unwrap_or_default().lines().map(one_line).collect();
        Self { subject, paragraphs: vec![body], quote, link_name }
    }
}

/// A text without line ends and other controls: what somebody typed can't become a header, nor turn the
/// direction of the text around it (Unicode Standard Annex 9, section 2).
pub(crate) fn one_line(text: &str) -> String {
    let plain = |c: char| {
        let turns = matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        let breaks = c.is_control() || matches!(c, '\u{2028}' | '\u{2029}');
        if breaks { Some(' ') } else { (!turns).then_some(c) }
    };
    text.chars()
        .filter_map(plain)
        .collect::<String>()
        .split(' ')
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

fn opinion_of(opinion: Opinion, language: Language) -> &'static str {
    match (opinion, language) {
        (Opinion::Favourable, Language::French) => "avis favorable",
        (Opinion::Favourable, Language::English) => "favourable",
        (Opinion::FavourableWithConditions, Language::French) => "avis favorable sous conditions",
        (Opinion::FavourableWithConditions, Language::English) => "favourable, with conditions",
        (Opinion::Unfavourable, Language::French) => "avis défavorable",
        (Opinion::Unfavourable, Language::English) => "unfavourable",
    }
}

#[cfg(test)]
mod tests {
    use super::one_line;

    #[test]
    fn what_was_typed_stays_on_its_line() {
        assert_eq!(
            one_line("Un banc\r\nBcc: all@city.example\u{2028}\u{202e}x\u{0}"),
            "Un banc Bcc: all@city.example x"
        );
        assert_eq!(one_line("  déjà   simple "), "déjà simple");
    }
}
