//! The client of Milvus as the library uses it: from any thread, and with errors that tell a user what to do.

use std::collections::{HashMap, HashSet};
use std::future::Future;
use std::sync::mpsc::sync_channel;
use std::time::Duration;

use milvus::v2::prelude::{
    ClientV2, CollectionSchema, ConnectConfig, ConsistencyLevel, CreateCollectionRequest, DeleteRequest,
    DescribeCollectionRequest, DropCollectionRequest, Error, FlushRequest, HasCollectionRequest, IndexParam,
    InsertRequest, LoadCollectionRequest, QueryRequest, RetryConfig, TelemetryConfig, UpsertRequest,
};
use parking_lot::Mutex;
use serde_json::Value;
use tokio::runtime::Runtime;

use crate::{Address, IndexKind, MilvusError};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
const CALL_TIMEOUT: Duration = Duration::from_secs(60);
/// Of one read; writes are never sent twice by the client.
const ATTEMPTS: u32 = 5;
/// What Milvus answers about a collection that is not loaded, as after a restart of Milvus Lite.
const NOT_LOADED: i32 = 101;
/// What several versions of Milvus say about a collection that is not there.
const NO_COLLECTION: i32 = 100;

/// A connection to Milvus.
pub(crate) struct Engine {
    client: ClientV2,
    address: Address,
    /// Of vectors, by collection; the name of a space's collection goes with its model.
    dimensions: Mutex<HashMap<String, usize>>,
    /// Of the library's vectors.
    index: Mutex<IndexKind>,
    // Last: the client's tasks run on it.
    runtime: Runtime,
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Engine({})", self.address)
    }
}

impl Engine {
    /// # Errors
    /// [`MilvusError::Down`] and [`MilvusError::Refused`].
    pub fn connect(address: &Address) -> Result<Self, MilvusError> {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
        let runtime =
            runtime.map_err(|error| MilvusError::Failed { address: address.to_string(), reason: error.to_string() })?;
        let retry = RetryConfig::new().max_attempts(ATTEMPTS as _).max_retry_timeout(CALL_TIMEOUT);
        let config = ConnectConfig::new()
            .uri(address.endpoint())
            .connect_timeout(CONNECT_TIMEOUT)
            .rpc_timeout(CALL_TIMEOUT)
            .retry(retry)
            .telemetry(TelemetryConfig::new().enabled(false));
        let config = match address.token() {
            Some(token) => config.token(token),
            None => config,
        };
        let config = match address.database() {
            Some(database) => config.database(database),
            None => config,
        };
        let client = runtime.block_on(ClientV2::new(&config)).map_err(|error| trouble(address, &error))?;
        Ok(Self { client, address: address.clone(), dimensions: Mutex::default(), index: Mutex::default(), runtime })
    }

    /// The kind of index that the library's vectors are found by.
    pub fn index(&self) -> IndexKind {
        *self.index.lock()
    }

    /// Notes the kind of index.
    pub fn set_index(&self, index: IndexKind) {
        *self.index.lock() = index;
    }

    /// Where it is.
    pub fn address(&self) -> &Address {
        &self.address
    }

    /// Has the client do something; whoever calls may itself run on a runtime.
    fn run<T, F, D>(&self, act: D) -> Result<T, MilvusError>
    where
        T: Send + 'static,
        F: Future<Output = Result<T, Error>> + Send + 'static,
        D: FnOnce(ClientV2) -> F,
    {
        self.wait(act(self.client.clone())).map_err(|error| trouble(&self.address, &error))
    }

