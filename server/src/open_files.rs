//! How many connections a server takes: as many as the system lets it open files, less what the library needs of these.

/// What the library, its models and the answers being sent have open.
const FOR_THE_LIBRARY: usize = 256;
/// More connections take memory and serve nobody. Where a system sets no limit, this is one.
const MOST_FILES: usize = 8_192;
/// Of a system that lets a process open hardly anything: more than refuse everybody it cannot do.
const FEWEST_CONNECTIONS: usize = 64;

/// Has the system let this process open as many files as it may, and says how many connections are within that.
pub(crate) fn most_connections() -> usize {
    raised_limit().saturating_sub(FOR_THE_LIBRARY).max(FEWEST_CONNECTIONS)
}

/// Many systems begin with 1,024 and allow far more: whoever opens a thousand connections would keep all others out, and the library
/// from its own files.
#[cfg(unix)]
fn raised_limit() -> usize {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

    let limit = getrlimit(Resource::Nofile);
    let wanted = limit.maximum.unwrap_or(u64::MAX).min(MOST_FILES as u64);
    let now = limit.current.unwrap_or(u64::MAX);
    if now < wanted {
        match setrlimit(Resource::Nofile, Rlimit { current: Some(wanted), ..limit }) {
            Ok(()) => return wanted as usize,
            Err(error) => tracing::warn!("this process may have no more than {now} files open: {error}"),
        }
    }
    now.min(MOST_FILES as u64) as usize
}

#[cfg(not(unix))]
fn raised_limit() -> usize {
    MOST_FILES
}
