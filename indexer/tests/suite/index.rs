//! Single passes over real photos with the real model.

use std::fs;
use std::path::PathBuf;
use std::sync::atomic::Ordering::SeqCst;
use std::time::{Duration, SystemTime};

use crate::studio::{Studio, counts};
use foray_indexer::IndexError;
use foray_protocol::{IndexPhase, Problem, ProblemKind, StopSignal};

#[test]
fn a_second_run_finds_everything_unchanged() {
    let studio = Studio::new();
    let photo = studio.shoot("a.jpg", 1);
    studio.shoot("2020/summer/b.PNG", 2);
    assert_eq!(counts(&studio.index()), [2, 0, 0, 0, 0, 0]);
    let known = studio.library.photo(&photo).unwrap();
    assert_eq!((known.metadata.width, known.metadata.height), (64, 48));
    assert_eq!(image::load_from_memory(&known.thumbnail).unwrap().width(), 64);
    let changes = studio.library.changes.load(SeqCst);
    assert_eq!(counts(&studio.index()), [0, 2, 0, 0, 0, 0]);
    assert_eq!(studio.library.changes.load(SeqCst), changes, "nothing to commit");
    assert_eq!(studio.library.roots.lock().unwrap()[0].as_path(), studio.root);
}

#[test]
fn a_renamed_photo_moves_without_being_embedded_again() {
    let studio = Studio::new();
    let old = studio.shoot("a.jpg", 1);
    studio.index();
    fs::create_dir(studio.path("b")).unwrap();
    fs::rename(&old, studio.path("b/new.jpg")).unwrap();
    assert_eq!(counts(&studio.index()), [0, 0, 1, 0, 0, 0]);
    assert_eq!(studio.library.paths(), [studio.path("b/new.jpg")]);
    assert_eq!(studio.library.embedded.load(SeqCst), 1);
}

#[test]
fn a_copy_shares_the_photo() {
    let studio = Studio::new();
    let first = studio.shoot("a.jpg", 1);
    studio.index();
    fs::copy(&first, studio.path("b.jpg")).unwrap();
    assert_eq!(counts(&studio.index()), [0, 1, 0, 1, 0, 0]);
    assert_eq!(studio.library.outcome(&first), studio.library.outcome(&studio.path("b.jpg")));
}

#[test]
fn copies_that_are_new_together_are_embedded_once() {
    let studio = Studio::new();
    let first = studio.shoot("a.jpg", 1);
    for copy in ["b.jpg", "c.jpg", "d.jpg", "e.jpg"] {
        fs::copy(&first, studio.path(copy)).unwrap();
    }
    assert_eq!(counts(&studio.index()), [1, 0, 0, 4, 0, 0]);
    assert_eq!(studio.library.embedded.load(SeqCst), 1);
}

#[test]
fn copies_of_a_broken_file_fail_together() {
    let studio = Studio::new();
    for name in ["a.jpg", "b.jpg", "c.jpg"] {
        fs::write(studio.path(name), "no picture").unwrap();
    }
    assert_eq!(counts(&studio.index()), [0, 0, 0, 0, 0, 3]);
}

#[test]
fn a_deleted_photo_is_removed() {
    let studio = Studio::new();
    studio.shoot("a.jpg", 1);
    studio.shoot("x/b.jpg", 2);
    studio.index();
    fs::remove_dir_all(studio.path("x")).unwrap();
    assert_eq!(counts(&studio.index()), [0, 1, 0, 0, 1, 0]);
    assert_eq!(studio.library.paths(), [studio.path("a.jpg")]);
}

#[test]
fn replaced_content_is_indexed_anew() {
    let studio = Studio::new();
    let photo = studio.shoot("a.jpg", 1);
    studio.index();
    let before = studio.library.outcome(&photo);
    studio.shoot("a.jpg", 200);
    assert_eq!(counts(&studio.index()), [1, 0, 0, 0, 0, 0]);
    assert_ne!(studio.library.outcome(&photo), before);
}

#[test]
fn a_touched_photo_is_unchanged() {
    let studio = Studio::new();
    let photo = studio.shoot("a.jpg", 1);
    studio.index();
    let touched = SystemTime::now() - Duration::from_secs(3600);
    fs::File::options().write(true).open(&photo).unwrap().set_modified(touched).unwrap();
    for _ in 0..2 {
        assert_eq!(counts(&studio.index()), [0, 1, 0, 0, 0, 0]);
    }
    // The photo, and once more its new time with what it says.
    assert_eq!(studio.library.changes.load(SeqCst), 3);
}

