//! Words of a POSIX shell.

/// Quotes a text so that a shell reads it as one word, letter by letter.
pub fn quote(text: &str) -> String {
    let is_plain = |b: u8| b.is_ascii_alphanumeric() || b"_@%+=:,./-~".contains(&b);
    // At the beginning of a word, zsh looks `=` up as a program. There, and after what separates
    // parts of a value, shells take `~` for a home directory.
    let is_special = ["=", "~"].iter().any(|mark| text.starts_with(mark))
        || ["=~", ":~"].iter().any(|mark| text.contains(mark));
    if !text.is_empty() && !is_special && text.bytes().all(is_plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// A command line of a program and its arguments.
pub fn command_line<'a>(program: &str, arguments: impl IntoIterator<Item = &'a str>) -> String {
    let mut line = program.to_owned();
    for argument in arguments {
        line.push(' ');
        line.push_str(&quote(argument));
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shell_reads_one_word_whatever_is_in_it() {
        assert_eq!(quote("plain-1.2:x/y=z%40"), "plain-1.2:x/y=z%40");
        assert_eq!(quote(""), "''");
        assert_eq!(quote("=ls"), "'=ls'");
        assert_eq!(quote("it's $(id)"), r"'it'\''s $(id)'");
        assert_eq!(quote("a\nb"), "'a\nb'");
        assert_eq!(quote("~root"), "'~root'");
        assert_eq!(quote("x=~root:~a"), "'x=~root:~a'");
        assert_eq!(quote("a~b"), "a~b");
    }

    #[test]
    fn a_command_line_keeps_its_arguments_apart() {
        assert_eq!(command_line("underpass", ["a", "b c"]), "underpass a 'b c'");
    }
}
