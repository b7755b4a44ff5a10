//! Classifiers and the rules by which photos get tags, over HTTP.

use actix_web::web::{Data, Json, Path};
use actix_web::{HttpResponse, delete, get, put};
use foray_protocol::{Classifier, SearchName, TagRule, TagRuleRequest, Tagged};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::api_error::{ApiError, blocking};
use crate::refusals::{Conflict, NotFound};
use crate::service::SearchService;

pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(list_classifiers)
        .service(forget_classifier)
        .service(list_tag_rules)
        .service(keep_tag_rule)
        .service(forget_tag_rule);
}

#[derive(Serialize, ToSchema)]
struct Classifiers {
    /// All, by name.
    classifiers: Vec<Classifier>,
}

#[derive(Serialize, ToSchema)]
struct TagRules {
    /// All, by name.
    rules: Vec<TagRule>,
}

/// The classifiers that are kept
#[utoipa::path(tag = "classes", responses((status = 200, description = "All of them", body = Classifiers)))]
#[get("/classifiers")]
async fn list_classifiers(service: Data<SearchService>) -> Result<HttpResponse, ApiError> {
    let classifiers = blocking(move || service.library().classifiers()).await?;
    Ok(HttpResponse::Ok().json(Classifiers { classifiers }))
}

/// Forgets a classifier; rules that were made of it stay
#[utoipa::path(
    tag = "classes",
    params(("name" = String, Path, description = "Its name")),
    responses((status = 204, description = "Forgotten"), NotFound),
)]
#[delete("/classifiers/{name}")]
async fn forget_classifier(service: Data<SearchService>, name: Path<String>) -> Result<HttpResponse, ApiError> {
    let name: SearchName = name.parse()?;
    blocking(move || service.library().forget_classifier(&name)).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// The rules by which photos get tags
#[utoipa::path(tag = "classes", responses((status = 200, description = "All of them", body = TagRules)))]
#[get("/tag-rules")]
async fn list_tag_rules(service: Data<SearchService>) -> Result<HttpResponse, ApiError> {
    let rules = blocking(move || service.library().tag_rules()).await?;
    Ok(HttpResponse::Ok().json(TagRules { rules }))
}

/// Makes a rule of the classifier of this name, instead of one that was made before, and gives all photos their tags by it
///
/// Each photo that comes later gets its tags by it, too.
#[utoipa::path(
    tag = "classes",
    params(("name" = String, Path, description = "The classifier's name")),
    request_body(content = TagRuleRequest, example = json!({"only": ["daisy"], "min_probability": 0.8})),
    responses((status = 200, description = "How many photos got a tag", body = Tagged), NotFound, Conflict),
)]
#[put("/tag-rules/{name}")]
async fn keep_tag_rule(
    service: Data<SearchService>,
    name: Path<String>,
    request: Json<TagRuleRequest>,
) -> Result<HttpResponse, ApiError> {
    let name: SearchName = name.parse()?;
    let photos = blocking(move || {
        let library = service.library();
        let rule = request.rule(library.classifier(&name)?).map_err(ApiError::from)?;
        Ok::<_, ApiError>(library.keep_tag_rule(&rule)?)
    });
    Ok(HttpResponse::Ok().json(Tagged { photos: photos.await? }))
}

/// Forgets a rule, and takes away the tags that it gave
#[utoipa::path(
    tag = "classes",
    params(("name" = String, Path, description = "Its name")),
    responses((status = 200, description = "How many photos lost a tag", body = Tagged), NotFound),
)]
#[delete("/tag-rules/{name}")]
async fn forget_tag_rule(service: Data<SearchService>, name: Path<String>) -> Result<HttpResponse, ApiError> {
    let name: SearchName = name.parse()?;
    let photos = blocking(move || service.library().forget_tag_rule(&name)).await?;
    Ok(HttpResponse::Ok().json(Tagged { photos }))
}
