//! What is left out of the folders: by patterns that were given, by `.forayignore` files, and by size.

use std::fs;
use std::path::{Path, PathBuf};

use ignore::Match;
use ignore::gitignore::{Gitignore, GitignoreBuilder};

use foray_protocol::WatchRules;

use crate::IndexError;
use crate::roots::is_excluded;

/// A file whose lines leave out what lies in its folder and below, in the notation of `.gitignore`.
pub(crate) const IGNORE_FILE: &str = ".forayignore";

/// The rules of one root.
#[derive(Debug)]
pub(crate) struct Rules {
    root: PathBuf,
    include: Option<Gitignore>,
    exclude: Gitignore,
    min_bytes: u64,
}

impl Rules {
    /// # Errors
    /// [`IndexError::Pattern`] for what is no pattern.
    pub fn new(root: &Path, options: &WatchRules) -> Result<Self, IndexError> {
        let include = if options.include.is_empty() { None } else { Some(patterns(root, &options.include)?) };
        let exclude = patterns(root, &options.exclude)?;
        Ok(Self { root: root.to_owned(), include, exclude, min_bytes: options.min_size })
    }

    /// Whether the file at `path`, below the root, is left out whatever its size: by its name, that of a folder on the way, or a rule.
    pub fn excludes_file(&self, path: &Path) -> bool {
        let is_out = |folder: &Path, above: &IgnoreFiles| self.excludes_name(path, &above.within(folder));
        path.parent().is_none_or(|folder| self.ignored_above(folder).is_none_or(|above| is_out(folder, &above)))
    }

    /// The `.forayignore` files above `folder`, which is the root or lies below it; `None` if it is not entered.
    pub fn ignored_above(&self, folder: &Path) -> Option<IgnoreFiles> {
        let (mut ignored, mut above) = (IgnoreFiles::default(), self.root.clone());
        for name in folder.strip_prefix(&self.root).ok()? {
            ignored = ignored.within(&above);
            above.push(name);
            if self.excludes_folder(&above, &ignored) {
                return None;
            }
        }
        Some(ignored)
    }

    /// Whether a folder is not entered, given the `.forayignore` files above it.
    pub fn excludes_folder(&self, folder: &Path, ignored: &IgnoreFiles) -> bool {
        folder.file_name().is_some_and(is_excluded)
            || self.exclude.matched(folder, true).is_ignore()
            || ignored.leave_out(folder, true)
    }

    /// The same for a file by its name alone, in a folder that is entered.
    pub fn excludes_name(&self, file: &Path, ignored: &IgnoreFiles) -> bool {
        let is_included = || self.include.as_ref().is_none_or(|include| is_wanted(include, file));
        file.file_name().is_some_and(is_excluded)
            || self.exclude.matched(file, false).is_ignore()
            || ignored.leave_out(file, false)
            || !is_included()
    }

    /// Whether a file is too small.
    pub fn excludes_size(&self, bytes: u64) -> bool {
        bytes < self.min_bytes
    }
}

/// Whether rules can be read.
///
/// # Errors
/// [`IndexError::Pattern`] for what is no pattern.
pub fn check_rules(rules: &WatchRules) -> Result<(), IndexError> {
    Rules::new(Path::new("/"), rules).map(drop)
}

fn is_wanted(include: &Gitignore, file: &Path) -> bool {
    include.matched_path_or_any_parents(file, false).is_ignore()
}

fn patterns(root: &Path, lines: &[String]) -> Result<Gitignore, IndexError> {
    let mut builder = GitignoreBuilder::new(root);
    builder.allow_unclosed_class(false);
    for line in lines {
        let wrong = |error: ignore::Error| IndexError::Pattern { pattern: line.clone(), reason: error.to_string() };
        builder.add_line(None, line).map_err(wrong)?;
    }
    builder.build().map_err(|error| IndexError::Pattern { pattern: lines.join(" "), reason: error.to_string() })
}

