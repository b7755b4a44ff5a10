//! Reading a backup block by block, and telling whether it is whole.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use super::format::{Block, End, MAX_BLOCK_BYTES, MAX_HEADER_BYTES};
use super::{BACKUP_FORMAT, Header};
use crate::LibraryError;
use crate::folder::FORMAT;
use crate::records::decode;
use crate::upgrade::OLDEST;

/// Reads the backup in `content`, which is called `file` in errors, to its end.
///
/// # Errors
/// [`LibraryError::BackupDamaged`] unless every byte is as it was written, [`LibraryError::NewerBackup`] for one that a newer
/// Foray wrote.
pub fn verify(content: impl Read, file: &Path) -> Result<Header, LibraryError> {
    read_blocks(content, file, |_| Ok(()))
}

/// Opens `file` to be read.
pub(super) fn open(file: &Path) -> Result<File, LibraryError> {
    File::open(file).map_err(LibraryError::file("read the backup", file))
}

/// Gives every block but the last to `take`. What was taken is to be believed only when this returns without an error.
pub(super) fn read_blocks(
    content: impl Read,
    file: &Path,
    mut take: impl FnMut(Block) -> Result<(), LibraryError>,
) -> Result<Header, LibraryError> {
    let mut reader = BlockReader::new(content, file)?;
    let header = reader.header()?;
    loop {
        let before = reader.end_so_far();
        match reader.block()? {
            Block::End(end) if end == before => break,
            Block::End(_) => return Err(reader.damaged("its checksum does not fit its contents")),
            block => {
                reader.records += block.records();
                take(block)?;
            }
        }
    }
    reader.finish()?;
    Ok(header)
}

struct BlockReader<R: Read> {
    input: BufReader<zstd::Decoder<'static, BufReader<R>>>,
    hasher: blake3::Hasher,
    records: u64,
    file: PathBuf,
}

impl<R: Read> BlockReader<R> {
    fn new(content: R, file: &Path) -> Result<Self, LibraryError> {
        let input = BufReader::new(zstd::Decoder::new(content)?);
        Ok(Self { input, hasher: blake3::Hasher::new(), records: 0, file: file.to_owned() })
    }

    fn damaged(&self, reason: impl ToString) -> LibraryError {
        LibraryError::BackupDamaged { file: self.file.clone(), reason: reason.to_string() }
    }

    fn header(&mut self) -> Result<Header, LibraryError> {
        let mut line = vec![];
        let read = (&mut self.input).take(MAX_HEADER_BYTES).read_until(b'\n', &mut line);
        read.map_err(|error| self.damaged(error))?;
        self.hasher.update(&line);
        let versions: Versions = serde_json::from_slice(&line).map_err(|_| self.damaged("it does not begin as one"))?;
        if versions.foray_backup > BACKUP_FORMAT || versions.library_format > FORMAT {
            return Err(LibraryError::NewerBackup {
                file: self.file.clone(),
                got: (versions.foray_backup, versions.library_format),
            });
        }
        if versions.library_format < OLDEST {
            return Err(self.damaged(format_args!("a library of format {}", versions.library_format)));
        }
        serde_json::from_slice(&line).map_err(|error| self.damaged(error))
    }

    /// The last block that would fit what has been read.
    fn end_so_far(&self) -> End {
        End { records: self.records, blake3: *self.hasher.finalize().as_bytes() }
    }

    fn block(&mut self) -> Result<Block, LibraryError> {
        let mut length = [0; 4];
        self.input.read_exact(&mut length).map_err(|error| self.damaged(error))?;
        self.hasher.update(&length);
        let length = u32::from_le_bytes(length) as usize;
        if length > MAX_BLOCK_BYTES {
            return Err(self.damaged(format_args!("a block of {length} bytes")));
        }
        let mut bytes = vec![0; length];
        self.input.read_exact(&mut bytes).map_err(|error| self.damaged(error))?;
        self.hasher.update(&bytes);
        decode(&bytes).map_err(|error| self.damaged(error))
    }

    /// Checks that nothing follows, and that the compressed stream ends as it should.
    fn finish(mut self) -> Result<(), LibraryError> {
        match self.input.read(&mut [0]) {
            Ok(0) => Ok(()),
            Ok(_) => Err(self.damaged("something follows its end")),
            Err(error) => Err(self.damaged(error)),
        }
    }
}

/// The part of the header that every version has.
#[derive(serde::Deserialize)]
struct Versions {
    foray_backup: u32,
    library_format: u32,
}
