//! The visual tower's graph as it is best run: freed from a fixed batch, and in half precision where the device is made for
//! that; each only if it gives the results that the graph gives as it was published.

use std::borrow::Cow;
use std::fs;
use std::path::Path;

use foray_protocol::UnitVector;

use crate::EmbeddingError;
use crate::backend::{Backend, Graph, Tensor, Values};
use crate::model::GraphSource;
use crate::onnx::{free_batch, to_half_precision};

pub(crate) const TOWER: &str = "visual";
/// Cosine similarity to the published graph's results that a graph for batches must reach, ...
const SAME: f32 = 0.9999;
/// ... and one of half precision, whose numbers have three digits.
const NEARLY_SAME: f32 = 0.999;

/// A graph for any number of pictures, with the file that it came from.
struct Freed {
    graph: Box<dyn Graph>,
    source: GraphSource,
}

/// Loads the graph in `source`, which takes pictures of `side` pixels.
pub(crate) fn load(backend: &dyn Backend, source: &GraphSource, side: u32) -> Result<Box<dyn Graph>, EmbeddingError> {
    let published = backend.load(TOWER, source)?;
    let freed = match published.fixed_batch() {
        Some(1) => free(backend, source, published.as_ref(), side)?,
        _ => None,
    };
    let (graph, source) = match &freed {
        Some(Freed { graph, source }) => (graph.as_ref(), source),
        None => (published.as_ref(), source),
    };
    let halved = if backend.prefers_half_precision() { halve(backend, source, graph, side)? } else { None };
    Ok(halved.or(freed.map(|freed| freed.graph)).unwrap_or(published))
}

/// The graph, published for one picture at a time, for any number of them.
fn free(
    backend: &dyn Backend,
    source: &GraphSource,
    published: &dyn Graph,
    side: u32,
) -> Result<Option<Freed>, EmbeddingError> {
    let bytes = free_batch(&read(source)?).ok();
    let freed = bytes.map(|bytes| rewritten(source, bytes)).and_then(|freed| {
        let graph = try_graph(backend, &freed, published, side, SAME)?;
        Some(Freed { graph, source: freed })
    });
    if freed.is_none() {
        tracing::warn!("the visual graph takes one picture at a time only: this model is slower than it could be");
    }
    Ok(freed)
}

/// The graph in half precision.
fn halve(
    backend: &dyn Backend,
    source: &GraphSource,
    full: &dyn Graph,
    side: u32,
) -> Result<Option<Box<dyn Graph>>, EmbeddingError> {
    let bytes = to_half_precision(&read(source)?).ok().flatten();
    let halved = bytes.and_then(|bytes| try_graph(backend, &rewritten(source, bytes), full, side, NEARLY_SAME));
    if halved.is_none() {
        tracing::warn!("the visual graph cannot run in half precision: it stays in full, which is slower");
    }
    Ok(halved)
}

/// The graph's bytes, without those that it keeps in other files.
fn read(source: &GraphSource) -> Result<Cow<'_, [u8]>, EmbeddingError> {
    match source {
        GraphSource::Embedded(bytes) => Ok(Cow::Borrowed(bytes)),
        GraphSource::Rewritten { bytes, .. } => Ok(Cow::Borrowed(bytes)),
        GraphSource::File(file) => {
            fs::read(file).map(Cow::Owned).map_err(|source| EmbeddingError::ModelFile { file: file.clone(), source })
        }
    }
}

/// The graph of `source` with other bytes.
fn rewritten(source: &GraphSource, bytes: Vec<u8>) -> GraphSource {
    let folder = match source {
        GraphSource::Embedded(_) => None,
        GraphSource::File(file) => file.parent().map(Path::to_owned),
        GraphSource::Rewritten { folder, .. } => folder.clone(),
    };
    GraphSource::Rewritten { bytes, folder }
}

/// The graph in `source` if it loads and gives for two pictures what `reference` gives for each of them.
fn try_graph(
    backend: &dyn Backend,
    source: &GraphSource,
    reference: &dyn Graph,
    side: u32,
    least: f32,
) -> Option<Box<dyn Graph>> {
    let graph = backend.load(TOWER, source).ok()?;
    let pictures = [noise(side, 1), noise(side, 2)];
    let together = embed(graph.as_ref(), &pictures.concat(), 2, side)?;
    let alone = pictures.iter().map(|picture| embed(reference, picture, 1, side)).collect::<Option<Vec<_>>>()?.concat();
    let same = together.iter().zip(&alone).all(|(a, b)| a.cosine(b) >= least);
    same.then_some(graph)
}

/// Values such as a picture has, the same each time for a seed.
fn noise(side: u32, seed: u32) -> Vec<f32> {
    let mut state = seed;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / (1u32 << 23) as f32 - 1.0
    };
    (0..3 * side * side).map(|_| next()).collect()
}

fn embed(graph: &dyn Graph, values: &[f32], count: usize, side: u32) -> Option<Vec<UnitVector>> {
    let name = graph.inputs().first()?;
    let tensor =
        Tensor { shape: vec![count, 3, side as usize, side as usize], values: Values::Floats(values.to_vec()) };
    let numbers = graph.run(vec![(name, tensor)]).ok()?;
    let vectors = numbers.chunks_exact(numbers.len() / count).map(|numbers| UnitVector::normalized(numbers.to_vec()));
    vectors.collect::<Result<_, _>>().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::{self, BackendChoice, BackendOptions};
    use crate::{Device, Model};

    fn backends() -> Vec<Box<dyn Backend>> {
        let with = |choice| backend::open(&BackendOptions { choice, device: Device::Cpu, ..BackendOptions::default() });
        [BackendChoice::Rten, BackendChoice::Ort].into_iter().filter_map(|choice| with(choice).ok()).collect()
    }

    fn tiny() -> GraphSource {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/goldens/tiny");
        Model::from_folder(&folder).unwrap().visual
    }

    #[test]
    fn a_graph_for_one_picture_is_freed() {
        for backend in backends() {
            assert_eq!(backend.load(TOWER, &tiny()).unwrap().fixed_batch(), Some(1));
            let freed = load(backend.as_ref(), &tiny(), 4).unwrap();
            assert_eq!(freed.fixed_batch(), None, "{}", backend.report().backend);
            assert_eq!(embed(freed.as_ref(), &noise(4, 3).repeat(5), 5, 4).unwrap().len(), 5);
        }
    }

    #[test]
    fn half_precision_gives_nearly_the_same() {
        let builtin = Model::builtin().unwrap().visual;
        let bytes = read(&builtin).unwrap();
        let halved = to_half_precision(&bytes).unwrap().expect("the built-in graph has nothing unfit");
        assert!(halved != *bytes);
        // Of the processors' backends only ONNX Runtime computes in half precision.
        let Some(ort) = backends().into_iter().find(|backend| backend.report().backend == "ort") else {
            return eprintln!("skipped: half precision needs ONNX Runtime");
        };
        let full = ort.load(TOWER, &builtin).unwrap();
        let halved = rewritten(&builtin, halved);
        assert!(try_graph(ort.as_ref(), &halved, full.as_ref(), 260, NEARLY_SAME).is_some());
    }

    #[test]
    fn a_graph_that_computes_something_else_is_not_taken() {
        let builtin = Model::builtin().unwrap().visual;
        let [_, ort] = &backends()[..] else { return eprintln!("skipped: needs ONNX Runtime") };
        let tiny = ort.load(TOWER, &tiny()).unwrap();
        assert!(try_graph(ort.as_ref(), &builtin, tiny.as_ref(), 260, SAME).is_none());
    }
}
