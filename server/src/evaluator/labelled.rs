//! The photos of an evaluation: those that are measured on, and those that things are tried on.

use std::collections::{BTreeMap, HashSet};

use foray_evaluation::{Dataset, LabelledPhoto};
use foray_protocol::{
    Failure, ImageId, LinearLayer, PhotoPath, Problem, ProblemKind, ProtocolError, Split, UnitVector,
};

use super::nothing_left;
use crate::photo_files::PhotoFiles;

/// One in so many of the photos that a class's floor is measured by is below it.
const BELOW_FLOOR: usize = 20;

/// Which photos of a dataset take part, before they are read.
pub(super) struct Labelled<'a> {
    split: Option<Split>,
    is_halved: bool,
    measured: Vec<&'a LabelledPhoto>,
    tuning: Vec<&'a LabelledPhoto>,
}

/// Photos with their classes and embeddings.
#[derive(Clone, Debug, Default)]
pub(super) struct Part {
    pub paths: Vec<PhotoPath>,
    pub labels: Vec<usize>,
    pub splits: Vec<Option<Split>>,
    pub vectors: Vec<UnitVector>,
}

/// All of them, read.
pub(super) struct Embedded {
    pub measured: Part,
    pub tuning: Part,
    pub failed: Vec<Failure>,
    pub computed: usize,
}

impl<'a> Labelled<'a> {
    /// Measures on `split`, or else on what the dataset has for that. Where other photos are needed, they are those of the
    /// training and validation splits; a dataset without these is halved, class by class.
    pub fn choose(dataset: &'a Dataset, split: Option<Split>, needs_others: bool) -> Result<Self, ProtocolError> {
        let split = split.or_else(|| dataset.split_to_measure());
        let measured = dataset.split(split)?;
        if !needs_others {
            return Ok(Self { split, is_halved: false, measured, tuning: vec![] });
        }
        let others = |photo: &&LabelledPhoto| photo.split != split && photo.split != Some(Split::Test);
        let tuning: Vec<_> = dataset.photos.iter().filter(others).collect();
        if tuning.is_empty() {
            let (tuning, measured) = halves(&measured);
            return Ok(Self { split, is_halved: true, measured, tuning });
        }
        Ok(Self { split, is_halved: false, measured, tuning })
    }

    /// Refuses to learn from examples where some class has none.
    pub fn check_examples(&self, classes: &[String]) -> Result<(), ProtocolError> {
        check_examples(self.tuning.iter().map(|photo| photo.class), classes)
    }

    /// The name of what is measured on.
    pub fn split_name(&self) -> Option<String> {
        match (self.split, self.is_halved) {
            (None, false) => None,
            (None, true) => Some("one half".to_owned()),
            (Some(split), false) => Some(split.to_string()),
            (Some(split), true) => Some(format!("one half of {split}")),
        }
    }

    /// Reads and embeds all of them; what cannot be read is left out.
    pub fn embed(&self, files: &PhotoFiles<'_>, mut told: impl FnMut(usize, usize)) -> Result<Embedded, ProtocolError> {
        let all: Vec<_> = self.measured.iter().chain(&self.tuning).collect();
        let paths: Vec<PhotoPath> = all.iter().map(|photo| photo.path.clone()).collect();
        let embedded = files.embed(&paths, |done| told(done, paths.len()))?;
        let (mut measured, mut tuning, mut failed) = (Part::default(), Part::default(), vec![]);
        for (number, (photo, vector)) in all.into_iter().zip(embedded.vectors).enumerate() {
            let (part, half) = match number < self.measured.len() {
                true => (&mut measured, Split::Test),
                false => (&mut tuning, Split::Train),
            };
            let split = if self.is_halved { Some(half) } else { photo.split };
            match vector {
                Ok(vector) => part.push(photo, split, vector),
                Err(reason) => failed.push(Failure { path: photo.path.clone(), reason }),
            }
        }
        if measured.vectors.is_empty() {
            return Err(nothing_left(&failed));
        }
        let dropped = tuning.drop_those_of(&measured);
        if dropped > 0 {
            tracing::warn!(
                "{dropped} photos to learn from are the same as some that are measured on; nothing is learned from them"
            );
        }
        Ok(Embedded { measured, tuning, failed, computed: embedded.computed })
    }
}

