//! Keywords that somebody gave a photo, as its files list them.

use std::collections::HashSet;

/// `keywords` without blanks round them, each once whatever its letter case, without empty ones.
pub(crate) fn distinct(keywords: impl IntoIterator<Item = impl AsRef<str>>) -> Vec<String> {
    let mut known = HashSet::new();
    let trimmed = keywords.into_iter().map(|keyword| keyword.as_ref().trim().to_owned());
    trimmed.filter(|keyword| !keyword.is_empty() && known.insert(keyword.to_lowercase())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_keyword_is_there_once() {
        assert_eq!(distinct(["River", " a b ", "", "river", "A B", " "]), ["River", "a b"]);
    }

    #[test]
    fn many_keywords_take_no_longer_each_than_a_few() {
        let many: Vec<String> = (0..200_000).map(|number| number.to_string()).collect();
        assert_eq!(distinct(&many).len(), many.len());
    }
}
