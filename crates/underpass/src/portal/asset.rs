//! Files of the portals.

use underpass_web::asset::{Asset, Assets, CSS};
use underpass_web::head::Head;

/// Style, script and picture, with the style of the portals.
pub(super) static ASSETS: Assets = Assets::new(
    "",
    &[Asset {
        name: "portal.css",
        content_type: CSS,
        content: include_str!("assets/portal.css"),
    }],
);

/// Head of a page about an emulated cloud.
pub(super) fn head(title: &str, cloud: &str) -> Head {
    Head {
        title: format!("{title} · Emulated {cloud}"),
        assets: &ASSETS,
    }
}
