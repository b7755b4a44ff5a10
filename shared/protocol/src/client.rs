//! The typed HTTP client: a library behind a server, used like one in this process.

use std::fs;
use std::io::Read;
use std::path::Path;
use std::time::Duration;

use percent_encoding::{NON_ALPHANUMERIC, percent_encode};
use serde::Serialize;
use serde::de::DeserializeOwned;
use ureq::http::header::{AUTHORIZATION, CONTENT_ENCODING};
use ureq::http::{HeaderValue, Request, Response};
use ureq::middleware::MiddlewareNext;
use ureq::tls::{PemItem, RootCerts, TlsConfig, parse_pem};
use ureq::{Agent, SendBody};

use crate::{
    Classifier, CommitSummary, DuplicateResults, DuplicatesRequest, EmbeddingCache, Evaluation, Facets, FacetsRequest,
    Failure, FileMark, GateState, HandTagging, Hit, ImageId, IndexProgress, Ingest, IngestBatch, KnownFile,
    LibraryStatus, MESSAGE_PACK, MOST_IDS, Maintenance, PauseRequest, PhotoFiles, PhotoPath, PhotoSearch, Problem,
    ProtocolError, RankRequest, RootFile, SavedSearch, SearchName, SearchRequest, SearchResults, SimilarRequest,
    SpaceCoverage, SpaceId, Spaces, TagRule, TagRuleRequest, Tagged, Token, UnitVector, UnusualRequest, UnusualResults,
    ZSTD,
};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// An exact "unusual" over a large library is the slowest answer.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(300);
const LARGEST_REPLY: u64 = 512 << 20;
/// Previews are compressed already: more effort finds nothing.
const COMPRESSION_LEVEL: i32 = 1;

/// A connection to a Foray server. Cheap to clone; usable from many threads.
#[derive(Clone, Debug)]
pub struct Client {
    agent: Agent,
    base: String,
}

impl Client {
    /// A client of the server at `base`, such as `http://127.0.0.1:7878`, that shows `token` with every request. Nothing is sent
    /// yet.
    pub fn new(base: &str, token: Option<&Token>) -> Self {
        Self::with_certificates(base, token, RootCerts::PlatformVerifier)
    }

    /// The same, for a server whose certificate the authority in the file `authority` (PEM) vouches for.
    ///
    /// # Errors
    /// [`ProtocolError::Certificate`].
    pub fn trusting(base: &str, token: Option<&Token>, authority: &Path) -> Result<Self, ProtocolError> {
        let wrong = |reason: String| ProtocolError::Certificate { file: authority.to_owned(), reason };
        let pem = fs::read(authority).map_err(|error| wrong(error.to_string()))?;
        let certificates = parse_pem(&pem).filter_map(|item| match item {
            Ok(PemItem::Certificate(certificate)) => Some(Ok(certificate)),
            Ok(_) => None,
            Err(error) => Some(Err(wrong(error.to_string()))),
        });
        let certificates = certificates.collect::<Result<Vec<_>, _>>()?;
        if certificates.is_empty() {
            return Err(wrong("there is none".to_owned()));
        }
        Ok(Self::with_certificates(base, token, RootCerts::new_with_certs(&certificates)))
    }

    fn with_certificates(base: &str, token: Option<&Token>, roots: RootCerts) -> Self {
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .tls_config(TlsConfig::builder().root_certs(roots).build())
            .timeout_connect(Some(CONNECT_TIMEOUT))
            .timeout_global(Some(ANSWER_TIMEOUT));
        let bearer = token.and_then(|token| HeaderValue::from_str(&token.bearer()).ok());
        let config = match bearer {
            Some(bearer) => config.middleware(move |mut request: Request<SendBody>, next: MiddlewareNext| {
                request.headers_mut().insert(AUTHORIZATION, bearer.clone());
                next.handle(request)
            }),
            None => config,
        };
        Self { agent: config.build().into(), base: base.trim_end_matches('/').to_owned() }
    }

