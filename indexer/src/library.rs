//! The library as the indexer talks to it: in one space, with patience, page by page.

use foray_protocol::{
    Change, FileFacts, ImageId, Ingest, IngestBatch, KnownFile, Patience, PhotoPath, ProtocolError, RootFile, SpaceId,
    StopSignal,
};

/// Files asked for, or about, in one call.
pub(crate) const PAGE: usize = 512;

/// A library and how it is asked.
#[derive(Clone, Copy)]
pub(crate) struct Library<'a> {
    pub ingest: &'a dyn Ingest,
    pub space: &'a SpaceId,
    pub patience: Patience,
    pub stop: &'a StopSignal,
}

impl Library<'_> {
    pub fn known_files(&self, paths: &[PhotoPath]) -> Result<Vec<Option<KnownFile>>, ProtocolError> {
        self.ask(|| self.ingest.known_files(paths))
    }

    pub fn known_images(&self, images: &[ImageId]) -> Result<Vec<bool>, ProtocolError> {
        if images.is_empty() {
            return Ok(vec![]);
        }
        self.ask(|| self.ingest.known_images(self.space, images))
    }

    /// Which of these files nobody else works at: they are this indexer's until they are committed.
    pub fn claim(&self, paths: &[PhotoPath]) -> Result<Vec<bool>, ProtocolError> {
        if paths.is_empty() {
            return Ok(vec![]);
        }
        self.ask(|| self.ingest.claim(paths))
    }

    pub fn remember_roots(&self, roots: &[PhotoPath]) -> Result<(), ProtocolError> {
        self.ask(|| self.ingest.remember_roots(roots))
    }

    /// Calls `visit` for every file that the library has under `folder`, in path order.
    pub fn files_under<E: From<ProtocolError>>(
        &self,
        folder: &PhotoPath,
        mut visit: impl FnMut(RootFile) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut after = None;
        loop {
            let page = self.ask(|| self.ingest.files_under(folder, after.as_ref(), PAGE))?;
            let last_page = page.len() < PAGE;
            after = page.last().map(|file| file.path.clone());
            page.into_iter().try_for_each(&mut visit)?;
            if last_page {
                return Ok(());
            }
        }
    }

    pub fn has_files_under(&self, folder: &PhotoPath) -> Result<bool, ProtocolError> {
        Ok(!self.ask(|| self.ingest.files_under(folder, None, 1))?.is_empty())
    }

    pub fn count_under(&self, folder: &PhotoPath) -> Result<usize, ProtocolError> {
        let mut count = 0;
        self.files_under(folder, |_| {
            count += 1;
            Ok::<_, ProtocolError>(())
        })?;
        Ok(count)
    }

    pub fn commit(&self, changes: Vec<Change>) -> Result<(), ProtocolError> {
        let batch = IngestBatch { space: self.space.clone(), changes };
        self.ask(|| self.ingest.commit(&batch)).map(drop)
    }

    fn ask<T>(&self, attempt: impl FnMut() -> Result<T, ProtocolError>) -> Result<T, ProtocolError> {
        self.patience.retry(self.stop, ProtocolError::another, attempt)
    }
}

/// Whether the library's memory of a file still fits the file.
pub(crate) fn is_current(known: &KnownFile, file: &FileFacts) -> bool {
    known.size == file.size && known.modified_ns == file.modified_ns && known.companions == file.companions
}
