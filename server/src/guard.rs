//! The guards. Without a token: against other people's web pages, since a page that makes its host name point at this machine
//! (DNS rebinding) or posts from its own origin must not reach the library. With one: against everybody who does not show it. What
//! decides over folders and models asks for the page's key even there where nothing else asks for anything.

use std::net::IpAddr;

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::http::header::{AUTHORIZATION, HOST, HeaderName, ORIGIN};
use actix_web::middleware::Next;
use actix_web::web::Data;
use actix_web::{Error, HttpRequest};
use foray_protocol::{ProblemKind, Role};

use crate::access::{Access, Guarded, Key};
use crate::api_error::ApiError;
use crate::session_api::COOKIE;

/// The header in which clients of some other programs show their token.
pub(crate) const API_KEY: &str = "x-api-key";

/// Lets through requests of this server's own page and of programs: no other site's page may send any, and without a token the
/// server must be named as `localhost` or by its loopback address.
pub(crate) async fn refuse_foreign_pages(
    access: Data<Access>,
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let header = |name| header_text(request.request(), name);
    let host = header(HOST).unwrap_or_default();
    if !header(ORIGIN).is_none_or(|origin| is_origin_of(origin, host)) {
        return Err(unauthorized("requests must come from this server's own page, or from no page").into());
    }
    if matches!(**access, Access::ThisMachine(_)) && !is_loopback_host(host) {
        let detail = "this server has no token, so requests must come from this machine; open Foray as http://localhost or \
                      http://127.0.0.1";
        return Err(unauthorized(detail).into());
    }
    next.call(request).await
}

/// Lets through requests of those who may do what is asked: they show a token, or the session of a browser that logged in.
pub(crate) async fn demand_role(
    access: Data<Access>,
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let needed = needed_for(&request);
    let role = match &**access {
        Access::Guarded(guarded) => who_asks(guarded, request.request(), NO_TOKEN)?.role,
        Access::ThisMachine(guarded) if is_owners(&request) => who_asks(guarded, request.request(), NO_KEY)?.role,
        Access::ThisMachine(_) => Role::Admin,
    };
    if !needed.iter().any(|needed| role.covers(*needed)) {
        return Err(forbidden(role, needed[0]).into());
    }
    next.call(request).await
}

const NO_TOKEN: &str = "this server asks for its token: give it as --token, as FORAY_TOKEN or as `token` in the configuration, or log \
                        in on its page (over HTTP: `Authorization: Bearer TOKEN`)";
const NO_KEY: &str = "folders, models, times and what is indexed are changed by the server's owner alone: open its page by the link \
                      with a key that `foray up` printed when it began, or give the server a token, and show it with --token";

/// Whether it shows or decides which files of this machine are read, what the library holds, or what is fetched to it: no matter of
/// everybody who may search.
fn is_owners(request: &ServiceRequest) -> bool {
    let pattern = request.match_pattern().unwrap_or_default();
    match pattern.as_str() {
        "/api/v1/indexer/folders" | "/api/v1/accounts" => true,
        "/api/v1/indexer/watched" | "/api/v1/indexer/schedule" => true,
        pattern if pattern.starts_with("/api/v1/ingest/") => true,
        pattern => pattern.starts_with("/api/v1/models") && !only_looks(request),
    }
}

fn only_looks(request: &ServiceRequest) -> bool {
    matches!(*request.method(), Method::GET | Method::HEAD)
}

/// The roles that may do what is asked. What is not known to change nothing is for admins.
fn needed_for(request: &ServiceRequest) -> &'static [Role] {
    let pattern = request.match_pattern().unwrap_or_default();
    let only_looks = only_looks(request);
    match pattern.as_str() {
        pattern if pattern.starts_with("/api/v1/ingest/") => &[Role::Indexer],
        "/api/v1/indexer/folders" | "/api/v1/accounts" => &[Role::Admin],
        "/api/v1/images/{id}/thumbnail" | "/api/v1/status" if only_looks => &[Role::Reader, Role::Indexer],
        "/api/v1/search" | "/api/v1/search/image" | "/api/v1/rank" | "/api/v1/classify" => &[Role::Reader],
        "/api/search/smart" | "/predict" | "/clip/compare" | "/clip/embed_text" | "/clip/embed_image" => {
            &[Role::Reader]
        }
        _ if only_looks => &[Role::Reader],
        _ => &[Role::Admin],
    }
}

/// Whose request this is; `unknown` tells whoever shows nothing what to show.
fn who_asks<'a>(guarded: &'a Guarded, request: &HttpRequest, unknown: &str) -> Result<&'a Key, ApiError> {
    if let Some(key) = logged_in(guarded, request) {
        return Ok(key);
    }
    let key = || header_text(request, HeaderName::from_static(API_KEY));
    let given = header_text(request, AUTHORIZATION).and_then(bearer).or_else(key);
    let given = given.ok_or_else(|| unauthorized(unknown))?;
    guarded.by_token(given, request.peer_addr().map(|peer| peer.ip()))
}

/// Whose browser this is, if it is logged in.
pub(crate) fn logged_in<'a>(guarded: &'a Guarded, request: &HttpRequest) -> Option<&'a Key> {
    guarded.by_session(request.cookie(COOKIE)?.value())
}

fn forbidden(role: Role, needed: Role) -> ApiError {
    let detail =
        format!("this is for the role {needed}, and yours is {role}; log in as somebody else, or ask an admin");
    ApiError::new(ProblemKind::Forbidden, detail)
}

/// The token of the header `Authorization` (RFC 6750; the scheme's name in any case, RFC 9110).
fn bearer(value: &str) -> Option<&str> {
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

fn unauthorized(detail: &str) -> ApiError {
    ApiError::new(ProblemKind::Unauthorized, detail)
}

/// Whether a page of `origin` was served by `host`, here or through a proxy that speaks TLS.
fn is_origin_of(origin: &str, host: &str) -> bool {
    origin.split_once("://").is_some_and(|(scheme, rest)| matches!(scheme, "http" | "https") && rest == host)
}

fn header_text(request: &HttpRequest, name: HeaderName) -> Option<&str> {
    request.headers().get(name)?.to_str().ok()
}

fn is_loopback_host(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.chars().all(|c| c.is_ascii_digit()) => name,
        _ => host,
    };
    let address = name.trim_start_matches('[').trim_end_matches(']');
    name.eq_ignore_ascii_case("localhost") || address.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_of_the_host_that_served_it() {
        assert!(
            is_origin_of("http://nas:7878", "nas:7878") && is_origin_of("https://photos.example", "photos.example")
        );
        for origin in ["null", "http://nas", "http://nas:80", "file://nas:7878", "http://evil.example"] {
            assert!(!is_origin_of(origin, "nas:7878"), "{origin}");
        }
    }

    #[test]
    fn a_bearer_token_is_found() {
        assert_eq!((bearer("Bearer abc"), bearer("bearer  abc")), (Some("abc"), Some("abc")));
        assert_eq!((bearer("Basic abc"), bearer("abc")), (None, None));
    }

    #[test]
    fn only_names_of_this_machine_pass() {
        for host in ["localhost", "localhost:7878", "127.0.0.1:1", "[::1]:7878", "127.0.0.2"] {
            assert!(is_loopback_host(host), "{host}");
        }
        for host in ["", "evil.example", "localhost.evil.example:7878", "192.168.0.9:7878", "[2001:db8::1]:80"] {
            assert!(!is_loopback_host(host), "{host}");
        }
    }
}
