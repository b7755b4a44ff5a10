//! What is printed of each attack, and what counts as having got through.

use crate::Attack;
use crate::bystander::Experience;
use crate::target::{Answers, Outcome, Target};

/// More than this no attack may make the server hold, MiB: what its own limits add up to, and the model.
const MOST_MEMORY: f64 = 3_000.0;

/// Prints what the columns are.
pub fn head() {
    println!("{:<44} {:<16} {:>25} {:>9}", "", "", "another client meanwhile", "server");
    println!("{:<44} {:<16} {:>7} {:>7} {:>9} {:>9}", "attack", "by", "p50 ms", "p99 ms", "failed", "peak MiB");
}

/// Prints a row; whether the server stood it.
pub fn row(attack: &Attack, target: &Target, outcome: &Outcome, meanwhile: &Experience) -> bool {
    let Experience { answers, failures, peak } = meanwhile;
    let [median, slow] = answers.at([0.5, 0.99]);
    let failed = format!("{failures}/{}", failures + answers.count());
    println!("{:<44} {:<16} {median:>7.1} {slow:>7.1} {failed:>9} {peak:>9.0}", attack.name, target.by);
    let notes: Vec<String> = [outcome.answers.to_string(), outcome.note.clone()].into();
    let told: Vec<String> = notes.into_iter().filter(|note| !note.is_empty()).collect();
    println!("    {}", told.join("; "));
    let through = got_through(attack, &outcome.answers);
    if !through.is_empty() {
        println!("    GOT THROUGH: {}", through.join(", "));
    }
    through.is_empty() && *failures == 0 && *peak < MOST_MEMORY
}

fn got_through(attack: &Attack, answers: &Answers) -> Vec<String> {
    answers.0.keys().filter(|label| !attack.refused_by.contains(&label.as_str())).cloned().collect()
}
