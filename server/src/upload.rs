//! Uploaded pictures: a multipart form with the field `image`, or the file's bytes as the whole body.

use actix_multipart::Multipart;
use actix_web::HttpRequest;
use actix_web::web::Payload;
use bytes::{Bytes, BytesMut};
use foray_protocol::ProblemKind;
use futures_util::{Stream, StreamExt};
use utoipa::ToSchema;

use crate::api_error::ApiError;

/// The largest picture that may be uploaded.
pub(crate) const MAX_BYTES: usize = 64 << 20;
const MAX_FILTER_BYTES: usize = 64 << 10;

/// What came.
#[derive(Debug, Default)]
pub(crate) struct Upload {
    pub image: Bytes,
    /// The form's field `limit`.
    pub limit: Option<usize>,
    /// The form's field `filter`.
    pub filter: Option<String>,
}

/// The form, as the API's description shows it.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes what `read_form` reads, field by field")]
pub(crate) struct Form {
    /// The picture's file.
    #[schema(value_type = String, format = Binary)]
    image: Bytes,
    /// How many results at most.
    #[schema(minimum = 1, maximum = 10_000, default = 10)]
    limit: Option<usize>,
    /// What the photos must fulfil, as filters are written in queries.
    filter: Option<String>,
}

/// Reads the picture in `body`, however it was sent.
pub(crate) async fn receive(request: &HttpRequest, body: Payload) -> Result<Upload, ApiError> {
    let media = request.headers().get("content-type").and_then(|value| value.to_str().ok()).unwrap_or_default();
    let upload = if media.starts_with("multipart/form-data") {
        read_form(Multipart::new(request.headers(), body)).await?
    } else {
        Upload { image: read_all(body, MAX_BYTES).await?, ..Upload::default() }
    };
    if upload.image.is_empty() {
        return Err(bad_request("no picture came; send it as the form field `image` or as the whole body"));
    }
    Ok(upload)
}

async fn read_form(mut form: Multipart) -> Result<Upload, ApiError> {
    let mut upload = Upload::default();
    while let Some(field) = form.next().await {
        let field = field.map_err(|error| bad_request(&error.to_string()))?;
        match field.name() {
            Some("image") => upload.image = read_all(field, MAX_BYTES).await?,
            Some("limit") => upload.limit = Some(parse_limit(&read_all(field, 32).await?)?),
            Some("filter") => upload.filter = Some(parse_filter(&read_all(field, MAX_FILTER_BYTES).await?)?),
            other => {
                return Err(bad_request(&format!("unknown form field {other:?}; expected image, limit and filter")));
            }
        }
    }
    Ok(upload)
}

fn parse_filter(text: &[u8]) -> Result<String, ApiError> {
    let text = str::from_utf8(text).map_err(|_| bad_request("the form field `filter` is not UTF-8"))?;
    Ok(text.to_owned())
}

fn parse_limit(text: &[u8]) -> Result<usize, ApiError> {
    let number = str::from_utf8(text).ok().and_then(|text| text.trim().parse().ok());
    number.ok_or_else(|| bad_request("the form field `limit` is not a whole number"))
}

/// Reads `stream` to its end, which must come within `limit` bytes.
pub(crate) async fn read_all<E: std::fmt::Display>(
    mut stream: impl Stream<Item = Result<Bytes, E>> + Unpin,
    limit: usize,
) -> Result<Bytes, ApiError> {
    let mut all = BytesMut::new();
    while let Some(piece) = stream.next().await {
        let piece = piece.map_err(|error| bad_request(&error.to_string()))?;
        if all.len() + piece.len() > limit {
            return Err(ApiError::new(
                ProblemKind::TooLarge,
                format!("more than {limit} bytes were sent; send less at a time"),
            ));
        }
        all.extend_from_slice(&piece);
    }
    Ok(all.freeze())
}

fn bad_request(detail: &str) -> ApiError {
    ApiError::new(ProblemKind::BadRequest, detail)
}
