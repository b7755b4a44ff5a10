//! Names of categories as nouns: their article, their plural, and what is counted in pairs and pieces.

use super::plurals::{ends_with_word, is_plural, plural};

/// Of these there are only pairs.
const PAIRS: [&str; 20] = [
    "scissors",
    "skis",
    "glasses",
    "sunglasses",
    "eyeglasses",
    "goggles",
    "binoculars",
    "pants",
    "trousers",
    "shorts",
    "jeans",
    "leggings",
    "tights",
    "tongs",
    "pliers",
    "tweezers",
    "headphones",
    "earphones",
    "pajamas",
    "pyjamas",
];

/// Of these there are only pieces.
const PIECES: [&str; 16] = [
    "broccoli",
    "furniture",
    "luggage",
    "baggage",
    "clothing",
    "equipment",
    "jewelry",
    "jewellery",
    "bread",
    "toast",
    "cheese",
    "meat",
    "cutlery",
    "tableware",
    "rubbish",
    "garbage",
];

/// A vowel's letter, but a consonant's sound: a unicorn, a one-way sign.
const NOT_VOWELS: [&str; 15] =
    ["onesie", "urin", "unic", "unif", "unis", "unit", "univ", "uni ", "use", "usb", "ufo", "ute", "uku", "eu", "ewe"];

/// A silent h.
const SILENT: [&str; 4] = ["hour", "honest", "honor", "heir"];

/// Spoken letter by letter although there are vowels in them.
const SPELLED: [&str; 4] = ["SUV", "MRI", "LED", "RFID"];

/// A category's name, ready to stand in a caption.
#[derive(Debug)]
pub struct Noun {
    /// The name itself.
    pub bare: String,
    singular: String,
    plural: String,
    /// Whether the name itself says that there is more than one.
    is_plural: bool,
}

impl Noun {
    /// The noun that a category's name is, perhaps with an adjective before it.
    pub fn new(name: &str, adjective: Option<&str>) -> Self {
        let with = |noun: String| adjective.map(|adjective| format!("{adjective} {noun}")).unwrap_or(noun);
        let small = name.to_lowercase();
        let unit = if PAIRS.iter().any(|word| ends_with_word(&small, word)) {
            Some(("pair", "pairs"))
        } else if PIECES.iter().any(|word| ends_with_word(&small, word)) {
            Some(("piece", "pieces"))
        } else {
            None
        };
        let (singular, plural) = match unit {
            Some((one, many)) => (format!("{one} of {name}"), format!("{many} of {name}")),
            None => (name.to_owned(), plural(name)),
        };
        let is_plural = unit.is_none() && is_plural(name);
        Self { bare: with(name.to_owned()), singular: with(singular), plural: with(plural), is_plural }
    }

    /// One of it with its article; without one where the name is a plural already.
    pub fn with_article(&self) -> String {
        match self.is_plural {
            true => self.singular.clone(),
            false => format!("{} {}", article(&self.singular), self.singular),
        }
    }

    /// So many of it, the number as it is written.
    pub fn counted(&self, count: usize, number: &str) -> String {
        match count {
            1 if self.is_plural => self.singular.clone(),
            1 => format!("{number} {}", self.singular),
            _ => format!("{number} {}", self.plural),
        }
    }

    /// A crowd of it.
    pub fn many(&self, adjective: &str) -> String {
        let uncounted = if self.singular == self.bare { &self.plural } else { &self.bare };
        format!("{adjective} {uncounted}")
    }
}

/// `a` or `an`, by how the first word is spoken.
fn article(text: &str) -> &'static str {
    let word = text.split([' ', '-']).next().unwrap_or_default();
    let small = text.to_lowercase();
    let starts_with = |starts: &[&str]| starts.iter().any(|start| small.starts_with(start));
    let has_vowel_sound = if is_spelled(word) {
        word.starts_with(['A', 'E', 'F', 'H', 'I', 'L', 'M', 'N', 'O', 'R', 'S', 'X'])
    } else if small.starts_with(|letter: char| letter.is_ascii_digit()) {
        small.starts_with('8') || matches!(word, "11" | "18")
    } else if word.eq_ignore_ascii_case("one") || word.eq_ignore_ascii_case("once") {
        false
    } else {
        starts_with(&SILENT) || (starts_with(&["a", "e", "i", "o", "u"]) && !starts_with(&NOT_VOWELS))
    };
    if has_vowel_sound { "an" } else { "a" }
}

/// Whether a word is spoken letter by letter, as TV and X-ray are.
fn is_spelled(word: &str) -> bool {
    let is_capital = !word.is_empty() && word.chars().all(|letter| letter.is_ascii_uppercase());
    is_capital && (SPELLED.contains(&word) || !word.contains(['A', 'E', 'I', 'O', 'U', 'Y']) || word.len() == 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn articles_go_by_the_sound() {
        for phrase in [
            "a dog",
            "an apple",
            "an umbrella",
            "a unicycle",
            "a uniform",
            "an uncle",
            "an unidentified thing",
            "a user",
            "a European hare",
            "an hourglass",
            "a horse",
            "an SUV",
            "a UFO",
            "a TV",
            "an X-ray",
            "a USB stick",
            "an oven",
            "a one-way sign",
            "a onesie",
            "an 8-ball",
            "a 7",
            "an 11",
            "a 110",
            "a HAT",
            "an LCD screen",
            "an urn",
            "an MRI",
            "a urinal",
        ] {
            let name = phrase.split_once(' ').unwrap().1;
            assert_eq!(Noun::new(name, None).with_article(), phrase);
        }
    }

    #[test]
    fn adjectives_stand_between_article_and_noun() {
        let noun = Noun::new("umbrella", Some("large"));
        assert_eq!(
            (noun.with_article(), noun.counted(2, "two")),
            ("a large umbrella".into(), "two large umbrellas".into())
        );
    }

    #[test]
    fn pairs_pieces_and_plurals_are_counted_as_people_do() {
        let scissors = Noun::new("scissors", None);
        assert_eq!(scissors.with_article(), "a pair of scissors");
        assert_eq!(scissors.counted(3, "three"), "three pairs of scissors");
        assert_eq!(scissors.many("many"), "many scissors");
        assert_eq!(Noun::new("safety goggles", None).counted(2, "2"), "2 pairs of safety goggles");
        assert_eq!(Noun::new("broccoli", None).counted(2, "two"), "two pieces of broccoli");
        assert_eq!(Noun::new("person", None).many("many"), "many people");
        let cars = Noun::new("cars", None);
        assert_eq!(
            (cars.with_article(), cars.counted(1, "1"), cars.counted(2, "2")),
            ("cars".into(), "cars".into(), "2 cars".into())
        );
    }
}
