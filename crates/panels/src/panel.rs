//! The panel of one site: one page for a fence.
//!
//! Owns where each thing stands. Nothing runs out of its place: text shrinks, then is cut with an ellipsis.

use crate::letters::{Alphabet, LEADING};
use crate::pen::{self, Area, BLACK, BLUE, GREY, HEIGHT, Ink, MARGIN, PALE, Pen, RED, WHITE, WIDTH, group, paragraph};
use crate::square::{Square, square};
use crate::{Error, Format, Language};
use krilla::tagging::{ListNumbering, Node, Tag};

/// What stands on a panel, in the words that stand there. Empty texts leave their place empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Panel {
    /// The language of the words.
    pub language: Language,
    /// Whose site it is: the city.
    pub city: String,
    /// The campaign in which it was decided.
    pub campaign: String,
    /// What is built.
    pub title: String,
    /// Who decided it, and when.
    pub decided: String,
    /// What must not be missed: that it is late, or given up. Empty where there is nothing.
    pub notice: String,
    /// Budget, stage and the like: six at most are shown.
    pub facts: Vec<Fact>,
    /// The stages, in order: six at most are shown.
    pub steps: Vec<Step>,
    /// The address of the public page: in the code, and as text.
    pub address: String,
    /// What the code is for.
    pub caption: String,
    /// The line at the foot.
    pub footer: String,
}

/// A name and a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fact {
    /// What it is.
    pub name: String,
    /// How much, when, who.
    pub value: String,
}

/// How far a stage is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Progress {
    /// Behind us.
    Done,
    /// Where the site stands.
    Present,
    /// To come.
    Ahead,
}

/// A stage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Its name.
    pub name: String,
    /// When it was reached or is planned for; says in words what the colour shows.
    pub note: String,
    /// How far it is.
    pub progress: Progress,
}

const INNER: f32 = WIDTH - 2.0 * MARGIN;
const BAND: f32 = 92.0;
const STEPS_TOP: f32 = 530.0;
const CODE_TOP: f32 = 640.0;
const CODE: f32 = 152.0;

/// The panel as a PDF of one page.
///
/// # Errors
/// [`Error::AddressTooLong`]; [`Error::Letters`] and [`Error::Document`] are faults of the program.
pub fn site_panel(panel: &Panel, format: Format) -> Result<Vec<u8>, Error> {
    let alphabet = Alphabet::new()?;
    let square = square(&panel.address)?;
    let names = [&panel.title, &panel.campaign, &panel.city, &panel.address];
    let title = names.into_iter().find(|name| !name.trim().is_empty()).map_or("", String::as_str);
    let mut document = pen::document(title, &panel.city, panel.language)?;
    let mut structure = Vec::new();
    pen::page(&mut document, format, |pen| structure = draw(pen, &alphabet, panel, &square))?;
    pen::finish(document, structure, panel.language)
}

fn draw(pen: &mut Pen<'_, '_>, alphabet: &Alphabet, panel: &Panel, square: &Square) -> Vec<Node> {
    let Alphabet { regular, bold } = alphabet;
    let mut structure = vec![band(pen, alphabet, panel)];
    let mut top = BAND + 26.0;
    let title = bold.fitted(&panel.title, (44.0, 14.0), (INNER, 176.0));
    let lines = pen.lines(&title, bold, (MARGIN, top), BLACK);
    if !lines.is_empty() {
        structure.push(pen::heading(&panel.title, lines));
    }
    top += title.height() + 8.0;
    let decided = bold.fitted(&panel.decided, (21.0, 11.0), (INNER, 54.0));
    structure.push(paragraph(pen.lines(&decided, bold, (MARGIN, top), BLUE)));
    top += decided.height() + 12.0;
    if !panel.notice.trim().is_empty() {
        let notice = regular.fitted(&panel.notice, (14.0, 8.0), (INNER - 20.0, 68.0));
        let height = notice.height() + 14.0;
        pen.block(Area(MARGIN, top, 5.0, height), RED);
        structure.push(paragraph(pen.lines(&notice, regular, (MARGIN + 16.0, top + 5.0), RED)));
        top += height + 10.0;
    }
    structure.extend(facts(pen, alphabet, &panel.facts, top));
    structure.push(steps(pen, alphabet, &panel.steps));
    structure.extend(foot(pen, alphabet, panel, square));
    structure
}

