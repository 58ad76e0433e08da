//! The sheet of a district's sites: a table over as many pages as it takes.
//!
//! Owns where rows stand and pages end. A row is never split between pages; its texts are cut where they
//! would take more than four lines. Column heads stand on every page.

use crate::letters::{Alphabet, LEADING, Lines, count};
use crate::pen::{self, Area, BLACK, BLUE, GREY, HEIGHT, MARGIN, PALE, Pen, WHITE, WIDTH, group, paragraph};
use crate::square::{Square, square};
use crate::{Error, Format, Language};
use krilla::tagging::{Node, TableHeaderScope, Tag};

/// What stands on a sheet, in the words that stand there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sheet {
    /// The language of the words.
    pub language: Language,
    /// Whose sites they are: the city.
    pub city: String,
    /// The campaign in which they were decided.
    pub campaign: String,
    /// The district.
    pub heading: String,
    /// How many sites there are, and how they stand. Also said where there are none.
    pub summary: String,
    /// The heads of the columns.
    pub columns: [String; 4],
    /// The sites.
    pub rows: Vec<Row>,
    /// The address of the public page: in the code, and as text.
    pub address: String,
    /// What the code is for.
    pub caption: String,
    /// What stands before the number of a page, and between it and how many there are: `page`, `of`.
    pub page: [String; 2],
}

/// A site in the table: a text per column.
pub type Row = [String; 4];

const SIZE: f32 = 10.0;
const GAP: f32 = 8.0;
/// What the columns take, in hundredths of the width.
const COLUMNS: [f32; 4] = [43.0, 22.0, 19.0, 16.0];
const MOST_LINES: f32 = 4.0;
const CODE: f32 = 96.0;
const FIRST_TOP: f32 = MARGIN + CODE + 22.0;
const BOTTOM: f32 = HEIGHT - MARGIN - 14.0;
const HEAD: f32 = 26.0;
const INNER: f32 = WIDTH - 2.0 * MARGIN;

struct Placed {
    cells: [Lines; 4],
    height: f32,
}

/// The sheet as a PDF.
///
/// # Errors
/// As [`crate::site_panel`].
pub fn sites_sheet(sheet: &Sheet, format: Format) -> Result<Vec<u8>, Error> {
    let alphabet = Alphabet::new()?;
    let square = square(&sheet.address)?;
    let pages = pages(sheet, &alphabet);
    let of = pages.len();
    let mut document = pen::document(&format!("{} – {}", sheet.heading, sheet.campaign), &sheet.city, sheet.language)?;
    let (mut structure, mut head, mut body) = (Vec::new(), None, Vec::new());
    for (number, rows) in (1_usize..).zip(&pages) {
        pen::page(&mut document, format, |pen| {
            let mut top = MARGIN;
            if number == 1 {
                structure.extend(beginning(pen, &alphabet, sheet, &square));
                top = FIRST_TOP;
            }
            if !sheet.rows.is_empty() {
                let first = heads(pen, &alphabet, sheet, top, number == 1);
                head = head.take().or(first);
                top += HEAD;
            }
            for (place, row) in (0_usize..).zip(rows) {
                body.push(draw_row(pen, &alphabet, row, top, place % 2 == 1));
                top += row.height;
            }
            let [page, between] = &sheet.page;
            let line = alphabet.regular.line(&format!("{page} {number} {between} {of}"));
            let x = WIDTH - MARGIN - line.width * 8.0;
            pen.margin_line(&line, &alphabet.regular, (x, HEIGHT - MARGIN + 6.0), 8.0, GREY);
            let name = alphabet.regular.within(&format!("{} – {}", sheet.city, sheet.heading), 8.0, INNER * 0.75);
            pen.margin_line(&name, &alphabet.regular, (MARGIN, HEIGHT - MARGIN + 6.0), 8.0, GREY);
        })?;
    }
    if let Some(head) = head {
        let table = [group(Tag::THead, [head]), group(Tag::TBody, body)];
        structure.push(group(Tag::Table.with_summary(Some(sheet.summary.clone())), table));
    }
    pen::finish(document, structure, sheet.language)
}

fn column(place: usize) -> (f32, f32) {
    let left: f32 = COLUMNS.iter().take(place).sum();
    let width = COLUMNS.get(place).copied().unwrap_or_default();
    (MARGIN + left / 100.0 * INNER, width / 100.0 * INNER - GAP)
}

