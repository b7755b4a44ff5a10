//! Somebody who goes on asking while others attack, and the memory of the server meanwhile.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use foray_tests::{Latencies, MemoryWatch};
use ureq::Agent;

/// Between two questions.
const PAUSE: Duration = Duration::from_millis(100);
/// Who waits longer than this for an answer takes the server for dead.
const PATIENCE: Duration = Duration::from_secs(10);
const QUERIES: [&str; 6] = ["a%20cat", "red%20flower", "a%20boat", "2:dog%20-%20cat", "a%20face", "an%20old%20car"];

/// A user of one server.
pub struct Bystander {
    ends: Arc<AtomicBool>,
    asking: JoinHandle<Experience>,
    watching: JoinHandle<f64>,
}

/// How the server was meanwhile.
#[derive(Debug, Default)]
pub struct Experience {
    /// How long answers took, from when they should have been asked for.
    pub answers: Latencies,
    /// Questions without an answer, or with another than was asked for.
    pub failures: usize,
    /// The most memory that the server held, MiB.
    pub peak: f64,
}

impl Bystander {
    /// Begins to ask the server at `address`, in process `pid`, as a browser with this cookie.
    pub fn of(address: &str, pid: u32, cookie: &str) -> Self {
        let ends = Arc::new(AtomicBool::new(false));
        let (url, cookie) = (format!("http://{address}/api/v1/search?q="), cookie.to_owned());
        let (asks, watches) = (Arc::clone(&ends), Arc::clone(&ends));
        let asking = thread::spawn(move || ask(&url, &cookie, &asks));
        let watching = thread::spawn(move || watch(pid, &watches));
        Self { ends, asking, watching }
    }

    /// Stops asking.
    pub fn end(self) -> Experience {
        self.ends.store(true, Ordering::Relaxed);
        let experience = self.asking.join().unwrap();
        Experience { peak: self.watching.join().unwrap(), ..experience }
    }
}

fn ask(url: &str, cookie: &str, ends: &AtomicBool) -> Experience {
    // Each question needs a connection of its own: whoever comes anew is hurt first.
    let config = Agent::config_builder().timeout_global(Some(PATIENCE)).max_idle_connections(0);
    let (agent, mut experience) = (Agent::from(config.build()), Experience::default());
    let mut due = Instant::now();
    for query in QUERIES.iter().cycle().take_while(|_| !ends.load(Ordering::Relaxed)) {
        thread::sleep(due.saturating_duration_since(Instant::now()));
        let reply = agent.get(format!("{url}{query}")).header("cookie", cookie).call();
        match reply.and_then(|mut reply| reply.body_mut().read_to_string()) {
            Ok(body) if body.contains("\"results\":[{") => experience.answers.note(due.elapsed()),
            _ => experience.failures += 1,
        }
        due += PAUSE;
    }
    experience
}

fn watch(pid: u32, ends: &AtomicBool) -> f64 {
    let every = Duration::from_millis(50);
    let mut memory = MemoryWatch::new(every);
    while !ends.load(Ordering::Relaxed) {
        memory.look(pid);
        thread::sleep(every);
    }
    memory.resident().map_or(0.0, |trend| trend.maximum)
}
