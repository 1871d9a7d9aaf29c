//! Excerpts of input, for messages that quote it.

/// Longest excerpt: 80 characters, one line of a terminal.
const LONGEST: usize = 80;

/// Returns input as one short line: control characters become blanks, and the end of a longer text
/// is replaced by `…`.
pub fn excerpt(input: &str) -> String {
    let one_line = |c: char| if c.is_control() { ' ' } else { c };
    let mut text: String = input.chars().take(LONGEST).map(one_line).collect();
    if input.chars().nth(LONGEST).is_some() {
        text.push('…');
    }
    text
}

/// Returns a message in which each text between backquotes is an excerpt.
pub fn excerpt_quotes(message: &str) -> String {
    let parts: Vec<_> = message.split('`').map(excerpt).collect();
    parts.join("`")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_input_is_quoted_as_one_short_line() {
        assert_eq!(excerpt("pg-1"), "pg-1");
        assert_eq!(excerpt("a\n\u{1b}[31mb"), "a  [31mb");
        let long = "ä".repeat(1_000_000);
        assert_eq!(excerpt(&long), format!("{}…", "ä".repeat(LONGEST)));
        let message = format!("`{long}` is not a route. Valid values: `dynamic`");
        assert_eq!(
            excerpt_quotes(&message),
            format!(
                "`{}…` is not a route. Valid values: `dynamic`",
                "ä".repeat(LONGEST)
            )
        );
    }
}
