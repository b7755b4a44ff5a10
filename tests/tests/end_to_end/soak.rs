//! The real program under random work for long: the catalogue ends equal to the disk, and memory stays flat.
//! `FORAY_SOAK_SECONDS` sets how long; `make soak-hour` has an hour.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use foray_tests::{Contents, Disk, MemoryWatch, Random, Requests, Sandbox, ServerProcess, Trend, Workload, wait_until};

/// Between two things that happen to the folder, on average.
const PAUSE_SECONDS: f64 = 0.25;
const BETWEEN_QUESTIONS: Duration = Duration::from_millis(100);
const BETWEEN_SAMPLES: Duration = Duration::from_secs(10);
/// What the program may hold, MiB.
const LARGEST_MEMORY: f64 = 1024.0;
/// What it may grow by while it is watched after its warm-up, as a share of what it holds.
const LARGEST_GROWTH: f64 = 0.10;
/// In a shorter time a slope says nothing.
const SHORTEST_TREND: f64 = 240.0;
/// What is left to do when nothing happens any more takes less, also on a busy machine.
const CATCH_UP: Duration = Duration::from_secs(300);

fn seconds() -> f64 {
    std::env::var("FORAY_SOAK_SECONDS").map_or(20.0, |seconds| seconds.parse().unwrap())
}

fn up(sandbox: &Sandbox) -> ServerProcess {
    ServerProcess::start(sandbox, ["up".as_ref(), sandbox.photos().as_os_str(), "--quiet".as_ref()])
}

/// Asks questions in the background until it is told to end.
struct Audience {
    server: Arc<Mutex<String>>,
    ends: Arc<AtomicBool>,
    asking: thread::JoinHandle<Requests>,
}

impl Audience {
    fn of(url: &str) -> Self {
        let (server, ends) = (Arc::new(Mutex::new(url.to_owned())), Arc::new(AtomicBool::new(false)));
        let (to_ask, over) = (Arc::clone(&server), Arc::clone(&ends));
        let asking = thread::spawn(move || {
            let mut requests = Requests::new(5);
            while !over.load(Ordering::Relaxed) {
                let url = to_ask.lock().unwrap().clone();
                requests.ask(&url);
                thread::sleep(BETWEEN_QUESTIONS);
            }
            requests
        });
        Self { server, ends, asking }
    }

    fn end(self) -> Requests {
        self.ends.store(true, Ordering::Relaxed);
        self.asking.join().unwrap()
    }
}

#[test]
fn after_random_work_the_catalogue_is_the_disk_and_memory_is_flat() {
    let total = seconds();
    let sandbox = Sandbox::new();
    let mut workload = Workload::new(sandbox.photos(), 1);
    (0..100).for_each(|_| workload.step());
    let mut server = up(&sandbox);
    let audience = Audience::of(server.base());
    let mut memory = MemoryWatch::new(BETWEEN_SAMPLES.min(Duration::from_secs_f64(total / 20.0)));
    let mut random = Random(2);
    // Killed in the first half, watched in the second: a process must live for long to show that it grows.
    let life = |random: &mut Random| Duration::from_secs_f64(total / 20.0 + total / 5.0 * random.fraction());
    let (mut kills, mut dies_at) = (0, Instant::now() + life(&mut random));
    let (begun, mut is_warm) = (Instant::now(), false);
    while begun.elapsed().as_secs_f64() < total {
        workload.step();
        memory.look(server.pid());
        let progress = begun.elapsed().as_secs_f64() / total;
        if progress < 0.5 && Instant::now() >= dies_at {
            server.signal("KILL");
            server.wait();
            server = up(&sandbox);
            *audience.server.lock().unwrap() = server.base().to_owned();
            (kills, dies_at) = (kills + 1, Instant::now() + life(&mut random));
        }
        if !is_warm && progress >= 0.6 {
            memory.forget();
            is_warm = true;
        }
        thread::sleep(Duration::from_secs_f64(2.0 * PAUSE_SECONDS * random.fraction()));
    }
    let disk = Disk::read(&sandbox.photos());
    let waiting = Instant::now();
    disk.wait_until_counted(CATCH_UP, || server.api("/status"));
    let (caught_up, requests) = (waiting.elapsed(), audience.end());
    let vectors = server.api("/status")["space"]["vectors"].as_u64().unwrap();
    server.signal("TERM");
    assert!(server.wait().success());
    let catalogue = Disk::of_catalogue(&Contents::of(&sandbox, &sandbox.library()));

    println!("soak of {total} s, the program killed {kills} times in the first half");
    workload.done.iter().for_each(|(name, count)| println!("  {name:<16} {count:>7}"));
    print!("{requests}");
    println!("  caught up {:.1} s after the last change", caught_up.as_secs_f64());
    println!(
        "  disk: {} photos in {} files, {} files without a picture; catalogue: {}, {}, {}; {vectors} vectors",
        disk.photos.len(),
        disk.files(),
        disk.failures.len(),
        catalogue.photos.len(),
        catalogue.files(),
        catalogue.failures.len()
    );
    print_and_check("all resident memory", memory.resident());
    print_and_check("memory without a file", memory.own());
    assert_eq!(catalogue, disk);
    assert!(kills > 0 && requests.answered() > 0);
}