#[test]
fn a_broken_file_fails_with_its_reason_until_it_changes() {
    let studio = Studio::new();
    let good = studio.shoot("good.jpg", 1);
    let broken = studio.path("broken.jpg");
    fs::write(&broken, "this is no picture").unwrap();
    let empty = studio.path("empty.png");
    fs::write(&empty, "").unwrap();
    assert_eq!(counts(&studio.index()), [1, 0, 0, 0, 0, 2]);
    assert!(!studio.library.outcome(&broken).unwrap().unwrap_err().is_empty());
    assert_eq!(studio.library.outcome(&empty), Some(Err("the file is empty".to_owned())));
    assert_eq!(counts(&studio.index()), [0, 3, 0, 0, 0, 0], "not tried again");
    fs::copy(&good, &broken).unwrap();
    assert_eq!(counts(&studio.index()), [0, 2, 0, 1, 0, 0]);
}

#[test]
fn a_truncated_photo_does_not_end_the_run() {
    let studio = Studio::new();
    let whole = fs::read(studio.shoot("whole.png", 1)).unwrap();
    fs::write(studio.path("half.png"), &whole[..whole.len() / 2]).unwrap();
    let summary = studio.index();
    assert_eq!(summary.indexed + summary.failed, 2);
    assert!(studio.library.photo(&studio.path("whole.png")).is_some());
}

#[test]
fn an_emptied_folder_is_taken_for_a_disk_that_is_away() {
    let mut studio = Studio::new();
    studio.shoot("a.jpg", 1);
    studio.index();
    fs::remove_file(studio.path("a.jpg")).unwrap();
    let summary = studio.index();
    assert_eq!(counts(&summary), [0; 6]);
    assert!(summary.warnings[0].contains("is empty; its 1 photos are kept"), "{:?}", summary.warnings);
    studio.options.prune = true;
    let summary = studio.index();
    assert_eq!((summary.removed, summary.warnings.len()), (1, 0));
}

#[test]
fn a_folder_that_is_gone_is_kept_until_it_is_pruned() {
    let mut studio = Studio::new();
    studio.shoot("a.jpg", 1);
    studio.index();
    fs::remove_dir_all(&studio.root).unwrap();
    let summary = studio.index();
    assert_eq!(summary.removed, 0);
    assert!(summary.warnings[0].contains("is gone; its 1 photos are kept"), "{:?}", summary.warnings);
    studio.options.prune = true;
    assert_eq!(studio.index().removed, 1);
    assert!(studio.library.paths().is_empty());
}

#[test]
fn folders_that_cannot_be_indexed_are_named() {
    let studio = Studio::new();
    let index = |roots: &[PathBuf]| studio.indexer().index(roots, &studio.stop, &|_| {}).unwrap_err();
    assert!(matches!(index(&[]), IndexError::NoFolder));
    let missing = index(&[studio.path("nowhere")]);
    assert!(matches!(&missing, IndexError::Missing { folder } if *folder == studio.path("nowhere")));
    assert!(missing.to_string().contains("nowhere"));
    let file = studio.shoot("a.jpg", 1);
    assert!(matches!(index(&[file]), IndexError::NotAFolder { .. }));
}

#[test]
fn nested_folders_are_indexed_once() {
    let studio = Studio::new();
    studio.shoot("x/a.jpg", 1);
    let roots = [studio.path("x"), studio.root.clone(), studio.root.join("x/..")];
    let summary = studio.indexer().index(&roots, &studio.stop, &|_| {}).unwrap();
    assert_eq!(counts(&summary), [1, 0, 0, 0, 0, 0]);
}

#[test]
fn a_folder_that_became_hidden_leaves_the_library() {
    let studio = Studio::new();
    studio.shoot("a.jpg", 1);
    studio.shoot("x/b.jpg", 2);
    studio.index();
    fs::rename(studio.path("x"), studio.path(".x")).unwrap();
    studio.shoot("@eaDir/a.jpg", 3);
    studio.shoot("node_modules/a.jpg", 4);
    assert_eq!(counts(&studio.index()), [0, 1, 0, 0, 1, 0]);
}

