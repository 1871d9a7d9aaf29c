//! Terminal output: data on stdout, messages on stderr. No other file writes to the terminal.

use std::io::{self, BufRead as _, IsTerminal as _, Write as _};

use serde_json::Value;

use crate::cli::consent::ConsentArgs;
use crate::cli::output::{Format, FormatPiece, OutputArgs};
use crate::failure::Failure;
use crate::json_text;
use crate::table::{self, Layout};

/// Writes the results and messages of a command.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Printer;

#[expect(clippy::unused_self, reason = "a printer is the permission to print")]
impl Printer {
    /// Prints one line of data.
    ///
    /// # Errors
    /// A failed or closed output.
    pub(crate) fn data(self, line: &str) -> Result<(), Failure> {
        let mut out = io::stdout().lock();
        writeln!(out, "{line}")
            .and_then(|()| out.flush())
            .map_err(|error| {
                if error.kind() == io::ErrorKind::BrokenPipe {
                    Failure::reader_gone()
                } else {
                    Failure::refused(format!("failed to write to stdout: {error}"))
                }
            })
    }

    /// Reports whether a person reads the data, not a program.
    pub(crate) fn writes_to_terminal(self) -> bool {
        io::stdout().is_terminal()
    }

    /// Prints one message, with control characters escaped.
    pub(crate) fn say(self, line: &str) {
        let safe: String = line
            .chars()
            .flat_map(|character| {
                let escape = character.is_control() && character != '\n';
                let escaped = escape.then(|| character.escape_default());
                escaped
                    .into_iter()
                    .flatten()
                    .chain((!escape).then_some(character))
            })
            .collect();
        // A failure to print a message cannot be reported.
        let _ = writeln!(io::stderr().lock(), "{safe}");
    }

    /// Prints a list as a table, as JSON or in the given format.
    ///
    /// # Errors
    /// An invalid format, or a failed output.
    pub(crate) fn rows(
        self,
        rows: &[Value],
        layout: Layout<'_>,
        output: &OutputArgs,
    ) -> Result<(), Failure> {
        if let Some(format) = &output.format {
            return rows
                .iter()
                .try_for_each(|row| self.data(&fill(format, row)?));
        }
        if output.json {
            return self.data(&json_text::indented(&Value::Array(rows.to_vec())));
        }
        table::draw(rows, layout)
            .iter()
            .try_for_each(|line| self.data(line))
    }

    /// Prints one object, which `--json` prints without a list around it.
    ///
    /// # Errors
    /// The failures of [`Self::rows`].
    pub(crate) fn row(
        self,
        row: &Value,
        layout: Layout<'_>,
        output: &OutputArgs,
    ) -> Result<(), Failure> {
        if output.json && output.format.is_none() {
            return self.data(&json_text::indented(row));
        }
        self.rows(std::slice::from_ref(row), layout, output)
    }

    /// Asks for a confirmation, unless it was given by a flag.
    ///
    /// # Errors
    /// A negative answer, or no terminal to ask on.
    pub(crate) fn confirm(self, question: &str, consent: ConsentArgs) -> Result<(), Failure> {
        if consent.yes {
            return Ok(());
        }
        if !io::stdin().is_terminal() {
            return Err(Failure::usage("not confirmed, and stdin is not a terminal")
                .hint("nothing was changed. Add --yes to skip the confirmation prompt"));
        }
        let _ = write!(io::stderr().lock(), "{question} (y/N)? ");
        let mut answer = String::new();
        io::stdin()
            .lock()
            .read_line(&mut answer)
            .map_err(|error| Failure::refused(format!("failed to read the answer: {error}")))?;
        match answer.trim().to_ascii_lowercase().as_str() {
            "y" | "yes" => Ok(()),
            _ => Err(Failure::refused("not confirmed. Nothing was changed")),
        }
    }
}

impl Printer {
    /// Asks for the name of what is to be removed, unless it was given in advance. The server
    /// compares it.
    ///
    /// # Errors
    /// A wrong answer, or no terminal to ask on.
    pub(crate) fn confirm_name(name: &str, given: Option<String>) -> Result<String, Failure> {
        if let Some(given) = given {
            return Ok(given);
        }
        if !io::stdin().is_terminal() {
            let hint = format!("nothing was changed. Add --confirm {name} to confirm in a script");
            return Err(Failure::usage("not confirmed, and stdin is not a terminal").hint(hint));
        }
        let _ = write!(io::stderr().lock(), "Type {name} to remove it: ");
        let mut answer = String::new();
        io::stdin()
            .lock()
            .read_line(&mut answer)
            .map_err(|error| Failure::refused(format!("failed to read the answer: {error}")))?;
        let answer = answer.trim();
        if answer == name {
            return Ok(answer.to_owned());
        }
        Err(Failure::refused(format!(
            "not confirmed: the answer is not {name}. Nothing was changed"
        )))
    }
}

/// Replaces the placeholders of a format by the members of a row.
///
/// # Errors
/// A member that the row does not have. Its name cannot be checked before the request, because only
/// the answer shows the members.
fn fill(format: &Format, row: &Value) -> Result<String, Failure> {
    let fill = |piece: &FormatPiece| match piece {
        FormatPiece::Text(text) => Ok(text.clone()),
        FormatPiece::Member(name) => row
            .get(name)
            .map(|value| table::cell(name, value))
            .ok_or_else(|| unknown_member(name, row)),
    };
    format.pieces().iter().map(fill).collect()
}

fn unknown_member(name: &str, row: &Value) -> Failure {
    let known = row
        .as_object()
        .map(|row| row.keys().cloned().collect::<Vec<_>>());
    Failure::usage(format!(
        "--format contains the unknown member `{name}`. The request itself succeeded"
    ))
    .hint(format!("members: {}", known.unwrap_or_default().join(", ")))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_format_names_members() {
        let row = json!({ "name": "pg-1", "port": 5432, "ip": null });
        let fill = |text: &str| fill(&text.parse().unwrap(), &row);
        assert_eq!(fill("{name}:{port} {{{ip}}}").unwrap(), "pg-1:5432 {null}");
        assert!(fill("{nope}").is_err());
        assert!("{name".parse::<Format>().is_err());
    }
}
