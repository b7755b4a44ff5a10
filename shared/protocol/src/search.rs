//! How a library is asked: the requests, and the trait behind which a library in this process and a server look alike.

use std::fmt;

use serde::de::{SeqAccess, Visitor, value::SeqAccessDeserializer};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};
use utoipa::{IntoParams, ToSchema};

use crate::{
    DuplicateResults, DuplicatesRequest, Facets, FacetsRequest, Failure, Hit, ImageId, LibraryStatus, PhotoPath,
    ProtocolError, SavedSearch, SearchName, SearchResults, UnusualResults,
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

    /// The searches that were saved, by name.
    fn saved_searches(&self) -> Result<Vec<SavedSearch>, ProtocolError>;

    /// Keeps a search under its name, instead of one that had it before.
    fn save_search(&self, saved: &SavedSearch) -> Result<(), ProtocolError>;

    /// Forgets the search of this name.
    fn forget_search(&self, name: &SearchName) -> Result<(), ProtocolError>;
}

/// The relevance from which on a photo is probably what was meant.
pub const RELEVANT: f32 = 0.5;

/// `POST /api/v1/search`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct SearchRequest {
    /// The query, in the grammar of `Query`; may be empty beside a `filter` or photos that are liked.
    #[serde(alias = "q", default)]
    pub query: String,
    /// How many results at most, 1 to 10,000.
    #[serde(default = "ten")]
    #[schema(minimum = 1, maximum = 10_000, default = 10)]
    #[param(minimum = 1, maximum = 10_000, default = 10)]
    pub limit: usize,
    /// How many of the best to leave out first, for paging.
    #[serde(default)]
    pub offset: usize,
    /// The `next` of the page before: goes on there, whatever came to the library or left it since.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
    /// More like these photos of the library, each named by the first digits of its id; in an address, with commas between them.
    #[serde(default, deserialize_with = "list", skip_serializing_if = "Vec::is_empty")]
    #[schema(schema_with = list_schema)]
    #[param(value_type = String, example = "3fa9,07c1")]
    pub like: Vec<String>,
    /// Less like these, which are left out themselves.
    #[serde(default, deserialize_with = "list", skip_serializing_if = "Vec::is_empty")]
    #[schema(schema_with = list_schema)]
    #[param(value_type = String)]
    pub unlike: Vec<String>,
    /// Leaves out photos of less relevance, 0 to 1; 0.5 keeps what was probably meant.
    #[serde(default)]
    #[schema(minimum = 0, maximum = 1)]
    #[param(minimum = 0, maximum = 1)]
    pub min_relevance: f32,
    /// The order of a page's photos.
    #[serde(default)]
    pub sort: SortOrder,
    /// Whether near-identical shots are one result: the best of them.
    #[serde(default)]
    pub dedupe: bool,
    /// Puts a page's photos together by what they share; the group of the best photo comes first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<GroupBy>,
    /// Whether each photo is to be explained: what each term adds to its score, and what it looks like.
    #[serde(default)]
    pub explain: bool,
    /// What photos must fulfil besides the filters in the query; see `Filter::from_json`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>, example = json!({"taken": {"gte": "2023-06", "lt": "2023-10"}, "tag": {"none": ["blurred"]}}))]
    #[param(ignore)]
    pub filter: Option<Map<String, Value>>,
}

impl SearchRequest {
    /// The `limit` best photos for a query.
    pub fn new(query: impl Into<String>, limit: usize) -> Self {
        Self { query: query.into(), limit, ..Self::default() }
    }
}

impl Default for SearchRequest {
    fn default() -> Self {
        Self {
            query: String::new(),
            limit: ten(),
            offset: 0,
            cursor: None,
            like: vec![],
            unlike: vec![],
            min_relevance: 0.0,
            sort: SortOrder::default(),
            dedupe: false,
            group: None,
            explain: false,
            filter: None,
        }
    }
}

/// How the API's description shows what [`list`] reads.
fn list_schema() -> utoipa::openapi::schema::Schema {
    use utoipa::openapi::schema::{ArrayBuilder, ObjectBuilder, OneOfBuilder, Type};

    let text = || ObjectBuilder::new().schema_type(Type::String);
    OneOfBuilder::new().item(ArrayBuilder::new().items(text())).item(text()).build().into()
}

/// A list, or in an address its parts with commas between them.
fn list<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    struct List;

    impl<'de> Visitor<'de> for List {
        type Value = Vec<String>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a list of texts, or texts with commas between them")
        }

        fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
            Ok(text.split(',').map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect())
        }

        fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Self::Value, A::Error> {
            Vec::deserialize(SeqAccessDeserializer::new(list))
        }
    }

    deserializer.deserialize_any(List)
}

/// What photos of a group share.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum GroupBy {
    /// The day on which they were taken, by the camera's clock.
    Day,
    /// The month.
    Month,
    /// The year.
    Year,
    /// The folder of the file.
    Folder,
}

/// In which order a page's photos stand. Which photos are on it is decided by their scores; for a filter alone, by this order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
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
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct SimilarRequest {
    /// How many results at most, 1 to 10,000.
    #[serde(default = "ten")]
    #[param(minimum = 1, maximum = 10_000, default = 10)]
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
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RankRequest {
    /// The query, in the grammar of `Query`.
    pub query: String,
    /// Photos by identity.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ids: Vec<ImageId>,
    /// Photos by path.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub paths: Vec<PhotoPath>,
}

/// `GET /api/v1/unusual`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct UnusualRequest {
    /// How many results at most, 1 to 10,000.
    #[serde(default = "ten")]
    #[param(minimum = 1, maximum = 10_000, default = 10)]
    pub limit: usize,
    /// How many of the most unusual to leave out first, for paging.
    #[serde(default)]
    pub offset: usize,
    /// How many nearest distinct neighbours a score is the mean of, 1 to 100; for `atypical`, how many of the cluster's most
    /// central photos explain it.
    #[serde(default = "ten")]
    #[param(minimum = 1, maximum = 100, default = 10)]
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
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_come_as_such_or_with_commas() {
        let like = |json: &str| serde_json::from_str::<SearchRequest>(json).map(|request| request.like);
        assert_eq!(like(r#"{"like": ["ab", "cd"]}"#).unwrap(), ["ab", "cd"]);
        assert_eq!(like(r#"{"like": "ab, cd,"}"#).unwrap(), ["ab", "cd"]);
        assert!(like("{}").unwrap().is_empty());
        assert!(like(r#"{"like": 7}"#).unwrap_err().to_string().contains("commas"));
    }
}
