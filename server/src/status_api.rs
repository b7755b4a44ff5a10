//! What the server tells of itself: status, failures, health.

use actix_web::web::{Data, Json};
use actix_web::{HttpResponse, get};
use foray_protocol::{Failure, LibraryStatus, PhotoSearch, ProblemKind};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::api_error::{ApiError, blocking};
use crate::service::SearchService;

pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(get_status).service(list_failures);
}

pub(crate) fn health_routes(config: &mut ServiceConfig<'_>) {
    config.service(healthy).service(ready);
}

/// What the library holds, and what serves it
#[utoipa::path(tag = "server", responses((status = 200, description = "State", body = LibraryStatus)))]
#[get("/status")]
async fn get_status(service: Data<SearchService>) -> Result<HttpResponse, ApiError> {
    let status = blocking(move || service.status()).await?;
    Ok(HttpResponse::Ok().json(status))
}

#[derive(Serialize, ToSchema)]
struct Failures {
    /// Files that could not be indexed, in path order.
    failures: Vec<Failure>,
}

/// What could not be indexed, and why
#[utoipa::path(tag = "server", responses((status = 200, description = "Files and reasons", body = Failures)))]
#[get("/failures")]
async fn list_failures(service: Data<SearchService>) -> Result<Json<Failures>, ApiError> {
    let failures = blocking(move || service.failures()).await?;
    Ok(Json(Failures { failures }))
}

/// Whether the process answers
#[utoipa::path(tag = "server", responses((status = 200, description = "It does", body = String, content_type = "text/plain")))]
#[get("/healthz")]
async fn healthy() -> &'static str {
    "ok\n"
}

/// Whether a query can be embedded
///
/// Loads the model when it is not loaded yet.
#[utoipa::path(tag = "server", responses((status = 200, description = "It can", body = String, content_type = "text/plain")))]
#[get("/readyz")]
async fn ready(service: Data<SearchService>) -> Result<&'static str, ApiError> {
    let warmed = move || {
        service
            .embedder()
            .get()
            .warm_up()
            .map_err(|error| ApiError::new(ProblemKind::Internal, format!("the model cannot be used: {error}")))
    };
    blocking(warmed).await?;
    Ok("ready\n")
}
