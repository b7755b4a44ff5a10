//! Pictures to tensors: resized as Pillow does it, made square, normalised.

use fast_image_resize::images::{Image, ImageRef};
use fast_image_resize::{FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer};

use crate::Picture;
use crate::manifest::{Interpolation, Preprocessing, ResizeMode};

/// Pictures whose sides differ by less than this are squashed rather than cut: nothing is lost, and nothing looks squashed.
const NEARLY_SQUARE: f64 = 0.02;
/// Of a picture longer than this, only the middle is resized.
const LONGEST_ASPECT: u32 = 8;

/// A picture as the visual tower takes it: 32-bit floats, [3, size, size], normalised.
#[derive(Clone, Debug, PartialEq)]
pub struct Pixels {
    pub(crate) values: Vec<f32>,
}

impl Preprocessing {
    /// Resizes, cuts and normalises `picture`.
    pub fn apply(&self, picture: &Picture) -> Pixels {
        Pixels { values: self.normalize(&self.square(picture)) }
    }

    /// The picture as a square of 8-bit pixels, rows from the top.
    fn square(&self, picture: &Picture) -> Vec<u8> {
        let source = &picture.pixels;
        let (left, top, source_width, source_height) = self.used_part(source.width(), source.height());
        let (width, height) = self.resized_size(source_width, source_height);
        let filter = match self.interpolation {
            Interpolation::Bicubic => FilterType::CatmullRom,
            Interpolation::Bilinear => FilterType::Bilinear,
        };
        let part = [left, top, source_width, source_height].map(f64::from);
        let options = ResizeOptions::new()
            .resize_alg(ResizeAlg::Convolution(filter))
            .crop(part[0], part[1], part[2], part[3])
            .use_alpha(false);
        let mut resized = Image::new(width, height, PixelType::U8x3);
        ImageRef::new(source.width(), source.height(), source.as_raw(), PixelType::U8x3)
            .map_err(|error| error.to_string())
            .and_then(|source| {
                Resizer::new().resize(&source, &mut resized, &options).map_err(|error| error.to_string())
            })
            .expect("a decoded picture has at least one pixel, and both images have three bytes a pixel");
        self.cut_middle(resized.buffer(), width, height)
    }

    /// Left, top, width and height of the part that is resized: of a very long picture only the middle, since the rest is
    /// cut off afterwards and would need gigabytes before.
    fn used_part(&self, width: u32, height: u32) -> (u32, u32, u32, u32) {
        if self.resize_mode == ResizeMode::Squash {
            return (0, 0, width, height);
        }
        let used_width = width.min(height.saturating_mul(LONGEST_ASPECT));
        let used_height = height.min(width.saturating_mul(LONGEST_ASPECT));
        ((width - used_width) / 2, (height - used_height) / 2, used_width, used_height)
    }

    fn resized_size(&self, width: u32, height: u32) -> (u32, u32) {
        let aspect = f64::from(width) / f64::from(height);
        if self.resize_mode == ResizeMode::Squash || (aspect - 1.0).abs() < NEARLY_SQUARE {
            return (self.size, self.size);
        }
        let scale = f64::from(self.size) / f64::from(width.min(height));
        let side = |length: u32| ((f64::from(length) * scale).round() as u32).max(self.size);
        (side(width), side(height))
    }

    fn cut_middle(&self, pixels: &[u8], width: u32, height: u32) -> Vec<u8> {
        let (left, top) = ((width - self.size) / 2, (height - self.size) / 2);
        let row = |y: u32| {
            let start = 3 * (y * width + left) as usize;
            &pixels[start..start + 3 * self.size as usize]
        };
        (top..top + self.size).flat_map(row).copied().collect()
    }

    /// From interleaved bytes to planes of floats, (value / 255 - mean) / std.
    fn normalize(&self, square: &[u8]) -> Vec<f32> {
        let plane = square.len() / 3;
        let mut values = vec![0f32; square.len()];
        for (colour, values) in values.chunks_exact_mut(plane).enumerate() {
            let (scale, offset) = (1.0 / (255.0 * self.std[colour]), self.mean[colour] / self.std[colour]);
            for (value, pixel) in values.iter_mut().zip(square.chunks_exact(3)) {
                *value = f32::from(pixel[colour]) * scale - offset;
            }
        }
        values
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{DecodeLimits, Model, decode};

    fn builtin() -> Preprocessing {
        Model::builtin().unwrap().manifest.preprocessing
    }

    /// The squares were made by `tests/goldens/make_goldens.py` with Pillow; both are antialiased bicubic.
    #[test]
    fn squares_are_those_of_pillow() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/goldens");
        for name in ["wide", "tall", "nearly_square", "small"] {
            let load = |file: String| {
                let content = std::fs::read(folder.join(file)).unwrap();
                decode(&content, &DecodeLimits::default()).unwrap()
            };
            let expected = load(format!("{name}.square.png")).pixels.into_raw();
            let got = Preprocessing { size: 96, ..builtin() }.square(&load(format!("{name}.png")));
            let differences: Vec<u32> = got.iter().zip(&expected).map(|(&a, &b)| u32::from(a.abs_diff(b))).collect();
            let mean = differences.iter().sum::<u32>() as f64 / differences.len() as f64 / 255.0;
            assert_eq!(got.len(), expected.len());
            assert!(mean < 0.002 && differences.iter().max() <= Some(&2), "{name}: mean {mean}");
        }
    }

    #[test]
    fn values_are_normalised() {
        let preprocessing = builtin();
        let values = preprocessing.normalize(&[127, 255, 0].repeat(260 * 260));
        assert!(values[0].abs() < 1e-6 && (values[260 * 260] - 1.0).abs() < 1e-6);
        assert!((values[2 * 260 * 260] + 127.0 / 128.0).abs() < 1e-6);
    }

    #[test]
    fn sizes_follow_the_mode() {
        let shortest = builtin();
        assert_eq!(shortest.resized_size(4000, 3000), (347, 260));
        assert_eq!(shortest.resized_size(1000, 995), (260, 260));
        assert_eq!(shortest.used_part(1, 10_000), (0, 4_996, 1, 8));
        assert_eq!(shortest.used_part(4000, 3000), (0, 0, 4000, 3000));
        let squash = Preprocessing { resize_mode: ResizeMode::Squash, ..shortest };
        assert_eq!(squash.resized_size(4000, 3000), (260, 260));
    }
}
