//! What filters ask about photos, by row, in memory: read from the catalogue when first asked for, and following its commits.

use std::collections::{BTreeMap, HashMap};

use foray_places::distance_km;
use foray_protocol::{
    Condition, Facet, Facets, Feature, Filter, ImageId, NumberField, PhotoPath, SpaceId, TextField, TimeField,
    clock_seconds, clock_year, is_raw,
};
use parking_lot::RwLock;
use rayon::prelude::*;

use crate::LibraryError;
use crate::catalogue::Catalogue;
use crate::engine::RowSet;
use crate::records::PhotoRecord;
use crate::space::SpaceIndex;

/// Values of one kind that are told.
const MOST_FACETS: usize = 100;

/// Texts that many photos share, each kept once, by number; lower case.
#[derive(Debug, Default)]
struct Texts {
    all: Vec<String>,
    /// As they were first written.
    written: Vec<String>,
    numbers: HashMap<String, u32>,
}

impl Texts {
    /// The number of `text`, which is `written` so.
    fn number(&mut self, text: &str, written: &str) -> u32 {
        if let Some(&number) = self.numbers.get(text) {
            return number;
        }
        let number = self.all.len() as u32;
        self.all.push(text.to_owned());
        self.written.push(written.to_owned());
        self.numbers.insert(text.to_owned(), number);
        number
    }

    /// Which of them pass `test`, by number.
    fn passing(&self, test: impl Fn(&str) -> bool) -> Vec<bool> {
        self.all.iter().map(|text| test(text)).collect()
    }
}

/// One photo's facts; texts by number.
#[derive(Clone, Debug, Default)]
struct Fact {
    width: u32,
    height: u32,
    rating: Option<i8>,
    taken: Option<i64>,
    indexed: Option<i64>,
    /// Degrees north and east.
    position: Option<(f32, f32)>,
    camera: Option<u32>,
    lens: Option<u32>,
    format: Option<u32>,
    place: Option<u32>,
    caption: Option<u32>,
    /// Of each of its files.
    folders: Box<[u32]>,
    /// Its files, RAW files and others.
    raw_files: u32,
    other_files: u32,
    /// Keywords, what kind of junk it is, and the tags of the library's rules.
    tags: Box<[u32]>,
    has_keywords: bool,
}

/// The facts of a space's rows.
#[derive(Debug, Default)]
pub(crate) struct Facts {
    rows: Vec<Fact>,
    texts: Texts,
    folders: Texts,
}

impl Facts {
    /// Reads those of all photos that have a row in `index`.
    fn load(catalogue: &Catalogue, index: &SpaceIndex) -> Result<Self, LibraryError> {
        let mut facts = Self::default();
        facts.rows.resize(index.vectors.len(), Fact::default());
        for entry in catalogue.all_photos() {
            let (id, record) = entry?;
            if let Some(row) = index.row(id) {
                facts.rows[row as usize] = facts.fact(&record, &[]);
            }
        }
        for link in catalogue.all_links() {
            let (id, path) = link?;
            if let Some(row) = index.row(id) {
                let folder = facts.folder(&path);
                facts.rows[row as usize].add_file(&path, folder);
            }
        }
        Ok(facts)
    }

    /// Reads those of one photo again.
    fn reload(&mut self, catalogue: &Catalogue, row: u32, id: ImageId) -> Result<(), LibraryError> {
        let at = row as usize;
        if at >= self.rows.len() {
            self.rows.resize(at + 1, Fact::default());
        }
        self.rows[at] = match catalogue.photo(id)? {
            Some(record) => self.fact(&record, &catalogue.paths(id)?),
            None => Fact::default(),
        };
        Ok(())
    }

    fn fact(&mut self, record: &PhotoRecord, paths: &[PhotoPath]) -> Fact {
        let (metadata, description) = (&record.metadata, &record.metadata.description);
        let tags = metadata.words().map(|word| self.text(word)).collect();
        let mut fact = Fact {
            width: metadata.width,
            height: metadata.height,
            rating: description.rating,
            taken: description.taken_at.as_deref().and_then(clock_seconds),
            indexed: record.indexed_at.and_then(|at| i64::try_from(at).ok()),
            position: description.position.map(|(latitude, longitude)| (latitude as f32, longitude as f32)),
            camera: description.camera.as_deref().map(|camera| self.text(camera)),
            lens: description.lens.as_deref().map(|lens| self.text(lens)),
            format: Some(self.text(&metadata.format)),
            place: description.place.as_deref().map(|place| self.text(place)),
            caption: description.caption.as_deref().map(|caption| self.text(caption)),
            tags,
            has_keywords: !description.keywords.is_empty(),
            ..Fact::default()
        };
        paths.iter().for_each(|path| fact.add_file(path, self.folder(path)));
        fact
    }

    fn text(&mut self, text: &str) -> u32 {
        self.texts.number(&text.to_lowercase(), text)
    }

