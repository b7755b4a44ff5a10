//! JPEG pictures at a half, a quarter or an eighth of their size, straight from their frequencies: a photo of 12 megapixels in half
//! the time and a sixteenth of the memory.

use image::{DynamicImage, GrayImage, RgbImage};
use jpeg_decoder::{Decoder, PixelFormat};

use crate::Detail;
use crate::turbojpeg::{self, Reduced};

/// The picture in `content`, made smaller by as much as `detail` allows, as it lies in the file. `None` for one that need not be
/// made smaller, or is of a kind that another decoder has to see: damaged, with four colours, with deep colours.
pub(crate) fn decode(content: &[u8], size: (u32, u32), detail: Detail, memory: usize) -> Option<DynamicImage> {
    let eighths = detail.eighths(size.0, size.1)?;
    by_libjpeg_turbo(content, size, eighths).or_else(|| in_rust(content, size, eighths, memory))
}

fn by_libjpeg_turbo(content: &[u8], size: (u32, u32), eighths: u32) -> Option<DynamicImage> {
    let Reduced { pixels, width, height, is_grey } = turbojpeg::decode(content, size, eighths)?;
    if is_grey {
        GrayImage::from_raw(width, height, pixels).map(DynamicImage::from)
    } else {
        RgbImage::from_raw(width, height, pixels).map(DynamicImage::from)
    }
}

fn in_rust(content: &[u8], (width, height): (u32, u32), eighths: u32, memory: usize) -> Option<DynamicImage> {
    let scaled = |side: u32| u16::try_from((side * eighths).div_ceil(8)).ok();
    let mut decoder = Decoder::new(content);
    decoder.set_max_decoding_buffer_size(memory);
    decoder.read_info().ok()?;
    let (width, height) = decoder.scale(scaled(width)?, scaled(height)?).ok()?;
    let pixels = decoder.decode().ok()?;
    match decoder.info()?.pixel_format {
        PixelFormat::RGB24 => RgbImage::from_raw(width.into(), height.into(), pixels).map(DynamicImage::from),
        PixelFormat::L8 => GrayImage::from_raw(width.into(), height.into(), pixels).map(DynamicImage::from),
        PixelFormat::L16 | PixelFormat::CMYK32 => None,
    }
}

#[cfg(test)]
mod tests {
    use image::codecs::jpeg::JpegEncoder;
    use image::imageops;
    use image::{ExtendedColorType, Rgb};

    use super::*;

    /// Smooth waves of colour with some fine structure on them.
    fn picture(width: u32, height: u32) -> RgbImage {
        RgbImage::from_fn(width, height, |x, y| {
            let wave = |period: f32, at: u32| 127.0 + 90.0 * (at as f32 / period).sin();
            let fine = if (x / 12 + y / 12) % 2 == 0 { 20.0 } else { 0.0 };
            Rgb([wave(90.0, x), wave(70.0, y), wave(110.0, x + y)].map(|value| (value + fine) as u8))
        })
    }

    fn jpeg(pixels: &[u8], size: (u32, u32), colour: ExtendedColorType) -> Vec<u8> {
        let mut bytes = vec![];
        JpegEncoder::new_with_quality(&mut bytes, 92).encode(pixels, size.0, size.1, colour).unwrap();
        bytes
    }

    fn detail(short: u32, long: u32) -> Detail {
        Detail::Sides { short, long }
    }

    #[test]
    fn a_reduced_picture_is_the_full_one_made_smaller() {
        let full = picture(1_600, 1_200);
        let bytes = jpeg(&full, full.dimensions(), ExtendedColorType::Rgb8);
        for (eighths, size) in [(4, (800, 600)), (2, (400, 300)), (1, (200, 150))] {
            let expected = imageops::thumbnail(&full, size.0, size.1);
            let by_turbo = by_libjpeg_turbo(&bytes, full.dimensions(), eighths);
            if by_turbo.is_none() {
                eprintln!("skipped: the test of libjpeg-turbo needs libturbojpeg");
            }
            let in_rust = in_rust(&bytes, full.dimensions(), eighths, 1 << 30).unwrap();
            for reduced in by_turbo.into_iter().chain([in_rust]) {
                let reduced = reduced.into_rgb8();
                assert_eq!(reduced.dimensions(), size);
                let difference: f64 = reduced.iter().zip(expected.iter()).map(|(a, b)| f64::from(a.abs_diff(*b))).sum();
                let mean = difference / reduced.len() as f64;
                assert!(mean < 2.5, "{size:?}: {mean}");
            }
        }
        let size = |short| decode(&bytes, full.dimensions(), detail(short, 0), 1 << 30).map(|reduced| reduced.width());
        assert_eq!([size(600), size(300), size(150), size(601)], [Some(800), Some(400), Some(200), None]);
    }

    #[test]
    fn libjpeg_turbo_refuses_what_it_finds_fault_with() {
        let full = picture(640, 480);
        let bytes = jpeg(&full, full.dimensions(), ExtendedColorType::Rgb8);
        for (content, size) in [
            (&bytes[..bytes.len() / 2], (640, 480)),
            (&bytes[..], (641, 480)),
            (&b"\xff\xd8"[..], (640, 480)),
            (&b""[..], (1, 1)),
        ] {
            assert!(by_libjpeg_turbo(content, size, 4).is_none());
        }
    }

    #[test]
    fn grey_pictures_are_reduced_and_others_left_to_another_decoder() {
        let grey = jpeg(&[90; 800 * 600], (800, 600), ExtendedColorType::L8);
        let reduced = decode(&grey, (800, 600), detail(300, 0), 1 << 30).unwrap();
        assert_eq!((reduced.width(), reduced.into_luma8().get_pixel(9, 9).0), (400, [90]));
        assert!(decode(&grey, (800, 600), detail(301, 0), 1 << 30).is_none(), "it need not be smaller");
        assert!(decode(&grey, (800, 600), Detail::Full, 1 << 30).is_none());
        assert!(decode(&grey[..grey.len() / 2], (800, 600), detail(300, 0), 1 << 30).is_none(), "cut");
        assert!(in_rust(&grey, (800, 600), 4, 1_000).is_none(), "too little memory");
    }
}
