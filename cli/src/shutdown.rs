//! Ctrl-C and termination: the first asks the work to stop cleanly, the second ends at once.

use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context, Result};
use foray_protocol::StopSignal;

use crate::logging;

/// The exit code of a program that was interrupted, as shells have it.
const INTERRUPTED: i32 = 130;

/// Calls `on_stop` and raises `stop` at the first Ctrl-C or termination signal.
pub fn on_signal(stop: &StopSignal, on_stop: impl Fn() + Send + 'static) -> Result<()> {
    let stop = stop.clone();
    let asked = AtomicBool::new(false);
    ctrlc::set_handler(move || {
        if asked.swap(true, Ordering::Relaxed) {
            std::process::exit(INTERRUPTED);
        }
        logging::warning("stopping; what was committed is kept (press Ctrl-C again to stop at once)");
        stop.stop();
        on_stop();
    })
    .context("cannot listen for Ctrl-C")
}
