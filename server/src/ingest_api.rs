//! The indexers' side of the API: the traits `Ingest`, `Spaces` and `EmbeddingCache` over HTTP, in MessagePack.

use std::collections::BTreeMap;

use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse, post};
use foray_protocol::{
    Classifier, Evaluation, FileMark, ImageId, IndexProgress, IngestBatch, MESSAGE_PACK, PhotoPath, ProblemKind,
    ProtocolError, SpaceId, Spaces, UnitVector,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use utoipa::IntoResponses;
use utoipa::openapi::response::{Response, ResponseBuilder};
use utoipa::openapi::{ContentBuilder, RefOr};
use utoipa_actix_web::service_config::ServiceConfig;

use crate::api_error::{ApiError, blocking};
use crate::binary::Binary;
use crate::ingest_body;
use crate::refusals::{Conflict, DiskFull, NotFound, TooLarge, UnsupportedMedia};
use crate::service::SearchService;

pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(known_files)
        .service(known_images)
        .service(files_under)
        .service(commit)
        .service(remember_roots)
        .service(report)
        .service(spaces)
        .service(without_vector)
        .service(add_vectors)
        .service(switch_space)
        .service(drop_space)
        .service(contents)
        .service(embeddings)
        .service(remember)
        .service(keep_evaluation)
        .service(keep_classifier);
}

type Reply = Result<HttpResponse, ApiError>;

/// How all of them answer.
enum Packed {}

impl IntoResponses for Packed {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        let content = ContentBuilder::new().schema(Some(<Binary as utoipa::PartialSchema>::schema())).build();
        let answer = ResponseBuilder::new().description("The answer").content(MESSAGE_PACK, content).build();
        let refusals = [
            NotFound::responses(),
            Conflict::responses(),
            TooLarge::responses(),
            UnsupportedMedia::responses(),
            DiskFull::responses(),
        ];
        refusals.into_iter().flatten().chain([("200".to_owned(), answer.into())]).collect()
    }
}

/// What the library knows of these paths
///
/// Takes a list of paths; answers a list of `{size, modified_ns, companions, outcome}` or nil.
#[utoipa::path(tag = "indexers", request_body(content = inline(Binary), content_type = "application/msgpack"), responses(Packed))]
#[post("/ingest/known-files")]
async fn known_files(service: Data<SearchService>, request: HttpRequest, body: Payload) -> Reply {
    answer(service, &request, body, |service, paths: Vec<PhotoPath>| service.library().known_files(&paths)).await
}

/// Which of these photos have a vector
///
/// Takes `[space, list of ids]`; answers a list of booleans.
#[utoipa::path(tag = "indexers", request_body(content = inline(Binary), content_type = "application/msgpack"), responses(Packed))]
#[post("/ingest/known-images")]
async fn known_images(service: Data<SearchService>, request: HttpRequest, body: Payload) -> Reply {
    answer(service, &request, body, |service, (space, images): (SpaceId, Vec<ImageId>)| {
        service.library().known_images(&space, &images)
    })
    .await
}

/// The files below a folder, page by page
///
/// Takes `[root, the path after which the page begins or nil, limit]`; answers a list of `{path, image}`.
#[utoipa::path(tag = "indexers", request_body(content = inline(Binary), content_type = "application/msgpack"), responses(Packed))]
#[post("/ingest/files-under")]
async fn files_under(service: Data<SearchService>, request: HttpRequest, body: Payload) -> Reply {
    answer(service, &request, body, |service, (root, after, limit): (PhotoPath, Option<PhotoPath>, usize)| {
        service.library().files_under(&root, after.as_ref(), limit)
    })
    .await
}

/// Applies changes, all or none
///
/// Takes `{space, changes}`; answers `{photos_added, files_removed}`.
#[utoipa::path(tag = "indexers", request_body(content = inline(Binary), content_type = "application/msgpack"), responses(Packed))]
#[post("/ingest/commit")]
async fn commit(service: Data<SearchService>, request: HttpRequest, body: Payload) -> Reply {
    answer(service, &request, body, |service, batch: IngestBatch| service.library().commit(&batch)).await
}

/// Remembers folders of the library
///
/// Takes a list of paths; answers nil.
#[utoipa::path(tag = "indexers", request_body(content = inline(Binary), content_type = "application/msgpack"), responses(Packed))]
#[post("/ingest/roots")]
async fn remember_roots(service: Data<SearchService>, request: HttpRequest, body: Payload) -> Reply {
    answer(service, &request, body, |service, roots: Vec<PhotoPath>| service.library().remember_roots(&roots)).await
}

/// Tells how far an indexer is
///
/// Takes the progress, as it stands in the status; answers nil.
#[utoipa::path(tag = "indexers", request_body(content = inline(Binary), content_type = "application/msgpack"), responses(Packed))]
#[post("/ingest/progress")]
async fn report(service: Data<SearchService>, request: HttpRequest, body: Payload) -> Reply {
    answer(service, &request, body, |service, progress: IndexProgress| {
        service.library().report(&progress);
        Ok(())
    })
    .await
}

/// The spaces that the library has vectors of
///
/// Takes nil; answers a list of `{space, searched, vectors, photos}`.
#[utoipa::path(tag = "indexers", request_body(content = inline(Binary), content_type = "application/msgpack"), responses(Packed))]
#[post("/ingest/spaces")]
async fn spaces(service: Data<SearchService>, request: HttpRequest, body: Payload) -> Reply {
    answer(service, &request, body, |service, ()| service.library().spaces()).await
}

