//! Tags by hand, over HTTP.

use actix_web::web::{Data, Json};
use actix_web::{HttpResponse, post};
use foray_protocol::{HandTagging, Tagged};
use utoipa_actix_web::service_config::ServiceConfig;

use crate::api_error::{ApiError, blocking, check_ids};
use crate::refusals::{NotFound, TooLarge};
use crate::service::SearchService;

pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(tag_by_hand);
}

/// Gives photos a tag by hand, or takes it away
///
/// Searches find it as `tag:`, beside the keywords of files and the tags of rules. It stays when rules and models change. Foray
/// keeps it in the library, and writes nothing into the photo's file.
#[utoipa::path(
    tag = "photos",
    request_body(content = HandTagging, example = json!({"tag": "holiday", "ids": ["3fa95c0d1b2e4f60718293a4b5c6d7e8"]})),
    responses((status = 200, description = "How many photos got the tag, or lost it", body = Tagged), NotFound, TooLarge),
)]
#[post("/tags")]
async fn tag_by_hand(service: Data<SearchService>, tagging: Json<HandTagging>) -> Result<HttpResponse, ApiError> {
    check_ids(&tagging.ids)?;
    let photos = blocking(move || service.library().tag_by_hand(&tagging)).await?;
    Ok(HttpResponse::Ok().json(Tagged { photos }))
}
