//! Files of the console.

use underpass_web::asset::Assets;

use crate::href::ROOT;

/// Style, script and picture, below the console's path.
pub(crate) static ASSETS: Assets = Assets::new(ROOT, &[]);

/// Address of a file.
pub(crate) fn asset(name: &str) -> String {
    ASSETS.href(name)
}
