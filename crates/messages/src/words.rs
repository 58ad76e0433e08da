//! A message in words: the sentences of its kind, filled in for its reader.
//!
//! What they name comes in as [`Facts`]. Next: `sentences.rs` (the texts), `mail.rs` (the frame).

use crate::sentences::sentences;
use crate::{Content, Kind, Topic};
use domain::project::Opinion;
use domain::rejection::Language;

/// The longest subject line, in characters.
const SUBJECT: usize = 150;

/// What a message names, in the language in which it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// The language: the reader's, or else the campaign's.
    pub language: Language,
    /// The campaign's title.
    pub campaign: String,
    /// What it is about: its title, or its reference where the title was removed.
    pub title: String,
    /// Of a proposal whose project is told of: that project's title.
    pub project: Option<String>,
    /// What belongs to it: a department, a name, a moment and a place.
    pub detail: Option<String>,
    /// What was said about it: a reason, a comment, a letter.
    pub text: Option<String>,
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
        let [french, english] = sentences(content.kind);
        let (sentences, link_names) = match facts.language {
            Language::French => (french, ["Répondre", "Voir sur le site"]),
            Language::English => (english, ["Answer", "See it on the site"]),
        };
        let fill = |template: &str| fill(template, |name| named(name, content, facts));
        let colon = if facts.language == Language::French { " : " } else { ": " };
        let subject = format!("{}{colon}{}", one_line(&facts.campaign), fill(sentences.head));
        // Where a reason was removed, or isn't told, nothing announces it.
        let quoted = facts.text.is_some();
        let announced = sentences.body.rsplit_once(". ").filter(|(_, last)| !quoted && last.ends_with(':'));
        let body = announced.map_or_else(|| fill(sentences.body), |(said, _)| format!("{}.", fill(said)));
        let [answer, look] = link_names;
        Self {
            subject: subject.chars().take(SUBJECT).collect(),
            paragraphs: vec![body],
            quote: facts.text.as_deref().unwrap_or_default().lines().map(one_line).collect(),
            link_name: if content.kind == Kind::Letter { answer } else { look },
        }
    }
}

/// What stands for a name of a template.
fn named(name: &str, content: &Content, facts: &Facts) -> String {
    let language = facts.language;
    let title = quoted(&facts.title, language);
    let is_proposal = content.object().0 == "proposal";
    let own = content.topic == Topic::MyProposals;
    match name {
        "title" => title,
        "proposal" => match (own, language) {
            (true, Language::French) => format!("Votre proposition {title}"),
            (true, Language::English) => format!("Your proposal {title}"),
            (false, Language::French) => format!("La proposition {title}, que vous suivez,"),
            (false, Language::English) => format!("The proposal {title}, which you follow,"),
        },
        "project" => match (facts.project.as_deref().filter(|_| is_proposal), own, language) {
            (None, _, Language::French) => format!("Le projet {title}"),
            (None, _, Language::English) => format!("The project {title}"),
            (Some(project), own, language) => {
                let project = quoted(project, language);
                match (own, language) {
                    (true, Language::French) => format!("Le projet {project}, issu de votre proposition {title},"),
                    (true, Language::English) => format!("The project {project}, from your proposal {title},"),
                    (false, Language::French) => {
                        format!("Le projet {project}, issu de la proposition {title} que vous suivez,")
                    }
                    (false, Language::English) => {
                        format!("The project {project}, from the proposal {title} that you follow,")
                    }
                }
            }
        },
        "opinion" => match content.kind {
            Kind::VerdictGiven(opinion) | Kind::Consolidated(opinion) => opinion_of(opinion, language).to_owned(),
            _ => String::new(),
        },
        _ => facts.detail.as_deref().map(one_line).unwrap_or_default(),
    }
}

fn quoted(text: &str, language: Language) -> String {
    let text = one_line(text);
    match language {
        Language::French => format!("« {text} »"),
        Language::English => format!("“{text}”"),
    }
}

/// A template with its names filled in; what is filled in is never read as a template.
fn fill(template: &str, value: impl Fn(&str) -> String) -> String {
    let mut parts = template.split('{');
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (name, rest) = part.split_once('}').unwrap_or(("", part));
        text.push_str(&value(name));
        text.push_str(rest);
    }
    text
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
    use super::*;

    fn words(kind: Kind, topic: Topic, object: &str, language: Language) -> Words {
        let content = Content {
            topic,
            campaign: "P26".into(),
            kind,
            object: object.into(),
            other: None,
            position: None,
            conversation: None,
            letter: None,
        };
        let facts = Facts {
            language,
            campaign: "Budget".into(),
            title: "Un {detail} banc".into(),
            project: Some("Des bancs".into()),
            detail: Some("Parcs".into()),
            text: None,
        };
        Words::of(&content, &facts)
    }

    #[test]
    fn what_was_typed_is_no_template_and_french_agrees() {
        let own = words(Kind::ProjectElected, Topic::MyProposals, "proposal/1", Language::French);
        assert_eq!(own.subject, "Budget : « Un {detail} banc » est lauréat");
        assert_eq!(
            own.paragraphs,
            [
                "Le projet « Des bancs », issu de votre proposition « Un {detail} banc », est lauréat du vote : il sera réalisé."
            ]
        );
        let followed =
            words(Kind::VerdictGiven(Opinion::Unfavourable), Topic::Followed, "project/1", Language::English);
        assert_eq!(followed.subject, "Budget: “Un {detail} banc”: unfavourable");
        assert_eq!(
            followed.paragraphs,
            ["The project “Un {detail} banc” has got a verdict of the city (Parcs): unfavourable."]
        );
        let proposal = words(Kind::ProposalRemoved, Topic::Followed, "proposal/1", Language::French);
        assert_eq!(
            proposal.paragraphs,
            ["La proposition « Un {detail} banc », que vous suivez, a été retirée par la modération."]
        );
    }

    #[test]
    fn what_was_typed_stays_on_its_line() {
        assert_eq!(
            one_line("Un banc\r\nBcc: all@city.example\u{2028}\u{202e}x\u{0}"),
            "Un banc Bcc: all@city.example x"
        );
        assert_eq!(one_line("  déjà   simple "), "déjà simple");
    }
}
