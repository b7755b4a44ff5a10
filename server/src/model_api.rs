//! The models over HTTP: which there are, fetching and removing them, and going over to one.

use actix_web::web::{Data, Path};
use actix_web::{HttpResponse, delete, get, post};
use foray_embedding::{BUILTIN, CatalogueEntry, EmbeddingError, PullProgress, PullRequest};
use foray_protocol::{Problem, ProblemKind, ProtocolError, StopSignal};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::api_error::{ApiError, blocking};
use crate::job::{BackgroundJob, Progress};
use crate::model_control::ModelDesk;
use crate::model_list::{ListedModel, all_models};
use crate::refusals::{Conflict, NotFound};
use crate::service::SearchService;

pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    // `job` stands before the names, which would take it in; no model is called that.
    config.service(list_models).service(stop_jobs).service(pull_model).service(use_model).service(remove_model);
}

type Desk = Data<Option<ModelDesk>>;

/// The models, how far the library is covered by each, and what is being done about them.
#[derive(Serialize, ToSchema)]
struct Models {
    /// The built-in one, those that are known by name, and others that are here.
    models: Vec<ListedModel>,
    /// Photos of the library.
    photos: usize,
    /// The pull that was begun last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pull: Option<ModelJob>,
    /// The change to another model that was begun last.
    #[serde(skip_serializing_if = "Option::is_none")]
    switch: Option<ModelJob>,
}

/// Work on a model.
#[derive(Serialize, ToSchema)]
struct ModelJob {
    /// The model.
    model: String,
    /// Whether it still runs.
    running: bool,
    /// How much is done.
    done: u64,
    /// Of how much.
    all: u64,
    /// What is counted.
    unit: Unit,
    /// Why it failed, or that it was stopped.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

#[derive(Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum Unit {
    Bytes,
    Photos,
}

impl ModelJob {
    fn of(progress: Progress, unit: Unit) -> Option<Self> {
        let Progress { number, subject: model, running, done, all, error } = progress;
        (number > 0).then_some(Self { model, running, done, all, unit, error })
    }
}

fn present(desk: &Desk) -> Result<&ModelDesk, ApiError> {
    let detail = "this server stays with the model that it was started with";
    desk.as_ref().as_ref().ok_or_else(|| ApiError::new(ProblemKind::NotFound, detail))
}

/// The models that there are
#[utoipa::path(tag = "models", responses((status = 200, description = "All of them", body = Models), NotFound))]
#[get("/models")]
async fn list_models(desk: Desk, service: Data<SearchService>) -> Result<HttpResponse, ApiError> {
    let desk = present(&desk)?.clone();
    let (pull, switch) = (desk.pull.progress(), desk.switch.progress());
    let (models, photos) = blocking(move || all_models(&desk, &service)).await?;
    let (pull, switch) = (ModelJob::of(pull, Unit::Bytes), ModelJob::of(switch, Unit::Photos));
    Ok(HttpResponse::Ok().json(Models { models, photos, pull, switch }))
}

/// Fetches a model from the hub
///
/// By its name or, for one that is not known by name, its repository; how far it is tells `/models`. An earlier try that broke off is
/// gone on with.
#[utoipa::path(
    tag = "models",
    params(("name" = String, Path, description = "Its name")),
    responses((status = 202, description = "Begun", body = ModelJob), NotFound, Conflict),
)]
#[post("/models/{name}/pull")]
async fn pull_model(desk: Desk, name: Path<String>) -> Result<HttpResponse, ApiError> {
    let desk = present(&desk)?;
    let request = PullRequest::of(&name).map_err(|error| ApiError::new(ProblemKind::NotFound, error.to_string()))?;
    let offline = || ApiError::new(ProblemKind::Forbidden, "HF_HUB_OFFLINE keeps this server off the network");
    let (store, hub) = (desk.control.store.clone(), desk.control.hub.clone().ok_or_else(offline)?);
    let subject = request.name.clone();
    let fetch = move |job: &BackgroundJob<()>, stop: &StopSignal| {
        let told = |progress: PullProgress| job.told(progress.done, progress.total);
        store.pull(&hub, &request, stop, &told).map(drop).map_err(|error| failed(error.to_string()))
    };
    begin(&desk.pull, &subject, Unit::Bytes, fetch)
}

