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

use foray_protocol::LogFormat;

use crate::arguments::Arguments;
use crate::settings::Settings;

fn main() -> ExitCode {
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
