//! Untrusted text and numbers, as they stand in the page.

use foray_protocol::Evaluation;

/// Text for elements and attributes: what HTML would take for markup is escaped.
pub(super) fn escape(text: impl ToString) -> String {
    htmlize::escape_all_quotes(text.to_string()).into_owned()
}

/// A name or path within a sentence; one that is written from right to left does not turn the words around it.
pub(super) fn name(text: impl ToString) -> String {
    format!("<bdi>{}</bdi>", escape(text))
}

/// The escaped name of a class.
pub(super) fn of_class(evaluation: &Evaluation, class: usize) -> String {
    evaluation.classes.get(class).map_or_else(|| format!("class {class}"), escape)
}

/// A part from 0 to 1 in per cent, to a tenth: `73.4 %`.
pub(super) fn percent(part: f64) -> String {
    format!("{:.1}\u{a0}%", 100.0 * part)
}

/// A difference of parts in points of per cent, with its sign.
pub(super) fn points(difference: f64) -> String {
    // Minus zero would be shown as such.
    let rounded = (1000.0 * difference).round() / 10.0 + 0.0;
    format!("{rounded:+.1}").replace('-', "\u{2212}")
}

/// A probability of chance, as journals print it.
pub(super) fn p_value(p: f64) -> String {
    if p < 0.001 { "&lt;\u{a0}0.001".to_owned() } else { format!("{p:.3}") }
}

/// A whole number with its thousands apart: `12 345`.
pub(super) fn count(number: usize) -> String {
    let digits = number.to_string();
    let groups: Vec<_> = digits.as_bytes().rchunks(3).rev().map(String::from_utf8_lossy).collect();
    groups.join("\u{202f}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_printed_for_people() {
        assert_eq!([count(7), count(1_234), count(1_000_000)], ["7", "1\u{202f}234", "1\u{202f}000\u{202f}000"]);
        assert_eq!([percent(0.7341), percent(1.0)], ["73.4\u{a0}%", "100.0\u{a0}%"]);
        assert_eq!([points(0.0214), points(-0.1), points(-0.0001)], ["+2.1", "\u{2212}10.0", "+0.0"]);
        assert_eq!([p_value(0.0004), p_value(0.25)], ["&lt;\u{a0}0.001", "0.250"]);
    }
}
