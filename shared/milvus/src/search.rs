//! Searches: Milvus finds and filters, the same ranking as everywhere makes pages of it.

use std::cell::RefCell;
use std::collections::HashMap;
use std::time::{Duration, Instant};

use foray_library::ranking::{Best, Candidates, Placed, as_hits, in_order, listed, ranked};
use foray_library::{Answer, Background, ConceptBank, LibraryError, PhotoQuery};
use foray_places::distance_km;
use foray_protocol::{Filter, Hit, ImageId, Photo, SpaceId, UnitVector};
use parking_lot::Mutex;

use crate::MilvusError;
use crate::columns::{NO_TIME, PhotoRow, number_of, row_id, text_of};
use crate::expression::{Nearby, expression};
use crate::reads::{Ask, Found, Freshness, MOST_ROWS};
use crate::store::{MilvusLibrary, Part, now_seconds};
use crate::text::key_path;

/// How many more photos than are wanted are looked at, to see whether the last of these scores like others.
const TIES: usize = 6;
/// What an id with a path takes in an answer.
const PLACE_BYTES: usize = 256;
/// What an id with a position takes in an answer.
const POSITION_BYTES: usize = 128;
/// Photos whose scores tell what an average photo scores.
const BACKGROUND: usize = 2_000;
/// How long so many are what an average photo is like, while the library changes.
const STAYS_ALIKE: Duration = Duration::from_secs(60);

/// What words compete with, and the space and texts that it is of.
pub(crate) type Concepts = Mutex<Option<(SpaceId, String, ConceptBank)>>;

/// Embeddings of an even sample of the photos, if they were read.
pub(crate) type Backdrop = Mutex<Option<Sampled>>;

/// Embeddings of photos of a collection.
#[derive(Debug)]
pub(crate) struct Sampled {
    collection: String,
    /// The library's version that they are of.
    version: u64,
    read: Instant,
    photos: Vec<UnitVector>,
}

impl Sampled {
    /// Whether they still show what the library is like: many photos hardly change what an average one is.
    fn is_like(&self, collection: &str, version: u64) -> bool {
        let many = self.photos.len() >= BACKGROUND && self.read.elapsed() < STAYS_ALIKE;
        self.collection == collection && (self.version == version || many)
    }
}

impl MilvusLibrary {
    pub(crate) fn find_best(&self, query: &PhotoQuery<'_>) -> Result<Answer, LibraryError> {
        query.check()?;
        let Some((_, collection)) = self.searched() else { return Ok(Answer::default()) };
        let filter = self.filter(&collection, query.filter)?;
        match query.vector {
            Some(vector) => {
                self.check_dimension(&collection, vector)?;
                ranked(query, &Hunt::new(self, &collection, filter, vector, query)?)
            }
            None => self.list(&collection, &filter, query),
        }
    }

    /// Photos without a query's direction, by path or date: only those of the page are read whole.
    fn list(&self, collection: &str, filter: &str, query: &PhotoQuery<'_>) -> Result<Answer, LibraryError> {
        let mut placed = vec![];
        let ask = Ask { freshness: Freshness::Own, ..Ask::of(filter, &["id", "path", "taken"], PLACE_BYTES) };
        self.engine.each_row(collection, &ask, |row| {
            let id = row_id(&row)?;
            if !query.exclude.contains(&id) {
                let taken = Some(number_of(&row, "taken")?).filter(|&taken| taken > NO_TIME);
                placed.push(Placed::in_list(id, key_path(text_of(&row, "path")?), taken, query.refinement.sort));
            }
            Ok(true)
        })?;
        let (ids, end) = listed(query, placed);
        let rows = self.photo_rows(collection, &ids, Part::Shown)?;
        let mut photos: HashMap<ImageId, Photo> = rows.iter().map(|row| (row.id, row.photo())).collect();
        Ok(Answer { hits: as_hits(ids.iter().filter_map(|id| photos.remove(id))), end, ..Answer::default() })
    }