/// Photos without a vector in a space, page by page
///
/// Takes `[space, the id after which the page begins or nil, limit]`; answers a list of `{image, paths}`.
#[utoipa::path(tag = "indexers", request_body(content = inline(Binary), content_type = "application/msgpack"), responses(Packed))]
#[post("/ingest/without-vector")]
async fn without_vector(service: Data<SearchService>, request: HttpRequest, body: Payload) -> Reply {
    answer(service, &request, body, |service, (space, after, limit): (SpaceId, Option<ImageId>, usize)| {
        service.library().without_vector(&space, after, limit)
    })
    .await
}

/// Takes in vectors
///
/// Takes `[space, list of [id, vector]]`; answers nil.
#[utoipa::path(tag = "indexers", request_body(content = inline(Binary), content_type = "application/msgpack"), responses(Packed))]
#[post("/ingest/vectors")]
async fn add_vectors(service: Data<SearchService>, request: HttpRequest, body: Payload) -> Reply {
    answer(service, &request, body, |service, (space, vectors): (SpaceId, Vec<(ImageId, UnitVector)>)| {
        service.library().add_vectors(&space, &vectors)
    })
    .await
}

/// Makes a space the one that is searched
///
/// Takes `[space, name of its model]`; answers nil.
#[utoipa::path(tag = "indexers", request_body(content = inline(Binary), content_type = "application/msgpack"), responses(Packed))]
#[post("/ingest/switch-space")]
async fn switch_space(service: Data<SearchService>, request: HttpRequest, body: Payload) -> Reply {
    answer(service, &request, body, |service, (space, model): (SpaceId, String)| service.switch_space(&space, &model))
        .await
}

/// Deletes the vectors of a space
///
/// Takes the space; answers nil.
#[utoipa::path(tag = "indexers", request_body(content = inline(Binary), content_type = "application/msgpack"), responses(Packed))]
#[post("/ingest/drop-space")]
async fn drop_space(service: Data<SearchService>, request: HttpRequest, body: Payload) -> Reply {
    answer(service, &request, body, |service, space: SpaceId| service.library().drop_space(&space)).await
}

/// What files hold that were read before
///
/// Takes a list of `{path, size, modified_ns}`; answers a list of ids or nil.
#[utoipa::path(tag = "indexers", request_body(content = inline(Binary), content_type = "application/msgpack"), responses(Packed))]
#[post("/ingest/contents")]
async fn contents(service: Data<SearchService>, request: HttpRequest, body: Payload) -> Reply {
    answer(service, &request, body, |service, files: Vec<FileMark>| service.library().contents_of(&files)).await
}

/// Embeddings that are known
///
/// Takes `[space, list of ids]`; answers a list of vectors or nil.
#[utoipa::path(tag = "indexers", request_body(content = inline(Binary), content_type = "application/msgpack"), responses(Packed))]
#[post("/ingest/embeddings")]
async fn embeddings(service: Data<SearchService>, request: HttpRequest, body: Payload) -> Reply {
    answer(service, &request, body, |service, (space, images): (SpaceId, Vec<ImageId>)| {
        service.library().embeddings_of(&space, &images)
    })
    .await
}

/// Remembers embeddings of photos that need not be in the library
///
/// Takes `[space, list of [{path, size, modified_ns}, id], list of [id, vector]]`; answers nil.
#[utoipa::path(tag = "indexers", request_body(content = inline(Binary), content_type = "application/msgpack"), responses(Packed))]
#[post("/ingest/remember")]
async fn remember(service: Data<SearchService>, request: HttpRequest, body: Payload) -> Reply {
    type Question = (SpaceId, Vec<(FileMark, ImageId)>, Vec<(ImageId, UnitVector)>);
    answer(service, &request, body, |service, (space, files, vectors): Question| {
        service.library().remember(&space, &files, &vectors)
    })
    .await
}

/// Keeps an evaluation
///
/// Takes it as `/evaluations` shows it; answers nil.
#[utoipa::path(tag = "indexers", request_body(content = inline(Binary), content_type = "application/msgpack"), responses(Packed))]
#[post("/ingest/evaluation")]
async fn keep_evaluation(service: Data<SearchService>, request: HttpRequest, body: Payload) -> Reply {
    answer(service, &request, body, |service, evaluation: Evaluation| {
        Ok(service.library().keep_evaluation(&evaluation)?)
    })
    .await
}

/// Keeps a classifier
///
/// Takes it as `/classifiers` shows it; answers nil.
#[utoipa::path(tag = "indexers", request_body(content = inline(Binary), content_type = "application/msgpack"), responses(Packed))]
#[post("/ingest/classifier")]
async fn keep_classifier(service: Data<SearchService>, request: HttpRequest, body: Payload) -> Reply {
    answer(service, &request, body, |service, classifier: Classifier| {
        Ok(service.library().keep_classifier(&classifier)?)
    })
    .await
}

/// Decodes the question, asks the service on a thread that may block, encodes the answer.
async fn answer<Question, Answer>(
    service: Data<SearchService>,
    request: &HttpRequest,
    body: Payload,
    ask: impl FnOnce(&SearchService, Question) -> Result<Answer, ProtocolError> + Send + 'static,
) -> Reply
where
    Question: DeserializeOwned,
    Answer: Serialize + Send + 'static,
{
    let body = ingest_body::receive(request, body).await?;
    let reply = blocking(move || {
        let malformed = |error: rmp_serde::decode::Error| {
            ApiError::new(ProblemKind::BadRequest, format!("the body is not what this address takes: {error}"))
        };
        let question = rmp_serde::from_slice(&body.unpack()?).map_err(malformed)?;
        ask(&service, question).map_err(ApiError::from)
    })
    .await?;
    let bytes =
        rmp_serde::to_vec_named(&reply).map_err(|error| ApiError::new(ProblemKind::Internal, error.to_string()))?;
    Ok(HttpResponse::Ok().content_type(MESSAGE_PACK).body(bytes))
}
