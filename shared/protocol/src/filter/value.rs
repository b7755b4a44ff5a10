//! From a field and a value as text to a condition: what both notations share. Messages say what was got and what was expected.

use std::ops::Bound;

use super::field::{Feature, Field, Shape};
use super::moment::{Moment, Period, parse_age};
use super::{Condition, Filter, Folder, Range, TextTest};

/// How near is near where nobody says.
const NEAR_KM: f64 = 25.0;

/// How a field is compared with a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Comparison {
    Less,
    AtMost,
    Greater,
    AtLeast,
}

impl Comparison {
    /// The sign that `text` begins with, and what follows it.
    pub fn split_from(text: &str) -> Option<(Self, &str)> {
        // The longer signs first: they begin with the shorter ones.
        let signs = [("<=", Self::AtMost), (">=", Self::AtLeast), ("<", Self::Less), (">", Self::Greater)];
        signs.into_iter().find_map(|(sign, comparison)| Some((comparison, text.strip_prefix(sign)?)))
    }

    /// The same from the other side: younger is later.
    fn mirrored(self) -> Self {
        match self {
            Self::Less => Self::Greater,
            Self::AtMost => Self::AtLeast,
            Self::Greater => Self::Less,
            Self::AtLeast => Self::AtMost,
        }
    }

    /// What is so compared with something that reaches from `start` to before `end`; for a point both are the same.
    fn range<T>(self, start: T, end: T, is_point: bool) -> Range<T> {
        let (from, to) = match self {
            Self::Less => (Bound::Unbounded, Bound::Excluded(start)),
            Self::AtMost if is_point => (Bound::Unbounded, Bound::Included(end)),
            Self::AtMost => (Bound::Unbounded, Bound::Excluded(end)),
            Self::Greater if is_point => (Bound::Excluded(end), Bound::Unbounded),
            Self::Greater => (Bound::Included(end), Bound::Unbounded),
            Self::AtLeast => (Bound::Included(start), Bound::Unbounded),
        };
        Range { from, to }
    }
}

/// `field` is `value`.
pub(crate) fn equal(field: Field, value: &str) -> Result<Filter, String> {
    let lower = value.trim().to_lowercase();
    if lower.is_empty() {
        return Err("there is no value; write it right after the colon".to_owned());
    }
    Ok(Filter::Is(match field {
        Field::Folder => Condition::Folder(Folder::new(value.trim())),
        Field::Name => Condition::Name(lower),
        Field::Tag => Condition::Tag(lower),
        Field::Text(field) => Condition::Text(field, TextTest::Equals(lower)),
        Field::Number(field) => {
            let number = number(&lower)?;
            Condition::Number(field, Range { from: Bound::Included(number), to: Bound::Included(number) })
        }
        Field::Time(field) => Condition::Time(field, period(value.trim())?.range()),
        Field::Near => near(value.trim())?,
        Field::Has => Condition::Has(
            Feature::named(&lower)
                .ok_or_else(|| expected(&lower, "gps, date, camera, rating, tags, caption or copies"))?,
        ),
        Field::Shape => {
            Condition::Shape(Shape::named(&lower).ok_or_else(|| expected(&lower, "portrait, landscape or square"))?)
        }
    }))
}

/// `field` contains `value`, for texts; for all others as [`equal`].
pub(crate) fn contains(field: Field, value: &str) -> Result<Filter, String> {
    with_test(field, value, TextTest::Contains)
}

/// `field` begins with `value`, for texts.
pub(crate) fn starts_with(field: Field, value: &str) -> Result<Filter, String> {
    match field {
        Field::Text(_) => with_test(field, value, TextTest::StartsWith),
        _ => Err("only texts begin with something; this field is none".to_owned()),
    }
}

fn with_test(field: Field, value: &str, test: impl Fn(String) -> TextTest) -> Result<Filter, String> {
    match (field, equal(field, value)?) {
        (Field::Text(field), _) => Ok(Filter::Is(Condition::Text(field, test(value.trim().to_lowercase())))),
        (_, filter) => Ok(filter),
    }
}

