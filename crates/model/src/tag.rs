//! Tags of projects and services.

use std::collections::BTreeMap;

use crate::refusal::Refusal;

/// Tags of an object, by key.
pub type Tags = BTreeMap<String, String>;

/// Most tags of one project or service: 64 (design decision: tags are labels, not a data store).
pub const MAX_TAGS: usize = 64;

/// Longest key or value of a tag: 256 characters (design decision, the same as Azure's values).
pub const MAX_TAG_TEXT: usize = 256;

/// Refuses tags that are too many or too long.
///
/// # Errors
/// * `tags`: there are more than [`MAX_TAGS`], or a key or value is longer than [`MAX_TAG_TEXT`].
pub fn check_tags(tags: &Tags) -> Result<(), Refusal> {
    let fits = |text: &String| text.chars().count() <= MAX_TAG_TEXT;
    if tags.len() <= MAX_TAGS && tags.iter().all(|(tag, value)| fits(tag) && fits(value)) {
        return Ok(());
    }
    Err(Refusal::invalid(
        "tags",
        format!(
            "A project or a service may have at most {MAX_TAGS} tags, their keys and values at \
             most {MAX_TAG_TEXT} characters each. Remove or shorten some"
        ),
    ))
}

/// Adds and changes tags; a tag without a value is removed.
pub fn merge_tags(tags: &mut Tags, changes: &BTreeMap<String, Option<String>>) {
    for (tag, value) in changes {
        match value {
            Some(value) => tags.insert(tag.clone(), value.clone()),
            None => tags.remove(tag),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tags(number: usize, length: usize) -> Tags {
        let tag = |place| (format!("{place:0length$}"), "é".repeat(length));
        (0..number).map(tag).collect()
    }

    #[test]
    fn tags_are_limited_in_number_and_length() {
        assert_eq!(check_tags(&tags(MAX_TAGS, MAX_TAG_TEXT)), Ok(()));
        for (number, length) in [(MAX_TAGS + 1, 2), (1, MAX_TAG_TEXT + 1)] {
            assert_eq!(check_tags(&tags(number, length)).unwrap_err().code, "tags");
        }
    }

    #[test]
    fn a_tag_without_a_value_is_removed() {
        let mut tags = Tags::from([("a".to_owned(), "1".to_owned())]);
        let changes = [
            ("a".to_owned(), None),
            ("b".to_owned(), Some("2".to_owned())),
        ];
        merge_tags(&mut tags, &changes.into());
        assert_eq!(tags, Tags::from([("b".to_owned(), "2".to_owned())]));
    }
}
