//! Network options of a service, from the schema of its type.

use serde_json::{Map, Value};
use underpass_web::form::Fields;

/// Prefix of a field with the desired value; the path of the option follows.
const OPTION_PREFIX: &str = "set.";
/// Prefix of a field with the value that the visitor saw.
const SEEN: &str = "was.";
/// Prefix of a field that removes the option.
const REMOVED: &str = "remove.";

/// An option at the top of the schema, with the values below it.
#[derive(Debug, Clone)]
pub(super) struct NetworkOption {
    pub(super) name: String,
    pub(super) title: String,
    pub(super) description: String,
    /// True if the service has it.
    pub(super) is_set: bool,
    /// True if the schema allows its removal; other options can only be switched off.
    pub(super) is_removable: bool,
    /// True if the visitor removes it.
    pub(super) is_removed: bool,
    pub(super) entries: Vec<Entry>,
}

/// One value of an option.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    /// Path, for instance `privatelink_access.pg`.
    pub(super) path: String,
    pub(super) title: String,
    pub(super) description: String,
    pub(super) kind: Kind,
    /// Current value, as text.
    pub(super) shown: String,
    /// Desired value, as text.
    pub(super) desired: String,
}

/// Input of a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    /// On or off.
    Switch,
    /// One of these words.
    Word(Vec<String>),
    /// A whole number.
    Number,
    /// Any text.
    Text,
    /// One item in each line.
    Lines,
}

/// A switch that is on.
pub(super) const ON: &str = "true";

/// Reports whether an option is about the network.
fn is_about_network(name: &str) -> bool {
    const NAMES: [&str; 6] = [
        "privatelink_access",
        "public_access",
        "private_access",
        "ip_filter",
        "static_ips",
        "kafka_authentication_methods",
    ];
    NAMES.contains(&name) || name.starts_with("letsencrypt_")
}

impl NetworkOption {
    /// Network options of the schema, private links first.
    pub(super) fn all(schema: &Value, config: &Map<String, Value>) -> Vec<Self> {
        let properties = schema.get("properties").and_then(Value::as_object);
        let mut options: Vec<_> = properties
            .into_iter()
            .flatten()
            .filter(|(name, _)| is_about_network(name))
            .map(|(name, property)| Self::new(name, property, config))
            .filter(|option| !option.entries.is_empty())
            .collect();
        options.sort_by_key(|option| (option.name != "privatelink_access", option.name.clone()));
        options
    }

    fn new(name: &str, property: &Value, config: &Map<String, Value>) -> Self {
        let value = config.get(name);
        let mut entries = Vec::new();
        collect(name, property, value, &mut entries);
        Self {
            name: name.to_owned(),
            title: text(property, "title"),
            description: text(property, "description"),
            is_set: value.is_some_and(|value| !is_empty(value)),
            is_removable: has_type(property, "null"),
            is_removed: false,
            entries,
        }
    }

    /// The option with the input of a form. A value that the visitor did not change keeps its current
    /// value, even if another user changed it in the meantime.
    pub(super) fn filled(mut self, fields: &Fields) -> Self {
        let is_there = self.is_set && self.is_removable;
        self.is_removed = is_there && fields.text(&self.removed_name()) == ON;
        for entry in &mut self.entries {
            let desired = normal(fields.text(&entry.desired_name()));
            if entry.is_in(fields) && desired != normal(fields.text(&entry.seen_name())) {
                entry.desired = desired;
            }
        }
        self
    }

    /// Change for the API.
    pub(super) fn change(options: &[Self]) -> Map<String, Value> {
        let mut change = Map::new();
        for option in options {
            if option.is_removed {
                change.insert(option.name.clone(), Value::Null);
                continue;
            }
            let touched = option.entries.iter().filter(|it| it.desired != it.shown);
            for entry in touched {
                put(&mut change, &entry.path, entry.value());
            }
        }
        change
    }

    pub(super) fn removed_name(&self) -> String {
        format!("{REMOVED}{}", self.name)
    }

    /// Reports whether the visitor changed it.
    pub(super) fn is_touched(&self) -> bool {
        self.is_removed
            || self
                .entries
                .iter()
                .any(|entry| entry.desired != entry.shown)
    }

    /// Text that a search examines.
    pub(super) fn words(&self) -> String {
        let mut words = vec![self.name.as_str(), &self.title, &self.description];
        for entry in &self.entries {
            words.extend([entry.path.as_str(), &entry.title]);
        }
        words.join(" ").to_lowercase()
    }

