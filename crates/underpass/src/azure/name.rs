//! Names in resource IDs. A name from outside must stay one segment of a path.

/// Longest name of a private endpoint (Azure naming rules): 64.
const ENDPOINT_MAX: usize = 64;

/// Longest name of a resource group (Azure naming rules): 90.
const GROUP_MAX: usize = 90;

/// Reports whether a text can be the name of an endpoint: letters, digits, `_`, `.` and `-`, with a
/// letter or digit first.
pub(crate) fn is_endpoint_name(text: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
    text.len() <= ENDPOINT_MAX
        && text.chars().all(fits)
        && text.starts_with(|c: char| c.is_ascii_alphanumeric())
}

/// Reports whether a text can be the name of a resource group: the same and parentheses, with no
/// `.` at the end.
pub(crate) fn is_group_name(text: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-' | '(' | ')');
    (1..=GROUP_MAX).contains(&text.len()) && text.chars().all(fits) && !text.ends_with('.')
}

/// Last segment of a resource ID.
pub(crate) fn name_of(id: &str) -> &str {
    id.rsplit('/').next().unwrap_or(id)
}

/// Segment after a keyword of a resource ID, for instance after `resourceGroups`.
pub(crate) fn segment_after<'a>(id: &'a str, keyword: &str) -> Option<&'a str> {
    let mut segments = id.split('/');
    segments.find(|segment| segment.eq_ignore_ascii_case(keyword))?;
    segments.next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stay_one_segment() {
        assert!(is_endpoint_name("my-endpoint_1.x") && is_endpoint_name(&"a".repeat(64)));
        for text in ["", ".", "..", "a/b", "a?b", "a b", "ä", &"a".repeat(65)] {
            assert!(!is_endpoint_name(text), "{text}");
        }
        assert!(is_group_name("rg (1)".replace(' ', "").as_str()));
        for text in ["", ".", "..", "a/b", "a%2Fb", &"a".repeat(91)] {
            assert!(!is_group_name(text), "{text}");
        }
    }

    #[test]
    fn ids_are_case_insensitive() {
        let id = "/subscriptions/s/resourcegroups/g/providers/x";
        assert_eq!(segment_after(id, "resourceGroups"), Some("g"));
        assert_eq!(segment_after(id, "virtualNetworks"), None);
    }
}
