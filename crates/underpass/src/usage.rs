//! Parsing of the command line.

use std::ffi::OsString;

use clap::{CommandFactory as _, FromArgMatches as _};

use crate::cli::Cli;

/// Parses the command line; after a usage error or a request for help, prints and exits.
pub(crate) fn parse() -> Cli {
    let words: Vec<OsString> = std::env::args_os().collect();
    let matches = Cli::command().try_get_matches_from(&words);
    matches
        .and_then(|mut matches| Cli::from_arg_matches_mut(&mut matches))
        .unwrap_or_else(|error| without_environment(&words).unwrap_or(error).exit())
}

/// Returns the usage error of the same words without environment variables.
///
/// clap counts an option that a variable sets as given, and shows it in the usage as if it were
/// required.
fn without_environment(words: &[OsString]) -> Option<clap::Error> {
    let command = Cli::command().mut_args(|arg| arg.env(None));
    command.try_get_matches_from(words).err()
}
