//! Text as people search it: without case and accents.

use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

/// The text in lower case without accents: `Été à Belleville` is found by `ete a bell`.
pub fn fold(text: &str) -> String {
    text.nfd().filter(|c| !is_combining_mark(*c)).flat_map(char::to_lowercase).collect()
}

/// Whether every word of the folded query stands in the folded text.
pub fn matches(folded_text: &str, folded_query: &str) -> bool {
    folded_query.split_whitespace().all(|word| folded_text.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn search_is_deaf_to_case_and_accents() {
        let text = fold("Une FONTAINE à l’École Élémentaire");
        assert!(matches(&text, &fold("ecole fontaine")));
        assert!(!matches(&text, &fold("fontaine piscine")));
        assert!(matches(&text, ""));
    }
}
