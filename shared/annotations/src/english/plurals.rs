//! Plurals of nouns: the regular rules, and those words that pictures are full of and rules fail on.

/// The last word's end, and what it becomes. Compounds end alike: snowman, bookshelf, schoolchild.
const IRREGULAR: [(&str, &str); 27] = [
    ("person", "people"),
    ("woman", "women"),
    ("man", "men"),
    ("child", "children"),
    ("mouse", "mice"),
    ("louse", "lice"),
    ("goose", "geese"),
    ("tooth", "teeth"),
    ("foot", "feet"),
    ("knife", "knives"),
    ("housewife", "housewives"),
    ("midwife", "midwives"),
    ("leaf", "leaves"),
    ("loaf", "loaves"),
    ("shelf", "shelves"),
    ("wolf", "wolves"),
    ("calf", "calves"),
    ("thief", "thieves"),
    ("scarf", "scarves"),
    ("cactus", "cacti"),
    ("fungus", "fungi"),
    ("quiz", "quizzes"),
    ("stomach", "stomachs"),
    ("monarch", "monarchs"),
    ("passerby", "passersby"),
    ("trolley bus", "trolley buses"),
    ("larva", "larvae"),
];

/// Whole words that the list above would get wrong by their ends, or that are too short for it.
const IRREGULAR_WORDS: [(&str, &str); 16] = [
    ("ox", "oxen"),
    ("half", "halves"),
    ("elf", "elves"),
    ("wife", "wives"),
    ("die", "dice"),
    ("human", "humans"),
    ("german", "Germans"),
    ("roman", "Romans"),
    ("caiman", "caimans"),
    ("talisman", "talismans"),
    ("ottoman", "ottomans"),
    ("shaman", "shamans"),
    ("mongoose", "mongooses"),
    ("cherry tomato", "cherry tomatoes"),
    ("bigfoot", "bigfoots"),
    ("canvas", "canvases"),
];

/// Words that stay as they are.
const UNCHANGED: [&str; 23] = [
    "sheep",
    "deer",
    "moose",
    "elk",
    "bison",
    "swine",
    "shrimp",
    "squid",
    "salmon",
    "trout",
    "tuna",
    "cod",
    "carp",
    "aircraft",
    "spacecraft",
    "hovercraft",
    "watercraft",
    "series",
    "species",
    "offspring",
    "chassis",
    "sushi",
    "kimono",
];

/// Words with `-oes`; all others that end with an o have `-os`.
const OES: [&str; 11] =
    ["potato", "tomato", "hero", "echo", "mosquito", "mango", "tornado", "volcano", "buffalo", "torpedo", "domino"];

/// What stands between the noun and what only tells more of it: cups of tea, persons on bikes, crabs (animal).
const AFTER_NOUN: [&str; 9] = [" of ", " on ", " in ", " with ", " without ", " at ", " for ", " from ", " ("];

/// The plural of a name of one or more words.
pub fn plural(name: &str) -> String {
    let end = AFTER_NOUN.iter().filter_map(|mark| name.find(mark)).filter(|&at| at > 0).min().unwrap_or(name.len());
    let (noun, rest) = name.split_at(end);
    format!("{}{rest}", plural_of_noun(noun))
}

fn plural_of_noun(noun: &str) -> String {
    let small = noun.to_lowercase();
    // Ends are cut off by bytes: what is not ASCII is no English, and gets the regular end.
    if !noun.is_ascii() {
        return format!("{noun}s");
    }
    let ends_with_word = |word: &str| ends_with_word(&small, word);
    let is_unchanged = UNCHANGED.iter().any(|word| ends_with_word(word)) || small.ends_with("fish");
    if is_unchanged || is_plural(noun) {
        return noun.to_owned();
    }
    let whole = IRREGULAR_WORDS.iter().find(|(one, _)| ends_with_word(one));
    let irregular = whole.or_else(|| IRREGULAR.iter().find(|(one, _)| small.ends_with(one)));
    match irregular {
        Some((one, many)) => with_end(noun, one, many),
        None => regular(noun, &small),
    }
}

/// `noun` with the end `one` exchanged for `many`, a capital letter kept.
fn with_end(noun: &str, one: &str, many: &str) -> String {
    let (start, end) = noun.split_at(noun.len() - one.len());
    let is_capital = end.starts_with(|letter: char| letter.is_ascii_uppercase());
    let first = many.get(..1).filter(|_| is_capital).map(str::to_uppercase);
    match first {
        Some(first) => format!("{start}{first}{}", &many[1..]),
        None => format!("{start}{many}"),
    }
}

