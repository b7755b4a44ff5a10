//! Looking for the wording that tells classes apart best, on photos that are for trying things on.

use foray_protocol::{LinearLayer, SpaceId, UnitVector, softmax};
use rayon::prelude::*;

use crate::EvaluationError;
use crate::wording::{Template, Wording, mean, readable_name};

/// What is tried; the class by itself comes first, so that nothing longer is suggested that is no better.
const TEMPLATES: [&str; 16] = [
    "{}",
    "a photo of a {}",
    "a photo of a {}.",
    "a photo of the {}",
    "a photo of {}",
    "a picture of a {}",
    "a close-up photo of a {}",
    "a photo of many {}",
    "a good photo of a {}",
    "a cropped photo of a {}",
    "a {} in a photo",
    "there is a {} in the scene",
    "the {}, seen from the side",
    "a drawing of a {}",
    "a {} on a plain background",
    "an old photo of a {}",
];
/// Prompts that are averaged at most: more of them hardly change the mean.
const MOST_AVERAGED: usize = 6;

/// What was tried, and what did best.
#[derive(Clone, Debug)]
pub struct Suggestion {
    /// The winner.
    pub wording: Wording,
    /// Part of the photos that each wording got right, 0 to 1; in the order in which they were tried.
    pub tried: Vec<(String, f64)>,
    /// That part for the winner.
    pub top1: f64,
}

/// How well a wording does: right answers first, then how sure of the right classes it is.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
struct Fitness {
    right: usize,
    mean_log_probability: f64,
}

/// Photos to try wordings on.
#[derive(Clone, Copy, Debug)]
struct Examples<'a> {
    photos: &'a [UnitVector],
    labels: &'a [usize],
    logit_scale: f64,
}

/// A template with one way to write the classes, and the classes' vectors in it.
struct Candidate {
    name: String,
    prompts: Vec<String>,
    vectors: Vec<UnitVector>,
}

/// Tries a bank of templates and ways to write the classes' names on `photos` of known `labels`, each by itself and then averaged
/// with others as long as that helps. `embed` gives the embeddings of texts, in their order.
///
/// # Errors
/// Those of `embed`.
pub fn suggest<E: From<EvaluationError>>(
    classes: &[String],
    photos: &[UnitVector],
    labels: &[usize],
    logit_scale: f64,
    embed: impl FnOnce(&[&str]) -> Result<Vec<UnitVector>, E>,
) -> Result<Suggestion, E> {
    let examples = Examples { photos, labels, logit_scale };
    let candidates = candidates(classes, embed)?;
    let fitness: Vec<_> = candidates.iter().map(|candidate| examples.fitness(&candidate.vectors)).collect();
    let tried = candidates
        .iter()
        .zip(&fitness)
        .map(|(candidate, fitness)| (candidate.name.clone(), examples.part(fitness.right)));
    let (chosen, best) = average_while_it_helps(&examples, &candidates, &fitness);
    Ok(Suggestion { wording: wording(&candidates, &chosen), tried: tried.collect(), top1: examples.part(best.right) })
}

impl Examples<'_> {
    fn fitness(&self, classes: &[UnitVector]) -> Fitness {
        // Which space it is makes no difference to a sum of products.
        let layer = LinearLayer::zero_shot(SpaceId::from(String::new()), classes, self.logit_scale);
        let of_photo = |(photo, &label): (&UnitVector, &usize)| {
            let probabilities = softmax(&layer.logits(photo));
            let own = probabilities[label];
            // The first of equals is the answer, as it is when wordings are measured.
            let is_right = probabilities.iter().enumerate().all(|(class, &p)| p < own || p == own && class >= label);
            (usize::from(is_right), own.max(f64::MIN_POSITIVE).ln())
        };
        let each: Vec<_> = self.photos.par_iter().zip(self.labels).map(of_photo).collect();
        let right = each.iter().map(|(right, _)| right).sum();
        let sum: f64 = each.iter().map(|(_, log)| log).sum();
        Fitness { right, mean_log_probability: sum / each.len().max(1) as f64 }
    }

    fn part(&self, right: usize) -> f64 {
        right as f64 / self.photos.len().max(1) as f64
    }
}

