//! JSON that clients keep and ask for again: named by its content, and sent only to those who do not have it.

use actix_web::http::header::{CACHE_CONTROL, ETag, EntityTag, Header, IfNoneMatch};
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse};

/// A JSON document with its tag.
pub(crate) struct TaggedJson {
    json: Bytes,
    tag: EntityTag,
}

impl TaggedJson {
    /// `json`, tagged by its content; weakly, since it may be sent compressed.
    pub fn new(json: impl Into<Bytes>) -> Self {
        let json = json.into();
        let tag = EntityTag::new_weak(blake3::hash(&json).to_hex()[..32].to_owned());
        Self { json, tag }
    }

    /// The document, or 304 where it is what `If-None-Match` names.
    pub fn answer(&self, request: &HttpRequest) -> HttpResponse {
        let is_known = match IfNoneMatch::parse(request) {
            Ok(IfNoneMatch::Items(tags)) => tags.iter().any(|tag| tag.weak_eq(&self.tag)),
            Ok(IfNoneMatch::Any) | Err(_) => false,
        };
        let mut response = if is_known { HttpResponse::NotModified() } else { HttpResponse::Ok() };
        response.insert_header(ETag(self.tag.clone())).insert_header((CACHE_CONTROL, "private, no-cache"));
        if is_known { response.finish() } else { response.content_type("application/json").body(self.json.clone()) }
    }
}
