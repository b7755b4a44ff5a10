//! The query server: the search service, its HTTP API, server-sent events and the web page.

mod access;
mod api_error;
mod app;
mod attempts;
mod backup_api;
mod concepts;
mod error;
mod events;
mod guard;
mod indexer_api;
mod ingest_api;
mod ingest_body;
mod maintenance_api;
mod metrics_api;
mod photo_api;
mod search_api;
mod service;
mod session_api;
mod status_api;
mod text_cache;
mod upload;
mod web_page;

pub use app::{Server, ServerHandle};
pub use error::ServerError;
pub use service::{SearchService, query_vector};
