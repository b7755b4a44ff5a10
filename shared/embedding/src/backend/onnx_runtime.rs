//! The backend `ort`: ONNX Runtime, loaded from a shared library while the program runs.

use std::fs::File;
use std::panic::{self, AssertUnwindSafe};
use std::path::{Path, PathBuf};

use foray_protocol::BackendReport;
use object::{Object, ObjectSegment, ReadCache};
use ort::environment::Environment;
use ort::session::builder::{GraphOptimizationLevel, SessionBuilder};
use ort::session::{Session, SessionInputValue};
use ort::value::{Outlet, Tensor as OrtTensor, TensorElementType, ValueType};
use parking_lot::Mutex;

use super::discovery::Candidate;
use super::{Backend, BackendOptions, Device, Graph, Tensor, Values, providers, report};
use crate::model::GraphSource;
use crate::{EmbeddingError, visual_tower};

const NAME: &str = "ort";
/// The setting that tells where a graph that comes from memory has its other files.
const WEIGHTS_FOLDER: &str = "session.model_external_initializers_file_folder_path";

/// ONNX Runtime, of which a process can have one: the first library that was loaded.
static LOADED: Mutex<Option<Loaded>> = Mutex::new(None);

#[derive(Clone)]
struct Loaded {
    library: PathBuf,
    environment: Environment,
}

/// ONNX Runtime, ready to load graphs.
pub(super) struct OnnxRuntime {
    environment: Environment,
    device: Device,
    engines: Option<PathBuf>,
    shares_cores: bool,
    report: BackendReport,
}

impl OnnxRuntime {
    /// Loads the library `candidate` and takes the device that `options` ask for, or says why that cannot be. Where a library
    /// is loaded already, that one serves in place of any that nobody named.
    pub fn load(candidate: &Candidate, options: &BackendOptions, threads: usize) -> Result<Self, String> {
        let mut slot = LOADED.lock();
        let Loaded { library, environment } = match slot.as_ref() {
            Some(loaded) => loaded.clone(),
            None => slot.insert(load_library(&candidate.file)?).clone(),
        };
        if candidate.named && !same_file(&candidate.file, &library) {
            let (named, loaded) = (candidate.file.display(), library.display());
            return Err(format!("{named} cannot be loaded: this process has loaded {loaded}, and can load only one"));
        }
        let (device, warning) = choose_device(&environment, &options.device)
            .map_err(|reason| format!("ONNX Runtime at {}: {reason}", library.display()))?;
        let report = report(NAME, version(&library), Some(library), threads);
        let report = BackendReport { device: device.to_string(), warning, ..report };
        let engines = options.engines.clone();
        Ok(Self { environment, device, engines, shares_cores: options.shares_cores, report })
    }
}

/// The device that is wanted, or, of its own choice, the best that works and why a better one does not.
fn choose_device(environment: &Environment, wanted: &Device) -> Result<(Device, Option<String>), String> {
    match wanted {
        Device::Cpu => Ok((Device::Cpu, None)),
        Device::Auto => Ok(best_device(environment)),
        named => try_device(environment, named).map(|()| (named.clone(), None)),
    }
}

fn best_device(environment: &Environment) -> (Device, Option<String>) {
    let mut failures = vec![];
    for device in Device::PREFERRED.into_iter().filter(providers::is_built_for) {
        match try_device(environment, &device) {
            Ok(()) => return (device, None),
            Err(reason) => failures.push(reason),
        }
    }
    if failures.is_empty() {
        return (Device::Cpu, None);
    }
    let warning = format!("{}; embedding on the processor instead", failures.join("; "));
    tracing::warn!("{warning}");
    (Device::Cpu, Some(warning))
}

