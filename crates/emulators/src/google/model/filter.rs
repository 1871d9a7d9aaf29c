//! The `filter` of lists: comparisons that must all hold.
//!
//! Two forms are in use: `member = "value" AND …`, also as `(member = value) (…)`, and the older
//! `member eq pattern`, where the pattern must match the whole value.

use serde_json::Value;

use super::id::path_of;
use super::refusal::Refusal;

/// Longest filter that is read, in bytes (API reference: 2048 characters is what clients keep to).
const LONGEST: usize = 4096;

/// A filter that was understood.
#[derive(Debug, PartialEq)]
pub(super) struct Filter {
    comparisons: Vec<Comparison>,
}

#[derive(Debug, PartialEq)]
struct Comparison {
    /// A JSON pointer.
    member: String,
    test: Test,
    wanted: String,
    /// Whether the opposite must hold.
    negated: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Test {
    /// `=`: the value is this.
    Is,
    /// `:`: the value has this in it, without regard to case; `*` stands for any value.
    Has,
    /// `eq`: the pattern matches the whole value.
    Matches,
}

impl Filter {
    /// Reads a filter.
    ///
    /// # Errors
    /// Refuses what is not understood, rather than listing too much or too little.
    pub(super) fn parse(text: &str) -> Result<Filter, Refusal> {
        let refused = || {
            let why = "Invalid list filter expression. The emulator supports: member = value, !=, :, eq and \
                       ne, joined by AND.";
            Refusal::parameter("filter", text, why)
        };
        if text.len() > LONGEST {
            return Err(refused());
        }
        let tokens = tokens(text).ok_or_else(refused)?;
        let mut comparisons = Vec::new();
        let mut rest = tokens.as_slice();
        while !rest.is_empty() {
            rest = match rest {
                [Token::Word(and), after @ ..] if and == "AND" && !comparisons.is_empty() => after,
                _ => rest,
            };
            let [member, operator, wanted, after @ ..] = rest else {
                return Err(refused());
            };
            comparisons.push(comparison(member, operator, wanted).ok_or_else(refused)?);
            rest = after;
        }
        Ok(Filter { comparisons })
    }

    /// Whether a document passes.
    pub(super) fn matches(&self, document: &Value) -> bool {
        self.comparisons.iter().all(|it| it.holds(document))
    }
}

impl Comparison {
    fn holds(&self, document: &Value) -> bool {
        let value = document.pointer(&self.member).unwrap_or(&Value::Null);
        let holds = match value {
            Value::Array(values) => values.iter().any(|it| self.fits(&plain(it))),
            Value::Null => match self.test {
                Test::Has => false,
                // Members that are off are left out of documents.
                Test::Is | Test::Matches => self.wanted == "false" || self.fits(""),
            },
            Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_) => {
                self.fits(&plain(value))
            }
        };
        holds != self.negated
    }

    fn fits(&self, value: &str) -> bool {
        let wanted = self.wanted.as_str();
        match self.test {
            Test::Is => value == wanted || same_link(value, wanted),
            Test::Has => {
                let value = value.to_ascii_lowercase();
                wanted == "*" || value.contains(&wanted.to_ascii_lowercase())
            }
            Test::Matches => pattern_matches(wanted, value) || same_link(value, wanted),
        }
    }
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
            value.to_string()
        }
    }
}

/// Whether both are links to the same thing, however they are spelled.
fn same_link(one: &str, other: &str) -> bool {
    path_of(one).starts_with("projects/") && path_of(one) == path_of(other)
}

/// Whether a pattern matches a whole value. Of regular expressions only `.*` is known, and a dot,
/// which stands for itself as it does in the names and addresses that are compared.
fn pattern_matches(pattern: &str, value: &str) -> bool {
    let pattern = pattern.trim_start_matches('^').trim_end_matches('$');
    let mut pieces = pattern.split(".*");
    let Some(mut rest) = pieces.next().and_then(|first| value.strip_prefix(first)) else {
        return false;
    };
    let mut pieces: Vec<&str> = pieces.collect();
    let Some(last) = pieces.pop() else {
        return rest.is_empty();
    };
    for piece in pieces {
        let Some(at) = rest.find(piece) else {
            return false;
        };
        rest = rest.get(at + piece.len()..).unwrap_or_default();
    }
    rest.ends_with(last)
}

// === reading ===

