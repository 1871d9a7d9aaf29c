//! Attributes of the wire types: their documentation, and what serde does with them.

use syn::{Attribute, Expr, Lit, LitStr, Meta};

/// Effects of the attributes of serde on a type, a member or a variant.
#[derive(Debug, Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "independent attributes, each present or not"
)]
pub(super) struct Serde {
    pub(super) rename: Option<String>,
    pub(super) rename_all: Option<String>,
    pub(super) tag: Option<String>,
    pub(super) untagged: bool,
    pub(super) transparent: bool,
    pub(super) flatten: bool,
    pub(super) default: bool,
    pub(super) skip: bool,
    /// Omitted from answers under some condition.
    pub(super) skips_some: bool,
    pub(super) deny_unknown_fields: bool,
    /// Read by a function, which does not accept null.
    pub(super) deserialize_with: bool,
}

pub(super) fn serde(attributes: &[Attribute]) -> Serde {
    let mut found = Serde::default();
    for attribute in attributes.iter().filter(|it| it.path().is_ident("serde")) {
        attribute
            .parse_nested_meta(|meta| {
                let name = meta.path.get_ident().unwrap().to_string();
                let value = || Ok::<_, syn::Error>(meta.value()?.parse::<LitStr>()?.value());
                match name.as_str() {
                    "rename" => found.rename = Some(value()?),
                    "rename_all" => found.rename_all = Some(value()?),
                    "tag" => found.tag = Some(value()?),
                    "untagged" => found.untagged = true,
                    "transparent" => found.transparent = true,
                    "flatten" => found.flatten = true,
                    "skip" => found.skip = true,
                    "deny_unknown_fields" => found.deny_unknown_fields = true,
                    "default" => {
                        found.default = true;
                        if meta.input.peek(syn::Token![=]) {
                            value()?;
                        }
                    }
                    "skip_serializing_if" => {
                        value()?;
                        found.skips_some = true;
                    }
                    "deserialize_with" => {
                        value()?;
                        found.deserialize_with = true;
                    }
                    other => panic!("the document of the API does not know serde's `{other}`"),
                }
                Ok(())
            })
            .unwrap();
    }
    found
}

/// Returns the documentation, without links to items of Rust.
pub(super) fn doc(attributes: &[Attribute]) -> String {
    let lines = attributes.iter().filter_map(|attribute| {
        let Meta::NameValue(pair) = &attribute.meta else {
            return None;
        };
        let Expr::Lit(text) = &pair.value else {
            return None;
        };
        match &text.lit {
            Lit::Str(text) if pair.path.is_ident("doc") => Some(text.value().trim().to_owned()),
            _ => None,
        }
    });
    let text = lines.collect::<Vec<_>>().join(" ");
    text.replace("[`", "`").replace("`]", "`").trim().to_owned()
}

/// Applies a `rename_all` to the name of a variant or of a member.
pub(super) fn renamed(name: &str, rule: Option<&str>) -> String {
    let name = name.trim_start_matches("r#");
    let separated = |separator: char| {
        let mut text = String::new();
        for (place, letter) in name.char_indices() {
            if letter.is_ascii_uppercase() && place > 0 {
                text.push(separator);
            }
            text.push(letter.to_ascii_lowercase());
        }
        text
    };
    match rule {
        None => name.to_owned(),
        Some("lowercase") => name.to_ascii_lowercase(),
        Some("UPPERCASE") => name.to_ascii_uppercase(),
        Some("snake_case") => separated('_'),
        Some("kebab-case") => separated('-'),
        Some("SCREAMING_SNAKE_CASE") => separated('_').to_ascii_uppercase(),
        Some(rule) => panic!("the document of the API does not know `rename_all = \"{rule}\"`"),
    }
}
