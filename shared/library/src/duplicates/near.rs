//! Versions of one picture: photos whose perceptual hashes differ in few bits.

use foray_protocol::PerceptualHash;
use rayon::prelude::*;

use super::components::Components;
use super::hash_index::{HashIndex, MOST_BITS};
use super::roster::Shot;

/// Hashes that differ in no more bits are those of one picture; its embedding may be far, as that of a thumbnail or of a
/// version without colours is.
const SAME_BITS: u32 = 36;
/// Cosine similarity that two photos must have besides such hashes, and besides hashes that differ in more bits.
const MIN_SIMILARITY: f32 = 0.2;
const MIN_SIMILARITY_OF_FAR_HASHES: f32 = 0.6;
/// Hashes that are looked up before their pairs are joined: bounds the memory that thousands of equal pictures take.
const BATCH: usize = 1_024;

/// Whether two photos are versions of one picture.
pub(super) fn are_near(a: &Shot, b: &Shot, similarity: impl Fn(&Shot, &Shot) -> f32) -> bool {
    let (Some(hash), Some(other)) = (a.hash, b.hash) else { return false };
    // An edited or forwarded version keeps its time or loses it; another time is another shot, alike as it may be.
    if a.taken.is_some() && b.taken.is_some() && a.taken != b.taken {
        return false;
    }
    let distance = hash.distance(&other);
    let least = if distance <= SAME_BITS { MIN_SIMILARITY } else { MIN_SIMILARITY_OF_FAR_HASHES };
    distance <= MOST_BITS && similarity(a, b) >= least
}

/// Photos that are joined by close hashes.
pub(super) fn components(shots: &[Shot]) -> Vec<Vec<usize>> {
    let mut hashed: Vec<(PerceptualHash, usize)> =
        shots.iter().enumerate().filter_map(|(at, shot)| Some((shot.hash?, at))).collect();
    hashed.sort_unstable();
    let mut components = Components::new(shots.len());
    // Equal hashes need no looking up.
    let (mut hashes, mut firsts) = (vec![], vec![]);
    for equal in hashed.chunk_by(|a, b| a.0 == b.0) {
        equal.iter().for_each(|&(_, at)| components.join(equal[0].1, at));
        hashes.push(equal[0].0);
        firsts.push(equal[0].1);
    }
    let index = HashIndex::new(&hashes);
    for start in (0..hashes.len()).step_by(BATCH) {
        let batch = start..(start + BATCH).min(hashes.len());
        let pairs: Vec<(usize, Vec<usize>)> = batch
            .into_par_iter()
            .map(|at| (at, index.close_before(at)))
            .filter(|(_, close)| !close.is_empty())
            .collect();
        pairs
            .iter()
            .for_each(|(at, close)| close.iter().for_each(|&other| components.join(firsts[*at], firsts[other])));
    }
    components.groups()
}
