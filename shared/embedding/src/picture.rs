//! Pictures out of untrusted bytes: limits before decoding, upright, on white, and no panic gets out.

use std::cell::Cell;
use std::error::Error;
use std::io::{self, Cursor};
use std::panic::{self, AssertUnwindSafe};

use image::metadata::Orientation;
use image::{
    DynamicImage, ImageDecoder, ImageError, ImageFormat, ImageReader, ImageResult, Limits, RgbImage, RgbaImage,
};
use jxl_oxide::JxlThreadPool;
use jxl_oxide::integration::JxlDecoder;
use serde::{Deserialize, Serialize};

use crate::libheif::{self, HeifDecoder};
use crate::{EmbeddingError, isolation, raw, reduced_jpeg, turbojpeg};

/// Bytes that a decoder may allocate beside the picture.
const DECODER_MEMORY: u64 = 512 << 20;

/// Of a picture as it leaves its decoder, at the limit of pixels: red, green, blue and alpha in 8 bits.
const BYTES_A_PIXEL: u64 = 4;

/// The format of all RAW files.
const RAW: &str = "raw";

/// A decoded picture.
#[derive(Clone, Debug)]
pub struct Picture {
    /// 8-bit red, green and blue, upright, on white where it was transparent; fewer than the picture has where less
    /// [`Detail`] was asked for.
    pub pixels: RgbImage,
    /// Width of the picture in pixels, upright.
    pub width: u32,
    /// Height of the picture in pixels, upright.
    pub height: u32,
    /// `jpeg`, `jxl`, `png`, `webp`, `gif`, `tiff`, `bmp`, `heic`, `avif` or `raw`.
    pub format: &'static str,
}

/// How much of a picture is needed: large JPEG files are decoded faster to fewer pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Detail {
    /// Every pixel.
    Full,
    /// At least so many pixels on each side, where the picture has them.
    Sides {
        /// Of the shorter side.
        short: u32,
        /// Of the longer side.
        long: u32,
    },
}

impl Detail {
    /// As much as both of them need.
    #[must_use]
    pub fn at_least(self, other: Self) -> Self {
        match (self, other) {
            (Self::Sides { short, long }, Self::Sides { short: other_short, long: other_long }) => {
                Self::Sides { short: short.max(other_short), long: long.max(other_long) }
            }
            _ => Self::Full,
        }
    }

    /// The eighths of its sides, 1, 2 or 4, to which a picture of this size may be reduced; `None` if it may not.
    pub(crate) fn eighths(self, width: u32, height: u32) -> Option<u32> {
        let Self::Sides { short, long } = self else { return None };
        let is_enough =
            |eighths: &u32| width.min(height) * eighths >= 8 * short && width.max(height) * eighths >= 8 * long;
        [1, 2, 4].into_iter().find(is_enough)
    }
}

/// What is refused before it is decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
pub fn decode(content: &[u8], limits: &DecodeLimits, detail: Detail) -> Result<Picture, EmbeddingError> {
    decode_admitted(content, limits, detail, |_| ())
}

/// The same, once `admit` returns: it is told how many bytes the picture will take, about.
///
/// # Errors
/// Those of [`decode`].
pub fn decode_admitted(
    content: &[u8],
    limits: &DecodeLimits,
    detail: Detail,
    admit: impl FnOnce(u64),
) -> Result<Picture, EmbeddingError> {
    if content.is_empty() {
        return Err(EmbeddingError::EmptyFile);
    }
    if content.len() > limits.max_bytes {
        let mebibytes = |bytes: usize| format!("{} MiB", bytes >> 20);
        let (got, limit) = (mebibytes(content.len()), mebibytes(limits.max_bytes));
        return Err(EmbeddingError::TooLarge { what: "the file", got, limit });
    }
    let mut admit = Some(admit);
    let mut admit_once = |bytes| admit.take().into_iter().for_each(|admit| admit(bytes));
    if let Some(outcome) = isolation::decode_elsewhere(content, limits, detail, &mut admit_once) {
        return outcome;
    }
    decode_here(content, limits, detail, admit_once)
}

/// Decodes in this process, whatever was said of isolation.
pub(crate) fn decode_here(
    content: &[u8],
    limits: &DecodeLimits,
    detail: Detail,
    admit: impl FnOnce(u64),
) -> Result<Picture, EmbeddingError> {
    let source = Source::of(content)?;
    let name = source.format.name();
    DECODES.set(true);
    let outcome = panic::catch_unwind(AssertUnwindSafe(|| source.decode(limits, detail, admit)));
    DECODES.set(false);
    outcome.unwrap_or_else(|_| Err(damaged(name, "its decoder broke down over it")))
}

