//! The memory of a running process, and whether it grows.

use std::fs;
use std::time::{Duration, Instant};

/// Looks at a process's memory at even intervals.
pub struct MemoryWatch {
    interval: Duration,
    begun: Instant,
    due: Instant,
    /// Seconds since the beginning, and resident memory in MiB: all of it, and that which no file stands behind.
    samples: Vec<(f64, f64, f64)>,
}

/// How memory went.
#[derive(Clone, Copy, Debug)]
pub struct Trend {
    /// Samples that were looked at.
    pub samples: usize,
    /// Seconds between the first and the last of them.
    pub seconds: f64,
    /// Their median, MiB.
    pub median: f64,
    /// The largest, MiB.
    pub maximum: f64,
    /// The slope of the line that fits them best, MiB an hour.
    pub slope: f64,
}

impl MemoryWatch {
    /// A watch that takes a sample in each `interval`.
    pub fn new(interval: Duration) -> Self {
        Self { interval, begun: Instant::now(), due: Instant::now(), samples: vec![] }
    }

    /// Takes a sample of process `pid` if one is due.
    pub fn look(&mut self, pid: u32) {
        if Instant::now() >= self.due {
            self.due += self.interval;
            let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
            let field = |name: &str| mebibytes(&status, name);
            if let (Some(all), Some(own)) = (field("VmRSS:"), field("RssAnon:")) {
                self.samples.push((self.begun.elapsed().as_secs_f64(), all, own));
            }
        }
    }

    /// Forgets what came so far: the process starts anew, or has only now warmed up.
    pub fn forget(&mut self) {
        self.samples.clear();
    }

    /// How all resident memory went; `None` without samples, as on systems without `/proc`.
    pub fn resident(&self) -> Option<Trend> {
        Trend::of(&self.samples.iter().map(|(at, all, _)| (*at, *all)).collect::<Vec<_>>())
    }

    /// How memory went that no file stands behind.
    pub fn own(&self) -> Option<Trend> {
        Trend::of(&self.samples.iter().map(|(at, _, own)| (*at, *own)).collect::<Vec<_>>())
    }
}

fn mebibytes(status: &str, name: &str) -> Option<f64> {
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    Some(line.trim().trim_end_matches(" kB").parse::<f64>().ok()? / 1024.0)
}

impl Trend {
    fn of(samples: &[(f64, f64)]) -> Option<Self> {
        let (first, last) = (samples.first()?, samples.last()?);
        let count = samples.len() as f64;
        let mean = |of: fn(&(f64, f64)) -> f64| samples.iter().map(of).sum::<f64>() / count;
        let (mean_time, mean_size) = (mean(|sample| sample.0), mean(|sample| sample.1));
        let spread: f64 = samples.iter().map(|(at, _)| (at - mean_time).powi(2)).sum();
        let common: f64 = samples.iter().map(|(at, size)| (at - mean_time) * (size - mean_size)).sum();
        let mut sizes: Vec<f64> = samples.iter().map(|(_, size)| *size).collect();
        sizes.sort_by(f64::total_cmp);
        Some(Self {
            samples: samples.len(),
            seconds: last.0 - first.0,
            median: sizes[sizes.len() / 2],
            maximum: sizes[sizes.len() - 1],
            slope: if spread > 0.0 { 3600.0 * common / spread } else { 0.0 },
        })
    }

    /// What the line says that it grew by between the first sample and the last, MiB.
    pub fn growth(&self) -> f64 {
        self.slope * self.seconds / 3600.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_its_slope() {
        let trend = Trend::of(&[(0.0, 100.0), (1800.0, 103.0), (3600.0, 106.0)]).unwrap();
        assert!((trend.slope - 6.0).abs() < 1e-9 && (trend.growth() - 6.0).abs() < 1e-9);
        assert_eq!((trend.median, trend.maximum, trend.samples), (103.0, 106.0, 3));
        assert!(Trend::of(&[]).is_none());
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn this_process_has_memory() {
        let mut watch = MemoryWatch::new(Duration::from_secs(60));
        (0..3).for_each(|_| watch.look(std::process::id()));
        let trend = watch.resident().unwrap();
        assert!(trend.samples == 1 && trend.median > 1.0 && watch.own().unwrap().median <= trend.median);
    }
}
