//! What keeps a library safe: old formats, damage, backups, exports.

mod backup;
mod corruption;
mod export;
mod format;
mod stage;
