//! Pictures of a screen: PNG files without a camera's notes, in the shape of a screen, with flat areas and straight edges.

use foray_protocol::{Description, PhotoMetadata};
use image::RgbImage;

/// Long side to short side of the screens of computers, tablets and phones.
const SHAPES: [f64; 14] = [
    4.0 / 3.0,
    3.0 / 2.0,
    1.6,
    16.0 / 9.0,
    2.0,
    18.5 / 9.0,
    19.0 / 9.0,
    19.3 / 9.0,
    19.5 / 9.0,
    20.0 / 9.0,
    21.0 / 9.0,
    3440.0 / 1440.0,
    23.0 / 16.0,
    5.0 / 4.0,
];
/// How far a shape may be off, as a share of it: a window or a part of a screen can have any shape, and is let go.
const SHAPE_ERROR: f64 = 0.008;
/// The short side of a screen, pixels, at least.
const SMALLEST_SCREEN: u32 = 480;
/// The share of pixels that equal their neighbours: photographs have noise, and stay below a tenth.
const FLAT: f64 = 0.45;
/// The share of edges that run straight along a side of the picture.
const STRAIGHT: f64 = 0.6;
/// A difference of brightness that makes an edge.
const EDGE: i32 = 24;

/// Whether a photo is a screenshot by its file and its preview.
pub(crate) fn is_screenshot(preview: &RgbImage, metadata: &PhotoMetadata) -> bool {
    let Description { camera, taken_at, position, .. } = &metadata.description;
    let noted = camera.is_some() || taken_at.is_some() || position.is_some();
    metadata.format == "png" && !noted && has_a_screens_shape(metadata) && shows_a_screen(preview)
}

fn has_a_screens_shape(metadata: &PhotoMetadata) -> bool {
    let (long, short) = (metadata.width.max(metadata.height), metadata.width.min(metadata.height));
    let shape = f64::from(long) / f64::from(short.max(1));
    short >= SMALLEST_SCREEN && SHAPES.iter().any(|screen| (shape / screen - 1.0).abs() < SHAPE_ERROR)
}

fn shows_a_screen(preview: &RgbImage) -> bool {
    let (mut flat, mut edges, mut straight, mut pixels) = (0, 0, 0, 0);
    for y in 0..preview.height().saturating_sub(1) {
        for x in 0..preview.width().saturating_sub(1) {
            let here = preview.get_pixel(x, y).0;
            let (right, below) = (preview.get_pixel(x + 1, y).0, preview.get_pixel(x, y + 1).0);
            let across = difference(here, right);
            let down = difference(here, below);
            pixels += 1;
            flat += usize::from(here == right && here == below);
            edges += usize::from(across.max(down) >= EDGE);
            straight += usize::from(across.max(down) >= EDGE && across.min(down) < EDGE / 3);
        }
    }
    let share = |part: usize, whole: usize| part as f64 / whole.max(1) as f64;
    share(flat, pixels) >= FLAT && edges > 0 && share(straight, edges) >= STRAIGHT
}

fn difference(a: [u8; 3], b: [u8; 3]) -> i32 {
    a.iter().zip(b).map(|(&a, b)| (i32::from(a) - i32::from(b)).abs()).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use image::Rgb;

    use super::*;

    fn png(width: u32, height: u32) -> PhotoMetadata {
        PhotoMetadata { width, height, format: "png".to_owned(), ..PhotoMetadata::default() }
    }

    /// Windows with a title and lines of something like text.
    fn screen(width: u32, height: u32) -> RgbImage {
        RgbImage::from_fn(width, height, |x, y| match (x, y) {
            (_, 0..12) => Rgb([40, 60, 110]),
            (0..60, _) => Rgb([225, 228, 235]),
            (70..200, 30..) if y % 8 < 3 && x % 5 < 3 => Rgb([30, 30, 30]),
            _ => Rgb([250, 250, 250]),
        })
    }

    fn photo(width: u32, height: u32) -> RgbImage {
        RgbImage::from_fn(width, height, |x, y| Rgb([((x * 3 + y * y) % 251) as u8, (x + y) as u8, (y * 2) as u8]))
    }

    #[test]
    fn a_screens_shape_and_content_together_make_a_screenshot() {
        assert!(is_screenshot(&screen(400, 225), &png(1920, 1080)));
        assert!(is_screenshot(&screen(185, 400), &png(1170, 2532)));
        assert!(!is_screenshot(&screen(400, 225), &png(1920, 1280 + 40)), "not a screen's shape");
        assert!(!is_screenshot(&photo(400, 225), &png(1920, 1080)), "a photo saved as PNG");
    }

    #[test]
    fn a_camera_makes_no_screenshots() {
        let jpeg = PhotoMetadata { format: "jpeg".to_owned(), ..png(1920, 1080) };
        assert!(!is_screenshot(&screen(400, 225), &jpeg));
        let canon = Description { camera: Some("Canon EOS 5D".to_owned()), ..Description::default() };
        let taken = PhotoMetadata { description: canon, ..png(1920, 1080) };
        assert!(!is_screenshot(&screen(400, 225), &taken));
    }
}
