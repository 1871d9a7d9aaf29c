//! Layers of values: defaults, file, environment, flags.

use std::collections::BTreeMap;
use std::path::Path;

use toml::de::{DeTable, DeValue};
use toml::{Table, Value};

use super::defaults;
use super::origin::Origin;
use super::problem::{Problem, Problems};
use super::toml_text;

/// Prefix of environment variables.
const PREFIX: &str = "UNDERPASS_";

/// Variables of other programs that count, too.
const USUAL: [(&str, &str); 4] = [
    ("HTTPS_PROXY", "proxy.https_proxy"),
    ("https_proxy", "proxy.https_proxy"),
    ("NO_PROXY", "proxy.no_proxy"),
    ("no_proxy", "proxy.no_proxy"),
];

/// Values of all layers so far, with their places.
#[derive(Debug, Clone)]
pub(super) struct Layers {
    pub(super) table: Table,
    /// Places by dotted key; a key without one has its default.
    origins: BTreeMap<String, Origin>,
}

impl Layers {
    /// The defaults alone.
    pub(super) fn defaults() -> Self {
        Self {
            table: defaults::table(),
            origins: BTreeMap::new(),
        }
    }

    /// Lays a file over the values so far.
    ///
    /// # Errors
    /// If it is not TOML.
    pub(super) fn add_file(&mut self, path: &Path, text: &str) -> Result<(), Problems> {
        let line = |error: &toml::de::Error| error.span().map_or(1, |at| line_of(text, at.start));
        let refused = |error: &toml::de::Error, key: &str, message: &str| {
            let line = line(error);
            let origin = Origin::File {
                path: path.to_owned(),
                line,
            };
            Problems(vec![Problem {
                key: key.to_owned(),
                message: message.to_owned(),
                origin: Some(origin),
            }])
        };
        let spanned = DeTable::parse(text).map_err(|error| refused(&error, "", error.message()))?;
        let mut lines = BTreeMap::new();
        note_lines(spanned.get_ref(), "", text, &mut |key, line| {
            lines.insert(key, line);
        });
        // It is TOML, so what cannot be read is a number without room.
        let table: Table = toml::from_str(text).map_err(|error| {
            let line = line(&error);
            // The value may begin below its key.
            let above = lines.iter().filter(|(_, at)| **at <= line);
            let key = above.max_by_key(|(_, at)| **at);
            let key = key.map_or("", |(key, _)| key.as_str());
            refused(&error, key, "the number is too large")
        })?;
        let origin = |line| Origin::File {
            path: path.to_owned(),
            line,
        };
        let lines = lines.into_iter();
        self.origins
            .extend(lines.map(|(key, line)| (key, origin(line))));
        merge(&mut self.table, table);
        Ok(())
    }

    /// Lays the environment over the values so far. Variables of other commands are ignored.
    ///
    /// # Errors
    /// If a variable belongs to a section without such a key, or its value has another type.
    pub(super) fn add_environment(
        &mut self,
        variables: impl IntoIterator<Item = (String, String)>,
    ) -> Result<(), Problems> {
        let keys: BTreeMap<String, String> = leaves(&defaults::table())
            .into_keys()
            .map(|key| (variable(&key), key))
            .chain(USUAL.map(|(name, key)| (name.to_owned(), key.to_owned())))
            .collect();
        let mut problems = Vec::new();
        for (name, text) in variables {
            let origin = Origin::Environment(name.clone());
            let outcome = match keys.get(&name) {
                Some(key) => self.set(key, &text, origin),
                None if in_section(&name) => Err(Problem {
                    key: String::new(),
                    message: "no key belongs to this variable; accounts and dns.keys are configured in the file alone".to_owned(),
                    origin: Some(origin),
                }),
                None => Ok(()),
            };
            problems.extend(outcome.err());
        }
        finish(problems)
    }

    /// Lays one value of a flag over the values so far.
    ///
    /// # Errors
    /// If the key is unknown, or the value has another type.
    pub(super) fn add_flag(&mut self, key: &str, text: &str, flag: &str) -> Result<(), Problems> {
        let set = self.set(key, text, Origin::Flag(flag.to_owned()));
        finish(set.err().into_iter().collect())
    }

