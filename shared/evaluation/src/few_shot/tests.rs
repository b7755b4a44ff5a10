use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use rand_distr::{Distribution, StandardNormal};
use serde::Deserialize;

use super::*;

/// The part of `tests/goldens/measures.json` that is about probes.
#[derive(Deserialize)]
struct Goldens {
    probes: Probes,
}

#[derive(Deserialize)]
struct Probes {
    classes: usize,
    photos: Vec<UnitVector>,
    labels: Vec<u32>,
    fitted: Vec<Fitted>,
}

#[derive(Deserialize)]
struct Fitted {
    prior: Option<Vec<UnitVector>>,
    strength: f64,
    weights: Vec<Vec<f32>>,
    bias: Vec<f32>,
    probabilities: Vec<Vec<f64>>,
}

#[test]
fn probes_are_those_of_scikit_learn_and_of_a_general_minimiser() {
    let Goldens { probes } = serde_json::from_str(include_str!("../../tests/goldens/measures.json")).unwrap();
    let examples = Examples::new(&probes.photos, &probes.labels, probes.classes).unwrap();
    for golden in probes.fitted {
        let prior = golden.prior.map(|prior| prior::matrix(&prior, 3, 8).unwrap());
        let probe = learn(&examples, prior.as_ref(), golden.strength);
        let weights = probe.weights.iter().flatten().zip(golden.weights.iter().flatten());
        for (got, expected) in weights.chain(probe.bias.iter().zip(&golden.bias)) {
            assert!((got - expected).abs() < 1e-4 * expected.abs().max(1.0), "{got}, {expected}");
        }
        for (photo, expected) in probes.photos.iter().zip(&golden.probabilities) {
            let got = probe.probabilities(photo);
            assert!(got.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-5), "{got:?}, {expected:?}");
        }
    }
}

/// Photos that lie around their class's direction, and prompts that lie a little beside it, with what is common to all photos
/// and to all prompts.
fn scene(classes: usize, shots: usize) -> (Vec<UnitVector>, Vec<u32>, Vec<UnitVector>) {
    let mut random = ChaCha8Rng::seed_from_u64(11);
    let mut near = |centre: &[f32], spread: f32| -> Vec<f32> {
        centre
            .iter()
            .zip(StandardNormal.sample_iter(&mut random))
            .map(|(x, noise): (_, f32)| x + spread * noise)
            .collect()
    };
    let unit = |values| UnitVector::normalized(values).unwrap();
    let centres: Vec<_> = (0..classes).map(|_| near(&[1.5; 32], 1.0)).collect();
    let labels: Vec<u32> = (0..classes as u32).flat_map(|class| vec![class; shots]).collect();
    let photos = labels.iter().map(|&class| unit(near(&centres[class as usize], 0.8))).collect();
    let prompts = centres.iter().map(|centre| unit(near(centre, 0.8).iter().map(|x| x - 2.0).collect())).collect();
    (photos, labels, prompts)
}

#[test]
fn what_is_learned_is_recognised_and_the_same_every_time() {
    let (photos, labels, prompts) = scene(6, 8);
    for prior in [None, Some(&prompts[..])] {
        let learned = few_shot(&photos, &labels, 6, prior, 3).unwrap();
        assert_eq!(few_shot(&photos, &labels, 6, prior, 3).unwrap(), learned);
        assert_eq!((learned.probe.weights.len(), learned.probe.weights[0].len()), (6, 32));
        assert!(learned.cross_validated_top1.unwrap() > 0.8, "{:?}", learned.cross_validated_top1);
        let right = photos.iter().zip(&labels).filter(|(photo, label)| {
            let probabilities = learned.probe.probabilities(photo);
            probabilities.iter().all(|&p| p <= probabilities[**label as usize])
        });
        assert!(right.count() >= 46);
    }
}

#[test]
fn one_photo_a_class_is_enough_to_learn_but_not_to_say_how_well() {
    let (photos, labels, prompts) = scene(4, 1);
    let learned = few_shot(&photos, &labels, 4, Some(&prompts), 3).unwrap();
    assert_eq!((learned.cross_validated_top1, learned.from_prior), (None, true));
}

#[test]
fn a_probe_survives_being_written() {
    let (photos, labels, _) = scene(3, 2);
    let probe = few_shot(&photos, &labels, 3, None, 1).unwrap().probe;
    let written = serde_json::to_string(&probe).unwrap();
    assert_eq!(serde_json::from_str::<LinearProbe>(&written).unwrap(), probe);
}
