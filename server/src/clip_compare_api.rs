//! Texts and pictures compared or made vectors, in the shape of Roboflow's inference server.

use std::collections::BTreeMap;
use std::time::Instant;

use actix_web::post;
use actix_web::web::{Data, Json};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use foray_embedding::{Embedder, Pixels};
use foray_protocol::{Problem, ProblemKind, ProtocolError, UnitVector};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::api_error::{ApiError, json_up_to};
use crate::picture_embedding::{in_turn, read_picture};
use crate::refusals::{Conflict, TooLarge, UnreadableImage};
use crate::service::SearchService;

/// Pictures are in the bodies, in base64.
const LARGEST_BODY: usize = 64 << 20;
/// The most texts or pictures in one request.
const MOST_THINGS: usize = 100;

pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config.app_data(json_up_to(LARGEST_BODY)).service(compare).service(embed_text).service(embed_image);
}

/// A picture in a request. Pictures are never fetched from elsewhere: a `url` is refused.
#[derive(Deserialize, ToSchema)]
#[schema(as = ClipPicture)]
struct SentPicture {
    r#type: PictureForm,
    /// The picture's file in base64; a `data:` address is taken, too.
    value: String,
}

#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = ClipPictureType)]
enum PictureForm {
    Base64,
    Url,
    Numpy,
}

/// A text, or a picture.
#[derive(Deserialize, ToSchema)]
#[serde(untagged)]
#[schema(as = ClipThing)]
enum Thing {
    Picture(SentPicture),
    Text(String),
}

#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = ClipKind)]
enum Kind {
    Image,
    Text,
}

/// One, several, or several by names.
#[derive(Deserialize, ToSchema)]
#[serde(untagged)]
#[schema(as = ClipPrompt)]
enum Prompt {
    One(Thing),
    Many(Vec<Thing>),
    Named(BTreeMap<String, Thing>),
}

#[derive(Deserialize, ToSchema)]
struct ClipCompare {
    /// What is compared.
    subject: Thing,
    /// What it is; a picture unless said otherwise.
    #[serde(default = "image")]
    #[schema(default = "image")]
    subject_type: Kind,
    /// What it is compared with, at most 100 things.
    prompt: Prompt,
    /// What they are; texts unless said otherwise.
    #[serde(default = "text")]
    #[schema(default = "text")]
    prompt_type: Kind,
    /// If given, it must be the model that is loaded.
    clip_version_id: Option<String>,
}

fn image() -> Kind {
    Kind::Image
}

fn text() -> Kind {
    Kind::Text
}

/// Cosine similarities, -1..1: in the order of the prompts, or by their names.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
enum ClipSimilarity {
    Many(Vec<f32>),
    Named(BTreeMap<String, f32>),
}

#[derive(Serialize, ToSchema)]
struct ClipComparison {
    similarity: ClipSimilarity,
    /// Seconds.
    time: f64,
}

/// How alike a picture or text and others are
#[utoipa::path(
    tag = "compatible",
    request_body(content = ClipCompare, example = json!({
        "subject": "a photo of a cat", "subject_type": "text", "prompt": ["a cat", "a dog"], "prompt_type": "text"
    })),
    responses((status = 200, description = "Similarities", body = ClipComparison), Conflict, TooLarge, UnreadableImage),
)]
#[post("/compare")]
async fn compare(service: Data<SearchService>, request: Json<ClipCompare>) -> Result<Json<ClipComparison>, ApiError> {
    let begun = Instant::now();
    let similarity = in_turn(move || similarities(&service, request.into_inner())).await?;
    Ok(Json(ClipComparison { similarity, time: begun.elapsed().as_secs_f64() }))
}

fn similarities(service: &SearchService, request: ClipCompare) -> Result<ClipSimilarity, ProtocolError> {
    let ClipCompare { subject, subject_type, prompt, prompt_type, clip_version_id } = request;
    let embedder = service.embedder().get();
    demand_model(&embedder, clip_version_id.as_deref())?;
    let subject = vectors(service, &embedder, subject_type, vec![subject])?;
    let against = |things| {
        let vectors = vectors(service, &embedder, prompt_type, things)?;
        let similarities = vectors.iter().flat_map(|vector| subject.iter().map(|subject| subject.cosine(vector)));
        Ok::<Vec<f32>, ProtocolError>(similarities.collect())
    };
    Ok(match prompt {
        Prompt::One(thing) => ClipSimilarity::Many(against(vec![thing])?),
        Prompt::Many(things) => ClipSimilarity::Many(against(things)?),
        Prompt::Named(things) => {
            let (names, things) = things.into_iter().unzip::<_, _, Vec<_>, Vec<_>>();
            ClipSimilarity::Named(names.into_iter().zip(against(things)?).collect())
        }
    })
}

/// One, or several.
#[derive(Deserialize, ToSchema)]
#[serde(untagged)]
enum OneOrMany<T> {
    One(T),
    Many(Vec<T>),
}

impl<T> OneOrMany<T> {
    fn into_things(self, thing: impl FnMut(T) -> Thing) -> Vec<Thing> {
        match self {
            Self::One(one) => vec![one],
            Self::Many(many) => many,
        }
        .into_iter()
        .map(thing)
        .collect()
    }
}

