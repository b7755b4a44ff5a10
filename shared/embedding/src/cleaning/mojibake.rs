//! Text that was decoded in a wrong encoding (`cafÃ©`), put right: ftfy's `fix_encoding`, rule by rule.
//!
//! The tables are those of ftfy 6.3.1 (Apache-2.0), taken out by `tests/goldens/make_mojibake.py`.

use std::collections::HashMap;
use std::sync::LazyLock;

use regex::bytes::{Captures, Regex as BytesRegex};
use serde::Deserialize;

/// Stands for a byte that a wrong decoding lost; U+FFFD is encoded as it.
const LOST: u8 = 0x1a;
const LATIN_1: &str = "latin-1";
const WINDOWS_1252: &str = "sloppy-windows-1252";

#[derive(Deserialize)]
struct Tables {
    bad: String,
    detector: String,
    encodings: serde_json::Map<String, serde_json::Value>,
    plain_letters: HashMap<char, String>,
}

/// A single-byte encoding that text may have been decoded in by mistake.
struct Encoding {
    name: String,
    /// The characters of bytes 0x80 to 0xff.
    high: Vec<char>,
}

struct Mojibake {
    /// Sequences that hardly occur in sound text.
    bad: regex::Regex,
    /// Sequences that look like UTF-8 in another encoding.
    detector: fancy_regex::Regex,
    /// The likeliest first.
    encodings: Vec<Encoding>,
    plain_letters: HashMap<char, String>,
}

static MOJIBAKE: LazyLock<Mojibake> = LazyLock::new(|| {
    let tables: Tables = serde_json::from_str(include_str!("mojibake.json")).expect("the tables are sound");
    let encoding = |name: &str| {
        let high = tables.encodings[name].as_str().expect("the characters of an encoding").chars().collect();
        Encoding { name: name.to_owned(), high }
    };
    Mojibake {
        bad: regex::Regex::new(&tables.bad).expect("the pattern is sound"),
        detector: fancy_regex::Regex::new(&tables.detector).expect("the pattern is sound"),
        encodings: ENCODINGS.map(encoding).into(),
        plain_letters: tables.plain_letters,
    }
});

const ENCODINGS: [&str; 10] = [
    LATIN_1,
    WINDOWS_1252,
    "sloppy-windows-1251",
    "sloppy-windows-1250",
    "sloppy-windows-1253",
    "sloppy-windows-1254",
    "sloppy-windows-1257",
    "iso-8859-2",
    MACINTOSH,
    "cp437",
];
const MACINTOSH: &str = "macroman";

/// UTF-8 in which a blank stands for the byte 0xa0.
static ALTERED: LazyLock<BytesRegex> = LazyLock::new(|| {
    bytes_regex(
        r"[\xc2\xc3\xc5\xce\xd0\xd9][ ]|[\xe2\xe3][ ][\x80-\x84\x86-\x9f\xa1-\xbf]|[\xe0-\xe3][\x80-\x84\x86-\x9f\xa1-\xbf][ ]|\xf0[ ][\x80-\xbf][\x80-\xbf]|\xf0[\x80-\xbf][ ][\x80-\xbf]|\xf0[\x80-\xbf][\x80-\xbf][ ]",
    )
});
/// The word "à" is followed by a blank of its own, but for the Portuguese words named.
static A_GRAVE: LazyLock<fancy_regex::Regex> =
    LazyLock::new(|| fancy_regex::Regex::new("\u{c3} (?! |quele|quela|quilo|s )").expect("the pattern is sound"));
/// UTF-8 of which bytes are lost.
static LOSSY: LazyLock<BytesRegex> = LazyLock::new(|| {
    bytes_regex(
        r"[\xc2-\xdf]\x1a|[\xc2-\xc3][?]|\xed[\xa0-\xaf][\x1a?]\xed[\xb0-\xbf][\x1a?\x80-\xbf]|\xed[\xa0-\xaf][\x1a?\x80-\xbf]\xed[\xb0-\xbf][\x1a?]|[\xe0-\xef][\x1a?][\x1a\x80-\xbf]|[\xe0-\xef][\x1a\x80-\xbf][\x1a?]|[\xf0-\xf4][\x1a?][\x1a\x80-\xbf][\x1a\x80-\xbf]|[\xf0-\xf4][\x1a\x80-\xbf][\x1a?][\x1a\x80-\xbf]|[\xf0-\xf4][\x1a\x80-\xbf][\x1a\x80-\xbf][\x1a?]|\x1a",
    )
});
/// Java's nul and its pairs of surrogates.
static VARIANT: LazyLock<BytesRegex> =
    LazyLock::new(|| bytes_regex(r"\xc0\x80|\xed([\xa0-\xaf])([\x80-\xbf])\xed([\xb0-\xbf])([\x80-\xbf])"));