/// `field` is less or greater than `value`.
pub(crate) fn compared(field: Field, comparison: Comparison, value: &str) -> Result<Filter, String> {
    let value = value.trim();
    Ok(Filter::Is(match field {
        Field::Number(field) => {
            let number = number(value)?;
            Condition::Number(field, comparison.range(number, number, true))
        }
        Field::Time(field) => match parse_age(value) {
            Some(age) => {
                let moment = Moment::Ago(age);
                Condition::Time(field, comparison.mirrored().range(moment, moment, true))
            }
            None => {
                let period = period(value)?;
                Condition::Time(field, comparison.range(period.start, period.end, false))
            }
        },
        _ => return Err("only numbers and dates are compared with < and >".to_owned()),
    }))
}

/// `field` lies between two values, both of them counted; an empty one is no limit.
pub(crate) fn between(field: Field, from: &str, to: &str) -> Result<Filter, String> {
    let limit = |comparison, value: &str| match value.trim() {
        "" => Ok(Filter::default()),
        value => compared(field, comparison, value),
    };
    if from.trim().is_empty() && to.trim().is_empty() {
        return Err("a range needs at least one end, such as 2023-06..2023-09".to_owned());
    }
    Ok(limit(Comparison::AtLeast, from)?.and(limit(Comparison::AtMost, to)?))
}

fn number(text: &str) -> Result<f64, String> {
    text.parse().ok().filter(|number: &f64| number.is_finite()).ok_or_else(|| expected(text, "a number"))
}

fn period(text: &str) -> Result<Period, String> {
    let dates = "a date such as 2023, 2023-06 or 2023-06-01, or an age with < or >, such as <7d";
    Period::parse(text).ok_or_else(|| expected(text, dates))
}

/// A position or a place's name, and a distance.
fn near(text: &str) -> Result<Condition, String> {
    let (centre, kilometres) = match text.rsplit_once(',').and_then(|(centre, end)| Some((centre, distance(end)?))) {
        Some((centre, kilometres)) if position(centre).is_some() || position(text).is_none() => (centre, kilometres),
        _ => (text, NEAR_KM),
    };
    let place = || foray_places::named(centre).map(|place| (place.latitude, place.longitude));
    let (latitude, longitude) = position(centre).or_else(place).ok_or_else(|| {
        let what = "the name of a place of 5,000 people or more, such as Berlin or \"Paris, TX\", or latitude,longitude; then a \
                    distance if you like: Berlin,50km or 52.52,13.40,50km";
        expected(text, what)
    })?;
    Ok(Condition::Near { latitude, longitude, kilometres })
}

/// `latitude,longitude` in degrees.
fn position(text: &str) -> Option<(f64, f64)> {
    let (latitude, longitude) = text.split_once(',')?;
    let (latitude, longitude) = (latitude.trim().parse::<f64>().ok()?, longitude.trim().parse::<f64>().ok()?);
    (latitude.abs() <= 90.0 && longitude.abs() <= 180.0).then_some((latitude, longitude))
}

/// `50km`, `500m` or `50`, in kilometres.
fn distance(text: &str) -> Option<f64> {
    let text = text.trim().to_lowercase();
    let kilometres = match (text.strip_suffix("km"), text.strip_suffix('m')) {
        (Some(kilometres), _) => kilometres.parse(),
        (None, Some(metres)) => metres.parse().map(|metres: f64| metres / 1e3),
        (None, None) => text.parse::<f64>(),
    };
    kilometres.ok().filter(|kilometres| kilometres.is_finite() && *kilometres >= 0.0)
}

fn expected(got: &str, what: &str) -> String {
    format!("got {got:?}; expected {what}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_named_or_measured() {
        let of = |text| match near(text) {
            Ok(Condition::Near { latitude, longitude, kilometres }) => {
                Some((latitude.round(), longitude.round(), kilometres))
            }
            _ => None,
        };
        assert_eq!(of("Berlin,50km"), Some((53.0, 13.0, 50.0)));
        assert_eq!(of("berlin"), Some((53.0, 13.0, NEAR_KM)));
        assert_eq!(of("Paris, TX, 500m"), Some((34.0, -96.0, 0.5)));
        assert_eq!(of("52.52,13.40,7"), Some((53.0, 13.0, 7.0)));
        assert_eq!(of("52.52,13.40"), Some((53.0, 13.0, NEAR_KM)));
        for wrong in ["", "Lilliput-on-Sea", "Berlin,-5km", "91,0,5km", "52.52", "Berlin,far"] {
            assert_eq!(of(wrong), None, "{wrong}");
        }
    }
}
