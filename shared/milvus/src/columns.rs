//! A photo as a row: what Milvus filters by in columns, and the whole record beside them.

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use foray_library::{LibraryError, StoredPhoto};
use foray_protocol::{FileFacts, ImageId, Photo, PhotoMetadata, PhotoPath, Shape, UnitVector, clock_seconds, is_raw};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::MilvusError;
use crate::text::{path_key, plain};

/// What stands where a photo lacks a number, a time or a position.
pub(crate) const NO_NUMBER: f64 = -1e6;
pub(crate) const NO_TIME: i64 = -9_000_000_000_000_000_000;
pub(crate) const NO_POSITION: f64 = 1000.0;

/// The most bytes that Milvus takes in a text.
pub(crate) const LONGEST_TEXT: usize = 65_535;
/// The most tags that a row can have, and the longest of them, bytes.
pub(crate) const MOST_TAGS: usize = 1_024;
pub(crate) const LONGEST_TAG: usize = 512;

/// A photo with all that is known of it, as its row holds it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct PhotoRow {
    pub id: ImageId,
    pub record: Record,
    /// Since when no file holds it, seconds since 1970; 0 while one does.
    pub gone_at: i64,
    /// Its embedding, where it was read.
    pub vector: Option<UnitVector>,
}

/// What is known of a photo besides its embedding. MessagePack in base64, so that later versions can add fields and paths are exact.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Record {
    pub metadata: PhotoMetadata,
    #[serde(default)]
    pub indexed_at: Option<u64>,
    /// In path order, RAW files last.
    #[serde(default)]
    pub files: Vec<FileFacts>,
}

impl Record {
    /// Puts the files in order.
    pub fn sort_files(&mut self) {
        self.files.sort_by(|a, b| (is_raw(a.path.as_path()), &a.path).cmp(&(is_raw(b.path.as_path()), &b.path)));
    }

    /// As a row holds it: of very many files only the first, as many as fit.
    fn encoded(&self, id: ImageId) -> Result<String, MilvusError> {
        let whole = self.text()?;
        if whole.len() <= LONGEST_TEXT {
            return Ok(whole);
        }
        let mut shorter = self.clone();
        while shorter.files.len() > 1 {
            shorter.files.truncate(shorter.files.len() / 2);
            let text = shorter.text()?;
            if text.len() <= LONGEST_TEXT {
                tracing::warn!(
                    "photo {id} has {} files; {} of them are noted with it",
                    self.files.len(),
                    shorter.files.len()
                );
                return Ok(text);
            }
        }
        Err(MilvusError::Damaged(format!("what photo {id} says of itself takes {} bytes", whole.len())))
    }

    fn text(&self) -> Result<String, MilvusError> {
        let bytes = rmp_serde::to_vec_named(self).map_err(|error| MilvusError::Damaged(error.to_string()))?;
        Ok(STANDARD_NO_PAD.encode(bytes))
    }

    fn decode(text: &str) -> Result<Self, MilvusError> {
        let damaged = |error: &dyn std::fmt::Display| MilvusError::Damaged(error.to_string());
        let bytes = STANDARD_NO_PAD.decode(text).map_err(|error| damaged(&error))?;
        rmp_serde::from_slice(&bytes).map_err(|error| damaged(&error))
    }
}

impl PhotoRow {
    /// The row of a photo as it is stored elsewhere; one without files is gone since `now`.
    pub fn of_stored(photo: &StoredPhoto, now: i64) -> Self {
        let StoredPhoto { id, metadata, indexed_at, files, vector } = photo;
        let mut record = Record { metadata: metadata.clone(), indexed_at: *indexed_at, files: files.clone() };
        record.sort_files();
        let gone_at = if files.is_empty() { now } else { 0 };
        Self { id: *id, record, gone_at, vector: Some(vector.clone()) }
    }

    /// The photo as searches show it.
    pub fn photo(&self) -> Photo {
        let paths: Vec<PhotoPath> = self.record.files.iter().map(|file| file.path.clone()).collect();
        Photo::new(self.id, &paths, self.record.metadata.clone())
    }

