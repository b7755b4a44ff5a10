//! The places as a file: the magic, how many photos the last layout of all was of, then each photo's id and coordinates
//! (little-endian), in the order of the ids, and the BLAKE3 checksum of all that. A damaged file counts as none.

use std::fs;
use std::io;
use std::path::Path;

use foray_protocol::ImageId;

use super::Projection;
use crate::atomic_file::{Durability, write_atomically};
use crate::checksum;

const MAGIC: &[u8; 8] = b"FORAYMP1";

/// Writes `projection`.
///
/// # Errors
/// Those of writing the file; an older one is as it was then.
pub(super) fn save(file: &Path, projection: &Projection) -> io::Result<()> {
    let mut places: Vec<_> = projection.places.iter().collect();
    places.sort_unstable_by_key(|(id, _)| **id);
    let mut bytes = MAGIC.to_vec();
    bytes.extend((projection.laid_out as u32).to_le_bytes());
    for (id, [x, y]) in places {
        bytes.extend(id.as_bytes());
        bytes.extend(x.to_le_bytes());
        bytes.extend(y.to_le_bytes());
    }
    checksum::append(&mut bytes);
    file.parent().map_or(Ok(()), fs::create_dir_all)?;
    write_atomically(file, &bytes, Durability::Crash)
}

/// What is in the file; nothing without a whole one.
pub(super) fn load(file: &Path) -> Projection {
    let Ok(bytes) = fs::read(file) else { return Projection::default() };
    let projection = checksum::checked(&bytes).and_then(parse);
    if projection.is_none() {
        tracing::warn!("{} is damaged; the map is drawn anew", file.display());
    }
    projection.unwrap_or_default()
}

fn parse(content: &[u8]) -> Option<Projection> {
    let (laid_out, places) = content.strip_prefix(MAGIC)?.split_first_chunk()?;
    let (places, rest) = places.as_chunks::<24>();
    let place = |bytes: &[u8; 24]| {
        let (id, coordinates) = bytes.split_first_chunk::<16>()?;
        let [x, y] = coordinates.as_chunks().0 else { return None };
        Some((ImageId::from_bytes(*id), [f32::from_le_bytes(*x), f32::from_le_bytes(*y)]))
    };
    let places = places.iter().map(place).collect::<Option<_>>()?;
    rest.is_empty().then_some(Projection { places, laid_out: u32::from_le_bytes(*laid_out) as usize })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Projection {
        let place = |number: u8| (ImageId::of_content(&[number]), [f32::from(number), -0.25]);
        Projection { places: (0..5).map(place).collect(), laid_out: 4 }
    }

    #[test]
    fn places_survive_storage() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("maps/space");
        assert_eq!(load(&file), Projection::default());
        save(&file, &sample()).unwrap();
        assert_eq!(load(&file), sample());
    }

    #[test]
    fn a_damaged_or_cut_file_counts_as_none() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("space");
        save(&file, &sample()).unwrap();
        let whole = fs::read(&file).unwrap();
        for at in 0..whole.len() {
            let mut damaged = whole.clone();
            damaged[at] ^= 1;
            fs::write(&file, &damaged).unwrap();
            assert_eq!(load(&file), Projection::default(), "byte {at}");
            fs::write(&file, &whole[..at]).unwrap();
            assert_eq!(load(&file), Projection::default(), "cut at {at}");
        }
    }
}
