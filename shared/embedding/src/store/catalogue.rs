//! The models that are known by name: where they are, what they are good for.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde::{Deserialize, Serialize};

const CATALOGUE: &str = include_str!("../../../../models/catalogue.toml");

/// A published model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CatalogueEntry {
    /// Its name.
    pub name: String,
    /// Its repository on the hub, `owner/name`.
    pub repository: String,
    /// Its licence, as SPDX writes it.
    pub licence: String,
    /// Components of an embedding.
    pub dimension: usize,
    /// The languages of its queries.
    pub languages: String,
    /// Published: mean of recall@1, @5 and @10 on Crossmodal-3600, English, percent.
    pub recall: f32,
    /// Published: memory of a process with both towers, MiB.
    pub memory_mb: u32,
    /// About the size of the download, MB.
    pub download_mb: u32,
    /// What it is the right choice for.
    pub choose: String,
    /// The only revision to accept, where it is pinned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<String>,
    /// SHA-256 of files by their path, where they are pinned.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub sha256: BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct Catalogue {
    model: Vec<CatalogueEntry>,
}

/// All published models that Foray knows by name.
pub fn catalogue() -> &'static [CatalogueEntry] {
    static ENTRIES: OnceLock<Vec<CatalogueEntry>> = OnceLock::new();
    ENTRIES.get_or_init(|| {
        let catalogue: Catalogue = toml::from_str(CATALOGUE).expect("a test reads the catalogue of the source tree");
        catalogue.model
    })
}

impl CatalogueEntry {
    /// The entry of this name.
    pub fn find(name: &str) -> Option<&'static Self> {
        catalogue().iter().find(|entry| entry.name == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_fit_their_repositories() {
        for entry in catalogue() {
            assert_eq!(catalogue().iter().filter(|other| other.name == entry.name).count(), 1, "{}", entry.name);
            assert_eq!(entry.repository.split('/').next_back(), Some(entry.name.as_str()));
            assert!(entry.dimension > 0 && entry.recall > 0.0 && !entry.choose.is_empty(), "{}", entry.name);
        }
    }

    #[test]
    fn the_models_that_people_ask_for_are_there() {
        for name in [
            "ViT-B-32__openai",
            "ViT-B-32__laion2b-s34b-b79k",
            "ViT-B-16-SigLIP2__webli",
            "ViT-B-32-SigLIP2-256__webli",
            "ViT-SO400M-16-SigLIP2-384__webli",
            "XLM-Roberta-Base-ViT-B-32__laion5b_s13b_b90k",
            "nllb-clip-base-siglip__mrl",
        ] {
            assert!(CatalogueEntry::find(name).is_some(), "{name}");
        }
    }
}
