//! The embedder: pictures and texts in, unit vectors out. Each tower is loaded when it is first used.

use std::fmt;
use std::sync::OnceLock;

use foray_protocol::{BackendReport, SpaceId, UnitVector};
use parking_lot::Mutex;

use crate::backend::{self, Backend, Graph, Tensor, Values};
use crate::model::GraphSource;
use crate::tokenization::TextTokenizer;
use crate::{BackendOptions, EmbeddingError, Model, Picture, Pixels};

/// A model on a backend. Usable from many threads.
pub struct Embedder {
    model: Model,
    backend: Box<dyn Backend>,
    visual: Tower<Box<dyn Graph>>,
    textual: Tower<TextTower>,
}

struct TextTower {
    graph: Box<dyn Graph>,
    tokenizer: TextTokenizer,
}

/// A part of the model that is loaded once, when it is first used; a failure is tried again by the next use.
struct Tower<T> {
    loaded: OnceLock<T>,
    loading: Mutex<()>,
}

impl<T> Tower<T> {
    fn new() -> Self {
        Self { loaded: OnceLock::new(), loading: Mutex::new(()) }
    }

    fn get_or_load(&self, load: impl FnOnce() -> Result<T, EmbeddingError>) -> Result<&T, EmbeddingError> {
        if let Some(tower) = self.loaded.get() {
            return Ok(tower);
        }
        let _one_at_a_time = self.loading.lock();
        match self.loaded.get() {
            Some(tower) => Ok(tower),
            None => load().map(|tower| self.loaded.get_or_init(|| tower)),
        }
    }
}

impl Embedder {
    /// Puts `model` on the backend that `options` ask for. Graphs are loaded when they are first used.
    ///
    /// # Errors
    /// [`EmbeddingError::OnnxRuntime`] when that backend was asked for by name and cannot be had.
    pub fn open(model: Model, options: &BackendOptions) -> Result<Self, EmbeddingError> {
        let backend = backend::open(options)?;
        Ok(Self { model, backend, visual: Tower::new(), textual: Tower::new() })
    }

    /// The space of the embeddings.
    pub fn space(&self) -> &SpaceId {
        self.model.space()
    }

    /// Components of an embedding.
    pub fn dimension(&self) -> usize {
        self.model.dimension()
    }

    /// The model's name.
    pub fn model_name(&self) -> &str {
        self.model.name()
    }

    /// What computes the embeddings.
    pub fn report(&self) -> &BackendReport {
        self.backend.report()
    }

    /// `picture` as the visual tower takes it.
    pub fn preprocess(&self, picture: &Picture) -> Pixels {
        self.model.manifest.preprocessing.apply(picture)
    }

    /// The embeddings of `batch`, in its order.
    ///
    /// # Errors
    /// Those of loading and running the visual tower.
    pub fn embed_images(&self, batch: &[Pixels]) -> Result<Vec<UnitVector>, EmbeddingError> {
        if batch.is_empty() {
            return Ok(vec![]);
        }
        let graph = self.visual()?;
        let at_once = graph.fixed_batch().unwrap_or(batch.len()).max(1);
        let parts = batch.chunks(at_once).map(|part| self.embed_part(graph, part, at_once));
        Ok(parts.collect::<Result<Vec<_>, _>>()?.concat())
    }

    /// Embeds `part`, filled up to `count` pictures where the graph takes no fewer.
    fn embed_part(&self, graph: &dyn Graph, part: &[Pixels], count: usize) -> Result<Vec<UnitVector>, EmbeddingError> {
        let size = self.model.manifest.preprocessing.size as usize;
        let count = if graph.fixed_batch().is_some() { count } else { part.len() };
        let mut values = Vec::with_capacity(count * 3 * size * size);
        part.iter().for_each(|pixels| values.extend_from_slice(&pixels.values));
        values.resize(count * 3 * size * size, 0.0);
        let name = graph.inputs().first().map_or("image", String::as_str).to_owned();
        let tensor = Tensor { shape: vec![count, 3, size, size], values: Values::Floats(values) };
        let mut vectors = self.unit_vectors(graph.run(vec![(&name, tensor)])?, count)?;
        vectors.truncate(part.len());
        Ok(vectors)
    }

    /// The embedding of `text`.
    ///
    /// # Errors
    /// Those of the tokenizer and of loading and running the text tower.
    pub fn embed_text(&self, text: &str) -> Result<UnitVector, EmbeddingError> {
        let TextTower { graph, tokenizer } = self.textual()?;
        let tokens = tokenizer.encode(text)?;
        let shape = vec![1, tokens.ids.len()];
        let inputs = graph
            .inputs()
            .iter()
            .map(|name| {
                let values = match name.as_str() {
                    "attention_mask" => tokens.mask.clone(),
                    "token_type_ids" => vec![0; tokens.ids.len()],
                    _ => tokens.ids.clone(),
                };
                (name.as_str(), Tensor { shape: shape.clone(), values: Values::Integers(values) })
            })
            .collect();
        let mut vectors = self.unit_vectors(graph.run(inputs)?, 1)?;
        Ok(vectors.swap_remove(0))
    }

    /// Loads the text tower and runs it once, so that the next query is fast.
    ///
    /// # Errors
    /// Those of [`Embedder::embed_text`].
    pub fn warm_up(&self) -> Result<(), EmbeddingError> {
        self.embed_text("a photo").map(drop)
    }

    fn visual(&self) -> Result<&dyn Graph, EmbeddingError> {
        let graph = self.visual.get_or_load(|| self.load("visual", &self.model.visual))?;
        Ok(graph.as_ref())
    }

    fn textual(&self) -> Result<&TextTower, EmbeddingError> {
        self.textual.get_or_load(|| {
            let graph = self.load("textual", &self.model.textual)?;
            // Graphs without a mask know a text's end by its end token, and want the length they were trained with.
            let fill = !graph.inputs().iter().any(|name| name == "attention_mask");
            let tokenizer = TextTokenizer::new(&self.model.tokenizer, &self.model.manifest, fill)?;
            Ok(TextTower { graph, tokenizer })
        })
    }

    fn load(&self, tower: &'static str, source: &GraphSource) -> Result<Box<dyn Graph>, EmbeddingError> {
        let begun = std::time::Instant::now();
        let graph = self.backend.load(tower, source)?;
        tracing::debug!("loaded the {tower} tower in {:.0} ms", begun.elapsed().as_secs_f64() * 1e3);
        Ok(graph)
    }

    fn unit_vectors(&self, numbers: Vec<f32>, inputs: usize) -> Result<Vec<UnitVector>, EmbeddingError> {
        let dimension = self.dimension();
        if numbers.len() != inputs * dimension {
            return Err(EmbeddingError::Output { got: numbers.len(), inputs, dimension });
        }
        let vectors = numbers.chunks_exact(dimension).map(|values| UnitVector::normalized(values.to_vec()));
        Ok(vectors.collect::<Result<_, _>>()?)
    }
}

impl fmt::Debug for Embedder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Embedder").field("space", self.space()).field("backend", self.report()).finish_non_exhaustive()
    }
}
