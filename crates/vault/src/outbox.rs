//! Messages that are to go out, each to one person: put once, claimed by one program at a time, settled.
//!
//! A message is named by an HMAC under its person's key, so that putting it twice is putting it once,
//! also after a restart, by a second node or when a log is read again. A claim is a lease: whoever dies
//! with it lets it lapse, and somebody else claims the message again. Must not know an address or what
//! a message says. Next: `message.rs` (the types), `docs/runbooks/messages.md` (what is promised).

use std::collections::BTreeMap;

use domain::Timestamp;
use serde_json::Value as Json;

use crate::arrivals::id_of;
use crate::engine::{Hold, Row, Tx};
use crate::owner::{Owner, Spot, moment};
use crate::records::LIMIT;
use crate::{Error, Message, MessageDraft, MessageState, PersonId, Settled, Vault, sql};

/// The longest part kept of what a mail server said, in characters.
const SAID: usize = 300;

/// A step forward in the log of a campaign: read for messages from `from` up to `to`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutboxStep<'a> {
    /// The campaign.
    pub campaign: &'a str,
    /// The first position that was read.
    pub from: u64,
    /// The first position that wasn't.
    pub to: u64,
}

impl Vault {
    /// Where the log of a campaign has to be read on for messages; `None` before the first time.
    ///
    /// # Errors
    /// As [`Vault::person`].
    pub async fn outbox_place(&self, campaign: &str) -> Result<Option<u64>, Error> {
        let mut tx = self.begin(Hold::Read).await?;
        let row = tx.row(sql::OUTBOX_PLACE, vec![campaign.into()]).await?;
        row.map(|row| u64::try_from(row.int(0)?).map_err(|_| Error::Damaged("a place is negative".into()))).transpose()
    }

    /// Says where the log of a campaign is read first. Once said, it stays.
    ///
    /// # Errors
    /// As [`Vault::person`].
    pub async fn begin_outbox(&self, campaign: &str, place: u64) -> Result<(), Error> {
        let mut tx = self.begin(Hold::Write).await?;
        tx.execute(sql::ADD_OUTBOX_PLACE, vec![campaign.into(), place_of(place)?.into()]).await?;
        tx.commit().await
    }

    /// Keeps messages and, in the same transaction, how far the log was read for them. People who are no
    /// longer there get none. `false`, and nothing is kept, when somebody else read that part of the log
    /// meanwhile.
    ///
    /// # Errors
    /// `RECORD_TOO_LARGE`; else as [`Vault::person`].
    pub async fn put_messages(&self, drafts: &[MessageDraft], step: Option<OutboxStep<'_>>) -> Result<bool, Error> {
        let mut tx = self.begin(Hold::Write).await?;
        if let Some(OutboxStep { campaign, from, to }) = step {
            let values = vec![campaign.into(), place_of(from)?.into(), place_of(to)?.into()];
            if tx.execute(sql::MOVE_OUTBOX_PLACE, values).await? == 0 {
                return Ok(false);
            }
        }
        // In one order, so that two programs that do this never wait for each other.
        let mut drafts: Vec<&MessageDraft> = drafts.iter().collect();
        drafts.sort_by(|a, b| (&a.person, &a.key).cmp(&(&b.person, &b.key)));
        for draft in drafts {
            if let Some(owner) = self.find(&mut tx, &draft.person).await? {
                self.put_message_in(&mut tx, &owner, &draft.key, &draft.content).await?;
            }
        }
        tx.commit().await?;
        Ok(true)
    }

    /// Takes messages that are due, the longest waiting first, for so many seconds: whoever took them
    /// settles them by then, or somebody else may take them.
    ///
    /// # Errors
    /// As [`Vault::person`].
    pub async fn claim_messages(&self, most: u32, seconds: u32) -> Result<Vec<Message>, Error> {
        let now = self.now()?.unix();
        let mut tx = self.begin(Hold::Write).await?;
        let values = vec![now.into(), (now + i64::from(seconds)).into(), i64::from(most).into()];
        let rows = tx.rows(sql::CLAIM_MESSAGES, values).await?;
        let mut messages = Vec::new();
        for row in &rows {
            // Whoever is erased at this moment has no message any more.
            if let Some(owner) = self.find(&mut tx, &id_of(row.text(1)?)?).await? {
                messages.push(message(&owner, row)?);
            }
        }
        tx.commit().await?;
        messages.sort_by(|a, b| (a.created, &a.id).cmp(&(b.created, &b.id)));
        Ok(messages)
    }

