//! Bringing a library of an older format up to the present one, a format at a time.

use std::path::Path;

use crate::LibraryError;
use crate::folder::{FORMAT, write_format};

/// The oldest format that can be brought up: no Foray wrote an older one.
pub(crate) const OLDEST: u32 = 1;

/// Changes a library's folder, which this process has locked, from one format to the next. It may be killed anywhere and is then
/// run again from its beginning, so it must take what it did before as done.
type Step = fn(&Path) -> Result<(), LibraryError>;

/// The step from format `OLDEST + i` stands at index `i`. There is exactly one for each format before [`FORMAT`].
const STEPS: [Step; (FORMAT - OLDEST) as usize] = [];

/// Brings the library in `folder`, of format `from`, up to [`FORMAT`].
pub(crate) fn upgrade(folder: &Path, from: u32) -> Result<(), LibraryError> {
    run(&STEPS, folder, from)
}

fn run(steps: &[Step], folder: &Path, from: u32) -> Result<(), LibraryError> {
    let done = from.checked_sub(OLDEST);
    let done = done.ok_or_else(|| LibraryError::OlderFormat { folder: folder.to_owned(), got: from })?;
    for (step, reached) in steps.iter().zip(OLDEST + 1..).skip(done as usize) {
        tracing::warn!("the library at {} is brought up to format {reached}", folder.display());
        step(folder)?;
        // Last, so that a library whose step was cut off still says that it has the format before.
        write_format(folder, reached)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::folder::read_format;

    fn first(folder: &Path) -> Result<(), LibraryError> {
        Ok(fs::write(folder.join("first"), "done")?)
    }

    fn second(folder: &Path) -> Result<(), LibraryError> {
        Ok(fs::rename(folder.join("first"), folder.join("second"))?)
    }

    #[test]
    fn steps_run_in_order_and_a_failed_one_is_where_the_next_attempt_begins() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        write_format(folder, OLDEST).unwrap();
        fs::create_dir_all(folder.join("second/in-the-way")).unwrap();
        assert!(run(&[first, second], folder, OLDEST).is_err());
        assert_eq!(read_format(folder).unwrap(), Some(OLDEST + 1));
        fs::remove_dir_all(folder.join("second")).unwrap();
        run(&[first, second], folder, OLDEST + 1).unwrap();
        assert_eq!(read_format(folder).unwrap(), Some(OLDEST + 2));
        assert!(folder.join("second").is_file() && !folder.join("first").exists());
    }

    #[test]
    fn a_format_that_never_was_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let error = upgrade(folder.path(), 0).unwrap_err().to_string();
        assert!(error.contains("format 0") && error.contains("format 1"), "{error}");
    }
}
