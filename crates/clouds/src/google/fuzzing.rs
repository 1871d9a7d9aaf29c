//! Rules about the URLs of Google's resources, for the fuzz target.

use super::names::{nat_name, range_of};
use super::resource::{link, name_of, path_of};

/// Reads a text as the URL of a resource, and as the name of a subnet.
pub(crate) fn links(text: &str) {
    let path = path_of(text);
    if path.starts_with("projects/") {
        assert_eq!(path_of(&link(path)), path, "a path is kept");
    }
    assert!(!name_of(text).contains('/'), "a name is one segment");
    if let Some(range) = range_of(text) {
        let named = range_of(&nat_name("s0a1b2c3d4e5", range));
        assert_eq!(named, Some(range.trunc()), "a range is kept");
    }
}
