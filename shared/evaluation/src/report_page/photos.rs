//! Single photos: those that were classified wrongly, and those that could not be read.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use foray_protocol::{Evaluation, Failure, PhotoPath};

use super::text::{name, of_class, percent};

/// A photo that the best contender took for another class than its own.
#[derive(Clone, Debug, PartialEq)]
pub struct Mistake {
    /// The photo.
    pub path: PhotoPath,
    /// A small version of it to show, a JPEG file.
    pub thumbnail: Vec<u8>,
    /// Its class.
    pub label: u32,
    /// The class that it was taken for.
    pub predicted: u32,
    /// The probability that was given to that class, 0 to 1.
    pub probability: f64,
}

/// The photos that were taken for another class; nothing when there are none.
pub(super) fn mistakes(evaluation: &Evaluation, mistakes: &[Mistake]) -> String {
    if mistakes.is_empty() {
        return String::new();
    }
    let photos: String = mistakes.iter().map(|mistake| photo(evaluation, mistake)).collect();
    format!(
        "<section aria-labelledby=\"mistakes\">\n<h2 id=\"mistakes\">Worst mistakes</h2>\n\
         <p>Photos that the best contender took for another class, the surest first. Some may be labelled wrongly.</p>\n\
         <ul class=\"photos\">\n{photos}</ul>\n</section>\n"
    )
}

fn photo(evaluation: &Evaluation, mistake: &Mistake) -> String {
    let label = of_class(evaluation, mistake.label as usize);
    let predicted = of_class(evaluation, mistake.predicted as usize);
    format!(
        "<li><figure><img src=\"data:image/jpeg;base64,{jpeg}\" alt=\"Photo of the class {label}, taken for {predicted}\">\
         <figcaption><strong><bdi>{label}</bdi></strong>, taken for <strong><bdi>{predicted}</bdi></strong> ({probability})\
         <br><span class=\"muted\">{path}</span></figcaption></figure></li>\n",
        jpeg = STANDARD.encode(&mistake.thumbnail),
        probability = percent(mistake.probability),
        path = name(&mistake.path),
    )
}

/// The photos that could not be read, and why; nothing when there are none.
pub(super) fn failed(failed: &[Failure]) -> String {
    if failed.is_empty() {
        return String::new();
    }
    let row = |failure: &Failure| {
        format!("<tr><th scope=\"row\">{}</th><td>{}</td></tr>\n", name(&failure.path), name(&failure.reason))
    };
    let rows: String = failed.iter().map(row).collect();
    format!(
        "<section aria-labelledby=\"failed\">\n<h2 id=\"failed\">Left out</h2>\n<p>These could not be read.</p>\n\
         <div class=\"scroll\" role=\"region\" aria-labelledby=\"failed\" tabindex=\"0\">\n<table>\n\
         <thead><tr><th scope=\"col\">Photo</th><th scope=\"col\">Reason</th></tr></thead>\n\
         <tbody>\n{rows}</tbody>\n</table>\n</div>\n</section>\n"
    )
}
