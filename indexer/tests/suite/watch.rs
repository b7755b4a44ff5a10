//! Watching folders: everything is in the library within three seconds of being complete.

use std::fs;
use std::path::Path;
use std::sync::atomic::Ordering::SeqCst;
use std::thread::{self, sleep};
use std::time::{Duration, Instant};

use crate::studio::{Studio, picture};
use foray_protocol::{IndexPhase, Kept, PhotoPath, WatchList, WatchRules, Watched};

/// What the owner is promised.
const PROMISE: Duration = Duration::from_secs(3);

/// Runs `scenario` while the studio is watched, from the end of the first pass on.
fn watched(studio: &Studio, scenario: impl FnOnce()) {
    watched_from_the_start(studio, || {
        soon("the first pass is over", || {
            let reports = studio.library.reports.lock().unwrap();
            reports.last().is_some_and(|report| report.phase == IndexPhase::Watching)
        });
        scenario();
    });
}

fn watched_from_the_start(studio: &Studio, scenario: impl FnOnce()) {
    thread::scope(|scope| {
        let watch = scope.spawn(|| {
            let indexer = studio.indexer();
            let roots = vec![studio.root.clone()];
            let list = WatchList::new(Kept::new(Watched { roots, rules: WatchRules::default() }, |_| Ok(())));
            indexer.watch(&list, &studio.stop, &|_| {})
        });
        let _stop = StopAtEnd(studio);
        scenario();
        studio.stop.stop();
        watch.join().unwrap().unwrap();
    });
}

/// Ends the watch even when the scenario fails, so that the test ends.
struct StopAtEnd<'a>(&'a Studio);

impl Drop for StopAtEnd<'_> {
    fn drop(&mut self) {
        self.0.library.held.lock().unwrap().clear();
        self.0.stop.stop();
    }
}

fn soon(what: &str, mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + PROMISE;
    while !is_so() {
        assert!(Instant::now() < deadline, "within {} s: {what}", PROMISE.as_secs());
        sleep(Duration::from_millis(20));
    }
}

fn is_photo(studio: &Studio, path: &Path) -> bool {
    matches!(studio.library.outcome(path), Some(Ok(_)))
}

#[test]
fn a_photos_life_is_followed() {
    let studio = Studio::new();
    studio.shoot("first.jpg", 1);
    watched(&studio, || {
        let photo = studio.shoot("a.jpg", 2);
        soon("a new photo is indexed", || is_photo(&studio, &photo));

        let before = studio.library.outcome(&photo);
        studio.shoot("a.jpg", 3);
        soon("a changed photo is indexed anew", || studio.library.outcome(&photo) != before);

        let embedded = studio.library.embedded.load(SeqCst);
        let renamed = studio.path("b.jpg");
        fs::rename(&photo, &renamed).unwrap();
        soon("a renamed photo is linked", || is_photo(&studio, &renamed) && studio.library.outcome(&photo).is_none());
        assert_eq!(studio.library.embedded.load(SeqCst), embedded);

        fs::remove_file(&renamed).unwrap();
        soon("a deleted photo is removed", || studio.library.outcome(&renamed).is_none());
    });
}

#[test]
fn folders_come_and_go_with_their_photos() {
    let studio = Studio::new();
    studio.shoot("first.jpg", 1);
    watched(&studio, || {
        let photo = studio.shoot("2024/05/31/a.jpg", 2);
        soon("a photo in new folders is indexed", || is_photo(&studio, &photo));

        fs::rename(studio.path("2024"), studio.path("2025")).unwrap();
        let moved = studio.path("2025/05/31/a.jpg");
        soon("it moves with its folder", || is_photo(&studio, &moved) && studio.library.outcome(&photo).is_none());
        assert_eq!(studio.library.embedded.load(SeqCst), 2);

        let later = studio.shoot("2025/05/31/b.jpg", 3);
        soon("the moved folder is still watched", || is_photo(&studio, &later));

        fs::remove_dir_all(studio.path("2025")).unwrap();
        soon("they go with their folder", || studio.library.paths() == [studio.path("first.jpg")]);
    });
}

