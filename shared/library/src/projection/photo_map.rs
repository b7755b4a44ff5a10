//! The map as it is answered: places, clusters with their names, and what photos are coloured by.

use std::cmp::Reverse;
use std::collections::HashMap;

use foray_protocol::{Filter, ImageId, MapCluster, PhotoMap, clock_years};
use rayon::prelude::*;

use super::regions::regions;
use super::{Point, Projection};
use crate::clusters;
use crate::engine::arena::QuantizedVector;
use crate::engine::{RowSet, Scored};
use crate::facts::Facts;
use crate::space::SpaceIndex;
use crate::{ConceptBank, Library, LibraryError};

/// Fewer photos make no map.
const FEWEST: usize = 3;
/// Places are told with four digits.
const STEPS: f32 = 1e4;

/// Words that clusters may be called by.
#[derive(Clone, Copy, Debug)]
pub struct Nouns<'a> {
    /// Their embeddings, in the order of the words.
    pub bank: &'a ConceptBank,
    /// One a line.
    pub words: &'a str,
}

impl Library {
    /// The photos that fulfil `filter` where they lie on the map of all; empty for a library of fewer than three photos.
    ///
    /// # Errors
    /// [`LibraryError::Preparing`] and [`LibraryError::Drawing`] while there is no map yet, and those of the database.
    pub fn map(&self, filter: &Filter, nouns: Option<Nouns<'_>>) -> Result<PhotoMap, LibraryError> {
        let mut map = PhotoMap { version: self.version(), ..PhotoMap::default() };
        let Some(active) = self.active() else { return Ok(map) };
        if active.index.read().vectors.live.len() < FEWEST {
            return Ok(map);
        }
        let projection = self.projection.ready(&active, &self.structures, &self.map_file(&active.id))?;
        let index = active.index.read();
        let shown = self.filtered_rows(&active.id, &index, filter)?;
        let sheet = Sheet::of(&projection, &index);
        sheet.draw(&mut map, &index, &shown);
        sheet.cluster(&mut map, &index, &shown, nouns);
        let rows: Vec<u32> = sheet.spots.iter().map(|spot| spot.row).filter(|&row| shown.contains(row)).collect();
        let (taken, (tags, tag)) = self.facts.with(&self.catalogue, (&active.id, &index), |facts| {
            let taken = rows.iter().map(|&row| clock_years(facts.taken(row)?)).collect();
            Ok((taken, first_tags(facts, &rows)))
        })?;
        Ok(PhotoMap { taken, tags, tag, ..map })
    }
}

/// The tags that come first in any of `rows`, and which of them each has, -1 for none.
fn first_tags(facts: &Facts, rows: &[u32]) -> (Vec<String>, Vec<i32>) {
    let (mut tags, mut numbers) = (vec![], HashMap::new());
    let mut number = |tag: &str| {
        *numbers.entry(tag.to_owned()).or_insert_with(|| {
            tags.push(tag.to_owned());
            tags.len() as i32 - 1
        })
    };
    let tag = rows.iter().map(|&row| facts.first_tag(row).map_or(-1, &mut number)).collect();
    (tags, tag)
}

/// A live photo that has a place.
struct Spot {
    row: u32,
    /// In the map's square, 0 to 1.
    place: Point,
    region: Option<u32>,
}

/// All of them, by row.
struct Sheet {
    spots: Vec<Spot>,
}

impl Sheet {
    fn of(projection: &Projection, index: &SpaceIndex) -> Self {
        let frame = projection.frame();
        let spot = |row: u32| Some((row, frame.share(*projection.places.get(&index.ids[row as usize])?)));
        let (rows, places): (Vec<u32>, Vec<Point>) = index.vectors.live.iter().filter_map(spot).unzip();
        let regions = regions(&places, frame.side);
        let spots = rows.into_iter().zip(places).zip(regions);
        Self { spots: spots.map(|((row, place), region)| Spot { row, place, region }).collect() }
    }

    fn draw(&self, map: &mut PhotoMap, index: &SpaceIndex, shown: &RowSet) {
        for spot in self.spots.iter().filter(|spot| shown.contains(spot.row)) {
            let [x, y] = spot.place.map(|share| (share * STEPS).round() / STEPS);
            map.ids.push(index.ids[spot.row as usize]);
            map.x.push(x);
            map.y.push(y);
        }
        map.points = map.ids.len();
    }

    /// Adds the clusters that photos in `shown` belong to, those of most photos first.
    fn cluster(&self, map: &mut PhotoMap, index: &SpaceIndex, shown: &RowSet, nouns: Option<Nouns<'_>>) {
        let regions = self.regions(index, shown);
        let names = nouns.map_or(vec![], |nouns| names(&regions, nouns));
        let mut clusters = vec![-1; regions.len()];
        let mut shown_regions: Vec<(usize, ImageId)> =
            regions.iter().enumerate().filter_map(|(number, region)| Some((number, region.central?))).collect();
        shown_regions.sort_by_key(|&(number, _)| Reverse(regions[number].size));
        for (cluster, (number, representative)) in (0..).zip(shown_regions) {
            clusters[number] = cluster;
            let label = names.get(number).cloned().flatten();
            map.clusters.push(MapCluster { size: regions[number].size, representative, label });
        }
        let spots = self.spots.iter().filter(|spot| shown.contains(spot.row));
        map.cluster = spots.map(|spot| spot.region.map_or(-1, |region| clusters[region as usize])).collect();
    }

    fn regions(&self, index: &SpaceIndex, shown: &RowSet) -> Vec<Region> {
        let arena = &index.vectors.arena;
        let count = self.spots.iter().filter_map(|spot| spot.region).max().map_or(0, |last| last as usize + 1);
        let mut members = vec![vec![]; count];
        for spot in &self.spots {
            spot.region.into_iter().for_each(|region| members[region as usize].push(spot.row));
        }
        let region = |rows: Vec<u32>| {
            let centre = clusters::mean(arena, &rows).unwrap_or_else(|| arena.quantized(rows[0]));
            let shown = rows.into_iter().filter(|&row| shown.contains(row));
            let scored: Vec<Scored> = shown.map(|row| Scored { score: arena.score(&centre, row), row }).collect();
            let central = scored.iter().max().map(|scored| index.ids[scored.row as usize]);
            Region { size: scored.len(), central, centre }
        };
        members.into_par_iter().map(region).collect()
    }
}

/// Photos of one area of the map.
struct Region {
    /// How many of them are shown.
    size: usize,
    /// The one of these that is nearest to the centre.
    central: Option<ImageId>,
    /// The mean direction of all its photos.
    centre: QuantizedVector,
}

fn names(regions: &[Region], nouns: Nouns<'_>) -> Vec<Option<String>> {
    let centres: Vec<&QuantizedVector> = regions.iter().map(|region| &region.centre).collect();
    let words: Vec<&str> = nouns.words.lines().collect();
    let word = |number: Option<usize>| Some((*words.get(number?)?).to_owned());
    nouns.bank.distinguishing(&centres).into_iter().map(word).collect()
}
