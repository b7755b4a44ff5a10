//! Evaluations and classification over HTTP.

use std::path::{Path, PathBuf};

use actix_web::web::{Data, Json, Query};
use actix_web::{HttpResponse, delete, get, post};
use foray_evaluation::Dataset;
use foray_library::Store;
use foray_protocol::{
    Classification, ClassifiedPhoto, ClassifyRequest, Evaluation, EvaluationRequest, Problem, ProblemKind,
    ProtocolError, StopSignal,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::api_error::{ApiError, blocking, check_ids};
use crate::evaluator::evaluate;
use crate::job::{BackgroundJob, Progress};
use crate::labels::{LabelRelevance, classifier_of_labels};
use crate::photo_files::PhotoFiles;
use crate::refusals::{Conflict, NotFound, TooLarge};
use crate::service::SearchService;

/// Labels that are told apart in one request: each is embedded.
const MOST_LABELS: usize = 1_000;
/// One for each photo and class: what a reply holds.
const MOST_PROBABILITIES: usize = 1_000_000;

pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(list_evaluations).service(begin_evaluation).service(show_job).service(stop_job).service(classify);
}

/// How far the evaluation is that was begun last in this server.
#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
#[schema(as = EvaluationJob)]
pub(crate) struct JobState {
    /// Its number; 0 while there was none.
    job: u64,
    /// Whether it still runs.
    running: bool,
    /// Photos that are embedded.
    done: u64,
    /// Photos that it needs.
    all: u64,
    /// What it measured, once it is done.
    #[serde(skip_serializing_if = "Option::is_none")]
    evaluation: Option<Evaluation>,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

impl JobState {
    pub fn new(progress: Progress, evaluation: Option<Evaluation>) -> Self {
        let Progress { number: job, running, done, all, error, .. } = progress;
        Self { job, running, done, all, evaluation, error }
    }
}

/// Which of the evaluations to list, and how.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ListRequest {
    /// How many of the latest at most.
    #[serde(default = "usual_limit")]
    #[param(default = 100, minimum = 1)]
    limit: usize,
    /// Whether with the confusion matrices, whose size is that of the number of classes squared.
    #[serde(default)]
    #[param(default = false)]
    confusion: bool,
}

fn usual_limit() -> usize {
    100
}

#[derive(Serialize, ToSchema)]
struct Evaluations {
    /// The latest first.
    evaluations: Vec<Evaluation>,
}

#[derive(Serialize, ToSchema)]
struct Begun {
    /// Its number in this server.
    job: u64,
}

#[derive(Serialize, ToSchema)]
struct Classified {
    /// In the order of the request.
    results: Vec<ClassifiedPhoto>,
}

/// The evaluations that were made
#[utoipa::path(tag = "classes", params(ListRequest), responses((status = 200, description = "The latest first", body = Evaluations)))]
#[get("/evaluations")]
async fn list_evaluations(service: Data<SearchService>, request: Query<ListRequest>) -> Result<HttpResponse, ApiError> {
    let ListRequest { limit, confusion } = request.into_inner();
    if limit == 0 {
        return Err(ApiError::new(ProblemKind::BadRequest, "limit: got 0; expected at least 1"));
    }
    let mut evaluations = blocking(move || service.library().evaluations(limit)).await?;
    if !confusion {
        let contenders = evaluations.iter_mut().flat_map(|evaluation| &mut evaluation.contenders);
        contenders.for_each(|contender| contender.metrics.confusion.clear());
    }
    Ok(HttpResponse::Ok().json(Evaluations { evaluations }))
}

/// Begins to measure how well wordings, and what learns from examples, tell the classes of labelled photos apart
///
/// How far it is tell `/evaluations/job` and the event `evaluation`, which is without what was measured; one runs at a time.
#[utoipa::path(
    tag = "classes",
    request_body(content = EvaluationRequest, example = json!({"dataset": "/srv/photos/flowers", "templates": ["{}", "a photo of a {}"]})),
    responses((status = 202, description = "Begun", body = Begun), Conflict),
)]
#[post("/evaluations")]
async fn begin_evaluation(
    service: Data<SearchService>,
    request: Json<EvaluationRequest>,
) -> Result<HttpResponse, ApiError> {
    let checked = Data::clone(&service);
    let request = blocking(move || {
        check_place(checked.library().as_ref(), &request.dataset)?;
        Ok::<_, ApiError>(request.into_inner())
    })
    .await?;
    let busy = || {
        ApiError::new(ProblemKind::Busy, "an evaluation runs already; GET /api/v1/evaluations/job shows how far it is")
    };
    let asked = Data::clone(&service);
    let subject = request.dataset.clone();
    let run = move |job: &BackgroundJob<_>, stop: &StopSignal| run(&asked, &request, job, stop);
    let job = service.evaluation_job().begin(&subject, run).ok_or_else(busy)?;
    Ok(HttpResponse::Accepted().json(Begun { job }))
}

/// How far the evaluation is that was begun last
#[utoipa::path(tag = "classes", responses((status = 200, description = "Its state", body = JobState)))]
#[get("/evaluations/job")]
async fn show_job(service: Data<SearchService>) -> HttpResponse {
    let (progress, evaluation) = service.evaluation_job().state();
    HttpResponse::Ok().json(JobState::new(progress, evaluation))
}

