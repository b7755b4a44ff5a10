//! The map: every photo's place on a plane, on which photos that look alike lie together.
//!
//! A layout of all photos is made when there is none and when many have come since; the few that come between two layouts are put
//! among the others, which stay where they are.

mod drawing;
mod fuzzy_graph;
mod keeper;
mod layout;
mod photo_map;
mod place_file;
mod principal_plane;
mod regions;

use std::collections::HashMap;

use foray_protocol::ImageId;

pub(crate) use keeper::ProjectionKeeper;
pub use photo_map::Nouns;

/// In the layout's unit: photos that belong together lie about 0.1 to 1 apart.
type Point = [f32; 2];

/// Where the photos of a space lie. Photos that are gone keep their place until the next layout, as they may come back.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Projection {
    places: HashMap<ImageId, Point>,
    /// How many photos the last layout of all was of.
    laid_out: usize,
}

impl Projection {
    /// What the map shows: the smallest square round all places.
    fn frame(&self) -> Frame {
        let ends = |axis: usize| {
            let along = self.places.values().map(move |place| place[axis]);
            (along.clone().fold(f32::INFINITY, f32::min), along.fold(f32::NEG_INFINITY, f32::max))
        };
        let (ends, side) = ([ends(0), ends(1)], |(low, high): (f32, f32)| high - low);
        let side = side(ends[0]).max(side(ends[1])).max(f32::MIN_POSITIVE);
        Frame { corner: ends.map(|(low, high)| f32::midpoint(low, high) - side / 2.0), side, ends }
    }
}

/// A square on the plane.
#[derive(Clone, Copy, Debug)]
struct Frame {
    corner: Point,
    side: f32,
    /// Between which coordinates places lie, on each axis.
    ends: [(f32, f32); 2],
}

impl Frame {
    /// Coordinates in the frame, 0 to 1.
    fn share(&self, place: Point) -> Point {
        [0, 1].map(|axis| ((place[axis] - self.corner[axis]) / self.side).clamp(0.0, 1.0))
    }

    /// The nearest place between the ends, so that a new photo does not move the others in the frame.
    fn inside(&self, place: Point) -> Point {
        [0, 1].map(|axis| place[axis].clamp(self.ends[axis].0, self.ends[axis].1))
    }
}
