//! Previews of photos: in a folder that all machines share, or in a store of objects that speaks S3.

use std::path::{Path, PathBuf};

use foray_library::{Durability, write_atomically};
use foray_protocol::ImageId;
use object_store::aws::AmazonS3Builder;
use object_store::path::Path as ObjectPath;
use object_store::{ObjectStore, ObjectStoreExt};
use tokio::runtime::Runtime;

use crate::MilvusError;

/// Where previews are.
#[derive(Debug)]
pub(crate) enum Previews {
    /// Files, spread over 256 folders by the first digits of the id.
    Folder(PathBuf),
    /// Objects under a prefix.
    Objects(Box<Objects>),
}

#[derive(Debug)]
pub(crate) struct Objects {
    place: String,
    store: Box<dyn ObjectStore>,
    prefix: ObjectPath,
    runtime: Runtime,
}

impl Previews {
    /// Previews in `place`: a folder, or `s3://bucket/prefix` with the usual AWS_ variables for keys and endpoint.
    ///
    /// # Errors
    /// [`MilvusError::Previews`].
    pub fn open(place: &str) -> Result<Self, MilvusError> {
        let bad = |reason: String| MilvusError::Previews { place: place.to_owned(), reason };
        let Some(rest) = place.strip_prefix("s3://") else {
            std::fs::create_dir_all(place).map_err(|error| bad(error.to_string()))?;
            return Ok(Self::Folder(PathBuf::from(place)));
        };
        let prefix = rest.split_once('/').map_or("", |(_, prefix)| prefix);
        let store = AmazonS3Builder::from_env().with_url(place).build().map_err(|error| bad(error.to_string()))?;
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let runtime = runtime.map_err(|error| bad(error.to_string()))?;
        let prefix = ObjectPath::from(prefix);
        Ok(Self::Objects(Box::new(Objects { place: place.to_owned(), store: Box::new(store), prefix, runtime })))
    }

    /// The file of a preview, where previews are files.
    pub fn file(&self, id: ImageId) -> Option<PathBuf> {
        match self {
            Self::Folder(folder) => Some(file_in(folder, id)),
            Self::Objects(_) => None,
        }
    }

    pub fn write(&self, id: ImageId, jpeg: &[u8]) -> Result<(), MilvusError> {
        match self {
            Self::Folder(folder) => {
                let file = file_in(folder, id);
                let bad = |error: std::io::Error| MilvusError::Previews {
                    place: file.display().to_string(),
                    reason: error.to_string(),
                };
                std::fs::create_dir_all(file.parent().unwrap_or(folder)).map_err(bad)?;
                write_atomically(&file, jpeg, Durability::Crash).map_err(bad)
            }
            Self::Objects(objects) => {
                let key = objects.key(id);
                let put = objects.store.put(&key, jpeg.to_vec().into());
                objects.runtime.block_on(put).map(drop).map_err(|error| objects.trouble(&error))
            }
        }
    }

    /// The preview of a photo; `None` where there is none.
    pub fn read(&self, id: ImageId) -> Result<Option<Vec<u8>>, MilvusError> {
        match self {
            Self::Folder(folder) => match std::fs::read(file_in(folder, id)) {
                Ok(jpeg) => Ok(Some(jpeg)),
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
                Err(error) => {
                    Err(MilvusError::Previews { place: folder.display().to_string(), reason: error.to_string() })
                }
            },
            Self::Objects(objects) => {
                let get = async { objects.store.get(&objects.key(id)).await?.bytes().await };
                match objects.runtime.block_on(get) {
                    Ok(jpeg) => Ok(Some(jpeg.to_vec())),
                    Err(object_store::Error::NotFound { .. }) => Ok(None),
                    Err(error) => Err(objects.trouble(&error)),
                }
            }
        }
    }

    /// Removes a preview. One without a photo costs a few kilobytes and nothing else: trouble is no error.
    pub fn remove(&self, id: ImageId) {
        match self {
            Self::Folder(folder) => drop(std::fs::remove_file(file_in(folder, id))),
            Self::Objects(objects) => drop(objects.runtime.block_on(objects.store.delete(&objects.key(id)))),
        }
    }
}

impl Objects {
    fn key(&self, id: ImageId) -> ObjectPath {
        let name = id.to_string();
        self.prefix.clone().join(&name[..2]).join(format!("{name}.jpg"))
    }

    fn trouble(&self, error: &object_store::Error) -> MilvusError {
        MilvusError::Previews { place: self.place.clone(), reason: error.to_string() }
    }
}

fn file_in(folder: &Path, id: ImageId) -> PathBuf {
    let name = id.to_string();
    folder.join(&name[..2]).join(name).with_extension("jpg")
}
