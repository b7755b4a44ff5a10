//! The embeddings of texts that were asked for lately: people repeat themselves, and pages ask again for what they show.

use std::num::NonZero;

use foray_embedding::{Embedder, EmbeddingError};
use foray_protocol::{SpaceId, UnitVector};
use lru::LruCache;
use parking_lot::Mutex;

/// Of 512 components each, 2 MB.
const MOST_TEXTS: NonZero<usize> = NonZero::new(1_000).unwrap();
/// A longer text is not kept.
const LONGEST_TEXT: usize = 1_000;

/// Embeddings by space and text.
#[derive(Debug)]
pub(crate) struct TextCache(Mutex<LruCache<(SpaceId, String), UnitVector>>);

impl Default for TextCache {
    fn default() -> Self {
        Self(Mutex::new(LruCache::new(MOST_TEXTS)))
    }
}

impl TextCache {
    /// The embedding of `text`, from memory if it was asked for lately.
    pub fn embed(&self, embedder: &Embedder, text: &str) -> Result<UnitVector, EmbeddingError> {
        if text.len() > LONGEST_TEXT {
            return embedder.embed_text(text);
        }
        let key = (embedder.space().clone(), text.to_owned());
        if let Some(vector) = self.0.lock().get(&key) {
            return Ok(vector.clone());
        }
        let vector = embedder.embed_text(text)?;
        self.0.lock().put(key, vector.clone());
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
        assert_eq!(cache.0.lock().len(), 2);
    }
}
