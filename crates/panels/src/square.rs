//! The code that a telephone reads (QR, ISO/IEC 18004).
//!
//! Owns which modules are dark. Level Q: a quarter of the code may be covered by dirt or a sticker.

use crate::Error;
use qrcode::{Color, EcLevel, QrCode};

/// Bytes that fit into the largest code that we print: version 15 at level Q (ISO/IEC 18004, table 7). A
/// larger one has modules too small to be read from a few steps away.
const LIMIT: usize = 292;

/// Light modules that must stand around a code (ISO/IEC 18004, 6.3.8).
pub(crate) const QUIET: u16 = 4;

/// A code: its side, and runs of dark modules.
pub(crate) struct Square {
    /// Modules of a side, without the quiet zone.
    pub(crate) side: u16,
    /// Row, first column, length.
    pub(crate) dark: Vec<(u16, u16, u16)>,
}

/// The code of an address.
pub(crate) fn square(address: &str) -> Result<Square, Error> {
    let refused = || Error::AddressTooLong { address: address.chars().take(80).collect(), limit: LIMIT };
    if address.len() > LIMIT {
        return Err(refused());
    }
    let code = QrCode::with_error_correction_level(address, EcLevel::Q).map_err(|_| refused())?;
    let side = u16::try_from(code.width()).map_err(|_| refused())?;
    let mut dark = Vec::new();
    for (row, modules) in (0_u16..).zip(code.to_colors().chunks(code.width())) {
        let mut run: Option<(u16, u16, u16)> = None;
        for (column, color) in (0_u16..).zip(modules) {
            match (color, &mut run) {
                (Color::Dark, Some((_, _, length))) => *length += 1,
                (Color::Dark, None) => run = Some((row, column, 1)),
                (Color::Light, run) => dark.extend(run.take()),
            }
        }
        dark.extend(run);
    }
    Ok(Square { side, dark })
}
