//! Problems of a configuration, each with its key and place.

use std::fmt;

use super::origin::Origin;
use crate::failure::Failure;

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
            write!(f, "{}: ", self.key)?;
        }
        f.write_str(&self.message)
    }
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
