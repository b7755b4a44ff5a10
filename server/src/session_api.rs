//! Logging in from the web page: the token for a session in a cookie that scripts cannot read and other sites do not send.

use actix_web::cookie::{Cookie, SameSite, time::Duration};
use actix_web::http::header::ORIGIN;
use actix_web::web::{self, Data, Json};
use actix_web::{HttpRequest, HttpResponse};
use serde::Deserialize;

use crate::access::{Access, SESSION};
use crate::api_error::ApiError;

/// The name of the cookie.
pub(crate) const COOKIE: &str = "foray-session";

pub(crate) fn routes(config: &mut web::ServiceConfig) {
    config.route("/api/v1/session", web::post().to(log_in));
}

#[derive(Deserialize)]
struct LogIn {
    token: String,
}

async fn log_in(access: Data<Access>, request: HttpRequest, body: Json<LogIn>) -> Result<HttpResponse, ApiError> {
    let mut response = HttpResponse::NoContent();
    if let Access::Token(secret) = &**access {
        secret.check(&body.token, request.peer_addr().map(|peer| peer.ip()))?;
        response.cookie(cookie(secret.new_session(), is_over_tls(&request)));
    }
    Ok(response.finish())
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

/// Whether the page came through a proxy that speaks TLS: its session shall then not go any other way.
fn is_over_tls(request: &HttpRequest) -> bool {
    request.headers().get(ORIGIN).is_some_and(|origin| origin.as_bytes().starts_with(b"https://"))
}
