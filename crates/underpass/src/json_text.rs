//! JSON in the form of the compatible command line: sorted keys, ASCII only.
//!
//! Everything outside printable ASCII is escaped, so that a cloud's text cannot move the cursor,
//! change colours or reverse the reading direction of a terminal.

use std::fmt::Write as _;

use serde_json::Value;

/// Writes JSON on one line, with a blank after `,` and `:`.
pub(crate) fn compact(value: &Value) -> String {
    let mut text = String::new();
    write_value(&mut text, value, None);
    text
}

/// Writes JSON over several lines, indented by four blanks.
pub(crate) fn indented(value: &Value) -> String {
    let mut text = String::new();
    write_value(&mut text, value, Some(0));
    text
}

/// Writes a string with its quotes.
pub(crate) fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    write_string(&mut out, text);
    out
}

fn write_value(out: &mut String, value: &Value, depth: Option<usize>) {
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(flag) => out.push_str(if *flag { "true" } else { "false" }),
        Value::Number(number) => out.push_str(&number.to_string()),
        Value::String(text) => write_string(out, text),
        Value::Array(items) => {
            let items = items.iter().map(|item| (None, item));
            write_items(out, ('[', ']'), items, depth);
        }
        Value::Object(members) => {
            // Sorted, independent of the map's own order in this build.
            let sorted: std::collections::BTreeMap<_, _> = members.iter().collect();
            let members = sorted
                .into_iter()
                .map(|(name, member)| (Some(name), member));
            write_items(out, ('{', '}'), members, depth);
        }
    }
}

fn write_items<'a>(
    out: &mut String,
    (open, close): (char, char),
    items: impl Iterator<Item = (Option<&'a String>, &'a Value)>,
    depth: Option<usize>,
) {
    out.push(open);
    let inner = depth.map(|depth| depth + 1);
    let mut is_empty = true;
    for (name, item) in items {
        if !is_empty {
            out.push(',');
        }
        match inner {
            Some(depth) => new_line(out, depth),
            None if !is_empty => out.push(' '),
            None => {}
        }
        is_empty = false;
        if let Some(name) = name {
            write_string(out, name);
            out.push_str(": ");
        }
        write_value(out, item, inner);
    }
    if let (Some(depth), false) = (depth, is_empty) {
        new_line(out, depth);
    }
    out.push(close);
}

fn new_line(out: &mut String, depth: usize) {
    out.push('\n');
    out.extend(std::iter::repeat_n("    ", depth));
}

fn write_string(out: &mut String, text: &str) {
    out.push('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            ' '..='~' => out.push(character),
            _ => {
                let mut units = [0; 2];
                for unit in character.encode_utf16(&mut units) {
                    // Writing to a string cannot fail.
                    let _ = write!(out, "\\u{unit:04x}");
                }
            }
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn objects_are_sorted_and_spaced_as_python_writes_them() {
        let value = json!({ "b": [1, true, null], "a": {}, "c": [] });
        assert_eq!(
            compact(&value),
            r#"{"a": {}, "b": [1, true, null], "c": []}"#
        );
        let expected = "{\n    \"a\": {},\n    \"b\": [\n        1,\n        true,\n        null\n    ],\n    \"c\": []\n}";
        assert_eq!(indented(&value), expected);
    }

    #[test]
    fn only_printable_ascii_is_written() {
        assert_eq!(quoted("a\u{1b}[2J"), r#""a\u001b[2J""#);
        assert_eq!(quoted("\u{202e}\u{7f}"), r#""\u202e\u007f""#);
        assert_eq!(quoted("😀"), r#""\ud83d\ude00""#);
    }
}
