//! Previews whose files are gone or torn: they are made anew from their photos.

use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

use actix_files::NamedFile;
use foray_embedding::{PREVIEW_DETAIL, preview};
use foray_library::Store;
use foray_protocol::{ImageId, Problem, ProblemKind, ProtocolError};

use crate::picture_embedding::developed;

/// How a JPEG file begins and ends (ITU T.81, B.1.1.3).
const START_OF_IMAGE: [u8; 2] = [0xff, 0xd8];
const END_OF_IMAGE: [u8; 2] = [0xff, 0xd9];

/// The preview in `file`, if it is there from its first byte to its last.
pub(crate) fn open_whole(file: &Path) -> Option<NamedFile> {
    let named = NamedFile::open(file).ok()?;
    is_whole(named.file()).ok()?.then_some(named)
}

fn is_whole(mut file: &File) -> io::Result<bool> {
    let mut ends = [[0; 2]; 2];
    file.read_exact(&mut ends[0])?;
    file.seek(SeekFrom::End(-2))?;
    file.read_exact(&mut ends[1])?;
    Ok(ends == [START_OF_IMAGE, END_OF_IMAGE])
}

/// Makes the preview of a photo from its file, and keeps it where that is possible.
///
/// # Errors
/// Those of [`Store::original_file`]; [`ProblemKind::NotFound`] where that file cannot be read or holds something else by now.
pub(crate) fn make_anew(library: &dyn Store, id: ImageId) -> Result<Vec<u8>, ProtocolError> {
    let file = library.original_file(id)?;
    let cannot = |reason: String| {
        let detail = format!("photo {id} has no preview, and none can be made of {}: {reason}", file.display());
        ProtocolError::from(Problem::new(ProblemKind::NotFound, detail))
    };
    let content = fs::read(&file).map_err(|error| cannot(error.to_string()))?;
    if ImageId::of_content(&content) != id {
        return Err(cannot("it was changed since it was indexed".to_owned()));
    }
    let (_, jpeg) = developed(&content, PREVIEW_DETAIL, |picture| preview(&picture.pixels))
        .map_err(|error| cannot(error.to_string()))?
        .map_err(|error| cannot(error.to_string()))?;
    if let Err(error) = library.keep_preview(id, &jpeg) {
        tracing::warn!("{error}; the preview is made again when it is asked for");
    }
    Ok(jpeg)
}
