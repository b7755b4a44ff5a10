//! The library's collections: their names, columns and indexes, and the version of all that.

use foray_protocol::SpaceId;
use milvus::v2::prelude::{CollectionSchema, DataType, FieldSchema, IndexParam, IndexType, MetricType};

use crate::columns::{LONGEST_TAG, LONGEST_TEXT, MOST_TAGS};
use crate::engine::Engine;
use crate::{IndexKind, MilvusError};

/// The version of what this module describes.
pub(crate) const SCHEMA: u32 = 1;
/// Links of a photo in the graph, and candidates while it is built; as in the embedded library.
const LINKS: &str = "16";
const EF_CONSTRUCTION: &str = "200";
/// The longest path, as a key.
pub(crate) const LONGEST_PATH: usize = 12_288;
/// The longest reason why a file could not be indexed.
pub(crate) const LONGEST_REASON: usize = 4_096;
/// The longest key of a document, and the longest piece of one.
const LONGEST_KEY: usize = 12_288;

/// Names of the library's collections.
#[derive(Clone, Debug)]
pub(crate) struct Collections {
    /// Path -> what a file held.
    pub files: String,
    /// Small documents.
    pub documents: String,
    /// Which indexer works at which file.
    pub claims: String,
    prefix: String,
}

impl Collections {
    pub fn new(prefix: &str) -> Self {
        Self {
            files: format!("{prefix}_files"),
            documents: format!("{prefix}_documents"),
            claims: format!("{prefix}_claims"),
            prefix: prefix.to_owned(),
        }
    }

    /// The photos with their vectors in a space.
    pub fn photos(&self, space: &SpaceId) -> String {
        let hash = blake3::hash(space.as_str().as_bytes()).to_hex();
        format!("{}_photos_{}", self.prefix, &hash[..16])
    }
}

fn text(name: &str, longest: usize) -> FieldSchema {
    FieldSchema::new().name(name).data_type(DataType::VarChar).max_length(longest as _)
}

fn column(name: &str, kind: DataType) -> FieldSchema {
    FieldSchema::new().name(name).data_type(kind)
}

/// Milvus takes no collection without a vector.
fn no_vector() -> FieldSchema {
    column("nothing", DataType::FloatVector).dimension(2)
}

/// What stands in that column.
pub(crate) const NO_VECTOR: [f32; 2] = [1.0, 0.0];

/// An index that makes filters fast; Milvus Lite has it for plain columns alone.
fn inverted(name: &str) -> IndexParam {
    IndexParam::new().field_name(name).index_type(IndexType::Inverted)
}

fn no_index() -> IndexParam {
    IndexParam::new().field_name("nothing").index_type(IndexType::Flat).metric_type(MetricType::L2)
}

/// Makes what is missing of the collections that every library has.
pub(crate) fn create_common(engine: &Engine, names: &Collections) -> Result<(), MilvusError> {
    let files = CollectionSchema::new()
        .enable_dynamic_field(false)
        .add_field(text("id", LONGEST_PATH).primary_key(true))
        .add_field(text("image", 32))
        .add_field(text("reason", LONGEST_REASON))
        .add_field(column("size", DataType::Int64))
        .add_field(column("modified", DataType::Int64))
        .add_field(column("companions", DataType::Int64))
        .add_field(no_vector());
    create_missing(engine, &names.files, &files, &[no_index(), inverted("image")])?;
    let documents = CollectionSchema::new()
        .enable_dynamic_field(false)
        .add_field(text("id", LONGEST_KEY).primary_key(true))
        .add_field(text("piece", LONGEST_TEXT))
        .add_field(column("pieces", DataType::Int64))
        .add_field(column("written", DataType::Int64))
        .add_field(no_vector());
    create_missing(engine, &names.documents, &documents, &[no_index()])?;
    let claims = CollectionSchema::new()
        .enable_dynamic_field(false)
        .add_field(text("id", LONGEST_KEY).primary_key(true))
        .add_field(text("file", 64))
        .add_field(text("owner", 64))
        .add_field(column("held", DataType::Bool))
        .add_field(no_vector());
    create_missing(engine, &names.claims, &claims, &[no_index(), inverted("file")])
}

/// Makes the collection of a space unless it is there; its vectors must have as many components.
pub(crate) fn create_photos(
    engine: &Engine,
    name: &str,
    space: &SpaceId,
    (dimension, index): (usize, IndexKind),
) -> Result<(), MilvusError> {
    let mut schema = CollectionSchema::new()
        .enable_dynamic_field(false)
        .add_field(text("id", 32).primary_key(true))
        .add_field(column("vector", DataType::FloatVector).dimension(dimension as _))
        .add_field(text("record", LONGEST_TEXT))
        .add_field(text("path", LONGEST_PATH));
    for name in ["changed", "gone_at", "taken", "indexed"] {
        schema = schema.add_field(column(name, DataType::Int64));
    }
    for name in ["width", "height", "megapixels", "rating", "latitude", "longitude"] {
        schema = schema.add_field(column(name, DataType::Double));
    }
    for name in ["camera", "lens", "format", "place", "caption", "folders", "folders_lower", "names"] {
        schema = schema.add_field(text(name, LONGEST_TEXT));
    }
    schema = schema
        .add_field(text("shape", 16))
        .add_field(column("has_keywords", DataType::Bool))
        .add_field(column("has_copies", DataType::Bool))
        .add_field(
            column("tags", DataType::Array)
                .element_type(DataType::VarChar)
                .max_capacity(MOST_TAGS as _)
                .max_length(LONGEST_TAG as _),
        );
    let vectors = vector_index(index);
    create_missing(engine, name, &schema, &[vectors, inverted("gone_at"), inverted("changed"), inverted("taken")])?;
    let expected = engine.dimension(name)?;
    if expected == dimension {
        return Ok(());
    }
    Err(MilvusError::Dimension {
        address: engine.address().to_string(),
        space: space.clone(),
        expected,
        got: dimension,
    })
}

fn vector_index(kind: IndexKind) -> IndexParam {
    let links = [("M", LINKS), ("efConstruction", EF_CONSTRUCTION)];
    let links = links.map(|(key, value)| (key.to_owned(), value.to_owned()));
    let vectors = IndexParam::new().field_name("vector").metric_type(MetricType::Cosine);
    match kind {
        IndexKind::Hnsw => vectors.index_type(IndexType::Hnsw).extra_params(links.into()),
        IndexKind::HnswSq => {
            let coded = links.into_iter().chain([("sq_type".to_owned(), "SQ8".to_owned())]);
            vectors.index_type(IndexType::HnswSq).extra_params(coded.collect())
        }
        IndexKind::DiskAnn => vectors.index_type(IndexType::DiskAnn),
    }
}

fn create_missing(
    engine: &Engine,
    name: &str,
    schema: &CollectionSchema,
    indexes: &[IndexParam],
) -> Result<(), MilvusError> {
    if !engine.has(name)? {
        return engine.create(name, schema, indexes);
    }
    let (columns, _) = engine.describe(name)?;
    let missing = schema.get_fields().iter().find(|field| !columns.contains(field.get_name()));
    if let Some(field) = missing {
        let reason = format!("it has no column {}", field.get_name());
        let (address, collection) = (engine.address().to_string(), name.to_owned());
        return Err(MilvusError::Foreign { address, collection, reason });
    }
    engine.load(name)
}
