//! Cameras' RAW files: the JPEG pictures that show what is in them, and where their EXIF block lies.
//!
//! A RAW file is not developed here. Every camera puts a JPEG of its own development into it, mostly in full size, and that is
//! what a photo looks like to its owner. It is found by its structure, wherever the maker keeps it.

use std::borrow::Cow;

use image::metadata::Orientation;
use memchr::memmem;

const TIFF_STARTS: [&[u8]; 2] = [b"II*\0", b"MM\0*"];
/// TIFF in all but the first bytes: Panasonic's, and Olympus's.
const ALMOST_TIFF_STARTS: [&[u8]; 4] = [b"IIU\0", b"IIRO", b"IIRS", b"MMOR"];
const RAF_START: &[u8] = b"FUJIFILMCCD-RAW";
/// The brand of Canon's CR3 in the box that opens a file (ISO/IEC 14496-12).
const CR3_BRAND: &[u8] = b"ftypcrx ";
/// The box in CR3 whose content is a TIFF with what other files have in their first directory.
const CR3_METADATA: &[u8] = b"CMT1";

const MAKE: u16 = 0x010f;
const ORIENTATION: u16 = 0x0112;
const SUB_DIRECTORIES: u16 = 0x014a;
const JPEG_INTERCHANGE_FORMAT: u16 = 0x0201;
const DNG_VERSION: u16 = 0xc612;

/// Headers of JPEG pictures that are gone through in one file. Where each lies within those before it, as no camera writes them, going
/// through all of them takes hours.
const MOST_HEADERS: usize = 1 << 20;
/// Smaller ones are not worth finding.
const SMALLEST_SIDE: u16 = 120;

/// Whether `content` is a RAW file. A TIFF is one if a camera made it and it has more than one picture.
pub fn is_raw(content: &[u8]) -> bool {
    if content.starts_with(RAF_START) || is_cr3(content) || is_almost_tiff(content) {
        return true;
    }
    let is_tiff = TIFF_STARTS.iter().any(|start| content.starts_with(start));
    let has = |tag| is_tiff && first_directory(content).any(|(found, _)| found == tag);
    has(DNG_VERSION) || (has(MAKE) && (has(SUB_DIRECTORIES) || has(JPEG_INTERCHANGE_FORMAT)))
}

/// The largest JPEG in a RAW file, from its beginning to the end of the file.
pub fn preview(content: &[u8]) -> Option<&[u8]> {
    let mut headers_left = MOST_HEADERS;
    let starts = memmem::find_iter(content, b"\xff\xd8\xff");
    let pictures = starts.filter_map(|start| Some((jpeg_size(&content[start..], &mut headers_left)?, start)));
    pictures.max_by_key(|(size, _)| *size).map(|(_, start)| &content[start..])
}

/// The EXIF block of a RAW file as a TIFF, for the kinds whose container no reader of EXIF knows; `None` for the others.
pub fn exif(content: &[u8]) -> Option<Cow<'_, [u8]>> {
    if is_almost_tiff(content) {
        let start: &[u8] = if content.starts_with(b"MM") { b"MM\0*" } else { b"II*\0" };
        return Some(Cow::Owned([start, content.get(4..)?].concat()));
    }
    if is_cr3(content) {
        return cr3_metadata(content).map(Cow::Borrowed);
    }
    content.starts_with(RAF_START).then(|| preview(content)).flatten().map(Cow::Borrowed)
}

/// How the picture in a RAW file lies, as the file says itself.
pub(crate) fn orientation(content: &[u8]) -> Option<Orientation> {
    let tiff = if is_cr3(content) { cr3_metadata(content)? } else { content };
    let (_, value) = first_directory(tiff).find(|(tag, _)| *tag == ORIENTATION)?;
    Orientation::from_exif(u8::try_from(value).ok()?)
}

fn is_cr3(content: &[u8]) -> bool {
    content.get(4..12) == Some(CR3_BRAND)
}

fn is_almost_tiff(content: &[u8]) -> bool {
    ALMOST_TIFF_STARTS.iter().any(|start| content.starts_with(start))
}

fn cr3_metadata(content: &[u8]) -> Option<&[u8]> {
    let head = &content[..content.len().min(1 << 20)];
    let at = memmem::find(head, CR3_METADATA)? + CR3_METADATA.len();
    content.get(at..)
}

/// Tags and values of the first directory (TIFF 6.0, section 2); of values only those of two bytes are right.
fn first_directory(tiff: &[u8]) -> impl Iterator<Item = (u16, u16)> + '_ {
    let is_big_endian = tiff.starts_with(b"MM");
    let short = move |at: usize| {
        let bytes = tiff.get(at..at.checked_add(2)?)?.try_into().ok()?;
        Some(if is_big_endian { u16::from_be_bytes(bytes) } else { u16::from_le_bytes(bytes) })
    };
    let long = move |at: usize| {
        let bytes = tiff.get(at..at.checked_add(4)?)?.try_into().ok()?;
        Some(if is_big_endian { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) })
    };
    let start = long(4).unwrap_or(u32::MAX) as usize;
    let count = short(start).unwrap_or(0);
    (0..usize::from(count)).map_while(move |entry| {
        let at = start.checked_add(2 + 12 * entry)?;
        Some((short(at)?, short(at.checked_add(8)?)?))
    })
}

