//! Feeds bytes to the server as bodies of indexers; the first byte tells the address and whether they are packed. What is understood
//! is the same after being sent once more, and a batch that a library takes leaves it whole.
#![no_main]

use std::borrow::Cow;
use std::fmt::Debug;
use std::path::Path;

use foray_fuzz::{count_own_panics_only, fresh_library};
use foray_library::export::Export;
use foray_library::{Library, OpenOptions};
use foray_protocol::{
    Classifier, FileMark, ImageId, IndexProgress, Ingest, IngestBatch, LibraryStatus, PhotoPath, SpaceId, UnitVector,
    unpack,
};
use libfuzzer_sys::fuzz_target;
use serde::Serialize;
use serde::de::DeserializeOwned;

const MOST_UNPACKED: usize = 1 << 20;

fuzz_target!(init: count_own_panics_only(), |data: &[u8]| {
    let Some((&kind, body)) = data.split_first() else { return };
    let body = match kind & 1 {
        0 => Cow::Borrowed(body),
        _ => match unpack(body, MOST_UNPACKED) {
            Ok(unpacked) => Cow::Owned(unpacked),
            Err(_) => return,
        },
    };
    assert!(body.len() <= MOST_UNPACKED.max(data.len()));
    match kind >> 1 {
        0 => drop(understood::<Vec<PhotoPath>>(&body)),
        1 => drop(understood::<(SpaceId, Vec<ImageId>)>(&body)),
        2 => drop(understood::<(PhotoPath, Option<PhotoPath>, usize)>(&body)),
        3 => drop(understood::<IndexProgress>(&body)),
        4 => drop(understood::<(SpaceId, Vec<(ImageId, UnitVector)>)>(&body)),
        5 => drop(understood::<Vec<FileMark>>(&body)),
        6 => drop(understood::<Classifier>(&body)),
        _ => understood::<IngestBatch>(&body).iter().for_each(commit),
    }
});

fn understood<T: Serialize + DeserializeOwned + Debug>(body: &[u8]) -> Option<T> {
    let question = rmp_serde::from_slice::<T>(body).ok()?;
    let sent = rmp_serde::to_vec_named(&question).expect("what came can be sent");
    let again = rmp_serde::from_slice::<T>(&sent).expect("what was sent is understood");
    assert_eq!(format!("{question:?}"), format!("{again:?}"));
    Some(question)
}

/// Twice does no harm, refusals leave no trace, and the library opens again as it was.
fn commit(batch: &IngestBatch) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (home, exported) = (folder.path().join("library"), folder.path().join("export"));
    let library = fresh_library(&home);
    let outcome = library.commit(batch);
    let status = status(&library);
    match outcome {
        Ok(_) => drop(library.commit(batch).expect("a batch may be sent twice")),
        Err(_) => assert_eq!((status.photos, status.files, status.failed), (0, 0, 0)),
    }
    assert_same(&status, &library);
    export(&library, &exported);
    drop(library);
    assert_same(&status, &Library::open(&OpenOptions::new(&home, "fuzz")).expect("it opens again"));
}

fn status(library: &Library) -> LibraryStatus {
    library.status().expect("a library knows its status")
}

fn assert_same(before: &LibraryStatus, library: &Library) {
    let of = |status: &LibraryStatus| (status.photos, status.files, status.failed, status.space.space.clone());
    assert_eq!(of(before), of(&status(library)));
}

fn export(library: &Library, folder: &Path) {
    library.export(folder).expect("what was committed is exported");
    Export::open(folder).expect("what was exported is read");
}
