//! What goes to standard error: logs, and messages for whoever started the program, as text or as one JSON object a line.

use std::fmt::Display;
use std::sync::OnceLock;
use std::{io, panic};

use foray_embedding::is_decoding;
use foray_protocol::LogFormat;
use tracing_subscriber::EnvFilter;

use crate::arguments::{Arguments, Command};
use crate::colour;

static FORMAT: OnceLock<LogFormat> = OnceLock::new();

/// Begins to log, as much as was asked for; `RUST_LOG` goes before the options.
pub fn start(arguments: &Arguments, format: LogFormat) {
    let format = *FORMAT.get_or_init(|| format);
    let logs = tracing_subscriber::fmt().with_env_filter(filter(arguments, format)).with_writer(io::stderr);
    match format {
        LogFormat::Text => {
            logs.with_ansi(colour::is_wanted_on_stderr()).with_target(arguments.global.verbose > 0).init();
        }
        LogFormat::Json => {
            logs.json().flatten_event(true).with_current_span(false).with_span_list(false).init();
        }
    }
    tell_of_panics(format);
}

fn tell_of_panics(format: LogFormat) {
    let usual = panic::take_hook();
    panic::set_hook(Box::new(move |panic| match format {
        _ if is_decoding() => tracing::debug!("{panic}"),
        LogFormat::Json => tracing::error!("{panic}"),
        LogFormat::Text => usual(panic),
    }));
}

fn filter(arguments: &Arguments, format: LogFormat) -> EnvFilter {
    let runs_long = matches!(arguments.command, Command::Up(_) | Command::Serve(_) | Command::Indexer(_));
    let (ours, others) = match (arguments.global.quiet, arguments.global.verbose) {
        (true, _) => ("error", "error"),
        // Messages are logs then.
        (false, 0) if runs_long || format == LogFormat::Json => ("info", "warn"),
        (false, 0) => ("warn", "warn"),
        (false, 1) => ("debug", "info"),
        (false, _) => ("trace", "trace"),
    };
    // ONNX Runtime and the database talk a lot at the level that Foray informs at.
    let asked_for = || EnvFilter::new(format!("{others},foray={ours},ort=warn,sled=warn"));
    EnvFilter::try_from_default_env().unwrap_or_else(|_| asked_for())
}

fn are_for_programs() -> bool {
    FORMAT.get() == Some(&LogFormat::Json)
}

/// Tells something that was asked for.
pub fn notice(message: impl Display) {
    if are_for_programs() { tracing::info!("{message}") } else { eprintln!("{message}") }
}

/// Tells something that somebody should know.
pub fn warning(message: impl Display) {
    if are_for_programs() { tracing::warn!("{message}") } else { eprintln!("foray: {message}") }
}

/// Tells why the program failed.
pub fn failure(message: impl Display) {
    if are_for_programs() { tracing::error!("{message}") } else { eprintln!("foray: {message}") }
}
