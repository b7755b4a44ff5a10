//! The one binary. `main` only maps a result to an exit code: 0 done, 1 failed, 2 wrong usage, 3 done but somebody should look,
//! 75 in use now.
#![forbid(unsafe_code)]

mod arguments;
mod colour;
mod commands;
mod config_file;
mod connection;
mod input;
mod last_results;
mod listing;
mod logging;
mod output;
mod page_key;
mod patience;
mod preview;
mod progress;
mod removal_plan;
mod settings;
mod shutdown;
mod store;

use std::process::ExitCode;
#[cfg(target_os = "linux")]
use std::time::Duration;

#[cfg(target_os = "linux")]
use foray_embedding::{EmbeddingError, WORKER, decode_for_parent};
use foray_protocol::LogFormat;

use crate::arguments::Arguments;
use crate::settings::Settings;

fn main() -> ExitCode {
    #[cfg(target_os = "linux")]
    if let Some(deadline) = decodes_for_parent() {
        return decode_for_parent(deadline).map_or_else(failed, |()| ExitCode::SUCCESS);
    }
    let arguments = Arguments::of_process();
    colour::follow(arguments.global.color);
    let settings = Settings::new(&arguments.global);
    // A mistake in the configuration is told in the format of the command line.
    let asked_for = || arguments.global.log_format.map(LogFormat::from).unwrap_or_default();
    logging::start(&arguments, settings.as_ref().map_or_else(|_| asked_for(), |settings| settings.log_format));
    match settings.and_then(|settings| commands::run(settings, arguments.command)) {
        Ok(code) => code,
        Err(error) if output::is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            logging::failure(output::message(&error));
            output::exit_code(&error)
        }
    }
}

/// The processor time for one picture, where `--isolate` started this process: it reads no settings, and is no command of anyone's.
#[cfg(target_os = "linux")]
fn decodes_for_parent() -> Option<Duration> {
    let mut arguments = std::env::args().skip(1);
    let seconds = arguments.next().filter(|first| first == WORKER).and(arguments.next())?;
    seconds.parse().ok().map(Duration::from_secs)
}

#[cfg(target_os = "linux")]
fn failed(error: EmbeddingError) -> ExitCode {
    eprintln!("foray: {error}");
    ExitCode::FAILURE
}
