//! Feeds bytes to `foray import` as the files of an export, one after the other with a line of dashes between them: they are refused,
//! or a library takes them in and gives them out again.
#![no_main]

use std::path::Path;

use foray_fuzz::{count_own_panics_only, fresh_library, put};
use foray_library::export::Export;
use libfuzzer_sys::fuzz_target;

const FILES: [&str; 3] = ["manifest.json", "photos.jsonl", "failures.jsonl"];
const VECTORS: &str = "vectors.npy";
const BETWEEN: &[u8] = b"\n---\n";

fuzz_target!(init: count_own_panics_only(), |data: &[u8]| {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut rest = data;
    for name in FILES {
        let end = rest.windows(BETWEEN.len()).position(|bytes| bytes == BETWEEN);
        let (content, after) = end.map_or((rest, &[][..]), |end| (&rest[..end], &rest[end + BETWEEN.len()..]));
        put(folder.path(), name, content);
        rest = after;
    }
    put(folder.path(), VECTORS, rest);
    if let Ok(export) = Export::open(folder.path()) {
        import(&export, folder.path());
    }
});

fn import(export: &Export, folder: &Path) {
    let library = fresh_library(&folder.join("library"));
    let Ok(summary) = export.import(&library, &|_| ()) else { return };
    let again = export.import(&library, &|_| ()).expect("an import may be repeated");
    assert_eq!((again.photos_added, again.files_added, again.failures_added), (0, 0, 0));
    let written = library.export(&folder.join("again")).expect("what was imported is exported");
    // A file that is named twice holds the later photo.
    assert!(written.photos <= summary.photos_added && written.files <= summary.files_added);
    Export::open(&folder.join("again")).expect("what was exported is read");
}
