//! The files of a plan, in a folder that nobody else sees yet.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use rayon::prelude::*;

use super::{Crop, CutError, Encoding, Failed, Watch, Written};
use crate::plan::{PlannedFile, PlannedPicture};
use crate::{AnnotationError, Class, Plan};
use foray_protocol::has_extension;

/// The captions of the classes, in the order of their folders.
pub const CAPTIONS: &str = "_tokenization.txt";

/// Writes a plan into a folder.
pub struct Writer<'a> {
    /// What is written.
    pub plan: &'a Plan,
    /// Where.
    pub folder: &'a Path,
}

impl Writer<'_> {
    fn folder_of(&self, file: &PlannedFile) -> PathBuf {
        self.folder.join(file.split.name()).join(&self.plan.classes[file.class].folder)
    }

    /// Makes the folders of all classes.
    pub fn make_folders(&self) -> Result<(), AnnotationError> {
        for folder in self.folders() {
            fs::create_dir_all(&folder).map_err(AnnotationError::file("make", &folder))?;
        }
        Ok(())
    }

    fn folders(&self) -> BTreeSet<PathBuf> {
        let files = self.plan.pictures.iter().flat_map(|picture| &picture.files);
        files.map(|file| self.folder_of(file)).collect()
    }

    /// Links and cuts all pictures.
    pub fn fill<C>(&self, cut: &C, watch: Watch<'_>) -> Result<Written, AnnotationError>
    where
        C: Fn(&Path, &[Crop]) -> Result<Vec<Vec<u8>>, CutError> + Sync,
    {
        let done = AtomicUsize::new(0);
        let outcomes = self.plan.pictures.par_iter().map(|picture| {
            if !watch(done.fetch_add(1, Ordering::Relaxed)) {
                return Err(AnnotationError::Stopped);
            }
            self.write_picture(picture, cut)
        });
        let written = self.summed(outcomes.collect::<Result<Vec<Outcome>, _>>()?);
        if let ([], [first, ..]) = (written.classes.as_slice(), written.failed.as_slice()) {
            let (path, reason) = (first.path.clone(), first.reason.clone());
            return Err(AnnotationError::NothingCut { count: written.failed.len(), path, reason });
        }
        if !written.failed.is_empty() {
            self.remove_empty_folders();
        }
        Ok(written)
    }

    fn write_picture<C>(&self, picture: &PlannedPicture, cut: &C) -> Result<Outcome, AnnotationError>
    where
        C: Fn(&Path, &[Crop]) -> Result<Vec<Vec<u8>>, CutError>,
    {
        let crop = |file: &PlannedFile| {
            let encoding = if has_extension(Path::new(&file.name), &["jpg"]) { Encoding::Jpeg } else { Encoding::Png };
            Some(Crop { region: file.region?, annotated: picture.size, encoding })
        };
        let crops: Option<Vec<_>> = picture.files.iter().map(crop).collect();
        let mut outcome = Outcome::default();
        match crops {
            Some(crops) => match cut(&picture.path, &crops) {
                Ok(encoded) if encoded.len() == crops.len() => self.save(picture, &encoded, &mut outcome)?,
                Ok(encoded) => outcome.fail(picture, format!("got {} crops; expected {}", encoded.len(), crops.len())),
                Err(error) => outcome.fail(picture, error.to_string()),
            },
            None => self.link(picture, &mut outcome)?,
        }
        Ok(outcome)
    }

    fn save(
        &self,
        picture: &PlannedPicture,
        encoded: &[Vec<u8>],
        outcome: &mut Outcome,
    ) -> Result<(), AnnotationError> {
        for (file, bytes) in picture.files.iter().zip(encoded) {
            let path = self.folder_of(file).join(&file.name);
            fs::write(&path, bytes).map_err(AnnotationError::file("write", &path))?;
            outcome.cut += 1;
            outcome.classes.push(file.class);
        }
        Ok(())
    }

    fn link(&self, picture: &PlannedPicture, outcome: &mut Outcome) -> Result<(), AnnotationError> {
        for file in &picture.files {
            let path = self.folder_of(file).join(&file.name);
            match fs::hard_link(&picture.path, &path) {
                Ok(()) => outcome.linked += 1,
                Err(_) => {
                    fs::copy(&picture.path, &path).map_err(AnnotationError::file("copy", &picture.path))?;
                    outcome.copied += 1;
                }
            }
            outcome.classes.push(file.class);
        }
        Ok(())
    }

    fn summed(&self, outcomes: Vec<Outcome>) -> Written {
        let mut classes: Vec<_> =
            self.plan.classes.iter().map(|class| Class { pictures: 0, ..class.clone() }).collect();
        let mut written = Written::default();
        for outcome in outcomes {
            outcome.classes.into_iter().for_each(|class| classes[class].pictures += 1);
            written.linked += outcome.linked;
            written.copied += outcome.copied;
            written.cut += outcome.cut;
            written.failed.extend(outcome.failed);
        }
        written.classes = classes.into_iter().filter(|class| class.pictures > 0).collect();
        written
    }

    /// Folders of classes of which nothing could be cut: each folder has a line in the file of captions.
    fn remove_empty_folders(&self) {
        for folder in self.folders() {
            // Those with pictures refuse.
            let _ = fs::remove_dir(folder);
        }
    }

    /// Writes a line for each class.
    pub fn write_captions(&self, classes: &[Class]) -> Result<(), AnnotationError> {
        let text: String = classes.iter().map(|class| format!("{}\n", class.caption)).collect();
        let path = self.folder.join(CAPTIONS);
        fs::write(&path, text).map_err(AnnotationError::file("write", &path))
    }
}

/// What became of one picture.
#[derive(Debug, Default)]
struct Outcome {
    /// The classes of the files that were written.
    classes: Vec<usize>,
    linked: usize,
    copied: usize,
    cut: usize,
    failed: Option<Failed>,
}

impl Outcome {
    fn fail(&mut self, picture: &PlannedPicture, reason: String) {
        self.failed = Some(Failed { path: picture.path.clone(), reason });
    }
}