    /// The server's address.
    pub fn base(&self) -> &str {
        &self.base
    }

    /// A backup of the library, as the server writes it; it is whole only if it proves to be when it is read.
    ///
    /// # Errors
    /// Those of reaching the server, and its refusals.
    pub fn backup(&self) -> Result<impl Read + use<>, ProtocolError> {
        let url = self.url("backup");
        // A large library takes its time.
        let request = self.agent.post(&url).config().timeout_global(None).build();
        let reply = request.send_empty();
        match reply {
            Ok(reply) if reply.status().is_success() => Ok(reply.into_body().into_reader()),
            reply => Err(read(&url, reply).err().unwrap_or_else(|| malformed(&url, "no backup"))),
        }
    }

    /// Holds up the server's indexer, for some minutes or until it is resumed.
    ///
    /// # Errors
    /// Those of the server; it says so where it has no indexer.
    pub fn pause_indexer(&self, minutes: Option<u32>) -> Result<GateState, ProtocolError> {
        self.ask("indexer/pause", &PauseRequest { minutes })
    }

    /// Lets the server's indexer go on.
    ///
    /// # Errors
    /// Those of the server; it says so where it has no indexer.
    pub fn resume_indexer(&self) -> Result<GateState, ProtocolError> {
        self.ask("indexer/resume", &PauseRequest::default())
    }

    /// Has the library forget, compact and rebuild what is due.
    ///
    /// # Errors
    /// Those of reaching the server, and its refusals: [`ProblemKind::Busy`](crate::ProblemKind::Busy) while it does so already.
    pub fn maintain(&self) -> Result<Maintenance, ProtocolError> {
        let url = self.url("maintenance");
        // The graph of a large library takes its time.
        let request = self.agent.post(&url).config().timeout_global(None).build();
        from_json(&url, &read(&url, request.send_empty())?)
    }

    /// The evaluations that were made, the latest first.
    ///
    /// # Errors
    /// Those of reaching the server, and its refusals; so for all that follow.
    pub fn evaluations(&self, limit: usize) -> Result<Vec<Evaluation>, ProtocolError> {
        #[derive(serde::Deserialize)]
        struct Evaluations {
            evaluations: Vec<Evaluation>,
        }
        Ok(self.get::<Evaluations>("evaluations", &[("limit", limit.to_string())])?.evaluations)
    }

    /// Keeps an evaluation that was made here.
    ///
    /// # Errors
    /// See [`Client::evaluations`].
    pub fn keep_evaluation(&self, evaluation: &Evaluation) -> Result<(), ProtocolError> {
        self.ingest("evaluation", evaluation)
    }

    /// The classifiers that are kept, by name.
    ///
    /// # Errors
    /// See [`Client::evaluations`].
    pub fn classifiers(&self) -> Result<Vec<Classifier>, ProtocolError> {
        #[derive(serde::Deserialize)]
        struct Classifiers {
            classifiers: Vec<Classifier>,
        }
        Ok(self.get::<Classifiers>("classifiers", &[])?.classifiers)
    }

    /// Keeps a classifier under its name, instead of one that had it before.
    ///
    /// # Errors
    /// See [`Client::evaluations`].
    pub fn keep_classifier(&self, classifier: &Classifier) -> Result<(), ProtocolError> {
        self.ingest("classifier", classifier)
    }

    /// Forgets the classifier of this name.
    ///
    /// # Errors
    /// See [`Client::evaluations`].
    pub fn forget_classifier(&self, name: &SearchName) -> Result<(), ProtocolError> {
        let url = self.named_url("classifiers", name);
        read(&url, self.agent.delete(&url).call()).map(drop)
    }

    /// The rules by which photos get tags, by name.
    ///
    /// # Errors
    /// See [`Client::evaluations`].
    pub fn tag_rules(&self) -> Result<Vec<TagRule>, ProtocolError> {
        #[derive(serde::Deserialize)]
        struct Rules {
            rules: Vec<TagRule>,
        }
        Ok(self.get::<Rules>("tag-rules", &[])?.rules)
    }

