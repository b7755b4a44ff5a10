//! One photo over HTTP: what is known of it, its thumbnail, its file, and what looks like it.

use actix_files::NamedFile;
use actix_web::http::header::{CACHE_CONTROL, ContentDisposition, DispositionType, HeaderValue};
use actix_web::web::{self, Data, Path, Query};
use actix_web::{HttpRequest, HttpResponse};
use foray_library::LibraryError;
use foray_protocol::{ImageId, PhotoSearch, ProblemKind, ProtocolError, SimilarRequest};

use crate::api_error::{ApiError, blocking};
use crate::service::SearchService;

/// A thumbnail never changes: its address names its content.
const FOREVER: HeaderValue = HeaderValue::from_static("private, max-age=31536000, immutable");

pub(crate) fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/images/{id}", web::get().to(photo))
        .route("/images/{id}/thumbnail", web::get().to(thumbnail))
        .route("/images/{id}/original", web::get().to(original))
        .route("/images/{id}/similar", web::get().to(similar));
}

fn parse_id(text: &str) -> Result<ImageId, ApiError> {
    text.parse().map_err(|error: ProtocolError| ApiError::from(error))
}

async fn photo(service: Data<SearchService>, id: Path<String>) -> Result<HttpResponse, ApiError> {
    let id = parse_id(&id)?;
    let photo = blocking(move || service.library().photo(id)).await?;
    Ok(HttpResponse::Ok().json(photo))
}

async fn thumbnail(
    service: Data<SearchService>,
    request: HttpRequest,
    id: Path<String>,
) -> Result<HttpResponse, ApiError> {
    let id = parse_id(&id)?;
    let file = service.library().thumbnail_file(id);
    let missing = |_| ApiError::from(LibraryError::NoPhoto(id.to_string()));
    let thumbnail = NamedFile::open_async(file).await.map_err(missing)?;
    let mut response = thumbnail.into_response(&request);
    response.headers_mut().insert(CACHE_CONTROL, FOREVER);
    Ok(response)
}

async fn original(
    service: Data<SearchService>,
    request: HttpRequest,
    id: Path<String>,
) -> Result<HttpResponse, ApiError> {
    let id = parse_id(&id)?;
    let file = blocking(move || service.library().original_file(id)).await?;
    let unreadable =
        |error| ApiError::new(ProblemKind::NotFound, format!("the file of photo {id} cannot be read: {error}"));
    let original = NamedFile::open_async(file).await.map_err(unreadable)?;
    let inline = ContentDisposition { disposition: DispositionType::Inline, parameters: vec![] };
    Ok(original.set_content_disposition(inline).into_response(&request))
}

async fn similar(
    service: Data<SearchService>,
    id: Path<String>,
    request: Query<SimilarRequest>,
) -> Result<HttpResponse, ApiError> {
    let id = parse_id(&id)?;
    let results = blocking(move || service.similar(id, &request)).await?;
    Ok(HttpResponse::Ok().json(results))
}
