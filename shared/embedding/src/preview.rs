//! Previews: the small JPEG files that a library keeps of its photos.

use fast_image_resize::{FilterType, ResizeAlg, ResizeOptions};
use image::codecs::jpeg::JpegEncoder;
use image::{ImageResult, RgbImage};

use crate::{Detail, resized};

const LONG_SIDE: u32 = 400;
/// A preview is made of twice its pixels at least, so that resizing has something to average.
pub const PREVIEW_DETAIL: Detail = Detail::Sides { short: 0, long: 2 * LONG_SIDE };
const QUALITY: u8 = 82;

/// The picture with its long side at most 400 pixels (a smaller one keeps its size), and the same as a JPEG.
///
/// # Errors
/// Those of the encoder.
pub fn preview(picture: &RgbImage) -> ImageResult<(RgbImage, Vec<u8>)> {
    let small = shrink(picture);
    let mut jpeg = vec![];
    JpegEncoder::new_with_quality(&mut jpeg, QUALITY).encode_image(&small)?;
    Ok((small, jpeg))
}

fn shrink(picture: &RgbImage) -> RgbImage {
    // Hamming is as sharp as bicubic when shrinking, at half the cost.
    let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FilterType::Hamming));
    resized(picture, size(picture.dimensions()), &options)
}

fn size((width, height): (u32, u32)) -> (u32, u32) {
    let scale = (f64::from(LONG_SIDE) / f64::from(width.max(height))).min(1.0);
    let scaled = |side: u32| ((f64::from(side) * scale).round() as u32).max(1);
    (scaled(width), scaled(height))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_long_side_is_limited_and_the_shape_kept() {
        assert_eq!(size((4000, 3000)), (400, 300));
        assert_eq!(size((3000, 4000)), (300, 400));
        assert_eq!(size((120, 80)), (120, 80));
        assert_eq!(size((90_000, 3)), (400, 1));
    }

    #[test]
    fn a_preview_is_a_small_jpeg() {
        let (small, jpeg) = preview(&RgbImage::from_pixel(1000, 500, image::Rgb([200, 30, 30]))).unwrap();
        let read = image::load_from_memory(&jpeg).unwrap().into_rgb8();
        assert_eq!((small.dimensions(), read.dimensions()), ((400, 200), (400, 200)));
        assert!(read.get_pixel(200, 100).0[0] > 180);
    }
}
