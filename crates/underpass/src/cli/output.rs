//! Output formats.

use clap::Args;

/// Output as a table, as JSON or in a given format.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct OutputArgs {
    /// Print JSON instead of a table
    #[arg(long)]
    pub(crate) json: bool,
    /// Print each row in this format, such as '{service_name} {state}'; --json shows the members
    #[arg(long, value_name = "FORMAT")]
    pub(crate) format: Option<Format>,
}

/// Format of a row, checked before the command does anything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Format(Vec<FormatPiece>);

/// Piece of a format.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum FormatPiece {
    /// Text that is printed as it is.
    Text(String),
    /// Name of a member whose value is printed.
    Member(String),
}

impl Format {
    /// Returns the pieces in their order.
    pub(crate) fn pieces(&self) -> &[FormatPiece] {
        &self.0
    }
}

impl std::str::FromStr for Format {
    type Err = String;

    /// Splits `{member}` placeholders from text; `{{` and `}}` stand for braces.
    fn from_str(format: &str) -> Result<Self, String> {
        let mut pieces = Vec::new();
        let mut text = String::new();
        let mut rest = format;
        while let Some(at) = rest.find(['{', '}']) {
            let (before, from) = rest.split_at(at);
            text.push_str(before);
            if let Some(after) = from.strip_prefix("{{") {
                text.push('{');
                rest = after;
            } else if let Some(after) = from.strip_prefix("}}") {
                text.push('}');
                rest = after;
            } else {
                let name_and_rest = from.strip_prefix('{').and_then(|from| from.split_once('}'));
                let Some((name, after)) = name_and_rest else {
                    return Err("unmatched brace. Write {{ or }} for a brace".to_owned());
                };
                pieces.push(FormatPiece::Text(std::mem::take(&mut text)));
                pieces.push(FormatPiece::Member(name.to_owned()));
                rest = after;
            }
        }
        text.push_str(rest);
        pieces.push(FormatPiece::Text(text));
        Ok(Self(pieces))
    }
}
