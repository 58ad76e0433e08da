//! The pen: lines of text, blocks of colour and codes on a page, each tagged for those who hear the page.
//!
//! Owns that everything on a page is either in the tag tree or marked as ornament, as PDF/UA-1 asks. Must
//! not: decide where anything stands. Lengths are points of A4; A3 is drawn larger as a whole.

use crate::letters::{LEADING, Letters, Line, Lines};
use crate::square::{QUIET, Square};
use crate::{Error, Format, Language};
use krilla::color::rgb;
use krilla::configure::{Accessibility, ConfigurationBuilder};
use krilla::destination::XyzDestination;
use krilla::geom::{Path, PathBuilder, Point, Rect, Transform};
use krilla::metadata::Metadata;
use krilla::num::NormalizedF32;
use krilla::outline::{Outline, OutlineNode};
use krilla::page::PageSettings;
use krilla::paint::{Fill, FillRule};
use krilla::surface::Surface;
use krilla::tagging::{Artifact, ArtifactType, ContentTag, Identifier, Node, SpanTag, Tag, TagGroup, TagKind, TagTree};
use krilla::{Document, SerializeSettings};
use std::num::NonZeroU16;

/// The width of the page.
pub(crate) const WIDTH: f32 = 595.28;
/// The height of the page.
pub(crate) const HEIGHT: f32 = 841.89;
/// The empty border.
pub(crate) const MARGIN: f32 = 42.0;

/// A colour: red, green, blue. Dark ones on white and white on dark ones have a contrast of 7 and more.
#[derive(Clone, Copy)]
pub(crate) struct Ink(pub(crate) u8, pub(crate) u8, pub(crate) u8);

pub(crate) const BLACK: Ink = Ink(0x1a, 0x1a, 0x1a);
pub(crate) const WHITE: Ink = Ink(0xff, 0xff, 0xff);
pub(crate) const BLUE: Ink = Ink(0x0b, 0x2f, 0x5b);
pub(crate) const GREY: Ink = Ink(0x4a, 0x4a, 0x4a);
pub(crate) const PALE: Ink = Ink(0xe6, 0xec, 0xf3);
pub(crate) const RED: Ink = Ink(0x8c, 0x14, 0x14);

/// A place and its size: left, top, width, height.
#[derive(Clone, Copy)]
pub(crate) struct Area(pub(crate) f32, pub(crate) f32, pub(crate) f32, pub(crate) f32);

/// An empty document with a title, in a language.
pub(crate) fn document(title: &str, author: &str, language: Language) -> Result<Document, Error> {
    let configuration = ConfigurationBuilder::new().with_accessibility_validator(Accessibility::UA1).finish();
    let configuration = configuration.map_err(|error| Error::Document(format!("{error:?}")))?;
    let mut document = Document::new_with(SerializeSettings { configuration, ..SerializeSettings::default() });
    let metadata = Metadata::new()
        .title(title.to_owned())
        .authors(vec![author.to_owned()])
        .language(language.tag().to_owned())
        .creator("Parvis".to_owned());
    document.set_metadata(metadata);
    // A document with a heading has to have a table of contents, however short (ISO 14289-1, 7.17).
    let mut outline = Outline::new();
    outline.push_child(OutlineNode::new(title.to_owned(), XyzDestination::new(0, Point::from_xy(0.0, 0.0))));
    document.set_outline(outline);
    Ok(document)
}

/// Draws one page.
pub(crate) fn page(document: &mut Document, format: Format, draw: impl FnOnce(&mut Pen<'_, '_>)) -> Result<(), Error> {
    let scale = format.scale();
    let settings = PageSettings::from_wh(WIDTH * scale, HEIGHT * scale);
    let mut page = document.start_page_with(settings.ok_or_else(|| Error::Document("no page".to_owned()))?);
    let mut surface = page.surface();
    surface.push_transform(&Transform::from_scale(scale, scale));
    draw(&mut Pen { surface: &mut surface });
    surface.pop();
    surface.finish();
    page.finish();
    Ok(())
}

/// The bytes of the document with this structure.
pub(crate) fn finish(mut document: Document, structure: Vec<Node>, language: Language) -> Result<Vec<u8>, Error> {
    let mut tree = TagTree::new().with_lang(Some(language.tag().to_owned()));
    structure.into_iter().for_each(|node| tree.push(node));
    document.set_tag_tree(tree);
    document.finish().map_err(|error| Error::Document(format!("{error:?}")))
}

