//! PDF documents: kept as they are, unless something in them acts by itself.
//!
//! The check is a search for names (ISO 32000-1, 7.3.5, also in their form with `#`), not a reader of
//! PDF: it sees nothing inside compressed or encrypted parts. It keeps out what is open about it, and
//! the way documents are served keeps the rest from acting: see the crate's page.

use crate::Error;

/// Names that make a document act, reach out, or carry other files (ISO 32000-1, 12.6, 7.11.4, 12.7.8;
/// ISO 32000-2, 13.7). Scripts need `/JavaScript` even where they hang on `/AA` or a form.
const ACTIVE: [&str; 10] = [
    "/JavaScript",
    "/Launch",
    "/OpenAction",
    "/EmbeddedFile",
    "/EmbeddedFiles",
    "/RichMedia",
    "/SubmitForm",
    "/ImportData",
    "/XFA",
    "/Rendition",
];

/// What makes a browser that guesses take a document for a page.
const PAGES: [&str; 3] = ["<script", "<html", "<!doctype"];

/// Whether the file begins as a document does.
pub(crate) fn is_pdf(bytes: &[u8]) -> bool {
    bytes.starts_with(b"%PDF-")
}

/// Looks for what a document must not have.
pub(crate) fn check(bytes: &[u8]) -> Result<(), Error> {
    let marker = b"%%EOF";
    let end = bytes.windows(marker.len()).rposition(|window| window == marker);
    let end = end.ok_or_else(|| Error::Damaged("the end of the document is missing".into()))?;
    let behind = bytes.get(end + marker.len()..).unwrap_or_default();
    if !behind.iter().all(|byte| byte.is_ascii_whitespace() || *byte == 0) {
        return Err(Error::Damaged("something stands behind the end of the document".into()));
    }
    let plain = without_escapes(bytes);
    for name in ACTIVE {
        if find(&plain, name.as_bytes(), |next| !is_regular(next)) {
            return Err(Error::PdfActive(name));
        }
    }
    let folded = plain.to_ascii_lowercase();
    if PAGES.iter().any(|page| find(&folded, page.as_bytes(), |_| true)) {
        return Err(Error::PdfActive("a web page"));
    }
    Ok(())
}

/// Writes out `#xx`, by which a name may spell any of its characters.
fn without_escapes(bytes: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some((first, behind)) = rest.split_first() {
        let spelt = (*first == b'#').then(|| behind.get(..2)).flatten();
        let spelt = spelt.and_then(|digits| hex::decode(digits).ok()).and_then(|byte| byte.first().copied());
        plain.push(spelt.unwrap_or(*first));
        rest = if spelt.is_some() { behind.get(2..).unwrap_or_default() } else { behind };
    }
    plain
}

/// Whether a text stands somewhere with a fitting byte behind it, or at the end.
fn find(bytes: &[u8], text: &[u8], fits: impl Fn(u8) -> bool) -> bool {
    let places = bytes.windows(text.len()).enumerate().filter(|(_, window)| *window == text);
    places.map(|(at, _)| bytes.get(at + text.len())).any(|next| next.is_none_or(|byte| fits(*byte)))
}

/// Whether a byte can go on a name (ISO 32000-1, 7.2.2).
fn is_regular(byte: u8) -> bool {
    !(byte.is_ascii_whitespace() || byte == 0 || b"()<>[]{}/%".contains(&byte))
}
