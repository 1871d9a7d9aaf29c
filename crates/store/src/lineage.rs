//! The lineage of a store, by which copies that went separate ways are told apart.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// An ID of the changes that a store makes from one opening to the next. It is drawn at random, so two
/// copies of a store that were both opened have different ones, whatever their numbers of changes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Lineage(u128);

/// A text that is no lineage.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no lineage of a store (32 hexadecimal digits)")]
pub struct MalformedLineage(String);

/// Lineage and last change of a store at one time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct StorePosition {
    /// `None`: an earlier version of Underpass wrote the store, or it was just created.
    pub(crate) lineage: Option<Lineage>,
    /// The number of the last change; 0 without any.
    pub(crate) number: u64,
}

// === impl Lineage ===

impl Lineage {
    /// Digits of its text.
    const DIGITS: usize = 32;

    /// Makes a lineage of random bits.
    pub const fn from_bits(bits: u128) -> Self {
        Self(bits)
    }
}

impl fmt::Display for Lineage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl fmt::Debug for Lineage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Lineage({self})")
    }
}

impl FromStr for Lineage {
    type Err = MalformedLineage;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let malformed = || MalformedLineage(text.chars().take(Self::DIGITS).collect());
        if text.len() != Self::DIGITS || !text.bytes().all(|it| it.is_ascii_hexdigit()) {
            return Err(malformed());
        }
        let bits = u128::from_str_radix(text, 16).map_err(|_| malformed())?;
        Ok(Self(bits))
    }
}

impl From<Lineage> for String {
    fn from(lineage: Lineage) -> Self {
        lineage.to_string()
    }
}

impl TryFrom<String> for Lineage {
    type Error = MalformedLineage;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_of_a_lineage_is_read_back_and_others_are_refused() {
        for bits in [0, 1, u128::MAX] {
            let lineage = Lineage::from_bits(bits);
            assert_eq!(lineage.to_string().parse(), Ok(lineage));
        }
        for text in [
            "",
            "0",
            "+000000000000000000000000000000f",
            &"g".repeat(32),
            &"0".repeat(33),
        ] {
            assert!(text.parse::<Lineage>().is_err(), "{text}");
        }
    }
}
