//! The guard against other people's web pages: a page that makes its host name point at this machine (DNS rebinding) or
//! posts from its own origin must not reach the library.

use std::net::IpAddr;

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{HOST, ORIGIN};
use actix_web::middleware::Next;
use actix_web::{Error, HttpRequest};
use foray_protocol::ProblemKind;

use crate::api_error::ApiError;

/// Lets through requests that name this machine as `localhost` or by its loopback address, and come from no other origin.
pub(crate) async fn refuse_foreign_hosts(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let header = |name| header_text(request.request(), name);
    let host = header(HOST).unwrap_or_default();
    let same_origin = header(ORIGIN).is_none_or(|origin| origin.strip_prefix("http://") == Some(host));
    if !is_loopback_host(host) || !same_origin {
        let detail =
            "requests must come from this machine's own page; open Foray as http://localhost or http://127.0.0.1";
        return Err(ApiError::new(ProblemKind::Unauthorized, detail).into());
    }
    next.call(request).await
}

fn header_text(request: &HttpRequest, name: actix_web::http::header::HeaderName) -> Option<&str> {
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
    fn only_names_of_this_machine_pass() {
        for host in ["localhost", "localhost:7878", "127.0.0.1:1", "[::1]:7878", "127.0.0.2"] {
            assert!(is_loopback_host(host), "{host}");
        }
        for host in ["", "evil.example", "localhost.evil.example:7878", "192.168.0.9:7878", "[2001:db8::1]:80"] {
            assert!(!is_loopback_host(host), "{host}");
        }
    }
}
