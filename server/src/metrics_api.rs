//! Figures for Prometheus and the like (OpenMetrics 1.0).

use std::sync::atomic::AtomicU64;
use std::time::{Duration, Instant};

use actix_web::web::Data;
use actix_web::{HttpResponse, get};
use foray_protocol::{IndexPhase, LibraryStatus, PhotoSearch, ProblemKind};
use parking_lot::Mutex;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;
use utoipa::IntoResponses;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::api_error::{ApiError, blocking};
use crate::service::SearchService;

const MEDIA: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
/// The graph hardly changes in between, and a probe of a large library takes half a second.
const PROBE_EVERY: Duration = Duration::from_secs(600);

/// Where other servers have them, besides their place in the API.
pub(crate) fn root_routes(config: &mut ServiceConfig<'_>) {
    config.service(get_root_metrics);
}

pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(get_metrics);
}

/// The last probe of the search graph, and when it was made.
#[derive(Debug, Default)]
pub(crate) struct RecallProbe(Mutex<Option<(Instant, Option<f64>)>>);

impl RecallProbe {
    fn recall(&self, probe: impl FnOnce() -> Option<f64>) -> Option<f64> {
        let mut last = self.0.lock();
        match *last {
            Some((made, recall)) if made.elapsed() < PROBE_EVERY => recall,
            _ => last.insert((Instant::now(), probe())).1,
        }
    }
}

#[derive(IntoResponses)]
#[response(status = 200, description = "OpenMetrics 1.0", content_type = "application/openmetrics-text")]
#[expect(dead_code, reason = "describes what `tell` writes")]
struct Figures(String);

/// Figures for Prometheus
#[utoipa::path(tag = "server", responses(Figures))]
#[get("/metrics")]
async fn get_metrics(service: Data<SearchService>, probe: Data<RecallProbe>) -> Result<HttpResponse, ApiError> {
    tell(service, probe).await
}

/// The same where other servers have them
#[utoipa::path(tag = "server", responses(Figures))]
#[get("")]
async fn get_root_metrics(service: Data<SearchService>, probe: Data<RecallProbe>) -> Result<HttpResponse, ApiError> {
    tell(service, probe).await
}

async fn tell(service: Data<SearchService>, probe: Data<RecallProbe>) -> Result<HttpResponse, ApiError> {
    let mut registry = Registry::with_prefix("foray");
    service.register_figures(&mut registry);
    let status = blocking(move || {
        let recall = probe.recall(|| service.library().recall_probe());
        service.status().map(|status| (status, recall))
    });
    let (status, recall) = status.await?;
    tell_of_library(&mut registry, &status, recall);
    let mut text = String::new();
    encode(&mut text, &registry)
        .map_err(|error| ApiError::new(ProblemKind::Internal, format!("the figures cannot be written: {error}")))?;
    Ok(HttpResponse::Ok().content_type(MEDIA).body(text))
}

fn tell_of_library(registry: &mut Registry, status: &LibraryStatus, recall: Option<f64>) {
    let mut tell = |name: &str, help: &str, value: f64| {
        let gauge = Gauge::<f64, AtomicU64>::default();
        gauge.set(value);
        registry.register(name, help, gauge);
    };
    tell("photos", "Distinct photos that can be found", status.photos as f64);
    tell("files", "Files that hold them", status.files as f64);
    tell("failed_files", "Files that could not be indexed", status.failed as f64);
    tell("vectors", "Vectors of the space that is searched", status.space.vectors as f64);
    let progress = status.progress.clone().unwrap_or_default();
    let is = |phase| f64::from(u8::from(progress.phase == phase));
    tell("indexing", "1 while photos are indexed", is(IndexPhase::Indexing));
    tell("paused", "1 while the indexer is held up", is(IndexPhase::Paused));
    tell("run_found", "Files found in this run", progress.found as f64);
    tell("run_done", "Files dealt with in this run", progress.done as f64);
    tell("queue", "Files found and not dealt with", progress.found.saturating_sub(progress.done) as f64);
    tell("photos_per_second", "Photos embedded a second, lately", progress.rate);
    // Without a graph all searches are exact.
    tell("recall_probe", "Recall@10 of the search graph for some of its own photos, 0 to 1", recall.unwrap_or(1.0));
}
