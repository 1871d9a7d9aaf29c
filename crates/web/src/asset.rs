//! Style sheets, scripts and pictures that are part of the program, so that pages load nothing from
//! elsewhere.

use std::sync::OnceLock;

use axum::Router;
use axum::extract::Path;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;

use crate::fingerprint::fingerprint;

/// A file that browsers load.
#[derive(Debug)]
pub struct Asset {
    /// Last segment of its address.
    pub name: &'static str,
    /// Content type.
    pub content_type: &'static str,
    /// The file itself.
    pub content: &'static str,
}

/// The files of one site, below one path.
#[derive(Debug)]
pub struct Assets {
    root: &'static str,
    own: &'static [Asset],
    version: OnceLock<String>,
}

/// Content type of a style sheet.
pub const CSS: &str = "text/css; charset=utf-8";

/// The files that every site has.
const SHARED: [Asset; 3] = [
    Asset {
        name: "style.css",
        content_type: CSS,
        content: include_str!("assets/style.css"),
    },
    Asset {
        name: "page.js",
        content_type: "text/javascript; charset=utf-8",
        content: include_str!("assets/page.js"),
    },
    Asset {
        name: "icon.svg",
        content_type: "image/svg+xml",
        content: include_str!("assets/icon.svg"),
    },
];

/// Characters of a version: 12, which are 72 bits.
const VERSION: usize = 12;

/// Browsers ask again only when the address has changed (RFC 8246).
const IMMUTABLE: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");

impl Assets {
    /// The shared files and a site's own ones, below `root`.
    pub const fn new(root: &'static str, own: &'static [Asset]) -> Self {
        Self {
            root,
            own,
            version: OnceLock::new(),
        }
    }

    /// Route of the files; `S` is whatever else the router shares.
    pub fn routes<S: Clone + Send + Sync + 'static>(&'static self) -> Router<S> {
        let serve = async |Path(name): Path<String>| self.serve(&name);
        Router::new().route(&format!("{}/asset/{{name}}", self.root), get(serve))
    }

    /// Address of a file; it changes with the content of the files.
    pub fn href(&self, name: &str) -> String {
        let version = self.version.get_or_init(|| self.fingerprint());
        format!("{}/asset/{name}?v={version}", self.root)
    }

    /// Addresses of the style sheets, in the order in which pages load them.
    pub fn style_sheets(&self) -> impl Iterator<Item = String> {
        let sheets = self.all().filter(|asset| asset.content_type == CSS);
        sheets.map(|asset| self.href(asset.name))
    }

    fn all(&self) -> impl Iterator<Item = &'static Asset> {
        SHARED.iter().chain(self.own)
    }

    fn fingerprint(&self) -> String {
        let mut text = fingerprint(self.all().map(|asset| asset.content));
        text.truncate(VERSION);
        text
    }

    fn serve(&self, name: &str) -> Response {
        match self.all().find(|asset| asset.name == name) {
            Some(asset) => (
                [
                    (CONTENT_TYPE, HeaderValue::from_static(asset.content_type)),
                    (CACHE_CONTROL, IMMUTABLE),
                ],
                asset.content,
            )
                .into_response(),
            None => StatusCode::NOT_FOUND.into_response(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    static PLAIN: Assets = Assets::new("/a", &[]);
    static MORE: Assets = Assets::new(
        "/a",
        &[Asset {
            name: "more.css",
            content_type: CSS,
            content: "p {}",
        }],
    );

    #[test]
    fn an_address_changes_with_the_files() {
        assert_eq!(PLAIN.href("x"), PLAIN.href("x"));
        assert_ne!(PLAIN.href("x"), MORE.href("x"));
    }

    #[test]
    fn a_site_has_the_shared_style_sheet_and_its_own() {
        let sheets: Vec<_> = MORE.style_sheets().collect();
        assert!(sheets[0].starts_with("/a/asset/style.css?v="), "{sheets:?}");
        assert!(sheets[1].starts_with("/a/asset/more.css?v="), "{sheets:?}");
    }

    #[test]
    fn a_file_that_is_not_there_is_not_found() {
        assert_eq!(PLAIN.serve("icon.svg").status(), StatusCode::OK);
        assert_eq!(PLAIN.serve("more.css").status(), StatusCode::NOT_FOUND);
    }
}
