//! Quoting of words for a shell.

/// Returns words as one line of a POSIX shell.
pub(super) fn typed(words: &[&str]) -> String {
    let quoted: Vec<String> = words.iter().map(|word| quoted(word)).collect();
    quoted.join(" ")
}

fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=@,+%".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::typed;

    #[test]
    fn only_what_a_shell_would_change_is_quoted() {
        assert_eq!(
            typed(&["underpass", "--node", "n1=127.0.0.1", ""]),
            "underpass --node n1=127.0.0.1 ''"
        );
        assert_eq!(typed(&["a b", "it's", "$x"]), r"'a b' 'it'\''s' '$x'");
    }
}
