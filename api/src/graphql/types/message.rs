//! Messages that somebody got, what they want to hear of, and letters from others.
//!
//! From the vault, for the person alone. What is told to whom: `notices.rs`.

use super::proposal::Proposal;
use super::scalars::DateTime;
use crate::error::Fault;
use crate::graphql::page::Row;
use crate::graphql::request::{language, snapshot};
use crate::letters::about;
use crate::notices::facts;
use async_graphql::{Context, Enum, Object};
use messages::{Content, Topic};
use std::sync::Arc;

/// Something to hear of (`abonnement`); each can be stopped alone.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "messages::Topic")]
pub enum MessageTopic {
    /// What becomes of one's own proposals.
    MyProposals,
    /// Comments on one's own proposals, and answers to what one wrote.
    Answers,
    /// What other people write, without learning an address.
    Letters,
    /// Workshops about one's own proposals, or to which one is registered.
    Workshops,
    /// For agents: what is theirs to instruct.
    Instruction,
    /// Proposals and projects that one follows.
    Followed,
    /// Sites of projects that one follows.
    Sites,
    /// The result of a campaign in which one took part.
    Results,
    /// That one may deposit, or vote.
    Campaign,
}

/// Where a message stands.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "vault::MessageState")]
pub enum MessageState {
    /// It waits for its turn, or for another try.
    Waiting,
    /// It is being sent.
    Sending,
    /// A mail server has taken it.
    Sent,
    /// It can't be delivered.
    GivenUp,
    /// It didn't have to be sent any more.
    Dropped,
}

/// Whether somebody wants to hear of something.
pub struct TopicChoice {
    pub(crate) topic: Topic,
    pub(crate) on: bool,
}

/// Whether somebody wants to hear of something (`abonnement`).
#[Object]
impl TopicChoice {
    /// Of what.
    async fn topic(&self) -> MessageTopic {
        self.topic.into()
    }

    /// Its name, in the language of `Accept-Language`.
    async fn name(&self, ctx: &Context<'_>) -> &'static str {
        self.topic.name(language(ctx))
    }

    /// What it tells, in a sentence.
    async fn about(&self, ctx: &Context<'_>) -> &'static str {
        self.topic.about(language(ctx))
    }

    /// Whether it is wanted.
    async fn on(&self) -> bool {
        self.on
    }
}

/// A message to whoever signed in.
pub struct Message {
    message: Arc<vault::Message>,
    content: Option<Content>,
}

impl Message {
    pub(crate) fn of(message: Arc<vault::Message>) -> Self {
        let content = serde_json::from_value(message.content.clone()).ok();
        Self { message, content }
    }
}

/// A message to whoever signed in (`message`): what it is about and where it stands. Its address is kept
/// nowhere.
#[Object]
impl Message {
    /// Its id, which stands in the `Message-ID` too.
    async fn id(&self) -> &str {
        &self.message.id
    }

    /// Why this person gets it.
    async fn topic(&self) -> Option<MessageTopic> {
        self.content.as_ref().map(|content| content.topic.into())
    }

    /// The code of the campaign it is about.
    async fn campaign(&self) -> Option<&str> {
        self.content.as_ref().map(|content| content.campaign.as_str())
    }

    /// Its subject line as it would be written now, in the language of `Accept-Language`; null when what
    /// it tells of is gone.
    async fn subject(&self, ctx: &Context<'_>) -> Result<Option<String>, Fault> {
        let Some(content) = &self.content else { return Ok(None) };
        let view = snapshot(ctx)?.campaign(&content.campaign);
        Ok(view.and_then(|view| facts::subject(&view, content, language(ctx))))
    }

    /// Of a letter: the id of its conversation.
    async fn conversation(&self) -> Option<&str> {
        self.content.as_ref()?.conversation.as_deref()
    }

    /// Where it stands.
    async fn state(&self) -> MessageState {
        self.message.state.into()
    }

    /// When it was put into the outbox.
    async fn created(&self) -> DateTime {
        DateTime(self.message.created)
    }

    /// When its state changed last.
    async fn changed(&self) -> DateTime {
        DateTime(self.message.changed)
    }

    /// How often it was tried.
    async fn tries(&self) -> i32 {
        i32::try_from(self.message.tries).unwrap_or(i32::MAX)
    }

    /// The code of what kept it from being sent, such as `REFUSED_550`.
    async fn fault(&self) -> Option<&str> {
        self.message.fault.as_deref()
    }

    /// What the mail server said then.
    async fn said(&self) -> Option<&str> {
        self.message.said.as_deref()
    }
}

impl Row for vault::Message {
    fn key(&self) -> &str {
        &self.id
    }
    fn born(&self) -> u64 {
        0
    }
}

/// One side of a conversation.
pub struct Conversation {
    pub(crate) id: String,
    pub(crate) kept: vault::Conversation,
}

/// Letters between two people who don't learn each other's address (`mise en relation`). What this person
/// wrote is kept by the other one alone.
#[Object]
impl Conversation {
    /// Its id, to answer in it.
    async fn id(&self) -> &str {
        &self.id
    }

    /// What it is about; null when it can't be read any more.
    async fn proposal(&self, ctx: &Context<'_>) -> Result<Option<Proposal>, Fault> {
        let Some(content) = about(&self.kept) else { return Ok(None) };
        let key = content.object().1.parse().ok();
        let view = snapshot(ctx)?.campaign(&content.campaign);
        Ok(view.zip(key).and_then(|(view, key)| Proposal::of(&view, &key)))
    }

    /// Whether this person began it.
    async fn began(&self) -> bool {
        self.kept.began
    }

    /// The latest letters that the other wrote, oldest first.
    async fn received(&self) -> Vec<Letter<'_>> {
        self.kept.received.iter().map(Letter).collect()
    }

    /// When this person wrote, the latest times.
    async fn sent(&self) -> Vec<DateTime> {
        self.kept.sent.iter().copied().map(DateTime).collect()
    }
}

/// A letter.
pub struct Letter<'a>(&'a vault::Letter);

/// A letter that somebody else wrote (`lettre`).
#[Object]
impl Letter<'_> {
    /// Its number in what was received, from 1.
    async fn number(&self) -> i32 {
        i32::try_from(self.0.number).unwrap_or(i32::MAX)
    }

    /// When it was written.
    async fn at(&self) -> DateTime {
        DateTime(self.0.at)
    }

    /// What it says.
    async fn text(&self) -> &str {
        &self.0.text
    }
}
