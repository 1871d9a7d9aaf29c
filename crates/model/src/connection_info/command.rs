//! A command line for a POSIX shell.

use std::fmt;

use super::quote;

/// A command line: variables, a program, its arguments.
///
/// Passwords are passed in variables or on standard input, because every process of a machine can
/// read the arguments of the others.
#[derive(Debug, Clone, Default)]
pub(super) struct CommandLine {
    variables: Vec<(&'static str, String)>,
    words: Vec<String>,
    /// One line for the program's standard input.
    input: Option<String>,
}

impl CommandLine {
    pub(super) fn new(program: &str) -> Self {
        Self {
            words: vec![program.to_owned()],
            ..Self::default()
        }
    }

    /// Sets a variable for the program, if there is a value.
    pub(super) fn variable(mut self, name: &'static str, value: Option<&str>) -> Self {
        self.variables
            .extend(value.map(|value| (name, value.to_owned())));
        self
    }

    /// Adds arguments.
    pub(super) fn words<'a>(mut self, words: impl IntoIterator<Item = &'a str>) -> Self {
        self.words.extend(words.into_iter().map(str::to_owned));
        self
    }

    /// Adds one argument.
    pub(super) fn word(mut self, word: String) -> Self {
        self.words.push(word);
        self
    }

    /// Gives the program a line to read.
    pub(super) fn input(mut self, line: String) -> Self {
        self.input = Some(line);
        self
    }
}

impl fmt::Display for CommandLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(line) = &self.input {
            // A builtin of every shell, so the line is in no process's arguments.
            write!(f, "printf '%s\\n' {} | ", quote::shell(line))?;
        }
        for (name, value) in &self.variables {
            write!(f, "{name}={} ", quote::shell(value))?;
        }
        let words: Vec<_> = self.words.iter().map(|word| quote::shell(word)).collect();
        f.write_str(&words.join(" "))
    }
}