    /// Makes a rule of a classifier that is kept, and gives all photos their tags by it; tells how many got one.
    ///
    /// # Errors
    /// See [`Client::evaluations`].
    pub fn keep_tag_rule(&self, name: &SearchName, rule: &TagRuleRequest) -> Result<usize, ProtocolError> {
        let url = self.named_url("tag-rules", name);
        let body = serde_json::to_vec(rule).map_err(|error| malformed(&url, error))?;
        let reply = self.agent.put(&url).content_type("application/json").send(&body);
        from_json::<Tagged>(&url, &read(&url, reply)?).map(|tagged| tagged.photos)
    }

    /// Forgets a rule, and takes away the tags that it gave; tells from how many photos.
    ///
    /// # Errors
    /// See [`Client::evaluations`].
    pub fn forget_tag_rule(&self, name: &SearchName) -> Result<usize, ProtocolError> {
        let url = self.named_url("tag-rules", name);
        from_json::<Tagged>(&url, &read(&url, self.agent.delete(&url).call())?).map(|tagged| tagged.photos)
    }

    /// Gives photos a tag by hand, or takes it away; tells how many of them changed.
    ///
    /// # Errors
    /// See [`Client::evaluations`].
    pub fn tag_by_hand(&self, tagging: &HandTagging) -> Result<usize, ProtocolError> {
        let step = |ids: &[ImageId]| {
            let HandTagging { tag, remove, .. } = tagging.clone();
            self.ask::<Tagged>("tags", &HandTagging { tag, ids: ids.to_vec(), remove }).map(|tagged| tagged.photos)
        };
        tagging.ids.chunks(MOST_IDS).map(step).sum()
    }

    fn url(&self, path: &str) -> String {
        format!("{}/api/v1/{path}", self.base)
    }

    fn named_url(&self, what: &str, name: &SearchName) -> String {
        self.url(&format!("{what}/{}", percent_encode(name.as_str().as_bytes(), NON_ALPHANUMERIC)))
    }

    fn get<T: DeserializeOwned>(&self, path: &str, query: &[(&str, String)]) -> Result<T, ProtocolError> {
        let url = self.url(path);
        let pairs = query.iter().map(|(key, value)| (*key, value.as_str()));
        let reply = self.agent.get(&url).query_pairs(pairs).call();
        from_json(&url, &read(&url, reply)?)
    }

    fn post(&self, url: &str, media: &str, body: &[u8]) -> Result<Vec<u8>, ProtocolError> {
        read(url, self.agent.post(url).content_type(media).send(body))
    }

    fn ask<T: DeserializeOwned>(&self, path: &str, request: &impl Serialize) -> Result<T, ProtocolError> {
        let url = self.url(path);
        let body = serde_json::to_vec(request).map_err(|error| malformed(&url, error))?;
        from_json(&url, &self.post(&url, "application/json", &body)?)
    }

    fn ingest<T: DeserializeOwned>(&self, path: &str, request: &impl Serialize) -> Result<T, ProtocolError> {
        let url = self.url(&format!("ingest/{path}"));
        let body = rmp_serde::to_vec_named(request).map_err(|error| malformed(&url, error))?;
        let packed = zstd::bulk::compress(&body, COMPRESSION_LEVEL).map_err(|error| malformed(&url, error))?;
        let request = self.agent.post(&url).content_type(MESSAGE_PACK).header(CONTENT_ENCODING, ZSTD);
        from_message_pack(&url, &read(&url, request.send(&packed))?)
    }
}

fn malformed(url: &str, reason: impl std::fmt::Display) -> ProtocolError {
    ProtocolError::Malformed { url: url.to_owned(), reason: reason.to_string() }
}

fn from_json<T: DeserializeOwned>(url: &str, bytes: &[u8]) -> Result<T, ProtocolError> {
    serde_json::from_slice(bytes).map_err(|error| malformed(url, error))
}

