//! Defaults of every key, with comments.

/// The commented file that `config defaults` prints.
pub(crate) const TEXT: &str = include_str!("defaults.toml");

/// The defaults as values.
///
/// # Panics
/// Never in a build whose tests passed: the text is part of the program.
pub(super) fn table() -> toml::Table {
    toml::from_str(TEXT).expect("the defaults are valid TOML")
}
