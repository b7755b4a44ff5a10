//! Server-sent events: how far the indexer and an evaluation are, and that the library changed.

use std::convert::Infallible;
use std::time::Duration;

use actix_web::http::header::{CACHE_CONTROL, ContentEncoding};
use actix_web::web::{Bytes, Data};
use actix_web::{HttpResponse, get};
use foray_protocol::{IndexProgress, ProblemKind};
use futures_util::{Stream, stream};
use serde::Serialize;
use serde_json::json;
use tokio::sync::{Semaphore, SemaphorePermit};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::api_error::ApiError;
use crate::evaluation_api::JobState;
use crate::refusals::Overloaded;
use crate::service::SearchService;

/// How often the library is looked at: fast enough to look live, and cheap.
const TICK: Duration = Duration::from_millis(250);
/// A comment is sent this often in silence, so that proxies and dead clients are noticed.
const TICKS_OF_SILENCE: u32 = 60;

/// Who listens holds a connection for as long as they like and has the library looked at four times a second, and a commit counts its
/// photos for each of them: a thousand are more than a large team has pages open.
const MOST_LISTENERS: usize = 1_000;
static FREE_PLACES: Semaphore = Semaphore::const_new(MOST_LISTENERS);

pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(send_events);
}

/// An event, as the API's description shows it.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes what `event` writes")]
struct ServerEvent {
    /// `progress`, `evaluation` or `changed`.
    event: String,
    /// JSON: the progress, as it stands in the status, the evaluation, as `/evaluations/job` shows it, or `{"photos": N}`.
    #[schema(example = r#"{"photos":42}"#)]
    data: String,
}

/// How far the indexer and an evaluation are, and that the library changed, as it happens
///
/// Server-sent events without end.
#[utoipa::path(
    tag = "server",
    responses(
        (status = 200, description = "Events", body = ServerEvent, content_type = "text/event-stream"),
        Overloaded,
    ),
)]
#[get("/events")]
async fn send_events(service: Data<SearchService>) -> Result<HttpResponse, ApiError> {
    let place = FREE_PLACES.try_acquire().map_err(|_| crowded())?;
    Ok(HttpResponse::Ok()
        .content_type("text/event-stream")
        .insert_header((CACHE_CONTROL, "no-store"))
        // Compression would hold events back until its buffer is full.
        .insert_header(ContentEncoding::Identity)
        .streaming(event_stream(service, place)))
}

fn crowded() -> ApiError {
    let detail = format!("{MOST_LISTENERS} listen to events already; close some pages, or try again later");
    ApiError::new(ProblemKind::Overloaded, detail)
}

/// What a client was last told.
#[derive(Default)]
struct Told {
    progress: Option<IndexProgress>,
    evaluation: JobState,
    version: u64,
    silent_ticks: u32,
}

fn event_stream(
    service: Data<SearchService>,
    place: SemaphorePermit<'static>,
) -> impl Stream<Item = Result<Bytes, Infallible>> {
    stream::unfold((service, Told::default(), place), |(service, mut told, place)| async move {
        loop {
            let news = told.news(&service);
            if !news.is_empty() {
                return Some((Ok(Bytes::from(news)), (service, told, place)));
            }
            tokio::time::sleep(TICK).await;
        }
    })
}

impl Told {
    /// The events that are due, in the format of the HTML standard, section 9.2.
    fn news(&mut self, service: &SearchService) -> String {
        let library = service.library();
        let mut news = String::new();
        let progress = library.progress();
        if progress != self.progress {
            news.extend(progress.as_ref().map(|progress| event("progress", progress)));
            self.progress = progress;
        }
        let evaluation = JobState::new(service.evaluation_job().progress(), None);
        if evaluation != self.evaluation {
            news.push_str(&event("evaluation", &evaluation));
            self.evaluation = evaluation;
        }
        if library.version() != self.version {
            self.version = library.version();
            let photos = library.status().map_or(0, |status| status.photos);
            news.push_str(&event("changed", &json!({ "photos": photos })));
        }
        self.silent_ticks = if news.is_empty() { self.silent_ticks + 1 } else { 0 };
        if self.silent_ticks >= TICKS_OF_SILENCE {
            self.silent_ticks = 0;
            news.push_str(": still here\n\n");
        }
        news
    }
}

fn event(name: &str, data: &impl Serialize) -> String {
    let data = serde_json::to_string(data).unwrap_or_default();
    format!("event: {name}\ndata: {data}\n\n")
}
