//! Evaluations: how well wordings, and what learns from examples, tell the classes of labelled photos apart.

mod contenders;
mod labelled;

use std::time::Instant;

use foray_embedding::Embedder;
use foray_evaluation::{Dataset, Mistake, Predictions, compare, label_table, measure};
use foray_protocol::{
    Classifier, Contender, Evaluation, EvaluationRequest, Failure, PhotoPath, Problem, ProblemKind, ProtocolError,
    SearchName, Split, UnitVector, since_1970,
};

use crate::evaluator::contenders::{Entrant, Entrants};
use crate::evaluator::labelled::{Embedded, Labelled, Part};
use crate::photo_files::PhotoFiles;
use crate::picture_embedding::embedding_problem;

/// The same photos and predictions give the same interval.
const SEED: u64 = 1;
/// Texts that are embedded together: more gain nothing.
const TEXTS_TOGETHER: usize = 32;

/// What an evaluation measured, and what can be made of it.
#[derive(Debug)]
pub struct Evaluated {
    /// What was measured.
    pub evaluation: Evaluation,
    best: Entrant,
    measured: Part,
    examples: Part,
    predictions: Predictions,
}

/// Measures what `request` asks for on the photos of `dataset`, which `files` embeds. `told` is called with how many of how many
/// photos are ready.
///
/// # Errors
/// A bad request that names the file, class, split or field; those of the model and of the cache.
pub fn evaluate(
    files: &PhotoFiles<'_>,
    dataset: Dataset,
    request: &EvaluationRequest,
    told: impl FnMut(usize, usize),
) -> Result<Evaluated, ProtocolError> {
    check(request)?;
    let split = request.split.as_deref().map(parse_split).transpose()?;
    let labelled = Labelled::choose(&dataset, split, needs_other_photos(request))?;
    if request.few_shot.is_some() {
        labelled.check_examples(&dataset.classes)?;
    }
    let begun = Instant::now();
    let mut embedded = labelled.embed(files, told)?;
    let seconds = begun.elapsed().as_secs_f64();
    let entrants = Entrants { embedder: files.embedder, dataset: &dataset, request, tuning: &embedded.tuning }.all()?;
    let mut measured = measure_all(&entrants, &embedded.measured)?;
    let best = measured.iter().enumerate().rev().max_by(|(_, a), (_, b)| a.top1.total_cmp(&b.top1));
    let best = best.map_or(0, |(number, _)| number);
    let (predictions, best) = (measured[best].predictions.clone(), entrants[best].clone());
    measured.sort_by(|a, b| b.top1.total_cmp(&a.top1));
    let evaluation = Evaluation {
        dataset: dataset.source.clone(),
        split: labelled.split_name(),
        space: files.embedder.space().clone(),
        at: since_1970().as_secs(),
        classes: dataset.classes,
        images: embedded.measured.vectors.len(),
        embedded: embedded.computed,
        seconds,
        failed: std::mem::take(&mut embedded.failed),
        contenders: measured.into_iter().map(|measured| measured.contender).collect(),
    };
    let Embedded { measured, tuning, .. } = embedded;
    let examples = entrants.last().map(|learned| tuning.these(&learned.examples)).unwrap_or_default();
    Ok(Evaluated { evaluation, best, measured, examples, predictions })
}

impl Evaluated {
    /// The best contender as a classifier of this name.
    pub fn classifier(&self, name: SearchName) -> Classifier {
        let Entrant { prompts, layer, .. } = self.best.clone();
        let classes = self.evaluation.classes.clone();
        let floors = labelled::floors(&layer, &self.measured, classes.len());
        Classifier { name, classes, prompts, layer, floors }
    }

    /// The examples that were learned from and the photos that were measured on, with their labels and splits, as a table that
    /// [`Dataset::read`] takes: to learn and measure elsewhere.
    ///
    /// # Errors
    /// A path that is not UTF-8.
    pub fn labelled_split(&self) -> Result<String, ProtocolError> {
        let label = |part: &Part, number: usize| self.evaluation.classes[part.labels[number]].clone();
        let rows = |part: &Part| {
            let each = part.paths.iter().zip(&part.splits).enumerate();
            each.map(|(number, (path, split))| (path.clone(), label(part, number), *split)).collect::<Vec<_>>()
        };
        Ok(label_table(rows(&self.examples).into_iter().chain(rows(&self.measured)))?)
    }

