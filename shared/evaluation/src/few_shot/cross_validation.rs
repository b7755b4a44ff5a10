//! Which probe does best on photos that it has not seen.

use std::ops::Add;

use ndarray::Array2;
use rayon::prelude::*;

use super::examples::{Examples, shuffled_by_class};
use super::objective::Objective;

/// Parts that the examples are dealt into; each is held out once.
const FOLDS: usize = 5;
/// The length of the gradient at which a search ends: the log-loss of held-out photos
/// is within about one per cent of that at the minimum, and found in a third of the time.
const TOLERANCE: f64 = 1e-4;

/// With more examples, folds take turns: each has all of its examples in memory.
const MANY: usize = 20_000;

/// A way to learn a probe, and how well it does on photos that were held out.
#[derive(Clone, Copy, Debug)]
pub(super) struct Candidate {
    /// Whether weights are pulled towards the prior; else towards zero.
    pub(super) from_prior: bool,
    /// How strongly.
    pub(super) strength: f64,
    /// Part of the photos that was classified rightly, 0 to 1.
    pub(super) top1: f64,
    /// The mean of minus the logarithm of the label's probability.
    pub(super) log_loss: f64,
}

/// The places of the photos of one fold, and of all others.
struct Fold {
    held_out: Vec<usize>,
    learned: Vec<usize>,
}

/// What was seen of held-out photos.
#[derive(Clone, Copy, Default)]
struct Tally {
    photos: usize,
    right: usize,
    loss: f64,
}

impl Add for Tally {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self { photos: self.photos + other.photos, right: self.right + other.right, loss: self.loss + other.loss }
    }
}

/// The best way to learn from `examples`, with and without the prior, at each of `strengths` (descending); `None` where every
/// class has one photo. The best gives held-out labels the highest likelihood: it sees finer differences than a count of right
/// answers, and unlike that it wants probabilities that can be believed.
pub(super) fn cross_validate(
    examples: &Examples,
    prior: Option<&Array2<f64>>,
    strengths: &[f64],
    seed: u64,
) -> Option<Candidate> {
    let folds = folds(examples, seed);
    let priors: Vec<_> = [prior.map(Some), Some(None)].into_iter().flatten().collect();
    let candidates = priors.into_par_iter().flat_map_iter(|prior| candidates(examples, prior, strengths, &folds));
    candidates.collect::<Vec<_>>().into_iter().min_by(|a, b| a.log_loss.total_cmp(&b.log_loss))
}

/// One candidate for each strength; none where there are no folds.
fn candidates(examples: &Examples, prior: Option<&Array2<f64>>, strengths: &[f64], folds: &[Fold]) -> Vec<Candidate> {
    let of_fold = |fold| tallies(examples, prior, strengths, fold);
    let tallies: Vec<_> = match examples.labels.len() {
        0..=MANY => folds.par_iter().map(of_fold).collect(),
        _ => folds.iter().map(of_fold).collect(),
    };
    let of_strength = |place: usize| tallies.iter().map(|fold| fold[place]).fold(Tally::default(), Add::add);
    let sums = (0..strengths.len()).map(of_strength).zip(strengths).filter(|(tally, _)| tally.photos > 0);
    sums.map(|(tally, &strength)| Candidate {
        from_prior: prior.is_some(),
        strength,
        top1: tally.right as f64 / tally.photos as f64,
        log_loss: tally.loss / tally.photos as f64,
    })
    .collect()
}

/// What probes of each strength make of a fold's photos. Each search starts where the one before ended.
fn tallies(examples: &Examples, prior: Option<&Array2<f64>>, strengths: &[f64], fold: &Fold) -> Vec<Tally> {
    let (learned, held_out) = (examples.select(&fold.learned), examples.select(&fold.held_out));
    let objective = Objective::new(&learned, prior);
    let mut weights = objective.start();
    let tally = |&strength: &f64| {
        weights = objective.minimise(std::mem::take(&mut weights), strength, TOLERANCE);
        let (right, loss) = objective.on_others(&weights, &held_out);
        Tally { photos: fold.held_out.len(), right, loss }
    };
    strengths.iter().map(tally).collect()
}

/// Deals each class's photos out to the folds in turn, starting where the class before ended. The only photo of a class is
/// never held out: nothing would be left to learn the class from. Folds that hold out nothing are left out.
fn folds(examples: &Examples, seed: u64) -> Vec<Fold> {
    let classes = shuffled_by_class(examples.labels.iter().copied(), examples.classes, seed);
    let dealt: Vec<usize> = classes.into_iter().filter(|places| places.len() > 1).flatten().collect();
    let mut fold_of = vec![None; examples.labels.len()];
    dealt.iter().enumerate().for_each(|(turn, &place)| fold_of[place] = Some(turn % FOLDS));
    let fold = |fold| {
        let (held_out, learned) = (0..fold_of.len()).partition(|&place| fold_of[place] == Some(fold));
        Fold { held_out, learned }
    };
    (0..FOLDS).map(fold).filter(|fold: &Fold| !fold.held_out.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use foray_protocol::UnitVector;

    use super::*;

    fn examples(labels: &[u32], classes: usize) -> Examples {
        let photo = |at: usize| UnitVector::normalized(vec![1.0, at as f32]).unwrap();
        Examples::new(&(0..labels.len()).map(photo).collect::<Vec<_>>(), labels, classes).unwrap()
    }

    #[test]
    fn every_photo_is_held_out_once_but_a_classs_only_one() {
        let folds = folds(&examples(&[0, 0, 0, 0, 0, 0, 0, 1, 1, 2], 3), 4);
        let mut held_out: Vec<usize> = folds.iter().flat_map(|fold| fold.held_out.clone()).collect();
        held_out.sort_unstable();
        assert_eq!(held_out, (0..9).collect::<Vec<_>>());
        assert!(folds.iter().all(|fold| fold.held_out.len() + fold.learned.len() == 10));
        assert!(folds.iter().all(|fold| (1..=2).contains(&fold.held_out.len())));
    }

    #[test]
    fn one_photo_a_class_cannot_be_cross_validated() {
        assert!(cross_validate(&examples(&[0, 1], 2), None, &[0.1], 4).is_none());
    }
}
