//! Files on disk: what shows that one changed, and reading one as a whole.

use std::fs::{self, File, Metadata};
use std::io::{self, Read};
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use foray_protocol::{CompanionMark, FileFacts, PhotoPath};

use crate::companions::Companions;

/// What came of reading a file.
#[derive(Debug)]
pub(crate) enum Reading {
    /// Its content, and its facts from when it was read.
    Content(FileFacts, Vec<u8>),
    /// It cannot be read; the reason is a sentence for its owner.
    Failed(FileFacts, String),
    /// It changed while it was read.
    Changing(FileFacts),
    /// It is gone.
    Gone(PhotoPath),
}

/// A file that could be a photo.
#[derive(Clone, Debug)]
pub(crate) struct Candidate {
    pub file: FileFacts,
    pub companions: Box<Companions>,
}

/// The facts of the file at `path`, from its metadata.
pub(crate) fn facts(path: PhotoPath, metadata: &Metadata, companions: CompanionMark) -> FileFacts {
    FileFacts { path, size: metadata.len(), modified_ns: metadata.modified().map_or(0, nanoseconds), companions }
}

fn nanoseconds(time: SystemTime) -> i64 {
    match time.duration_since(UNIX_EPOCH) {
        Ok(since) => i64::try_from(since.as_nanos()).unwrap_or(i64::MAX),
        Err(before) => i64::try_from(before.duration().as_nanos()).map_or(i64::MIN, |nanoseconds| -nanoseconds),
    }
}

/// Reads a file of at most `most_bytes`, or what stands in for it, `attempts` times if it changes meanwhile.
pub(crate) fn read(candidate: Candidate, most_bytes: u64, attempts: usize) -> Reading {
    let Candidate { file, companions } = candidate;
    let mut reading = read_once(file, &companions, most_bytes);
    for _ in 1..attempts {
        match reading {
            Reading::Changing(file) => reading = read_once(file, &companions, most_bytes),
            _ => break,
        }
    }
    reading
}

fn read_once(file: FileFacts, companions: &Companions, most_bytes: u64) -> Reading {
    if file.size == 0 {
        return Reading::Failed(file, "the file is empty".to_owned());
    }
    if file.size > most_bytes {
        let reason = format!("the file has {} bytes; at most {most_bytes} are read", file.size);
        return Reading::Failed(file, reason);
    }
    match content(file.path.as_path(), companions, most_bytes) {
        Ok((now, content)) if now == file => Reading::Content(file, content),
        Ok((now, _)) => Reading::Changing(now),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Reading::Gone(file.path),
        Err(error) => Reading::Failed(file, format!("the file cannot be read: {error}")),
    }
}

/// The content of a file, or of what stands in for it, and its facts after that was read.
fn content(path: &Path, companions: &Companions, most_bytes: u64) -> io::Result<(FileFacts, Vec<u8>)> {
    let mut content = vec![];
    let source = companions.stand_in.as_deref().unwrap_or(path);
    File::open(source)?.take(most_bytes).read_to_end(&mut content)?;
    Ok((facts(path.into(), &fs::metadata(path)?, companions.mark()), content))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn times_before_1970_are_negative() {
        assert_eq!(nanoseconds(UNIX_EPOCH - Duration::from_nanos(5)), -5);
        assert_eq!(nanoseconds(UNIX_EPOCH + Duration::from_nanos(5)), 5);
    }

    #[test]
    fn a_file_that_differs_from_its_facts_is_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.jpg");
        fs::write(&path, "photo").unwrap();
        let mut file = facts(path.into(), &fs::metadata(folder.path().join("a.jpg")).unwrap(), 0);
        file.modified_ns -= 1;
        let candidate = Candidate { file, companions: Box::default() };
        assert!(matches!(read(candidate.clone(), 100, 1), Reading::Changing(_)));
        assert!(matches!(read(candidate, 100, 2), Reading::Content(_, content) if content == b"photo"));
    }

    #[test]
    fn what_cannot_be_a_photo_is_not_read() {
        let file = |size| {
            let file = FileFacts { path: "/no/such.jpg".into(), size, modified_ns: 0, companions: 0 };
            Candidate { file, companions: Box::default() }
        };
        assert!(matches!(read(file(0), 100, 1), Reading::Failed(_, reason) if reason.contains("empty")));
        assert!(matches!(read(file(101), 100, 1), Reading::Failed(_, reason) if reason.contains("101 bytes")));
        assert!(matches!(read(file(100), 100, 1), Reading::Gone(_)));
    }
}
