//! What was listed last, kept for `foray open` in a file that only its user can read: paths, each with a zero byte at its end.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf, absolute};

use anyhow::{Context, Result};
use foray_library::{Durability, fill_atomically};
use foray_protocol::PhotoPath;

use crate::settings::state_folder;

const NONE_YET: &str = "no results are kept yet; `foray search` lists some and numbers them in a terminal";

/// Keeps these paths. A list that cannot be kept is no reason to fail.
pub fn remember<'a>(paths: impl IntoIterator<Item = &'a PhotoPath>) {
    let kept = file().and_then(|file| Ok(write(&file, paths)?));
    if let Err(error) = kept {
        tracing::debug!("the results are not kept for `foray open`: {error}");
    }
}

/// The paths kept last, in their order.
pub fn recall() -> Result<Vec<PhotoPath>> {
    let content = fs::read(file()?).context(NONE_YET)?;
    let paths = content.split(|&byte| byte == 0).filter(|path| !path.is_empty());
    Ok(paths.map(PhotoPath::from_bytes).collect())
}

fn file() -> Result<PathBuf> {
    Ok(state_folder()?.join("last-results"))
}

fn write<'a>(file: &Path, paths: impl IntoIterator<Item = &'a PhotoPath>) -> io::Result<()> {
    fs::create_dir_all(file.parent().unwrap_or(Path::new(".")))?;
    fill_atomically(file, Durability::Crash, |handle| {
        keep_private(handle)?;
        let mut content = vec![];
        for path in paths {
            content.extend_from_slice(PhotoPath::from(absolute(path)?).as_bytes());
            content.push(0);
        }
        handle.write_all(&content)
    })
}

#[cfg(unix)]
fn keep_private(file: &File) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    file.set_permissions(fs::Permissions::from_mode(0o600))
}

/// The folder is the user's own already.
#[cfg(not(unix))]
fn keep_private(_: &File) -> io::Result<()> {
    Ok(())
}
