//! Filters as JSON objects, for programs:
//!
//! ```json
//! {"taken": {"gte": "2023-06", "lt": "2023-10"}, "camera": "Pixel 7", "tags": {"none": ["screenshot"]},
//!  "or": [{"in": "Trips"}, {"width": {"gt": 4000}}]}
//! ```
//! All entries of an object hold together. A value that is no object means `eq`; the operators are `eq`, `ne`, `in`, `notIn`,
//! `lt`, `lte`, `gt`, `gte`, `like` (contains), `startsWith`, `any`, `all` and `none`.

use serde_json::{Map, Value};

use super::Filter;
use super::field::Field;
use super::value::{Comparison, compared, contains, equal, starts_with};

/// The most values and nested filters in one filter.
const MAX_PARTS: usize = 1_000;
/// The deepest nesting.
const MAX_DEPTH: usize = 16;

impl Filter {
    /// Reads a filter object.
    ///
    /// # Errors
    /// A sentence that names the entry, says what was got and what was expected.
    pub fn from_json(object: &Map<String, Value>) -> Result<Self, String> {
        let mut reader = Reader { parts: 0 };
        reader.object(object, "filter", 0)
    }
}

struct Reader {
    parts: usize,
}

impl Reader {
    fn object(&mut self, object: &Map<String, Value>, place: &str, depth: usize) -> Result<Filter, String> {
        if depth > MAX_DEPTH {
            return Err(format!("{place}: filters are nested more than {MAX_DEPTH} deep"));
        }
        self.count_part().map_err(|mistake| format!("{place}: {mistake}"))?;
        let entries = object.iter().map(|(key, value)| self.entry(key, value, &format!("{place}.{key}"), depth));
        Ok(Filter::All(entries.collect::<Result<_, _>>()?))
    }

    fn entry(&mut self, key: &str, value: &Value, place: &str, depth: usize) -> Result<Filter, String> {
        match key {
            "or" => Ok(Filter::Any(self.list(value, place, depth)?)),
            "and" => Ok(Filter::All(self.list(value, place, depth)?)),
            "not" => match value {
                Value::Object(object) => Ok(Filter::Not(Box::new(self.object(object, place, depth + 1)?))),
                _ => Err(format!("{place}: got {value}; expected a filter object")),
            },
            _ => self.field(key, value, place),
        }
    }

    fn list(&mut self, value: &Value, place: &str, depth: usize) -> Result<Vec<Filter>, String> {
        let Value::Array(list) = value else { return Err(format!("{place}: got {value}; expected a list of filters")) };
        let read = |(at, value): (usize, &Value)| match value {
            Value::Object(object) => self.object(object, &format!("{place}[{at}]"), depth + 1),
            _ => Err(format!("{place}[{at}]: got {value}; expected a filter object")),
        };
        list.iter().enumerate().map(read).collect()
    }

    fn field(&mut self, key: &str, value: &Value, place: &str) -> Result<Filter, String> {
        let unknown =
            || format!("{place}: no such field; the fields are {}, and or, and, not join filters", Field::names());
        let field = Field::named(key).ok_or_else(unknown)?;
        match value {
            Value::Object(operators) => {
                let tests = operators.iter().map(|(operator, value)| {
                    self.operator(field, operator, value).map_err(|mistake| format!("{place}.{operator}: {mistake}"))
                });
                Ok(Filter::All(tests.collect::<Result<_, _>>()?))
            }
            value => self.operator(field, "eq", value).map_err(|mistake| format!("{place}: {mistake}")),
        }
    }

    fn operator(&mut self, field: Field, operator: &str, value: &Value) -> Result<Filter, String> {
        let not = |filter: Filter| Filter::Not(Box::new(filter));
        match operator {
            "eq" => equal(field, &self.text(value)?),
            "ne" => Ok(not(equal(field, &self.text(value)?)?)),
            "in" | "any" => self.each(field, value).map(Filter::Any),
            "notIn" | "none" => Ok(not(Filter::Any(self.each(field, value)?))),
            "all" => self.each(field, value).map(Filter::All),
            "like" => contains(field, &self.text(value)?),
            "startsWith" => starts_with(field, &self.text(value)?),
            "lt" => compared(field, Comparison::Less, &self.text(value)?),
            "lte" => compared(field, Comparison::AtMost, &self.text(value)?),
            "gt" => compared(field, Comparison::Greater, &self.text(value)?),
            "gte" => compared(field, Comparison::AtLeast, &self.text(value)?),
            _ => Err(
                "no such operator; expected eq, ne, in, notIn, lt, lte, gt, gte, like, startsWith, any, all or none"
                    .to_owned(),
            ),
        }
    }

