//! Filters as Milvus evaluates them. No column is null: what a photo lacks has a value that no condition meets.

use std::ops::Bound;

use foray_library::LibraryError;
use foray_protocol::{Condition, Feature, Filter, Folder, ImageId, NumberField, Range, TextField, TextTest, TimeField};

use crate::columns::{NO_NUMBER, NO_POSITION, NO_TIME};
use crate::text::{plain, quote, quoted_list};

const NOTHING: &str = "id == \"\"";
/// Half the way round the earth, kilometres, for each degree of latitude.
const KM_A_DEGREE: f64 = 111.0;

/// Who knows which photos were taken near a place: Milvus has no distances on the ground.
pub(crate) trait Nearby {
    /// The photos within `kilometres` of a place, of those in a box round it, which is an expression.
    ///
    /// # Errors
    /// Those of Milvus.
    fn nearby(&self, place: (f64, f64), kilometres: f64, within: &str) -> Result<Vec<ImageId>, LibraryError>;
}

/// The expression of a filter that is asked at `now`, seconds since 1970.
///
/// # Errors
/// Those of `nearby`.
pub(crate) fn expression(filter: &Filter, now: i64, nearby: &dyn Nearby) -> Result<String, LibraryError> {
    let joined = |all: &[Filter], word: &str, none: &str| -> Result<String, LibraryError> {
        let parts = all.iter().map(|filter| expression(filter, now, nearby)).collect::<Result<Vec<_>, _>>()?;
        Ok(if parts.is_empty() { none.to_owned() } else { format!("({})", parts.join(word)) })
    };
    match filter {
        Filter::All(all) => joined(all, " and ", "id != \"\""),
        Filter::Any(any) => joined(any, " or ", NOTHING),
        Filter::Not(filter) => Ok(format!("not ({})", expression(filter, now, nearby)?)),
        Filter::Is(Condition::Near { latitude, longitude, kilometres }) => {
            let place = (*latitude, *longitude);
            let near = nearby.nearby(place, *kilometres, &surroundings(place, *kilometres))?;
            Ok(ids(&near))
        }
        Filter::Is(condition) => Ok(test(condition, now)),
    }
}

/// These photos.
pub(crate) fn ids(ids: &[ImageId]) -> String {
    let texts: Vec<String> = ids.iter().map(ImageId::to_string).collect();
    format!("id in {}", quoted_list(texts.iter().map(String::as_str)))
}

fn test(condition: &Condition, now: i64) -> String {
    match condition {
        Condition::Folder(Folder::Absolute(folder)) => contains("folders", &format!("\n{folder}/")),
        Condition::Folder(Folder::Somewhere(names)) if names.is_empty() => NOTHING.to_owned(),
        Condition::Folder(Folder::Somewhere(names)) => contains("folders_lower", &format!("/{}/", names.join("/"))),
        // The names stand between slashes, which none of them can contain.
        Condition::Name(name) if name.contains('/') => NOTHING.to_owned(),
        Condition::Name(name) => contains("names", name),
        Condition::Text(field, TextTest::Contains(part)) => contains(text_column(*field), part),
        Condition::Text(field, TextTest::Equals(whole)) => {
            format!("{} == {}", text_column(*field), quote(&plain(whole)))
        }
        Condition::Text(field, TextTest::StartsWith(start)) => {
            format!("{} like {}", text_column(*field), quote(&format!("{}%", plain(start))))
        }
        Condition::Tag(tag) => format!("array_contains(tags, {})", quote(tag)),
        Condition::Number(field, range) => {
            let bound = |bound: f64| format!("{bound:?}");
            between(number_column(*field), range.map(bound), &format!("{NO_NUMBER:?}"))
        }
        Condition::Time(field, range) => {
            let bound = |moment: foray_protocol::Moment| moment.seconds(now).max(NO_TIME + 1).to_string();
            between(time_column(*field), range.map(bound), &NO_TIME.to_string())
        }
        Condition::Has(feature) => has(*feature),
        Condition::Shape(shape) => format!("shape == {}", quote(crate::columns::shape_name(*shape))),
        // Asked of the place before.
        Condition::Near { .. } => NOTHING.to_owned(),
    }
}

fn contains(column: &str, part: &str) -> String {
    format!("{column} like {}", quote(&format!("%{}%", plain(part))))
}

