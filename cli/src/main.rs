//! The one binary. `main` only maps a result to an exit code: 0 done, 1 failed, 2 wrong usage, 3 done but somebody should look,
//! 75 in use now.

mod arguments;
mod commands;
mod config_file;
mod connection;
mod output;
mod patience;
mod progress;
mod removal_plan;
mod settings;
mod shutdown;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    let arguments = arguments::Arguments::parse();
    settings::start_logging(&arguments);
    match commands::run(arguments) {
        Ok(code) => code,
        Err(error) if output::is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("foray: {}", output::message(&error));
            output::exit_code(&error)
        }
    }
}
