//! Which photo of several to keep, and why: the one with the most pixels, and among equals the one that lost least on its way.

use std::cmp::Reverse;

use foray_protocol::{KeepReason, PhotoMetadata, PhotoPath};

use super::roster::Shot;
use crate::LibraryError;
use crate::catalogue::Catalogue;

/// A photo with what decides whether it is kept.
#[derive(Debug)]
pub(super) struct Candidate<'a> {
    pub shot: &'a Shot,
    /// Its files, the best name first.
    pub paths: Vec<PhotoPath>,
    /// Size of each of them.
    pub bytes: u64,
    preference: Preference,
}

/// The less, the better; the fields stand in the order in which they decide.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Preference {
    pixels: Reverse<u64>,
    /// A version that passed through a messenger or an editor has often lost its notes: above the format, because a PNG that
    /// was made of a camera's JPEG gains nothing and has none.
    lacks_camera_data: bool,
    format: u8,
    bytes: Reverse<u64>,
    is_undated: bool,
    taken_at: Option<String>,
    path: PathPreference,
}

/// The less, the better, of the files of one photo.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct PathPreference {
    is_named_as_copy: bool,
    length: usize,
    path: PhotoPath,
}

impl<'a> Candidate<'a> {
    /// What the catalogue has of `shot`; nothing where it was removed meanwhile.
    pub fn load(catalogue: &Catalogue, shot: &'a Shot) -> Result<Option<Self>, LibraryError> {
        let mut paths = catalogue.paths(shot.id)?;
        paths.sort_by_cached_key(path_preference);
        let (Some(record), Some(first)) = (catalogue.photo(shot.id)?, paths.first()) else { return Ok(None) };
        let bytes = file_size(catalogue, first)?;
        let preference = Preference::new(record.metadata, bytes, first);
        Ok(Some(Self { shot, paths, bytes, preference }))
    }
}

impl Preference {
    fn new(metadata: PhotoMetadata, bytes: u64, path: &PhotoPath) -> Self {
        let description = metadata.description;
        Self {
            pixels: Reverse(u64::from(metadata.width) * u64::from(metadata.height)),
            lacks_camera_data: description.camera.is_none() && description.taken_at.is_none(),
            format: loss(&metadata.format),
            bytes: Reverse(bytes),
            is_undated: description.taken_at.is_none(),
            taken_at: description.taken_at,
            path: path_preference(path),
        }
    }

    /// The first respect in which this one is better than `other`.
    fn reason(&self, other: &Self) -> KeepReason {
        let differences = [
            (self.pixels != other.pixels, KeepReason::Resolution),
            (self.lacks_camera_data != other.lacks_camera_data, KeepReason::CameraData),
            (self.format != other.format, KeepReason::Format),
            (self.bytes != other.bytes, KeepReason::Size),
            (self.taken_at != other.taken_at, KeepReason::Date),
        ];
        let first = differences.into_iter().find(|(differs, _)| *differs);
        first.map_or_else(|| self.path.reason(&other.path), |(_, reason)| reason)
    }
}

/// How much a format loses: nothing, a little, or most colours.
fn loss(format: &str) -> u8 {
    match format {
        "tiff" | "png" | "bmp" => 0,
        "gif" => 2,
        _ => 1,
    }
}

impl PathPreference {
    fn reason(&self, other: &Self) -> KeepReason {
        if self.is_named_as_copy == other.is_named_as_copy { KeepReason::Path } else { KeepReason::Name }
    }
}

/// How good a path is among those of one photo.
pub(super) fn path_preference(path: &PhotoPath) -> PathPreference {
    let stem = path.as_path().file_stem().unwrap_or_default().to_string_lossy().to_lowercase();
    PathPreference { is_named_as_copy: is_copys_name(&stem), length: path.as_bytes().len(), path: path.clone() }
}

/// Why `best` is kept of two files with the same content.
pub(super) fn path_reason(best: &PhotoPath, next: &PhotoPath) -> KeepReason {
    path_preference(best).reason(&path_preference(next))
}

