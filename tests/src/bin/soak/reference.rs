//! What searches must answer: every photo's cosine similarity, computed from an export one by one.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use foray_embedding::{BackendOptions, Embedder, Model};
use foray_tests::{Contents, ServerProcess};
use serde_json::Value;

const TEXTS: [&str; 4] = ["a cat", "red flower", "an old aeroplane", "people by the water"];
/// Photos whose neighbours are asked for.
const SIMILAR: usize = 4;
const LIMIT: usize = 20;
/// The server may embed a text in a batch of another size, which sums up in another order.
const TOLERANCE: f64 = 1e-4;

/// The photos of a library with their vectors.
pub struct Reference<'a>(pub &'a Contents);

/// How the answers of a server compared.
#[derive(Debug, Default)]
pub struct Compared {
    pub answers: usize,
    pub hits: usize,
    /// Hits that are among the best: all of them, unless a graph is walked.
    pub best: usize,
}

impl Reference<'_> {
    /// Asks the server, and checks that its answers are the exact ones; tells how many there were.
    #[track_caller]
    pub fn check(&self, server: &ServerProcess) -> usize {
        let compared = self.compare(server);
        assert_eq!(compared.best, compared.hits, "photos are missing in answers: {compared:?}");
        compared.answers
    }

    /// Asks the server; every score must be the exact one, in order.
    #[track_caller]
    pub fn compare(&self, server: &ServerProcess) -> Compared {
        let mut compared = Compared::default();
        for (text, vector) in TEXTS.iter().zip(text_vectors()) {
            let answer = server.api(&format!("/search?limit={LIMIT}&q={}", text.replace(' ', "%20")));
            compared.add(&answer, &self.scores(vector, None));
        }
        let step = (self.0.photos.len() / SIMILAR).max(1);
        for (id, (_, vector)) in self.0.photos.iter().step_by(step) {
            let answer = server.api(&format!("/images/{id}/similar?limit={LIMIT}"));
            compared.add(&answer, &self.scores(vector, Some(id)));
        }
        compared
    }

    fn scores(&self, query: &[f32], without: Option<&str>) -> BTreeMap<&str, f64> {
        let others = self.0.photos.iter().filter(|(id, _)| Some(id.as_str()) != without);
        others.map(|(id, (_, vector))| (id.as_str(), cosine(query, vector))).collect()
    }
}

impl Compared {
    #[track_caller]
    fn add(&mut self, answer: &Value, scores: &BTreeMap<&str, f64>) {
        let results = answer["results"].as_array().unwrap();
        let mut best: Vec<f64> = scores.values().copied().collect();
        best.sort_by(|a, b| b.total_cmp(a));
        assert_eq!(results.len(), best.len().min(LIMIT), "{answer}");
        let worst_of_best = best.get(results.len().saturating_sub(1)).copied().unwrap_or_default();
        let mut last = f64::INFINITY;
        for hit in results {
            let (id, score) = (hit["id"].as_str().unwrap(), hit["score"].as_f64().unwrap());
            let exact = scores.get(id).unwrap_or_else(|| panic!("a photo that is not in the library: {hit}"));
            assert!((score - exact).abs() < TOLERANCE, "the score of {id} is {score}, not {exact}");
            assert!(score <= last + TOLERANCE, "not in order: {answer}");
            self.best += usize::from(score > worst_of_best - TOLERANCE);
            last = score;
        }
        self.answers += 1;
        self.hits += results.len();
    }
}

fn cosine(a: &[f32], b: &[f32]) -> f64 {
    a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum()
}

fn text_vectors() -> &'static [Vec<f32>] {
    static VECTORS: OnceLock<Vec<Vec<f32>>> = OnceLock::new();
    VECTORS.get_or_init(|| {
        let embedder = Embedder::open(Model::builtin().unwrap(), &BackendOptions::default()).unwrap();
        TEXTS.iter().map(|text| embedder.embed_text(text).unwrap().as_slice().to_vec()).collect()
    })
}
