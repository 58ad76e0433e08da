//! Who somebody is by name, birth and place: how that is compared.
//!
//! Pure. Two spellings of one name give one key; close spellings are for two agents to look at, and
//! never decide anything alone. Next: `register.rs`.

use domain::{CalendarDate, Code, Rejection};
use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// The civil identity under which somebody is on the register (`état civil`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Civil {
    /// Given names and surname, 2 to 200 characters.
    pub names: String,
    /// The day of birth, `1987-06-05`.
    pub born: CalendarDate,
    /// The place of birth, 1 to 200 characters.
    pub birthplace: String,
}

impl Civil {
    /// Refuses what names nobody.
    ///
    /// # Errors
    /// [`Code::TextTooShort`] and [`Code::TextTooLong`] with the field; [`Code::OutOfRange`] when only the
    /// month of birth is given.
    pub fn check(&self) -> Result<(), Rejection> {
        for (field, text, least) in [("names", &self.names, 2), ("birthPlace", &self.birthplace, 1)] {
            if folded(text).chars().count() < least {
                return Err(Code::TextTooShort.on(field).with(least));
            }
            if text.chars().count() > 200 {
                return Err(Code::TextTooLong.on(field).with(200));
            }
        }
        if self.born.is_month() { Err(Code::OutOfRange.on("birthDate").with(self.born)) } else { Ok(()) }
    }

    /// What the key of the register is made of.
    pub(crate) fn parts(&self) -> [String; 3] {
        [folded(&self.names), self.born.to_string(), folded(&self.birthplace)]
    }

    /// Whether two people who were born on the same day may be one: their names differ by two letters at
    /// most, or in their order, or one has names that the other leaves out.
    pub(crate) fn is_close(&self, other: &Self) -> bool {
        if self.born != other.born {
            return false;
        }
        let (mut one, mut two) = (words(&self.names), words(&other.names));
        one.sort_unstable();
        two.sort_unstable();
        let within = |few: &[String], many: &[String]| few.len() > 1 && few.iter().all(|word| many.contains(word));
        within(&one, &two) || within(&two, &one) || distance(&one.join(" "), &two.join(" ")) <= 2
    }
}

/// A text by which people are compared: compatibility forms, case, accents and hyphens make no difference.
fn folded(text: &str) -> String {
    // Upper case first: `ß` and `ss` are the same name.
    let cased: String = text.nfkc().flat_map(char::to_uppercase).flat_map(char::to_lowercase).collect();
    let bare = cased.nfd().filter(|letter| !is_combining_mark(*letter));
    let spaced: String = bare.map(|letter| if letter.is_alphanumeric() { letter } else { ' ' }).collect();
    spaced.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn words(names: &str) -> Vec<String> {
    folded(names).split(' ').map(str::to_owned).collect()
}

/// How many letters have to be added, taken off or changed (Levenshtein, 1965).
fn distance(one: &str, two: &str) -> usize {
    let two: Vec<char> = two.chars().collect();
    let mut row: Vec<usize> = (0..=two.len()).collect();
    for (place, letter) in one.chars().enumerate() {
        let mut next = Vec::with_capacity(row.len());
        next.push(place + 1);
        for ((above, corner), other) in row.iter().skip(1).zip(&row).zip(&two) {
            let left = next.last().copied().unwrap_or(usize::MAX);
            next.push((above.min(&left) + 1).min(corner + usize::from(letter != *other)));
        }
        row = next;
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn civil(names: &str) -> Civil {
        Civil { names: names.into(), born: "1987-06-05".parse().unwrap(), birthplace: "Saint-Étienne".into() }
    }

    #[test]
    fn spellings_of_one_name_are_one() {
        let parts = civil("Zoë Łucja  LE-GALL").parts();
        assert_eq!(parts, civil("zoe Łucja le gall").parts());
        assert_eq!(parts[2], "saint etienne");
        assert_eq!(civil("Anna Weiß").parts(), civil("ANNA WEISS").parts());
    }

    #[test]
    fn close_names_are_close_and_others_not() {
        for other in ["Jeane Dupond", "Dupont Jean", "Jean Marie Dupont", "Jean Dupont"] {
            assert!(civil("Jean Dupont").is_close(&civil(other)), "{other}");
        }
        for other in ["Paul Dupont", "Jean Martin", "Dupont"] {
            assert!(!civil("Jean Dupont").is_close(&civil(other)), "{other}");
        }
        let later = Civil { born: "1987-06-06".parse().unwrap(), ..civil("Jean Dupont") };
        assert!(!civil("Jean Dupont").is_close(&later));
    }

    #[test]
    fn an_identity_that_names_nobody_is_refused() {
        assert_eq!(civil(" - ").check().unwrap_err().code, Code::TextTooShort);
        assert_eq!(civil(&"a".repeat(201)).check().unwrap_err().code, Code::TextTooLong);
        let vague = Civil { born: "1987-06".parse().unwrap(), ..civil("Jean Dupont") };
        assert_eq!(vague.check().unwrap_err().code, Code::OutOfRange);
        civil("Jean Dupont").check().unwrap();
    }
}