fn print_and_check(what: &str, trend: Option<Trend>) {
    let Some(trend) = trend else {
        println!("skipped: {what} cannot be told on this system");
        return;
    };
    println!(
        "  {what}: {:.0} MiB median, {:.0} MiB at most, slope {:+.1} MiB/h, {:+.1} MiB over the {:.0} s of {} samples after the warm-up",
        trend.median,
        trend.maximum,
        trend.slope,
        trend.growth(),
        trend.seconds,
        trend.samples
    );
    assert!(trend.maximum < LARGEST_MEMORY, "{what} is more than {LARGEST_MEMORY} MiB: {trend:?}");
    let is_long = trend.seconds >= SHORTEST_TREND;
    assert!(!is_long || trend.growth() < LARGEST_GROWTH * trend.median, "{what} grows: {trend:?}");
}

#[test]
fn a_folder_that_is_left_alone_gives_the_same_answers_after_a_kill() {
    let sandbox = Sandbox::new();
    let mut workload = Workload::new(sandbox.photos(), 3);
    (0..60).for_each(|_| workload.step());
    let disk = Disk::read(&sandbox.photos());
    let mut server = up(&sandbox);
    disk.wait_until_counted(CATCH_UP, || server.api("/status"));
    let answer = |server: &ServerProcess| server.api("/search?q=a+photo&limit=1000")["results"].clone();
    let before = answer(&server);
    server.signal("KILL");
    server.wait();
    let server = up(&sandbox);
    wait_until("it has looked at the folder", CATCH_UP, || server.api("/status")["progress"]["phase"] == "watching");
    assert_eq!(answer(&server), before);
}

#[test]
fn after_500_random_operations_the_catalogue_is_the_disk() {
    let sandbox = Sandbox::new();
    let mut workload = Workload::new(sandbox.photos(), 4);
    let mut random = Random(6);
    let mut server = up(&sandbox);
    for _ in 0..500 {
        workload.step();
        // Bursts without a pause, and pauses in which the indexer gets to work between two steps.
        if random.below(4) == 0 {
            thread::sleep(Duration::from_millis(random.below(150) as u64));
        }
    }
    let disk = Disk::read(&sandbox.photos());
    disk.wait_until_counted(CATCH_UP, || server.api("/status"));
    server.signal("TERM");
    assert!(server.wait().success());
    assert_eq!(Disk::of_catalogue(&Contents::of(&sandbox, &sandbox.library())), disk);
    assert!(disk.files() > 50, "{} files are too few to prove anything", disk.files());
}
