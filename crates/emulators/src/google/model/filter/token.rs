//! Words, quoted texts, operators and parentheses of a filter.

/// A part of a filter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Token {
    Word(String),
    Quoted(String),
    /// One of `=`, `!=`, `<`, `<=`, `>`, `>=` and `:`.
    Operator(&'static str),
    Open,
    Close,
}

/// Maximum depth of parentheses.
pub(super) const MAX_DEPTH: usize = 32;

/// Operators, longer ones before those that they begin with.
const OPERATORS: [&str; 7] = ["!=", "<=", ">=", "=", "<", ">", ":"];

/// Splits a filter into tokens.
///
/// # Errors
/// The rule that the text breaks: an unfinished quoted text, or a character that begins no token.
pub(super) fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let mut tokens = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let after = rest.get(first.len_utf8()..).unwrap_or_default();
        if let Some(operator) = OPERATORS.into_iter().find(|it| rest.starts_with(it)) {
            tokens.push(Token::Operator(operator));
            rest = rest.get(operator.len()..).unwrap_or_default();
            continue;
        }
        rest = match first {
            // As many kinds of spaces as end a word, so that each step takes a character.
            space if space.is_whitespace() => after,
            '(' => {
                tokens.push(Token::Open);
                after
            }
            ')' => {
                tokens.push(Token::Close);
                after
            }
            '"' | '\'' => {
                let (quoted, after) = quoted(after, first)?;
                tokens.push(Token::Quoted(quoted));
                after
            }
            '!' => return Err("'!' must be followed by '='.".to_owned()),
            _ => {
                // An operand may be a URL, so after an operator a colon is part of the word.
                let is_value = matches!(tokens.last(), Some(Token::Operator(_)));
                let ends = |it: char| {
                    it.is_whitespace() || "()\"'=!<>".contains(it) || (it == ':' && !is_value)
                };
                let end = rest.find(ends).unwrap_or(rest.len());
                let (word, after) = rest.split_at(end);
                tokens.push(Token::Word(word.to_owned()));
                after
            }
        };
    }
    Ok(tokens)
}

/// Reads a quoted text up to its end; a backslash before a quote or a backslash stands for that.
fn quoted(text: &str, quote: char) -> Result<(String, &str), String> {
    let mut read = String::new();
    let mut characters = text.char_indices();
    while let Some((at, it)) = characters.next() {
        match it {
            '\\' => match characters.next() {
                Some((_, escaped)) if escaped == quote || escaped == '\\' => read.push(escaped),
                Some((_, other)) => read.extend(['\\', other]),
                None => break,
            },
            it if it == quote => {
                return Ok((read, text.get(at + it.len_utf8()..).unwrap_or_default()));
            }
            it => read.push(it),
        }
    }
    Err("A quoted value has no end.".to_owned())
}
