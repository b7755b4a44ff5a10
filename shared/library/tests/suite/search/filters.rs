//! Filters against a brute-force reading of the same photos, while they come and go: results are complete and hold nothing else.

use std::collections::{BTreeMap, BTreeSet};

use crate::support::{Random, batch, file, id, open};
use foray_library::{Library, PhotoQuery};
use foray_protocol::{
    Change, Description, Filter, ImageId, Ingest, Junk, NewPhoto, PhotoMetadata, PhotoPath, Query, UnitVector,
    clock_seconds,
};
use proptest::prelude::*;

/// A photo as the reference knows it.
#[derive(Clone, Debug)]
struct Known {
    metadata: PhotoMetadata,
    paths: BTreeSet<String>,
}

/// A library with the truth about what is in it.
struct Stage {
    _folder: tempfile::TempDir,
    library: Library,
    truth: BTreeMap<ImageId, Known>,
    random: Random,
}

impl Stage {
    fn new(seed: u64) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let library = open(folder.path());
        Self { _folder: folder, library, truth: BTreeMap::new(), random: Random(seed) }
    }

    fn pick<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.random.next() as usize % all.len()]
    }

    fn metadata(&mut self) -> PhotoMetadata {
        let (year, month) = (self.pick(&[2022, 2023, 2024]), self.pick(&[1, 6, 7, 9, 12]));
        let day = self.pick(&[1, 15, 30]);
        PhotoMetadata {
            width: self.pick(&[100, 4_000, 4_032]),
            height: self.pick(&[100, 3_000, 4_000]),
            format: self.pick(&["jpeg", "png", "heif"]).to_owned(),
            description: Description {
                taken_at: self.pick(&[true, false]).then(|| format!("{year}-{month:02}-{day:02}T12:00:00+05:00")),
                camera: self.pick(&[Some("Google Pixel 7"), Some("Canon EOS R5"), None]).map(str::to_owned),
                lens: self.pick(&[Some("RF24-105mm F4 L IS USM"), None]).map(str::to_owned),
                position: self.pick(&[Some((52.52, 13.40)), Some((48.86, 2.35)), None]),
                place: self.pick(&[Some("Mitte, Germany"), Some("Passy, France"), None]).map(str::to_owned),
                rating: self.pick(&[Some(-1), Some(1), Some(4), Some(5), None]),
                keywords: self
                    .pick(&[&["Flowers"][..], &["family", "Grandma's garden"], &[]])
                    .iter()
                    .map(ToString::to_string)
                    .collect(),
                caption: self.pick(&[Some("The Old Bridge"), None]).map(str::to_owned),
            },
            junk: self.pick(&[None, None, Some(Junk::Screenshot), Some(Junk::Blurred)]),
            perceptual_hash: None,
            thumbhash: None,
            tags: vec![],
        }
    }

    fn add(&mut self, numbers: std::ops::Range<usize>) {
        let mut changes = vec![];
        for number in numbers {
            let folder = self.pick(&["/photos", "/photos/Trips/2024", "/photos/Trips/2024/June", "/other/trips"]);
            let path = format!("{folder}/IMG_{number:04}.jpg");
            let (metadata, vector) = (self.metadata(), self.random.vector());
            self.truth.insert(id(number), Known { metadata: metadata.clone(), paths: [path.clone()].into() });
            let photo = Box::new(NewPhoto { id: id(number), metadata, vector, thumbnail: vec![1] });
            changes.push(Change::Added { file: file(&PhotoPath::from(path)), photo });
        }
        self.library.commit(&batch(changes)).unwrap();
    }

    /// Some photos get a copy elsewhere, some lose their only file.
    fn churn(&mut self, numbers: std::ops::Range<usize>) {
        let mut changes = vec![];
        for number in numbers {
            let Some(known) = self.truth.get_mut(&id(number)) else { continue };
            if number % 3 == 0 {
                let path = format!("/copies/{number:04}.jpg");
                known.paths.insert(path.clone());
                changes.push(Change::Linked { file: file(&PhotoPath::from(path)), image: id(number) });
            } else if number % 3 == 1 {
                let removed = std::mem::take(&mut known.paths);
                changes.extend(removed.into_iter().map(|path| Change::Removed { path: PhotoPath::from(path) }));
            }
        }
        self.library.commit(&batch(changes)).unwrap();
        self.truth.retain(|_, known| !known.paths.is_empty());
    }

    fn found(&self, filter: &Filter, vector: Option<&UnitVector>) -> BTreeSet<ImageId> {
        let query = PhotoQuery { vector, filter: Some(filter), limit: 10_000, ..PhotoQuery::default() };
        self.library.search(&query).unwrap().into_iter().map(|hit| hit.photo.id).collect()
    }

    #[track_caller]
    fn assert_found(&mut self, query: &str, expected: impl Fn(&Known) -> bool) {
        let filter = query.parse::<Query>().unwrap().filter;
        let expected: BTreeSet<_> = self.truth.iter().filter(|(_, known)| expected(known)).map(|(id, _)| *id).collect();
        assert!(!expected.is_empty(), "{query} would test nothing");
        assert_eq!(self.found(&filter, None), expected, "{query}");
        let vector = self.random.vector();
        assert_eq!(self.found(&filter, Some(&vector)), expected, "{query} with a vector");
    }
}

