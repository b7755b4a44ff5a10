//! What the targets share: which panics count, what a description of a photo must be like, and libraries to work on.

mod description;
mod scratch;

use std::panic;
use std::path::Path;

pub use description::check_description;
pub use scratch::{fresh_library, put};

/// Lets panics of dependencies pass: where they may happen the program catches them, and they become errors. The fuzzer's own hook,
/// which is asked for all others, ends the process before anything is caught. A panic that nobody catches is a finding in any case.
pub fn count_own_panics_only() {
    let fatal = panic::take_hook();
    panic::set_hook(Box::new(move |panic| match panic.location() {
        Some(location) if !is_own(location.file()) => eprintln!("let pass: {panic}"),
        _ => fatal(panic),
    }));
}

/// Whether a source file is the project's: Cargo names those of the fuzz targets from their folder on, and others by their whole paths.
fn is_own(file: &str) -> bool {
    let project = Path::new(env!("CARGO_MANIFEST_DIR")).parent();
    let file = Path::new(file);
    file.is_relative() || project.is_some_and(|project| file.starts_with(project))
}
