//! A model: its description, its tokenizer's file and its two graphs, from the program itself or from a folder.

use std::fs;
use std::path::{Path, PathBuf};

use foray_protocol::SpaceId;
use serde::de::DeserializeOwned;

use crate::EmbeddingError;
use crate::builtin;
use crate::manifest::{Config, Manifest, Preprocessing, TokenizerConfig};
use crate::store::Receipt;
use crate::weights::hash_of_weights;

/// The name of the model that is part of the program.
pub const BUILTIN: &str = "builtin";

/// What CLIP learned to multiply cosine similarities with (Radford et al., 2021); SigLIP's is much the same.
const LOGIT_SCALE: f64 = 100.0;
/// The scale of 10, 20, 30, 50 and 100 at which the built-in model's probabilities are nearest to how often it is right on the 1,515
/// photos of Caltech 101 by class names: expected calibration errors of 0.178, 0.108, 0.235, 0.365 and 0.474.
const BUILTIN_LOGIT_SCALE: f64 = 20.0;

/// Changes whenever pictures are prepared otherwise than before: vectors from before and after must not share a space.
const PREPROCESSING_REVISION: &[u8] = b"2";

/// A model, described but not loaded.
#[derive(Clone, Debug)]
pub struct Model {
    name: String,
    space: SpaceId,
    pub(crate) manifest: Manifest,
    pub(crate) tokenizer: Vec<u8>,
    pub(crate) visual: GraphSource,
    pub(crate) textual: GraphSource,
}

/// Where a graph (ONNX) is.
#[derive(Clone, Debug)]
pub(crate) enum GraphSource {
    Embedded(&'static [u8]),
    /// May have its weights in other files beside it.
    File(PathBuf),
    /// Changed after it was read; weights in other files are in the folder.
    Rewritten {
        bytes: Vec<u8>,
        folder: Option<PathBuf>,
    },
}

/// A model's small files, read.
struct Description<'a> {
    config: &'a [u8],
    preprocessing: &'a [u8],
    tokenizer_config: Option<&'a [u8]>,
    tokenizer: Vec<u8>,
    /// BLAKE3 of the visual tower's weights, as it is written.
    weights: &'a str,
}

impl Model {
    /// The model that needs no download.
    ///
    /// # Errors
    /// None in a program that was built from a sound source tree.
    pub fn builtin() -> Result<Self, EmbeddingError> {
        let description = Description {
            config: builtin::CONFIG,
            preprocessing: builtin::PREPROCESSING,
            tokenizer_config: Some(builtin::TOKENIZER_CONFIG),
            tokenizer: builtin::TOKENIZER.to_vec(),
            weights: builtin::VISUAL_HASH,
        };
        let towers = (GraphSource::Embedded(builtin::VISUAL), GraphSource::Embedded(builtin::TEXTUAL));
        Self::assemble(BUILTIN, Path::new(BUILTIN), description, towers)
    }

    /// The model in `folder`: `config.json`, `visual/model.onnx`, `visual/preprocess_cfg.json`, `textual/model.onnx`,
    /// `textual/tokenizer.json` and, where there is one, `textual/tokenizer_config.json`.
    ///
    /// # Errors
    /// [`EmbeddingError::ModelFile`] and [`EmbeddingError::Manifest`], which name the file.
    pub fn from_folder(folder: &Path) -> Result<Self, EmbeddingError> {
        let read = |name: &str| {
            let file = folder.join(name);
            fs::read(&file).map_err(|source| EmbeddingError::ModelFile { file, source })
        };
        let (config, preprocessing) = (read("config.json")?, read("visual/preprocess_cfg.json")?);
        let tokenizer_config = read("textual/tokenizer_config.json").ok();
        let weights = match Receipt::trusted_weights(folder) {
            Some(known) => known,
            None => hash_of_weights(&folder.join("visual"))?,
        };
        let description = Description {
            config: &config,
            preprocessing: &preprocessing,
            tokenizer_config: tokenizer_config.as_deref(),
            tokenizer: read("textual/tokenizer.json")?,
            weights: &weights,
        };
        let towers = (graph_file(folder, "visual/model.onnx")?, graph_file(folder, "textual/model.onnx")?);
        let name = folder.file_name().map_or_else(|| folder.to_string_lossy(), |name| name.to_string_lossy());
        Self::assemble(&name, folder, description, towers)
    }

