//! What indexers send: MessagePack, as it is or packed with zstd, and never more than fits.

use std::borrow::Cow;

use actix_web::HttpRequest;
use actix_web::http::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderName};
use actix_web::web::{Bytes, Payload};
use foray_protocol::{MESSAGE_PACK, ProblemKind, UnpackError, ZSTD, unpack};

use crate::api_error::ApiError;
use crate::upload::read_all;

/// A batch of photos with thumbnails is a few megabytes, which packing makes little smaller.
const MOST_SENT: usize = 64 << 20;
/// What a body may unfold to: the same for one that was sent as it is.
const MOST_UNPACKED: usize = MOST_SENT;
/// A body that came whole.
pub(crate) struct IngestBody {
    bytes: Bytes,
    is_packed: bool,
}

/// Reads the body of `request`.
pub(crate) async fn receive(request: &HttpRequest, body: Payload) -> Result<IngestBody, ApiError> {
    // Browsers cannot send this media type across origins without asking first, which keeps other pages out.
    if header(request, CONTENT_TYPE) != Some(MESSAGE_PACK) {
        return Err(ApiError::new(ProblemKind::UnsupportedMedia, format!("expected a body of {MESSAGE_PACK}")));
    }
    let is_packed = match header(request, CONTENT_ENCODING) {
        None | Some("identity") => false,
        Some(ZSTD) => true,
        Some(other) => {
            let detail = format!("got a body packed with {other:?}; expected one packed with {ZSTD}, or not at all");
            return Err(ApiError::new(ProblemKind::UnsupportedMedia, detail));
        }
    };
    Ok(IngestBody { bytes: read_all(body, MOST_SENT).await?, is_packed })
}

fn header(request: &HttpRequest, name: HeaderName) -> Option<&str> {
    request.headers().get(name).map(|value| value.to_str().unwrap_or("(no text)"))
}

impl IngestBody {
    /// The body as it was before it was packed. Takes time: not for a thread that must not block.
    pub fn unpack(&self) -> Result<Cow<'_, [u8]>, ApiError> {
        if !self.is_packed {
            return Ok(Cow::Borrowed(&self.bytes));
        }
        unpack(&self.bytes, MOST_UNPACKED).map(Cow::Owned).map_err(|error| {
            let kind = match error {
                UnpackError::Broken(_) => ProblemKind::BadRequest,
                UnpackError::TooLarge(_) => ProblemKind::TooLarge,
            };
            ApiError::new(kind, error.to_string())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_unpacked_is_refused_by_its_kind() {
        let kind = |bytes: Vec<u8>| IngestBody { bytes: bytes.into(), is_packed: true }.unpack().unwrap_err().0.kind;
        assert_eq!(kind(b"no zstd at all".to_vec()), ProblemKind::BadRequest);
        assert_eq!(kind(zstd::bulk::compress(&vec![7; MOST_UNPACKED + 1], 1).unwrap()), ProblemKind::TooLarge);
    }
}
