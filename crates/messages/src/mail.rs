//! A message as it leaves: headers, plain text and HTML.
//!
//! `Message-ID` follows from the message alone, so that a second copy is known as one (RFC 5322, section
//! 3.6.4). `List-Unsubscribe` works with one click (RFC 8058), and `Auto-Submitted` (RFC 3834) keeps
//! absence notes from answering. Nobody's address stands in it but the reader's and the platform's.

use crate::words::{Facts, Words};
use crate::{Content, Error, Settings, Topic};
use askama::Template;
use domain::Timestamp;
use domain::rejection::Language;
use lettre::message::header::{Header, HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart};
use lettre::{Address, Message};
use std::time::{Duration, UNIX_EPOCH};

/// What a message is put together from.
pub(crate) struct Draft<'a> {
    pub(crate) settings: &'a Settings,
    pub(crate) site: &'a str,
    pub(crate) id: &'a str,
    pub(crate) to: Address,
    pub(crate) at: Timestamp,
    pub(crate) content: &'a Content,
    pub(crate) facts: &'a Facts,
    /// A path of the site, or another address.
    pub(crate) link: &'a str,
    pub(crate) stop: &'a str,
}

#[derive(Template)]
#[template(path = "message.txt", escape = "none")]
struct Plain<'a> {
    f: &'a Frame<'a>,
}

#[derive(Template)]
#[template(path = "message.html")]
struct Html<'a> {
    f: &'a Frame<'a>,
}

/// What both forms show.
struct Frame<'a> {
    fr: bool,
    words: &'a Words,
    link: &'a str,
    why: &'a str,
    stop: &'a str,
    choices: &'a str,
}

/// A header of which lettre knows no type; its value has no line end.
macro_rules! header {
    ($type:ident, $name:literal) => {
        #[derive(Clone)]
        struct $type(String);

        impl Header for $type {
            fn name() -> HeaderName {
                HeaderName::new_from_ascii_str($name)
            }

            fn parse(text: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
                Ok(Self(text.to_owned()))
            }

            fn display(&self) -> HeaderValue {
                HeaderValue::new(Self::name(), self.0.clone())
            }
        }
    };
}

header!(ListUnsubscribe, "List-Unsubscribe");
header!(ListUnsubscribePost, "List-Unsubscribe-Post");
header!(AutoSubmitted, "Auto-Submitted");

impl Draft<'_> {
    /// The message.
    pub(crate) fn message(&self) -> Result<Message, Error> {
        let unwritable = |error: &dyn std::fmt::Display| Error::Letter(error.to_string());
        let from: Address = self.settings.from.parse().map_err(|_| Error::Settings("from is no address".into()))?;
        let language = self.facts.language;
        let words = Words::of(self.content, self.facts);
        let site = self.site.trim_end_matches('/');
        let stop = format!("{site}/messages/stop?token={}", self.stop);
        let choices = format!("{site}/me/messages");
        let link = if self.link.starts_with('/') { format!("{site}{}", self.link) } else { self.link.to_owned() };
        let why = why(self.content.topic, language);
        let frame = Frame {
            fr: language == Language::French,
            words: &words,
            link: &link,
            why: &why,
            stop: &stop,
            choices: &choices,
        };
        let plain = Plain { f: &frame }.render().map_err(|error| unwritable(&error))?;
        let html = Html { f: &frame }.render().map_err(|error| unwritable(&error))?;
        let since = Duration::from_secs(u64::try_from(self.at.unix()).unwrap_or(0));
        Message::builder()
            .message_id(Some(format!("<{}@{}>", self.id, from.domain())))
            .date(UNIX_EPOCH + since)
            .from(Mailbox::new(Some(crate::words::one_line(&self.settings.from_name)), from))
            .to(Mailbox::new(None, self.to.clone()))
            .subject(words.subject.as_str())
            .header(ListUnsubscribe(format!("<{stop}>")))
            .header(ListUnsubscribePost("List-Unsubscribe=One-Click".to_owned()))
            .header(AutoSubmitted("auto-generated".to_owned()))
            .multipart(MultiPart::alternative_plain_html(plain, html))
            .map_err(|error| unwritable(&error))
    }
}

/// Why somebody gets it.
fn why(topic: Topic, language: Language) -> String {
    match language {
        Language::French => format!("Vous recevez ce message au titre de « {} ».", topic.name(language)),
        Language::English => format!("You get this message because of “{}”.", topic.name(language)),
    }
}
