//! Thousands that listen to events and never go.

use std::thread;
use std::time::Duration;

use crate::raw::{Answer, Raw};
use crate::target::{Answers, Outcome, Target};

const LISTENERS: usize = 10_000;
/// The first events come at once.
const FIRST_EVENT: Duration = Duration::from_secs(3);
const LISTENING: Duration = Duration::from_secs(10);

pub fn many(target: &Target) -> Outcome {
    let before = target.memory();
    let ask = target.head("GET", "/api/v1/events", "");
    let (mut open, mut answers) = (vec![], Answers::default());
    for _ in 0..LISTENERS {
        let Some(mut raw) = Raw::open(target) else {
            answers.note("not taken");
            continue;
        };
        raw.send(ask.as_bytes());
        open.push(raw);
    }
    thread::sleep(FIRST_EVENT);
    let mut served = 0;
    for raw in &mut open {
        let answer = raw.look();
        served += usize::from(answer == Answer::Status(200));
        answers.count(answer, "no answer");
    }
    thread::sleep(LISTENING);
    let each = (target.memory() - before) * 1024.0 / served.max(1) as f64;
    Outcome { answers, note: if served > 0 { format!("{each:.0} KiB a listener") } else { String::new() } }
}