/// The `.forayignore` files on the way to a folder, the outermost first.
#[derive(Clone, Debug, Default)]
pub(crate) struct IgnoreFiles(Vec<Gitignore>);

impl IgnoreFiles {
    /// These, and that of `folder` if it has one. A line that is no pattern is warned of and left aside.
    #[must_use]
    pub fn within(&self, folder: &Path) -> Self {
        let file = folder.join(IGNORE_FILE);
        let mut files = self.clone();
        if fs::symlink_metadata(&file).is_ok_and(|metadata| metadata.is_file()) {
            let (patterns, trouble) = Gitignore::new(&file);
            trouble.iter().for_each(|error| tracing::warn!("{}: {error}", file.display()));
            files.0.push(patterns);
        }
        files
    }

    /// The last word has the innermost file that speaks of `path`.
    fn leave_out(&self, path: &Path, is_folder: bool) -> bool {
        for file in self.0.iter().rev() {
            match file.matched(path, is_folder) {
                Match::Ignore(_) => return true,
                Match::Whitelist(_) => return false,
                Match::None => {}
            }
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(root: &Path, include: &[&str], exclude: &[&str]) -> Rules {
        let owned = |patterns: &[&str]| patterns.iter().map(ToString::to_string).collect();
        let options = WatchRules { include: owned(include), exclude: owned(exclude), min_size: 10 };
        Rules::new(root, &options).unwrap()
    }

    #[test]
    fn patterns_leave_out_files_and_folders() {
        let root = Path::new("/p");
        let rules = rules(root, &[], &["private/", "*.tmp.jpg", "/2019"]);
        for out in
            ["private/a.jpg", "x/private/y/a.jpg", "a.tmp.jpg", "2019/a.jpg", ".hidden/a.jpg", "node_modules/a.jpg"]
        {
            assert!(rules.excludes_file(&root.join(out)), "{out}");
        }
        for kept in ["a.jpg", "privately/a.jpg", "x/2019/a.jpg"] {
            assert!(!rules.excludes_file(&root.join(kept)), "{kept}");
        }
        assert!(rules.excludes_file(Path::new("/q/a.jpg")), "outside the root");
        assert!(rules.excludes_size(9) && !rules.excludes_size(10));
    }

    #[test]
    fn only_what_is_included_is_wanted() {
        let root = Path::new("/p");
        let rules = rules(root, &["Trips", "*.png"], &["*.bad.png"]);
        for kept in ["Trips/2024/a.jpg", "x/Trips/a.jpg", "a.png"] {
            assert!(!rules.excludes_file(&root.join(kept)), "{kept}");
        }
        for out in ["a.jpg", "x/a.jpg", "a.bad.png"] {
            assert!(rules.excludes_file(&root.join(out)), "{out}");
        }
    }

    #[test]
    fn an_ignore_file_speaks_for_its_folder_and_the_inner_one_has_the_last_word() {
        let root = tempfile::tempdir().unwrap();
        let path = |inside: &str| root.path().join(inside);
        fs::create_dir_all(path("a/b")).unwrap();
        fs::write(path(IGNORE_FILE), "*.png\na/secret/\n").unwrap();
        fs::write(path("a/b").join(IGNORE_FILE), "!keep.png\n").unwrap();
        let rules = rules(root.path(), &[], &[]);
        for out in ["x.png", "a/y.png", "a/secret/z.jpg", "a/b/other.png"] {
            assert!(rules.excludes_file(&path(out)), "{out}");
        }
        for kept in ["x.jpg", "a/b/keep.png", "secret/z.jpg"] {
            assert!(!rules.excludes_file(&path(kept)), "{kept}");
        }
    }

    #[test]
    fn what_is_no_pattern_is_named() {
        let options = WatchRules { exclude: vec!["a[".to_owned()], ..WatchRules::default() };
        let error = Rules::new(Path::new("/p"), &options).unwrap_err().to_string();
        assert!(error.contains("\"a[\""), "{error}");
    }
}
