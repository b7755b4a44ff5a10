//! Resizing of pictures in RGB.

use fast_image_resize::images::{TypedImage, TypedImageRef};
use fast_image_resize::pixels::U8x3;
use fast_image_resize::{ResizeOptions, Resizer};
use image::RgbImage;

/// `source`, or the part of it that `options` name, at a size of width and height in pixels.
///
/// The kind of pixel is named here: the library's other way takes any kind, and has all of them compiled, which takes as long as the rest of this crate.
///
/// # Panics
/// For a part that lies outside of `source`.
pub fn resized(source: &RgbImage, (width, height): (u32, u32), options: &ResizeOptions) -> RgbImage {
    let mut small = RgbImage::new(width, height);
    let full = TypedImageRef::<U8x3>::from_buffer(source.width(), source.height(), source.as_raw());
    let target = TypedImage::<U8x3>::from_buffer(width, height, &mut small);
    let (full, mut target) = full.ok().zip(target.ok()).expect("both have three bytes a pixel");
    Resizer::new().resize_typed(&full, &mut target, options).expect("the part lies inside of the picture");
    small
}
