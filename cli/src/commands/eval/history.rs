//! `foray eval --history`: what was measured before, over models and time.

use std::io::Write;

use anyhow::{Context, Result};
use foray_protocol::{Evaluation, PhotoPath};
use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::arguments::EvalArguments;
use crate::connection::Connection;
use crate::output::print_json;
use crate::settings::Settings;

/// Evaluations that are listed: all that a library keeps.
const MOST: usize = 1_000;

pub fn history(settings: &Settings, arguments: &EvalArguments) -> Result<()> {
    let mut evaluations = Connection::open(settings, "eval", false)?.evaluations(MOST)?;
    if let Some(dataset) = &arguments.dataset {
        let wanted = dataset.canonicalize().with_context(|| dataset.display().to_string())?;
        evaluations.retain(|evaluation| evaluation.dataset == PhotoPath::from(wanted.clone()));
    }
    // What is told over time are figures; a server leaves the matrices out as well.
    for contender in evaluations.iter_mut().flat_map(|evaluation| &mut evaluation.contenders) {
        contender.metrics.confusion.clear();
    }
    if arguments.json {
        return print_json(&serde_json::json!({ "evaluations": evaluations }));
    }
    let mut out = anstream::stdout().lock();
    for evaluation in &evaluations {
        print(&mut out, evaluation)?;
    }
    if evaluations.is_empty() {
        writeln!(out, "no evaluations yet; `foray eval DATASET` makes one")?;
    }
    Ok(())
}

fn print(out: &mut impl Write, evaluation: &Evaluation) -> Result<()> {
    let Evaluation { dataset, split, space, at, images, contenders, .. } = evaluation;
    let time = Timestamp::from_second(i64::try_from(*at)?)?.to_zoned(TimeZone::system());
    let split = split.as_ref().map(|split| format!(" ({split})")).unwrap_or_default();
    writeln!(out, "{}  {dataset}{split}, {images} photos, {space}", time.strftime("%Y-%m-%d %H:%M"))?;
    for contender in contenders {
        let metrics = &contender.metrics;
        writeln!(out, "    {:>5.1}%  top-5 {:>5.1}%  {}", 100.0 * metrics.top1, 100.0 * metrics.top5, contender.name)?;
    }
    Ok(())
}