impl Known {
    fn is_under(&self, folder: &str) -> bool {
        self.paths.iter().any(|path| path.to_lowercase().contains(&format!("/{folder}/")))
    }

    fn taken(&self) -> &str {
        self.metadata.description.taken_at.as_deref().unwrap_or_default()
    }

    fn describes(&self, words: &str) -> bool {
        format!("{:?}", self.metadata.description).contains(words)
    }

    fn camera(&self) -> &str {
        self.metadata.description.camera.as_deref().unwrap_or_default()
    }
}

#[test]
fn filters_find_exactly_the_photos_that_fulfil_them_while_photos_come_and_go() {
    let mut stage = Stage::new(1);
    stage.add(0..200);
    for round in 0..3 {
        stage.assert_found("in:Trips", |photo| photo.is_under("trips"));
        stage.assert_found("in:trips/2024", |photo| photo.is_under("trips/2024"));
        stage.assert_found("in:/photos/Trips", |photo| {
            photo.paths.iter().any(|path| path.starts_with("/photos/Trips/"))
        });
        stage.assert_found("taken:2023-06..2023-09", |photo| {
            ("2023-06".."2023-10").contains(&photo.taken()) && !photo.taken().is_empty()
        });
        stage.assert_found("taken:<=2023", |photo| !photo.taken().is_empty() && photo.taken() < "2024");
        stage.assert_found("-has:date", |photo| photo.taken().is_empty());
        stage.assert_found("camera:\"pixel 7\" -tag:screenshot", |photo| {
            photo.camera().contains("Pixel 7") && photo.metadata.junk != Some(Junk::Screenshot)
        });
        stage.assert_found("w:>4000 orientation:landscape", |photo| {
            photo.metadata.width > 4_000 && photo.metadata.width > photo.metadata.height
        });
        stage.assert_found("mp:>=12 type:jpeg", |photo| {
            photo.metadata.width * photo.metadata.height >= 12_000_000 && photo.metadata.format == "jpeg"
        });
        stage.assert_found("lens:rf24 place:germany", |photo| photo.describes("RF24") && photo.describes("Mitte"));
        stage.assert_found("rating:>=4", |photo| photo.metadata.description.rating >= Some(4));
        stage.assert_found("rating:-1", |photo| photo.metadata.description.rating == Some(-1));
        stage.assert_found("-rating:>0", |photo| photo.metadata.description.rating < Some(1));
        stage
            .assert_found("tag:flowers -has:caption", |photo| photo.describes("Flowers") && !photo.describes("Bridge"));
        stage.assert_found("tag:\"grandma's garden\"", |photo| photo.describes("Grandma"));
        stage.assert_found("caption:\"old bridge\" has:rating", |photo| {
            photo.describes("Old Bridge") && photo.metadata.description.rating.is_some()
        });
        stage.assert_found("near:Berlin,50km", |photo| photo.metadata.description.position == Some((52.52, 13.40)));
        stage.assert_found("indexed:<1h", |_| true);
        stage.assert_found("near:52.5,13.3,50km has:gps", |photo| {
            photo.metadata.description.position == Some((52.52, 13.40))
        });
        stage.assert_found("\"IMG_00\" name:img_00 -name:5", |photo| {
            let fits = |path: &String| path.contains("IMG_00");
            photo.paths.iter().any(fits)
                && !photo.paths.iter().any(|path| path.rsplit('/').next().unwrap().contains('5'))
        });
        if round > 0 {
            stage.assert_found("has:copies", |photo| photo.paths.len() > 1);
        }
        stage.add(200 + 100 * round..300 + 100 * round);
        stage.churn(200 + 100 * round - 50..300 + 100 * round - 20);
    }
}

#[test]
fn filters_hold_after_a_restart_and_after_photos_were_renumbered() {
    let folder = tempfile::tempdir().unwrap();
    let mut stage = Stage { library: open(folder.path()), ..Stage::new(2) };
    stage.add(0..90);
    stage.assert_found("camera:canon", |photo| photo.camera().contains("Canon"));
    stage.churn(0..90);
    drop(std::mem::replace(&mut stage.library, Stage::new(3).library));
    stage.library = open(folder.path());
    stage.assert_found("camera:canon", |photo| photo.camera().contains("Canon"));
    stage.library.maintain().unwrap();
    stage.assert_found("-camera:canon", |photo| !photo.camera().contains("Canon"));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn joined_filters_are_sets(seed in 0u64..1_000, width in 0u32..5_000, year in 2021i32..2026) {
        let mut stage = Stage::new(seed);
        stage.add(0..60);
        let json = serde_json::json!({"or": [
            {"not": {"width": {"gt": width}}},
            {"taken": {"gte": year.to_string()}, "tags": {"none": ["blurred", "tiny"]}},
        ]});
        let filter = Filter::from_json(json.as_object().unwrap()).unwrap();
        let start = clock_seconds(&format!("{year}-01-01T00:00:00")).unwrap();
        let expected: BTreeSet<_> = stage.truth.iter().filter(|(_, known)| {
            let is_late = known.metadata.description.taken_at.as_deref().and_then(clock_seconds).is_some_and(|taken| taken >= start);
            known.metadata.width <= width || is_late && known.metadata.junk != Some(Junk::Blurred)
        }).map(|(id, _)| *id).collect();
        prop_assert_eq!(stage.found(&filter, None), expected);
    }
}
