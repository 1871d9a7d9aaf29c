//! Form of bodies: members, types and enumerations of `Microsoft.Network` 2024-05-01.
//!
//! The network provider refuses what it cannot read before any rule looks at it. A body is read in any
//! case and comes out in the vendor's spelling. Read-only members are accepted with any value, because
//! clients send back what they have read.

use serde_json::{Map, Value};

use super::body_members;
use super::body_shape::{DESCRIBED, Object, Shape};
use super::kind::Kind;
use super::refusal::Refusal;

/// Members of every element besides its properties.
const ELEMENT: &[(&str, Shape)] = &[
    ("id", Shape::Any),
    ("name", Shape::Text),
    ("type", Shape::Any),
    ("etag", Shape::Any),
    ("zones", Shape::Texts),
];

/// Members of every resource besides its properties: those that the resource manager itself reads.
const ENVELOPE: &[(&str, Shape)] = &[
    ("id", Shape::Any),
    ("name", Shape::Any),
    ("type", Shape::Any),
    ("etag", Shape::Any),
    ("kind", Shape::Any),
    ("systemData", Shape::Any),
    ("location", Shape::Text),
    ("tags", Shape::Any),
    ("zones", Shape::Texts),
    ("extendedLocation", Shape::Any),
    ("identity", Shape::Any),
    ("managedBy", Shape::Text),
    ("plan", Shape::Any),
    ("sku", Shape::One(&body_members::SKU)),
];

/// Reads the body of a resource.
///
/// # Errors
/// `InvalidRequestContent` for what the resource manager cannot read, `InvalidRequestFormat` for what
/// the network provider cannot read.
pub(super) fn read(kind: Kind, body: Value, api_version: &str) -> Result<Value, Refusal> {
    let Value::Object(members) = body else {
        return Err(Refusal::malformed("the body must be a JSON object"));
    };
    let mut result = Map::new();
    for (name, value) in members {
        if name.eq_ignore_ascii_case("properties") {
            let reader = Reader { api_version };
            let shape = Shape::One(body_members::of(kind));
            let value = reader.value(&shape, value, "properties");
            result.insert("properties".to_owned(), value.map_err(malformed)?);
            continue;
        }
        let (known, shape) = find(ENVELOPE, &name).ok_or_else(|| {
            unreadable(&format!(
                "Could not find member '{name}' on object of type 'ResourceDefinition'. Path '{name}'."
            ))
        })?;
        if known == "tags" {
            check_tags(&value)?;
        }
        let value = Reader { api_version }.value(shape, value, known);
        result.insert(known.to_owned(), value.map_err(|why| unreadable(&why))?);
    }
    Ok(Value::Object(result))
}

/// Checks that tags are texts.
///
/// # Errors
/// `InvalidRequestContent`.
pub(super) fn check_tags(tags: &Value) -> Result<(), Refusal> {
    let Value::Object(entries) = tags else {
        return Err(unreadable(
            "Error converting value to a dictionary of strings. Path 'tags'.",
        ));
    };
    match entries.iter().find(|(_, value)| !value.is_string()) {
        None => Ok(()),
        Some((name, _)) => Err(unreadable(&format!(
            "Error converting value to type 'System.String'. Path 'tags.{name}'."
        ))),
    }
}

/// The refusal of the resource manager for a body that it cannot read.
pub(super) fn unreadable(why: &str) -> Refusal {
    Refusal::gateway(
        400,
        "InvalidRequestContent",
        format!("The request content was invalid and could not be deserialized: '{why}'"),
    )
}

fn malformed(why: String) -> Refusal {
    match why.strip_prefix(MISSING_REFERENCE) {
        Some(path) => {
            let message = format!("Value for reference id is missing. Path {path}.");
            Refusal::invalid("InvalidRequestFormat", "Cannot parse the request.")
                .detail("MissingJsonReferenceId", message)
        }
        None => Refusal::malformed(why),
    }
}

/// Begins the reason for a reference without ID.
const MISSING_REFERENCE: &str = "reference: ";

/// Leaves out of a document what its api-version does not have.
pub(super) fn leave_out_newer(shown: &mut Value, api_version: &str) {
    if api_version > DESCRIBED {
        return;
    }
    if let Some(Value::Array(entries)) = shown.get_mut("value") {
        entries.iter_mut().for_each(leave_out_of_resource);
        return;
    }
    leave_out_of_resource(shown);
}

fn leave_out_of_resource(shown: &mut Value) {
    let full_type = shown.get("type").and_then(Value::as_str);
    let kind = full_type.and_then(Kind::of_full_type);
    let properties = shown.get_mut("properties");
    if let (Some(kind), Some(properties)) = (kind, properties) {
        leave_out(body_members::of(kind), properties);
    }
}

fn leave_out(object: &Object, shown: &mut Value) {
    let Value::Object(members) = shown else {
        return;
    };
    members.retain(|name, _| {
        let shape = find(object.members, name).map(|(_, shape)| shape);
        !matches!(shape, Some(Shape::Newer | Shape::NewerWord(_)))
    });
    for (name, value) in members {
        match find(object.members, name) {
            Some((_, Shape::One(inner))) => leave_out(inner, value),
            Some((_, Shape::Many(inner))) => each(value, |it| leave_out(inner, it)),
            Some((_, Shape::Elements(inner))) => each(value, |it| {
                if let Some(properties) = it.get_mut("properties") {
                    leave_out(inner, properties);
                }
            }),
            _ => {}
        }
    }
}

