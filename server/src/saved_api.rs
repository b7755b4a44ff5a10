//! Saved searches over HTTP: listing, keeping, asking and forgetting them.

use actix_web::HttpResponse;
use actix_web::web::{self, Data, Json, Path, Query};
use foray_protocol::{PhotoSearch, ProtocolError, SavedSearch, SearchName, SearchRequest};
use serde::Deserialize;
use serde_json::json;

use crate::api_error::{ApiError, blocking};
use crate::service::SearchService;

pub(crate) fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/searches", web::get().to(list))
        .route("/searches/{name}", web::get().to(ask))
        .route("/searches/{name}", web::put().to(keep))
        .route("/searches/{name}", web::delete().to(forget));
}

/// Which page of a saved search.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Page {
    limit: Option<usize>,
    cursor: Option<String>,
}

fn parse_name(text: &str) -> Result<SearchName, ApiError> {
    text.parse().map_err(|error: ProtocolError| ApiError::from(error))
}

async fn list(service: Data<SearchService>) -> Result<HttpResponse, ApiError> {
    let searches = blocking(move || service.saved_searches()).await?;
    Ok(HttpResponse::Ok().json(json!({ "searches": searches })))
}

async fn ask(service: Data<SearchService>, name: Path<String>, page: Query<Page>) -> Result<HttpResponse, ApiError> {
    let name = parse_name(&name)?;
    let Page { limit, cursor } = page.into_inner();
    let results = blocking(move || {
        let saved = service.library().saved_search(&name)?;
        service.search(&SearchRequest { limit: limit.unwrap_or(saved.limit), cursor, ..saved })
    });
    Ok(HttpResponse::Ok().json(results.await?))
}

async fn keep(
    service: Data<SearchService>,
    name: Path<String>,
    search: Json<SearchRequest>,
) -> Result<HttpResponse, ApiError> {
    let saved = SavedSearch { name: parse_name(&name)?, search: search.into_inner() };
    blocking(move || service.save_search(&saved)).await?;
    Ok(HttpResponse::NoContent().finish())
}

async fn forget(service: Data<SearchService>, name: Path<String>) -> Result<HttpResponse, ApiError> {
    let name = parse_name(&name)?;
    blocking(move || service.forget_search(&name)).await?;
    Ok(HttpResponse::NoContent().finish())
}
