//! Connected dense areas of the map: peaks of the photos' density that valleys part, by persistence (ToMATo; Chazal, Guibas, Oudot
//! and Skraba, 2013) on a grid.

use super::Point;

/// The side of a cell, in the layout's unit, and how many there are along the grid's side at most.
const CELL: f32 = 0.15;
const MOST_CELLS: usize = 1_024;
/// How often the counts are blurred, each time by a deviation of one cell.
const BLURS: usize = 2;
/// How deep the valley between two peaks is at least, as a share of the lower one.
const VALLEY: f32 = 0.6;
/// Where the density is less than this share of what photos have on average around them, there is no area.
const FLOOR: f32 = 0.2;
/// Photos of the smallest area.
const FEWEST: usize = 8;

/// The area of each place, if it lies in one; areas are numbered without gaps. Places are shares of a square with sides of `side`
/// in the layout's unit.
pub(super) fn regions(places: &[Point], side: f32) -> Vec<Option<u32>> {
    let grid = Grid { side: ((side / CELL) as usize).clamp(1, MOST_CELLS) };
    let cells: Vec<usize> = places.iter().map(|&place| grid.cell(place)).collect();
    let density = grid.density(&cells);
    let mean = cells.iter().map(|&cell| density[cell]).sum::<f32>() / cells.len().max(1) as f32;
    let mut basins = Basins { grid, parents: vec![None; density.len()], density };
    basins.fill(FLOOR * mean);
    let peaks: Vec<Option<usize>> = cells.iter().map(|&cell| basins.peak(cell)).collect();
    numbered(&peaks, basins.density.len())
}

/// A square of cells, numbered row by row.
#[derive(Clone, Copy, Debug)]
struct Grid {
    side: usize,
}

impl Grid {
    fn cell(self, place: Point) -> usize {
        let [x, y] = place.map(|share| ((share * self.side as f32) as usize).min(self.side - 1));
        y * self.side + x
    }

    /// How many of `cells` there are in each cell, blurred.
    fn density(self, cells: &[usize]) -> Vec<f32> {
        let mut density = vec![0.0; self.side * self.side];
        cells.iter().for_each(|&cell| density[cell] += 1.0);
        for _ in 0..BLURS {
            density = self.blurred(&self.blurred(&density));
        }
        density
    }

    /// Blurred along the rows by binomial weights, and turned, so that twice blurs both ways.
    fn blurred(self, density: &[f32]) -> Vec<f32> {
        const WEIGHTS: [f32; 5] = [1.0 / 16.0, 4.0 / 16.0, 6.0 / 16.0, 4.0 / 16.0, 1.0 / 16.0];
        let mut turned = vec![0.0; density.len()];
        for (at, value) in density.iter().enumerate().filter(|(_, value)| **value > 0.0) {
            let (y, x) = (at / self.side, at % self.side);
            for (step, weight) in WEIGHTS.iter().enumerate() {
                let x = (x + step).checked_sub(2).filter(|x| *x < self.side);
                x.into_iter().for_each(|x| turned[x * self.side + y] += weight * value);
            }
        }
        turned
    }

    fn around(self, cell: usize) -> impl Iterator<Item = usize> {
        let near = move |at: usize| at.saturating_sub(1)..(at + 2).min(self.side);
        let cells = near(cell / self.side).flat_map(move |y| near(cell % self.side).map(move |x| y * self.side + x));
        cells.filter(move |&near| near != cell)
    }
}

/// Which cells belong to which peak: each leads to a higher one, a peak to itself.
struct Basins {
    grid: Grid,
    density: Vec<f32>,
    parents: Vec<Option<usize>>,
}

impl Basins {
    /// Floods from the highest cell down to those of density `floor`.
    fn fill(&mut self, floor: f32) {
        let mut cells: Vec<usize> = (0..self.density.len()).filter(|&cell| self.density[cell] > floor).collect();
        cells.sort_by(|&a, &b| self.density[b].total_cmp(&self.density[a]));
        for cell in cells {
            let mut peaks: Vec<usize> = self.grid.around(cell).filter_map(|near| self.peak(near)).collect();
            peaks.sort_by(|&a, &b| self.density[b].total_cmp(&self.density[a]).then(a.cmp(&b)));
            let highest = *peaks.first().unwrap_or(&cell);
            self.parents[cell] = Some(highest);
            for peak in peaks.into_iter().filter(|&peak| self.density[cell] > VALLEY * self.density[peak]) {
                self.parents[peak] = Some(highest);
            }
        }
    }

    /// The peak that `cell` leads to.
    fn peak(&self, mut cell: usize) -> Option<usize> {
        loop {
            match self.parents[cell]? {
                peak if peak == cell => return Some(peak),
                higher => cell = higher,
            }
        }
    }
}

/// Numbers the peaks that enough photos lead to.
fn numbered(peaks: &[Option<usize>], cells: usize) -> Vec<Option<u32>> {
    let mut counts = vec![0; cells];
    peaks.iter().flatten().for_each(|&peak| counts[peak] += 1);
    let mut numbers = vec![None; cells];
    let large = (0..counts.len()).filter(|&peak| counts[peak] >= FEWEST);
    large.zip(0u32..).for_each(|(peak, number)| numbers[peak] = Some(number));
    peaks.iter().map(|peak| peak.and_then(|peak| numbers[peak])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::random::Random;

    const SIDE: f32 = 24.0;

    fn cloud(middle: Point, radius: f32, count: usize) -> Vec<Point> {
        let mut random = Random(count as u64);
        (0..count).map(|_| middle.map(|x| x + radius * (random.unit() - 0.5))).collect()
    }

    #[test]
    fn clouds_are_areas_and_strays_are_in_none() {
        let places = [cloud([0.2, 0.2], 0.04, 60), cloud([0.8, 0.3], 0.04, 40), cloud([0.5, 0.9], 0.01, 3)].concat();
        let regions = regions(&places, SIDE);
        let first = regions[0].unwrap();
        assert!(regions[..60].iter().all(|region| *region == Some(first)), "{regions:?}");
        assert!(regions[60..100].iter().all(|region| *region == Some(1 - first)), "{regions:?}");
        assert_eq!(regions[100..], [None; 3]);
    }

    #[test]
    fn a_shallow_valley_parts_nothing() {
        let places = [cloud([0.4, 0.5], 0.12, 4_000), cloud([0.5, 0.5], 0.12, 4_001)].concat();
        let regions = regions(&places, SIDE);
        assert!(regions.iter().flatten().all(|region| *region == 0), "{regions:?}");
    }

    #[test]
    fn no_places_have_no_areas() {
        assert_eq!(regions(&[], SIDE), []);
        assert_eq!(regions(&[[0.0, 1.0]], SIDE), [None]);
    }
}
