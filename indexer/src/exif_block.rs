//! What a photo's EXIF block tells (CIPA DC-008): when, with what and where it was taken, and what somebody noted about it.

use std::borrow::Cow;
use std::io::Cursor;

use exif::{Context, DateTime, Exif, In, Rational, Reader, Tag, Value};
use foray_embedding::raw;
use foray_protocol::{Description, clock_seconds};

use crate::keywords::distinct;
use crate::xmp::camera_name;

/// Windows writes these two beside the fields of the standard.
const RATING: Tag = Tag(Context::Tiff, 0x4746);
const XP_KEYWORDS: Tag = Tag(Context::Tiff, 0x9c9e);
/// What cameras write where a description is meant to be.
const NO_CAPTIONS: [&str; 6] = ["digital camera", "sony dsc", "samsung", "default", "untitled", "dcim"];

/// A photo's EXIF block.
pub(crate) struct ExifBlock(Exif);

impl ExifBlock {
    /// The block in `content`, whole or as much of it as can be read.
    pub fn read(content: &[u8]) -> Option<Self> {
        let content = raw::exif(content).unwrap_or(Cow::Borrowed(content));
        let exif = Reader::new().continue_on_error(true).read_from_container(&mut Cursor::new(content));
        exif.or_else(|error| error.distill_partial_result(|_| ())).ok().map(Self)
    }

    /// What it says.
    pub fn description(&self) -> Description {
        let Self(exif) = self;
        Description {
            taken_at: taken_at(exif),
            camera: camera(exif),
            lens: lens(exif),
            position: position(exif),
            place: None,
            rating: rating(exif),
            keywords: keywords(exif),
            caption: caption(exif),
        }
    }

    /// Phones write "Screenshot" into the user comment, after the eight bytes that name its character set.
    pub fn is_marked_as_screenshot(&self) -> bool {
        let field = self.0.get_field(Tag::UserComment, In::PRIMARY);
        matches!(field.map(|field| &field.value), Some(Value::Undefined(bytes, _)) if bytes.get(8..) == Some(b"Screenshot"))
    }
}

fn taken_at(exif: &Exif) -> Option<String> {
    let mut time = DateTime::from_ascii(&ascii(exif, Tag::DateTimeOriginal)?).ok()?;
    // Cameras whose clock was never set write zeros.
    let is_date = time.year > 0 && (1..=12).contains(&time.month) && (1..=31).contains(&time.day);
    let is_time = time.hour < 24 && time.minute < 60 && time.second <= 60;
    if !is_date || !is_time {
        return None;
    }
    if let Some(offset) = ascii(exif, Tag::OffsetTimeOriginal) {
        // An offset that cannot be read leaves the local time, which is still worth having.
        let _ = time.parse_offset(&offset);
    }
    let DateTime { year, month, day, hour, minute, second, .. } = time;
    let offset = time.offset.map_or_else(String::new, offset_text);
    let taken_at = format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}{offset}");
    // No calendar has the 31st of February.
    clock_seconds(&taken_at).map(|_| taken_at)
}

fn offset_text(minutes: i16) -> String {
    let sign = if minutes < 0 { '-' } else { '+' };
    format!("{sign}{:02}:{:02}", minutes.abs() / 60, minutes.abs() % 60)
}

fn camera(exif: &Exif) -> Option<String> {
    let name = camera_name(&text(exif, Tag::Make).unwrap_or_default(), &text(exif, Tag::Model).unwrap_or_default());
    (!name.is_empty()).then_some(name)
}

fn position(exif: &Exif) -> Option<(f64, f64)> {
    let latitude = degrees(exif, Tag::GPSLatitude, Tag::GPSLatitudeRef, "S")?;
    let longitude = degrees(exif, Tag::GPSLongitude, Tag::GPSLongitudeRef, "W")?;
    (latitude.abs() <= 90.0 && longitude.abs() <= 180.0).then_some((latitude, longitude))
}

fn degrees(exif: &Exif, tag: Tag, reference: Tag, negative: &str) -> Option<f64> {
    let Value::Rational(parts) = &exif.get_field(tag, In::PRIMARY)?.value else { return None };
    let degrees: f64 =
        parts.iter().map(Rational::to_f64).zip([1.0, 60.0, 3600.0]).map(|(part, unit)| part / unit).sum();
    let sign = if text(exif, reference).as_deref() == Some(negative) { -1.0 } else { 1.0 };
    (!parts.is_empty() && degrees.is_finite()).then_some(sign * degrees)
}

fn lens(exif: &Exif) -> Option<String> {
    // Bodies that know no lens write dashes or "0.0 mm f/0.0".
    text(exif, Tag::LensModel)
        .filter(|lens| lens.chars().any(|c| c.is_alphanumeric() && c != '0') && !lens.starts_with("0.0"))
}

fn rating(exif: &Exif) -> Option<i8> {
    let stars = exif.get_field(RATING, In::PRIMARY)?.value.get_uint(0)?;
    i8::try_from(stars).ok().filter(|stars| (1..=5).contains(stars))
}

/// UTF-16, little end first, separated by semicolons.
fn keywords(exif: &Exif) -> Vec<String> {
    let field = exif.get_field(XP_KEYWORDS, In::PRIMARY);
    let Some(Value::Byte(bytes)) = field.map(|field| &field.value) else { return vec![] };
    let units: Vec<u16> = bytes.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]])).collect();
    let text = String::from_utf16_lossy(&units);
    distinct(text.split([';', '\0']))
}

