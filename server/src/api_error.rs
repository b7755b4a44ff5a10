//! Errors as HTTP sees them: problem details (RFC 9457).

use std::fmt;

use actix_web::http::{StatusCode, header};
use actix_web::{HttpResponse, ResponseError, web};
use foray_library::LibraryError;
use foray_protocol::{Problem, ProblemKind, ProtocolError, ZSTD};

/// What is being prepared takes minutes; who guessed tokens waits as long.
const ASK_AGAIN_AFTER_SECONDS: u32 = 5;

/// A refusal on its way to the client.
#[derive(Debug)]
pub(crate) struct ApiError(pub Problem);

impl ApiError {
    pub fn new(kind: ProblemKind, detail: impl Into<String>) -> Self {
        Self(Problem::new(kind, detail))
    }
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
        let mut response = HttpResponse::build(self.status_code());
        match self.0.kind {
            ProblemKind::Preparing | ProblemKind::TooManyAttempts => {
                response.insert_header((header::RETRY_AFTER, ASK_AGAIN_AFTER_SECONDS));
            }
            ProblemKind::Unauthorized => {
                response.insert_header((header::WWW_AUTHENTICATE, "Bearer"));
            }
            ProblemKind::UnsupportedMedia => {
                response.insert_header((header::ACCEPT_ENCODING, ZSTD));
            }
            _ => {}
        }
        response.content_type("application/problem+json").json(&self.0)
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
        .app_data(
            web::JsonConfig::default().limit(1 << 20).error_handler(move |error, _| bad_request(error.to_string())),
        )
        .app_data(web::PathConfig::default().error_handler(move |error, _| bad_request(error.to_string())));
}
