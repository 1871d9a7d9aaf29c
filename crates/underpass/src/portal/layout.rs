//! Layout of every page: the warning, the account, the sections, and the commands for a shell.

use underpass_web::cli_snippet::{CliSnippet, SnippetsSection};
use underpass_web::head::Head;

use super::asset::head;
use super::context::Visitor;
use super::problem::Problem;
use crate::failure::Failure;

/// Names and colours of a portal.
#[derive(Debug)]
pub(super) struct Branding {
    /// Name of the cloud.
    pub(super) cloud: &'static str,
    /// Name of this part of the real portal.
    pub(super) product: &'static str,
    /// CSS class of its colours.
    pub(super) class: &'static str,
    /// Name for an account.
    pub(super) account: &'static str,
    /// Sentence about the calls of its API.
    pub(super) api_note: &'static str,
    /// Path of the form that switches to another account.
    pub(super) switch: &'static str,
}

/// A link to another page.
#[derive(Debug, Clone)]
pub(super) struct NavLink {
    pub(super) title: String,
    pub(super) href: String,
    pub(super) is_current: bool,
}

/// A field of the form that switches to another account.
#[derive(Debug, Clone)]
pub(super) struct AccountField {
    pub(super) name: &'static str,
    pub(super) label: &'static str,
    pub(super) value: String,
}

/// Layout of a page.
#[derive(Debug, Clone)]
pub(super) struct PageLayout {
    pub(super) branding: &'static Branding,
    pub(super) title: String,
    pub(super) home: String,
    pub(super) sections: Vec<NavLink>,
    pub(super) crumbs: Vec<NavLink>,
    /// Name of the account.
    pub(super) account: String,
    pub(super) account_fields: Vec<AccountField>,
    /// Known accounts.
    pub(super) accounts: Vec<NavLink>,
    /// Path of the events for the page; `None` for a page with a form to fill in.
    pub(super) changes: Option<String>,
    pub(super) csrf_token: String,
    pub(super) notice: Option<&'static str>,
    pub(super) problem: Option<Problem>,
    pub(super) snippets: Vec<CliSnippet>,
}

impl NavLink {
    pub(super) fn new(title: impl Into<String>, href: String) -> Self {
        Self {
            title: title.into(),
            href,
            is_current: false,
        }
    }

    /// The link, marked if it leads to the page that is shown.
    pub(super) fn current(self, is_current: bool) -> Self {
        Self { is_current, ..self }
    }
}

impl PageLayout {
    /// Head of the page.
    pub(super) fn head(&self) -> Head {
        head(&self.title, self.branding.cloud)
    }

    /// Section with the commands.
    pub(super) fn snippets_section(&self) -> SnippetsSection<'_> {
        SnippetsSection {
            snippets: &self.snippets,
            note: self.branding.api_note,
        }
    }

    /// The layout of a page that is refreshed on events of a path.
    pub(super) fn live(self, path: String) -> Self {
        Self {
            changes: Some(path),
            ..self
        }
    }

    /// The layout of a page below other pages.
    pub(super) fn below(self, crumbs: Vec<NavLink>) -> Self {
        Self { crumbs, ..self }
    }

    /// The layout with commands for a shell.
    pub(super) fn with_snippets(self, snippets: Vec<CliSnippet>) -> Self {
        Self { snippets, ..self }
    }

    /// The layout after a failure. Such a page answers a form, so it is not refreshed.
    pub(super) fn after(self, failure: Option<&Failure>) -> Self {
        Self {
            changes: self.changes.filter(|_| failure.is_none()),
            problem: failure.map(Problem::new),
            ..self
        }
    }
}

/// Message about what was just done; the address of the page says which.
pub(super) fn notice(visitor: &Visitor) -> Option<&'static str> {
    match visitor.query().text("done") {
        "requested" => Some(
            "The endpoint was requested. The owner of the service approves or rejects it; this \
             page shows its state.",
        ),
        "deleted" => Some("The endpoint is being deleted."),
        _ => None,
    }
}
