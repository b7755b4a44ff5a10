//! How well each class is told from the others.

use foray_protocol::{ClassMetrics, Contender, Evaluation};

use super::text::{count, name, of_class, percent};

/// The best contender's classes, the worst first.
pub(super) fn section(evaluation: &Evaluation, best: &Contender) -> String {
    let mut classes: Vec<(usize, &ClassMetrics)> =
        best.metrics.per_class.iter().enumerate().filter(|(_, class)| class.images > 0).collect();
    classes.sort_by(|(_, a), (_, b)| a.f1.total_cmp(&b.f1));
    let rows: String = classes.iter().map(|(class, metrics)| row(evaluation, best, *class, metrics)).collect();
    format!(
        "<section aria-labelledby=\"classes\">\n<h2 id=\"classes\">Classes, the worst first</h2>\n\
         <p>Of the best contender, {name}. Precision: of the photos that were taken for the class, how many are of it. \
         Recall: of the photos of the class, how many were taken for it. F1: the balance of both.</p>\n\
         <div class=\"scroll\" role=\"region\" aria-labelledby=\"classes\" tabindex=\"0\">\n<table>\n\
         <thead><tr><th scope=\"col\">Class</th><th scope=\"col\" class=\"number\">Photos</th><th scope=\"col\">F1</th>\
         <th scope=\"col\">Precision</th><th scope=\"col\">Recall</th></tr></thead>\n\
         <tbody>\n{rows}</tbody>\n</table>\n</div>\n</section>\n",
        name = name(&best.name),
    )
}

fn row(evaluation: &Evaluation, best: &Contender, class: usize, metrics: &ClassMetrics) -> String {
    let prompt = best.prompts.get(class).map(|prompt| format!("<br><span class=\"muted\">{}</span>", name(prompt)));
    format!(
        "<tr><th scope=\"row\"><bdi>{}</bdi>{}</th><td class=\"number\">{}</td>{}</tr>\n",
        of_class(evaluation, class),
        prompt.unwrap_or_default(),
        count(metrics.images as usize),
        [metrics.f1, metrics.precision, metrics.recall].map(bar).concat(),
    )
}

/// A part from 0 to 1 as a number and a bar.
fn bar(part: f64) -> String {
    let width = 100.0 * part.clamp(0.0, 1.0);
    format!("<td><div class=\"meter\">{}<span style=\"--part: {width:.1}%\"></span></div></td>", percent(part))
}