    pub(crate) fn rank_photos(&self, vector: &UnitVector, ids: &[ImageId]) -> Result<Vec<Hit>, LibraryError> {
        let missing = |id: &ImageId| LibraryError::NoPhoto(id.to_string());
        let Some((_, collection)) = self.searched() else {
            return ids.first().map_or(Ok(vec![]), |id| Err(missing(id)));
        };
        self.check_dimension(&collection, vector)?;
        let background = self.background(&collection, vector)?;
        let rows = self.photo_rows(&collection, ids, Part::ShownWhole)?;
        let rows: HashMap<ImageId, PhotoRow> = rows.into_iter().map(|row| (row.id, row)).collect();
        let mut hits = vec![];
        for id in ids {
            let row = rows.get(id).filter(|row| row.gone_at == 0).ok_or_else(|| missing(id))?;
            let score = row.vector.as_ref().map_or(0.0, |photo| photo.cosine(vector));
            hits.push(Hit::new(row.photo(), score, background.relevance(score)));
        }
        Ok(in_order(hits))
    }

    /// The expression of the photos that can be found and fulfil `filter`.
    fn filter(&self, collection: &str, filter: Option<&Filter>) -> Result<String, LibraryError> {
        let Some(filter) = filter.filter(|filter| !filter.is_empty()) else { return Ok("gone_at == 0".to_owned()) };
        let places = Places { library: self, collection };
        Ok(format!("gone_at == 0 and {}", expression(filter, now_seconds(), &places)?))
    }

    fn check_dimension(&self, collection: &str, vector: &UnitVector) -> Result<(), LibraryError> {
        let expected = self.engine.dimension(collection)?;
        match vector.dimension() == expected {
            true => Ok(()),
            false => Err(LibraryError::Dimension { expected, got: vector.dimension() }),
        }
    }

    /// What an average photo of the library scores for a query.
    fn background(&self, collection: &str, query: &UnitVector) -> Result<Background, LibraryError> {
        self.with_backdrop(collection, |photos| {
            let alike = photos.iter().filter(|photo| photo.dimension() == query.dimension());
            Background::of(alike.map(|photo| photo.cosine(query)))
        })
    }

    /// Each process embeds them for itself: they take seconds, and no other process waits for them.
    pub(crate) fn take_concepts(
        &self,
        space: &SpaceId,
        texts: &str,
        embeddings: &[UnitVector],
    ) -> Result<(), LibraryError> {
        let Some((_, collection)) = self.searched().filter(|(searched, _)| searched == space) else { return Ok(()) };
        embeddings.first().map_or(Ok(()), |first| self.check_dimension(&collection, first))?;
        let bank = self.with_backdrop(&collection, |photos| ConceptBank::of_photos(embeddings, photos.iter()))?;
        *self.concepts.lock() = Some((space.clone(), texts.to_owned(), bank));
        Ok(())
    }

    pub(crate) fn known_concepts(&self, space: &SpaceId, texts: &str) -> Option<ConceptBank> {
        let kept = self.concepts.lock();
        let (_, _, bank) = kept.as_ref().filter(|(of, kept, _)| of == space && kept == texts)?;
        Some(bank.clone())
    }

    /// What `ask` makes of the embeddings of an even sample of the photos.
    fn with_backdrop<T>(&self, collection: &str, ask: impl FnOnce(&[UnitVector]) -> T) -> Result<T, LibraryError> {
        let version = self.pulse.version();
        let mut backdrop = self.backdrop.lock();
        let fresh = backdrop.take().filter(|sampled| sampled.is_like(collection, version));
        let Sampled { photos, .. } = match fresh {
            Some(fresh) => backdrop.insert(fresh),
            None => {
                let mut photos = vec![];
                // Ids are hashes: the lowest are an even sample.
                self.each_photo(collection, "gone_at == 0", None, Part::ShownWhole, |row| {
                    photos.extend(row.vector);
                    Ok(photos.len() < BACKGROUND)
                })?;
                backdrop.insert(Sampled { collection: collection.to_owned(), version, read: Instant::now(), photos })
            }
        };
        Ok(ask(photos))
    }
}

/// What a search asks of Milvus, and what it has read of the photos that it found.
struct Hunt<'a> {
    library: &'a MilvusLibrary,
    collection: &'a str,
    filter: String,
    vector: &'a UnitVector,
    excluded: &'a [ImageId],
    concepts: Option<&'a ConceptBank>,
    background: Option<Background>,
    rows: RefCell<HashMap<ImageId, PhotoRow>>,
    /// What is asked of the photos.
    part: Part,
}

