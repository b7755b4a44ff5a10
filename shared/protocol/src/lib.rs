//! What Foray's programs say to each other: identifiers, request and reply types, the two traits that a library is used
//! through, the configuration file and the typed HTTP client that implements both traits against a server.
#![forbid(unsafe_code)]

mod account;
mod appearance;
mod classification;
mod classifier;
mod client;
mod clock;
mod config;
mod description;
mod duplicates;
mod embedding_cache;
mod error;
mod evaluation;
mod facets;
mod filter;
mod gate;
mod identity;
mod ingest;
mod kept;
mod maintenance;
mod map;
mod packing;
mod path;
mod patience;
mod query;
mod results;
mod saved;
mod schedule;
mod search;
mod short_line;
mod spaces;
mod split;
mod status;
mod stop;
mod tag;
mod tame_xml;
mod token;
mod vector;
mod watch_list;

pub use account::{Account, ProgramToken, Role};
pub use appearance::{Junk, PerceptualHash, ThumbHash};
pub use classification::{Classification, ClassifiedPhoto, ClassifyRequest};
pub use classifier::{Classifier, LinearLayer, TagRule, TagRuleRequest, Verdict, first_largest, softmax};
pub use client::Client;
pub use clock::since_1970;
pub use config::{Config, DEFAULT_BIND, LogFormat};
pub use description::Description;
pub use duplicates::{DuplicateFile, DuplicateGroup, DuplicateKind, DuplicateResults, DuplicatesRequest, KeepReason};
pub use embedding_cache::{EmbeddingCache, FileMark};
pub use error::{Problem, ProblemKind, ProtocolError};
pub use evaluation::{CaptionSet, ClassMetrics, Comparison, Contender, Evaluation, EvaluationRequest, Metrics};
pub use facets::{Facet, Facets, FacetsRequest};
pub use filter::{
    Condition, Feature, Filter, Folder, Moment, NumberField, Range, Shape, TextField, TextTest, TimeField,
    clock_seconds, clock_year, clock_years,
};
pub use gate::{GateState, Hours, PauseRequest, WorkGate};
pub use identity::{ImageId, SpaceId};
pub use ingest::{
    Change, CommitSummary, CompanionMark, FileFacts, Ingest, IngestBatch, KnownFile, NewPhoto, PhotoMetadata, RootFile,
};
pub use kept::Kept;
pub use maintenance::{GraphReport, Maintenance};
pub use map::{MapCluster, MapRequest, PhotoMap};
pub use packing::{UnpackError, unpack};
pub use path::{PhotoPath, has_extension, is_photo, is_raw};
pub use patience::{Another, Patience};
pub use query::{Query, QueryError, Subject, Term};
pub use results::{
    Explanation, Hit, Neighbour, Photo, RankedFile, SearchResults, TermShare, UnusualHit, UnusualResults, exact_path,
    text_and_bytes,
};
pub use saved::{SavedSearch, SearchName};
pub use schedule::Schedule;
pub use search::{
    GroupBy, PhotoSearch, RELEVANT, RankRequest, SearchRequest, SimilarRequest, SortOrder, UnusualKind, UnusualRequest,
};
pub use spaces::{PhotoFiles, SpaceCoverage, Spaces};
pub use split::Split;
pub use status::{
    BackendReport, DiskUse, Failure, IndexPhase, IndexProgress, LibraryStatus, SearchStructure, SpaceStatus,
};
pub use stop::StopSignal;
pub use tag::{HandTagging, PhotoTag, Tag, Tagged};
pub use tame_xml::is_tame_xml;
pub use token::Token;
pub use vector::{UnitVector, VectorError};
pub use watch_list::{IndexerControl, WatchList, WatchRules, Watched};

/// Photos that one request over HTTP names by their ids, at most.
pub const MOST_IDS: usize = 10_000;

/// Media type of ingest bodies: MessagePack, maps with named fields.
pub const MESSAGE_PACK: &str = "application/msgpack";
/// How ingest bodies may be packed (RFC 8878).
pub const ZSTD: &str = "zstd";
