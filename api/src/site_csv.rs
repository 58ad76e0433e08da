//! A table of sites as text: its encoding, its separator, its columns and lines.
//!
//! Owns the form that docs/formats/sites-csv.md promises, up to cells by column. What cells mean and what
//! they change: `site_bulk.rs`.

use domain::rejection::Language;
use encoding_rs::WINDOWS_1252;
use serde::Serialize;
use std::collections::BTreeMap;

/// The most bytes of a table.
pub const MOST_BYTES: usize = 8_000_000;

/// The most lines of a table.
pub const MOST_LINES: usize = 20_000;

/// Every column that a table may have, by name.
pub const COLUMNS: [&str; 30] = [
    "site",
    "title",
    "area",
    "department",
    "budget",
    "latitude",
    "longitude",
    "address",
    "postcode",
    "financing",
    "contractors",
    "studies_planned",
    "studies_reached",
    "procedures_planned",
    "procedures_reached",
    "works_planned",
    "works_reached",
    "delivery_planned",
    "delivery_reached",
    "done_planned",
    "done_reached",
    "abandoned",
    "reopened",
    "reason",
    "spending_line",
    "spending_kind",
    "spending_amount",
    "spending_on",
    "spending_label",
    "news",
];

/// Something that is wrong with a line, or with the table as a whole.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Fault {
    /// The line in the file, from 1, the header being one; 0 for the table as a whole.
    pub line: u64,
    /// The column; empty when it is about the whole line.
    pub field: String,
    /// The stable code: one of this form, or of the rule that says no.
    pub code: String,
    /// What is wrong and what to do.
    pub message: String,
}

/// What may be wrong before any rule is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Neither UTF-8 nor Windows-1252.
    Encoding,
    /// Nothing but a header, or not even that.
    Empty,
    /// Too many bytes or lines.
    TooLong,
    /// A column that there isn't.
    ColumnUnknown,
    /// A column that comes twice.
    ColumnTwice,
    /// There is no column `site`, or a cell of it is empty.
    SiteMissing,
    /// A line with more or fewer cells than the header, or with quotes that don't close.
    Shape,
    /// The same site, and the same spending, on another line.
    LineTwice,
    /// Another line says something else of the same site.
    Conflict,
    /// A cell that can't be read.
    Value,
}

impl Form {
    /// The stable code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Encoding => "CSV_ENCODING",
            Self::Empty => "CSV_EMPTY",
            Self::TooLong => "CSV_TOO_LONG",
            Self::ColumnUnknown => "CSV_COLUMN_UNKNOWN",
            Self::ColumnTwice => "CSV_COLUMN_TWICE",
            Self::SiteMissing => "CSV_SITE_MISSING",
            Self::Shape => "CSV_SHAPE",
            Self::LineTwice => "CSV_LINE_TWICE",
            Self::Conflict => "CSV_CONFLICT",
            Self::Value => "CSV_VALUE",
        }
    }

    /// The fault on a line, about a column; `with` is what the message names.
    pub fn on(self, line: u64, field: &str, with: &str, language: Language) -> Fault {
        let (french, english) = match self {
            Self::Encoding => (
                "Encodage illisible : enregistrez le fichier en UTF-8.",
                "This encoding can’t be read: save the file as UTF-8.",
            ),
            Self::Empty => ("Le tableau est vide.", "The table is empty."),
            Self::TooLong => (
                "Le tableau est trop long ({}) : envoyez-le en plusieurs fois.",
                "The table is too long ({}): send it in parts.",
            ),
            Self::ColumnUnknown => (
                "Colonne inconnue : {}. Les colonnes sont décrites dans docs/formats/sites-csv.md.",
                "Unknown column: {}. docs/formats/sites-csv.md describes the columns.",
            ),
            Self::ColumnTwice => {
                ("La colonne {} vient deux fois : gardez-en une.", "The column {} comes twice: keep one of them.")
            }
            Self::SiteMissing => ("Indiquez le chantier, colonne site.", "Say which site it is, in the column site."),
            Self::Shape => (
                "Cette ligne n’a pas autant de cellules que l’en-tête : {}.",
                "This line hasn’t as many cells as the header: {}.",
            ),
            Self::LineTwice => (
                "Ce chantier, avec la même dépense, est déjà à la ligne {} : gardez-en une.",
                "This site, with the same spending, stands on line {} already: keep one of them.",
            ),
            Self::Conflict => (
                "La ligne {} dit autre chose du même chantier : accordez-les.",
                "Line {} says something else of the same site: let them agree.",
            ),
            Self::Value => ("Valeur illisible : écrivez {}.", "This value can’t be read: write {}."),
        };
        let message = language.say(french, english).replace("{}", with);
        Fault { line, field: field.to_owned(), code: self.code().to_owned(), message }
    }
}

