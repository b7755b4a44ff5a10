//! Evaluations and classification over HTTP.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;

use actix_web::web::{Data, Json};
use actix_web::{HttpResponse, get, post};
use foray_evaluation::Dataset;
use foray_library::Library;
use foray_protocol::{
    Classification, ClassifiedPhoto, ClassifyRequest, Evaluation, EvaluationRequest, Problem, ProblemKind,
    ProtocolError, StopSignal,
};
use parking_lot::Mutex;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::api_error::{ApiError, blocking};
use crate::concepts::everyday_concepts;
use crate::evaluator::evaluate;
use crate::labels::{LabelRelevance, classifier_of_labels};
use crate::photo_files::PhotoFiles;
use crate::refusals::{Conflict, NotFound, TooLarge};
use crate::service::SearchService;

/// Photos that tell how concepts' scores deviate, where the library does not know it yet.
const SAMPLE: usize = 200;
/// Photos that are classified in one request.
const MOST_PHOTOS: usize = 10_000;

pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(list_evaluations).service(begin_evaluation).service(show_job).service(classify);
}

/// The evaluation that was begun last in this server.
#[derive(Clone, Debug, Default)]
pub(crate) struct EvaluationJob(Arc<Mutex<JobState>>);

/// How far it is.
#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
#[schema(as = EvaluationJob)]
pub(crate) struct JobState {
    /// Its number; 0 while there was none.
    job: u64,
    /// Whether it still runs.
    running: bool,
    /// Photos that are embedded.
    done: usize,
    /// Photos that it needs.
    all: usize,
    /// What it measured, once it is done.
    #[serde(skip_serializing_if = "Option::is_none")]
    evaluation: Option<Evaluation>,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

impl EvaluationJob {
    pub fn state(&self) -> JobState {
        self.0.lock().clone()
    }

    /// The number of a job that begins now; `None` while another runs.
    fn begin(&self) -> Option<u64> {
        let mut state = self.0.lock();
        if state.running {
            return None;
        }
        *state = JobState { job: state.job + 1, running: true, ..JobState::default() };
        Some(state.job)
    }

    fn told(&self, done: usize, all: usize) {
        let mut state = self.0.lock();
        (state.done, state.all) = (done, all);
    }

    fn end(&self, outcome: Result<Evaluation, ProtocolError>) {
        let mut state = self.0.lock();
        state.running = false;
        match outcome {
            Ok(evaluation) => state.evaluation = Some(evaluation),
            Err(error) => state.error = Some(error.to_string()),
        }
    }
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
#[utoipa::path(tag = "classes", responses((status = 200, description = "The latest first", body = Evaluations)))]
#[get("/evaluations")]
async fn list_evaluations(service: Data<SearchService>) -> Result<HttpResponse, ApiError> {
    let evaluations = blocking(move || service.library().evaluations()).await?;
    Ok(HttpResponse::Ok().json(Evaluations { evaluations }))
}

/// Begins to measure how well wordings, and what learns from examples, tell the classes of labelled photos apart
///
/// How far it is tell `/evaluations/job` and the event `evaluation`; one runs at a time.
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
        check_place(checked.library(), &request.dataset)?;
        Ok::<_, ApiError>(request.into_inner())
    })
    .await?;
    let busy = || {
        ApiError::new(ProblemKind::Busy, "an evaluation runs already; GET /api/v1/evaluations/job shows how far it is")
    };
    let job = service.evaluation_job().begin().ok_or_else(busy)?;
    thread::spawn(move || {
        let outcome = run(&service, &request);
        service.evaluation_job().end(outcome);
    });
    Ok(HttpResponse::Accepted().json(Begun { job }))
}

/// How far the evaluation is that was begun last
#[utoipa::path(tag = "classes", responses((status = 200, description = "Its state", body = JobState)))]
#[get("/evaluations/job")]
async fn show_job(service: Data<SearchService>) -> HttpResponse {
    HttpResponse::Ok().json(service.evaluation_job().state())
}

/// Which class photos of the library show
#[utoipa::path(
    tag = "classes",
    request_body(content = ClassifyRequest, example = json!({"labels": ["daisy", "dandelion"], "ids": []})),
    responses((status = 200, description = "What each photo shows", body = Classified), NotFound, TooLarge),
)]
#[post("/classify")]
async fn classify(service: Data<SearchService>, request: Json<ClassifyRequest>) -> Result<HttpResponse, ApiError> {
    if request.ids.len() > MOST_PHOTOS {
        let detail = format!("ids: got {} photos; expected at most {MOST_PHOTOS} in one request", request.ids.len());
        return Err(ApiError::new(ProblemKind::TooLarge, detail));
    }
    if !(0.0..=1.0).contains(&request.min_probability) {
        let detail = format!("min_probability: got {}; expected 0 to 1", request.min_probability);
        return Err(ApiError::new(ProblemKind::BadRequest, detail));
    }
    let results = blocking(move || classified(&service, &request)).await?;
    Ok(HttpResponse::Ok().json(Classified { results }))
}

fn run(service: &SearchService, request: &EvaluationRequest) -> Result<Evaluation, ProtocolError> {
    let (embedder, stop) = (service.embedder().get(), StopSignal::new());
    let library = service.library();
    let files = PhotoFiles { embedder: &embedder, cache: Some(library.as_ref()), stop: &stop };
    let dataset = Dataset::read(Path::new(&request.dataset))?;
    check_photos(library, &dataset)?;
    let evaluated = evaluate(&files, dataset, request, |done, all| service.evaluation_job().told(done, all))?;
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
    let (library, embedder) = (service.library(), service.embedder().get());
    let sample = request.ids.iter().take(SAMPLE).map(|&id| library.vector(id)).collect::<Result<Vec<_>, _>>()?;
    let concepts = everyday_concepts(Some(library.as_ref()), &embedder, &sample)?;
    LabelRelevance::new(&embedder, &request.labels, concepts).map(Some)
}

/// Refuses datasets outside the library's folders: whoever may ask need not be who may read all of the disk.
fn check_place(library: &Library, dataset: &str) -> Result<(), ProtocolError> {
    let inside = is_in_any(Path::new(dataset), &real_roots(library)?);
    if inside { Ok(()) } else { Err(outside(dataset)) }
}

/// The same for photos, which a file of labels or a link may have anywhere.
fn check_photos(library: &Library, dataset: &Dataset) -> Result<(), ProtocolError> {
    let roots = real_roots(library)?;
    match dataset.photos.iter().find(|photo| !is_in_any(photo.path.as_path(), &roots)) {
        Some(photo) => Err(outside(&photo.path.to_string())),
        None => Ok(()),
    }
}

fn real_roots(library: &Library) -> Result<Vec<PathBuf>, ProtocolError> {
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
