//! JSON Schemas of the wire types.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};
use syn::{
    Attribute, Expr, Field, Fields, GenericArgument, ItemEnum, ItemStruct, Lit, PathArguments, Type,
};

use super::attributes::{Serde, doc, renamed, serde};
use super::leaves::{leaf, limits};
use super::source::{Definition, Source};

/// Direction of a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Direction {
    /// Body or query of a request.
    Request,
    /// Body of an answer.
    Answer,
}

/// Named schemas, made when an operation first needs them.
pub(super) struct Schemas<'a> {
    source: &'a Source,
    made: BTreeMap<(PathBuf, String, Direction), String>,
    named: BTreeMap<String, Value>,
}

/// Arguments of a generic type, by parameter; each with the file that names it.
type Arguments = BTreeMap<String, (Type, PathBuf)>;

impl<'a> Schemas<'a> {
    pub(super) fn new(source: &'a Source) -> Self {
        Self {
            source,
            made: BTreeMap::new(),
            named: BTreeMap::new(),
        }
    }

    /// Returns all named schemas.
    pub(super) fn into_named(self) -> Map<String, Value> {
        self.named.into_iter().collect()
    }

    /// Returns the schema of a type that a file mentions.
    pub(super) fn of(&mut self, ty: &Type, within: &Path, direction: Direction) -> Value {
        self.with(ty, within, direction, &Arguments::new())
    }

    /// Returns the members of a type, for the parameters of a query.
    pub(super) fn members(&mut self, ty: &Type, within: &Path) -> Map<String, Value> {
        let name = name_of(ty);
        let (file, definition) = self.source.definition(&name, within).unwrap();
        let file = file.to_owned();
        let Definition::Struct(item) = definition else {
            panic!("the query `{name}` is no struct");
        };
        let schema = self.object(
            &item.fields,
            &serde(&item.attrs),
            &name,
            &file,
            Direction::Request,
            &Arguments::new(),
        );
        schema["properties"].as_object().unwrap().clone()
    }

    fn with(
        &mut self,
        ty: &Type,
        within: &Path,
        direction: Direction,
        arguments: &Arguments,
    ) -> Value {
        let path = match ty {
            Type::Reference(inner) => return self.with(&inner.elem, within, direction, arguments),
            Type::Array(array) => {
                let items = self.with(&array.elem, within, direction, arguments);
                let Expr::Lit(length) = &array.len else {
                    panic!("the length of an array is no literal");
                };
                let Lit::Int(length) = &length.lit else {
                    panic!("the length of an array is no number");
                };
                let length: usize = length.base10_parse().unwrap();
                return json!({"type": "array", "items": items, "minItems": length, "maxItems": length});
            }
            Type::Path(path) => path,
            _ => panic!(
                "{}: a member has a type that JSON does not have",
                within.display()
            ),
        };
        let last = path.path.segments.last().unwrap();
        let name = last.ident.to_string();
        let inner: Vec<&Type> = match &last.arguments {
            PathArguments::AngleBracketed(bracketed) => bracketed
                .args
                .iter()
                .filter_map(|argument| match argument {
                    GenericArgument::Type(ty) => Some(ty),
                    _ => None,
                })
                .collect(),
            _ => Vec::new(),
        };
        if let Some((ty, file)) = arguments.get(&name) {
            return self.with(&ty.clone(), &file.clone(), direction, &Arguments::new());
        }
        match (name.as_str(), &inner[..]) {
            ("Option" | "Edit", [of]) => {
                return nullable(self.with(of, within, direction, arguments));
            }
            ("Box", [of]) => return self.with(of, within, direction, arguments),
            ("Vec" | "BTreeSet", [of]) => {
                let items = self.with(of, within, direction, arguments);
                return json!({"type": "array", "items": items});
            }
            ("BTreeMap" | "Map", [_, of]) => {
                let values = self.with(of, within, direction, arguments);
                return json!({"type": "object", "additionalProperties": values});
            }
            _ => {}
        }
        if let Some(schema) = leaf(&name) {
            return schema;
        }
        let (file, definition) = self
            .source
            .definition(&name, within)
            .unwrap_or_else(|| panic!("{}: no wire type is called `{name}`", within.display()));
        let file = file.to_owned();
        let is_alias = matches!(definition, Definition::Alias(_));
        if is_alias || !inner.is_empty() {
            let arguments = self.arguments(&name, within, &inner);
            return self.defined(&name, &file, direction, &arguments);
        }
        json!({"$ref": format!("#/components/schemas/{}", self.named(&name, &file, direction))})
    }

