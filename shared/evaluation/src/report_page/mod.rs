//! An evaluation as one page that can be kept, mailed and opened anywhere: no scripts, nothing fetched, nothing beside it.

mod class_table;
mod contender_table;
mod heatmap;
mod photos;
mod text;

use foray_protocol::{Contender, Evaluation};
use jiff::Timestamp;

use text::{count, escape, name};

pub use photos::Mistake;

/// The page's looks, in light and dark.
const STYLE: &str = include_str!("page.css");
/// Scripts, frames, forms and whatever else would have to be fetched are forbidden even if text were to come through unescaped.
const POLICY: &str = "default-src 'none'; img-src data:; style-src 'unsafe-inline'";

/// The page of `evaluation`, in HTML: the contenders side by side; of the best, each class, which classes are taken for which,
/// and `mistakes` in their order; and the photos that were left out. Paths and names are untrusted: they are shown as text.
pub fn report_page(evaluation: &Evaluation, mistakes: &[Mistake]) -> String {
    let dataset = evaluation.dataset.as_path();
    let title =
        escape(dataset.file_name().map_or_else(|| dataset.display().to_string(), |name| name.display().to_string()));
    let best = evaluation.contenders.first().map(|best| best_contender(evaluation, best)).unwrap_or_default();
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{POLICY}\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>Evaluation of {title}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<header>\n\
         <h1>Evaluation of <bdi>{title}</bdi></h1>\n{facts}</header>\n<main>\n{contenders}{best}{mistakes}{failed}</main>\n\
         </body>\n</html>\n",
        facts = facts(evaluation),
        contenders = contender_table::section(&evaluation.contenders),
        mistakes = photos::mistakes(evaluation, mistakes),
        failed = photos::failed(&evaluation.failed),
    )
}

/// What was measured, on what, and when.
fn facts(evaluation: &Evaluation) -> String {
    let split = evaluation.split.as_ref().map(|split| ("Split", name(split)));
    let facts = [
        Some(("Dataset", name(&evaluation.dataset))),
        split,
        Some((
            "Model",
            format!("{} <span class=\"muted\">{}</span>", name(evaluation.space.model()), name(&evaluation.space)),
        )),
        Some(("Photos", photos_and_time(evaluation))),
        Some(("Classes", count(evaluation.classes.len()))),
        Some(("Date", date(evaluation.at))),
    ];
    let rows: String = facts.iter().flatten().map(|(term, fact)| format!("<dt>{term}</dt><dd>{fact}</dd>\n")).collect();
    format!("<dl>\n{rows}</dl>\n")
}

fn photos_and_time(evaluation: &Evaluation) -> String {
    let failed = match evaluation.failed.len() {
        0 => String::new(),
        failed => format!(", {} left out", count(failed)),
    };
    let (images, embedded) = (count(evaluation.images), count(evaluation.embedded));
    format!("{images}{failed} <span class=\"muted\">{embedded} embedded, in {:.1} s</span>", evaluation.seconds)
}

/// Seconds since 1970 as a date, `2026-01-31 09:30 UTC`.
fn date(at: u64) -> String {
    let date = i64::try_from(at).ok().and_then(|at| Timestamp::from_second(at).ok());
    date.map_or_else(|| format!("{at} s since 1970"), |date| date.strftime("%Y-%m-%d %H:%M UTC").to_string())
}

/// What is shown of the best contender alone.
fn best_contender(evaluation: &Evaluation, best: &Contender) -> String {
    class_table::section(evaluation, best) + &heatmap::section(evaluation, best)
}

#[cfg(test)]
mod tests;
