//! What assistants may ask for; the comments are the descriptions that they read.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::arguments::{KindArgument, SortArgument};

/// What photos are searched.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Search {
    /// What the photo shows, in a few plain words ("mushroom on tree bark"). Terms can be joined by " + " and " - " and weighted:
    /// "beach + 2:sunset - people". "id:3fa9" stands for a photo of the library. A "quoted" part must stand in the file's name.
    /// Filters may stand in it, too. Filters alone list all photos that fulfil them.
    pub query: String,
    /// More filters, all of which must hold: in:Trips/2024, taken:2023-06..2023-09 (also taken:2023, taken:<7d), indexed:<7d,
    /// camera:"Pixel 7", lens:50mm, near:Berlin,50km, place:italy, type:jpeg, w:>4000, orientation:portrait, rating:>=4,
    /// tag:flowers, caption:roses, has:gps. A minus leaves out: -tag:screenshot.
    pub filter: Option<String>,
    /// How many photos at most, 1 to 100.
    #[serde(default = "ten")]
    #[schemars(range(min = 1, max = 100))]
    pub limit: usize,
    /// How many of the best to leave out first, for the next page.
    #[serde(default)]
    pub offset: usize,
    /// Leave out photos of less relevance, 0 to 1; 0.5 keeps what is probably meant.
    #[serde(default)]
    #[schemars(range(min = 0.0, max = 1.0))]
    pub min_relevance: f32,
    /// The order of the photos on the page.
    #[serde(default)]
    pub sort: SortArgument,
    /// Whether near-identical shots are shown once.
    #[serde(default)]
    pub dedupe: bool,
}

/// What a picture is compared with.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Similar {
    /// "id:" with a photo's id as results show it, or the path of an image file, which need not be in the library.
    pub image: String,
    /// Filters as in `search`.
    pub filter: Option<String>,
    /// How many photos at most, 1 to 100.
    #[serde(default = "ten")]
    #[schemars(range(min = 1, max = 100))]
    pub limit: usize,
}

/// Which unusual photos.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Unusual {
    /// What unusual means.
    #[serde(default)]
    pub kind: KindArgument,
    /// Filters as in `search`: which photos are shown; all of them count as neighbours.
    pub filter: Option<String>,
    /// How many photos at most, 1 to 100.
    #[serde(default = "ten")]
    #[schemars(range(min = 1, max = 100))]
    pub limit: usize,
    /// How many of the most unusual to leave out first, for the next page.
    #[serde(default)]
    pub offset: usize,
    /// Whether to leave out black, blank, blurred and tiny photos, and screenshots.
    #[serde(default)]
    pub hide_junk: bool,
}

/// Which photos are put in order, and by what.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Rank {
    /// What they are compared with, as in `search`, without filters.
    pub query: String,
    /// Their ids, or their paths.
    pub photos: Vec<String>,
}

/// Which part of the library.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Describe {
    /// Filters as in `search`; the whole library without them.
    pub filter: Option<String>,
}

/// Which photo is looked at.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Thumbnail {
    /// The photo's id as results show it.
    pub id: String,
}

fn ten() -> usize {
    10
}
