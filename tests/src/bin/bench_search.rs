//! The search engine against usearch, hnswlib and faiss: the same vectors, the same queries, equal recall, in one run.
//!
//! 100,000 vectors of 512 components, or as many as `FORAY_BENCH_ROWS` says, or with `photos` the built-in model's embeddings of
//! photographs in ../shared/data and of captions as queries; all peers, or those named.
#![allow(clippy::unwrap_used, reason = "a measurement that cannot be made ends the program")]

use std::fs;
use std::io::Write;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use foray_library::engine::{RowSet, VectorIndex};
use foray_protocol::{ImageId, UnitVector};
use foray_tests::bench::{PythonPeer, Row, median, report};
use foray_tests::embeddings::Embeddings;
use foray_tests::{photo_embeddings, test_data};
use rayon::prelude::*;
use serde_json::{Value, json};

const DIMENSION: usize = 512;
const QUERIES: usize = 1_000;
const WANTED: usize = 10;
const SEED: u64 = 1;
/// As many as each peer may choose among.
const BREADTHS: [usize; 20] =
    [16, 24, 32, 48, 64, 80, 96, 128, 160, 192, 256, 320, 384, 512, 640, 768, 1024, 1280, 1536, 2048];
const SHARES: [f64; 4] = [0.5, 0.1, 0.01, 0.001];
/// Peers and the rate, in theirs, that is aimed at with recall@10 of 0.99.
const PEERS: [(&str, f64); 5] =
    [("usearch-i8", 1.3), ("usearch-f16", 2.0), ("usearch-f32", 2.0), ("hnswlib", 2.0), ("faiss", 2.0)];

fn main() {
    let source = match std::env::var("FORAY_BENCH_ROWS").as_deref() {
        Ok("photos") => Source::photos(),
        Ok(rows) => Some(Source::made(rows.parse().unwrap())),
        Err(_) => Some(Source::made(100_000)),
    };
    let Some(source) = source else { return };
    let folder = tempfile::tempdir_in(target()).unwrap();
    let bench = Bench::new(&source, folder.path());
    let mut peer = PythonPeer::start("search_peer.py", &[folder.path().display().to_string()]);
    let mut table = vec![];
    bench.exact(&mut peer, &mut table);
    let ours = bench.ours();
    let named: Vec<String> = std::env::args().skip(1).collect();
    for (name, goal) in PEERS.into_iter().filter(|(name, _)| named.is_empty() || named.iter().any(|each| each == name))
    {
        bench.against(&ours, &mut peer, name, goal, &mut table);
        report(&source.name, &table);
    }
}

fn target() -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/bench");
    fs::create_dir_all(&folder).unwrap();
    folder
}

/// Where the vectors come from.
struct Source {
    /// Of the report.
    name: String,
    rows: usize,
    /// Gives the rows of a range.
    vectors: Box<dyn Fn(Range<usize>) -> Vec<UnitVector>>,
    queries: Vec<UnitVector>,
}

impl Source {
    fn made(rows: usize) -> Self {
        let embeddings = Embeddings::new(DIMENSION, SEED);
        let queries = embeddings.vectors(1 << 40, QUERIES);
        let vectors = Box::new(move |range: Range<usize>| embeddings.vectors(range.start, range.len()));
        Self { name: format!("search-{rows}"), rows, vectors, queries }
    }

    fn photos() -> Option<Self> {
        let data = test_data("make bench (search among photos)", "flickr8k")?;
        let photos = photo_embeddings::of_photos(data.parent()?);
        let mut queries = photo_embeddings::of_captions(data.parent()?);
        queries.truncate(QUERIES);
        let rows = photos.len();
        let vectors = Box::new(move |range: Range<usize>| photos[range].to_vec());
        Some(Self { name: "search-photos".to_owned(), rows, vectors, queries })
    }
}

struct Bench {
    folder: PathBuf,
    index: VectorIndex,
    queries: Vec<UnitVector>,
    /// The nearest rows of each query, by brute force.
    truth: Vec<Vec<u32>>,
    open_seconds: f64,
}

/// Our figures, to be held against each peer's.
struct Ours {
    build_seconds: f64,
    load_seconds: f64,
    bytes_a_row: f64,
    at_recall: Vec<(f64, Rates)>,
}

#[derive(Clone, Copy)]
struct Rates {
    recall: f64,
    ef: usize,
    one_thread: f64,
    two_threads: f64,
}

