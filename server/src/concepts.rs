//! Everyday concepts, embedded once for each space and library: what a query of words competes with for a photo.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};

use foray_embedding::Embedder;
use foray_library::{ConceptBank, Store};
use foray_protocol::{ProtocolError, SpaceId, UnitVector};
use parking_lot::Mutex;

use crate::evaluator::embed_texts;
use crate::picture_embedding::embedding_problem;

/// One a line; `NOTICE` beside them says where they are from.
pub(crate) const CONCEPTS: &str = include_str!("../concepts/concepts.txt");

/// Fewer photos are looked through before 1,000 concepts are embedded.
const WORTHWHILE_PHOTOS: usize = 100;

/// The concepts of the space that was asked for last.
#[derive(Debug, Default)]
pub(crate) struct Concepts {
    loaded: Mutex<Option<(SpaceId, Arc<ConceptBank>)>>,
    /// Held while they are embedded, so that this happens once.
    embedding: Arc<Mutex<()>>,
    background: Mutex<Option<Background>>,
    is_ending: Arc<AtomicBool>,
}

/// Embeds concepts while nobody waits for them.
#[derive(Debug)]
struct Background {
    space: SpaceId,
    thread: JoinHandle<()>,
}

impl Concepts {
    /// The concepts in the embedder's space, if they were embedded for this library before.
    pub fn known(&self, library: &dyn Store, embedder: &Embedder) -> Option<Arc<ConceptBank>> {
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
    pub fn made(&self, library: &dyn Store, embedder: &Embedder) -> Result<Option<Arc<ConceptBank>>, ProtocolError> {
        if let Some(bank) = self.known(library, embedder) {
            return Ok(Some(bank));
        }
        embed(library, embedder, &self.embedding, &self.is_ending)?;
        Ok(self.known(library, embedder))
    }

    /// Begins to embed them for the searches to come, unless that was done or there are few photos.
    pub fn make_in_background(&self, library: &Arc<dyn Store>, embedder: Arc<Embedder>) {
        let mut background = self.background.lock();
        let was_begun = background.as_ref().is_some_and(|begun| begun.space == *embedder.space());
        let is_busy = background.as_ref().is_some_and(|begun| !begun.thread.is_finished());
        let is_worthwhile = || library.status().is_ok_and(|status| status.photos >= WORTHWHILE_PHOTOS);
        if was_begun || is_busy || !is_worthwhile() {
            return;
        }
        let (space, library) = (embedder.space().clone(), Arc::clone(library));
        let (once, is_ending) = (Arc::clone(&self.embedding), Arc::clone(&self.is_ending));
        let thread = thread::spawn(move || {
            if let Err(error) = embed(library.as_ref(), &embedder, &once, &is_ending) {
                tracing::warn!("concepts cannot be embedded, so relevance is measured by the library: {error}");
            }
        });
        *background = Some(Background { space, thread });
    }
}

impl Drop for Concepts {
    fn drop(&mut self) {
        self.is_ending.store(true, Ordering::Relaxed);
        // What it said of its own failure stands in the log.
        self.background.get_mut().take().into_iter().for_each(|background| drop(background.thread.join()));
    }
}

/// The concepts that words compete with for `photos`, embeddings of the embedder's space: those that `library` keeps, or else
/// embedded now, 1,000 texts.
///
/// # Errors
/// Those of embedding.
pub fn everyday_concepts<'a>(
    library: Option<&dyn Store>,
    embedder: &Embedder,
    photos: impl ExactSizeIterator<Item = &'a UnitVector>,
) -> Result<Arc<ConceptBank>, ProtocolError> {
    if let Some(bank) = library.and_then(|library| library.concepts(embedder.space(), CONCEPTS)) {
        return Ok(Arc::new(bank));
    }
    let embeddings = embed_texts(embedder, &CONCEPTS.lines().collect::<Vec<_>>())?;
    Ok(Arc::new(ConceptBank::of_photos(&embeddings, photos)))
}

/// Embeds the concepts and has the library keep them, unless somebody did or `is_ending` comes before.
fn embed(
    library: &dyn Store,
    embedder: &Embedder,
    once: &Mutex<()>,
    is_ending: &AtomicBool,
) -> Result<(), ProtocolError> {
    let _once = once.lock();
    if library.concepts(embedder.space(), CONCEPTS).is_some() {
        return Ok(());
    }
    let mut embeddings = vec![];
    for concept in CONCEPTS.lines() {
        if is_ending.load(Ordering::Relaxed) {
            return Ok(());
        }
        embeddings.push(embedder.embed_text(concept).map_err(|error| embedding_problem(&error))?);
    }
    Ok(library.keep_concepts(embedder.space(), CONCEPTS, &embeddings)?)
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