#[cfg(unix)]
#[test]
fn a_name_that_is_not_utf8_is_as_good_as_any() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    let studio = Studio::new();
    let path = studio.root.join(OsStr::from_bytes(b"caf\xe9.jpg"));
    fs::rename(studio.shoot("a.jpg", 1), &path).unwrap();
    assert_eq!(counts(&studio.index()), [1, 0, 0, 0, 0, 0]);
    assert_eq!(studio.library.paths(), [path]);
    assert_eq!(counts(&studio.index()), [0, 1, 0, 0, 0, 0]);
}

#[cfg(unix)]
#[test]
fn what_may_not_be_read_is_kept_and_said() {
    use std::os::unix::fs::PermissionsExt;
    let studio = Studio::new();
    let photo = studio.shoot("a.jpg", 1);
    studio.shoot("private/b.jpg", 2);
    studio.index();
    let permit = |path: PathBuf, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    permit(studio.path("private"), 0o000);
    // The superuser reads everything, and has nothing to test here.
    if fs::read_dir(studio.path("private")).is_ok() {
        return;
    }
    fs::write(&photo, "changed, and closed").unwrap();
    permit(photo.clone(), 0o000);
    let summary = studio.index();
    permit(studio.path("private"), 0o755);
    assert_eq!(counts(&summary), [0, 0, 0, 0, 0, 1]);
    assert!(summary.warnings[0].contains("private"), "{:?}", summary.warnings);
    assert!(studio.library.outcome(&photo).unwrap().unwrap_err().contains("cannot be read"));
    assert_eq!(studio.library.paths().len(), 2);
}

#[test]
fn a_stopped_run_keeps_what_it_committed() {
    let mut studio = Studio::new();
    studio.options.batch = Some(2);
    for seed in 0..40 {
        studio.shoot(&format!("{seed}.jpg"), seed);
    }
    let stop = StopSignal::new();
    let stop_early = |progress: &foray_protocol::IndexProgress| {
        if progress.done > 0 {
            stop.stop();
        }
    };
    let summary = studio.indexer().index(std::slice::from_ref(&studio.root), &stop, &stop_early).unwrap();
    assert!(summary.stopped);
    assert_eq!(summary.indexed, studio.library.paths().len());
    assert_eq!(studio.index().indexed, 40 - summary.indexed);
}

#[test]
fn a_stopped_run_removes_nothing() {
    let studio = Studio::new();
    studio.shoot("a.jpg", 1);
    studio.shoot("b.jpg", 2);
    studio.index();
    fs::remove_file(studio.path("a.jpg")).unwrap();
    studio.stop.stop();
    let summary = studio.index();
    assert_eq!((summary.removed, summary.stopped), (0, true));
}

#[test]
fn progress_ends_with_all_files_done() {
    let studio = Studio::new();
    for seed in 0..5 {
        studio.shoot(&format!("{seed}.jpg"), seed);
    }
    studio.index();
    let reports = studio.library.reports.lock().unwrap();
    let last = reports.last().unwrap();
    assert_eq!((last.phase, last.found, last.done, last.indexed), (IndexPhase::Idle, 5, 5, 5));
    assert!(reports.iter().rev().skip(1).all(|report| report.phase == IndexPhase::Indexing));
}

#[test]
fn a_refusal_ends_the_run_with_its_message() {
    let studio = Studio::new();
    for seed in 0..30 {
        studio.shoot(&format!("{seed}.jpg"), seed);
    }
    let full = Problem::new(ProblemKind::DiskFull, "the disk of the library is full");
    *studio.library.refusal.lock().unwrap() = Some(full);
    let error = studio.indexer().index(std::slice::from_ref(&studio.root), &studio.stop, &|_| {}).unwrap_err();
    assert_eq!(error.to_string(), "the disk of the library is full");
}

#[test]
fn a_server_that_is_away_for_a_moment_is_waited_for() {
    let studio = Studio::new();
    studio.shoot("a.jpg", 1);
    studio.library.unreachable.store(1, SeqCst);
    assert_eq!(studio.index().indexed, 1);
}

#[test]
fn a_known_photo_without_a_vector_of_the_model_is_embedded() {
    let studio = Studio::new();
    studio.shoot("a.jpg", 1);
    studio.index();
    studio.library.forget_vectors();
    assert_eq!(counts(&studio.index()), [1, 0, 0, 0, 0, 0]);
    assert_eq!(counts(&studio.index()), [0, 1, 0, 0, 0, 0]);
}
