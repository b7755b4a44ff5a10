//! Texts as the models of the CLIP family were trained on them: mended, without HTML entities, without needless blanks.
//!
//! open_clip mends with Python's ftfy and html modules before it splits a text into tokens; these are their equals.

use std::borrow::Cow;
use std::sync::LazyLock;

use plsfix::TextFixerConfig;
use regex::{Captures, Regex};

use crate::manifest::Cleaning;

/// Mending is repeated until nothing changes; a text that needs more rounds is no text.
const MOST_ROUNDS: usize = 16;
/// Stands for `&` where plsfix must not see one, as it would unescape whatever its configuration says. A form feed is one byte
/// in every encoding that mending tries, and in a text of its own it is a blank like any other.
const SHIELD: &str = "\u{c}";

/// What Python's `html.unescape` takes for a character reference.
static REFERENCE: LazyLock<Regex> =
    LazyLock::new(|| regex(r"&(#[0-9]+;?|#[xX][0-9a-fA-F]+;?|[^\t\n\x0c <&#;]{1,32};?)"));
/// What ftfy takes for one: it insists on the semicolon.
static SURE_REFERENCE: LazyLock<Regex> = LazyLock::new(|| regex(r"&#?[0-9A-Za-z]{1,24};"));
/// Colours and the like for terminals.
static TERMINAL_ESCAPE: LazyLock<Regex> = LazyLock::new(|| regex(r"\x1b\[[\d;]*[a-zA-Z]"));

/// `text` in the way that `cleaning` names.
pub(crate) fn clean(text: &str, cleaning: Cleaning) -> String {
    let mended = unescape(&unescape(&mend(text)));
    match cleaning {
        Cleaning::Whitespace => single_spaced(&mended),
        Cleaning::Lower => single_spaced(&mended).to_lowercase(),
        Cleaning::Canonicalize => {
            let unpunctuated = mended.replace('_', " ").replace(|c: char| c.is_ascii_punctuation(), "");
            single_spaced(&unpunctuated.to_lowercase())
        }
    }
}

/// ftfy's `fix_text`: wrongly decoded letters put right, curly quotes straight, ligatures and wide letters plain, control
/// characters out, composed (NFC).
fn mend(text: &str) -> String {
    let mut text = text.replace(SHIELD, " ");
    for _ in 0..MOST_ROUNDS {
        let mended = mend_once(&text);
        if mended == text {
            break;
        }
        text = mended;
    }
    text
}

fn mend_once(text: &str) -> String {
    // A text with a tag is HTML, in which ftfy leaves the references alone.
    let text = if text.contains('<') { Cow::from(text) } else { SURE_REFERENCE.replace_all(text, resolve_sure) };
    let text = TERMINAL_ESCAPE.replace_all(&text, "").replace('&', SHIELD);
    plsfix::fix_text(&text, Some(&TextFixerConfig::default())).replace(SHIELD, "&")
}

/// Python's `html.unescape`.
fn unescape(text: &str) -> Cow<'_, str> {
    REFERENCE.replace_all(text, |reference: &Captures<'_>| resolve(&reference[0]))
}

/// HTML keeps the control characters and non-characters that a number names, Python drops them.
fn resolve(reference: &str) -> String {
    let character = htmlize::unescape(reference).into_owned();
    let dropped = |c: char| is_noncharacter(c) || (c.is_ascii_control() && !matches!(c, '\t' | '\n' | '\u{c}' | '\r'));
    if reference.starts_with("&#") && character.starts_with(dropped) { String::new() } else { character }
}

/// As above, and names in capitals (`&EACUTE;`) are capitals; what is no reference after all stays.
fn resolve_sure(reference: &Captures<'_>) -> String {
    let reference = &reference[0];
    let resolved = |reference: &str| Some(resolve(reference)).filter(|text| !text.contains(';'));
    let capital = || {
        let name = reference.to_lowercase();
        (reference == reference.to_uppercase()).then(|| resolved(&name)).flatten().map(|text| text.to_uppercase())
    };
    resolved(reference).or_else(capital).unwrap_or_else(|| reference.to_owned())
}

fn is_noncharacter(character: char) -> bool {
    let code = u32::from(character);
    code & 0xfffe == 0xfffe || (0xfdd0..=0xfdef).contains(&code)
}

fn single_spaced(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn regex(pattern: &str) -> Regex {
    Regex::new(pattern).expect("the pattern is sound")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cleanings_are_those_of_the_clip_family() {
        assert_eq!(clean("  A  Cat's_tail!\n", Cleaning::Canonicalize), "a cats tail");
        assert_eq!(clean(" A\tCat ", Cleaning::Lower), "a cat");
        assert_eq!(clean(" A\tCat ", Cleaning::Whitespace), "A Cat");
    }

    #[test]
    fn damaged_texts_are_mended() {
        for (damaged, mended) in [
            ("â€œcafÃ©â€\u{9d} “x” ﬁsh Ｗ", "\"café\" \"x\" fish W"),
            ("P&EACUTE;REZ &amp;amp; &hearts;", "PÉREZ & ♥"),
            ("<b>it&rsquo;s &amp;amp;amp;</b>", "<b>it’s &amp;</b>"),
            ("a&#1;b&#x41;&#128; &notit; AT&T", "abA€ ¬it; AT&T"),
            ("\u{1b}[31mred\u{7}\u{feff}\u{c}x", "red x"),
        ] {
            assert_eq!(clean(damaged, Cleaning::Whitespace), mended, "{damaged:?}");
        }
    }
}
