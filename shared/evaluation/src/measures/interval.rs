//! How exactly a part of right answers is known.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use rand_distr::{Binomial, Distribution};

/// How many times the photos are drawn anew.
const RESAMPLES: usize = 2_000;
/// The bounds of the interval, as parts of the resamples.
const PERCENTILES: (f64, f64) = (0.025, 0.975);

/// The 95 % percentile interval of the bootstrap (Efron, 1979) of the part of `right` answers among `photos` (at least one).
///
/// Of `photos` that are drawn with replacement, the number that is right is binomial: it is drawn as such, which is the same
/// bootstrap and needs no draw per photo. Where all are right or none is, the interval has no width.
pub(super) fn bootstrap_interval(right: usize, photos: usize, seed: u64) -> (f64, f64) {
    let part = right as f64 / photos as f64;
    let drawn = Binomial::new(photos as u64, part).expect("a part of photos is from 0 to 1");
    let random = ChaCha8Rng::seed_from_u64(seed);
    let mut parts: Vec<f64> =
        drawn.sample_iter(random).take(RESAMPLES).map(|right| right as f64 / photos as f64).collect();
    parts.sort_unstable_by(f64::total_cmp);
    (percentile(&parts, PERCENTILES.0), percentile(&parts, PERCENTILES.1))
}

/// The value below which `part` of the sorted numbers lie, between neighbours by linear interpolation.
fn percentile(sorted: &[f64], part: f64) -> f64 {
    let at = part * (sorted.len() - 1) as f64;
    let (below, above) = (sorted[at.floor() as usize], sorted[at.ceil() as usize]);
    below + (above - below) * at.fract()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_as_wide_as_the_normal_approximation_says() {
        for (right, photos) in [(50, 100), (900, 1000), (7_340, 10_000)] {
            let part = right as f64 / photos as f64;
            let half = 1.96 * (part * (1.0 - part) / photos as f64).sqrt();
            let (low, high) = bootstrap_interval(right, photos, 9);
            assert!((low - (part - half)).abs() < 0.15 * half, "{right} of {photos}: {low}");
            assert!((high - (part + half)).abs() < 0.15 * half, "{right} of {photos}: {high}");
        }
    }

    #[test]
    fn a_seed_gives_one_interval_and_certainty_none() {
        assert_eq!(bootstrap_interval(61, 90, 3), bootstrap_interval(61, 90, 3));
        assert_eq!(bootstrap_interval(5, 5, 3), (1.0, 1.0));
        assert_eq!(bootstrap_interval(0, 5, 3), (0.0, 0.0));
    }

    #[test]
    fn percentiles_are_interpolated() {
        assert_eq!(percentile(&[1.0, 2.0, 3.0], 0.25), 1.5);
        assert_eq!(percentile(&[4.0], 0.975), 4.0);
    }
}
