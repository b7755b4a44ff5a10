//! The contenders side by side.

use foray_protocol::{Comparison, Contender};

use super::text::{name, p_value, percent, points};

/// What the columns mean.
const LEGEND: &str = "Top-1: photos whose most probable class is theirs, with the 95 % interval of the bootstrap. Top-5: photos \
    with their class among the five most probable. Macro F1: the mean over classes of the balance of precision and recall. \
    ECE: how far confidence lies from the part of right answers; 0 is best. Difference: in top-1, against the contender that \
    was named first, in points of per cent. p: the probability of a difference at least this large between two that are \
    equally good (McNemar’s exact test).";

/// The table of all contenders, in their order.
pub(super) fn section(contenders: &[Contender]) -> String {
    let rows: String = contenders.iter().map(row).collect();
    format!(
        "<section aria-labelledby=\"contenders\">\n<h2 id=\"contenders\">Contenders</h2>\n<p>{LEGEND}</p>\n\
         <div class=\"scroll\" role=\"region\" aria-labelledby=\"contenders\" tabindex=\"0\">\n<table>\n\
         <thead><tr><th scope=\"col\">Contender</th>{columns}</tr></thead>\n\
         <tbody>\n{rows}</tbody>\n</table>\n</div>\n</section>\n",
        columns = ["Top-1", "Top-5", "Macro F1", "ECE", "Difference", "p"].map(column).concat(),
    )
}

fn column(title: &str) -> String {
    format!("<th scope=\"col\" class=\"number\">{title}</th>")
}

fn row(contender: &Contender) -> String {
    let metrics = &contender.metrics;
    let (low, high) = metrics.top1_interval;
    let interval = format!("<br><span class=\"muted\">{} to {}</span>", percent(low), percent(high));
    let (difference, p) = contender.against_first.as_ref().map_or(("–".into(), "–".into()), compared);
    let cells = [
        percent(metrics.top1) + &interval,
        percent(metrics.top5),
        percent(metrics.macro_f1),
        format!("{:.3}", metrics.calibration_error),
        difference,
        p,
    ];
    let cells: String = cells.iter().map(|cell| format!("<td class=\"number\">{cell}</td>")).collect();
    format!("<tr><th scope=\"row\">{}{}</th>{cells}</tr>\n", name(&contender.name), cross_validated(contender))
}

/// What is known of a classifier that learned from examples by these alone.
fn cross_validated(contender: &Contender) -> String {
    let told =
        |part| format!("<br><span class=\"muted\">right on {} of its examples when held out</span>", percent(part));
    contender.cross_validated_top1.map(told).unwrap_or_default()
}

/// The difference, and how likely it is by chance.
fn compared(comparison: &Comparison) -> (String, String) {
    let photos = format!("{} photos against {}", comparison.only_this, comparison.only_other);
    let difference = format!("{}<br><span class=\"muted\">{photos}</span>", points(comparison.difference));
    (difference, p_value(comparison.p_value))
}