/// A group of the structure.
pub(crate) fn group(tag: impl Into<TagKind>, parts: impl IntoIterator<Item = Node>) -> Node {
    TagGroup::with_children(tag, parts.into_iter().collect()).into()
}

/// The heading of the document.
pub(crate) fn heading(title: &str, parts: Vec<Node>) -> Node {
    group(Tag::Hn(NonZeroU16::MIN, Some(title.to_owned())), parts)
}

/// A paragraph.
pub(crate) fn paragraph(parts: impl IntoIterator<Item = Node>) -> Node {
    group(Tag::P, parts)
}

/// What draws on a page.
pub(crate) struct Pen<'a, 's> {
    surface: &'a mut Surface<'s>,
}

impl Pen<'_, '_> {
    fn ink(&mut self, Ink(red, green, blue): Ink) {
        let paint = rgb::Color::new(red, green, blue).into();
        self.surface.set_fill(Some(Fill { paint, opacity: NormalizedF32::ONE, rule: FillRule::default() }));
    }

    fn path(&mut self, areas: impl IntoIterator<Item = Area>) {
        let mut builder = PathBuilder::new();
        for Area(x, y, width, height) in areas {
            if let Some(rect) = Rect::from_xywh(x, y, width, height) {
                builder.push_rect(rect);
            }
        }
        let path: Option<Path> = builder.finish();
        if let Some(path) = path {
            self.surface.draw_path(&path);
        }
    }

    /// An ornament: a block of colour.
    pub(crate) fn block(&mut self, area: Area, ink: Ink) {
        self.surface.start_tagged(ContentTag::Artifact(Artifact::with_kind(ArtifactType::Layout)));
        self.ink(ink);
        self.path([area]);
        self.surface.end_tagged();
    }

    fn glyphs(&mut self, line: &Line, letters: &Letters, (x, y): (f32, f32), size: f32, ink: Ink) {
        self.ink(ink);
        let start = Point::from_xy(x, y);
        self.surface.draw_glyphs(start, &line.glyphs, letters.font.clone(), &line.text, size, false);
    }

    /// One line, its baseline at `y`. A line without letters draws nothing.
    pub(crate) fn line(&mut self, line: &Line, letters: &Letters, at: (f32, f32), size: f32, ink: Ink) -> Option<Node> {
        if line.glyphs.is_empty() {
            return None;
        }
        let id: Identifier = self.surface.start_tagged(ContentTag::Span(SpanTag::empty()));
        self.glyphs(line, letters, at, size, ink);
        self.surface.end_tagged();
        Some(id.into())
    }

    /// A line that isn't read aloud: what stands on every page.
    pub(crate) fn margin_line(&mut self, line: &Line, letters: &Letters, at: (f32, f32), size: f32, ink: Ink) {
        if !line.glyphs.is_empty() {
            self.surface.start_tagged(ContentTag::Artifact(Artifact::with_kind(ArtifactType::PaginationOther)));
            self.glyphs(line, letters, at, size, ink);
            self.surface.end_tagged();
        }
    }

    /// Lines from the top of an area down.
    pub(crate) fn lines(&mut self, lines: &Lines, letters: &Letters, (x, top): (f32, f32), ink: Ink) -> Vec<Node> {
        let mut baseline = top + lines.size;
        let mut nodes = Vec::new();
        for line in &lines.lines {
            nodes.extend(self.line(line, letters, (x, baseline), lines.size, ink));
            baseline += lines.size * LEADING;
        }
        nodes
    }

    /// A code with its quiet zone, as a figure that says where it leads.
    pub(crate) fn code(&mut self, square: &Square, (x, y): (f32, f32), side: f32, says: String) -> Node {
        self.block(Area(x, y, side, side), WHITE);
        let module = side / f32::from(square.side + 2 * QUIET);
        let id = self.surface.start_tagged(ContentTag::Other);
        self.ink(Ink(0, 0, 0));
        let run = |(row, column, length): &(u16, u16, u16)| {
            let (left, top) = (f32::from(column + QUIET) * module, f32::from(row + QUIET) * module);
            // A hair taller than a module, so that no light line shows between rows on a screen.
            Area(x + left, y + top, f32::from(*length) * module, module * 1.02)
        };
        self.path(square.dark.iter().map(run));
        self.surface.end_tagged();
        group(Tag::Figure(Some(says)), [id.into()])
    }
}
