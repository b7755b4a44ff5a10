//! Everyday concepts that a query competes with: is it a better explanation of a photo than they are?

use foray_protocol::{SpaceId, UnitVector};
use rayon::prelude::*;

use crate::LibraryError;
use crate::engine::arena::{Arena, QuantizedVector};
use crate::library::Library;
use crate::relevance::background::mean_and_deviation;
use crate::relevance::concept_file;
use crate::space::SpaceIndex;

/// One concept in so many counts among those that explain a photo best.
const BEST_OF: usize = 20;
/// Deviations above the mean of these at which relevance is 0.5, and how fast it grows there: the cut-off with the best F1 on one
/// half of the queries in `tests/data/concepts.tsv`, and the slope of a logistic regression on all of them. `make quality` asks the
/// other half where to cut off.
const CUT: f32 = 2.64;
const SLOPE: f32 = 1.55;
/// How much of what a concept scores for all directions does not count for one of them: with nothing left out, words win that fit
/// everything a little, with all of it, odd ones.
const COMMON_SHARE: f32 = 0.5;
/// Deviations by which a concept must fit a direction better than the others. On the map of Caltech 101, words that are wrong lie
/// below; most that are right above.
const LEAST_EXCESS: f32 = 2.5;
/// Photos that tell how concepts' scores deviate in a space.
const SAMPLE: usize = 200;

/// Embeddings of concepts in one space.
#[derive(Clone, Debug)]
pub struct ConceptBank {
    concepts: Arena,
    /// How far the concepts' scores for one photo deviate from their mean in this space: what differences are measured in.
    deviation: f32,
}

impl ConceptBank {
    /// Of embeddings of as many components each.
    pub(crate) fn new(embeddings: &[UnitVector], deviation: f32) -> Self {
        let mut concepts = Arena::new(embeddings.first().map_or(0, UnitVector::dimension));
        embeddings.iter().for_each(|embedding| concepts.push(embedding.as_slice()));
        Self { concepts, deviation }
    }

    /// With the deviation that an even sample of the photos in `index` shows.
    fn measured(embeddings: &[UnitVector], index: &SpaceIndex) -> Self {
        Self::with_deviation_of(embeddings, index.sample(SAMPLE).map(|row| index.vectors.arena.quantized(row)))
    }

    /// Of concepts' embeddings, with the deviation that an even sample of `photos` of the same space shows: for photos that are in
    /// no library.
    pub fn of_photos<'a>(embeddings: &[UnitVector], photos: impl ExactSizeIterator<Item = &'a UnitVector>) -> Self {
        let every = photos.len().div_ceil(SAMPLE).max(1);
        let sample = photos.step_by(every);
        Self::with_deviation_of(embeddings, sample.map(|photo| QuantizedVector::new(photo.as_slice())))
    }

    fn with_deviation_of(embeddings: &[UnitVector], photos: impl Iterator<Item = QuantizedVector>) -> Self {
        let bank = Self::new(embeddings, 0.0);
        let (deviation, _) = mean_and_deviation(photos.map(|photo| mean_and_deviation(bank.scores(&photo)).1));
        Self { deviation, ..bank }
    }

    /// Relevance, 0 to 1, of a text whose cosine similarity to `photo` is `score`.
    pub fn relevance_for(&self, photo: &UnitVector, score: f32) -> f32 {
        self.relevance(&QuantizedVector::new(photo.as_slice()), score)
    }

    /// How many components the embeddings have.
    pub fn dimension(&self) -> usize {
        self.concepts.dimension()
    }

    /// Relevance, 0 to 1, of a query that scores `score` for `photo`.
    pub(crate) fn relevance(&self, photo: &QuantizedVector, score: f32) -> f32 {
        let deviations = (score - self.explained(photo)) / self.deviation.max(1e-3);
        super::logistic(deviations - CUT, SLOPE)
    }

    /// The mean score of the concepts that explain `photo` best.
    fn explained(&self, photo: &QuantizedVector) -> f32 {
        let mut scores: Vec<f32> = self.scores(photo).collect();
        let best = scores.len().div_ceil(BEST_OF);
        if best < scores.len() {
            scores.select_nth_unstable_by(best, |a, b| b.total_cmp(a));
        }
        scores[..best].iter().sum::<f32>() / best.max(1) as f32
    }

    /// For each of the directions the concept that fits it best in comparison with the others; none where it fits it hardly better
    /// than these.
    pub(crate) fn distinguishing(&self, directions: &[&QuantizedVector]) -> Vec<Option<usize>> {
        if directions.iter().any(|direction| direction.values.len() != self.dimension()) {
            return vec![None; directions.len()];
        }
        let scores: Vec<Vec<f32>> = directions.par_iter().map(|direction| self.scores(direction).collect()).collect();
        let mean = |concept: usize| scores.iter().map(|scores| scores[concept]).sum::<f32>() / scores.len() as f32;
        let means: Vec<f32> = (0..self.concepts.len()).map(mean).collect();
        let best = |scores: &Vec<f32>| {
            let fits = scores.iter().zip(&means).map(|(score, mean)| score - COMMON_SHARE * mean);
            let (best, _) = fits.enumerate().max_by(|a, b| a.1.total_cmp(&b.1))?;
            (scores[best] - means[best] > LEAST_EXCESS * self.deviation).then_some(best)
        };
        scores.iter().map(best).collect()
    }

    fn scores(&self, photo: &QuantizedVector) -> impl Iterator<Item = f32> {
        (0..self.concepts.len() as u32).map(|concept| self.concepts.score(photo, concept))
    }
}

