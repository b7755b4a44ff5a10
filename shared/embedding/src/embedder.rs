//! The embedder: pictures and texts in, unit vectors out. Each tower is loaded when it is first used.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use foray_protocol::{BackendReport, SpaceId, UnitVector};

use crate::backend::{self, Backend, Graph, Tensor, Values};
use crate::batch::BatchSize;
use crate::tokenization::{TextTokenizer, Tokens};
use crate::tower::Tower;
use crate::{BackendOptions, Detail, EmbeddingError, Model, Picture, Pixels, visual_tower};

/// A model on a backend. Usable from many threads.
pub struct Embedder {
    model: Model,
    backend: Box<dyn Backend>,
    batch: BatchSize,
    visual: Tower<Box<dyn Graph>>,
    textual: Tower<TextTower>,
}

struct TextTower {
    graph: Box<dyn Graph>,
    tokenizer: TextTokenizer,
}

impl Embedder {
    /// Puts `model` on the backend that `options` ask for. Graphs are loaded when they are first used.
    ///
    /// # Errors
    /// [`EmbeddingError::OnnxRuntime`] when that backend was asked for by name and cannot be had.
    pub fn open(model: Model, options: &BackendOptions) -> Result<Self, EmbeddingError> {
        let backend = backend::open(options)?;
        let batch = BatchSize::fitting(backend.device(), model.manifest.preprocessing.size);
        Ok(Self { model, backend, batch, visual: Tower::new(), textual: Tower::new() })
    }

    /// The space of the embeddings.
    pub fn space(&self) -> &SpaceId {
        self.model.space()
    }

    /// Components of an embedding.
    pub fn dimension(&self) -> usize {
        self.model.dimension()
    }

    /// What cosine similarities are multiplied with so that their softmax are probabilities.
    pub fn logit_scale(&self) -> f64 {
        self.model.logit_scale()
    }

    /// The model's name.
    pub fn model_name(&self) -> &str {
        self.model.name()
    }

    /// What computes the embeddings.
    pub fn report(&self) -> &BackendReport {
        self.backend.report()
    }

    /// How much of a picture the visual tower needs: twice the pixels that it sees on each side, so that the last step of making
    /// the picture smaller is the resizing that the model knows.
    pub fn detail(&self) -> Detail {
        let side = self.model.manifest.preprocessing.size;
        Detail::Sides { short: 2 * side, long: 0 }
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
        let mut vectors = Vec::with_capacity(batch.len());
        while vectors.len() < batch.len() {
            let rest = &batch[vectors.len()..];
            vectors.extend(self.embed_as_many_as_fit(graph.as_ref().as_ref(), rest)?);
        }
        Ok(vectors)
    }

    /// How many pictures to give to [`Embedder::embed_images`] at once: as many as are computed together.
    pub fn batch_size(&self) -> usize {
        self.batch.get()
    }

    /// Lets the visual tower go if no picture was embedded for `idle`; the next one loads it again. Tells whether it did.
    pub fn unload_visual_after(&self, idle: Duration) -> bool {
        self.visual.unload_after(idle)
    }

    /// Embeds the first of `pictures`; fewer and fewer when the device's memory is too small for them.
    fn embed_as_many_as_fit(&self, graph: &dyn Graph, pictures: &[Pixels]) -> Result<Vec<UnitVector>, EmbeddingError> {
        if let Some(count) = graph.fixed_batch() {
            return self.embed_part(graph, &pictures[..count.max(1).min(pictures.len())], count);
        }
        let mut count = self.batch.get().min(pictures.len());
        loop {
            match self.embed_part(graph, &pictures[..count], count) {
                Err(error) if error.is_out_of_memory() => match self.batch.halve(count) {
                    Some(half) => {
                        tracing::warn!(
                            "a batch of {count} pictures does not fit into the memory; going on with {half}"
                        );
                        count = half;
                    }
                    None => return Err(error),
                },
                outcome => return outcome,
            }
        }
    }

