//! The configuration as text, for the fuzz target.

use std::path::Path;

use toml::{Table, Value};

use super::layers::Layers;
use super::load::{HIDDEN, Loaded};
use super::origin::Origin;
use super::problem::{Problem, Problems};
use super::secret::is_secret;
use super::toml_text;

/// Most characters of the line of a problem: 1,200. Place and key are added to the message.
const LONGEST_LINE: usize = 1200;

/// Fewest characters of a secret that is looked for: 8. Shorter texts are in messages by chance.
const SHORTEST_SECRET: usize = 8;

/// The one key that is required, so that it may be set nowhere.
const REQUIRED: &str = "dns.domain";

/// Reads a text as the file of the configuration, and checks what is printed.
pub(crate) fn configuration(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else {
        return;
    };
    match read(text) {
        Ok(loaded) => {
            check_shown(&loaded);
            check_secrets(text, &loaded.warnings.to_string());
        }
        Err(problems) => {
            check_problems(text, &problems);
            check_secrets(text, &problems.to_string());
        }
    }
}

fn read(text: &str) -> Result<Loaded, Problems> {
    let mut layers = Layers::defaults();
    layers.add_file(Path::new("underpass.toml"), text)?;
    Loaded::of(layers)
}

/// Checks that secrets are hidden, and that the values are a file of the same configuration.
fn check_shown(loaded: &Loaded) {
    for (key, shown, _) in loaded.values() {
        let is_hidden = [HIDDEN, "\"\""].contains(&shown.as_str());
        assert!(is_hidden || !is_secret(&key), "{key} = {shown}");
    }
    let shown = with_secrets(loaded);
    let again = match read(&shown) {
        Ok(again) => again,
        Err(problems) => unreachable!("what is shown is refused: {problems}\n{shown}"),
    };
    assert_eq!(again.configuration, loaded.configuration, "{shown}");
    assert_eq!(with_secrets(&again), shown);
}

/// The lines of `config show`, but with secrets.
fn with_secrets(loaded: &Loaded) -> String {
    let values = loaded.layers.values();
    let line = |(key, value, _)| format!("{key} = {}\n", toml_text::written(&value));
    values.map(line).collect()
}

/// Checks that each problem is one short line with a place and a key.
fn check_problems(text: &str, problems: &Problems) {
    assert!(!problems.0.is_empty(), "a refusal has a problem");
    let is_toml = toml::de::DeTable::parse(text).is_ok();
    let lines = 1 + text.matches('\n').count();
    for problem in &problems.0 {
        let shown = problem.to_string();
        assert!(shown.chars().count() <= LONGEST_LINE, "{shown}");
        assert!(!shown.contains(char::is_control), "{shown:?}");
        let Problem { key, origin, .. } = problem;
        assert_eq!(key.is_empty(), !is_toml, "{shown}");
        match origin {
            Some(Origin::File { line, .. }) => assert!((1..=lines).contains(line), "{shown}"),
            None => assert_eq!(key, REQUIRED, "{shown}"),
            Some(other) => unreachable!("{other} is no place in the file: {shown}"),
        }
    }
}

/// Checks that a printed text has no secret of the file.
fn check_secrets(text: &str, printed: &str) {
    let Ok(table) = toml::from_str::<Table>(text) else {
        return;
    };
    let mut secrets = Vec::new();
    find_secrets(&table, &mut secrets);
    for secret in secrets {
        // A text that is also elsewhere in the file may be quoted from there.
        let is_only_there = text.matches(&secret).count() <= 1;
        if secret.len() >= SHORTEST_SECRET && is_only_there {
            assert!(!printed.contains(&secret), "{secret:?} is in {printed:?}");
        }
    }
}

fn find_secrets(table: &Table, secrets: &mut Vec<String>) {
    for (key, value) in table {
        match value {
            Value::Table(inner) => find_secrets(inner, secrets),
            Value::String(secret) if is_secret(key) => secrets.push(secret.clone()),
            value if is_secret(key) => secrets.push(toml_text::written(value)),
            _ => {}
        }
    }
}
