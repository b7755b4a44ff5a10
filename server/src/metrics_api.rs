//! Figures for Prometheus and the like (OpenMetrics 1.0).

use std::sync::atomic::AtomicU64;

use actix_web::web::Data;
use actix_web::{HttpResponse, get};
use foray_protocol::{IndexPhase, LibraryStatus, PhotoSearch, ProblemKind};
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::api_error::{ApiError, blocking};
use crate::service::SearchService;

const MEDIA: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(get_metrics);
}

/// Figures for Prometheus
#[utoipa::path(
    tag = "server",
    responses((status = 200, description = "OpenMetrics 1.0", body = String, content_type = "application/openmetrics-text")),
)]
#[get("/metrics")]
async fn get_metrics(service: Data<SearchService>) -> Result<HttpResponse, ApiError> {
    let status = blocking(move || service.status()).await?;
    let mut text = String::new();
    encode(&mut text, &registry(&status))
        .map_err(|error| ApiError::new(ProblemKind::Internal, format!("the figures cannot be written: {error}")))?;
    Ok(HttpResponse::Ok().content_type(MEDIA).body(text))
}

fn registry(status: &LibraryStatus) -> Registry {
    let mut registry = Registry::with_prefix("foray");
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
    registry
}
