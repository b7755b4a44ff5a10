//! Logging in from the web page: a token, or name and password, for a session in a cookie that scripts cannot read and other sites
//! do not send.

use actix_web::cookie::{Cookie, SameSite, time::Duration};
use actix_web::http::header::ORIGIN;
use actix_web::web::{self, Data, Json};
use actix_web::{HttpRequest, HttpResponse};
use serde::Deserialize;
use serde_json::json;

use crate::access::{Access, SESSION};
use crate::api_error::{ApiError, blocking};
use crate::guard::who_asks;

/// The name of the cookie.
pub(crate) const COOKIE: &str = "foray-session";

pub(crate) fn routes(config: &mut web::ServiceConfig) {
    config.service(
        web::resource("/api/v1/session")
            .route(web::get().to(tell))
            .route(web::post().to(log_in))
            .route(web::delete().to(log_out)),
    );
}

/// Who logs in: a token, or somebody's name and password.
#[derive(Deserialize)]
#[serde(untagged, expecting = "expected {\"token\": ...} or {\"user\": ..., \"password\": ...}")]
enum LogIn {
    Token { token: String },
    Password { user: String, password: String },
}

/// Tells who is logged in, and what the server asks for. Nothing here is secret: the page has to know which fields to show.
async fn tell(access: Data<Access>, request: HttpRequest) -> HttpResponse {
    let told = match &**access {
        Access::ThisMachine => json!({ "logged_in": true, "role": "admin", "token": false, "password": false }),
        Access::Guarded(guarded) => {
            let (token, password) = guarded.asks_for();
            let key = request.cookie(COOKIE).and_then(|_| who_asks(guarded, &request).ok());
            json!({
                "logged_in": key.is_some(),
                "role": key.map(|key| key.role),
                "user": key.and_then(|key| key.user()),
                "token": token,
                "password": password,
            })
        }
    };
    HttpResponse::Ok().json(told)
}

async fn log_in(access: Data<Access>, request: HttpRequest, body: Json<LogIn>) -> Result<HttpResponse, ApiError> {
    let from = request.peer_addr().map(|peer| peer.ip());
    if let Access::Guarded(guarded) = &**access {
        guarded.count_log_in(from)?;
    }
    // Hashing a password would hold up all other requests.
    let session = blocking(move || match (&**access, body.into_inner()) {
        (Access::ThisMachine, _) => Ok::<_, ApiError>(None),
        (Access::Guarded(guarded), LogIn::Token { token }) => {
            guarded.by_token(&token, from).map(|key| Some(key.new_session()))
        }
        (Access::Guarded(guarded), LogIn::Password { user, password }) => {
            guarded.by_password(&user, &password, from).map(|key| Some(key.new_session()))
        }
    });
    let mut response = HttpResponse::NoContent();
    if let Some(session) = session.await? {
        response.cookie(cookie(session, is_over_tls(&request)));
    }
    Ok(response.finish())
}

/// Has the browser forget its session.
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
