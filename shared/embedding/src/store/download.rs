//! One file from the hub to the disk: gone on with after a break, checked before it counts.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use foray_protocol::{Another, Patience, StopSignal};
use sha1::{Digest, Sha1};

use super::hub::{Checksum, Hub, HubFailure, RemoteFile};
use super::receipt::{ReceiptFile, hex};
use crate::EmbeddingError;

const BUFFER: usize = 256 << 10;

/// Where files come from and go to.
pub(super) struct Downloads<'a> {
    pub hub: &'a Hub,
    pub repository: &'a str,
    pub commit: &'a str,
    /// Files land here, under their own paths; while they are not complete, with `.part` behind the name.
    pub folder: &'a Path,
    pub stop: &'a StopSignal,
    /// Told of bytes that came, or (negative) that have to come again.
    pub on_bytes: &'a (dyn Fn(i64) + Sync),
}

/// How an attempt ended that was no failure.
enum Step {
    Complete,
    /// The connection ended early, but brought something.
    Progress,
}

impl Downloads<'_> {
    /// Fetches `file` unless it is there, checked, and tells what it is.
    pub fn fetch(&self, file: &RemoteFile) -> Result<ReceiptFile, EmbeddingError> {
        let target = self.folder.join(&file.path);
        if target.is_file() {
            (self.on_bytes)(file.size as i64);
        } else {
            self.fetch_missing(file, &target)?;
        }
        let receipt = ReceiptFile::of(self.folder, &file.path)?;
        match mistake(file, &receipt, &target)? {
            None => Ok(receipt),
            Some(mistake) => {
                fs::remove_file(&target).map_err(EmbeddingError::store_file("remove", &target))?;
                Err(mistake)
            }
        }
    }

    fn fetch_missing(&self, file: &RemoteFile, target: &Path) -> Result<(), EmbeddingError> {
        let part = part_of(target);
        if let Some(parent) = part.parent() {
            fs::create_dir_all(parent).map_err(EmbeddingError::store_file("make", parent))?;
        }
        (self.on_bytes)(length(&part) as i64);
        loop {
            let step = Patience::ONE_RUN.retry(
                self.stop,
                |failure: &HubFailure| failure.another,
                || self.attempt(file, &part),
            );
            match step.map_err(|failure| failure.error)? {
                Step::Complete => break,
                Step::Progress => {}
            }
        }
        fs::rename(&part, target).map_err(EmbeddingError::store_file("rename", &part))
    }

    /// Goes on with `part` on one connection.
    fn attempt(&self, file: &RemoteFile, part: &Path) -> Result<Step, HubFailure> {
        let failed = |action| move |source| HubFailure::on_disk(EmbeddingError::store_file(action, part)(source));
        let mut offset = length(part);
        if offset < file.size {
            let (mut body, continues) = self.hub.open(self.repository, self.commit, &file.path, offset)?;
            let mut output = OpenOptions::new().create(true).append(true).open(part).map_err(failed("write"))?;
            if offset > 0 && !continues {
                // This server knows no ranges.
                output.set_len(0).map_err(failed("write"))?;
                (self.on_bytes)(-(offset as i64));
                offset = 0;
            }
            let came = self.copy(&mut body, &mut output, file.size - offset).map_err(failed("write"))?;
            offset += came;
            if offset < file.size && came > 0 && !self.stop.is_stopped() {
                return Ok(Step::Progress);
            }
        }
        if self.stop.is_stopped() {
            return Err(HubFailure { error: EmbeddingError::Stopped, another: Another::Never });
        }
        if offset < file.size {
            let reason = format!("the connection ended after {offset} of {} bytes", file.size);
            return Err(HubFailure::new(&file.path.display().to_string(), reason, Another::Later));
        }
        File::open(part).and_then(|part| part.sync_data()).map_err(failed("write"))?;
        Ok(Step::Complete)
    }

    /// Copies at most `limit` bytes until the body or the patience of the one who waits ends; the count of bytes. That a
    /// connection breaks is no error here: what came counts.
    fn copy(&self, body: &mut impl Read, output: &mut File, limit: u64) -> io::Result<u64> {
        let mut buffer = vec![0; BUFFER];
        let mut copied = 0;
        while copied < limit && !self.stop.is_stopped() {
            let wanted = buffer.len().min((limit - copied) as usize);
            let Ok(count @ 1..) = body.read(&mut buffer[..wanted]) else { break };
            output.write_all(&buffer[..count])?;
            copied += count as u64;
            (self.on_bytes)(count as i64);
        }
        Ok(copied)
    }
}

impl HubFailure {
    fn on_disk(error: EmbeddingError) -> Self {
        Self { error, another: Another::Never }
    }
}

/// What is wrong with the downloaded file, if anything is.
fn mistake(file: &RemoteFile, got: &ReceiptFile, target: &Path) -> Result<Option<EmbeddingError>, EmbeddingError> {
    let (got, expected) = match &file.checksum {
        _ if got.size != file.size => (format!("{} bytes", got.size), format!("{} bytes", file.size)),
        Checksum::Sha256(expected) => (got.sha256.clone(), expected.clone()),
        Checksum::GitBlob(expected) => {
            let content = fs::read(target).map_err(EmbeddingError::store_file("read", target))?;
            (git_blob_id(&content), expected.clone())
        }
    };
    let mistake = EmbeddingError::BadDownload { file: file.path.clone(), got: got.clone(), expected: expected.clone() };
    Ok((got != expected).then_some(mistake))
}

/// The id of `content` in git: SHA-1 of `blob SIZE\0` and the content.
fn git_blob_id(content: &[u8]) -> String {
    let header = format!("blob {}\0", content.len());
    hex(&Sha1::new().chain_update(header).chain_update(content).finalize())
}

fn part_of(target: &Path) -> PathBuf {
    let mut name = target.as_os_str().to_owned();
    name.push(".part");
    PathBuf::from(name)
}

fn length(file: &Path) -> u64 {
    fs::metadata(file).map_or(0, |metadata| metadata.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `printf 'hello\n' | git hash-object --stdin`
    #[test]
    fn git_ids_are_those_of_git() {
        assert_eq!(git_blob_id(b"hello\n"), "ce013625030ba8dba906f756967f9e9ca394464a");
    }
}
