//! The unusual ordering against a brute-force reference, and how near-identical shots fold.

use crate::support::{DIMENSION, Random, batch, id, open, path, photos};
use foray_protocol::{Change, Ingest, UnitVector, UnusualKind, UnusualRequest};

fn request(limit: usize, neighbours: usize) -> UnusualRequest {
    UnusualRequest { limit, offset: 0, neighbours, kind: UnusualKind::Unique, hide_junk: false, filter: None }
}

/// 1 - mean cosine to the k nearest others, most unusual first.
fn reference(vectors: &[UnitVector], k: usize) -> Vec<(f32, String)> {
    let score = |(number, vector): (usize, &UnitVector)| {
        let others = vectors.iter().enumerate().filter(|(other, _)| *other != number);
        let mut cosines: Vec<f32> = others.map(|(_, other)| vector.cosine(other)).collect();
        cosines.sort_by(|a, b| b.total_cmp(a));
        (1.0 - cosines[..k].iter().sum::<f32>() / k as f32, path(number).to_string())
    };
    let mut all: Vec<_> = vectors.iter().enumerate().map(score).collect();
    all.sort_by(|a, b| b.0.total_cmp(&a.0));
    all
}

#[test]
fn scores_are_those_of_brute_force() {
    let folder = tempfile::tempdir().unwrap();
    let library = open(folder.path());
    let mut random = Random(11);
    let vectors: Vec<_> = (0..400).map(|_| random.vector()).collect();
    library.commit(&photos(&vectors)).unwrap();
    for k in [1, 10] {
        let results = library.unusual(&request(400, k)).unwrap().results;
        for (hit, (score, _)) in results.iter().zip(reference(&vectors, k)) {
            assert!((hit.score - score).abs() < 2e-3, "{} instead of {score}", hit.score);
            assert_eq!(hit.neighbours.len(), k);
        }
        assert_eq!(results[0].photo.path, reference(&vectors, k)[0].1);
    }
}

#[test]
fn a_burst_of_one_scene_is_one_picture_and_is_not_its_own_neighbourhood() {
    let folder = tempfile::tempdir().unwrap();
    let library = open(folder.path());
    let mut random = Random(12);
    let mut vectors: Vec<_> = (0..60).map(|_| random.vector()).collect();
    let scene = vectors[0].clone();
    let shot = |random: &mut Random| {
        let noise = random.vector();
        let sum = scene.as_slice().iter().zip(noise.as_slice()).map(|(a, b)| a + 0.05 * b).collect();
        UnitVector::normalized(sum).unwrap()
    };
    vectors.extend((0..40).map(|_| shot(&mut random)));
    library.commit(&photos(&vectors)).unwrap();
    let results = library.unusual(&request(100, 10)).unwrap().results;
    assert_eq!(results.len(), 60);
    let scene = results.iter().find(|hit| hit.photo.id == id(0)).unwrap();
    assert_eq!(scene.folded, 40);
    assert!(scene.neighbours.iter().all(|neighbour| neighbour.score < 0.97));
    assert_eq!(scene.neighbours.len(), 10);
}

#[test]
fn libraries_of_no_and_one_photo_have_an_answer() {
    let folder = tempfile::tempdir().unwrap();
    let library = open(folder.path());
    assert!(library.unusual(&request(10, 10)).unwrap().results.is_empty());
    library.commit(&photos(&[Random(1).vector()])).unwrap();
    let results = library.unusual(&request(10, 10)).unwrap().results;
    assert_eq!((results.len(), results[0].score), (1, 0.0));
}

#[test]
fn a_new_photo_shows_in_the_ordering() {
    let folder = tempfile::tempdir().unwrap();
    let library = open(folder.path());
    let mut components = vec![0.0; DIMENSION];
    components[0] = 1.0;
    let same = UnitVector::normalized(components).unwrap();
    let mut vectors: Vec<_> = (0..5).map(|_| same.clone()).collect();
    library.commit(&photos(&vectors)).unwrap();
    assert_eq!(library.unusual(&request(10, 3)).unwrap().results.len(), 1);
    vectors.push(Random(5).vector());
    library.commit(&photos(&vectors)).unwrap();
    assert_eq!(library.unusual(&request(10, 3)).unwrap().results.len(), 2);
}

#[test]
fn a_number_of_neighbours_out_of_range_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let error = open(folder.path()).unusual(&request(10, 0)).unwrap_err().to_string();
    assert!(error.contains("neighbours is 0"), "{error}");
}

/// Outlier scores of scikit-learn; `goldens/make_outliers.py` tells how they are made.
#[derive(serde::Deserialize)]
struct Golden {
    neighbours: usize,
    vectors: Vec<Vec<f32>>,
    knn: Vec<f64>,
    lof: Vec<f64>,
}

