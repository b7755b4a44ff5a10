//! `foray rank`: exactly these images in the order of how well they fit a query; needs no library.

use anyhow::{Context, Result, bail};
use foray_embedding::Embedder;
use foray_protocol::{Failure, PhotoPath, Problem, ProblemKind, Query, RankedFile, StopSignal, UnitVector};
use foray_server::{PhotoFiles, query_vector};
use serde_json::json;

use crate::arguments::RankArguments;
use crate::input::{given_paths, picture};
use crate::listing::{self, Line};
use crate::output::print_json;
use crate::settings::Settings;

pub fn rank(settings: &Settings, arguments: &RankArguments) -> Result<()> {
    let paths = given_paths(&arguments.images)?;
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

/// The paths given, `-` replaced by those on standard input.
fn target_vector(embedder: &Embedder, query: &str) -> Result<UnitVector> {
    if let Some(file) = picture(query)? {
        let stop = StopSignal::new();
        let embedded = PhotoFiles { embedder, cache: None, stop: &stop }.embed(&[file.into()], |_| ())?;
        let vector = embedded.vectors.into_iter().next().context("the model gave no embedding")?;
        return vector.map_err(|reason| anyhow::anyhow!("{query}: {reason}"));
    }
    let no_library = |_: &str| {
        let detail = "`foray rank` works without a library, so id: has no meaning there; name an image file";
        Err(Problem::new(ProblemKind::BadRequest, detail).into())
    };
    let vector = query_vector(&Query::of_ranking(query)?, embedder, no_library)?;
    vector.context("the query has no words; write what the images are compared with")
}

fn score_all(embedder: &Embedder, target: &UnitVector, paths: &[PhotoPath]) -> Result<(Vec<RankedFile>, Vec<Failure>)> {
    let stop = StopSignal::new();
    let embedded = PhotoFiles { embedder, cache: None, stop: &stop }.embed(paths, |_| ())?;
    let (mut ranked, mut failed) = (vec![], vec![]);
    for (path, vector) in paths.iter().zip(embedded.vectors) {
        match vector {
            Ok(vector) => ranked.push(RankedFile::new(path, vector.cosine(target))),
            Err(reason) => failed.push(Failure { path: path.clone(), reason }),
        }
    }
    Ok((ranked, failed))
}
