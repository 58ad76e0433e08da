//! Owns how the answers of `receipt`, `project`, `query` and `diff` are printed.
//! Must not: find them out (see `receipt.rs`, `sql.rs`, `diff.rs`).
//! Next: `run.rs`.

use crate::{
    cli::Format,
    diff::{Difference, EventDiff, RowDiff, Side, TableDiff},
    error::Error,
    fetch::Located,
    receipt::{Against, Part, ReceiptReport, Standing, check_receipt},
    run::{BROKEN, HOLDS, print_json},
    sql::{Answer, Written},
    tiles::TilesReport,
};
use serde_json::Value;
use std::{io, io::Write, path::Path};
use transparency::Policy;

/// Checks a receipt and prints what it shows; gives the exit code.
pub(crate) fn receipt(
    receipt: &Path,
    leaf: Option<&Path>,
    bundle: Option<&Located>,
    trusted: Option<&Policy>,
    json: bool,
    out: &mut dyn Write,
) -> Result<u8, Error> {
    let against = match (leaf, bundle) {
        (Some(leaf), _) => Against::Leaf(leaf),
        (None, Some(bundle)) => Against::Bundle(bundle.path()),
        (None, None) => Against::Nothing,
    };
    let report = check_receipt(receipt, against, trusted)?;
    if json {
        print_json(out, &report, false)?
    } else {
        print_receipt(&report, out)?
    }
    Ok(if report.standing == Standing::Refused { BROKEN } else { HOLDS })
}

fn print_receipt(report: &ReceiptReport, out: &mut dyn Write) -> io::Result<()> {
    match report.standing {
        Standing::Proven => writeln!(out, "PROVEN: this event stands in the signed log")?,
        Standing::Signed => writeln!(out, "SIGNED: the checkpoint is signed; what the receipt is of was not given")?,
        Standing::Refused => writeln!(out, "REFUSED: this receipt doesn't hold")?,
    }
    if let Some(fault) = &report.fault {
        let part = match fault.part {
            Part::Receipt => "the receipt",
            Part::Path => "its path",
            Part::Checkpoint => "its checkpoint",
            Part::Leaf => "the leaf",
            Part::Bundle => "the bundle",
        };
        let line = fault.line.map_or_else(String::new, |line| format!(", line {line}"));
        writeln!(out, "  in {part}{line}: {}: {}", fault.code, fault.message)?;
    }
    if let Some(position) = report.position {
        writeln!(out, "  position   {position}")?;
    }
    if let Some(event) = &report.event {
        writeln!(out, "  event      {} of {} at {}", event.event_type, event.stream, event.at)?;
    }
    if let (Some(log), Some(size), Some(root)) = (&report.log, report.size, report.root) {
        writeln!(out, "  log        {log}, {size} leaves, root {root}")?;
        writeln!(out, "  signed by  {}", report.signed_by.join(", "))?;
    }
    report.notes.iter().try_for_each(|note| writeln!(out, "  note: {note}"))
}

/// What a folder of tiles shows.
pub(crate) fn print_tiles(report: &TilesReport, out: &mut dyn Write) -> io::Result<()> {
    match &report.fault {
        None => writeln!(out, "HOLDS: entries, hashes and checkpoint fit together")?,
        Some(fault) => {
            writeln!(out, "BROKEN: these tiles don't hold")?;
            let place = fault.place.map_or_else(String::new, |place| format!(", number {place} in it"));
            writeln!(out, "  in {}{place}: {}: {}", fault.file, fault.code, fault.message)?;
        }
    }
    if let (Some(log), Some(size), Some(root)) = (&report.log, report.size, report.root) {
        writeln!(out, "  log        {log}, {size} leaves, root {root}")?;
        writeln!(out, "  signed by  {}", report.signed_by.join(", "))?;
    }
    writeln!(out, "  files read {}", report.files)
}

/// The tables that were written.
pub(crate) fn print_written(written: &Written, out: &mut dyn Write, err: &mut dyn Write) -> Result<(), Error> {
    for (table, rows) in &written.tables {
        writeln!(out, "{rows:>9}  {table}")?;
    }
    for note in &written.notes {
        let _ = writeln!(err, "note: {note}");
    }
    Ok(())
}

/// The rows of an answer.
pub(crate) fn print_answer(
    answer: &Answer,
    format: Format,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> Result<(), Error> {
    match format {
        Format::Json => print_json(out, answer, false)?,
        Format::Csv => {
            let mut writer = csv::Writer::from_writer(&mut *out);
            writer.write_record(&answer.columns).map_err(io::Error::from)?;
            for row in &answer.rows {
                writer.write_record(row.iter().map(text)).map_err(io::Error::from)?;
            }
            writer.flush()?;
        }
        Format::Table => print_table(answer, out)?,
    }
    if answer.more {
        let _ = writeln!(err, "note: there are more rows than these {}; see --limit", answer.rows.len());
    }
    Ok(())
}

fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn print_table(answer: &Answer, out: &mut dyn Write) -> io::Result<()> {
    // A line feed in a cell would look like another row.
    let cells = |row: &Vec<Value>| row.iter().map(|cell| text(cell).replace(['\n', '\r', '\t'], " ")).collect();
    let rows: Vec<Vec<String>> = answer.rows.iter().map(cells).collect();
    let mut widths: Vec<usize> = answer.columns.iter().map(|name| name.chars().count()).collect();
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = cell.chars().count().max(*width);
        }
    }
    for row in std::iter::once(&answer.columns).chain(&rows) {
        let padded: Vec<String> = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}")).collect();
        writeln!(out, "{}", padded.join("  ").trim_end())?;
    }
    Ok(())
}

/// What differs.
pub(crate) fn print_difference(found: &Difference, out: &mut dyn Write) -> Result<(), Error> {
    let Difference { same, logs: [one, other], sizes, first, forked, count, events, tables, rows_unread } = found;
    if *same {
        writeln!(out, "SAME: nothing differs")?;
        return Ok(());
    }
    if one != other {
        writeln!(out, "OTHER LOGS: {one} and {other}")?;
    }
    match (first, forked) {
        (Some(first), true) => writeln!(out, "FORKED: from position {first} on both have events, and not the same")?,
        (Some(first), false) => writeln!(out, "LONGER: the same up to position {first}, where one goes on")?,
        (None, _) => writeln!(out, "SAME LEAVES: what differs stands beside them")?,
    }
    let [a, b] = sizes;
    writeln!(out, "  {a} events in the first, {b} in the second; {count} differ")?;
    let sign = |side| match side {
        Side::First => '-',
        Side::Second => '+',
        Side::Both => '~',
    };
    for EventDiff { side, position, stream, event_type, at } in events {
        writeln!(out, "{} {position:>8}  {at}  {stream}  {event_type}", sign(*side))?;
    }
    left_out(*count, events.len(), out)?;
    for TableDiff { table, count, rows } in tables {
        writeln!(out, "{table}: {count} rows differ")?;
        for RowDiff { side, key, members } in rows {
            let members = if members.is_empty() { String::new() } else { format!("  ({})", members.join(", ")) };
            writeln!(out, "{} {key}{members}", sign(*side))?;
        }
        left_out(*count, rows.len(), out)?;
    }
    if let Some(why) = rows_unread {
        writeln!(out, "rows weren't compared: {why}")?;
    }
    Ok(())
}

fn left_out(count: u64, named: usize, out: &mut dyn Write) -> io::Result<()> {
    match count.saturating_sub(u64::try_from(named).unwrap_or(u64::MAX)) {
        0 => Ok(()),
        more => writeln!(out, "  … and {more} more"),
    }
}
