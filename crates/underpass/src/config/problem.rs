//! Problems of a configuration, each with its key and place.

use std::fmt;

use underpass_model::excerpt::excerpt;

use super::origin::Origin;
use crate::failure::Failure;

/// Longest message: 1,000 characters. The longest list of valid keys has about 400.
const LONGEST: usize = 1000;

/// Characters of a longer message before the omission: 200.
const BEGINNING: usize = 200;

/// A value that cannot be used, or is better changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Problem {
    /// Dotted key; empty for a file that is no TOML.
    pub(crate) key: String,
    pub(crate) message: String,
    /// `None`: the value is missing everywhere.
    pub(crate) origin: Option<Origin>,
}

/// All problems that were found together.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Problems(pub(crate) Vec<Problem>);

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(origin) = &self.origin {
            write!(f, "{origin}: ")?;
        }
        if !self.key.is_empty() {
            write!(f, "{}: ", excerpt(&self.key))?;
        }
        f.write_str(&one_line(&self.message))
    }
}

/// A message, which may quote any value, as one line of limited length: of a longer one the middle is
/// omitted.
fn one_line(message: &str) -> String {
    let visible = |it: char| if it.is_control() { ' ' } else { it };
    let count = message.chars().count();
    if count <= LONGEST {
        return message.chars().map(visible).collect();
    }
    let beginning = message.chars().take(BEGINNING);
    let end = message.chars().skip(count - (LONGEST - BEGINNING - 1));
    let shortened = beginning.chain(std::iter::once('…')).chain(end);
    shortened.map(visible).collect()
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, problem) in self.0.iter().enumerate() {
            if number > 0 {
                f.write_str("\n")?;
            }
            problem.fmt(f)?;
        }
        Ok(())
    }
}

impl From<Problems> for Failure {
    fn from(problems: Problems) -> Self {
        let message = match problems.0.len() {
            1 => problems.to_string(),
            count => format!("the configuration has {count} problems:\n{problems}"),
        };
        Self::refused(message)
            .hint("correct the value at its place. `underpass config defaults` explains every key")
    }
}
