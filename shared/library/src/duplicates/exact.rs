//! Files with the same content: photos that the catalogue links to several paths.

use std::cmp::Ordering;

use foray_protocol::{DuplicateKind, ImageId, PhotoPath, is_raw};

use super::keeper::{file_size, path_preference, path_reason};
use super::{File, Group};
use crate::LibraryError;
use crate::catalogue::Catalogue;

/// The groups of files of each photo that has several.
pub(super) fn groups(catalogue: &Catalogue) -> Result<Vec<Group>, LibraryError> {
    let mut groups = vec![];
    let mut photo: Option<(ImageId, Vec<PhotoPath>)> = None;
    for link in catalogue.all_links() {
        let (id, path) = link?;
        match &mut photo {
            Some((of, paths)) if *of == id => paths.push(path),
            _ => {
                let (of, paths) = photo.replace((id, vec![path])).unwrap_or((id, vec![]));
                groups.extend(group(catalogue, of, paths)?);
            }
        }
    }
    if let Some((id, paths)) = photo {
        groups.extend(group(catalogue, id, paths)?);
    }
    Ok(groups)
}

fn group(catalogue: &Catalogue, id: ImageId, mut paths: Vec<PhotoPath>) -> Result<Option<Group>, LibraryError> {
    // The JPEG beside a RAW file stands for both: one is no copy of the other.
    if paths.iter().any(|path| !is_raw(path.as_path())) {
        paths.retain(|path| !is_raw(path.as_path()));
    }
    let by_preference = |a: &PhotoPath, b: &PhotoPath| -> Ordering { path_preference(a).cmp(&path_preference(b)) };
    paths.sort_by(by_preference);
    let [first, second, ..] = paths.as_slice() else { return Ok(None) };
    let (reason, bytes) = (path_reason(first, second), file_size(catalogue, first)?);
    let mut files = paths.into_iter().map(|path| File { id, path, bytes, similarity: 1.0 });
    let keep = files.next();
    Ok(keep.map(|keep| Group { kind: DuplicateKind::Exact, keep, reason, others: files.collect() }))
}
