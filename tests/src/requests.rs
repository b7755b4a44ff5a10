//! What people ask a server all the while, and how it answers.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::time::Instant;

use serde_json::Value;
use ureq::Agent;

use crate::{Latencies, Random, Reply};

/// Questions to a server, one after the other.
pub struct Requests {
    random: Random,
    agent: Agent,
    /// Ids of photos that were found, some of which may have gone since.
    found: Vec<String>,
    /// How long the answers to each kind of question took.
    took: BTreeMap<&'static str, Latencies>,
    /// Answers that it is being prepared, or that the photo is gone.
    refused: usize,
    /// Questions that a server which was just killed did not answer.
    unanswered: usize,
}

const QUERIES: [&str; 8] =
    ["a cat", "red flower", "a boat on water", "2:dog - cat", "an old aeroplane", "pizza", "a face", "a chair"];
const ASKED: [&str; 5] = ["search", "similar", "unusual", "duplicates", "thumbnail"];

impl Requests {
    /// Questions in an order that `seed` says.
    pub fn new(seed: u64) -> Self {
        let agent = Agent::config_builder().http_status_as_error(false).build().into();
        Self { random: Random(seed), agent, found: vec![], took: BTreeMap::new(), refused: 0, unanswered: 0 }
    }

    /// Asks the server at `url` something. Answers must be right in themselves; no answer is one only of a server that is down.
    pub fn ask(&mut self, url: &str) {
        let kind = ASKED[self.random.below(ASKED.len())];
        let Some(address) = self.address(kind) else { return };
        let begun = Instant::now();
        let Ok(reply) = self.agent.get(format!("{url}/api/v1/{address}")).call() else {
            self.unanswered += 1;
            return;
        };
        let Some(reply) = Reply::whole(reply) else {
            self.unanswered += 1;
            return;
        };
        self.took.entry(kind).or_default().note(begun.elapsed());
        match (reply.status, kind) {
            (200, "search" | "similar" | "unusual") => self.look_at(kind, &reply.json()),
            (200, "thumbnail") => {
                assert!(image::load_from_memory(&reply.body).is_ok(), "a damaged thumbnail: {address}");
            }
            (200, _) | (404, "similar" | "thumbnail") | (503, "unusual" | "duplicates") => {}
            _ => panic!("{address}: {reply:?}"),
        }
        self.refused += usize::from(reply.status != 200);
    }

    fn address(&mut self, kind: &str) -> Option<String> {
        let id = self.random.pick(&self.found).cloned();
        Some(match kind {
            "search" => format!("search?limit=40&q={}", QUERIES[self.random.below(QUERIES.len())].replace(' ', "%20")),
            "similar" => format!("images/{}/similar", id?),
            "thumbnail" => format!("images/{}/thumbnail", id?),
            "unusual" => "unusual?limit=20".to_owned(),
            other => other.to_owned(),
        })
    }

    fn look_at(&mut self, kind: &str, answer: &Value) {
        let results = answer["results"].as_array().unwrap();
        let ids: Vec<String> = results.iter().map(|hit| hit["id"].as_str().unwrap().to_owned()).collect();
        assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len(), "a photo came twice: {answer}");
        let scores: Vec<f64> = results.iter().map(|hit| hit["score"].as_f64().unwrap()).collect();
        assert!(scores.is_sorted_by(|better, worse| better >= worse), "not in order: {answer}");
        if kind == "search" && !ids.is_empty() {
            self.found = ids;
        }
    }

    /// How many were answered.
    pub fn answered(&self) -> usize {
        self.took.values().map(Latencies::count).sum()
    }
}

impl fmt::Display for Requests {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (kind, took) in &self.took {
            let [median, slow, slowest] = took.at([0.5, 0.95, 1.0]);
            writeln!(
                f,
                "  {kind:<12} {:>7} answers, {median:.1} ms median, {slow:.1} ms 95th percentile, {slowest:.1} ms longest",
                took.count()
            )?;
        }
        write!(f, "  {} answers were that the photo is gone or the answer being prepared; ", self.refused)?;
        writeln!(f, "{} questions met a server that was killed", self.unanswered)
    }
}