    /// Says what became of a message that this program had claimed. `false` when it isn't its any more:
    /// the claim lapsed, or the person was erased.
    ///
    /// # Errors
    /// As [`Vault::person`].
    pub async fn settle_message(&self, claimed: &Message, settled: Settled) -> Result<bool, Error> {
        let now = self.now()?;
        let (state, due, fault, said) = match settled {
            Settled::Sent => (MessageState::Sent, now, String::new(), None),
            Settled::Later { due, fault, said } => (MessageState::Waiting, due, fault, said),
            Settled::GivenUp { fault, said } => (MessageState::GivenUp, now, fault, said),
            Settled::Dropped { fault } => (MessageState::Dropped, now, fault, None),
        };
        let mut tx = self.begin(Hold::Write).await?;
        let Some(owner) = self.find(&mut tx, &claimed.person).await? else { return Ok(false) };
        let id = hex::decode(&claimed.id).map_err(|_| Error::Damaged("a message has no id".into()))?;
        let said = said.map(|said| said.chars().take(SAID).collect::<String>());
        let said = said.map(|said| owner.seal(&said_spot(&id), &said, self.entropy())).transpose()?;
        let fault: String = fault.chars().take(40).collect();
        let values = vec![
            id.into(),
            i64::from(claimed.tries).into(),
            state.code().into(),
            due.unix().into(),
            now.unix().into(),
            fault.as_str().into(),
            said.into(),
        ];
        let touched = tx.execute(sql::SETTLE_MESSAGE, values).await?;
        tx.commit().await?;
        Ok(touched > 0)
    }

    /// How many messages could be claimed now.
    ///
    /// # Errors
    /// As [`Vault::person`].
    pub async fn messages_due(&self) -> Result<u64, Error> {
        let now = self.now()?.unix();
        self.begin(Hold::Read).await?.number(sql::MESSAGES_DUE, vec![now.into()]).await
    }

    /// Gives up what was put so many seconds ago or earlier and still waits; how many that were.
    ///
    /// # Errors
    /// As [`Vault::person`].
    pub async fn give_up_messages(&self, seconds: u32) -> Result<u64, Error> {
        let now = self.now()?.unix();
        let mut tx = self.begin(Hold::Write).await?;
        let values = vec![(now - i64::from(seconds)).into(), now.into()];
        let given_up = tx.execute(sql::OVERDUE_MESSAGES, values).await?;
        tx.commit().await?;
        Ok(given_up)
    }

    /// The messages of a person, the latest first, so many at most.
    ///
    /// # Errors
    /// `PERSON_UNKNOWN`, `PERSON_ERASED`; else as [`Vault::person`].
    pub async fn messages_of(&self, person: &PersonId, most: u32) -> Result<Vec<Message>, Error> {
        let mut tx = self.begin(Hold::Read).await?;
        let owner = self.owner(&mut tx, person).await?;
        self.messages_in(&mut tx, &owner, most).await
    }

    /// How many messages there are in each state, of all people.
    ///
    /// # Errors
    /// As [`Vault::person`].
    pub async fn message_states(&self) -> Result<BTreeMap<MessageState, u64>, Error> {
        let mut tx = self.begin(Hold::Read).await?;
        let mut states: BTreeMap<_, _> = MessageState::ALL.into_iter().map(|state| (state, 0)).collect();
        for row in tx.rows(sql::MESSAGES_STATES, Vec::new()).await? {
            states.insert(state_of(row.text(0)?)?, u64::try_from(row.int(1)?).unwrap_or(0));
        }
        Ok(states)
    }

    pub(crate) async fn put_message_in(
        &self,
        tx: &mut Tx,
        owner: &Owner,
        key: &str,
        content: &Json,
    ) -> Result<(), Error> {
        let bytes = content.to_string().len();
        if bytes > LIMIT {
            return Err(Error::RecordTooLarge { bytes, limit: LIMIT });
        }
        let id = owner.name("MESSAGE", key);
        let sealed = owner.seal(&spot(&id), content, self.entropy())?;
        let values = vec![id.into(), owner.id().into(), self.now()?.unix().into(), sealed.into()];
        tx.execute(sql::ADD_MESSAGE, values).await.map(drop)
    }

    pub(crate) async fn messages_in(&self, tx: &mut Tx, owner: &Owner, most: u32) -> Result<Vec<Message>, Error> {
        let rows = tx.rows(sql::MESSAGES_OF, vec![owner.id().into(), i64::from(most).into()]).await?;
        rows.iter().map(|row| message(owner, row)).collect()
    }
}

fn spot(id: &[u8]) -> Spot<'_> {
    Spot { table: "outbox", kind: "", name: id }
}

fn said_spot(id: &[u8]) -> Spot<'_> {
    Spot { table: "outbox", kind: "said", name: id }
}

fn place_of(position: u64) -> Result<i64, Error> {
    i64::try_from(position).map_err(|_| Error::Damaged("a position is beyond every log".into()))
}

fn state_of(code: &str) -> Result<MessageState, Error> {
    MessageState::from_code(code).ok_or_else(|| Error::Damaged("a message has no state".into()))
}

/// Reads the ten columns of a row.
fn message(owner: &Owner, row: &Row) -> Result<Message, Error> {
    let id = row.bytes(0)?;
    let said = row.maybe_bytes(9).map(|said| owner.open(&said_spot(id), said)).transpose()?;
    let at = |column| moment(row.int(column)?);
    let (due, created, changed): (Timestamp, _, _) = (at(3)?, at(5)?, at(6)?);
    Ok(Message {
        id: hex::encode(id),
        person: owner.id().clone(),
        state: state_of(row.text(2)?)?,
        due,
        tries: u32::try_from(row.int(4)?).unwrap_or(u32::MAX),
        created,
        changed,
        fault: Some(row.text(7)?.to_owned()).filter(|fault| !fault.is_empty()),
        said,
        content: owner.open(&spot(id), row.bytes(8)?)?,
    })
}
