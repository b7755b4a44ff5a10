//! The search service: a library and an embedder together answer queries. HTTP and the command line both stand on it.

use std::sync::Arc;
use std::time::Instant;

use foray_embedding::{CurrentEmbedder, Embedder, HeldEmbedder, Pixels};
use foray_library::{Answer, ConceptBank, LibraryError, Nouns, PageEnd, PageStart, PhotoQuery, Refinement, Store};
use foray_protocol::{
    DuplicateResults, DuplicatesRequest, Evaluation, Explanation, Facets, FacetsRequest, Failure, Filter, Hit, ImageId,
    LibraryStatus, MapRequest, PhotoMap, PhotoSearch, Problem, ProblemKind, ProtocolError, Query, RankRequest,
    SavedSearch, SearchName, SearchRequest, SearchResults, SimilarRequest, Subject, UnitVector, UnusualRequest,
    UnusualResults, since_1970,
};
use prometheus_client::registry::Registry;

use crate::concepts::{self, Concepts};
use crate::cursor::{self, Fingerprint};
use crate::direction::{self, Direction};
use crate::disk_gauge::DiskGauge;
use crate::grouping;
use crate::job::BackgroundJob;
use crate::picture_embedding::{embedding_problem, read_picture};
use crate::telemetry::{Stage, Telemetry};
use crate::text_cache::TextCache;

/// How many photos that look like it explain a photo.
const EXPLAINING: usize = 3;

/// Answers queries from a library in this process.
#[derive(Clone)]
pub struct SearchService {
    library: Arc<dyn Store>,
    embedder: CurrentEmbedder,
    /// Opens a model by its name, for a library that goes over to it.
    open_model: Arc<OpenModel>,
    texts: Arc<TextCache>,
    concepts: Arc<Concepts>,
    /// For one that lasts: later searches will gain from what is prepared in the background.
    lasting: Option<Lasting>,
    telemetry: Telemetry,
    evaluation: BackgroundJob<Evaluation>,
}

/// What a service that lasts tells of itself.
#[derive(Clone)]
struct Lasting {
    /// Since when, seconds since 1970.
    started_at: u64,
    disk: DiskGauge,
}

/// Opens a model by its name; an error says why that cannot be done here.
pub type OpenModel = dyn Fn(&str) -> Result<Embedder, String> + Send + Sync;

