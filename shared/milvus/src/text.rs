//! Texts as Milvus takes them: quoted in expressions, and paths of any bytes as keys.

use foray_protocol::PhotoPath;
use percent_encoding::percent_decode_str;

/// A text in an expression.
pub(crate) fn quote(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for character in text.chars() {
        match character {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            other => quoted.push(other),
        }
    }
    quoted.push('"');
    quoted
}

/// Texts in an expression, as a list.
pub(crate) fn quoted_list<'a>(texts: impl Iterator<Item = &'a str>) -> String {
    format!("[{}]", texts.map(quote).collect::<Vec<_>>().join(","))
}

/// A text as columns hold it that a `like` is asked of. What such a pattern gives a meaning to is kept as characters that nothing
/// means anything by: Milvus has escapes for them, but Milvus Lite does not understand these everywhere.
pub(crate) fn plain(text: &str) -> String {
    let plain = |character| match character {
        '%' => '\u{e000}',
        '_' => '\u{e001}',
        '\\' => '\u{e002}',
        other => other,
    };
    text.chars().map(plain).collect()
}

/// A path as a key: bytes that are not UTF-8, and `%`, as `%XX`. Keys of files in a folder stand together.
pub(crate) fn path_key(path: &PhotoPath) -> String {
    let mut key = String::new();
    for chunk in path.as_bytes().utf8_chunks() {
        key.push_str(&chunk.valid().replace('%', "%25"));
        chunk.invalid().iter().for_each(|byte| key.push_str(&format!("%{byte:02X}")));
    }
    key
}

/// The path of a key.
pub(crate) fn key_path(key: &str) -> PhotoPath {
    PhotoPath::from_bytes(&percent_decode_str(key).collect::<Vec<u8>>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_are_escaped_and_patterns_have_no_meaning() {
        assert_eq!(quote("a\"b\\c\nd"), r#""a\"b\\c\nd""#);
        assert_eq!(plain("50%_\\a"), "50\u{e000}\u{e001}\u{e002}a");
    }

    #[test]
    fn paths_of_any_bytes_come_back() {
        for bytes in [b"/a/b.jpg".as_slice(), b"/50%/\xff\xfe.jpg", "/ä/\u{1f344} x.jpg".as_bytes(), b"/%25"] {
            let path = PhotoPath::from_bytes(bytes);
            assert_eq!(key_path(&path_key(&path)), path);
        }
    }
}