#[derive(Debug, Clone, PartialEq)]
enum Token {
    Word(String),
    Quoted(String),
    Operator(&'static str),
}

fn comparison(member: &Token, operator: &Token, wanted: &Token) -> Option<Comparison> {
    let Token::Word(member) = member else {
        return None;
    };
    let (test, negated) = match operator {
        Token::Operator("=") => (Test::Is, false),
        Token::Operator("!=") => (Test::Is, true),
        Token::Operator(":") => (Test::Has, false),
        Token::Word(word) if word == "eq" => (Test::Matches, false),
        Token::Word(word) if word == "ne" => (Test::Matches, true),
        Token::Word(_) | Token::Quoted(_) | Token::Operator(_) => return None,
    };
    let wanted = match wanted {
        Token::Word(word) if word == "AND" => return None,
        Token::Word(wanted) | Token::Quoted(wanted) => wanted.clone(),
        Token::Operator(_) => return None,
    };
    let foreign = |it: char| "()[]{}|+?\\".contains(it);
    if test == Test::Matches && wanted.contains(foreign) {
        return None;
    }
    let known = |it: char| it.is_ascii_alphanumeric() || it == '.' || it == '_' || it == '-';
    member.chars().all(known).then(|| Comparison {
        member: format!("/{}", member.replace('.', "/")),
        test,
        wanted,
        negated,
    })
}

/// Words, quoted texts and operators; parentheses only group and fall away.
fn tokens(text: &str) -> Option<Vec<Token>> {
    let mut tokens = Vec::new();
    let mut depth = 0_usize;
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let after = rest.get(first.len_utf8()..)?;
        rest = match first {
            ' ' | '\t' => after,
            '(' => {
                depth += 1;
                after
            }
            ')' => {
                depth = depth.checked_sub(1)?;
                after
            }
            '"' | '\'' => {
                let (quoted, after) = after.split_once(first)?;
                tokens.push(Token::Quoted(quoted.to_owned()));
                after
            }
            '=' => {
                tokens.push(Token::Operator("="));
                after
            }
            ':' => {
                tokens.push(Token::Operator(":"));
                after
            }
            '!' => {
                tokens.push(Token::Operator("!="));
                after.strip_prefix('=')?
            }
            '<' | '>' => return None,
            _ => {
                // A value may be a link, so that after an operator a colon is part of a word.
                let is_value = matches!(tokens.last(), Some(Token::Operator(_)));
                let ends = |it: char| {
                    it.is_whitespace() || "()\"'=!<>".contains(it) || (it == ':' && !is_value)
                };
                let end = rest.find(ends).unwrap_or(rest.len());
                let (word, after) = rest.split_at_checked(end)?;
                tokens.push(Token::Word(word.to_owned()));
                after
            }
        };
    }
    (depth == 0).then_some(tokens)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn passes(filter: &str, document: &Value) -> bool {
        Filter::parse(filter).unwrap().matches(document)
    }

    #[test]
    fn comparisons_are_joined_by_and() {
        let rule = json!({
            "name": "fr-1", "IPAddress": "10.0.0.5", "allPorts": true, "priority": 900,
            "network": "https://www.googleapis.com/compute/v1/projects/p/global/networks/n",
            "nested": { "port": 5432 }, "ranges": ["10.0.0.0/8"],
        });
        for filter in [
            "IPAddress = \"10.0.0.5\"",
            "IPAddress=10.0.0.5",
            "name eq fr-1",
            "name eq 'fr-.*'",
            "name eq .*1",
            "name ne other",
            "name != x AND allPorts = true AND priority=900",
            "(name = \"fr-1\") (nested.port = 5432)",
            "network = \"https://compute.googleapis.com/compute/v1/projects/p/global/networks/n\"",
            "network = https://www.googleapis.com/compute/v1/projects/p/global/networks/n",
            "network eq projects/p/global/networks/n",
            "ranges = \"10.0.0.0/8\"",
            "ranges : *",
            "name:FR",
            "absent = false",
        ] {
            assert!(passes(filter, &rule), "{filter}");
        }
        for filter in [
            "IPAddress = \"10.0.0.50\"",
            "name eq fr",
            "name = fr-1 AND allPorts = false",
            "absent : *",
            "name ne fr-1",
            "name eq fr-.*2",
        ] {
            assert!(!passes(filter, &rule), "{filter}");
        }
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        for filter in [
            "name",
            "name =",
            "name = a OR name = b",
            "name > a",
            "(name = a",
            "name = a)",
            "name = \"a",
            "name eq (a|b)",
            "AND name = a",
            "= = =",
            "name ! a",
            "é\u{0} = \u{10ffff} \"",
        ] {
            assert!(Filter::parse(filter).is_err(), "{filter}");
        }
    }
}
