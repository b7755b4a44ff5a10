//! Feeds bytes to the decoder of pictures, whole and reduced: it keeps its limits, and both tell of the same picture.
#![no_main]

use foray_embedding::{DecodeLimits, Detail, Picture, decode};
use foray_fuzz::count_own_panics_only;
use libfuzzer_sys::fuzz_target;

const LIMITS: DecodeLimits = DecodeLimits { max_bytes: 1 << 20, max_pixels: 1 << 20, max_side: 4_096 };
/// Of the reduced picture's shorter side.
const SHORT: u32 = 16;

fuzz_target!(init: count_own_panics_only(), |content: &[u8]| {
    let whole = decode(content, &LIMITS, Detail::Full);
    if let Ok(picture) = &whole {
        check(picture);
        assert_eq!(picture.pixels.dimensions(), (picture.width, picture.height));
    }
    // No other kinds are decoded to less than they hold.
    if content.starts_with(b"\xff\xd8") || whole.as_ref().is_ok_and(|picture| picture.format == "raw") {
        let reduced = decode(content, &LIMITS, Detail::Sides { short: SHORT, long: 0 });
        if let Ok(reduced) = &reduced {
            check(reduced);
            let Picture { pixels, width, height, .. } = reduced;
            assert!(pixels.width().min(pixels.height()) >= SHORT.min(*width).min(*height));
            assert!(pixels.width() <= *width && pixels.height() <= *height);
        }
        if let (Ok(whole), Ok(reduced)) = (whole, reduced) {
            assert_eq!((whole.width, whole.height, whole.format), (reduced.width, reduced.height, reduced.format));
        }
    }
});

fn check(Picture { width, height, format, .. }: &Picture) {
    assert!(*width > 0 && *height > 0);
    assert!((*width).max(*height) <= LIMITS.max_side);
    assert!(u64::from(*width) * u64::from(*height) <= LIMITS.max_pixels);
    assert!(["jpeg", "jxl", "png", "webp", "gif", "tiff", "bmp", "heic", "avif", "raw"].contains(format));
}
