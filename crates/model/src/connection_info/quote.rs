//! Quoting of untrusted text, so that each reader gets it back unchanged.
//!
//! Users, passwords and databases can contain any character. Each format has its own rules and
//! therefore one function here; no value enters an output without one.

use std::fmt::Write as _;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// The characters that the compatible command line does not escape in a URI's user and password:
/// RFC 3986 unreserved characters and the slash.
const COMPATIBLE_LOGIN: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'_')
    .remove(b'.')
    .remove(b'-')
    .remove(b'~')
    .remove(b'/');

/// The characters that are not escaped in a URI's path: RFC 3986 unreserved characters, and those
/// delimiters that have no meaning to a shell. The compatible command line escapes none, which
/// makes some of its URIs unreadable.
const COMPATIBLE_PATH: &AsciiSet = &COMPATIBLE_LOGIN
    .remove(b':')
    .remove(b'@')
    .remove(b',')
    .remove(b'=')
    .remove(b'+');

/// The user or password of a URI, as the compatible command line escapes it.
pub(super) fn compatible_login(text: &str) -> String {
    utf8_percent_encode(text, COMPATIBLE_LOGIN).to_string()
}

/// The path of a URI, equal to the compatible command line's output where that is readable.
pub(super) fn compatible_path(text: &str) -> String {
    utf8_percent_encode(text, COMPATIBLE_PATH).to_string()
}

/// Any component of a URI: escapes all but RFC 3986 unreserved characters.
pub(super) fn percent(text: &str) -> String {
    utf8_percent_encode(text, super::address::RESERVED).to_string()
}

/// One word of a POSIX shell.
pub fn shell(text: &str) -> String {
    let letter = |b: u8| b.is_ascii_alphanumeric() || b"_@%+=:,./-~".contains(&b);
    // At the beginning of a word, zsh expands `=` to the path of a program. There, and after
    // separators within a value, shells expand `~` to a home directory.
    let special = ["=", "~"].iter().any(|mark| text.starts_with(mark))
        || ["=~", ":~"].iter().any(|mark| text.contains(mark));
    if !text.is_empty() && !special && text.bytes().all(letter) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// The value of a line `NAME=VALUE`, for shells and dotenv readers.
///
/// In single quotes both read everything literally, but they differ on a single quote itself; in
/// double quotes they agree.
pub(super) fn dotenv(text: &str) -> String {
    if !text.contains('\'') {
        return shell(text);
    }
    let mut quoted = String::from('"');
    for character in text.chars() {
        if matches!(character, '\\' | '"' | '$' | '`') {
            quoted.push('\\');
        }
        quoted.push(character);
    }
    quoted.push('"');
    quoted
}

/// A value of libpq's `keyword = value` strings, within quotes.
pub(super) fn conninfo_quoted(text: &str) -> String {
    let escaped = text.replace('\\', r"\\").replace('\'', r"\'");
    format!("'{escaped}'")
}

/// The same, unquoted if the compatible command line's unquoted value is readable.
pub(super) fn conninfo(text: &str) -> String {
    let ends_it = |c: char| c.is_ascii_whitespace() || matches!(c, '\'' | '\\');
    if text.is_empty() || text.contains(ends_it) {
        conninfo_quoted(text)
    } else {
        text.to_owned()
    }
}

/// A double-quoted string of YAML, in printable ASCII alone.
pub(super) fn yaml(text: &str) -> String {
    let mut quoted = String::from('"');
    for character in text.chars() {
        // Writing to a String cannot fail.
        let _infallible = match character {
            '"' | '\\' => write!(quoted, "\\{character}"),
            '\n' => write!(quoted, "\\n"),
            ' '..='~' => write!(quoted, "{character}"),
            other => write!(quoted, "\\U{:08X}", u32::from(other)),
        };
    }
    quoted.push('"');
    quoted
}

/// A double-quoted value of curl's configuration files.
pub(super) fn curl(text: &str) -> String {
    let mut quoted = String::from('"');
    for character in text.chars() {
        match character {
            '"' | '\\' => quoted.extend(['\\', character]),
            '\t' => quoted.push_str("\\t"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\u{b}' => quoted.push_str("\\v"),
            other => quoted.push(other),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shell_reads_one_word_whatever_is_in_it() {
        assert_eq!(shell("plain-1.2:x/y=z%40"), "plain-1.2:x/y=z%40");
        assert_eq!(shell(""), "''");
        assert_eq!(shell("=ls"), "'=ls'");
        assert_eq!(shell("it's $(id)"), r"'it'\''s $(id)'");
        assert_eq!(shell("a\nb"), "'a\nb'");
        assert_eq!(shell("~root"), "'~root'");
        assert_eq!(shell("x=~root:~a"), "'x=~root:~a'");
        assert_eq!(shell("a~b"), "a~b");
    }

    #[test]
    fn env_files_avoid_what_their_readers_disagree_on() {
        assert_eq!(dotenv("a b$c"), "'a b$c'");
        assert_eq!(dotenv("it's `$x` \"\\"), r#""it's \`\$x\` \"\\""#);
    }

    #[test]
    fn libpq_reads_backslashes_and_quotes_back() {
        assert_eq!(conninfo("avnadmin"), "avnadmin");
        assert_eq!(conninfo("a b"), "'a b'");
        assert_eq!(conninfo(r"o'k\"), r"'o\'k\\'");
    }

    #[test]
    fn yaml_and_curl_escape_control_characters() {
        assert_eq!(
            yaml("a\"\\\n\u{1b}é😀"),
            r#""a\"\\\n\U0000001B\U000000E9\U0001F600""#
        );
        assert_eq!(curl("a\"\\\n\t$"), r#""a\"\\\n\t$""#);
    }

    #[test]
    fn uris_are_those_of_the_compatible_command_line_where_they_can_be_read() {
        assert_eq!(compatible_login("p w/@:é~"), "p%20w/%40%3A%C3%A9~");
        assert_eq!(compatible_path("my-db_1/x:y@z"), "my-db_1/x:y@z");
        assert_eq!(compatible_path("a;b?c#d%e f"), "a%3Bb%3Fc%23d%25e%20f");
        assert_eq!(percent("a/b"), "a%2Fb");
    }
}
