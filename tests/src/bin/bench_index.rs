//! Indexing with the real binary against a straight pipeline in Python, and against what decoding and embedding alone would take;
//! with pictures decoded in isolation and without; and a second look at 100,000 files that did not change. `FORAY_BENCH_PHOTOS` says how many large photos.
#![allow(clippy::unwrap_used, reason = "a measurement that cannot be made ends the program")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant, UNIX_EPOCH};

use foray_embedding::{BackendChoice, BackendOptions, DecodeLimits, Device, Embedder, Model, Pixels, decode};
use foray_library::{Library, OpenOptions};
use foray_protocol::{Change, FileFacts, ImageId, Ingest, IngestBatch, NewPhoto, PhotoMetadata, PhotoPath, SpaceId};
use foray_tests::bench::{Row, median, report};
use foray_tests::embeddings::Embeddings;
use foray_tests::{Sandbox, foray_binary, peak_kilobytes, processor_seconds, test_data};
use image::codecs::jpeg::JpegEncoder;
use image::imageops::{self, FilterType};
use image::{ImageEncoder, RgbImage};
use rayon::prelude::*;
use serde_json::Value;

const SIDE: u32 = 260;
/// The photos of each archive: name, long side, how many for each of the largest ones, and the rate in the peer's that is aimed at.
const ARCHIVES: [(&str, u32, usize, f64); 3] =
    [("12 MP", 4_032, 1, 3.0), ("4 MP", 2_304, 2, 1.0), ("small", 500, 8, 1.0)];
const PEER_BATCHES: [usize; 2] = [8, 64];
/// Which share of what the processor could do at best is aimed at.
const ROOFLINE_GOAL: f64 = 0.85;
/// Which share of its rate Foray is to keep with `--isolate`.
const ISOLATED_GOAL: f64 = 0.9;
const TURNS: usize = 3;
/// Files that are looked at once more.
const KNOWN_FILES: usize = 100_000;
const RESCAN_GOAL_SECONDS: f64 = 10.0;

fn main() {
    let Some(originals) = test_data("make bench (index)", "photos/phone") else { return };
    let photos = std::env::var("FORAY_BENCH_PHOTOS").map_or(64, |count| count.parse().unwrap());
    let mut rows = vec![];
    for (name, long_side, times, goal) in ARCHIVES {
        let archive = Archive::new(&originals, name, long_side, photos * times);
        rows.extend(archive.rows(goal));
    }
    rows.push(Row::cost("rescan of 100,000 files", rescan(), RESCAN_GOAL_SECONDS, "s", 1.0));
    report("index", &rows);
}

/// Photos of one size.
struct Archive {
    name: &'static str,
    sandbox: Sandbox,
    files: Vec<PathBuf>,
}

/// What a run took.
struct Run {
    seconds: f64,
    processor_seconds: f64,
    peak_megabytes: f64,
}

impl Archive {
    /// Crops of the original photographs, each another one, with the camera's data.
    fn new(originals: &Path, name: &'static str, long_side: u32, photos: usize) -> Self {
        let sandbox = Sandbox::new();
        let originals: Vec<Original> =
            fs::read_dir(originals).unwrap().map(|entry| Original::read(&entry.unwrap().path())).collect();
        let folder = sandbox.photos();
        let write = |number: usize| {
            let file = folder.join(format!("IMG_{number:04}.jpg"));
            fs::write(&file, originals[number % originals.len()].variation(number as u32, long_side)).unwrap();
            file
        };
        let files = (0..photos).into_par_iter().map(write).collect();
        Self { name, sandbox, files }
    }

