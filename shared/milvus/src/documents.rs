//! Small documents in rows: one row each, or several for one that is too long for a text.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use foray_library::{Document, DocumentKind, Documents, LibraryError};
use foray_protocol::since_1970;
use milvus::v2::prelude::EntityRow;
use serde_json::{Value, json};

use crate::MilvusError;
use crate::columns::{number_of, text_of};
use crate::engine::Engine;
use crate::reads::Ask;
use crate::schema::NO_VECTOR;
use crate::store::MilvusLibrary;
use crate::text::quote;

/// Characters of a piece: a row's text has 65,535 bytes at most, and an answer few megabytes.
const PIECE: usize = 60_000;

/// What a document takes in an answer: most are short.
const DOCUMENT_BYTES: usize = 4_096;

/// The documents of one collection.
#[derive(Clone, Copy)]
pub(crate) struct Shelves<'a> {
    pub engine: &'a Engine,
    pub collection: &'a str,
}

impl Shelves<'_> {
    /// The document of this kind and key.
    pub fn get(&self, kind: &str, key: &[u8]) -> Result<Option<Vec<u8>>, MilvusError> {
        Ok(self.within(&format!("{kind}/{}/", hex(key)))?.into_iter().next().map(|document| document.value))
    }

    /// All documents of a kind with their keys, in the order of these.
    pub fn all(&self, kind: &str) -> Result<Vec<Document>, MilvusError> {
        self.within(&format!("{kind}/"))
    }

    /// Keeps a document. Several rows of it take the place of others at once: those of the latest complete writing count.
    pub fn put(&self, kind: &str, key: &[u8], value: &[u8]) -> Result<(), MilvusError> {
        let (prefix, written) = (format!("{kind}/{}/", hex(key)), since_1970().as_nanos() as i64);
        let text = STANDARD_NO_PAD.encode(value);
        let pieces: Vec<&str> = match text.is_empty() {
            true => vec![""],
            false => text.as_bytes().chunks(PIECE).map(|piece| str::from_utf8(piece).unwrap_or_default()).collect(),
        };
        let row = |(number, piece): (usize, &&str)| -> Value {
            let id = match pieces.len() {
                1 => format!("{prefix}0"),
                _ => format!("{prefix}{written:020}.{number:06}"),
            };
            json!({ "id": id, "piece": piece, "pieces": pieces.len(), "written": written, "nothing": NO_VECTOR })
        };
        self.engine.upsert(self.collection, pieces.iter().enumerate().map(row).collect())?;
        self.engine.delete(self.collection, &format!("{} and written < {written}", range(&prefix)))
    }

    /// Keeps a document that fits one row and always did.
    pub fn put_small(&self, kind: &str, key: &[u8], value: &[u8]) -> Result<(), MilvusError> {
        let id = format!("{kind}/{}/0", hex(key));
        let (piece, written) = (STANDARD_NO_PAD.encode(value), since_1970().as_nanos() as i64);
        let row = json!({ "id": id, "piece": piece, "pieces": 1, "written": written, "nothing": NO_VECTOR });
        self.engine.upsert(self.collection, vec![row])
    }

    /// Removes a document.
    pub fn remove(&self, kind: &str, key: &[u8]) -> Result<(), MilvusError> {
        self.engine.delete(self.collection, &range(&format!("{kind}/{}/", hex(key))))
    }

    fn within(&self, prefix: &str) -> Result<Vec<Document>, MilvusError> {
        let columns = ["id", "piece", "pieces", "written"];
        let rows = self.engine.rows(self.collection, &Ask::of(&range(prefix), &columns, DOCUMENT_BYTES))?;
        let mut documents = vec![];
        for of_one in rows.chunk_by(|a, b| key_digits(a) == key_digits(b)) {
            documents.extend(joined(of_one)?);
        }
        Ok(documents)
    }
}

/// The document that these rows, all of one key, are pieces of; `None` while its first writing is not complete.
fn joined(rows: &[EntityRow]) -> Result<Option<Document>, MilvusError> {
    let mut writings: Vec<i64> = rows.iter().map(|row| number_of(row, "written")).collect::<Result<_, _>>()?;
    writings.sort_unstable();
    writings.dedup();
    for writing in writings.into_iter().rev() {
        let mut text = String::new();
        let (mut here, mut wanted) = (0, 0);
        for row in rows {
            if number_of(row, "written")? == writing {
                text.push_str(text_of(row, "piece")?);
                (here, wanted) = (here + 1, number_of(row, "pieces")?);
            }
        }
        if here == wanted {
            let damaged = |error: base64::DecodeError| MilvusError::Damaged(error.to_string());
            let value = STANDARD_NO_PAD.decode(text).map_err(damaged)?;
            let key = unhex(rows.first().map_or("", key_digits));
            return Ok(Some(Document { key, value }));
        }
    }
    Ok(None)
}

/// The key in a row's id, as digits.
fn key_digits(row: &EntityRow) -> &str {
    row.get("id").and_then(Value::as_str).and_then(|id| id.split('/').nth(1)).unwrap_or_default()
}

/// The ids that begin with `prefix`, which ends with a slash.
fn range(prefix: &str) -> String {
    let end = format!("{}0", prefix.trim_end_matches('/'));
    format!("(id >= {} and id < {})", quote(prefix), quote(&end))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(digits: &str) -> Vec<u8> {
    let byte = |pair: &[u8]| u8::from_str_radix(str::from_utf8(pair).unwrap_or_default(), 16).unwrap_or_default();
    digits.as_bytes().chunks(2).map(byte).collect()
}

impl Documents for MilvusLibrary {
    fn documents(&self, kind: DocumentKind) -> Result<Vec<Document>, LibraryError> {
        Ok(self.shelves().all(kind.name())?)
    }

    fn document(&self, kind: DocumentKind, key: &[u8]) -> Result<Option<Vec<u8>>, LibraryError> {
        Ok(self.shelves().get(kind.name(), key)?)
    }

    fn put_document(&self, kind: DocumentKind, key: &[u8], value: &[u8]) -> Result<(), LibraryError> {
        Ok(self.shelves().put(kind.name(), key, value)?)
    }

    fn remove_document(&self, kind: DocumentKind, key: &[u8]) -> Result<bool, LibraryError> {
        let was_there = self.shelves().get(kind.name(), key)?.is_some();
        self.shelves().remove(kind.name(), key)?;
        Ok(was_there)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(id: &str, piece: &str, pieces: usize, written: i64) -> EntityRow {
        let row = json!({ "id": id, "piece": piece, "pieces": pieces, "written": written });
        row.as_object().unwrap().clone()
    }

    #[test]
    fn the_latest_complete_writing_counts() {
        let document = |value: &str| Some(Document { key: b"ab".to_vec(), value: value.into() });
        let (old, new) = (STANDARD_NO_PAD.encode("old!"), STANDARD_NO_PAD.encode("the new one"));
        let rows = [
            row("k/6162/0", &old, 1, 1),
            row("k/6162/2.0", &new[..6], 2, 2),
            row("k/6162/2.1", &new[6..], 2, 2),
            row("k/6162/3.0", "AAAA", 2, 3),
        ];
        assert_eq!(joined(&rows).unwrap(), document("the new one"));
        assert_eq!(joined(&rows[..1]).unwrap(), document("old!"));
        assert_eq!(joined(&rows[3..]).unwrap(), None);
    }

    #[test]
    fn ranges_hold_what_begins_so() {
        assert_eq!(range("a/b/"), "(id >= \"a/b/\" and id < \"a/b0\")");
    }
}
