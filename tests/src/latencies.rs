//! How long answers took: percentiles, and a histogram for people to read.

use std::fmt::Write;
use std::time::Duration;

/// The upper end of a histogram's first bucket, milliseconds; each further one is twice as wide.
const FIRST_BUCKET: f64 = 0.5;
/// Characters of the longest bar.
const LONGEST_BAR: f64 = 40.0;

/// Durations, in milliseconds.
#[derive(Clone, Debug, Default)]
pub struct Latencies(Vec<f64>);

impl Latencies {
    /// Adds one.
    pub fn note(&mut self, took: Duration) {
        self.0.push(took.as_secs_f64() * 1e3);
    }

    /// Adds all of `others`.
    pub fn join(&mut self, others: &Self) {
        self.0.extend(&others.0);
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// Those below which these shares of all lie; 1 is the longest. Zeros where there are none.
    pub fn at<const COUNT: usize>(&self, shares: [f64; COUNT]) -> [f64; COUNT] {
        let mut sorted = self.0.clone();
        sorted.sort_by(f64::total_cmp);
        // The nearest rank: what is told was measured.
        let rank = |share: f64| ((sorted.len() as f64 * share).ceil() as usize).max(1) - 1;
        shares.map(|share| sorted.get(rank(share)).copied().unwrap_or_default())
    }

    /// A line for each bucket from the first to the last that has some; buckets double.
    pub fn histogram(&self) -> String {
        let bucket = |took: &f64| (took / FIRST_BUCKET).max(1.0).log2().ceil() as usize;
        let mut counts = vec![];
        for took in &self.0 {
            let bucket = bucket(took);
            counts.resize(counts.len().max(bucket + 1), 0usize);
            counts[bucket] += 1;
        }
        let most = counts.iter().max().copied().unwrap_or_default() as f64;
        let mut lines = String::new();
        for (bucket, count) in counts.iter().enumerate().skip_while(|(_, count)| **count == 0) {
            let (end, bar) = (FIRST_BUCKET * 2f64.powi(bucket as i32), *count as f64 / most * LONGEST_BAR);
            let bar = "#".repeat(bar.round() as usize);
            let line = format!("  <= {end:>8.1} ms {count:>9}  {bar}");
            let _ = writeln!(lines, "{}", line.trim_end());
        }
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(milliseconds: &[u64]) -> Latencies {
        let mut latencies = Latencies::default();
        milliseconds.iter().for_each(|took| latencies.note(Duration::from_millis(*took)));
        latencies
    }

    #[test]
    fn percentiles_are_of_what_was_measured() {
        let hundred = of(&(1..=100).collect::<Vec<_>>());
        assert_eq!(hundred.at([0.5, 0.9, 0.99, 0.999, 1.0]), [50.0, 90.0, 99.0, 100.0, 100.0]);
        assert_eq!(Latencies::default().at([0.5, 1.0]), [0.0, 0.0]);
    }

    #[test]
    fn buckets_double() {
        let histogram = of(&[1, 1, 2, 7]).histogram();
        let told: Vec<Vec<&str>> = histogram.lines().map(|line| line.split_whitespace().collect()).collect();
        let ends_and_counts: Vec<(&str, &str)> = told.iter().map(|words| (words[1], words[3])).collect();
        assert_eq!(ends_and_counts, [("1.0", "2"), ("2.0", "1"), ("4.0", "0"), ("8.0", "1")]);
        assert_eq!(Latencies::default().histogram(), "");
    }
}
