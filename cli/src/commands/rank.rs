//! `foray rank`: exactly these images in the order of how well they fit a query; needs no library.

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use foray_embedding::{DecodeLimits, Embedder, Pixels, decode};
use foray_protocol::{Failure, PhotoPath, Problem, ProblemKind, Query, RankedFile, UnitVector};
use foray_server::query_vector;
use rayon::prelude::*;
use serde_json::json;

use crate::arguments::RankArguments;
use crate::listing::{self, Line};
use crate::output::print_json;
use crate::settings::Settings;

/// Images decoded and embedded together.
const BATCH: usize = 16;

pub fn rank(settings: &Settings, arguments: &RankArguments) -> Result<()> {
    let paths = paths_to_rank(&arguments.images)?;
    let embedder = settings.open_embedder()?;
    let target = target_vector(&embedder, &arguments.query)?;
    let (mut ranked, failed) = score_all(&embedder, &target, &paths)?;
    ranked.sort_by(|a, b| b.score.total_cmp(&a.score).then_with(|| a.path.cmp(&b.path)));
    ranked.truncate(arguments.limit.unwrap_or(usize::MAX));
    if arguments.format.json {
        print_json(&json!({ "results": ranked, "failed": failed }))?;
    } else {
        let lines = ranked.iter().map(|file| Line::of_file(file.photo_path(), file.score));
        listing::print(settings, arguments.format, lines)?;
    }
    match failed.as_slice() {
        [] => Ok(()),
        [first, ..] => bail!("{} of {} images left out: {}: {}", failed.len(), paths.len(), first.path, first.reason),
    }
}

/// The paths given, `-` replaced by those on standard input (separated by zero bytes if there are any, else by newlines).
fn paths_to_rank(given: &[PathBuf]) -> Result<Vec<PhotoPath>> {
    let mut paths = vec![];
    for path in given {
        if path == Path::new("-") {
            let mut text = vec![];
            io::stdin().read_to_end(&mut text).context("cannot read the image names from standard input")?;
            let separator = if text.contains(&0) { 0 } else { b'\n' };
            let names = text.split(|&byte| byte == separator).filter(|name| !name.is_empty());
            paths.extend(names.map(PhotoPath::from_bytes));
        } else {
            paths.push(PhotoPath::from(path.clone()));
        }
    }
    Ok(paths)
}

fn target_vector(embedder: &Embedder, query: &str) -> Result<UnitVector> {
    let file = PhotoPath::from(query);
    if file.as_path().is_file() {
        let pixels = load(embedder, &file).map_err(|failure| anyhow::anyhow!("{query}: {}", failure.reason))?;
        return embedder.embed_images(&[pixels])?.pop().context("the model gave no embedding");
    }
    let no_library = |_: &str| {
        let detail = "`foray rank` works without a library, so id: has no meaning there; name an image file";
        Err(Problem::new(ProblemKind::BadRequest, detail).into())
    };
    let vector = query_vector(&Query::of_ranking(query)?, embedder, no_library)?;
    vector.context("the query has no words; write what the images are compared with")
}

fn score_all(embedder: &Embedder, target: &UnitVector, paths: &[PhotoPath]) -> Result<(Vec<RankedFile>, Vec<Failure>)> {
    let (mut ranked, mut failed) = (vec![], vec![]);
    for paths in paths.chunks(BATCH) {
        let loaded: Vec<_> = paths.par_iter().map(|path| load(embedder, path)).collect();
        let (mut names, mut pixels) = (vec![], vec![]);
        for (path, loaded) in paths.iter().zip(loaded) {
            match loaded {
                Ok(image) => {
                    names.push(path);
                    pixels.push(image);
                }
                Err(failure) => failed.push(failure),
            }
        }
        let vectors = embedder.embed_images(&pixels)?;
        ranked.extend(names.iter().zip(vectors).map(|(path, vector)| RankedFile::new(path, vector.cosine(target))));
    }
    Ok((ranked, failed))
}

fn load(embedder: &Embedder, path: &PhotoPath) -> Result<Pixels, Failure> {
    let failure = |reason: String| Failure { path: path.clone(), reason };
    if path.as_path().is_dir() {
        return Err(failure("a folder; expected image files (give its files, or index it and search)".to_owned()));
    }
    let content = fs::read(path).map_err(|error| failure(error.to_string()))?;
    let picture =
        decode(&content, &DecodeLimits::default(), embedder.detail()).map_err(|error| failure(error.to_string()))?;
    Ok(embedder.preprocess(&picture))
}
