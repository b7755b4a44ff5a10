//! What the server tells of itself: status, failures, health.

use actix_web::HttpResponse;
use actix_web::web::{self, Data};
use foray_protocol::PhotoSearch;
use serde_json::json;

use crate::api_error::{ApiError, blocking};
use crate::service::SearchService;

pub(crate) fn routes(config: &mut web::ServiceConfig) {
    config.route("/status", web::get().to(status)).route("/failures", web::get().to(failures));
}

pub(crate) fn health_routes(config: &mut web::ServiceConfig) {
    config.route("/healthz", web::get().to(healthy)).route("/readyz", web::get().to(ready));
}

async fn status(service: Data<SearchService>) -> Result<HttpResponse, ApiError> {
    let status = blocking(move || service.status()).await?;
    Ok(HttpResponse::Ok().json(status))
}

async fn failures(service: Data<SearchService>) -> Result<HttpResponse, ApiError> {
    let failures = blocking(move || service.failures()).await?;
    Ok(HttpResponse::Ok().json(json!({ "failures": failures })))
}

async fn healthy() -> &'static str {
    "ok\n"
}

/// Ready once a query can be embedded, which loads the model when it is not loaded yet.
async fn ready(service: Data<SearchService>) -> Result<&'static str, ApiError> {
    let warmed = move || {
        service.embedder().get().warm_up().map_err(|error| {
            ApiError::new(foray_protocol::ProblemKind::Internal, format!("the model cannot be used: {error}"))
        })
    };
    blocking(warmed).await?;
    Ok("ready\n")
}
