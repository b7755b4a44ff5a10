//! Feeds text to the query parser, filters inside included: what it understood, written down again, means the same.
#![no_main]

use foray_protocol::{Filter, Query, Subject, Term};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let query = match text.parse::<Query>() {
        Ok(query) => query,
        Err(error) => {
            assert!((1..=text.chars().count() + 1).contains(&error.at), "no such character: {error}");
            return;
        }
    };
    query.terms.iter().for_each(check_term);
    // What stands right behind a quote may look like a filter once the quote is taken out.
    if !query.terms.is_empty() && !text.contains('"') {
        let again: Query = written(&query.terms).parse().expect("a query that was understood");
        assert_eq!(again.terms, query.terms);
        assert!(again.filter.is_empty());
    }
    assert_eq!(text.parse::<Filter>().is_ok(), query.terms.is_empty());
    assert_eq!(Query::of_ranking(text).is_ok(), query.filter.is_empty());
});

fn check_term(Term { weight, subject }: &Term) {
    assert!(weight.is_finite() && *weight != 0.0);
    match subject {
        Subject::Text(text) => assert!(!text.is_empty() && text.trim() == text),
        Subject::Photo(digits) => {
            assert!((1..=32).contains(&digits.len()));
            assert!(digits.bytes().all(|digit| digit.is_ascii_digit() || (b'a'..=b'f').contains(&digit)));
        }
    }
}

/// Tabs keep the operators apart from signs that belong to the text.
fn written(terms: &[Term]) -> String {
    let mut text = String::new();
    for Term { weight, subject } in terms {
        let sign = if *weight < 0.0 { "-" } else { "+" };
        let operator = match (text.is_empty(), sign) {
            (true, "+") => String::new(),
            (true, _) => "- ".to_owned(),
            (false, _) => format!("\t {sign} \t"),
        };
        let subject = match subject {
            Subject::Text(text) => text.clone(),
            Subject::Photo(digits) => format!("id:{digits}"),
        };
        text += &format!("{operator}{}:{subject}", weight.abs());
    }
    text
}
