//! Errors of request bodies, in the words of JSON: members and values, never types of this program.

use std::fmt::{self, Display};

use serde::de::{self, Expected, Unexpected};
use underpass_model::excerpt::excerpt;

/// A value of a request body that a member does not accept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum BodyError {
    /// The value has another type, or is out of range.
    Mistyped { given: String, expected: String },
    /// The value is not in a list of valid ones.
    Unlisted { given: String, valid: String },
    /// A required member is missing.
    Missing(&'static str),
    /// The member does not exist here.
    Unknown { valid: String },
    /// A rule of the value's own kind.
    Broken(String),
}

impl BodyError {
    /// Describes the error. `path` names the member; it is empty for the body itself.
    pub(super) fn describe(&self, path: &str) -> String {
        let member = match path {
            "" | "." => "it".to_owned(),
            path => format!("`{}`", excerpt(path)),
        };
        match self {
            Self::Mistyped { given, expected } => {
                format!("{member} must be {expected}, but is {given}")
            }
            Self::Unlisted { given, valid } => {
                format!("{member} is `{given}`. Valid values: {valid}")
            }
            Self::Missing(name) => format!("{member} lacks the member `{name}`"),
            Self::Unknown { valid } => {
                format!("{member} is not a member there. Valid members: {valid}")
            }
            Self::Broken(rule) => format!("{member}: {rule}"),
        }
    }
}

impl de::Error for BodyError {
    fn custom<T: Display>(message: T) -> Self {
        Self::Broken(message.to_string())
    }

    fn invalid_type(given: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::Mistyped {
            given: shown(given),
            expected: requirement(expected),
        }
    }

    fn invalid_value(given: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::invalid_type(given, expected)
    }

    fn invalid_length(length: usize, _expected: &dyn Expected) -> Self {
        Self::Broken(format!("{length} entries are not the right number"))
    }

    fn unknown_variant(variant: &str, expected: &'static [&'static str]) -> Self {
        Self::Unlisted {
            given: excerpt(variant),
            valid: expected.join(", "),
        }
    }

    fn unknown_field(_field: &str, expected: &'static [&'static str]) -> Self {
        Self::Unknown {
            valid: expected.join(", "),
        }
    }

    fn missing_field(field: &'static str) -> Self {
        Self::Missing(field)
    }
}

impl Display for BodyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.describe(""))
    }
}

impl std::error::Error for BodyError {}

/// Returns a value in the words of JSON.
fn shown(given: Unexpected<'_>) -> String {
    match given {
        Unexpected::Bool(value) => value.to_string(),
        Unexpected::Unsigned(number) => format!("the number {number}"),
        Unexpected::Signed(number) => format!("the number {number}"),
        // With its fraction: 7.0 is no whole number here.
        Unexpected::Float(number) => format!("the number {number:?}"),
        Unexpected::Char(character) => format!("\"{}\"", excerpt(&character.to_string())),
        Unexpected::Str(text) => format!("\"{}\"", excerpt(text)),
        Unexpected::Unit | Unexpected::Option => "null".to_owned(),
        Unexpected::Seq => "a list".to_owned(),
        Unexpected::Map => "an object".to_owned(),
        // Values of JSON do not have the other kinds.
        _ => "another value".to_owned(),
    }
}

/// Returns the requirement of a member in the words of JSON. Derived ones name types of Rust.
fn requirement(expected: &dyn Expected) -> String {
    let text = expected.to_string();
    match text.as_str() {
        "u8" => "a whole number from 0 to 255",
        "u16" => "a whole number from 0 to 65535",
        "u32" => "a whole number from 0 to 4294967295",
        "u64" | "usize" => "a whole number that is not negative",
        "i8" | "i16" | "i32" | "i64" | "isize" => "a whole number",
        "f32" | "f64" => "a number",
        "a sequence" => "a list",
        "a map" => "an object",
        "IP address" => "an IP address",
        "IPv4 address" => "an IPv4 address",
        text if text.starts_with("struct ") => "an object",
        text if text.starts_with("enum ") => "one of the valid values",
        text => text,
    }
    .to_owned()
}
