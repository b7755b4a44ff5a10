//! A plan carried out: pictures linked, copied or cut into folders of classes, and the captions beside these.

#[cfg(test)]
mod tests;
mod writer;

use std::error::Error;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::Serialize;

use writer::Writer;

use crate::{AnnotationError, Class, PixelBox, Plan, Region};

/// What a crop is saved as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// For crops of JPEG files.
    Jpeg,
    /// For all others.
    Png,
}

/// A part of a picture that is to be a picture.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Crop {
    /// Where it is, margin included.
    pub region: Region,
    /// Width and height of the picture, where the annotation tells them.
    pub annotated: Option<(u32, u32)>,
    /// What it is saved as.
    pub encoding: Encoding,
}

impl Crop {
    /// The pixels to cut out of a picture; see [`Region::in_picture`].
    ///
    /// # Errors
    /// [`AnnotationError::OtherShape`].
    pub fn pixels(&self, picture: (u32, u32), orientation: u8) -> Result<PixelBox, AnnotationError> {
        self.region.in_picture(self.annotated, picture, orientation)
    }
}

/// Why crops could not be cut.
pub type CutError = Box<dyn Error + Send + Sync>;

/// Told how many pictures are done; whether to go on.
pub type Watch<'a> = &'a (dyn Fn(usize) -> bool + Sync);

/// A picture that could not be cut.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Failed {
    /// The picture.
    pub path: PathBuf,
    /// Why.
    pub reason: String,
}

/// What was written.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Written {
    /// The classes that have pictures.
    pub classes: Vec<Class>,
    /// Pictures that are the same file as in the dataset (hard links).
    pub linked: usize,
    /// Pictures that were copied, where links cannot be made.
    pub copied: usize,
    /// Crops.
    pub cut: usize,
    /// Pictures that could not be cut.
    pub failed: Vec<Failed>,
}

/// Refuses a destination that holds something.
///
/// # Errors
/// [`AnnotationError::Taken`].
pub fn check_destination(destination: &Path) -> Result<(), AnnotationError> {
    let mut entries = match fs::read_dir(destination) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotADirectory => {
            return Err(AnnotationError::Taken(destination.to_owned()));
        }
        Err(error) => return Err(AnnotationError::file("read", destination)(error)),
    };
    entries.next().map_or(Ok(()), |_| Err(AnnotationError::Taken(destination.to_owned())))
}

impl Plan {
    /// Writes `destination/{train,valid,test}/CLASS/PICTURE` and `destination/_tokenization.txt`, all or nothing: the folder gets its
    /// name when it is complete. Pictures are never moved or changed.
    ///
    /// `cut` is given a picture and the parts to cut out of it, and gives these encoded, in their order; a picture that it fails on
    /// is left out and told of.
    ///
    /// # Errors
    /// [`AnnotationError::Taken`], [`AnnotationError::File`], [`AnnotationError::NothingCut`] and [`AnnotationError::Stopped`].
    pub fn write<C>(&self, destination: &Path, cut: C, watch: Watch<'_>) -> Result<Written, AnnotationError>
    where
        C: Fn(&Path, &[Crop]) -> Result<Vec<Vec<u8>>, CutError> + Sync,
    {
        check_destination(destination)?;
        let destination = std::path::absolute(destination).map_err(AnnotationError::file("write", destination))?;
        let beside = destination.parent().unwrap_or(&destination);
        fs::create_dir_all(beside).map_err(AnnotationError::file("make", beside))?;
        let staging = tempfile::Builder::new().prefix(".foray-captions-").tempdir_in(beside);
        let staging = staging.map_err(AnnotationError::file("write into", beside))?;
        // One folder deeper: the temporary one is for its owner alone.
        let folder = staging.path().join("dataset");
        let writer = Writer { plan: self, folder: &folder };
        writer.make_folders()?;
        let written = writer.fill(&cut, watch)?;
        writer.write_captions(&written.classes)?;
        give_name(&folder, &destination)?;
        Ok(written)
    }
}

/// An empty folder of that name makes place.
fn give_name(folder: &Path, destination: &Path) -> Result<(), AnnotationError> {
    match fs::remove_dir(destination) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            return Err(AnnotationError::file("replace", destination)(error));
        }
        _ => {}
    }
    fs::rename(folder, destination).map_err(AnnotationError::file("write", destination))
}
