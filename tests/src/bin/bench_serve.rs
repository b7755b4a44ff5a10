//! `make bench`: a server of 100,000 photos under load (oha) against the way this is done in Python: FastAPI with faiss and the same
//! text model on ONNX Runtime. Vectors are made; words, thumbnails and HTTP are real.
#![allow(clippy::unwrap_used, reason = "a measurement that cannot be made ends the program")]

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use foray_embedding::{BackendOptions, Embedder, Model};
use foray_library::{Library, OpenOptions};
use foray_protocol::{ImageId, Ingest, IngestBatch, SpaceId, UnitVector};
use foray_tests::bench::{PythonPeer, Row, median, report};
use foray_tests::embeddings::Embeddings;
use foray_tests::made_photos::{id, unseen_photo};
use foray_tests::phrases::{PLACES, SUBJECTS};
use foray_tests::{Sandbox, ServerProcess, foray_binary, get, wait_until};
use image::codecs::jpeg::JpegEncoder;
use serde_json::Value;

const PHOTOS: usize = 100_000;
const PHOTOS_A_COMMIT: usize = 500;
/// Photos that have a thumbnail: as many as a page that is scrolled asks for again and again.
const WITH_THUMBNAIL: usize = 2_000;
/// Askers at once: as many as there are cores, and as many as a team has.
const FEW: usize = 2;
const MANY: usize = 16;

fn main() {
    let sandbox = Sandbox::new();
    let embedder = Embedder::open(Model::builtin().unwrap(), &BackendOptions::default()).unwrap();
    eprintln!("making a library of {PHOTOS} photos");
    let ids = fill(&sandbox, &embedder);
    // Builds the program where it must be built, before the time is taken.
    foray_binary();
    let begun = Instant::now();
    let server = ServerProcess::start(&sandbox, ["serve"]);
    get(&server.url("/api/v1/search?q=a%20cat")).json();
    let first = begun.elapsed();
    wait_until("the search graph is built", Duration::from_secs(900), || {
        server.api("/status")["search"]["kind"] == "graph"
    });
    let text_ms = text_milliseconds(&embedder);
    let peer = Peer::start(&sandbox, &ids);
    let bench = Bench { folder: sandbox.path().to_owned(), ours: server.url(""), peer: peer.url };
    report("serve", &bench.rows(&ids, first, text_ms));
}

/// Fills the library; tells the ids of the photos that have a thumbnail.
fn fill(sandbox: &Sandbox, embedder: &Embedder) -> Vec<ImageId> {
    let options = OpenOptions { create: true, ..OpenOptions::new(sandbox.library(), "measure") };
    let library = Library::open(&options).unwrap();
    let embeddings = Embeddings::new(embedder.dimension(), 1);
    let thumbnail = thumbnail();
    for first in (0..PHOTOS).step_by(PHOTOS_A_COMMIT) {
        let vectors = embeddings.vectors(first, PHOTOS_A_COMMIT);
        let photo = |(number, vector): (usize, UnitVector)| {
            let own = if number < WITH_THUMBNAIL { thumbnail.clone() } else { vec![] };
            unseen_photo(number, vector, own)
        };
        let changes = (first..).zip(vectors).map(photo).collect();
        library.commit(&IngestBatch { space: SpaceId::clone(embedder.space()), changes }).unwrap();
    }
    (0..WITH_THUMBNAIL).map(id).collect()
}

/// One of the bundled photos as thumbnails are: a JPEG of 400 pixels.
fn thumbnail() -> Vec<u8> {
    let sandbox = Sandbox::with_samples();
    let picture = image::open(&sandbox.photo_files()[0]).unwrap().thumbnail(400, 400).into_rgb8();
    let mut bytes = vec![];
    JpegEncoder::new_with_quality(&mut bytes, 80).encode_image(&picture).unwrap();
    bytes
}

/// What the text encoder takes for a text by itself, milliseconds.
fn text_milliseconds(embedder: &Embedder) -> f64 {
    embedder.warm_up().unwrap();
    let timed = |text: String| {
        let begun = Instant::now();
        embedder.embed_text(&text).unwrap();
        begun.elapsed().as_secs_f64() * 1e3
    };
    median(texts(200).into_iter().map(timed).collect())
}

/// Texts of which no two are the same.
fn texts(count: usize) -> Vec<String> {
    let text = |number: usize| {
        let (subject, place) = (SUBJECTS[number % 10], PLACES[number / 10 % 10]);
        format!("photo {number} of a {subject} {place}")
    };
    (0..count).map(text).collect()
}

/// The Python server, which holds the same vectors, thumbnails and text model.
struct Peer {
    _process: PythonPeer,
    url: String,
}

