//! Pictures to tensors: resized as Pillow does it, made square as open_clip does it, normalised.

use fast_image_resize::{FilterType, ResizeAlg, ResizeOptions};

use crate::Picture;
use crate::manifest::{Interpolation, Preprocessing, ResizeMode};
use crate::resizing::resized;

/// A picture as the visual tower takes it: 32-bit floats, [3, size, size], normalised.
#[derive(Clone, Debug, PartialEq)]
pub struct Pixels {
    pub(crate) values: Vec<f32>,
}

/// A part of a picture along one axis, in pixels and parts of pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Span {
    start: f64,
    length: f64,
}

impl Span {
    fn whole(length: u32) -> Self {
        Self { start: 0.0, length: length.into() }
    }

    /// The part of `length` pixels that becomes the middle `size` pixels once the whole is resized to `resized` pixels.
    fn middle(length: u32, resized: u32, size: u32) -> Self {
        let scale = f64::from(length) / f64::from(resized);
        // Half pixels go to the even side, as they do in Python.
        let cut = (f64::from(resized - size) / 2.0).round_ties_even();
        let (start, used) = (cut * scale, f64::from(size) * scale);
        Self { start, length: used.min(f64::from(length) - start) }
    }
}

impl Preprocessing {
    /// Resizes, cuts or fills up, and normalises `picture`.
    pub fn apply(&self, picture: &Picture) -> Pixels {
        Pixels { values: self.normalize(&self.square(picture)) }
    }

    /// The picture as a square of 8-bit pixels, rows from the top.
    fn square(&self, picture: &Picture) -> Vec<u8> {
        let (width, height) = (picture.pixels.width(), picture.pixels.height());
        match self.resize_mode {
            ResizeMode::Shortest => {
                let (x, y) = self.middle(width, height);
                self.resize(picture, x, y, (self.size, self.size))
            }
            ResizeMode::Squash => self.resize(picture, Span::whole(width), Span::whole(height), (self.size, self.size)),
            ResizeMode::Longest => {
                let inner = self.inner_size(width, height);
                self.fill_up(&self.resize(picture, Span::whole(width), Span::whole(height), inner), inner)
            }
        }
    }

    /// The middle that is left once the short side is resized to the size. Only this part is resized: of a very long picture
    /// the whole would take gigabytes.
    fn middle(&self, width: u32, height: u32) -> (Span, Span) {
        let short = width.min(height);
        let resized = |length: u32| (u64::from(self.size) * u64::from(length) / u64::from(short)) as u32;
        (Span::middle(width, resized(width), self.size), Span::middle(height, resized(height), self.size))
    }

    /// Width and height once the long side is resized to the size.
    fn inner_size(&self, width: u32, height: u32) -> (u32, u32) {
        let ratio = f64::from(width.max(height)) / f64::from(self.size);
        let side = |length: u32| ((f64::from(length) / ratio).round_ties_even() as u32).clamp(1, self.size);
        (side(width), side(height))
    }

    fn resize(&self, picture: &Picture, x: Span, y: Span, size: (u32, u32)) -> Vec<u8> {
        let filter = match self.interpolation {
            Interpolation::Bicubic => FilterType::CatmullRom,
            Interpolation::Bilinear => FilterType::Bilinear,
        };
        let options =
            ResizeOptions::new().resize_alg(ResizeAlg::Convolution(filter)).crop(x.start, y.start, x.length, y.length);
        resized(&picture.pixels, size, &options).into_raw()
    }

    /// `pixels`, of this width and height, in the middle of a square of the filling colour.
    fn fill_up(&self, pixels: &[u8], (width, height): (u32, u32)) -> Vec<u8> {
        let mut square = vec![self.fill_color; 3 * (self.size * self.size) as usize];
        let (left, top) = ((self.size - width) / 2, (self.size - height) / 2);
        for (row, y) in pixels.chunks_exact(3 * width as usize).zip(top..) {
            let start = 3 * (y * self.size + left) as usize;
            square[start..start + row.len()].copy_from_slice(row);
        }
        square
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
    use std::collections::BTreeMap;
    use std::fs;
    use std::path::{Path, PathBuf};

    use super::*;
    use crate::{DecodeLimits, Detail, Model, decode};

    fn load(file: &Path) -> Picture {
        decode(&fs::read(file).unwrap(), &DecodeLimits::default(), Detail::Full).unwrap()
    }

    fn files(folder: &Path) -> Vec<PathBuf> {
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect()
    }

    /// The squares were made by `tests/goldens/make_families.py` with open_clip's transforms on Pillow.
    #[test]
    fn squares_are_those_of_the_reference_in_every_mode() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/goldens/families/pictures");
        let modes: BTreeMap<String, Preprocessing> =
            serde_json::from_slice(&fs::read(folder.join("modes.json")).unwrap()).unwrap();
        assert_eq!(modes.len(), 4);
        for (mode, preprocessing) in modes {
            let squares = files(&folder.join(&mode));
            assert!(squares.len() >= 9, "{mode}");
            for file in squares {
                let picture = load(&folder.join(file.file_stem().unwrap()));
                assert_close(&preprocessing.square(&picture), load(&file).pixels.as_raw(), &file);
            }
        }
    }

    /// Within 1/255 each, 0.002 on average; JPEG decoders differ by one more among themselves.
    fn assert_close(got: &[u8], expected: &[u8], file: &Path) {
        assert_eq!(got.len(), expected.len());
        let differences: Vec<u32> = got.iter().zip(expected).map(|(&a, &b)| u32::from(a.abs_diff(b))).collect();
        let mean = f64::from(differences.iter().sum::<u32>()) / differences.len() as f64 / 255.0;
        let largest = differences.iter().max().unwrap();
        let allowed = if file.to_string_lossy().contains(".jpg") { 2 } else { 1 };
        assert!(mean <= 0.002 && *largest <= allowed, "{}: mean {mean}, largest {largest}", file.display());
    }

    #[test]
    fn values_are_normalised() {
        let preprocessing = Model::builtin().unwrap().manifest.preprocessing;
        let values = preprocessing.normalize(&[127, 255, 0].repeat(260 * 260));
        assert!(values[0].abs() < 1e-6 && (values[260 * 260] - 1.0).abs() < 1e-6);
        assert!((values[2 * 260 * 260] + 127.0 / 128.0).abs() < 1e-6);
    }

    #[test]
    fn of_a_very_long_picture_only_the_middle_is_resized() {
        let preprocessing = Model::builtin().unwrap().manifest.preprocessing;
        let (x, y) = preprocessing.middle(1, 60_000);
        assert_eq!((x, y.length), (Span::whole(1), 1.0));
        assert!((y.start + 0.5 - 30_000.0).abs() <= 0.5);
        let (x, y) = preprocessing.middle(4000, 3000);
        assert_eq!(y, Span::whole(3000));
        assert!((x.length - 3000.0).abs() < 10.0 && (x.start + x.length / 2.0 - 2000.0).abs() < 10.0);
    }
}
