//! What a photo's EXIF block tells: when, with what and where it was taken.

use std::io::Cursor;
use std::panic;

use exif::{DateTime, Exif, In, Rational, Reader, Tag, Value};
use foray_embedding::Picture;
use foray_protocol::{Junk, PhotoMetadata};

/// The metadata of a photo; EXIF that is missing or broken leaves its fields empty, and never fails the photo.
pub(crate) fn metadata(content: &[u8], picture: &Picture) -> PhotoMetadata {
    let exif = panic::catch_unwind(|| read_exif(content)).ok().flatten();
    let exif = exif.as_ref();
    PhotoMetadata {
        width: picture.width,
        height: picture.height,
        format: picture.format.to_owned(),
        taken_at: exif.and_then(taken_at),
        camera: exif.and_then(camera),
        position: exif.and_then(position),
        junk: exif.filter(|exif| is_marked_as_screenshot(exif)).map(|_| Junk::Screenshot),
        perceptual_hash: None,
    }
}

fn read_exif(content: &[u8]) -> Option<Exif> {
    let exif = Reader::new().continue_on_error(true).read_from_container(&mut Cursor::new(content));
    exif.or_else(|error| error.distill_partial_result(|_| ())).ok()
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
    Some(format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}{offset}"))
}

fn offset_text(minutes: i16) -> String {
    let sign = if minutes < 0 { '-' } else { '+' };
    format!("{sign}{:02}:{:02}", minutes.abs() / 60, minutes.abs() % 60)
}

fn camera(exif: &Exif) -> Option<String> {
    camera_name(&text(exif, Tag::Make).unwrap_or_default(), &text(exif, Tag::Model).unwrap_or_default())
}

/// Make and model in one; many models begin with the make already.
fn camera_name(make: &str, model: &str) -> Option<String> {
    let brand = make.split_whitespace().next().unwrap_or_default();
    let has_brand = model.get(..brand.len()).is_some_and(|start| start.eq_ignore_ascii_case(brand));
    let name = if has_brand && !model.is_empty() { model.to_owned() } else { format!("{make} {model}") };
    let name = name.trim();
    (!name.is_empty()).then(|| name.to_owned())
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

/// Phones write "Screenshot" into the user comment, after the eight bytes that name its character set.
fn is_marked_as_screenshot(exif: &Exif) -> bool {
    let field = exif.get_field(Tag::UserComment, In::PRIMARY);
    matches!(field.map(|field| &field.value), Some(Value::Undefined(bytes, _)) if bytes.get(8..) == Some(b"Screenshot"))
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
        for junk in ["0000:00:00 00:00:00", "2023:13:01 12:00:00", "    :  :     :  :  ", ""] {
            assert_eq!(taken_at(&exif(&[(Tag::DateTimeOriginal, line(junk))])), None, "{junk}");
        }
    }

    #[test]
    fn a_camera_names_its_make_once() {
        let name = |make, model| camera_name(make, model).unwrap_or_default();
        assert_eq!(name("Apple", "iPhone 12"), "Apple iPhone 12");
        assert_eq!(name("Canon", "Canon EOS 5D"), "Canon EOS 5D");
        assert_eq!(name("NIKON CORPORATION", "NIKON D750"), "NIKON D750");
        assert_eq!(name("", "X100V"), "X100V");
        assert_eq!(name("Leica", ""), "Leica");
        assert_eq!(name("", ""), "");
    }

    #[test]
    fn a_screenshot_says_so_in_its_user_comment() {
        let comment = |text: &str| {
            let bytes = [b"ASCII\0\0\0", text.as_bytes()].concat();
            is_marked_as_screenshot(&exif(&[(Tag::UserComment, Value::Undefined(bytes, 0))]))
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
}
