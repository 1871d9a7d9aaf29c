//! Fields of one row.

use std::collections::BTreeMap;

/// The fields of one row, by name.
pub(super) type Row<'a> = BTreeMap<&'a str, &'a str>;

/// Text of a field; empty if there is none.
pub(super) fn text(row: &Row<'_>, name: &str) -> String {
    row.get(name).copied().unwrap_or_default().to_owned()
}

/// Value of a flag: pairs `KEY=VALUE`, joined by commas. Pairs after the first are omitted if their
/// value is empty.
pub(super) fn pairs(parts: &[(&str, &str)]) -> String {
    let is_said = |(place, (_, value)): &(usize, &(&str, &str))| *place == 0 || !value.is_empty();
    let said = parts.iter().enumerate().filter(is_said);
    let pairs: Vec<_> = said
        .map(|(_, (key, value))| format!("{key}={value}"))
        .collect();
    pairs.join(",")
}
