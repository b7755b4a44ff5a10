//! The indexer in this process: what it follows, and whether it works; both can be changed.

use std::path::PathBuf;
use std::time::Duration;

use actix_web::web::{Bytes, Data, Json};
use actix_web::{HttpResponse, get, post, put};
use foray_protocol::{
    Change, GateState, IndexerControl, IngestBatch, PauseRequest, PhotoPath, ProblemKind, ProtocolError, Schedule,
    Watched,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::api_error::{ApiError, blocking};
use crate::refusals::{DiskFull, NotFound, TooLarge};
use crate::service::SearchService;

/// Failures that are forgotten in one commit.
const FORGOTTEN_TOGETHER: usize = 1_000;

pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(get_indexer).service(watch).service(reschedule).service(retry).service(pause).service(resume);
}

type Control = Data<Option<IndexerControl>>;

#[derive(Serialize, ToSchema)]
#[schema(as = IndexerState)]
struct State {
    #[serde(flatten)]
    gate: GateState,
    watched: Watched,
    /// When it reindexes by itself, as a cron expression by the local clock.
    #[serde(skip_serializing_if = "Option::is_none")]
    schedule: Option<String>,
    /// When it does so next.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = "date-time")]
    next_run: Option<String>,
    /// The hours of the day in which it may work, where they are limited.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "22:00-06:30")]
    hours: Option<String>,
}

/// When an indexer shall reindex by itself.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ScheduleRequest {
    /// A cron expression by the local clock; nothing for never.
    #[schema(example = "0 3 * * *")]
    cron: Option<String>,
}

/// Files that failed and are tried again.
#[derive(Serialize, ToSchema)]
struct Retried {
    /// How many.
    files: usize,
}

fn present(control: &Control) -> Result<&IndexerControl, ApiError> {
    let detail = "no indexer runs in this server (`foray up` has one); hold it up where it runs";
    control.as_ref().as_ref().ok_or_else(|| ApiError::new(ProblemKind::NotFound, detail))
}

fn answer(control: &IndexerControl) -> HttpResponse {
    let (_, schedule) = control.schedule.present();
    let next = schedule.as_ref().and_then(Schedule::next);
    HttpResponse::Ok().json(State {
        gate: control.gate.state(),
        watched: control.list.watched.present().1,
        schedule: schedule.map(|schedule| schedule.to_string()),
        next_run: next.map(|next| next.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()),
        hours: control.gate.hours().map(|hours| hours.to_string()),
    })
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
    let watched = control.list.watched.clone();
    blocking(move || watched.change(body.into_inner()).map_err(refused)).await?;
    Ok(answer(&control))
}

fn refused(reason: String) -> ApiError {
    ApiError::new(ProblemKind::BadRequest, reason)
}

/// Changes when it reindexes by itself
///
/// It is kept in the configuration.
#[utoipa::path(tag = "indexer", responses((status = 200, description = "Its state", body = State), NotFound, TooLarge))]
#[put("/indexer/schedule")]
async fn reschedule(control: Control, body: Json<ScheduleRequest>) -> Result<HttpResponse, ApiError> {
    let control = present(&control)?.clone();
    let schedule = body.into_inner().cron.map(|cron| cron.parse::<Schedule>()).transpose()?;
    let times = control.schedule.clone();
    blocking(move || times.change(schedule).map_err(refused)).await?;
    Ok(answer(&control))
}

/// Tries the files in its folders again that failed
///
/// It forgets that they failed, and looks at them as soon as it may work.
#[utoipa::path(
    tag = "indexer",
    responses((status = 200, description = "How many files are tried", body = Retried), NotFound, DiskFull),
)]
#[post("/indexer/retry")]
async fn retry(control: Control, service: Data<SearchService>) -> Result<HttpResponse, ApiError> {
    let list = present(&control)?.list.clone();
    let files = blocking(move || {
        let failed = forget_failures(&service, &list.watched.present().1.roots)?;
        list.look_again(failed.iter().map(|path| path.as_path().to_owned()));
        Ok::<_, ProtocolError>(failed.len())
    })
    .await?;
    Ok(HttpResponse::Ok().json(Retried { files }))
}

/// Has the library forget the failures below `roots`, so that their files are as new; tells which.
fn forget_failures(service: &SearchService, roots: &[PathBuf]) -> Result<Vec<PhotoPath>, ProtocolError> {
    let library = service.library();
    let failed = library.failures()?.into_iter().map(|failure| failure.path);
    let failed: Vec<_> = failed.filter(|path| roots.iter().any(|root| path.as_path().starts_with(root))).collect();
    let space = service.embedder().get().space().clone();
    for some in failed.chunks(FORGOTTEN_TOGETHER) {
        let changes = some.iter().map(|path| Change::Removed { path: path.clone() }).collect();
        library.commit(&IngestBatch { space: space.clone(), changes })?;
    }
    Ok(failed)
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
