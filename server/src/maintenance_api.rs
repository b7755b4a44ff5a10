//! Maintenance over HTTP: what `foray reindex` asks for once the folders were gone through.

use actix_web::HttpResponse;
use actix_web::web::{self, Data};

use crate::api_error::{ApiError, blocking};
use crate::service::SearchService;

pub(crate) fn routes(config: &mut web::ServiceConfig) {
    config.route("/maintenance", web::post().to(maintain));
}

async fn maintain(service: Data<SearchService>) -> Result<HttpResponse, ApiError> {
    let report = blocking(move || service.library().maintain()).await?;
    Ok(HttpResponse::Ok().json(report))
}