    /// Embeds `part`, filled up to `count` pictures.
    fn embed_part(&self, graph: &dyn Graph, part: &[Pixels], count: usize) -> Result<Vec<UnitVector>, EmbeddingError> {
        let size = self.model.manifest.preprocessing.size as usize;
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
        Ok(self.embed_texts(&[text])?.swap_remove(0))
    }

    /// The embeddings of `texts`, in their order, computed together where the graph takes several.
    ///
    /// # Errors
    /// Those of the tokenizer and of loading and running the text tower.
    pub fn embed_texts(&self, texts: &[&str]) -> Result<Vec<UnitVector>, EmbeddingError> {
        let tower = self.textual()?;
        let TextTower { graph, tokenizer } = tower.as_ref();
        let tokens = texts.iter().map(|text| tokenizer.encode(text)).collect::<Result<Vec<_>, _>>()?;
        let together = graph.fixed_batch().unwrap_or(tokens.len()).max(1);
        let mut vectors = Vec::with_capacity(texts.len());
        for part in tokens.chunks(together) {
            vectors.extend(self.embed_tokens(graph.as_ref(), part, together)?);
        }
        Ok(vectors)
    }

    /// Embeds `part`, filled up to `count` texts.
    fn embed_tokens(
        &self,
        graph: &dyn Graph,
        part: &[Tokens],
        count: usize,
    ) -> Result<Vec<UnitVector>, EmbeddingError> {
        let longest = part.iter().map(|tokens| tokens.ids.len()).max().unwrap_or_default();
        let column = |of: &dyn Fn(&Tokens) -> Vec<i64>| {
            let mut values = Vec::with_capacity(count * longest);
            for row in 0..count {
                // A graph of a fixed batch wants texts in all its places.
                values.extend(of(part.get(row).unwrap_or(&part[0])));
                values.resize((row + 1) * longest, 0);
            }
            Tensor { shape: vec![count, longest], values: Values::Integers(values) }
        };
        let inputs = graph.inputs().iter().map(|name| {
            let tensor = match name.as_str() {
                "attention_mask" => column(&|tokens| tokens.mask.clone()),
                "token_type_ids" => column(&|_| vec![]),
                _ => column(&|tokens| tokens.ids.clone()),
            };
            (name.as_str(), tensor)
        });
        let mut vectors = self.unit_vectors(graph.run(inputs.collect())?, count)?;
        vectors.truncate(part.len());
        Ok(vectors)
    }

    /// Loads the text tower and runs it once, so that the next query is fast.
    ///
    /// # Errors
    /// Those of [`Embedder::embed_text`].
    pub fn warm_up(&self) -> Result<(), EmbeddingError> {
        self.embed_text("a photo").map(drop)
    }

    fn visual(&self) -> Result<Arc<Box<dyn Graph>>, EmbeddingError> {
        let side = self.model.manifest.preprocessing.size;
        self.visual
            .get_or_load(|| timed("visual", || visual_tower::load(self.backend.as_ref(), &self.model.visual, side)))
    }