fn band(pen: &mut Pen<'_, '_>, Alphabet { regular, bold }: &Alphabet, panel: &Panel) -> Node {
    pen.block(Area(0.0, 0.0, WIDTH, BAND), BLUE);
    let city = bold.fitted(&panel.city, (30.0, 12.0), (INNER, 40.0));
    let mut parts = pen.lines(&city, bold, (MARGIN, 14.0), WHITE);
    let campaign = regular.fitted(&panel.campaign, (16.0, 9.0), (INNER, 23.0));
    parts.extend(pen.lines(&campaign, regular, (MARGIN, 58.0), WHITE));
    paragraph(parts)
}

/// Three columns, two rows.
fn facts(pen: &mut Pen<'_, '_>, Alphabet { regular, bold }: &Alphabet, facts: &[Fact], top: f32) -> Vec<Node> {
    let (gap, height) = (14.0, 54.0);
    let width = (INNER - 2.0 * gap) / 3.0;
    let places = (0_u16..2).flat_map(|row| (0_u16..3).map(move |column| (row, column)));
    let mut nodes = Vec::new();
    for ((row, column), fact) in places.zip(facts) {
        let x = MARGIN + f32::from(column) * (width + gap);
        let y = top + f32::from(row) * height;
        let name = regular.within(&fact.name, 10.5, width);
        let mut parts: Vec<Node> = pen.line(&name, regular, (x, y + 10.5), 10.5, GREY).into_iter().collect();
        let value = bold.fitted(&fact.value, (16.0, 7.5), (width, height - 20.0));
        parts.extend(pen.lines(&value, bold, (x, y + 13.0), BLACK));
        nodes.push(paragraph(parts));
    }
    nodes
}

fn steps(pen: &mut Pen<'_, '_>, Alphabet { regular, bold }: &Alphabet, steps: &[Step]) -> Node {
    let shown = steps.get(..6).unwrap_or(steps);
    let gap = 6.0;
    let columns = crate::letters::count(shown.len().max(1));
    let width = (INNER - gap * (columns - 1.0)) / columns;
    let mut items = Vec::new();
    for (place, step) in (0_u16..).zip(shown) {
        let x = MARGIN + f32::from(place) * (width + gap);
        let (ground, ink): (Ink, Ink) = match step.progress {
            Progress::Done => (BLUE, WHITE),
            Progress::Present => (PALE, BLUE),
            Progress::Ahead => (WHITE, GREY),
        };
        pen.block(Area(x, STEPS_TOP, width, 34.0), ground);
        if step.progress != Progress::Done {
            // A frame, so that the stages to come are seen on white paper.
            for side in [
                Area(x, STEPS_TOP, width, 1.2),
                Area(x, STEPS_TOP + 32.8, width, 1.2),
                Area(x, STEPS_TOP, 1.2, 34.0),
                Area(x + width - 1.2, STEPS_TOP, 1.2, 34.0),
            ] {
                pen.block(side, BLUE);
            }
        }
        let name = bold.fitted(&step.name, (12.0, 6.0), (width - 10.0, 31.0));
        let middle = STEPS_TOP + (34.0 - name.height()) / 2.0;
        let mut parts = pen.lines(&name, bold, (x + 5.0, middle), ink);
        let note = regular.fitted(&step.note, (10.5, 6.0), (width, 54.0));
        parts.extend(pen.lines(&note, regular, (x, STEPS_TOP + 39.0), BLACK));
        items.push(group(Tag::LI, [group(Tag::LBody, parts)]));
    }
    group(Tag::L(ListNumbering::Decimal), items)
}

fn foot(pen: &mut Pen<'_, '_>, alphabet: &Alphabet, panel: &Panel, square: &Square) -> Vec<Node> {
    let Alphabet { regular, bold } = alphabet;
    pen.block(Area(0.0, CODE_TOP - 10.0, WIDTH, HEIGHT - CODE_TOP + 10.0), PALE);
    let x = MARGIN + CODE + 20.0;
    let width = WIDTH - MARGIN - x;
    let caption = bold.fitted(&panel.caption, (24.0, 10.0), (width, 84.0));
    let mut parts = pen.lines(&caption, bold, (x, CODE_TOP + 12.0), BLUE);
    let below = CODE_TOP + 12.0 + caption.height() + 6.0;
    let address = regular.fitted(&panel.address, (12.5, 6.0), (width, CODE_TOP + CODE - below));
    parts.extend(pen.lines(&address, regular, (x, below), BLACK));
    let says = format!("{} {}", panel.caption, panel.address);
    let code = pen.code(square, (MARGIN, CODE_TOP), CODE, says);
    let footer = regular.fitted(&panel.footer, (9.5, 6.0), (INNER, 2.0 * 9.5 * LEADING));
    let footer = pen.lines(&footer, regular, (MARGIN, CODE_TOP + CODE + 10.0), GREY);
    vec![code, paragraph(parts), paragraph(footer)]
}
