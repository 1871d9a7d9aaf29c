//! Layout of every page: sections, project, visitor, messages, and the commands for a shell.

use underpass_web::cli_snippet::{CliSnippet, SnippetsSection};
use underpass_web::head::Head;

use crate::asset::head;
use crate::href::AFTER;
use crate::href::project_href;
use crate::problem::Problem;

/// Section of the console.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Section {
    /// Pending connections and problems.
    Home,
    /// Services and their links.
    Services,
    /// Connections of consumers.
    Connections,
    /// Project VPCs and static IPs.
    Networks,
    /// Events.
    Events,
}

/// Layout of a page.
#[derive(Debug, Clone)]
pub(crate) struct PageLayout {
    pub(crate) title: String,
    pub(crate) section: Section,
    pub(crate) project: String,
    /// Projects of the visitor.
    pub(crate) projects: Vec<String>,
    pub(crate) user: String,
    /// True if the visitor's role is read only.
    pub(crate) is_reader: bool,
    /// True if no changes are possible now.
    pub(crate) is_degraded: bool,
    /// Number of changes that the page shows; later ones refresh it.
    pub(crate) changes: u64,
    pub(crate) csrf_token: String,
    pub(crate) notice: Option<String>,
    pub(crate) problem: Option<Problem>,
    /// True if the page is the result of a form: its address does not show it again.
    pub(crate) is_answer: bool,
    /// Commands that do from a shell what the page does.
    pub(crate) snippets: Vec<CliSnippet>,
}

impl Section {
    /// All, in the order of the menu.
    pub(crate) const ALL: [Self; 5] = [
        Self::Home,
        Self::Services,
        Self::Connections,
        Self::Networks,
        Self::Events,
    ];

    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Home => "Home",
            Self::Services => "Services",
            Self::Connections => "Connections",
            Self::Networks => "Networks",
            Self::Events => "Events",
        }
    }

    /// Last segment of its address.
    fn segment(self) -> Option<&'static str> {
        match self {
            Self::Home => None,
            Self::Services => Some("service"),
            Self::Connections => Some("connection"),
            Self::Networks => Some("network"),
            Self::Events => Some("event"),
        }
    }
}

impl PageLayout {
    /// Head of the page.
    pub(crate) fn head(&self) -> Head {
        head(format!("{} · {}", self.title, self.project))
    }

    /// Section with the commands.
    pub(crate) fn snippets_section(&self) -> SnippetsSection<'_> {
        SnippetsSection {
            snippets: &self.snippets,
            note: "",
        }
    }

    /// The layout with commands for a shell.
    pub(crate) fn with_snippets(self, snippets: Vec<CliSnippet>) -> Self {
        Self { snippets, ..self }
    }

    /// The layout of the result of a form.
    pub(crate) fn answered(self) -> Self {
        Self {
            is_answer: true,
            ..self
        }
    }

    /// Reports whether the visitor can make changes now.
    pub(crate) fn can_change(&self) -> bool {
        !self.is_reader && !self.is_degraded
    }

    #[expect(
        clippy::trivially_copy_pass_by_ref,
        reason = "templates pass loop variables by reference"
    )]
    pub(crate) fn href(&self, section: &Section) -> String {
        project_href(&self.project, section.segment())
    }

    /// Path of the events for the page.
    ///
    /// The result of a form has none: refreshed, it would lose the problem and the input, and its
    /// address may accept forms only.
    pub(crate) fn changes(&self) -> Option<String> {
        let is_live = self.problem.is_none() && !self.is_answer;
        is_live.then(|| {
            let path = project_href(&self.project, ["changes"]);
            format!("{path}?{AFTER}={}", self.changes)
        })
    }
}
