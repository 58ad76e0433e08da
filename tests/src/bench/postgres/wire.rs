//! Owns the limits of everything that reads: the same leaves in their order, each parsed as any JSON.
//!
//! Of PostgreSQL through COPY and `psql`, of SQLite through bare rusqlite. Must not check or fold.

use super::place::Place;
use crate::bench::measure::{Outcome, per_second, timed};
use rusqlite::{Connection, OpenFlags};
use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::Stdio;

/// The names of the limits.
pub(super) const COPY: &str = "COPY (SELECT leaf … ORDER BY position) TO STDOUT, each parsed as any JSON";
pub(super) const ROWS: &str = "rusqlite: SELECT leaf … ORDER BY position, each parsed as any JSON";

/// Events a second out of a database with one log.
pub(super) fn copy(place: &Place, url: &str, events: usize) -> Outcome<f64> {
    let (elapsed, read) = timed(|| {
        let mut psql = place.program("psql");
        psql.args([
            "-X",
            "-q",
            "-d",
            url,
            "-c",
            "COPY (SELECT leaf FROM log_events ORDER BY log_id, position) TO STDOUT",
        ]);
        let mut child = psql.stdin(Stdio::null()).stdout(Stdio::piped()).spawn()?;
        let mut lines = BufReader::with_capacity(1 << 16, child.stdout.take().ok_or("psql has no output")?);
        let (mut line, mut read) = (Vec::new(), 0);
        while lines.read_until(b'\n', &mut line)? > 0 {
            unescape(&mut line);
            object(&line)?;
            read += 1;
            line.clear();
        }
        if child.wait()?.success() { Ok(read) } else { Err("psql failed".into()) }
    })?;
    rate(read, events, elapsed)
}

/// Events a second out of a file with one log.
pub(super) fn rows(file: &Path, events: usize) -> Outcome<f64> {
    let connection = Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let (elapsed, read) = timed(|| {
        let mut select = connection.prepare("SELECT leaf FROM log_events ORDER BY log_id, position")?;
        let mut rows = select.query([])?;
        let mut read = 0;
        while let Some(row) = rows.next()? {
            object(row.get_ref(0)?.as_bytes()?)?;
            read += 1;
        }
        Ok(read)
    })?;
    rate(read, events, elapsed)
}

fn rate(read: usize, events: usize, elapsed: std::time::Duration) -> Outcome<f64> {
    if read == events { per_second(read, elapsed) } else { Err(format!("{read} of {events} events were read").into()) }
}

fn object(leaf: &[u8]) -> Outcome<()> {
    let value: Value = serde_json::from_slice(leaf)?;
    if value.is_object() { Ok(()) } else { Err("a leaf isn't an object".into()) }
}

/// COPY doubles a backslash, and a leaf has nothing else that it escapes: controls are escaped in JSON.
fn unescape(line: &mut Vec<u8>) {
    let mut escaped = false;
    line.retain(|byte| {
        escaped = *byte == b'\\' && !escaped;
        !escaped
    });
}

#[cfg(test)]
mod tests {
    use super::unescape;

    #[test]
    fn a_doubled_backslash_is_one() {
        let mut line = br#"{"a":"\\"b\\\\"}"#.to_vec();
        unescape(&mut line);
        assert_eq!(line, br#"{"a":"\"b\\"}"#);
    }
}
