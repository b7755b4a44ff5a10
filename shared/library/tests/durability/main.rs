//! What keeps a library safe: old formats, damage, backups, exports.
#![allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]

mod backup;
mod corruption;
mod export;
mod format;
mod stage;
#[path = "../support/mod.rs"]
mod support;
