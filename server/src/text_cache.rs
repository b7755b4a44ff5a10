//! The embeddings of texts that were asked for lately: people repeat themselves, and pages ask again for what they show.

use std::num::NonZero;

use foray_embedding::{Embedder, EmbeddingError};
use foray_protocol::{SpaceId, UnitVector};
use lru::LruCache;
use parking_lot::Mutex;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::registry::Registry;

use crate::text_batch::TextBatch;

/// Of 512 components each, 2 MB.
const MOST_TEXTS: NonZero<usize> = NonZero::new(1_000).unwrap();
/// A longer text is not kept.
const LONGEST_TEXT: usize = 1_000;

/// Embeddings by space and text.
#[derive(Debug)]
pub(crate) struct TextCache {
    known: Mutex<LruCache<(SpaceId, String), UnitVector>>,
    batch: TextBatch,
    hits: Counter,
    misses: Counter,
}

impl Default for TextCache {
    fn default() -> Self {
        let known = Mutex::new(LruCache::new(MOST_TEXTS));
        Self { known, batch: TextBatch::default(), hits: Counter::default(), misses: Counter::default() }
    }
}

impl TextCache {
    /// Shows in `registry` how often it helped.
    pub fn register(&self, registry: &mut Registry) {
        registry.register("text_cache_hits", "Texts whose embedding was in memory", self.hits.clone());
        registry.register("text_cache_misses", "Texts that had to be embedded", self.misses.clone());
    }

    /// The embedding of `text`, from memory if it was asked for lately.
    pub fn embed(&self, embedder: &Embedder, text: &str) -> Result<UnitVector, EmbeddingError> {
        if text.len() > LONGEST_TEXT {
            return self.batch.embed(embedder, text);
        }
        let key = (embedder.space().clone(), text.to_owned());
        if let Some(vector) = self.known.lock().get(&key) {
            self.hits.inc();
            return Ok(vector.clone());
        }
        self.misses.inc();
        let vector = self.batch.embed(embedder, text)?;
        self.known.lock().put(key, vector.clone());
        Ok(vector)
    }
}

#[cfg(test)]
mod tests {
    use foray_embedding::{BackendOptions, Model};

    use super::*;

    #[test]
    fn what_is_remembered_is_what_is_computed() {
        let embedder = Embedder::open(Model::builtin().unwrap(), &BackendOptions::default()).unwrap();
        let cache = TextCache::default();
        let long = "cat ".repeat(400);
        for text in ["a cat", "a dog", "a cat", long.as_str()] {
            assert_eq!(cache.embed(&embedder, text).unwrap(), embedder.embed_text(text).unwrap());
        }
        assert_eq!(cache.known.lock().len(), 2);
        assert_eq!((cache.hits.get(), cache.misses.get()), (1, 2));
    }
}
