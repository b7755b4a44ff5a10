//! Sorting photos into one folder for each class.

use std::collections::HashSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use super::Classified;
use crate::arguments::ClassifyArguments;
use crate::logging;

/// What is done with a photo.
#[derive(Clone, Copy)]
enum Way {
    Move,
    Link,
}

/// One photo and where it shall be.
struct Step {
    from: PathBuf,
    to: PathBuf,
}

/// Does what `--move-to` and `--link-to` ask for, or says what it would do. Photos of no class stay where they are.
pub fn sort_into_folders(arguments: &ClassifyArguments, classified: &[Classified]) -> Result<()> {
    let (folder, way) = match (&arguments.move_to, &arguments.link_to) {
        (Some(folder), _) => (folder, Way::Move),
        (_, Some(folder)) => (folder, Way::Link),
        (None, None) if arguments.apply => bail!("--apply needs --move-to DIR or --link-to DIR"),
        (None, None) => return Ok(()),
    };
    let steps = plan(folder, classified, way);
    let done = match way {
        Way::Move => "moved",
        Way::Link => "linked",
    };
    if !arguments.apply {
        let (count, folder) = (steps.len(), folder.display());
        logging::notice(format!("{count} photos would be {done} into folders below {folder}; --apply does it"));
        return Ok(());
    }
    for step in &steps {
        step.carry_out(way).with_context(|| format!("{} -> {}", step.from.display(), step.to.display()))?;
    }
    logging::notice(format!("{} photos {done} into folders below {}", steps.len(), folder.display()));
    Ok(())
}

/// What is left to do: photos that are in their class's folder already need nothing.
fn plan(folder: &Path, classified: &[Classified], way: Way) -> Vec<Step> {
    let mut taken = HashSet::new();
    let step = |photo: &Classified| {
        let class = photo.classification.class.as_deref()?;
        let given = photo.path.as_path();
        if matches!(way, Way::Move) && given.is_symlink() {
            logging::warning(format!("{} is a link to a photo and stays where it is", given.display()));
            return None;
        }
        let (from, folder) = (given.canonicalize().ok()?, folder.join(folder_name(class)));
        if folder.canonicalize().is_ok_and(|folder| from.parent() == Some(&folder)) {
            return None;
        }
        let to = free_name(&folder, given.file_name()?.as_ref(), &from, way, &mut taken)?;
        Some(Step { from, to })
    };
    classified.iter().filter_map(step).collect()
}

/// The class without what parts folders, and never one that leads out of here.
fn folder_name(class: &str) -> String {
    let name: String = class.chars().map(|c| if c.is_control() || "/\\:".contains(c) { '_' } else { c }).collect();
    if name.chars().all(|c| c == '.' || c.is_whitespace()) { "_".to_owned() } else { name }
}

/// The name in `folder`, with a number where the name is taken: nothing is ever written over. `None` where a link would be one
/// more of the same photo.
fn free_name(folder: &Path, name: &Path, from: &Path, way: Way, taken: &mut HashSet<PathBuf>) -> Option<PathBuf> {
    let stem = name.file_stem().unwrap_or_default().to_string_lossy();
    let extension = name.extension().map(|extension| format!(".{}", extension.to_string_lossy())).unwrap_or_default();
    let numbered = (2..).map(|number| folder.join(format!("{stem} ({number}){extension}")));
    for path in [folder.join(name)].into_iter().chain(numbered) {
        if path.exists() {
            if matches!(way, Way::Link) && have_same_content(&path, from).unwrap_or(false) {
                return None;
            }
        } else if taken.insert(path.clone()) {
            return Some(path);
        }
    }
    None
}

fn have_same_content(one: &Path, other: &Path) -> io::Result<bool> {
    Ok(fs::metadata(one)?.len() == fs::metadata(other)?.len() && fs::read(one)? == fs::read(other)?)
}

impl Step {
    fn carry_out(&self, way: Way) -> io::Result<()> {
        if let Some(folder) = self.to.parent() {
            fs::create_dir_all(folder)?;
        }
        match way {
            Way::Link => self.link(),
            // A link first: unlike a rename it never takes another file's place.
            Way::Move => self.link().and_then(|()| fs::remove_file(&self.from)),
        }
    }

    fn link(&self) -> io::Result<()> {
        match fs::hard_link(&self.from, &self.to) {
            Err(error) if matches!(error.kind(), io::ErrorKind::AlreadyExists | io::ErrorKind::NotFound) => Err(error),
            Err(_) => self.copy(),
            Ok(()) => Ok(()),
        }
    }

    /// Whole or not at all, and as old as the photo.
    fn copy(&self) -> io::Result<()> {
        let mut photo = fs::File::open(&self.from)?;
        let folder = self.to.parent().unwrap_or(Path::new("."));
        let mut copy = tempfile::NamedTempFile::new_in(folder)?;
        io::copy(&mut photo, &mut copy)?;
        let metadata = photo.metadata()?;
        copy.as_file().set_permissions(metadata.permissions())?;
        copy.as_file().set_times(fs::FileTimes::new().set_modified(metadata.modified()?))?;
        copy.as_file().sync_all()?;
        copy.persist_noclobber(&self.to)?;
        // The photo is removed next when it is moved: its new name has to be on the disk by then.
        #[cfg(unix)]
        fs::File::open(folder)?.sync_all()?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn class_folders_stay_below_the_folder() {
        for (class, name) in [("a/b", "a_b"), ("..", "_"), ("daisy flower", "daisy flower"), ("", "_")] {
            assert_eq!(folder_name(class), name);
        }
    }

    #[test]
    fn a_taken_name_gets_a_number() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("a.jpg"), "x").unwrap();
        let (mut taken, other) = (HashSet::new(), folder.path().join("other.jpg"));
        fs::write(&other, "y").unwrap();
        let mut name = |from: &Path, way| free_name(folder.path(), Path::new("a.jpg"), from, way, &mut taken);
        assert!(name(&other, Way::Move).unwrap().ends_with("a (2).jpg"));
        assert!(name(&other, Way::Link).unwrap().ends_with("a (3).jpg"));
        assert_eq!(name(&folder.path().join("a.jpg"), Way::Link), None, "it is there already");
    }

    #[test]
    fn a_copy_is_whole_and_as_old_as_the_photo() {
        let folder = tempfile::tempdir().unwrap();
        let (from, to) = (folder.path().join("a.jpg"), folder.path().join("b.jpg"));
        fs::write(&from, "photo").unwrap();
        let then = std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1_000_000_000);
        fs::File::options().write(true).open(&from).unwrap().set_modified(then).unwrap();
        let step = Step { from, to: to.clone() };
        step.copy().unwrap();
        assert_eq!(fs::read_to_string(&to).unwrap(), "photo");
        assert_eq!(fs::metadata(&to).unwrap().modified().unwrap(), then);
        assert!(step.copy().is_err());
        assert_eq!(folder.path().read_dir().unwrap().count(), 2, "nothing is left of what failed");
    }

    #[test]
    fn moving_leaves_nothing_behind_and_writes_over_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let (from, to) = (folder.path().join("a.jpg"), folder.path().join("cat/a.jpg"));
        fs::write(&from, "photo").unwrap();
        let step = Step { from: from.clone(), to: to.clone() };
        step.carry_out(Way::Move).unwrap();
        assert_eq!((from.exists(), fs::read_to_string(&to).unwrap().as_str()), (false, "photo"));
        fs::write(&from, "another").unwrap();
        assert!(step.carry_out(Way::Move).is_err());
        assert_eq!(fs::read_to_string(&to).unwrap(), "photo");
    }
}
