//! Logging in from the web page: a token, the page's key, or name and password, for a session in a cookie that scripts cannot read and other sites
//! do not send.

use std::net::IpAddr;

use actix_web::cookie::{Cookie, SameSite, time::Duration};
use actix_web::http::header::ORIGIN;
use actix_web::web::{Data, Json};
use actix_web::{HttpRequest, HttpResponse, delete, get, post};
use foray_protocol::Role;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::access::{Access, SESSION};
use crate::api_error::{ApiError, blocking};
use crate::guard::logged_in;
use crate::refusals::{TooLarge, TooManyAttempts};

/// The name of the cookie.
pub(crate) const COOKIE: &str = "foray-session";

pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(tell).service(log_in).service(log_out);
}

/// Who logs in: a token, the page's key, or somebody's name and password.
#[derive(Deserialize, ToSchema)]
#[serde(untagged, expecting = "expected {\"token\": ...}, {\"key\": ...} or {\"user\": ..., \"password\": ...}")]
enum LogIn {
    Token {
        /// The token that the server was started with, or one of its configuration.
        token: String,
    },
    Key {
        /// The key in the link that a server without tokens printed when it began.
        key: String,
    },
    Password {
        /// The name of a user of the configuration.
        user: String,
        /// The password.
        password: String,
    },
}

/// Who is logged in, and by what the server lets people in.
#[derive(Serialize, ToSchema)]
struct Session {
    /// Whether this browser is logged in, or needs not to be.
    logged_in: bool,
    /// What whoever asks may do.
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<Role>,
    /// The name of the person that is logged in.
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<String>,
    /// Whether tokens are known.
    token: bool,
    /// Whether people with passwords are known.
    password: bool,
    /// Whether the page's key makes an admin of whoever may search without it; nothing where it does not.
    #[serde(skip_serializing_if = "is_no")]
    key: bool,
}

fn is_no(whether: &bool) -> bool {
    !whether
}

/// Who is logged in, and what the server asks for
///
/// Nothing of it is secret: the page has to know which fields to show.
#[utoipa::path(tag = "server", responses((status = 200, description = "The session", body = Session)))]
#[get("/api/v1/session")]
async fn tell(access: Data<Access>, request: HttpRequest) -> HttpResponse {
    let (Access::ThisMachine(guarded) | Access::Guarded(guarded)) = &**access;
    let is_open = matches!(**access, Access::ThisMachine(_));
    let (token, password) = guarded.asks_for();
    let known = logged_in(guarded, &request);
    let session = Session {
        logged_in: is_open || known.is_some(),
        role: known.map(|key| key.role).or(is_open.then_some(Role::Reader)),
        user: known.and_then(|key| key.user()).map(str::to_owned),
        token: token && !is_open,
        password,
        key: token && is_open,
    };
    HttpResponse::Ok().json(session)
}

/// Logs a browser in
///
/// By a token, or by name and password. A server without either lets everybody in, and needs no session but to change folders and
/// models: that is by the page's key.
#[utoipa::path(
    tag = "server",
    responses((status = 204, description = "The session is in the cookie `foray-session`"), TooLarge, TooManyAttempts),
)]
#[post("/api/v1/session")]
async fn log_in(access: Data<Access>, request: HttpRequest, body: Json<LogIn>) -> Result<HttpResponse, ApiError> {
    let from = request.peer_addr().map(|peer| peer.ip());
    // Hashing a password would hold up all other requests.
    let session = blocking(move || session_of(&access, body.into_inner(), from));
    let mut response = HttpResponse::NoContent();
    if let Some(session) = session.await? {
        response.cookie(cookie(session, is_over_tls(&request)));
    }
    Ok(response.finish())
}

/// A session for whoever logs in; none where everybody may do what a token or password would be shown for.
fn session_of(access: &Access, who: LogIn, from: Option<IpAddr>) -> Result<Option<String>, ApiError> {
    let guarded = match (access, &who) {
        (Access::ThisMachine(_), LogIn::Token { .. } | LogIn::Password { .. }) => return Ok(None),
        (Access::ThisMachine(guarded) | Access::Guarded(guarded), _) => guarded,
    };
    guarded.count_log_in(from)?;
    let key = match &who {
        LogIn::Token { token: text } | LogIn::Key { key: text } => guarded.by_token(text, from),
        LogIn::Password { user, password } => guarded.by_password(user, password, from),
    };
    Ok(Some(key?.new_session()))
}

/// Has a browser forget its session
#[utoipa::path(tag = "server", responses((status = 204, description = "The cookie is taken back")))]
#[delete("/api/v1/session")]
async fn log_out() -> HttpResponse {
    let mut forgotten = cookie(String::new(), false);
    forgotten.make_removal();
    HttpResponse::NoContent().cookie(forgotten).finish()
}

fn cookie(session: String, secure: bool) -> Cookie<'static> {
    Cookie::build(COOKIE, session)
        .path("/")
        .http_only(true)
        .same_site(SameSite::Strict)
        .secure(secure)
        .max_age(Duration::try_from(SESSION).unwrap_or(Duration::ZERO))
        .finish()
}

/// Whether the page came over TLS, from here or through a proxy: its session shall then not go any other way.
fn is_over_tls(request: &HttpRequest) -> bool {
    let is_https = request.headers().get(ORIGIN).is_some_and(|origin| origin.as_bytes().starts_with(b"https://"));
    is_https || request.app_config().secure()
}
