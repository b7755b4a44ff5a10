//! The query server: the search service, its HTTP API, server-sent events and the web page.

mod access;
mod api_error;
mod app;
mod attempts;
mod backup_api;
mod cursor;
mod direction;
mod error;
mod events;
mod grouping;
mod guard;
mod indexer_api;
mod ingest_api;
mod ingest_body;
mod maintenance_api;
mod metrics_api;
mod password;
mod photo_api;
mod saved_api;
mod search_api;
mod service;
mod session_api;
mod status_api;
mod telemetry;
mod text_batch;
mod text_cache;
mod tls;
mod upload;
mod web_page;

pub use access::{AccessRules, User};
pub use app::{Server, ServerHandle};
pub use direction::query_vector;
pub use error::ServerError;
pub use password::PasswordHash;
pub use service::SearchService;
pub use tls::TlsFiles;
