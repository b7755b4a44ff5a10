//! Previews of photos: in a folder that all machines share, or in a store of objects that speaks S3.

use std::path::PathBuf;
use std::{fs, io};

use foray_library::{LibraryError, Thumbnails};
use foray_protocol::ImageId;
use object_store::aws::AmazonS3Builder;
use object_store::path::Path as ObjectPath;
use object_store::{ObjectStore, ObjectStoreExt};
use tokio::runtime::Runtime;

use crate::MilvusError;

/// Where previews are.
#[derive(Debug)]
pub(crate) enum Previews {
    /// Files.
    Folder(Thumbnails),
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
            fs::create_dir_all(place).map_err(|error| bad(error.to_string()))?;
            return Ok(Self::Folder(Thumbnails::in_folder(place)));
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
            Self::Folder(thumbnails) => Some(thumbnails.file(id)),
            Self::Objects(_) => None,
        }
    }

    pub fn write(&self, id: ImageId, jpeg: &[u8]) -> Result<(), LibraryError> {
        match self {
            Self::Folder(thumbnails) => thumbnails.write(id, jpeg),
            Self::Objects(objects) => Ok(objects.put(id, jpeg)?),
        }
    }

    /// The preview of a photo; `None` where there is none.
    pub fn read(&self, id: ImageId) -> Result<Option<Vec<u8>>, MilvusError> {
        match self {
            Self::Folder(thumbnails) => {
                let file = thumbnails.file(id);
                match fs::read(&file) {
                    Ok(jpeg) => Ok(Some(jpeg)),
                    Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
                    Err(error) => {
                        Err(MilvusError::Previews { place: file.display().to_string(), reason: error.to_string() })
                    }
                }
            }
            Self::Objects(objects) => objects.get(id),
        }
    }

    /// Removes a preview. One without a photo costs a few kilobytes and nothing else: trouble is no error.
    pub fn remove(&self, id: ImageId) {
        match self {
            Self::Folder(thumbnails) => thumbnails.remove(id),
            Self::Objects(objects) => objects.delete(id),
        }
    }
}

impl Objects {
    fn key(&self, id: ImageId) -> ObjectPath {
        let name = id.to_string();
        self.prefix.clone().join(&name[..2]).join(format!("{name}.jpg"))
    }

    fn put(&self, id: ImageId, jpeg: &[u8]) -> Result<(), MilvusError> {
        let key = self.key(id);
        let put = self.store.put(&key, jpeg.to_vec().into());
        self.runtime.block_on(put).map(drop).map_err(|error| self.trouble(&error))
    }

    fn get(&self, id: ImageId) -> Result<Option<Vec<u8>>, MilvusError> {
        let get = async { self.store.get(&self.key(id)).await?.bytes().await };
        match self.runtime.block_on(get) {
            Ok(jpeg) => Ok(Some(jpeg.to_vec())),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(self.trouble(&error)),
        }
    }

    fn delete(&self, id: ImageId) {
        drop(self.runtime.block_on(self.store.delete(&self.key(id))));
    }

    fn trouble(&self, error: &object_store::Error) -> MilvusError {
        MilvusError::Previews { place: self.place.clone(), reason: error.to_string() }
    }
}