/// Refuses to learn from photos of these classes where some class has none.
pub(super) fn check_examples(photos: impl Iterator<Item = usize>, classes: &[String]) -> Result<(), ProtocolError> {
    let seen: HashSet<usize> = photos.collect();
    let missing: Vec<usize> = (0..classes.len()).filter(|class| !seen.contains(class)).collect();
    let Some(&first) = missing.first() else { return Ok(()) };
    let detail = format!(
        "few_shot: {} of {} classes have no photo to learn from, such as {:?}; expected at least one beside those that are measured on",
        missing.len(),
        classes.len(),
        classes[first]
    );
    Err(Problem::new(ProblemKind::BadRequest, detail).into())
}

impl Part {
    fn push(&mut self, photo: &LabelledPhoto, split: Option<Split>, vector: UnitVector) {
        self.paths.push(photo.path.clone());
        self.labels.push(photo.class);
        self.splits.push(split);
        self.vectors.push(vector);
    }

    /// The photos at these places.
    pub fn these(&self, places: &[usize]) -> Self {
        Self {
            paths: places.iter().map(|&place| self.paths[place].clone()).collect(),
            labels: places.iter().map(|&place| self.labels[place]).collect(),
            splits: places.iter().map(|&place| self.splits[place]).collect(),
            vectors: places.iter().map(|&place| self.vectors[place].clone()).collect(),
        }
    }

    /// Drops photos whose embeddings are exactly those of photos in `other`: copies of them. Tells how many.
    fn drop_those_of(&mut self, other: &Self) -> usize {
        let known: HashSet<Vec<u8>> = other.vectors.iter().map(UnitVector::to_bytes).collect();
        let before = std::mem::take(self);
        let count = before.vectors.len();
        let rows = before.paths.into_iter().zip(before.labels).zip(before.splits.into_iter().zip(before.vectors));
        for ((path, label), (split, vector)) in rows.filter(|(_, (_, vector))| !known.contains(&vector.to_bytes())) {
            self.paths.push(path);
            self.labels.push(label);
            self.splits.push(split);
            self.vectors.push(vector);
        }
        count - self.vectors.len()
    }
}

/// Two halves of `photos`, each with half of each class; which one a photo is in depends on its name alone.
fn halves<'a>(photos: &[&'a LabelledPhoto]) -> (Vec<&'a LabelledPhoto>, Vec<&'a LabelledPhoto>) {
    let mut by_class: BTreeMap<usize, Vec<&LabelledPhoto>> = BTreeMap::new();
    photos.iter().for_each(|photo| by_class.entry(photo.class).or_default().push(photo));
    let (mut first, mut second) = (vec![], vec![]);
    for mut class in by_class.into_values() {
        class.sort_by_key(|photo| {
            let name = photo.path.as_path().file_name().unwrap_or_default();
            ImageId::of_content(name.as_encoded_bytes())
        });
        let rest = class.split_off(class.len() / 2);
        first.extend(class);
        second.extend(rest);
    }
    (first, second)
}