    /// As other stores take it.
    ///
    /// # Errors
    /// [`MilvusError::Damaged`] without its embedding.
    pub fn stored(self) -> Result<StoredPhoto, MilvusError> {
        let vector = self.vector.ok_or_else(|| MilvusError::Damaged(format!("photo {} has no vector", self.id)))?;
        let Record { metadata, indexed_at, files } = self.record;
        Ok(StoredPhoto { id: self.id, metadata, indexed_at, files, vector })
    }

    /// All columns, `changed` at this time, milliseconds since 1970.
    ///
    /// # Errors
    /// [`MilvusError::Damaged`] for a row without an embedding, or too long.
    pub fn columns(&self, changed: i64) -> Result<Value, MilvusError> {
        let vector = self.vector.as_ref();
        let vector = vector.ok_or_else(|| MilvusError::Damaged(format!("photo {} has no vector", self.id)))?;
        let PhotoMetadata { width, height, format, description, .. } = &self.record.metadata;
        let number = |number: Option<f64>| number.unwrap_or(NO_NUMBER);
        let text = |text: Option<&str>| cut(&plain(&text.unwrap_or_default().to_lowercase()), LONGEST_TEXT).to_owned();
        let words = self.record.metadata.words();
        let words: Vec<String> =
            words.take(MOST_TAGS).map(|tag| cut(&tag.to_lowercase(), LONGEST_TAG).to_owned()).collect();
        let (latitude, longitude) = description.position.unwrap_or((NO_POSITION, NO_POSITION));
        let folders = folders(&self.record.files);
        let shape =
            [Shape::Portrait, Shape::Landscape, Shape::Square].into_iter().find(|shape| shape.fits(*width, *height));
        Ok(json!({
            "id": self.id.to_string(),
            "vector": vector.as_slice(),
            "record": self.record.encoded(self.id)?,
            "path": self.record.files.first().map(|file| path_key(&file.path)).unwrap_or_default(),
            "changed": changed,
            "gone_at": self.gone_at,
            "width": f64::from(*width),
            "height": f64::from(*height),
            "megapixels": f64::from(*width) * f64::from(*height) / 1e6,
            "rating": number(description.rating.map(f64::from)),
            "taken": description.taken_at.as_deref().and_then(clock_seconds).unwrap_or(NO_TIME),
            "indexed": self.record.indexed_at.map_or(NO_TIME, |at| at as i64),
            // As precise as the embedded library compares them.
            "latitude": f64::from(latitude as f32),
            "longitude": f64::from(longitude as f32),
            "camera": text(description.camera.as_deref()),
            "lens": text(description.lens.as_deref()),
            "format": text(Some(format)),
            "place": text(description.place.as_deref()),
            "caption": text(description.caption.as_deref()),
            "shape": shape.map_or("", shape_name),
            "has_keywords": !description.keywords.is_empty(),
            "has_copies": has_copies(&self.record.files),
            "folders_lower": cut(&plain(&folders.to_lowercase()), LONGEST_TEXT),
            "folders": cut(&plain(&folders), LONGEST_TEXT),
            "names": cut(&plain(&names(&self.record.files)), LONGEST_TEXT),
            "tags": words,
        }))
    }

    /// The photo in a row, with its embedding where that was asked for.
    ///
    /// # Errors
    /// [`MilvusError::Damaged`].
    pub fn read(row: &Map<String, Value>) -> Result<Self, MilvusError> {
        let vector = match row.get("vector").and_then(Value::as_array) {
            Some(components) => {
                let components = components.iter().map(|value| value.as_f64().unwrap_or(f64::NAN) as f32).collect();
                Some(UnitVector::from_components(components).map_err(|error| MilvusError::Damaged(error.to_string()))?)
            }
            None => None,
        };
        Ok(Self {
            id: row_id(row)?,
            record: Record::decode(text_of(row, "record")?)?,
            gone_at: number_of(row, "gone_at")?,
            vector,
        })
    }
}

