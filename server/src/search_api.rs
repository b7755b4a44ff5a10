//! Searching over HTTP: by text, by uploaded picture, ranking, unusual, duplicates.

use actix_web::web::{self, Data, Json, Query};
use actix_web::{HttpRequest, HttpResponse};
use foray_protocol::{
    DuplicatesRequest, FacetsRequest, PhotoSearch, RankRequest, SearchRequest, SimilarRequest, UnusualRequest,
};
use serde::Deserialize;
use serde_json::json;

use crate::api_error::{ApiError, blocking};
use crate::service::SearchService;
use crate::upload;

pub(crate) fn routes(config: &mut web::ServiceConfig) {
    config
        .service(
            web::resource("/search").route(web::get().to(search_from_address)).route(web::post().to(search_from_body)),
        )
        .route("/search/image", web::post().to(search_by_image))
        .route("/rank", web::post().to(rank))
        .route("/unusual", web::get().to(unusual))
        .route("/duplicates", web::get().to(duplicates))
        .route("/facets", web::get().to(facets));
}

async fn search_from_address(
    service: Data<SearchService>,
    request: Query<SearchRequest>,
) -> Result<HttpResponse, ApiError> {
    search(service, request.into_inner()).await
}

async fn search_from_body(
    service: Data<SearchService>,
    request: Json<SearchRequest>,
) -> Result<HttpResponse, ApiError> {
    search(service, request.into_inner()).await
}

async fn search(service: Data<SearchService>, request: SearchRequest) -> Result<HttpResponse, ApiError> {
    let results = blocking(move || service.search(&request)).await?;
    Ok(HttpResponse::Ok().json(results))
}

/// As [`SimilarRequest`]; what is not in the address may be in the form.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ImageSearch {
    limit: Option<usize>,
    filter: Option<String>,
}

async fn search_by_image(
    service: Data<SearchService>,
    request: HttpRequest,
    search: Query<ImageSearch>,
    body: web::Payload,
) -> Result<HttpResponse, ApiError> {
    let upload = upload::receive(&request, body).await?;
    let ImageSearch { limit, filter } = search.into_inner();
    let request = SimilarRequest { limit: limit.or(upload.limit).unwrap_or(10), filter: filter.or(upload.filter) };
    let results = blocking(move || service.search_by_image(&upload.image, &request)).await?;
    Ok(HttpResponse::Ok().json(results))
}

async fn rank(service: Data<SearchService>, request: Json<RankRequest>) -> Result<HttpResponse, ApiError> {
    let results = blocking(move || service.rank(&request)).await?;
    Ok(HttpResponse::Ok().json(json!({ "results": results })))
}

async fn unusual(service: Data<SearchService>, request: Query<UnusualRequest>) -> Result<HttpResponse, ApiError> {
    let results = blocking(move || service.unusual(&request)).await?;
    Ok(HttpResponse::Ok().json(results))
}

async fn duplicates(service: Data<SearchService>, request: Query<DuplicatesRequest>) -> Result<HttpResponse, ApiError> {
    let results = blocking(move || service.duplicates(&request)).await?;
    Ok(HttpResponse::Ok().json(results))
}

async fn facets(service: Data<SearchService>, request: Query<FacetsRequest>) -> Result<HttpResponse, ApiError> {
    let facets = blocking(move || service.facets(&request)).await?;
    Ok(HttpResponse::Ok().json(facets))
}
