//! The vectors as they were given, row by row in one file that is read in place: what a search scores its candidates with.
//!
//! The file is a copy of what the database holds, made so that a million rows are there at once. It may lag behind, and it may
//! be damaged by a power cut: every row has a checksum, and rows from the first damaged one on are written anew.

use std::fs::{self, File};
use std::io::{self, Seek, SeekFrom, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use foray_protocol::ImageId;
use memmap2::Mmap;

use crate::engine::kernel;

const MAGIC: &[u8; 8] = b"FORAYROW";
const VERSION: u32 = 1;
/// A number whose bytes tell in which order this machine writes them.
const PROBE: f32 = 1.5;
const HEADER_BYTES: usize = 64;
const ID_BYTES: usize = 16;
/// What stands before a row's components: the photo's id, the checksum, 4 bytes of nothing.
const LABEL_BYTES: usize = ID_BYTES + 8;
/// Rows are kept in memory until so many have come; then the file is mapped anew.
const TAIL_ROWS: usize = 4096;

/// The rows of one space. Cloning is cheap, and the clone does not see later rows.
#[derive(Clone, Debug)]
pub(crate) struct RowFile {
    dimension: usize,
    mapped: Option<Arc<Mmap>>,
    mapped_rows: usize,
    /// Components of the rows after the mapped ones.
    tail: Arc<Vec<f32>>,
    /// Where rows are written to; `None` for one that is kept in memory alone.
    path: Option<PathBuf>,
}

/// A row of the file.
pub(crate) struct StoredRow<'a> {
    pub id: ImageId,
    pub vector: &'a [f32],
}

impl RowFile {
    /// Rows in memory alone.
    pub fn in_memory(dimension: usize) -> Self {
        Self { dimension, mapped: None, mapped_rows: 0, tail: Arc::default(), path: None }
    }

    /// The rows in the file at `path`, as far as they are whole; a file of something else, or none, is begun anew.
    pub fn open(path: &Path, dimension: usize) -> io::Result<Self> {
        let mut rows = Self { path: Some(path.to_owned()), ..Self::in_memory(dimension) };
        if !has_header(path, &rows.header()) {
            fs::write(path, rows.header())?;
        }
        rows.map()?;
        Ok(rows)
    }

    fn header(&self) -> [u8; HEADER_BYTES] {
        let mut header = [0; HEADER_BYTES];
        let fields = [&MAGIC[..], &VERSION.to_le_bytes(), &(self.dimension as u32).to_le_bytes(), &PROBE.to_ne_bytes()];
        let fields = fields.concat();
        header[..fields.len()].copy_from_slice(&fields);
        header
    }

    fn stride(&self) -> usize {
        LABEL_BYTES + self.dimension * size_of::<f32>()
    }

    fn map(&mut self) -> io::Result<()> {
        let Some(path) = &self.path else { return Ok(()) };
        let mapped = kernel::map(&File::open(path)?)?;
        self.mapped_rows = mapped.len().saturating_sub(HEADER_BYTES) / self.stride();
        self.mapped = Some(Arc::new(mapped));
        self.tail = Arc::default();
        Ok(())
    }

    pub fn len(&self) -> usize {
        self.mapped_rows + self.tail.len() / self.dimension.max(1)
    }

    /// The components of `row`; panics past the end.
    #[inline]
    pub fn vector(&self, row: u32) -> &[f32] {
        let row = row as usize;
        match &self.mapped {
            Some(mapped) if row < self.mapped_rows => floats(&self.record(mapped, row)[LABEL_BYTES..]),
            _ => {
                let at = (row - self.mapped_rows) * self.dimension;
                &self.tail[at..at + self.dimension]
            }
        }
    }

    fn record<'a>(&self, mapped: &'a Mmap, row: usize) -> &'a [u8] {
        let at = HEADER_BYTES + row * self.stride();
        &mapped[at..at + self.stride()]
    }

    /// The rows of `range` that lie in the file, until the first that is damaged.
    pub fn stored(&self, range: Range<usize>) -> impl Iterator<Item = StoredRow<'_>> {
        let mapped = self.mapped.as_ref();
        range.take_while(|&row| row < self.mapped_rows).map_while(move |row| check(self.record(mapped?, row)))
    }

    /// Appends rows. When they cannot be written to the file, they are kept in memory.
    ///
    /// # Errors
    /// Those of writing; the rows are there nevertheless.
    pub fn append(&mut self, rows: &[(ImageId, &[f32])]) -> io::Result<()> {
        let first = self.len();
        rows.iter().for_each(|(_, vector)| Arc::make_mut(&mut self.tail).extend_from_slice(vector));
        let Some(path) = &self.path else { return Ok(()) };
        let written = write_records(path, (HEADER_BYTES + first * self.stride()) as u64, rows);
        if written.is_err() {
            self.path = None;
        } else if self.tail.len() >= TAIL_ROWS * self.dimension {
            return self.map();
        }
        written
    }

    /// Cuts the file after `rows` rows.
    pub fn truncate(&mut self, rows: usize) -> io::Result<()> {
        let (bytes, mapped) = (HEADER_BYTES + rows * self.stride(), self.mapped.take());
        // A mapped file cannot be cut on Windows, and nobody reads the rows that go.
        drop(mapped);
        if let Some(path) = &self.path {
            File::options().write(true).open(path)?.set_len(bytes as u64)?;
        }
        self.map()
    }
}

