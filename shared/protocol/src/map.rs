//! The map of a library: every photo's place on a plane, on which photos that look alike lie together.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::ImageId;

/// `GET /api/v1/map`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct MapRequest {
    /// Which photos are shown, as filters are written in queries; all without. They lie where they lie on the map of all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filter: Option<String>,
}

/// Photos with their places; the lists speak of the same photos in the same order.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PhotoMap {
    /// Grows with every change of the library while a server runs.
    pub version: u64,
    /// How many photos are shown.
    pub points: usize,
    /// The photos.
    pub ids: Vec<ImageId>,
    /// How far right, 0 to 1; both coordinates in the same unit.
    pub x: Vec<f32>,
    /// How far down, 0 to 1.
    pub y: Vec<f32>,
    /// Which of `clusters` each belongs to; -1 for none.
    pub cluster: Vec<i32>,
    /// Connected dense areas of the map, those of most photos first.
    pub clusters: Vec<MapCluster>,
    /// When each was taken by the camera's clock, in years: 2023.5 is the middle of 2023. `null` where that is not known.
    pub taken: Vec<Option<f64>>,
    /// Tags that photos have as their first one.
    pub tags: Vec<String>,
    /// Which of `tags` is each photo's first; -1 for none.
    pub tag: Vec<i32>,
}

/// Photos that lie together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct MapCluster {
    /// How many photos it has, of those that are shown.
    pub size: usize,
    /// The most central of these.
    pub representative: ImageId,
    /// The everyday noun that fits it best in comparison with the other clusters, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
}
