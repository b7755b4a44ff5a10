//! How a library is asked: the requests, and the trait behind which a library in this process and a server look alike.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{
    DuplicateResults, DuplicatesRequest, Facets, FacetsRequest, Failure, Hit, ImageId, LibraryStatus, PhotoPath,
    ProtocolError, SearchResults, UnusualResults,
};

/// A library as those who search it see it.
///
/// Two implementations: the search service (in one process) and [`crate::Client`] (over HTTP); results are the same.
pub trait PhotoSearch: Send + Sync {
    /// Photos that fit a query, best first.
    fn search(&self, request: &SearchRequest) -> Result<SearchResults, ProtocolError>;

    /// Photos that look like the picture in `content` (the bytes of an image file).
    fn search_by_image(&self, content: &[u8], request: &SimilarRequest) -> Result<SearchResults, ProtocolError>;

    /// Photos that look like a photo of the library, itself left out.
    fn similar(&self, image: ImageId, request: &SimilarRequest) -> Result<SearchResults, ProtocolError>;

    /// The given photos of the library in the order of their scores for a query.
    fn rank(&self, request: &RankRequest) -> Result<Vec<Hit>, ProtocolError>;

    /// Photos by unusualness, most unusual first.
    fn unusual(&self, request: &UnusualRequest) -> Result<UnusualResults, ProtocolError>;

    /// Groups of photos that are, or look, the same; those that could free the most bytes first.
    fn duplicates(&self, request: &DuplicatesRequest) -> Result<DuplicateResults, ProtocolError>;

    /// How photos divide by year, camera, folder and the like.
    fn facets(&self, request: &FacetsRequest) -> Result<Facets, ProtocolError>;

    /// What the library holds and which parts serve it.
    fn status(&self) -> Result<LibraryStatus, ProtocolError>;

    /// Files that could not be indexed, in path order.
    fn failures(&self) -> Result<Vec<Failure>, ProtocolError>;
}

/// The relevance from which on a photo is probably what was meant.
pub const RELEVANT: f32 = 0.5;

/// `POST /api/v1/search`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SearchRequest {
    /// The query, in the grammar of [`crate::Query`]; may be empty beside a `filter`.
    #[serde(alias = "q", default)]
    pub query: String,
    /// How many results at most, 1 to 10,000.
    #[serde(default = "ten")]
    pub limit: usize,
    /// How many of the best to leave out first, for paging.
    #[serde(default)]
    pub offset: usize,
    /// Leaves out photos of less relevance, 0 to 1; [`RELEVANT`] keeps what was probably meant.
    #[serde(default)]
    pub min_relevance: f32,
    /// The order of a page's photos.
    #[serde(default)]
    pub sort: SortOrder,
    /// Whether near-identical shots are one result: the best of them.
    #[serde(default)]
    pub dedupe: bool,
    /// What photos must fulfil besides the filters in the query; see [`crate::Filter::from_json`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filter: Option<Map<String, Value>>,
}

impl SearchRequest {
    /// The `limit` best photos for a query.
    pub fn new(query: impl Into<String>, limit: usize) -> Self {
        let (min_relevance, sort, dedupe) = (0.0, SortOrder::default(), false);
        Self { query: query.into(), limit, offset: 0, min_relevance, sort, dedupe, filter: None }
    }
}

/// In which order a page's photos stand. Which photos are on it is decided by their scores; for a filter alone, by this order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SortOrder {
    /// The best first; by path, for a filter alone.
    #[default]
    Best,
    /// Those that were taken last first; photos without a date at the end.
    Newest,
    /// Those that were taken first first; photos without a date at the end.
    Oldest,
}

/// `GET /api/v1/images/{id}/similar` and `POST /api/v1/search/image`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SimilarRequest {
    /// How many results at most, 1 to 10,000.
    #[serde(default = "ten")]
    pub limit: usize,
    /// What the photos must fulfil, as filters are written in queries.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filter: Option<String>,
}

impl SimilarRequest {
    /// The `limit` photos that are most alike.
    pub fn new(limit: usize) -> Self {
        Self { limit, filter: None }
    }
}

/// `POST /api/v1/rank`: exactly one of `ids` and `paths` names the photos; they must be in the library.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RankRequest {
    /// The query, in the grammar of [`crate::Query`].
    pub query: String,
    /// Photos by identity.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ids: Vec<ImageId>,
    /// Photos by path.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub paths: Vec<PhotoPath>,
}

/// `GET /api/v1/unusual`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UnusualRequest {
    /// How many results at most, 1 to 10,000.
    #[serde(default = "ten")]
    pub limit: usize,
    /// How many of the most unusual to leave out first, for paging.
    #[serde(default)]
    pub offset: usize,
    /// How many nearest distinct neighbours a score is the mean of, 1 to 100; for `atypical`, how many of the cluster's most
    /// central photos explain it.
    #[serde(default = "ten")]
    pub neighbours: usize,
    /// What unusual means.
    #[serde(default)]
    pub kind: UnusualKind,
    /// Whether to leave out what is labelled as junk; it counts as a neighbour in any case.
    #[serde(default)]
    pub hide_junk: bool,
    /// What the photos shown must fulfil, as filters are written in queries; the others count as neighbours in any case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filter: Option<String>,
}

/// What makes a photo unusual.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum UnusualKind {
    /// Far from its nearest distinct neighbours: nothing else is like it.
    #[default]
    Unique,
    /// Far from the centre of its own cluster: the odd one among photos of its kind.
    Atypical,
}

impl UnusualKind {
    /// Its name in requests.
    pub fn name(self) -> &'static str {
        match self {
            Self::Unique => "unique",
            Self::Atypical => "atypical",
        }
    }
}

pub(crate) fn ten() -> usize {
    10
}
