//! Texts as the models of the CLIP family were trained on them: mended, without HTML entities, without needless blanks.
//!
//! open_clip mends with Python's ftfy and html modules before it splits a text into tokens; these are their equals.

mod mojibake;

use std::borrow::Cow;
use std::sync::LazyLock;

use regex::{Captures, Regex};
use tokenizers::NormalizedString;

use crate::manifest::Cleaning;

/// Mending is repeated until nothing changes; a text that needs more rounds is no text.
const MOST_ROUNDS: usize = 16;

/// What Python's `html.unescape` takes for a character reference.
static REFERENCE: LazyLock<Regex> =
    LazyLock::new(|| regex(r"&(#[0-9]+;?|#[xX][0-9a-fA-F]+;?|[^\t\n\x0c <&#;]{1,32};?)"));
/// What ftfy takes for one: it insists on the semicolon.
static SURE_REFERENCE: LazyLock<Regex> = LazyLock::new(|| regex(r"&#?[0-9A-Za-z]{1,24};"));
/// Colours and the like for terminals.
static TERMINAL_ESCAPE: LazyLock<Regex> = LazyLock::new(|| regex(r"\x1b\[[\d;]*[a-zA-Z]"));

/// `text` in the way that `cleaning` names.
pub(crate) fn clean(text: &str, cleaning: Cleaning) -> String {
    let mended = unescape(unescape(mend(text)));
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
    let mut is_html = false;
    let lines = text.split_inclusive('\n').map(|line| {
        // From the first tag on, ftfy leaves character references alone.
        is_html |= line.contains('<');
        mend_line(line, is_html)
    });
    lines.collect()
}

fn mend_line(line: &str, is_html: bool) -> String {
    let mut line = line.to_owned();
    for _ in 0..MOST_ROUNDS {
        let mended = mend_once(&line, is_html || line.contains('<'));
        if mended == line {
            break;
        }
        line = mended;
    }
    line
}

fn mend_once(line: &str, is_html: bool) -> String {
    let line = if is_html { Cow::from(line) } else { SURE_REFERENCE.replace_all(line, resolve_sure) };
    let line = mojibake::fix_controls(&mojibake::fix_encoding(&line));
    let line =
        straight(&mojibake::plain_letters(&line)).replace("\r\n", "\n").replace(['\r', '\u{2028}', '\u{2029}'], "\n");
    let line = TERMINAL_ESCAPE.replace_all(&line, "").replace(is_useless, "");
    let mut line = NormalizedString::from(line);
    line.nfc();
    line.get().to_owned()
}

fn straight(text: &str) -> String {
    text.replace(['\u{2bc}', '\u{2018}', '\u{2019}', '\u{201a}', '\u{201b}'], "'")
        .replace(['\u{201c}', '\u{201d}', '\u{201e}', '\u{201f}'], "\"")
}

/// Control characters that show nothing and separate nothing.
fn is_useless(character: char) -> bool {
    matches!(character, '\0'..='\u{8}' | '\u{b}' | '\u{e}'..='\u{1f}' | '\u{7f}' | '\u{206a}'..='\u{206f}' | '\u{feff}'
        | '\u{fff9}'..='\u{fffc}')
}

/// Python's `html.unescape`.
fn unescape(text: String) -> String {
    REFERENCE.replace_all(&text, |reference: &Captures<'_>| resolve(&reference[0])).into_owned()
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
            ("voilÃ  le Ð¿Ñ\u{80}Ð¸Ð²ÐµÑ\u{82} ðŸ˜€", "voilà le привет 😀"),
        ] {
            assert_eq!(clean(damaged, Cleaning::Whitespace), mended, "{damaged:?}");
        }
    }
}
