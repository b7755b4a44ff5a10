//! What indexers send: MessagePack, as it is or packed with zstd, and never more than fits.

use std::borrow::Cow;
use std::io::Read;

use actix_web::HttpRequest;
use actix_web::http::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderName};
use actix_web::web::{Bytes, Payload};
use foray_protocol::{MESSAGE_PACK, ProblemKind, ZSTD};

use crate::api_error::ApiError;
use crate::upload::read_all;

/// A batch of photos with thumbnails is a few megabytes, which packing makes little smaller.
const MOST_SENT: usize = 64 << 20;
/// What a body may unfold to: the same for one that was sent as it is.
const MOST_UNPACKED: usize = MOST_SENT;
/// The window that packed bodies may ask for, as a power of two: 8 MiB, the most that a decoder must support (RFC 8878).
const LARGEST_WINDOW: u32 = 23;

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
        if self.is_packed { unpack(&self.bytes, MOST_UNPACKED).map(Cow::Owned) } else { Ok(Cow::Borrowed(&self.bytes)) }
    }
}

fn unpack(bytes: &[u8], most: usize) -> Result<Vec<u8>, ApiError> {
    let broken =
        |error: std::io::Error| ApiError::new(ProblemKind::BadRequest, format!("the body is no whole {ZSTD}: {error}"));
    let mut decoder = zstd::Decoder::with_buffer(bytes).map_err(broken)?;
    decoder.window_log_max(LARGEST_WINDOW).map_err(broken)?;
    let mut unpacked = vec![];
    decoder.take(most as u64 + 1).read_to_end(&mut unpacked).map_err(broken)?;
    if unpacked.len() > most {
        let detail = format!("the body unfolds to more than {most} bytes; send smaller batches");
        return Err(ApiError::new(ProblemKind::TooLarge, detail));
    }
    Ok(unpacked)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(packed: &[u8], most: usize) -> ProblemKind {
        unpack(packed, most).unwrap_err().0.kind
    }

    #[test]
    fn a_body_unfolds_to_the_limit_and_no_further() {
        let content = vec![7; 100_000];
        let packed = zstd::bulk::compress(&content, 1).unwrap();
        assert_eq!(unpack(&packed, content.len()).unwrap(), content);
        assert_eq!(refusal(&packed, content.len() - 1), ProblemKind::TooLarge);
        assert_eq!(refusal(&packed[..packed.len() - 1], content.len()), ProblemKind::BadRequest);
        assert_eq!(refusal(b"no zstd at all", 100), ProblemKind::BadRequest);
    }

    #[test]
    fn a_window_that_would_fill_the_memory_is_refused() {
        let mut encoder = zstd::Encoder::new(vec![], 1).unwrap();
        encoder.window_log(27).unwrap();
        std::io::copy(&mut std::io::repeat(7).take(100_000), &mut encoder).unwrap();
        assert_eq!(refusal(&encoder.finish().unwrap(), 1 << 20), ProblemKind::BadRequest);
    }
}
