//! Letters: how wide words are, where lines break, and how small they must be to fit.
//!
//! Owns the way from text to glyphs, one per letter, and line breaking. Breaks at spaces only, so that a no-break space holds; a word that is
//! wider than the line is cut. Draws nothing: `pen.rs` does.

use crate::Error;
use krilla::text::{Font, GlyphId, KrillaGlyph};
use skrifa::instance::{LocationRef, Size};
use skrifa::{FontRef, MetadataProvider};

const REGULAR: &[u8] = include_bytes!("../fonts/DejaVuSansCondensed.ttf");
const BOLD: &[u8] = include_bytes!("../fonts/DejaVuSansCondensed-Bold.ttf");

/// From one baseline to the next, in sizes of the letter.
pub(crate) const LEADING: f32 = 1.25;

/// Letters that are looked at of a text; what comes after isn't read on paper anyway.
const MOST: usize = 2_000;

/// What stands for a letter that we don't have.
const UNKNOWN: char = '\u{fffd}';

/// A weight of letters.
pub(crate) struct Letters {
    face: FontRef<'static>,
    pub(crate) font: Font,
    units: f32,
}

/// Both weights.
pub(crate) struct Alphabet {
    pub(crate) regular: Letters,
    pub(crate) bold: Letters,
}

impl Alphabet {
    pub(crate) fn new() -> Result<Self, Error> {
        Ok(Self { regular: Letters::new(REGULAR)?, bold: Letters::new(BOLD)? })
    }
}

/// One line: its text, and its glyphs in sizes of the letter.
pub(crate) struct Line {
    pub(crate) text: String,
    pub(crate) glyphs: Vec<KrillaGlyph>,
    /// In sizes of the letter.
    pub(crate) width: f32,
}

/// Lines of one size.
pub(crate) struct Lines {
    pub(crate) lines: Vec<Line>,
    /// In points.
    pub(crate) size: f32,
}

impl Lines {
    /// From the top of the first line to the foot of the last, in points.
    pub(crate) fn height(&self) -> f32 {
        count(self.lines.len()) * self.size * LEADING
    }
}

/// A number of lines, for measuring; no page has more than a `u16` holds.
pub(crate) fn count(of: usize) -> f32 {
    f32::from(u16::try_from(of).unwrap_or(u16::MAX))
}

impl Letters {
    fn new(data: &'static [u8]) -> Result<Self, Error> {
        let face = FontRef::new(data).map_err(|_| Error::Letters)?;
        let font = Font::new(data.into(), 0).ok_or(Error::Letters)?;
        let units = font.units_per_em();
        Ok(Self { face, font, units })
    }

    /// The text as it can be drawn: spaces for breaks and controls, [`UNKNOWN`] for what we have no letter for.
    fn drawable(&self, text: &str) -> String {
        let known = self.face.charmap();
        let letter = |c: char| match c {
            c if c.is_control() || c == '\u{2028}' || c == '\u{2029}' => ' ',
            c if known.map(c).is_some() => c,
            _ => UNKNOWN,
        };
        // Marks that say nothing to the eye would be drawn as unknown letters.
        let seen = text.chars().filter(|c| !matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{fe00}'..='\u{fe0f}'));
        seen.take(MOST).map(letter).collect()
    }

    /// One line, however wide.
    pub(crate) fn line(&self, text: &str) -> Line {
        self.shaped(self.drawable(text))
    }

    fn shaped(&self, text: String) -> Line {
        let (known, wide) = (self.face.charmap(), self.face.glyph_metrics(Size::unscaled(), LocationRef::default()));
        let mut glyphs = Vec::new();
        for (start, letter) in text.char_indices() {
            let Some(id) = known.map(letter) else { continue };
            let advance = wide.advance_width(id).unwrap_or_default() / self.units;
            let range = start..start + letter.len_utf8();
            glyphs.push(KrillaGlyph::new(GlyphId::new(id.to_u32()), advance, 0.0, 0.0, 0.0, range, None));
        }
        let width = glyphs.iter().map(|glyph| glyph.x_advance).sum();
        Line { text, glyphs, width }
    }

    fn width(&self, text: &str) -> f32 {
        self.shaped(text.to_owned()).width
    }

    /// The text in lines of at most this width, in points, at this size.
    pub(crate) fn wrapped(&self, text: &str, size: f32, width: f32) -> Vec<Line> {
        let most = width / size;
        let space = self.width(" ");
        let (mut lines, mut line, mut used) = (Vec::new(), String::new(), 0.0);
        let drawable = self.drawable(text);
        for word in drawable.split(' ').filter(|word| !word.is_empty()) {
            for piece in self.pieces(word, most) {
                let wide = self.width(&piece);
                if !line.is_empty() && used + space + wide > most {
                    lines.push(self.shaped(std::mem::take(&mut line)));
                }
                if line.is_empty() {
                    used = wide;
                } else {
                    line.push(' ');
                    used += space + wide;
                }
                line.push_str(&piece);
            }
        }
        if !line.is_empty() {
            lines.push(self.shaped(line));
        }
        lines
    }

    /// The word, cut where it is wider than a line, in sizes of the letter.
    fn pieces(&self, word: &str, most: f32) -> Vec<String> {
        if self.width(word) <= most {
            return vec![word.to_owned()];
        }
        let (mut pieces, mut piece) = (Vec::new(), String::new());
        for letter in word.chars() {
            piece.push(letter);
            if self.width(&piece) > most && piece.chars().count() > 1 {
                piece.pop();
                pieces.push(std::mem::replace(&mut piece, letter.to_string()));
            }
        }
        pieces.push(piece);
        pieces
    }

    /// The text as large as it can be in a box, from `largest` down to `smallest` points; what doesn't fit
    /// even then is cut, and an ellipsis says so.
    pub(crate) fn fitted(&self, text: &str, (largest, smallest): (f32, f32), (width, height): (f32, f32)) -> Lines {
        let mut size = largest;
        loop {
            let lines = Lines { lines: self.wrapped(text, size, width), size };
            if lines.height() <= height {
                return lines;
            }
            if size <= smallest {
                return self.cut(lines, width, height);
            }
            size = (size * 0.94).max(smallest);
        }
    }

    fn cut(&self, Lines { mut lines, size }: Lines, width: f32, height: f32) -> Lines {
        while lines.len() > 1 && count(lines.len()) * size * LEADING > height {
            lines.pop();
        }
        if let Some(last) = lines.pop() {
            lines.push(self.shortened(last.text, width / size));
        }
        Lines { lines, size }
    }

    /// The text with an ellipsis, within a width in sizes of the letter.
    fn shortened(&self, mut text: String, most: f32) -> Line {
        loop {
            let line = self.shaped(format!("{}…", text.trim_end()));
            if line.width <= most || text.pop().is_none() {
                return line;
            }
        }
    }

    /// The text in one line of at most this width in points, cut with an ellipsis where it is wider.
    pub(crate) fn within(&self, text: &str, size: f32, width: f32) -> Line {
        let line = self.line(text);
        if line.width * size <= width { line } else { self.shortened(line.text, width / size) }
    }
}
