//! Being told by the system that something happened in the folders.

use std::any::Any;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;

use notify::event::ModifyKind;
use notify::{Config, ErrorKind, Event, EventKind, EventKindMask, PollWatcher, RecommendedWatcher, RecursiveMode};
use notify_debouncer_full::{DebounceEventResult, NoCache, new_debouncer_opt};

use crate::IndexError;
use crate::dirty::DirtyPaths;
use crate::roots::Roots;
use crate::rules::IGNORE_FILE;

const DEBOUNCE: Duration = Duration::from_millis(200);
const POLL: Duration = Duration::from_secs(30);
/// The system's number for "no space", which is what a full table of inotify watches gives.
const ENOSPC: i32 = 28;

/// Marks paths as dirty as long as it lives.
pub(crate) struct Watcher {
    _running: Box<dyn Any>,
    trouble: Arc<Trouble>,
}

/// What a watcher has met since it was last asked.
#[derive(Debug, Default)]
struct Trouble {
    exhausted: AtomicBool,
    lost_root: AtomicBool,
}

impl Watcher {
    /// Watches the roots that are there; by polling where the system has no better way or no more watches.
    pub fn start(roots: &Roots, dirty: &Arc<DirtyPaths>) -> Result<Self, IndexError> {
        begin::<RecommendedWatcher>(roots, dirty).or_else(|error| {
            if let IndexError::Watch { source, .. } = &error
                && is_limit(source)
            {
                warn_of_limit();
            } else {
                tracing::warn!("{error}; looking at the folders every {} s instead", POLL.as_secs());
            }
            Self::poll(roots, dirty)
        })
    }

    /// Looks at all files from time to time, which needs nothing from the system.
    pub fn poll(roots: &Roots, dirty: &Arc<DirtyPaths>) -> Result<Self, IndexError> {
        begin::<PollWatcher>(roots, dirty)
    }

    /// Whether the system ran out of watches, so that new folders are not watched; said once.
    pub fn is_exhausted(&self) -> bool {
        let exhausted = self.trouble.exhausted.swap(false, Relaxed);
        if exhausted {
            warn_of_limit();
        }
        exhausted
    }

    /// Whether a root was deleted or renamed: a folder that takes its place is not watched yet.
    pub fn has_lost_root(&self) -> bool {
        self.trouble.lost_root.swap(false, Relaxed)
    }
}

fn begin<W: notify::Watcher + 'static>(roots: &Roots, dirty: &Arc<DirtyPaths>) -> Result<Watcher, IndexError> {
    let trouble = Arc::new(Trouble::default());
    // Our own reading of photos must not be announced to us: CORE leaves it out.
    let config =
        Config::default().with_event_kinds(EventKindMask::CORE).with_follow_symlinks(false).with_poll_interval(POLL);
    let handler = {
        let (roots, dirty, trouble) = (roots.clone(), dirty.clone(), trouble.clone());
        move |events| take(events, &roots, &dirty, &trouble)
    };
    let failure = |folder: &Path, source| IndexError::Watch { folder: folder.to_owned(), source };
    let first = roots.iter().next().map_or_else(Default::default, |root| root.path.clone());
    let mut debouncer = new_debouncer_opt::<_, W, _>(DEBOUNCE, None, handler, NoCache::new(), config)
        .map_err(|error| failure(&first, error))?;
    for root in roots.iter().filter(|root| root.path.is_dir()) {
        debouncer.watch(&root.path, RecursiveMode::Recursive).map_err(|error| failure(&root.path, error))?;
    }
    Ok(Watcher { _running: Box::new(debouncer), trouble })
}

fn take(events: DebounceEventResult, roots: &Roots, dirty: &DirtyPaths, trouble: &Trouble) {
    match events {
        Ok(events) => events.iter().for_each(|event| mark(event, roots, dirty, trouble)),
        Err(errors) => {
            for error in errors {
                tracing::warn!("watching had trouble: {error}; going over all folders again");
                trouble.exhausted.fetch_or(is_limit(&error), Relaxed);
            }
            dirty.mark_everything();
        }
    }
}

/// An event says no more than that something may have changed at its paths.
fn mark(event: &Event, roots: &Roots, dirty: &DirtyPaths, trouble: &Trouble) {
    if event.need_rescan() {
        dirty.mark_everything();
    }
    let is_departure = matches!(event.kind, EventKind::Remove(_) | EventKind::Modify(ModifyKind::Name(_)));
    if is_departure && roots.iter().any(|root| event.paths.contains(&root.path)) {
        trouble.lost_root.store(true, Relaxed);
    }
    for path in &event.paths {
        let Some(root) = roots.root_of(path) else { continue };
        if path.file_name().is_some_and(|name| name == IGNORE_FILE) {
            // It speaks for all that lies in its folder.
            path.parent().into_iter().for_each(|folder| dirty.mark(folder));
        } else if !root.hides(path) {
            dirty.mark(path);
        }
    }
}

fn is_limit(error: &notify::Error) -> bool {
    let is_full = |error: &io::Error| error.raw_os_error() == Some(ENOSPC);
    matches!(&error.kind, ErrorKind::MaxFilesWatch) || matches!(&error.kind, ErrorKind::Io(error) if is_full(error))
}

fn warn_of_limit() {
    tracing::warn!(
        "the system allows no more watches on folders; looking at them every {} s instead. To be told at once, raise \
         the limit: sysctl fs.inotify.max_user_watches=1048576",
        POLL.as_secs()
    );
}