/// A line: its number in the file and the cells that aren't empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Its number in the file, from 1, the header being one.
    pub number: u64,
    /// Cells by column, without blanks around them.
    pub cells: BTreeMap<&'static str, String>,
}

/// The lines of a table.
///
/// # Errors
/// Every [`Fault`] of its form; then nothing of it is used.
pub fn read(bytes: &[u8], language: Language) -> Result<Vec<Line>, Vec<Fault>> {
    let whole = |form: Form, with: &str| vec![form.on(0, "", with, language)];
    if bytes.len() > MOST_BYTES {
        return Err(whole(Form::TooLong, &format!("{MOST_BYTES} bytes")));
    }
    let text = decode(bytes).ok_or_else(|| whole(Form::Encoding, ""))?;
    let separator = separator(&text);
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(separator)
        .flexible(true)
        .has_headers(false)
        .trim(csv::Trim::All)
        .from_reader(text.as_bytes());
    let mut records = reader.records();
    let header = records.next().and_then(Result::ok).ok_or_else(|| whole(Form::Empty, ""))?;
    let columns = columns(&header, language)?;
    let (mut lines, mut faults) = (Vec::new(), Vec::new());
    let mut counted = Counted { rest: text.as_bytes(), at: 0, line: 1 };
    for record in records {
        let Ok(record) = record else { return Err(whole(Form::Encoding, "")) };
        let number = counted.line_at(record.position().map_or(0, csv::Position::byte));
        if record.iter().all(str::is_empty) {
            continue;
        }
        if record.len() != columns.len() {
            faults.push(Form::Shape.on(number, "", &format!("{} ≠ {}", record.len(), columns.len()), language));
            continue;
        }
        let given = columns.iter().zip(&record).filter(|(_, cell)| !cell.is_empty());
        let cells: BTreeMap<_, _> = given.map(|(column, cell)| (*column, cell.to_owned())).collect();
        if !cells.contains_key("site") {
            faults.push(Form::SiteMissing.on(number, "site", "", language));
        }
        lines.push(Line { number, cells });
        if lines.len() > MOST_LINES {
            return Err(whole(Form::TooLong, &format!("{MOST_LINES} lines")));
        }
    }
    if lines.is_empty() && faults.is_empty() {
        return Err(whole(Form::Empty, ""));
    }
    if faults.is_empty() { Ok(lines) } else { Err(faults) }
}

/// How far the lines of a text are counted.
struct Counted<'a> {
    rest: &'a [u8],
    at: u64,
    line: u64,
}

impl Counted<'_> {
    /// The line of the record that begins at this byte, or after the empty lines that begin there.
    fn line_at(&mut self, byte: u64) -> u64 {
        while let Some((first, rest)) = self.rest.split_first()
            && (self.at < byte || *first == b'\n')
        {
            self.line = self.line.saturating_add(u64::from(*first == b'\n'));
            self.at = self.at.saturating_add(1);
            self.rest = rest;
        }
        self.line
    }
}

/// UTF-8 with or without its mark, or else Windows-1252, as spreadsheets in Western Europe still write it.
fn decode(bytes: &[u8]) -> Option<String> {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => WINDOWS_1252.decode_without_bom_handling(bytes).0.into_owned(),
    };
    // With one kind of line ends, lines are counted as editors count them.
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    text.chars().all(|c| !c.is_control() || matches!(c, '\n' | '\t')).then_some(text)
}

