//! `parvis store copy`: every log of a store into another one, checked by its tree head.

use crate::failure::Failure;
use crate::run::{print, print_json};
use event_store::{OpenMode, Store, copy};
use serde_json::json;
use std::sync::atomic::{AtomicBool, Ordering};

/// Events between two lines about how far the copy is.
const REPORT: u64 = 51_200;

/// Copies all logs and tells each. Blocks.
///
/// # Errors
/// `INTERRUPTED` when somebody asked to stop; faults of both stores. What was copied stays, and the
/// same copy goes on there.
pub fn all(from: &str, to: &str, stop: &AtomicBool, json: bool) -> Result<(), Failure> {
    let source = Store::open(from, OpenMode::Existing)?;
    let target = Store::open(to, OpenMode::Create)?;
    for head in source.reader().logs()? {
        let campaign = &head.campaign;
        let mut told = 0;
        let copied = copy(&source, &head, &target, |size| {
            if stop.load(Ordering::Relaxed) {
                let kept =
                    format!("{campaign}: stopped at {size} of {} events; they are kept, run it again", head.size);
                return Err(Failure::fault("INTERRUPTED", kept));
            }
            if size >= told + REPORT {
                told = size;
                eprintln!("{campaign}: {size} of {} events", head.size);
            }
            Ok(())
        })?;
        let (size, root) = (copied.head.size, copied.head.root);
        match json {
            true => print_json(
                &json!({"campaign": campaign, "size": size, "root": root, "written": copied.written, "verified": true}),
            )?,
            false => print(&format!("{campaign}: {size} events ({} new), root {root}, verified", copied.written))?,
        }
    }
    Ok(())
}
