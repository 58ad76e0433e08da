//! What a log publishes of itself: its signed checkpoint, the receipts under it, and the digests of what
//! follows from its events.
//!
//! The forms are those of C2SP (`tlog-checkpoint`, `tlog-cosignature`, `tlog-proof`): texts that are checked
//! as they are, without this server. Never signs anything: `notary.rs` does.

use super::scalars::{DateTime, Position, Sha256};
use crate::downloads;
use crate::error::Fault;
use crate::graphql::request::{View, services};
use crate::receipts;
use async_graphql::{Context, SimpleObject};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use domain::Timestamp;
use std::sync::Arc;
use transparency::Checkpoint as Text;

/// What stands before each signature of a note (C2SP signed-note).
const DASH: &str = "\u{2014} ";

/// Bytes of a key's id.
const KEY: usize = 4;

/// Bytes of the moment in a cosignature: seconds since 1970, big-endian.
const MOMENT: usize = 8;

/// Bytes of an Ed25519 signature.
const SIGNATURE: usize = 64;

/// A signed checkpoint (`point de contrôle`): the size and root of the log at a moment, which its operator can't
/// take back.
#[derive(SimpleObject)]
pub struct Checkpoint {
    /// How many events it covers.
    pub size: Position,
    /// The root of the tree over them (RFC 6962, §2.1).
    pub root: Sha256,
    /// The signed note, as it is published (C2SP tlog-checkpoint).
    pub note: String,
    /// Who signed it: the log itself, and the witnesses that saw that it only ever grew.
    pub signatures: Vec<NoteSignature>,
}

/// A signature below a checkpoint.
#[derive(SimpleObject, Debug, PartialEq, Eq)]
pub struct NoteSignature {
    /// The name of the key.
    pub name: String,
    /// The id of the key: 8 hexadecimal digits.
    pub key: String,
    /// When a witness signed; null for the log itself.
    pub cosigned: Option<DateTime>,
}

impl Checkpoint {
    /// The last published one that this version of the log reaches; a version of the past may have none.
    pub(crate) async fn of(ctx: &Context<'_>, view: &View) -> Result<Option<Self>, Fault> {
        let log = view.log;
        let (services, witnesses) = (services(ctx)?, Arc::clone(&services(ctx)?.witnesses));
        let read = services.read_model.store().read_with(move |reader| witnesses.published(reader, log));
        let Some((size, note)) = read.await?.filter(|(size, _)| *size <= view.size() || view.moment.is_none()) else {
            return Ok(None);
        };
        let body = note.split_once("\n\n").map(|(body, _)| format!("{body}\n")).unwrap_or_default();
        let root = Text::parse(&body).map_err(event_store::Error::from)?.root;
        let signatures = signatures(&note);
        Ok(Some(Self { size: Position(size), root: Sha256(root), note, signatures }))
    }
}

/// The signatures of a note, in its order; what isn't one that we know is left to whoever checks it.
fn signatures(note: &str) -> Vec<NoteSignature> {
    let lines = note.split_once("\n\n").map(|(_, lines)| lines).unwrap_or_default().lines();
    lines.filter_map(|line| signature(line.strip_prefix(DASH)?)).collect()
}

fn signature(line: &str) -> Option<NoteSignature> {
    let (name, coded) = line.split_once(' ')?;
    let bytes = STANDARD.decode(coded).ok()?;
    let (key, rest) = bytes.split_at_checked(KEY)?;
    let cosigned = (rest.len() == MOMENT + SIGNATURE).then(|| {
        let seconds: [u8; MOMENT] = rest.get(..MOMENT)?.try_into().ok()?;
        Timestamp::from_unix(i64::try_from(u64::from_be_bytes(seconds)).ok()?).map(DateTime)
    });
    Some(NoteSignature { name: name.to_owned(), key: hex::encode(key), cosigned: cosigned.flatten() })
}

/// The receipt of an event, to keep (`récépissé`).
#[derive(SimpleObject)]
pub struct TlogProof {
    /// The event's position.
    pub position: Position,
    /// The size of the checkpoint that it is proven under.
    pub size: Position,
    /// The text of the `.tlog-proof` file (C2SP tlog-proof): the proof and the signed checkpoint.
    pub text: String,
    /// Where it can be downloaded.
    pub url: String,
}

impl TlogProof {
    /// None while no published checkpoint holds the event.
    pub(crate) async fn of(ctx: &Context<'_>, view: &View, position: u64) -> Result<Option<Self>, Fault> {
        let (log, size) = (view.log, view.size());
        if position >= size {
            return Err(Fault::BeyondLog { size, asked: position.saturating_add(1) });
        }
        let (services, witnesses) = (services(ctx)?, Arc::clone(&services(ctx)?.witnesses));
        let read = services.read_model.store().read_with(move |reader| receipts::of(reader, &witnesses, log, position));
        Ok(read.await?.map(|(size, receipt)| Self {
            position: Position(position),
            size: Position(size),
            text: receipt.to_text(),
            url: receipts::place(&view.code, position),
        }))
    }
}

/// The digest of a table that follows from the log (`projection attestée`): whoever folds the same events gets
/// the same (docs/formats/claims.md).
#[derive(SimpleObject)]
pub struct AttestedTable {
    /// The table's name.
    pub name: &'static str,
    /// How many rows it has.
    pub rows: usize,
    /// SHA-256 over its rows, without hidden values.
    pub digest: Sha256,
}

impl AttestedTable {
    /// Of this version. None while the digest of ballots or papers would tell how people vote: then whoever
    /// tries out what may stand on them could compare.
    pub(crate) async fn all(ctx: &Context<'_>, view: &View) -> Result<Option<Vec<Self>>, Fault> {
        if !downloads::may_be_given_out(view) {
            return Ok(None);
        }
        let of = Arc::clone(view);
        let digests = services(ctx)?.analyses.run(move || of.model.digests()).await?;
        let digests = digests.map_err(event_store::Error::from)?;
        let table = |one: projections::TableDigest| Self { name: one.name, rows: one.rows, digest: Sha256(one.digest) };
        Ok(Some(digests.into_iter().map(table).collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signatures_of_a_log_and_of_witnesses_are_told_apart() {
        let own = STANDARD.encode([&[1, 2, 3, 4][..], &[9; SIGNATURE]].concat());
        let moment = 1_700_000_000_u64.to_be_bytes();
        let witness = STANDARD.encode([&[5, 6, 7, 8][..], &moment, &[9; SIGNATURE]].concat());
        let note = format!("a/b\n1\nAAAA\n\n{DASH}a/b {own}\n{DASH}w.example {witness}\nno signature\n");
        let found = signatures(&note);
        assert_eq!(found.len(), 2);
        assert_eq!((found[0].name.as_str(), found[0].key.as_str(), found[0].cosigned), ("a/b", "01020304", None));
        let moment = found[1].cosigned.map(|at| at.0.to_string());
        assert_eq!((found[1].name.as_str(), moment.as_deref()), ("w.example", Some("2023-11-14T22:13:20Z")));
    }
}
