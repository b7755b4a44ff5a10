//! Retrieval quality and speed on Flickr8k's dev photos: indexes them with the real binary, asks all captions over HTTP, prints
//! recall at 1, 5 and 10 and writes `target/quality/flickr8k-dev.json`.
#![allow(clippy::unwrap_used, reason = "a measurement that cannot be made ends the program")]

use std::collections::HashMap;
use std::fs;
use std::path::Path;
use std::time::Instant;

use foray_tests::{Sandbox, ServerProcess, post_json, test_data};
use serde_json::{Value, json};

/// A caption and the file name of the photo that it describes.
type Question = (String, String);

fn main() {
    let Some(data) = test_data("make quality", "flickr8k") else { return };
    let sandbox = Sandbox::new();
    let questions = questions(&data, &sandbox.photos());
    let mut rows = vec![];
    for backend in ["ort", "rten"] {
        rows.extend(index(&sandbox, backend));
    }
    let server = ServerProcess::start(&sandbox, ["serve"]);
    let answers = ask(&server, &questions);
    let report = json!({ "photos": server.photos(), "questions": questions.len(), "index": rows, "search": answers });
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/quality/flickr8k-dev.json");
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(&file, serde_json::to_string_pretty(&report).unwrap()).unwrap();
    print(&report);
}

/// Copies the dev photos into `photos` and returns their captions.
fn questions(data: &Path, photos: &Path) -> Vec<Question> {
    let captions: Value = serde_json::from_slice(&fs::read(data.join("captions.json")).unwrap()).unwrap();
    let mut questions = vec![];
    for row in captions.as_array().unwrap().iter().filter(|row| row["split"] == "dev") {
        let name = row["image"].as_str().unwrap();
        fs::copy(data.join("images").join(name), photos.join(name)).unwrap();
        let texts = row["captions"].as_array().unwrap().iter().map(|text| plain(text.as_str().unwrap()));
        questions.extend(texts.map(|text| (text, name.to_owned())));
    }
    questions
}

/// A caption without what the query grammar would take for operators.
fn plain(caption: &str) -> String {
    caption.replace(['"', ':'], " ").replace(" - ", " ").replace(" + ", " ").trim_start_matches(['-', ' ']).to_owned()
}

/// Indexes into a fresh library on `backend`; the summary with the rate and the peak memory, or nothing where it is not there.
fn index(sandbox: &Sandbox, backend: &str) -> Option<Value> {
    let _ = fs::remove_dir_all(sandbox.library());
    let photos = sandbox.photos().display().to_string();
    let run = sandbox.run(["index", &photos, "--json", "--backend", backend]);
    if run.code != Some(0) {
        eprintln!("skipped: indexing with {backend}: {}", run.err.trim());
        return None;
    }
    let mut row = run.json();
    row["backend"] = json!(backend);
    row["images_per_second"] = json!(row["indexed"].as_f64().unwrap() / row["seconds"].as_f64().unwrap());
    Some(row)
}

fn ask(server: &ServerProcess, questions: &[Question]) -> Value {
    let url = server.url("/api/v1/search");
    let (mut at, mut milliseconds) = (HashMap::from([(1, 0), (5, 0), (10, 0)]), vec![]);
    for (text, name) in questions {
        let begun = Instant::now();
        let reply = post_json(&url, &json!({ "query": text, "limit": 10 })).json();
        milliseconds.push(begun.elapsed().as_secs_f64() * 1e3);
        let results = reply["results"].as_array().unwrap_or_else(|| panic!("{text}: {reply}"));
        let file = Path::new(name).file_name().unwrap();
        let rank = results.iter().position(|hit| Path::new(hit["path"].as_str().unwrap()).file_name().unwrap() == file);
        for (k, found) in &mut at {
            *found += usize::from(rank.is_some_and(|rank| rank < *k));
        }
    }
    milliseconds.sort_by(f64::total_cmp);
    let percent = |k: usize| 100.0 * at[&k] as f64 / questions.len() as f64;
    let quantile = |q: f64| milliseconds[((milliseconds.len() - 1) as f64 * q) as usize];
    json!({
        "r_at_1": percent(1), "r_at_5": percent(5), "r_at_10": percent(10),
        "p50_ms": quantile(0.5), "p95_ms": quantile(0.95), "p99_ms": quantile(0.99),
    })
}

fn print(report: &Value) {
    println!("flickr8k dev: {} photos, {} captions", report["photos"], report["questions"]);
    for row in report["index"].as_array().unwrap() {
        println!(
            "  index {:<5} {:>6.1} images/s",
            row["backend"].as_str().unwrap(),
            row["images_per_second"].as_f64().unwrap()
        );
    }
    let search = &report["search"];
    let number = |name: &str| search[name].as_f64().unwrap();
    println!("  R@1 {:.1} %   R@5 {:.1} %   R@10 {:.1} %", number("r_at_1"), number("r_at_5"), number("r_at_10"));
    println!(
        "  search p50 {:.1} ms   p95 {:.1} ms   p99 {:.1} ms",
        number("p50_ms"),
        number("p95_ms"),
        number("p99_ms")
    );
}