    /// Reports whether it contains every word of a search.
    pub(super) fn has(&self, search: &str) -> bool {
        let words = self.words();
        let search = search.to_lowercase();
        search.split_whitespace().all(|word| words.contains(word))
    }
}

impl Entry {
    pub(super) fn desired_name(&self) -> String {
        format!("{OPTION_PREFIX}{}", self.path)
    }

    pub(super) fn seen_name(&self) -> String {
        format!("{SEEN}{}", self.path)
    }

    /// Last part of the path.
    pub(super) fn word(&self) -> &str {
        self.path.rsplit('.').next().unwrap_or(&self.path)
    }

    pub(super) fn is_on(&self) -> bool {
        self.desired == ON
    }

    fn is_in(&self, fields: &Fields) -> bool {
        fields.below(SEEN).any(|(path, _)| path == self.path)
    }

    /// Desired value for the API, which refuses an invalid one.
    fn value(&self) -> Value {
        let text = self.desired.as_str();
        match &self.kind {
            Kind::Switch => Value::Bool(text == ON),
            _ if text.is_empty() => Value::Null,
            Kind::Number => text
                .parse::<i64>()
                .map_or_else(|_| Value::from(text), Value::from),
            Kind::Word(_) | Kind::Text => Value::from(text),
            Kind::Lines => text.lines().filter_map(item).collect(),
        }
    }
}

/// An item of a list: text, or an object as JSON.
fn item(line: &str) -> Option<Value> {
    let line = line.trim();
    let object = || serde_json::from_str(line).ok().filter(Value::is_object);
    (!line.is_empty()).then(|| object().unwrap_or_else(|| Value::from(line)))
}

/// Collects every value below a property, depth first.
fn collect(path: &str, property: &Value, value: Option<&Value>, entries: &mut Vec<Entry>) {
    if let Some(properties) = property.get("properties").and_then(Value::as_object) {
        for (name, below) in properties {
            let value = value.and_then(|value| value.get(name));
            collect(&format!("{path}.{name}"), below, value, entries);
        }
        return;
    }
    let Some(kind) = kind(property) else {
        return;
    };
    let shown = match (value, &kind) {
        (Some(value), _) => as_text(value),
        // Without a value the default applies, so the switch shows it.
        (None, Kind::Switch) => property.get("default").map(as_text).unwrap_or_default(),
        (None, _) => String::new(),
    };
    entries.push(Entry {
        path: path.to_owned(),
        title: text(property, "title"),
        description: text(property, "description"),
        kind,
        desired: shown.clone(),
        shown,
    });
}

fn kind(property: &Value) -> Option<Kind> {
    if has_type(property, "boolean") {
        return Some(Kind::Switch);
    }
    if let Some(words) = property.get("enum").and_then(Value::as_array) {
        let words = words.iter().filter_map(Value::as_str).map(str::to_owned);
        return Some(Kind::Word(words.collect()));
    }
    [
        ("array", Kind::Lines),
        ("integer", Kind::Number),
        ("string", Kind::Text),
    ]
    .into_iter()
    .find_map(|(word, kind)| has_type(property, word).then_some(kind))
}

/// Reports whether values of a property may have this type.
fn has_type(property: &Value, word: &str) -> bool {
    match property.get("type") {
        Some(Value::Array(words)) => words.iter().any(|it| it.as_str() == Some(word)),
        Some(Value::String(only)) => only == word,
        _ => false,
    }
}

fn text(property: &Value, name: &str) -> String {
    let found = property.get(name).and_then(Value::as_str);
    found.unwrap_or_default().to_owned()
}

/// A value as text; off equals no value.
fn as_text(value: &Value) -> String {
    match value {
        Value::Null | Value::Bool(false) => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(as_text).collect::<Vec<_>>().join("\n"),
        Value::Bool(true) | Value::Number(_) | Value::Object(_) => value.to_string(),
    }
}

/// Text as a browser sends it, with the line ends it was shown with.
fn normal(text: &str) -> String {
    let lines: Vec<_> = text.lines().map(str::trim).collect();
    lines.join("\n")
}

fn is_empty(value: &Value) -> bool {
    value.is_null() || value.as_object().is_some_and(Map::is_empty)
}

/// Puts a value at a path into a change.
fn put(change: &mut Map<String, Value>, path: &str, value: Value) {
    let Some((first, rest)) = path.split_once('.') else {
        change.insert(path.to_owned(), value);
        return;
    };
    let below = change
        .entry(first)
        .or_insert_with(|| Value::Object(Map::new()));
    if let Value::Object(below) = below {
        put(below, rest, value);
    }
}

#[cfg(test)]
mod tests;
