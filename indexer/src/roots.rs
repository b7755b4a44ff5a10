//! The folders to index: which they are, and whether they are there.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::{fs, io};

use foray_protocol::{PhotoPath, WatchRules};

use crate::IndexError;
use crate::library::Library;
use crate::rules::Rules;

/// Folders that hold other programs' files: thumbnails, packages, trash.
const SKIPPED: [&str; 5] = ["@eaDir", "node_modules", "#recycle", "$RECYCLE.BIN", "lost+found"];

/// A folder to index, with everything below it.
#[derive(Clone, Debug)]
pub(crate) struct Root {
    pub path: PathBuf,
    /// Which folder stood there when indexing began; `None` when there was none.
    identity: Option<FolderIdentity>,
    pub rules: Arc<Rules>,
}

/// Device and inode: an unmounted disk leaves another folder in its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct FolderIdentity(u64, u64);

/// What stands where a root should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Presence {
    /// A folder with something in it.
    Filled,
    /// A folder without a single entry, as a mount point has without its disk.
    Empty,
    /// Nothing.
    Gone,
}

impl Root {
    pub fn new(path: PathBuf, options: &WatchRules) -> Result<Self, IndexError> {
        let (identity, rules) = (FolderIdentity::of(&path), Arc::new(Rules::new(&path, options)?));
        Ok(Self { path, identity, rules })
    }

    pub fn presence(&self) -> Presence {
        match fs::read_dir(&self.path).map(|mut entries| entries.next().is_none()) {
            Ok(true) => Presence::Empty,
            Err(error) if is_gone(&error) => Presence::Gone,
            _ => Presence::Filled,
        }
    }

    /// Whether the very folder is there that indexing began with.
    pub fn is_same_folder(&self) -> bool {
        self.identity.is_some() && self.identity == FolderIdentity::of(&self.path)
    }

    /// Whether `path`, below this root, is or lies in something that is never indexed, whatever the rules.
    pub fn hides(&self, path: &Path) -> bool {
        path.strip_prefix(&self.path).is_ok_and(|inside| inside.iter().any(is_excluded))
    }

    /// Whether it lies on a file system of another machine, which does not announce what others change there.
    pub fn is_on_network(&self) -> bool {
        network::holds(&self.path)
    }

    /// Takes note when another folder stands there than before, as when a disk is connected; tells whether one does.
    pub fn is_replaced(&mut self) -> bool {
        let now = FolderIdentity::of(&self.path);
        let replaced = now.is_some() && now != self.identity;
        if replaced {
            self.identity = now;
        }
        replaced
    }
}

impl FolderIdentity {
    #[cfg(unix)]
    fn of(path: &Path) -> Option<Self> {
        use std::os::unix::fs::MetadataExt;
        fs::metadata(path).ok().filter(fs::Metadata::is_dir).map(|folder| Self(folder.dev(), folder.ino()))
    }

    /// Other systems take a disk's folder away together with the disk.
    #[cfg(not(unix))]
    fn of(path: &Path) -> Option<Self> {
        path.is_dir().then_some(Self(0, 0))
    }
}

#[cfg(target_os = "linux")]
mod network {
    use std::path::Path;

    /// The numbers of Linux's `statfs(2)`: NFS, SMB (three generations), 9P, Ceph, AFS, FUSE as sshfs and rclone have it.
    const MAGIC: [u32; 8] =
        [0x6969, 0x517b, 0xff53_4d42, 0xfe53_4d42, 0x0102_1997, 0x00c3_6400, 0x5346_414f, 0x6573_5546];

    pub fn holds(path: &Path) -> bool {
        rustix::fs::statfs(path).is_ok_and(|system| is_of_network(system.f_type as u32))
    }

    pub fn is_of_network(magic: u32) -> bool {
        MAGIC.contains(&magic)
    }
}

#[cfg(not(target_os = "linux"))]
mod network {
    use std::path::Path;

    /// Other systems are not asked; the regular passes over all folders find what was not announced.
    pub fn holds(_: &Path) -> bool {
        false
    }
}

