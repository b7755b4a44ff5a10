//! Times in conditions: dates of any precision, and ages.

use std::ops::Bound;

use jiff::civil::{Date, DateTime, Time, date};
use jiff::{Span, ToSpan};

use super::Range;

const SECONDS_A_DAY: u64 = 24 * 3600;

/// A point in time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Moment {
    /// By the clock, in seconds since 1970 as if that clock were in Greenwich.
    At(i64),
    /// So many seconds before the question.
    Ago(u64),
}

impl Moment {
    /// Seconds since 1970, for a question that is asked at `now`.
    pub fn seconds(self, now: i64) -> i64 {
        match self {
            Self::At(seconds) => seconds,
            Self::Ago(seconds) => now.saturating_sub_unsigned(seconds),
        }
    }
}

/// Seconds since 1970 of a time as photos carry it (`2023-06-01T12:00:00`, an offset is left aside): the camera's clock decides
/// on which day a photo was taken.
pub fn clock_seconds(taken_at: &str) -> Option<i64> {
    let local = taken_at.get(..19).unwrap_or(taken_at);
    Some(seconds_of(local.parse::<DateTime>().ok()?))
}

/// The year of a moment that [`clock_seconds`] gave.
pub fn clock_year(seconds: i64) -> Option<i16> {
    Some(clock_time(seconds)?.year())
}

/// The same with the share of the year that had gone by, to four digits: 2023.5 is the middle of 2023.
pub fn clock_years(seconds: i64) -> Option<f64> {
    let time = clock_time(seconds)?;
    let year = DateTime::from_parts(time.date().first_of_year(), Time::midnight());
    let gone = time.duration_since(year).as_secs_f64() / (f64::from(time.days_in_year()) * SECONDS_A_DAY as f64);
    Some(((f64::from(time.year()) + gone) * 1e4).round() / 1e4)
}

fn clock_time(seconds: i64) -> Option<DateTime> {
    let since_1970 = Span::new().try_seconds(seconds).ok()?;
    DateTime::from_parts(date(1970, 1, 1), Time::midnight()).checked_add(since_1970).ok()
}

fn seconds_of(time: DateTime) -> i64 {
    time.duration_since(DateTime::from_parts(date(1970, 1, 1), Time::midnight())).as_secs()
}

/// What a date of some precision covers: a year, a month, a day, a minute or a second.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Period {
    /// Its first second.
    pub start: Moment,
    /// The first second after it.
    pub end: Moment,
}

impl Period {
    /// Reads `2023`, `2023-06`, `2023-06-01`, `2023-06-01T12:30` or with seconds.
    pub fn parse(text: &str) -> Option<Self> {
        let (start, length) = match text.len() {
            4 => (first_of(text.parse().ok()?, 1)?, 1.year()),
            7 => (first_of(text.get(..4)?.parse().ok()?, text.get(4..)?.strip_prefix('-')?.parse().ok()?)?, 1.month()),
            10 => (text.parse::<Date>().ok()?.at(0, 0, 0, 0), 1.day()),
            16 => (text.parse::<DateTime>().ok()?, 1.minute()),
            19 => (text.parse::<DateTime>().ok()?, 1.second()),
            _ => return None,
        };
        Self::lasting(start, length)
    }

    fn lasting(start: DateTime, length: Span) -> Option<Self> {
        let end = start.checked_add(length).ok()?;
        Some(Self { start: Moment::At(seconds_of(start)), end: Moment::At(seconds_of(end)) })
    }

    /// All of it.
    pub fn range(self) -> Range<Moment> {
        Range { from: Bound::Included(self.start), to: Bound::Excluded(self.end) }
    }
}

fn first_of(year: i16, month: i8) -> Option<DateTime> {
    Some(Date::new(year, month, 1).ok()?.at(0, 0, 0, 0))
}

/// Reads an age: a number and `h`, `d`, `w`, `m` (30 days) or `y` (365 days); in seconds.
pub(crate) fn parse_age(text: &str) -> Option<u64> {
    let unit = text.chars().last()?;
    let count: u64 = text.strip_suffix(unit)?.parse().ok()?;
    let seconds = match unit {
        'h' => 3600,
        'd' => SECONDS_A_DAY,
        'w' => 7 * SECONDS_A_DAY,
        'm' => 30 * SECONDS_A_DAY,
        'y' => 365 * SECONDS_A_DAY,
        _ => return None,
    };
    count.checked_mul(seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_covers_what_it_names() {
        let length = |text: &str| {
            let Period { start, end } = Period::parse(text).unwrap();
            end.seconds(0) - start.seconds(0)
        };
        assert_eq!(length("2024"), 366 * 86_400);
        assert_eq!(length("2023-02"), 28 * 86_400);
        assert_eq!(length("2023-06-01"), 86_400);
        assert_eq!(length("2023-06-01T12:30"), 60);
        assert_eq!(Period::parse("1970-01-02").unwrap().start, Moment::At(86_400));
        assert_eq!(Period::parse("1969-12-31").unwrap().start, Moment::At(-86_400));
    }

    #[test]
    fn what_is_no_date_is_refused() {
        for text in ["", "23", "2023-13", "2023-02-30", "2023/06", "9999-12-31T23:59:61", "june", "2023-6"] {
            assert_eq!(Period::parse(text), None, "{text}");
        }
    }

    #[test]
    fn the_offset_of_a_photo_is_left_aside() {
        assert_eq!(clock_seconds("1970-01-01T10:00:00+02:00"), Some(36_000));
        assert_eq!(clock_seconds("1970-01-01T10:00:00.250"), Some(36_000));
        assert_eq!(clock_seconds("nonsense"), None);
    }

    #[test]
    fn years_go_by_evenly() {
        let years = |time: &str| clock_years(clock_seconds(time).unwrap()).unwrap();
        assert_eq!((years("2023-01-01T00:00:00"), years("2023-07-02T12:00:00")), (2023.0, 2023.5));
        assert_eq!((years("2024-07-02T00:00:00"), years("2024-12-31T23:59:59")), (2024.5, 2025.0));
        assert_eq!(years("1969-12-31T12:00:00"), 1969.9986);
    }

    #[test]
    fn ages_have_units() {
        assert_eq!(parse_age("7d"), Some(7 * 86_400));
        assert_eq!(parse_age("2w"), parse_age("14d"));
        assert!(["7", "d", "-7d", "7x", "7é", ""].iter().all(|text| parse_age(text).is_none()));
    }
}
