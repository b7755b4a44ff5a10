//! Filters inside a query: `in:Trips/2024 taken:2023-06..2023-09 camera:"Pixel 7" -tag:screenshot w:>4000`.
//!
//! ```text
//! filter = [ "-" ] field ":" value      "-" leaves out what fulfils it; no blank on either side of the colon
//! value  = plain | quoted               a quoted one may contain blanks
//! plain  = text | sign text | from ".." to      sign: < <= > >=
//! ```
//! A word before a colon that is no field's name stays part of the text.

use super::field::Field;
use super::value::{Comparison, between, compared, contains};
use super::{Condition, Filter};
use crate::QueryError;
use crate::query::UNCLOSED_QUOTE;

/// Takes the filters out of a query and leaves blanks in their places, so that positions stay those of the text as typed.
pub(crate) fn take_filters(text: &str) -> Result<(String, Filter), QueryError> {
    let characters: Vec<char> = text.chars().collect();
    let (mut rest, mut filter) = (characters.clone(), Filter::default());
    let mut at = 0;
    while at < characters.len() {
        match token_at(&characters, at)? {
            Some(token) => {
                filter = filter.and(token.filter()?);
                rest[at..token.end].fill(' ');
                at = token.end;
            }
            None => at = after_word(&characters, at),
        }
    }
    Ok((rest.into_iter().collect(), filter))
}

/// A filter as typed.
struct Token {
    /// Where its field's name begins.
    start: usize,
    /// The character after it.
    end: usize,
    is_negative: bool,
    field: Field,
    name: String,
    value: String,
    is_quoted: bool,
}

/// The filter that begins at `at`, where a word begins.
fn token_at(characters: &[char], at: usize) -> Result<Option<Token>, QueryError> {
    let is_negative = characters[at] == '-';
    let start = at + usize::from(is_negative);
    let name: String = characters[start..].iter().take_while(|c| c.is_ascii_lowercase()).collect();
    let colon = start + name.len();
    let Some(field) = Field::named(&name).filter(|_| characters.get(colon) == Some(&':')) else { return Ok(None) };
    if is_after_lone_minus(characters, at) {
        let mistake = format!("to leave out what fulfils a filter, write -{name}: without a blank");
        return Err(QueryError::new(at + 1, mistake));
    }
    let (value, is_quoted, end) = value_at(characters, colon + 1)?;
    Ok(Some(Token { start, end, is_negative, field, name, value, is_quoted }))
}

fn is_after_lone_minus(characters: &[char], at: usize) -> bool {
    let before: String = characters[..at].iter().collect();
    let before = before.trim_end();
    before == "-" || before.ends_with(" -")
}

/// The value that begins at `at`, whether it is quoted, and the character after it.
fn value_at(characters: &[char], at: usize) -> Result<(String, bool, usize), QueryError> {
    if characters.get(at) == Some(&'"') {
        let inside = &characters[at + 1..];
        let Some(length) = inside.iter().position(|&c| c == '"') else {
            return Err(QueryError::new(at + 1, UNCLOSED_QUOTE));
        };
        return Ok((inside[..length].iter().collect(), true, at + length + 2));
    }
    let value: String = characters[at..].iter().take_while(|c| !c.is_whitespace()).collect();
    let end = at + value.chars().count();
    Ok((value, false, end))
}

/// Where the next word begins after the one at `at`; a quoted part is one word.
fn after_word(characters: &[char], at: usize) -> usize {
    let mut next = at;
    let mut is_quoted = false;
    while next < characters.len() && (is_quoted || !characters[next].is_whitespace()) {
        is_quoted ^= characters[next] == '"';
        next += 1;
    }
    next + characters[next..].iter().take_while(|c| c.is_whitespace()).count()
}

impl Token {
    fn filter(&self) -> Result<Filter, QueryError> {
        let mistake = |mistake: String| QueryError::new(self.start + 1, format!("{}: {mistake}", self.name));
        let filter = self.positive().map_err(mistake)?;
        Ok(if self.is_negative { Filter::Not(Box::new(filter)) } else { filter })
    }

    fn positive(&self) -> Result<Filter, String> {
        let value = self.value.as_str();
        let is_ordered = matches!(self.field, Field::Number(_) | Field::Time(_)) && !self.is_quoted;
        if is_ordered && let Some((comparison, value)) = Comparison::split_from(value) {
            return compared(self.field, comparison, value);
        }
        if is_ordered && let Some((from, to)) = value.split_once("..") {
            return between(self.field, from, to);
        }
        contains(self.field, value.strip_prefix('=').filter(|_| is_ordered).unwrap_or(value))
    }
}

