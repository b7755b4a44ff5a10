//! Everyday concepts, embedded once for each space and library: what a query of words competes with for a photo.

use std::sync::Arc;

use foray_embedding::{Embedder, EmbeddingError};
use foray_library::{ConceptBank, Library};
use foray_protocol::{ProtocolError, SpaceId};
use parking_lot::Mutex;

use crate::service::embedding_problem;

/// One a line; `NOTICE` beside them says where they are from.
const CONCEPTS: &str = include_str!("../concepts/concepts.txt");

/// The concepts of the space that was asked for last.
#[derive(Debug, Default)]
pub(crate) struct Concepts {
    loaded: Mutex<Option<(SpaceId, Arc<ConceptBank>)>>,
    /// Held while they are embedded, so that this happens once.
    embedding: Mutex<()>,
}

impl Concepts {
    /// The concepts in the embedder's space, if they were embedded for this library before.
    pub fn known(&self, library: &Library, embedder: &Embedder) -> Option<Arc<ConceptBank>> {
        let space = embedder.space();
        let mut loaded = self.loaded.lock();
        if let Some((_, bank)) = loaded.as_ref().filter(|(of, _)| of == space) {
            return Some(Arc::clone(bank));
        }
        let bank = Arc::new(library.concepts(space, CONCEPTS)?);
        *loaded = Some((space.clone(), Arc::clone(&bank)));
        Some(bank)
    }

    /// The same, embedded now if need be: 1,000 texts, once. `None` for a library without photos.
    ///
    /// # Errors
    /// Those of embedding and of keeping the embeddings.
    pub fn made(&self, library: &Library, embedder: &Embedder) -> Result<Option<Arc<ConceptBank>>, ProtocolError> {
        let _once = self.embedding.lock();
        if let Some(bank) = self.known(library, embedder) {
            return Ok(Some(bank));
        }
        let embeddings: Result<Vec<_>, EmbeddingError> =
            CONCEPTS.lines().map(|concept| embedder.embed_text(concept)).collect();
        let embeddings = embeddings.map_err(|error| embedding_problem(&error))?;
        library.keep_concepts(embedder.space(), CONCEPTS, &embeddings)?;
        Ok(self.known(library, embedder))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn there_are_a_thousand_different_concepts() {
        let different: HashSet<_> = CONCEPTS.lines().collect();
        assert_eq!((different.len(), CONCEPTS.lines().count()), (1_000, 1_000));
        assert!(CONCEPTS.lines().all(|concept| !concept.is_empty() && concept.trim() == concept));
    }
}
