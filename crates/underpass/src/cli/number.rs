//! Whole numbers on the command line.

use std::str::FromStr;

/// Parses a whole number that is not negative.
///
/// # Errors
/// Any other text, or a number that is too large.
pub(crate) fn number<T: FromStr>(text: &str) -> Result<T, String> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().map_err(|_| {
        if is_number {
            format!("{text} is too large")
        } else {
            format!("`{text}` is not a whole number")
        }
    })
}

#[cfg(test)]
mod tests {
    use super::number;

    #[test]
    fn only_whole_numbers_are_read() {
        assert_eq!(number::<u64>("7"), Ok(7));
        assert_eq!(number::<u8>("300"), Err("300 is too large".to_owned()));
        for bad in ["", "x", "-1", "1.5"] {
            let refusal = number::<u64>(bad).unwrap_err();
            assert!(refusal.ends_with("is not a whole number"), "{refusal}");
        }
    }
}
