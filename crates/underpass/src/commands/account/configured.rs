//! Accounts of a configuration.

use crate::cli::config::{ConfigArgs, DEFAULT_FILE};
use crate::cli::global::GlobalArgs;
use crate::config::{AccountConfig, Loaded, Sources, load};
use crate::failure::Failure;

/// Loads the configuration.
///
/// # Errors
/// It cannot be used.
pub(super) fn loaded(config: ConfigArgs, global: &GlobalArgs) -> Result<Loaded, Failure> {
    load(&Sources::of(config.config, config.set, global))
}

/// Finds an account by its name.
///
/// # Errors
/// There is none of this name.
pub(super) fn find<'a>(loaded: &'a Loaded, name: &str) -> Result<&'a AccountConfig, Failure> {
    let mut accounts = loaded.accounts.iter();
    accounts.find(|it| it.name.as_str() == name).ok_or_else(|| {
        let names: Vec<_> = loaded.accounts.iter().map(|it| it.name.as_str()).collect();
        let failure = Failure::missing(format!("the configuration has no account `{name}`"));
        match names.as_slice() {
            [] => failure.hint("add a section [accounts.NAME] to the configuration"),
            names => failure.hint(format!("accounts: {}", names.join(", "))),
        }
    })
}

/// The command that prints the role of an account, by the same configuration file.
pub(super) fn role_command(account: &str, config: &ConfigArgs) -> String {
    let file = config.config.display().to_string();
    if file == DEFAULT_FILE {
        format!("underpass account role {account}")
    } else {
        format!(
            "underpass account role {account} --config {}",
            quoted(&file)
        )
    }
}

/// A word of a shell command, in quotes if it needs them.
fn quoted(word: &str) -> String {
    let is_plain = |it: char| it.is_ascii_alphanumeric() || matches!(it, '/' | '.' | '_' | '-');
    if word.chars().all(is_plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn a_path_with_blanks_is_one_word() {
        assert_eq!(quoted("/etc/underpass.toml"), "/etc/underpass.toml");
        assert_eq!(quoted("/my files/it's"), r"'/my files/it'\''s'");
    }
}
