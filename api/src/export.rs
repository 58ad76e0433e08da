//! `parvis export bundle`: a campaign as one file that anyone can verify offline.

use crate::failure::Failure;
use crate::notary::{self, Published};
use crate::witness::Witnesses;
use crate::{fold, keys};
use commands::Entropy;
use event_store::Store;
use serde::Serialize;
use serde_json::{Map, Value, json};
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use transparency::{BundleWriter, HiddenValue, to_canonical};

/// What was exported.
#[derive(Debug, Serialize)]
pub struct Exported {
    /// The bundle.
    pub file: PathBuf,
    /// The policy file with the log's public key, to be handed to auditors by another way.
    pub policy: PathBuf,
    /// The campaign.
    pub campaign: String,
    /// Events.
    pub size: u64,
    /// Root of the log.
    pub root: String,
    /// Bytes of the bundle.
    pub bytes: u64,
}

/// [`bundle_with`] for a store whose logs have no witnesses.
///
/// # Errors
/// The same.
pub fn bundle(store: &Store, key: &Path, entropy: &Entropy, campaign: &str, out: &Path) -> Result<Exported, Failure> {
    bundle_with(store, key, entropy, &Witnesses::default(), campaign, out)
}

/// Writes the bundle beside its final name and moves it there when it is whole. The policy goes
/// beside it as `OUT.policy`. Blocks; witnesses are asked on the runtime that it is called from.
///
/// # Errors
/// Those of [`notary::publish`]; faults of the store and of the disk; a log that can't be folded.
pub fn bundle_with(
    store: &Store,
    key: &Path,
    entropy: &Entropy,
    witnesses: &Witnesses,
    campaign: &str,
    out: &Path,
) -> Result<Exported, Failure> {
    let reader = store.reader();
    let Published { head, note } = notary::publish(store, key, entropy, witnesses, campaign)?;
    let signer = keys::signer(key, &head.origin, entropy)?;
    let policy = witnesses.policy(signer.verifier())?;
    let part = with_suffix(out, ".part");
    let place = |error: std::io::Error| Failure::from(error).at(part.display());
    let mut writer = BundleWriter::new(BufWriter::new(File::create(&part).map_err(place)?));
    // What an event removed never leaves, even if its deletion was cut off.
    let redacted = fold::redacted(&reader, &head)?;
    let model = fold::model_to(&reader, &head, |stored| {
        let named = redacted.get(&stored.position);
        let there = |value: &&HiddenValue| !named.is_some_and(|paths| paths.contains(&value.path));
        let disclosed: Vec<HiddenValue> = stored.disclosed.iter().filter(there).cloned().collect();
        Ok(writer.push(&stored.leaf, &disclosed)?)
    })?;
    let claims = to_canonical(&projections::claims::claims(&model)?)?;
    let written = writer.finish(&note, &policy, &claims, &metadata(&model), &signer)?;
    let mut file = written.into_inner().map_err(|error| place(error.into_error()))?;
    file.flush().and_then(|()| file.sync_all()).map_err(place)?;
    std::fs::rename(&part, out).map_err(place)?;
    let policy_file = with_suffix(out, ".policy");
    std::fs::write(&policy_file, policy).map_err(|error| Failure::from(error).at(policy_file.display()))?;
    Ok(Exported {
        file: out.to_owned(),
        policy: policy_file,
        campaign: campaign.to_owned(),
        size: head.size,
        root: head.root.to_string(),
        bytes: file.metadata().map_err(place)?.len(),
    })
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// What the bundle says of itself, in the terms of DCAT-AP.
fn metadata(model: &projections::Model) -> Map<String, Value> {
    let overview = &model.overview;
    let source = overview.source.as_ref().and_then(|source| source.get()).cloned();
    let value = json!({
        "dct:identifier": overview.code,
        "dct:title": overview.title.get(),
        "dct:spatial": overview.territory.get(),
        "dct:temporal": overview.year.to_string(),
        "dct:source": source,
        "dct:conformsTo": "parvis-bundle/1",
    });
    let Value::Object(members) = value else { return Map::new() };
    members.into_iter().filter(|(_, value)| !value.is_null()).collect()
}