    fn each(&mut self, field: Field, value: &Value) -> Result<Vec<Filter>, String> {
        let one = [value.clone()];
        let values = value.as_array().map_or(one.as_slice(), Vec::as_slice);
        values.iter().map(|value| equal(field, &self.text(value)?)).collect()
    }

    fn count_part(&mut self) -> Result<(), String> {
        self.parts += 1;
        match self.parts <= MAX_PARTS {
            true => Ok(()),
            false => Err(format!("a filter has at most {MAX_PARTS} values and nested filters")),
        }
    }

    fn text(&mut self, value: &Value) -> Result<String, String> {
        self.count_part()?;
        match value {
            Value::String(text) => Ok(text.clone()),
            Value::Number(number) => Ok(number.to_string()),
            _ => Err(format!("got {value}; expected a text or a number")),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::{Condition, Folder, TextField, TextTest};
    use super::*;

    fn read(value: Value) -> Result<Filter, String> {
        Filter::from_json(value.as_object().unwrap())
    }

    fn tag(tag: &str) -> Filter {
        Filter::Is(Condition::Tag(tag.to_owned()))
    }

    #[test]
    fn operators_become_conditions() {
        let camera = |test: fn(String) -> TextTest| {
            Filter::All(vec![Filter::Is(Condition::Text(TextField::Camera, test("pixel".to_owned())))])
        };
        assert_eq!(read(json!({"camera": {"like": "Pixel"}})), Ok(Filter::All(vec![camera(TextTest::Contains)])));
        assert_eq!(
            read(json!({"camera": {"startsWith": "Pixel"}})),
            Ok(Filter::All(vec![camera(TextTest::StartsWith)]))
        );
        let none = Filter::All(vec![Filter::Not(Box::new(Filter::Any(vec![tag("a"), tag("b")])))]);
        assert_eq!(read(json!({"tags": {"none": ["A", "b"]}})), Ok(Filter::All(vec![none])));
        let folder = |name: &str| Filter::All(vec![Filter::Is(Condition::Folder(Folder::new(name)))]);
        let either = Filter::All(vec![Filter::Any(vec![folder("x"), folder("y")])]);
        assert_eq!(read(json!({"or": [{"in": "x"}, {"folder": "y"}]})), Ok(either));
    }

    #[test]
    fn json_and_inline_filters_mean_the_same() {
        let inline = "taken:2023-06..2023-09".parse::<crate::Query>().unwrap().filter;
        let json = read(json!({"taken": {"gte": "2023-06", "lte": "2023-09"}})).unwrap();
        assert_eq!(flat(inline), flat(json));
    }

    fn flat(filter: Filter) -> Vec<Filter> {
        match filter {
            Filter::All(all) => all.into_iter().flat_map(flat).collect(),
            other => vec![other],
        }
    }

    #[test]
    fn nested_filters_count_as_parts() {
        let nested = |count: usize| read(json!({"or": vec![json!({}); count]}));
        assert!(nested(MAX_PARTS - 1).is_ok());
        assert!(nested(MAX_PARTS).unwrap_err().contains("at most 1000 values and nested filters"));
    }

    #[test]
    fn mistakes_name_the_entry() {
        for (filter, words) in [
            (json!({"colour": 1}), "filter.colour: no such field; the fields are in, name, taken"),
            (json!({"w": {"near": 1}}), "filter.w.near: no such operator"),
            (json!({"w": {"gt": "wide"}}), "filter.w.gt: got \"wide\"; expected a number"),
            (json!({"or": {"w": 1}}), "filter.or: got {\"w\":1}; expected a list"),
            (json!({"or": [{"taken": "x"}]}), "filter.or[0].taken: got \"x\""),
            (json!({"camera": {"gt": "a"}}), "only numbers and dates"),
            (json!({"camera": null}), "got null; expected a text or a number"),
        ] {
            let error = read(filter).unwrap_err();
            assert!(error.contains(words), "{error}");
        }
        let deep = (0..20).fold(json!({"w": 1}), |inner, _| json!({"not": inner}));
        assert!(read(deep).unwrap_err().contains("16 deep"));
    }
}
