//! Paths of resources, `projects/…`, in any spelling.

/// Longest name of a resource: 63 (RFC 1035 label, Compute Engine naming rules).
const NAME_MAX: usize = 63;

/// Path from `projects/` on, of a URL or of a path.
pub(crate) fn path_of(link: &str) -> &str {
    let path = match link.split_once("://") {
        None => link,
        Some((_, rest)) => rest.split_once('/').map_or(rest, |(_host, path)| path),
    };
    let path = path.trim_start_matches('/');
    let unversioned = path
        .strip_prefix("compute/")
        .and_then(|rest| rest.split_once('/'));
    unversioned.map_or(path, |(_version, rest)| rest)
}

/// Last segment of a path or URL.
pub(crate) fn name_of(link: &str) -> &str {
    link.rsplit('/').next().unwrap_or(link)
}

/// Project and region of a regional resource, if it belongs to the collection.
pub(crate) fn project_and_region<'a>(
    link: &'a str,
    collection: &str,
) -> Option<(&'a str, &'a str)> {
    let segments: Vec<&str> = path_of(link).split('/').collect();
    match segments.as_slice() {
        ["projects", project, "regions", region, found, name]
            if *found == collection
                && [project, region, name].iter().all(|one| is_segment(one)) =>
        {
            Some((project, region))
        }
        _ => None,
    }
}

/// Reports whether a text can be the name of a resource: an RFC 1035 label.
pub(crate) fn is_name(text: &str) -> bool {
    let known = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    (1..=NAME_MAX).contains(&text.len())
        && text.chars().all(known)
        && text.starts_with(|c: char| c.is_ascii_lowercase())
        && !text.ends_with('-')
}

/// Reports whether a text is exactly one segment of a path.
fn is_segment(text: &str) -> bool {
    let known = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | ':');
    text.chars().all(known) && text.chars().any(|c| c.is_ascii_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATH: &str = "projects/p-1/regions/europe-west1/serviceAttachments/up-s1";

    #[test]
    fn all_spellings_have_the_same_path() {
        for link in [
            PATH.to_owned(),
            format!("https://www.googleapis.com/compute/v1/{PATH}"),
            format!("https://compute.googleapis.com/compute/beta/{PATH}"),
            format!("/compute/v1/{PATH}"),
        ] {
            assert_eq!(path_of(&link), PATH, "{link}");
            let found = project_and_region(&link, "serviceAttachments");
            assert_eq!(found, Some(("p-1", "europe-west1")), "{link}");
        }
        assert_eq!(name_of(PATH), "up-s1");
    }

    #[test]
    fn other_resources_have_no_project_and_region() {
        for link in [
            "up-s1",
            "projects/p-1/global/networks/n",
            "projects/p-1/regions/../serviceAttachments/x",
            "projects/p?x/regions/r/serviceAttachments/x",
            "projects/p-1/regions/r/subnetworks/x",
        ] {
            assert_eq!(
                project_and_region(link, "serviceAttachments"),
                None,
                "{link}"
            );
        }
    }

    #[test]
    fn names_are_labels() {
        assert!(is_name("pe-1") && is_name(&"a".repeat(63)));
        for text in ["", "1a", "a-", "A", "a_b", "a/b", &"a".repeat(64)] {
            assert!(!is_name(text), "{text}");
        }
    }
}
