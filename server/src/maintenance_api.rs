//! Maintenance over HTTP: what `foray reindex` asks for once the folders were gone through.

use actix_web::web::Data;
use actix_web::{HttpResponse, post};
use foray_protocol::Maintenance;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::api_error::{ApiError, blocking};
use crate::refusals::Conflict;
use crate::service::SearchService;

pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(maintain);
}

/// Forgets, compacts and rebuilds what is due
#[utoipa::path(tag = "server", responses((status = 200, description = "What was done", body = Maintenance), Conflict))]
#[post("/maintenance")]
async fn maintain(service: Data<SearchService>) -> Result<HttpResponse, ApiError> {
    let report = blocking(move || service.library().maintain()).await?;
    Ok(HttpResponse::Ok().json(report))
}