/// Stops the evaluation that runs; what it embedded is remembered
#[utoipa::path(tag = "classes", responses((status = 204, description = "None runs any more")))]
#[delete("/evaluations/job")]
async fn stop_job(service: Data<SearchService>) -> Result<HttpResponse, ApiError> {
    blocking(move || {
        service.evaluation_job().stop();
        Ok::<_, ApiError>(())
    })
    .await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Which class photos of the library show
#[utoipa::path(
    tag = "classes",
    request_body(content = ClassifyRequest, example = json!({"labels": ["daisy", "dandelion"], "ids": []})),
    responses((status = 200, description = "What each photo shows", body = Classified), NotFound, TooLarge),
)]
#[post("/classify")]
async fn classify(service: Data<SearchService>, request: Json<ClassifyRequest>) -> Result<HttpResponse, ApiError> {
    check_ids(&request.ids)?;
    if request.labels.len() > MOST_LABELS {
        let detail = format!("labels: got {}; expected at most {MOST_LABELS} in one request", request.labels.len());
        return Err(ApiError::new(ProblemKind::TooLarge, detail));
    }
    if !(0.0..=1.0).contains(&request.min_probability) {
        let detail = format!("min_probability: got {}; expected 0 to 1", request.min_probability);
        return Err(ApiError::new(ProblemKind::BadRequest, detail));
    }
    let results = blocking(move || classified(&service, &request)).await?;
    Ok(HttpResponse::Ok().json(Classified { results }))
}

fn run(
    service: &SearchService,
    request: &EvaluationRequest,
    job: &BackgroundJob<Evaluation>,
    stop: &StopSignal,
) -> Result<Evaluation, ProtocolError> {
    let (embedder, library) = (service.embedder().get(), service.library());
    let files = PhotoFiles { embedder: &embedder, cache: Some(library.as_ref()), stop };
    let dataset = Dataset::read(Path::new(&request.dataset))?;
    check_photos(library.as_ref(), &dataset)?;
    let evaluated = evaluate(&files, dataset, request, |done, all| job.told(done as u64, all as u64))?;
    library.keep_evaluation(&evaluated.evaluation)?;
    Ok(evaluated.evaluation)
}

fn classified(service: &SearchService, request: &ClassifyRequest) -> Result<Vec<ClassifiedPhoto>, ProtocolError> {
    let library = service.library();
    let classifier = match (&request.classifier, request.labels.as_slice()) {
        (Some(name), []) => library.classifier(name)?,
        (None, [_, _, ..]) => {
            classifier_of_labels(&service.embedder().get(), &request.labels, request.template.as_deref())?
        }
        _ => {
            let detail = "expected either a classifier, or at least two labels to tell apart";
            return Err(Problem::new(ProblemKind::BadRequest, detail).into());
        }
    };
    if let Some(space) = library.space().filter(|space| *space != classifier.layer.space) {
        return Err(foray_library::LibraryError::WrongSpace { expected: space, got: classifier.layer.space }.into());
    }
    let probabilities = classifier.classes.len().saturating_mul(request.ids.len());
    if probabilities > MOST_PROBABILITIES {
        let detail = format!(
            "ids: got {} photos for {} classes; expected at most {MOST_PROBABILITIES} probabilities in one request",
            request.ids.len(),
            classifier.classes.len()
        );
        return Err(Problem::new(ProblemKind::TooLarge, detail).into());
    }
    let relevance = label_relevance(service, request)?;
    let of_photo = |&id| {
        let vector = library.vector(id)?;
        let classification = Classification::new(&classifier, &vector, request.min_probability);
        let classification = match &relevance {
            Some(relevance) => classification.with_relevance(relevance.of(&vector)),
            None => classification,
        };
        Ok(ClassifiedPhoto { id, path: library.photo(id)?.path, classification })
    };
    request.ids.iter().map(of_photo).collect()
}

fn label_relevance(
    service: &SearchService,
    request: &ClassifyRequest,
) -> Result<Option<LabelRelevance>, ProtocolError> {
    if !request.or_none || request.labels.is_empty() {
        return Ok(None);
    }
    let embedder = service.embedder().get();
    let concepts = service.made_concepts(&embedder)?;
    concepts.map(|concepts| LabelRelevance::new(&embedder, &request.labels, concepts)).transpose()
}

/// Refuses datasets outside the library's folders: whoever may ask need not be who may read all of the disk.
fn check_place(library: &dyn Store, dataset: &str) -> Result<(), ProtocolError> {
    let inside = is_in_any(Path::new(dataset), &real_roots(library)?);
    if inside { Ok(()) } else { Err(outside(dataset)) }
}

/// The same for photos, which a file of labels or a link may have anywhere.
fn check_photos(library: &dyn Store, dataset: &Dataset) -> Result<(), ProtocolError> {
    let roots = real_roots(library)?;
    // What is not there is left out later, as any photo is that cannot be read.
    let is_there = |path: &Path| path.symlink_metadata().is_ok();
    let mut paths = dataset.photos.iter().map(|photo| (photo, photo.path.as_path()));
    match paths.find(|(_, path)| is_there(path) && !is_in_any(path, &roots)).map(|(photo, _)| photo) {
        Some(photo) => Err(outside(&photo.path.to_string())),
        None => Ok(()),
    }
}

fn real_roots(library: &dyn Store) -> Result<Vec<PathBuf>, ProtocolError> {
    let roots = library.status()?.roots;
    Ok(roots.iter().filter_map(|root| root.as_path().canonicalize().ok()).collect())
}

fn is_in_any(path: &Path, roots: &[PathBuf]) -> bool {
    path.canonicalize().is_ok_and(|path| roots.iter().any(|root| path.starts_with(root)))
}

fn outside(path: &str) -> ProtocolError {
    let detail = format!("dataset: {path} is not in a folder of the library; `foray eval` takes any folder");
    Problem::new(ProblemKind::Forbidden, detail).into()
}
