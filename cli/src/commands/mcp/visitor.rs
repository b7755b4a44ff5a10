//! The library as tools reach it: opened for one call and closed after it, so that between two calls any other command can have
//! it. When a server has it, that is asked. Only the model stays loaded, since loading it takes longest.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Result, bail};
use foray_embedding::Embedder;
use foray_protocol::{
    FacetsRequest, ImageId, PhotoPath, PhotoSearch, RankRequest, SearchRequest, SimilarRequest, UnusualRequest,
};

use super::answers::{Description, Found, Photos};
use super::parameters::{Describe, Rank, Search, Similar, Thumbnail, Unusual};
use crate::commands::search::look_alikes;
use crate::connection::Connection;
use crate::patience::wait_for;
use crate::settings::Settings;

/// Photos in one answer, which assistants read as a whole.
const MOST: usize = 100;

/// Goes to the library for each call.
pub(super) struct Visitor {
    settings: Settings,
    embedder: Option<Arc<Embedder>>,
}

impl Visitor {
    pub fn new(settings: Settings) -> Self {
        Self { settings, embedder: None }
    }

    pub fn search(&mut self, asked: Search) -> Result<Photos> {
        let Search { query, filter, limit, offset, min_relevance, sort, dedupe } = asked;
        check(limit)?;
        let query = [query, filter.unwrap_or_default()].join(" ");
        let sort = sort.into();
        let request = SearchRequest { offset, min_relevance, sort, dedupe, ..SearchRequest::new(query, limit) };
        let found = self.connect()?.search(&request)?;
        Ok(Photos { results: found.results.iter().map(Found::from).collect(), weaker: found.weaker })
    }

    pub fn similar(&mut self, asked: &Similar) -> Result<Photos> {
        check(asked.limit)?;
        let request = SimilarRequest { limit: asked.limit, filter: asked.filter.clone() };
        let found = look_alikes(self.connect()?.as_ref(), Path::new(&asked.image), &request)?;
        Ok(Photos { results: found.results.iter().map(Found::from).collect(), weaker: found.weaker })
    }

    pub fn unusual(&mut self, asked: Unusual) -> Result<Photos> {
        let Unusual { kind, filter, limit, offset, hide_junk } = asked;
        check(limit)?;
        let request = UnusualRequest { limit, offset, neighbours: 10, kind: kind.into(), hide_junk, filter };
        let library = self.connect()?;
        let found = wait_for(|| library.unusual(&request))?;
        Ok(Photos { results: found.results.iter().map(Found::from).collect(), weaker: 0 })
    }

    pub fn rank(&mut self, asked: Rank) -> Result<Photos> {
        let Rank { query, photos } = asked;
        let ids: Vec<ImageId> = photos.iter().filter_map(|photo| photo.parse().ok()).collect();
        let request = match ids.len() == photos.len() {
            true => RankRequest { query, ids, paths: vec![] },
            false => RankRequest { query, ids: vec![], paths: photos.into_iter().map(PhotoPath::from).collect() },
        };
        let ranked = self.connect()?.rank(&request)?;
        Ok(Photos { results: ranked.iter().map(Found::from).collect(), weaker: 0 })
    }

    pub fn describe(&self, asked: Describe) -> Result<Description> {
        let library = Connection::open(&self.settings, "mcp", false)?;
        let facets = library.facets(&FacetsRequest { filter: asked.filter })?;
        Ok(Description::new(&library.status()?, &facets))
    }

    /// A JPEG.
    pub fn thumbnail(&self, asked: &Thumbnail) -> Result<Vec<u8>> {
        let id = asked.id.trim_start_matches("id:").parse()?;
        Ok(Connection::open(&self.settings, "mcp", false)?.spaces().preview(id)?)
    }

    fn connect(&mut self) -> Result<Box<dyn PhotoSearch>> {
        let connection = Connection::open(&self.settings, "mcp", false)?;
        connection.search_with(|space| {
            let kept = self.embedder.take().filter(|kept| space.is_none_or(|space| kept.space() == space));
            let embedder = match kept {
                Some(kept) => kept,
                None => Arc::new(self.settings.open_embedder_for(space)?),
            };
            self.embedder = Some(Arc::clone(&embedder));
            Ok(embedder)
        })
    }
}

fn check(limit: usize) -> Result<()> {
    if !(1..=MOST).contains(&limit) {
        bail!("got limit {limit}; expected 1 to {MOST}: ask for the next page with offset");
    }
    Ok(())
}