/// Whether a file's name (lower case, without its extension) is one that systems give to copies: `photo (1)`, `photo copy 2`,
/// `copy of photo`, `photo - kopie`, `photo~2`.
fn is_copys_name(stem: &str) -> bool {
    let unnumbered = stem.trim_end_matches(|c: char| c.is_ascii_digit() || c == ' ');
    let in_brackets = stem.strip_suffix(')').and_then(|stem| stem.rsplit_once('('));
    if in_brackets.is_some_and(|(_, number)| !number.is_empty() && number.bytes().all(|c| c.is_ascii_digit())) {
        return true;
    }
    let numbered = unnumbered.len() < stem.len();
    let says_copy = |word: &str| {
        let before = unnumbered.strip_suffix(word);
        before.is_some_and(|before| before.ends_with([' ', '-', '_']))
    };
    ["copy", "kopie", "copie", "copia"].into_iter().any(says_copy)
        || stem.starts_with("copy of ")
        || (numbered && unnumbered.ends_with('~'))
}

/// Bytes of the file at `path`.
pub(super) fn file_size(catalogue: &Catalogue, path: &PhotoPath) -> Result<u64, LibraryError> {
    Ok(catalogue.file(path)?.map_or(0, |file| file.size))
}

/// A photo to keep and the others, each related to it.
#[derive(Debug)]
pub(super) struct Star<'a> {
    pub keep: Candidate<'a>,
    pub others: Vec<Candidate<'a>>,
    pub reason: KeepReason,
}

/// Takes a component apart: the best photo keeps what is related to it, then the best of the rest, and so on. Photos that are
/// related to none of the kept ones stay alone.
pub(super) fn stars<'a>(mut candidates: Vec<Candidate<'a>>, related: &impl Fn(&Shot, &Shot) -> bool) -> Vec<Star<'a>> {
    candidates.sort_by(|a, b| a.preference.cmp(&b.preference));
    let mut stars = vec![];
    let mut rest = candidates.into_iter();
    while let Some(keep) = rest.next() {
        let (others, left): (Vec<_>, Vec<_>) = rest.partition(|other| related(keep.shot, other.shot));
        if let Some(second) = others.first() {
            let reason = keep.preference.reason(&second.preference);
            stars.push(Star { keep, others, reason });
        }
        rest = left.into_iter();
    }
    stars
}

#[cfg(test)]
mod tests {
    use foray_protocol::Description;

    use super::*;

    fn metadata(width: u32, format: &str, taken_at: Option<&str>) -> PhotoMetadata {
        let description = Description { taken_at: taken_at.map(str::to_owned), ..Description::default() };
        PhotoMetadata { width, height: 100, format: format.to_owned(), description, ..PhotoMetadata::default() }
    }

    #[test]
    fn each_respect_decides_when_those_before_it_are_equal() {
        let preference = |width, format, taken_at, bytes, path: &str| {
            Preference::new(metadata(width, format, taken_at), bytes, &PhotoPath::from(path))
        };
        let ordered = [
            preference(200, "jpeg", None, 10, "/p/small (1).jpg"),
            preference(100, "jpeg", Some("2020-01-01T00:00:00"), 10, "/p/a.jpg"),
            preference(100, "png", None, 10, "/p/a.png"),
            preference(100, "jpeg", None, 20, "/p/long name.jpg"),
            preference(100, "jpeg", None, 10, "/p/longer name.jpg"),
            preference(100, "jpeg", None, 10, "/p/b (1).jpg"),
            preference(100, "jpeg", None, 10, "/p/longer b (1).jpg"),
        ];
        let reasons: Vec<_> = ordered.windows(2).map(|pair| pair[0].reason(&pair[1])).collect();
        assert!(ordered.is_sorted());
        use KeepReason::{CameraData, Format, Name, Path, Resolution, Size};
        assert_eq!(reasons, [Resolution, CameraData, Format, Size, Name, Path]);
        let earlier = preference(100, "jpeg", Some("2019-01-01T00:00:00"), 10, "/p/z.jpg");
        assert!(earlier < ordered[1]);
        assert_eq!(earlier.reason(&ordered[1]), KeepReason::Date);
    }

    #[test]
    fn names_of_copies_are_known() {
        for copy in
            ["img_1 (1)", "img_1(12)", "img copy", "img copy 2", "img - copy (2)", "copy of img", "img~2", "a_kopie"]
        {
            assert!(is_copys_name(copy), "{copy}");
        }
        for name in ["img_1", "img 2", "photocopy", "harbour (old)", "2019-05-01", "copy", "()", "~"] {
            assert!(!is_copys_name(name), "{name}");
        }
    }
}