    fn rows(&self, goal: f64) -> Vec<Row> {
        let (mut ours, mut isolated, mut theirs) = (vec![], vec![], [vec![], vec![]]);
        for _ in 0..TURNS {
            ours.push(self.index(&[]));
            isolated.push(self.index(&["--isolate"]).seconds);
            PEER_BATCHES.iter().zip(&mut theirs).for_each(|(batch, turns)| turns.push(self.peer(*batch)));
        }
        let count = self.files.len() as f64;
        let of_ours = |figure: fn(&Run) -> f64| median(ours.iter().map(figure).collect());
        let rate = count / of_ours(|run| run.seconds);
        let mut rows = vec![];
        for (batch, turns) in PEER_BATCHES.iter().zip(theirs) {
            let label = format!("{}, Python, batch {batch}", self.name);
            rows.push(Row::rate(&label, rate, count / median(turns), "images/s", goal));
        }
        let roofline = self.roofline();
        rows.push(Row::rate(&format!("{}, roofline", self.name), rate, roofline, "images/s", ROOFLINE_GOAL));
        let label = format!("{}, isolated to not", self.name);
        rows.push(Row::rate(&label, count / median(isolated), rate, "images/s", ISOLATED_GOAL));
        println!(
            "{}: {:.3} processor seconds an image, {:.0} MB at most",
            self.name,
            of_ours(|run| run.processor_seconds) / count,
            of_ours(|run| run.peak_megabytes)
        );
        rows
    }

    /// The real binary, into an empty library.
    fn index(&self, options: &[&str]) -> Run {
        let _ = fs::remove_dir_all(self.sandbox.library());
        let photos = self.sandbox.photos();
        let begun = Instant::now();
        let mut command = self.sandbox.command(["index".as_ref(), photos.as_os_str(), "--json".as_ref()]);
        let mut child = command.args(options).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut run = Run { seconds: 0.0, processor_seconds: 0.0, peak_megabytes: 0.0 };
        let status = loop {
            // What the process has used can only be read while it is there; it grows by little within such a pause.
            run.look_at(child.id());
            if let Some(status) = child.try_wait().unwrap() {
                break status;
            }
            thread::sleep(Duration::from_millis(5));
        };
        let summary: Value = serde_json::from_reader(child.stdout.take().unwrap()).unwrap();
        // A photo that is there twice would be embedded once.
        assert!(status.success() && summary["indexed"] == self.files.len(), "{summary}");
        Run { seconds: begun.elapsed().as_secs_f64(), ..run }
    }

    fn peer(&self, batch: usize) -> f64 {
        let python = std::env::var("FORAY_BENCH_PYTHON").expect("`make bench` names the Python of the peers");
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        let output = Command::new(python)
            .env_remove("OPENBLAS_CORETYPE")
            .env_remove("OPENBLAS_L2_SIZE")
            .arg(here.join("benches/index_peer.py"))
            .arg(here.join("../models/builtin"))
            .args([SIDE.to_string(), threads().to_string()])
            .arg(self.sandbox.photos())
            .arg(batch.to_string())
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        text.trim().parse().unwrap_or_else(|_| panic!("{text} {}", String::from_utf8_lossy(&output.stderr)))
    }

    /// Images a second if decoding and embedding, each as fast as on its own, had the processor in turn and nothing else took time.
    fn roofline(&self) -> f64 {
        let options = BackendOptions {
            choice: BackendChoice::Ort,
            device: Device::Cpu,
            shares_cores: true,
            ..BackendOptions::default()
        };
        let embedder = Embedder::open(Model::builtin().unwrap(), &options).unwrap();
        let develop = |file: &PathBuf| {
            let picture = decode(&fs::read(file).unwrap(), &DecodeLimits::default(), embedder.detail()).unwrap();
            embedder.preprocess(&picture)
        };
        let embed = |pixels: &[Pixels]| drop(embedder.embed_images(pixels).unwrap());
        let mut pixels: Vec<Pixels> = vec![];
        let decoding = turns(|| pixels = self.files.par_iter().map(develop).collect());
        embed(&pixels[..1]);
        let embedding = turns(|| pixels.chunks(embedder.batch_size()).for_each(embed));
        let count = self.files.len() as f64;
        println!("{}: {:.1} images/s decoded, {:.1} embedded", self.name, count / decoding, count / embedding);
        count / (decoding + embedding)
    }
}