thread_local! {
    static DECODES: Cell<bool> = const { Cell::new(false) };
}

/// Whether this thread is decoding a picture. A panic there is told of as the picture's fault, and needs no other message.
pub fn is_decoding() -> bool {
    DECODES.get()
}

/// Loads what decoders load when they are first used: a process that is confined can load nothing later.
pub(crate) fn load_libraries() {
    let _ = turbojpeg::is_there();
    if libheif::is_there() {
        // Its own plug-ins, too, which it looks for when it is first asked; there is nothing to read.
        drop(HeifDecoder::new(&[], Format::Heic.name()));
    }
}

/// The format of this name.
pub(crate) fn format_named(name: &str) -> Option<&'static str> {
    Format::ALL.map(Format::name).into_iter().chain([RAW]).find(|format| *format == name)
}

/// What a picture is decoded from.
struct Source<'a> {
    content: &'a [u8],
    format: Format,
    is_raw: bool,
    /// How it lies, where the file says so beside the picture.
    orientation: Option<Orientation>,
}

impl<'a> Source<'a> {
    fn of(content: &'a [u8]) -> Result<Self, EmbeddingError> {
        if raw::is_raw(content) {
            return Self::of_raw(content);
        }
        let format = Format::of(content).ok_or(EmbeddingError::NotAPicture)?;
        if matches!(format, Format::Heic | Format::Avif) && !libheif::is_there() {
            return Err(EmbeddingError::NeedsLibheif { format: format.name().to_uppercase() });
        }
        Ok(Self { content, format, is_raw: false, orientation: None })
    }

    /// The picture that the camera put beside the sensor's values.
    fn of_raw(content: &'a [u8]) -> Result<Self, EmbeddingError> {
        let preview = raw::preview(content).ok_or_else(|| EmbeddingError::UnsupportedKind {
            format: RAW.to_uppercase(),
            reason: "there is no JPEG preview in it, which is what is shown of RAW files".to_owned(),
        })?;
        Ok(Self { content: preview, format: Format::Jpeg, is_raw: true, orientation: raw::orientation(content) })
    }

    fn decode(
        &self,
        limits: &DecodeLimits,
        detail: Detail,
        admit: impl FnOnce(u64),
    ) -> Result<Picture, EmbeddingError> {
        let Self { content, format, is_raw, orientation } = *self;
        let name = format.name();
        let undecodable = |error: ImageError| undecodable(name, &error);
        let mut decoder = format.decoder(content).map_err(undecodable)?;
        let size = decoder.dimensions();
        check_size(name, size, limits)?;
        check_memory(decoder.total_bytes(), limits)?;
        let mut memory = Limits::no_limits();
        memory.max_alloc = Some(decoder.total_bytes().saturating_add(DECODER_MEMORY));
        decoder.set_limits(memory).map_err(undecodable)?;
        let orientation = orientation.or_else(|| format.orientation(content, decoder.as_mut()));
        admit(self.memory(size, detail, decoder.total_bytes()));
        let reduced = match format {
            Format::Jpeg => reduced_jpeg::decode(content, size, detail, decoder.total_bytes() as usize),
            _ => None,
        };
        let mut image = match reduced {
            Some(image) => image,
            None => DynamicImage::from_decoder(decoder).map_err(undecodable)?,
        };
        orientation.into_iter().for_each(|orientation| image.apply_orientation(orientation));
        let (width, height) = upright(size, orientation);
        let format = if is_raw { RAW } else { name };
        Ok(Picture { width, height, pixels: on_white(image), format })
    }

    /// Bytes that decoding takes: the picture, and once more while it is turned or made 8 bits deep.
    fn memory(&self, (width, height): (u32, u32), detail: Detail, bytes: u64) -> u64 {
        let eighths = match self.format {
            Format::Jpeg => detail.eighths(width, height).unwrap_or(8),
            _ => 8,
        };
        2 * bytes * u64::from(eighths * eighths) / 64
    }
}

/// A format that is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    Jpeg,
    JpegXl,
    Png,
    WebP,
    Gif,
    Tiff,
    Bmp,
    Heic,
    Avif,
}

impl Format {
    const ALL: [Self; 9] =
        [Self::Jpeg, Self::JpegXl, Self::Png, Self::WebP, Self::Gif, Self::Tiff, Self::Bmp, Self::Heic, Self::Avif];

    /// A bare codestream, and one in a box (ISO/IEC 18181-2).
    const JPEG_XL_STARTS: [&[u8]; 2] = [&[0xff, 0x0a], b"\0\0\0\x0cJXL \r\n\x87\n"];

