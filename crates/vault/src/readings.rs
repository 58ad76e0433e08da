//! Agents read, and it is recorded before they see anything: an append-only chain of digests.
//!
//! Digest of a reading = SHA-256("parvis.reading/v1\n" ‖ digest before it ‖ its entry as canonical JSON,
//! RFC 8785); before the first one stand 32 zero bytes. The entry holds the SHA-256 of the sealed note,
//! so that the note goes with its person while the chain stays whole.

use std::collections::BTreeSet;

use domain::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::arrivals::id_of;
use crate::engine::{Hold, Row, Tx};
use crate::owner::{Owner, Spot};
use crate::{Entry, Error, Kind, PersonId, Purpose, Reading, ReadingsDigest, Recorded, Vault, sql};

/// What a digest starts with: which chain it belongs to.
const DOMAIN: &[u8] = b"parvis.reading/v1\n";

/// The digest before the first reading.
const NONE: [u8; 32] = [0; 32];

/// Readings that are walked through at a time.
const PAGE: i64 = 1_000;

/// What the digest covers; nothing of it is a personal datum of the person who was read.
#[derive(Serialize, Deserialize)]
struct Line {
    number: u64,
    at: Timestamp,
    person: PersonId,
    agent: String,
    role: String,
    campaign: String,
    purpose: Purpose,
    kinds: BTreeSet<Kind>,
    /// SHA-256 of the sealed note, in hexadecimal.
    note: String,
}

impl Vault {
    /// Records that an agent reads, and then gives what is read: all entries of the kinds named.
    ///
    /// # Errors
    /// `READING_NOTE` unless the note has 3 to 200 characters, `READING_KINDS` when no kind is named,
    /// `READING_WHO` unless agent, role and campaign have 1 to 64 characters; `PERSON_UNKNOWN`,
    /// `PERSON_ERASED`; else as [`Vault::person`]. Nothing is given out with an error.
    pub async fn read_for(&self, reading: Reading, person: &PersonId) -> Result<Vec<Entry>, Error> {
        check(&reading)?;
        let at = self.now()?;
        let mut tx = self.begin(Hold::Readings).await?;
        let owner = self.owner(&mut tx, person).await?;
        let mut entries = Vec::new();
        for kind in &reading.kinds {
            entries.extend(self.list_in(&mut tx, &owner, *kind).await?);
        }
        self.record(&mut tx, &owner, reading, at).await?;
        tx.commit().await?;
        Ok(entries)
    }

    /// Who read a person's data, in order. Also of somebody who was erased.
    ///
    /// # Errors
    /// `VAULT_DAMAGED` when one of them isn't what was recorded; else as [`Vault::person`].
    pub async fn readings_of(&self, person: &PersonId) -> Result<Vec<Recorded>, Error> {
        let mut tx = self.begin(Hold::Read).await?;
        self.readings_in(&mut tx, person).await
    }

    /// The readings after a number, at most `limit` (and at most 1,000), in order.
    ///
    /// # Errors
    /// `VAULT_DAMAGED` when one of them is missing or isn't what was recorded; else as [`Vault::person`].
    pub async fn readings(&self, after: u64, limit: u32) -> Result<Vec<Recorded>, Error> {
        let mut tx = self.begin(Hold::Read).await?;
        let limit = i64::from(limit).min(PAGE);
        let Ok(start) = i64::try_from(after) else { return Ok(Vec::new()) };
        let rows = tx.rows(sql::READINGS, vec![start.into(), limit.into()]).await?;
        let mut recorded = Vec::new();
        for (row, number) in rows.iter().zip(after + 1..) {
            expect(i64::try_from(number) == Ok(row.int(0)?), number)?;
            let (line, digest) = read(row)?;
            recorded.push(self.recorded(&mut tx, row, line, digest).await?);
        }
        Ok(recorded)
    }

    /// How many readings there are and what they come to. Walks the whole chain: about a second for
    /// some hundred thousand. Anchored in the log, it keeps the chain from being cut short.
    ///
    /// # Errors
    /// `VAULT_DAMAGED` when a reading is missing or isn't what was recorded; else as [`Vault::person`].
    pub async fn readings_digest(&self) -> Result<ReadingsDigest, Error> {
        let mut tx = self.begin(Hold::Read).await?;
        let (mut count, mut last) = (0_u64, hex::encode(NONE));
        loop {
            let after = i64::try_from(count).map_err(|_| Error::Damaged("there are too many readings".into()))?;
            let rows = tx.rows(sql::READINGS, vec![after.into(), PAGE.into()]).await?;
            for row in &rows {
                count += 1;
                expect(i64::try_from(count) == Ok(row.int(0)?), count)?;
                last = read(row)?.1;
            }
            if rows.is_empty() {
                return Ok(ReadingsDigest { count, digest: last });
            }
        }
    }

