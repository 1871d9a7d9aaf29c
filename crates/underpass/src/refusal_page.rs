//! Pages about refusals, from `docs/errors`.

include!(concat!(env!("OUT_DIR"), "/refusal_pages.rs"));

/// Returns the page of a code.
pub(crate) fn page(code: &str) -> Option<&'static str> {
    let found = PAGES.iter().find(|(known, _)| *known == code);
    found.map(|(_, page)| *page)
}