impl SearchService {
    /// A service over `library`, its queries embedded by `embedder`.
    pub fn new(library: Arc<dyn Store>, embedder: impl Into<CurrentEmbedder>) -> Self {
        let open_model =
            Arc::new(|_: &str| Err("this program stays with the model that it was started with".to_owned()));
        Self {
            library,
            embedder: embedder.into(),
            open_model,
            texts: Arc::default(),
            concepts: Arc::default(),
            lasting: None,
            telemetry: Telemetry::default(),
            evaluation: BackgroundJob::default(),
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
        let started_at = since_1970().as_secs();
        let disk = DiskGauge::default();
        // Nobody waits for the first measure.
        let _ = disk.latest(|| self.library.folder());
        Self { lasting: Some(Lasting { started_at, disk }), ..self }
    }

    /// Opens the model of this name.
    ///
    /// # Errors
    /// Why that cannot be done here, in a sentence.
    pub(crate) fn open_model(&self, name: &str) -> Result<Embedder, String> {
        (self.open_model)(name)
    }

    /// The library.
    pub fn library(&self) -> &Arc<dyn Store> {
        &self.library
    }

    /// The evaluation that was begun last.
    pub(crate) fn evaluation_job(&self) -> &BackgroundJob<Evaluation> {
        &self.evaluation
    }

    /// The embedder in use.
    pub fn embedder(&self) -> &CurrentEmbedder {
        &self.embedder
    }

    /// How long its work took so far.
    pub(crate) fn telemetry(&self) -> &Telemetry {
        &self.telemetry
    }

    /// Shows what it measured of its work in `registry`.
    pub(crate) fn register_figures(&self, registry: &mut Registry) {
        self.telemetry.register(registry);
        self.texts.register(registry);
    }

    /// The vector of a text, from memory if it was asked for lately.
    pub(crate) fn embed_text(&self, embedder: &Embedder, text: &str) -> Result<UnitVector, ProtocolError> {
        let vector = self.telemetry.timed(Stage::embed_text, || self.texts.embed(embedder, text));
        vector.map_err(|error| embedding_problem(&error))
    }

    /// The vectors of pictures, in their order.
    pub(crate) fn embed_pictures(
        &self,
        embedder: &Embedder,
        pictures: &[Pixels],
    ) -> Result<Vec<UnitVector>, ProtocolError> {
        let vectors = self.telemetry.timed(Stage::embed_image, || embedder.embed_images(pictures));
        vectors.map_err(|error| embedding_problem(&error))
    }

    /// The vector of one picture.
    pub(crate) fn embed_picture(&self, embedder: &Embedder, picture: Pixels) -> Result<UnitVector, ProtocolError> {
        let mut vectors = self.embed_pictures(embedder, &[picture])?;
        vectors.pop().ok_or_else(|| Problem::new(ProblemKind::Internal, "the model gave no vector").into())
    }

    /// The direction of `query`, drawn towards some photos and away from others; `None` for a filter alone.
    fn direction_of(
        &self,
        query: &Query,
        (liked, unliked): (&[ImageId], &[ImageId]),
        embedder: &Embedder,
    ) -> Result<Option<Direction>, ProtocolError> {
        self.check_space(embedder)?;
        let text = |text: &str| self.embed_text(embedder, text);
        let photo = |digits: &str| Ok(self.library.vector(self.library.find_photo(digits)?)?);
        let mut parts = direction::terms(query, text, photo)?;
        parts.extend(direction::feedback(liked, unliked, |id| Ok(self.library.vector(id)?))?);
        Direction::of(parts)
    }

    /// The photos that a request names by the first digits of their ids, each once.
    fn find_photos(&self, named: &[String]) -> Result<Vec<ImageId>, ProtocolError> {
        let mut found = vec![];
        for digits in named {
            let id = self.library.find_photo(digits.trim_start_matches("id:"))?;
            if !found.contains(&id) {
                found.push(id);
            }
        }
        Ok(found)
    }

    /// Refuses an embedder whose vectors are not those of the library.
    pub(crate) fn check_space(&self, embedder: &Embedder) -> Result<(), LibraryError> {
        match self.library.space() {
            Some(expected) if expected != *embedder.space() => {
                Err(LibraryError::WrongSpace { expected, got: embedder.space().clone() })
            }
            _ => Ok(()),
        }
    }

    /// What words compete with, embedded now if need be; `None` for a library without photos.
    pub(crate) fn made_concepts(&self, embedder: &Embedder) -> Result<Option<Arc<ConceptBank>>, ProtocolError> {
        self.concepts.made(self.library.as_ref(), embedder)
    }

    /// What a query of words competes with. Who wants photos left out waits until these are embedded for the first time.
    fn concepts_for(
        &self,
        request: &SearchRequest,
        query: &Query,
        embedder: &HeldEmbedder<'_>,
    ) -> Result<Option<Arc<ConceptBank>>, ProtocolError> {
        let is_words = |subject: &Subject| matches!(subject, Subject::Text(_));
        let is_all_words = query.terms.iter().all(|term| is_words(&term.subject));
        if query.terms.is_empty() || !is_all_words || !request.like.is_empty() || !request.unlike.is_empty() {
            return Ok(None);
        }
        if request.min_relevance > 0.0 && self.library.space().is_some() {
            return self.concepts.made(self.library.as_ref(), embedder);
        }
        Ok(self.known_concepts(embedder))
    }

    /// The concepts if they are there; else they are prepared in the background, for a later request.
    fn known_concepts(&self, embedder: &HeldEmbedder) -> Option<Arc<ConceptBank>> {
        let known = self.concepts.known(self.library.as_ref(), embedder);
        if known.is_none() && self.lasting.is_some() {
            self.concepts.make_in_background(&self.library, embedder.share());
        }
        known
    }

    /// The library's map. Names for its clusters are prepared in the background, for a later request.
    pub(crate) fn map(&self, request: &MapRequest) -> Result<PhotoMap, ProtocolError> {
        let filter = Filter::of(request.filter.as_deref())?;
        let embedder = self.embedder.hold();
        let known = self.known_concepts(&embedder);
        let nouns = known.as_deref().map(|bank| Nouns { bank, words: concepts::CONCEPTS });
        Ok(self.telemetry.timed(Stage::map, || self.library.map(&filter, nouns))?)
    }

    /// Asks the library; the answer without a cursor, and where its page ends.
    fn ask(&self, begun: Instant, query: &PhotoQuery<'_>) -> Result<(SearchResults, Option<PageEnd>), ProtocolError> {
        let answer = self.telemetry.timed(Stage::search, || self.library.explained_search(query))?;
        let Answer { hits, weaker, end, plan } = answer;
        let took_ms = begun.elapsed().as_secs_f64() * 1e3;
        let plan = plan.map(|plan| plan.to_string());
        Ok((SearchResults { results: hits, weaker, took_ms, plan, ..SearchResults::default() }, end))
    }

    fn explain(&self, hits: &mut [Hit], direction: Option<&Direction>) -> Result<(), ProtocolError> {
        for hit in hits {
            let vector = self.library.vector(hit.photo.id)?;
            let terms = direction.map(|direction| direction.shares(&vector)).unwrap_or_default();
            let neighbours = self.library.neighbours(hit.photo.id, EXPLAINING)?;
            hit.explanation = Some(Explanation { terms, neighbours });
        }
        Ok(())
    }
}

/// The query of a request, with all that photos must fulfil in its filter. Its words may be missing where something else says
/// what to look for.
fn query_of(request: &SearchRequest) -> Result<Query, ProtocolError> {
    let is_wordless = request.query.trim().is_empty();
    let says_more = request.filter.is_some() || !request.like.is_empty() || !request.unlike.is_empty();
    let query: Query = if is_wordless && says_more { Query::default() } else { request.query.parse()? };
    let Some(object) = &request.filter else { return Ok(query) };
    let filter = Filter::from_json(object).map_err(|mistake| Problem::new(ProblemKind::BadRequest, mistake))?;
    Ok(Query { filter: query.filter.and(filter), ..query })
}

/// Where the page of a request begins: after the `end` that its cursor tells of, if it has one.
fn page_start<'a>(request: &SearchRequest, end: Option<&'a PageEnd>) -> Result<PageStart<'a>, ProtocolError> {
    match end {
        Some(_) if request.offset > 0 => {
            Err(Problem::new(ProblemKind::BadRequest, "give either offset or cursor; a cursor knows its place").into())
        }
        Some(end) => Ok(PageStart::After(end)),
        None => Ok(PageStart::Offset(request.offset)),
    }
}

