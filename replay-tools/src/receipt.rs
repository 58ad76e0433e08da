//! Owns the check of one receipt (`.tlog-proof`): its form, its signatures, its path, and what it is of.
//! Must not: judge the event or the rest of the log (see `verify.rs`).
//! Next: `transparency::checkpoint` for the form, docs/formats/log.md §7.

use crate::{error::Error, read::open, report::Divergence};
use serde::Serialize;
use std::{collections::BTreeMap, fs, path::Path};
use transparency::{
    Checkpoint, Frontier, Hash, Leaf, Opened, Policy, Receipt, inclusion_proof, leaf_hash, parse_disclosed,
};

/// Lines of a bundle read at once.
const BATCH: usize = 4_096;

/// What the receipt is held against.
#[derive(Clone, Copy, Debug)]
pub enum Against<'a> {
    /// The leaf that it is of, in a file.
    Leaf(&'a Path),
    /// A bundle of the log.
    Bundle(&'a Path),
    /// Nothing: only form and signatures can be checked.
    Nothing,
}

/// What a receipt shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Standing {
    /// The leaf is in the log that the city signed.
    Proven,
    /// The city signed the log; which leaf the receipt is of wasn't given.
    Signed,
    /// The receipt doesn't hold.
    Refused,
}

/// The part of a receipt, or beside it, in which something is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Part {
    /// The text of the file before the checkpoint.
    Receipt,
    /// The path from the leaf to the root.
    Path,
    /// The signed checkpoint.
    Checkpoint,
    /// The leaf that was given.
    Leaf,
    /// The bundle that was given.
    Bundle,
}

/// Why a receipt is refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Fault {
    /// In which part.
    pub part: Part,
    /// The line of the file, from 1, where one is to blame.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<usize>,
    /// A stable code.
    pub code: &'static str,
    /// What is wrong.
    pub message: String,
}

/// What the check of a receipt says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ReceiptReport {
    /// The verdict.
    pub standing: Standing,
    /// What is wrong, when refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fault: Option<Fault>,
    /// The position that the receipt is of.
    pub position: Option<u64>,
    /// Origin of the log, size and root, as signed.
    pub log: Option<String>,
    /// Leaves in the signed tree.
    pub size: Option<u64>,
    /// Its root.
    pub root: Option<Hash>,
    /// Names of the keys that have signed.
    pub signed_by: Vec<String>,
    /// The event: its stream, type and moment.
    pub event: Option<Told>,
    /// What should be known besides.
    pub notes: Vec<String>,
}

/// The event that a receipt is of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Told {
    /// Its stream.
    pub stream: String,
    /// Its name.
    #[serde(rename = "type")]
    pub event_type: String,
    /// When, RFC 3339 UTC.
    pub at: String,
    /// RFC 6962 hash of the leaf.
    pub leaf_hash: Hash,
}

/// Checks the receipt in a file. Without a policy the bundle's own is used, which shows only that both
/// fit together.
///
/// # Errors
/// [`Error::File`]; [`Error::NoPolicy`] when there is neither a policy nor a bundle; [`Error::Broken`]
/// when the bundle can't be opened. A receipt that doesn't hold is no error: the report says so.
pub fn check_receipt(path: &Path, against: Against<'_>, trusted: Option<&Policy>) -> Result<ReceiptReport, Error> {
    let bytes = fs::read(path).map_err(|source| Error::File { path: path.display().to_string(), source })?;
    let mut report = ReceiptReport {
        standing: Standing::Refused,
        fault: None,
        position: None,
        log: None,
        size: None,
        root: None,
        signed_by: Vec::new(),
        event: None,
        notes: Vec::new(),
    };
    let own = match (trusted, against) {
        (Some(_), _) => None,
        (None, Against::Bundle(path)) => Some(own_policy(path)?),
        (None, Against::Leaf(_) | Against::Nothing) => return Err(Error::NoPolicy),
    };
    let Some(policy) = trusted.or(own.as_ref()) else { return Err(Error::NoPolicy) };
    if trusted.is_none() {
        report.notes.push(
            "THE SIGNING KEY WAS NOT CHECKED: it comes from the bundle itself; give --policy with the city's key"
                .to_owned(),
        );
    }
    let followed = std::str::from_utf8(&bytes)
        .map_err(|error| {
            let line = bytes.iter().take(error.valid_up_to()).filter(|byte| **byte == b'\n').count() + 1;
            fault(Part::Receipt, Some(line), "NOT_UTF8", format!("line {line} isn't UTF-8: it was changed"))
        })
        .and_then(|text| follow(text, against, policy, &mut report));
    match followed {
        Ok(standing) => report.standing = standing,
        Err(Stop::Fault(fault)) => report.fault = Some(fault),
        Err(Stop::Error(error)) => return Err(error),
    }
    Ok(report)
}