fn try_device(environment: &Environment, device: &Device) -> Result<(), String> {
    if !providers::is_built_for(device) {
        return Err(format!("it was built without {device}; name one that has it with --onnxruntime"));
    }
    let builder = Session::builder(environment).map_err(|error| error.to_string())?;
    let probed = panic::catch_unwind(AssertUnwindSafe(|| providers::probe(builder, device)));
    let probed = probed.unwrap_or_else(|_| Err("it broke down".to_owned()));
    probed.map_err(|reason| format!("{device} does not work here ({reason})"))
}

fn same_file(one: &Path, other: &Path) -> bool {
    one.canonicalize().is_ok_and(|one| other.canonicalize().is_ok_and(|other| one == other))
}

fn load_library(file: &Path) -> Result<Loaded, String> {
    let library = std::path::absolute(file).map_err(|error| format!("{}: {error}", file.display()))?;
    if !library.is_file() {
        return Err(format!("there is no file {}", library.display()));
    }
    let failed = |reason: String| format!("{} cannot be loaded ({reason})", library.display());
    check_whole(&library).map_err(failed)?;
    let environment = panic::catch_unwind(|| {
        let builder = ort::init_from(&library).map_err(|error| error.to_string())?;
        builder.with_name("foray").with_telemetry(false).build().map_err(|error| error.to_string())
    });
    let broke_down = |_| "it broke down".to_owned();
    let environment = environment.map_err(broke_down).and_then(|environment| environment).map_err(failed)?;
    Ok(Loaded { library, environment })
}

/// Checks that all segments of the library are in its file: the system's loader maps a file that was cut short (an unfinished
/// download) without a word, and the process dies when it reads the missing part.
fn check_whole(library: &Path) -> Result<(), String> {
    let file = File::open(library).map_err(|error| error.to_string())?;
    let size = file.metadata().map_err(|error| error.to_string())?.len();
    let cache = ReadCache::new(file);
    let object = object::File::parse(&cache).map_err(|error| error.to_string())?;
    let whole = object.segments().all(|segment| {
        let (start, length) = segment.file_range();
        start.checked_add(length).is_some_and(|end| end <= size)
    });
    if whole { Ok(()) } else { Err("the file is cut short".to_owned()) }
}

/// `1.31.1` of `libonnxruntime.so.1.31.1` or of what the library's name links to; else what the library tells of its build.
fn version(library: &Path) -> String {
    let file = library.canonicalize().unwrap_or_else(|_| library.to_owned());
    let name = file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let digits = name.find(|c: char| c.is_ascii_digit()).map(|at| name[at..].trim_end_matches(".dylib").to_owned());
    digits.unwrap_or_else(|| ort::info().to_owned())
}

impl Backend for OnnxRuntime {
    fn report(&self) -> &BackendReport {
        &self.report
    }

    fn device(&self) -> &Device {
        &self.device
    }

    fn prefers_half_precision(&self) -> bool {
        matches!(self.device, Device::Cuda(_) | Device::DirectMl(_))
    }

    fn load(&self, tower: &'static str, source: &GraphSource) -> Result<Box<dyn Graph>, EmbeddingError> {
        let failed = |reason: String| EmbeddingError::Load { backend: NAME, tower, reason };
        let session = self.session(tower, source);
        let session = session.map_err(|error| failed(error.to_string()))?;
        OrtGraph::new(session)
            .map(|graph| Box::new(graph) as Box<dyn Graph>)
            .ok_or_else(|| failed("no output".to_owned()))
    }
}

impl OnnxRuntime {
    fn session(&self, tower: &str, source: &GraphSource) -> Result<Session, ort::Error> {
        let mut builder = self.session_builder(tower)?;
        match source {
            GraphSource::Embedded(bytes) => builder.commit_from_memory(bytes),
            GraphSource::File(file) => builder.commit_from_file(file),
            GraphSource::Rewritten { bytes, folder: None } => builder.commit_from_memory(bytes),
            GraphSource::Rewritten { bytes, folder: Some(folder) } => {
                builder.with_config_entry(WEIGHTS_FOLDER, folder.to_string_lossy())?.commit_from_memory(bytes)
            }
        }
    }