fn refinement_of(request: &SearchRequest) -> Refinement {
    let SearchRequest { min_relevance, sort, dedupe, .. } = *request;
    Refinement { min_relevance, sort, dedupe }
}

impl PhotoSearch for SearchService {
    fn search(&self, request: &SearchRequest) -> Result<SearchResults, ProtocolError> {
        let begun = Instant::now();
        let query = query_of(request)?;
        let embedder = self.embedder.hold();
        let (liked, unliked) = (self.find_photos(&request.like)?, self.find_photos(&request.unlike)?);
        let direction = self.direction_of(&query, (&liked, &unliked), &embedder)?;
        let fingerprint = Fingerprint::of(request, self.library.space().as_ref());
        let end = request.cursor.as_deref().map(|text| cursor::decode(text, fingerprint)).transpose()?;
        let SearchRequest { limit, group, explain, .. } = *request;
        let concepts = self.concepts_for(request, &query, &embedder)?;
        let query = PhotoQuery {
            vector: direction.as_ref().map(Direction::vector),
            filter: Some(&query.filter),
            exclude: &unliked,
            limit,
            start: page_start(request, end.as_ref())?,
            refinement: refinement_of(request),
            concepts: concepts.as_deref(),
        };
        let (mut found, end) = self.ask(begun, &query)?;
        if let Some(by) = group {
            found.groups = grouping::gather(&mut found.results, by);
        }
        if explain {
            self.explain(&mut found.results, direction.as_ref())?;
        }
        let next = end.map(|end| cursor::encode(end, fingerprint)).transpose()?;
        Ok(SearchResults { next, ..found })
    }

