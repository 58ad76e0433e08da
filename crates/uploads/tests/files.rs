//! Files as people send them, and as others might.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::io::Cursor;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use image::codecs::jpeg::JpegEncoder;
use image::{DynamicImage, ImageEncoder, ImageFormat, Rgb, RgbImage, Rgba, RgbaImage};
use proptest::prelude::*;
use tempfile::TempDir;
use uploads::{Kept, Limits, MediaType, Uploads};

const ANN: &str = "0123456789abcdef0123456789abcdef";

fn open() -> (TempDir, Uploads) {
    let folder = tempfile::tempdir().unwrap();
    let uploads = Uploads::open(folder.path().join("uploads"), Limits::default()).unwrap();
    (folder, uploads)
}

fn code(bytes: &[u8]) -> &'static str {
    let (folder, uploads) = open();
    let code = uploads.check_and_keep(ANN, bytes).map_or_else(|error| error.code(), |_| "KEPT");
    assert!(code == "KEPT" || files(folder.path()).is_empty(), "a refused file is kept");
    code
}

fn files(folder: &Path) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

/// Left half red, right half blue.
fn photo(width: u32, height: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, _| if x < width / 2 { Rgb([255, 0, 0]) } else { Rgb([0, 0, 255]) })
}

fn written(image: impl Into<DynamicImage>, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    image.into().write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

fn kept(bytes: &[u8]) -> (Kept, Vec<u8>) {
    let (_folder, uploads) = open();
    let kept = uploads.check_and_keep(ANN, bytes).unwrap();
    let bytes = uploads.read(ANN, &kept.sha256).unwrap();
    assert_eq!(kept.bytes, u64::try_from(bytes.len()).unwrap());
    (kept, bytes)
}

fn has(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

/// An EXIF block as cameras write it (CIPA DC-008): an orientation, and a GPS block with a latitude.
fn exif(orientation: u8) -> Vec<u8> {
    let mut exif = b"II*\0\x08\0\0\0\x02\0".to_vec();
    exif.extend([0x12, 1, 3, 0, 1, 0, 0, 0, orientation, 0, 0, 0]);
    exif.extend([0x25, 0x88, 4, 0, 1, 0, 0, 0, 38, 0, 0, 0, 0, 0, 0, 0]);
    exif.extend(b"\x01\0\x01\0\x02\0\x0e\0\0\0\x38\0\0\0\0\0\0\0N48.8566GPSMARK\0");
    exif
}

fn jpeg_with_exif(image: &RgbImage, orientation: u8) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = JpegEncoder::new_with_quality(&mut bytes, 90);
    encoder.set_exif_metadata(exif(orientation)).unwrap();
    encoder.encode_image(image).unwrap();
    bytes
}

#[test]
fn pictures_of_each_kind_are_kept_as_photo_or_with_their_transparent_parts() {
    for format in [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::WebP] {
        let (kept, bytes) = kept(&written(photo(300, 200), format));
        assert_eq!((kept.media_type, kept.width, kept.height), (MediaType::Jpeg, Some(300), Some(200)), "{format:?}");
        assert_eq!(image::guess_format(&bytes).unwrap(), ImageFormat::Jpeg);
    }
    let clear = RgbaImage::from_pixel(30, 20, Rgba([1, 2, 3, 128]));
    for format in [ImageFormat::Png, ImageFormat::WebP] {
        let (kept, bytes) = kept(&written(clear.clone(), format));
        assert_eq!(kept.media_type, MediaType::Png);
        assert_eq!(image::load_from_memory(&bytes).unwrap().to_rgba8(), clear);
    }
}

#[test]
fn the_place_of_a_photo_is_gone_and_it_stands_upright() {
    let sent = jpeg_with_exif(&photo(400, 200), 6);
    assert!(has(&sent, "GPSMARK") && has(&sent, "Exif"));
    let (kept, bytes) = kept(&sent);
    assert!(!has(&bytes, "GPSMARK") && !has(&bytes, "Exif"));
    // Orientation 6: the left of what is stored is the top of what is seen.
    assert_eq!((kept.width, kept.height), (Some(200), Some(400)));
    let seen = image::load_from_memory(&bytes).unwrap().to_rgb8();
    assert!(seen.get_pixel(100, 50).0[0] > 200 && seen.get_pixel(100, 350).0[2] > 200);
}

#[test]
fn what_hides_behind_or_inside_a_picture_is_lost() {
    for format in [ImageFormat::Jpeg, ImageFormat::Png] {
        let mut bytes = written(photo(40, 20), format);
        bytes.extend(b"<html><script>alert('hidden')</script></html>");
        let (_, cleaned) = kept(&bytes);
        assert!(!has(&cleaned, "script"), "{format:?}");
    }
    // A text chunk of a PNG, and a frame of an animated one, go the same way.
    let mut png = Vec::new();
    let mut encoder = image::codecs::png::PngEncoder::new(&mut png);
    encoder.set_icc_profile(b"PROFILEMARK".to_vec()).unwrap();
    encoder.write_image(photo(8, 8).as_raw(), 8, 8, image::ExtendedColorType::Rgb8).unwrap();
    let (_, cleaned) = kept(&png);
    assert!(!has(&cleaned, "iCCP"));
}

#[test]
fn what_is_no_picture_and_no_document_is_refused_whatever_it_pretends() {
    let svg = b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>";
    let gif_js = b"GIF89a=1;alert(1);//\0\0\0;";
    let html_pdf = b"<html><script>1</script></html>\n%PDF-1.4\n%%EOF";
    let zip = b"PK\x03\x04\x14\0\0\0";
    for bytes in [&svg[..], gif_js, html_pdf, zip, b"", b"\x7fELF", b"BM", b"\xff\xd8", b" %PDF-1.4 %%EOF"] {
        assert_eq!(code(bytes), "UPLOAD_TYPE", "{bytes:?}");
    }
    for bytes in [&b"\xff\xd8\xff<script>"[..], b"\x89PNG\r\n\x1a\n<script>", b"RIFF\0\0\0\0WEBPVP8 "] {
        assert_eq!(code(bytes), "UPLOAD_DAMAGED", "{bytes:?}");
    }
}

#[test]
fn a_file_that_was_cut_short_is_damaged_or_drawn_as_far_as_it_goes_and_never_a_panic() {
    for format in [ImageFormat::Png, ImageFormat::WebP, ImageFormat::Jpeg] {
        let whole = written(photo(64, 64), format);
        for length in 16..whole.len() - 1 {
            let answer = code(&whole[..length]);
            // Decoders of JPEG fill up what is missing; what is then kept is a whole picture.
            let fits = answer == "UPLOAD_DAMAGED"
                || (answer == "KEPT" && (format == ImageFormat::Jpeg || length + 16 > whole.len()));
            assert!(fits, "{format:?} {length} of {}: {answer}", whole.len());
        }
    }
}

#[test]
fn a_small_file_that_promises_a_huge_picture_is_refused_before_it_is_unpacked() {
    // One colour: 100 million pixels in half a megabyte, and 3.6 thousand million in a header.
    let mut bomb = Vec::new();
    let encoder = image::codecs::png::PngEncoder::new(&mut bomb);
    let pixels = vec![0_u8; 10_000 * 10_000];
    encoder.write_image(&pixels, 10_000, 10_000, image::ExtendedColorType::L8).unwrap();
    assert!(bomb.len() < 600_000, "{}", bomb.len());
    assert_eq!(code(&bomb), "UPLOAD_PIXELS");
    let mut header = written(photo(8, 8), ImageFormat::Png);
    header[16..24].copy_from_slice(&[0, 0, 0xea, 0x60, 0, 0, 0xea, 0x60]);
    assert!(["UPLOAD_PIXELS", "UPLOAD_DAMAGED"].contains(&code(&header)));
    assert_eq!(code(&vec![0xff; 2_000_001]), "UPLOAD_TOO_LARGE");
}

#[test]
fn large_pictures_are_made_smaller_and_noise_does_not_grow() {
    let (kept_photo, _) = kept(&written(photo(6_000, 3_000), ImageFormat::Jpeg));
    assert_eq!((kept_photo.width, kept_photo.height), (Some(2_560), Some(1_280)));
    let (thin, _) = kept(&written(photo(9_000, 2), ImageFormat::Png));
    assert_eq!((thin.width, thin.height), (Some(2_560), Some(1)));
    let mut seed = 1_u32;
    let mut next = || {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        seed.to_be_bytes()[0]
    };
    let noise = RgbaImage::from_fn(650, 650, |_, _| Rgba([next(), next(), next(), next()]));
    let (kept_noise, _) = kept(&written(noise, ImageFormat::Png));
    assert!(kept_noise.bytes <= 2_000_000 && kept_noise.media_type == MediaType::Png);
}

fn pdf(inside: &str) -> Vec<u8> {
    format!("%PDF-1.4\n1 0 obj <</Type /Catalog {inside} >> endobj\ntrailer <</Root 1 0 R>>\n%%EOF\n").into_bytes()
}

#[test]
fn documents_are_kept_as_they_are_unless_they_act() {
    let plain = pdf("/Pages 2 0 R /Title (A /LaunchPad and \\(JavaScript\\)) /Font /AAAAAA+Times");
    let (kept, bytes) = kept(&plain);
    assert_eq!((kept.media_type, kept.width, bytes), (MediaType::Pdf, None, plain));
    let active = [
        "/OpenAction 3 0 R",
        "/OpenAction[3 0 R]",
        "/S/JavaScript/JS(app.alert\\(1\\))",
        "/S /J#61vaScript",
        "/#4a#61#76#61#53#63#72#69#70#74",
        "/S /Launch",
        "/Type/EmbeddedFile",
        "/EmbeddedFiles<<>>",
        "/Subtype /RichMedia",
        "/XFA 5 0 R",
        "(<ScRiPt>alert\\(1\\)</script>)",
        "(<!DOCTYPE html>)",
    ];
    for inside in active {
        assert_eq!(code(&pdf(inside)), "UPLOAD_PDF_ACTIVE", "{inside}");
    }
    assert_eq!(code(b"%PDF-1.7\nno end"), "UPLOAD_DAMAGED");
    assert_eq!(code(&[&pdf("")[..], b"MZ\x90 a program"].concat()), "UPLOAD_DAMAGED");
}

#[test]
fn files_stand_by_owner_and_digest_for_the_server_alone() {
    let (folder, uploads) = open();
    let bytes = written(photo(30, 20), ImageFormat::Jpeg);
    let kept = uploads.check_and_keep(ANN, &bytes).unwrap();
    assert_eq!(uploads.check_and_keep(ANN, &bytes).unwrap(), kept);
    let other = uploads.check_and_keep("bob", &bytes).unwrap();
    assert_eq!(other, kept);
    let found = files(folder.path());
    let place = format!("uploads/{ANN}/{}/{}.jpg", &kept.sha256[..2], &kept.sha256[2..]);
    assert!(found.len() == 2 && found.contains(&folder.path().join(&place)), "{found:?}");
    for file in &found {
        assert_eq!(std::fs::metadata(file).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(std::fs::metadata(file.parent().unwrap()).unwrap().permissions().mode() & 0o077, 0);
    }
    // Changed behind our back, it isn't given out, and comes back whole when it is sent again.
    std::fs::write(folder.path().join(&place), b"<script>").unwrap();
    assert_eq!(uploads.read(ANN, &kept.sha256).unwrap_err().code(), "UPLOAD_STORE");
    uploads.check_and_keep(ANN, &bytes).unwrap();
    assert!(uploads.read(ANN, &kept.sha256).is_ok());
    uploads.forget(ANN).unwrap();
    uploads.forget(ANN).unwrap();
    assert_eq!(uploads.read(ANN, &kept.sha256).unwrap_err().code(), "UPLOAD_UNKNOWN");
    assert!(uploads.read("bob", &kept.sha256).is_ok());
    assert!(uploads.remove("bob", &kept.sha256).unwrap() && !uploads.remove("bob", &kept.sha256).unwrap());
    for owner in ["", "..", ".", "a/b", "../uploads", "a\0", &"a".repeat(65), "é"] {
        assert_eq!(uploads.check_and_keep(owner, &bytes).unwrap_err().code(), "UPLOAD_UNKNOWN", "{owner}");
        assert_eq!(uploads.forget(owner).unwrap_err().code(), "UPLOAD_UNKNOWN", "{owner}");
    }
    for digest in ["", "../../../etc/passwd", &kept.sha256.to_uppercase(), &kept.sha256[1..]] {
        assert_eq!(uploads.read(ANN, digest).unwrap_err().code(), "UPLOAD_UNKNOWN", "{digest}");
    }
}

#[test]
fn a_folder_that_fails_is_said() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("file"), b"").unwrap();
    let error = Uploads::open(folder.path().join("file/uploads"), Limits::default()).unwrap_err();
    assert_eq!(error.code(), "UPLOAD_STORE");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn no_bytes_make_it_panic(start in 0_usize..5, bytes in prop::collection::vec(any::<u8>(), 0..2_000)) {
        let starts: [&[u8]; 5] = [b"", b"\xff\xd8\xff\xe0", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", b"RIFF\x10\0\0\0WEBPVP8 ", b"%PDF-1.4 "];
        code(&[starts[start], &bytes].concat());
    }

    #[test]
    fn no_damage_makes_it_panic(format in 0_usize..3, flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..20)) {
        let format = [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::WebP][format];
        let mut bytes = written(photo(48, 32), format);
        for (at, byte) in flips {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        code(&bytes);
    }
}

#[test]
fn a_file_given_to_another_owner_outlives_the_first_ones() {
    let (_folder, uploads) = open();
    let kept = uploads.check_and_keep(ANN, &written(photo(8, 8), ImageFormat::Png)).unwrap();
    uploads.give(ANN, &kept.sha256, "sites").unwrap();
    assert_eq!(uploads.give(ANN, &"0".repeat(64), "sites").unwrap_err().code(), "UPLOAD_UNKNOWN");
    uploads.forget(ANN).unwrap();
    assert_eq!(uploads.read(ANN, &kept.sha256).unwrap_err().code(), "UPLOAD_UNKNOWN");
    assert_eq!(u64::try_from(uploads.read("sites", &kept.sha256).unwrap().len()).unwrap(), kept.bytes);
    let older = |age| uploads.older_than("sites", std::time::Duration::from_secs(age)).unwrap();
    assert_eq!((older(0).into_iter().collect::<Vec<_>>(), older(3_600).len()), (vec![kept.sha256], 0));
    assert!(uploads.older_than("nobody", std::time::Duration::ZERO).unwrap().is_empty());
}
