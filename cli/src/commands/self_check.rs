//! `foray self-check`: the whole way of a photo, once, in a library that is thrown away: whether this installation works here.

use std::fs;
use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context, Result, bail, ensure};
use foray_embedding::Embedder;
use foray_indexer::{IndexOptions, Indexer};
use foray_library::backup::restore;
use foray_library::{Library, OpenOptions, PhotoQuery};
use foray_protocol::{Hit, PhotoSearch, SearchRequest, StopSignal, WatchRules};
use foray_server::SearchService;
use serde::Serialize;

use super::doctor::PHOTO;
use crate::arguments::SelfCheckArguments;
use crate::output::print_json;
use crate::settings::Settings;

/// What the photo shows, and what the others do not.
const CAPTION: &str = "a photo of a cat";
/// The photos are the bundled one and pictures of one colour each.
const COLOURS: [[u8; 3]; 3] = [[200, 30, 30], [30, 160, 60], [40, 60, 200]];
const SIDE: u32 = 320;

/// One step and what came of it.
#[derive(Serialize)]
struct Step {
    step: &'static str,
    ok: bool,
    /// What was found, or what is wrong.
    found: String,
    seconds: f64,
}

/// A library in a folder of its own, on its way.
struct Journey<'a> {
    settings: &'a Settings,
    folder: &'a Path,
    embedder: Option<Arc<Embedder>>,
    library: Option<Arc<Library>>,
    first: Option<Hit>,
}

pub fn self_check(settings: &Settings, arguments: &SelfCheckArguments) -> Result<()> {
    let folder = tempfile::tempdir().context("no folder for temporary files")?;
    let mut journey = Journey { settings, folder: folder.path(), embedder: None, library: None, first: None };
    let steps = journey.run();
    let failed = steps.iter().filter(|step| !step.ok).count();
    if arguments.json {
        print_json(&steps)?;
    } else {
        let line = |Step { step, ok, found, seconds }: &Step| {
            format!("{} {step}: {found} ({seconds:.1} s)\n", if *ok { "ok  " } else { "FAIL" })
        };
        io::stdout().write_all(steps.iter().map(line).collect::<String>().as_bytes())?;
    }
    match failed {
        0 => Ok(()),
        _ => bail!(
            "this installation does not work here: see above; `foray doctor` tells more of what computes embeddings"
        ),
    }
}

impl Journey<'_> {
    /// Takes the steps until one fails: each stands on those before it.
    fn run(&mut self) -> Vec<Step> {
        type Way<'a> = fn(&mut Journey<'a>) -> Result<String>;
        let ways: [(&'static str, Way<'_>); 6] = [
            ("model", Self::open_model),
            ("library", Self::make_library),
            ("index", Self::index),
            ("search", Self::search),
            ("scores", Self::compare_scores),
            ("backup", Self::back_up),
        ];
        let mut steps = vec![];
        for (step, way) in ways {
            let begun = Instant::now();
            let outcome = way(self);
            let (ok, found) = match outcome {
                Ok(found) => (true, found),
                Err(error) => (false, format!("{error:#}")),
            };
            steps.push(Step { step, ok, found, seconds: begun.elapsed().as_secs_f64() });
            if !ok {
                break;
            }
        }
        steps
    }

    fn open_model(&mut self) -> Result<String> {
        let embedder = self.settings.open_embedder()?;
        let report = embedder.report();
        let found = format!(
            "{}, {} components, on {} {} ({})",
            embedder.model_name(),
            embedder.dimension(),
            report.backend,
            report.version,
            report.device
        );
        self.embedder = Some(Arc::new(embedder));
        Ok(found)
    }

    fn make_library(&mut self) -> Result<String> {
        let photos = self.folder.join("photos");
        fs::create_dir(&photos)?;
        fs::write(photos.join("cat.jpg"), PHOTO)?;
        for (number, colour) in COLOURS.into_iter().enumerate() {
            let picture = image::RgbImage::from_pixel(SIDE, SIDE, image::Rgb(colour));
            picture.save(photos.join(format!("colour {number}.png")))?;
        }
        fs::write(photos.join("torn.jpg"), &PHOTO[..20])?;
        let options = OpenOptions { create: true, ..OpenOptions::new(self.folder.join("library"), "self-check") };
        self.library = Some(Arc::new(Library::open(&options)?));
        Ok("made where temporary files are".to_owned())
    }

    fn index(&mut self) -> Result<String> {
        let library = Arc::clone(self.library()?);
        let embedder = Arc::clone(self.embedder.as_ref().context("no model")?);
        // What the user leaves out is none of these pictures.
        let options = IndexOptions { rules: WatchRules::default(), ..self.settings.index_options()? };
        let indexer = Indexer::new(library, embedder, options);
        let summary = indexer.index(&[self.folder.join("photos")], &StopSignal::default(), &|_| ())?;
        ensure!(
            (summary.indexed, summary.failed) == (1 + COLOURS.len(), 1),
            "{} photos indexed and {} failed, of 4 that are whole and one that is not",
            summary.indexed,
            summary.failed
        );
        Ok("4 pictures indexed, a torn one refused".to_owned())
    }

    fn search(&mut self) -> Result<String> {
        let embedder = Arc::clone(self.embedder.as_ref().context("no model")?);
        let service = SearchService::new(Arc::clone(self.library()?) as _, embedder);
        let request = SearchRequest { query: CAPTION.to_owned(), ..SearchRequest::default() };
        let results = service.search(&request)?.results;
        let first = results.into_iter().next().context("nothing was found")?;
        ensure!(first.photo.path.ends_with("cat.jpg"), "{CAPTION:?} finds {} first", first.photo.path);
        let found = format!("{CAPTION:?} finds cat.jpg first, score {:.3}", first.score);
        self.first = Some(first);
        Ok(found)
    }

    /// The processor's vector instructions against plain arithmetic.
    fn compare_scores(&mut self) -> Result<String> {
        let library = self.library()?;
        let id = self.first.as_ref().context("no photo")?.photo.id;
        let query = library.vector(id)?;
        let asked = PhotoQuery { vector: Some(&query), ..PhotoQuery::default() };
        for hit in library.search(&asked)? {
            let vector = library.vector(hit.photo.id)?;
            let pairs = query.as_slice().iter().zip(vector.as_slice());
            let plain: f64 = pairs.map(|(a, b)| f64::from(*a) * f64::from(*b)).sum();
            let off = (plain - f64::from(hit.score)).abs();
            ensure!(off < 1e-3, "a similarity of {plain:.5} was computed as {:.5}", hit.score);
        }
        Ok("similarities are those of plain arithmetic".to_owned())
    }

    fn back_up(&mut self) -> Result<String> {
        let (file, copy) = (self.folder.join("backup"), self.folder.join("copy"));
        self.library()?.backup_to(&file)?;
        restore(&file, &copy)?;
        let restored = Library::open(&OpenOptions::new(copy, "self-check"))?;
        let photos = restored.status()?.photos;
        ensure!(photos == 1 + COLOURS.len(), "{photos} photos came back of {}", 1 + COLOURS.len());
        Ok("written, verified and restored".to_owned())
    }

    fn library(&self) -> Result<&Arc<Library>> {
        self.library.as_ref().context("no library")
    }
}
