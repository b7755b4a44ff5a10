//! Reads: rows in the order of their keys, page by page, and searches by vector.

use std::collections::HashMap;

use foray_protocol::{ImageId, UnitVector};
use milvus::v2::prelude::{ConsistencyLevel, EntityRow, Ids, QueryRequest, SearchRequest, SearchVectors};

use crate::columns::{row_id, text_of};
use crate::engine::Engine;
use crate::text::quote;
use crate::{IndexKind, MilvusError};

/// What the client takes in one answer is 4 MiB.
const ANSWER_BYTES: usize = 3 << 20;
/// The most rows of one answer, by Milvus's default settings.
pub(crate) const MOST_ROWS: usize = 16_384;
/// Candidates that the walk through the graph keeps, at least.
const LEAST_EF: usize = 200;
const LEAST_PAGE: usize = 16;
/// What a row of an id alone takes in an answer.
pub(crate) const ID_BYTES: usize = 64;
/// What the client says of an answer that is too long.
const TOO_LONG: &str = "decoded message length too large";

/// Rows that are asked for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ask<'a> {
    /// Which, as an expression.
    pub filter: &'a str,
    /// Only those whose key comes after this.
    pub after: &'a str,
    pub columns: &'a [&'a str],
    /// What a row may take in an answer; where that is too little, pages become smaller.
    pub row_bytes: usize,
    pub freshness: Freshness,
}

impl<'a> Ask<'a> {
    /// Everything that `filter` holds for, as it is now.
    pub fn of(filter: &'a str, columns: &'a [&'a str], row_bytes: usize) -> Self {
        Self { filter, after: "", columns, row_bytes, freshness: Freshness::Latest }
    }
}

/// What a read sees of the latest writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Freshness {
    /// All that were acknowledged; a distributed Milvus waits for the next tick of its clock to tell, some 200 ms.
    Latest,
    /// Those of this process, and those of others a moment later: for searches.
    Own,
}

impl Freshness {
    fn level(self) -> ConsistencyLevel {
        match self {
            Self::Latest => ConsistencyLevel::Strong,
            Self::Own => ConsistencyLevel::Session,
        }
    }
}

/// A row found by its vector.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Found {
    pub id: ImageId,
    /// Cosine similarity.
    pub score: f32,
}

impl Engine {
    /// At most `limit` rows beyond `last`, in the order of their keys.
    fn page(&self, collection: &str, ask: &Ask<'_>, last: &str, limit: usize) -> Result<Vec<EntityRow>, MilvusError> {
        let filter = format!("id > {} and ({})", quote(last), ask.filter);
        let (name, level) = (collection.to_owned(), ask.freshness.level());
        let columns: Vec<String> = ask.columns.iter().map(|&column| column.to_owned()).collect();
        self.run_loaded(collection, move |client| {
            let (name, filter, columns) = (name.clone(), filter.clone(), columns.clone());
            async move {
                let in_order = [("iterator", "true"), ("reduce_stop_for_best", "true")];
                let request = QueryRequest::builder()
                    .collection_name(name)
                    .filter(filter)
                    .output_fields(columns)
                    .limit(limit as i64)
                    .extra_params(in_order.map(|(key, value)| (key.to_owned(), value.to_owned())).into())
                    .consistency_level(level)
                    .build()?;
                client.query(request).await?.results().get_output_rows()
            }
        })
    }

    /// Calls `visit` for every row that is asked for, in the order of their keys, until it says that it has enough.
    pub fn each_row(
        &self,
        collection: &str,
        ask: &Ask<'_>,
        mut visit: impl FnMut(EntityRow) -> Result<bool, MilvusError>,
    ) -> Result<(), MilvusError> {
        let mut limit = (ANSWER_BYTES / ask.row_bytes.max(1)).clamp(LEAST_PAGE, MOST_ROWS);
        let mut last = ask.after.to_owned();
        loop {
            let rows = match self.page(collection, ask, &last, limit) {
                // Some rows are far longer than the others.
                Err(MilvusError::Down { reason, .. }) if reason.contains(TOO_LONG) && limit > 1 => {
                    limit = (limit / 4).max(1);
                    continue;
                }
                rows => rows?,
            };
            let is_last = rows.len() < limit;
            if let Some(row) = rows.last() {
                last = text_of(row, "id")?.to_owned();
            }
            for row in rows {
                if !visit(row)? {
                    return Ok(());
                }
            }
            if is_last {
                return Ok(());
            }
        }
    }

    /// All rows that are asked for, in the order of their keys.
    pub fn rows(&self, collection: &str, ask: &Ask<'_>) -> Result<Vec<EntityRow>, MilvusError> {
        let mut rows = vec![];
        self.each_row(collection, ask, |row| {
            rows.push(row);
            Ok(true)
        })?;
        Ok(rows)
    }

    /// The `limit` rows whose vectors are most similar to `vector`, of those that `filter` holds for, best first.
    pub fn search(
        &self,
        collection: &str,
        vector: &UnitVector,
        filter: &str,
        limit: usize,
    ) -> Result<Vec<Found>, MilvusError> {
        let (name, filter, vector) = (collection.to_owned(), filter.to_owned(), vector.as_slice().to_vec());
        let limit = limit.min(MOST_ROWS);
        let breadth = match self.index() {
            IndexKind::Hnsw | IndexKind::HnswSq => "ef",
            IndexKind::DiskAnn => "search_list",
        };
        let breadth = (breadth.to_owned(), limit.max(LEAST_EF).to_string());
        let found = self.run_loaded(collection, move |client| {
            let (name, filter, vector) = (name.clone(), filter.clone(), vector.clone());
            let breadth = breadth.clone();
            async move {
                let request = SearchRequest::builder()
                    .collection_name(name)
                    .vector_field("vector")
                    .vectors(SearchVectors::Float(vec![vector]))
                    .limit(limit as i64)
                    .filter(filter)
                    .output_fields(["id"])
                    .extra_params(HashMap::from([breadth]))
                    .consistency_level(Freshness::Own.level())
                    .build()?;
                let answer = client.search(request).await?;
                let mut found = vec![];
                for one in answer.results() {
                    if let Ids::VarChar(ids) = one.get_ids() {
                        found.extend(ids.iter().cloned().zip(one.get_scores().iter().copied()));
                    }
                }
                Ok(found)
            }
        })?;
        let damaged = |_| MilvusError::Damaged("an id that is none".to_owned());
        let found = found.into_iter().map(|(id, score)| Ok(Found { id: id.parse().map_err(damaged)?, score }));
        found.collect()
    }

    /// The ids of all rows that `filter` holds for, in order.
    pub fn ids(&self, collection: &str, filter: &str) -> Result<Vec<ImageId>, MilvusError> {
        let mut ids = vec![];
        self.each_row(collection, &Ask::of(filter, &["id"], ID_BYTES), |row| {
            ids.push(row_id(&row)?);
            Ok(true)
        })?;
        Ok(ids)
    }
}
