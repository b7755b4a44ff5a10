//! What commands read on standard input.

use std::io::{self, Read};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use foray_protocol::PhotoPath;

/// What was named on the command line: files, and for each `-` those that standard input lists.
pub fn given_paths(given: &[PathBuf]) -> Result<Vec<PhotoPath>> {
    let mut paths = vec![];
    for path in given {
        if path == Path::new("-") {
            paths.extend(paths_on_stdin()?);
        } else {
            paths.push(PhotoPath::from(path.clone()));
        }
    }
    Ok(paths)
}

/// The names on standard input, separated by zero bytes if there are any, else by newlines.
pub fn paths_on_stdin() -> Result<Vec<PhotoPath>> {
    let mut text = vec![];
    io::stdin().read_to_end(&mut text).context("cannot read the image names from standard input")?;
    let separator = if text.contains(&0) { 0 } else { b'\n' };
    let names = text.split(|&byte| byte == separator).filter(|name| !name.is_empty());
    Ok(names.map(PhotoPath::from_bytes).collect())
}