impl Run {
    fn look_at(&mut self, process: u32) {
        self.peak_megabytes = peak_kilobytes(process).map_or(self.peak_megabytes, |kilobytes| kilobytes / 1e3);
        self.processor_seconds = self.processor_seconds.max(processor_seconds(process).unwrap_or_default());
    }
}

/// A photograph to make variations of.
struct Original {
    pixels: RgbImage,
    exif: Option<Vec<u8>>,
}

impl Original {
    fn read(file: &Path) -> Self {
        let mut decoder = image::ImageReader::open(file).unwrap().into_decoder().unwrap();
        let exif = image::ImageDecoder::exif_metadata(&mut decoder).unwrap();
        Self { pixels: image::DynamicImage::from_decoder(decoder).unwrap().into_rgb8(), exif }
    }

    /// A part of the photograph that begins at another place for each number up to 1,024, at this size.
    fn variation(&self, number: u32, long_side: u32) -> Vec<u8> {
        let (width, height) = self.pixels.dimensions();
        let (left, top) = (4 * (number % 32), 4 * (number / 32 % 32));
        let part = imageops::crop_imm(&self.pixels, left, top, width - 128, height - 128).to_image();
        let scale = f64::from(long_side) / f64::from(width.max(height));
        let side = |side: u32| (f64::from(side) * scale) as u32;
        let mut sized = imageops::resize(&part, side(width), side(height), FilterType::Triangle);
        if number % 2 == 1 {
            imageops::flip_horizontal_in_place(&mut sized);
        }
        let mut jpeg = vec![];
        let mut encoder = JpegEncoder::new_with_quality(&mut jpeg, 93);
        if let Some(exif) = &self.exif {
            encoder.set_exif_metadata(exif.clone()).unwrap();
        }
        encoder.encode_image(&sized).unwrap();
        jpeg
    }
}

fn threads() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
}

/// The median of some turns, seconds.
fn turns(mut work: impl FnMut()) -> f64 {
    let turn = |_| {
        let begun = Instant::now();
        work();
        begun.elapsed().as_secs_f64()
    };
    median((0..TURNS).map(turn).collect())
}

/// How long `foray index` takes over files that the library knows: made files of a byte or so, and vectors out of nowhere.
fn rescan() -> f64 {
    let sandbox = Sandbox::new();
    let space = SpaceId::from(builtin_space());
    let library = Library::open(&OpenOptions { create: true, ..OpenOptions::new(sandbox.library(), "bench") }).unwrap();
    let embeddings = Embeddings::new(384, 1);
    for first in (0..KNOWN_FILES).step_by(1_000) {
        let folder = sandbox.photos().join(format!("{:03}", first / 1_000));
        fs::create_dir(&folder).unwrap();
        let vectors = embeddings.vectors(first, 1_000);
        let changes = (first..).zip(vectors).map(|(number, vector)| {
            let path = folder.join(format!("{number:06}.jpg"));
            fs::write(&path, number.to_string()).unwrap();
            let (file, id) = (facts(&path), ImageId::of_content(number.to_string().as_bytes()));
            let photo = NewPhoto { id, metadata: PhotoMetadata::default(), vector, thumbnail: vec![] };
            Change::Added { file, photo: Box::new(photo) }
        });
        library.commit(&IngestBatch { space: space.clone(), changes: changes.collect() }).unwrap();
    }
    drop(library);
    let begun = Instant::now();
    let summary = sandbox.index();
    let seconds = begun.elapsed().as_secs_f64();
    assert_eq!(summary["unchanged"], KNOWN_FILES, "{summary} by {}", foray_binary().display());
    seconds
}

fn builtin_space() -> String {
    Model::builtin().unwrap().space().as_str().to_owned()
}

fn facts(path: &Path) -> FileFacts {
    let metadata = fs::metadata(path).unwrap();
    let modified = metadata.modified().unwrap().duration_since(UNIX_EPOCH).unwrap();
    FileFacts {
        path: PhotoPath::from(path),
        size: metadata.len(),
        modified_ns: modified.as_nanos() as i64,
        companions: 0,
    }
}
