//! The search service: a library and an embedder together answer queries. HTTP and the command line both stand on it.

use std::sync::Arc;
use std::time::Instant;

use foray_embedding::{CurrentEmbedder, DecodeLimits, Embedder, EmbeddingError, HeldEmbedder, decode};
use foray_library::{Answer, ConceptBank, Library, LibraryError, PhotoQuery, Refinement};
use foray_protocol::{
    DuplicateResults, DuplicatesRequest, Facets, FacetsRequest, Failure, Filter, Hit, ImageId, LibraryStatus,
    PhotoSearch, Problem, ProblemKind, ProtocolError, Query, RankRequest, SearchRequest, SearchResults, SimilarRequest,
    SpaceId, Spaces, Subject, UnitVector, UnusualRequest, UnusualResults,
};

use crate::concepts::Concepts;
use crate::text_cache::TextCache;

/// Answers queries from a library in this process.
#[derive(Clone)]
pub struct SearchService {
    library: Arc<Library>,
    embedder: CurrentEmbedder,
    /// Opens a model by its name, for a library that goes over to it.
    open_model: Arc<OpenModel>,
    texts: Arc<TextCache>,
    concepts: Arc<Concepts>,
    /// Whether later searches will gain from what is prepared in the background.
    is_lasting: bool,
}

/// Opens a model by its name; an error says why that cannot be done here.
pub type OpenModel = dyn Fn(&str) -> Result<Embedder, String> + Send + Sync;

impl SearchService {
    /// A service over `library`, its queries embedded by `embedder`.
    pub fn new(library: Arc<Library>, embedder: impl Into<CurrentEmbedder>) -> Self {
        let open_model =
            Arc::new(|_: &str| Err("this program stays with the model that it was started with".to_owned()));
        Self {
            library,
            embedder: embedder.into(),
            open_model,
            texts: Arc::default(),
            concepts: Arc::default(),
            is_lasting: false,
        }
    }

    /// The same, able to go over to other models.
    #[must_use]
    pub fn with_models(self, open_model: Arc<OpenModel>) -> Self {
        Self { open_model, ..self }
    }

    /// The same for many searches to come, which prepares in the background what they gain from.
    #[must_use]
    pub(crate) fn lasting(self) -> Self {
        Self { is_lasting: true, ..self }
    }

    /// Makes `space`, of `model`, the one that is searched, and that model the one that embeds. Queries under way end before.
    ///
    /// # Errors
    /// A bad request for a model that is not here or gives other vectors, and those of the library.
    pub fn switch_space(&self, space: &SpaceId, model: &str) -> Result<(), ProtocolError> {
        let refused =
            |reason: String| Problem::new(ProblemKind::BadRequest, format!("cannot go over to {model}: {reason}"));
        let next = (self.open_model)(model).map_err(refused)?;
        if next.space() != space {
            return Err(refused(format!("here it makes vectors of {}, not of {space}", next.space())).into());
        }
        // The first query must not wait for it.
        next.warm_up().map_err(|error| refused(error.to_string()))?;
        self.embedder.replace(next, || self.library.switch_space(space, model))
    }

    /// The library.
    pub fn library(&self) -> &Arc<Library> {
        &self.library
    }

    /// The embedder in use.
    pub fn embedder(&self) -> &CurrentEmbedder {
        &self.embedder
    }

    /// The direction of `query`, checked to be comparable with the library's vectors; `None` for a filter alone.
    fn vector_of(&self, query: &Query, embedder: &Embedder) -> Result<Option<UnitVector>, ProtocolError> {
        self.check_space(embedder)?;
        let text = |text: &str| self.texts.embed(embedder, text);
        let photo = |digits: &str| Ok(self.library.vector(self.library.find_photo(digits)?)?);
        sum_of_terms(query, embedder.dimension(), text, photo)
    }

    fn check_space(&self, embedder: &Embedder) -> Result<(), LibraryError> {
        match self.library.space() {
            Some(expected) if expected != *embedder.space() => {
                Err(LibraryError::WrongSpace { expected, got: embedder.space().clone() })
            }
            _ => Ok(()),
        }
    }

    /// What a query of words competes with. Who wants photos left out waits until these are embedded for the first time.
    fn concepts_for(
        &self,
        query: &Query,
        min_relevance: f32,
        embedder: &HeldEmbedder<'_>,
    ) -> Result<Option<Arc<ConceptBank>>, ProtocolError> {
        let is_words = |subject: &Subject| matches!(subject, Subject::Text(_));
        if query.terms.is_empty() || !query.terms.iter().all(|term| is_words(&term.subject)) {
            return Ok(None);
        }
        if min_relevance > 0.0 && self.library.space().is_some() {
            return self.concepts.made(&self.library, embedder);
        }
        let known = self.concepts.known(&self.library, embedder);
        if known.is_none() && self.is_lasting {
            self.concepts.make_in_background(&self.library, embedder.share());
        }
        Ok(known)
    }

    fn timed(&self, begun: Instant, query: &PhotoQuery<'_>) -> Result<SearchResults, ProtocolError> {
        let Answer { hits, weaker, plan } = self.library.explained_search(query)?;
        let plan = plan.map(|plan| plan.to_string());
        Ok(SearchResults { results: hits, weaker, took_ms: begun.elapsed().as_secs_f64() * 1e3, plan })
    }
}