#[test]
fn a_photo_is_indexed_once_it_is_complete() {
    let studio = Studio::new();
    watched(&studio, || {
        let mut content = std::io::Cursor::new(vec![]);
        picture(1).write_to(&mut content, image::ImageFormat::Png).unwrap();
        let path = studio.path("slow.png");
        for end in (0..content.get_ref().len()).step_by(content.get_ref().len() / 5) {
            fs::write(&path, &content.get_ref()[..end]).unwrap();
            sleep(Duration::from_millis(250));
            assert_eq!(studio.library.outcome(&path), None);
        }
        fs::write(&path, content.get_ref()).unwrap();
        soon("it is indexed", || is_photo(&studio, &path));
    });
}

#[test]
fn the_last_photo_of_a_watched_folder_can_be_deleted() {
    let studio = Studio::new();
    watched(&studio, || {
        let photo = studio.shoot("a.jpg", 1);
        soon("it is indexed", || is_photo(&studio, &photo));
        fs::remove_file(&photo).unwrap();
        soon("it is removed", || studio.library.paths().is_empty());
    });
}

#[test]
fn a_root_that_vanishes_is_kept() {
    let studio = Studio::new();
    let photo = studio.shoot("x/a.jpg", 1);
    watched(&studio, || {
        soon("the photo is indexed", || is_photo(&studio, &photo));
        fs::rename(&studio.root, studio.root.with_extension("away")).unwrap();
        sleep(PROMISE / 2);
        assert!(is_photo(&studio, &photo));
    });
}

#[test]
fn an_empty_folder_in_place_of_a_disk_is_not_believed() {
    let studio = Studio::new();
    let photo = studio.shoot("x/a.jpg", 1);
    watched(&studio, || {
        soon("the photo is indexed", || is_photo(&studio, &photo));
        fs::rename(&studio.root, studio.root.with_extension("away")).unwrap();
        fs::create_dir(&studio.root).unwrap();
        // Long enough for the roots to be looked at, too.
        sleep(Duration::from_secs(7));
        assert!(is_photo(&studio, &photo));
    });
}

#[test]
fn a_root_that_comes_back_is_watched_again() {
    let studio = Studio::new();
    let photo = studio.shoot("x/a.jpg", 1);
    watched(&studio, || {
        soon("the photo is indexed", || is_photo(&studio, &photo));
        fs::remove_dir_all(&studio.root).unwrap();
        sleep(Duration::from_millis(200));
        studio.shoot("x/a.jpg", 1);
        let other = studio.shoot("b.jpg", 2);
        // The roots are looked at every five seconds.
        sleep(Duration::from_secs(5));
        soon("its new photo is indexed", || is_photo(&studio, &other));
        assert!(is_photo(&studio, &photo));
        let later = studio.shoot("c.jpg", 3);
        soon("it is watched", || is_photo(&studio, &later));
    });
}

#[test]
fn trouble_with_the_library_is_survived() {
    let studio = Studio::new();
    watched(&studio, || {
        studio.library.unreachable.store(1, SeqCst);
        let photo = studio.shoot("a.jpg", 1);
        soon("the photo is committed at the second attempt", || is_photo(&studio, &photo));
    });
}

#[test]
fn a_new_photo_does_not_wait_for_the_first_pass() {
    let studio = Studio::new();
    let old = [studio.shoot("a.jpg", 1), studio.shoot("b.jpg", 2)];
    // So that the first pass asks about them, and not later, together with the new one, who waited for them to come to rest.
    sleep(3 * studio.options.settle);
    *studio.library.held.lock().unwrap() = old.iter().map(PhotoPath::from).collect();
    watched_from_the_start(&studio, || {
        sleep(Duration::from_millis(300));
        let photo = studio.shoot("c.jpg", 3);
        soon("the new photo is indexed", || is_photo(&studio, &photo));
        assert!(old.iter().all(|path| !is_photo(&studio, path)));
        studio.library.held.lock().unwrap().clear();
        soon("the old ones are too", || old.iter().all(|path| is_photo(&studio, path)));
    });
}
