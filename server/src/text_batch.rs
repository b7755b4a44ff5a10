//! Texts that are asked for at the same time are embedded together: while one batch is computed, the next one gathers.

use std::sync::Arc;

use foray_embedding::{Embedder, EmbeddingError};
use foray_protocol::UnitVector;
use parking_lot::Mutex;

/// More would make the first of them wait.
const MOST_TOGETHER: usize = 32;

/// Gathers texts. All who wait in it hold the same embedder.
#[derive(Debug, Default)]
pub(crate) struct TextBatch {
    waiting: Mutex<Vec<Arc<Ticket>>>,
    /// Held by who embeds for all.
    running: Mutex<()>,
}

/// A text, and its embedding once somebody made it.
#[derive(Debug)]
struct Ticket {
    text: String,
    vector: Mutex<Option<UnitVector>>,
}

impl TextBatch {
    /// The embedding of `text`, made together with those of others who ask now.
    pub fn embed(&self, embedder: &Embedder, text: &str) -> Result<UnitVector, EmbeddingError> {
        let ticket = Arc::new(Ticket { text: text.to_owned(), vector: Mutex::default() });
        self.waiting.lock().push(Arc::clone(&ticket));
        let _running = self.running.lock();
        loop {
            if let Some(vector) = ticket.vector.lock().take() {
                return Ok(vector);
            }
            let batch = self.next_batch();
            // A fault of a batch is each text's own to find out.
            if batch.is_empty() || embed_all(embedder, &batch).is_err() {
                return embedder.embed_text(text);
            }
        }
    }

    fn next_batch(&self) -> Vec<Arc<Ticket>> {
        let mut waiting = self.waiting.lock();
        let count = waiting.len().min(MOST_TOGETHER);
        waiting.drain(..count).collect()
    }
}

fn embed_all(embedder: &Embedder, batch: &[Arc<Ticket>]) -> Result<(), EmbeddingError> {
    let texts: Vec<&str> = batch.iter().map(|ticket| ticket.text.as_str()).collect();
    for (ticket, vector) in batch.iter().zip(embedder.embed_texts(&texts)?) {
        *ticket.vector.lock() = Some(vector);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::thread;

    use foray_embedding::{BackendOptions, Model};

    use super::*;

    #[test]
    fn each_asker_gets_its_own_text() {
        let embedder = Embedder::open(Model::builtin().unwrap(), &BackendOptions::default()).unwrap();
        let batch = TextBatch::default();
        let texts: Vec<String> = (0..80).map(|number| format!("{number} {}", "cats ".repeat(number % 7))).collect();
        thread::scope(|scope| {
            let (embedder, batch) = (&embedder, &batch);
            for text in &texts {
                scope.spawn(move || {
                    let together = batch.embed(embedder, text).unwrap();
                    let alone = embedder.embed_text(text).unwrap();
                    assert!(together.cosine(&alone) > 0.9999, "{text}: {}", together.cosine(&alone));
                });
            }
        });
        assert!(batch.waiting.lock().is_empty());
    }
}