/// The photo that a row is of.
pub(crate) fn row_id(row: &Map<String, Value>) -> Result<ImageId, MilvusError> {
    text_of(row, "id")?.parse().map_err(|_| MilvusError::Damaged("an id that is none".to_owned()))
}

/// A text in a row.
pub(crate) fn text_of<'a>(row: &'a Map<String, Value>, column: &str) -> Result<&'a str, MilvusError> {
    let value = row.get(column).and_then(Value::as_str);
    value.ok_or_else(|| MilvusError::Damaged(format!("no text in the column {column}")))
}

/// A whole number in a row.
pub(crate) fn number_of(row: &Map<String, Value>, column: &str) -> Result<i64, MilvusError> {
    let value = row.get(column).and_then(Value::as_i64);
    value.ok_or_else(|| MilvusError::Damaged(format!("no whole number in the column {column}")))
}

/// A shape in its column.
pub(crate) fn shape_name(shape: Shape) -> &'static str {
    match shape {
        Shape::Portrait => "portrait",
        Shape::Landscape => "landscape",
        Shape::Square => "square",
    }
}

/// The folders of the files, each on its line and with a slash at its end.
fn folders(files: &[FileFacts]) -> String {
    let mut folders: Vec<String> =
        files.iter().filter_map(|file| Some(file.path.as_path().parent()?.to_string_lossy().into_owned())).collect();
    folders.dedup();
    folders.iter().map(|folder| format!("\n{}/", folder.trim_end_matches('/'))).collect()
}

/// The names of the files in lower case, slashes between them.
fn names(files: &[FileFacts]) -> String {
    let name = |file: &FileFacts| file.path.as_path().file_name().unwrap_or_default().to_string_lossy().to_lowercase();
    files.iter().map(|file| format!("{}/", name(file))).collect()
}

fn has_copies(files: &[FileFacts]) -> bool {
    let raw = files.iter().filter(|file| is_raw(file.path.as_path())).count();
    foray_library::has_copies(raw, files.len() - raw)
}

/// The beginning of `text` that has at most `most` bytes.
pub(crate) fn cut(text: &str, most: usize) -> &str {
    &text[..text.floor_char_boundary(most)]
}

impl From<MilvusError> for foray_protocol::ProtocolError {
    fn from(error: MilvusError) -> Self {
        LibraryError::from(error).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(files: usize) -> PhotoRow {
        let file = |number: usize| FileFacts {
            path: PhotoPath::from_bytes(format!("/photos/Trip {}/IMG_{number}.jpg\u{fffd}", number % 7).as_bytes()),
            size: u64::MAX,
            modified_ns: -5,
            companions: u64::MAX,
        };
        let mut metadata =
            PhotoMetadata { width: 30, height: 20, format: "jpeg".to_owned(), ..PhotoMetadata::default() };
        metadata.description.camera = Some("Canon EOS".to_owned());
        let record = Record { metadata, indexed_at: Some(7), files: (0..files).map(file).collect() };
        let vector = Some(UnitVector::normalized(vec![0.6, 0.8]).unwrap());
        PhotoRow { id: ImageId::of_content(b"x"), record, gone_at: 0, vector }
    }

    #[test]
    fn a_row_comes_back_as_it_was() {
        let row = row(3);
        let columns = row.columns(5).unwrap();
        assert_eq!(PhotoRow::read(columns.as_object().unwrap()).unwrap(), row);
        assert_eq!(
            (&columns["camera"], &columns["shape"], &columns["has_copies"]),
            (&json!("canon eos"), &json!("landscape"), &json!(true))
        );
        assert_eq!(columns["rating"], json!(NO_NUMBER));
    }

    #[test]
    fn a_photo_of_very_many_files_fits() {
        let columns = row(5_000).columns(5).unwrap();
        assert!(columns["record"].as_str().unwrap().len() <= LONGEST_TEXT);
        let read = PhotoRow::read(columns.as_object().unwrap()).unwrap();
        assert!(read.record.files.len() > 100, "{}", read.record.files.len());
    }
}