fn regular(noun: &str, small: &str) -> String {
    let before_last = small.chars().rev().nth(1);
    let is_after_vowel = before_last.is_some_and(|letter| "aeiou".contains(letter));
    let hisses = ["s", "x", "z", "ch", "sh"].iter().any(|end| small.ends_with(end));
    if hisses || OES.iter().any(|word| ends_with_word(small, word)) {
        format!("{noun}es")
    } else if small.ends_with('y') && before_last.is_some_and(char::is_alphabetic) && !is_after_vowel {
        format!("{}ies", &noun[..noun.len() - 1])
    } else {
        format!("{noun}s")
    }
}

/// Names that are plurals already, as datasets have them where one box holds several; in doubt a word is none.
pub fn is_plural(name: &str) -> bool {
    const SINGULAR: [&str; 13] = [
        "lens",
        "gas",
        "canvas",
        "atlas",
        "pancreas",
        "christmas",
        "alias",
        "bias",
        "texas",
        "rhinoceros",
        "thermos",
        "cosmos",
        "mars",
    ];
    const PLURAL: [&str; 10] =
        ["people", "men", "women", "children", "mice", "geese", "teeth", "feet", "skis", "taxis"];
    let small = name.to_lowercase();
    if PLURAL.iter().any(|word| ends_with_word(&small, word)) {
        return true;
    }
    let is_singular = ["ss", "us", "is"].iter().any(|end| small.ends_with(end))
        || SINGULAR.iter().any(|word| ends_with_word(&small, word));
    let last_word = small.rsplit(' ').next().unwrap_or_default();
    small.ends_with('s') && last_word.len() > 3 && !is_singular
}

/// Whether `text` is `word` or ends with it as a word of its own.
pub fn ends_with_word(text: &str, word: &str) -> bool {
    let before = text.strip_suffix(word);
    before.is_some_and(|before| !before.ends_with(|letter: char| letter.is_alphanumeric()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plurals_are_english() {
        for (one, many) in [
            ("dog", "dogs"),
            ("bus", "buses"),
            ("couch", "couches"),
            ("sandwich", "sandwiches"),
            ("dish", "dishes"),
            ("box", "boxes"),
            ("wine glass", "wine glasses"),
            ("teddy bear", "teddy bears"),
            ("traffic light", "traffic lights"),
            ("hot dog", "hot dogs"),
            ("baby", "babies"),
            ("toy", "toys"),
            ("potato", "potatoes"),
            ("photo", "photos"),
            ("piano", "pianos"),
            ("person", "people"),
            ("Person", "People"),
            ("man", "men"),
            ("snowman", "snowmen"),
            ("policewoman", "policewomen"),
            ("human", "humans"),
            ("child", "children"),
            ("mouse", "mice"),
            ("mongoose", "mongooses"),
            ("knife", "knives"),
            ("giraffe", "giraffes"),
            ("roof", "roofs"),
            ("bookshelf", "bookshelves"),
            ("sheep", "sheep"),
            ("goldfish", "goldfish"),
            ("aircraft", "aircraft"),
            ("cup of tea", "cups of tea"),
            ("person on bike", "people on bike"),
            ("crab (animal)", "crabs (animal)"),
            ("SUV", "SUVs"),
            ("F-16", "F-16s"),
            ("cars", "cars"),
            ("bicycle", "bicycles"),
            ("ox", "oxen"),
            ("box", "boxes"),
            ("fox", "foxes"),
            ("Straße", "Straßes"),
            ("y", "ys"),
        ] {
            assert_eq!(plural(one), many);
        }
    }

    #[test]
    fn of_cocos_names_only_sheep_stays_as_it_is() {
        let names = "person|bicycle|car|motorcycle|airplane|bus|train|truck|boat|traffic light|fire hydrant|stop sign|\
                     parking meter|bench|bird|cat|dog|horse|sheep|cow|elephant|bear|zebra|giraffe|backpack|umbrella|handbag|\
                     tie|suitcase|frisbee|snowboard|sports ball|kite|baseball bat|baseball glove|skateboard|surfboard|\
                     tennis racket|bottle|wine glass|cup|fork|knife|spoon|bowl|banana|apple|sandwich|orange|carrot|hot dog|\
                     pizza|donut|cake|chair|couch|potted plant|bed|dining table|toilet|tv|laptop|mouse|remote|keyboard|\
                     cell phone|microwave|oven|toaster|sink|refrigerator|book|clock|vase|teddy bear|hair drier|toothbrush";
        let unchanged: Vec<_> = names.split('|').filter(|name| plural(name) == **name).collect();
        assert_eq!(unchanged, ["sheep"]);
    }

    #[test]
    fn plurals_are_known_as_such() {
        for name in ["cars", "people", "sunglasses", "street lights", "potatoes", "skis"] {
            assert!(is_plural(name), "{name}");
        }
        for name in ["bus", "glass", "tennis", "lens", "gas", "cactus", "dog", "gps", "camera lens"] {
            assert!(!is_plural(name), "{name}");
        }
    }
}