/// Has all photos embedded by a model, and then searches by it
///
/// How far it is tells `/models`. Searches go on by the model before until all photos are embedded; broken off, it goes on the next
/// time where it ended.
#[utoipa::path(
    tag = "models",
    params(("name" = String, Path, description = "Its name")),
    responses((status = 202, description = "Begun", body = ModelJob), NotFound, Conflict),
)]
#[post("/models/{name}/use")]
async fn use_model(desk: Desk, service: Data<SearchService>, name: Path<String>) -> Result<HttpResponse, ApiError> {
    let (desk, name) = (present(&desk)?, name.into_inner());
    must_be_here(desk, &name)?;
    if is_in_use(&service, &name) {
        return Err(ApiError::new(ProblemKind::Busy, format!("{name} is in use already")));
    }
    let (go_over, model) = (desk.control.go_over.clone(), name.clone());
    let change = move |job: &BackgroundJob<()>, stop: &StopSignal| {
        let told = |done: usize, all: usize| job.told(done as u64, all as u64);
        go_over(&model, stop, &told).map_err(failed)
    };
    begin(&desk.switch, &name, Unit::Photos, change)
}

/// Stops what is being done about models; it can be gone on with
#[utoipa::path(tag = "models", responses((status = 204, description = "It ends soon"), NotFound))]
#[delete("/models/job")]
async fn stop_jobs(desk: Desk) -> Result<HttpResponse, ApiError> {
    let desk = present(&desk)?;
    desk.pull.ask_to_stop();
    desk.switch.ask_to_stop();
    Ok(HttpResponse::NoContent().finish())
}

/// Removes the files of a model; the library keeps its vectors
#[utoipa::path(
    tag = "models",
    params(("name" = String, Path, description = "Its name")),
    responses((status = 204, description = "Removed"), NotFound, Conflict),
)]
#[delete("/models/{name}")]
async fn remove_model(desk: Desk, service: Data<SearchService>, name: Path<String>) -> Result<HttpResponse, ApiError> {
    let (desk, name) = (present(&desk)?.clone(), name.into_inner());
    let in_work =
        |job: &BackgroundJob<()>| Some(job.progress()).filter(|it| it.running && it.subject == name).is_some();
    if name == BUILTIN || is_in_use(&service, &name) || in_work(&desk.pull) || in_work(&desk.switch) {
        let detail = format!("{name} is in use, or part of the program; go over to another model first");
        return Err(ApiError::new(ProblemKind::Busy, detail));
    }
    must_be_here(&desk, &name)?;
    blocking(move || desk.control.store.remove(&name).map_err(|error| failed(error.to_string()))).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Begins work on a model, and tells how far it is.
fn begin(
    job: &BackgroundJob<()>,
    model: &str,
    unit: Unit,
    work: impl FnOnce(&BackgroundJob<()>, &StopSignal) -> Result<(), ProtocolError> + Send + 'static,
) -> Result<HttpResponse, ApiError> {
    let busy = || {
        let detail =
            "another model is in work; GET /api/v1/models shows how far it is, DELETE /api/v1/models/job stops it";
        ApiError::new(ProblemKind::Busy, detail)
    };
    job.begin(model, work).ok_or_else(busy)?;
    Ok(HttpResponse::Accepted().json(ModelJob::of(job.progress(), unit)))
}

fn failed(reason: String) -> ProtocolError {
    Problem::new(ProblemKind::Internal, reason).into()
}

/// Only models of the store: a name may be any folder elsewhere, and whoever asks from afar need not know which there are.
fn must_be_here(desk: &ModelDesk, name: &str) -> Result<(), ApiError> {
    if name == BUILTIN || desk.control.store.installed_as(name).is_some() {
        return Ok(());
    }
    let missing = match CatalogueEntry::find(name) {
        Some(_) => EmbeddingError::NotInstalled(name.to_owned()),
        None => EmbeddingError::UnknownModel(name.to_owned()),
    };
    Err(ApiError::new(ProblemKind::NotFound, missing.to_string()))
}

fn is_in_use(service: &SearchService, name: &str) -> bool {
    service.embedder().get().space().model() == name
}
