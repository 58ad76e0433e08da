//! Owns finding the processes of a server and sending them signals.
//! Must not: know what the processes do. Next: `server.rs`.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

/// The processes that work in this folder. A dead one that nobody waited for has none.
pub(crate) fn working_in(folder: &Path) -> Vec<u32> {
    let processes = std::fs::read_dir("/proc").unwrap_or_else(|error| panic!("/proc is needed: {error}"));
    processes
        .filter_map(|entry| {
            let entry = entry.ok()?;
            let number: u32 = entry.file_name().to_str()?.parse().ok()?;
            let works_in = std::fs::read_link(entry.path().join("cwd")).ok()?;
            (works_in == folder).then_some(number)
        })
        .collect()
}

/// Sends a signal, named without `SIG`. Whoever is gone already needs none.
pub(crate) fn signal(name: &str, processes: &[u32]) {
    if processes.is_empty() {
        return;
    }
    let mut command = Command::new("sh");
    command.args(["-c", "kill -s \"$@\" 2>/dev/null || true", "kill", name]);
    let done = command.args(processes.iter().map(u32::to_string)).status();
    assert!(done.is_ok_and(|status| status.success()), "the signal {name} can't be sent");
}

/// Asks again and again until there is an answer, for a minute at most; then panics with `why`.
pub(crate) fn wait_for<T>(mut answer: impl FnMut() -> Option<T>, why: impl FnOnce() -> String) -> T {
    const PAUSE: Duration = Duration::from_millis(10);
    for _ in 0..6_000 {
        if let Some(answer) = answer() {
            return answer;
        }
        std::thread::sleep(PAUSE);
    }
    panic!("{}", why())
}