fn each(list: &mut Value, change: impl FnMut(&mut Value)) {
    list.as_array_mut().into_iter().flatten().for_each(change);
}

fn find(
    members: &'static [(&'static str, Shape)],
    name: &str,
) -> Option<(&'static str, &'static Shape)> {
    let found = members
        .iter()
        .find(|(known, _)| known.eq_ignore_ascii_case(name));
    found.map(|(known, shape)| (*known, shape))
}

/// Reads values; the reasons of failures name paths as the network provider does.
struct Reader<'a> {
    api_version: &'a str,
}

impl Reader<'_> {
    fn value(&self, shape: &Shape, value: Value, path: &str) -> Result<Value, String> {
        match *shape {
            Shape::Any | Shape::Newer => Ok(value),
            Shape::Text if value.is_string() => Ok(value),
            Shape::Flag if value.is_boolean() => Ok(value),
            Shape::Whole if is_whole(&value) => Ok(value),
            Shape::Word(words) | Shape::NewerWord(words) if is_word(&value, words) => Ok(value),
            Shape::Texts => self.list(&Shape::Text, value, path),
            Shape::One(object) => self.object(object, value, path),
            Shape::Many(object) => self.list(&Shape::One(object), value, path),
            Shape::Elements(object) => self.elements(object, value, path),
            Shape::Reference => reference(value, path),
            Shape::References => self.list(&Shape::Reference, value, path),
            Shape::Text => Err(unlike(&value, "System.String", path)),
            Shape::Flag => Err(unlike(&value, "System.Boolean", path)),
            Shape::Whole => Err(unlike(&value, "System.Int32", path)),
            Shape::Word(words) | Shape::NewerWord(words) => {
                let why = unlike(&value, "an enumeration", path);
                Err(format!("{why} Use one of: {}.", words.join(", ")))
            }
        }
    }

    fn list(&self, shape: &Shape, value: Value, path: &str) -> Result<Value, String> {
        let Value::Array(values) = value else {
            return Err(unlike(&value, "a list", path));
        };
        let values = values.into_iter().enumerate();
        let read = values.map(|(index, it)| self.value(shape, it, &format!("{path}[{index}]")));
        read.collect::<Result<_, _>>().map(Value::Array)
    }

    fn object(&self, object: &'static Object, value: Value, path: &str) -> Result<Value, String> {
        self.members(object.members, object.name, value, path)
    }

    fn elements(&self, object: &'static Object, value: Value, path: &str) -> Result<Value, String> {
        let Value::Array(values) = value else {
            return Err(unlike(&value, "a list", path));
        };
        let mut elements = Vec::new();
        for (index, value) in values.into_iter().enumerate() {
            let path = format!("{path}[{index}]");
            let Value::Object(mut members) = value else {
                return Err(unlike(&value, object.name, &path));
            };
            let properties = members.remove("properties");
            let mut element = self.members(ELEMENT, object.name, Value::Object(members), &path)?;
            if let (Some(properties), Value::Object(members)) = (properties, &mut element) {
                let read = self.object(object, properties, &format!("{path}.properties"))?;
                members.insert("properties".to_owned(), read);
            }
            elements.push(element);
        }
        Ok(Value::Array(elements))
    }

    fn members(
        &self,
        known: &'static [(&'static str, Shape)],
        object: &str,
        value: Value,
        path: &str,
    ) -> Result<Value, String> {
        let Value::Object(members) = value else {
            return Err(unlike(&value, object, path));
        };
        let mut result = Map::new();
        for (name, value) in members {
            let shape = find(known, &name).filter(|(_, shape)| {
                let is_newer = matches!(shape, Shape::Newer | Shape::NewerWord(_));
                !is_newer || self.api_version > DESCRIBED
            });
            let Some((known, shape)) = shape else {
                return Err(format!(
                    "Could not find member '{name}' on object of type '{object}'. Path '{path}.{name}'."
                ));
            };
            let value = self.value(shape, value, &format!("{path}.{known}"))?;
            result.insert(known.to_owned(), value);
        }
        Ok(Value::Object(result))
    }
}

fn reference(value: Value, path: &str) -> Result<Value, String> {
    match value.get("id") {
        Some(Value::String(_)) => Ok(value),
        Some(other) => Err(unlike(other, "System.String", &format!("{path}.id"))),
        None if value.is_object() => Err(format!("{MISSING_REFERENCE}{path}")),
        None => Err(unlike(&value, "a reference", path)),
    }
}

fn is_whole(value: &Value) -> bool {
    value.as_i64().is_some_and(|it| i32::try_from(it).is_ok())
}

fn is_word(value: &Value, words: &[&str]) -> bool {
    let text = value.as_str().unwrap_or_default();
    words.iter().any(|word| word.eq_ignore_ascii_case(text))
}

/// Maximum length of a value in a refusal, in characters: enough to recognize it.
const SHOWN: usize = 60;

fn unlike(value: &Value, expected: &str, path: &str) -> String {
    let text: String = value.to_string().chars().take(SHOWN).collect();
    format!("Error converting value {text} to type '{expected}'. Path '{path}'.")
}
