//! Whether answers are right: in themselves, by what the library has, and against exact neighbours.

use serde_json::Value;

use crate::library::{MadeLibrary, NEIGHBOURS};
use crate::questions::{Asked, Kind};

/// What came of a question.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// It was answered.
    Answered,
    /// The answer is being prepared; only what is computed of all photos with all may say so.
    Preparing,
    /// It was not, or with something else than was asked for.
    Failed(String),
}

/// What can be told of an answer without looking into it.
pub fn outcome(kind: Kind, asked: &Asked) -> Outcome {
    let Some(reply) = &asked.reply else { return Outcome::Failed(format!("{kind:?}: no answer")) };
    match reply.status {
        200 => Outcome::Answered,
        503 if kind == Kind::Unusual => Outcome::Preparing,
        status => {
            let text = String::from_utf8_lossy(&reply.body);
            Outcome::Failed(format!("{kind:?}: {status} {}", text.chars().take(200).collect::<String>()))
        }
    }
}

/// What is wrong with an answer that should hold photos, or a picture.
pub fn mistake(kind: Kind, asked: &Asked, library: &MadeLibrary) -> Option<String> {
    let reply = asked.reply.as_ref().filter(|reply| reply.status == 200)?;
    match kind {
        Kind::Thumbnail | Kind::Original => {
            image::load_from_memory(&reply.body).err().map(|error| format!("{kind:?}: {error}"))
        }
        Kind::Status | Kind::Commit => None,
        _ => mistake_in_list(kind, &reply.json(), library),
    }
}

fn mistake_in_list(kind: Kind, answer: &Value, library: &MadeLibrary) -> Option<String> {
    let hits = answer["results"].as_array()?;
    let ids = ids(answer);
    let scores: Vec<f64> = hits.iter().filter_map(|hit| hit["score"].as_f64()).collect();
    let mut once = ids.clone();
    once.sort_unstable();
    once.dedup();
    let wrong = if hits.is_empty() {
        "no photo"
    } else if !scores.is_sorted_by(|better, worse| better >= worse) || scores.len() < hits.len() {
        "scores do not descend"
    } else if once.len() < hits.len() {
        "a photo came twice"
    } else if !ids.iter().all(|id| library.knows(id)) {
        "a photo that the library does not have"
    } else {
        return None;
    };
    Some(format!("{kind:?}: {wrong}"))
}

/// Which share of a probe's true neighbours were found, where neighbours of one were asked for.
pub fn recall(asked: &Asked, library: &MadeLibrary) -> Option<f64> {
    let reply = asked.reply.as_ref().filter(|reply| reply.status == 200)?;
    let (_, nearest) = &library.probes[asked.probe?];
    let answer = reply.json();
    // Photos that came while the server ran, and real ones, may be nearer: the true neighbours are those among the made ones.
    let found =
        ids(&answer).into_iter().filter(|id| library.is_made(id)).take(NEIGHBOURS).filter(|id| nearest.contains(id));
    Some(found.count() as f64 / NEIGHBOURS as f64)
}

fn ids(answer: &Value) -> Vec<String> {
    let hits = answer["results"].as_array().into_iter().flatten();
    hits.filter_map(|hit| hit["id"].as_str()).map(str::to_owned).collect()
}
