//! `foray classify`: which class photos show.

mod sorting;

use std::collections::HashSet;
use std::io::{self, Write};
use std::path::Path;

use anyhow::{Context, Result, bail};
use foray_embedding::Embedder;
use foray_evaluation::{caption_lines, read_text};
use foray_library::{LibraryError, Store};
use foray_protocol::{
    Classification, Classifier, EmbeddingCache, Failure, PhotoPath, SearchRequest, StopSignal, UnitVector, is_photo,
};
use foray_server::{LabelRelevance, PhotoFiles, classifier_of_labels, everyday_concepts};
use serde::Serialize;
use serde_json::json;

use crate::arguments::ClassifyArguments;
use crate::connection::Connection;
use crate::input::paths_on_stdin;
use crate::listing::visible;
use crate::output::print_json;
use crate::progress::PhotoBar;
use crate::settings::Settings;

/// Folders below the one that is given; deeper ones are most likely a link in a circle.
const DEEPEST: usize = 32;

/// A photo and what it shows.
#[derive(Serialize)]
struct Classified {
    path: PhotoPath,
    #[serde(flatten)]
    classification: Classification,
    #[serde(skip)]
    vector: UnitVector,
}

pub fn classify(settings: &Settings, arguments: &ClassifyArguments) -> Result<()> {
    check(arguments)?;
    let library = open(settings, arguments)?;
    let embedder = match &library {
        Some(library) => settings.open_embedder_for(library.space()?.as_ref())?,
        None => settings.open_embedder()?,
    };
    let classifier = classifier(arguments, library.as_ref(), &embedder)?;
    let cache = library.as_ref().map(Connection::embedding_cache);
    let catalogue = library.as_ref().and_then(Connection::library);
    let paths = paths(settings, arguments, library)?;
    let vectors = embed(settings, &embedder, cache.as_deref(), &paths)?;
    let (classified, failed) = classify_vectors(arguments, &classifier, &paths, vectors);
    let classified = match arguments.or_none {
        true => with_relevance(classified, catalogue.as_deref(), &embedder, &classifier)?,
        false => classified,
    };
    print(arguments, &classifier, &classified, &failed)?;
    sorting::sort_into_folders(arguments, &classified)?;
    match failed.as_slice() {
        [] => Ok(()),
        [first, ..] => bail!("{} of {} images left out: {}: {}", failed.len(), paths.len(), first.path, first.reason),
    }
}

fn check(arguments: &ClassifyArguments) -> Result<()> {
    if !(0.0..=1.0).contains(&arguments.min_probability) {
        bail!("--min-probability {}: expected 0 to 1", arguments.min_probability);
    }
    Ok(())
}

/// The library, where it is needed or there is one: it remembers embeddings.
fn open(settings: &Settings, arguments: &ClassifyArguments) -> Result<Option<Connection>> {
    let is_needed = arguments.query.is_some() || arguments.classifier.is_some();
    match Connection::open(settings, "classify", false) {
        Err(error) if !is_needed && matches!(error.downcast_ref(), Some(LibraryError::Missing(_))) => Ok(None),
        opened => opened.map(Some),
    }
}

fn classifier(arguments: &ClassifyArguments, library: Option<&Connection>, embedder: &Embedder) -> Result<Classifier> {
    if let (Some(name), Some(library)) = (&arguments.classifier, library) {
        let classifier = library.classifier(name)?;
        let (made_for, here) = (&classifier.layer.space, embedder.space());
        if made_for != here {
            bail!(
                "the classifier {name} was made for {made_for}, the model here is {here}; make it anew with `foray eval`"
            );
        }
        return Ok(classifier);
    }
    let labels = match &arguments.labels {
        Some(file) => caption_lines(&read_text(file)?),
        None => arguments.label.clone(),
    };
    if labels.len() < 2 || labels.iter().any(String::is_empty) {
        bail!(
            "got {} labels; expected at least two that say something, such as --label daisy --label dandelion",
            labels.len()
        );
    }
    Ok(classifier_of_labels(embedder, &labels, arguments.template.as_deref())?)
}

