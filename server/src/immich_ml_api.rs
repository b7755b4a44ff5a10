//! Immich's machine-learning service, as far as CLIP goes, so that an Immich server can have its vectors made here.

use std::collections::BTreeMap;

use actix_multipart::Multipart;
use actix_web::web::{Data, Json, Payload};
use actix_web::{HttpRequest, get, post};
use bytes::Bytes;
use foray_protocol::{ProblemKind, UnitVector};
use futures_util::StreamExt;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::api_error::{ApiError, blocking};
use crate::picture_embedding::{in_turn, read_picture};
use crate::refusals::{Conflict, TooLarge, UnreadableImage};
use crate::service::SearchService;
use crate::upload::{MAX_BYTES, read_all};

const LONGEST_TEXT: usize = 64 << 10;

pub(crate) fn health_routes(config: &mut ServiceConfig<'_>) {
    config.service(ping);
}

pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(predict);
}

/// Whether Immich's machine learning is served here
#[utoipa::path(tag = "compatible", responses((status = 200, description = "`pong`", body = String, content_type = "text/plain")))]
#[get("/ping")]
async fn ping() -> &'static str {
    "pong"
}

/// The form, as the API's description shows it.
#[derive(ToSchema)]
#[schema(as = ImmichPredict)]
#[expect(dead_code, reason = "describes what `read_form` reads, field by field")]
struct Form {
    /// What is asked for, in JSON: `{"clip": {"visual": {"modelName": NAME}}}` for `image`, or
    /// `{"clip": {"textual": {"modelName": NAME}}}` for `text`.
    #[schema(example = r#"{"clip": {"textual": {"modelName": "ViT-B-32__openai"}}}"#)]
    entries: String,
    /// A picture's file.
    #[schema(value_type = Option<String>, format = Binary)]
    image: Option<Bytes>,
    /// A text.
    text: Option<String>,
}

/// What came.
#[derive(Default)]
struct Question {
    entries: Bytes,
    image: Option<Bytes>,
    text: Option<Bytes>,
}

/// What is asked of one model.
#[derive(Deserialize)]
struct Entry {
    #[serde(rename = "modelName")]
    model: String,
}

/// By task and by the part of a model that does it.
type Entries = BTreeMap<String, BTreeMap<String, Entry>>;

/// What the model sees or reads.
#[derive(Debug, PartialEq)]
enum Subject {
    Picture(Bytes),
    Text(String),
}

#[derive(Serialize, ToSchema)]
#[schema(as = ImmichPrediction)]
#[serde(rename_all = "camelCase")]
struct Prediction {
    /// The vector, of length 1: a JSON list as a text.
    #[schema(example = "[0.0132,-0.0451]")]
    clip: String,
    /// Pixels, upright; of a picture.
    #[serde(skip_serializing_if = "Option::is_none")]
    image_height: Option<u32>,
    /// Pixels, upright; of a picture.
    #[serde(skip_serializing_if = "Option::is_none")]
    image_width: Option<u32>,
}

/// The vector of a picture or a text
///
/// Only the task `clip` is done, by the model that is loaded; others are refused, so that Immich asks its next service.
#[utoipa::path(
    tag = "compatible",
    request_body(content = inline(Form), content_type = "multipart/form-data"),
    responses((status = 200, description = "The vector", body = Prediction), Conflict, TooLarge, UnreadableImage),
)]
#[post("")]
async fn predict(
    service: Data<SearchService>,
    request: HttpRequest,
    body: Payload,
) -> Result<Json<Prediction>, ApiError> {
    let question = read_form(Multipart::new(request.headers(), body)).await?;
    let shows_picture = question.image.is_some();
    let answer = move || answer(&service, question);
    Ok(Json(if shows_picture { in_turn(answer).await? } else { blocking(answer).await? }))
}

async fn read_form(mut form: Multipart) -> Result<Question, ApiError> {
    let mut question = Question::default();
    while let Some(field) = form.next().await {
        let field = field.map_err(|error| bad_request(error.to_string()))?;
        match field.name() {
            Some("entries") => question.entries = read_all(field, LONGEST_TEXT).await?,
            Some("image") => question.image = Some(read_all(field, MAX_BYTES).await?),
            Some("text") => question.text = Some(read_all(field, LONGEST_TEXT).await?),
            other => {
                return Err(bad_request(format!("unknown form field {other:?}; expected entries and image or text")));
            }
        }
    }
    Ok(question)
}

fn answer(service: &SearchService, question: Question) -> Result<Prediction, ApiError> {
    let embedder = service.embedder().get();
    match subject(question, embedder.model_name())? {
        Subject::Text(text) => Ok(prediction(&service.embed_text(&embedder, &text)?, None)),
        Subject::Picture(content) => {
            let picture = read_picture(&embedder, &content)?;
            let sides = (picture.width, picture.height);
            Ok(prediction(&service.embed_picture(&embedder, picture.pixels)?, Some(sides)))
        }
    }
}

