//! The indexers' side of the API: the `Ingest` and `Spaces` traits over HTTP, in MessagePack.

use actix_web::web::{self, Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use foray_protocol::{
    ImageId, IndexProgress, Ingest, IngestBatch, MESSAGE_PACK, PhotoPath, ProblemKind, ProtocolError, SpaceId, Spaces,
    UnitVector,
};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::api_error::{ApiError, blocking};
use crate::ingest_body;
use crate::service::SearchService;

pub(crate) fn routes(config: &mut web::ServiceConfig) {
    config.service(
        web::scope("/ingest")
            .route("/known-files", web::post().to(known_files))
            .route("/known-images", web::post().to(known_images))
            .route("/files-under", web::post().to(files_under))
            .route("/commit", web::post().to(commit))
            .route("/roots", web::post().to(remember_roots))
            .route("/progress", web::post().to(report))
            .route("/spaces", web::post().to(spaces))
            .route("/without-vector", web::post().to(without_vector))
            .route("/vectors", web::post().to(add_vectors))
            .route("/switch-space", web::post().to(switch_space))
            .route("/drop-space", web::post().to(drop_space)),
    );
}

type Reply = Result<HttpResponse, ApiError>;

async fn known_files(service: Data<SearchService>, request: HttpRequest, body: Payload) -> Reply {
    answer(service, &request, body, |service, paths: Vec<PhotoPath>| service.library().known_files(&paths)).await
}

async fn known_images(service: Data<SearchService>, request: HttpRequest, body: Payload) -> Reply {
    answer(service, &request, body, |service, (space, images): (SpaceId, Vec<ImageId>)| {
        service.library().known_images(&space, &images)
    })
    .await
}

async fn files_under(service: Data<SearchService>, request: HttpRequest, body: Payload) -> Reply {
    answer(service, &request, body, |service, (root, after, limit): (PhotoPath, Option<PhotoPath>, usize)| {
        service.library().files_under(&root, after.as_ref(), limit)
    })
    .await
}

async fn commit(service: Data<SearchService>, request: HttpRequest, body: Payload) -> Reply {
    answer(service, &request, body, |service, batch: IngestBatch| service.library().commit(&batch)).await
}

async fn remember_roots(service: Data<SearchService>, request: HttpRequest, body: Payload) -> Reply {
    answer(service, &request, body, |service, roots: Vec<PhotoPath>| service.library().remember_roots(&roots)).await
}

async fn report(service: Data<SearchService>, request: HttpRequest, body: Payload) -> Reply {
    answer(service, &request, body, |service, progress: IndexProgress| {
        service.library().report(&progress);
        Ok(())
    })
    .await
}

async fn spaces(service: Data<SearchService>, request: HttpRequest, body: Payload) -> Reply {
    answer(service, &request, body, |service, ()| service.library().spaces()).await
}

async fn without_vector(service: Data<SearchService>, request: HttpRequest, body: Payload) -> Reply {
    answer(service, &request, body, |service, (space, after, limit): (SpaceId, Option<ImageId>, usize)| {
        service.library().without_vector(&space, after, limit)
    })
    .await
}

async fn add_vectors(service: Data<SearchService>, request: HttpRequest, body: Payload) -> Reply {
    answer(service, &request, body, |service, (space, vectors): (SpaceId, Vec<(ImageId, UnitVector)>)| {
        service.library().add_vectors(&space, &vectors)
    })
    .await
}

async fn switch_space(service: Data<SearchService>, request: HttpRequest, body: Payload) -> Reply {
    answer(service, &request, body, |service, (space, model): (SpaceId, String)| service.switch_space(&space, &model))
        .await
}

async fn drop_space(service: Data<SearchService>, request: HttpRequest, body: Payload) -> Reply {
    answer(service, &request, body, |service, space: SpaceId| service.library().drop_space(&space)).await
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