/// A column within a range, and not what stands there for nothing.
fn between(column: &str, range: Range<String>, nothing: &str) -> String {
    let mut parts = vec![format!("{column} > {nothing}")];
    match range.from {
        Bound::Included(from) => parts.push(format!("{column} >= {from}")),
        Bound::Excluded(from) => parts.push(format!("{column} > {from}")),
        Bound::Unbounded => {}
    }
    match range.to {
        Bound::Included(to) => parts.push(format!("{column} <= {to}")),
        Bound::Excluded(to) => parts.push(format!("{column} < {to}")),
        Bound::Unbounded => {}
    }
    format!("({})", parts.join(" and "))
}

fn text_column(field: TextField) -> &'static str {
    match field {
        TextField::Camera => "camera",
        TextField::Lens => "lens",
        TextField::Format => "format",
        TextField::Place => "place",
        TextField::Caption => "caption",
    }
}

fn number_column(field: NumberField) -> &'static str {
    match field {
        NumberField::Width => "width",
        NumberField::Height => "height",
        NumberField::Megapixels => "megapixels",
        NumberField::Rating => "rating",
    }
}

fn time_column(field: TimeField) -> &'static str {
    match field {
        TimeField::Taken => "taken",
        TimeField::Indexed => "indexed",
    }
}

fn has(feature: Feature) -> String {
    match feature {
        Feature::Position => format!("latitude < {NO_POSITION:?}"),
        Feature::Date => format!("taken > {NO_TIME}"),
        Feature::Camera => "camera != \"\"".to_owned(),
        Feature::Rating => format!("rating > {NO_NUMBER:?}"),
        Feature::Keywords => "has_keywords == true".to_owned(),
        Feature::Caption => "caption != \"\"".to_owned(),
        Feature::Copies => "has_copies == true".to_owned(),
    }
}

/// A box that holds everything within `kilometres` of a place: degrees of longitude are shorter the farther from the equator.
fn surroundings((latitude, longitude): (f64, f64), kilometres: f64) -> String {
    let reach = kilometres / KM_A_DEGREE;
    let (south, north) = (latitude - reach, latitude + reach);
    let mut parts = vec![format!("latitude >= {south:?}"), format!("latitude <= {:?}", north.min(NO_POSITION - 1.0))];
    let farthest = south.abs().max(north.abs());
    if farthest < 89.0 {
        let wide = reach / farthest.to_radians().cos();
        let (west, east) = (longitude - wide, longitude + wide);
        // A box over the date line is not worth its two halves.
        if west >= -180.0 && east <= 180.0 {
            parts.extend([format!("longitude >= {west:?}"), format!("longitude <= {east:?}")]);
        }
    }
    format!("({})", parts.join(" and "))
}

#[cfg(test)]
mod tests {
    use super::*;

    struct NoPlace;

    impl Nearby for NoPlace {
        fn nearby(&self, _: (f64, f64), _: f64, _: &str) -> Result<Vec<ImageId>, LibraryError> {
            Ok(vec![ImageId::from_bytes([0xab; 16])])
        }
    }

    #[track_caller]
    fn assert_expression(filter: &str, expected: &str) {
        let filter: Filter = filter.parse().unwrap();
        assert_eq!(expression(&filter, 1_000_000, &NoPlace).unwrap(), expected);
    }

    #[test]
    fn each_condition_has_its_expression() {
        assert_expression("camera:Canon", "(camera like \"%canon%\")");
        assert_expression("in:/photos/Trips", "(folders like \"%\\n/photos/Trips/%\")");
        assert_expression("in:50%_a", "(folders_lower like \"%/50\u{e000}\u{e001}a/%\")");
        assert_expression("tag:Red", "(array_contains(tags, \"red\"))");
        assert_expression("w:>=800", "((width > -1000000.0 and width >= 800.0))");
        assert_expression("-has:gps", "(not (latitude < 1000.0))");
        assert_expression("near:48.1,11.5,10km", "(id in [\"abababababababababababababababab\"])");
        assert_expression("\"IMG_1\"", "(names like \"%img\u{e001}1%\")");
    }

    #[test]
    fn every_photo_and_none_have_expressions() {
        assert_eq!(expression(&Filter::default(), 0, &NoPlace).unwrap(), "id != \"\"");
        assert_eq!(expression(&Filter::Any(vec![]), 0, &NoPlace).unwrap(), NOTHING);
    }
}
