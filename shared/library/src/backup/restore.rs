//! Making a library from a backup: all of it, or nothing.

use std::path::Path;

use serde_bytes::ByteBuf;
use sled::{Batch, Db};

use super::format::Block;
use super::read::{open, read_blocks};
use super::{Header, verify};
use crate::LibraryError;
use crate::folder::write_format;
use crate::library::open_database;
use crate::staging::Staging;
use crate::thumbnails::Thumbnails;

/// Entries that are given to the database together. Its pages grow by all of them before they are split, and with larger
/// batches its memory grows to the size of the library.
const BATCH: usize = 64;

/// Makes a library in `target`, which must be missing or empty, from the backup in `file`.
///
/// # Errors
/// [`LibraryError::BackupDamaged`], [`LibraryError::NewerBackup`] and [`LibraryError::NotEmpty`], before anything is written,
/// and those of writing; `target` is as it was then.
pub fn restore(file: &Path, target: &Path) -> Result<Header, LibraryError> {
    verify(open(file)?, file)?;
    let staging = Staging::beside(target, "restoring")?;
    let header = unpack(file, staging.path())?;
    write_format(staging.path(), header.library_format)?;
    staging.move_into_place()?;
    Ok(header)
}

fn unpack(file: &Path, folder: &Path) -> Result<Header, LibraryError> {
    let db = open_database(folder)?;
    let thumbnails = Thumbnails::new(folder);
    let header = read_blocks(open(file)?, file, |block| match block {
        Block::Tree { name, entries } => put_entries(&db, &name, entries),
        Block::Thumbnails(all) => all.iter().try_for_each(|(id, jpeg)| thumbnails.write(*id, jpeg)),
        Block::End(_) => Ok(()),
    })?;
    db.flush()?;
    Ok(header)
}

fn put_entries(db: &Db, name: &[u8], entries: Vec<(ByteBuf, ByteBuf)>) -> Result<(), LibraryError> {
    let tree = db.open_tree(name)?;
    for entries in entries.chunks(BATCH) {
        let mut batch = Batch::default();
        entries.iter().for_each(|(key, value)| batch.insert(key.as_slice(), value.as_slice()));
        tree.apply_batch(batch)?;
    }
    tree.flush()?;
    Ok(())
}