fn from_message_pack<T: DeserializeOwned>(url: &str, bytes: &[u8]) -> Result<T, ProtocolError> {
    rmp_serde::from_slice(bytes).map_err(|error| malformed(url, error))
}

fn similar_pairs(SimilarRequest { limit, filter }: &SimilarRequest) -> Vec<(&'static str, String)> {
    let filter = filter.clone().map(|filter| ("filter", filter));
    [("limit", limit.to_string())].into_iter().chain(filter).collect()
}

fn read(url: &str, reply: Result<Response<ureq::Body>, ureq::Error>) -> Result<Vec<u8>, ProtocolError> {
    let unreachable =
        |error: ureq::Error| ProtocolError::Unreachable { url: url.to_owned(), reason: error.to_string() };
    let mut reply = reply.map_err(unreachable)?;
    let bytes = reply.body_mut().with_config().limit(LARGEST_REPLY).read_to_vec().map_err(unreachable)?;
    if reply.status().is_success() {
        return Ok(bytes);
    }
    match serde_json::from_slice::<Problem>(&bytes) {
        Ok(problem) => Err(ProtocolError::Refused(problem)),
        // A proxy in front of a stopped server answers for it.
        Err(_) if matches!(reply.status().as_u16(), 502..=504) => {
            Err(ProtocolError::Unreachable { url: url.to_owned(), reason: format!("status {}", reply.status()) })
        }
        Err(_) => Err(malformed(url, format_args!("status {}", reply.status()))),
    }
}

impl Ingest for Client {
    fn known_files(&self, paths: &[PhotoPath]) -> Result<Vec<Option<KnownFile>>, ProtocolError> {
        self.ingest("known-files", &paths)
    }

    fn known_images(&self, space: &SpaceId, images: &[ImageId]) -> Result<Vec<bool>, ProtocolError> {
        self.ingest("known-images", &(space, images))
    }

    fn files_under(
        &self,
        root: &PhotoPath,
        after: Option<&PhotoPath>,
        limit: usize,
    ) -> Result<Vec<RootFile>, ProtocolError> {
        self.ingest("files-under", &(root, after, limit))
    }

    fn commit(&self, batch: &IngestBatch) -> Result<CommitSummary, ProtocolError> {
        self.ingest("commit", batch)
    }

    fn remember_roots(&self, roots: &[PhotoPath]) -> Result<(), ProtocolError> {
        self.ingest("roots", &roots)
    }

    fn report(&self, progress: &IndexProgress) {
        // Progress is a courtesy: the next report or the next commit shows whether the server is there.
        let _: Result<(), _> = self.ingest("progress", progress);
    }
}

impl EmbeddingCache for Client {
    fn contents_of(&self, files: &[FileMark]) -> Result<Vec<Option<ImageId>>, ProtocolError> {
        self.ingest("contents", &files)
    }

    fn embeddings_of(&self, space: &SpaceId, images: &[ImageId]) -> Result<Vec<Option<UnitVector>>, ProtocolError> {
        self.ingest("embeddings", &(space, images))
    }

    fn remember(
        &self,
        space: &SpaceId,
        files: &[(FileMark, ImageId)],
        embeddings: &[(ImageId, UnitVector)],
    ) -> Result<(), ProtocolError> {
        self.ingest("remember", &(space, files, embeddings))
    }
}

impl Spaces for Client {
    fn spaces(&self) -> Result<Vec<SpaceCoverage>, ProtocolError> {
        self.ingest("spaces", &())
    }

    fn without_vector(
        &self,
        space: &SpaceId,
        after: Option<ImageId>,
        limit: usize,
    ) -> Result<Vec<PhotoFiles>, ProtocolError> {
        self.ingest("without-vector", &(space, after, limit))
    }

    fn preview(&self, image: ImageId) -> Result<Vec<u8>, ProtocolError> {
        let url = self.url(&format!("images/{image}/thumbnail"));
        read(&url, self.agent.get(&url).call())
    }

