//! Money: whole cents of the campaign's currency, with checked arithmetic.
//!
//! Owns the range of amounts and their decimal spelling. Knows no currency:
//! a campaign has one, and never converts.

use serde::{Deserialize, Serialize};
use std::fmt;

/// An amount in cents (hundredths of the campaign's currency unit).
///
/// From -(2^53 - 1) to 2^53 - 1 so that every JSON reader keeps it exact.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Cents(i64);

/// The largest amount of cents, 2^53 - 1 (RFC 8785 §3.2.2.3: integers a JSON reader keeps exact).
pub const MAX_CENTS: i64 = (1 << 53) - 1;

impl Cents {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// The largest amount.
    pub const MAX: Self = Self(MAX_CENTS);

    /// `None` outside ±(2^53 - 1).
    pub fn new(cents: i64) -> Option<Self> {
        (-MAX_CENTS..=MAX_CENTS).contains(&cents).then_some(Self(cents))
    }

    /// Whole units of the currency; `None` when too large.
    pub fn from_units(units: i64) -> Option<Self> {
        units.checked_mul(100).and_then(Self::new)
    }

    /// Reads `4000`, `4000.0` or `1404775,68`: digits, then at most one dot or
    /// comma with decimals that are whole cents.
    ///
    /// `None` for anything else, and for `1,000`, which some read as a thousand
    /// and others as one.
    pub fn from_decimal(text: &str) -> Option<Self> {
        let digits = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
        let (units, decimals) = match text.find(['.', ',']) {
            None => (text, ""),
            Some(at) => (text.get(..at)?, text.get(at + 1..)?),
        };
        let grouped = text.contains(',') && decimals.len() == 3;
        if !digits(units) || grouped || (units.len() < text.len() && !digits(decimals)) {
            return None;
        }
        let cents = decimals.trim_end_matches('0');
        let cents: i64 = match cents.len() {
            0 => 0,
            1 => cents.parse::<i64>().ok()?.checked_mul(10)?,
            2 => cents.parse().ok()?,
            _ => return None,
        };
        Self::from_units(units.parse().ok()?)?.checked_add(Self(cents))
    }

    /// The number of cents.
    pub const fn get(self) -> i64 {
        self.0
    }

    /// The sum, `None` when too large.
    pub fn checked_add(self, other: Self) -> Option<Self> {
        self.0.checked_add(other.0).and_then(Self::new)
    }

    /// The difference, `None` when too large.
    pub fn checked_sub(self, other: Self) -> Option<Self> {
        self.0.checked_sub(other.0).and_then(Self::new)
    }

    /// The sum of all, `None` when too large.
    pub fn sum(amounts: impl IntoIterator<Item = Self>) -> Option<Self> {
        amounts.into_iter().try_fold(Self::ZERO, Self::checked_add)
    }
}

impl fmt::Display for Cents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        write!(f, "{sign}{}.{:02}", self.0.abs() / 100, self.0.abs() % 100)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_read_exactly_or_not_at_all() {
        let cents = |text| Cents::from_decimal(text).map(Cents::get);
        assert_eq!(cents("1404775.68"), Some(140_477_568));
        assert_eq!(cents("1404775,68"), Some(140_477_568));
        assert_eq!(cents("4000.0"), Some(400_000));
        assert_eq!(cents("4000.5"), Some(400_050));
        assert_eq!(cents("4000.05000"), Some(400_005));
        assert_eq!(cents("0"), Some(0));
        for bad in [
            "",
            ".",
            "1.",
            ".5",
            "-1",
            "+1",
            "1e6",
            "1.005",
            "1,000",
            "1,000,000",
            "1.2.3",
            "1 000",
            "90071992547409.92",
            "99999999999999999999",
        ] {
            assert_eq!(cents(bad), None, "{bad}");
        }
        assert_eq!(cents("90071992547409.91"), Some(MAX_CENTS));
    }

    #[test]
    fn sums_stop_at_the_limit() {
        let most = Cents::new(MAX_CENTS).unwrap();
        let one = Cents::new(1).unwrap();
        assert_eq!(Cents::sum([most, one]), None);
        assert_eq!(most.checked_sub(one).map(Cents::get), Some(MAX_CENTS - 1));
        assert_eq!(Cents::new(-1_205).unwrap().to_string(), "-12.05");
    }
}