    pub(crate) async fn readings_in(&self, tx: &mut Tx, person: &PersonId) -> Result<Vec<Recorded>, Error> {
        let mut recorded = Vec::new();
        for row in tx.rows(sql::READINGS_OF, vec![person.into()]).await? {
            let (line, digest) = read(&row)?;
            recorded.push(self.recorded(tx, &row, line, digest).await?);
        }
        Ok(recorded)
    }

    async fn record(&self, tx: &mut Tx, owner: &Owner, reading: Reading, at: Timestamp) -> Result<(), Error> {
        let (last, before) = match tx.row(sql::LAST_READING, Vec::new()).await? {
            Some(row) => (row.int(0)?, row.bytes(1)?.to_vec()),
            None => (0, NONE.to_vec()),
        };
        let damaged = |_| Error::Damaged("a reading has no number".into());
        let number = u64::try_from(last + 1).map_err(damaged)?;
        let sealed = owner.seal(&spot(&number.to_be_bytes()), &reading.note, self.entropy())?;
        let Reading { agent_id: agent, role, campaign, purpose, kinds, note: _ } = reading;
        let note = hex::encode(Sha256::digest(&sealed));
        let line = Line { number, at, person: owner.id().clone(), agent, role, campaign, purpose, kinds, note };
        let entry = serde_json_canonicalizer::to_string(&line)
            .map_err(|_| Error::Damaged("a reading has no canonical form".into()))?;
        let digest = chained(&before, &entry);
        let row = vec![(last + 1).into(), owner.id().into(), entry.as_str().into(), sealed.into(), digest.into()];
        tx.execute(sql::ADD_READING, row).await.map(drop)
    }

    async fn recorded(&self, tx: &mut Tx, row: &Row, line: Line, digest: String) -> Result<Recorded, Error> {
        let note = match self.find(tx, &line.person).await? {
            Some(owner) => Some(owner.open(&spot(&line.number.to_be_bytes()), row.bytes(3)?)?),
            None => None,
        };
        let Line { number, at, person, agent: agent_id, role, campaign, purpose, kinds, note: _ } = line;
        Ok(Recorded { number, at, person, agent_id, role, campaign, purpose, kinds, note, digest })
    }
}

/// Reads a row (number, person, entry, sealed note, digest, digest before) and compares what it says
/// twice; the digest in hexadecimal.
fn read(row: &Row) -> Result<(Line, String), Error> {
    let number = u64::try_from(row.int(0)?).unwrap_or(0);
    let line: Line = serde_json::from_str(row.text(2)?).map_err(|_| broken(number))?;
    let before = if number == 1 { &NONE[..] } else { row.maybe_bytes(5).ok_or_else(|| broken(number))? };
    let digest = row.bytes(4)?;
    let chained = chained(before, row.text(2)?);
    let note = hex::encode(Sha256::digest(row.bytes(3)?));
    let same = line.number == number && line.person == id_of(row.text(1)?)? && line.note == note;
    expect(same && digest == chained.as_slice(), number)?;
    Ok((line, hex::encode(digest)))
}

fn chained(before: &[u8], entry: &str) -> Vec<u8> {
    Sha256::new().chain_update(DOMAIN).chain_update(before).chain_update(entry).finalize().to_vec()
}

fn expect(holds: bool, number: u64) -> Result<(), Error> {
    if holds { Ok(()) } else { Err(broken(number)) }
}

fn broken(number: u64) -> Error {
    Error::Damaged(format!("the chain of readings breaks at number {number}"))
}

fn spot(number: &[u8]) -> Spot<'_> {
    Spot { table: "readings", kind: "note", name: number }
}

fn check(reading: &Reading) -> Result<(), Error> {
    if !(3..=200).contains(&reading.note.trim().chars().count()) || reading.note.chars().count() > 200 {
        return Err(Error::ReadingNote);
    }
    if reading.kinds.is_empty() {
        return Err(Error::ReadingKinds);
    }
    let who = [("the agent", &reading.agent_id), ("the role", &reading.role), ("the campaign", &reading.campaign)];
    for (what, text) in who {
        if text.is_empty() || text.chars().count() > 64 {
            return Err(Error::ReadingWho(what));
        }
    }
    Ok(())
}
