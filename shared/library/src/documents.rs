//! What a library keeps besides photos: saved searches, classifiers, evaluations and rules for tags, each a small document.

use foray_protocol::{Classifier, Evaluation, SavedSearch, SearchName, SearchRequest, TagRule, since_1970};
use sled::Tree;

use crate::records::{decode, encode};
use crate::{Library, LibraryError};

/// Far more than anybody looks through.
const MOST_SEARCHES: usize = 10_000;
/// The oldest evaluations are forgotten when there are more.
const MOST_EVALUATIONS: usize = 1_000;

/// What a document is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DocumentKind {
    /// A [`SearchRequest`], under its name.
    Search,
    /// A [`Classifier`], under its name.
    Classifier,
    /// An [`Evaluation`], under a number that grows, 8 bytes, big-endian.
    Evaluation,
    /// A [`TagRule`], under its classifier's name.
    TagRule,
}

impl DocumentKind {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Search, Self::Classifier, Self::Evaluation, Self::TagRule];

    /// What its documents are called together.
    pub fn name(self) -> &'static str {
        match self {
            Self::Search => "searches",
            Self::Classifier => "classifiers",
            Self::Evaluation => "evaluations",
            Self::TagRule => "tag_rules",
        }
    }
}

/// A document under its key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// Any bytes; what they mean goes by the kind.
    pub key: Vec<u8>,
    /// MessagePack.
    pub value: Vec<u8>,
}

/// Where documents are kept.
pub trait Documents {
    /// All documents of a kind with their keys, in the order of these.
    ///
    /// # Errors
    /// Those of whatever holds them, as for all that follow.
    fn documents(&self, kind: DocumentKind) -> Result<Vec<Document>, LibraryError>;

    /// The document under `key`.
    ///
    /// # Errors
    /// As for [`Documents::documents`].
    fn document(&self, kind: DocumentKind, key: &[u8]) -> Result<Option<Vec<u8>>, LibraryError>;

    /// Keeps a document, instead of one that had its key before; it is safe then.
    ///
    /// # Errors
    /// As for [`Documents::documents`].
    fn put_document(&self, kind: DocumentKind, key: &[u8], value: &[u8]) -> Result<(), LibraryError>;

    /// Removes a document; tells whether it was there.
    ///
    /// # Errors
    /// As for [`Documents::documents`].
    fn remove_document(&self, kind: DocumentKind, key: &[u8]) -> Result<bool, LibraryError>;

    /// The searches that were saved, by name.
    ///
    /// # Errors
    /// [`LibraryError::Damaged`] among others.
    fn saved_searches(&self) -> Result<Vec<SavedSearch>, LibraryError> {
        let damaged = |_| LibraryError::Damaged("a saved search has no name".to_owned());
        let saved = |Document { key, value }: Document| {
            let name = String::from_utf8_lossy(&key).parse().map_err(damaged)?;
            Ok(SavedSearch { name, search: decode(&value)? })
        };
        self.documents(DocumentKind::Search)?.into_iter().map(saved).collect()
    }

    /// The search of this name.
    ///
    /// # Errors
    /// [`LibraryError::NoSavedSearch`].
    fn saved_search(&self, name: &SearchName) -> Result<SearchRequest, LibraryError> {
        let value = self.document(DocumentKind::Search, name.as_str().as_bytes())?;
        decode(&value.ok_or_else(|| LibraryError::NoSavedSearch(name.to_string()))?)
    }

    /// Keeps a search under its name, instead of one that had it before.
    ///
    /// # Errors
    /// [`LibraryError::OutOfRange`] where there are 10,000 already.
    fn save_search(&self, saved: &SavedSearch) -> Result<(), LibraryError> {
        let (kind, key) = (DocumentKind::Search, saved.name.as_str().as_bytes());
        let count = self.documents(kind)?.len();
        if count >= MOST_SEARCHES && self.document(kind, key)?.is_none() {
            return Err(LibraryError::OutOfRange {
                field: "saved searches",
                got: count + 1,
                expected: "at most 10,000",
            });
        }
        self.put_document(kind, key, &encode(&saved.search)?)
    }

    /// Forgets the search of this name.
    ///
    /// # Errors
    /// [`LibraryError::NoSavedSearch`].
    fn forget_search(&self, name: &SearchName) -> Result<(), LibraryError> {
        match self.remove_document(DocumentKind::Search, name.as_str().as_bytes())? {
            true => Ok(()),
            false => Err(LibraryError::NoSavedSearch(name.to_string())),
        }
    }

    /// The evaluations that were made, the latest first, at most `limit`.
    ///
    /// # Errors
    /// As for [`Documents::documents`].
    fn evaluations(&self, limit: usize) -> Result<Vec<Evaluation>, LibraryError> {
        let kept = self.documents(DocumentKind::Evaluation)?;
        kept.iter().rev().take(limit).map(|document| decode(&document.value)).collect()
    }