    /// Place of a key, or of the nearest list or table around it; `None` if it is not set anywhere.
    pub(super) fn origin(&self, key: &str) -> Option<Origin> {
        let mut key = key;
        loop {
            if let Some(origin) = self.origins.get(key) {
                return Some(origin.clone());
            }
            // A part in quotation marks may have brackets, too, but does not end with one.
            let list = key.strip_suffix(']').and_then(|it| it.rsplit_once('['));
            match list.or_else(|| key.rsplit_once('.')) {
                Some((around, _)) => key = around,
                None => return None,
            }
        }
    }

    /// Each value with its key and place.
    pub(super) fn values(&self) -> impl Iterator<Item = (String, Value, Origin)> {
        leaves(&self.table).into_iter().map(|(key, value)| {
            let origin = self.origins.get(&key).cloned().unwrap_or(Origin::Default);
            (key, value, origin)
        })
    }

    fn set(&mut self, key: &str, text: &str, origin: Origin) -> Result<(), Problem> {
        let problem = |message: String| Problem {
            key: key.to_owned(),
            message,
            origin: Some(origin.clone()),
        };
        let default = leaves(&defaults::table()).remove(key);
        let Some(default) = default else {
            return Err(problem(
                "unknown key; accounts and dns.keys are configured in the file alone".to_owned(),
            ));
        };
        let value = match default {
            Value::Integer(_) => text
                .parse()
                .map(Value::Integer)
                .map_err(|_| problem(format!("`{text}` is not a whole number")))?,
            Value::Boolean(_) => text
                .parse()
                .map(Value::Boolean)
                .map_err(|_| problem(format!("`{text}` is neither true nor false")))?,
            Value::Array(_) => {
                let items = text
                    .split(',')
                    .map(str::trim)
                    .filter(|item| !item.is_empty());
                Value::Array(items.map(|item| Value::String(item.to_owned())).collect())
            }
            _ => Value::String(text.to_owned()),
        };
        let mut over = value;
        for part in key.rsplit('.') {
            over = Value::Table(Table::from_iter([(part.to_owned(), over)]));
        }
        if let Value::Table(over) = over {
            merge(&mut self.table, over);
        }
        self.origins.insert(key.to_owned(), origin);
        Ok(())
    }
}

/// Environment variable of a key.
pub(super) fn variable(key: &str) -> String {
    format!("{PREFIX}{}", key.replace('.', "_").to_uppercase())
}

/// Reports whether a variable names a section of the configuration.
fn in_section(name: &str) -> bool {
    let sections = defaults::table();
    let mut sections = sections.iter().filter(|(_, value)| value.is_table());
    sections.any(|(section, _)| name.starts_with(&format!("{}_", variable(section))))
        || name.starts_with(&format!("{}_", variable("accounts")))
}

fn finish(problems: Vec<Problem>) -> Result<(), Problems> {
    if problems.is_empty() {
        return Ok(());
    }
    Err(Problems(problems))
}

/// Lays one table over another; lists are replaced.
fn merge(base: &mut Table, over: Table) {
    for (key, value) in over {
        match (base.get_mut(&key), value) {
            (Some(Value::Table(base)), Value::Table(over)) => merge(base, over),
            (_, value) => {
                base.insert(key, value);
            }
        }
    }
}

/// Values that are no tables, by dotted key as TOML writes it.
fn leaves(table: &Table) -> BTreeMap<String, Value> {
    let mut found = BTreeMap::new();
    for (key, value) in table {
        let key = toml_text::key(key);
        match value {
            Value::Table(inner) => found.extend(
                leaves(inner)
                    .into_iter()
                    .map(|(inner, value)| (format!("{key}.{inner}"), value)),
            ),
            value => {
                found.insert(key, value.clone());
            }
        }
    }
    found
}

/// Reports the line of each key of a file, tables included.
fn note_lines(table: &DeTable<'_>, prefix: &str, text: &str, note: &mut dyn FnMut(String, usize)) {
    for (key, value) in table {
        let dotted = format!("{prefix}{}", toml_text::key(key.get_ref()));
        if let DeValue::Table(inner) = value.get_ref() {
            note_lines(inner, &format!("{dotted}."), text, note);
        }
        note(dotted, line_of(text, key.span().start));
    }
}

fn line_of(text: &str, offset: usize) -> usize {
    1 + text.get(..offset).unwrap_or(text).matches('\n').count()
}