/// For each class the logit that 19 in 20 of its photos reach that are recognised. Classes have few photos each: how far photos are
/// below their class's mean is measured over all classes.
pub(super) fn floors(layer: &LinearLayer, photos: &Part, classes: usize) -> Vec<f64> {
    let mut own: Vec<Vec<f64>> = vec![vec![]; classes];
    for (photo, &label) in photos.vectors.iter().zip(&photos.labels) {
        let logits = layer.logits(photo);
        if logits.iter().all(|logit| *logit <= logits[label]) {
            own[label].push(logits[label]);
        }
    }
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len().max(1) as f64;
    let means: Vec<f64> = own.iter().map(|logits| mean(logits)).collect();
    let mut below: Vec<f64> =
        own.iter().zip(&means).flat_map(|(logits, mean)| logits.iter().map(move |logit| logit - mean)).collect();
    if below.is_empty() {
        return vec![];
    }
    below.sort_by(f64::total_cmp);
    let allowance = below[below.len() / BELOW_FLOOR];
    let recognised: Vec<f64> = own.iter().zip(&means).filter(|(own, _)| !own.is_empty()).map(|(_, m)| *m).collect();
    let typical = mean(&recognised);
    let of_class = |(own, mean): (&Vec<f64>, &f64)| allowance + if own.is_empty() { typical } else { *mean };
    own.iter().zip(&means).map(of_class).collect()
}

#[cfg(test)]
mod tests {
    use foray_protocol::SpaceId;

    use super::*;

    #[test]
    fn halves_have_half_of_each_class_and_are_always_the_same() {
        let photo = |number: usize| LabelledPhoto {
            path: PhotoPath::from(format!("/{number}.jpg")),
            class: number % 3,
            split: None,
        };
        let photos: Vec<_> = (0..30).map(photo).collect();
        let all: Vec<_> = photos.iter().collect();
        let (first, second) = halves(&all);
        assert_eq!((first.len(), second.len()), (15, 15));
        assert!(first.iter().all(|photo| !second.contains(photo)));
        assert_eq!(first.iter().filter(|photo| photo.class == 2).count(), 5);
        let reversed: Vec<_> = photos.iter().rev().collect();
        assert_eq!(halves(&reversed).0, first);
    }

    #[test]
    fn copies_of_measured_photos_are_not_learned_from() {
        let unit = |x: f32| UnitVector::normalized(vec![x, 1.0]).unwrap();
        let part = |numbers: &[f32]| {
            let mut part = Part::default();
            for &number in numbers {
                let photo = LabelledPhoto { path: PhotoPath::from(format!("/{number}.jpg")), class: 0, split: None };
                part.push(&photo, None, unit(number));
            }
            part
        };
        let mut tuning = part(&[1.0, 2.0, 3.0]);
        assert_eq!(tuning.drop_those_of(&part(&[2.0, 5.0])), 1);
        assert_eq!(tuning.paths, [PhotoPath::from("/1.jpg"), PhotoPath::from("/3.jpg")]);
        assert_eq!(tuning.vectors, [unit(1.0), unit(3.0)]);
    }

    #[test]
    fn a_class_without_an_example_is_named() {
        let classes = ["ant", "bee", "fly"].map(str::to_owned);
        assert!(check_examples([0, 2, 1, 1].into_iter(), &classes).is_ok());
        let error = check_examples([0, 2].into_iter(), &classes).unwrap_err().to_string();
        assert!(error.contains("1 of 3 classes") && error.contains("\"bee\""), "{error}");
    }

    #[test]
    fn a_floor_leaves_most_recognised_photos_above_it() {
        let unit = |x: f32| UnitVector::normalized(vec![x, 1.0]).unwrap();
        let classes =
            [UnitVector::normalized(vec![1.0, 0.0]).unwrap(), UnitVector::normalized(vec![0.0, 1.0]).unwrap()];
        let layer = LinearLayer::zero_shot(SpaceId::from(String::new()), &classes, 1.0);
        let vectors: Vec<_> = (0..100).map(|number| unit(1.1 + number as f32 / 10.0)).collect();
        let photos = Part { labels: vec![0; 100], vectors, ..Part::default() };
        let floors = floors(&layer, &photos, 2);
        let above = photos.vectors.iter().filter(|photo| layer.logits(photo)[0] >= floors[0]).count();
        assert_eq!(above, 95);
        assert_eq!(floors[0], floors[1]);
    }
}
