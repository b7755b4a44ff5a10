//! The reindex that `foray up` does by itself, at its times, which may change while it runs.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use foray_indexer::Indexer;
use foray_library::Store;
use foray_protocol::{Kept, Schedule, StopSignal, WatchList};
use jiff::Zoned;

use crate::config_file::set_schedule;
use crate::settings::Settings;

/// How often to look at the clock: it may be set, and the machine may sleep.
const LOOK: Duration = Duration::from_secs(1);

/// What a scheduled reindex works with.
pub struct ScheduledReindex {
    pub times: Kept<Option<Schedule>>,
    pub library: Arc<dyn Store>,
    pub settings: Settings,
    pub indexer: Arc<Indexer>,
    pub list: WatchList,
    pub stop: StopSignal,
}

/// The times of the command line, or else those of the configuration, which keeps what they are changed to.
pub fn times(settings: &Settings, cron: Option<&str>) -> Result<Kept<Option<Schedule>>> {
    let config_file = settings.config_file.clone();
    let keep = move |schedule: &Option<Schedule>| {
        let text = schedule.as_ref().map(ToString::to_string);
        set_schedule(&config_file, text.as_deref()).map_err(|error| format!("{error:#}"))
    };
    Ok(Kept::new(settings.schedule(cron)?, keep))
}

impl ScheduledReindex {
    /// Reindexes at each of its times until it is stopped. Trouble is logged; the next time may be better.
    pub fn run(self) {
        while !self.stop.is_stopped() {
            let (version, schedule) = self.times.present();
            let next = schedule.and_then(|schedule| schedule.next());
            next.iter().for_each(|next| tracing::info!("the next reindex is due {next}"));
            if !self.waits_for(next.as_ref(), version) {
                continue;
            }
            if let Err(error) = self.reindex() {
                tracing::error!("the reindex failed: {error:#}");
            }
        }
    }

    /// Whether this time has come, before it was stopped or other times were set.
    fn waits_for(&self, next: Option<&Zoned>, version: u64) -> bool {
        while !self.times.has_changed(version) {
            if next.is_some_and(|next| Zoned::now() >= *next) {
                return true;
            }
            if self.stop.wait_timeout(LOOK) {
                return false;
            }
        }
        false
    }

    fn reindex(&self) -> Result<()> {
        let _lock = self.settings.reindex_lock()?;
        let (_, watched) = self.list.watched.present();
        if watched.roots.is_empty() {
            return Ok(());
        }
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
