//! The web page: the built files of `web-ui/`, embedded in the program.

use actix_web::http::Method;
use actix_web::http::header::{CACHE_CONTROL, HeaderValue};
use actix_web::{HttpRequest, HttpResponse, web};
use rust_embed::RustEmbed;

use crate::openapi;

#[derive(RustEmbed)]
#[folder = "../web-ui/dist"]
struct Files;

pub(crate) fn routes(config: &mut web::ServiceConfig) {
    config.default_service(web::to(file));
}

/// A file of the page; addresses of views inside it get the page itself.
async fn file(request: HttpRequest) -> HttpResponse {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return openapi::no_such_address(request).await;
    }
    let path = request.path().trim_start_matches('/');
    let Some((file, name)) = Files::get(path).map(|file| (file, path)).or_else(|| page_for(path)) else {
        return HttpResponse::NotFound().body("not found\n");
    };
    // Names under assets/ hold a hash of the content.
    let lifetime = if name.starts_with("assets/") { "public, max-age=31536000, immutable" } else { "no-cache" };
    HttpResponse::Ok()
        .content_type(file.metadata.mimetype())
        .insert_header((CACHE_CONTROL, HeaderValue::from_static(lifetime)))
        .body(file.data.into_owned())
}

fn page_for(path: &str) -> Option<(rust_embed::EmbeddedFile, &'static str)> {
    let is_view = !path.contains('.');
    is_view.then(|| Files::get("index.html")).flatten().map(|file| (file, "index.html"))
}