impl Bench {
    fn new(source: &Source, folder: &Path) -> Self {
        let Source { rows, queries, .. } = source;
        let (rows, dimension) = (*rows, queries[0].dimension());
        let (mut empty, _) = VectorIndex::open(&folder.join("rows"), dimension).unwrap();
        let mut flat = fs::File::create(folder.join("rows.f32")).unwrap();
        for first in (0..rows).step_by(10_000) {
            let vectors = (source.vectors)(first..rows.min(first + 10_000));
            vectors.iter().for_each(|vector| flat.write_all(bytemuck::cast_slice(vector.as_slice())).unwrap());
            let labelled: Vec<_> =
                vectors.iter().map(|vector| (ImageId::from_bytes([1; 16]), vector.as_slice())).collect();
            empty.append(&labelled).unwrap();
        }
        eprintln!("made {rows} vectors");
        let begun = Instant::now();
        let (mut index, _) = VectorIndex::open(&folder.join("rows"), dimension).unwrap();
        let open_seconds = begun.elapsed().as_secs_f64();
        (0..rows as u32).for_each(|row| index.set_live(row, true));
        let truth: Vec<Vec<u32>> = queries.par_iter().map(|query| brute_force(&index, query, 1)).collect();
        eprintln!("found the nearest by brute force");
        let bench = Self { folder: folder.to_owned(), index, queries: queries.clone(), truth, open_seconds };
        bench.write_for_peers();
        bench
    }

    fn write_for_peers(&self) {
        let queries: Vec<f32> = self.queries.iter().flat_map(|query| query.as_slice()).copied().collect();
        fs::write(self.folder.join("queries.f32"), bytemuck::cast_slice::<f32, u8>(&queries)).unwrap();
        fs::write(self.folder.join("truth.u32"), bytemuck::cast_slice::<u32, u8>(&self.truth.concat())).unwrap();
        fs::write(self.folder.join("shape.json"), json!({ "dimension": self.index.dimension() }).to_string()).unwrap();
    }

    /// The exact scan on one thread: alone against faiss's, and many queries at once against one by one.
    fn exact(&self, peer: &mut PythonPeer, table: &mut Vec<Row>) {
        let seconds =
            on_threads(1, || seconds(|| self.queries[..100].iter().for_each(|query| drop(self.exact_best(query)))));
        let theirs = peer.ask_json("exact")["ms"].as_f64().unwrap();
        table.push(Row::cost("faiss exact scan, 1 thread", seconds * 10.0, theirs, "ms", 1.0));
        let each = on_threads(1, || seconds_of(|| drop(self.index.best_of_each(&self.queries[..256], WANTED)))) / 256.0;
        table.push(Row::cost("the same, 256 queries at once", each * 1e3, theirs, "ms", 1.0));
    }

    fn exact_best(&self, query: &UnitVector) -> Vec<u32> {
        self.index.best(query, WANTED, None).rows.iter().take(WANTED).map(|scored| scored.row).collect()
    }

    fn ours(&self) -> Ours {
        let mut index = self.index.clone();
        let build_seconds = seconds_of(|| index.build_graph());
        eprintln!("built the graph in {build_seconds:.0} s");
        let bytes = index.graph_bytes().unwrap();
        let load = seconds_of(|| assert!(index.set_graph_bytes(&bytes)));
        let at_recall = [0.95, 0.99].map(|wanted| (wanted, self.rates(&index, wanted))).to_vec();
        self.filtered(&index);
        self.during_a_build(&index);
        let rows = self.index.len() as f64;
        // 8-bit rows with their scales, the graph, the id of each row and its place in the lookup by id.
        let bytes_a_row = (self.index.dimension() + 4) as f64 + bytes.len() as f64 / rows + 16.0 + 44.0;
        Ours { build_seconds, load_seconds: self.open_seconds + load, bytes_a_row, at_recall }
    }

    fn rates(&self, index: &VectorIndex, wanted: f64) -> Rates {
        let found = |ef| -> Vec<Vec<u32>> {
            let rows = |query| index.walk(query, WANTED, ef).iter().map(|scored| scored.row).collect();
            self.queries.par_iter().map(rows).collect()
        };
        let reached = |ef| recall(&found(ef), &self.truth);
        let ef = BREADTHS.into_iter().find(|&ef| reached(ef) >= wanted).unwrap_or(BREADTHS[BREADTHS.len() - 1]);
        eprintln!("recall {:.4} with {ef} candidates", reached(ef));
        let rate = |threads| QUERIES as f64 / on_threads(threads, || seconds(|| drop(found(ef))));
        let (one_thread, two_threads) = (rate(1), rate(2));
        eprintln!("{one_thread:.0} queries/s on one thread, {two_threads:.0} on two");
        Rates { recall: reached(ef), ef, one_thread, two_threads }
    }

