//! Files of the portals.

use underpass_web::asset::{Asset, Assets, CSS};

/// Style, script and picture, with the style of their own.
pub(super) static ASSETS: Assets = Assets::new(
    "",
    &[Asset {
        name: "portal.css",
        content_type: CSS,
        content: include_str!("assets/portal.css"),
    }],
);

/// Address of a file.
pub(super) fn asset(name: &str) -> String {
    ASSETS.href(name)
}