/// What stands most often between names of columns in the first line.
fn separator(text: &str) -> u8 {
    let header = text.lines().next().unwrap_or_default();
    let known = |separator: char| {
        let names = header.split(separator).map(|name| name.trim().trim_matches('"').to_lowercase());
        names.filter(|name| COLUMNS.contains(&name.as_str())).count()
    };
    // The first of those that are equal is taken: the last one that `max_by_key` sees.
    let found = [('\t', b'\t'), (',', b','), (';', b';')].into_iter().max_by_key(|(separator, _)| known(*separator));
    found.map_or(b';', |(_, byte)| byte)
}

fn columns(header: &csv::StringRecord, language: Language) -> Result<Vec<&'static str>, Vec<Fault>> {
    let (mut columns, mut faults) = (Vec::new(), Vec::new());
    for name in header {
        let wanted = name.to_lowercase();
        let shown: String = name.chars().take(40).collect();
        match COLUMNS.into_iter().find(|column| *column == wanted) {
            None => faults.push(Form::ColumnUnknown.on(1, &shown, &shown, language)),
            Some(column) if columns.contains(&column) => {
                faults.push(Form::ColumnTwice.on(1, column, column, language));
            }
            Some(column) => columns.push(column),
        }
    }
    if faults.is_empty() && !columns.contains(&"site") {
        faults.push(Form::SiteMissing.on(1, "site", "", language));
    }
    if faults.is_empty() { Ok(columns) } else { Err(faults) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(bytes: &[u8]) -> Vec<Line> {
        read(bytes, Language::English).unwrap()
    }

    fn codes(bytes: &[u8]) -> Vec<(u64, String)> {
        let faults = read(bytes, Language::French).unwrap_err();
        faults.into_iter().map(|fault| (fault.line, fault.code)).collect()
    }

    #[test]
    fn separators_and_encodings_are_recognised() {
        let wanted = lines("site;title\ns-1;Été à l’ombre\n".as_bytes());
        assert_eq!(wanted[0].number, 2);
        assert_eq!(wanted[0].cells["title"], "Été à l’ombre");
        for text in [
            "site,title\r\ns-1,Été à l’ombre\r\n",
            "site\ttitle\ns-1\tÉté à l’ombre",
            "\u{feff}Site;Title\ns-1; Été à l’ombre ",
        ] {
            assert_eq!(lines(text.as_bytes()), wanted, "{text}");
        }
        assert_eq!(lines(b"site;title\ns-1;\xC9t\xE9 \xE0 l\x92ombre\n"), wanted);
    }

    #[test]
    fn quoted_cells_hold_separators_and_lines() {
        let read = lines(b"site,title,reason\r\n\r\ns-1,\"Fontaine, place\",\"Une\r\nraison\"\r\ns-2,Deux,\r\n");
        assert_eq!((read[0].number, read[0].cells["title"].as_str()), (3, "Fontaine, place"));
        assert_eq!(read[1].number, 5);
        assert!(!read[1].cells.contains_key("reason"));
    }

    #[test]
    fn what_is_no_table_is_refused_by_line() {
        assert_eq!(codes(b""), [(0, "CSV_EMPTY".into())]);
        assert_eq!(codes(b"site;title\n\n"), [(0, "CSV_EMPTY".into())]);
        assert_eq!(codes(b"s\0i\0t\0e\0"), [(0, "CSV_ENCODING".into())]);
        assert_eq!(codes(b"\xFF\xFEs\0i\0t\0e\0"), [(0, "CSV_ENCODING".into())]);
        assert_eq!(codes(b"title;colour\nx;y\n"), [(1, "CSV_COLUMN_UNKNOWN".into())]);
        assert_eq!(codes(b"title;budget\nx;1\n"), [(1, "CSV_SITE_MISSING".into())]);
        assert_eq!(codes(b"site;title;title\ns;x;y\n"), [(1, "CSV_COLUMN_TWICE".into())]);
        let uneven = codes(b"site;title\ns-1\ns-2;x;y\n;z\n");
        assert_eq!(uneven, [(2, "CSV_SHAPE".into()), (3, "CSV_SHAPE".into()), (4, "CSV_SITE_MISSING".into())]);
        let long = format!("site;title\n{}", "s-1;x\n".repeat(MOST_LINES + 1));
        assert_eq!(codes(long.as_bytes()), [(0, "CSV_TOO_LONG".into())]);
    }
}
