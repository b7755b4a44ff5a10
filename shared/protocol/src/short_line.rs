//! What people call things by.

const LONGEST: usize = 100;

/// `text` without space round it, if it is 1 to 100 characters long and has no line break or other control character.
pub(crate) fn short_line(text: &str) -> Option<&str> {
    let line = text.trim();
    let is_short = (1..=LONGEST).contains(&line.chars().count());
    (is_short && !line.chars().any(char::is_control)).then_some(line)
}
