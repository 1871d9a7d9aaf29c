//! Tables in the form of the compatible command line.
//!
//! Upper-case headings, a row of `=`, two blanks between columns, `null`, lists joined by `, `;
//! an empty list draws nothing. Text that needs escaping is shown as JSON, so that a cloud's text
//! cannot control the terminal.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::json_text;

/// Columns of a table and their order.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Layout<'a> {
    /// Every member, sorted by name.
    Sorted,
    /// These columns.
    Columns(&'a [&'a str]),
    /// These columns, and below each row its details, one on a line; `x.*` stands for every
    /// member below `x`.
    Detailed(&'a [&'a str], &'a [&'a str]),
}

/// Draws rows; lines have no line end.
pub(crate) fn draw(rows: &[Value], layout: Layout<'_>) -> Vec<String> {
    if rows.is_empty() {
        return Vec::new();
    }
    let flat: Vec<Row> = rows.iter().map(Row::of).collect();
    let (columns, details): (Vec<&str>, &[&str]) = match layout {
        Layout::Sorted => {
            let names: BTreeSet<&str> = flat.iter().flat_map(Row::leaves).collect();
            (names.into_iter().collect(), &[])
        }
        Layout::Columns(columns) => (columns.to_vec(), &[]),
        Layout::Detailed(columns, details) => (columns.to_vec(), details),
    };
    let widths: Vec<usize> = columns
        .iter()
        .map(|name| {
            flat.iter()
                .map(|row| width(row.cell(name)))
                .max()
                .unwrap_or(0)
                .max(width(name))
        })
        .collect();

    let mut lines = vec![
        join(columns.iter().map(|name| name.to_uppercase()), &widths),
        join(widths.iter().map(|width| "=".repeat(*width)), &widths),
    ];
    for (index, row) in flat.iter().enumerate() {
        if !details.is_empty() && index > 0 {
            lines.push(String::new());
        }
        let cells = columns.iter().map(|name| row.cell(name).to_owned());
        lines.push(join(cells, &widths).trim().to_owned());
        lines.extend(row.details(details));
    }
    lines
}

/// Returns a value as the text of a cell. Times, by the member's `name`, lose their fractions.
pub(crate) fn cell(name: &str, value: &Value) -> String {
    match value {
        Value::Array(items) => items
            .iter()
            .map(|item| cell("", item))
            .collect::<Vec<_>>()
            .join(", "),
        Value::String(text) => {
            let whole = (name.ends_with("_time") && text.ends_with('Z'))
                .then(|| text.split_once('.'))
                .flatten()
                .map_or_else(|| text.clone(), |(seconds, _)| format!("{seconds}Z"));
            plain(&whole)
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => {
            json_text::compact(value)
        }
    }
}

/// Returns a text unchanged if nothing in it needs escaping, else as JSON.
pub(crate) fn plain(text: &str) -> String {
    let quoted = json_text::quoted(text);
    if quoted.len() == text.len() + 2 {
        text.to_owned()
    } else {
        quoted
    }
}

/// A row with nested members under dotted names.
struct Row {
    cells: BTreeMap<String, String>,
    /// Names of objects, which are not columns by default.
    branches: BTreeSet<String>,
}

impl Row {
    fn of(value: &Value) -> Self {
        let mut row = Self {
            cells: BTreeMap::new(),
            branches: BTreeSet::new(),
        };
        if let Value::Object(members) = value {
            for (name, member) in members {
                row.add(name.clone(), member);
            }
        }
        row
    }

    fn add(&mut self, name: String, value: &Value) {
        if let Value::Object(members) = value {
            for (below, member) in members {
                self.add(format!("{name}.{below}"), member);
            }
            self.branches.insert(name.clone());
        }
        let text = cell(&name, value);
        self.cells.insert(name, text);
    }

    fn leaves(&self) -> impl Iterator<Item = &str> {
        self.cells
            .keys()
            .filter(|name| !self.branches.contains(*name))
            .map(String::as_str)
    }

    fn cell(&self, name: &str) -> &str {
        self.cells.get(name).map_or("", String::as_str)
    }

    fn details(&self, desired: &[&str]) -> Vec<String> {
        let mut found: Vec<(&str, &str)> = Vec::new();
        for name in desired {
            if let Some(prefix) = name.strip_suffix('*') {
                let below = self.leaves().filter(|leaf| leaf.starts_with(prefix));
                found.extend(below.map(|leaf| (leaf, self.cell(leaf))));
            } else if let Some(text) = self.cells.get(*name) {
                found.push((name, text));
            }
        }
        let widest = found.iter().map(|(name, _)| width(name)).max().unwrap_or(0);
        found
            .iter()
            .map(|(name, text)| format!("    {name:widest$} = {text}"))
            .collect()
    }
}

fn width(text: &str) -> usize {
    // Cells are printable ASCII, see `plain`.
    text.len()
}

fn join(cells: impl Iterator<Item = String>, widths: &[usize]) -> String {
    let padded: Vec<String> = cells
        .zip(widths)
        .map(|(cell, width)| format!("{cell:<width$}"))
        .collect();
    padded.join("  ")
}

#[cfg(test)]
mod tests;