    /// Keeps an evaluation.
    ///
    /// # Errors
    /// As for [`Documents::documents`].
    fn keep_evaluation(&self, evaluation: &Evaluation) -> Result<(), LibraryError> {
        let kind = DocumentKind::Evaluation;
        let kept = self.documents(kind)?;
        let last =
            kept.last().and_then(|document| document.key.as_slice().try_into().ok()).map_or(0, u64::from_be_bytes);
        // By the clock, so that two servers hardly ever take the same number.
        let next = (since_1970().as_nanos() as u64).max(last + 1);
        self.put_document(kind, &next.to_be_bytes(), &encode(evaluation)?)?;
        let too_many = (kept.len() + 1).saturating_sub(MOST_EVALUATIONS);
        kept.iter().take(too_many).try_for_each(|document| self.remove_document(kind, &document.key).map(drop))
    }

    /// The classifiers that are kept, by name.
    ///
    /// # Errors
    /// As for [`Documents::documents`].
    fn classifiers(&self) -> Result<Vec<Classifier>, LibraryError> {
        self.documents(DocumentKind::Classifier)?.iter().map(|document| decode(&document.value)).collect()
    }

    /// The classifier of this name.
    ///
    /// # Errors
    /// [`LibraryError::NoClassifier`].
    fn classifier(&self, name: &SearchName) -> Result<Classifier, LibraryError> {
        let value = self.document(DocumentKind::Classifier, name.as_str().as_bytes())?;
        decode(&value.ok_or_else(|| LibraryError::NoClassifier(name.to_string()))?)
    }

    /// Keeps a classifier under its name, instead of one that had it before.
    ///
    /// # Errors
    /// [`LibraryError::OutOfRange`] for one whose parts do not fit together.
    fn keep_classifier(&self, classifier: &Classifier) -> Result<(), LibraryError> {
        if !classifier.is_whole() {
            let (field, got) = ("the classifier's weights", classifier.layer.weights.len());
            return Err(LibraryError::OutOfRange { field, got, expected: "a finite row and bias for each class" });
        }
        self.put_document(DocumentKind::Classifier, classifier.name.as_str().as_bytes(), &encode(classifier)?)
    }

    /// Forgets the classifier of this name.
    ///
    /// # Errors
    /// [`LibraryError::NoClassifier`].
    fn forget_classifier(&self, name: &SearchName) -> Result<(), LibraryError> {
        match self.remove_document(DocumentKind::Classifier, name.as_str().as_bytes())? {
            true => Ok(()),
            false => Err(LibraryError::NoClassifier(name.to_string())),
        }
    }

    /// The rules by which photos get tags, by name.
    ///
    /// # Errors
    /// As for [`Documents::documents`].
    fn tag_rules(&self) -> Result<Vec<TagRule>, LibraryError> {
        self.documents(DocumentKind::TagRule)?.iter().map(|document| decode(&document.value)).collect()
    }

    /// Notes a rule, without giving any photo its tag.
    ///
    /// # Errors
    /// As for [`Documents::documents`].
    fn put_tag_rule(&self, rule: &TagRule) -> Result<(), LibraryError> {
        self.put_document(DocumentKind::TagRule, rule.classifier.name.as_str().as_bytes(), &encode(rule)?)
    }
}

impl Library {
    fn shelf(&self, kind: DocumentKind) -> Result<Tree, LibraryError> {
        Ok(self.db.open_tree(kind.name())?)
    }
}

impl Documents for Library {
    fn documents(&self, kind: DocumentKind) -> Result<Vec<Document>, LibraryError> {
        let document = |entry: sled::Result<(sled::IVec, sled::IVec)>| {
            let (key, value) = entry?;
            Ok(Document { key: key.to_vec(), value: value.to_vec() })
        };
        self.shelf(kind)?.iter().map(document).collect()
    }

    fn document(&self, kind: DocumentKind, key: &[u8]) -> Result<Option<Vec<u8>>, LibraryError> {
        Ok(self.shelf(kind)?.get(key)?.map(|value| value.to_vec()))
    }

    fn put_document(&self, kind: DocumentKind, key: &[u8], value: &[u8]) -> Result<(), LibraryError> {
        let _one_at_a_time = self.to_write()?;
        let shelf = self.shelf(kind)?;
        shelf.insert(key, value)?;
        shelf.flush()?;
        Ok(())
    }

    fn remove_document(&self, kind: DocumentKind, key: &[u8]) -> Result<bool, LibraryError> {
        let _one_at_a_time = self.to_write()?;
        let shelf = self.shelf(kind)?;
        let was_there = shelf.remove(key)?.is_some();
        shelf.flush()?;
        Ok(was_there)
    }
}
