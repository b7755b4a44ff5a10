//! Pictures out of untrusted bytes: limits before decoding, upright, on white, and no panic gets out.

use std::io::Cursor;
use std::panic::{self, AssertUnwindSafe};

use image::{DynamicImage, ImageDecoder, ImageError, ImageFormat, ImageReader, Limits, RgbImage, RgbaImage};

use crate::EmbeddingError;

/// Bytes that a decoder may allocate beside the picture.
const DECODER_MEMORY: u64 = 512 << 20;

/// A decoded picture.
#[derive(Clone, Debug)]
pub struct Picture {
    /// 8-bit red, green and blue, upright, on white where it was transparent.
    pub pixels: RgbImage,
    /// Width in pixels, upright.
    pub width: u32,
    /// Height in pixels, upright.
    pub height: u32,
    /// `jpeg`, `png`, `webp`, `gif`, `tiff` or `bmp`.
    pub format: &'static str,
}

/// What is refused before it is decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DecodeLimits {
    /// The largest file, bytes.
    pub max_bytes: usize,
    /// The largest picture, pixels.
    pub max_pixels: u64,
    /// The longest side, pixels.
    pub max_side: u32,
}

impl Default for DecodeLimits {
    /// 256 MiB, 200 million pixels, 65,535 pixels a side.
    fn default() -> Self {
        Self { max_bytes: 256 << 20, max_pixels: 200_000_000, max_side: 65_535 }
    }
}

/// Decodes the picture in `content` (the bytes of a file; its format is told by them, not by a name). Of an animation it is
/// the first frame. EXIF orientation is applied.
///
/// # Errors
/// A sentence for the picture's owner; a panic of a decoder is one, too.
pub fn decode(content: &[u8], limits: &DecodeLimits) -> Result<Picture, EmbeddingError> {
    if content.is_empty() {
        return Err(EmbeddingError::EmptyFile);
    }
    if content.len() > limits.max_bytes {
        let mebibytes = |bytes: usize| format!("{} MiB", bytes >> 20);
        let (got, limit) = (mebibytes(content.len()), mebibytes(limits.max_bytes));
        return Err(EmbeddingError::TooLarge { what: "the file", got, limit });
    }
    let format = image::guess_format(content).ok().and_then(|format| Some((format, name_of(format)?)));
    let (format, name) = format.ok_or(EmbeddingError::NotAPicture)?;
    let undecodable = |reason: String| EmbeddingError::Undecodable { format: name, reason };
    let decoded = panic::catch_unwind(AssertUnwindSafe(|| decode_format(content, format, name, limits)));
    decoded.unwrap_or_else(|_| Err(undecodable("its decoder broke down over it".to_owned())))
}

fn name_of(format: ImageFormat) -> Option<&'static str> {
    Some(match format {
        ImageFormat::Jpeg => "jpeg",
        ImageFormat::Png => "png",
        ImageFormat::WebP => "webp",
        ImageFormat::Gif => "gif",
        ImageFormat::Tiff => "tiff",
        ImageFormat::Bmp => "bmp",
        _ => return None,
    })
}

fn decode_format(
    content: &[u8],
    format: ImageFormat,
    name: &'static str,
    limits: &DecodeLimits,
) -> Result<Picture, EmbeddingError> {
    let undecodable = |error: ImageError| EmbeddingError::Undecodable { format: name, reason: error.to_string() };
    let mut decoder = ImageReader::with_format(Cursor::new(content), format).into_decoder().map_err(undecodable)?;
    check_size(decoder.dimensions(), limits)?;
    let mut memory = Limits::no_limits();
    memory.max_alloc = Some(decoder.total_bytes().saturating_add(DECODER_MEMORY));
    decoder.set_limits(memory).map_err(undecodable)?;
    // A picture without a readable orientation is upright as it is.
    let orientation = decoder.orientation().ok();
    let mut image = DynamicImage::from_decoder(decoder).map_err(undecodable)?;
    orientation.into_iter().for_each(|orientation| image.apply_orientation(orientation));
    let pixels = on_white(image);
    Ok(Picture { width: pixels.width(), height: pixels.height(), pixels, format: name })
}