/// The pixels of the JPEG that `bytes` begin with, if it is one that shows a picture: 8 bits, grey or in colour, not the lossless kind
/// that holds a sensor's values (ITU-T T.81, B.2).
fn jpeg_size(bytes: &[u8], headers_left: &mut usize) -> Option<u32> {
    let mut at = 2;
    loop {
        *headers_left = headers_left.checked_sub(1)?;
        let header = bytes.get(at..at + 4)?;
        let (marker, length) = (header[1], usize::from(u16::from_be_bytes([header[2], header[3]])));
        match (header[0], marker) {
            (0xff, 0xc0..=0xc2) => break,
            (0xff, 0xc4 | 0xdb | 0xdd | 0xe0..=0xef | 0xfe) if length >= 2 => at += 2 + length,
            _ => return None,
        }
    }
    let frame = bytes.get(at + 4..at + 10)?;
    let (height, width) = (u16::from_be_bytes([frame[1], frame[2]]), u16::from_be_bytes([frame[3], frame[4]]));
    let is_picture = frame[0] == 8 && matches!(frame[5], 1 | 3) && width.min(height) >= SMALLEST_SIDE;
    is_picture.then(|| u32::from(width) * u32::from(height))
}

#[cfg(test)]
mod tests {
    use image::codecs::jpeg::JpegEncoder;
    use image::{ExtendedColorType, RgbImage};

    use super::*;

    fn jpeg(width: u32, height: u32) -> Vec<u8> {
        let mut bytes = vec![];
        let picture = RgbImage::from_fn(width, height, |x, y| image::Rgb([x as u8, y as u8, 90]));
        JpegEncoder::new(&mut bytes).encode(&picture, width, height, ExtendedColorType::Rgb8).unwrap();
        bytes
    }

    /// A TIFF whose first directory has these short values.
    fn tiff(start: &[u8; 4], entries: &[(u16, u16)]) -> Vec<u8> {
        let mut bytes = [start.as_slice(), &8u32.to_le_bytes(), &(entries.len() as u16).to_le_bytes()].concat();
        for (tag, value) in entries {
            bytes.extend([tag.to_le_bytes(), 3u16.to_le_bytes()].concat());
            bytes.extend([1u32.to_le_bytes(), u32::from(*value).to_le_bytes()].concat());
        }
        bytes.extend([0; 4]);
        bytes
    }

    #[test]
    fn raw_files_are_told_from_pictures() {
        let made = [(MAKE, 0), (SUB_DIRECTORIES, 0)];
        assert!(is_raw(&tiff(b"II*\0", &made)) && is_raw(&tiff(b"II*\0", &[(DNG_VERSION, 1)])));
        assert!(is_raw(&tiff(b"IIRO", &[])) && is_raw(&tiff(b"IIU\0", &[])));
        assert!(is_raw(b"FUJIFILMCCD-RAW 0201") && is_raw(b"\0\0\0\x18ftypcrx \0\0\0\x01"));
        assert!(!is_raw(&tiff(b"II*\0", &[(MAKE, 0)])) && !is_raw(&tiff(b"II*\0", &[(SUB_DIRECTORIES, 0)])));
        assert!(!is_raw(&jpeg(200, 150)) && !is_raw(b"") && !is_raw(b"II*\0\xff\xff\xff\xff"));
    }

    #[test]
    fn the_largest_picture_is_found_and_sensor_data_passed_over() {
        let (small, large) = (jpeg(160, 120), jpeg(640, 480));
        let mut lossless = jpeg(2_000, 1_500);
        let frame = memmem::find(&lossless, &[0xff, 0xc0]).unwrap();
        lossless[frame + 1] = 0xc3;
        let content = [&tiff(b"II*\0", &[(MAKE, 0)]), small.as_slice(), &large, &lossless, b"\xff\xd8\xff"].concat();
        assert!(preview(&content).unwrap().starts_with(&large));
        assert_eq!((preview(&lossless), preview(&jpeg(100, 80)), preview(b"")), (None, None, None));
    }

    /// Each header holds the beginning of another picture, whose headers are all those that follow.
    #[test]
    fn pictures_within_pictures_do_not_take_hours() {
        let nested = b"\xff\xe0\0\x04\xff\xd8".repeat(200_000);
        let content = [RAF_START, b"\xff\xd8", nested.as_slice()].concat();
        assert_eq!(preview(&content), None);
    }

    #[test]
    fn a_file_says_how_it_lies_in_either_byte_order() {
        let turned = tiff(b"II*\0", &[(MAKE, 0), (ORIENTATION, 6)]);
        assert_eq!(orientation(&turned), Some(Orientation::Rotate90));
        let big = [b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01".as_slice(), &[0, 8, 0, 0]].concat();
        assert_eq!(orientation(&big), Some(Orientation::Rotate270));
        let cr3 = [b"\0\0\0\x18ftypcrx \0\0\0\x01\0\0\0\0CMT1".as_slice(), &turned].concat();
        assert_eq!(orientation(&cr3), Some(Orientation::Rotate90));
        assert_eq!(exif(&cr3).unwrap()[..4], *b"II*\0");
        assert_eq!(exif(&tiff(b"IIRS", &[])).unwrap()[..4], *b"II*\0");
    }
}
