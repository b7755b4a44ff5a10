//! What assistants are told: of each photo what helps to choose and to speak about it, no more.

use foray_protocol::{Facet, Facets, Hit, IndexPhase, LibraryStatus, Photo, UnusualHit};
use schemars::JsonSchema;
use serde::Serialize;

/// Of each kind of facet, so many values are told.
const VALUES: usize = 20;

/// Photos in their order.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Photos {
    /// The photos.
    pub results: Vec<Found>,
    /// How many more were left out as not relevant enough.
    pub weaker: usize,
}

/// A photo that was found.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Found {
    /// Identity of its content; other tools take it.
    pub id: String,
    /// Its file.
    pub path: String,
    /// Cosine similarity to the query, -1 to 1; for unusual photos the distance from others, 0 to 2, higher is more unusual.
    pub score: f64,
    /// Whether the photo is what the query means, 0 to 1; from 0.5 on it probably is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub relevance: Option<f64>,
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
    /// When it was taken by the camera's clock.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub taken_at: Option<String>,
    /// The nearest town and its country.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
    /// Latitude and longitude in degrees.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub position: Option<(f64, f64)>,
    /// Make and model.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub camera: Option<String>,
    /// Stars, 1 to 5; -1 for rejected.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rating: Option<i8>,
    /// Words that somebody gave it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub keywords: Vec<String>,
    /// A sentence that somebody wrote about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub caption: Option<String>,
    /// How many near-identical shots it stands for besides itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub folded: Option<usize>,
}

impl Found {
    fn new(photo: &Photo, score: f32) -> Self {
        let description = photo.metadata.description.clone();
        Self {
            id: photo.id.to_string(),
            path: photo.path.clone(),
            score: short(score),
            relevance: None,
            width: photo.metadata.width,
            height: photo.metadata.height,
            taken_at: description.taken_at,
            place: description.place,
            position: description.position,
            camera: description.camera,
            rating: description.rating,
            keywords: description.keywords,
            caption: description.caption,
            folded: None,
        }
    }
}

impl From<&Hit> for Found {
    fn from(hit: &Hit) -> Self {
        let folded = Some(hit.folded).filter(|folded| *folded > 0);
        Self { relevance: Some(short(hit.relevance)), folded, ..Self::new(&hit.photo, hit.score) }
    }
}

impl From<&UnusualHit> for Found {
    fn from(hit: &UnusualHit) -> Self {
        let folded = Some(hit.folded).filter(|folded| *folded > 0);
        Self { folded, ..Self::new(&hit.photo, hit.score) }
    }
}

/// Four digits after the point: more would only have to be read.
fn short(number: f32) -> f64 {
    (f64::from(number) * 1e4).round() / 1e4
}

/// What the library holds.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Description {
    /// Distinct photos that can be found.
    pub photos: usize,
    /// Files that could not be indexed.
    pub failed: usize,
    /// The folders that it covers.
    pub folders: Vec<String>,
    /// The model that photos and words are compared by.
    pub model: String,
    /// Whether photos are being indexed now, so that some may be missing yet.
    pub indexing: bool,
    /// How many photos fulfil the filter.
    pub matching: usize,
    /// How these divide; the values can be used in filters.
    pub counts: Counts,
}

/// How photos divide, the most frequent values of each kind.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Counts {
    /// By year (taken:2023).
    pub years: Vec<Count>,
    /// By camera (camera:"Pixel 7").
    pub cameras: Vec<Count>,
    /// By lens (lens:50mm).
    pub lenses: Vec<Count>,
    /// By the nearest town (place:"Kreuzberg, Germany").
    pub places: Vec<Count>,
    /// By folder (in:Trips).
    pub folders: Vec<Count>,
    /// By file format (type:jpeg).
    pub types: Vec<Count>,
    /// By keyword and junk label (tag:flowers).
    pub tags: Vec<Count>,
}

/// A value and how many photos have it.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Count {
    /// The value.
    pub value: String,
    /// Photos.
    pub count: usize,
}

impl Description {
    pub fn new(status: &LibraryStatus, facets: &Facets) -> Self {
        let phase = status.progress.as_ref().map(|progress| progress.phase);
        Self {
            photos: status.photos,
            failed: status.failed,
            folders: status.roots.iter().map(ToString::to_string).collect(),
            model: status.space.space.model().to_owned(),
            indexing: phase == Some(IndexPhase::Indexing),
            matching: facets.photos,
            counts: Counts {
                years: counts(&facets.years),
                cameras: counts(&facets.cameras),
                lenses: counts(&facets.lenses),
                places: counts(&facets.places),
                folders: counts(&facets.folders),
                types: counts(&facets.types),
                tags: counts(&facets.tags),
            },
        }
    }
}

fn counts(facets: &[Facet]) -> Vec<Count> {
    facets.iter().take(VALUES).map(|facet| Count { value: facet.value.clone(), count: facet.count }).collect()
}