fn has_header(path: &Path, header: &[u8]) -> bool {
    let mut found = vec![0; header.len()];
    File::open(path).and_then(|mut file| io::Read::read_exact(&mut file, &mut found)).is_ok() && found == header
}

/// The row in these bytes, if its checksum fits.
fn check(record: &[u8]) -> Option<StoredRow<'_>> {
    let (label, components) = record.split_at(LABEL_BYTES);
    let id: [u8; ID_BYTES] = label[..ID_BYTES].try_into().ok()?;
    let whole = label[ID_BYTES..ID_BYTES + 4] == checksum(&id, components).to_le_bytes();
    whole.then(|| StoredRow { id: ImageId::from_bytes(id), vector: floats(components) })
}

fn checksum(id: &[u8; ID_BYTES], components: &[u8]) -> u32 {
    let mut checksum = crc32fast::Hasher::new();
    checksum.update(id);
    checksum.update(components);
    checksum.finalize()
}

fn floats(bytes: &[u8]) -> &[f32] {
    bytemuck::cast_slice(bytes)
}

fn write_records(path: &Path, at: u64, rows: &[(ImageId, &[f32])]) -> io::Result<()> {
    let mut bytes = vec![];
    for (id, vector) in rows {
        let components: &[u8] = bytemuck::cast_slice(vector);
        bytes.extend_from_slice(id.as_bytes());
        bytes.extend_from_slice(&checksum(id.as_bytes(), components).to_le_bytes());
        bytes.extend_from_slice(&[0; LABEL_BYTES - ID_BYTES - 4]);
        bytes.extend_from_slice(components);
    }
    let mut file = File::options().write(true).open(path)?;
    file.seek(SeekFrom::Start(at))?;
    file.write_all(&bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::samples;

    fn id(number: usize) -> ImageId {
        ImageId::of_content(&number.to_le_bytes())
    }

    fn filled(path: &Path, vectors: &[foray_protocol::UnitVector]) -> RowFile {
        let mut rows = RowFile::open(path, vectors[0].dimension()).unwrap();
        let labelled: Vec<_> = vectors.iter().enumerate().map(|(n, vector)| (id(n), vector.as_slice())).collect();
        labelled.chunks(700).for_each(|part| rows.append(part).unwrap());
        rows
    }

    #[test]
    fn rows_are_there_at_once_and_after_opening_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("rows");
        let vectors = samples::clustered(TAIL_ROWS + 900, 12, 1);
        let written = filled(&path, &vectors);
        let read = RowFile::open(&path, 12).unwrap();
        assert_eq!((written.len(), read.len()), (vectors.len(), vectors.len()));
        for (row, vector) in vectors.iter().enumerate() {
            assert_eq!(written.vector(row as u32), vector.as_slice());
            assert_eq!(read.vector(row as u32), vector.as_slice());
        }
        assert!(read.stored(0..vectors.len()).enumerate().all(|(number, row)| row.id == id(number)));
    }

    #[test]
    fn no_flipped_bit_goes_unnoticed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("rows");
        drop(filled(&path, &samples::clustered(5, 8, 1)));
        let stride = LABEL_BYTES + 8 * 4;
        for byte in (0..LABEL_BYTES - 4).chain(LABEL_BYTES..stride) {
            let mut bytes = fs::read(&path).unwrap();
            bytes[HEADER_BYTES + 3 * stride + byte] ^= 4;
            fs::write(folder.path().join("damaged"), bytes).unwrap();
            let rows = RowFile::open(&folder.path().join("damaged"), 8).unwrap();
            assert_eq!(rows.stored(0..5).count(), 3, "byte {byte} of the row");
        }
    }

    #[test]
    fn a_file_of_another_kind_or_dimension_is_begun_anew() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("rows");
        drop(filled(&path, &samples::clustered(5, 8, 1)));
        assert_eq!(RowFile::open(&path, 16).unwrap().len(), 0);
        fs::write(&path, "something else").unwrap();
        assert_eq!(RowFile::open(&path, 8).unwrap().len(), 0);
    }

    #[test]
    fn rows_that_cannot_be_written_are_kept_in_memory() {
        let folder = tempfile::tempdir().unwrap();
        let vectors = samples::clustered(3, 8, 1);
        let mut rows = filled(&folder.path().join("rows"), &vectors);
        fs::remove_dir_all(folder.path()).unwrap();
        assert!(rows.append(&[(id(9), vectors[0].as_slice())]).is_err());
        rows.append(&[(id(10), vectors[1].as_slice())]).unwrap();
        assert_eq!(rows.vector(4), vectors[1].as_slice());
    }
}
