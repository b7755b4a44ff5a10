//! The tools: what assistants can do, each with its description. All of them only read.

use std::sync::{Arc, Mutex, PoisonError};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rmcp::handler::server::wrapper::Parameters;
use rmcp::model::{CallToolResult, ContentBlock, Implementation, ServerCapabilities, ServerConfig};
use rmcp::{Json, ServerHandler, tool, tool_handler, tool_router};

use super::answers::{Description, Photos};
use super::parameters::{Describe, Rank, Search, Similar, Thumbnail, Unusual};
use super::visitor::Visitor;
use crate::output;

const INSTRUCTIONS: &str = "A library of the user's photographs on this machine, found by what is in them. Call \
    describe_library first to learn which years, cameras, places, folders and tags there are. Search with a few plain words \
    that say what the photo shows, and with filters for everything that is known exactly, such as `a dog in:Trips taken:2023`. \
    Every search returns the best that there are, however weak: look at relevance, and say so when nothing fits. \
    get_thumbnail shows a photo.";

/// The server's tools over one library.
#[derive(Clone)]
pub(super) struct Tools {
    visitor: Arc<Mutex<Visitor>>,
}

#[tool_router]
impl Tools {
    pub fn new(visitor: Visitor) -> Self {
        Self { visitor: Arc::new(Mutex::new(visitor)) }
    }

    /// Find photos by what they show, and by date, place, camera, folder, tags and more. Best first.
    #[tool(annotations(
        title = "Search photos",
        read_only_hint = true,
        idempotent_hint = true,
        open_world_hint = false
    ))]
    async fn search(&self, Parameters(asked): Parameters<Search>) -> Result<Json<Photos>, String> {
        self.visit(|visitor| visitor.search(asked)).await.map(Json)
    }

    /// Find photos that look like a photo of the library or like an image file. The photo itself is left out.
    #[tool(annotations(
        title = "Find similar photos",
        read_only_hint = true,
        idempotent_hint = true,
        open_world_hint = false
    ))]
    async fn similar(&self, Parameters(asked): Parameters<Similar>) -> Result<Json<Photos>, String> {
        self.visit(move |visitor| visitor.similar(&asked)).await.map(Json)
    }

    /// List photos, the most unusual first: those that nothing else in the library is like, or the odd ones of their kind.
    #[tool(annotations(
        title = "Unusual photos",
        read_only_hint = true,
        idempotent_hint = true,
        open_world_hint = false
    ))]
    async fn unusual(&self, Parameters(asked): Parameters<Unusual>) -> Result<Json<Photos>, String> {
        self.visit(|visitor| visitor.unusual(asked)).await.map(Json)
    }

    /// Put exactly these photos of the library in the order of how well they fit a query.
    #[tool(annotations(title = "Rank photos", read_only_hint = true, idempotent_hint = true, open_world_hint = false))]
    async fn rank(&self, Parameters(asked): Parameters<Rank>) -> Result<Json<Photos>, String> {
        self.visit(|visitor| visitor.rank(asked)).await.map(Json)
    }

    /// Tell how many photos there are, in which folders, and how they divide by year, camera, lens, place, folder, type and tag.
    #[tool(annotations(
        title = "Describe the library",
        read_only_hint = true,
        idempotent_hint = true,
        open_world_hint = false
    ))]
    async fn describe_library(&self, Parameters(asked): Parameters<Describe>) -> Result<Json<Description>, String> {
        self.visit(|visitor| visitor.describe(asked)).await.map(Json)
    }

    /// Show a photo of the library as a small JPEG, the long side at most 400 pixels.
    #[tool(annotations(
        title = "Show a photo",
        read_only_hint = true,
        idempotent_hint = true,
        open_world_hint = false
    ))]
    async fn get_thumbnail(&self, Parameters(asked): Parameters<Thumbnail>) -> Result<CallToolResult, String> {
        let jpeg = self.visit(move |visitor| visitor.thumbnail(&asked)).await?;
        Ok(CallToolResult::success(vec![ContentBlock::image(STANDARD.encode(jpeg), "image/jpeg")]))
    }

    /// Works on a thread of its own, one call after the other: there is one library. An error is in words, for the assistant to
    /// read.
    async fn visit<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Visitor) -> anyhow::Result<T> + Send + 'static,
    ) -> Result<T, String> {
        let visitor = Arc::clone(&self.visitor);
        let worked = tokio::task::spawn_blocking(move || {
            // A visit that panicked left no library open.
            work(&mut visitor.lock().unwrap_or_else(PoisonError::into_inner))
        });
        match worked.await {
            Ok(answer) => answer.map_err(|error| output::message(&error)),
            Err(_) => Err("the call broke down; the log on standard error tells more".to_owned()),
        }
    }
}

#[tool_handler]
impl ServerHandler for Tools {
    fn get_info(&self) -> ServerConfig {
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
            .with_server_info(Implementation::new("foray", env!("CARGO_PKG_VERSION")))
            .with_instructions(INSTRUCTIONS)
    }
}
