//! What photos must fulfil besides fitting a query: conditions on their files and metadata, as the library evaluates them.
//!
//! Two notations lead here: `field:value` inside a query ([`inline`]), and JSON objects ([`json`]).

mod field;
mod inline;
mod json;
mod moment;
mod value;

use std::ops::Bound;
use std::str::FromStr;

pub use field::{Feature, NumberField, Shape, TextField, TimeField};
pub(crate) use inline::{names, take_filters};
pub use moment::{Moment, clock_seconds, clock_year, clock_years};

use crate::{Query, QueryError};

/// Conditions, joined.
#[derive(Clone, Debug, PartialEq)]
pub enum Filter {
    /// All of these hold; an empty one holds for every photo.
    All(Vec<Filter>),
    /// At least one of these holds.
    Any(Vec<Filter>),
    /// This does not hold.
    Not(Box<Filter>),
    /// This holds.
    Is(Condition),
}

impl Default for Filter {
    fn default() -> Self {
        Self::All(vec![])
    }
}

impl Filter {
    /// Whether every photo fulfils it by its form.
    pub fn is_empty(&self) -> bool {
        matches!(self, Self::All(all) if all.is_empty())
    }

    /// The filter in `text`, as filters are written in queries; without one, that which every photo fulfils.
    ///
    /// # Errors
    /// [`QueryError`], with the character where the mistake is.
    pub fn of(text: Option<&str>) -> Result<Self, QueryError> {
        text.map_or_else(|| Ok(Self::default()), str::parse)
    }

    /// Both of them.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::All(mut all), Self::All(more)) => {
                all.extend(more);
                Self::All(all)
            }
            (Self::All(mut all), other) | (other, Self::All(mut all)) => {
                all.push(other);
                Self::All(all)
            }
            (one, other) => Self::All(vec![one, other]),
        }
    }
}

impl FromStr for Filter {
    type Err = QueryError;

    /// Reads filters and quoted file names as they stand in a query, with no words beside them.
    fn from_str(text: &str) -> Result<Self, QueryError> {
        let query: Query = text.parse()?;
        match query.terms.is_empty() {
            true => Ok(query.filter),
            false => Err(QueryError::new(1, "only filters can stand here, such as in:Trips or taken:2023")),
        }
    }
}

/// What one photo fulfils or not. A photo that lacks the field fulfils no condition on it.
#[derive(Clone, Debug, PartialEq)]
pub enum Condition {
    /// A file of the photo lies in such a folder, or below it.
    Folder(Folder),
    /// The name of a file of the photo contains this; lower case.
    Name(String),
    /// A text of the photo.
    Text(TextField, TextTest),
    /// A number of the photo.
    Number(NumberField, Range<f64>),
    /// A time of the photo.
    Time(TimeField, Range<Moment>),
    /// It was taken within a distance of a place.
    Near {
        /// Degrees, north positive.
        latitude: f64,
        /// Degrees, east positive.
        longitude: f64,
        /// The distance, kilometres along the ground.
        kilometres: f64,
    },
    /// It has something.
    Has(Feature),
    /// Its sides.
    Shape(Shape),
    /// It carries this tag; lower case.
    Tag(String),
}

/// A folder as people name it.
#[derive(Clone, Debug, PartialEq)]
pub enum Folder {
    /// By its whole path, without a slash at the end.
    Absolute(String),
    /// By one or more folder names in a row, somewhere on the way to the photo; lower case.
    Somewhere(Vec<String>),
}

impl Folder {
    /// The folder that `text` names: a path from the root on, or the names of folders in a row.
    pub fn new(text: &str) -> Self {
        let trimmed = text.trim_end_matches('/');
        if text.starts_with('/') {
            return Self::Absolute(trimmed.to_owned());
        }
        let names = trimmed.split('/').filter(|name| !name.is_empty() && *name != ".");
        Self::Somewhere(names.map(str::to_lowercase).collect())
    }

    /// Whether the folder at `path` is such a folder or lies below one.
    pub fn holds(&self, path: &str) -> bool {
        match self {
            Self::Absolute(folder) => {
                path.strip_prefix(folder.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            }
            Self::Somewhere(names) => {
                let lower = path.to_lowercase();
                let parts: Vec<&str> = lower.split('/').collect();
                !names.is_empty() && parts.windows(names.len()).any(|window| window == names.as_slice())
            }
        }
    }
}

/// How a text is compared; letter case never matters, and these are lower case.
#[derive(Clone, Debug, PartialEq)]
pub enum TextTest {
    /// It contains this.
    Contains(String),
    /// It is this.
    Equals(String),
    /// It begins with this.
    StartsWith(String),
}

impl TextTest {
    /// Whether `text`, in lower case, passes.
    pub fn passes(&self, text: &str) -> bool {
        match self {
            Self::Contains(part) => text.contains(part.as_str()),
            Self::Equals(whole) => text == whole,
            Self::StartsWith(start) => text.starts_with(start.as_str()),
        }
    }
}

/// From one value to another.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Range<T> {
    /// Where it begins.
    pub from: Bound<T>,
    /// Where it ends.
    pub to: Bound<T>,
}

impl<T> Range<T> {
    /// Everything.
    pub const fn all() -> Self {
        Self { from: Bound::Unbounded, to: Bound::Unbounded }
    }

    /// The same range of other values.
    pub fn map<U>(self, mut value: impl FnMut(T) -> U) -> Range<U> {
        Range { from: self.from.map(&mut value), to: self.to.map(value) }
    }
}

impl<T: PartialOrd> Range<T> {
    /// Whether `value` lies in it.
    pub fn contains(&self, value: &T) -> bool {
        let after = match &self.from {
            Bound::Included(from) => value >= from,
            Bound::Excluded(from) => value > from,
            Bound::Unbounded => true,
        };
        let before = match &self.to {
            Bound::Included(to) => value <= to,
            Bound::Excluded(to) => value < to,
            Bound::Unbounded => true,
        };
        after && before
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_holds_itself_and_what_is_below() {
        let absolute = Folder::new("/photos/Trips/");
        assert!(absolute.holds("/photos/Trips") && absolute.holds("/photos/Trips/2024"));
        assert!(!absolute.holds("/photos/Trips2") && !absolute.holds("/photos"));
        let somewhere = Folder::new("Trips/2024");
        assert!(somewhere.holds("/photos/trips/2024") && somewhere.holds("/photos/trips/2024/june"));
        assert!(!somewhere.holds("/photos/trips/x/2024") && !somewhere.holds("/photos/mytrips/2024"));
    }

    #[test]
    fn ranges_contain_their_bounds_as_told() {
        let range = Range { from: Bound::Excluded(2.0), to: Bound::Included(5.0) };
        assert!(!range.contains(&2.0) && range.contains(&2.1) && range.contains(&5.0) && !range.contains(&5.1));
        assert!(Range::all().contains(&f64::MIN));
    }
}
