//! Letters between two people who don't learn each other's address.
//!
//! What somebody wrote is kept under the key of whoever gets it, and goes with either of them: of the
//! writer only how many letters it were is kept. Must not know what they write about.
//! Next: `outbox.rs` (how a letter gets to its reader).

use domain::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use crate::engine::{Hold, Tx};
use crate::owner::Owner;
use crate::records::entry;
use crate::{Error, Kind, PersonId, Vault, sql};

const DAY: i64 = 86_400;

/// Letters of a conversation that each side keeps, and how many bytes they may have; older ones go.
const KEPT: usize = 20;
const KEPT_BYTES: usize = 48 * 1024;

/// A letter about to be sent.
#[derive(Clone)]
pub struct LetterDraft<'a> {
    /// The conversation: a new random id, or the one of the letter that is answered.
    pub conversation: &'a str,
    /// Who writes.
    pub from: &'a PersonId,
    /// Who gets it.
    pub to: &'a PersonId,
    /// What it is about; the same in all letters of a conversation.
    pub about: &'a Json,
    /// The text (the caller limits it).
    pub text: &'a str,
    /// Whether the conversation begins with it.
    pub begins: bool,
    /// How many letters somebody may write in 24 hours, over all conversations.
    pub per_day: usize,
    /// What makes it one: with the key of the last letter that its writer sent in the conversation it is
    /// that letter again, and nothing happens.
    pub key: &'a str,
    /// The message that brings it.
    pub message: &'a Json,
}

/// One side of a conversation.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Conversation {
    /// What it is about.
    pub about: Json,
    /// The other person, by the name inside the vault; never shown to this one.
    pub with: PersonId,
    /// Whether this person began it.
    pub began: bool,
    /// What the other wrote, oldest first.
    pub received: Vec<Letter>,
    /// When this person wrote.
    pub sent: Vec<Timestamp>,
    /// The key of what this person wrote last.
    #[serde(default)]
    pub last: String,
}

/// A letter as its reader has it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Letter {
    /// Its number in what this side received, from 1.
    pub number: usize,
    /// When it was written.
    pub at: Timestamp,
    /// The text.
    pub text: String,
}

impl Vault {
    /// Keeps a letter for its reader, and puts the message that brings it. `false`, and nothing is kept,
    /// when its writer has written enough for today.
    ///
    /// # Errors
    /// `PERSON_UNKNOWN` and `PERSON_ERASED` for either, `RECORD_TOO_LARGE`; else as [`Vault::person`].
    pub async fn write_letter(&self, draft: &LetterDraft<'_>) -> Result<bool, Error> {
        let now = self.now()?;
        // In one order, so that two people who write to each other never wait for each other.
        let (first, second) = if draft.from <= draft.to { (draft.from, draft.to) } else { (draft.to, draft.from) };
        let mut tx = self.begin(Hold::Person(first)).await?;
        tx.also_hold(second).await?;
        let writer = self.owner(&mut tx, draft.from).await?;
        let reader = self.owner(&mut tx, draft.to).await?;
        let mut mine = self.conversation_in(&mut tx, &writer, draft.conversation).await?;
        if mine.as_ref().is_some_and(|mine| mine.last == draft.key) {
            return Ok(true);
        }
        let since = now.unix() - DAY;
        let today = |conversation: &Conversation| conversation.sent.iter().filter(|at| at.unix() > since).count();
        let entries = self.list_in(&mut tx, &writer, Kind::Conversation).await?;
        let written: usize = entries.into_iter().map(|e| parsed(e.value).map(|c| today(&c))).sum::<Result<_, _>>()?;
        if written >= draft.per_day {
            return Ok(false);
        }
        let side = |with: &PersonId, began| Conversation {
            about: draft.about.clone(),
            with: with.clone(),
            began,
            received: Vec::new(),
            sent: Vec::new(),
            last: String::new(),
        };
        let mine = mine.get_or_insert_with(|| side(draft.to, draft.begins));
        mine.sent.push(now);
        draft.key.clone_into(&mut mine.last);
        mine.sent.drain(..mine.sent.len().saturating_sub(KEPT.max(draft.per_day)));
        self.keep(&mut tx, &writer, draft.conversation, mine).await?;
        let mut theirs = self.conversation_in(&mut tx, &reader, draft.conversation).await?;
        let theirs = theirs.get_or_insert_with(|| side(draft.from, !draft.begins));
        let number = theirs.received.last().map_or(0, |letter| letter.number) + 1;
        theirs.received.push(Letter { number, at: now, text: draft.text.to_owned() });
        theirs.received.drain(..theirs.received.len().saturating_sub(KEPT));
        while theirs.received.len() > 1 && theirs.received.iter().map(|l| l.text.len()).sum::<usize>() > KEPT_BYTES {
            theirs.received.remove(0);
        }
        self.keep(&mut tx, &reader, draft.conversation, theirs).await?;
        let mut message = draft.message.clone();
        message["letter"] = json!(number);
        let key = format!("letter/{}/{number}", draft.conversation);
        self.put_message_in(&mut tx, &reader, &key, &message).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// One side of a conversation.
    ///
    /// # Errors
    /// `PERSON_UNKNOWN`, `PERSON_ERASED`; else as [`Vault::person`].
    pub async fn conversation(&self, person: &PersonId, id: &str) -> Result<Option<Conversation>, Error> {
        let mut tx = self.begin(Hold::Read).await?;
        let owner = self.owner(&mut tx, person).await?;
        self.conversation_in(&mut tx, &owner, id).await
    }

    /// All conversations of a person by their ids, the longest unchanged first.
    ///
    /// # Errors
    /// `PERSON_UNKNOWN`, `PERSON_ERASED`; else as [`Vault::person`].
    pub async fn conversations(&self, person: &PersonId) -> Result<Vec<(String, Conversation)>, Error> {
        let kept = self.list(person, Kind::Conversation).await?;
        kept.into_iter().map(|entry| Ok((entry.id, parsed(entry.value)?))).collect()
    }

    /// Takes what somebody wrote away from those who got it. Whoever writes to or for this person right
    /// now is kept out by the caller.
    pub(crate) async fn forget_letters(&self, tx: &mut Tx, writer: &Owner) -> Result<(), Error> {
        for kept in self.list_in(tx, writer, Kind::Conversation).await? {
            let with = parsed(kept.value)?.with;
            if let Some(reader) = self.find(tx, &with).await? {
                let name = reader.name(Kind::Conversation.code(), &kept.id);
                tx.execute(sql::REMOVE, vec![(&with).into(), Kind::Conversation.code().into(), name.into()]).await?;
            }
        }
        Ok(())
    }

    async fn conversation_in(&self, tx: &mut Tx, owner: &Owner, id: &str) -> Result<Option<Conversation>, Error> {
        let key =
            vec![owner.id().into(), Kind::Conversation.code().into(), owner.name(Kind::Conversation.code(), id).into()];
        let Some(row) = tx.row(sql::GET, key).await? else { return Ok(None) };
        parsed(entry(owner, Kind::Conversation, &row, 0)?.value).map(Some)
    }

    async fn keep(&self, tx: &mut Tx, owner: &Owner, id: &str, conversation: &Conversation) -> Result<(), Error> {
        let value = serde_json::to_value(conversation).map_err(|_| Error::Damaged("a letter isn't JSON".into()))?;
        self.put_in(tx, owner, Kind::Conversation, id, &value).await
    }
}

fn parsed(value: Json) -> Result<Conversation, Error> {
    serde_json::from_value(value).map_err(|_| Error::Damaged("a conversation isn't what was written".into()))
}
