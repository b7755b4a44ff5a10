//! The embedder in use, which another can take the place of while the program runs.

use std::ops::Deref;
use std::sync::Arc;

use parking_lot::{RwLock, RwLockReadGuard};

use crate::Embedder;

/// Shared by all who embed in one process. Cloning shares it.
#[derive(Clone, Debug)]
pub struct CurrentEmbedder(Arc<RwLock<Arc<Embedder>>>);

/// The embedder in use; none takes its place while this lives.
pub struct HeldEmbedder<'a>(RwLockReadGuard<'a, Arc<Embedder>>);

impl HeldEmbedder<'_> {
    /// The embedder itself, for work that may outlast the holding.
    pub fn share(&self) -> Arc<Embedder> {
        Arc::clone(&self.0)
    }
}

impl CurrentEmbedder {
    /// The embedder in use now.
    pub fn get(&self) -> Arc<Embedder> {
        Arc::clone(&self.0.read())
    }

    /// The embedder in use, for work that must not see another take over half way.
    pub fn hold(&self) -> HeldEmbedder<'_> {
        HeldEmbedder(self.0.read())
    }

    /// Waits until nobody holds the embedder, then does `switch`, and unless that fails `next` takes its place.
    ///
    /// # Errors
    /// Those of `switch`.
    pub fn replace<E>(&self, next: Embedder, switch: impl FnOnce() -> Result<(), E>) -> Result<(), E> {
        let mut current = self.0.write();
        switch()?;
        *current = Arc::new(next);
        Ok(())
    }
}

impl From<Arc<Embedder>> for CurrentEmbedder {
    fn from(embedder: Arc<Embedder>) -> Self {
        Self(Arc::new(RwLock::new(embedder)))
    }
}

impl Deref for HeldEmbedder<'_> {
    type Target = Embedder;

    fn deref(&self) -> &Embedder {
        &self.0
    }
}
