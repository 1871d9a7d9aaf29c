//! Limits of free texts, so that no request fills the store.

use crate::refusal::Refusal;

/// The longest name of a plan, in bytes. Plans are stored as given.
pub const LONGEST_PLAN: usize = 128;

/// The longest password, in bytes.
pub const LONGEST_PASSWORD: usize = 4 * 1024;

/// The longest certificate or key in PEM, in bytes: room for a chain.
pub const LONGEST_PEM: usize = 64 * 1024;

/// Refuses a text that is longer than its limit.
///
/// # Errors
/// * `text_too_long`: the text has more than `longest` bytes.
pub fn check_length(member: &str, text: &str, longest: usize) -> Result<(), Refusal> {
    if text.len() <= longest {
        return Ok(());
    }
    Err(Refusal::invalid(
        "text_too_long",
        format!(
            "`{member}` has {} bytes, but may have at most {longest}. Shorten it",
            text.len()
        ),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_has_a_limit_in_bytes() {
        assert_eq!(check_length("plan", &"x".repeat(128), LONGEST_PLAN), Ok(()));
        let refusal = check_length("plan", &"x".repeat(129), LONGEST_PLAN).unwrap_err();
        assert_eq!(refusal.code, "text_too_long");
        insta::assert_snapshot!(refusal.message, @"`plan` has 129 bytes, but may have at most 128. Shorten it");
    }
}
