//! `foray open`: a photo that was found, in the viewer of the desktop.

use std::io::{self, Write};
use std::num::NonZeroUsize;
use std::str::FromStr;

use anyhow::{Context, Result, bail};
use foray_protocol::{PhotoPath, SearchRequest};

use crate::arguments::OpenArguments;
use crate::connection::Connection;
use crate::last_results;
use crate::settings::Settings;

/// Which photo is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// The result of this number in the last list, 1 is the first.
    Number(NonZeroUsize),
    /// The photo of the library whose id begins with these digits.
    Photo(String),
}

impl FromStr for Target {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match (text.strip_prefix("id:"), text.parse()) {
            (Some(digits), _) => Ok(Self::Photo(digits.to_owned())),
            (None, Ok(number)) => Ok(Self::Number(number)),
            (None, Err(_)) => Err("expected the number of a result, 1 or more, or id:3fa9".to_owned()),
        }
    }
}

pub fn open(settings: &Settings, arguments: &OpenArguments) -> Result<()> {
    let path = match &arguments.target {
        Target::Number(number) => result(*number)?,
        Target::Photo(digits) => photo(settings, digits)?,
    };
    if arguments.print {
        let mut out = io::stdout().lock();
        out.write_all(path.as_bytes())?;
        writeln!(out)?;
        return Ok(());
    }
    if !path.as_path().exists() {
        bail!("there is no file {path} here; photos behind a server on another machine can be seen on its page");
    }
    open::that_detached(path.as_path()).with_context(|| format!("no program here opens {path}"))
}

fn result(number: NonZeroUsize) -> Result<PhotoPath> {
    let mut paths = last_results::recall()?;
    if number.get() > paths.len() {
        bail!("there is no result {number}: the last list has {}", paths.len());
    }
    Ok(paths.swap_remove(number.get() - 1))
}

fn photo(settings: &Settings, digits: &str) -> Result<PhotoPath> {
    let search = Connection::open(settings, "open", false)?.search(settings)?;
    let found = search.search(&SearchRequest::new(format!("id:{digits}"), 1))?;
    let hit = found.results.first().context("no file holds that photo now")?;
    Ok(hit.photo.photo_path())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_ids_are_told_apart() {
        assert_eq!("3".parse(), Ok(Target::Number(NonZeroUsize::new(3).unwrap())));
        assert_eq!("id:3fa9".parse(), Ok(Target::Photo("3fa9".to_owned())));
        for nothing in ["0", "-1", "cat", ""] {
            assert!(nothing.parse::<Target>().unwrap_err().contains("1 or more"), "{nothing}");
        }
    }
}
