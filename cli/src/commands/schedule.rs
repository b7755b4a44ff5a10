//! The reindex that `foray up` does by itself, at its times.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use croner::Cron;
use foray_indexer::Indexer;
use foray_library::{Library, ReindexLock};
use foray_protocol::{StopSignal, WatchList};
use jiff::Zoned;

/// How often to look at the clock: it may be set, and the machine may sleep.
const LOOK: Duration = Duration::from_secs(1);

/// What a scheduled reindex works with.
pub struct Schedule {
    pub cron: Cron,
    pub library: Arc<Library>,
    /// The library's folder.
    pub folder: PathBuf,
    pub indexer: Arc<Indexer>,
    pub list: WatchList,
    pub stop: StopSignal,
}

impl Schedule {
    /// Reindexes at each of its times until it is stopped. Trouble is logged; the next time may be better.
    pub fn run(self) {
        while let Ok(next) = self.cron.find_next_occurrence(&Zoned::now(), false) {
            tracing::info!("the next reindex is due {next}");
            while Zoned::now() < next {
                if self.stop.wait_timeout(LOOK) {
                    return;
                }
            }
            if let Err(error) = self.reindex() {
                tracing::error!("the reindex failed: {error:#}");
            }
        }
    }

    fn reindex(&self) -> Result<()> {
        let _lock = ReindexLock::take(&self.folder)?;
        let (_, watched) = self.list.present();
        let summary = self.indexer.index(&watched.roots, &self.stop, &|_| ())?;
        summary.warnings.iter().for_each(|warning| tracing::warn!("{warning}"));
        if self.stop.is_stopped() {
            return Ok(());
        }
        let report = self.library.maintain()?;
        tracing::info!(
            "reindexed: {} indexed, {} moved, {} removed, {} failed, {} forgotten for good; {:.1} s",
            summary.indexed,
            summary.moved,
            summary.removed,
            summary.failed,
            report.forgotten,
            summary.seconds + report.seconds
        );
        Ok(())
    }
}
