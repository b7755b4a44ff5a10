//! Guessing tokens and passwords, as fast as the server answers.

use std::thread;
use std::time::{Duration, Instant};

use foray_tests::{Random, post_json};
use serde_json::{Value, json};
use ureq::Agent;

use crate::target::{Answers, Outcome, Target};

const GUESSERS: u64 = 16;
const GUESSES_EACH: usize = 250;
/// More that are looked at than mistyping would explain; the others must have been refused unseen.
const MOST_LOOKED_AT: usize = 60;

pub fn tokens(target: &Target) -> Outcome {
    let url = format!("http://{}/api/v1/status", target.address);
    guess(move |agent, number| {
        let bearer = format!("Bearer {number:032x}");
        agent.get(&url).header("authorization", bearer).call().map(|reply| reply.status().as_u16()).ok()
    })
}

pub fn passwords(target: &Target) -> Outcome {
    let url = format!("http://{}/api/v1/session", target.address);
    let status = |body: &Value| post_json(&url, body).status;
    let mut outcome = guess({
        let url = url.clone();
        move |agent, number| {
            let body = json!({ "user": "anna", "password": format!("{number:x}") }).to_string();
            let request = agent.post(&url).content_type("application/json");
            request.send(body).map(|reply| reply.status().as_u16()).ok()
        }
    });
    outcome.answers.note(status(&json!({ "user": "anna' OR '1'='1", "password": "" })).to_string());
    outcome.answers.note(status(&json!({ "token": "" })).to_string());
    outcome
}

fn guess(ask: impl Fn(&Agent, u64) -> Option<u16> + Send + Sync + Clone + 'static) -> Outcome {
    let begun = Instant::now();
    let guessers: Vec<_> = (0..GUESSERS)
        .map(|seed| {
            let ask = ask.clone();
            thread::spawn(move || guess_alone(seed, ask))
        })
        .collect();
    let mut answers = Answers::default();
    for guesser in guessers {
        guesser.join().unwrap().into_iter().for_each(|label| answers.note(label));
    }
    let count = GUESSERS as usize * GUESSES_EACH;
    let note = format!("{:.0} guesses a second were made", count as f64 / begun.elapsed().as_secs_f64());
    if answers.of("401") > MOST_LOOKED_AT {
        answers.note("too many were looked at");
    }
    Outcome { answers, note }
}

fn guess_alone(seed: u64, ask: impl Fn(&Agent, u64) -> Option<u16>) -> Vec<String> {
    let config = Agent::config_builder().http_status_as_error(false).timeout_global(Some(Duration::from_secs(30)));
    let (agent, mut random) = (Agent::from(config.build()), Random(seed));
    let mut one = || ask(&agent, random.number()).map_or_else(|| "closed".to_owned(), |status| status.to_string());
    (0..GUESSES_EACH).map(|_| one()).collect()
}
