//! The backup's blocks, and writing them under a running checksum.

use std::io::{self, Read, Write};

use foray_protocol::ImageId;
use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;

use super::Header;
use crate::LibraryError;
use crate::records::encode;

/// A block is closed when it holds this many bytes.
pub(super) const BLOCK_BYTES: usize = 1 << 20;
/// No block is larger, whatever a damaged length says: a record is a few kilobytes.
pub(super) const MAX_BLOCK_BYTES: usize = 256 << 20;
/// The header's line is a few hundred bytes.
pub(super) const MAX_HEADER_BYTES: u64 = 1 << 16;

/// A piece of a backup.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Block {
    /// Keys and values of one tree of the database.
    Tree { name: ByteBuf, entries: Vec<(ByteBuf, ByteBuf)> },
    /// Photos and their thumbnails.
    Thumbnails(Vec<(ImageId, ByteBuf)>),
    /// The last block.
    End(End),
}

/// What shows that a backup is whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct End {
    /// Records of all trees, and thumbnails.
    pub records: u64,
    /// Checksum of the header's line and of all blocks before this one, their lengths included.
    pub blake3: [u8; 32],
}

impl Block {
    pub fn records(&self) -> u64 {
        match self {
            Self::Tree { entries, .. } => entries.len() as u64,
            Self::Thumbnails(thumbnails) => thumbnails.len() as u64,
            Self::End(_) => 0,
        }
    }
}

/// Writes blocks, counting and hashing.
pub(super) struct BlockWriter<W> {
    out: W,
    hasher: blake3::Hasher,
    records: u64,
}

impl<W: Write> BlockWriter<W> {
    pub fn new(out: W) -> Self {
        Self { out, hasher: blake3::Hasher::new(), records: 0 }
    }

    pub fn header(&mut self, header: &Header) -> Result<(), LibraryError> {
        let mut line = serde_json::to_vec(header).map_err(|error| LibraryError::Damaged(error.to_string()))?;
        line.push(b'\n');
        Ok(self.put(&line)?)
    }

    pub fn block(&mut self, block: &Block) -> Result<(), LibraryError> {
        self.records += block.records();
        let bytes = encode(block)?;
        let length =
            u32::try_from(bytes.len()).map_err(|_| LibraryError::Damaged("a record of gigabytes".to_owned()))?;
        self.put(&length.to_le_bytes())?;
        Ok(self.put(&bytes)?)
    }

    /// Takes over the blocks that another writer wrote, `records` in all.
    pub fn copy(&mut self, mut blocks: impl Read, records: u64) -> io::Result<()> {
        self.records += records;
        let mut buffer = vec![0; BLOCK_BYTES];
        loop {
            match blocks.read(&mut buffer)? {
                0 => return Ok(()),
                length => self.put(&buffer[..length])?,
            }
        }
    }

    pub fn end(mut self) -> Result<W, LibraryError> {
        let end = End { records: self.records, blake3: *self.hasher.finalize().as_bytes() };
        self.block(&Block::End(end))?;
        Ok(self.out)
    }

    /// The records so far, and where they were written.
    pub fn into_parts(self) -> (u64, W) {
        (self.records, self.out)
    }

    fn put(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.hasher.update(bytes);
        self.out.write_all(bytes)
    }
}
