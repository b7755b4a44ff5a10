//! Backends: what loads a model's graphs and runs them. Two stand behind one trait: `ort` (ONNX Runtime, where its library is
//! found) and `rten` (pure Rust, always there).

mod device;
mod discovery;
mod onnx_runtime;
mod providers;
mod rten;

use std::path::PathBuf;
use std::str::FromStr;
use std::thread;

use foray_protocol::{BackendReport, PhotoPath};

use crate::EmbeddingError;
use crate::model::GraphSource;
pub use device::Device;
use onnx_runtime::OnnxRuntime;
use rten::Rten;

/// Which backend is wanted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BackendChoice {
    /// ONNX Runtime where it can be loaded, else rten.
    #[default]
    Auto,
    /// ONNX Runtime or nothing.
    Ort,
    /// rten.
    Rten,
}

impl FromStr for BackendChoice {
    type Err = EmbeddingError;

    fn from_str(name: &str) -> Result<Self, EmbeddingError> {
        match name {
            "auto" => Ok(Self::Auto),
            "ort" => Ok(Self::Ort),
            "rten" => Ok(Self::Rten),
            other => Err(EmbeddingError::UnknownBackend(other.to_owned())),
        }
    }
}

/// How to choose and set up a backend.
#[derive(Clone, Debug, Default)]
pub struct BackendOptions {
    /// Which one.
    pub choice: BackendChoice,
    /// Where the towers run.
    pub device: Device,
    /// The ONNX Runtime library to load; looked for in the usual places when not named.
    pub onnxruntime: Option<PathBuf>,
    /// The photo library's folder, one of those places.
    pub library_folder: Option<PathBuf>,
    /// Where TensorRT keeps the engines that it prepares for minutes; it prepares them at each start when not set.
    pub engines: Option<PathBuf>,
    /// Threads of one inference; all cores when not set.
    pub threads: Option<usize>,
    /// Whether pictures are decoded beside: then the threads that wait for the next batch leave the cores to that.
    pub shares_cores: bool,
}

/// A loaded graph.
///
/// Both implementations keep these promises: inputs are checked by name against the graph; the result is the numbers of
/// the output `embedding` (else of the first output), input after input; it may be called from several threads.
pub(crate) trait Graph: Send + Sync {
    /// Names of the inputs that the graph takes.
    fn inputs(&self) -> &[String];

    /// The number of inputs that the graph is fixed to, where it takes no other.
    fn fixed_batch(&self) -> Option<usize>;

    /// Runs the graph.
    fn run(&self, inputs: Vec<(&str, Tensor)>) -> Result<Vec<f32>, EmbeddingError>;
}

/// What graphs are loaded with.
pub(crate) trait Backend: Send + Sync {
    /// How it really runs.
    fn report(&self) -> &BackendReport;

    /// The device that it computes on.
    fn device(&self) -> &Device;

    /// Whether its device computes 16-bit floats faster than 32-bit ones, and leaves it to the graph which to use.
    fn prefers_half_precision(&self) -> bool;