    fn assemble(
        name: &str,
        folder: &Path,
        description: Description<'_>,
        (visual, textual): (GraphSource, GraphSource),
    ) -> Result<Self, EmbeddingError> {
        let config: Config = parse(folder, "config.json", description.config)?;
        let tokenizer_config = description.tokenizer_config.unwrap_or(b"{}");
        let tokenizer_config: TokenizerConfig = parse(folder, "textual/tokenizer_config.json", tokenizer_config)?;
        let preprocessing: Preprocessing = parse(folder, "visual/preprocess_cfg.json", description.preprocessing)?;
        // Stored vectors are those of pictures: a better text tower for the same visual one leaves them right.
        let weights = description.weights.as_bytes();
        let fingerprint = [description.config, description.preprocessing, weights, PREPROCESSING_REVISION].concat();
        Ok(Self {
            name: name.to_owned(),
            space: SpaceId::new(name, &fingerprint),
            manifest: Manifest {
                dimension: config.embed_dim.get(),
                preprocessing,
                text: config.text_cfg,
                pad_token: tokenizer_config.pad_token.map(String::from),
                sep_token: tokenizer_config.sep_token.map(String::from),
            },
            tokenizer: description.tokenizer,
            visual,
            textual,
        })
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What cosine similarities are multiplied with so that their softmax are probabilities.
    pub fn logit_scale(&self) -> f64 {
        if self.name == BUILTIN { BUILTIN_LOGIT_SCALE } else { LOGIT_SCALE }
    }

    /// The space of its embeddings.
    pub fn space(&self) -> &SpaceId {
        &self.space
    }

    /// Components of an embedding.
    pub fn dimension(&self) -> usize {
        self.manifest.dimension
    }
}

fn graph_file(folder: &Path, name: &str) -> Result<GraphSource, EmbeddingError> {
    let file = folder.join(name);
    match fs::metadata(&file) {
        Ok(_) => Ok(GraphSource::File(file)),
        Err(source) => Err(EmbeddingError::ModelFile { file, source }),
    }
}

fn parse<T: DeserializeOwned>(folder: &Path, name: &str, bytes: &[u8]) -> Result<T, EmbeddingError> {
    serde_json::from_slice(bytes)
        .map_err(|error| EmbeddingError::Manifest { file: folder.join(name), reason: error.to_string() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_builtin_model_describes_itself() {
        let model = Model::builtin().unwrap();
        assert_eq!((model.name(), model.dimension()), ("builtin", 384));
        assert_eq!(model.manifest.preprocessing.size, 260);
        assert_eq!(model.space(), Model::builtin().unwrap().space());
    }

    #[test]
    fn the_builtin_model_is_a_folder_like_any_other() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models/builtin");
        assert_eq!(Model::from_folder(&folder).unwrap().space(), Model::builtin().unwrap().space());
    }

    #[test]
    fn the_hash_of_the_builtin_weights_is_right() {
        assert_eq!(blake3::hash(builtin::VISUAL).to_string(), builtin::VISUAL_HASH);
    }

    #[test]
    fn one_changed_number_makes_another_space() {
        let folder = tempfile::tempdir().unwrap();
        let copy = folder.path().join("builtin");
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models/builtin");
        for part in ["config.json", "visual/preprocess_cfg.json", "textual/tokenizer.json", "textual/model.onnx"] {
            fs::create_dir_all(copy.join(part).parent().unwrap()).unwrap();
            fs::copy(source.join(part), copy.join(part)).unwrap();
        }
        let mut weights = builtin::VISUAL.to_vec();
        let middle = weights.len() / 2;
        weights[middle] ^= 1;
        fs::write(copy.join("visual/model.onnx"), weights).unwrap();
        let changed = Model::from_folder(&copy).unwrap();
        assert_eq!(changed.name(), "builtin");
        assert_ne!(changed.space(), Model::builtin().unwrap().space());
    }

    #[test]
    fn a_missing_file_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let message = Model::from_folder(folder.path()).unwrap_err().to_string();
        assert!(message.contains("config.json"), "{message}");
    }
}
