//! A whole model from the hub: several files at once, each gone on with after a break, then moved into place.

use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::thread;

use foray_protocol::{Patience, StopSignal};
use parking_lot::Mutex;

use super::download::Downloads;
use super::hub::{Checksum, Hub, HubFailure, RemoteFile};
use super::receipt::{Receipt, ReceiptFile};
use super::staging::Staging;
use super::{CatalogueEntry, ModelStore, layout};
use crate::EmbeddingError;

/// Files fetched at the same time.
const AT_ONCE: usize = 4;

/// How far a pull is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PullProgress {
    /// Bytes on the disk.
    pub done: u64,
    /// Bytes of the whole model.
    pub total: u64,
}

/// What is to be fetched.
#[derive(Clone, Debug)]
pub struct PullRequest {
    /// The name in the store.
    pub name: String,
    /// The repository, `owner/name`.
    pub repository: String,
    /// A branch, tag or commit.
    pub revision: String,
}

impl PullRequest {
    /// For a name of the catalogue or a repository `owner/name`.
    ///
    /// # Errors
    /// [`EmbeddingError::UnknownModel`] for anything else.
    pub fn of(name: &str) -> Result<Self, EmbeddingError> {
        let (repository, revision) = match (CatalogueEntry::find(name), name.split_once('/')) {
            (Some(entry), _) => (entry.repository.clone(), entry.revision.clone()),
            (None, Some((_, last))) if !last.contains('/') => (name.to_owned(), None),
            _ => return Err(EmbeddingError::UnknownModel(name.to_owned())),
        };
        let last = repository.rsplit('/').next().unwrap_or_default().to_owned();
        repository.split('/').try_for_each(|part| layout::check_name(part).map(drop))?;
        Ok(Self { name: last, repository, revision: revision.unwrap_or_else(|| "main".to_owned()) })
    }
}

impl ModelStore {
    /// Fetches a model and puts it into the store; does nothing if it is there at the same commit and whole. An earlier
    /// try that broke off is gone on with.
    ///
    /// # Errors
    /// [`EmbeddingError::Hub`] when the hub cannot be reached or refuses, [`EmbeddingError::BadDownload`] when a file is not
    /// what the hub (or the catalogue) says it is, [`EmbeddingError::Stopped`]; what was fetched is kept for the next try.
    pub fn pull(
        &self,
        hub: &Hub,
        request: &PullRequest,
        stop: &StopSignal,
        listener: &(dyn Fn(PullProgress) + Sync),
    ) -> Result<Receipt, EmbeddingError> {
        let patiently = |failure: &HubFailure| failure.another;
        let commit = Patience::ONE_RUN
            .retry(stop, patiently, || hub.commit(&request.repository, &request.revision))
            .map_err(|failure| failure.error)?;
        if let Some(receipt) = self.whole_at(&request.name, &commit) {
            return Ok(receipt);
        }
        let files = Patience::ONE_RUN
            .retry(stop, patiently, || hub.files(&request.repository, &commit))
            .map_err(|failure| failure.error)?;
        let files = wanted(&request.repository, files)?;
        check_pins(&request.name, &files)?;
        let key = format!("{}.{}", request.name, commit.chars().take(12).collect::<String>());
        let staging = Staging::open(self.folder(), layout::check_name(&key)?)?;
        let total = files.iter().map(|file| file.size).sum();
        let done = AtomicI64::new(0);
        let on_bytes = |count: i64| {
            let done = done.fetch_add(count, Ordering::Relaxed) + count;
            listener(PullProgress { done: done.max(0) as u64, total });
        };
        let downloads = Downloads {
            hub,
            repository: &request.repository,
            commit: &commit,
            folder: staging.folder(),
            stop,
            on_bytes: &on_bytes,
        };
        let fetched = fetch_all(&downloads, &files)?;
        staging.install(&request.name, request.repository.clone(), Some(commit), fetched)
    }

    /// The receipt of an installed model if it is of this commit and whole.
    fn whole_at(&self, name: &str, commit: &str) -> Option<Receipt> {
        let folder = self.folder().join(name);
        let receipt = Receipt::read(&folder).filter(|receipt| receipt.revision.as_deref() == Some(commit))?;
        receipt.faults(&folder).is_empty().then_some(receipt)
    }
}

/// Those of a repository's files that make the model, the largest first: they take longest.
fn wanted(repository: &str, mut files: Vec<RemoteFile>) -> Result<Vec<RemoteFile>, EmbeddingError> {
    files.retain(|file| layout::belongs(&file.path));
    let paths: Vec<_> = files.iter().map(|file| file.path.clone()).collect();
    layout::check_complete(repository, &paths)?;
    files.sort_by_key(|file| std::cmp::Reverse(file.size));
    Ok(files)
}

/// Checks what the hub announces against the catalogue's pins.
fn check_pins(name: &str, files: &[RemoteFile]) -> Result<(), EmbeddingError> {
    let Some(entry) = CatalogueEntry::find(name) else { return Ok(()) };
    let announced = |file: &RemoteFile| match &file.checksum {
        Checksum::Sha256(sha256) => Some(sha256.clone()),
        Checksum::GitBlob(_) => None,
    };
    for file in files {
        let expected = file.path.to_str().and_then(|path| entry.sha256.get(path));
        if let (Some(expected), Some(got)) = (expected, announced(file))
            && got != *expected
        {
            return Err(EmbeddingError::BadDownload { file: file.path.clone(), got, expected: expected.clone() });
        }
    }
    Ok(())
}

/// Fetches all files, a few at a time; after a failure no more are begun.
fn fetch_all(downloads: &Downloads<'_>, files: &[RemoteFile]) -> Result<Vec<ReceiptFile>, EmbeddingError> {
    let next = AtomicUsize::new(0);
    let fetched = Mutex::new(Ok(vec![]));
    let work = || {
        while let Some(file) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
            let outcome = downloads.fetch(file);
            match (&mut *fetched.lock(), outcome) {
                (Ok(fetched), Ok(file)) => fetched.push(file),
                (all @ Ok(_), Err(error)) => *all = Err(error),
                (Err(_), _) => return,
            }
        }
    };
    thread::scope(|scope| {
        (0..AT_ONCE.min(files.len())).for_each(|_| drop(scope.spawn(work)));
    });
    let mut fetched = fetched.into_inner()?;
    fetched.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(fetched)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_repositories_can_be_asked_for() {
        let request = PullRequest::of("ViT-B-32__openai").unwrap();
        assert_eq!((request.repository.as_str(), request.revision.as_str()), ("immich-app/ViT-B-32__openai", "main"));
        assert_eq!(PullRequest::of("someone/their-clip").unwrap().name, "their-clip");
        for name in ["ViT-B-99", "a/b/c", "someone/.hidden", "/", "../x", "some one/x"] {
            assert!(PullRequest::of(name).is_err(), "{name}");
        }
    }
}