impl Library {
    /// The concepts of `texts` in `space`, as [`Library::keep_concepts`] kept them; `None` where it did not, or for other texts.
    pub fn concepts(&self, space: &SpaceId, texts: &str) -> Option<ConceptBank> {
        concept_file::load(&self.concept_file(space), texts)
    }

    /// Keeps the embeddings of `texts` beside the library's photos, to measure queries of words by, unless `space` is not the one
    /// that is searched, or has no photo.
    ///
    /// # Errors
    /// [`LibraryError::Dimension`] for embeddings of another space, and those of writing the file.
    pub fn keep_concepts(&self, space: &SpaceId, texts: &str, embeddings: &[UnitVector]) -> Result<(), LibraryError> {
        let Some(active) = self.active().filter(|active| active.id == *space) else { return Ok(()) };
        let index = active.index.read();
        if index.vectors.live.is_empty() {
            return Ok(());
        }
        embeddings.iter().try_for_each(|embedding| index.check_dimension(embedding))?;
        let bank = ConceptBank::measured(embeddings, &index);
        concept_file::store(&self.concept_file(space), texts, embeddings, bank.deviation)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::samples;

    fn axis(number: usize) -> UnitVector {
        UnitVector::normalized((0..40).map(|at| if at == number { 1.0 } else { 0.0 }).collect()).unwrap()
    }

    /// Forty concepts, of which two count.
    fn axes() -> ConceptBank {
        ConceptBank::new(&(0..40).map(axis).collect::<Vec<_>>(), 0.1)
    }

    #[test]
    fn a_photo_is_explained_by_the_mean_of_the_best_twentieth() {
        let photo = UnitVector::normalized([&[0.8, 0.6][..], &[0.0; 38]].concat()).unwrap();
        assert!((axes().explained(&QuantizedVector::new(photo.as_slice())) - 0.7).abs() < 0.005);
    }

    #[test]
    fn relevance_is_the_distance_to_that_in_deviations() {
        let photo = QuantizedVector::new(axis(3).as_slice());
        let bank = axes();
        let at = |deviations: f32| bank.relevance(&photo, 0.5 + 0.1 * deviations);
        assert!((at(CUT) - 0.5).abs() < 0.01);
        assert!((at(CUT + 1.0) - 0.825).abs() < 0.01);
        assert!((at(0.0) - 0.0164).abs() < 0.001);
    }

    #[test]
    fn photos_of_no_library_are_measured_by_their_own_deviation() {
        let concepts: Vec<_> = (0..40).map(axis).collect();
        let photos: Vec<_> = (0..1_000).map(|number| axis(number % 40)).collect();
        let bank = ConceptBank::of_photos(&concepts, photos.iter());
        // One concept of forty scores 1, the others 0.
        assert!((bank.deviation - (1.0f32 / 40.0 - 1.0 / 1_600.0).sqrt()).abs() < 1e-3, "{}", bank.deviation);
        assert!(bank.relevance_for(&photos[0], 1.0) > 0.5 && bank.relevance_for(&photos[0], 0.5) < 0.5);
    }

    #[test]
    fn directions_are_told_apart_by_what_the_others_lack() {
        let quantized = |numbers: &[usize]| {
            let sum = (0..40).map(|at| if numbers.contains(&at) { 1.0 } else { 0.0 }).collect();
            QuantizedVector::new(UnitVector::normalized(sum).unwrap().as_slice())
        };
        let directions = [&[0, 7][..], &[0, 9], &[0]].map(quantized);
        let named = axes().distinguishing(&directions.iter().collect::<Vec<_>>());
        assert_eq!(named, [Some(7), Some(9), None]);
        assert_eq!(axes().distinguishing(&[&QuantizedVector::new(&[1.0, 0.0])]), [None], "of another space");
        assert!(axes().distinguishing(&[]).is_empty());
    }

    #[test]
    fn few_concepts_and_none_are_no_fault() {
        let photo = QuantizedVector::new(axis(0).as_slice());
        assert!((ConceptBank::new(&[axis(0)], 0.1).explained(&photo) - 1.0).abs() < 0.01);
        assert_eq!(ConceptBank::new(&[], 0.1).explained(&photo), 0.0);
    }

    #[test]
    fn what_is_explained_agrees_with_exact_scores() {
        let concepts = samples::clustered(300, 96, 4);
        let photo = &samples::clustered(1, 96, 5)[0];
        let mut exact: Vec<f32> = concepts.iter().map(|concept| concept.cosine(photo)).collect();
        exact.sort_by(|a, b| b.total_cmp(a));
        let expected = exact[..15].iter().sum::<f32>() / 15.0;
        let got = ConceptBank::new(&concepts, 0.1).explained(&QuantizedVector::new(photo.as_slice()));
        assert!((got - expected).abs() < 0.005, "{got} {expected}");
    }
}
