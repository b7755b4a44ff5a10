//! Printing results: lines for people and pipes, one JSON document for programs.

use std::io::{self, BufWriter, Write};

use anyhow::{Context, Result};
use foray_protocol::PhotoPath;
use serde::Serialize;

use crate::arguments::FormatArguments;

/// Prints `value` as one JSON document.
pub fn print_json(value: &impl Serialize) -> Result<()> {
    let text = serde_json::to_string_pretty(value).context("cannot write the result as JSON")?;
    writeln!(io::stdout(), "{text}")?;
    Ok(())
}

/// Prints `score<TAB>path` lines, best first, paths byte for byte.
pub fn print_scored(format: FormatArguments, results: impl IntoIterator<Item = (f32, PhotoPath)>) -> Result<()> {
    let mut out = BufWriter::new(io::stdout().lock());
    for (score, path) in results {
        if !format.paths {
            write!(out, "{score:.4}\t")?;
        }
        out.write_all(path.as_bytes())?;
        out.write_all(if format.null { b"\0" } else { b"\n" })?;
    }
    out.flush()?;
    Ok(())
}

/// Whether the reader of our output went away, as `head` does: no failure of ours.
pub fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}
