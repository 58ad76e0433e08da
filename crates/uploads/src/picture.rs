//! Pictures: decoded under limits, turned upright, made smaller, and written anew.
//!
//! What is written holds pixels and nothing else: no EXIF with the place of a photo, no text, no colour
//! profile, no further frame, nothing behind the end. Decoding is the work of the crate `image`.

use std::io::Cursor;

use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::PngEncoder;
use image::error::LimitErrorKind;
use image::imageops::FilterType;
use image::{DynamicImage, ImageDecoder, ImageError, ImageFormat, ImageReader};

use crate::{Error, Limits, MediaType};

/// Memory that a decoder may take: 40 million pixels of 4 bytes, and some.
const MEMORY: u64 = 256 * 1024 * 1024;

/// Of 100: what photos are commonly published with.
const QUALITY: u8 = 85;

/// A picture as it is kept.
pub(crate) struct Picture {
    pub(crate) media_type: MediaType,
    pub(crate) bytes: Vec<u8>,
    pub(crate) width: u32,
    pub(crate) height: u32,
}

/// Which picture the first bytes promise.
pub(crate) fn format_of(bytes: &[u8]) -> Option<ImageFormat> {
    match bytes {
        [0xff, 0xd8, 0xff, ..] => Some(ImageFormat::Jpeg),
        [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => Some(ImageFormat::Png),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some(ImageFormat::WebP),
        _ => None,
    }
}

/// Reads a picture and writes it anew.
pub(crate) fn renew(bytes: &[u8], format: ImageFormat, limits: &Limits) -> Result<Picture, Error> {
    let side = limits.side.max(16);
    let mut picture = shrink(decode(bytes, format, limits)?, side);
    loop {
        let (media_type, bytes) = encode(&picture)?;
        let (width, height) = (picture.width(), picture.height());
        // Noise with transparent parts may be longer than what came in; half the size will do then.
        if bytes.len() <= limits.bytes || width.max(height) <= 16 {
            return Ok(Picture { media_type, bytes, width, height });
        }
        picture = shrink(picture, (width.max(height) / 2).max(16));
    }
}

fn decode(bytes: &[u8], format: ImageFormat, limits: &Limits) -> Result<DynamicImage, Error> {
    let mut allowed = image::Limits::default();
    allowed.max_alloc = Some(MEMORY);
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    reader.limits(allowed.clone());
    let mut decoder = reader.into_decoder().map_err(|e| fault(e, (0, 0), limits))?;
    let (width, height) = decoder.dimensions();
    let too_many = Error::Pixels { width, height, limit: limits.pixels };
    // Asked before a single pixel is unpacked: a few bytes can promise a very large picture.
    if u64::from(width) * u64::from(height) > limits.pixels || decoder.total_bytes() > MEMORY {
        return Err(too_many);
    }
    let fault = |e| fault(e, (width, height), limits);
    decoder.set_limits(allowed).map_err(fault)?;
    let upright = decoder.orientation().map_err(fault)?;
    let mut picture = DynamicImage::from_decoder(decoder).map_err(fault)?;
    picture.apply_orientation(upright);
    Ok(picture)
}

fn shrink(picture: DynamicImage, side: u32) -> DynamicImage {
    let longer = picture.width().max(picture.height());
    if longer <= side {
        return picture;
    }
    // Much too large: quickly to about double, so that the careful step needs little memory.
    let double = side.saturating_mul(2);
    let picture = if longer > double { picture.thumbnail(double, double) } else { picture };
    picture.resize(side, side, FilterType::CatmullRom)
}

fn encode(picture: &DynamicImage) -> Result<(MediaType, Vec<u8>), Error> {
    let mut bytes = Vec::new();
    let written = |e: ImageError| Error::Damaged(e.to_string());
    if picture.color().has_alpha() {
        let pixels = picture.to_rgba8();
        if pixels.pixels().any(|pixel| pixel.0[3] < u8::MAX) {
            pixels.write_with_encoder(PngEncoder::new(&mut bytes)).map_err(written)?;
            return Ok((MediaType::Png, bytes));
        }
    }
    picture.to_rgb8().write_with_encoder(JpegEncoder::new_with_quality(&mut bytes, QUALITY)).map_err(written)?;
    Ok((MediaType::Jpeg, bytes))
}

fn fault(error: ImageError, (width, height): (u32, u32), limits: &Limits) -> Error {
    match error {
        ImageError::Limits(e) if !matches!(e.kind(), LimitErrorKind::Unsupported { .. }) => {
            Error::Pixels { width, height, limit: limits.pixels }
        }
        other => Error::Damaged(other.to_string()),
    }
}
