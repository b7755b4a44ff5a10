//! Embeddings of the photographs in ../shared/data by the built-in model, made with the real binary, and of captions.

use std::fs;
use std::path::Path;

use foray_embedding::{BackendOptions, Embedder, Model};
use foray_protocol::UnitVector;
use serde_json::Value;

use crate::Sandbox;

/// Folders of photographs in ../shared/data.
const FOLDERS: [&str; 3] = ["flickr8k/images", "caltech101", "imagenet1k_one"];

/// Embeddings of all photos in `data`, as the binary indexes and exports them.
pub fn of_photos(data: &Path) -> Vec<UnitVector> {
    let sandbox = Sandbox::new();
    let folders = FOLDERS.map(|name| data.join(name).display().to_string());
    let run = sandbox.run([&["index", "--json"], &folders.each_ref().map(String::as_str)[..]].concat());
    eprintln!("indexed {} photos in {} s", run.json()["indexed"], run.json()["seconds"]);
    let export = sandbox.path().join("export");
    let run = sandbox.run(["export", &export.display().to_string()]);
    assert_eq!(run.code, Some(0), "{run:?}");
    let file = fs::read(export.join("vectors.npy")).unwrap();
    let header = 10 + usize::from(u16::from_le_bytes([file[8], file[9]]));
    let values: Vec<f32> = file[header..].as_chunks().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
    let vectors = values.chunks(Model::builtin().unwrap().dimension());
    vectors.map(|vector| UnitVector::normalized(vector.to_vec()).unwrap()).collect()
}

/// Embeddings of the 5,000 captions of Flickr8k's dev photos.
pub fn of_captions(data: &Path) -> Vec<UnitVector> {
    let rows: Value = serde_json::from_slice(&fs::read(data.join("flickr8k/captions.json")).unwrap()).unwrap();
    let embedder = Embedder::open(Model::builtin().unwrap(), &BackendOptions::default()).unwrap();
    let dev = rows.as_array().unwrap().iter().filter(|row| row["split"] == "dev");
    let texts = dev.flat_map(|row| row["captions"].as_array().unwrap());
    texts.map(|text| embedder.embed_text(text.as_str().unwrap()).unwrap()).collect()
}
