//! Which classes are taken for which: the confusion matrix as a picture, and its largest mistakes in words.

use foray_protocol::{Contender, Evaluation};

use super::text::{count, escape, name, of_class, percent};

/// More classes than these are not written at the edges, nor numbers into cells: nobody could read them.
const MOST_WITH_TEXT: usize = 40;
/// Pairs of classes that are listed.
const MOST_PAIRS: usize = 20;
/// The side of a cell, in the picture's own units.
const CELL: usize = 24;
/// Room for the names of classes at the edges, in the picture's own units, and the characters that fit in.
const EDGE: (usize, usize) = (150, 22);

/// Photos of one class that were taken for one class, this or another.
struct Cell {
    label: usize,
    predicted: usize,
    photos: u32,
    /// Part of the photos of the class, 0 to 1.
    part: f64,
}

/// The best contender's confusion matrix and the pairs of classes that it confuses most.
pub(super) fn section(evaluation: &Evaluation, best: &Contender) -> String {
    let cells = cells(&best.metrics.confusion);
    format!(
        "<section aria-labelledby=\"confusion\">\n<h2 id=\"confusion\">What is taken for what</h2>\n\
         <p>Of the best contender, {name}. Each row is a class, each column what its photos were taken for; the stronger the \
         colour, the more of them. On the diagonal they were recognised.</p>\n<div class=\"beside\">\n{picture}{pairs}</div>\n</section>\n",
        name = name(&best.name),
        picture = picture(evaluation, &cells),
        pairs = pairs(evaluation, &cells),
    )
}

/// The cells that have photos.
fn cells(confusion: &[Vec<u32>]) -> Vec<Cell> {
    let row = |(label, row): (usize, &Vec<u32>)| {
        let all = f64::from(row.iter().sum::<u32>());
        let cell =
            |(predicted, &photos): (usize, &u32)| Cell { label, predicted, photos, part: f64::from(photos) / all };
        row.iter().enumerate().map(cell).filter(|cell| cell.photos > 0).collect::<Vec<_>>()
    };
    confusion.iter().enumerate().flat_map(row).collect()
}

/// The matrix as a picture that scales.
fn picture(evaluation: &Evaluation, cells: &[Cell]) -> String {
    let classes = evaluation.classes.len();
    let with_text = classes <= MOST_WITH_TEXT;
    let edge = if with_text { EDGE.0 } else { 0 };
    let (inner, side) = (classes * CELL, classes * CELL + edge);
    let drawn: String = cells.iter().map(|cell| draw(evaluation, cell, edge, with_text)).collect();
    let names = if with_text {
        (0..classes).map(|class| edge_names(&evaluation.classes[class], class)).collect()
    } else {
        String::new()
    };
    // Small ones are not blown up, and on a phone text stays readable: the picture is scrolled instead.
    let least = if with_text { side.min(900) } else { 320 };
    format!(
        "<div class=\"scroll\" role=\"region\" aria-labelledby=\"confusion\" tabindex=\"0\">\n\
         <svg viewBox=\"0 0 {side} {side}\" style=\"min-width: {least}px; max-width: {most}px\" role=\"img\" \
         aria-label=\"Confusion matrix of {classes} classes; the table beside it lists its largest mistakes\">\n\
         <rect class=\"grid\" x=\"{edge}\" y=\"{edge}\" width=\"{inner}\" height=\"{inner}\"/>\n{names}{drawn}</svg>\n</div>\n",
        most = side.max(900),
    )
}

/// A cell with its words on hovering, and its number where there is room.
fn draw(evaluation: &Evaluation, cell: &Cell, edge: usize, with_text: bool) -> String {
    let (x, y) = (edge + cell.predicted * CELL, edge + cell.label * CELL);
    let (class, verb) = if cell.label == cell.predicted { ("right", "recognised as") } else { ("wrong", "taken for") };
    let (label, predicted) = (of_class(evaluation, cell.label), of_class(evaluation, cell.predicted));
    // Numbers have to stand out from their cell: it is never fully coloured then.
    let (least, span) = if with_text { (0.08, 0.34) } else { (0.25, 0.75) };
    let words = format!("{label} {verb} {predicted}: {} ({})", count(cell.photos as usize), percent(cell.part));
    let number = if with_text { number(x, y, cell.photos) } else { String::new() };
    format!(
        "<g><title>{words}</title><rect class=\"cell {class}\" x=\"{x}\" y=\"{y}\" width=\"{CELL}\" height=\"{CELL}\" \
         fill-opacity=\"{:.2}\"/>{number}</g>\n",
        least + span * cell.part,
    )
}

fn number(x: usize, y: usize, photos: u32) -> String {
    format!("<text x=\"{}\" y=\"{}\" text-anchor=\"middle\">{photos}</text>", x + CELL / 2, y + CELL / 2 + 4)
}

/// The name of a class at the left, for its row, and at the top, for its column.
fn edge_names(class: &str, at: usize) -> String {
    let mut characters = class.chars();
    let mut short: String = characters.by_ref().take(EDGE.1).collect();
    if characters.next().is_some() {
        short.push('…');
    }
    let (short, before, middle) = (escape(short), EDGE.0 - 6, EDGE.0 + at * CELL + CELL / 2 + 4);
    format!(
        "<text x=\"{before}\" y=\"{middle}\" text-anchor=\"end\">{short}</text>\
         <text transform=\"translate({middle} {before}) rotate(-90)\">{short}</text>\n"
    )
}

/// The pairs of classes that are confused most, as a table.
fn pairs(evaluation: &Evaluation, cells: &[Cell]) -> String {
    let mut wrong: Vec<_> = cells.iter().filter(|cell| cell.label != cell.predicted).collect();
    if wrong.is_empty() {
        return "<p>No photo was taken for another class.</p>\n".into();
    }
    wrong.sort_by(|a, b| b.photos.cmp(&a.photos).then(b.part.total_cmp(&a.part)));
    let rows: String = wrong.iter().take(MOST_PAIRS).map(|cell| pair(evaluation, cell)).collect();
    format!(
        "<div class=\"scroll\" role=\"region\" aria-label=\"Classes that are confused most\" tabindex=\"0\">\n<table>\n\
         <caption>Confused most</caption>\n<thead><tr><th scope=\"col\">Class</th><th scope=\"col\">Taken for</th>\
         <th scope=\"col\" class=\"number\">Photos</th><th scope=\"col\" class=\"number\">Of the class</th></tr></thead>\n\
         <tbody>\n{rows}</tbody>\n</table>\n</div>\n"
    )
}

fn pair(evaluation: &Evaluation, cell: &Cell) -> String {
    format!(
        "<tr><th scope=\"row\"><bdi>{}</bdi></th><td><bdi>{}</bdi></td><td class=\"number\">{}</td>\
         <td class=\"number\">{}</td></tr>\n",
        of_class(evaluation, cell.label),
        of_class(evaluation, cell.predicted),
        count(cell.photos as usize),
        percent(cell.part),
    )
}
