//! Names of files and folders that every file system takes, and that differ on every one.

use std::collections::HashMap;

/// The longest name, characters; of up to 4 bytes, that leaves room for a number and an extension.
const LONGEST: usize = 60;

/// Windows keeps these for devices.
const DEVICES: [&str; 4] = ["con", "prn", "aux", "nul"];

/// Letters and digits of any language, all else made `-`.
pub fn folder_name(text: &str) -> String {
    let words: Vec<&str> =
        text.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let name: String = words.join("-").chars().take(LONGEST).collect();
    match name.trim_end_matches('-') {
        "" => "class".to_owned(),
        name if DEVICES.contains(&name.to_lowercase().as_str()) => format!("{name}-class"),
        name => name.to_owned(),
    }
}

/// The name of a file without what comes before it and its extension, nothing in it that some file system refuses.
pub fn file_stem(stem: &str) -> String {
    let safe = |letter: char| if letter.is_control() || "/\\:*?\"<>|".contains(letter) { '-' } else { letter };
    let name: String = stem.chars().map(safe).take(LONGEST).collect();
    // A dot in front would hide the file.
    let name = name.trim_start_matches('.').trim_end_matches(['.', ' ']);
    match name.to_lowercase().as_str() {
        "" => "picture".to_owned(),
        device if DEVICES.contains(&device) => format!("{name}-picture"),
        _ => name.to_owned(),
    }
}

/// Names that were given in one folder, in small letters, and the number that each was given last.
#[derive(Debug, Default)]
pub struct Given(HashMap<String, usize>);

impl Given {
    /// `stem` and `end`, with a number between them where that name is taken, in any letter case.
    pub fn unique(&mut self, stem: &str, end: &str) -> String {
        let first = format!("{stem}{end}");
        let key = first.to_lowercase();
        let last = self.0.get(&key).copied().unwrap_or(0);
        let free = (last + 1..)
            .map(|number| (number, if number == 1 { first.clone() } else { format!("{stem}-{number}{end}") }));
        let found = free.into_iter().find(|(_, name)| !self.0.contains_key(&name.to_lowercase()));
        let (number, name) = found.unwrap_or((last, first));
        self.0.insert(name.to_lowercase(), 1);
        self.0.insert(key, number);
        name
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_letters_digits_and_hyphens() {
        for (text, name) in [
            ("two dogs and a bicycle", "two-dogs-and-a-bicycle"),
            ("a bus, a cat and a t-shirt", "a-bus-a-cat-and-a-t-shirt"),
            ("../../etc", "etc"),
            ("ein Fußgänger", "ein-Fußgänger"),
            ("CON", "CON-class"),
            ("???", "class"),
        ] {
            assert_eq!(folder_name(text), name);
        }
        assert_eq!(folder_name(&"long ".repeat(100)).chars().count(), 59);
    }

    #[test]
    fn files_keep_their_names_where_these_are_safe() {
        for (stem, name) in [
            ("IMG 0001 (2)", "IMG 0001 (2)"),
            (".hidden", "hidden"),
            ("a\\b:c\n", "a-b-c-"),
            ("..", "picture"),
            ("nul", "nul-picture"),
        ] {
            assert_eq!(file_stem(stem), name);
        }
    }

    #[test]
    fn no_name_is_given_twice_in_any_letter_case() {
        let mut given = Given::default();
        let names = ["a", "A", "b", "a", "a-2"].map(|stem| given.unique(stem, ".jpg"));
        assert_eq!(names, ["a.jpg", "A-2.jpg", "b.jpg", "a-3.jpg", "a-2-2.jpg"]);
    }
}