/// What is to be embedded, if this server can do what is asked of it.
fn subject(question: Question, loaded: &str) -> Result<Subject, ApiError> {
    let Question { entries, image, text } = question;
    let entries: Entries = serde_json::from_slice(&entries).map_err(|error| {
        let expected = "expected {\"clip\": {\"visual\": {\"modelName\": NAME}}}, or \"textual\"";
        bad_request(format!("the form field `entries` cannot be read ({error}); {expected}"))
    })?;
    if let Some(task) = entries.keys().find(|task| *task != "clip") {
        let way_out = "name another machine-learning service after this one in Immich, which then asks that";
        return Err(bad_request(format!("got task {task:?}; Foray does clip alone: {way_out}")));
    }
    let asked: Vec<_> = entries.into_values().flatten().collect();
    let [(part, entry)] = asked.as_slice() else {
        return Err(bad_request(format!("got {} parts of clip; expected visual or textual", asked.len())));
    };
    demand_model(&entry.model, loaded)?;
    match (part.as_str(), image, text) {
        ("visual", Some(image), None) => Ok(Subject::Picture(image)),
        ("textual", None, Some(text)) => {
            let text = String::from_utf8(text.into());
            Ok(Subject::Text(text.map_err(|_| bad_request("the form field `text` is not UTF-8"))?))
        }
        _ => Err(bad_request(format!("got clip part {part:?}; expected visual with an image, or textual with a text"))),
    }
}

/// Immich names a model with the repository in front of it, or `::` where a file has `__`.
fn demand_model(asked: &str, loaded: &str) -> Result<(), ApiError> {
    let name = asked.rsplit('/').next().unwrap_or(asked).replace("::", "__");
    if name == loaded {
        return Ok(());
    }
    let way_out = format!("start Foray with --model {name}, or name {loaded} in Immich");
    let detail = format!("got model {asked:?}; this server has {loaded:?} loaded: {way_out}");
    Err(ApiError::new(ProblemKind::WrongSpace, detail))
}

fn prediction(vector: &UnitVector, sides: Option<(u32, u32)>) -> Prediction {
    let clip = serde_json::to_string(vector).unwrap_or_default();
    Prediction { clip, image_height: sides.map(|(_, height)| height), image_width: sides.map(|(width, _)| width) }
}

fn bad_request(detail: impl Into<String>) -> ApiError {
    ApiError::new(ProblemKind::BadRequest, detail)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(entries: &str, image: Option<&'static str>, text: Option<&'static str>) -> Result<Subject, String> {
        let question = Question {
            entries: Bytes::copy_from_slice(entries.as_bytes()),
            image: image.map(Bytes::from),
            text: text.map(Bytes::from),
        };
        subject(question, "ViT-B-32__openai").map_err(|error| error.0.detail)
    }

    fn clip(part: &str, model: &str) -> String {
        format!(r#"{{"clip": {{"{part}": {{"modelName": "{model}", "options": {{"language": "en"}}}}}}}}"#)
    }

    #[test]
    fn a_part_of_clip_goes_with_what_it_takes() {
        let name = "ViT-B-32__openai";
        assert_eq!(asked(&clip("textual", name), None, Some("a cat")), Ok(Subject::Text("a cat".to_owned())));
        assert_eq!(asked(&clip("visual", name), Some("bytes"), None), Ok(Subject::Picture("bytes".into())));
        for (part, image, text) in [
            ("visual", None, Some("a cat")),
            ("textual", Some("bytes"), None),
            ("visual", None, None),
            ("x", None, None),
        ] {
            assert!(asked(&clip(part, name), image, text).unwrap_err().contains("expected visual with an image"));
        }
    }

    #[test]
    fn other_models_and_tasks_are_named() {
        for name in ["ViT-B-32__openai", "ViT-B-32::openai", "immich-app/ViT-B-32__openai"] {
            assert!(asked(&clip("textual", name), None, Some("a cat")).is_ok(), "{name}");
        }
        let refused = asked(&clip("textual", "nllb-clip-base-siglip__v1"), None, Some("a cat")).unwrap_err();
        assert!(refused.contains("nllb-clip-base-siglip__v1") && refused.contains("\"ViT-B-32__openai\" loaded"));
        let faces = r#"{"facial-recognition": {"detection": {"modelName": "buffalo_l"}}}"#;
        assert!(asked(faces, Some("bytes"), None).unwrap_err().contains("facial-recognition"));
        for nonsense in ["", "{}", r#"{"clip": {}}"#, r#"{"clip": 1}"#, "[1]"] {
            assert!(asked(nonsense, None, Some("a cat")).is_err(), "{nonsense}");
        }
    }
}
