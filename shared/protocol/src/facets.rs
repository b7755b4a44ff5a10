//! How photos divide: by year, camera, folder and the like.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// `GET /api/v1/facets`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct FacetsRequest {
    /// Which photos are counted, as filters are written in queries; all without.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filter: Option<String>,
}

/// How many photos have each value; the most frequent values first, at most 100 of each kind.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Facets {
    /// Photos that were counted.
    pub photos: usize,
    /// By the year in which they were taken; the latest first.
    pub years: Vec<Facet>,
    /// By camera.
    pub cameras: Vec<Facet>,
    /// By lens.
    pub lenses: Vec<Facet>,
    /// By the nearest town.
    pub places: Vec<Facet>,
    /// By folder; a photo with copies in several counts in each.
    pub folders: Vec<Facet>,
    /// By file format.
    pub types: Vec<Facet>,
    /// By keyword and junk label.
    pub tags: Vec<Facet>,
}

/// A value and how many photos have it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Facet {
    /// The value, as a filter takes it.
    pub value: String,
    /// Photos.
    pub count: usize,
}
