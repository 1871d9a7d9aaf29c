//! Entries of the fuzz targets about answers of clouds and their IDs; `docs/reference/hostile-input.md`
//! describes them.

mod azure_answers;
mod google_answers;
mod operation;
mod provider;

pub use self::azure_answers::azure_answers;
pub use self::google_answers::google_answers;
use crate::{azure, google};

/// Reads a text as the ID or URL of each kind of resource.
///
/// # Panics
/// An ID is printed as another one, or leads to another path of the provider.
pub fn cloud_ids(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else {
        return;
    };
    azure::fuzzing::ids(text);
    google::fuzzing::links(text);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::replay::replay;

    #[test]
    fn known_ids_break_no_rule() {
        replay("cloud_ids", cloud_ids);
    }

    #[test]
    fn known_answers_of_azure_break_no_rule() {
        replay("azure_answers", azure_answers);
    }

    #[test]
    fn known_answers_of_google_break_no_rule() {
        replay("google_answers", google_answers);
    }
}
