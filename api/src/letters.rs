//! Letters between people who don't learn each other's address (`mise en relation`).
//!
//! Owns who may write to whom, and how much. What is written stays in the vault, under the key of whoever
//! gets it; the log knows nothing of it. Next: `me_letters.rs` and `graphql/mutations/message.rs` (how one
//! writes), `vault::LetterDraft` (how a letter is kept).

use crate::error::Fault;
use crate::read_model::CampaignVersion;
use crate::typed::nfc;
use domain::{Code, ProposalId, Rejection};
use messages::{Content, Kind, Topic, wants};
use transparency::Hash;
use vault::{Conversation, Hat, LetterDraft, PersonId, Session, Vault};

/// How many letters somebody may write in 24 hours.
pub(crate) const PER_DAY: usize = 10;
/// The longest letter, in characters.
pub(crate) const LONGEST: usize = 2_000;

/// Whoever writes, and where it is kept.
pub(crate) struct Writer<'a> {
    pub(crate) vault: &'a Vault,
    pub(crate) session: &'a Session,
}

/// What came of a letter: the conversation that it is part of, or why it isn't written.
type Written = Result<Result<String, Rejection>, Fault>;

impl Writer<'_> {
    /// Writes to the author of a proposal who agreed to that. All letters about a proposal are one
    /// conversation.
    pub(crate) async fn contact(&self, view: &CampaignVersion, proposal: &ProposalId, text: &str) -> Written {
        let pseudonym = self.session.pseudonym(&view.code, Hat::Participant);
        let Some(row) = view.model.proposals.get(proposal).filter(|row| row.is_public()) else {
            return Ok(Err(Code::NotFound.on("proposal").with(proposal)));
        };
        if row.is_by(&pseudonym) {
            return Ok(Err(Code::OwnContent.on("proposal")));
        }
        // What depositors agree to is that other depositors write to them.
        if !view.model.proposals.rows().any(|row| row.is_by(&pseudonym)) {
            return Ok(Err(Code::ContactForDepositors.on("proposal")));
        }
        let agreed = row.withdrawn.is_none() && row.deposit.consents.contact;
        let author = if agreed { self.vault.person_of_pseudonym(&view.code, &row.deposit.author).await? } else { None };
        let Some(author) = author else { return Ok(Err(Code::ContactNotWanted.on("proposal"))) };
        let (writer, campaign) = (self.session.person.as_str(), view.code.as_str());
        let parts = ["parvis.letter/v1", writer, campaign, proposal.as_str()].join("\n");
        let conversation = Hash::of(&[parts.as_bytes()]).to_string();
        let about = Content {
            topic: Topic::Letters,
            campaign: view.code.clone(),
            kind: Kind::Letter,
            object: format!("proposal/{proposal}"),
            other: None,
            position: None,
            conversation: Some(conversation.clone()),
            letter: None,
        };
        self.write(&conversation, &about, &author, true, text).await
    }

    /// Answers in a conversation. Whoever began it writes as the first time: the author may have changed
    /// their mind.
    pub(crate) async fn answer<'v>(
        &self,
        view: impl Fn(&str) -> Option<&'v CampaignVersion>,
        conversation: &str,
        text: &str,
    ) -> Written {
        let unknown = || Ok(Err(Code::NotFound.on("conversation").with("-")));
        let Some(kept) = self.vault.conversation(&self.session.person, conversation).await? else { return unknown() };
        let Some(about) = about(&kept) else { return unknown() };
        if kept.began {
            let proposal: Option<ProposalId> = about.object().1.parse().ok();
            return match view(&about.campaign).zip(proposal) {
                Some((view, proposal)) => self.contact(view, &proposal, text).await,
                None => unknown(),
            };
        }
        self.write(conversation, &about, &kept.with, false, text).await
    }

    async fn write(&self, conversation: &str, about: &Content, to: &PersonId, begins: bool, text: &str) -> Written {
        let text = nfc(text.trim().to_owned());
        match text.chars().count() {
            0 => return Ok(Err(Code::TextTooShort.on("text").with(1))),
            length if length > LONGEST => return Ok(Err(Code::TextTooLong.on("text").with(LONGEST))),
            _ => {}
        }
        let (vault, from) = (self.vault, &self.session.person);
        let not_wanted = || Ok(Err(Code::ContactNotWanted.into()));
        match wants(vault, to, Topic::Letters).await {
            Ok(true) => {}
            Ok(false) => return not_wanted(),
            Err(messages::Error::Vault(vault::Error::PersonErased(_) | vault::Error::PersonUnknown(_))) => {
                return not_wanted();
            }
            Err(error) => return Err(error.into()),
        }
        let last =
            vault.conversation(from, conversation).await?.and_then(|kept| kept.received.last().map(|l| l.number));
        // The same text in the same place is a repetition.
        let place = last.unwrap_or_default().to_string();
        let key = Hash::of(&[conversation.as_bytes(), b"\n", place.as_bytes(), b"\n", text.as_bytes()]).to_string();
        let about = serde_json::to_value(about).map_err(|_| Fault::Internal("a letter is no JSON"))?;
        let draft = LetterDraft {
            conversation,
            from,
            to,
            about: &about,
            text: &text,
            begins,
            per_day: PER_DAY,
            key: &key,
            message: &about,
        };
        match vault.write_letter(&draft).await {
            Ok(true) => Ok(Ok(conversation.to_owned())),
            Ok(false) => Ok(Err(Code::LettersToday.with(PER_DAY))),
            Err(vault::Error::PersonErased(_) | vault::Error::PersonUnknown(_)) => not_wanted(),
            Err(error) => Err(error.into()),
        }
    }
}

/// What a conversation is about.
pub(crate) fn about(kept: &Conversation) -> Option<Content> {
    serde_json::from_value(kept.about.clone()).ok()
}
