//! The placeholder: what a page paints until a thumbnail is there (Evan Wallace, "ThumbHash"), in some 25 bytes.

use foray_protocol::ThumbHash;
use image::RgbImage;
use image::imageops::thumbnail;

/// The largest side that the algorithm takes, pixels; it keeps a few of the lowest frequencies only.
const LONG_SIDE: u32 = 100;

/// The placeholder of a preview.
pub(crate) fn thumbhash(preview: &RgbImage) -> ThumbHash {
    let (width, height) = preview.dimensions();
    let longest = width.max(height).max(LONG_SIDE);
    let scaled = |side: u32| (side * LONG_SIDE / longest).max(1);
    let small = thumbnail(preview, scaled(width), scaled(height));
    let opaque: Vec<u8> = small.pixels().flat_map(|pixel| [pixel[0], pixel[1], pixel[2], u8::MAX]).collect();
    ThumbHash::from_bytes(thumbhash::rgba_to_thumb_hash(small.width() as usize, small.height() as usize, &opaque))
}

#[cfg(test)]
mod tests {
    use image::Rgb;

    use super::*;

    #[test]
    fn a_placeholder_shows_the_colours_where_they_are() {
        let halves = |x: u32| if x < 200 { Rgb([220, 30, 30]) } else { Rgb([30, 30, 220]) };
        let hash = thumbhash(&RgbImage::from_fn(400, 300, |x, _| halves(x)));
        assert!(hash.as_bytes().len() <= 25, "{hash:?}");
        let (width, height, pixels) = thumbhash::thumb_hash_to_rgba(hash.as_bytes()).unwrap();
        let at = |x: usize| &pixels[4 * (height / 2 * width + x)..][..4];
        let (left, right) = (at(1), at(width - 2));
        assert!(width > height && left[0] > left[2] && right[2] > right[0], "{left:?} {right:?}");
    }

    #[test]
    fn pictures_of_any_shape_have_one() {
        for (width, height) in [(1, 1), (400, 1), (3, 400), (100, 100)] {
            assert!(!thumbhash(&RgbImage::new(width, height)).as_bytes().is_empty());
        }
    }
}
