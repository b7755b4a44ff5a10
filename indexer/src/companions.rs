//! Files that belong to a photo's file: the sidecar that describes it, and the JPEG that shows what a RAW file holds.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use foray_protocol::CompanionMark;

/// A longer sidecar describes no photo.
const LONGEST_SIDECAR: u64 = 4 << 20;

/// The companions of one file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Companions {
    pub sidecar: Option<PathBuf>,
    /// Read in place of a RAW file, so that the two are one photo.
    pub stand_in: Option<PathBuf>,
}

impl Companions {
    /// What shows whether one of them came, changed or went.
    pub fn mark(&self) -> CompanionMark {
        let mut hasher = blake3::Hasher::new();
        let present: Vec<_> = [&self.sidecar, &self.stand_in].into_iter().flatten().collect();
        if present.is_empty() {
            return 0;
        }
        for companion in present {
            let (size, modified) = size_and_time(companion).unwrap_or_default();
            hasher.update(companion.file_name().unwrap_or_default().as_encoded_bytes());
            hasher.update(&size.to_le_bytes()).update(&modified.to_le_bytes());
        }
        let mut first = [0; size_of::<CompanionMark>()];
        hasher.finalize_xof().fill(&mut first);
        CompanionMark::from_le_bytes(first).max(1)
    }

    /// The sidecar's text; one that cannot be read is warned of and left aside.
    pub fn sidecar_text(&self) -> Option<String> {
        let path = self.sidecar.as_ref()?;
        let text = read_sidecar(path).inspect_err(|error| tracing::warn!("{} cannot be read: {error}", path.display()));
        text.ok()
    }
}

fn size_and_time(path: &Path) -> io::Result<(u64, u128)> {
    let metadata = fs::metadata(path)?;
    let since = metadata.modified()?.duration_since(UNIX_EPOCH).unwrap_or_else(|before| before.duration());
    Ok((metadata.len(), since.as_nanos()))
}

fn read_sidecar(path: &Path) -> io::Result<String> {
    let mut bytes = vec![];
    File::open(path)?.take(LONGEST_SIDECAR).read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_tells_that_a_companion_came_or_changed() {
        let folder = tempfile::tempdir().unwrap();
        let sidecar = folder.path().join("a.xmp");
        fs::write(&sidecar, "one").unwrap();
        let companions = Companions { sidecar: Some(sidecar.clone()), stand_in: None };
        let first = companions.mark();
        assert!(first != 0 && first == companions.mark());
        fs::write(&sidecar, "three").unwrap();
        assert_ne!(companions.mark(), first);
        assert_eq!(Companions::default().mark(), 0);
        assert_eq!(companions.sidecar_text().as_deref(), Some("three"));
    }
}