/// All templates with all ways to write the names; texts that come out the same are tried once.
fn candidates<E>(
    classes: &[String],
    embed: impl FnOnce(&[&str]) -> Result<Vec<UnitVector>, E>,
) -> Result<Vec<Candidate>, E> {
    let mut worded: Vec<(String, Vec<String>)> = vec![];
    for (way, write) in [("", readable_name as fn(&str) -> String), (" in lower case", lower_case)] {
        for template in TEMPLATES.iter().filter_map(|text| text.parse::<Template>().ok()) {
            let prompts: Vec<_> = classes.iter().map(|class| template.of(&write(class))).collect();
            if !worded.iter().any(|(_, known)| *known == prompts) {
                worded.push((format!("{template}{way}"), prompts));
            }
        }
    }
    let texts: Vec<&str> = worded.iter().flat_map(|(_, prompts)| prompts).map(String::as_str).collect();
    let vectors = embed(&texts)?;
    let of_each = worded.into_iter().zip(vectors.chunks_exact(classes.len()));
    Ok(of_each.map(|((name, prompts), vectors)| Candidate { name, prompts, vectors: vectors.to_vec() }).collect())
}

fn lower_case(class: &str) -> String {
    readable_name(class).to_lowercase()
}

/// The candidates whose mean does best, begun with the best one, each time with the one that helps most.
fn average_while_it_helps(
    examples: &Examples<'_>,
    candidates: &[Candidate],
    fitness: &[Fitness],
) -> (Vec<usize>, Fitness) {
    let best = |scored: &mut dyn Iterator<Item = (usize, Fitness)>| {
        // The earlier one of equals: it is the simpler one.
        scored.reduce(|best, other| if other.1 > best.1 { other } else { best })
    };
    let Some((first, mut so_far)) = best(&mut fitness.iter().copied().enumerate()) else {
        return (vec![], Fitness { right: 0, mean_log_probability: f64::MIN });
    };
    let mut chosen = vec![first];
    while chosen.len() < MOST_AVERAGED {
        let others = (0..candidates.len()).filter(|other| !chosen.contains(other));
        let mut with_another = others.filter_map(|other| {
            let members: Vec<_> = chosen.iter().copied().chain([other]).collect();
            Some((other, examples.fitness(&averaged(candidates, &members)?)))
        });
        match best(&mut with_another) {
            Some((other, better)) if better.right > so_far.right => {
                chosen.push(other);
                so_far = better;
            }
            _ => break,
        }
    }
    (chosen, so_far)
}

/// The classes' vectors averaged over candidates; `None` where they cancel each other out.
fn averaged(candidates: &[Candidate], members: &[usize]) -> Option<Vec<UnitVector>> {
    let classes = candidates.first()?.vectors.len();
    let of_class = |class: usize| {
        let vectors: Vec<_> = members.iter().map(|&member| candidates[member].vectors[class].clone()).collect();
        mean(&vectors)
    };
    (0..classes).map(of_class).collect()
}

fn wording(candidates: &[Candidate], chosen: &[usize]) -> Wording {
    let names: Vec<_> = chosen.iter().map(|&member| candidates[member].name.clone()).collect();
    let classes = candidates.first().map_or(0, |candidate| candidate.prompts.len());
    let of_class = |class: usize| chosen.iter().map(|&member| candidates[member].prompts[class].clone()).collect();
    Wording { name: names.join(" + "), prompts: (0..classes).map(of_class).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unit(x: f32, y: f32) -> UnitVector {
        UnitVector::normalized(vec![x, y]).unwrap()
    }

    /// Every wording says nothing but one, which tells the classes apart.
    #[test]
    fn the_wording_that_tells_classes_apart_wins() {
        let classes = ["Cat".to_owned(), "Dog".to_owned()];
        let photos = [unit(1.0, 0.1), unit(0.1, 1.0), unit(1.0, 0.3)];
        let embed = |texts: &[&str]| {
            Ok::<_, EvaluationError>(
                texts
                    .iter()
                    .map(|&text| match text {
                        "a drawing of a Cat" => unit(1.0, 0.0),
                        "a drawing of a Dog" => unit(0.0, 1.0),
                        _ => unit(1.0, 1.0),
                    })
                    .collect(),
            )
        };
        let suggestion = suggest(&classes, &photos, &[0, 1, 0], 10.0, embed).unwrap();
        assert_eq!(suggestion.wording.name, "a drawing of a {}");
        assert_eq!(suggestion.wording.prompts[1], ["a drawing of a Dog"]);
        assert_eq!(suggestion.top1, 1.0);
        assert_eq!(suggestion.tried.len(), 32);
        assert!(suggestion.tried.iter().any(|(name, top1)| name == "a {} in a photo in lower case" && *top1 < 1.0));
    }
}