/// Whether an error means that there is no such file.
pub(crate) fn is_gone(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

/// Whether a file or folder of this name is never indexed, nor anything in it: hidden ones, and other programs' own.
pub(crate) fn is_excluded(name: &OsStr) -> bool {
    name.as_encoded_bytes().starts_with(b".") || SKIPPED.iter().any(|skipped| name == *skipped)
}

/// The folders to index, none inside another.
#[derive(Clone, Debug)]
pub(crate) struct Roots(Vec<Root>);

impl Roots {
    /// Checks the folders that were given and tells the library about them.
    pub fn open(given: &[PathBuf], rules: &WatchRules, library: &Library) -> Result<Self, IndexError> {
        if given.is_empty() {
            return Err(IndexError::NoFolder);
        }
        let paths = given.iter().map(|folder| checked(folder, library)).collect::<Result<Vec<_>, _>>()?;
        let roots = Self(outermost(paths, rules)?);
        library.remember_roots(&roots.iter().map(|root| PhotoPath::from(&root.path)).collect::<Vec<_>>())?;
        Ok(roots)
    }

    pub fn iter(&self) -> impl Iterator<Item = &Root> {
        self.0.iter()
    }

    /// The root that `path` belongs to.
    pub fn root_of(&self, path: &Path) -> Option<&Root> {
        self.iter().filter(|root| path.starts_with(&root.path)).max_by_key(|root| root.path.as_os_str().len())
    }

    /// Forgets which folders stood there, so that whatever stands there next is another one. A file system may give a
    /// new folder the inode of the old one.
    pub fn forget(&mut self) {
        self.0.iter_mut().for_each(|root| root.identity = None);
    }

    /// Whether other folders stand in the place of roots than before.
    pub fn are_replaced(&mut self) -> bool {
        self.0.iter_mut().map(Root::is_replaced).fold(false, |any, replaced| any | replaced)
    }
}

/// The real path of a folder that can be read, or that is away and known to the library.
fn checked(folder: &Path, library: &Library) -> Result<PathBuf, IndexError> {
    let unreadable = |source| IndexError::Unreadable { folder: folder.to_owned(), source };
    match folder.canonicalize() {
        Ok(path) if !path.is_dir() => Err(IndexError::NotAFolder { path: folder.to_owned() }),
        Ok(path) => fs::read_dir(&path).map(|_| path).map_err(unreadable),
        Err(error) if is_gone(&error) => {
            let path = real_path(&std::path::absolute(folder).map_err(unreadable)?);
            let known = library.has_files_under(&PhotoPath::from(&path))?;
            if known { Ok(path) } else { Err(IndexError::Missing { folder: folder.to_owned() }) }
        }
        Err(error) => Err(unreadable(error)),
    }
}

/// The path with the links resolved in that part of it that exists.
fn real_path(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| match (path.parent(), path.file_name()) {
        (Some(parent), Some(name)) => real_path(parent).join(name),
        _ => path.to_owned(),
    })
}

/// Leaves out folders that are indexed with another one anyway.
fn outermost(mut paths: Vec<PathBuf>, rules: &WatchRules) -> Result<Vec<Root>, IndexError> {
    paths.sort();
    let mut roots: Vec<Root> = vec![];
    for path in paths {
        let covered = roots.iter().any(|root| path.starts_with(&root.path) && !root.hides(&path));
        if !covered {
            roots.push(Root::new(path, rules)?);
        }
    }
    Ok(roots)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(given: &[&str]) -> Vec<String> {
        let roots = outermost(given.iter().map(PathBuf::from).collect(), &WatchRules::default()).unwrap();
        roots.iter().map(|root| root.path.display().to_string()).collect()
    }

    #[test]
    fn a_folder_inside_another_is_indexed_with_it() {
        assert_eq!(paths(&["/p/2020", "/p", "/pictures", "/p"]), ["/p", "/pictures"]);
    }

    #[test]
    fn a_hidden_folder_that_was_named_is_indexed() {
        assert_eq!(paths(&["/p", "/p/.private"]), ["/p", "/p/.private"]);
    }

    #[test]
    fn a_file_belongs_to_the_innermost_root() {
        let roots = Roots(outermost(vec!["/p".into(), "/p/.private".into()], &WatchRules::default()).unwrap());
        let file = Path::new("/p/.private/a.jpg");
        assert!(!roots.root_of(file).unwrap().hides(file));
        assert!(roots.root_of(Path::new("/q/a.jpg")).is_none());
    }

    #[test]
    fn hidden_and_foreign_folders_are_hidden() {
        let root = Root::new("/home/.me/p".into(), &WatchRules::default()).unwrap();
        for inside in [".git/a.jpg", "x/@eaDir/a.jpg", "node_modules/a.jpg", ".a.jpg", "#recycle/a.jpg"] {
            assert!(root.hides(&root.path.join(inside)), "{inside}");
        }
        assert!(!root.hides(&root.path.join("2020/a.jpg")));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn file_systems_of_other_machines_are_known_by_their_numbers() {
        // NFS and CIFS; ext4, btrfs and tmpfs.
        assert!([0x6969, 0xff53_4d42].into_iter().all(network::is_of_network));
        assert!(![0xef53, 0x9123_683e, 0x0102_1994].into_iter().any(network::is_of_network));
        assert!(!network::holds(tempfile::tempdir().unwrap().path()));
    }

    #[test]
    fn a_folder_that_was_replaced_is_noticed_once() {
        let parent = tempfile::tempdir().unwrap();
        let path = parent.path().join("disk");
        let mut root = Root::new(path.clone(), &WatchRules::default()).unwrap();
        assert!(!root.is_replaced());
        assert_eq!(root.presence(), Presence::Gone);
        fs::create_dir(&path).unwrap();
        assert!(root.is_replaced());
        assert!(!root.is_replaced());
        assert!(root.is_same_folder());
        assert_eq!(root.presence(), Presence::Empty);
    }
}
