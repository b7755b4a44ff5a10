//! The indexer in this process: what it follows, and whether it works; both can be changed.

use std::time::Duration;

use actix_web::web::{Bytes, Data, Json};
use actix_web::{HttpResponse, get, post, put};
use foray_protocol::{GateState, IndexerControl, PauseRequest, ProblemKind, Watched};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::api_error::{ApiError, blocking};
use crate::refusals::{NotFound, TooLarge};

pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(get_indexer).service(watch).service(pause).service(resume);
}

type Control = Data<Option<IndexerControl>>;

#[derive(Serialize, ToSchema)]
#[schema(as = IndexerState)]
struct State {
    #[serde(flatten)]
    gate: GateState,
    watched: Watched,
}

fn present(control: &Control) -> Result<&IndexerControl, ApiError> {
    let detail = "no indexer runs in this server (`foray up` has one); hold it up where it runs";
    control.as_ref().as_ref().ok_or_else(|| ApiError::new(ProblemKind::NotFound, detail))
}

fn answer(control: &IndexerControl) -> HttpResponse {
    HttpResponse::Ok().json(State { gate: control.gate.state(), watched: control.list.present().1 })
}

/// Whether it may work, and what it follows
#[utoipa::path(tag = "indexer", responses((status = 200, description = "Its state", body = State), NotFound))]
#[get("/indexer")]
async fn get_indexer(control: Control) -> Result<HttpResponse, ApiError> {
    Ok(answer(present(&control)?))
}

/// Changes its folders and their rules
///
/// They are kept in the configuration. Folders decide which files are served: they are changed only by those who know the token, or
/// the page's key where there is none.
#[utoipa::path(tag = "indexer", responses((status = 200, description = "Its state", body = State), NotFound, TooLarge))]
#[put("/indexer/watched")]
async fn watch(control: Control, body: Json<Watched>) -> Result<HttpResponse, ApiError> {
    let control = present(&control)?.clone();
    let list = control.list.clone();
    let refused = |reason: String| ApiError::new(ProblemKind::BadRequest, reason);
    blocking(move || list.change(body.into_inner()).map_err(refused)).await?;
    Ok(answer(&control))
}

/// Holds it up, for some minutes or until it is resumed
#[utoipa::path(
    tag = "indexer",
    request_body = Option<PauseRequest>,
    responses((status = 200, description = "Its state", body = State), NotFound, TooLarge),
)]
#[post("/indexer/pause")]
async fn pause(control: Control, body: Bytes) -> Result<HttpResponse, ApiError> {
    let request = match body.as_ref() {
        [] => PauseRequest::default(),
        body => serde_json::from_slice::<Option<PauseRequest>>(body)
            .map_err(|error| ApiError::new(ProblemKind::BadRequest, format!("the body is no pause: {error}")))?
            .unwrap_or_default(),
    };
    let control = present(&control)?;
    control.gate.pause(request.minutes.map(|minutes| Duration::from_secs(60 * u64::from(minutes))));
    Ok(answer(control))
}

/// Ends a pause
#[utoipa::path(tag = "indexer", responses((status = 200, description = "Its state", body = State), NotFound))]
#[post("/indexer/resume")]
async fn resume(control: Control) -> Result<HttpResponse, ApiError> {
    let control = present(&control)?;
    control.gate.resume();
    Ok(answer(control))
}
