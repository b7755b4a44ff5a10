//! Pictures without content: black ones, and those of nearly one colour.

use foray_protocol::Junk;
use image::RgbImage;

/// Parts of an evenly dark picture stay below this mean, of 255, and single pixels below the other: a lamp in the night does not.
const DARK_PART: u8 = 24;
const DARK_PIXEL: u8 = 56;
/// A picture of one colour has 99 of 100 pixels within this range, in each of red, green and blue: fog and plain skies span more.
const ONE_COLOUR: u8 = 14;
/// The share of pixels at either end that are left out, as one part of so many.
const OUTLIERS: usize = 200;
/// Side of a part, pixels.
const PART: u32 = 16;

/// Whether the picture is black or blank.
pub(crate) fn emptiness(preview: &RgbImage) -> Option<Junk> {
    if is_black(preview) {
        return Some(Junk::Black);
    }
    (0..3).all(|channel| range(preview, channel) <= ONE_COLOUR).then_some(Junk::Blank)
}

fn is_black(preview: &RgbImage) -> bool {
    preview.as_raw().iter().all(|&value| value < DARK_PIXEL) && part_means(preview).all(|mean| mean < DARK_PART)
}

/// The mean of each part's values, all colours together.
fn part_means(preview: &RgbImage) -> impl Iterator<Item = u8> {
    let (columns, rows) = (preview.width().div_ceil(PART), preview.height().div_ceil(PART));
    (0..rows).flat_map(move |row| (0..columns).map(move |column| part_mean(preview, column * PART, row * PART)))
}

fn part_mean(preview: &RgbImage, left: u32, top: u32) -> u8 {
    let (right, bottom) = ((left + PART).min(preview.width()), (top + PART).min(preview.height()));
    let pixels = (top..bottom).flat_map(|y| (left..right).map(move |x| preview.get_pixel(x, y)));
    let (sum, count) = pixels.flat_map(|pixel| pixel.0).fold((0, 0), |(sum, count), v| (sum + u32::from(v), count + 1));
    (sum / count.max(1)) as u8
}

fn range(preview: &RgbImage, channel: usize) -> u8 {
    let mut counts = [0usize; 256];
    preview.pixels().for_each(|pixel| counts[usize::from(pixel.0[channel])] += 1);
    let spared = preview.pixels().len() / OUTLIERS;
    let (low, high) = (end(&counts, 0..=255, spared), end(&counts, (0..=255).rev(), spared));
    high.saturating_sub(low)
}

/// The first of `values` that has more than `spared` pixels together with those before it.
fn end(counts: &[usize; 256], mut values: impl Iterator<Item = u8>, spared: usize) -> u8 {
    let mut seen = 0;
    let first = values.find(|&value| {
        seen += counts[usize::from(value)];
        seen > spared
    });
    first.unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use image::Rgb;

    use super::*;

    fn noisy(base: u8, noise: u32) -> RgbImage {
        let value = |x: u32, y: u32| base + ((x * 7_919 + y * 104_729) % noise) as u8;
        RgbImage::from_fn(400, 300, |x, y| Rgb([value(x, y), value(y, x), value(x + 1, y)]))
    }

    #[test]
    fn pockets_and_lens_caps_are_black() {
        assert_eq!(emptiness(&noisy(0, 30)), Some(Junk::Black));
        let mut night = noisy(0, 12);
        (0..5).for_each(|x| night.put_pixel(200 + x, 40, Rgb([250, 240, 200])));
        assert_ne!(emptiness(&night), Some(Junk::Black), "a lamp in the night");
    }

    #[test]
    fn one_colour_is_blank_and_a_soft_sky_is_not() {
        assert_eq!(emptiness(&noisy(235, 10)), Some(Junk::Blank));
        let sky = RgbImage::from_fn(400, 300, |_, y| Rgb([120 + (y / 10) as u8, 170, 230]));
        assert_eq!(emptiness(&sky), None);
    }
}
