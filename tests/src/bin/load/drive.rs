//! The open loop: questions are due at times that do not wait for answers, and how long one took counts from when it was due.

use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use foray_tests::Random;

use crate::checks;
use crate::questions::{Asker, Kind};
use crate::tally::Tally;

/// Questions a second: what keeps the server on two cores busy for about half of their time.
pub const RATE: f64 = 50.0;
/// More questions than are ever open at once: who waits for one of these would make the loop a closed one.
const ASKERS: u64 = 48;
/// Every so many-th answer with photos or a picture is looked into.
const CHECKED: usize = 10;

/// What is due, and when.
struct Schedule {
    random: Random,
    due: Instant,
    ends: Instant,
    count: usize,
}

/// A question that is due.
struct Due {
    at: Instant,
    kind: Kind,
    is_checked: bool,
}

impl Iterator for Schedule {
    type Item = Due;

    /// People come independently of each other: the pauses between them are exponentially distributed.
    fn next(&mut self) -> Option<Due> {
        let pause = -(1.0 - self.random.fraction()).ln() / RATE;
        self.due += Duration::from_secs_f64(pause);
        self.count += 1;
        let is_checked = self.count.is_multiple_of(CHECKED);
        (self.due < self.ends).then(|| Due { at: self.due, kind: Kind::any(&mut self.random), is_checked })
    }
}

/// Begins to ask, until `ends`.
pub fn begin(asker: &Asker, ends: Instant, tally: &Arc<Tally>) -> Vec<JoinHandle<()>> {
    let schedule = Schedule { random: Random(1), due: Instant::now(), ends, count: 0 };
    let schedule = Arc::new(Mutex::new(schedule));
    let ask = |seed: u64| {
        let (asker, schedule, tally) = (asker.clone(), Arc::clone(&schedule), Arc::clone(tally));
        thread::spawn(move || {
            let mut random = Random(seed);
            loop {
                let due = schedule.lock().unwrap().next();
                let Some(due) = due else { return };
                thread::sleep(due.at.saturating_duration_since(Instant::now()));
                answer(&asker, &due, &mut random, &tally);
            }
        })
    };
    (0..ASKERS).map(ask).collect()
}

fn answer(asker: &Asker, due: &Due, random: &mut Random, tally: &Tally) {
    let asked = asker.ask(due.kind, random);
    tally.note(due.kind, due.at.elapsed(), checks::outcome(due.kind, &asked));
    if due.is_checked || asked.probe.is_some() {
        let mistake = checks::mistake(due.kind, &asked, &asker.library);
        tally.note_check(mistake, checks::recall(&asked, &asker.library));
    }
}
