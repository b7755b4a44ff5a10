//! Numbers in words.

/// From 1 on.
const WORDS: [&str; 20] = [
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
    "twenty",
];

/// One to twenty in words, all others in digits.
pub fn in_words(number: usize) -> String {
    let word = number.checked_sub(1).and_then(|at| WORDS.get(at));
    word.map_or_else(|| number.to_string(), |word| (*word).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_words_up_to_twenty() {
        let words = [0, 1, 2, 12, 20, 21].map(in_words);
        assert_eq!(words, ["0", "one", "two", "twelve", "twenty", "21"]);
    }
}
