//! A model from a folder or an archive on this machine.

use std::fs::{self, File};
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::{Component, Path, PathBuf};

use flate2::read::MultiGzDecoder;
use tar::Archive;

use super::receipt::{Receipt, ReceiptFile};
use super::staging::Staging;
use super::{ModelStore, layout};
use crate::EmbeddingError;

const GZIP: [u8; 2] = [0x1f, 0x8b];

impl ModelStore {
    /// Copies the model in `source`, a folder or a tar archive (also gzipped), into the store under `name`.
    ///
    /// # Errors
    /// [`EmbeddingError::NotAModel`] when files are missing, those of reading the description, and of the file system.
    pub fn import(&self, name: &str, source: &Path) -> Result<Receipt, EmbeddingError> {
        layout::check_name(name)?;
        let staging = Staging::fresh(self.folder(), &format!("{name}.import"))?;
        let folder = staging.folder().to_owned();
        let imported = fill(staging, name, source);
        if imported.is_err() {
            let _ = fs::remove_dir_all(folder);
        }
        imported
    }
}

/// Brings the files of `source` into the staging folder, and the whole into its place.
fn fill(staging: Staging, name: &str, source: &Path) -> Result<Receipt, EmbeddingError> {
    let files = match source.is_dir() {
        true => copy_folder(source, staging.folder())?,
        false => unpack(source, staging.folder())?,
    };
    let files = files.iter().map(|file| ReceiptFile::of(staging.folder(), file)).collect::<Result<_, _>>()?;
    staging.install(name, source.display().to_string(), None, files)
}

fn copy_folder(source: &Path, target: &Path) -> Result<Vec<PathBuf>, EmbeddingError> {
    let mut copied = vec![];
    for part in ["", "visual", "textual"] {
        let folder = source.join(part);
        let Ok(entries) = fs::read_dir(&folder) else { continue };
        for entry in entries.flatten() {
            let path = Path::new(part).join(entry.file_name());
            if layout::belongs(&path) && entry.path().is_file() {
                let content = File::open(entry.path()).map_err(EmbeddingError::store_file("read", &entry.path()))?;
                write(target, &path, content)?;
                copied.push(path);
            }
        }
    }
    copied.sort();
    Ok(copied)
}

fn unpack(archive: &Path, target: &Path) -> Result<Vec<PathBuf>, EmbeddingError> {
    let failed = |source| EmbeddingError::store_file("unpack", archive)(source);
    let mut archive = Archive::new(open(archive).map_err(failed)?);
    let mut unpacked = vec![];
    for entry in archive.entries().map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let path = in_the_model(&entry.path().map_err(failed)?);
        if let Some(path) = path.filter(|_| entry.header().entry_type().is_file()) {
            write(target, &path, entry)?;
            unpacked.push(path);
        }
    }
    unpacked.sort();
    Ok(unpacked)
}

/// Opens an archive, unzipped if need be.
fn open(archive: &Path) -> io::Result<Box<dyn Read>> {
    let mut file = File::open(archive)?;
    let mut start = [0; 2];
    let zipped = file.read_exact(&mut start).is_ok() && start == GZIP;
    file.seek(SeekFrom::Start(0))?;
    let file = BufReader::new(file);
    Ok(if zipped { Box::new(MultiGzDecoder::new(file)) } else { Box::new(file) })
}

/// The path of an archive's entry in the model, which may lie in one folder of its own.
fn in_the_model(path: &Path) -> Option<PathBuf> {
    let parts: Vec<Component<'_>> = path.components().filter(|part| *part != Component::CurDir).collect();
    let plain = parts.iter().all(|part| matches!(part, Component::Normal(_)));
    let paths = [parts.get(..)?, parts.get(1..)?].map(|parts| parts.iter().collect::<PathBuf>());
    paths.into_iter().find(|path| plain && layout::belongs(path))
}

fn write(folder: &Path, path: &Path, mut content: impl Read) -> Result<(), EmbeddingError> {
    let file = folder.join(path);
    let parent = file.parent().unwrap_or(folder);
    fs::create_dir_all(parent).map_err(EmbeddingError::store_file("make", parent))?;
    File::create(&file)
        .and_then(|mut output| io::copy(&mut content, &mut output))
        .map(drop)
        .map_err(EmbeddingError::store_file("write", &file))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn archives_may_have_a_folder_of_their_own() {
        let found = |path: &str| in_the_model(Path::new(path));
        assert_eq!(found("./visual/model.onnx"), Some("visual/model.onnx".into()));
        assert_eq!(found("ViT-B-32/config.json"), Some("config.json".into()));
        assert_eq!(found("ViT-B-32/textual/tokenizer.json"), Some("textual/tokenizer.json".into()));
        for path in
            ["../config.json", "/visual/model.onnx", "a/b/config.json", "ViT-B-32/README.md", "x/../config.json"]
        {
            assert_eq!(found(path), None, "{path}");
        }
    }
}