fn check_size((width, height): (u32, u32), limits: &DecodeLimits) -> Result<(), EmbeddingError> {
    let pixels = u64::from(width) * u64::from(height);
    if pixels <= limits.max_pixels && width.max(height) <= limits.max_side && pixels > 0 {
        return Ok(());
    }
    let got = format!("{width} x {height} pixels");
    let limit = format!("{} million pixels or {} on a side", limits.max_pixels / 1_000_000, limits.max_side);
    Err(EmbeddingError::TooLarge { what: "the picture", got, limit })
}

fn on_white(image: DynamicImage) -> RgbImage {
    if image.color().has_alpha() { blend(&image.into_rgba8()) } else { image.into_rgb8() }
}

fn blend(image: &RgbaImage) -> RgbImage {
    let mut rgb = RgbImage::new(image.width(), image.height());
    for (to, from) in rgb.pixels_mut().zip(image.pixels()) {
        let [r, g, b, alpha] = from.0.map(u32::from);
        to.0 = [r, g, b].map(|colour| ((colour * alpha + 255 * (255 - alpha) + 127) / 255) as u8);
    }
    rgb
}

#[cfg(test)]
mod tests {
    use image::{ImageBuffer, Luma, Rgba};

    use super::*;

    fn png(image: impl Into<DynamicImage>) -> Vec<u8> {
        let mut bytes = vec![];
        image.into().write_to(&mut Cursor::new(&mut bytes), ImageFormat::Png).unwrap();
        bytes
    }

    fn decode_default(content: &[u8]) -> Result<Picture, EmbeddingError> {
        decode(content, &DecodeLimits::default())
    }

    #[test]
    fn transparent_parts_become_white() {
        let image = RgbaImage::from_fn(2, 1, |x, _| Rgba([200, 0, 0, if x == 0 { 0 } else { 255 }]));
        let picture = decode_default(&png(image)).unwrap();
        assert_eq!((picture.pixels.get_pixel(0, 0).0, picture.pixels.get_pixel(1, 0).0), ([255; 3], [200, 0, 0]));
    }

    #[test]
    fn sixteen_bit_grey_becomes_eight_bit_colour() {
        let image: ImageBuffer<Luma<u16>, Vec<u16>> = ImageBuffer::from_pixel(1, 1, Luma([0x8080]));
        assert_eq!(decode_default(&png(image)).unwrap().pixels.get_pixel(0, 0).0, [128; 3]);
    }

    #[test]
    fn a_bomb_is_refused_by_its_declared_size() {
        let mut bytes = png(RgbImage::new(1, 1));
        // Width and height of the IHDR chunk, and its checksum made right again.
        bytes[16..24].copy_from_slice(&[0, 1, 0, 0, 0, 1, 0, 0]);
        let limits = DecodeLimits::default();
        let error = decode(&bytes, &limits).unwrap_err().to_string();
        assert!(error.contains("65536 x 65536") || error.contains("CRC"), "{error}");
        let small = DecodeLimits { max_pixels: 1, ..limits };
        let error = decode(&png(RgbImage::new(4, 3)), &small).unwrap_err().to_string();
        assert!(error.contains("4 x 3 pixels"), "{error}");
    }

    #[test]
    fn failures_are_sentences() {
        assert_eq!(decode_default(b"").unwrap_err().to_string(), "this file is empty");
        assert!(decode_default(b"hello, world").unwrap_err().to_string().contains("JPEG, PNG"));
        let cut = &png(RgbImage::new(64, 64))[..60];
        assert!(decode_default(cut).unwrap_err().to_string().contains("png"));
        let limits = DecodeLimits { max_bytes: 1 << 20, ..DecodeLimits::default() };
        assert!(decode(&vec![0; 3 << 20], &limits).unwrap_err().to_string().contains("3 MiB"));
    }
}