fn paths(settings: &Settings, arguments: &ClassifyArguments, library: Option<Connection>) -> Result<Vec<PhotoPath>> {
    if let (Some(query), Some(library)) = (&arguments.query, library) {
        let results = library.search(settings)?.search(&SearchRequest::new(query, arguments.limit))?;
        return Ok(results.results.iter().map(|hit| hit.photo.photo_path()).collect());
    }
    let mut paths = vec![];
    for given in &arguments.images {
        if given == Path::new("-") {
            paths.extend(paths_on_stdin()?);
        } else if given.is_dir() {
            collect(given, DEEPEST, &mut paths)?;
        } else {
            paths.push(PhotoPath::from(given.clone()));
        }
    }
    let mut seen = HashSet::new();
    paths.retain(|path| seen.insert(path.as_path().canonicalize().unwrap_or_else(|_| path.as_path().to_owned())));
    if paths.is_empty() {
        bail!(
            "no photos in {}",
            arguments.images.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(", ")
        );
    }
    Ok(paths)
}

/// The photos in a folder and those below it, by name.
fn collect(folder: &Path, depth: usize, paths: &mut Vec<PhotoPath>) -> Result<()> {
    let entries = folder.read_dir().with_context(|| folder.display().to_string())?;
    let mut entries = entries.map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<_>>>()?;
    entries.sort();
    for path in entries {
        let is_hidden = path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
        // A link to a folder may lead in a circle.
        if is_hidden || path.is_dir() && path.is_symlink() {
            continue;
        }
        if path.is_dir() && depth > 0 {
            collect(&path, depth - 1, paths)?;
        } else if is_photo(&path) {
            paths.push(PhotoPath::from(path));
        }
    }
    Ok(())
}

fn embed(
    settings: &Settings,
    embedder: &Embedder,
    cache: Option<&dyn EmbeddingCache>,
    paths: &[PhotoPath],
) -> Result<Vec<Result<UnitVector, String>>> {
    let bar = PhotoBar::new(settings.show_progress);
    let stop = StopSignal::new();
    let embedded = PhotoFiles { embedder, cache, stop: &stop }.embed(paths, |done| bar.show(done, paths.len()));
    bar.finish();
    Ok(embedded?.vectors)
}

fn classify_vectors(
    arguments: &ClassifyArguments,
    classifier: &Classifier,
    paths: &[PhotoPath],
    vectors: Vec<Result<UnitVector, String>>,
) -> (Vec<Classified>, Vec<Failure>) {
    let (mut classified, mut failed) = (vec![], vec![]);
    for (path, vector) in paths.iter().cloned().zip(vectors) {
        match vector {
            Ok(vector) => {
                let classification = Classification::new(classifier, &vector, arguments.min_probability);
                classified.push(Classified { path, classification, vector });
            }
            Err(reason) => failed.push(Failure { path, reason }),
        }
    }
    (classified, failed)
}

/// The photos with how relevant the labels are to them, and no class where they are not.
fn with_relevance(
    classified: Vec<Classified>,
    library: Option<&dyn Store>,
    embedder: &Embedder,
    classifier: &Classifier,
) -> Result<Vec<Classified>> {
    let concepts = everyday_concepts(library, embedder, classified.iter().map(|photo| &photo.vector))?;
    let relevance = LabelRelevance::new(embedder, &classifier.classes, concepts)?;
    let judge = |photo: Classified| {
        let classification = photo.classification.with_relevance(relevance.of(&photo.vector));
        Classified { classification, ..photo }
    };
    Ok(classified.into_iter().map(judge).collect())
}

fn print(
    arguments: &ClassifyArguments,
    classifier: &Classifier,
    classified: &[Classified],
    failed: &[Failure],
) -> Result<()> {
    if arguments.json {
        return print_json(&json!({ "classes": classifier.classes, "results": classified, "failed": failed }));
    }
    if arguments.csv {
        return print_csv(classifier, classified);
    }
    let mut out = io::stdout().lock();
    for Classified { path, classification, .. } in classified {
        let class = classification.class.as_deref().unwrap_or("none of these");
        let (class, path) = (visible(class), visible(&path.to_string()));
        writeln!(out, "{:.4}\t{class}\t{path}", classification.probability)?;
    }
    Ok(())
}

fn print_csv(classifier: &Classifier, classified: &[Classified]) -> Result<()> {
    let mut table = csv::Writer::from_writer(io::stdout().lock());
    let classes = classifier.classes.iter().map(String::as_str);
    table.write_record(["path", "class", "probability"].into_iter().chain(classes))?;
    for Classified { path, classification, .. } in classified {
        let Classification { class, probability, probabilities, .. } = classification;
        let fixed = [path.to_string(), class.clone().unwrap_or_default(), probability.to_string()];
        let each = classifier.classes.iter().map(|class| probabilities.get(class).map_or(0.0, |p| *p).to_string());
        table.write_record(fixed.into_iter().chain(each))?;
    }
    Ok(table.flush()?)
}
