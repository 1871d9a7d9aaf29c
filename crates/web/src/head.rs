//! The head of a page: title, style and script.

use askama::Template;
use askama::filters::HtmlSafe;

use crate::asset::Assets;

/// The head of a page; a template shows it as `{{ head }}`.
#[derive(Template)]
#[template(path = "head.html")]
pub struct Head {
    /// Title of the browser window.
    pub title: String,
    /// Files of the site.
    pub assets: &'static Assets,
}

impl HtmlSafe for Head {}
