//! Logging in from the web page: the token for a session in a cookie that scripts cannot read and other sites do not send.

use actix_web::cookie::{Cookie, SameSite, time::Duration};
use actix_web::http::header::ORIGIN;
use actix_web::web::{Data, Json};
use actix_web::{HttpRequest, HttpResponse, post};
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::access::{Access, SESSION};
use crate::api_error::ApiError;
use crate::refusals::{TooLarge, TooManyAttempts};

/// The name of the cookie.
pub(crate) const COOKIE: &str = "foray-session";

pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(log_in);
}

#[derive(Deserialize, ToSchema)]
struct LogIn {
    /// The token that the server was started with.
    token: String,
}

/// Logs a browser in
///
/// A server without a token lets everybody in, and needs no session.
#[utoipa::path(
    tag = "server",
    responses((status = 204, description = "The session is in the cookie `foray-session`"), TooLarge, TooManyAttempts),
)]
#[post("/api/v1/session")]
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
