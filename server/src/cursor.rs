//! Cursors: where a page of results ended, as clients carry it to the next page.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use foray_library::PageEnd;
use foray_protocol::{Problem, ProblemKind, ProtocolError, SearchRequest, SpaceId};
use serde::{Deserialize, Serialize};

/// Long enough that no two searches have the same by chance.
const FINGERPRINT_BYTES: usize = 8;

/// The end of a page, and of which search's.
#[derive(Serialize, Deserialize)]
struct Cursor {
    search: [u8; FINGERPRINT_BYTES],
    end: PageEnd,
}

/// What tells searches whose pages belong together from all others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Fingerprint([u8; FINGERPRINT_BYTES]);

impl Fingerprint {
    /// That of a search in the library's present space: of all that decides which photos come in which order.
    pub fn of(request: &SearchRequest, space: Option<&SpaceId>) -> Self {
        let SearchRequest { query, like, unlike, sort, dedupe, filter, .. } = request;
        let deciding = (query, like, unlike, sort, dedupe, filter, space.map(SpaceId::as_str));
        let mut hasher = blake3::Hasher::new();
        // Writing into a hasher cannot fail, and all of this has a form in JSON.
        let _ = serde_json::to_writer(&mut hasher, &deciding);
        let mut fingerprint = [0; FINGERPRINT_BYTES];
        hasher.finalize_xof().fill(&mut fingerprint);
        Self(fingerprint)
    }
}

/// The cursor for the page after `end`.
pub(crate) fn encode(end: PageEnd, search: Fingerprint) -> Result<String, ProtocolError> {
    let bytes = rmp_serde::to_vec(&Cursor { search: search.0, end });
    let bytes =
        bytes.map_err(|error| Problem::new(ProblemKind::Internal, format!("no cursor can be made: {error}")))?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

/// The end of the page that [`encode`] wrote into `text`.
///
/// # Errors
/// A bad request for a cursor that is none or belongs to another search.
pub(crate) fn decode(text: &str, search: Fingerprint) -> Result<PageEnd, ProtocolError> {
    let wrong = |detail: &str| ProtocolError::from(Problem::new(ProblemKind::BadRequest, detail));
    let cursor = URL_SAFE_NO_PAD.decode(text).ok().and_then(|bytes| rmp_serde::from_slice::<Cursor>(&bytes).ok());
    let cursor = cursor.ok_or_else(|| wrong("this cursor is none; give `next` of the page before as it was"))?;
    if cursor.search != search.0 {
        return Err(wrong(
            "this cursor is of another search, or of another model; ask its own search again, or begin at the first page",
        ));
    }
    Ok(cursor.end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_changes_the_order_changes_the_fingerprint() {
        let of = |request: &SearchRequest| Fingerprint::of(request, None);
        let search = SearchRequest::new("a cat", 10);
        assert_eq!(of(&search), of(&SearchRequest { limit: 20, explain: true, offset: 7, ..search.clone() }));
        assert_ne!(of(&search), of(&SearchRequest::new("a dog", 10)));
        assert_ne!(of(&search), of(&SearchRequest { dedupe: true, ..search.clone() }));
        assert_ne!(of(&search), of(&SearchRequest { like: vec!["ab".to_owned()], ..search.clone() }));
        assert_ne!(of(&search), Fingerprint::of(&search, Some(&SpaceId::from("m@1".to_owned()))));
    }

    #[test]
    fn nonsense_is_no_cursor() {
        let search = Fingerprint::of(&SearchRequest::new("a cat", 10), None);
        for text in ["", "!", "AAAA", "äöü", "gaA"] {
            assert!(decode(text, search).unwrap_err().to_string().contains("cursor"), "{text}");
        }
    }
}
