//! Errors as HTTP sees them: problem details (RFC 9457).

use std::fmt;

use actix_web::error::JsonPayloadError;
use actix_web::http::{StatusCode, header};
use actix_web::{HttpResponse, ResponseError, web};
use foray_library::LibraryError;
use foray_protocol::{ImageId, MOST_IDS, Problem, ProblemKind, ProtocolError, ZSTD};

use crate::refusals::PROBLEM;

/// What is being prepared takes minutes; who guessed tokens waits as long.
const ASK_AGAIN_AFTER_SECONDS: u32 = 5;
/// The largest JSON body of most requests, bytes.
const LARGEST_JSON: usize = 1 << 20;

/// A refusal on its way to the client.
#[derive(Debug)]
pub(crate) struct ApiError(pub Problem);

impl ApiError {
    pub fn new(kind: ProblemKind, detail: impl Into<String>) -> Self {
        Self(Problem::new(kind, detail))
    }
}

/// Refuses more ids than one request may name.
pub(crate) fn check_ids(ids: &[ImageId]) -> Result<(), ApiError> {
    if ids.len() <= MOST_IDS {
        return Ok(());
    }
    let detail = format!("ids: got {} photos; expected at most {MOST_IDS} in one request", ids.len());
    Err(ApiError::new(ProblemKind::TooLarge, detail))
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.detail)
    }
}

impl ResponseError for ApiError {
    fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(self.0.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    fn error_response(&self) -> HttpResponse {
        if self.0.kind == ProblemKind::Internal {
            tracing::error!("{}", self.0.detail);
        }
        let status = self.status_code();
        let mut response = HttpResponse::build(status);
        if matches!(status, StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS) {
            response.insert_header((header::RETRY_AFTER, ASK_AGAIN_AFTER_SECONDS));
        }
        if matches!(status, StatusCode::SERVICE_UNAVAILABLE | StatusCode::REQUEST_TIMEOUT) {
            // Whoever cannot be served now leaves the connection to others.
            response.force_close();
        }
        match self.0.kind {
            ProblemKind::Unauthorized => {
                response.insert_header((header::WWW_AUTHENTICATE, "Bearer"));
            }
            ProblemKind::UnsupportedMedia => {
                response.insert_header((header::ACCEPT_ENCODING, ZSTD));
            }
            _ => {}
        }
        response.insert_header((header::CACHE_CONTROL, "no-store")).content_type(PROBLEM).json(&self.0)
    }
}

impl From<ProtocolError> for ApiError {
    fn from(error: ProtocolError) -> Self {
        Self(error.into())
    }
}

impl From<LibraryError> for ApiError {
    fn from(error: LibraryError) -> Self {
        Self(error.into())
    }
}

/// Runs `work` on a thread that may block, so that other requests go on.
pub(crate) async fn blocking<T, E>(work: impl FnOnce() -> Result<T, E> + Send + 'static) -> Result<T, ApiError>
where
    T: Send + 'static,
    E: Into<ApiError> + Send + 'static,
{
    web::block(work)
        .await
        .map_err(|_| ApiError::new(ProblemKind::Internal, "the request was broken off; try again"))?
        .map_err(Into::into)
}

/// Answers mistakes in query strings and JSON bodies as problems, too.
pub(crate) fn configure_extractors(config: &mut web::ServiceConfig) {
    let bad_request = |error: String| ApiError::new(ProblemKind::BadRequest, error).into();
    config
        .app_data(web::QueryConfig::default().error_handler(move |error, _| bad_request(error.to_string())))
        .app_data(json_up_to(LARGEST_JSON))
        .app_data(web::PathConfig::default().error_handler(move |error, _| bad_request(error.to_string())));
}

/// Reads JSON bodies of at most `limit` bytes.
pub(crate) fn json_up_to(limit: usize) -> web::JsonConfig {
    web::JsonConfig::default().limit(limit).error_handler(move |error, _| json_problem(&error, limit).into())
}

fn json_problem(error: &JsonPayloadError, limit: usize) -> ApiError {
    match error {
        JsonPayloadError::Overflow { .. } | JsonPayloadError::OverflowKnownLength { .. } => {
            let detail = format!("the body is larger than {limit} bytes; send less at a time");
            ApiError::new(ProblemKind::TooLarge, detail)
        }
        JsonPayloadError::ContentType => {
            ApiError::new(ProblemKind::BadRequest, "expected a body of JSON (`Content-Type: application/json`)")
        }
        _ => ApiError::new(ProblemKind::BadRequest, error.to_string()),
    }
}
