//! Pages about refusals, from `docs/errors`.

include!(concat!(env!("OUT_DIR"), "/refusal_pages.rs"));

/// Returns the page of a code, in Markdown.
pub fn page(code: &str) -> Option<&'static str> {
    let found = PAGES.iter().find(|(known, _)| *known == code);
    found.map(|(_, page)| *page)
}

/// Returns the codes that are most similar to a misspelt one, the most similar first; at most three.
pub fn nearest(code: &str) -> Vec<&'static str> {
    underpass_model::closest::nearest(code, PAGES.iter().map(|(known, _)| *known), 3)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelt_code_has_similar_ones() {
        assert_eq!(
            nearest("service-not-found").first(),
            Some(&"service_not_found")
        );
        assert_eq!(nearest("no_tokne").first(), Some(&"no_token"));
        assert!(nearest("Vpc_Exists").contains(&"vpc_exists"));
        assert!(nearest("xyzzy").is_empty());
        assert!(nearest("").is_empty());
        assert!(page("no_token").is_some_and(|text| text.starts_with("# no_token")));
    }
}
