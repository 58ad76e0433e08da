//! The rows of a Pabulib file: CSV with `;`, whose columns change by section.
//!
//! Owns what a row, a header and a number look like. Knows nothing of what
//! they mean: look next at `pabulib.rs`.

use crate::{Cents, PabulibError};
use std::io::Read;

/// Gives each row with its line; returns the number of the last line.
pub(crate) fn for_each_row(
    text: &str,
    mut row: impl FnMut(u64, &csv::StringRecord) -> Result<(), PabulibError>,
) -> Result<u64, PabulibError> {
    // At the end of input a CSV reader silently closes a quote left open. A row
    // of our own at the end shows it: inside a quote it isn't a row any more.
    const END: &str = "\u{1}";
    let lines = u64::try_from(text.bytes().filter(|b| *b == b'\n').count()).unwrap_or(0) + 1;
    let input = text.as_bytes().chain("\n".as_bytes());
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(b';')
        .has_headers(false)
        .flexible(true)
        .trim(csv::Trim::All)
        .from_reader(input.chain(END.as_bytes()));
    let mut record = csv::StringRecord::new();
    let mut here = Line { line: 1, byte: 0 };
    loop {
        let more = reader.read_record(&mut record).map_err(|e| {
            let message = format!("this can't be read as CSV: {e}");
            PabulibError::new(here.line, "BAD_CSV", message)
        })?;
        if record.len() == 1 && record.get(0) == Some(END) {
            return Ok(lines);
        }
        if let Some(position) = record.position() {
            here.move_to(text, position.byte());
        }
        let line = here.line;
        if !more || record.iter().any(|field| field.ends_with(END)) {
            let message = "a quote opened here is never closed: is the file cut off?";
            return Err(PabulibError::new(line, "QUOTE_NOT_CLOSED", message));
        }
        if record.iter().any(|field| !field.is_empty()) {
            row(line, &record)?;
        }
    }
}

/// Where a row begins. The CSV reader's own line is one too low after CRLF: it
/// lets the LF, and empty lines, begin the next row.
struct Line {
    line: u64,
    byte: usize,
}

impl Line {
    fn move_to(&mut self, text: &str, byte: u64) {
        let mut to = usize::try_from(byte).unwrap_or(usize::MAX).max(self.byte);
        let bytes = text.as_bytes();
        while matches!(bytes.get(to), Some(b'\r' | b'\n')) {
            to += 1;
        }
        let passed = bytes.get(self.byte..to).unwrap_or_default();
        let ends = passed.iter().filter(|b| **b == b'\n').count();
        self.line += u64::try_from(ends).unwrap_or(0);
        self.byte = to;
    }
}

/// The header row of a section.
#[derive(Default)]
pub(crate) struct Columns(pub(crate) Vec<String>);

impl Columns {
    /// Reads it; `section` is named in errors.
    pub(crate) fn read(
        line: u64,
        section: &str,
        row: &csv::StringRecord,
        required: &[&str],
    ) -> Result<Self, PabulibError> {
        let mut names: Vec<String> = row.iter().map(str::to_lowercase).collect();
        while names.last().is_some_and(String::is_empty) {
            names.pop();
        }
        for name in required {
            if !names.iter().any(|n| n == name) {
                let message = format!("{section} has no column `{name}`: add it");
                return Err(PabulibError::new(line, "COLUMN_MISSING", message));
            }
        }
        for (i, name) in names.iter().enumerate() {
            if names.iter().take(i).any(|earlier| earlier == name) {
                let message = format!("{section} has the column `{name}` twice: rename one");
                return Err(PabulibError::new(line, "COLUMN_REPEATED", message));
            }
        }
        Ok(Self(names))
    }

    /// The fields of a row beside the names of their columns.
    pub(crate) fn fields<'a>(
        &'a self,
        line: u64,
        row: &'a csv::StringRecord,
    ) -> Result<impl Iterator<Item = (&'a str, &'a str)>, PabulibError> {
        let expected = self.0.len();
        if row.len() < expected {
            let message = format!("{} fields where the header has {expected}: is the row cut off?", row.len());
            return Err(PabulibError::new(line, "ROW_TOO_SHORT", message));
        }
        if row.iter().skip(expected).any(|field| !field.is_empty()) {
            let message =
                format!("{} fields where the header has {expected}: put a field that holds `;` in quotes", row.len());
            return Err(PabulibError::new(line, "ROW_TOO_LONG", message));
        }
        Ok(self.0.iter().map(String::as_str).zip(row.iter()))
    }
}

/// Reads an amount; `what` is named in the error.
pub(crate) fn amount(line: u64, what: &str, field: &str) -> Result<Cents, PabulibError> {
    Cents::from_decimal(field).ok_or_else(|| {
        let message = format!("{what} is `{field}`: write an amount as 1234 or 1234.56");
        PabulibError::new(line, "BAD_AMOUNT", message)
    })
}

/// Reads a whole number; `what` is named in the error.
pub(crate) fn whole_number<N: std::str::FromStr>(line: u64, what: &str, field: &str) -> Result<N, PabulibError> {
    field.parse().map_err(|_| {
        let message = format!("{what} is `{field}`: write a whole number");
        PabulibError::new(line, "BAD_NUMBER", message)
    })
}
