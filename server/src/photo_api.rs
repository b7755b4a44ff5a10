//! One photo over HTTP: what is known of it, its thumbnail, its file, and what looks like it.

use actix_files::NamedFile;
use actix_web::http::header::{CACHE_CONTROL, ContentDisposition, DispositionType, HeaderValue};
use actix_web::web::{Data, Path, Query};
use actix_web::{HttpRequest, HttpResponse, get};
use foray_protocol::{ImageId, Photo, PhotoSearch, ProblemKind, SearchResults, SimilarRequest};
use utoipa_actix_web::service_config::ServiceConfig;

use crate::api_error::{ApiError, blocking};
use crate::binary::Binary;
use crate::picture_embedding::in_turn;
use crate::preview::{make_anew, open_whole};
use crate::refusals::NotFound;
use crate::service::SearchService;

/// A thumbnail never changes: its address names its content.
const FOREVER: HeaderValue = HeaderValue::from_static("private, max-age=31536000, immutable");
/// The file may come to hold another photo: to be kept, and asked for each time whether it is still the same.
const CHECKED: HeaderValue = HeaderValue::from_static("private, no-cache");

pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(get_photo).service(send_thumbnail).service(send_original).service(find_similar);
}

/// What is known of a photo
#[utoipa::path(
    tag = "photos",
    params(("id" = ImageId, Path, description = "The photo")),
    responses((status = 200, description = "The photo", body = Photo), NotFound),
)]
#[get("/images/{id}")]
async fn get_photo(service: Data<SearchService>, id: Path<String>) -> Result<HttpResponse, ApiError> {
    let id: ImageId = id.parse()?;
    let photo = blocking(move || service.library().photo(id)).await?;
    Ok(HttpResponse::Ok().json(photo))
}

/// Its preview: JPEG, long side at most 400 pixels
#[utoipa::path(
    tag = "photos",
    params(("id" = ImageId, Path, description = "The photo")),
    responses(
        (status = 200, description = "The preview, which never changes", body = inline(Binary), content_type = "image/jpeg"),
        (status = 206, description = "The part that `Range` asks for", body = inline(Binary), content_type = "image/jpeg"),
        (status = 304, description = "Still what `If-None-Match` names"),
        NotFound,
    ),
)]
#[get("/images/{id}/thumbnail")]
async fn send_thumbnail(
    service: Data<SearchService>,
    request: HttpRequest,
    id: Path<String>,
) -> Result<HttpResponse, ApiError> {
    let id: ImageId = id.parse()?;
    let kept = service.library().thumbnail_file(id);
    let mut response = match kept.as_deref().map(open_whole) {
        Some(Some(file)) => file.into_response(&request),
        // A page asks for many previews at once, and each photo may take hundreds of megabytes.
        Some(None) => jpeg(in_turn(move || make_anew(&**service.library(), id)).await?),
        None => jpeg(blocking(move || service.library().preview(id)).await?),
    };
    response.headers_mut().insert(CACHE_CONTROL, FOREVER);
    Ok(response)
}

fn jpeg(preview: Vec<u8>) -> HttpResponse {
    HttpResponse::Ok().content_type("image/jpeg").body(preview)
}

/// Its file
///
/// Only files in the library's folders are sent. `Range` is understood, and so is `If-None-Match`.
#[utoipa::path(
    tag = "photos",
    params(("id" = ImageId, Path, description = "The photo")),
    responses(
        (status = 200, description = "The file", body = inline(Binary), content_type = "image/*"),
        (status = 206, description = "The part that `Range` asks for", body = inline(Binary), content_type = "image/*"),
        (status = 304, description = "Still what `If-None-Match` names"),
        NotFound,
    ),
)]
#[get("/images/{id}/original")]
async fn send_original(
    service: Data<SearchService>,
    request: HttpRequest,
    id: Path<String>,
) -> Result<HttpResponse, ApiError> {
    let id: ImageId = id.parse()?;
    let file = blocking(move || service.library().original_file(id)).await?;
    let unreadable =
        |error| ApiError::new(ProblemKind::NotFound, format!("the file of photo {id} cannot be read: {error}"));
    let original = NamedFile::open_async(file).await.map_err(unreadable)?;
    let inline = ContentDisposition { disposition: DispositionType::Inline, parameters: vec![] };
    let mut response = original.set_content_disposition(inline).into_response(&request);
    response.headers_mut().insert(CACHE_CONTROL, CHECKED);
    Ok(response)
}

/// Photos that look like it
#[utoipa::path(
    tag = "photos",
    params(("id" = ImageId, Path, description = "The photo"), SimilarRequest),
    responses((status = 200, description = "Photos, the most alike first", body = SearchResults), NotFound),
)]
#[get("/images/{id}/similar")]
async fn find_similar(
    service: Data<SearchService>,
    id: Path<String>,
    request: Query<SimilarRequest>,
) -> Result<HttpResponse, ApiError> {
    let id: ImageId = id.parse()?;
    let results = blocking(move || service.similar(id, &request)).await?;
    Ok(HttpResponse::Ok().json(results))
}