    /// Recall and latency as the library filters; printed, since each peer filters in its own way or not at all.
    fn filtered(&self, index: &VectorIndex) {
        let queries = &self.queries[..200];
        let whole =
            seconds_of(|| queries.iter().for_each(|query| drop(self.exact_best(query)))) * 1e3 / queries.len() as f64;
        println!("filtered search, one query at a time (unfiltered exact scan: {whole:.2} ms)");
        for share in SHARES {
            let step = (1.0 / share).round() as usize;
            let allowed: RowSet = (0..index.len() as u32).step_by(step).collect();
            let truth: Vec<_> = queries.par_iter().map(|query| brute_force(index, query, step)).collect();
            let best = |query: &UnitVector| index.best(query, WANTED, Some(&allowed));
            let found: Vec<Vec<u32>> = queries
                .iter()
                .map(|query| best(query).rows.iter().take(WANTED).map(|scored| scored.row).collect())
                .collect();
            let ms = seconds(|| queries.iter().for_each(|query| drop(best(query)))) * 1e3 / queries.len() as f64;
            println!(
                "  {:>5} %: recall {:.4}, {ms:.3} ms, {}",
                share * 100.0,
                recall(&found, &truth),
                best(&queries[0]).plan
            );
        }
    }

    /// What a search takes while a graph is built beside it, against what it takes alone; printed, since no peer does so.
    fn during_a_build(&self, index: &VectorIndex) {
        let each = || {
            let turns = self.queries[..200].iter().map(|query| seconds_of(|| drop(index.best(query, WANTED, None))));
            median(turns.collect()) * 1e3
        };
        let alone = each();
        let mut other = self.index.clone();
        let during = std::thread::scope(|scope| {
            let build = scope.spawn(move || other.build_graph());
            std::thread::sleep(Duration::from_secs(2));
            let during = each();
            (!build.is_finished()).then_some(during)
        });
        match during {
            Some(during) => println!("search, median: {alone:.2} ms alone, {during:.2} ms while a graph is built"),
            None => println!("search, median: {alone:.2} ms; the graph is built too fast to measure beside"),
        }
    }

    fn against(&self, ours: &Ours, peer: &mut PythonPeer, name: &str, goal: f64, table: &mut Vec<Row>) {
        let built = peer.ask_json(&format!("build {name}"));
        let number = |value: &Value, field: &str| value[field].as_f64().unwrap();
        for (wanted, rates) in &ours.at_recall {
            let theirs = peer.ask_json(&format!("search {name} {wanted}"));
            let Rates { recall, ef, .. } = rates;
            let (reached, breadth) = (number(&theirs, "recall"), &theirs["breadth"]);
            println!("{name}: recall {reached:.4} with breadth {breadth}; ours {recall:.4} with {ef}");
            if reached < *wanted {
                println!("{name} does not reach a recall of {wanted}: no rates to compare");
                continue;
            }
            let goal = if *wanted > 0.98 { goal } else { 1.0 };
            for (threads, rate) in [(1, rates.one_thread), (2, rates.two_threads)] {
                let label = format!("{name} @{wanted}, {threads} thread");
                table.push(Row::rate(&label, rate, number(&theirs, &format!("rate{threads}")), "queries/s", goal));
            }
        }
        let rows = self.index.len() as f64;
        table.push(Row::cost(&format!("{name} build"), ours.build_seconds, number(&built, "seconds"), "s", 0.5));
        table.push(Row::cost(
            &format!("{name} bytes a row"),
            ours.bytes_a_row,
            number(&built, "bytes") / rows,
            "B",
            1.0,
        ));
        table.push(Row::cost(&format!("{name} load"), ours.load_seconds, number(&built, "load"), "s", 1.0));
        if matches!(name, "hnswlib" | "faiss") {
            for share in SHARES {
                let theirs = peer.ask_json(&format!("filtered {name} {share}"));
                let (recall, ms) = (number(&theirs, "recall"), number(&theirs, "ms"));
                println!("{name} filtered to {:>5} %: recall {recall:.4}, {ms:.3} ms", share * 100.0);
            }
        }
        peer.ask_json(&format!("drop {name}"));
    }
}

/// The nearest of every `step`th row.
fn brute_force(index: &VectorIndex, query: &UnitVector, step: usize) -> Vec<u32> {
    let mut scored: Vec<(f32, u32)> =
        (0..index.len() as u32).step_by(step).map(|row| (index.score(query, row), row)).collect();
    let wanted = WANTED.min(scored.len() - 1);
    scored.select_nth_unstable_by(wanted, |a, b| b.0.total_cmp(&a.0));
    // Not `into_iter`: the few numbers would be collected in place, in the memory of all.
    scored[..wanted].iter().map(|&(_, row)| row).collect()
}

fn recall(found: &[Vec<u32>], truth: &[Vec<u32>]) -> f64 {
    let hits: usize =
        found.iter().zip(truth).map(|(found, truth)| truth.iter().filter(|row| found.contains(row)).count()).sum();
    hits as f64 / truth.iter().map(Vec::len).sum::<usize>() as f64
}

/// The median of three turns.
fn seconds(mut work: impl FnMut()) -> f64 {
    median((0..3).map(|_| seconds_of(&mut work)).collect())
}

fn seconds_of(work: impl FnOnce()) -> f64 {
    let begun = Instant::now();
    work();
    begun.elapsed().as_secs_f64()
}

fn on_threads<T: Send>(threads: usize, work: impl FnOnce() -> T + Send) -> T {
    rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap().install(work)
}
