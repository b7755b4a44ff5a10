//! Classifiers and the rules by which photos get tags, over HTTP.

use actix_web::web::{Data, Json, Path};
use actix_web::{HttpResponse, delete, get, post, put};
use foray_evaluation::Wording;
use foray_protocol::{Classifier, ProblemKind, ProtocolError, SearchName, TagRule, TagRuleRequest, Tagged};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::api_error::{ApiError, blocking};
use crate::labels::classifier_of_wording;
use crate::refusals::{Conflict, NotFound, TooLarge};
use crate::service::SearchService;

/// Prompts of one classifier: each is embedded. As many as 1,000 classes in ten wordings have.
const MOST_PROMPTS: usize = 10_000;

pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(list_classifiers)
        .service(make_classifier)
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

/// A classifier to be made of words.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewClassifier {
    /// What it is kept as, instead of one that had this name before.
    name: SearchName,
    /// Its classes, at least two: what they are called, and the tags that rules make of it.
    labels: Vec<String>,
    /// Of each class one sentence or more, in the order of `labels`: it is known by their mean.
    prompts: Vec<Vec<String>>,
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

/// Makes a classifier of words, and keeps it
///
/// As `foray eval --save` makes one of captions, but without photos to measure it on: it says of each photo one of its classes.
#[utoipa::path(
    tag = "classes",
    request_body(
        content = NewClassifier,
        example = json!({"name": "flowers", "labels": ["daisy", "rose"], "prompts": [["a daisy", "a photo of daisies"], ["a rose"]]}),
    ),
    responses((status = 201, description = "The classifier", body = Classifier), Conflict, TooLarge),
)]
#[post("/classifiers")]
async fn make_classifier(service: Data<SearchService>, request: Json<NewClassifier>) -> Result<HttpResponse, ApiError> {
    let prompts: usize = request.prompts.iter().map(Vec::len).sum();
    if prompts > MOST_PROMPTS {
        let detail = format!("prompts: got {prompts}; expected at most {MOST_PROMPTS} in one request");
        return Err(ApiError::new(ProblemKind::TooLarge, detail));
    }
    let classifier = blocking(move || made(&service, request.into_inner())).await?;
    Ok(HttpResponse::Created().json(classifier))
}

fn made(service: &SearchService, request: NewClassifier) -> Result<Classifier, ProtocolError> {
    let NewClassifier { name, labels, prompts } = request;
    let wording = Wording::of_prompts(prompts, &labels)?;
    let embedder = service.embedder().get();
    service.check_space(&embedder)?;
    let classifier = classifier_of_wording(&embedder, name, labels, wording)?;
    service.library().keep_classifier(&classifier)?;
    Ok(classifier)
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
