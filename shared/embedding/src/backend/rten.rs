//! The backend `rten`: pure Rust, part of the program, on every processor.

use std::fs;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Arc;

use foray_protocol::BackendReport;
use rten::{Dimension, Model, NodeId, RunOptions, ThreadPool, Value, ValueOrView};
use rten_tensor::Tensor as RtenTensor;
use rten_tensor::prelude::*;

use super::{Backend, Device, Graph, Tensor, Values, report};
use crate::EmbeddingError;
use crate::model::GraphSource;

const NAME: &str = "rten";
/// The version in the table of dependencies.
const VERSION: &str = "0.27";

/// rten with its threads.
pub(super) struct Rten {
    report: BackendReport,
    threads: Arc<ThreadPool>,
}

impl Rten {
    /// rten on `threads` threads; `warning` tells why it runs instead of another backend.
    pub fn new(threads: usize, warning: Option<String>) -> Self {
        let report = BackendReport { warning, ..report(NAME, VERSION.to_owned(), None, threads) };
        Self { report, threads: Arc::new(ThreadPool::with_num_threads(threads)) }
    }
}

impl Backend for Rten {
    fn report(&self) -> &BackendReport {
        &self.report
    }

    fn device(&self) -> &Device {
        &Device::Cpu
    }

    fn prefers_half_precision(&self) -> bool {
        false
    }

    fn load(&self, tower: &'static str, source: &GraphSource) -> Result<Box<dyn Graph>, EmbeddingError> {
        let failed = |reason: String| EmbeddingError::Load { backend: NAME, tower, reason };
        let loaded = panic::catch_unwind(|| match source {
            GraphSource::Embedded(bytes) => Model::load_static_slice(bytes),
            GraphSource::File(file) => Model::load_file(file),
            GraphSource::Rewritten { bytes, .. } => Model::load(bytes.clone()),
        });
        if let GraphSource::File(file) = source {
            fs::metadata(file).map_err(|source| EmbeddingError::ModelFile { file: file.clone(), source })?;
        }
        let model = loaded.map_err(|_| failed("it broke down over it".to_owned()))?;
        let model = model.map_err(|error| failed(error.to_string()))?;
        let graph = RtenGraph::new(model, Arc::clone(&self.threads)).ok_or_else(|| failed("no output".to_owned()))?;
        Ok(Box::new(graph))
    }
}

struct RtenGraph {
    model: Model,
    inputs: Vec<String>,
    output: NodeId,
    fixed_batch: Option<usize>,
    threads: Arc<ThreadPool>,
}

impl RtenGraph {
    fn new(model: Model, threads: Arc<ThreadPool>) -> Option<Self> {
        let name = |id: &NodeId| model.node_info(*id).and_then(|info| info.name()).unwrap_or_default().to_owned();
        let output = *model.output_ids().iter().find(|id| name(id) == "embedding").or(model.output_ids().first())?;
        let inputs = model.input_ids().iter().map(name).collect();
        let first_shape = model.input_ids().first().and_then(|&id| model.node_info(id)?.shape());
        let fixed_batch = first_shape.and_then(|shape| match shape.first() {
            Some(Dimension::Fixed(size)) => Some(*size),
            _ => None,
        });
        Some(Self { model, inputs, output, fixed_batch, threads })
    }

    fn run_model(&self, inputs: Vec<(&str, Tensor)>) -> Result<Vec<f32>, String> {
        let inputs = inputs
            .into_iter()
            .map(|(name, tensor)| Ok((self.model.node_id(name).map_err(|error| error.to_string())?, value(tensor))))
            .collect::<Result<Vec<_>, String>>()?;
        let mut options = RunOptions::default();
        options.thread_pool = Some(Arc::clone(&self.threads));
        let outputs = self.model.run(inputs, &[self.output], Some(options)).map_err(|error| error.to_string())?;
        let first = outputs.into_iter().next().ok_or("no output")?;
        let numbers = RtenTensor::<f32>::try_from(first).map_err(|error| error.to_string())?;
        Ok(numbers.to_vec())
    }
}

fn value(tensor: Tensor) -> ValueOrView<'static> {
    let shape = tensor.shape.as_slice();
    let value: Value = match tensor.values {
        Values::Floats(values) => RtenTensor::from_data(shape, values).into(),
        Values::Integers(values) => {
            let values: Vec<i32> = values.into_iter().map(|value| value as i32).collect();
            RtenTensor::from_data(shape, values).into()
        }
    };
    value.into()
}

impl Graph for RtenGraph {
    fn inputs(&self) -> &[String] {
        &self.inputs
    }

    fn fixed_batch(&self) -> Option<usize> {
        self.fixed_batch
    }

    fn run(&self, inputs: Vec<(&str, Tensor)>) -> Result<Vec<f32>, EmbeddingError> {
        let failed = |reason: String| EmbeddingError::Run { backend: NAME, reason };
        panic::catch_unwind(AssertUnwindSafe(|| self.run_model(inputs)))
            .unwrap_or_else(|_| Err("it broke down".to_owned()))
            .map_err(failed)
    }
}
