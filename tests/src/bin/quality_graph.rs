//! Whether the search graph finds what text queries look for: its links join pictures, and embeddings of texts lie apart from
//! those. Indexes Flickr8k's, Caltech-101's and ImageNet's photos with the real binary, and holds recall@10 of walks through
//! the graph for 5,000 captions against the exact scan.
#![allow(clippy::unwrap_used, reason = "a measurement that cannot be made ends the program")]

use std::fs;
use std::path::Path;

use foray_library::engine::VectorIndex;
use foray_protocol::{ImageId, UnitVector};
use foray_tests::{photo_embeddings, test_data};
use rayon::prelude::*;
use serde_json::json;

const WANTED: usize = 10;
/// The breadth that the library walks with at least.
const EF: usize = 512;
/// Narrower walks, to show how much room there is.
const BREADTHS: [usize; 5] = [32, 64, 128, 256, EF];

fn main() {
    let Some(data) = test_data("make quality (graph)", "flickr8k") else { return };
    let vectors = photo_embeddings::of_photos(data.parent().unwrap());
    let queries = photo_embeddings::of_captions(data.parent().unwrap());
    let mut index = VectorIndex::in_memory(vectors[0].dimension());
    let rows: Vec<_> = vectors.iter().map(|vector| (ImageId::from_bytes([1; 16]), vector.as_slice())).collect();
    index.append(&rows).unwrap();
    (0..vectors.len() as u32).for_each(|row| index.set_live(row, true));
    let exact: Vec<Vec<u32>> = queries.par_iter().map(|query| numbers(&index.best(query, WANTED, None).rows)).collect();
    index.build_graph();
    println!("text queries through the search graph: {} photos, {} captions", vectors.len(), queries.len());
    let recalls = BREADTHS.map(|ef| {
        let recall = recall(&index, &queries, &exact, ef);
        println!("  ef {ef:>4}: recall@10 {recall:.4}");
        json!({ "ef": ef, "recall_at_10": recall })
    });
    let report = json!({ "photos": vectors.len(), "captions": queries.len(), "walks": recalls });
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/quality/graph.json");
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(file, serde_json::to_string_pretty(&report).unwrap()).unwrap();
}

fn recall(index: &VectorIndex, queries: &[UnitVector], exact: &[Vec<u32>], ef: usize) -> f64 {
    let found: usize = queries
        .par_iter()
        .zip(exact)
        .map(|(query, exact)| {
            let walked = numbers(&index.walk(query, WANTED, ef));
            exact.iter().filter(|row| walked.contains(row)).count()
        })
        .sum();
    found as f64 / (WANTED * queries.len()) as f64
}

fn numbers(found: &[foray_library::engine::Scored]) -> Vec<u32> {
    found.iter().take(WANTED).map(|scored| scored.row).collect()
}