    fn arguments(&self, name: &str, within: &Path, given: &[&Type]) -> Arguments {
        let (_, definition) = self.source.definition(name, within).unwrap();
        let generics = match definition {
            Definition::Struct(item) => &item.generics,
            Definition::Enum(item) => &item.generics,
            Definition::Alias(item) => &item.generics,
        };
        let names = generics.type_params().map(|it| it.ident.to_string());
        let given = given.iter().map(|ty| ((*ty).clone(), within.to_owned()));
        names.zip(given).collect()
    }

    /// Returns the name of a schema. A type that is read differently from how it is written has two.
    fn named(&mut self, name: &str, file: &Path, direction: Direction) -> String {
        let key = (file.to_owned(), name.to_owned(), direction);
        if let Some(made) = self.made.get(&key) {
            return made.clone();
        }
        // A type that contains itself meets its name here.
        self.made.insert(key.clone(), name.to_owned());
        let schema = self.defined(name, file, direction, &Arguments::new());
        let plain = self.plain_name(name, file);
        let candidates = [plain.clone(), format!("{plain}Input")];
        let free = |it: &&String| self.named.get(*it).is_none_or(|known| *known == schema);
        let chosen = candidates.iter().find(free);
        let chosen = chosen.unwrap_or_else(|| panic!("several types are called `{plain}`"));
        let chosen = chosen.clone();
        self.named.insert(chosen.clone(), schema);
        self.made.insert(key, chosen.clone());
        chosen
    }

    /// Returns the name of a type; before a single word of a handler's own, that of its file.
    fn plain_name(&self, name: &str, file: &Path) -> String {
        let (_, definition) = self.source.definition(name, file).unwrap();
        let is_word = name.chars().filter(char::is_ascii_uppercase).count() == 1;
        let stem = file.file_stem().unwrap().to_string_lossy();
        if definition.is_public() || !is_word || stem == "wire" {
            return name.to_owned();
        }
        let prefix: String = stem.split('_').map(capitalized).collect();
        format!("{prefix}{name}")
    }

    fn defined(
        &mut self,
        name: &str,
        file: &Path,
        direction: Direction,
        arguments: &Arguments,
    ) -> Value {
        let source = self.source;
        let (_, definition) = source.definition(name, file).unwrap();
        match definition {
            Definition::Struct(item) => self.of_struct(item, file, direction, arguments),
            Definition::Enum(item) => self.of_enum(item, file, direction, arguments),
            Definition::Alias(item) => self.with(&item.ty, file, direction, arguments),
        }
    }

    fn of_struct(
        &mut self,
        item: &ItemStruct,
        file: &Path,
        direction: Direction,
        arguments: &Arguments,
    ) -> Value {
        let effects = serde(&item.attrs);
        if let Fields::Unnamed(fields) = &item.fields {
            assert!(
                fields.unnamed.len() == 1,
                "{} has several values",
                item.ident
            );
            let inner = self.with(&fields.unnamed[0].ty, file, direction, arguments);
            return described(inner, &item.attrs);
        }
        let name = item.ident.to_string();
        let schema = self.object(&item.fields, &effects, &name, file, direction, arguments);
        described(schema, &item.attrs)
    }

    fn object(
        &mut self,
        fields: &Fields,
        effects: &Serde,
        owner: &str,
        file: &Path,
        direction: Direction,
        arguments: &Arguments,
    ) -> Value {
        let mut properties = Map::new();
        let mut required = BTreeSet::new();
        let mut others = Vec::new();
        for field in fields {
            let of_field = serde(&field.attrs);
            if of_field.skip {
                continue;
            }
            if of_field.flatten {
                if name_of(&field.ty) != "OtherMembers" {
                    let inner = self.flattened(&field.ty, file, direction, arguments);
                    match (&inner["properties"], &inner["allOf"]) {
                        (Value::Object(more), Value::Null) => {
                            properties.extend(more.clone());
                            let more = inner["required"].as_array().cloned().unwrap_or_default();
                            required.extend(more.iter().map(|it| it.as_str().unwrap().to_owned()));
                        }
                        _ => others.push(inner),
                    }
                }
                continue;
            }
            let plain = field.ident.as_ref().unwrap().to_string();
            let renamed = renamed(&plain, effects.rename_all.as_deref());
            let name = of_field.rename.clone().unwrap_or(renamed);
            let mut schema = self.with(&field.ty, file, direction, arguments);
            if of_field.deserialize_with && direction == Direction::Request {
                schema = not_null(schema);
            }
            let schema = described(limited(schema, limits(owner, &name)), &field.attrs);
            properties.insert(name.clone(), schema);
            let is_required = match direction {
                Direction::Answer => !of_field.skips_some,
                Direction::Request => !effects.default && !of_field.default && !is_option(field),
            };
            if is_required {
                required.insert(name);
            }
        }
        let mut schema = json!({"type": "object", "properties": properties});
        if !required.is_empty() {
            schema["required"] = json!(required);
        }
        if effects.deny_unknown_fields && direction == Direction::Request {
            schema["additionalProperties"] = json!(false);
        }
        if !others.is_empty() {
            others.insert(0, schema);
            schema = json!({"allOf": others});
        }
        schema
    }

