//! The models that there are: which are here, what each is good for, and how far the library is covered by it.

use foray_embedding::{BUILTIN, CatalogueEntry, Embedder, InstalledModel, Receipt, catalogue};
use foray_protocol::{ProtocolError, SpaceCoverage};
use serde::Serialize;
use utoipa::ToSchema;

use crate::model_control::ModelDesk;
use crate::service::SearchService;

const MEGABYTE: u64 = 1_000_000;
const NOTE_ON_BUILTIN: &str = "Part of the program, and needs no download; the other models find more.";

/// A model.
#[derive(Serialize, ToSchema)]
#[schema(as = Model)]
pub(crate) struct ListedModel {
    /// What it is pulled and used by.
    name: String,
    /// Whether it is on this machine.
    is_here: bool,
    /// Whether the library is searched by it.
    in_use: bool,
    /// Where it is from.
    #[serde(skip_serializing_if = "Option::is_none")]
    repository: Option<String>,
    /// Its licence, as SPDX writes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    licence: Option<String>,
    /// Components of an embedding.
    #[serde(skip_serializing_if = "Option::is_none")]
    dimension: Option<usize>,
    /// The languages of its queries, as people would name them.
    languages: Vec<String>,
    /// What it is the right choice for.
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
    /// Its size on the disk; of one that is not here, about that of the download.
    #[serde(skip_serializing_if = "Option::is_none")]
    bytes: Option<u64>,
    /// Published: memory of a process that uses it.
    #[serde(skip_serializing_if = "Option::is_none")]
    memory_bytes: Option<u64>,
    /// Photos that have an embedding by it.
    vectors: usize,
}

impl ListedModel {
    /// The model of this name, `here` if it is in the store.
    fn new(name: &str, here: Option<&InstalledModel>, searched_by: &Embedder) -> Self {
        let (published, receipt) = (CatalogueEntry::find(name), here.and_then(|model| model.receipt.as_ref()));
        let (in_use, is_builtin) = (searched_by.space().model() == name, name == BUILTIN);
        let download = published.map(|entry| u64::from(entry.download_mb) * MEGABYTE);
        Self {
            name: name.to_owned(),
            is_here: here.is_some() || is_builtin,
            in_use,
            repository: published.map(|entry| &entry.repository).or(receipt.map(|receipt| &receipt.source)).cloned(),
            licence: published.map(|entry| entry.licence.clone()),
            dimension: published.map(|entry| entry.dimension).or(in_use.then(|| searched_by.dimension())),
            languages: published.map(|entry| entry.languages.clone()).into_iter().collect(),
            note: published.map(|entry| entry.choose.clone()).or(is_builtin.then(|| NOTE_ON_BUILTIN.to_owned())),
            bytes: receipt.map(Receipt::size).or(download),
            memory_bytes: published.map(|entry| u64::from(entry.memory_mb) << 20),
            vectors: 0,
        }
    }
}

/// All models and the number of photos.
pub(crate) fn all_models(
    desk: &ModelDesk,
    service: &SearchService,
) -> Result<(Vec<ListedModel>, usize), ProtocolError> {
    let (coverage, photos) = (desk.coverage.of(service.library().as_ref())?, service.library().status()?.photos);
    let (installed, embedder) = (desk.control.store.installed(), service.embedder().get());
    let known = catalogue().iter().map(|entry| entry.name.as_str());
    let others = installed.iter().map(|model| model.name.as_str()).filter(|name| CatalogueEntry::find(name).is_none());
    let of_name = |name: &str| {
        let here = installed.iter().find(|model| model.name == name);
        let vectors = vectors_of(name, &coverage).min(photos);
        ListedModel { vectors, ..ListedModel::new(name, here, &embedder) }
    };
    Ok(([BUILTIN].into_iter().chain(known).chain(others).map(of_name).collect(), photos))
}

/// Vectors by the model of this name; where there are some of several versions of it, those of which there are most.
fn vectors_of(name: &str, coverage: &[SpaceCoverage]) -> usize {
    let own = coverage.iter().filter(|coverage| coverage.space.model() == name);
    own.map(|coverage| coverage.vectors).max().unwrap_or(0)
}