#[derive(Deserialize, ToSchema)]
struct ClipTexts {
    /// A text, or a list of at most 100.
    text: OneOrMany<String>,
    /// If given, it must be the model that is loaded.
    clip_version_id: Option<String>,
}

#[derive(Deserialize, ToSchema)]
struct ClipPictures {
    /// A picture, or a list of at most 100.
    image: OneOrMany<SentPicture>,
    /// If given, it must be the model that is loaded.
    clip_version_id: Option<String>,
}

#[derive(Serialize, ToSchema)]
struct ClipEmbeddings {
    /// A vector of length 1 for each thing, in their order.
    embeddings: Vec<Vec<f32>>,
    /// Seconds.
    time: f64,
}

/// The vectors of texts
#[utoipa::path(
    tag = "compatible",
    request_body(content = ClipTexts, example = json!({"text": ["a cat", "a dog"]})),
    responses((status = 200, description = "Vectors", body = ClipEmbeddings), Conflict, TooLarge),
)]
#[post("/embed_text")]
async fn embed_text(service: Data<SearchService>, request: Json<ClipTexts>) -> Result<Json<ClipEmbeddings>, ApiError> {
    let ClipTexts { text, clip_version_id } = request.into_inner();
    embed(service, Kind::Text, text.into_things(Thing::Text), clip_version_id).await
}

/// The vectors of pictures
#[utoipa::path(
    tag = "compatible",
    responses((status = 200, description = "Vectors", body = ClipEmbeddings), Conflict, TooLarge, UnreadableImage),
)]
#[post("/embed_image")]
async fn embed_image(
    service: Data<SearchService>,
    request: Json<ClipPictures>,
) -> Result<Json<ClipEmbeddings>, ApiError> {
    let ClipPictures { image, clip_version_id } = request.into_inner();
    embed(service, Kind::Image, image.into_things(Thing::Picture), clip_version_id).await
}

async fn embed(
    service: Data<SearchService>,
    kind: Kind,
    things: Vec<Thing>,
    model: Option<String>,
) -> Result<Json<ClipEmbeddings>, ApiError> {
    let begun = Instant::now();
    let embedded = move || {
        let embedder = service.embedder().get();
        demand_model(&embedder, model.as_deref())?;
        vectors(&service, &embedder, kind, things)
    };
    let vectors = in_turn(embedded).await?;
    let embeddings = vectors.iter().map(|vector| vector.as_slice().to_vec()).collect();
    Ok(Json(ClipEmbeddings { embeddings, time: begun.elapsed().as_secs_f64() }))
}

/// Roboflow's names leave out who trained the weights.
fn demand_model(embedder: &Embedder, asked: Option<&str>) -> Result<(), ProtocolError> {
    let loaded = embedder.model_name();
    match asked {
        Some(asked) if asked != loaded && loaded.strip_suffix("__openai") != Some(asked) => {
            let detail =
                format!("got clip_version_id {asked:?}; this server has {loaded:?} loaded: ask for that, or for none");
            Err(Problem::new(ProblemKind::WrongSpace, detail).into())
        }
        _ => Ok(()),
    }
}

fn vectors(
    service: &SearchService,
    embedder: &Embedder,
    kind: Kind,
    things: Vec<Thing>,
) -> Result<Vec<UnitVector>, ProtocolError> {
    if things.is_empty() || things.len() > MOST_THINGS {
        return Err(bad_request(&format!("got {} texts or pictures; expected 1 to {MOST_THINGS}", things.len())));
    }
    match kind {
        Kind::Text => things.iter().map(|thing| service.embed_text(embedder, words(thing)?)).collect(),
        Kind::Image => {
            let pictures = things.iter().map(|thing| pixels(embedder, thing)).collect::<Result<Vec<_>, _>>()?;
            service.embed_pictures(embedder, &pictures)
        }
    }
}

fn words(thing: &Thing) -> Result<&str, ProtocolError> {
    match thing {
        Thing::Text(text) => Ok(text),
        Thing::Picture(_) => Err(bad_request(
            "got a picture where a text was announced; subject_type and prompt_type say which they are",
        )),
    }
}

fn pixels(embedder: &Embedder, thing: &Thing) -> Result<Pixels, ProtocolError> {
    let Thing::Picture(picture) = thing else {
        return Err(bad_request(
            "got a text where a picture was announced; subject_type and prompt_type say which they are",
        ));
    };
    let elsewhere =
        "this server fetches no pictures: send the picture's file as {\"type\": \"base64\", \"value\": ...}";
    match picture.r#type {
        PictureForm::Base64 => Ok(read_picture(embedder, &unpacked(&picture.value)?)?.pixels),
        PictureForm::Url => Err(bad_request(elsewhere)),
        PictureForm::Numpy => Err(bad_request("pickled arrays are not read; send the picture's file in base64")),
    }
}

fn unpacked(value: &str) -> Result<Vec<u8>, ProtocolError> {
    let base64 = value.split_once(";base64,").map_or(value, |(_, base64)| base64);
    STANDARD.decode(base64).map_err(|error| bad_request(&format!("the picture is no base64: {error}")))
}

fn bad_request(detail: &str) -> ProtocolError {
    Problem::new(ProblemKind::BadRequest, detail).into()
}