    fn textual(&self) -> Result<Arc<TextTower>, EmbeddingError> {
        self.textual.get_or_load(|| {
            let graph = timed("textual", || self.backend.load("textual", &self.model.textual))?;
            // Graphs without a mask know a text's end by its end token, and want the length they were trained with.
            let fill = !graph.inputs().iter().any(|name| name == "attention_mask");
            let tokenizer = TextTokenizer::of(&self.model, fill)?;
            Ok(TextTower { graph, tokenizer })
        })
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

fn timed<T>(tower: &str, load: impl FnOnce() -> Result<T, EmbeddingError>) -> Result<T, EmbeddingError> {
    let begun = Instant::now();
    let loaded = load()?;
    tracing::debug!("loaded the {tower} tower in {:.0} ms", begun.elapsed().as_secs_f64() * 1e3);
    Ok(loaded)
}

impl fmt::Debug for Embedder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Embedder").field("space", self.space()).field("backend", self.report()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use foray_protocol::PhotoPath;

    use super::*;
    use crate::Device;
    use crate::model::GraphSource;

    /// Takes at most so many pictures at once.
    struct SmallDevice {
        takes: usize,
        report: BackendReport,
    }

    struct SmallGraph {
        takes: usize,
        inputs: [String; 1],
    }

    impl Backend for SmallDevice {
        fn report(&self) -> &BackendReport {
            &self.report
        }

        fn device(&self) -> &Device {
            &Device::Cpu
        }

        fn prefers_half_precision(&self) -> bool {
            false
        }

        fn load(&self, _: &'static str, _: &GraphSource) -> Result<Box<dyn Graph>, EmbeddingError> {
            Ok(Box::new(SmallGraph { takes: self.takes, inputs: ["image".to_owned()] }))
        }
    }

    impl Graph for SmallGraph {
        fn inputs(&self) -> &[String] {
            &self.inputs
        }

        fn fixed_batch(&self) -> Option<usize> {
            None
        }

        fn run(&self, inputs: Vec<(&str, Tensor)>) -> Result<Vec<f32>, EmbeddingError> {
            let Tensor { shape, values: Values::Floats(values) } = &inputs[0].1 else { unreachable!() };
            if shape[0] > self.takes {
                let reason = "Failed to allocate memory for requested buffer of size 1234".to_owned();
                return Err(EmbeddingError::Run { backend: "small", reason });
            }
            let pictures = values.chunks_exact(values.len() / shape[0]);
            Ok(pictures.flat_map(|picture| [vec![picture[0], 1.0], vec![0.0; 382]].concat()).collect())
        }
    }

    fn embedder(takes: usize) -> Embedder {
        let report = BackendReport {
            backend: "small".to_owned(),
            version: String::new(),
            device: "cpu".to_owned(),
            library: None::<PhotoPath>,
            threads: 1,
            warning: None,
        };
        let model = Model::builtin().unwrap();
        let batch = BatchSize::fitting(&Device::Cpu, 32);
        let backend = Box::new(SmallDevice { takes, report });
        Embedder { model, backend, batch, visual: Tower::new(), textual: Tower::new() }
    }

    fn pictures(count: usize) -> Vec<Pixels> {
        (0..count).map(|i| Pixels { values: vec![i as f32; 3 * 260 * 260] }).collect()
    }

    #[test]
    fn texts_of_all_lengths_are_embedded_together_as_alone() {
        for choice in [crate::BackendChoice::Auto, crate::BackendChoice::Rten] {
            let options = BackendOptions { choice, ..BackendOptions::default() };
            let embedder = Embedder::open(Model::builtin().unwrap(), &options).unwrap();
            let long = "a very long story of cats and dogs ".repeat(20);
            let texts = ["cat", "", "a mushroom on tree bark in autumn", long.as_str(), "ein Hund", "cat"];
            let together = embedder.embed_texts(&texts).unwrap();
            for (text, vector) in texts.iter().zip(&together) {
                let cosine = vector.cosine(&embedder.embed_text(text).unwrap());
                assert!(cosine > 0.9999, "{text:.20}: {cosine}");
            }
            assert!(embedder.embed_texts(&[]).unwrap().is_empty());
        }
    }

    /// Stands for a GPU, whose memory runs out when other programs take it.
    #[test]
    fn out_of_memory_halves_the_batch_and_loses_no_picture() {
        let embedder = embedder(3);
        let before = embedder.batch_size();
        let vectors = embedder.embed_images(&pictures(11)).unwrap();
        let order: Vec<f32> =
            vectors.iter().map(|vector| (vector.as_slice()[0] / vector.as_slice()[1]).round()).collect();
        assert_eq!(order, (0..11).map(|i| i as f32).collect::<Vec<_>>());
        assert!(embedder.batch_size() <= 3 && before > 3, "{before} -> {}", embedder.batch_size());
    }

    #[test]
    fn a_picture_that_does_not_fit_alone_is_an_error() {
        assert!(embedder(0).embed_images(&pictures(2)).unwrap_err().is_out_of_memory());
    }

    #[test]
    fn an_unloaded_tower_comes_back() {
        let embedder = embedder(4);
        embedder.embed_images(&pictures(1)).unwrap();
        assert!(embedder.unload_visual_after(Duration::ZERO));
        assert_eq!(embedder.embed_images(&pictures(1)).unwrap().len(), 1);
    }
}
