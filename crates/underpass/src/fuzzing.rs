//! Entry of the fuzz target about the configuration; `docs/reference/hostile-input.md` describes it.

use crate::config;

/// Reads bytes as the file of the configuration.
///
/// # Panics
/// A refusal does not name the line and the key of a problem in one short line, a secret is shown, or what
/// `config show` prints is read as another configuration or as none.
pub fn configuration(input: &[u8]) {
    config::fuzzing::configuration(input);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::replay::replay;

    #[test]
    fn known_configurations_break_no_rule() {
        replay("configuration", configuration);
    }
}