    /// What the best contender got wrong, the surest first, at most `limit`; `thumbnail` shows a photo as a JPEG.
    pub fn mistakes(&self, limit: usize, thumbnail: impl Fn(&PhotoPath) -> Vec<u8>) -> Vec<Mistake> {
        let predicted = self.predictions.most_probable();
        let mut wrong: Vec<_> = predicted
            .zip(&self.measured.labels)
            .enumerate()
            .filter(|(_, ((class, _), label))| *class as usize != **label)
            .map(|(photo, ((class, probability), &label))| (photo, class, probability, label))
            .collect();
        wrong.sort_by(|a, b| b.2.total_cmp(&a.2));
        wrong.truncate(limit);
        let mistake = |(photo, predicted, probability, label): (usize, u32, f64, usize)| {
            let path = self.measured.paths[photo].clone();
            Mistake { thumbnail: thumbnail(&path), path, label: label as u32, predicted, probability }
        };
        wrong.into_iter().map(mistake).collect()
    }
}

/// A contender, and what it is sorted by.
struct Measured {
    top1: f64,
    contender: Contender,
    predictions: Predictions,
}

fn measure_all(entrants: &[Entrant], photos: &Part) -> Result<Vec<Measured>, ProtocolError> {
    let mut first: Option<Vec<bool>> = None;
    let mut measured = vec![];
    for entrant in entrants {
        let predictions = predictions(entrant, photos)?;
        let right = predictions.correct();
        let against_first = first.as_ref().map(|first| compare(&right, first)).transpose()?;
        let metrics = measure(&predictions, SEED);
        let prompts = entrant.prompts.iter().filter_map(|prompts| prompts.first().cloned()).collect();
        let top1 = metrics.top1;
        measured.push(Measured {
            top1,
            contender: Contender {
                name: entrant.name.clone(),
                prompts,
                metrics,
                cross_validated_top1: entrant.cross_validated_top1,
                against_first,
            },
            predictions,
        });
        first.get_or_insert(right);
    }
    Ok(measured)
}

fn predictions(entrant: &Entrant, photos: &Part) -> Result<Predictions, ProtocolError> {
    let probabilities = photos.vectors.iter().flat_map(|photo| entrant.probabilities(photo)).collect();
    let labels = photos.labels.iter().map(|&label| label as u32).collect();
    Ok(Predictions::new(entrant.layer.weights.len(), labels, probabilities)?)
}

/// The embeddings of texts, in their order.
///
/// # Errors
/// Those of the model.
pub fn embed_texts(embedder: &Embedder, texts: &[&str]) -> Result<Vec<UnitVector>, ProtocolError> {
    // Texts of one length together: a batch is as long as its longest.
    let mut order: Vec<usize> = (0..texts.len()).collect();
    order.sort_by_key(|&text| texts[text].len());
    let mut vectors: Vec<Option<UnitVector>> = vec![None; texts.len()];
    for batch in order.chunks(TEXTS_TOGETHER) {
        let words: Vec<_> = batch.iter().map(|&text| texts[text]).collect();
        let embedded = embedder.embed_texts(&words).map_err(|error| embedding_problem(&error))?;
        batch.iter().zip(embedded).for_each(|(&text, vector)| vectors[text] = Some(vector));
    }
    Ok(vectors.into_iter().flatten().collect())
}

fn needs_other_photos(request: &EvaluationRequest) -> bool {
    request.suggest || request.few_shot.is_some()
}

fn check(request: &EvaluationRequest) -> Result<(), ProtocolError> {
    let wrong = |detail: String| Err(Problem::new(ProblemKind::BadRequest, detail).into());
    match (request.few_shot, request.logit_scale) {
        (Some(0), _) => wrong("few_shot: got 0; expected at least 1 example of each class".to_owned()),
        (_, Some(scale)) if !(scale.is_finite() && scale > 0.0) => {
            wrong(format!("logit_scale: got {scale}; expected a number above 0, such as 100"))
        }
        _ => Ok(()),
    }
}

fn parse_split(text: &str) -> Result<Split, ProtocolError> {
    let unknown =
        |()| Problem::new(ProblemKind::BadRequest, format!("split: got {text:?}; expected train, valid or test"));
    Ok(text.parse::<Split>().map_err(unknown)?)
}

/// Photos that could not be read; refuses to measure when none is left.
fn nothing_left(failed: &[Failure]) -> ProtocolError {
    let detail = match failed {
        [] => "the dataset has no photos to measure on".to_owned(),
        [first, ..] => format!("none of {} photos can be read: {}: {}", failed.len(), first.path, first.reason),
    };
    Problem::new(ProblemKind::BadRequest, detail).into()
}
