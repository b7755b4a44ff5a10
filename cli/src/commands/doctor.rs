//! `foray doctor`: which backend runs here, checked by real embeddings on each.

use std::io::{self, Write};
use std::time::Instant;

use anyhow::{Context, Result};
use foray_embedding::{BUILTIN, BackendChoice, DecodeLimits, Detail, Device, Embedder, decode};
use foray_protocol::{BackendReport, UnitVector};
use serde::Serialize;

use crate::arguments::DoctorArguments;
use crate::output::print_json;
use crate::settings::Settings;

/// A small photograph to embed: the check must not need one of the user's.
pub const PHOTO: &[u8] = include_bytes!("doctor.jpg");
const CAPTION: &str = "a photo of a cat";
const BATCH: usize = 8;
const ROUNDS: u32 = 3;

/// What one backend did.
#[derive(Serialize)]
struct Checkup {
    backend: &'static str,
    device: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    report: Option<BackendReport>,
    #[serde(skip_serializing_if = "Option::is_none")]
    images_per_second: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    text_ms: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    #[serde(skip)]
    embedding: Option<UnitVector>,
}

#[derive(Serialize)]
struct Diagnosis {
    version: &'static str,
    library: String,
    model: String,
    space: String,
    dimension: usize,
    /// What the other commands use.
    chosen: BackendReport,
    backends: Vec<Checkup>,
    /// The lowest cosine similarity between two backends' or devices' embeddings of one photo.
    #[serde(skip_serializing_if = "Option::is_none")]
    agreement: Option<f32>,
}

pub fn doctor(settings: &Settings, arguments: &DoctorArguments) -> Result<()> {
    let chosen = settings.open_embedder()?;
    let backends = check_all(settings);
    let embeddings: Vec<&UnitVector> = backends.iter().filter_map(|checkup| checkup.embedding.as_ref()).collect();
    let pairs = embeddings.iter().enumerate().flat_map(|(i, a)| embeddings[..i].iter().map(|b| a.cosine(b)));
    let agreement = pairs.min_by(f32::total_cmp);
    let diagnosis = Diagnosis {
        version: env!("CARGO_PKG_VERSION"),
        library: settings.library.display().to_string(),
        model: chosen.model_name().to_owned(),
        space: chosen.space().to_string(),
        dimension: chosen.dimension(),
        chosen: chosen.report().clone(),
        backends,
        agreement,
    };
    if arguments.json { print_json(&diagnosis) } else { print(&diagnosis) }
}

/// ONNX Runtime on every device that it was built for, or why it is not there, and rten.
fn check_all(settings: &Settings) -> Vec<Checkup> {
    let devices = match settings.devices() {
        devices if devices.is_empty() => vec![Device::Cpu],
        devices => devices,
    };
    let mut checkups: Vec<Checkup> =
        devices.into_iter().map(|device| check(settings, "ort", BackendChoice::Ort, device)).collect();
    checkups.push(check(settings, "rten", BackendChoice::Rten, Device::Cpu));
    checkups
}

fn check(settings: &Settings, backend: &'static str, choice: BackendChoice, device: Device) -> Checkup {
    let name = device.to_string();
    let measured = settings
        .open_embedder_on(choice, device)
        .and_then(|embedder| Ok((embedder.report().clone(), measure(&embedder)?)));
    match measured {
        Ok((report, (images_per_second, text_ms, embedding))) => Checkup {
            backend,
            device: name,
            report: Some(report),
            images_per_second: Some(images_per_second),
            text_ms: Some(text_ms),
            error: None,
            embedding: Some(embedding),
        },
        Err(error) => Checkup {
            backend,
            device: name,
            report: None,
            images_per_second: None,
            text_ms: None,
            error: Some(format!("{error:#}")),
            embedding: None,
        },
    }
}

fn measure(embedder: &Embedder) -> Result<(f64, f64, UnitVector)> {
    let picture = decode(PHOTO, &DecodeLimits::default(), Detail::Full)?;
    let batch: Vec<_> = (0..BATCH).map(|_| embedder.preprocess(&picture)).collect();
    let embedding = embedder.embed_images(&batch)?.pop().context("the model gave no embedding")?;
    embedder.embed_text(CAPTION)?;
    let per_batch = time(|| embedder.embed_images(&batch).map(drop))?;
    let per_text = time(|| embedder.embed_text(CAPTION).map(drop))?;
    Ok((BATCH as f64 / per_batch, per_text * 1e3, embedding))
}

/// Mean seconds of a few runs.
fn time<E>(run: impl Fn() -> Result<(), E>) -> Result<f64, E> {
    let begun = Instant::now();
    (0..ROUNDS).try_for_each(|_| run())?;
    Ok(begun.elapsed().as_secs_f64() / f64::from(ROUNDS))
}

fn print(diagnosis: &Diagnosis) -> Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "foray     {}", diagnosis.version)?;
    writeln!(out, "library   {}", diagnosis.library)?;
    writeln!(out, "model     {} ({} components, space {})", diagnosis.model, diagnosis.dimension, diagnosis.space)?;
    for checkup in &diagnosis.backends {
        let Checkup { backend: name, device, .. } = checkup;
        match (&checkup.report, checkup.images_per_second, checkup.text_ms, &checkup.error) {
            (Some(report), Some(images), Some(text), _) => writeln!(
                out,
                "{name:<9} {} on {}, {} threads: {images:.1} images/s, {text:.1} ms per text{}",
                report.version,
                report.device,
                report.threads,
                report.library.as_ref().map(|library| format!(" ({library})")).unwrap_or_default(),
            )?,
            (.., error) => writeln!(out, "{name:<9} not on {device}: {}", error.as_deref().unwrap_or_default())?,
        }
    }
    diagnosis.agreement.iter().try_for_each(|cosine| writeln!(out, "agreement {cosine:.5} (cosine similarity)"))?;
    let BackendReport { backend, version, device, .. } = &diagnosis.chosen;
    writeln!(out, "in use    {backend} {version} on {device}")?;
    diagnosis.chosen.warning.iter().try_for_each(|warning| writeln!(out, "warning   {warning}"))?;
    if diagnosis.model == BUILTIN {
        writeln!(
            out,
            "advice    the built-in model needs no network; with one, `foray models list` names models that find more"
        )?;
    }
    Ok(())
}
