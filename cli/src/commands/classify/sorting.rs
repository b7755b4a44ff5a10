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
    let steps = plan(folder, classified);
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

fn plan(folder: &Path, classified: &[Classified]) -> Vec<Step> {
    let mut taken = HashSet::new();
    let step = |photo: &Classified| {
        let class = photo.classification.class.as_deref()?;
        let from = photo.path.as_path().to_owned();
        let to = free_name(&folder.join(folder_name(class)), from.file_name()?.as_ref(), &mut taken);
        Some(Step { from, to })
    };
    classified.iter().filter_map(step).collect()
}

/// The class without what parts folders, and never one that leads out of here.
fn folder_name(class: &str) -> String {
    let name: String = class.chars().map(|c| if c.is_control() || "/\\:".contains(c) { '_' } else { c }).collect();
    if name.chars().all(|c| c == '.' || c.is_whitespace()) { "_".to_owned() } else { name }
}

/// The name in `folder`, with a number where the name is taken: nothing is ever written over.
fn free_name(folder: &Path, name: &Path, taken: &mut HashSet<PathBuf>) -> PathBuf {
    let stem = name.file_stem().unwrap_or_default().to_string_lossy();
    let extension = name.extension().map(|extension| format!(".{}", extension.to_string_lossy())).unwrap_or_default();
    let numbered = (2..).map(|number| folder.join(format!("{stem} ({number}){extension}")));
    let mut names = [folder.join(name)].into_iter().chain(numbered);
    names.find(|path| !path.exists() && taken.insert(path.clone())).unwrap_or_else(|| folder.join(name))
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
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(error),
            Err(_) => {
                let mut copy = fs::File::create_new(&self.to)?;
                io::copy(&mut fs::File::open(&self.from)?, &mut copy)?;
                copy.sync_all()
            }
            Ok(()) => Ok(()),
        }
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
        let mut taken = HashSet::new();
        let name = |taken: &mut HashSet<PathBuf>| free_name(folder.path(), Path::new("a.jpg"), taken);
        assert!(name(&mut taken).ends_with("a (2).jpg"));
        assert!(name(&mut taken).ends_with("a (3).jpg"));
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