    fn folder(&mut self, path: &PhotoPath) -> u32 {
        let folder = path.as_path().parent().map(|folder| folder.to_string_lossy()).unwrap_or_default();
        self.folders.number(&folder, &folder)
    }

    /// The rows of `live` that fulfil `filter`; `named` gives those with a file whose name contains a text.
    ///
    /// # Errors
    /// Those of `named`.
    pub fn rows(&self, filter: &Filter, question: &Question<'_>) -> Result<RowSet, LibraryError> {
        match filter {
            Filter::All(all) => all
                .iter()
                .try_fold(question.live.clone(), |rows, filter| Ok(rows.intersection(&self.rows(filter, question)?))),
            Filter::Any(any) => {
                any.iter().try_fold(RowSet::default(), |rows, filter| Ok(rows.union(&self.rows(filter, question)?)))
            }
            Filter::Not(filter) => Ok(question.live.without(&self.rows(filter, question)?)),
            Filter::Is(Condition::Name(name)) => Ok((question.named)(name)?.intersection(question.live)),
            Filter::Is(condition) => {
                let test = self.test(condition, question.now);
                let is_in = |row: &u32| question.live.contains(*row) && test(&self.rows[*row as usize]);
                let rows: Vec<u32> = (0..self.rows.len() as u32).into_par_iter().filter(is_in).collect();
                Ok(rows.into_iter().collect())
            }
        }
    }

    /// When a row's photo was taken, seconds since 1970 by the camera's clock.
    pub fn taken(&self, row: u32) -> Option<i64> {
        self.rows.get(row as usize)?.taken
    }

    /// The first tag of a row's photo, as it was written first.
    pub fn first_tag(&self, row: u32) -> Option<&str> {
        let tag = *self.rows.get(row as usize)?.tags.first()?;
        Some(&self.texts.written[tag as usize])
    }

    /// How the photos of `rows` divide.
    pub fn facets(&self, rows: &RowSet) -> Facets {
        let facts: Vec<&Fact> = rows.iter().filter_map(|row| self.rows.get(row as usize)).collect();
        let texts = |numbers: &dyn Fn(&Fact) -> Vec<u32>| counted(&facts, numbers, &self.texts.written);
        let mut years: BTreeMap<i16, usize> = BTreeMap::new();
        facts.iter().filter_map(|fact| clock_year(fact.taken?)).for_each(|year| *years.entry(year).or_default() += 1);
        let year = |(year, count): (i16, usize)| Facet { value: format!("{year:04}"), count };
        Facets {
            photos: facts.len(),
            years: years.into_iter().rev().take(MOST_FACETS).map(year).collect(),
            cameras: texts(&|fact| fact.camera.into_iter().collect()),
            lenses: texts(&|fact| fact.lens.into_iter().collect()),
            places: texts(&|fact| fact.place.into_iter().collect()),
            folders: counted(&facts, &|fact| fact.folders.to_vec(), &self.folders.written),
            types: texts(&|fact| fact.format.into_iter().collect()),
            tags: texts(&|fact| fact.tags.to_vec()),
        }
    }

    /// Whether a photo fulfils `condition`, as a test of its facts.
    fn test(&self, condition: &Condition, now: i64) -> Box<dyn Fn(&Fact) -> bool + Sync + '_> {
        match condition {
            Condition::Folder(folder) => {
                let passing = self.folders.passing(|path| folder.holds(path));
                Box::new(move |fact| fact.folders.iter().any(|&folder| passing[folder as usize]))
            }
            Condition::Text(field, test) => {
                let (field, passing) = (*field, self.texts.passing(|text| test.passes(text)));
                Box::new(move |fact| fact.text(field).is_some_and(|text| passing[text as usize]))
            }
            Condition::Tag(tag) => {
                let passing = self.texts.passing(|text| text == tag);
                Box::new(move |fact| fact.tags.iter().any(|&tag| passing[tag as usize]))
            }
            Condition::Number(field, range) => {
                let (field, range) = (*field, *range);
                Box::new(move |fact| fact.number(field).is_some_and(|number| range.contains(&number)))
            }
            Condition::Time(field, range) => {
                let (field, range) = (*field, range.map(|moment| moment.seconds(now)));
                Box::new(move |fact| fact.time(field).is_some_and(|time| range.contains(&time)))
            }
            Condition::Near { latitude, longitude, kilometres } => {
                let (place, most) = ((*latitude, *longitude), *kilometres);
                let is_near = move |(latitude, longitude): (f32, f32)| {
                    distance_km(place, (f64::from(latitude), f64::from(longitude))) <= most
                };
                Box::new(move |fact| fact.position.is_some_and(is_near))
            }
            Condition::Has(feature) => {
                let feature = *feature;
                Box::new(move |fact| fact.has(feature))
            }
            Condition::Shape(shape) => {
                let shape = *shape;
                Box::new(move |fact| shape.fits(fact.width, fact.height))
            }
            // Asked of the catalogue before.
            Condition::Name(_) => Box::new(|_| false),
        }
    }
}

