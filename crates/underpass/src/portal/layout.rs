//! What surrounds every page: the warning, the account, the sections, and how to do it from a
//! shell.

use askama::Template;
use axum::http::StatusCode;
use underpass_web::cli_snippet::CliSnippet;

use super::context::Visitor;
use crate::failure::Failure;

/// What tells one portal from another.
#[derive(Debug)]
pub(super) struct Branding {
    /// The cloud's name.
    pub(super) cloud: &'static str,
    /// What the real portal calls this part of it.
    pub(super) product: &'static str,
    /// The class of its colours.
    pub(super) class: &'static str,
    /// What an account is called.
    pub(super) account: &'static str,
    /// Where the form goes that names another account, and what it asks for.
    pub(super) switch: &'static str,
}

/// Somewhere to go.
#[derive(Debug, Clone)]
pub(super) struct NavLink {
    pub(super) title: String,
    pub(super) href: String,
    pub(super) is_current: bool,
}

/// A field of the form that names another account.
#[derive(Debug, Clone)]
pub(super) struct AccountField {
    pub(super) name: &'static str,
    pub(super) label: &'static str,
    pub(super) value: String,
}

/// Why something was not done.
#[derive(Debug, Clone)]
pub(super) struct Problem {
    pub(super) message: String,
    pub(super) hint: Option<String>,
}

/// What surrounds a page.
#[derive(Debug, Clone)]
pub(super) struct PageLayout {
    pub(super) branding: &'static Branding,
    pub(super) title: String,
    pub(super) home: String,
    pub(super) sections: Vec<NavLink>,
    pub(super) crumbs: Vec<NavLink>,
    /// The account as it is shown.
    pub(super) account: String,
    pub(super) account_fields: Vec<AccountField>,
    /// Accounts that are known already.
    pub(super) accounts: Vec<NavLink>,
    /// Where the page is told of changes; none for a page with a form to fill in.
    pub(super) changes: Option<String>,
    pub(super) csrf_token: String,
    pub(super) notice: Option<&'static str>,
    pub(super) problem: Option<Problem>,
    pub(super) snippets: Vec<CliSnippet>,
}

/// A page with nothing but a problem on it.
#[derive(Template)]
#[template(path = "portal/problem.html")]
pub(super) struct ProblemPage {
    status: u16,
    title: &'static str,
    problem: Problem,
}

impl NavLink {
    pub(super) fn new(title: impl Into<String>, href: String) -> Self {
        Self {
            title: title.into(),
            href,
            is_current: false,
        }
    }

    /// The same, marked if the visitor is there.
    pub(super) fn current(self, is_current: bool) -> Self {
        Self { is_current, ..self }
    }
}

impl Problem {
    pub(super) fn new(failure: &Failure) -> Self {
        Self {
            message: sentence(&failure.to_string()),
            hint: failure.next().map(sentence),
        }
    }
}

impl PageLayout {
    /// Whether the command line can do any of what the page does.
    pub(super) fn has_commands(&self) -> bool {
        self.snippets
            .iter()
            .any(|snippet| !snippet.command.is_empty())
    }

    /// The same, told of changes at `place`.
    pub(super) fn live(self, place: String) -> Self {
        Self {
            changes: Some(place),
            ..self
        }
    }

    /// The same, below other pages.
    pub(super) fn below(self, crumbs: Vec<NavLink>) -> Self {
        Self { crumbs, ..self }
    }

    /// The same with recipes.
    pub(super) fn with(self, snippets: Vec<CliSnippet>) -> Self {
        Self { snippets, ..self }
    }

    /// The same, after something was not done. Such a page answered a form, so it cannot be
    /// fetched anew by itself.
    pub(super) fn after(self, failure: Option<&Failure>) -> Self {
        Self {
            changes: self.changes.filter(|_| failure.is_none()),
            problem: failure.map(Problem::new),
            ..self
        }
    }
}

impl ProblemPage {
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

/// What was just done, of the few things that can be: an address says which.
pub(super) fn notice(visitor: &Visitor) -> Option<&'static str> {
    match visitor.query().text("done") {
        "asked" => Some(
            "The endpoint was asked for. Whoever publishes the service decides on it; its state \
             here follows by itself.",
        ),
        "deleted" => Some("The endpoint is being deleted."),
        _ => None,
    }
}

/// What stands behind `error:` in a terminal, as a page says it.
fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|first| first.to_ascii_uppercase());
    first.into_iter().chain(letters).collect()
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
