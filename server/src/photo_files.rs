//! Embeddings of photos in files: read, decoded and computed in batches, unless they are remembered.

use std::fs::{self, Metadata};
use std::time::UNIX_EPOCH;

use foray_embedding::{DecodeLimits, Embedder, Pixels, decode};
use foray_protocol::{EmbeddingCache, FileMark, ImageId, PhotoPath, ProtocolError, StopSignal, UnitVector};
use rayon::prelude::*;

use crate::picture_embedding::embedding_problem;

/// Photos that are read, decoded and embedded together at least; devices with room for more take more.
const BATCH: usize = 16;
/// A photo larger than this would not be decoded anyway.
const LARGEST_FILE: u64 = 2 << 30;

/// Embeds files, with a memory of those that were embedded before where `cache` is given.
pub struct PhotoFiles<'a> {
    /// The model.
    pub embedder: &'a Embedder,
    /// Remembers.
    pub cache: Option<&'a dyn EmbeddingCache>,
    /// Ends the work early, with what was done so far remembered.
    pub stop: &'a StopSignal,
}

/// The embeddings of files.
#[derive(Debug)]
pub struct EmbeddedFiles {
    /// Each file's, or why it has none.
    pub vectors: Vec<Result<UnitVector, String>>,
    /// How many were computed now.
    pub computed: usize,
}

/// A file that was read.
struct Reading {
    mark: Option<FileMark>,
    image: ImageId,
    content: Vec<u8>,
}

type Outcome = Result<UnitVector, String>;

