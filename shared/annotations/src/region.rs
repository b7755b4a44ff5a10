//! Where in a picture a box is.

use crate::AnnotationError;

/// How far apart two shapes may be to count as one: sizes that were rounded.
const SAME_SHAPE: f64 = 0.02;

/// A part of a picture, in fractions of its sides from its upper left corner: never empty, never outside.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Region {
    left: f64,
    top: f64,
    right: f64,
    bottom: f64,
}

/// A part of a picture in pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PixelBox {
    /// Columns left of it.
    pub left: u32,
    /// Rows above it.
    pub top: u32,
    /// Columns in it, at least 1.
    pub width: u32,
    /// Rows in it, at least 1.
    pub height: u32,
}

impl Region {
    /// What of these edges is inside the picture; `None` where nothing is, and where an edge is no number.
    pub fn clipped(left: f64, top: f64, right: f64, bottom: f64) -> Option<Self> {
        let edges = [left, top, right, bottom];
        if edges.iter().any(|edge| !edge.is_finite()) {
            return None;
        }
        let [left, top, right, bottom] = edges.map(|edge| edge.clamp(0.0, 1.0));
        (left < right && top < bottom).then_some(Self { left, top, right, bottom })
    }

    /// The smallest region that holds all these points, clipped.
    pub(crate) fn around(points: impl IntoIterator<Item = (f64, f64)>) -> Option<Self> {
        let nothing = (f64::INFINITY, f64::INFINITY, f64::NEG_INFINITY, f64::NEG_INFINITY);
        let (left, top, right, bottom) = points
            .into_iter()
            .fold(nothing, |edges, (x, y)| (edges.0.min(x), edges.1.min(y), edges.2.max(x), edges.3.max(y)));
        Self::clipped(left, top, right, bottom)
    }

    /// Left, top, right and bottom edge.
    pub fn edges(&self) -> [f64; 4] {
        [self.left, self.top, self.right, self.bottom]
    }

    /// Its share of the picture, above 0 and at most 1.
    pub fn area(&self) -> f64 {
        (self.right - self.left) * (self.bottom - self.top)
    }

    /// With `margin` of its own width and height more on each side, as far as the picture goes.
    #[must_use]
    pub fn widened(self, margin: f64) -> Self {
        let (x, y) = (margin * (self.right - self.left), margin * (self.bottom - self.top));
        Self::clipped(self.left - x, self.top - y, self.right + x, self.bottom + y).unwrap_or(self)
    }

    /// Where it is once the picture is turned upright as its EXIF orientation (1 to 8) asks for.
    #[must_use]
    pub fn turned(self, orientation: u8) -> Self {
        let Self { left, top, right, bottom } = self;
        let (left, top, right, bottom) = match orientation {
            2 => (1.0 - right, top, 1.0 - left, bottom),
            3 => (1.0 - right, 1.0 - bottom, 1.0 - left, 1.0 - top),
            4 => (left, 1.0 - bottom, right, 1.0 - top),
            5 => (top, left, bottom, right),
            6 => (1.0 - bottom, left, 1.0 - top, right),
            7 => (1.0 - bottom, 1.0 - right, 1.0 - top, 1.0 - left),
            8 => (top, 1.0 - right, bottom, 1.0 - left),
            _ => (left, top, right, bottom),
        };
        Self { left, top, right, bottom }
    }

    /// Where it is in a picture of which the annotation tells the size, if that: upright it is `picture` wide and high, and
    /// `orientation` is what its EXIF data asks for, 1 where it asks for nothing.
    ///
    /// Most programs show and annotate pictures upright, so that is how a box is taken, unless the size in the annotation says that
    /// it was made on a picture lying on its side: then the box is turned with it.
    ///
    /// # Errors
    /// [`AnnotationError::OtherShape`].
    pub fn in_picture(
        self,
        annotated: Option<(u32, u32)>,
        picture: (u32, u32),
        orientation: u8,
    ) -> Result<PixelBox, AnnotationError> {
        let stored = (picture.1, picture.0);
        let region = match annotated {
            Some(annotated) if has_shape(annotated, picture) => self,
            Some(annotated) if (5..=8).contains(&orientation) && has_shape(annotated, stored) => {
                self.turned(orientation)
            }
            Some(annotated) => return Err(AnnotationError::OtherShape { annotated, picture }),
            None => self,
        };
        Ok(region.pixels(picture))
    }

