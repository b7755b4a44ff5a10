//! One folder's files: which could be photos, and which belong to them.

use std::collections::{HashMap, HashSet};
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use foray_protocol::{has_extension, is_photo, is_raw};

use crate::companions::Companions;
use crate::file::{Candidate, facts};
use crate::rules::{IgnoreFiles, Rules};

/// What cameras write beside a RAW file to show what is in it.
const STAND_INS: [&str; 3] = ["jpg", "jpeg", "jpe"];
const VIDEOS: [&str; 12] = ["mov", "mp4", "m4v", "avi", "mkv", "webm", "mts", "m2ts", "3gp", "mpg", "mpeg", "wmv"];
const SIDECAR: &str = "xmp";

fn is_sidecar(path: &Path) -> bool {
    has_extension(path, &[SIDECAR])
}

/// What the files of one photo have in common: the name without the extensions of photos and sidecars, letter case left aside.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Stem(Vec<u8>);

impl Stem {
    /// Of the file of this name.
    pub fn of(name: &OsStr) -> Self {
        let name = Path::new(name);
        let photo = if is_sidecar(name) { Path::new(name.file_stem().unwrap_or_default()) } else { name };
        let is_known = is_photo(photo) || has_extension(photo, &VIDEOS);
        Self::exact(if is_known { photo.file_stem().unwrap_or_default() } else { photo.as_os_str() })
    }

    fn exact(text: &OsStr) -> Self {
        Self(text.as_encoded_bytes().to_ascii_lowercase())
    }
}

/// What a folder holds, as its entries tell it.
#[derive(Debug, Default)]
pub(crate) struct Listing {
    folder: PathBuf,
    names: Vec<OsString>,
    /// Folders in it.
    pub folders: Vec<PathBuf>,
    /// By the name without `.xmp`.
    sidecars: HashMap<Stem, OsString>,
    stand_ins: HashMap<Stem, OsString>,
    videos: Vec<Stem>,
}

impl Listing {
    /// Lists `folder`. Links are not followed; what is hidden or another program's is left out, and what the rules leave out.
    pub fn read(folder: &Path, rules: &Rules, ignored: &IgnoreFiles) -> io::Result<Self> {
        let mut listing = Self { folder: folder.to_owned(), ..Self::default() };
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let (path, kind) = (entry.path(), entry.file_type()?);
            if kind.is_dir() && !rules.excludes_folder(&path, ignored) {
                listing.folders.push(path);
            } else if kind.is_file() && (is_sidecar(&path) || !rules.excludes_name(&path, ignored)) {
                listing.add(entry.file_name());
            }
        }
        Ok(listing)
    }

    fn add(&mut self, name: OsString) {
        let path = Path::new(&name);
        if is_sidecar(path) {
            self.sidecars.insert(Stem::exact(path.file_stem().unwrap_or_default()), name);
        } else if has_extension(path, &VIDEOS) {
            self.videos.push(Stem::of(&name));
        } else if is_photo(path) {
            if has_extension(path, &STAND_INS) {
                self.stand_ins.insert(Stem::of(&name), name.clone());
            }
            self.names.push(name);
        }
    }

    /// The files that could be photos, those of `stems` if any are given, with what belongs to them. A file that has gone since is
    /// left out.
    pub fn candidates<'a>(
        &'a self,
        stems: Option<&'a HashSet<Stem>>,
    ) -> impl Iterator<Item = (PathBuf, io::Result<Candidate>)> + 'a {
        let is_wanted = move |name: &&OsString| stems.is_none_or(|stems| stems.contains(&Stem::of(name)));
        self.names.iter().filter(is_wanted).map(|name| (self.folder.join(name), self.candidate(name)))
    }

    fn candidate(&self, name: &OsStr) -> io::Result<Candidate> {
        let path = self.folder.join(name);
        let companions = self.companions(name);
        Ok(Candidate {
            file: facts(path.clone().into(), &fs::symlink_metadata(path)?, companions.mark()),
            companions: Box::new(companions),
        })
    }

    fn companions(&self, name: &OsStr) -> Companions {
        let stem = Stem::of(name);
        let sidecar = self.sidecars.get(&Stem::exact(name)).or_else(|| self.sidecars.get(&stem));
        let stand_in = if is_raw(Path::new(name)) { self.stand_ins.get(&stem) } else { None };
        let path = |name: &OsString| self.folder.join(name);
        Companions { sidecar: sidecar.map(path), stand_in: stand_in.map(path) }
    }

    /// Videos that are not the moving part of a photo.
    pub fn videos(&self) -> usize {
        if self.videos.is_empty() {
            return 0;
        }
        let photos: HashSet<Stem> = self.names.iter().map(|name| Stem::of(name)).collect();
        self.videos.iter().filter(|video| !photos.contains(video)).count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listing(names: &[&str]) -> Listing {
        let mut listing = Listing { folder: "/p".into(), ..Listing::default() };
        names.iter().for_each(|name| listing.add(name.into()));
        listing
    }

    #[test]
    fn extensions_decide_in_any_case() {
        for photo in ["a.jpg", "a.JPG", "a.b.Tiff", "a.jfif", "a.CR2", "a.dng"] {
            assert!(is_photo(Path::new(photo)), "{photo}");
        }
        for other in ["a.mp4", "jpg", "a", "a.jpg.part", ".jpg", "a.xmp"] {
            assert!(!is_photo(Path::new(other)), "{other}");
        }
    }

    #[test]
    fn files_of_one_photo_have_one_stem() {
        for name in ["IMG_1.jpg", "IMG_1.CR2", "IMG_1.xmp", "img_1.JPG.XMP", "IMG_1.MOV"] {
            assert_eq!(Stem::of(name.as_ref()), Stem::of("IMG_1.jpg".as_ref()), "{name}");
        }
        assert_ne!(Stem::of("IMG_1.edited.jpg".as_ref()), Stem::of("IMG_1.jpg".as_ref()));
    }

    #[test]
    fn a_sidecar_belongs_to_the_photo_it_names_or_to_all_of_its_stem() {
        let listing = listing(&["a.jpg", "a.png", "a.xmp", "a.jpg.xmp", "b.jpg"]);
        let sidecar = |name: &str| listing.companions(name.as_ref()).sidecar;
        assert_eq!(sidecar("a.jpg"), Some("/p/a.jpg.xmp".into()));
        assert_eq!(sidecar("a.png"), Some("/p/a.xmp".into()));
        assert_eq!(sidecar("b.jpg"), None);
    }

    #[test]
    fn a_jpeg_stands_in_for_the_raw_file_beside_it() {
        let listing = listing(&["a.CR2", "a.JPG", "b.nef", "b.png"]);
        let stand_in = |name: &str| listing.companions(name.as_ref()).stand_in;
        assert_eq!(stand_in("a.CR2"), Some("/p/a.JPG".into()));
        assert_eq!((stand_in("a.JPG"), stand_in("b.nef")), (None, None));
    }

    #[test]
    fn the_moving_part_of_a_photo_is_no_video() {
        assert_eq!(listing(&["a.jpg", "a.mov", "b.MP4"]).videos(), 1);
        assert_eq!(listing(&["a.jpg"]).videos(), 0);
    }
}
