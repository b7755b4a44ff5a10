//! The description of the API (OpenAPI 3.1), made of the very routes that answer, and the page that shows it.
//!
//! Routes are given to actix as `#[utoipa::path(...)] #[get("...")]` functions through `service`, so that none can be left out.

use std::sync::LazyLock;

use actix_web::error::ResponseError;
use actix_web::http::header::{ALLOW, HeaderValue};
use actix_web::web;
use actix_web::{App, HttpRequest, HttpResponse, get};
use foray_protocol::{Problem, ProblemKind, UnusualKind};
use utoipa::openapi::path::{Operation, PathItem};
use utoipa::openapi::security::{ApiKey, ApiKeyValue, Http, HttpAuthScheme, SecurityScheme};
use utoipa::openapi::{Components, OpenApi, SecurityRequirement};
use utoipa::{IntoResponses, OpenApi as _};
use utoipa_actix_web::AppExt;
use utoipa_actix_web::service_config::ServiceConfig;
use utoipa_swagger_ui::{Config, SwaggerUi};

use crate::api_error::ApiError;
use crate::etag::TaggedJson;
use crate::refusals::{
    self, BadRequest, Forbidden, Internal, Overloaded, TooLarge, TooManyAttempts, TooSlow, Unauthorized,
};
use crate::{app, guard, session_api};

const ADDRESS: &str = "/api/v1/openapi.json";

#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "Foray",
        description = "Finds photographs by what is in them.

Without tokens and users the server answers programs on its own machine only. With some, everything but the health checks, this
description and the login demands one: `Authorization: Bearer TOKEN`, `x-api-key: TOKEN`, or the session that a browser logged in to.
A token or user has a role: readers search, indexers feed the library, admins do everything.
Pages of other sites are refused in any case (no CORS).

What is refused comes back as a problem document (RFC 9457) with a stable `type`. Limits of one request: 1 MiB for a JSON body
(64 MiB below `/clip`, where pictures are in it), 64 MiB for an uploaded picture, which may have 200 million pixels and 65,535 on
a side, and 64 MiB for an indexer's batch, packed and unpacked. Replies in JSON are not to be stored; thumbnails never change, and
files of photos and the map are checked by their `ETag`. Texts and JSON are compressed for clients that take gzip, events are not."
    ),
    tags(
        (name = "search", description = "Photos by words, by pictures, by how unusual they are"),
        (name = "classes", description = "Which class photos show, how well classes are told apart, and tags by that"),
        (name = "photos", description = "One photo: what is known of it, its preview, its file"),
        (name = "server", description = "State, health, login, backups, maintenance"),
        (name = "indexer", description = "The indexer in this process"),
        (name = "models", description = "The models that photos and queries are embedded by"),
        (name = "indexers", description = "What indexers elsewhere send: MessagePack (maps with named fields), plain or packed with \
                                           zstd (`Content-Encoding`). Use `foray indexer --server`; this may change between versions."),
        (name = "compatible", description = "Shapes of other programs: Immich's smart search and machine learning, and Roboflow's CLIP"),
    ),
    components(schemas(Problem, UnusualKind))
)]
struct Frame;

/// The description as it is sent.
struct Document {
    api: OpenApi,
    json: TaggedJson,
}

/// It is the same for as long as the program is.
static DOCUMENT: LazyLock<Document> = LazyLock::new(|| {
    let api = describe();
    let json = TaggedJson::new(api.to_json().unwrap_or_default());
    Document { api, json }
});

pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(get_description);
}

/// The page that shows the description, for people. It tells nothing of the library, so it needs no token.
pub(crate) fn page_routes(config: &mut web::ServiceConfig) {
    config
        .service(web::redirect("/docs", "/docs/"))
        .service(SwaggerUi::new("/docs/{_:.*}").config(Config::from(ADDRESS)));
}

/// This description
#[utoipa::path(
    tag = "server",
    responses(
        (status = 200, description = "OpenAPI 3.1", content_type = "application/json", body = Object),
        (status = 304, description = "Still what `If-None-Match` names"),
    ),
)]
#[get("/api/v1/openapi.json")]
async fn get_description(request: HttpRequest) -> HttpResponse {
    DOCUMENT.json.answer(&request)
}

/// Answers what no route takes: either the address or only the method is wrong.
pub(crate) async fn no_such_address(request: HttpRequest) -> HttpResponse {
    let pattern = request.resource_map().match_pattern(request.path());
    let item = pattern.and_then(|pattern| DOCUMENT.api.paths.paths.get(&pattern));
    let Some(item) = item else {
        return ApiError::new(ProblemKind::NotFound, "no such address in this API; GET /docs shows all")
            .error_response();
    };
    let allowed = methods(item).map(|(method, _)| method).collect::<Vec<_>>().join(", ");
    let detail = format!("got {}; this address takes {allowed}", request.method());
    let mut response = ApiError::new(ProblemKind::MethodNotAllowed, detail).error_response();
    if let Ok(allowed) = HeaderValue::from_str(&allowed) {
        response.headers_mut().insert(ALLOW, allowed);
    }
    response
}

fn methods(item: &PathItem) -> impl Iterator<Item = (&'static str, &Operation)> {
    let all = [("GET", &item.get), ("PUT", &item.put), ("POST", &item.post), ("DELETE", &item.delete)];
    all.into_iter().filter_map(|(method, operation)| Some((method, operation.as_ref()?)))
}

fn operations(api: &mut OpenApi) -> impl Iterator<Item = &mut Operation> {
    let items = api.paths.paths.values_mut();
    items.flat_map(|item| [&mut item.get, &mut item.put, &mut item.post, &mut item.delete]).flatten()
}

fn describe() -> OpenApi {
    let mut guarded = routes_of(app::guarded_routes);
    for operation in operations(&mut guarded) {
        let schemes = ["token", "key", "session"];
        operation.security = Some(schemes.map(|name| SecurityRequirement::new(name, Vec::<String>::new())).into());
        add::<TooManyAttempts>(operation);
        add::<Forbidden>(operation);
    }
    let mut api = Frame::openapi().merge_from(routes_of(app::open_routes)).merge_from(guarded);
    for operation in operations(&mut api) {
        add::<BadRequest>(operation);
        add::<Unauthorized>(operation);
        add::<Internal>(operation);
        if operation.request_body.is_some() {
            add::<TooSlow>(operation);
            add::<TooLarge>(operation);
            add::<Overloaded>(operation);
        }
    }
    api.info.version = env!("CARGO_PKG_VERSION").to_owned();
    let components = api.components.get_or_insert_with(Components::new);
    components.responses.extend(refusals::all().map(|(name, response)| (name.to_owned(), response.into())));
    components.security_schemes.extend(schemes().map(|(name, scheme)| (name.to_owned(), scheme.into())));
    api
}

fn routes_of(routes: impl FnOnce(&mut ServiceConfig<'_>)) -> OpenApi {
    App::new().into_utoipa_app().configure(routes).split_for_parts().1
}

/// Adds a refusal that the operation need not name itself.
fn add<R: IntoResponses>(operation: &mut Operation) {
    for (status, response) in R::responses() {
        operation.responses.responses.entry(status).or_insert(response);
    }
}

fn schemes() -> impl Iterator<Item = (&'static str, SecurityScheme)> {
    let key = |name: &str| ApiKeyValue::new(name);
    [
        ("token", SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer))),
        ("key", SecurityScheme::ApiKey(ApiKey::Header(key(guard::API_KEY)))),
        ("session", SecurityScheme::ApiKey(ApiKey::Cookie(key(session_api::COOKIE)))),
    ]
    .into_iter()
}
