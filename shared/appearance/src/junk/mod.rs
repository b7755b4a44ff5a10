//! Junk: photos that are hardly worth keeping. Each label would rather miss some than name a good photo.

mod emptiness;
mod screenshot;
mod sharpness;

use foray_protocol::{Junk, PhotoMetadata};
use image::{RgbImage, imageops};

/// Pictures whose long side is shorter are thumbnails of something, in pixels.
const SMALLEST_SIDE: u32 = 200;

/// Why the photo with this preview is junk, if it is.
pub(crate) fn junk(preview: &RgbImage, metadata: &PhotoMetadata) -> Option<Junk> {
    if let Some(empty) = emptiness::emptiness(preview) {
        return Some(empty);
    }
    if metadata.width.max(metadata.height) < SMALLEST_SIDE {
        return Some(Junk::Tiny);
    }
    if screenshot::is_screenshot(preview, metadata) {
        return Some(Junk::Screenshot);
    }
    sharpness::is_blurred(&imageops::grayscale(preview)).then_some(Junk::Blurred)
}

#[cfg(test)]
mod tests {
    use image::Rgb;

    use super::*;

    fn of_size(width: u32, height: u32) -> PhotoMetadata {
        PhotoMetadata { width, height, format: "jpeg".to_owned(), ..PhotoMetadata::default() }
    }

    fn chequered(width: u32, height: u32) -> RgbImage {
        RgbImage::from_fn(width, height, |x, y| Rgb([if (x / 9 + y / 9) % 2 == 0 { 30 } else { 220 }; 3]))
    }

    #[test]
    fn a_sharp_picture_is_fine_and_a_tiny_one_is_not() {
        assert_eq!(junk(&chequered(400, 300), &of_size(4000, 3000)), None);
        assert_eq!(junk(&chequered(200, 150), &of_size(200, 150)), None);
        assert_eq!(junk(&chequered(199, 150), &of_size(199, 150)), Some(Junk::Tiny));
    }

    #[test]
    fn a_black_picture_is_black_whatever_its_size() {
        assert_eq!(junk(&RgbImage::new(40, 30), &of_size(40, 30)), Some(Junk::Black));
    }
}
