//! What is counted of all questions, by those who ask side by side.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use foray_tests::Latencies;

use crate::checks::Outcome;
use crate::questions::Kind;

/// Failures that are told in words; the others are counted.
const TOLD: usize = 10;

/// Counts of everything.
#[derive(Default)]
pub struct Tally(Mutex<Counts>);

/// The counts.
#[derive(Default)]
pub struct Counts {
    /// By kind of question.
    pub kinds: BTreeMap<Kind, OfKind>,
    /// Some of the failures and mistakes, in words.
    pub told: Vec<String>,
    /// Answers that were looked into.
    pub checked: usize,
    /// Answers that were wrong.
    pub mistakes: usize,
    /// For each probe that was asked for, which share of its neighbours was found.
    pub recalls: Vec<f64>,
}

/// The counts of one kind of question.
#[derive(Default)]
pub struct OfKind {
    /// How long answers took, from when the question should have been asked.
    pub latencies: Latencies,
    /// Answers that it is being prepared.
    pub preparing: usize,
    /// Questions that failed.
    pub failures: usize,
}

impl Tally {
    /// The counts.
    pub fn counts(&self) -> MutexGuard<'_, Counts> {
        self.0.lock().unwrap()
    }

    /// Counts a question that ended so long after it should have been asked.
    pub fn note(&self, kind: Kind, took: Duration, outcome: Outcome) {
        let mut counts = self.counts();
        let of_kind = counts.kinds.entry(kind).or_default();
        match outcome {
            Outcome::Answered => of_kind.latencies.note(took),
            Outcome::Preparing => of_kind.preparing += 1,
            Outcome::Failed(reason) => {
                of_kind.failures += 1;
                counts.tell(reason);
            }
        }
    }

    /// Counts an answer that was looked into.
    pub fn note_check(&self, mistake: Option<String>, recall: Option<f64>) {
        let mut counts = self.counts();
        counts.checked += 1;
        counts.recalls.extend(recall);
        if let Some(mistake) = mistake {
            counts.mistakes += 1;
            counts.tell(mistake);
        }
    }
}

impl Counts {
    fn tell(&mut self, reason: String) {
        if self.told.len() < TOLD {
            self.told.push(reason);
        }
    }

    /// Questions that failed.
    pub fn failures(&self) -> usize {
        self.kinds.values().map(|of_kind| of_kind.failures).sum()
    }

    /// The mean share of true neighbours that were found.
    pub fn recall(&self) -> f64 {
        self.recalls.iter().sum::<f64>() / self.recalls.len().max(1) as f64
    }
}