enum Stop {
    Fault(Fault),
    Error(Error),
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

fn fault(part: Part, line: Option<usize>, code: &'static str, message: impl Into<String>) -> Stop {
    Stop::Fault(Fault { part, line, code, message: message.into() })
}

fn follow(text: &str, against: Against<'_>, policy: &Policy, report: &mut ReceiptReport) -> Result<Standing, Stop> {
    let receipt = Receipt::parse(text).map_err(|error| {
        let line = if let transparency::Error::BadProofText { line, .. } = &error { Some(*line) } else { None };
        fault(Part::Receipt, line, error.code(), error.to_string())
    })?;
    report.position = Some(receipt.index);
    // The checkpoint starts after the header, the index, the path and the empty line.
    let before = 3 + receipt.proof.len();
    let (head, opened) = policy.check(&receipt.checkpoint).map_err(|error| {
        let line = match &error {
            transparency::Error::BadNote { line, .. } | transparency::Error::BadCheckpoint { line, .. } => {
                Some(before + line)
            }
            _ => None,
        };
        fault(Part::Checkpoint, line, error.code(), error.to_string())
    })?;
    let Opened { signed_by, .. } = opened;
    report.signed_by = signed_by.into_iter().map(|by| by.name).collect();
    (report.log, report.size, report.root) = (Some(head.origin.clone()), Some(head.size), Some(head.root));
    if receipt.index >= head.size {
        let message = format!("position {} is beyond the {} leaves of the checkpoint", receipt.index, head.size);
        return Err(fault(Part::Receipt, Some(2), "OUTSIDE_TREE", message));
    }
    match against {
        Against::Nothing => {
            report.notes.push(
                "WHAT THE RECEIPT IS OF WAS NOT CHECKED: give the event with --leaf, or a bundle with --bundle"
                    .to_owned(),
            );
            Ok(Standing::Signed)
        }
        Against::Leaf(path) => {
            let bytes = fs::read(path).map_err(|source| Error::File { path: path.display().to_string(), source })?;
            let text = String::from_utf8(bytes)
                .map_err(|_| fault(Part::Leaf, None, "NOT_UTF8", "the leaf isn't UTF-8: it was changed"))?;
            of_leaf(&receipt, &head, &text, report)
        }
        Against::Bundle(path) => of_bundle(&receipt, &head, path, policy, report),
    }
}

/// A leaf as it stands in the log; a line feed at the end of the file and, after a tab, the values
/// disclosed beside it, may follow.
fn of_leaf(receipt: &Receipt, head: &Checkpoint, line: &str, report: &mut ReceiptReport) -> Result<Standing, Stop> {
    let line = line.strip_suffix('\n').unwrap_or(line);
    let (text, disclosed) = line.split_once('\t').unwrap_or((line, ""));
    let wrong = |error: transparency::Error| fault(Part::Leaf, None, error.code(), error.to_string());
    let leaf = Leaf::parse(text).map_err(wrong)?;
    if (leaf.position, &*leaf.log) != (receipt.index, head.origin.as_str()) {
        let message = format!(
            "the leaf is number {} of the log {:?}, the receipt of number {} of {:?}",
            leaf.position, leaf.log, receipt.index, head.origin
        );
        return Err(fault(Part::Leaf, None, "RECEIPT_OF_OTHER_LEAF", message));
    }
    parse_disclosed(disclosed).and_then(|values| leaf.check_disclosed(&values)).map_err(wrong)?;
    report.event = Some(told(&leaf, text));
    checkpoint_holds(receipt, head, text)?;
    Ok(Standing::Proven)
}

fn checkpoint_holds(receipt: &Receipt, head: &Checkpoint, leaf: &str) -> Result<(), Stop> {
    let hash = leaf_hash(leaf.as_bytes());
    transparency::verify_inclusion(receipt.index, head.size, &hash, &receipt.proof, &head.root)
        .map_err(|error| fault(Part::Path, None, error.code(), error.to_string()))
}

fn told(leaf: &Leaf<'_>, text: &str) -> Told {
    Told {
        stream: leaf.stream.to_string(),
        event_type: leaf.event_type.to_string(),
        at: leaf.at.to_string(),
        leaf_hash: leaf_hash(text.as_bytes()),
    }
}

/// What the pass over a bundle gathers.
struct Gathered {
    /// The tree as large as the receipt's, where the bundle is at least that large.
    then: Option<Frontier>,
    nodes: BTreeMap<(u8, u64), Hash>,
    leaf: Option<String>,
}

/// With a bundle of the log one can also tell which hash of the path is wrong, and whether the receipt
/// and the bundle come from one log.
fn of_bundle(
    receipt: &Receipt,
    head: &Checkpoint,
    path: &Path,
    policy: &Policy,
    report: &mut ReceiptReport,
) -> Result<Standing, Stop> {
    let in_bundle = |message: String, code| fault(Part::Bundle, None, code, message);
    let mut bundle = open(path, Some(policy))?;
    let (origin, size) = (bundle.checkpoint().origin.clone(), bundle.checkpoint().size);
    if origin != head.origin {
        let message = format!("the receipt is of the log {:?}, the bundle of {origin:?}", head.origin);
        return Err(in_bundle(message, "RECEIPT_OF_OTHER_LOG"));
    }
    if receipt.index >= size {
        let message = format!(
            "the bundle has {size} leaves and the receipt is of number {}: take a newer bundle, or give the event with \
             --leaf",
            receipt.index
        );
        return Err(in_bundle(message, "BUNDLE_OLDER"));
    }
    let wanted = wanted(receipt.index, head.size);
    let mut gathered = Gathered { then: None, nodes: BTreeMap::new(), leaf: None };
    let mut tree = Frontier::new();
    loop {
        let batch = bundle.next_batch(BATCH).map_err(|error| match Divergence::of_format(error) {
            Ok(found) => Stop::Error(found.into()),
            Err(source) => Stop::Error(Error::File { path: path.display().to_string(), source }),
        })?;
        for line in batch.iter().flatten() {
            tree.push_each(leaf_hash(line.leaf().as_bytes()), |level, index, hash| {
                if wanted.contains(&(level, index)) {
                    gathered.nodes.insert((level, index), hash);
                }
            });
            if line.index() == receipt.index {
                gathered.leaf = Some(line.leaf().to_owned());
            }
            if tree.size() == head.size {
                gathered.then = Some(tree.clone());
            }
        }
        if batch.is_none() {
            break;
        }
    }
    if tree.root() != bundle.checkpoint().root {
        let message = "the leaves of the bundle don't give its signed root: verify says where it is broken";
        return Err(in_bundle(message.to_owned(), "ROOT_MISMATCH"));
    }
    judge(receipt, head, gathered, report)
}

fn judge(
    receipt: &Receipt,
    head: &Checkpoint,
    gathered: Gathered,
    report: &mut ReceiptReport,
) -> Result<Standing, Stop> {
    let Gathered { then, nodes, leaf } = gathered;
    let text = leaf.unwrap_or_default();
    let leaf = Leaf::parse(&text).map_err(|error| fault(Part::Bundle, None, error.code(), error.to_string()))?;
    report.event = Some(told(&leaf, &text));
    match then {
        Some(then) if then.root() != head.root => {
            let message = format!(
                "FORK: the receipt's checkpoint of {} leaves says root {}, the first {} leaves of the bundle give {}; \
                 two logs were shown: keep both files",
                head.size,
                head.root,
                head.size,
                then.root()
            );
            return Err(fault(Part::Checkpoint, None, "HISTORY_FORKED", message));
        }
        Some(_) => {
            let node = |level, index| {
                nodes.get(&(level, index)).copied().ok_or(transparency::Error::OutsideTree { index, size: head.size })
            };
            let right = inclusion_proof(receipt.index, head.size, node);
            let right = right.map_err(|error| fault(Part::Path, None, error.code(), error.to_string()))?;
            let places = 0..right.len().max(receipt.proof.len());
            if let Some(place) = places.into_iter().find(|place| right.get(*place) != receipt.proof.get(*place)) {
                let message = format!(
                    "hash {} of the path isn't the one of the log ({} hashes lead from this leaf to the root)",
                    place + 1,
                    right.len()
                );
                return Err(fault(Part::Path, Some(place + 3), "PROOF_INVALID", message));
            }
        }
        None => report.notes.push(format!(
            "the bundle is older than the receipt, whose log has {} leaves: that both are of one log can be checked \
             with a newer bundle",
            head.size
        )),
    }
    checkpoint_holds(receipt, head, &text)?;
    Ok(Standing::Proven)
}

/// The nodes that the path of a leaf is made of.
fn wanted(index: u64, size: u64) -> Vec<(u8, u64)> {
    let mut asked = Vec::new();
    // Only what is asked for matters here; what comes out is thrown away.
    let _ = inclusion_proof::<transparency::Error>(index, size, |level, index| {
        asked.push((level, index));
        Ok(transparency::empty_root())
    });
    asked
}

fn own_policy(path: &Path) -> Result<Policy, Error> {
    let bundle = open(path, None)?;
    Policy::parse(bundle.policy()).map_err(|source| Error::Given { path: path.display().to_string(), source })
}
