//! On an NVIDIA GPU: a ViT-B-32 in half precision at batch 256 against PyTorch on the same GPU, and large JPEGs end to end.
#![allow(clippy::unwrap_used, reason = "a measurement that cannot be made ends the program")]

use std::path::PathBuf;

use foray_embedding::{BackendChoice, BackendOptions, Device, Embedder, Model, Picture};
use foray_tests::Sandbox;
use foray_tests::bench::{PythonPeer, Row, in_turns, report};
use image::{Rgb, RgbImage};
use serde_json::json;

const SIDE: u32 = 224;
const BATCH: usize = 256;
const ROUNDS: usize = 8;

fn main() {
    let work = PathBuf::from(std::env::args().nth(1).expect("usage: gpu_proof FOLDER"));
    let embedder = open(&work);
    println!("{}", json!(embedder.report()));
    let rows = [embedding(&embedder)];
    drop(embedder);
    report("gpu", &rows);
    index(&work);
}

fn open(work: &std::path::Path) -> Embedder {
    let options = BackendOptions { choice: BackendChoice::Ort, device: Device::Cuda(0), ..BackendOptions::default() };
    let embedder = Embedder::open(Model::from_folder(&work.join("model")).unwrap(), &options);
    embedder.unwrap_or_else(|error| panic!("{error}"))
}

fn embedding(embedder: &Embedder) -> Row {
    let picture = |seed: u32| {
        let pixels = RgbImage::from_fn(SIDE, SIDE, |x, y| Rgb([x, y, seed].map(|v| (v % 256) as u8)));
        embedder.preprocess(&Picture { pixels, width: SIDE, height: SIDE, format: "png" })
    };
    let pictures: Vec<_> = (0..BATCH as u32).map(picture).collect();
    let mut peer = PythonPeer::start("gpu_peer.py", &[]);
    let (ours, theirs) = in_turns(
        || (0..ROUNDS).for_each(|_| drop(embedder.embed_images(&pictures).unwrap())),
        || peer.ask(&format!("visual {BATCH} {ROUNDS}")),
    );
    let count = (ROUNDS * BATCH) as f64;
    Row::rate("ViT-B-32, half, batch 256", count / ours, count / theirs, "images/s", 1.0)
}

/// Indexes the JPEGs with the real binary, decoding on all cores.
fn index(work: &std::path::Path) {
    let sandbox = Sandbox::new();
    let (photos, model) = (work.join("photos"), work.join("model"));
    let path = |folder: PathBuf| folder.canonicalize().unwrap().display().to_string();
    let summary = sandbox.run(["index", &path(photos), "--json", "--device", "cuda:0", "--model", &path(model)]).json();
    let rate = summary["indexed"].as_f64().unwrap() / summary["seconds"].as_f64().unwrap();
    println!("from 12-megapixel JPEGs to the library: {rate:.1} images/s ({summary})");
}
