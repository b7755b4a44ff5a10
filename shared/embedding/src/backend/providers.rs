//! ONNX Runtime's execution providers: which devices the loaded library was built for, and which really work.

use std::path::Path;

use ort::ep::{self, ExecutionProvider, ExecutionProviderDispatch};
use ort::session::builder::SessionBuilder;
use ort::value::Tensor;

use super::Device;

/// Adds its input to itself; made by `tests/goldens/make_goldens.py`.
const PROBE: &[u8] = include_bytes!("probe.onnx");

/// Whether the loaded library was built for `device`.
pub(super) fn is_built_for(device: &Device) -> bool {
    let built = match device {
        Device::Auto | Device::Cpu => Ok(true),
        Device::Cuda(_) => ep::CUDA::is_available(),
        Device::TensorRt(_) => ep::TensorRT::is_available(),
        Device::CoreMl => ep::CoreML::is_available(),
        Device::DirectMl(_) => ep::DirectML::is_available(),
        Device::OpenVino(_) => ep::OpenVINO::is_available(),
    };
    built.unwrap_or(false)
}

/// The providers that a session on `device` is given, in the order of preference; the processor takes what they leave.
fn providers(device: &Device, engines: Option<&Path>) -> Vec<ExecutionProviderDispatch> {
    match device {
        Device::Cuda(number) => vec![cuda(*number)],
        Device::TensorRt(number) => {
            let mut provider = ep::TensorRT::default().with_device_id(*number as i32).with_fp16(true);
            if let Some(folder) = engines {
                provider = provider.with_engine_cache(true).with_engine_cache_path(folder.display());
            }
            let mut providers = vec![provider.build().error_on_failure()];
            providers.push(cuda(*number));
            providers
        }
        Device::CoreMl => {
            let format = ep::coreml::ModelFormat::MLProgram;
            vec![ep::CoreML::default().with_model_format(format).build().error_on_failure()]
        }
        Device::DirectMl(number) => {
            vec![ep::DirectML::default().with_device_id(*number as i32).build().error_on_failure()]
        }
        Device::OpenVino(which) => vec![ep::OpenVINO::default().with_device_type(which).build().error_on_failure()],
        Device::Auto | Device::Cpu => vec![],
    }
}
fn cuda(number: u32) -> ExecutionProviderDispatch {
    // An exhaustive search for convolutions would be made anew for each size of batch.
    let search = ep::cuda::ConvAlgorithmSearch::Heuristic;
    ep::CUDA::default().with_device_id(number as i32).with_conv_algorithm_search(search).build().error_on_failure()
}

/// Makes the sessions of `builder` run on `device`.
pub(super) fn register(
    builder: SessionBuilder,
    device: &Device,
    engines: Option<&Path>,
) -> Result<SessionBuilder, ort::Error> {
    // DirectML wants memory of its own.
    let builder = if matches!(device, Device::DirectMl(_)) { builder.with_memory_pattern(false)? } else { builder };
    Ok(builder.with_execution_providers(providers(device, engines))?)
}

/// Runs a small graph on `device`: a provider can be there, and fail for want of a driver, a library or the device itself.
pub(super) fn probe(builder: SessionBuilder, device: &Device) -> Result<(), String> {
    let run = || -> Result<Vec<f32>, ort::Error> {
        let mut session = register(builder, device, None)?.commit_from_memory(PROBE)?;
        let outputs = session.run(ort::inputs!["x" => Tensor::from_array(([4], vec![1.0f32, 2.0, 3.0, 4.0]))?])?;
        Ok(outputs["y"].try_extract_tensor::<f32>()?.1.to_vec())
    };
    match run() {
        Ok(sums) if sums == [2.0, 4.0, 6.0, 8.0] => Ok(()),
        Ok(sums) => Err(format!("it computes wrongly: got {sums:?}, expected [2, 4, 6, 8]")),
        Err(error) => Err(error.to_string()),
    }
}
