//! The library's map over HTTP.

use actix_web::web::{Data, Query};
use actix_web::{HttpRequest, HttpResponse, get};
use foray_protocol::{MapRequest, PhotoMap, ProblemKind};
use utoipa_actix_web::service_config::ServiceConfig;

use crate::api_error::{ApiError, blocking};
use crate::etag::TaggedJson;
use crate::refusals::Preparing;
use crate::service::SearchService;

pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(send_map);
}

/// All photos on a plane, on which those that look alike lie together
///
/// Photos that come later are put among the others, which stay where they are until a fifth is new. Empty for fewer than three photos.
#[utoipa::path(
    tag = "photos",
    params(MapRequest),
    responses(
        (status = 200, description = "The map", body = PhotoMap),
        (status = 304, description = "Still what `If-None-Match` names"),
        Preparing,
    ),
)]
#[get("/map")]
async fn send_map(
    service: Data<SearchService>,
    request: HttpRequest,
    query: Query<MapRequest>,
) -> Result<HttpResponse, ApiError> {
    let json = blocking(move || {
        let map = service.map(&query)?;
        serde_json::to_vec(&map).map_err(|error| ApiError::new(ProblemKind::Internal, error.to_string()))
    });
    Ok(TaggedJson::new(json.await?).answer(&request))
}
