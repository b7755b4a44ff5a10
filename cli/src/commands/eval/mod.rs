//! `foray eval`: how well wordings tell the classes of labelled photos apart.

mod history;
mod table;

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use foray_embedding::{DecodeLimits, Detail, decode};
use foray_evaluation::{Dataset, read_text, report_page};
use foray_library::{Durability, write_atomically};
use foray_protocol::{CaptionSet, Evaluation, EvaluationRequest, PhotoPath, StopSignal};
use foray_server::{Evaluated, PhotoFiles, evaluate};
use image::codecs::jpeg::JpegEncoder;

use crate::arguments::EvalArguments;
use crate::connection::Connection;
use crate::logging;
use crate::output::print_json;
use crate::preview::fitted;
use crate::progress::PhotoBar;
use crate::settings::Settings;

/// Mistakes that the page shows.
const MISTAKES: usize = 60;
/// The long side of their thumbnails, pixels.
const THUMBNAIL: u32 = 200;
const THUMBNAIL_QUALITY: u8 = 80;

pub fn eval(settings: &Settings, arguments: &EvalArguments) -> Result<()> {
    if arguments.history {
        return history::history(settings, arguments);
    }
    let request = request(arguments)?;
    // Before a model is loaded, and a library made, for nothing.
    let dataset = Dataset::read(Path::new(&request.dataset))?;
    let library = Connection::open(settings, "eval", true)?;
    let embedder = settings.open_embedder_for(library.space()?.as_ref())?;
    let cache = library.embedding_cache();
    let stop = StopSignal::new();
    let files = PhotoFiles { embedder: &embedder, cache: Some(cache.as_ref()), stop: &stop };
    let bar = PhotoBar::new(settings.show_progress);
    let evaluated = evaluate(&files, dataset, &request, |done, all| bar.show(done, all));
    bar.finish();
    let evaluated = evaluated?;
    library.keep_evaluation(&evaluated.evaluation)?;
    if let Some(name) = &arguments.save {
        library.keep_classifier(&evaluated.classifier(name.clone()))?;
    }
    print(arguments, &evaluated.evaluation)?;
    if let Some(file) = &arguments.html {
        write_page(file, &evaluated)?;
    }
    if let Some(file) = &arguments.split_to {
        write_split(file, &evaluated)?;
    }
    Ok(())
}

fn request(arguments: &EvalArguments) -> Result<EvaluationRequest> {
    let EvalArguments { dataset, captions, template, ensemble, suggest, few_shot, split, logit_scale, .. } = arguments;
    let dataset = dataset.as_deref().unwrap_or(Path::new(""));
    Ok(EvaluationRequest {
        dataset: dataset.to_str().context("the dataset's path is not UTF-8; give it another name")?.to_owned(),
        split: split.clone(),
        captions: captions.iter().map(|file| caption_set(file)).collect::<Result<_>>()?,
        templates: template.clone(),
        ensemble: *ensemble,
        suggest: *suggest,
        few_shot: *few_shot,
        logit_scale: *logit_scale,
    })
}

fn caption_set(file: &Path) -> Result<CaptionSet> {
    let captions = foray_evaluation::caption_lines(&read_text(file)?);
    Ok(CaptionSet { name: file.display().to_string(), captions })
}

fn write_page(file: &Path, evaluated: &Evaluated) -> Result<()> {
    let mistakes = evaluated.mistakes(MISTAKES, thumbnail);
    let page = report_page(&evaluated.evaluation, &mistakes);
    write_atomically(file, page.as_bytes(), Durability::Crash).with_context(|| format!("--html {}", file.display()))?;
    logging::notice(format!("the report is in {}", file.display()));
    Ok(())
}

fn write_split(file: &Path, evaluated: &Evaluated) -> Result<()> {
    let table = evaluated.labelled_split()?;
    let written = write_atomically(file, table.as_bytes(), Durability::Crash);
    written.with_context(|| format!("--split-to {}", file.display()))?;
    logging::notice(format!("the labels and splits are in {}", file.display()));
    Ok(())
}

/// A small JPEG of a photo; nothing for one that went away meanwhile.
fn thumbnail(path: &PhotoPath) -> Vec<u8> {
    let mut jpeg = vec![];
    let detail = Detail::Sides { short: 0, long: THUMBNAIL };
    let content = fs::read(path.as_path()).unwrap_or_default();
    if let Ok(picture) = decode(&content, &DecodeLimits::default(), detail) {
        let small = fitted(&picture.pixels, THUMBNAIL);
        let encoder = JpegEncoder::new_with_quality(&mut jpeg, THUMBNAIL_QUALITY);
        if small.write_with_encoder(encoder).is_err() {
            jpeg.clear();
        }
    }
    jpeg
}

fn print(arguments: &EvalArguments, evaluation: &Evaluation) -> Result<()> {
    if !arguments.json {
        return table::print(evaluation);
    }
    let mut document = serde_json::to_value(evaluation)?;
    if let (Some(fields), Some(best)) = (document.as_object_mut(), evaluation.contenders.first()) {
        fields.insert("top1".to_owned(), best.metrics.top1.into());
        fields.insert("top5".to_owned(), best.metrics.top5.into());
    }
    print_json(&document)
}