/// Spearman's rank correlation of two lists without ties.
fn spearman(a: &[f64], b: &[f64]) -> f64 {
    let ranks = |values: &[f64]| {
        let mut order: Vec<usize> = (0..values.len()).collect();
        order.sort_by(|&x, &y| values[x].total_cmp(&values[y]));
        let mut ranks = vec![0.0; values.len()];
        order.iter().enumerate().for_each(|(rank, &at)| ranks[at] = rank as f64);
        ranks
    };
    let squares: f64 = ranks(a).iter().zip(ranks(b)).map(|(x, y)| (x - y).powi(2)).sum();
    let n = a.len() as f64;
    1.0 - 6.0 * squares / (n * (n * n - 1.0))
}

#[test]
fn scores_order_photos_as_those_of_scikit_learn_do() {
    let golden: Golden = serde_json::from_str(include_str!("../goldens/outliers.json")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let library = open(folder.path());
    let vectors: Vec<_> = golden.vectors.iter().map(|row| UnitVector::normalized(row.clone()).unwrap()).collect();
    library.commit(&photos(&vectors)).unwrap();
    let mut hits = library.unusual(&request(vectors.len(), golden.neighbours)).unwrap().results;
    assert_eq!(hits.len(), vectors.len(), "nothing folds");
    hits.sort_by(|a, b| a.photo.path.cmp(&b.photo.path));
    let scores: Vec<f64> = hits.iter().map(|hit| f64::from(hit.score)).collect();
    println!("Spearman with the local outlier factor: {:.4}", spearman(&scores, &golden.lof));
    let knn = spearman(&scores, &golden.knn);
    println!("Spearman with the kNN score: {knn:.4}");
    assert!(knn >= 0.95, "{knn}");
}

#[test]
fn atypical_photos_come_first_and_name_the_centre_of_their_cluster() {
    let folder = tempfile::tempdir().unwrap();
    let library = open(folder.path());
    let mut random = Random(21);
    let near = |direction: usize, random: &mut Random| {
        let mut sum: Vec<f32> = random.vector().as_slice().to_vec();
        sum[direction] += 2.0;
        UnitVector::normalized(sum).unwrap()
    };
    let mut vectors: Vec<_> = (0..60).map(|number| near(number % 2, &mut random)).collect();
    vectors.push(near(7, &mut random));
    library.commit(&photos(&vectors)).unwrap();
    let request = UnusualRequest { kind: UnusualKind::Atypical, ..request(61, 5) };
    let results = library.unusual(&request).unwrap().results;
    assert_eq!((results.len(), results[0].photo.id), (61, id(60)));
    assert!(results.windows(2).all(|pair| pair[0].score >= pair[1].score));
    assert!(results.iter().all(|hit| hit.neighbours.len() == 5));
}

#[test]
fn the_ordering_stays_that_of_brute_force_while_photos_come_and_go() {
    let folder = tempfile::tempdir().unwrap();
    let library = open(folder.path());
    let mut random = Random(31);
    let vectors: Vec<_> = (0..500).map(|_| random.vector()).collect();
    let all = photos(&vectors).changes;
    let mut shown = vec![false; vectors.len()];
    for _ in 0..12 {
        let mut changes = vec![];
        for _ in 0..120 {
            let number = (random.next() % 500) as usize;
            shown[number] = !random.next().is_multiple_of(3);
            let removed = Change::Removed { path: path(number) };
            changes.push(if shown[number] { all[number].clone() } else { removed });
        }
        library.commit(&batch(changes)).unwrap();
        let present: Vec<_> = (0..500).filter(|&number| shown[number]).collect();
        let live: Vec<_> = present.iter().map(|&number| vectors[number].clone()).collect();
        let mut hits = library.unusual(&request(500, 10)).unwrap().results;
        let best: Vec<_> = hits.iter().take(50).map(|hit| hit.photo.path.clone()).collect();
        hits.sort_by(|a, b| a.photo.path.cmp(&b.photo.path));
        let mut expected = reference(&live, 10);
        // The reference numbers the live photos; their order is that of the paths.
        let number = |name: &str| present[name[8..14].parse::<usize>().unwrap()];
        let top: Vec<_> = expected[..50].iter().map(|(_, name)| path(number(name)).to_string()).collect();
        expected.sort_by(|a, b| a.1.cmp(&b.1));
        let scores = |values: Vec<f32>| values.into_iter().map(f64::from).collect::<Vec<_>>();
        let got = scores(hits.iter().map(|hit| hit.score).collect());
        let wanted = scores(expected.iter().map(|(score, _)| *score).collect());
        assert_eq!(got.len(), wanted.len());
        assert!(spearman(&got, &wanted) >= 0.999);
        assert!(best.iter().filter(|name| top.contains(name)).count() >= 49);
    }
}
