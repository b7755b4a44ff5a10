//! The devices that embeddings can be computed on, as they are named on the command line.

use std::fmt;
use std::str::FromStr;

use crate::EmbeddingError;

/// Where the towers run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub enum Device {
    /// The best that is there.
    #[default]
    Auto,
    /// The processor.
    Cpu,
    /// An NVIDIA GPU through CUDA, by its number.
    Cuda(u32),
    /// An NVIDIA GPU through TensorRT, by its number: faster, after minutes of preparation.
    TensorRt(u32),
    /// Apple's accelerators.
    CoreMl,
    /// A GPU on Windows, by its number.
    DirectMl(u32),
    /// Intel's devices, by OpenVINO's name for them: CPU, GPU, NPU, AUTO.
    OpenVino(String),
}

impl Device {
    /// What `Auto` tries before the processor. TensorRT is not among them: it prepares for minutes; nor is OpenVINO, whose
    /// own processor backend would be taken for an accelerator.
    pub(super) const PREFERRED: [Self; 3] = [Self::Cuda(0), Self::CoreMl, Self::DirectMl(0)];

    /// One of each kind, to look for.
    pub(super) fn kinds() -> [Self; 6] {
        let intel = Self::OpenVino("AUTO".to_owned());
        [Self::Cpu, Self::Cuda(0), Self::TensorRt(0), Self::CoreMl, Self::DirectMl(0), intel]
    }

    /// Whether it is a GPU or another accelerator rather than the processor.
    pub fn accelerates(&self) -> bool {
        !matches!(self, Self::Auto | Self::Cpu)
    }
}

impl FromStr for Device {
    type Err = EmbeddingError;

    fn from_str(text: &str) -> Result<Self, EmbeddingError> {
        let unknown = || EmbeddingError::UnknownDevice(text.to_owned());
        let (kind, which) = text.split_once(':').map_or((text, None), |(kind, which)| (kind, Some(which)));
        let number = || which.map_or(Ok(0), |which| which.parse().map_err(|_| unknown()));
        match (kind.to_ascii_lowercase().as_str(), which) {
            ("auto", None) => Ok(Self::Auto),
            ("cpu", None) => Ok(Self::Cpu),
            ("cuda", _) => Ok(Self::Cuda(number()?)),
            ("tensorrt", _) => Ok(Self::TensorRt(number()?)),
            ("coreml", None) => Ok(Self::CoreMl),
            ("directml", _) => Ok(Self::DirectMl(number()?)),
            ("openvino", which) => Ok(Self::OpenVino(which.unwrap_or("AUTO").to_ascii_uppercase())),
            _ => Err(unknown()),
        }
    }
}

impl fmt::Display for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Auto => f.write_str("auto"),
            Self::Cpu => f.write_str("cpu"),
            Self::Cuda(number) => write!(f, "cuda:{number}"),
            Self::TensorRt(number) => write!(f, "tensorrt:{number}"),
            Self::CoreMl => f.write_str("coreml"),
            Self::DirectMl(number) => write!(f, "directml:{number}"),
            Self::OpenVino(which) => write!(f, "openvino:{which}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_and_written_alike() {
        for (text, written) in [
            ("auto", "auto"),
            ("CPU", "cpu"),
            ("cuda", "cuda:0"),
            ("cuda:3", "cuda:3"),
            ("tensorrt:1", "tensorrt:1"),
            ("coreml", "coreml"),
            ("directml", "directml:0"),
            ("openvino:gpu", "openvino:GPU"),
        ] {
            let device: Device = text.parse().unwrap();
            assert_eq!(device.to_string(), written);
            assert_eq!(written.parse::<Device>().unwrap(), device);
        }
    }

    #[test]
    fn what_is_no_device_is_named_with_those_that_are() {
        for text in ["gpu", "cuda:x", "cpu:1", "", "cuda:-1"] {
            let message = text.parse::<Device>().unwrap_err().to_string();
            assert!(message.contains(text) && message.contains("cuda:0"), "{message}");
        }
    }
}