    /// Loads the graph of `tower` (`visual` or `textual`).
    fn load(&self, tower: &'static str, source: &GraphSource) -> Result<Box<dyn Graph>, EmbeddingError>;
}

/// A graph's input.
#[derive(Clone, Debug)]
pub(crate) struct Tensor {
    pub shape: Vec<usize>,
    pub values: Values,
}

/// Its numbers; graphs that take 32-bit integers get them.
#[derive(Clone, Debug)]
pub(crate) enum Values {
    Floats(Vec<f32>),
    Integers(Vec<i64>),
}

/// Opens the backend that `options` ask for.
pub(crate) fn open(options: &BackendOptions) -> Result<Box<dyn Backend>, EmbeddingError> {
    let threads = options.threads.unwrap_or_else(|| thread::available_parallelism().map_or(1, usize::from));
    let device = &options.device;
    let unusable = |reason: String| EmbeddingError::Device { device: device.to_string(), reason };
    let found = match options.choice {
        BackendChoice::Rten if device.accelerates() => {
            return Err(unusable("rten runs on the processor only".to_owned()));
        }
        BackendChoice::Rten => return Ok(Box::new(Rten::new(threads, None))),
        _ => load_onnx_runtime(options, threads),
    };
    match found {
        Ok(runtime) => Ok(Box::new(runtime)),
        Err(reason) if device.accelerates() => Err(unusable(reason)),
        Err(reason) if options.choice == BackendChoice::Ort => Err(EmbeddingError::OnnxRuntime(reason)),
        Err(reason) => Ok(Box::new(Rten::new(threads, fallback_warning(reason)))),
    }
}

/// The first library among the candidates that can be loaded and has the device, or why none does.
fn load_onnx_runtime(options: &BackendOptions, threads: usize) -> Result<OnnxRuntime, String> {
    let mut reasons = vec![];
    for candidate in discovery::candidates(options) {
        match OnnxRuntime::load(&candidate, options, threads) {
            Ok(runtime) => return Ok(runtime),
            Err(reason) if reasons.contains(&reason) => {}
            Err(reason) => reasons.push(reason),
        }
    }
    Err(if reasons.is_empty() { NOT_FOUND.to_owned() } else { reasons.join("; ") })
}

/// The devices that the ONNX Runtime of `options` was built for: the processor first, none where there is no such library.
pub fn devices(options: &BackendOptions) -> Vec<Device> {
    let anywhere = BackendOptions { choice: BackendChoice::Ort, device: Device::Cpu, ..options.clone() };
    match open(&anywhere) {
        Ok(_) => Device::kinds().into_iter().filter(providers::is_built_for).collect(),
        Err(_) => vec![],
    }
}

const NOT_FOUND: &str = "no ONNX Runtime library was found";

/// That there is no ONNX Runtime is worth no warning; that there is one which cannot be used is.
fn fallback_warning(reason: String) -> Option<String> {
    if reason == NOT_FOUND {
        tracing::info!("{NOT_FOUND}; embedding with rten, which needs none and is slower");
        return None;
    }
    let warning = format!("{reason}; embedding with rten instead, which is slower");
    tracing::warn!("{warning}");
    Some(warning)
}

fn report(backend: &str, version: String, library: Option<PathBuf>, threads: usize) -> BackendReport {
    let (backend, device) = (backend.to_owned(), Device::Cpu.to_string());
    BackendReport { backend, version, device, library: library.map(PhotoPath::from), threads, warning: None }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Model;

    fn backends() -> Vec<Box<dyn Backend>> {
        let with = |choice| open(&BackendOptions { choice, ..BackendOptions::default() });
        let mut backends = vec![with(BackendChoice::Rten).unwrap()];
        match with(BackendChoice::Ort) {
            Ok(ort) => backends.push(ort),
            Err(error) => eprintln!("skipped: the half of the contract for ONNX Runtime ({error})"),
        }
        backends
    }

    fn text(ids: &[i64]) -> Vec<(&'static str, Tensor)> {
        let tensor = |values: Vec<i64>| Tensor { shape: vec![1, ids.len()], values: Values::Integers(values) };
        vec![
            ("input_ids", tensor(ids.to_vec())),
            ("attention_mask", tensor(vec![1; ids.len()])),
            ("token_type_ids", tensor(vec![0; ids.len()])),
        ]
    }

    #[test]
    fn the_contract_holds_on_every_backend() {
        let model = Model::builtin().unwrap();
        for backend in backends() {
            let name = &backend.report().backend;
            let visual = backend.load("visual", &model.visual).unwrap();
            assert_eq!((visual.inputs(), visual.fixed_batch()), (&["image".to_owned()][..], None), "{name}");
            let image = |count: usize| {
                let values = (0..count * 3 * 260 * 260).map(|i| (i % 97) as f32 / 97.0).collect();
                vec![("image", Tensor { shape: vec![count, 3, 260, 260], values: Values::Floats(values) })]
            };
            assert_eq!(visual.run(image(2)).unwrap().len(), 2 * 384, "{name}");
            assert!(visual.run(vec![]).is_err(), "{name} runs without its input");
            let textual = backend.load("textual", &model.textual).unwrap();
            assert_eq!(textual.inputs().len(), 3, "{name}");
            let embedding = textual.run(text(&[101, 4937, 102])).unwrap();
            assert_eq!(embedding.len(), 384);
            thread::scope(|scope| {
                let again = scope.spawn(|| textual.run(text(&[101, 4937, 102])).unwrap());
                assert_eq!(again.join().unwrap(), embedding, "{name} gives another result from another thread");
            });
        }
    }

    #[test]
    fn a_damaged_graph_is_an_error_on_every_backend() {
        for backend in backends() {
            for bytes in [&b""[..], b"not a graph", &crate::builtin::VISUAL[..10_000]] {
                let loaded = backend.load("visual", &GraphSource::Embedded(bytes));
                let message = loaded.err().map(|error| error.to_string()).unwrap_or_default();
                assert!(message.contains("visual"), "{}: {message}", backend.report().backend);
            }
        }
    }
}
