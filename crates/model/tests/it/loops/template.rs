//! Paths that the templates of pages mention: they are compiled where the page is.

use std::path::Path;

/// The paths from the crate's root in a template and in those that it extends or includes.
pub(super) fn paths(templates: &Path, name: &str) -> Vec<Vec<String>> {
    let Ok(text) = std::fs::read_to_string(templates.join(name)) else {
        return Vec::new();
    };
    let mut found: Vec<Vec<String>> = text.split("crate::").skip(1).map(path).collect();
    for keyword in ["extends", "include", "import"] {
        for after in text.split(&format!("{{% {keyword} \"")).skip(1) {
            let other = after.split('"').next().unwrap_or_default();
            found.extend(paths(templates, other));
        }
    }
    found
}

/// The path at the beginning of a text, below the crate's root.
fn path(text: &str) -> Vec<String> {
    let end = text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_' && c != ':');
    let text = &text[..end.unwrap_or(text.len())];
    let below = text.split("::").map(str::to_owned);
    std::iter::once("crate".to_owned()).chain(below).collect()
}
