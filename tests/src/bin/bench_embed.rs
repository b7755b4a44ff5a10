//! The embedding stage against raw ONNX Runtime in Python: the same library, graphs, batches and threads, turn by turn.
#![allow(clippy::unwrap_used, reason = "a measurement that cannot be made ends the program")]

use std::path::Path;
use std::thread;

use foray_embedding::{BackendChoice, BackendOptions, Device, Embedder, Model, Picture, Pixels};
use foray_tests::bench::{PythonPeer, Row, in_turns, report};
use image::{Rgb, RgbImage};

const SIDE: u32 = 260;
const CAPTION: &str = "a mushroom on the bark of a tree";
/// Our share of the raw rate that is aimed at.
const GOAL: f64 = 0.97;

fn main() {
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let model = Path::new(env!("CARGO_MANIFEST_DIR")).join("../models/builtin");
    let options = BackendOptions {
        choice: BackendChoice::Ort,
        device: Device::Cpu,
        threads: Some(threads),
        ..BackendOptions::default()
    };
    let embedder = Embedder::open(Model::builtin().unwrap(), &options).unwrap();
    let arguments = [model.display().to_string(), SIDE.to_string(), threads.to_string()];
    let mut peer = PythonPeer::start("embed_peer.py", &arguments);
    let mut rows = vec![];
    for batch in [1, 8, 16] {
        let pictures = pictures(&embedder, batch);
        let rounds = 64 / batch;
        let (ours, theirs) = in_turns(
            || (0..rounds).for_each(|_| drop(embedder.embed_images(&pictures).unwrap())),
            || peer.ask(&format!("visual {batch} {rounds}")),
        );
        let count = (rounds * batch) as f64;
        rows.push(Row::rate(&format!("pictures, batch {batch}"), count / ours, count / theirs, "images/s", GOAL));
    }
    let rounds = 100;
    let (ours, theirs) = in_turns(
        || (0..rounds).for_each(|_| drop(embedder.embed_text(CAPTION).unwrap())),
        || peer.ask(&format!("textual {rounds}")),
    );
    let each = 1e3 / f64::from(rounds);
    rows.push(Row::cost("one text", ours * each, theirs * each, "ms", GOAL));
    report("embed", &rows);
}

/// Different pictures of noise: what is in them does not change the work.
fn pictures(embedder: &Embedder, count: usize) -> Vec<Pixels> {
    let picture = |seed: u32| {
        let noise = |x: u32, y: u32| (x * 7919 + y * 104_729 + seed * 31) % 251;
        let pixels =
            RgbImage::from_fn(SIDE, SIDE, |x, y| Rgb([noise(x, y), noise(y, x), noise(x + 1, y)].map(|v| v as u8)));
        embedder.preprocess(&Picture { pixels, width: SIDE, height: SIDE, format: "png" })
    };
    (0..count as u32).map(picture).collect()
}