impl PhotoFiles<'_> {
    /// The embeddings of `files`, in their order; `told` is called with how many are done.
    ///
    /// # Errors
    /// Those of the model and of the cache, and a stop. A file that cannot be read or decoded is only left out.
    pub fn embed(&self, files: &[PhotoPath], mut told: impl FnMut(usize)) -> Result<EmbeddedFiles, ProtocolError> {
        let mut outcomes = self.known(files)?;
        let unknown: Vec<usize> = (0..files.len()).filter(|&file| outcomes[file].is_none()).collect();
        let mut done = files.len() - unknown.len();
        let mut computed = 0;
        told(done);
        for batch in unknown.chunks(self.embedder.batch_size().max(BATCH)) {
            if self.stop.is_stopped() {
                return Err(ProtocolError::Stopped);
            }
            let paths: Vec<_> = batch.iter().map(|&file| &files[file]).collect();
            let (vectors, new) = self.embed_batch(&paths)?;
            batch.iter().zip(vectors).for_each(|(&file, vector)| outcomes[file] = Some(vector));
            computed += new;
            done += batch.len();
            told(done);
        }
        Ok(EmbeddedFiles { vectors: outcomes.into_iter().flatten().collect(), computed })
    }

    /// The embeddings of files that look as they did when they were read last.
    fn known(&self, files: &[PhotoPath]) -> Result<Vec<Option<Outcome>>, ProtocolError> {
        let mut known = vec![None; files.len()];
        let Some(cache) = self.cache else { return Ok(known) };
        let marked: Vec<_> = (0..).zip(files).filter_map(|(file, path)| Some((file, mark(path)?))).collect();
        let (numbers, marks): (Vec<usize>, Vec<FileMark>) = marked.into_iter().unzip();
        let contents = cache.contents_of(&marks)?;
        let (numbers, images): (Vec<usize>, Vec<ImageId>) =
            numbers.into_iter().zip(contents).filter_map(|(file, image)| Some((file, image?))).unzip();
        for (file, vector) in numbers.into_iter().zip(cache.embeddings_of(self.embedder.space(), &images)?) {
            known[file] = vector.map(Ok);
        }
        Ok(known)
    }

    /// The embeddings of a batch of files, and how many of them were computed.
    fn embed_batch(&self, paths: &[&PhotoPath]) -> Result<(Vec<Outcome>, usize), ProtocolError> {
        let readings: Vec<_> = paths.par_iter().map(|path| read(path)).collect();
        let mut outcomes = self.known_contents(&readings)?;
        let unknown: Vec<usize> = (0..paths.len()).filter(|&file| outcomes[file].is_none()).collect();
        let decoded: Vec<Result<Pixels, String>> =
            unknown.par_iter().map(|&file| self.decode(&readings[file])).collect();
        let (mut computable, mut pixels) = (vec![], vec![]);
        for (&file, decoded) in unknown.iter().zip(decoded) {
            match decoded {
                Ok(picture) => {
                    computable.push(file);
                    pixels.push(picture);
                }
                Err(reason) => outcomes[file] = Some(Err(reason)),
            }
        }
        let vectors = self.embedder.embed_images(&pixels).map_err(|error| embedding_problem(&error))?;
        computable.iter().zip(vectors).for_each(|(&file, vector)| outcomes[file] = Some(Ok(vector)));
        let outcomes: Vec<Outcome> = outcomes.into_iter().flatten().collect();
        self.remember(&readings, &outcomes)?;
        Ok((outcomes, computable.len()))
    }

    fn known_contents(&self, readings: &[Result<Reading, String>]) -> Result<Vec<Option<Outcome>>, ProtocolError> {
        let Some(cache) = self.cache else { return Ok(vec![None; readings.len()]) };
        let images: Vec<ImageId> = readings.iter().flatten().map(|reading| reading.image).collect();
        let mut vectors = cache.embeddings_of(self.embedder.space(), &images)?.into_iter();
        Ok(readings
            .iter()
            .map(|reading| match reading {
                Ok(_) => vectors.next().flatten().map(Ok),
                Err(reason) => Some(Err(reason.clone())),
            })
            .collect())
    }

    fn decode(&self, reading: &Result<Reading, String>) -> Result<Pixels, String> {
        let reading = reading.as_ref().map_err(String::clone)?;
        let picture = decode(&reading.content, &DecodeLimits::default(), self.embedder.detail());
        Ok(self.embedder.preprocess(&picture.map_err(|error| error.to_string())?))
    }

    fn remember(&self, readings: &[Result<Reading, String>], outcomes: &[Outcome]) -> Result<(), ProtocolError> {
        let Some(cache) = self.cache else { return Ok(()) };
        let embedded = || {
            let pairs = readings.iter().zip(outcomes);
            pairs.filter_map(|(reading, outcome)| Some((reading.as_ref().ok()?, outcome.as_ref().ok()?)))
        };
        let files: Vec<_> =
            embedded().filter_map(|(reading, _)| Some((reading.mark.clone()?, reading.image))).collect();
        let vectors: Vec<_> = embedded().map(|(reading, vector)| (reading.image, vector.clone())).collect();
        cache.remember(self.embedder.space(), &files, &vectors)
    }
}

fn read(path: &PhotoPath) -> Result<Reading, String> {
    let file = path.as_path();
    let metadata = fs::metadata(file).map_err(|error| error.to_string())?;
    if metadata.is_dir() {
        return Err("a folder; expected image files (give its files, or index it and search)".to_owned());
    }
    if !metadata.is_file() {
        return Err("not a file; expected image files".to_owned());
    }
    if metadata.len() > LARGEST_FILE {
        return Err(format!("larger than {} MiB", LARGEST_FILE >> 20));
    }
    let content = fs::read(file).map_err(|error| error.to_string())?;
    Ok(Reading { mark: mark_of(path, &metadata), image: ImageId::of_content(&content), content })
}

/// What shows whether a file changed; `None` for one that is not there, or has no place of its own.
fn mark(path: &PhotoPath) -> Option<FileMark> {
    mark_of(path, &fs::metadata(path.as_path()).ok()?)
}

fn mark_of(path: &PhotoPath, metadata: &Metadata) -> Option<FileMark> {
    let modified = metadata.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
    let path = PhotoPath::from(std::path::absolute(path.as_path()).ok()?);
    Some(FileMark { path, size: metadata.len(), modified_ns: i64::try_from(modified.as_nanos()).ok()? })
}
