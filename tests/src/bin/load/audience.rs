//! Pages that are open all the while, and listen to events.

use std::io::{BufRead, BufReader};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use ureq::Agent;

use crate::TOKEN;

/// As many as a family or a small team has open.
pub const LISTENERS: usize = 6;

/// What listeners heard.
#[derive(Default)]
pub struct Heard {
    /// Events, by all of them together.
    pub events: usize,
    /// Listeners whose stream broke off.
    pub broken: usize,
}

/// Everybody who listens.
pub struct Audience {
    events: Arc<AtomicUsize>,
    broken: Arc<AtomicUsize>,
}

impl Audience {
    /// Listens to the server at `base`.
    pub fn of(base: &str) -> Self {
        let audience = Self { events: Arc::default(), broken: Arc::default() };
        for _ in 0..LISTENERS {
            let (url, events, broken) =
                (format!("{base}/api/v1/events"), Arc::clone(&audience.events), Arc::clone(&audience.broken));
            // They listen until the process ends: nothing but the server ends a stream of events.
            thread::spawn(move || {
                listen(&url, &events);
                broken.fetch_add(1, Ordering::Relaxed);
            });
        }
        audience
    }

    /// What they heard so far.
    pub fn end(self) -> Heard {
        Heard { events: self.events.load(Ordering::Relaxed), broken: self.broken.load(Ordering::Relaxed) }
    }
}

fn listen(url: &str, events: &AtomicUsize) {
    let request = Agent::new_with_defaults().get(url).header("authorization", format!("Bearer {TOKEN}"));
    let Ok(reply) = request.call() else { return };
    let lines = BufReader::new(reply.into_body().into_reader()).lines().map_while(Result::ok);
    lines.filter(|line| line.starts_with("event:")).for_each(|_| _ = events.fetch_add(1, Ordering::Relaxed));
}
