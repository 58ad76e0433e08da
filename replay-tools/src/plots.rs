//! Owns the plots of a report: bars in inline SVG, without text, script or address.
//!
//! Words stand beside them as text, so that they are read at any width and by any reader; the SVG only
//! has lengths. Must not: know what is plotted. Next: `page.rs`.

use std::fmt::Write;

/// The width of a strip in its own units.
const WIDTH: u64 = 1_000;

/// A single day is no wall.
const WIDEST: u64 = 120;

/// A part of a bar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Part {
    /// Its class in the style sheet.
    pub(crate) class: &'static str,
    /// Where it starts.
    pub(crate) from: u64,
    /// Where it ends.
    pub(crate) to: u64,
}

/// Parts on a line of this length, one above the other where they overlap.
pub(crate) fn strip(parts: &[Part], length: u64) -> String {
    let mut svg =
        format!("<svg class=\"strip\" viewBox=\"0 0 {WIDTH} 10\" preserveAspectRatio=\"none\" aria-hidden=\"true\">");
    for Part { class, from, to } in parts {
        let (x, end) = (scaled(*from, length), scaled(*to, length));
        // What is there is seen, however short.
        let width = end.saturating_sub(x).max(2);
        push(&mut svg, format_args!("<rect class=\"{class}\" x=\"{x}\" y=\"0\" width=\"{width}\" height=\"10\"/>"));
    }
    svg.push_str("</svg>");
    svg
}

/// Columns beside each other, each of parts on top of each other; `parts` has a class and a value for
/// each.
pub(crate) fn columns(columns: &[Vec<(&'static str, u64)>]) -> String {
    const HEIGHT: u64 = 200;
    let sum = |column: &Vec<(&'static str, u64)>| column.iter().map(|(_, value)| *value).sum::<u64>();
    let highest = columns.iter().map(sum).max().unwrap_or(0).max(1);
    let count = u64::try_from(columns.len()).unwrap_or(1).max(1);
    let mut svg = format!(
        "<svg class=\"columns\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" preserveAspectRatio=\"none\" aria-hidden=\"true\">"
    );
    for (place, column) in (0_u64..).zip(columns) {
        let (left, right) = (WIDTH * place / count, WIDTH * (place + 1) / count);
        let gap = if count > 100 { 1 } else { 4 };
        let width = right.saturating_sub(left).saturating_sub(gap).clamp(1, WIDEST);
        let mut below = 0;
        for (class, value) in column {
            let (bottom, top) = (below * HEIGHT / highest, (below + value) * HEIGHT / highest);
            below += value;
            let (y, height) = (HEIGHT - top, top - bottom);
            push(
                &mut svg,
                format_args!("<rect class=\"{class}\" x=\"{left}\" y=\"{y}\" width=\"{width}\" height=\"{height}\"/>"),
            );
        }
    }
    svg.push_str("</svg>");
    svg
}

fn scaled(value: u64, length: u64) -> u64 {
    let scaled = u128::from(value.min(length)) * u128::from(WIDTH) / u128::from(length.max(1));
    u64::try_from(scaled).unwrap_or(WIDTH)
}

fn push(svg: &mut String, text: std::fmt::Arguments<'_>) {
    // Writing to a String cannot fail.
    let _ = svg.write_fmt(text);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_shares_of_the_whole() {
        let svg = strip(&[Part { class: "plan", from: 0, to: 50 }, Part { class: "real", from: 50, to: 200 }], 200);
        assert!(svg.contains("class=\"plan\" x=\"0\" y=\"0\" width=\"250\""), "{svg}");
        assert!(svg.contains("class=\"real\" x=\"250\" y=\"0\" width=\"750\""), "{svg}");
        assert!(strip(&[Part { class: "plan", from: 0, to: 0 }], 0).contains("width=\"2\""));
    }

    #[test]
    fn the_highest_column_fills_the_height() {
        let svg = columns(&[vec![("digital", 3), ("paper", 1)], vec![("digital", 2), ("paper", 0)]]);
        assert!(svg.contains("x=\"0\" y=\"50\" width=\"120\" height=\"150\""), "{svg}");
        assert!(svg.contains("class=\"paper\" x=\"0\" y=\"0\" width=\"120\" height=\"50\""), "{svg}");
        assert!(svg.contains("x=\"500\" y=\"100\" width=\"120\" height=\"100\""), "{svg}");
        assert!(columns(&[]).ends_with("</svg>"));
    }
}
