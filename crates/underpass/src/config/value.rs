//! Readers of single values, which take the same texts as the flags of `up`.

use std::fmt;
use std::marker::PhantomData;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use jiff::SignedDuration;
use serde::Deserialize as _;
use serde::de::{self, DeserializeOwned, Deserializer, Error as _, Visitor};
use serde_path_to_error::Segment;
use toml::{Table, Value};

use super::account_problem::AccountProblem;
use super::secret::is_secret;
use super::toml_text;
use crate::cli::span::{Switchable, span as parse_span, switchable as parse_switchable};
use crate::cli::{limit, retention};
use crate::log;

/// Longest ID or name that becomes a part of a URL, in characters: 254, as of email addresses (RFC 5321), which
/// those of service accounts are. The cloud tells its own limits.
const MAX_URL_PART: usize = 254;

/// Reads a text or a whole number by a parser of texts.
fn parsed<'de, D, T>(
    deserializer: D,
    parse: impl FnOnce(&str) -> Result<T, String>,
) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
{
    struct Parsed<P, T>(P, PhantomData<T>);

    impl<P: FnOnce(&str) -> Result<T, String>, T> Visitor<'_> for Parsed<P, T> {
        type Value = T;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a text or a whole number")
        }

        fn visit_str<E: de::Error>(self, text: &str) -> Result<T, E> {
            (self.0)(text).map_err(E::custom)
        }

        fn visit_i64<E: de::Error>(self, number: i64) -> Result<T, E> {
            (self.0)(&number.to_string()).map_err(E::custom)
        }
    }

    deserializer.deserialize_any(Parsed(parse, PhantomData))
}

/// A parsed value for each name, as functions for `deserialize_with`.
macro_rules! readers {
    ($($name:ident: $parse:path => $type:ty;)*) => {$(
        pub(super) fn $name<'de, D: Deserializer<'de>>(deserializer: D) -> Result<$type, D::Error> {
            parsed(deserializer, $parse)
        }
    )*};
}

readers! {
    span: parse_span => Duration;
    switchable: parse_switchable => Switchable;
    age: retention::age => SignedDuration;
    count: limit::count => u32;
    rate: limit::rate => u32;
    count_of_events: retention::count_of_events => u64;
    count_of_links: retention::count_of_links => usize;
    count_of_tokens: retention::count_of_tokens => usize;
    count_per_link: retention::count_per_link => usize;
}

/// Reads a text; the empty one is not set.
pub(super) fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    // Not a number: the text of an ID or a path is what was written.
    let text = String::deserialize(deserializer)?;
    Ok((!text.is_empty()).then_some(text))
}

/// Reads a path; the empty one is not set.
pub(super) fn path<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<PathBuf>, D::Error> {
    Ok(text(deserializer)?.map(PathBuf::from))
}

/// Reads one address, several with commas between them, or a list.
pub(super) fn addresses<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Vec<SocketAddr>, D::Error> {
    let texts = match Value::deserialize(deserializer)? {
        Value::String(text) => text.split(',').map(str::to_owned).collect(),
        value => Vec::<String>::deserialize(value).map_err(D::Error::custom)?,
    };
    let address = |text: &String| {
        let text = text.trim();
        text.parse()
            .map_err(|error| D::Error::custom(format!("`{text}`: {error}")))
    };
    texts.iter().map(address).collect()
}

/// Reads a list of texts, each by its parser.
pub(super) fn parsed_list<'de, D, T>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: FromStr<Err = String>,
{
    let texts = Vec::<String>::deserialize(deserializer)?;
    let parse = |text: &String| text.parse().map_err(D::Error::custom);
    texts.iter().map(parse).collect()
}

/// Reads the filter of the log.
pub(super) fn log_filter<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let filter = String::deserialize(deserializer)?;
    log::parse(&filter).map_err(D::Error::custom)?;
    Ok(filter)
}

/// Reads the keys of an account.
///
/// # Errors
/// The key and the message of what cannot be read.
pub(super) fn of_table<T: DeserializeOwned>(table: Table) -> Result<T, AccountProblem> {
    serde_path_to_error::deserialize(Value::Table(table)).map_err(|error| {
        let (key, message) = described(&error);
        (key, message)
    })
}

/// Key and message of a failure to read. The message quotes no secret.
pub(super) fn described(error: &serde_path_to_error::Error<toml::de::Error>) -> (String, String) {
    let mut key = String::new();
    for segment in error.path() {
        match segment {
            Segment::Seq { index } => key = format!("{key}[{index}]"),
            Segment::Map { key: part } | Segment::Enum { variant: part } => {
                if !key.is_empty() {
                    key.push('.');
                }
                key.push_str(&toml_text::key(part));
            }
            Segment::Unknown => {}
        }
    }
    let message = error.inner().message();
    if is_secret(&key) && message.starts_with("invalid type") {
        return (key, "must be a text".to_owned());
    }
    let message = message.replace("unknown field", "unknown key");
    let message = message.replace("missing field", "missing key");
    let message = message.replace("expected usize", "expected a whole number");
    (key, message)
}

/// Checks an ID or a name that becomes a part of a URL: letters, digits and some other characters.
///
/// # Errors
/// The key and the message of another text.
pub(super) fn url_part(key: &str, text: &str, others: &str) -> Result<(), AccountProblem> {
    let is_known = |it: char| it.is_alphanumeric() || others.contains(it);
    let is_dots = text.chars().all(|it| it == '.');
    if text.chars().count() <= MAX_URL_PART && text.chars().all(is_known) && !is_dots {
        return Ok(());
    }
    let message = match text {
        "" => "must not be empty".to_owned(),
        _ => format!("`{text}` may have letters, digits and `{others}`, at most {MAX_URL_PART}"),
    };
    Err((key.to_owned(), message))
}

/// Checks a base URL, and removes the slash at its end.
///
/// # Errors
/// The key and the message of another text.
pub(super) fn url(key: &str, text: &str) -> Result<String, AccountProblem> {
    let has_scheme = ["https://", "http://"].iter().any(|scheme| {
        text.strip_prefix(scheme)
            .is_some_and(|host| !host.is_empty())
    });
    if has_scheme {
        return Ok(text.trim_end_matches('/').to_owned());
    }
    Err((
        key.to_owned(),
        format!("`{text}` is not a URL such as https://management.azure.com"),
    ))
}