/// The query of a request, with all that photos must fulfil in its filter.
fn query_of(request: &SearchRequest) -> Result<Query, ProtocolError> {
    let Some(object) = &request.filter else { return Ok(request.query.parse()?) };
    let filter = Filter::from_json(object).map_err(|mistake| Problem::new(ProblemKind::BadRequest, mistake))?;
    let query = if request.query.trim().is_empty() { Query::default() } else { request.query.parse()? };
    Ok(Query { filter: query.filter.and(filter), ..query })
}

fn filter_of(request: &SimilarRequest) -> Result<Filter, ProtocolError> {
    Ok(request.filter.as_deref().map(str::parse).transpose()?.unwrap_or_default())
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
    sum_of_terms(query, embedder.dimension(), |text| embedder.embed_text(text), photo)
}

fn sum_of_terms(
    query: &Query,
    dimension: usize,
    text: impl Fn(&str) -> Result<UnitVector, EmbeddingError>,
    photo: impl Fn(&str) -> Result<UnitVector, ProtocolError>,
) -> Result<Option<UnitVector>, ProtocolError> {
    if query.terms.is_empty() {
        return Ok(None);
    }
    let mut sum = vec![0f32; dimension];
    for term in &query.terms {
        let vector = match &term.subject {
            Subject::Text(words) => text(words).map_err(|error| embedding_problem(&error))?,
            Subject::Photo(digits) => photo(digits)?,
        };
        sum.iter_mut().zip(vector.as_slice()).for_each(|(sum, x)| *sum += term.weight * x);
    }
    let cancelled =
        |_| Problem::new(ProblemKind::BadRequest, "the query's terms cancel each other out; change a weight");
    Ok(Some(UnitVector::normalized(sum).map_err(cancelled)?))
}

pub(crate) fn embedding_problem(error: &EmbeddingError) -> ProtocolError {
    Problem::new(ProblemKind::Internal, error.to_string()).into()
}

impl PhotoSearch for SearchService {
    fn search(&self, request: &SearchRequest) -> Result<SearchResults, ProtocolError> {
        let begun = Instant::now();
        let query = query_of(request)?;
        let embedder = self.embedder.hold();
        let vector = self.vector_of(&query, &embedder)?;
        let SearchRequest { limit, offset, min_relevance, sort, dedupe, .. } = *request;
        let refinement = Refinement { min_relevance, sort, dedupe };
        let concepts = self.concepts_for(&query, min_relevance, &embedder)?;
        let (vector, filter, concepts) = (vector.as_ref(), Some(&query.filter), concepts.as_deref());
        self.timed(begun, &PhotoQuery { vector, filter, exclude: None, limit, offset, refinement, concepts })
    }

    fn search_by_image(&self, content: &[u8], request: &SimilarRequest) -> Result<SearchResults, ProtocolError> {
        let begun = Instant::now();
        let filter = filter_of(request)?;
        let embedder = self.embedder.hold();
        self.check_space(&embedder)?;
        let unreadable = |error: &dyn ToString| Problem::new(ProblemKind::UnreadableImage, error.to_string());
        let picture =
            decode(content, &DecodeLimits::default(), embedder.detail()).map_err(|error| unreadable(&error))?;
        let pixels = embedder.preprocess(&picture);
        let vectors = embedder.embed_images(&[pixels]).map_err(|error| embedding_problem(&error))?;
        self.timed(
            begun,
            &PhotoQuery {
                vector: vectors.first(),
                filter: Some(&filter),
                exclude: None,
                limit: request.limit,
                ..PhotoQuery::default()
            },
        )
    }

    fn similar(&self, image: ImageId, request: &SimilarRequest) -> Result<SearchResults, ProtocolError> {
        let begun = Instant::now();
        let filter = filter_of(request)?;
        let _space_stays = self.embedder.hold();
        let vector = self.library.vector(image)?;
        let SimilarRequest { limit, .. } = *request;
        let filter = Some(&filter);
        let query = PhotoQuery {
            vector: Some(&vector),
            filter,
            exclude: Some(image),
            limit,
            offset: 0,
            ..PhotoQuery::default()
        };
        self.timed(begun, &query)
    }

    fn rank(&self, request: &RankRequest) -> Result<Vec<Hit>, ProtocolError> {
        let bad_request = |detail: &str| Problem::new(ProblemKind::BadRequest, detail);
        if request.ids.is_empty() == request.paths.is_empty() {
            return Err(bad_request("give either ids or paths of the photos to rank, and at least one").into());
        }
        let query = Query::of_ranking(&request.query)?;
        let embedder = self.embedder.hold();
        let vector =
            self.vector_of(&query, &embedder)?.ok_or_else(|| bad_request("the query to rank by has no words"))?;
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

    fn facets(&self, request: &FacetsRequest) -> Result<Facets, ProtocolError> {
        let filter: Filter = request.filter.as_deref().map(str::parse).transpose()?.unwrap_or_default();
        Ok(self.library.facets(&filter)?)
    }

    fn status(&self) -> Result<LibraryStatus, ProtocolError> {
        Ok(LibraryStatus { backend: Some(self.embedder.get().report().clone()), ..self.library.status()? })
    }

    fn failures(&self) -> Result<Vec<Failure>, ProtocolError> {
        Ok(self.library.failures()?)
    }
}
