//! XML that others wrote: what would keep the parser busy for minutes is known before it is parsed.

/// Declarations of namespaces in one document. The parser copies all that are in force for each element that declares one more: 5,000
/// within each other, 128 kB, take it 40 s. Programs write some dozens.
const MOST_NAMESPACES: usize = 500;
/// Attributes of one element. The parser compares each with all others: 100,000 of them, 1 MB, take it 13 s. Programs write some
/// hundreds.
const MOST_ATTRIBUTES: usize = 5_000;

/// Whether the XML in `text` has no more namespaces and attributes than any program writes. Parse no other.
pub fn is_tame_xml(text: &str) -> bool {
    let attributes = |tag: &str| tag.bytes().filter(|&byte| byte == b'=').count();
    text.matches("xmlns").count() <= MOST_NAMESPACES && text.split('<').all(|tag| attributes(tag) <= MOST_ATTRIBUTES)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_take_the_parser_minutes_is_known() {
        let namespaces = |count: usize| (0..count).map(|n| format!("<a xmlns:b{n}='{n}'>")).collect::<String>();
        let attributes = |count: usize| format!("<a {}/>", (0..count).map(|n| format!("a{n}='' ")).collect::<String>());
        assert!(is_tame_xml(&namespaces(MOST_NAMESPACES)) && !is_tame_xml(&namespaces(MOST_NAMESPACES + 1)));
        assert!(is_tame_xml(&attributes(MOST_ATTRIBUTES)) && !is_tame_xml(&attributes(MOST_ATTRIBUTES + 1)));
        assert!(is_tame_xml(&attributes(MOST_ATTRIBUTES).repeat(3)) && is_tame_xml(""));
    }
}
