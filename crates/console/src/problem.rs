//! Problems, as a note on a page and as a page of their own.

use askama::Template;
use underpass_web::head::Head;

use crate::api_error::ApiError;
use crate::asset::head;

/// A problem as a note on a page.
#[derive(Debug, Clone)]
pub(crate) struct Problem {
    /// Message.
    pub(crate) message: String,
    /// Error code; it has a page in the documentation.
    pub(crate) code: Option<String>,
}

/// A page about a problem.
#[derive(Template)]
#[template(path = "console/problem.html")]
pub(crate) struct ProblemPage {
    status: u16,
    title: &'static str,
    problem: Problem,
    home: String,
}

impl Problem {
    pub(crate) fn new(refused: &ApiError) -> Self {
        Self {
            message: refused.message.clone(),
            code: refused.code.clone(),
        }
    }
}

impl ProblemPage {
    fn head(&self) -> Head {
        head(self.title)
    }

    /// `home` is the page that the visitor can go to.
    pub(crate) fn new(refused: &ApiError, home: String) -> Self {
        let title = match refused.status.as_u16() {
            403 => "Not allowed",
            404 => "Not found",
            400..500 => "Not possible",
            _ => "Something went wrong",
        };
        Self {
            status: refused.status.as_u16(),
            title,
            problem: Problem::new(refused),
            home,
        }
    }
}
