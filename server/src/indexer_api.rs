//! The indexer in this process: what it follows, and whether it works; both can be changed.

use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::web::{self, Bytes, Data, Json};
use foray_protocol::{GateState, IndexerControl, PauseRequest, ProblemKind, Watched};
use serde::Serialize;

use crate::access::Access;
use crate::api_error::{ApiError, blocking};

pub(crate) fn routes(config: &mut web::ServiceConfig) {
    config.service(
        web::scope("/indexer")
            .route("", web::get().to(state))
            .route("/watched", web::put().to(watch))
            .route("/pause", web::post().to(pause))
            .route("/resume", web::post().to(resume)),
    );
}

type Control = Data<Option<IndexerControl>>;

#[derive(Serialize)]
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

async fn state(control: Control) -> Result<HttpResponse, ApiError> {
    Ok(answer(present(&control)?))
}

/// Folders decide which files are served: they are changed only by those who know the token.
async fn watch(control: Control, access: Data<Access>, body: Json<Watched>) -> Result<HttpResponse, ApiError> {
    if matches!(**access, Access::ThisMachine) {
        let detail = "folders and rules are changed only on a server with a token; or change them in the configuration";
        return Err(ApiError::new(ProblemKind::Unauthorized, detail));
    }
    let control = present(&control)?.clone();
    let list = control.list.clone();
    let refused = |reason: String| ApiError::new(ProblemKind::BadRequest, reason);
    blocking(move || list.change(body.into_inner()).map_err(refused)).await?;
    Ok(answer(&control))
}

async fn pause(control: Control, body: Bytes) -> Result<HttpResponse, ApiError> {
    let request = match body.as_ref() {
        [] => PauseRequest::default(),
        body => serde_json::from_slice(body)
            .map_err(|error| ApiError::new(ProblemKind::BadRequest, format!("the body is no pause: {error}")))?,
    };
    let control = present(&control)?;
    control.gate.pause(request.minutes.map(|minutes| Duration::from_secs(60 * u64::from(minutes))));
    Ok(answer(control))
}

async fn resume(control: Control) -> Result<HttpResponse, ApiError> {
    let control = present(&control)?;
    control.gate.resume();
    Ok(answer(control))
}