    fn search_by_image(&self, content: &[u8], request: &SimilarRequest) -> Result<SearchResults, ProtocolError> {
        let begun = Instant::now();
        let filter = Filter::of(request.filter.as_deref())?;
        let embedder = self.embedder.hold();
        self.check_space(&embedder)?;
        let vector = self.embed_picture(&embedder, read_picture(&embedder, content)?.pixels)?;
        let query =
            PhotoQuery { vector: Some(&vector), filter: Some(&filter), limit: request.limit, ..PhotoQuery::default() };
        Ok(self.ask(begun, &query)?.0)
    }

    fn similar(&self, image: ImageId, request: &SimilarRequest) -> Result<SearchResults, ProtocolError> {
        let begun = Instant::now();
        let filter = Filter::of(request.filter.as_deref())?;
        let _space_stays = self.embedder.hold();
        let vector = self.library.vector(image)?;
        let query = PhotoQuery {
            vector: Some(&vector),
            filter: Some(&filter),
            exclude: &[image],
            limit: request.limit,
            ..PhotoQuery::default()
        };
        Ok(self.ask(begun, &query)?.0)
    }

    fn rank(&self, request: &RankRequest) -> Result<Vec<Hit>, ProtocolError> {
        let bad_request = |detail: &str| Problem::new(ProblemKind::BadRequest, detail);
        if request.ids.is_empty() == request.paths.is_empty() {
            return Err(bad_request("give either ids or paths of the photos to rank, and at least one").into());
        }
        let query = Query::of_ranking(&request.query)?;
        let embedder = self.embedder.hold();
        let direction = self.direction_of(&query, (&[], &[]), &embedder)?;
        let direction = direction.ok_or_else(|| bad_request("the query to rank by has no words"))?;
        let mut ids = request.ids.clone();
        for path in &request.paths {
            let id = self.library.photo_at(path)?;
            ids.push(id.ok_or_else(|| LibraryError::NoPhoto(format!("at {path}")))?);
        }
        Ok(self.library.rank(direction.vector(), &ids)?)
    }

    fn unusual(&self, request: &UnusualRequest) -> Result<UnusualResults, ProtocolError> {
        Ok(self.telemetry.timed(Stage::unusual, || self.library.unusual(request))?)
    }

    fn duplicates(&self, request: &DuplicatesRequest) -> Result<DuplicateResults, ProtocolError> {
        Ok(self.telemetry.timed(Stage::duplicates, || self.library.duplicates(request))?)
    }

    fn facets(&self, request: &FacetsRequest) -> Result<Facets, ProtocolError> {
        let filter = Filter::of(request.filter.as_deref())?;
        Ok(self.telemetry.timed(Stage::facets, || self.library.facets(&filter))?)
    }

    fn status(&self) -> Result<LibraryStatus, ProtocolError> {
        let lasting = self.lasting.as_ref();
        Ok(LibraryStatus {
            backend: Some(self.embedder.get().report().clone()),
            disk: lasting.and_then(|lasting| lasting.disk.latest(|| self.library.folder())),
            started_at: lasting.map(|lasting| lasting.started_at),
            ..self.library.status()?
        })
    }

    fn failures(&self) -> Result<Vec<Failure>, ProtocolError> {
        Ok(self.library.failures()?)
    }

    fn saved_searches(&self) -> Result<Vec<SavedSearch>, ProtocolError> {
        Ok(self.library.saved_searches()?)
    }

    fn save_search(&self, saved: &SavedSearch) -> Result<(), ProtocolError> {
        // What cannot be asked shall not be kept.
        query_of(&saved.search)?;
        let (limit, refinement) = (saved.search.limit, refinement_of(&saved.search));
        PhotoQuery { limit, refinement, ..PhotoQuery::default() }.check()?;
        let search = SearchRequest { cursor: None, offset: 0, explain: false, ..saved.search.clone() };
        Ok(self.library.save_search(&SavedSearch { name: saved.name.clone(), search })?)
    }

    fn forget_search(&self, name: &SearchName) -> Result<(), ProtocolError> {
        Ok(self.library.forget_search(name)?)
    }
}
