//! The progress bars of indexing, of fetching a model and of an import, on standard error.

use foray_protocol::{IndexPhase, IndexProgress};
use indicatif::{ProgressBar, ProgressStyle};

/// A bar with count, rate and time left; shows nothing when hidden.
pub struct IndexBar(ProgressBar);

impl IndexBar {
    pub fn new(visible: bool) -> Self {
        Self(bar(visible, 0, "{bar:30} {pos}/{len} {msg}"))
    }

    /// Shows how far the indexer is.
    pub fn show(&self, progress: &IndexProgress) {
        if progress.phase != IndexPhase::Indexing {
            return;
        }
        self.0.set_length(progress.found as u64);
        self.0.set_position(progress.done as u64);
        let left = progress.eta_seconds.map(|seconds| format!(", {} left", duration(seconds))).unwrap_or_default();
        let failed = if progress.failed > 0 { format!(", {} failed", progress.failed) } else { String::new() };
        self.0.set_message(format!("{:.1} photos/s{left}{failed}", progress.rate));
    }

    /// Takes the bar away.
    pub fn finish(&self) {
        self.0.finish_and_clear();
    }
}

/// A bar with bytes, rate and time left; shows nothing when hidden.
pub struct PullBar(ProgressBar);

impl PullBar {
    pub fn new(visible: bool) -> Self {
        Self(bar(visible, 0, "{bar:30} {bytes}/{total_bytes} {bytes_per_sec}, {eta} left"))
    }

    /// Shows how many of the bytes are here.
    pub fn show(&self, done: u64, total: u64) {
        self.0.set_length(total);
        self.0.set_position(done);
    }

    /// Takes the bar away.
    pub fn finish(&self) {
        self.0.finish_and_clear();
    }
}

/// A bar of photos that are embedded; shows nothing when hidden.
pub struct PhotoBar(ProgressBar);

impl PhotoBar {
    pub fn new(visible: bool) -> Self {
        Self(bar(visible, 0, "{bar:30} {pos}/{len} photos, {per_sec}, {eta} left"))
    }

    /// Shows how many of how many photos are ready.
    pub fn show(&self, done: usize, all: usize) {
        self.0.set_length(all as u64);
        self.0.set_position(done as u64);
    }

    /// Takes the bar away.
    pub fn finish(&self) {
        self.0.finish_and_clear();
    }
}

/// A bar of photos that were looked at; shows nothing when hidden.
pub struct ImportBar(ProgressBar);

impl ImportBar {
    pub fn new(visible: bool, photos: usize) -> Self {
        Self(bar(visible, photos as u64, "{bar:30} {pos}/{len} photos, {eta} left"))
    }

    /// Shows how many photos have been looked at.
    pub fn show(&self, done: usize) {
        self.0.set_position(done as u64);
    }

    /// Takes the bar away.
    pub fn finish(&self) {
        self.0.finish_and_clear();
    }
}

fn bar(visible: bool, length: u64, template: &str) -> ProgressBar {
    let bar = if visible { ProgressBar::new(length) } else { ProgressBar::hidden() };
    bar.with_style(ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()))
}

fn duration(seconds: f64) -> String {
    let seconds = seconds.round() as u64;
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3600 => format!("{} min {} s", seconds / 60, seconds % 60),
        _ => format!("{} h {} min", seconds / 3600, seconds / 60 % 60),
    }
}
