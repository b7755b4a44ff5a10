//! Writing a backup while the library is in use: commits wait only while the catalogue is put aside.

use std::fs::{self, File};
use std::io::{self, BufWriter, Seek, Write};
use std::path::Path;

use serde_bytes::ByteBuf;
use sled::{IVec, Tree};

use super::format::{BLOCK_BYTES, Block, BlockWriter};
use super::{BACKUP_FORMAT, Header, is_append_only, verify};
use crate::atomic_file::{Durability, fill_atomically, remove_leftovers};
use crate::catalogue::{id_of, now_seconds};
use crate::embedding_cache::is_memory;
use crate::folder::{FORMAT, WRITTEN_BY};
use crate::{Library, LibraryError};

/// The compression of zstd's own tool: photos' vectors and thumbnails hardly shrink, whatever is spent on them.
const COMPRESSION_LEVEL: i32 = 3;

/// The library of one moment, as far as commits could change it.
struct Moment {
    header: Header,
    /// The blocks of all trees that are not append-only.
    catalogue: File,
    records: u64,
    /// The append-only trees, each with its last key of that moment.
    appended: Vec<(Tree, IVec)>,
}

impl Library {
    /// Writes a backup to `out`: the library of the moment in which this was called. Commits wait for a part of the time only,
    /// however slowly `out` takes what it is given.
    ///
    /// # Errors
    /// Those of the database, of the library's folder (which must have room for an uncompressed copy of the catalogue,
    /// without the vectors) and of `out`.
    pub fn backup(&self, out: impl Write) -> Result<Header, LibraryError> {
        let _rows_stay = self.row_numbers.read();
        let moment = self.put_moment_aside()?;
        let mut blocks = BlockWriter::new(zstd::Encoder::new(out, COMPRESSION_LEVEL)?);
        blocks.header(&moment.header)?;
        blocks.copy(moment.catalogue, moment.records)?;
        for (tree, last) in &moment.appended {
            write_tree(&mut blocks, tree, tree.range::<&[u8], _>(..=last.as_ref()))?;
        }
        self.write_thumbnails_of_all(&mut blocks)?;
        blocks.end()?.finish()?.flush()?;
        Ok(moment.header)
    }

    /// Writes a backup to `file`, which is there only when the backup is complete and was read again without fault.
    ///
    /// # Errors
    /// As for [`Library::backup`]; an older file of this name is as it was then.
    pub fn backup_to(&self, file: &Path) -> Result<Header, LibraryError> {
        remove_leftovers(file);
        let written = fill_atomically(file, Durability::PowerCut, |handle| {
            self.backup(BufWriter::new(&mut *handle))?;
            handle.rewind()?;
            verify(&*handle, file)
        });
        written.map_err(|error| error.on_file("write the backup", file))
    }

    fn put_moment_aside(&self) -> Result<Moment, LibraryError> {
        let mut blocks = BlockWriter::new(BufWriter::new(tempfile::tempfile_in(self.path())?));
        let _commits_wait = self.writing.lock();
        let counts = self.catalogue.counts()?;
        let header = Header {
            foray_backup: BACKUP_FORMAT,
            library_format: FORMAT,
            written_by: WRITTEN_BY.to_owned(),
            taken_at: now_seconds(),
            photos: counts.photos,
            files: counts.files,
            failed: counts.failed,
        };
        let mut appended = vec![];
        for name in self.db.tree_names().into_iter().filter(|name| !is_memory(name)) {
            let tree = self.db.open_tree(&name)?;
            if is_append_only(&name) {
                appended.extend(tree.last()?.map(|(key, _)| (tree, key)));
            } else {
                write_tree(&mut blocks, &tree, tree.iter())?;
            }
        }
        let (records, catalogue) = blocks.into_parts();
        let mut catalogue = catalogue.into_inner().map_err(io::IntoInnerError::into_error)?;
        catalogue.rewind()?;
        Ok(Moment { header, catalogue, records, appended })
    }

    fn write_thumbnails_of_all(&self, blocks: &mut BlockWriter<impl Write>) -> Result<(), LibraryError> {
        let mut gathered = Gathered::default();
        for key in self.catalogue.photos.iter().keys() {
            let id = id_of(&key?)?;
            // One that is missing is missing in the copy, too: a backup is no check.
            let Ok(jpeg) = fs::read(self.thumbnail_file(id)) else { continue };
            if let Some(full) = gathered.push(jpeg.len(), (id, ByteBuf::from(jpeg))) {
                blocks.block(&Block::Thumbnails(full))?;
            }
        }
        blocks.block(&Block::Thumbnails(gathered.items))
    }
}

fn write_tree(
    blocks: &mut BlockWriter<impl Write>,
    tree: &Tree,
    entries: impl Iterator<Item = sled::Result<(IVec, IVec)>>,
) -> Result<(), LibraryError> {
    let block = |entries| Block::Tree { name: ByteBuf::from(tree.name().to_vec()), entries };
    let mut gathered = Gathered::default();
    for entry in entries {
        let (key, value) = entry?;
        let entry = (ByteBuf::from(key.to_vec()), ByteBuf::from(value.to_vec()));
        if let Some(full) = gathered.push(key.len() + value.len(), entry) {
            blocks.block(&block(full))?;
        }
    }
    blocks.block(&block(gathered.items))
}

/// Items on their way into a block.
struct Gathered<T> {
    items: Vec<T>,
    bytes: usize,
}

impl<T> Default for Gathered<T> {
    fn default() -> Self {
        Self { items: vec![], bytes: 0 }
    }
}

impl<T> Gathered<T> {
    /// Takes an item in; gives back all of them when they fill a block.
    fn push(&mut self, bytes: usize, item: T) -> Option<Vec<T>> {
        self.items.push(item);
        self.bytes += bytes;
        (self.bytes >= BLOCK_BYTES).then(|| std::mem::take(self).items)
    }
}
