//! Definitions of the wire types, read from the source, so that the document of the API follows them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use syn::{Item, ItemEnum, ItemFn, ItemStruct, ItemType, Visibility};

/// A type.
pub(super) enum Definition {
    Struct(ItemStruct),
    Enum(ItemEnum),
    Alias(ItemType),
}

/// Definitions and functions of the crates whose types are in bodies and answers.
pub(super) struct Source {
    /// By name; each with its file.
    definitions: BTreeMap<String, Vec<(PathBuf, Definition)>>,
    /// By file and name.
    functions: BTreeMap<(PathBuf, String), ItemFn>,
}

/// Directory of the crates.
fn crates() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Directory of the handlers.
pub(super) fn handlers() -> PathBuf {
    crates().join("server/src/api")
}

/// Answers whose handlers build them without a type.
fn untyped() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/openapi/untyped_answers.txt")
}

impl Source {
    /// Reads the files; the order of the directories decides between types of one name.
    pub(super) fn read() -> Self {
        let mut source = Self {
            definitions: BTreeMap::new(),
            functions: BTreeMap::new(),
        };
        source.add(&untyped());
        for dir in ["server/src/api", "api-types/src", "model/src"] {
            let mut files = Vec::new();
            files_below(&crates().join(dir), &mut files);
            files.sort();
            for file in files {
                source.add(&file);
            }
        }
        source
    }

    fn add(&mut self, file: &Path) {
        let text = std::fs::read_to_string(file).unwrap();
        let parsed =
            syn::parse_file(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        for item in parsed.items {
            let (name, definition) = match item {
                Item::Struct(item) => (item.ident.to_string(), Definition::Struct(item)),
                Item::Enum(item) => (item.ident.to_string(), Definition::Enum(item)),
                Item::Type(item) => (item.ident.to_string(), Definition::Alias(item)),
                Item::Fn(item) => {
                    let key = (file.to_owned(), item.sig.ident.to_string());
                    self.functions.insert(key, item);
                    continue;
                }
                _ => continue,
            };
            let all = self.definitions.entry(name).or_default();
            all.push((file.to_owned(), definition));
        }
    }

    /// Returns the definition that a name has in a file, with the file that contains it: the file's
    /// own, otherwise the first one of the wire.
    pub(super) fn definition(&self, name: &str, within: &Path) -> Option<(&Path, &Definition)> {
        let all = self.definitions.get(name)?;
        let is_own = |file: &Path| file == within || file == untyped();
        let own = all.iter().find(|(file, _)| is_own(file));
        // The untyped answers contain private types of handlers.
        let sees_all = within == untyped();
        let visible = |it: &Definition| it.is_of_wire() && (sees_all || it.is_visible());
        let (file, definition) = own.or_else(|| all.iter().find(|(_, it)| visible(it)))?;
        Some((file, definition))
    }

    /// Returns the handler of that name in a file below the handlers.
    pub(super) fn handler(&self, file: &str, name: &str) -> (PathBuf, &ItemFn) {
        let path = handlers().join(file);
        let found = self.functions.get(&(path.clone(), name.to_owned()));
        let found = found.unwrap_or_else(|| panic!("{file} has no function `{name}`"));
        (path, found)
    }
}

impl Definition {
    fn visibility(&self) -> &Visibility {
        match self {
            Self::Struct(item) => &item.vis,
            Self::Enum(item) => &item.vis,
            Self::Alias(item) => &item.vis,
        }
    }

    /// Reports whether other files can mean the type.
    fn is_visible(&self) -> bool {
        !matches!(self.visibility(), Visibility::Inherited)
    }

    /// Reports whether other crates can mean the type.
    pub(super) fn is_public(&self) -> bool {
        matches!(self.visibility(), Visibility::Public(_))
    }

    /// Reports whether the type is read from or written to JSON.
    fn is_of_wire(&self) -> bool {
        let attributes = match self {
            Self::Struct(item) => &item.attrs,
            Self::Enum(item) => &item.attrs,
            Self::Alias(_) => return true,
        };
        let mut found = false;
        for attribute in attributes.iter().filter(|it| it.path().is_ident("derive")) {
            attribute
                .parse_nested_meta(|meta| {
                    let last = meta.path.segments.last().unwrap().ident.to_string();
                    found |= last == "Serialize" || last == "Deserialize";
                    Ok(())
                })
                .unwrap();
        }
        found
    }
}

fn files_below(dir: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files_below(&path, found);
        } else if path.extension().is_some_and(|it| it == "rs") && !path.ends_with("tests.rs") {
            found.push(path);
        }
    }
}
