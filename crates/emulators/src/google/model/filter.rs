//! The `filter` of list requests: comparisons joined by AND.
//!
//! Two syntaxes are supported: `member = "value" AND …`, also as `(member = value) (…)`, and the
//! older `member eq pattern`, where the pattern must match the whole value.

use serde_json::Value;

use super::id::path_of;
use super::refusal::Refusal;

/// Maximum length of a filter, in bytes: twice the 2048 characters that the API reference allows.
const MAX_BYTES: usize = 4096;

/// A parsed filter.
#[derive(Debug, PartialEq)]
pub(super) struct Filter {
    comparisons: Vec<Comparison>,
}

#[derive(Debug, PartialEq)]
struct Comparison {
    /// JSON pointer to the compared member.
    member: String,
    operator: Operator,
    operand: String,
    /// True for `!=` and `ne`.
    negated: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operator {
    /// `=`: the value equals the operand.
    Equals,
    /// `:`: the value contains the operand, ignoring case; `*` matches any value.
    Contains,
    /// `eq`: the operand, a pattern, matches the whole value.
    Matches,
}

impl Filter {
    /// Parses a filter.
    ///
    /// # Errors
    /// 400 `invalid` for unsupported syntax, because a partly applied filter would list too much.
    pub(super) fn parse(text: &str) -> Result<Filter, Refusal> {
        let refused = || {
            let why = "Invalid list filter expression. The emulator supports: member = value, !=, \
                       :, eq and ne, joined by AND.";
            Refusal::parameter("filter", text, why)
        };
        if text.len() > MAX_BYTES {
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
            let [member, operator, operand, after @ ..] = rest else {
                return Err(refused());
            };
            comparisons.push(comparison(member, operator, operand).ok_or_else(refused)?);
            rest = after;
        }
        Ok(Filter { comparisons })
    }

    /// Reports whether a document passes the filter.
    pub(super) fn matches(&self, document: &Value) -> bool {
        self.comparisons.iter().all(|it| it.holds(document))
    }
}

impl Comparison {
    fn holds(&self, document: &Value) -> bool {
        let value = document.pointer(&self.member).unwrap_or(&Value::Null);
        let holds = match value {
            Value::Array(values) => values.iter().any(|it| self.fits(&text_of(it))),
            Value::Null => match self.operator {
                Operator::Contains => false,
                // Documents omit members that are false.
                Operator::Equals | Operator::Matches => self.operand == "false" || self.fits(""),
            },
            Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_) => {
                self.fits(&text_of(value))
            }
        };
        holds != self.negated
    }

    fn fits(&self, value: &str) -> bool {
        let operand = self.operand.as_str();
        match self.operator {
            Operator::Equals => value == operand || same_link(value, operand),
            Operator::Contains => {
                let value = value.to_ascii_lowercase();
                operand == "*" || value.contains(&operand.to_ascii_lowercase())
            }
            Operator::Matches => pattern_matches(operand, value) || same_link(value, operand),
        }
    }
}

fn text_of(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
            value.to_string()
        }
    }
}

/// Reports whether both texts are links to the same resource, in any spelling.
fn same_link(left: &str, right: &str) -> bool {
    path_of(left).starts_with("projects/") && path_of(left) == path_of(right)
}

/// Reports whether a pattern matches a whole value.
///
/// Of regular expressions only `.*` is supported. A dot matches itself, as names and addresses that
/// are compared contain unescaped dots.
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

fn comparison(member: &Token, operator: &Token, operand: &Token) -> Option<Comparison> {
    let Token::Word(member) = member else {
        return None;
    };
    let (operator, negated) = match operator {
        Token::Operator("=") => (Operator::Equals, false),
        Token::Operator("!=") => (Operator::Equals, true),
        Token::Operator(":") => (Operator::Contains, false),
        Token::Word(word) if word == "eq" => (Operator::Matches, false),
        Token::Word(word) if word == "ne" => (Operator::Matches, true),
        Token::Word(_) | Token::Quoted(_) | Token::Operator(_) => return None,
    };
    let operand = match operand {
        Token::Word(word) if word == "AND" => return None,
        Token::Word(operand) | Token::Quoted(operand) => operand.clone(),
        Token::Operator(_) => return None,
    };
    let unsupported = |it: char| "()[]{}|+?\\".contains(it);
    if operator == Operator::Matches && operand.contains(unsupported) {
        return None;
    }
    let is_name_char = |it: char| it.is_ascii_alphanumeric() || it == '.' || it == '_' || it == '-';
    member.chars().all(is_name_char).then(|| Comparison {
        member: format!("/{}", member.replace('.', "/")),
        operator,
        operand,
        negated,
    })
}

/// Splits a filter into words, quoted texts and operators; omits parentheses, which only group.
fn tokens(text: &str) -> Option<Vec<Token>> {
    let mut tokens = Vec::new();
    let mut depth = 0_usize;
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let after = rest.get(first.len_utf8()..)?;
        rest = match first {
            // As many kinds of spaces as end a word, so that each step takes a character.
            space if space.is_whitespace() => after,
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
                // An operand may be a URL, so after an operator a colon is part of the word.
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
            "name\u{85}=\u{a0}fr-1\n",
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
    fn unsupported_syntax_is_refused() {
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
            "a\u{85}b",
        ] {
            assert!(Filter::parse(filter).is_err(), "{filter}");
        }
    }
}
