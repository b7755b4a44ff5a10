//! Versions of a photo as they come about: resized, recompressed, brightened, cropped, and shots with a camera's notes.

use std::fs::File;
use std::io::{BufWriter, Cursor};
use std::path::Path;

use exif::experimental::Writer;
use exif::{Field, In, Tag, Value};
use image::codecs::jpeg::JpegEncoder;
use image::imageops::{self, FilterType, colorops};
use image::{ImageEncoder, RgbImage};

/// What is done to a photo, and how its file is named after that.
pub const VERSIONS: [&str; 8] = ["half", "quarter", "poor", "bright", "contrast", "grey", "cropped", "messenger"];

/// The version `name` of a photo.
///
/// # Panics
/// For a name that is none of [`VERSIONS`].
pub fn version(photo: &RgbImage, name: &str) -> RgbImage {
    match name {
        "half" => shrink(photo, 2),
        "quarter" => shrink(photo, 4),
        "poor" => photo.clone(),
        "bright" => colorops::brighten(photo, 25),
        "contrast" => colorops::contrast(photo, 15.0),
        "grey" => image::DynamicImage::from(imageops::grayscale(photo)).into_rgb8(),
        "cropped" => crop(photo, 0.015),
        "messenger" => shrink(&crop(photo, 0.01), 2),
        other => panic!("no version is named {other}"),
    }
}

/// Writes the version `name` of `photo` as a JPEG.
pub fn write_version(photo: &RgbImage, name: &str, file: &Path) {
    let quality = match name {
        "poor" => 25,
        "messenger" => 55,
        _ => 75,
    };
    write_jpeg(&version(photo, name), quality, file);
}

/// Writes a JPEG.
pub fn write_jpeg(photo: &RgbImage, quality: u8, file: &Path) {
    let out = BufWriter::new(File::create(file).unwrap());
    JpegEncoder::new_with_quality(out, quality).encode_image(photo).unwrap();
}

/// Writes a JPEG with a camera's notes; `taken_at` is `2024:05:01 12:00:00`.
pub fn write_shot(photo: &RgbImage, camera: &str, taken_at: &str, file: &Path) {
    let text =
        |tag, text: &str| Field { tag, ifd_num: In::PRIMARY, value: Value::Ascii(vec![text.as_bytes().to_vec()]) };
    let fields = [text(Tag::Model, camera), text(Tag::DateTimeOriginal, taken_at)];
    let mut writer = Writer::new();
    fields.iter().for_each(|field| writer.push_field(field));
    let mut notes = Cursor::new(vec![]);
    writer.write(&mut notes, true).unwrap();
    let mut encoder = JpegEncoder::new_with_quality(BufWriter::new(File::create(file).unwrap()), 90);
    encoder.set_exif_metadata(notes.into_inner()).unwrap();
    encoder.encode_image(photo).unwrap();
}

fn shrink(photo: &RgbImage, by: u32) -> RgbImage {
    imageops::resize(photo, photo.width() / by, photo.height() / by, FilterType::Triangle)
}

/// The photo without `share` of its width and height at each side.
pub fn crop(photo: &RgbImage, share: f64) -> RgbImage {
    let cut = |side: u32| (f64::from(side) * share).round() as u32;
    let (x, y) = (cut(photo.width()), cut(photo.height()));
    imageops::crop_imm(photo, x, y, photo.width() - 2 * x, photo.height() - 2 * y).to_image()
}
