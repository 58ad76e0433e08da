//! Owns the suite `replay`: how fast a whole campaign is verified, folded and written.
//!
//! The limit reads the same bundle, parses each leaf as any JSON and hashes it, on one thread: what
//! nobody who checks a hash of every event can do without. Must not skip a check of the verifier.

use super::Scale;
use super::city::{self, Demo};
use super::measure::{
    Outcome, Report, Samples, mebibytes, of_process, own_memory, per_second, text, timed, timed_on_cores, told,
};
use super::sqlite::{BATCH, Plain};
use api::fold;
use replay_tools::Verdict;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;
use transparency::{Hash, Policy, leaf_hash};
use zip::ZipArchive;

const SUITE: &str = "replay";
const LIMIT: &str = "unzip, parse and hash the same leaves, one thread";

pub(super) fn run(demo: &Demo, report: &mut Report, scale: Scale) -> Outcome<()> {
    let reader = demo.store.reader();
    let head = city::log(&reader)?;
    let events = usize::try_from(head.size)?;
    let (mut verified, mut folded, mut read) = (Samples::default(), Samples::default(), Samples::default());
    let (mut verified_text, mut read_text) = (Samples::default(), Samples::default());
    let (mut verified_core, mut read_core, mut cores) = (Samples::default(), Samples::default(), Samples::default());
    let (mut verified_half, half) = (Samples::default(), city::checkpoint_at(demo, &reader, head.size / 2)?);
    for _ in 0..scale.runs {
        let (elapsed, core, ()) = timed_on_cores(|| verify(&demo.bundle, Some(&demo.policy), None))?;
        verified.push(per_second(events, elapsed)?);
        verified_core.push(per_core(events, core)?);
        cores.push(core / elapsed.as_secs_f64());
        let (elapsed_half, ()) = timed(|| verify(&demo.bundle, Some(&demo.policy), Some(&half)))?;
        verified_half.push(per_second(events, elapsed_half)?);
        let (elapsed_read, core, (leaves, text, _)) = timed_on_cores(|| read_parse_hash(&demo.bundle))?;
        read_core.push(per_core(leaves, core)?);
        verified_text.push(mebibytes(text)? / elapsed.as_secs_f64());
        read_text.push(mebibytes(text)? / elapsed_read.as_secs_f64());
        let elapsed = elapsed_read;
        if leaves != events {
            return Err(format!("the bundle has {leaves} leaves, the log {events}").into());
        }
        read.push(per_second(leaves, elapsed)?);
        let (elapsed, model) = timed(|| fold::model(&reader, &head, |_| Ok(())).map_err(told))?;
        folded.push(per_second(events, elapsed)?);
        drop(model);
    }
    report.add(SUITE, "unzip_parse_hash", "events/s", &read, None);
    report.add(SUITE, "verify_bundle", "events/s", &verified, Some((LIMIT, &read)));
    report.add(SUITE, "verify_bundle_text", "MiB/s", &verified_text, Some((LIMIT, &read_text)));
    // Per second that a core worked: what it takes, however many cores share it.
    report.add(SUITE, "verify_bundle_per_core", "events/s", &verified_core, Some((LIMIT, &read_core)));
    report.add(SUITE, "verify_bundle_cores", "cores", &cores, None);
    report.add(SUITE, "verify_bundle_since_half", "events/s", &verified_half, Some((LIMIT, &read)));
    report.add(SUITE, "fold_from_store", "events/s", &folded, Some((LIMIT, &read)));

    let leaves = city::leaves(&reader, 0)?;
    let (mut peak, mut own) = (Samples::default(), Samples::default());
    own.push(mebibytes(leaves.iter().map(|leaf| leaf.len()).try_fold(0, |sum, n| u64::try_from(n).map(|n| sum + n))?)?);
    for _ in 0..scale.runs {
        peak.push(mebibytes(of_process("memory-of-verify", &[text(&demo.bundle)?])?)?);
    }
    report.add(SUITE, "leaves", "MiB", &own, None);
    report.add(SUITE, "verify_bundle_peak_memory", "MiB", &peak, Some(("the leaves themselves", &own)));
    build(demo, &leaves, report, scale)
}

/// Plays the demo again and again, in turns with writing its leaves as they are.
fn build(demo: &Demo, leaves: &[String], report: &mut Report, scale: Scale) -> Outcome<()> {
    let (mut built, mut written) = (Samples::default(), Samples::default());
    for run in 0..scale.runs {
        // The demo at hand was played first, in the same way.
        if run == 0 {
            built.push(demo.played.as_secs_f64());
        } else {
            let folder = tempfile::tempdir_in(demo.folder.path())?;
            built.push(city::play(&folder.path().join("again.db"), scale.voters)?.0.as_secs_f64());
        }
        let folder = tempfile::tempdir_in(demo.folder.path())?;
        written.push(Plain::create(&folder.path().join("plain.db"))?.insert(leaves, BATCH)?.as_secs_f64());
    }
    report.add(SUITE, "sqlite_batched_inserts_of_demo", "s", &written, None);
    report.add(SUITE, "demo_build", "s", &built, Some((super::sqlite::BATCHED, &written)));
    Ok(())
}

fn per_core(events: usize, seconds: f64) -> Outcome<f64> {
    Ok(f64::from(u32::try_from(events)?) / seconds)
}

fn verify(bundle: &Path, policy: Option<&Policy>, since: Option<&str>) -> Outcome<()> {
    let (report, _) = replay_tools::verified(bundle, policy, since, &mut |_, _| {})?;
    match report.verdict {
        Verdict::Holds => Ok(()),
        verdict => Err(format!("the demo's bundle doesn't verify: {verdict:?}").into()),
    }
}

/// Reads every leaf of a bundle; gives how many there are, how long the text is in bytes, and a digest so
/// that no hash is idle work.
fn read_parse_hash(bundle: &Path) -> Outcome<(usize, u64, Hash)> {
    let mut archive = ZipArchive::new(BufReader::new(File::open(bundle)?))?;
    let (mut count, mut length, mut last) = (0, 0, Hash::of(&[]));
    for index in 0..archive.len() {
        let entry = archive.by_index(index)?;
        if !entry.name()?.starts_with("events/") {
            continue;
        }
        let mut text = BufReader::new(zstd::Decoder::new(entry)?);
        let mut line = String::new();
        while text.read_line(&mut line)? > 0 {
            // The leaf ends at the tab, or at the end of its line.
            let leaf = line.trim_end_matches('\n').split('\t').next().unwrap_or_default();
            let value: serde_json::Value = serde_json::from_str(leaf)?;
            if !value.is_object() {
                return Err("a leaf isn't an object".into());
            }
            last = leaf_hash(leaf.as_bytes());
            count += 1;
            length += u64::try_from(line.len())?;
            line.clear();
        }
    }
    Ok((count, length, last))
}

/// Verifies, then prints the most memory that this process ever had resident, in bytes.
pub(super) fn memory(bundle: &Path) -> Outcome<()> {
    verify(bundle, None, None)?;
    println!("{}", own_memory("VmHWM")?);
    Ok(())
}
