//! Filters with regular expressions: `field eq pattern`, `field ne pattern`.
//!
//! One stands alone, or several stand in parentheses, also nested ones as gcloud writes them. A
//! pattern is quoted or not, and must match the whole value.
//!
//! The syntax of patterns is RE2's, as far as `regex-automata` shares it.

use regex_automata::nfa::thompson::{self, pikevm::PikeVM};
use regex_automata::util::syntax;
use serde_json::Value;

use super::field::{Field, is_field_char, text_of};
use super::token::MAX_DEPTH;

/// Maximum size of a compiled pattern, in bytes; one of gcloud's has a few thousand.
const MAX_COMPILED_BYTES: usize = 128 * 1024;

/// Maximum depth of a pattern's groups.
const MAX_GROUPS: u32 = 50;

/// Operators within a class that RE2 does not have: there they are characters.
const CLASS_OPERATORS: [&str; 3] = ["&&", "--", "~~"];

/// One test of a field.
#[derive(Debug)]
pub(super) struct Pattern {
    field: Field,
    expression: PikeVM,
    /// True if the pattern is `false`, which documents omit.
    is_false: bool,
    is_negated: bool,
}

impl Pattern {
    pub(super) fn field(&self) -> &Field {
        &self.field
    }

    pub(super) fn holds(&self, document: &Value) -> bool {
        let values = self.field.values(document);
        let matches = if values.is_empty() {
            self.is_false || self.matches("")
        } else {
            values.iter().any(|value| self.matches(&text_of(value)))
        };
        matches != self.is_negated
    }

    fn matches(&self, text: &str) -> bool {
        let mut cache = self.expression.create_cache();
        self.expression.is_match(&mut cache, text)
    }
}

/// Reports whether a filter is of this syntax.
pub(super) fn begins(text: &str) -> bool {
    let text = text.trim_start_matches(|it: char| it == '(' || it.is_whitespace());
    let after = text.trim_start_matches(is_field_char);
    after.len() < text.len() && after.starts_with(char::is_whitespace) && operator(after).is_some()
}

/// Parses a filter.
///
/// # Errors
/// The rule that the text breaks.
pub(super) fn parse(text: &str) -> Result<Vec<Pattern>, String> {
    let mut rest = text.trim();
    let mut patterns = Vec::new();
    if !rest.starts_with('(') {
        rest = test(rest, Literal::ToTheEnd, &mut patterns)?;
    }
    while !rest.is_empty() {
        rest = group(rest, 0, &mut patterns)?.trim_start();
    }
    Ok(patterns)
}

/// Reads a test, or further groups, in parentheses; returns what follows.
fn group<'a>(text: &'a str, depth: usize, patterns: &mut Vec<Pattern>) -> Result<&'a str, String> {
    let Some(inner) = text.strip_prefix('(') else {
        return Err("Each 'eq' and 'ne' but a single one must be in parentheses.".to_owned());
    };
    if depth >= MAX_DEPTH {
        return Err(format!(
            "Parentheses are nested more than {MAX_DEPTH} deep."
        ));
    }
    let mut rest = inner.trim_start();
    if rest.starts_with('(') {
        while rest.starts_with('(') {
            rest = group(rest, depth + 1, patterns)?.trim_start();
        }
    } else {
        rest = test(rest, Literal::ToTheParenthesis, patterns)?;
    }
    let after = rest.trim_start().strip_prefix(')');
    after.ok_or_else(|| "A parenthesis is not closed.".to_owned())
}

/// The end of a pattern without quotes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Literal {
    ToTheEnd,
    ToTheParenthesis,
}

/// Reads `field eq pattern` or `field ne pattern`; returns what follows.
fn test<'a>(
    text: &'a str,
    literal: Literal,
    patterns: &mut Vec<Pattern>,
) -> Result<&'a str, String> {
    let end = text
        .find(|it: char| !is_field_char(it))
        .unwrap_or(text.len());
    let (name, rest) = text.split_at(end);
    let field = Field::parse(name).ok_or_else(|| format!("'{name}' is no name of a field."))?;
    let Some((is_negated, rest)) = operator(rest) else {
        let why = "'eq' and 'ne' cannot be joined with other operators, nor with AND, OR or NOT.";
        return Err(why.to_owned());
    };
    let rest = rest.trim_start();
    let (pattern, rest) = match rest.chars().next() {
        Some(quote @ ('"' | '\'')) => quoted(rest, quote)?,
        _ => unquoted(rest, literal)?,
    };
    patterns.push(Pattern {
        field,
        expression: compiled(pattern)?,
        is_false: pattern == "false",
        is_negated,
    });
    Ok(rest)
}

/// Reads `eq` or `ne`; returns whether it negates, and what follows.
fn operator(text: &str) -> Option<(bool, &str)> {
    let text = text.trim_start();
    let (is_negated, rest) = match text.strip_prefix("eq") {
        Some(rest) => (false, rest),
        None => (true, text.strip_prefix("ne")?),
    };
    let ends = |it: char| it.is_whitespace() || it == '"' || it == '\'' || it == '(';
    (rest.is_empty() || rest.starts_with(ends)).then_some((is_negated, rest))
}

/// Reads a pattern in quotes; a backslash keeps the next character, and stays for the pattern.
fn quoted(text: &str, quote: char) -> Result<(&str, &str), String> {
    let mut is_escaped = false;
    for (at, it) in text.char_indices().skip(1) {
        if it == quote && !is_escaped {
            let (pattern, after) = text.split_at(at);
            let pattern = pattern.get(quote.len_utf8()..).unwrap_or_default();
            return Ok((pattern, after.get(quote.len_utf8()..).unwrap_or_default()));
        }
        is_escaped = it == '\\' && !is_escaped;
    }
    Err("A quoted value has no end.".to_owned())
}

/// Reads a pattern without quotes; its own parentheses are balanced.
fn unquoted(text: &str, literal: Literal) -> Result<(&str, &str), String> {
    let (mut depth, mut is_escaped) = (0_usize, false);
    let end = text.find(|it: char| {
        let is_plain = !is_escaped;
        is_escaped = it == '\\' && is_plain;
        match it {
            '(' if is_plain => depth += 1,
            ')' if is_plain && depth == 0 => return literal == Literal::ToTheParenthesis,
            ')' if is_plain => depth -= 1,
            _ => {}
        }
        false
    });
    let (pattern, rest) = text.split_at(end.unwrap_or(text.len()));
    let pattern = pattern.trim_end();
    if pattern.is_empty() || pattern.contains(char::is_whitespace) {
        return Err("A value that is empty or has spaces must be quoted.".to_owned());
    }
    Ok((pattern, rest))
}

fn compiled(pattern: &str) -> Result<PikeVM, String> {
    let refused = || format!("'{pattern}' is no regular expression, or one that is not supported.");
    let has_class = pattern.contains('[');
    if has_class && CLASS_OPERATORS.iter().any(|it| pattern.contains(it)) {
        return Err(refused());
    }
    let syntax = syntax::Config::new().nest_limit(MAX_GROUPS);
    // On its own first, so that it cannot end the group around it.
    syntax::parse_with(pattern, &syntax).map_err(|_| refused())?;
    let size = thompson::Config::new().nfa_size_limit(Some(MAX_COMPILED_BYTES));
    let whole = format!(r"\A(?:{pattern})\z");
    let built = PikeVM::builder()
        .syntax(syntax)
        .thompson(size)
        .build(&whole);
    built.map_err(|_| refused())
}
