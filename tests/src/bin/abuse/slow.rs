//! Those who take their time: heads and bodies that come byte by byte, connections on which nothing comes, answers that nobody reads.

use std::thread;
use std::time::{Duration, Instant};

use crate::raw::{Answer, Raw};
use crate::target::{Answers, Outcome, Target};

const CONNECTIONS: usize = 1_000;
const SILENT: usize = 5_000;
const UNREAD: usize = 300;
const QUEUES: usize = 24;
/// A head must have come by then, and something of it.
const FOR_HEADS: usize = 15;
/// A body must have come by then, at this pace.
const FOR_BODIES: usize = 45;
const FOR_UNREAD: usize = 10;
/// Whoever takes nothing of an answer is given up by then; requests are taken in for some seconds before.
const UNTIL_GIVEN_UP: Duration = Duration::from_secs(150);

/// How a request begins, and what then comes in each second.
type Drip = (String, &'static [u8]);

pub fn heads(target: &Target) -> Outcome {
    let begun = target.head("GET", "/", "X-Slow: ").trim_end().to_owned();
    drip(target, &[(begun, b"a")], FOR_HEADS)
}

/// Half of them say how long they are, half come in pieces.
pub fn bodies(target: &Target) -> Outcome {
    let begun =
        |more: &str| target.head("POST", "/api/v1/search", &format!("Content-Type: application/json\r\n{more}"));
    let declared = begun("Content-Length: 1000000\r\n") + "{\"query\": \"";
    let chunked = begun("Transfer-Encoding: chunked\r\n") + "b\r\n{\"query\": \"\r\n";
    drip(target, &[(declared, b"a"), (chunked, b"1\r\na\r\n")], FOR_BODIES)
}

pub fn silence(target: &Target) -> Outcome {
    let mut answers = Answers::default();
    let mut open = opened(target, SILENT, |_| vec![], &mut answers);
    thread::sleep(Duration::from_secs(FOR_HEADS as u64));
    open.iter_mut().for_each(|raw| answers.count(raw.look(), "still open"));
    answers.into()
}

/// Asks for much and reads nothing of it.
pub fn unread(target: &Target) -> Outcome {
    let ask = target.head("GET", &format!("/api/v1/images/{}/original", target.photo), "").repeat(500);
    unread_by(target, UNREAD, ask.as_bytes())
}

/// Asks for as much as fits into what is read at once, and reads no answer.
pub fn queued(target: &Target) -> Outcome {
    unread_by(target, QUEUES, &b"GET /icon-512.png HTTP/1.1\r\nHost: a\r\n\r\n".repeat(3_000))
}

fn unread_by(target: &Target, connections: usize, ask: &[u8]) -> Outcome {
    let (memory, before) = (target.memory(), target.connections());
    let mut answers = Answers::default();
    let mut open = opened(target, connections, |_| vec![], &mut answers);
    for _ in 0..FOR_UNREAD {
        open.iter_mut().for_each(|raw| _ = raw.offer(ask));
        thread::sleep(Duration::from_secs(1));
    }
    let each = (target.memory() - memory) / connections as f64;
    // Of the other client there are some more, and some less.
    let (begun, few) = (Instant::now(), connections / 10);
    while target.connections() > before + few && begun.elapsed() < UNTIL_GIVEN_UP {
        thread::sleep(Duration::from_secs(1));
    }
    let held = target.connections() > before + few;
    open.iter().for_each(|_| answers.note(if held { "held" } else { "closed" }));
    let seconds = begun.elapsed().as_secs() + FOR_UNREAD as u64;
    Outcome { answers, note: format!("{each:.1} MiB a connection; given up after {seconds} s") }
}

/// Begins requests on many connections, and goes on with each in each second until the server closes it, whatever it answers.
fn drip(target: &Target, drips: &[Drip], seconds: usize) -> Outcome {
    let mut answers = Answers::default();
    let of = |number: usize| &drips[number % drips.len()];
    let open = opened(target, CONNECTIONS, |number| of(number).0.clone().into_bytes(), &mut answers);
    let mut open: Vec<_> = open.into_iter().enumerate().map(|(number, raw)| (raw, of(number).1, None)).collect();
    let mut longest = 0;
    for second in 0..seconds {
        open.retain_mut(|(raw, piece, told)| {
            match (raw.look(), *told) {
                (Answer::Status(status), _) => *told = Some(Answer::Status(status)),
                (Answer::Closed, _) => {
                    answers.count(told.unwrap_or(Answer::Closed), "");
                    longest = second;
                    return false;
                }
                _ => {}
            }
            raw.offer(piece);
            true
        });
        thread::sleep(Duration::from_secs(1));
    }
    open.iter().for_each(|_| answers.note("still open"));
    Outcome { answers, note: format!("the last one was closed after {longest} s") }
}

fn opened(target: &Target, connections: usize, begun: impl Fn(usize) -> Vec<u8>, answers: &mut Answers) -> Vec<Raw> {
    let mut open = vec![];
    for number in 0..connections {
        match Raw::open(target) {
            Some(mut raw) => {
                raw.send(&begun(number));
                open.push(raw);
            }
            None => answers.note("not taken"),
        }
    }
    open
}
