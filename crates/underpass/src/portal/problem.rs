//! Pages and notes about a failure.

use askama::Template;
use axum::http::StatusCode;
use underpass_web::head::Head;

use super::asset::head;
use crate::failure::Failure;

/// A failure, for a page.
#[derive(Debug, Clone)]
pub(super) struct Problem {
    pub(super) message: String,
    pub(super) hint: Option<String>,
}

/// A page about a failure.
#[derive(Template)]
#[template(path = "portal/problem.html")]
pub(super) struct ProblemPage {
    status: u16,
    title: &'static str,
    problem: Problem,
}

impl Problem {
    pub(super) fn new(failure: &Failure) -> Self {
        Self {
            message: sentence(&failure.to_string()),
            hint: failure.next().map(sentence),
        }
    }
}

impl ProblemPage {
    fn head(&self) -> Head {
        head(self.title, "cloud")
    }

    pub(super) fn new(status: StatusCode, failure: &Failure) -> Self {
        let title = match status.as_u16() {
            403 => "Not allowed",
            404 => "Not found",
            400..500 => "Not possible",
            _ => "Something went wrong",
        };
        Self {
            status: status.as_u16(),
            title,
            problem: Problem::new(failure),
        }
    }
}

/// A message of the command line, as a sentence.
fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|first| first.to_ascii_uppercase());
    let mut sentence: String = first.into_iter().chain(letters).collect();
    if !sentence.ends_with(['.', '?', '!']) {
        sentence.push('.');
    }
    sentence
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_of_others_is_text_on_a_page() {
        let failure = Failure::refused("<script>alert(1)</script>").hint("\"&'");
        let page = ProblemPage::new(StatusCode::CONFLICT, &failure);
        let html = page.render().unwrap();
        assert!(!html.contains("<script>alert"), "{html}");
        assert!(html.contains("Emulated cloud"), "{html}");
    }
}