    fn of(content: &[u8]) -> Option<Self> {
        if Self::JPEG_XL_STARTS.iter().any(|start| content.starts_with(start)) {
            return Some(Self::JpegXl);
        }
        if let Some(format) = Self::of_brand(content) {
            return Some(format);
        }
        Some(match image::guess_format(content).ok()? {
            ImageFormat::Jpeg => Self::Jpeg,
            ImageFormat::Png => Self::Png,
            ImageFormat::WebP => Self::WebP,
            ImageFormat::Gif => Self::Gif,
            ImageFormat::Tiff => Self::Tiff,
            ImageFormat::Bmp => Self::Bmp,
            _ => return None,
        })
    }

    /// By the brand in the box that opens a file (ISO/IEC 23008-12, annex B; AV1 Image File Format, section 9).
    fn of_brand(content: &[u8]) -> Option<Self> {
        match content.get(4..12)? {
            b"ftypheic" | b"ftypheix" | b"ftyphevc" | b"ftyphevx" | b"ftypmif1" | b"ftypmsf1" => Some(Self::Heic),
            b"ftypavif" | b"ftypavis" => Some(Self::Avif),
            _ => None,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Jpeg => "jpeg",
            Self::JpegXl => "jxl",
            Self::Png => "png",
            Self::WebP => "webp",
            Self::Gif => "gif",
            Self::Tiff => "tiff",
            Self::Bmp => "bmp",
            Self::Heic => "heic",
            Self::Avif => "avif",
        }
    }

    fn decoder<'a>(self, content: &'a [u8]) -> ImageResult<Box<dyn ImageDecoder + 'a>> {
        let of_image = |format| {
            let decoder = ImageReader::with_format(Cursor::new(content), format).into_decoder()?;
            Ok(Box::new(decoder) as Box<dyn ImageDecoder + 'a>)
        };
        match self {
            Self::JpegXl => Ok(Box::new(JxlDecoder::with_thread_pool(Cursor::new(content), JxlThreadPool::none())?)),
            Self::Heic | Self::Avif => Ok(Box::new(HeifDecoder::new(content, self.name())?)),
            Self::Jpeg => of_image(ImageFormat::Jpeg),
            Self::Png => of_image(ImageFormat::Png),
            Self::WebP => of_image(ImageFormat::WebP),
            Self::Gif => of_image(ImageFormat::Gif),
            Self::Tiff => of_image(ImageFormat::Tiff),
            Self::Bmp => of_image(ImageFormat::Bmp),
        }
    }

    /// How the decoded picture lies; `None` where that cannot be told, and a picture is upright as it is.
    fn orientation(self, content: &[u8], decoder: &mut dyn ImageDecoder) -> Option<Orientation> {
        match self {
            // Their decoders turn them as the codestream or the container says, which goes before EXIF.
            Self::JpegXl | Self::Heic | Self::Avif => None,
            Self::WebP => {
                let exif = webp_exif(content)?;
                // Some files keep JPEG's prefix there.
                Orientation::from_exif_chunk(exif.strip_prefix(b"Exif\0\0").unwrap_or(exif))
            }
            _ => decoder.orientation().ok(),
        }
    }
}

fn upright((width, height): (u32, u32), orientation: Option<Orientation>) -> (u32, u32) {
    use Orientation::{Rotate90, Rotate90FlipH, Rotate270, Rotate270FlipH};
    match orientation {
        Some(Rotate90 | Rotate90FlipH | Rotate270 | Rotate270FlipH) => (height, width),
        _ => (width, height),
    }
}

/// The EXIF block of a WebP file (RFC 9649). Its decoder makes room for as many bytes as the file says that there are, up to 4 GiB.
fn webp_exif(content: &[u8]) -> Option<&[u8]> {
    let mut chunks = content.get(12..)?;
    loop {
        let ([kind @ .., a, b, c, d], rest) = chunks.split_first_chunk::<8>()?;
        let size = u32::from_le_bytes([*a, *b, *c, *d]) as usize;
        if kind == b"EXIF" {
            return rest.get(..size);
        }
        chunks = rest.get(size.checked_next_multiple_of(2)?..)?;
    }
}

fn damaged(format: &str, reason: &str) -> EmbeddingError {
    EmbeddingError::Damaged { format: format.to_uppercase(), reason: reason.to_owned() }
}

/// The decoder's error as a sentence, without the frame of words that every decoder puts round it.
fn undecodable(format: &str, error: &ImageError) -> EmbeddingError {
    let reason = error.source().map_or_else(|| error.to_string(), ToString::to_string);
    match error {
        ImageError::Unsupported(_) => EmbeddingError::UnsupportedKind { format: format.to_uppercase(), reason },
        ImageError::IoError(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
            damaged(format, "it ends too early")
        }
        _ => damaged(format, &reason),
    }
}