impl Peer {
    fn start(sandbox: &Sandbox, ids: &[ImageId]) -> Self {
        let folder = sandbox.path().join("peer");
        fs::create_dir_all(folder.join("thumbnails")).unwrap();
        let embeddings = Embeddings::new(dimension(), 1);
        let rows: Vec<u8> = embeddings.vectors(0, PHOTOS).iter().flat_map(UnitVector::to_bytes).collect();
        fs::write(folder.join("rows.f32"), rows).unwrap();
        let names: Vec<String> = (0..PHOTOS).map(|number| id(number).to_string()).collect();
        fs::write(folder.join("ids.json"), serde_json::to_vec(&names).unwrap()).unwrap();
        let jpeg = thumbnail();
        ids.iter().for_each(|id| fs::write(folder.join("thumbnails").join(format!("{id}.jpg")), &jpeg).unwrap());
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let model = Path::new(env!("CARGO_MANIFEST_DIR")).join("../models/builtin");
        let arguments = [folder.display().to_string(), model.display().to_string(), port.to_string()];
        let process = PythonPeer::start("serve_peer.py", &arguments);
        let url = format!("http://127.0.0.1:{port}");
        wait_until("the peer answers", Duration::from_secs(600), || ureq::get(format!("{url}/healthz")).call().is_ok());
        Self { _process: process, url }
    }
}

fn dimension() -> usize {
    Model::builtin().unwrap().dimension()
}

/// One of oha's measurements.
#[derive(Debug)]
struct Load {
    per_second: f64,
    p50: f64,
    p95: f64,
    p99: f64,
}

struct Bench {
    folder: PathBuf,
    ours: String,
    peer: String,
}

impl Bench {
    fn rows(&self, ids: &[ImageId], first: Duration, text_ms: f64) -> Vec<Row> {
        let query = |text: &str| format!("/api/v1/search?limit=40&q={}", text.replace(' ', "%20"));
        let warm = vec![query("a boat on the sea")];
        let cold: Vec<String> = texts(4_000).iter().map(|text| query(text)).collect();
        let filtered = vec![format!("{}%20taken:2007", query("a boat on the sea"))];
        let similar: Vec<String> = ids.iter().map(|id| format!("/api/v1/images/{id}/similar?limit=40")).collect();
        let thumbnails: Vec<String> = ids.iter().map(|id| format!("/api/v1/images/{id}/thumbnail")).collect();

        let mut rows = vec![Row::cost("first answer after the start", first.as_secs_f64(), 1.5, "s, goal", 1.0)];
        let (ours, _) = self.both(&mut rows, "warm text query", &warm, FEW, 3_000);
        rows.push(Row::cost("warm text query, p95", ours.p95, 10.0, "ms, goal", 1.0));
        let (ours, _) = self.both(&mut rows, "cold text query", &cold[..2_000], FEW, 2_000);
        rows.push(Row::cost("cold text query, p95", ours.p95, text_ms + 10.0, "ms, goal", 1.0));
        self.both(&mut rows, "cold text query, 16 at once", &cold[2_000..], MANY, 2_000);
        self.both(&mut rows, "filtered text query", &filtered, FEW, 2_000);
        self.both(&mut rows, "similar", &similar, FEW, 2_000);
        let (ours, _) = self.both(&mut rows, "thumbnail", &thumbnails, MANY, 20_000);
        rows.push(Row::rate("thumbnails", ours.per_second, 5_000.0, "/s, goal", 1.0));
        rows
    }

    /// Measures ours and the peer's, after some requests that do not count.
    fn both(&self, rows: &mut Vec<Row>, name: &str, paths: &[String], askers: usize, requests: usize) -> (Load, Load) {
        let measured = [&self.ours, &self.peer].map(|base| {
            // A text that was asked for once is not cold any more.
            if paths.len() < requests {
                self.oha(base, paths, askers, requests / 10);
            }
            self.oha(base, paths, askers, requests)
        });
        let [ours, peer] = measured;
        eprintln!("{name}: ours {ours:?}, peer {peer:?}");
        rows.push(Row::rate(name, ours.per_second, peer.per_second, "/s", 1.0));
        for (percentile, ours, peer) in
            [("p50", ours.p50, peer.p50), ("p95", ours.p95, peer.p95), ("p99", ours.p99, peer.p99)]
        {
            rows.push(Row::cost(&format!("{name}, {percentile}"), ours, peer, "ms", 1.0));
        }
        (ours, peer)
    }

    fn oha(&self, base: &str, paths: &[String], askers: usize, requests: usize) -> Load {
        let list = self.folder.join("urls");
        let urls: Vec<String> = paths.iter().map(|path| format!("{base}{path}")).collect();
        fs::write(&list, urls.join("\n")).unwrap();
        let oha = std::env::var("FORAY_BENCH_OHA").expect("`make bench` names the program that makes the load");
        let output = Command::new(oha)
            .args(["--no-tui", "--output-format", "json", "--urls-from-file"])
            .args(["-c", &askers.to_string(), "-n", &requests.to_string()])
            .arg(&list)
            .output()
            .unwrap();
        let told: Value = serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|_| panic!("oha failed: {}", String::from_utf8_lossy(&output.stderr)));
        assert_eq!(told["summary"]["successRate"], 1.0, "{told}");
        let codes = told["statusCodeDistribution"].as_object().unwrap();
        assert!(codes.keys().all(|code| code == "200"), "{codes:?}");
        let milliseconds = |name: &str| told["latencyPercentiles"][name].as_f64().unwrap() * 1e3;
        Load {
            per_second: told["summary"]["requestsPerSec"].as_f64().unwrap(),
            p50: milliseconds("p50"),
            p95: milliseconds("p95"),
            p99: milliseconds("p99"),
        }
    }
}