/// Rows by page.
fn pages(sheet: &Sheet, Alphabet { regular, bold }: &Alphabet) -> Vec<Vec<Placed>> {
    let (mut pages, mut page, mut room) = (Vec::new(), Vec::new(), BOTTOM - FIRST_TOP - HEAD);
    for row in &sheet.rows {
        let mut places = 0_usize..;
        let cells = row.each_ref().map(|text| {
            let place = places.next().unwrap_or_default();
            let letters = if place == 0 { bold } else { regular };
            letters.fitted(text, (SIZE, SIZE), (column(place).1, MOST_LINES * SIZE * LEADING + 0.5))
        });
        let lines = cells.iter().map(|cell| cell.lines.len()).max().unwrap_or_default().max(1);
        let height = count(lines) * SIZE * LEADING + 8.0;
        if height > room {
            pages.push(std::mem::take(&mut page));
            room = BOTTOM - MARGIN - HEAD;
        }
        room -= height;
        page.push(Placed { cells, height });
    }
    pages.push(page);
    pages
}

fn beginning(pen: &mut Pen<'_, '_>, alphabet: &Alphabet, sheet: &Sheet, square: &Square) -> Vec<Node> {
    let Alphabet { regular, bold } = alphabet;
    let width = INNER - CODE - 14.0;
    let over = regular.within(&format!("{} – {}", sheet.city, sheet.campaign), 11.0, width);
    let over = pen.line(&over, regular, (MARGIN, MARGIN + 11.0), 11.0, GREY);
    let heading = bold.fitted(&sheet.heading, (26.0, 12.0), (width, 34.0));
    let top = MARGIN + 16.0;
    let head = pen.lines(&heading, bold, (MARGIN, top), BLUE);
    let summary = regular.fitted(&sheet.summary, (11.0, 7.0), (width, 30.0));
    let top = top + heading.height() + 2.0;
    let said = pen.lines(&summary, regular, (MARGIN, top), BLACK);
    let leads = format!("{} {}", sheet.caption, sheet.address);
    let address = regular.fitted(&leads, (8.0, 5.0), (width, MARGIN + CODE - top - summary.height() - 2.0));
    let leading = pen.lines(&address, regular, (MARGIN, top + summary.height() + 2.0), GREY);
    let code = pen.code(square, (WIDTH - MARGIN - CODE, MARGIN), CODE, leads);
    let mut structure = vec![paragraph(over)];
    if !head.is_empty() {
        structure.push(pen::heading(&sheet.heading, head));
    }
    structure.extend([paragraph(said), paragraph(leading), code]);
    structure
}

/// The heads of the columns: for everybody on the first page, an ornament on the others.
fn heads(pen: &mut Pen<'_, '_>, alphabet: &Alphabet, sheet: &Sheet, top: f32, first: bool) -> Option<Node> {
    let bold = &alphabet.bold;
    pen.block(Area(MARGIN - 6.0, top, INNER + 12.0, HEAD - 4.0), BLUE);
    let mut cells = Vec::new();
    for (place, text) in (0_usize..).zip(&sheet.columns) {
        let (x, width) = column(place);
        let line = bold.within(text, SIZE, width);
        let at = (x, top + 15.0);
        if first {
            cells.push(group(Tag::TH(TableHeaderScope::Column), pen.line(&line, bold, at, SIZE, WHITE)));
        } else {
            pen.margin_line(&line, bold, at, SIZE, WHITE);
        }
    }
    first.then(|| group(Tag::TR, cells))
}

fn draw_row(pen: &mut Pen<'_, '_>, alphabet: &Alphabet, row: &Placed, top: f32, shaded: bool) -> Node {
    if shaded {
        pen.block(Area(MARGIN - 6.0, top, INNER + 12.0, row.height), PALE);
    }
    let mut cells = Vec::new();
    for (place, cell) in (0_usize..).zip(&row.cells) {
        let letters = if place == 0 { &alphabet.bold } else { &alphabet.regular };
        let parts = pen.lines(cell, letters, (column(place).0, top + 3.0), BLACK);
        cells.push(match place {
            0 => group(Tag::TH(TableHeaderScope::Row), parts),
            _ => group(Tag::TD, parts),
        });
    }
    group(Tag::TR, cells)
}
