//! The query grammar: what people type, parsed once.
//!
//! ```text
//! query  = term { (" + " | " - ") term }      a leading "- " makes the first term negative
//! term   = [ weight ":" ] subject             weight: a positive number, 1 when left out
//! subject = text | "id:" hexadecimal digits   text: anything else
//! ```
//! A "quoted" part must stand in the file's name (letter case aside); it is taken out of the term round it. So are filters, such
//! as `taken:2023` (see [`crate::Filter`]).

use std::borrow::Cow;
use std::str::FromStr;

use thiserror::Error;

use crate::Filter;
use crate::filter::{names, take_filters};

pub(crate) const UNCLOSED_QUOTE: &str = "this quote is never closed; add a second \" or leave it out";

/// A parsed query: a weighted sum of subjects, and what photos must fulfil besides.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Query {
    /// The sum's terms; empty when only a filter is given.
    pub terms: Vec<Term>,
    /// What the photos must fulfil: the filters and the quoted file names.
    pub filter: Filter,
}

/// One term of the sum.
#[derive(Clone, Debug, PartialEq)]
pub struct Term {
    /// Its weight; negative for what is to be avoided.
    pub weight: f32,
    /// What it stands for.
    pub subject: Subject,
}

/// What a term stands for.
#[derive(Clone, Debug, PartialEq)]
pub enum Subject {
    /// A description in words.
    Text(String),
    /// A photo of the library: the first hexadecimal digits of its id, lower case.
    Photo(String),
}

/// A mistake in a query, with the character where it is (1 is the first).
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("query, character {at}: {mistake}")]
pub struct QueryError {
    /// Which character.
    pub at: usize,
    /// What is wrong there and how to write it instead.
    pub mistake: Cow<'static, str>,
}

impl QueryError {
    pub(crate) fn new(at: usize, mistake: impl Into<Cow<'static, str>>) -> Self {
        Self { at, mistake: mistake.into() }
    }
}

impl FromStr for Query {
    type Err = QueryError;

    fn from_str(text: &str) -> Result<Self, QueryError> {
        let (rest, filter) = take_filters(text)?;
        let (rest, quoted) = take_names(&rest)?;
        let mut query = Self { terms: vec![], filter: filter.and(names(quoted)) };
        for (sign, piece) in split_terms(&rest) {
            if let Some(term) = parse_term(&rest, sign, piece)? {
                query.terms.push(term);
            }
        }
        if query.terms.is_empty() && query.filter.is_empty() {
            return Err(QueryError::new(1, "nothing to search for; write what the photo shows"));
        }
        Ok(query)
    }
}

impl Query {
    /// Reads a query that exactly the given photos are ordered by.
    ///
    /// # Errors
    /// Those of every query, and filters, since none of the photos is left out.
    pub fn of_ranking(text: &str) -> Result<Self, QueryError> {
        let query: Self = text.parse()?;
        match query.filter.is_empty() {
            true => Ok(query),
            false => {
                Err(QueryError::new(1, "exactly the given photos are ranked; leave out filters and quoted file names"))
            }
        }
    }
}

/// Replaces the quoted parts by blanks, so that positions stay those of the text as typed.
fn take_names(text: &str) -> Result<(String, Vec<String>), QueryError> {
    let mut rest = String::with_capacity(text.len());
    let mut names = vec![];
    let mut open: Option<(usize, String)> = None;
    for (index, c) in text.chars().enumerate() {
        match (&mut open, c) {
            (None, '"') => open = Some((index + 1, String::new())),
            (Some((_, name)), '"') => {
                names.extend(Some(name.to_lowercase()).filter(|name| !name.trim().is_empty()));
                open = None;
            }
            (Some((_, name)), c) => name.push(c),
            (None, c) => {
                rest.push(c);
                continue;
            }
        }
        rest.push(' ');
    }
    match open {
        Some((at, _)) => Err(QueryError::new(at, UNCLOSED_QUOTE)),
        None => Ok((rest, names)),
    }
}

/// The pieces between ` + ` and ` - `, each with its sign, as slices of `text`.
fn split_terms(text: &str) -> Vec<(f32, &str)> {
    let mut pieces = vec![];
    let (mut sign, mut start) = match text.trim_start().strip_prefix("- ") {
        Some(rest) => (-1.0, text.len() - rest.len()),
        None => (1.0, 0),
    };
    let operators = text.match_indices([' ']).filter_map(|(at, _)| match text.get(at..at + 3) {
        Some(" + ") => Some((at, 1.0)),
        Some(" - ") => Some((at, -1.0)),
        _ => None,
    });
    for (at, next_sign) in operators {
        if at < start {
            continue;
        }
        pieces.push((sign, &text[start..at]));
        (sign, start) = (next_sign, at + 3);
    }
    pieces.push((sign, &text[start..]));
    pieces
}