fn caption(exif: &Exif) -> Option<String> {
    let caption = text(exif, Tag::ImageDescription)?;
    let lower = caption.to_lowercase();
    let is_said_by_a_camera = NO_CAPTIONS.iter().any(|words| lower == *words || lower.ends_with("digital camera"));
    (!caption.is_empty() && !is_said_by_a_camera).then_some(caption)
}

fn text(exif: &Exif, tag: Tag) -> Option<String> {
    let text = ascii(exif, tag)?;
    Some(String::from_utf8_lossy(&text).trim_matches(|c: char| c.is_whitespace() || c == '\0').to_owned())
}

fn ascii(exif: &Exif, tag: Tag) -> Option<Vec<u8>> {
    match &exif.get_field(tag, In::PRIMARY)?.value {
        Value::Ascii(lines) => lines.first().cloned(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use exif::Field;
    use exif::experimental::Writer;

    fn exif(fields: &[(Tag, Value)]) -> Exif {
        let fields: Vec<_> =
            fields.iter().map(|(tag, value)| Field { tag: *tag, ifd_num: In::PRIMARY, value: value.clone() }).collect();
        let mut writer = Writer::new();
        fields.iter().for_each(|field| writer.push_field(field));
        let mut bytes = Cursor::new(vec![]);
        writer.write(&mut bytes, true).unwrap();
        Reader::new().read_raw(bytes.into_inner()).unwrap()
    }

    fn line(text: &str) -> Value {
        Value::Ascii(vec![text.as_bytes().to_vec()])
    }

    fn angle(degrees: u32, minutes: u32, seconds: u32, denom: u32) -> Value {
        let part = |num| Rational { num, denom };
        Value::Rational(vec![part(degrees), part(minutes), part(seconds)])
    }

    #[test]
    fn the_time_comes_with_its_offset_where_known() {
        let time = (Tag::DateTimeOriginal, line("2023:06:01 12:00:05"));
        assert_eq!(taken_at(&exif(std::slice::from_ref(&time))).unwrap(), "2023-06-01T12:00:05");
        let with_offset = exif(&[time.clone(), (Tag::OffsetTimeOriginal, line("-03:30"))]);
        assert_eq!(taken_at(&with_offset).unwrap(), "2023-06-01T12:00:05-03:30");
        let bad_offset = exif(&[time, (Tag::OffsetTimeOriginal, line("noon"))]);
        assert_eq!(taken_at(&bad_offset).unwrap(), "2023-06-01T12:00:05");
    }

    #[test]
    fn a_clock_that_was_never_set_tells_nothing() {
        for junk in ["0000:00:00 00:00:00", "2023:13:01 12:00:00", "2023:02:31 12:00:00", "    :  :     :  :  ", ""] {
            assert_eq!(taken_at(&exif(&[(Tag::DateTimeOriginal, line(junk))])), None, "{junk}");
        }
    }

    #[test]
    fn a_screenshot_says_so_in_its_user_comment() {
        let comment = |text: &str| {
            let bytes = [b"ASCII\0\0\0", text.as_bytes()].concat();
            ExifBlock(exif(&[(Tag::UserComment, Value::Undefined(bytes, 0))])).is_marked_as_screenshot()
        };
        assert!(comment("Screenshot"));
        assert!(!comment("A screenshot of my new phone"));
    }

    #[test]
    fn a_position_is_signed_degrees() {
        let at = |latitude: Value, longitude: Value| {
            position(&exif(&[
                (Tag::GPSLatitude, latitude),
                (Tag::GPSLatitudeRef, line("S")),
                (Tag::GPSLongitude, longitude),
                (Tag::GPSLongitudeRef, line("E")),
            ]))
        };
        assert_eq!(at(angle(33, 30, 0, 1), angle(151, 15, 36, 1)), Some((-33.5, 151.26)));
        assert_eq!(at(angle(33, 30, 0, 0), angle(151, 15, 36, 1)), None);
        assert_eq!(at(angle(91, 0, 0, 1), angle(151, 0, 0, 1)), None);
    }

    #[test]
    fn what_people_noted_is_read() {
        let utf16 = |text: &str| Value::Byte(text.encode_utf16().flat_map(u16::to_le_bytes).collect());
        let noted = ExifBlock(exif(&[
            (Tag::ImageDescription, line("A bridge")),
            (XP_KEYWORDS, utf16("Brücke; river;River;\0")),
            (RATING, Value::Short(vec![4])),
            (Tag::LensModel, line("EF50mm f/1.8 STM")),
        ]));
        let Description { caption, keywords, rating, lens, .. } = noted.description();
        assert_eq!(
            (caption.as_deref(), rating, lens.as_deref()),
            (Some("A bridge"), Some(4), Some("EF50mm f/1.8 STM"))
        );
        assert_eq!(keywords, ["Brücke", "river"]);
    }

    #[test]
    fn what_cameras_write_for_nothing_is_left_out() {
        for words in ["OLYMPUS DIGITAL CAMERA         ", "SONY DSC", "", "default"] {
            assert_eq!(caption(&exif(&[(Tag::ImageDescription, line(words))])), None, "{words}");
        }
        for nothing in ["----", "0.0 mm f/0.0", "", "0"] {
            assert_eq!(lens(&exif(&[(Tag::LensModel, line(nothing))])), None, "{nothing}");
        }
        assert_eq!(rating(&exif(&[(RATING, Value::Short(vec![0]))])), None);
        assert_eq!(rating(&exif(&[(RATING, Value::Short(vec![99]))])), None);
    }
}