/// `text` without mojibake.
pub(super) fn fix_encoding(text: &str) -> String {
    let mut text = text.to_owned();
    while let Some(fixed) = fix_once(&text).filter(|fixed| *fixed != text) {
        text = fixed;
    }
    text
}

/// Characters of the C1 block are those of Windows-1252, as browsers have it.
pub(super) fn fix_controls(text: &str) -> String {
    let windows = &encoding(WINDOWS_1252).high;
    let fixed = |c: char| if ('\u{80}'..'\u{a0}').contains(&c) { windows[c as usize - 0x80] } else { c };
    text.chars().map(fixed).collect()
}

/// Ligatures and letters of half or full width in their usual form.
pub(super) fn plain_letters(text: &str) -> String {
    let plain = &MOJIBAKE.plain_letters;
    text.chars().fold(String::with_capacity(text.len()), |mut text, letter| {
        match plain.get(&letter) {
            Some(letters) => text.push_str(letters),
            None => text.push(letter),
        }
        text
    })
}

fn fix_once(text: &str) -> Option<String> {
    if text.is_ascii() || !MOJIBAKE.bad.is_match(text) {
        return None;
    }
    let decoded = MOJIBAKE.encodings.iter().find_map(|encoding| encoding.decode_anew(text));
    decoded.or_else(|| fix_parts(text)).or_else(|| Some(fix_controls(text)))
}

/// Puts those parts right that look like mojibake by themselves.
fn fix_parts(text: &str) -> Option<String> {
    let fixed = MOJIBAKE.detector.replace_all(text, |part: &fancy_regex::Captures<'_>| {
        let part = &part[0];
        // A shorter one, or this would never end.
        if part.len() < text.len() && MOJIBAKE.bad.is_match(part) { fix_encoding(part) } else { part.to_owned() }
    });
    (fixed != text).then(|| fixed.into_owned())
}

impl Encoding {
    /// `text` as it would have been, had its bytes been read as UTF-8 instead.
    fn decode_anew(&self, text: &str) -> Option<String> {
        let mut bytes = self.encode(text)?;
        if self.name != MACINTOSH && ALTERED.is_match(&bytes) {
            bytes = restore_blanks(&bytes);
        }
        if self.is_sloppy() {
            bytes = LOSSY.replace_all(&bytes, "\u{fffd}".as_bytes()).into_owned();
        }
        String::from_utf8(VARIANT.replace_all(&bytes, usual_utf8).into_owned()).ok()
    }

    fn encode(&self, text: &str) -> Option<Vec<u8>> {
        text.chars().map(|character| self.byte(character)).collect()
    }

    fn byte(&self, character: char) -> Option<u8> {
        match character {
            '\u{fffd}' if self.is_sloppy() => Some(LOST),
            '\u{1a}' if self.is_sloppy() => None,
            _ if character.is_ascii() => Some(character as u8),
            _ => self.high.iter().position(|&high| high == character).map(|place| place as u8 + 0x80),
        }
    }

    fn is_sloppy(&self) -> bool {
        self.name.starts_with("sloppy")
    }
}

fn encoding(name: &str) -> &'static Encoding {
    MOJIBAKE.encodings.iter().find(|encoding| encoding.name == name).expect("an encoding of the table")
}

/// Bytes 0xa0 that became blanks, restored where that makes UTF-8.
fn restore_blanks(bytes: &[u8]) -> Vec<u8> {
    let text: String = bytes.iter().map(|&byte| char::from(byte)).collect();
    let words = A_GRAVE.replace_all(&text, "\u{c3}\u{a0} ");
    let bytes: Vec<u8> = words.chars().map(|character| character as u8).collect();
    let restored =
        |part: &Captures<'_>| part[0].iter().map(|&byte| if byte == b' ' { 0xa0 } else { byte }).collect::<Vec<_>>();
    ALTERED.replace_all(&bytes, restored).into_owned()
}

/// The character of a [`VARIANT`] in UTF-8 proper.
fn usual_utf8(variant: &Captures<'_>) -> Vec<u8> {
    let bits = |group: usize, mask: u8| variant.get(group).map_or(0, |byte| u32::from(byte.as_bytes()[0] & mask));
    let pair = (bits(1, 0x0f) << 16) + (bits(2, 0x3f) << 10) + (bits(3, 0x0f) << 6) + bits(4, 0x3f);
    let code = if variant.get(1).is_some() { pair + 0x10000 } else { 0 };
    char::from_u32(code).map_or_else(|| variant[0].to_vec(), |character| character.to_string().into_bytes())
}

fn bytes_regex(pattern: &str) -> BytesRegex {
    BytesRegex::new(&format!("(?-u){pattern}")).expect("the pattern is sound")
}