    fn add_vectors(&self, space: &SpaceId, vectors: &[(ImageId, UnitVector)]) -> Result<(), ProtocolError> {
        self.ingest("vectors", &(space, vectors))
    }

    fn switch_space(&self, space: &SpaceId, model: &str) -> Result<(), ProtocolError> {
        self.ingest("switch-space", &(space, model))
    }

    fn drop_space(&self, space: &SpaceId) -> Result<(), ProtocolError> {
        self.ingest("drop-space", &space)
    }
}

impl PhotoSearch for Client {
    fn search(&self, request: &SearchRequest) -> Result<SearchResults, ProtocolError> {
        self.ask("search", request)
    }

    fn search_by_image(&self, content: &[u8], request: &SimilarRequest) -> Result<SearchResults, ProtocolError> {
        let url = self.url("search/image");
        let request = self.agent.post(&url).query_pairs(similar_pairs(request));
        from_json(&url, &read(&url, request.content_type("application/octet-stream").send(content))?)
    }

    fn similar(&self, image: ImageId, request: &SimilarRequest) -> Result<SearchResults, ProtocolError> {
        self.get(&format!("images/{image}/similar"), &similar_pairs(request))
    }

    fn rank(&self, request: &RankRequest) -> Result<Vec<Hit>, ProtocolError> {
        #[derive(serde::Deserialize)]
        struct Ranked {
            results: Vec<Hit>,
        }
        Ok(self.ask::<Ranked>("rank", request)?.results)
    }

    fn unusual(&self, request: &UnusualRequest) -> Result<UnusualResults, ProtocolError> {
        let UnusualRequest { limit, offset, neighbours, kind, hide_junk, filter } = request;
        let pairs = [("limit", limit), ("offset", offset), ("neighbours", neighbours)];
        let mut pairs = pairs.map(|(key, value)| (key, value.to_string())).to_vec();
        pairs.push(("kind", kind.name().to_owned()));
        pairs.push(("hide_junk", hide_junk.to_string()));
        pairs.extend(filter.clone().map(|filter| ("filter", filter)));
        self.get("unusual", &pairs)
    }

    fn duplicates(&self, request: &DuplicatesRequest) -> Result<DuplicateResults, ProtocolError> {
        let DuplicatesRequest { kind, limit, offset } = *request;
        let page = [("limit", limit.to_string()), ("offset", offset.to_string())];
        let kind = kind.map(|kind| ("kind", kind.to_string()));
        self.get("duplicates", &page.into_iter().chain(kind).collect::<Vec<_>>())
    }

    fn facets(&self, request: &FacetsRequest) -> Result<Facets, ProtocolError> {
        self.get("facets", &request.filter.iter().map(|filter| ("filter", filter.clone())).collect::<Vec<_>>())
    }

    fn status(&self) -> Result<LibraryStatus, ProtocolError> {
        self.get("status", &[])
    }

    fn failures(&self) -> Result<Vec<Failure>, ProtocolError> {
        #[derive(serde::Deserialize)]
        struct Failures {
            failures: Vec<Failure>,
        }
        Ok(self.get::<Failures>("failures", &[])?.failures)
    }

    fn saved_searches(&self) -> Result<Vec<SavedSearch>, ProtocolError> {
        #[derive(serde::Deserialize)]
        struct Saved {
            searches: Vec<SavedSearch>,
        }
        Ok(self.get::<Saved>("searches", &[])?.searches)
    }

    fn save_search(&self, saved: &SavedSearch) -> Result<(), ProtocolError> {
        let url = self.named_url("searches", &saved.name);
        let body = serde_json::to_vec(&saved.search).map_err(|error| malformed(&url, error))?;
        read(&url, self.agent.put(&url).content_type("application/json").send(&body)).map(drop)
    }

    fn forget_search(&self, name: &SearchName) -> Result<(), ProtocolError> {
        let url = self.named_url("searches", name);
        read(&url, self.agent.delete(&url).call()).map(drop)
    }
}