    fn wait<T: Send + 'static>(
        &self,
        acting: impl Future<Output = Result<T, Error>> + Send + 'static,
    ) -> Result<T, Box<Error>> {
        let (send, receive) = sync_channel(1);
        self.runtime.spawn(async move {
            // Whoever waits cannot have gone: it blocks.
            let _ = send.send(acting.await.map_err(Box::new));
        });
        let ended = |_| Err(Box::new(Error::Timeout("the client of Milvus has ended".to_owned())));
        receive.recv().unwrap_or_else(ended)
    }

    /// The same for what needs a loaded collection, which it loads if it was not.
    pub(crate) fn run_loaded<T, F, D>(&self, collection: &str, act: D) -> Result<T, MilvusError>
    where
        T: Send + 'static,
        F: Future<Output = Result<T, Error>> + Send + 'static,
        D: Fn(ClientV2) -> F,
    {
        match self.wait(act(self.client.clone())) {
            Err(error) if is_not_loaded(&error) => {
                self.load(collection)?;
                self.run(act)
            }
            outcome => outcome.map_err(|error| trouble(&self.address, &error)),
        }
    }

    pub fn has(&self, collection: &str) -> Result<bool, MilvusError> {
        let name = collection.to_owned();
        self.run(|client| async move {
            let request = HasCollectionRequest::builder().collection_name(name).build()?;
            Ok(client.has_collection(request).await?.exists())
        })
    }

    /// The names of a collection's columns, with the dimension of its vectors.
    pub fn describe(&self, collection: &str) -> Result<(HashSet<String>, usize), MilvusError> {
        let name = collection.to_owned();
        self.run(|client| async move {
            let request = DescribeCollectionRequest::builder().collection_name(name).build()?;
            let description = client.describe_collection(request).await?;
            let (mut columns, mut dimension) = (HashSet::new(), 0);
            for field in description.description().get_schema().get_fields() {
                columns.insert(field.get_name().to_owned());
                let told = field.get_type_params().get("dim").and_then(|dim| dim.parse().ok());
                dimension = dimension.max(told.unwrap_or(field.get_dimension() as usize));
            }
            Ok((columns, dimension))
        })
    }

    /// How many components the vectors of a collection have.
    pub fn dimension(&self, collection: &str) -> Result<usize, MilvusError> {
        if let Some(&dimension) = self.dimensions.lock().get(collection) {
            return Ok(dimension);
        }
        let (_, dimension) = self.describe(collection)?;
        self.dimensions.lock().insert(collection.to_owned(), dimension);
        Ok(dimension)
    }

    /// Makes a collection with its indexes and loads it. Another process may have done so meanwhile: that is no error.
    pub fn create(
        &self,
        collection: &str,
        schema: &CollectionSchema,
        indexes: &[IndexParam],
    ) -> Result<(), MilvusError> {
        let (name, schema, indexes) = (collection.to_owned(), schema.clone(), indexes.to_vec());
        let created = self.run(|client| async move {
            let request = CreateCollectionRequest::builder()
                .collection_name(name)
                .schema(schema)
                .index_params(indexes)
                .consistency_level(ConsistencyLevel::Strong)
                .build()?;
            client.create_collection(request).await.map(drop)
        });
        match created {
            Err(_) if self.has(collection)? => self.load(collection),
            created => created,
        }
    }

    pub fn load(&self, collection: &str) -> Result<(), MilvusError> {
        let name = collection.to_owned();
        self.run(|client| async move {
            client.load_collection(LoadCollectionRequest::builder().collection_name(name).build()?).await.map(drop)
        })
    }

    pub fn drop_collection(&self, collection: &str) -> Result<(), MilvusError> {
        let name = collection.to_owned();
        self.run(|client| async move {
            client.drop_collection(DropCollectionRequest::builder().collection_name(name).build()?).await.map(drop)
        })
    }

    /// Has what was written indexed; writes are safe without it.
    pub fn flush(&self, collection: &str) -> Result<(), MilvusError> {
        let name = collection.to_owned();
        self.run(|client| async move {
            client.flush(FlushRequest::builder().collection_names([name]).build()?).await.map(drop)
        })
    }

    /// Writes rows in place of those of their keys; all columns are given.
    pub fn upsert(&self, collection: &str, rows: Vec<Value>) -> Result<(), MilvusError> {
        if rows.is_empty() {
            return Ok(());
        }
        let name = collection.to_owned();
        self.run(|client| async move {
            let rows = InsertRequest::builder().collection_name(name).rows(rows).build()?;
            client.upsert(UpsertRequest::builder().insert(rows).build()?).await.map(drop)
        })
    }

    /// Deletes the rows that `filter` holds for.
    pub fn delete(&self, collection: &str, filter: &str) -> Result<(), MilvusError> {
        let (name, filter) = (collection.to_owned(), filter.to_owned());
        self.run_loaded(collection, move |client| {
            let (name, filter) = (name.clone(), filter.clone());
            async move {
                client.delete(DeleteRequest::builder().collection_name(name).filter(filter).build()?).await.map(drop)
            }
        })
    }

    pub fn count(&self, collection: &str, filter: &str) -> Result<usize, MilvusError> {
        let (name, filter) = (collection.to_owned(), filter.to_owned());
        self.run_loaded(collection, move |client| {
            let (name, filter) = (name.clone(), filter.clone());
            async move {
                let request = QueryRequest::builder()
                    .collection_name(name)
                    .filter(filter)
                    .output_fields(["count(*)"])
                    .consistency_level(ConsistencyLevel::Strong)
                    .build()?;
                Ok(client.query(request).await?.results().get_row_count() as usize)
            }
        })
    }
}

fn is_not_loaded(error: &Error) -> bool {
    matches!(error, Error::Server(error) if error.code() == NOT_LOADED)
}

/// What an error of the client means to a user.
fn trouble(address: &Address, error: &Error) -> MilvusError {
    let (address, reason) = (address.to_string(), error.to_string());
    match error {
        Error::Grpc(status) if status.code() as i32 == UNAUTHENTICATED => MilvusError::Refused { address, reason },
        Error::Server(error) if error.reason().contains("auth") && error.code() != NO_COLLECTION => {
            MilvusError::Refused { address, reason }
        }
        Error::Grpc(_) | Error::Timeout(_) | Error::RetryExhausted { .. } => MilvusError::Down { address, reason },
        _ => MilvusError::Failed { address, reason },
    }
}

/// The number of the gRPC status that refuses credentials.
const UNAUTHENTICATED: i32 = 16;
