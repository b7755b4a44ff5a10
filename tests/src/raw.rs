//! RAW files as cameras write them, with a photograph in them: no real ones are at hand.

use std::fs;
use std::path::Path;

/// Where the text of the camera's name stands: after the header and four entries.
const TEXTS_AT: u32 = 8 + 2 + 4 * 12 + 4;
const MODEL: &[u8] = b"Foray Test Camera\0";

/// Writes a TIFF with a camera's name, an orientation, a directory of further pictures, and the photograph `jpeg` in it, as CR2, NEF,
/// ARW and DNG have them; in front of it a small thumbnail's beginning, after it sensor values that look like a JPEG's.
pub fn write_raw(jpeg: &Path, orientation: u16, file: &Path) {
    let mut raw = b"II*\0\x08\0\0\0\x04\0".to_vec();
    let mut entry = |tag: u16, kind: u16, count: u32, value: u32| {
        raw.extend([tag.to_le_bytes(), kind.to_le_bytes()].concat());
        raw.extend([count.to_le_bytes(), value.to_le_bytes()].concat());
    };
    let ascii = 2;
    entry(0x010f, ascii, 6, TEXTS_AT);
    entry(0x0110, ascii, MODEL.len() as u32, TEXTS_AT);
    entry(0x0112, 3, 1, orientation.into());
    entry(0x014a, 4, 1, 8);
    raw.extend([0; 4]);
    raw.extend(MODEL);
    raw.extend(b"\xff\xd8\xff\xdb\0\x04");
    raw.extend(fs::read(jpeg).unwrap());
    raw.extend((0..100_000u32).flat_map(|number| (number.wrapping_mul(2_654_435_761) >> 8).to_le_bytes()));
    raw.extend(b"\xff\xd8\xff\xc3\0\x11\x0e\x20\0\x20\0\x02");
    fs::write(file, raw).unwrap();
}