/// The names that the quoted parts of a query ask for, as a filter.
pub(crate) fn names(names: Vec<String>) -> Filter {
    Filter::All(names.into_iter().map(|name| Filter::Is(Condition::Name(name))).collect())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::{Folder, NumberField, Shape, TextField, TextTest, TimeField};
    use super::*;
    use crate::{Moment, Query};

    fn filters(query: &str) -> Vec<Filter> {
        match take_filters(query).unwrap().1 {
            Filter::All(all) => all,
            other => vec![other],
        }
    }

    fn refusal(query: &str) -> (usize, String) {
        let error = query.parse::<Query>().unwrap_err();
        (error.at, error.mistake.into_owned())
    }

    #[test]
    fn filters_are_taken_out_of_the_text() {
        let (rest, filter) = take_filters("beach in:Trips/2024 + 2:sunset -type:png").unwrap();
        assert_eq!(rest, "beach               + 2:sunset          ");
        let png = Filter::Is(Condition::Text(TextField::Format, TextTest::Contains("png".to_owned())));
        let folder = Filter::Is(Condition::Folder(Folder::new("trips/2024")));
        assert_eq!(filter, Filter::All(vec![folder, Filter::Not(Box::new(png))]));
    }

    #[test]
    fn values_may_be_quoted_and_compared() {
        let camera = Condition::Text(TextField::Camera, TextTest::Contains("pixel 7".to_owned()));
        assert_eq!(filters("camera:\"Pixel 7\""), [Filter::Is(camera)]);
        let [Filter::Is(Condition::Number(NumberField::Width, wide))] = filters("w:>4000")[..] else { panic!() };
        assert!(!wide.contains(&4_000.0) && wide.contains(&4_001.0));
        let [Filter::Is(Condition::Number(NumberField::Megapixels, range))] = filters("mp:=12")[..] else { panic!() };
        assert!(range.contains(&12.0) && !range.contains(&12.1));
        assert_eq!(filters("orientation:portrait"), [Filter::Is(Condition::Shape(Shape::Portrait))]);
    }

    #[test]
    fn a_range_of_dates_holds_all_of_its_last_one() {
        let at = |text: &str| crate::clock_seconds(text).unwrap();
        let holds = |query: &str, time: &str| {
            filters(query).iter().all(|filter| match filter {
                Filter::Is(Condition::Time(TimeField::Taken, range)) => {
                    range.map(|moment: Moment| moment.seconds(at("2024-01-08T00:00:00"))).contains(&at(time))
                }
                _ => false,
            })
        };
        assert!(holds("taken:2023-06..2023-09", "2023-09-30T23:59:59"));
        assert!(!holds("taken:2023-06..2023-09", "2023-10-01T00:00:00"));
        assert!(holds("taken:2023..", "2030-01-01T00:00:00") && !holds("taken:2023..", "2022-12-31T23:59:59"));
        assert!(holds("taken:>2023", "2024-01-01T00:00:00") && !holds("taken:>2023", "2023-12-31T23:59:59"));
        assert!(holds("taken:<7d", "2024-01-02T00:00:00") && !holds("taken:<7d", "2023-12-31T00:00:00"));
        assert!(holds("taken:>=7d", "2023-12-31T00:00:00"));
    }

    #[test]
    fn words_before_a_colon_that_name_no_field_stay_text() {
        for query in ["note: the end", "http://x.y", "2:cat", "id:ab", "Taken:2023", "within:x", "\"in:Trips\""] {
            assert!(filters(query).is_empty(), "{query}");
        }
        assert_eq!("cat in:Trips".parse::<Query>().unwrap().terms.len(), 1);
        assert!("in:Trips".parse::<Query>().unwrap().terms.is_empty());
    }

    #[test]
    fn mistakes_name_their_place_the_field_and_the_way_out() {
        let (at, mistake) = refusal("été taken:june");
        assert!(at == 5 && mistake.contains("taken: got \"june\"; expected a date such as 2023"), "{at} {mistake}");
        assert!(refusal("camera: x").1.contains("no value"));
        assert!(refusal("near:Lilliput-on-Sea").1.contains("latitude,longitude"));
        assert!(refusal("near:91,0,5km").1.contains("91,0,5km"));
        assert!(refusal("cat - tag:x").1.contains("write -tag:"));
        assert_eq!(refusal("in:\"Trips").0, 4);
        assert!(refusal("w:..").1.contains("at least one end"));
        assert!(refusal("orientation:tilted").1.contains("portrait, landscape or square"));
    }

    proptest! {
        #[test]
        fn no_text_breaks_the_reader(query in "(-?(in|taken|w|near|tag|has):|[-+\":.,<>=0-9 a-é]){0,12}") {
            if let Ok((rest, _)) = take_filters(&query) {
                prop_assert_eq!(rest.chars().count(), query.chars().count());
            }
        }
    }
}
