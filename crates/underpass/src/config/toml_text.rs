//! Keys and values as TOML.

use toml::Value;

/// A value as TOML.
pub(super) fn written(value: &Value) -> String {
    match value {
        Value::String(text) => quoted(text),
        Value::Integer(number) => number.to_string(),
        Value::Boolean(flag) => flag.to_string(),
        Value::Array(items) => {
            let items: Vec<_> = items.iter().map(written).collect();
            format!("[{}]", items.join(", "))
        }
        // No key takes one of these.
        Value::Float(number) => number.to_string(),
        Value::Datetime(time) => time.to_string(),
        Value::Table(_) => "{…}".to_owned(),
    }
}

/// The parts of a key with dots between them.
pub(super) fn dotted<'a>(parts: impl IntoIterator<Item = &'a str>) -> String {
    let parts: Vec<_> = parts.into_iter().map(key).collect();
    parts.join(".")
}

/// One part of a key; quoted, unless it has letters, digits, `_` and `-` only.
pub(super) fn key(part: &str) -> String {
    let is_bare = |it: char| it.is_ascii_alphanumeric() || matches!(it, '_' | '-');
    if !part.is_empty() && part.chars().all(is_bare) {
        return part.to_owned();
    }
    quoted(part)
}

/// A text as a basic string. What is not visible is escaped by four or eight digits.
fn quoted(text: &str) -> String {
    let escaped = |it: char| match it {
        '"' | '\\' => format!("\\{it}"),
        '\n' => "\\n".to_owned(),
        '\r' => "\\r".to_owned(),
        '\t' => "\\t".to_owned(),
        it if it == '\'' || it.escape_debug().len() == 1 => it.to_string(),
        it => match u32::from(it) {
            code @ ..=0xFFFF => format!("\\u{code:04X}"),
            code => format!("\\U{code:08X}"),
        },
    };
    let escaped: String = text.chars().map(escaped).collect();
    format!("\"{escaped}\"")
}

#[cfg(test)]
mod tests {
    use toml::Table;

    use super::*;

    #[test]
    fn texts_and_keys_are_read_again() {
        let odd = "/a\u{7f}\u{200b}\u{e0001}\0\u{1b}\t\r\n\\\"'é\u{301}";
        let (key, value) = (
            dotted([odd, "b-1", ""]),
            written(&Value::String(odd.to_owned())),
        );
        assert!(!key.contains(char::is_control) && !value.contains(char::is_control));
        let read: Table = toml::from_str(&format!("{key} = {value}")).unwrap();
        let inner = read.get(odd).and_then(|it| it.get("b-1")?.get(""));
        assert_eq!(inner.and_then(Value::as_str), Some(odd));
        assert_eq!(dotted(["dns", "keys", "a.b"]), "dns.keys.\"a.b\"");
    }
}
