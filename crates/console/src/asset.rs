//! Files of the console.

use std::fmt::Display;

use underpass_web::asset::Assets;
use underpass_web::head::Head;

use crate::href::ROOT;

/// Style, script and picture, below the console's path.
pub(crate) static ASSETS: Assets = Assets::new(ROOT, &[]);

/// Address of a file.
pub(crate) fn asset(name: &str) -> String {
    ASSETS.href(name)
}

/// Head of a page.
pub(crate) fn head(title: impl Display) -> Head {
    Head {
        title: format!("{title} · Underpass"),
        assets: &ASSETS,
    }
}
