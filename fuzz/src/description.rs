//! What holds for every description of a photo, whatever file it was read from.

use std::collections::HashSet;

use foray_protocol::{Description, clock_seconds};

/// Panics where `description` is not one that the rest of the program can rely on.
pub fn check_description(description: &Description) {
    let Description { taken_at, camera, lens, position, place, rating, keywords, caption } = description;
    taken_at.iter().for_each(|time| check_time(time));
    for text in [camera, lens, caption].into_iter().flatten().chain(keywords) {
        assert!(!text.is_empty() && text.trim() == text, "blanks round {text:?}");
    }
    if let Some((latitude, longitude)) = position {
        assert!(latitude.abs() <= 90.0 && longitude.abs() <= 180.0, "{position:?}");
    }
    assert!(place.is_none() || position.is_some());
    assert!(rating.is_none_or(|stars| stars == -1 || (1..=5).contains(&stars)), "{rating:?}");
    let distinct: HashSet<String> = keywords.iter().map(|keyword| keyword.to_lowercase()).collect();
    assert_eq!(distinct.len(), keywords.len(), "a keyword twice in {keywords:?}");
}

/// `2023-06-01T12:00:00`, alone or with `+02:00`.
fn check_time(time: &str) {
    assert!(clock_seconds(time).is_some(), "no time: {time:?}");
    let offset = &time[19..];
    let is_offset = |bytes: &[u8]| match bytes {
        [sign, h1, h2, b':', m1, m2] => {
            matches!(sign, b'+' | b'-') && [h1, h2, m1, m2].iter().all(|digit| digit.is_ascii_digit())
        }
        _ => false,
    };
    assert!(offset.is_empty() || is_offset(offset.as_bytes()), "no offset: {offset:?}");
}
