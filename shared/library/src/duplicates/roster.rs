//! The photos that are compared: of each, in few bytes, what the comparisons need.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::ops::Range;

use foray_appearance::{describe, is_undescribed};
use foray_protocol::{ImageId, PerceptualHash, PhotoMetadata};
use image::ImageFormat;
use rayon::prelude::*;

use crate::LibraryError;
use crate::library::Library;
use crate::records::{PhotoRecord, encode};
use crate::space::SpaceIndex;

/// Photos that are described between two writes to the database.
const BATCH: usize = 1_000;

/// All live photos, in row order.
#[derive(Debug, Default)]
pub(super) struct Roster {
    pub shots: Vec<Shot>,
}

/// A photo as it is compared.
#[derive(Clone, Debug)]
pub(super) struct Shot {
    pub id: ImageId,
    pub row: u32,
    pub hash: Option<PerceptualHash>,
    /// Number of its camera; photos with the same number are of the same make and model.
    pub camera: Option<u32>,
    /// When it was taken, seconds on the camera's clock.
    pub taken: Option<i64>,
}

impl Roster {
    /// The live photos of `index`. Those that have no description yet get one.
    pub fn load(library: &Library, index: &SpaceIndex) -> Result<Self, LibraryError> {
        let mut roster = Self::default();
        let mut cameras = HashMap::new();
        let rows: Vec<u32> = index.vectors.live.iter().collect();
        for batch in rows.chunks(BATCH) {
            let photos: Vec<(u32, ImageId)> = batch.iter().map(|&row| (row, index.ids[row as usize])).collect();
            let records =
                photos.par_iter().map(|&(_, id)| library.catalogue.photo(id)).collect::<Result<Vec<_>, _>>()?;
            let mut known: Vec<(u32, ImageId, PhotoMetadata)> = photos
                .into_iter()
                .zip(records)
                .filter_map(|((row, id), record)| Some((row, id, record?.metadata)))
                .collect();
            describe_missing(library, &mut known)?;
            roster.shots.extend(known.into_iter().map(|(row, id, metadata)| shot(row, id, metadata, &mut cameras)));
        }
        Ok(roster)
    }
}

fn shot(row: u32, id: ImageId, metadata: PhotoMetadata, cameras: &mut HashMap<String, u32>) -> Shot {
    let next = cameras.len() as u32;
    let camera = metadata.description.camera.map(|camera| *cameras.entry(camera).or_insert(next));
    let taken = metadata.description.taken_at.as_deref().and_then(seconds);
    Shot { id, row, hash: metadata.perceptual_hash, camera, taken }
}

/// Describes photos from their previews, as far as the version that indexed them did not, and keeps it in the catalogue. A preview
/// that cannot be read leaves its photo out.
fn describe_missing(library: &Library, photos: &mut [(u32, ImageId, PhotoMetadata)]) -> Result<(), LibraryError> {
    let missing: Vec<_> = photos.iter_mut().filter(|(_, _, metadata)| is_undescribed(metadata)).collect();
    let described: HashSet<ImageId> = missing
        .into_par_iter()
        .filter_map(|(_, id, metadata)| {
            let jpeg = fs::read(library.thumbnail_file(*id)).ok()?;
            let preview = image::load_from_memory_with_format(&jpeg, ImageFormat::Jpeg).ok()?;
            describe(&preview.into_rgb8(), metadata);
            Some(*id)
        })
        .collect();
    if described.is_empty() {
        return Ok(());
    }
    tracing::info!("described {} photos that were indexed by versions that knew less of them", described.len());
    let records = photos.iter().filter(|(_, id, _)| described.contains(id));
    library.keep_descriptions(records.map(|(_, id, metadata)| (*id, metadata)))
}

impl Library {
    /// Writes the metadata of photos that the catalogue still has.
    fn keep_descriptions<'a>(
        &self,
        photos: impl Iterator<Item = (ImageId, &'a PhotoMetadata)>,
    ) -> Result<(), LibraryError> {
        let _no_commit_between = self.writing.lock();
        let mut batch = sled::Batch::default();
        for (id, metadata) in photos {
            if let Some(record) = self.catalogue.photo(id)? {
                batch.insert(id.as_bytes(), encode(&PhotoRecord { metadata: metadata.clone(), ..record })?);
            }
        }
        Ok(self.catalogue.photos.apply_batch(batch)?)
    }
}

/// Seconds since 1970 of a time such as `2023-06-01T12:00:05`, on the camera's own clock: an offset after it is left out.
fn seconds(taken_at: &str) -> Option<i64> {
    let number = |range: Range<usize>| taken_at.get(range)?.parse::<i64>().ok();
    let (year, month, day) = (number(0..4)?, number(5..7)?, number(8..10)?);
    let (hour, minute, second) = (number(11..13)?, number(14..16)?, number(17..19)?);
    Some(days(year, month, day) * 86_400 + hour * 3_600 + minute * 60 + second)
}

/// Days since 1970-01-01 (Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms").
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_seconds() {
        assert_eq!(seconds("1970-01-01T00:00:01"), Some(1));
        assert_eq!(seconds("2024-03-01T00:00:00+02:00").unwrap() - seconds("2024-02-29T23:59:58").unwrap(), 2);
        assert_eq!(seconds("2023-06-01T12:00:05"), Some(1_685_620_805));
        assert_eq!(seconds("yesterday"), None);
    }
}