    fn session_builder(&self, tower: &str) -> Result<SessionBuilder, ort::Error> {
        let builder = Session::builder(&self.environment)?;
        let builder = providers::register(builder, &self.device, self.engines.as_deref())?;
        let builder = builder.with_optimization_level(GraphOptimizationLevel::Level3)?;
        // Threads that spin while they wait are there sooner, which a single picture gains from; whoever else needs the core loses by
        // it. Decoders of the next batch: photos of 12 megapixels cost 0.10 processor seconds each so, without it 0.09. Searches of
        // other askers: of two who ask 100,000 photos for new texts, 95 in 100 had their answer within 22 ms, without it 16 ms.
        let spins = tower == visual_tower::TOWER && !self.shares_cores;
        Ok(builder.with_intra_threads(self.report.threads)?.with_intra_op_spinning(spins)?)
    }
}

struct OrtGraph {
    session: Mutex<Session>,
    inputs: Vec<String>,
    /// Inputs that take 32-bit integers; the others take 64.
    narrow: Vec<String>,
    fixed_batch: Option<usize>,
    output: String,
}

impl OrtGraph {
    fn new(session: Session) -> Option<Self> {
        let names = |outlets: &[Outlet]| outlets.iter().map(|outlet| outlet.name().to_owned()).collect::<Vec<_>>();
        let outputs = names(session.outputs());
        let output = outputs.iter().find(|name| *name == "embedding").or(outputs.first())?.clone();
        let narrow =
            session.inputs().iter().filter(|input| is_narrow(input.dtype())).map(|input| input.name().to_owned());
        let (inputs, narrow) = (names(session.inputs()), narrow.collect());
        let fixed_batch = session.inputs().first().and_then(|input| fixed_first_dimension(input.dtype()));
        Some(Self { session: Mutex::new(session), inputs, narrow, fixed_batch, output })
    }

    fn value(&self, name: &str, tensor: Tensor) -> Result<SessionInputValue<'static>, ort::Error> {
        let shape = tensor.shape;
        Ok(match tensor.values {
            Values::Floats(values) => OrtTensor::from_array((shape, values))?.into(),
            Values::Integers(values) if self.narrow.iter().any(|narrow| narrow == name) => {
                let values: Vec<i32> = values.into_iter().map(|value| value as i32).collect();
                OrtTensor::from_array((shape, values))?.into()
            }
            Values::Integers(values) => OrtTensor::from_array((shape, values))?.into(),
        })
    }

    fn run_session(&self, inputs: Vec<(&str, Tensor)>) -> Result<Vec<f32>, ort::Error> {
        let inputs = inputs
            .into_iter()
            .map(|(name, tensor)| Ok((name, self.value(name, tensor)?)))
            .collect::<Result<Vec<_>, ort::Error>>()?;
        let mut session = self.session.lock();
        let outputs = session.run(inputs)?;
        let (_, numbers) = outputs[self.output.as_str()].try_extract_tensor::<f32>()?;
        Ok(numbers.to_vec())
    }
}

fn is_narrow(value: &ValueType) -> bool {
    matches!(value, ValueType::Tensor { ty: TensorElementType::Int32, .. })
}

fn fixed_first_dimension(value: &ValueType) -> Option<usize> {
    let ValueType::Tensor { shape, .. } = value else { return None };
    shape.first().and_then(|&size| usize::try_from(size).ok())
}

impl Graph for OrtGraph {
    fn inputs(&self) -> &[String] {
        &self.inputs
    }

    fn fixed_batch(&self) -> Option<usize> {
        self.fixed_batch
    }

    fn run(&self, inputs: Vec<(&str, Tensor)>) -> Result<Vec<f32>, EmbeddingError> {
        self.run_session(inputs).map_err(|error| EmbeddingError::Run { backend: NAME, reason: error.to_string() })
    }
}