fn parse_term(text: &str, sign: f32, piece: &str) -> Result<Option<Term>, QueryError> {
    let at = position_in(text, piece.trim_start());
    let piece = piece.trim();
    let (weight, subject) = split_weight(piece);
    if weight == Some(0.0) {
        return Err(QueryError::new(at, "a weight of 0 has no effect; use a positive number or leave the term out"));
    }
    if subject.is_empty() {
        return match weight {
            Some(_) => Err(QueryError::new(at, "a weight with nothing after it; write 2:cat")),
            None => Ok(None),
        };
    }
    let subject = parse_subject(subject, at)?;
    Ok(Some(Term { weight: sign * weight.unwrap_or(1.0), subject }))
}

/// Character position (from 1) of `part`, a slice of `text`.
fn position_in(text: &str, part: &str) -> usize {
    let offset = part.as_ptr() as usize - text.as_ptr() as usize;
    text[..offset].chars().count() + 1
}

/// `2:cat` is (Some(2), "cat"); text without a number before its first colon has no weight.
fn split_weight(piece: &str) -> (Option<f32>, &str) {
    let Some((number, rest)) = piece.split_once(':') else { return (None, piece) };
    let plain = !number.is_empty() && number.chars().all(|c| c.is_ascii_digit() || c == '.');
    match number.parse::<f32>() {
        Ok(weight) if plain && weight.is_finite() => (Some(weight), rest.trim()),
        _ => (None, piece),
    }
}

fn parse_subject(text: &str, at: usize) -> Result<Subject, QueryError> {
    let Some(digits) = text.strip_prefix("id:") else { return Ok(Subject::Text(text.to_owned())) };
    let digits = digits.trim().to_ascii_lowercase();
    if digits.is_empty() || digits.len() > 32 || !digits.chars().all(|c| c.is_ascii_hexdigit()) {
        return Err(QueryError::new(at, "id: wants 1 to 32 hexadecimal digits, as results show them"));
    }
    Ok(Subject::Photo(digits))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parse(text: &str) -> Query {
        text.parse().unwrap()
    }

    fn text(weight: f32, text: &str) -> Term {
        Term { weight, subject: Subject::Text(text.to_owned()) }
    }

    #[test]
    fn plain_text_is_one_term() {
        assert_eq!(
            parse("  mushroom on tree bark "),
            Query { terms: vec![text(1.0, "mushroom on tree bark")], filter: Filter::default() }
        );
    }

    #[test]
    fn terms_have_signs_and_weights() {
        let query = parse("sunset + 2:beach - 0.5:people on a pier");
        assert_eq!(query.terms, vec![text(1.0, "sunset"), text(2.0, "beach"), text(-0.5, "people on a pier")]);
        assert_eq!(parse("- people").terms, vec![text(-1.0, "people")]);
    }

    #[test]
    fn hyphens_and_times_stay_text() {
        assert_eq!(parse("well-known t-shirt").terms, vec![text(1.0, "well-known t-shirt")]);
        assert_eq!(parse("note: the end").terms, vec![text(1.0, "note: the end")]);
    }

    #[test]
    fn quotes_are_file_names() {
        let query = parse("cat \"IMG_1234\" + dog");
        assert_eq!(query.filter, names(vec!["img_1234".to_owned()]));
        assert_eq!(query.terms, vec![text(1.0, "cat"), text(1.0, "dog")]);
        assert!(parse("\"IMG_1234\"").terms.is_empty());
    }

    #[test]
    fn photos_are_named_by_the_start_of_their_id() {
        assert_eq!(parse("2:id:AB12").terms, vec![Term { weight: 2.0, subject: Subject::Photo("ab12".into()) }]);
    }

    #[test]
    fn mistakes_point_at_their_character() {
        for (query, at) in [("", 1), ("  ", 1), ("été \"x", 5), ("cat + 0:dog", 7), ("cat + 2:", 7), ("id:xyz", 1)] {
            assert_eq!(query.parse::<Query>().unwrap_err().at, at, "{query:?}");
        }
    }

    proptest! {
        #[test]
        fn no_text_breaks_the_parser(query in "\\PC{0,40}") {
            let _ = query.parse::<Query>();
        }

        #[test]
        fn a_sum_of_words_parses_to_its_terms(words in prop::collection::vec("[a-z]{1,8}", 1..5)) {
            let query = parse(&words.join(" + "));
            prop_assert_eq!(query.terms, words.iter().map(|word| text(1.0, word)).collect::<Vec<_>>());
        }
    }
}
