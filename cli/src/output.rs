//! What programs read of a run: one JSON document, the exit code, one line that says what failed.

use std::io::{self, Write};
use std::process::ExitCode;

use anyhow::{Context, Result};
use foray_library::LibraryError;
use foray_protocol::{ProblemKind, ProtocolError};
use serde::Serialize;

/// Prints `value` as one JSON document.
pub fn print_json(value: &impl Serialize) -> Result<()> {
    let text = serde_json::to_string_pretty(value).context("cannot write the result as JSON")?;
    writeln!(io::stdout(), "{text}")?;
    Ok(())
}

/// Done, but there are warnings that somebody should read.
pub const ATTENTION: u8 = 3;
/// Another process is at it; the same command may work later (sysexits' `EX_TEMPFAIL`).
const TRY_LATER: u8 = 75;

/// The exit code that goes with an error.
pub fn exit_code(error: &anyhow::Error) -> ExitCode {
    let is_held = matches!(error.downcast_ref(), Some(LibraryError::Held { .. } | LibraryError::Maintained));
    let is_busy =
        matches!(error.downcast_ref(), Some(ProtocolError::Refused(problem)) if problem.kind == ProblemKind::Busy);
    if is_held || is_busy { ExitCode::from(TRY_LATER) } else { ExitCode::FAILURE }
}

/// Whether the reader of our output went away, as `head` does: no failure of ours.
pub fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}

/// An error and its causes in one line; a cause that a message tells of already is not told again.
pub fn message(error: &anyhow::Error) -> String {
    error.chain().map(ToString::to_string).fold(String::new(), |told, cause| match told.is_empty() {
        true => cause,
        false if told.contains(&cause) => told,
        false => format!("{told}: {cause}"),
    })
}

#[cfg(test)]
mod tests {
    use foray_library::LibraryError;

    use super::*;

    #[test]
    fn no_cause_is_told_twice() {
        let source = io::Error::from(io::ErrorKind::NotFound);
        let error = LibraryError::File { action: "read the backup", file: "/none/x".into(), source };
        let error = anyhow::Error::from(error);
        assert_eq!(message(&error), "cannot read the backup /none/x: entity not found");
        let error = error.context("nothing was restored");
        assert_eq!(message(&error), "nothing was restored: cannot read the backup /none/x: entity not found");
    }
}
