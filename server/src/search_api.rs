//! Searching over HTTP: by text, by uploaded picture, ranking, unusual, duplicates.

use actix_web::web::{self, Data, Json, Query};
use actix_web::{HttpRequest, HttpResponse, get, post};
use foray_protocol::{
    DuplicateResults, DuplicatesRequest, Facets, FacetsRequest, Hit, PhotoSearch, RankRequest, SearchRequest,
    SearchResults, SimilarRequest, UnusualRequest, UnusualResults,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::api_error::{ApiError, blocking};
use crate::binary::Binary;
use crate::picture_embedding::in_turn;
use crate::refusals::{Conflict, NotFound, Preparing, TooLarge, UnreadableImage};
use crate::service::SearchService;
use crate::upload;

pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(search_from_address)
        .service(search_from_body)
        .service(search_by_image)
        .service(rank)
        .service(list_unusual)
        .service(list_duplicates)
        .service(count_facets);
}

/// Photos that fit a query, best first
#[utoipa::path(
    tag = "search",
    params(("q" = Option<String>, Query, description = "The same as `query`", example = "a dog in:Trips/2024"), SearchRequest),
    responses((status = 200, description = "Photos", body = SearchResults), NotFound, Conflict),
)]
#[get("/search")]
async fn search_from_address(
    service: Data<SearchService>,
    request: Query<SearchRequest>,
) -> Result<HttpResponse, ApiError> {
    search(service, request.into_inner()).await
}

/// The same, with a filter as an object
#[utoipa::path(
    tag = "search",
    request_body(content = SearchRequest, examples(
        ("words" = (value = json!({"query": "2:beach + sunset - people", "limit": 20}))),
        ("filter" = (value = json!({"query": "a dog", "filter": {"taken": {"gte": "2023-06"}, "tag": {"none": ["blurred"]}}}))),
    )),
    responses((status = 200, description = "Photos", body = SearchResults), NotFound, Conflict, TooLarge),
)]
#[post("/search")]
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
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ImageSearch {
    /// How many results at most.
    #[param(minimum = 1, maximum = 10_000, default = 10)]
    limit: Option<usize>,
    /// What the photos must fulfil, as filters are written in queries.
    filter: Option<String>,
}

/// Photos that look like an uploaded picture
///
/// The picture is the form's field `image` or the whole body: at most 64 MiB, 200 million pixels, 65,535 pixels on a side.
#[utoipa::path(
    tag = "search",
    params(ImageSearch),
    request_body(content((inline(upload::Form) = "multipart/form-data"), (inline(Binary) = "image/*"))),
    responses(
        (status = 200, description = "Photos, the most alike first", body = SearchResults),
        Conflict, TooLarge, UnreadableImage,
    ),
)]
#[post("/search/image")]
async fn search_by_image(
    service: Data<SearchService>,
    request: HttpRequest,
    search: Query<ImageSearch>,
    body: web::Payload,
) -> Result<HttpResponse, ApiError> {
    let upload = upload::receive(&request, body).await?;
    let ImageSearch { limit, filter } = search.into_inner();
    let request = SimilarRequest { limit: limit.or(upload.limit).unwrap_or(10), filter: filter.or(upload.filter) };
    let results = in_turn(move || service.search_by_image(&upload.image, &request)).await?;
    Ok(HttpResponse::Ok().json(results))
}

#[derive(Serialize, ToSchema)]
struct Ranking {
    /// The given photos, best first.
    results: Vec<Hit>,
}

/// Exactly the given photos, in the order of their scores for a query
#[utoipa::path(
    tag = "search",
    request_body(content = RankRequest, example = json!({"query": "a red car", "paths": ["/srv/photos/1.jpg", "/srv/photos/2.jpg"]})),
    responses((status = 200, description = "Photos", body = Ranking), NotFound, Conflict, TooLarge),
)]
#[post("/rank")]
async fn rank(service: Data<SearchService>, request: Json<RankRequest>) -> Result<HttpResponse, ApiError> {
    let results = blocking(move || service.rank(&request)).await?;
    Ok(HttpResponse::Ok().json(Ranking { results }))
}

/// The most unusual photos first
#[utoipa::path(
    tag = "search",
    params(UnusualRequest),
    responses((status = 200, description = "Photos, with those that explain their scores", body = UnusualResults), Preparing),
)]
#[get("/unusual")]
async fn list_unusual(service: Data<SearchService>, request: Query<UnusualRequest>) -> Result<HttpResponse, ApiError> {
    let results = blocking(move || service.unusual(&request)).await?;
    Ok(HttpResponse::Ok().json(results))
}

/// Groups of photos that are, or look, the same
#[utoipa::path(
    tag = "search",
    params(DuplicatesRequest),
    responses((status = 200, description = "Groups, those that could free the most bytes first", body = DuplicateResults), Preparing),
)]
#[get("/duplicates")]
async fn list_duplicates(
    service: Data<SearchService>,
    request: Query<DuplicatesRequest>,
) -> Result<HttpResponse, ApiError> {
    let results = blocking(move || service.duplicates(&request)).await?;
    Ok(HttpResponse::Ok().json(results))
}

/// How photos divide by year, camera, folder and the like
#[utoipa::path(tag = "search", params(FacetsRequest), responses((status = 200, description = "Counts", body = Facets)))]
#[get("/facets")]
async fn count_facets(service: Data<SearchService>, request: Query<FacetsRequest>) -> Result<HttpResponse, ApiError> {
    let facets = blocking(move || service.facets(&request)).await?;
    Ok(HttpResponse::Ok().json(facets))
}
