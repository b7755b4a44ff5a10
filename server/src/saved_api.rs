//! Saved searches over HTTP: listing, keeping, asking and forgetting them.

use actix_web::web::{Data, Json, Path, Query};
use actix_web::{HttpResponse, delete, get, put};
use foray_protocol::{PhotoSearch, SavedSearch, SearchName, SearchRequest, SearchResults};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::api_error::{ApiError, blocking};
use crate::refusals::{Conflict, NotFound, TooLarge};
use crate::service::SearchService;

pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(list_saved).service(ask_saved).service(keep_search).service(forget_search);
}

/// Which page of a saved search.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Page {
    /// How many results at most, instead of what was saved.
    #[param(minimum = 1, maximum = 10_000)]
    limit: Option<usize>,
    /// The `next` of the page before.
    cursor: Option<String>,
}

#[derive(Serialize, ToSchema)]
struct SavedSearches {
    /// All, by name.
    searches: Vec<SavedSearch>,
}

/// The searches that were saved
#[utoipa::path(tag = "search", responses((status = 200, description = "All of them", body = SavedSearches)))]
#[get("/searches")]
async fn list_saved(service: Data<SearchService>) -> Result<HttpResponse, ApiError> {
    let searches = blocking(move || service.saved_searches()).await?;
    Ok(HttpResponse::Ok().json(SavedSearches { searches }))
}

/// The photos that a saved search finds now
#[utoipa::path(
    tag = "search",
    params(("name" = String, Path, description = "Its name"), Page),
    responses((status = 200, description = "Photos", body = SearchResults), NotFound, Conflict),
)]
#[get("/searches/{name}")]
async fn ask_saved(
    service: Data<SearchService>,
    name: Path<String>,
    page: Query<Page>,
) -> Result<HttpResponse, ApiError> {
    let name: SearchName = name.parse()?;
    let Page { limit, cursor } = page.into_inner();
    let results = blocking(move || {
        let saved = service.library().saved_search(&name)?;
        service.search(&SearchRequest { limit: limit.unwrap_or(saved.limit), cursor, ..saved })
    });
    Ok(HttpResponse::Ok().json(results.await?))
}

/// Keeps a search under a name, instead of one that had it before
///
/// `offset`, `cursor` and `explain` are not kept: it begins with its first page each time.
#[utoipa::path(
    tag = "search",
    params(("name" = String, Path, description = "1 to 100 characters without / and line breaks")),
    request_body(content = SearchRequest, example = json!({"query": "a dog in:Trips", "min_relevance": 0.4})),
    responses((status = 204, description = "Kept"), TooLarge),
)]
#[put("/searches/{name}")]
async fn keep_search(
    service: Data<SearchService>,
    name: Path<String>,
    search: Json<SearchRequest>,
) -> Result<HttpResponse, ApiError> {
    let saved = SavedSearch { name: name.parse()?, search: search.into_inner() };
    blocking(move || service.save_search(&saved)).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Forgets a saved search
#[utoipa::path(
    tag = "search",
    params(("name" = String, Path, description = "Its name")),
    responses((status = 204, description = "Forgotten"), NotFound),
)]
#[delete("/searches/{name}")]
async fn forget_search(service: Data<SearchService>, name: Path<String>) -> Result<HttpResponse, ApiError> {
    let name: SearchName = name.parse()?;
    blocking(move || service.forget_search(&name)).await?;
    Ok(HttpResponse::NoContent().finish())
}
