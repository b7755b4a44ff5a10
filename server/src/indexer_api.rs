//! The indexer in this process: held up, and let go on.

use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::web::{self, Bytes, Data};
use foray_protocol::{PauseRequest, ProblemKind};

use crate::api_error::ApiError;
use crate::service::SearchService;

pub(crate) fn routes(config: &mut web::ServiceConfig) {
    config.service(
        web::scope("/indexer")
            .route("", web::get().to(state))
            .route("/pause", web::post().to(pause))
            .route("/resume", web::post().to(resume)),
    );
}

async fn state(service: Data<SearchService>) -> Result<HttpResponse, ApiError> {
    Ok(HttpResponse::Ok().json(service.gate()?.state()))
}

async fn pause(service: Data<SearchService>, body: Bytes) -> Result<HttpResponse, ApiError> {
    let request = match body.as_ref() {
        [] => PauseRequest::default(),
        body => serde_json::from_slice(body)
            .map_err(|error| ApiError::new(ProblemKind::BadRequest, format!("the body is no pause: {error}")))?,
    };
    let gate = service.gate()?;
    gate.pause(request.minutes.map(|minutes| Duration::from_secs(60 * u64::from(minutes))));
    Ok(HttpResponse::Ok().json(gate.state()))
}

async fn resume(service: Data<SearchService>) -> Result<HttpResponse, ApiError> {
    let gate = service.gate()?;
    gate.resume();
    Ok(HttpResponse::Ok().json(gate.state()))
}
