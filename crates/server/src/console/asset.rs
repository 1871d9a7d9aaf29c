//! Files of the console.

use underpass_web::asset::Assets;

use super::page::ROOT;

/// Style, script and picture, below the console's path.
pub(super) static ASSETS: Assets = Assets::new(ROOT, &[]);

/// Address of a file.
pub(super) fn asset(name: &str) -> String {
    ASSETS.href(name)
}
