//! The search service: a library and an embedder together answer queries. HTTP and the command line both stand on it.

use std::sync::Arc;
use std::time::Instant;

use foray_embedding::{DecodeLimits, Embedder, EmbeddingError, decode};
use foray_library::{Library, LibraryError, PhotoQuery};
use foray_protocol::{
    DuplicateResults, DuplicatesRequest, Failure, Hit, ImageId, LibraryStatus, PhotoSearch, Problem, ProblemKind,
    ProtocolError, Query, RankRequest, SearchRequest, SearchResults, Subject, UnitVector, UnusualRequest,
    UnusualResults,
};

/// Answers queries from a library in this process.
#[derive(Clone)]
pub struct SearchService {
    library: Arc<Library>,
    embedder: Arc<Embedder>,
}

impl SearchService {
    /// A service over `library`, its queries embedded by `embedder`.
    pub fn new(library: Arc<Library>, embedder: Arc<Embedder>) -> Self {
        Self { library, embedder }
    }

    /// The library.
    pub fn library(&self) -> &Arc<Library> {
        &self.library
    }

    /// The embedder.
    pub fn embedder(&self) -> &Arc<Embedder> {
        &self.embedder
    }

    /// The direction of `query`, checked to be comparable with the library's vectors; `None` for file names alone.
    fn vector_of(&self, query: &Query) -> Result<Option<UnitVector>, ProtocolError> {
        self.check_space()?;
        query_vector(query, &self.embedder, |digits| {
            let id = self.library.find_photo(digits)?;
            Ok(self.library.vector(id)?)
        })
    }

    fn check_space(&self) -> Result<(), LibraryError> {
        match self.library.space() {
            Some(expected) if expected != *self.embedder.space() => {
                Err(LibraryError::WrongSpace { expected, got: self.embedder.space().clone() })
            }
            _ => Ok(()),
        }
    }

    fn timed(&self, begun: Instant, query: &PhotoQuery<'_>) -> Result<SearchResults, ProtocolError> {
        let results = self.library.search(query)?;
        Ok(SearchResults { results, took_ms: begun.elapsed().as_secs_f64() * 1e3 })
    }
}

/// The weighted sum of a query's terms, made a unit vector; `None` without terms. `photo` gives the vectors of photos that
/// the query names by the first digits of their ids.
///
/// # Errors
/// Those of embedding and of `photo`, and a bad request when the terms cancel each other out.
pub fn query_vector(
    query: &Query,
    embedder: &Embedder,
    photo: impl Fn(&str) -> Result<UnitVector, ProtocolError>,
) -> Result<Option<UnitVector>, ProtocolError> {
    if query.terms.is_empty() {
        return Ok(None);
    }
    let mut sum = vec![0f32; embedder.dimension()];
    for term in &query.terms {
        let vector = match &term.subject {
            Subject::Text(text) => embedder.embed_text(text).map_err(|error| embedding_problem(&error))?,
            Subject::Photo(digits) => photo(digits)?,
        };
        sum.iter_mut().zip(vector.as_slice()).for_each(|(sum, x)| *sum += term.weight * x);
    }
    let cancelled =
        |_| Problem::new(ProblemKind::BadRequest, "the query's terms cancel each other out; change a weight");
    Ok(Some(UnitVector::normalized(sum).map_err(cancelled)?))
}

fn embedding_problem(error: &EmbeddingError) -> ProtocolError {
    Problem::new(ProblemKind::Internal, error.to_string()).into()
}

impl PhotoSearch for SearchService {
    fn search(&self, request: &SearchRequest) -> Result<SearchResults, ProtocolError> {
        let begun = Instant::now();
        let query: Query = request.query.parse()?;
        let vector = self.vector_of(&query)?;
        let SearchRequest { limit, offset, .. } = *request;
        self.timed(begun, &PhotoQuery { vector: vector.as_ref(), names: &query.names, exclude: None, limit, offset })
    }

    fn search_by_image(&self, content: &[u8], limit: usize) -> Result<SearchResults, ProtocolError> {
        let begun = Instant::now();
        self.check_space()?;
        let unreadable = |error: &dyn ToString| Problem::new(ProblemKind::UnreadableImage, error.to_string());
        let picture = decode(content, &DecodeLimits::default()).map_err(|error| unreadable(&error))?;
        let pixels = self.embedder.preprocess(&picture);
        let vectors = self.embedder.embed_images(&[pixels]).map_err(|error| embedding_problem(&error))?;
        self.timed(begun, &PhotoQuery { vector: vectors.first(), names: &[], exclude: None, limit, offset: 0 })
    }

    fn similar(&self, image: ImageId, limit: usize) -> Result<SearchResults, ProtocolError> {
        let begun = Instant::now();
        let vector = self.library.vector(image)?;
        let query = PhotoQuery { vector: Some(&vector), names: &[], exclude: Some(image), limit, offset: 0 };
        self.timed(begun, &query)
    }

    fn rank(&self, request: &RankRequest) -> Result<Vec<Hit>, ProtocolError> {
        let bad_request = |detail: &str| Problem::new(ProblemKind::BadRequest, detail);
        if request.ids.is_empty() == request.paths.is_empty() {
            return Err(bad_request("give either ids or paths of the photos to rank, and at least one").into());
        }
        let query: Query = request.query.parse()?;
        let vector = self.vector_of(&query)?.ok_or_else(|| bad_request("the query to rank by has no words"))?;
        let mut ids = request.ids.clone();
        for path in &request.paths {
            let id = self.library.photo_at(path)?;
            ids.push(id.ok_or_else(|| LibraryError::NoPhoto(format!("at {path}")))?);
        }
        Ok(self.library.rank(&vector, &ids)?)
    }

    fn unusual(&self, request: &UnusualRequest) -> Result<UnusualResults, ProtocolError> {
        Ok(self.library.unusual(request)?)
    }

    fn duplicates(&self, request: &DuplicatesRequest) -> Result<DuplicateResults, ProtocolError> {
        Ok(self.library.duplicates(request)?)
    }

    fn status(&self) -> Result<LibraryStatus, ProtocolError> {
        Ok(LibraryStatus { backend: Some(self.embedder.report().clone()), ..self.library.status()? })
    }

    fn failures(&self) -> Result<Vec<Failure>, ProtocolError> {
        Ok(self.library.failures()?)
    }
}
