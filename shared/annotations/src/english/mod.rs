//! Boxes in words.

mod nouns;
mod numbers;
mod plurals;

use std::collections::BTreeMap;

use crate::ObjectBox;
use nouns::Noun;

/// Objects of a smaller share of the picture are small: less than a fifth of each side.
const SMALL: f64 = 0.04;
/// Objects of at least this share are large: half of each side.
const LARGE: f64 = 0.25;

/// How captions tell how many there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Counts {
    /// `2 dogs and 1 bicycle`.
    Exact,
    /// `two dogs and a bicycle`.
    #[default]
    Words,
    /// Not at all: `bicycle and dog`.
    None,
}

/// How captions are worded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Wording {
    /// How many there are.
    pub counts: Counts,
    /// Whether objects are called small and large: below 4 % and from 25 % of the picture on.
    pub areas: bool,
}

/// How much of a picture an object takes, in the order in which captions name them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Size {
    Large,
    Usual,
    Small,
}

impl Size {
    fn of(object: &ObjectBox) -> Self {
        match object.region.area() {
            // The box is that of the crowd: nobody in it need be large.
            _ if object.is_crowd => Self::Usual,
            area if area < SMALL => Self::Small,
            area if area >= LARGE => Self::Large,
            _ => Self::Usual,
        }
    }

    fn adjective(self) -> Option<&'static str> {
        match self {
            Self::Large => Some("large"),
            Self::Usual => None,
            Self::Small => Some("small"),
        }
    }
}

/// Objects that are named together.
#[derive(Clone, Copy, Debug, Default)]
struct Group {
    count: usize,
    is_crowd: bool,
}

impl Wording {
    /// What a picture with these objects shows; empty for none.
    ///
    /// What there are most of comes first (crowds before all), in the order of the alphabet where there are as many; without counts
    /// all are in the order of the alphabet. Areas decide nothing here: a dog and a cat are the same caption, and so the same class,
    /// whichever of them stands nearer.
    pub fn caption<'a>(&self, objects: impl IntoIterator<Item = &'a ObjectBox>) -> String {
        let mut groups: BTreeMap<(&str, Size), Group> = BTreeMap::new();
        for object in objects {
            let size = if self.areas { Size::of(object) } else { Size::Usual };
            let group = groups.entry((&*object.category, size)).or_default();
            group.count += 1;
            group.is_crowd |= object.is_crowd;
        }
        let mut groups: Vec<_> = groups.into_iter().collect();
        if self.counts != Counts::None {
            groups.sort_by_key(|(_, group)| std::cmp::Reverse((group.is_crowd, group.count)));
        }
        list(groups.iter().map(|&((name, size), group)| self.phrase(name, size, group)).collect())
    }

    /// What a picture of one such object shows, whatever else is to be counted.
    pub fn of_one(category: &str) -> String {
        Noun::new(category, None).with_article()
    }

    fn phrase(&self, name: &str, size: Size, Group { count, is_crowd }: Group) -> String {
        let noun = Noun::new(name, size.adjective());
        match (self.counts, count) {
            (Counts::None, _) => noun.bare,
            _ if is_crowd => noun.many("many"),
            (Counts::Exact, _) => noun.counted(count, &count.to_string()),
            (Counts::Words, 1) => noun.with_article(),
            (Counts::Words, _) => noun.counted(count, &numbers::in_words(count)),
        }
    }
}

/// `a, b and c`.
fn list(mut phrases: Vec<String>) -> String {
    let last = phrases.pop().unwrap_or_default();
    if phrases.is_empty() { last } else { format!("{} and {last}", phrases.join(", ")) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Region;

    fn object(category: &str, area: f64) -> ObjectBox {
        let region = Region::clipped(0.0, 0.0, area, 1.0).unwrap();
        ObjectBox { category: category.into(), region, is_crowd: false }
    }

    fn crowd(category: &str) -> ObjectBox {
        ObjectBox { is_crowd: true, ..object(category, 0.5) }
    }

    fn caption(counts: Counts, areas: bool, objects: &[ObjectBox]) -> String {
        Wording { counts, areas }.caption(objects)
    }

    #[test]
    fn captions_count_in_words_in_digits_or_not() {
        let objects = [object("bicycle", 0.1), object("dog", 0.1), object("dog", 0.5)];
        assert_eq!(caption(Counts::Words, false, &objects), "two dogs and a bicycle");
        assert_eq!(caption(Counts::Exact, false, &objects), "2 dogs and 1 bicycle");
        assert_eq!(caption(Counts::None, false, &objects), "bicycle and dog");
        assert_eq!(caption(Counts::Words, false, &[]), "");
        let many = vec![object("apple", 0.01); 21];
        assert_eq!(caption(Counts::Words, false, &many), "21 apples");
    }

    #[test]
    fn the_order_of_boxes_and_their_areas_change_no_caption() {
        let (cat, dog, bus) = (object("cat", 0.1), object("dog", 0.3), object("bus", 0.2));
        let expected = "a bus, a cat and a dog";
        assert_eq!(caption(Counts::Words, false, &[cat.clone(), dog.clone(), bus.clone()]), expected);
        assert_eq!(caption(Counts::Words, false, &[bus, dog, cat]), expected);
    }

    #[test]
    fn areas_are_told_object_by_object() {
        let objects = [object("dog", 0.3), object("dog", 0.01), object("bicycle", 0.03), object("umbrella", 0.1)];
        assert_eq!(caption(Counts::Words, true, &objects), "a small bicycle, a large dog, a small dog and an umbrella");
        assert_eq!(caption(Counts::None, true, &objects[..1]), "large dog");
    }

    #[test]
    fn a_crowd_is_many_and_comes_first() {
        let objects = [object("dog", 0.1), object("dog", 0.1), object("person", 0.1), crowd("person")];
        assert_eq!(caption(Counts::Words, false, &objects), "many people and two dogs");
        assert_eq!(caption(Counts::Words, true, &[crowd("person")]), "many people");
        assert_eq!(caption(Counts::None, false, &objects), "dog and person");
    }

    #[test]
    fn one_object_has_its_article() {
        assert_eq!(Wording::of_one("elephant"), "an elephant");
    }
}