impl Fact {
    fn add_file(&mut self, path: &PhotoPath, folder: u32) {
        self.folders = self.folders.iter().copied().chain([folder]).collect();
        *if is_raw(path.as_path()) { &mut self.raw_files } else { &mut self.other_files } += 1;
    }

    fn text(&self, field: TextField) -> Option<u32> {
        match field {
            TextField::Camera => self.camera,
            TextField::Lens => self.lens,
            TextField::Format => self.format,
            TextField::Place => self.place,
            TextField::Caption => self.caption,
        }
    }

    fn number(&self, field: NumberField) -> Option<f64> {
        let (width, height) = (f64::from(self.width), f64::from(self.height));
        match field {
            NumberField::Width => Some(width),
            NumberField::Height => Some(height),
            NumberField::Megapixels => Some(width * height / 1e6),
            NumberField::Rating => self.rating.map(f64::from),
        }
    }

    fn time(&self, field: TimeField) -> Option<i64> {
        match field {
            TimeField::Taken => self.taken,
            TimeField::Indexed => self.indexed,
        }
    }

    fn has(&self, feature: Feature) -> bool {
        match feature {
            Feature::Position => self.position.is_some(),
            Feature::Date => self.taken.is_some(),
            Feature::Camera => self.camera.is_some(),
            Feature::Rating => self.rating.is_some(),
            Feature::Keywords => self.has_keywords,
            Feature::Caption => self.caption.is_some(),
            Feature::Copies => has_copies(self.raw_files as usize, self.other_files as usize),
        }
    }
}

/// Whether a photo of so many RAW and other files has copies: the JPEG beside a RAW file is none.
pub fn has_copies(raw_files: usize, other_files: usize) -> bool {
    other_files > 1 || (other_files == 0 && raw_files > 1)
}

/// How many facts have each number, with its text; a fact that has one twice counts once.
fn counted(facts: &[&Fact], numbers: &dyn Fn(&Fact) -> Vec<u32>, written: &[String]) -> Vec<Facet> {
    let mut counts = vec![0usize; written.len()];
    for fact in facts {
        let mut numbers = numbers(fact);
        numbers.sort_unstable();
        numbers.dedup();
        numbers.into_iter().for_each(|number| counts[number as usize] += 1);
    }
    let used = counts.into_iter().zip(written).filter(|(count, _)| *count > 0);
    let mut facets: Vec<Facet> = used.map(|(count, value)| Facet { value: value.clone(), count }).collect();
    facets.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.value.cmp(&b.value)));
    facets.truncate(MOST_FACETS);
    facets
}

/// What a filter is asked of.
pub(crate) struct Question<'a> {
    /// Rows that can be found.
    pub live: &'a RowSet,
    /// Seconds since 1970.
    pub now: i64,
    /// Rows with a file whose name contains a text.
    pub named: &'a dyn Fn(&str) -> Result<RowSet, LibraryError>,
}

/// The present facts, and of which space's rows they are, if anyone asked for them.
#[derive(Debug, Default)]
pub(crate) struct FactKeeper(RwLock<Option<(SpaceId, Facts)>>);

impl FactKeeper {
    /// What `ask` makes of the facts of `index`, the rows of `space`. Whoever holds `index` may call it.
    ///
    /// # Errors
    /// Those of reading the catalogue, and of `ask`.
    pub fn with<T>(
        &self,
        catalogue: &Catalogue,
        (space, index): (&SpaceId, &SpaceIndex),
        ask: impl Fn(&Facts) -> Result<T, LibraryError>,
    ) -> Result<T, LibraryError> {
        if let Some((_, facts)) = self.0.read().as_ref().filter(|(of, _)| of == space) {
            return ask(facts);
        }
        let mut present = self.0.write();
        let (_, facts) = match present.take().filter(|(of, _)| of == space) {
            Some(loaded_meanwhile) => present.insert(loaded_meanwhile),
            None => present.insert((space.clone(), Facts::load(catalogue, index)?)),
        };
        ask(facts)
    }

    /// Follows a commit that touched these photos. The rows must not be locked: others wait for the facts while they hold them.
    ///
    /// # Errors
    /// Those of reading the catalogue.
    pub fn follow(
        &self,
        catalogue: &Catalogue,
        space: &SpaceId,
        touched: &[(ImageId, u32)],
    ) -> Result<(), LibraryError> {
        match self.0.write().as_mut().filter(|(of, _)| of == space) {
            Some((_, facts)) => touched.iter().try_for_each(|&(id, row)| facts.reload(catalogue, row, id)),
            None => Ok(()),
        }
    }

    /// Forgets everything: the rows have other numbers now.
    pub fn forget(&self) {
        *self.0.write() = None;
    }
}