fn check_size(format: &str, (width, height): (u32, u32), limits: &DecodeLimits) -> Result<(), EmbeddingError> {
    let pixels = u64::from(width) * u64::from(height);
    if pixels == 0 {
        return Err(damaged(format, "it has no pixels"));
    }
    if pixels <= limits.max_pixels && width.max(height) <= limits.max_side {
        return Ok(());
    }
    let got = format!("{width} x {height} pixels");
    let limit = format!("{} million pixels or {} on a side", limits.max_pixels / 1_000_000, limits.max_side);
    Err(EmbeddingError::TooLarge { what: "the picture", got, limit })
}

/// Deep colours take up to 16 bytes a pixel: the largest of pictures may not have them all.
fn check_memory(bytes: u64, limits: &DecodeLimits) -> Result<(), EmbeddingError> {
    let most = limits.max_pixels.saturating_mul(BYTES_A_PIXEL);
    if bytes <= most {
        return Ok(());
    }
    let mebibytes = |bytes: u64| format!("{} MiB", bytes.div_ceil(1 << 20));
    Err(EmbeddingError::TooLarge { what: "the decoded picture", got: mebibytes(bytes), limit: mebibytes(most) })
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

    fn encoded(image: impl Into<DynamicImage>, format: ImageFormat) -> Vec<u8> {
        let mut bytes = vec![];
        image.into().write_to(&mut Cursor::new(&mut bytes), format).unwrap();
        bytes
    }

    fn png(image: impl Into<DynamicImage>) -> Vec<u8> {
        encoded(image, ImageFormat::Png)
    }

    fn decode_default(content: &[u8]) -> Result<Picture, EmbeddingError> {
        decode(content, &DecodeLimits::default(), Detail::Full)
    }

    /// The decoder of this format would ask for 3 GB, where a chunk of metadata says that it has as many bytes.
    #[test]
    fn metadata_that_a_webp_file_only_promises_is_not_waited_for() {
        let image = encoded(RgbImage::new(2, 1), ImageFormat::WebP);
        let extended = |exif: &[u8]| {
            let head = [b"RIFF\xff\0\0\0WEBPVP8X\x0a\0\0\0\x08\0\0\0\x01\0\0\0\0\0".as_slice(), &image[12..], b"EXIF"];
            [head.concat().as_slice(), exif].concat()
        };
        let promised = decode_default(&extended(b"\xff\xff\xff\xafMM")).unwrap();
        assert_eq!((promised.width, promised.height), (2, 1));
        let turned = b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0";
        let whole = extended(&[(turned.len() as u32).to_le_bytes().as_slice(), turned].concat());
        let prefixed = extended(&[(turned.len() as u32 + 6).to_le_bytes().as_slice(), b"Exif\0\0", turned].concat());
        for content in [whole, prefixed] {
            let picture = decode_default(&content).unwrap();
            assert_eq!((picture.width, picture.height), (1, 2));
        }
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
        let mut bytes = encoded(RgbaImage::new(1, 1), ImageFormat::Gif);
        // Width and height in a GIF's header, which no checksum guards.
        bytes[6..10].fill(0xff);
        let error = decode_default(&bytes).unwrap_err().to_string();
        assert!(error.contains("65535 x 65535 pixels, more than the limit of 200 million"), "{error}");
    }

    #[test]
    fn limits_are_kept() {
        let refusal = |image: DynamicImage, limits: DecodeLimits| {
            decode(&png(image), &limits, Detail::Full).err().map(|error| error.to_string()).unwrap_or_default()
        };
        let limits = |max_pixels, max_side| DecodeLimits { max_pixels, max_side, ..DecodeLimits::default() };
        let picture = || DynamicImage::from(RgbImage::new(4, 3));
        assert_eq!(refusal(picture(), limits(12, 4)), "");
        assert!(refusal(picture(), limits(11, 4)).contains("4 x 3 pixels"));
        assert!(refusal(picture(), limits(12, 3)).contains("3 on a side"));
        assert!(refusal(DynamicImage::new_rgba16(4, 3), limits(12, 4)).contains("the decoded picture"));
    }

    #[test]
    fn failures_are_sentences() {
        assert_eq!(decode_default(b"").unwrap_err().to_string(), "this file is empty");
        assert!(decode_default(b"hello, world").unwrap_err().to_string().contains("JPEG, PNG"));
        let cut = &png(RgbImage::new(64, 64))[..60];
        assert!(decode_default(cut).unwrap_err().to_string().starts_with("the PNG data is damaged: "));
        let limits = DecodeLimits { max_bytes: 1 << 20, ..DecodeLimits::default() };
        assert!(decode(&vec![0; 3 << 20], &limits, Detail::Full).unwrap_err().to_string().contains("3 MiB"));
    }
}
