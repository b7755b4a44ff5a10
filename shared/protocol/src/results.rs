//! Replies to queries: photos with their scores.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{Facet, ImageId, PhotoMetadata, PhotoPath};

/// A photo as replies show it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Photo {
    /// Identity of its content.
    pub id: ImageId,
    /// Where it is; the first in path order when there are copies.
    pub path: String,
    /// The exact path in base64, only where `path` is not exact because the name is not UTF-8.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path_bytes: Option<String>,
    /// Where its copies are.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub copies: Vec<String>,
    /// Size, format, date, camera, place.
    #[serde(flatten)]
    pub metadata: PhotoMetadata,
}

impl Photo {
    /// The photo `id` found at `paths` (in path order, the first is where it is, the others are its copies).
    pub fn new(id: ImageId, paths: &[PhotoPath], metadata: PhotoMetadata) -> Self {
        let (path, path_bytes) = paths.first().map(text_and_bytes).unwrap_or_default();
        let copies = paths.iter().skip(1).map(PhotoPath::to_string).collect();
        Self { id, path, path_bytes, copies, metadata }
    }

    /// The exact path.
    pub fn photo_path(&self) -> PhotoPath {
        exact_path(&self.path, self.path_bytes.as_deref())
    }
}

/// A path for JSON: its text, and its exact bytes in base64 where the text is not exact because the name is not UTF-8.
pub fn text_and_bytes(path: &PhotoPath) -> (String, Option<String>) {
    (path.to_string(), path.to_str().is_none().then(|| STANDARD.encode(path.as_bytes())))
}

/// The path that [`text_and_bytes`] wrote.
pub fn exact_path(text: &str, bytes: Option<&str>) -> PhotoPath {
    bytes
        .and_then(|bytes| STANDARD.decode(bytes).ok())
        .map_or_else(|| PhotoPath::from(text), |bytes| PhotoPath::from_bytes(&bytes))
}

fn is_zero(count: &usize) -> bool {
    *count == 0
}

/// A search result.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Hit {
    /// The photo.
    #[serde(flatten)]
    pub photo: Photo,
    /// Cosine similarity to the query, -1..1.
    pub score: f32,
    /// Whether the photo is what the query means, 0..1: for words, by how much better they explain the photo than everyday
    /// concepts do; for other queries by how far the score stands out from the library. See [`crate::RELEVANT`].
    pub relevance: f32,
    /// How many near-identical shots were folded into it.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub folded: usize,
    /// Why it was found, where that was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub explanation: Option<Explanation>,
}

impl Hit {
    /// A photo that stands for itself alone, unexplained.
    pub fn new(photo: Photo, score: f32, relevance: f32) -> Self {
        Self { photo, score, relevance, folded: 0, explanation: None }
    }
}

/// Why a photo has its score.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Explanation {
    /// What each term of the query adds to the score; together they are the score.
    pub terms: Vec<TermShare>,
    /// The photos of the library that look most like it, nearest first.
    pub neighbours: Vec<Neighbour>,
}

/// One term's part of a score.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct TermShare {
    /// The term.
    pub term: String,
    /// Its weight in the query, negative for what is to be avoided.
    pub weight: f32,
    /// Cosine similarity of the photo to this term alone, -1..1.
    pub similarity: f32,
    /// Similarity times weight, divided by the length of the weighted sum of all terms.
    pub share: f32,
}

/// Search results, best first; equal scores in path order.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SearchResults {
    /// The photos.
    pub results: Vec<Hit>,
    /// How many that would have been on this page were left out as not relevant enough.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub weaker: usize,
    /// For grouped results: the groups in their order, each with how many of the photos, which stand in that order, it has.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<Facet>,
    /// The `cursor` of the next page; none on the last one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
    /// How long the search took in the server, milliseconds, the query's embedding included.
    pub took_ms: f64,
    /// How the photos were found, in words: an exact scan, or a walk through the search graph; nothing for photos that were listed by
    /// file name alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<String>,
}

/// A photo that explains another one's score.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Neighbour {
    /// Identity of its content.
    pub id: ImageId,
    /// Where it is.
    pub path: String,
    /// Cosine similarity, -1..1.
    pub score: f32,
}

/// A photo with its unusualness.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct UnusualHit {
    /// The photo.
    #[serde(flatten)]
    pub photo: Photo,
    /// 1 - mean cosine similarity to the nearest distinct neighbours, or 1 - cosine similarity to the centre of its cluster,
    /// 0..2; higher is more unusual.
    pub score: f32,
    /// Those neighbours, nearest first, or the cluster's most central photos: they explain the score.
    pub neighbours: Vec<Neighbour>,
    /// How many near-identical shots of this picture were folded into it.
    pub folded: usize,
}

/// Photos by unusualness, most unusual first; equal scores in path order.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct UnusualResults {
    /// The photos.
    pub results: Vec<UnusualHit>,
    /// How many neighbours each score is the mean of.
    pub neighbours: usize,
}

/// A loose file with its score, as `foray rank` prints it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RankedFile {
    /// The file.
    pub path: String,
    /// The exact path in base64, only where `path` is not exact because the name is not UTF-8.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path_bytes: Option<String>,
    /// Cosine similarity to the query, -1..1.
    pub score: f32,
}

impl RankedFile {
    /// `path` with its `score`.
    pub fn new(path: &PhotoPath, score: f32) -> Self {
        let (path, path_bytes) = text_and_bytes(path);
        Self { path, path_bytes, score }
    }

    /// The exact path.
    pub fn photo_path(&self) -> PhotoPath {
        exact_path(&self.path, self.path_bytes.as_deref())
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn a_reply_gives_back_a_path_that_is_not_utf8() {
        let path = PhotoPath::from_bytes(b"/caf\xe9.jpg");
        let file = RankedFile::new(&path, 0.25);
        let json = serde_json::to_string(&file).unwrap();
        assert_eq!(serde_json::from_str::<RankedFile>(&json).unwrap().photo_path(), path);
    }
}
