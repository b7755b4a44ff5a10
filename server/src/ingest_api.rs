//! The indexers' side of the API: the `Ingest` trait over HTTP, in MessagePack.

use actix_web::web::{self, Bytes, Data};
use actix_web::{HttpRequest, HttpResponse};
use foray_protocol::{
    ImageId, IndexProgress, Ingest, IngestBatch, MESSAGE_PACK, PhotoPath, ProblemKind, ProtocolError, SpaceId,
};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::api_error::{ApiError, blocking};
use crate::service::SearchService;

/// A batch of photos with thumbnails is a few megabytes.
const MAX_BODY: usize = 256 << 20;

pub(crate) fn routes(config: &mut web::ServiceConfig) {
    config.service(
        web::scope("/ingest")
            .app_data(web::PayloadConfig::new(MAX_BODY))
            .route("/known-files", web::post().to(known_files))
            .route("/known-images", web::post().to(known_images))
            .route("/files-under", web::post().to(files_under))
            .route("/commit", web::post().to(commit))
            .route("/roots", web::post().to(remember_roots))
            .route("/progress", web::post().to(report)),
    );
}

type Reply = Result<HttpResponse, ApiError>;

async fn known_files(service: Data<SearchService>, request: HttpRequest, body: Bytes) -> Reply {
    answer(service, &request, body, |library, paths: Vec<PhotoPath>| library.known_files(&paths)).await
}

async fn known_images(service: Data<SearchService>, request: HttpRequest, body: Bytes) -> Reply {
    answer(service, &request, body, |library, (space, images): (SpaceId, Vec<ImageId>)| {
        library.known_images(&space, &images)
    })
    .await
}

async fn files_under(service: Data<SearchService>, request: HttpRequest, body: Bytes) -> Reply {
    answer(service, &request, body, |library, (root, after, limit): (PhotoPath, Option<PhotoPath>, usize)| {
        library.files_under(&root, after.as_ref(), limit)
    })
    .await
}

async fn commit(service: Data<SearchService>, request: HttpRequest, body: Bytes) -> Reply {
    answer(service, &request, body, |library, batch: IngestBatch| library.commit(&batch)).await
}

async fn remember_roots(service: Data<SearchService>, request: HttpRequest, body: Bytes) -> Reply {
    answer(service, &request, body, |library, roots: Vec<PhotoPath>| library.remember_roots(&roots)).await
}

async fn report(service: Data<SearchService>, request: HttpRequest, body: Bytes) -> Reply {
    answer(service, &request, body, |library, progress: IndexProgress| {
        library.report(&progress);
        Ok(())
    })
    .await
}

/// Decodes the question, asks the library on a thread that may block, encodes the answer.
async fn answer<Question, Answer>(
    service: Data<SearchService>,
    request: &HttpRequest,
    body: Bytes,
    ask: impl FnOnce(&dyn Ingest, Question) -> Result<Answer, ProtocolError> + Send + 'static,
) -> Reply
where
    Question: DeserializeOwned,
    Answer: Serialize + Send + 'static,
{
    // Browsers cannot send this media type across origins without asking first, which keeps other pages out.
    if request.headers().get("content-type").is_none_or(|media| media != MESSAGE_PACK) {
        return Err(ApiError::new(ProblemKind::BadRequest, format!("expected a body of {MESSAGE_PACK}")));
    }
    let reply = blocking(move || {
        let malformed = |error: rmp_serde::decode::Error| {
            ApiError::new(ProblemKind::BadRequest, format!("the body is not what this address takes: {error}"))
        };
        let question = rmp_serde::from_slice(&body).map_err(malformed)?;
        ask(service.library().as_ref(), question).map_err(ApiError::from)
    })
    .await?;
    let bytes =
        rmp_serde::to_vec_named(&reply).map_err(|error| ApiError::new(ProblemKind::Internal, error.to_string()))?;
    Ok(HttpResponse::Ok().content_type(MESSAGE_PACK).body(bytes))
}
