//! What the server measures of itself: how long requests and their stages take.

use std::time::Instant;

use actix_web::Error;
use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::middleware::Next;
use actix_web::web::Data;
use prometheus_client::encoding::{EncodeLabelSet, EncodeLabelValue};
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::Registry;

/// From half a millisecond to 16 seconds.
const BUCKETS: (f64, f64, u16) = (0.0005, 2.0, 16);
/// Addresses outside the API: files of the page, and whatever else is tried.
const OTHER: &str = "other";

/// A part of the work on a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EncodeLabelValue)]
#[allow(non_camel_case_types, reason = "the names are the label's values")]
pub(crate) enum Stage {
    embed_text,
    embed_image,
    search,
    facets,
    map,
    unusual,
    duplicates,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    /// The address with the names of its parts instead of their values, so that nothing of a query or photo is in it.
    route: String,
    method: String,
    status: u16,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct StageLabels {
    stage: Stage,
}

/// The measurements of one server.
#[derive(Clone, Debug)]
pub(crate) struct Telemetry {
    requests: Family<RequestLabels, Histogram>,
    stages: Family<StageLabels, Histogram>,
}

impl Default for Telemetry {
    fn default() -> Self {
        Self { requests: Family::new_with_constructor(histogram), stages: Family::new_with_constructor(histogram) }
    }
}

fn histogram() -> Histogram {
    let (first, factor, count) = BUCKETS;
    Histogram::new(exponential_buckets(first, factor, count))
}

impl Telemetry {
    /// Does `work` and notes how long it took.
    pub fn timed<T>(&self, stage: Stage, work: impl FnOnce() -> T) -> T {
        let begun = Instant::now();
        let done = work();
        self.stages.get_or_create(&StageLabels { stage }).observe(begun.elapsed().as_secs_f64());
        done
    }

    /// Shows the measurements in `registry`.
    pub fn register(&self, registry: &mut Registry) {
        registry.register("request_duration_seconds", "How long requests took, by address", self.requests.clone());
        registry.register("stage_duration_seconds", "How long parts of the work took", self.stages.clone());
    }

    fn note(&self, request: Measured, status: StatusCode) {
        let Measured { route, method, begun } = request;
        let took = begun.elapsed();
        tracing::debug!(%method, %route, status = status.as_u16(), ms = took.as_secs_f64() * 1e3, "answered");
        let labels = RequestLabels { route, method, status: status.as_u16() };
        self.requests.get_or_create(&labels).observe(took.as_secs_f64());
    }
}

struct Measured {
    route: String,
    method: String,
    begun: Instant,
}

/// Notes how long each request took until its answer began, and logs it without what was asked.
pub(crate) async fn measure(
    telemetry: Data<Telemetry>,
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let begun = Instant::now();
    let route = request.match_pattern().unwrap_or_else(|| OTHER.to_owned());
    let measured = Measured { route, method: request.method().to_string(), begun };
    let answer = next.call(request).await;
    let status = match &answer {
        Ok(response) => response.status(),
        Err(error) => error.as_response_error().status_code(),
    };
    telemetry.note(measured, status);
    answer
}
