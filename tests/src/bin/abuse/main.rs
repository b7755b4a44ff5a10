//! Attacks on the real server, without a token and with one, while another client asks a search each tenth of a second:
//! `cargo run --release --workspace --bin abuse`. Ends with 1 if anything got through, the server died, or the other client was failed.
//! Words after the command choose the attacks whose names contain one of them.
#![allow(clippy::unwrap_used, reason = "an attack that cannot be made ends the program")]

mod bystander;
mod elsewhere;
mod guesses;
mod heads;
mod large;
mod listeners;
mod pages;
mod paths;
mod pictures;
mod raw;
mod report;
mod slow;
mod target;
mod victims;

use std::process::ExitCode;
use std::thread;
use std::time::{Duration, Instant};

use crate::bystander::Bystander;
use crate::target::{Outcome, Target};
use crate::victims::{Victim, Victims};

/// One way to attack.
pub struct Attack {
    name: &'static str,
    by: &'static [By],
    run: fn(&Target) -> Outcome,
    /// What the server may answer.
    refused_by: &'static [&'static str],
}

/// Who attacks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum By {
    /// Another user of the machine, at a server without a token.
    Neighbour,
    /// Whoever shows its page's key there.
    Owner,
    /// Somebody without the token.
    Stranger,
    /// Somebody with it.
    Insider,
}

use By::{Insider, Neighbour, Owner, Stranger};

const ALL: &[By] = &[Owner, Stranger, Insider];
/// What a server may say to what it does not take.
const REFUSED: &[&str] =
    &["400", "401", "403", "404", "405", "408", "411", "413", "414", "415", "422", "431", "501", "closed"];
const ENDED: &[&str] = &["401", "408", "400", "503", "closed"];

/// In less time the other client has hardly asked anything.
const SHORTEST: Duration = Duration::from_secs(3);

#[rustfmt::skip]
const ATTACKS: [Attack; 21] = [
    Attack { name: "none, for comparison", by: &[Neighbour, Insider], run: nothing, refused_by: &[] },
    Attack { name: "1,000 heads, a byte a second", by: &[Neighbour, Stranger], run: slow::heads, refused_by: ENDED },
    Attack { name: "1,000 bodies, a byte a second", by: &[Neighbour, Stranger, Insider], run: slow::bodies, refused_by: ENDED },
    Attack { name: "5,000 connections, nothing sent", by: &[Stranger], run: slow::silence, refused_by: ENDED },
    Attack { name: "10,000 listeners to events", by: &[Neighbour, Stranger], run: listeners::many, refused_by: &["200", "401", "503"] },
    Attack { name: "300 that ask for 500 files and read none", by: &[Neighbour], run: slow::unread, refused_by: &["closed"] },
    Attack { name: "24 that ask 3,000 times and read nothing", by: &[Stranger], run: slow::queued, refused_by: &["closed"] },
    Attack { name: "bodies that declare 10 GB", by: ALL, run: large::declared, refused_by: REFUSED },
    Attack { name: "bodies without an end, chunked", by: ALL, run: large::endless, refused_by: REFUSED },
    Attack { name: "bodies that unfold, nest or count too much", by: ALL, run: large::packed, refused_by: REFUSED },
    Attack { name: "40 uploads of 63 MiB that never end", by: &[Neighbour, Stranger], run: large::held, refused_by: &["held", "401", "503", "closed"] },
    Attack { name: "heads of megabytes, 10,000 headers", by: ALL, run: heads::bombs, refused_by: REFUSED },
    Attack { name: "a request hidden in another one's body", by: &[Neighbour, Insider], run: heads::smuggling, refused_by: REFUSED },
    Attack { name: "paths that lead elsewhere", by: ALL, run: paths::traversal, refused_by: &["400", "401", "403", "404", "405", "the page"] },
    Attack { name: "addresses to be fetched, in every field", by: ALL, run: elsewhere::addresses, refused_by: &["200", "202", "400", "401", "403", "404", "405", "409", "422"] },
    Attack { name: "hosts that are bent to this machine", by: &[Owner], run: pages::names, refused_by: &["400", "401"] },
    Attack { name: "pages of other sites", by: &[Owner, Insider], run: pages::origins, refused_by: &["400", "401"] },
    Attack { name: "pictures that say they are enormous", by: &[Neighbour, Insider], run: pictures::declared, refused_by: &["422"] },
    Attack { name: "24 pictures of 196 million pixels at once", by: &[Neighbour], run: pictures::within_the_limit, refused_by: &["200", "422", "503"] },
    Attack { name: "4,000 guesses at a token by 16 at once", by: &[Stranger], run: guesses::tokens, refused_by: &["401", "429"] },
    Attack { name: "4,000 guesses at a password by 16 at once", by: &[Stranger], run: guesses::passwords, refused_by: &["401", "429"] },
];

fn main() -> ExitCode {
    let chosen: Vec<String> = std::env::args().skip(1).collect();
    let is_chosen = |attack: &&Attack| chosen.is_empty() || chosen.iter().any(|word| attack.name.contains(word));
    let mut victims = Victims::start();
    println!("Attacks on a library of {} photos; {}", victims.photos(), foray_tests::machine());
    println!("open files: the server may have {}\n", victims.open_files());
    report::head();
    let mut failed = vec![];
    for attack in ATTACKS.iter().filter(is_chosen) {
        for by in attack.by {
            let victim = victims.of(*by);
            victim.forgive();
            if !stands(attack, *by, victim) || !victim.is_sound() {
                failed.push(format!("{} by {by:?}", attack.name));
            }
        }
    }
    match failed.as_slice() {
        [] => println!("\nVerdict: nothing got through, both servers live, and the other client was always served."),
        failed => println!("\nVerdict: FAILED at {}", failed.join("; ")),
    }
    ExitCode::from(u8::from(!failed.is_empty()))
}

/// Attacks, and tells of it; whether the server stood it.
fn stands(attack: &Attack, by: By, victim: &Victim) -> bool {
    let target = victim.seen_by(by);
    let (bystander, begun) = (Bystander::of(&target.address, target.pid, &victim.cookie), Instant::now());
    let outcome = (attack.run)(&target);
    thread::sleep(SHORTEST.saturating_sub(begun.elapsed()));
    let stood = report::row(attack, &target, &outcome, &bystander.end());
    // What the attack left open is closed before the next one.
    thread::sleep(Duration::from_secs(2));
    stood
}

fn nothing(_: &Target) -> Outcome {
    thread::sleep(Duration::from_secs(10));
    Outcome::default()
}
