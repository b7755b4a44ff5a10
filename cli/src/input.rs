//! What the command line names: pictures in place of words, and paths that stand on standard input.

use std::io::{self, Read};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use foray_protocol::{PhotoPath, is_photo};

/// The picture that `query` names; `None` for words.
///
/// # Errors
/// One that looks like a picture's name, and is none.
pub fn picture(query: &str) -> Result<Option<&Path>> {
    let file = Path::new(query);
    if file.is_file() {
        return Ok(Some(file));
    }
    let is_one_word = !query.contains(|mark: char| mark.is_whitespace() || "\":+".contains(mark));
    if is_one_word && is_photo(file) {
        bail!("there is no picture {query}; check its path, or look for photos of such a name with name:{query}");
    }
    Ok(None)
}

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