    /// Returns the schema of members that belong to the object around them.
    fn flattened(
        &mut self,
        ty: &Type,
        file: &Path,
        direction: Direction,
        arguments: &Arguments,
    ) -> Value {
        let name = name_of(ty);
        let (at, definition) = self.source.definition(&name, file).unwrap();
        match definition {
            Definition::Struct(_) => {
                let at = at.to_owned();
                self.defined(&name, &at, direction, arguments)
            }
            _ => self.with(ty, file, direction, arguments),
        }
    }

    fn of_enum(
        &mut self,
        item: &ItemEnum,
        file: &Path,
        direction: Direction,
        arguments: &Arguments,
    ) -> Value {
        let effects = serde(&item.attrs);
        let owner = item.ident.to_string();
        let mut words = Vec::new();
        let mut forms = Vec::new();
        for variant in &item.variants {
            let of_variant = serde(&variant.attrs);
            if of_variant.skip {
                continue;
            }
            let renamed = renamed(&variant.ident.to_string(), effects.rename_all.as_deref());
            let name = of_variant.rename.clone().unwrap_or(renamed);
            let inside = Serde {
                deny_unknown_fields: effects.deny_unknown_fields,
                ..of_variant
            };
            let content = match &variant.fields {
                Fields::Unit => None,
                Fields::Named(_) => {
                    Some(self.object(&variant.fields, &inside, &owner, file, direction, arguments))
                }
                Fields::Unnamed(fields) if effects.tag.is_some() => {
                    Some(self.flattened(&fields.unnamed[0].ty, file, direction, arguments))
                }
                Fields::Unnamed(fields) => {
                    Some(self.with(&fields.unnamed[0].ty, file, direction, arguments))
                }
            };
            match (&effects.tag, content) {
                (Some(tag), content) => {
                    let mut object = content.unwrap_or_else(|| json!({"type": "object"}));
                    object["properties"][tag] = json!({"const": name});
                    let mut required = object["required"].as_array().cloned().unwrap_or_default();
                    required.push(json!(tag));
                    object["required"] = json!(required);
                    forms.push(described(object, &variant.attrs));
                }
                (None, Some(content)) if effects.untagged => {
                    forms.push(described(content, &variant.attrs));
                }
                (None, Some(content)) => forms.push(described(
                    json!({
                        "type": "object",
                        "properties": {&name: content},
                        "required": [name],
                        "additionalProperties": false,
                    }),
                    &variant.attrs,
                )),
                (None, None) => words.push(name),
            }
        }
        if !words.is_empty() {
            forms.insert(0, json!({"type": "string", "enum": words}));
        }
        let schema = match &forms[..] {
            [only] => only.clone(),
            _ => json!({"anyOf": forms}),
        };
        described(schema, &item.attrs)
    }
}

fn is_option(field: &Field) -> bool {
    name_of(&field.ty) == "Option"
}

pub(super) fn name_of(ty: &Type) -> String {
    match ty {
        Type::Path(path) => path.path.segments.last().unwrap().ident.to_string(),
        Type::Reference(inner) => name_of(&inner.elem),
        _ => String::new(),
    }
}

/// Returns a schema that null fits, too.
fn nullable(mut schema: Value) -> Value {
    if schema == json!({}) {
        return schema;
    }
    if let Some(Value::String(plain)) = schema.get("type").cloned()
        && schema.get("enum").is_none()
    {
        schema["type"] = json!([plain, "null"]);
        return schema;
    }
    json!({"anyOf": [schema, {"type": "null"}]})
}

/// Returns the schema without null.
fn not_null(mut schema: Value) -> Value {
    if let Some(Value::Array(types)) = schema.get("type").cloned() {
        schema["type"] = types[0].clone();
    }
    schema
}

/// Adds limits, to the list itself or to the texts in it.
fn limited(mut schema: Value, limits: Option<Value>) -> Value {
    if let Some(Value::Object(limits)) = limits {
        schema.as_object_mut().unwrap().extend(limits);
    }
    schema
}

fn described(mut schema: Value, attributes: &[Attribute]) -> Value {
    let text = doc(attributes);
    if !text.is_empty() {
        schema["description"] = json!(text);
    }
    schema
}

fn capitalized(word: &str) -> String {
    let (first, rest) = word.split_at(1);
    first.to_ascii_uppercase() + rest
}