    fn pixels(self, (width, height): (u32, u32)) -> PixelBox {
        let (left, columns) = span(self.left, self.right, width);
        let (top, rows) = span(self.top, self.bottom, height);
        PixelBox { left, top, width: columns, height: rows }
    }
}

/// The first of `count` pixels in a range, and how many are in it.
fn span(from: f64, to: f64, count: u32) -> (u32, u32) {
    let at = |fraction: f64| (fraction * f64::from(count)).round() as u32;
    let first = at(from).min(count.saturating_sub(1));
    (first, at(to).saturating_sub(first).max(1))
}

fn has_shape((width, height): (u32, u32), (other_width, other_height): (u32, u32)) -> bool {
    let (one, other) = (f64::from(width) * f64::from(other_height), f64::from(height) * f64::from(other_width));
    (one - other).abs() <= SAME_SHAPE * one.max(other)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn region(left: f64, top: f64, right: f64, bottom: f64) -> Region {
        Region::clipped(left, top, right, bottom).unwrap()
    }

    #[test]
    fn what_is_outside_is_clipped_and_what_is_empty_is_none() {
        assert_eq!(region(-0.5, 0.25, 0.5, 7.0).edges(), [0.0, 0.25, 0.5, 1.0]);
        for [left, top, right, bottom] in [
            [0.5, 0.0, 0.5, 1.0],
            [0.6, 0.0, 0.5, 1.0],
            [1.0, 0.0, 1.5, 1.0],
            [f64::NAN, 0.0, 1.0, 1.0],
            [0.0, 0.0, f64::INFINITY, 1.0],
        ] {
            assert_eq!(Region::clipped(left, top, right, bottom), None);
        }
        assert_eq!(Region::around([(0.5, 0.25), (0.25, 0.75), (1.5, 0.5)]), Region::clipped(0.25, 0.25, 1.0, 0.75));
        assert_eq!(Region::around([]), None);
    }

    #[test]
    fn a_margin_ends_where_the_picture_does() {
        assert_eq!(region(0.25, 0.5, 0.5, 1.0).widened(0.5).edges(), [0.125, 0.25, 0.625, 1.0]);
    }

    /// The corner of the stored picture that EXIF (tag 0x0112) has in row 0, column 0 of the upright one, and the other way round.
    #[test]
    fn a_box_in_a_corner_goes_where_exif_says_that_the_corner_is() {
        let corner = region(0.0, 0.0, 0.25, 0.125);
        let expected = [
            (1, [0.0, 0.0, 0.25, 0.125]),
            (2, [0.75, 0.0, 1.0, 0.125]),
            (3, [0.75, 0.875, 1.0, 1.0]),
            (4, [0.0, 0.875, 0.25, 1.0]),
            (5, [0.0, 0.0, 0.125, 0.25]),
            (6, [0.875, 0.0, 1.0, 0.25]),
            (7, [0.875, 0.75, 1.0, 1.0]),
            (8, [0.0, 0.75, 0.125, 1.0]),
        ];
        for (orientation, edges) in expected {
            assert_eq!(corner.turned(orientation).edges(), edges, "orientation {orientation}");
        }
    }

    #[test]
    fn a_box_is_turned_only_where_the_annotated_size_is_that_of_the_stored_picture() {
        let corner = region(0.0, 0.0, 0.25, 0.5);
        let at =
            |annotated, orientation| corner.in_picture(annotated, (300, 400), orientation).map_err(|e| e.to_string());
        let upright = PixelBox { left: 0, top: 0, width: 75, height: 200 };
        assert_eq!(at(Some((300, 400)), 6), Ok(upright));
        assert_eq!(at(Some((150, 200)), 1), Ok(upright), "the picture was made larger since");
        assert_eq!(at(None, 6), Ok(upright));
        assert_eq!(at(Some((400, 300)), 6), Ok(PixelBox { left: 150, top: 0, width: 150, height: 100 }));
        let refusal = at(Some((400, 300)), 1).unwrap_err();
        assert!(refusal.contains("400 x 300 pixels; got one of 300 x 400"), "{refusal}");
    }

    #[test]
    fn even_the_thinnest_box_has_a_pixel_inside_the_picture() {
        let pixels = region(0.9999, 0.0, 1.0, 1.0).in_picture(None, (10, 1), 1).unwrap();
        assert_eq!(pixels, PixelBox { left: 9, top: 0, width: 1, height: 1 });
    }
}