impl<'a> Hunt<'a> {
    fn new(
        library: &'a MilvusLibrary,
        collection: &'a str,
        filter: String,
        vector: &'a UnitVector,
        query: &PhotoQuery<'a>,
    ) -> Result<Self, LibraryError> {
        let concepts = query.concepts.filter(|concepts| concepts.dimension() == vector.dimension());
        let background = match concepts {
            Some(_) => None,
            None => Some(library.background(collection, vector)?),
        };
        let wants_vectors = concepts.is_some() || query.refinement.dedupe;
        let part = if wants_vectors { Part::ShownWhole } else { Part::Shown };
        let excluded = query.exclude;
        let rows = RefCell::default();
        Ok(Self { library, collection, filter, vector, excluded, concepts, background, rows, part })
    }

    fn embedding<T>(&self, id: ImageId, ask: impl FnOnce(&UnitVector) -> T) -> Option<T> {
        self.rows.borrow().get(&id)?.vector.as_ref().map(ask)
    }
}

impl Candidates for Hunt<'_> {
    type Key = ImageId;

    fn best(&self, want: usize) -> Result<Best<ImageId>, LibraryError> {
        let least = want + self.excluded.len();
        // Of photos that score the same, Milvus gives any: all of them are read where the last may be such a one.
        let mut limit = least + TIES;
        let mut found = self.library.engine.search(self.collection, self.vector, &self.filter, limit)?;
        while found.len() == limit && limit < MOST_ROWS && found[least - 1].score == found[limit - 1].score {
            limit = (2 * limit).min(MOST_ROWS);
            found = self.library.engine.search(self.collection, self.vector, &self.filter, limit)?;
        }
        if least > MOST_ROWS && found.len() == MOST_ROWS {
            return Err(LibraryError::OutOfRange {
                field: "offset and limit",
                got: want,
                expected: "together fewer than 16,384, as deep as Milvus searches",
            });
        }
        let photos = found.into_iter().filter(|found| !self.excluded.contains(&found.id));
        Ok(Best { photos: photos.map(|Found { id, score }| (id, score)).collect(), plan: None })
    }

    fn load(&self, ids: &[ImageId]) -> Result<(), LibraryError> {
        let missing: Vec<ImageId> = {
            let rows = self.rows.borrow();
            ids.iter().copied().filter(|id| !rows.contains_key(id)).collect()
        };
        let read = self.library.photo_rows(self.collection, &missing, self.part)?;
        self.rows.borrow_mut().extend(read.into_iter().map(|row| (row.id, row)));
        Ok(())
    }

    fn photo(&self, id: ImageId) -> Result<Option<Photo>, LibraryError> {
        Ok(self.rows.borrow().get(&id).map(PhotoRow::photo))
    }

    fn similarity(&self, a: ImageId, b: ImageId) -> f32 {
        self.embedding(a, |a| self.embedding(b, |b| a.cosine(b))).flatten().unwrap_or(0.0)
    }

    fn relevance(&self, id: ImageId, score: f32) -> f32 {
        match (self.concepts, &self.background) {
            (Some(concepts), _) => self.embedding(id, |photo| concepts.relevance_for(photo, score)).unwrap_or(0.0),
            (None, Some(background)) => background.relevance(score),
            (None, None) => 0.0,
        }
    }
}

/// Finds photos near a place by the positions in their columns.
struct Places<'a> {
    library: &'a MilvusLibrary,
    collection: &'a str,
}

impl Nearby for Places<'_> {
    fn nearby(&self, place: (f64, f64), kilometres: f64, within: &str) -> Result<Vec<ImageId>, LibraryError> {
        let mut near = vec![];
        let columns = ["id", "latitude", "longitude"];
        let ask = Ask { freshness: Freshness::Own, ..Ask::of(within, &columns, POSITION_BYTES) };
        self.library.engine.each_row(self.collection, &ask, |row| {
            let degrees = |column: &str| row.get(column).and_then(serde_json::Value::as_f64);
            if let (Some(latitude), Some(longitude)) = (degrees("latitude"), degrees("longitude"))
                && distance_km(place, (latitude, longitude)) <= kilometres
            {
                near.push(row_id(&row)?);
            }
            Ok::<_, MilvusError>(true)
        })?;
        Ok(near)
    }
}
